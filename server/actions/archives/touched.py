"""Archives in which something has changed, for what is derived from them: cards and figures.

Whoever changes an archive holds the lock of its resident row and notes it here; whoever remakes
takes the same lock before the note is deleted. So no change falls between the two.
"""

from collections.abc import Collection

from server.actions.archives.standing import ResidentRow, lock_residents
from server.store.tx import Tx


async def touch(tx: Tx, district: int, residents: Collection[bytes], now: int) -> None:
    """Notes that these archives have changed."""
    await tx.insert("touched", [(district, who, now) for who in sorted(residents)], ignore=True)


async def take_touched(
    tx: Tx, district: int, most: int, *, before: int
) -> dict[bytes, ResidentRow]:
    """Up to `most` archives noted before that instant, locked, their notes deleted; oldest ids
    first.
    """
    noted = await tx.rows(
        "SELECT resident FROM touched WHERE district=? AND at<=? ORDER BY resident LIMIT ?",
        district, before, most,
    )  # fmt: skip
    ids = {row[0] for row in noted}
    if not ids:
        return {}
    rows = await lock_residents(tx, district, ids)
    for who in sorted(ids):
        await tx.run("DELETE FROM touched WHERE district=? AND resident=?", district, who)
    return rows
