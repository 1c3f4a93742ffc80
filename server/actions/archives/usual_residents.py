"""Timed: whoever has lived here for the district's months is a usual resident (domain, art. 5).

The system takes the step, in nobody's name; a person may take it back, and then it stays so until
the register says another first day. The register's own code is the same before and after, so no
tablet hears of it and no edit under way is disturbed.
"""

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Final

from server.actions.archives.standing import lock_residents
from server.actions.archives.status import move
from server.actions.archives.stays import OVER, WAITING
from server.actions.archives.touched import touch
from server.actions.keeping.site import Site
from server.actions.tablets.intake import civil_day
from server.rules.life import Life, usual_from
from server.store.trail import audit
from server.store.tx import Row, Tx
from server.store.vault import NOBODY

AT_ONCE: Final = 100  # archives a transaction
MOST: Final = 1000  # a run


async def make_due(site: Site) -> int:
    """How many archives became usual, at most `MOST`."""
    made = 0
    for _ in range(MOST // AT_ONCE):
        looked, became = await site.store.write(partial(_some, site=site))
        made += became
        if looked < AT_ONCE:
            break
    return made


async def _some(tx: Tx, site: Site) -> tuple[int, int]:
    """(stays looked at, archives that became usual), oldest stays first."""
    district, now = site.district, site.clock()
    today = civil_day(now)
    rows = await tx.rows(
        "SELECT resident, counted FROM stay WHERE district=? AND state=? AND counted<=? "
        "ORDER BY counted, resident LIMIT ?",
        district, WAITING, today.isoformat(), AT_ONCE,
    )  # fmt: skip
    if not _due(site, rows, today):
        return 0, 0
    ids = sorted(_due(site, rows, today))
    archives = await lock_residents(tx, district, ids, cells_of=())
    again = await tx.rows_in(  # under the locks: a person may have written meanwhile
        "SELECT resident, counted, state FROM stay WHERE district=? AND resident {ids}",
        ids,
        district,
    )
    due = _due(site, [row for row in again if row[2] == WAITING], today)
    became: list[bytes] = []
    for who in sorted(due):
        row = archives.get(who)
        if row is not None and row.status == Life.TEMPORARY:
            await move(
                tx, site.vault, row, Life.USUAL, day=due[who].isoformat(), staff=NOBODY, now=now,
                change=NOBODY, evidence="",
            )  # fmt: skip
            became.append(who)
    over: list[Row] = [(district, who, OVER) for who in sorted(due)]
    await tx.update("stay", ("district", "resident"), ("state",), over)
    if became:
        await touch(tx, district, became, now)
        await audit(tx, district, "act", b"usual" + b"".join(became), now)
    return len(ids), len(became)


def _due(site: Site, rows: Sequence[Row], today: date) -> dict[bytes, date]:
    """By archive the day on which it became usual, of those whose months are over."""
    days = {row[0]: usual_from(site.rules, date.fromisoformat(row[1])) for row in rows}
    return {who: day for who, day in days.items() if day <= today}
