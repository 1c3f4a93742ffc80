"""Timed: a correction that nobody answered by its day. The county sees it in its queue all along;
the resident is told once, and may go to the county from then on.
"""

from functools import partial
from typing import Final

from server.access import living
from server.actions.keeping.site import Site
from server.actions.notices.telling import tell
from server.actions.residents.correction_file import find, write
from server.actions.tablets.intake import civil_day
from server.rules import corrections as rule
from server.store.trail import audit
from server.store.tx import Tx

AT_ONCE: Final = 100


async def tell_overdue(site: Site) -> int:
    """How many residents were told."""
    return await site.store.write(partial(_tell, site=site))


async def _tell(tx: Tx, site: Site) -> int:
    now = site.clock()
    states = sorted(state.value for state in rule.AT_FACILITY)
    rows = await tx.rows(
        "SELECT correction FROM correction WHERE district=? AND state IN (?,?) AND due_at<? AND "
        "overdue_at IS NULL ORDER BY due_at LIMIT ?",
        site.district, *states, now, AT_ONCE,
    )  # fmt: skip
    told = 0
    for (name,) in rows:
        found = await find(tx, site, name, lock=True)
        if found is None or found.state not in rule.AT_FACILITY or found.overdue_at is not None:
            continue
        who = await living(tx, site.district, found.resident)
        await write(tx, site, found, overdue_at=now)
        day = civil_day(found.due_at)
        await tell(tx, site, who, "correction_overdue", cls=found.cls, about=name, day=day)
        await audit(tx, site.district, "act", b"correction-overdue" + name, now)
        told += 1
    return told
