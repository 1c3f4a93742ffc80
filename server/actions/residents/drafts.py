"""What somebody had typed in the portal when the session ran out: kept sealed under the person's
own key, given back after sign-in. Files are not kept, and the page says so.
"""

from functools import partial
from typing import Final

import msgspec

from server.actions.keeping.site import Site
from server.actions.residents.people import key_of
from server.store.ids import new_id
from server.store.tx import Row, Tx, one
from server.store.vault import T_PORTAL_DRAFT

BYTES_MAX: Final = 16 * 1024
EACH_MAX: Final = 3
KEEP_MS: Final = 24 * 60 * 60_000

Typed = dict[str, list[str]]


async def keep(site: Site, person: bytes, resident: bytes, path: str, typed: Typed) -> bool:
    """Keeps what was typed for `path`; False when it is too much to keep."""
    plain = msgspec.json.encode(typed)
    if len(plain) > BYTES_MAX:
        return False
    await site.store.write(
        partial(_keep, site=site, person=person, resident=resident, path=path, plain=plain)
    )
    return True


async def _keep(
    tx: Tx, site: Site, person: bytes, resident: bytes, path: str, plain: bytes
) -> None:
    now, district = site.clock(), site.district
    old = await tx.rows(
        "SELECT draft, at FROM portal_draft WHERE district=? AND person=? ORDER BY at DESC",
        district, person,
    )  # fmt: skip
    for n, (draft, at) in enumerate(old):
        if n >= EACH_MAX - 1 or now - at > KEEP_MS:
            await _drop(tx, district, person, draft)
    key = await key_of(tx, site, person)
    assert key is not None
    name = new_id(now)
    place = site.vault.at(T_PORTAL_DRAFT, name, person)
    sealed = key.seal(place, plain)
    row: Row = (district, person, name, resident, path, now, sealed)
    await tx.insert("portal_draft", [row])


async def newest(site: Site, person: bytes, resident: bytes) -> tuple[bytes, str, Typed] | None:
    """(id, path, what was typed) of the person's newest draft about this resident."""

    async def read(tx: Tx) -> tuple[bytes, str, Typed] | None:
        row = await one(
            tx,
            "SELECT d.draft, d.path, d.sealed FROM portal_draft d WHERE d.district=? AND "
            "d.person=? AND d.resident=? AND d.at>? ORDER BY d.at DESC LIMIT 1",
            site.district, person, resident, site.clock() - KEEP_MS,
        )  # fmt: skip
        key = await key_of(tx, site, person)
        if row is None or key is None:
            return None
        draft, path, sealed = row
        plain = key.open(site.vault.at(T_PORTAL_DRAFT, draft, person), sealed)
        return draft, path, msgspec.json.decode(plain, type=Typed)

    return await site.store.read(read)


async def drop(site: Site, person: bytes, draft: bytes) -> None:
    """The draft was taken up or is not wanted."""
    await site.store.write(partial(_drop, district=site.district, person=person, draft=draft))


async def _drop(tx: Tx, district: int, person: bytes, draft: bytes) -> None:
    await tx.run(
        "DELETE FROM portal_draft WHERE district=? AND person=? AND draft=?",
        district, person, draft,
    )  # fmt: skip
