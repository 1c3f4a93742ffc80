"""What somebody had typed when the session ran out: kept sealed, given back after sign-in.

A draft belongs to one person and one form. Files are not kept, and the page says so.
"""

from functools import partial
from typing import Final

import msgspec

from server.actions.keeping.site import Site, district_key_blob
from server.store.ids import new_id
from server.store.tx import Row, Tx, one
from server.store.vault import NOBODY, T_DRAFT

BYTES_MAX: Final = 64 * 1024
EACH_MAX: Final = 5  # drafts kept of one person; an older one gives way
KEEP_MS: Final = 24 * 60 * 60_000

Typed = dict[str, list[str]]


async def keep(site: Site, staff: bytes, path: str, typed: Typed) -> bool:
    """Keeps what was typed for `path`; False when it is too much to keep."""
    plain = msgspec.json.encode(typed)
    if len(plain) > BYTES_MAX:
        return False
    await site.store.write(partial(_keep, site=site, staff=staff, path=path, plain=plain))
    return True


async def _keep(tx: Tx, site: Site, staff: bytes, path: str, plain: bytes) -> None:
    now = site.clock()
    old = await tx.rows(
        "SELECT draft, at FROM draft WHERE district=? AND staff=? ORDER BY at DESC",
        site.district, staff,
    )  # fmt: skip
    for n, (draft, at) in enumerate(old):
        if n >= EACH_MAX - 1 or now - at > KEEP_MS:
            await tx.run("DELETE FROM draft WHERE district=? AND draft=?", site.district, draft)
    name = new_id(now)
    key = site.vault.key(NOBODY, await district_key_blob(tx, site.district))
    sealed = key.seal(site.vault.at(T_DRAFT, name), plain)
    row: Row = (site.district, name, staff, path, now, sealed)
    await tx.insert("draft", [row])


async def newest(site: Site, staff: bytes) -> tuple[bytes, str, Typed] | None:
    """(id, path, what was typed) of the newest draft of this person; None when there is none."""

    async def read(tx: Tx) -> tuple[bytes, str, Typed] | None:
        row = await one(
            tx,
            "SELECT draft, path, sealed FROM draft WHERE district=? AND staff=? AND at>? "
            "ORDER BY at DESC LIMIT 1",
            site.district, staff, site.clock() - KEEP_MS,
        )  # fmt: skip
        if row is None:
            return None
        key = site.vault.key(NOBODY, await district_key_blob(tx, site.district))
        plain = key.open(site.vault.at(T_DRAFT, row[0]), row[2])
        return row[0], row[1], msgspec.json.decode(plain, type=Typed)

    return await site.store.read(read)


async def drop(site: Site, staff: bytes, draft: bytes) -> None:
    """The draft was taken up or is not wanted."""
    await site.store.write(
        lambda tx: tx.run(
            "DELETE FROM draft WHERE district=? AND staff=? AND draft=?",
            site.district,
            staff,
            draft,
        )
    )
