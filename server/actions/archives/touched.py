"""Archives in which something has changed, for what is derived from them: cards and figures.

Whoever changes an archive holds the lock of its resident row and notes it here; whoever remakes
takes the same lock before the note is deleted. So no change falls between the two.
"""

from collections.abc import Collection
from typing import Final

from server.actions.archives.standing import ResidentRow, lock_residents
from server.store.tx import Tx

AHEAD_MS: Final = 60_000
NOTED: Final = "(at<=? OR at>?)"
"""Noted before an instant, or AHEAD_MS after it: by a clock that has been set right meanwhile, so
that the note would wait until its day comes.
"""


async def touch(tx: Tx, district: int, residents: Collection[bytes], now: int) -> None:
    """Notes that these archives have changed."""
    await tx.insert("touched", [(district, who, now) for who in sorted(residents)], ignore=True)


async def noted(
    tx: Tx, district: int, most: int, *, before: int, put_off: Collection[bytes] = ()
) -> list[bytes]:
    """Whom `take_touched` would take."""
    found = await tx.rows(
        f"SELECT resident FROM touched WHERE district=? AND {NOTED} ORDER BY resident LIMIT ?",
        district, before, before + AHEAD_MS, most + len(put_off),
    )  # fmt: skip
    return [row[0] for row in found if row[0] not in put_off][:most]


async def take_touched(
    tx: Tx, district: int, most: int, *, before: int, put_off: Collection[bytes] = ()
) -> dict[bytes, ResidentRow]:
    """Up to `most` archives noted before that instant, or by a clock that ran ahead; locked,
    their notes deleted; oldest ids first, those in `put_off` left out.
    """
    ids = set(await noted(tx, district, most, before=before, put_off=put_off))
    if not ids:
        return {}
    rows = await lock_residents(tx, district, ids)
    for who in sorted(ids):
        await tx.run("DELETE FROM touched WHERE district=? AND resident=?", district, who)
    return rows
