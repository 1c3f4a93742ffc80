"""What waits for people: open tasks counted and listed for one member of staff's place in the tree.

The county sees every facility's tasks, a facility its own. A task without a facility is the
county's.
"""

from dataclasses import dataclass
from functools import partial
from typing import Final

from server.actions.sessions import Signed
from server.actions.site import Site
from server.store.tx import Tx

DAY_MS: Final = 24 * 60 * 60_000
SOON_DAYS: Final = 4


@dataclass(frozen=True, slots=True)
class Count:
    """Open tasks of one kind: all, past their due moment, due within four days."""

    open: int
    late: int
    soon: int


def scope(signed: Signed) -> tuple[str, tuple[object, ...]]:
    """The condition that keeps a statement over `task t` inside somebody's place."""
    return ("", ()) if signed.oversees else (" AND t.facility=?", (signed.facility,))


async def counts(site: Site, signed: Signed) -> dict[str, Count]:
    """Open tasks by kind."""
    return await site.store.read(partial(_counts, site=site, signed=signed))


async def _counts(tx: Tx, site: Site, signed: Signed) -> dict[str, Count]:
    now = site.clock()
    where, args = scope(signed)
    rows = await tx.rows(
        "SELECT t.kind, COUNT(*), SUM(CASE WHEN t.due_at<? THEN 1 ELSE 0 END), "
        "SUM(CASE WHEN t.due_at>=? AND t.due_at<? THEN 1 ELSE 0 END) FROM task t "
        f"WHERE t.district=? AND t.closed_at IS NULL{where} GROUP BY t.kind",
        now, now, now + SOON_DAYS * DAY_MS, site.district, *args,
    )  # fmt: skip
    return {kind: Count(n, late or 0, soon or 0) for kind, n, late, soon in rows}
