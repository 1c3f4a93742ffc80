"""A new key-encryption key: added to the file, every data key wrapped again, the old one let go.

Only the 65 bytes of each wrapped data key change; values under it stay as they are. Each chunk is
one transaction, so the work may stop anywhere and go on later: what is done is seen by the KEK id
in the wrapped form. A process reads the key file once: with several of them, restart them after
`add` and before `rewrap`.

A retired key still opens old backups: keep its line where the copy of the key file is kept.
"""

import asyncio
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from crypto.columns import KekRing, add_kek, load_kek_file
from crypto.columns import rewrap as wrap_again
from server.actions.archives.ledger import audit
from server.actions.keeping.site import Site, kek_ring
from server.errors import RuleSaysNo
from server.store.tx import Row, Tx, locking
from server.store.vault import NOBODY

CHUNK: Final = 500
# Bytes 2 and 3 of a wrapped data key: u16be KEK id (crypto/SPEC.md 4.2). The same on both engines.
_KEK_ID: Final = "substr(key, 2, 2)"

Progress = Callable[[int], None]
"""Data keys wrapped so far."""


async def rotate(site: Site, kek_file: Path, *, progress: Progress | None = None) -> int:
    """`add` and `rewrap`: the whole work with one process. Returns how many keys were wrapped."""
    await add(site, kek_file)
    return await rewrap(site, progress=progress)


async def add(site: Site, kek_file: Path) -> int:
    """A fresh KEK in the file, current from now on in this process. Returns its id."""
    kek_ring(kek_file)  # refuses in one sentence what add_kek would refuse
    ring = await asyncio.to_thread(add_kek, kek_file)
    site.vault.ring = ring

    async def note(tx: Tx) -> None:
        detail = b"kek-add" + ring.current.id.to_bytes(2)
        await audit(tx, site.district, "act", detail, site.clock())

    await site.store.write(note)
    return ring.current.id


async def rewrap(site: Site, *, progress: Progress | None = None) -> int:
    """Every data key that is not under the current KEK. Safe to stop and to repeat."""
    done = await site.store.write(partial(_district, site=site))
    after: bytes | None = b""
    while after is not None:
        count, after = await site.store.write(partial(_residents, site=site, after=after))
        done += count
        if progress is not None:
            progress(done)
    done += await site.store.write(partial(_lists, site=site))
    if progress is not None:
        progress(done)
    return done


async def _district(tx: Tx, site: Site) -> int:
    ring, district = site.vault.ring, site.district
    rows = await tx.rows(f"SELECT key FROM district WHERE district=?{locking(tx)}", district)
    if rows[0][0][1:3] == ring.current.id.to_bytes(2):
        return 0
    blob = wrap_again(ring, district=district, owner=NOBODY, blob=rows[0][0])
    await tx.run("UPDATE district SET key=? WHERE district=?", blob, district)
    await audit(tx, district, "act", b"kek-district" + ring.current.id.to_bytes(2), site.clock())
    return 1


async def _residents(tx: Tx, site: Site, after: bytes) -> tuple[int, bytes | None]:
    """The next chunk in order of id: how many, and where to go on (None at the end)."""
    ring, district = site.vault.ring, site.district
    rows = await tx.rows(
        f"SELECT resident, key FROM resident WHERE district=? AND resident>? AND {_KEK_ID}<>? "
        f"ORDER BY resident LIMIT ?{locking(tx)}",
        district, after, ring.current.id.to_bytes(2), CHUNK,
    )  # fmt: skip
    fresh: list[Row] = [
        (district, who, wrap_again(ring, district=district, owner=who, blob=blob))
        for who, blob in rows
    ]
    await tx.update("resident", ("district", "resident"), ("key",), fresh)
    return len(fresh), rows[-1][0] if len(rows) == CHUNK else None


async def _lists(tx: Tx, site: Site) -> int:
    """The keys of lists that are read in, as long as their content is kept."""
    ring, district = site.vault.ring, site.district
    rows = await tx.rows(
        f"SELECT job, key FROM import_job WHERE district=? AND length(key)>0 AND {_KEK_ID}<>? "
        f"ORDER BY job{locking(tx)}",
        district, ring.current.id.to_bytes(2),
    )  # fmt: skip
    fresh: list[Row] = [
        (district, job, wrap_again(ring, district=district, owner=job, blob=blob))
        for job, blob in rows
    ]
    await tx.update("import_job", ("district", "job"), ("key",), fresh)
    return len(fresh)


async def in_use(site: Site, kek_id: int) -> int:
    """How many data keys are wrapped under that KEK."""

    async def count(tx: Tx) -> int:
        total = 0
        for table in ("district", "resident", "import_job"):
            rows = await tx.rows(
                f"SELECT COUNT(*) FROM {table} WHERE {_KEK_ID}=?", kek_id.to_bytes(2)
            )
            total += rows[0][0]
        return total

    return await site.store.write(count)


async def retire(site: Site, kek_file: Path, kek_id: int) -> KekRing:
    """Takes a KEK out of the file. Raises RuleSaysNo while a data key still needs it."""
    ring = kek_ring(kek_file)
    if kek_id not in ring.ids():
        raise RuleSaysNo("no_such_kek")
    if kek_id == ring.current.id:
        raise RuleSaysNo("current_kek")
    if await in_use(site, kek_id):
        raise RuleSaysNo("kek_in_use")
    left = await asyncio.to_thread(_without, kek_file, kek_id)
    site.vault.ring = left

    async def note(tx: Tx) -> None:
        detail = b"kek-retire" + kek_id.to_bytes(2)
        await audit(tx, site.district, "act", detail, site.clock())

    await site.store.write(note)
    return left


def _without(kek_file: Path, kek_id: int) -> KekRing:
    """The file without one line: written beside it, synced, put in its place."""
    lines = kek_file.read_text("ascii").splitlines(keepends=True)
    kept = [line for line in lines if line.split(" ", 1)[0].strip() != str(kek_id)]
    part = kek_file.with_name(f".{kek_file.name}.part")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    with os.fdopen(os.open(part, flags, 0o600), "w", encoding="ascii") as file:
        file.writelines(kept)
        file.flush()
        os.fsync(file.fileno())
    ring = load_kek_file(part)
    part.replace(kek_file)
    folder = os.open(kek_file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return ring
