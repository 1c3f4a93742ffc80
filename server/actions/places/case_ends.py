"""How a special case ends without the county: taken back by who asked, or needless because no year
runs any more. The county's queue loses it in the same transaction.
"""

from typing import Final

from server.actions.keeping.site import Site
from server.actions.places import move
from server.actions.residents.acting import Acting, assisted, taken_back
from server.actions.tablets.intake import civil_day
from server.errors import NotYours, RuleSaysNo
from server.rules import switch as rule
from server.store.trail import audit
from server.store.tx import Tx, one

KIND: Final = "special_case"
WITHDRAWN: Final = rule.CaseState.WITHDRAWN.value


async def is_needless(tx: Tx, site: Site, resident: bytes) -> bool:
    """Whether no special case is needed today: an ordinary ground is enough."""
    free = rule.free_from(site.rules, await move.assignments(tx, site.district, resident))
    return free is None or free <= civil_day(site.clock())


async def withdraw_in(tx: Tx, site: Site, acting: Acting, name: bytes) -> None:
    """Takes a case that waits back, for the caller who holds the resident's row and has judged who
    acts; sent twice it changes nothing. Raises NotYours, RuleSaysNo for one that was decided.
    """
    row = await one(
        tx, "SELECT state FROM special_case WHERE district=? AND special_case=? AND resident=?",
        site.district, name, acting.resident,
    )  # fmt: skip
    if row is None:
        raise NotYours
    if row[0] == WITHDRAWN:
        return
    if row[0] != rule.CaseState.ASKED:
        raise RuleSaysNo("case_decided")
    await _end(tx, site, name, acting.hand)
    await taken_back(tx, site, acting.resident, name)
    await assisted(tx, site, acting, "switch_undo", name)


async def end_needless(tx: Tx, site: Site, resident: bytes, by: bytes) -> None:
    """After a switch was taken back: a case that waits has lost its ground when no year runs."""
    rows = await tx.rows(
        "SELECT special_case FROM special_case WHERE district=? AND resident=? AND state=?",
        site.district, resident, rule.CaseState.ASKED.value,
    )  # fmt: skip
    if rows and await is_needless(tx, site, resident):
        for row in rows:
            await _end(tx, site, row[0], by)


async def _end(tx: Tx, site: Site, name: bytes, by: bytes) -> None:
    now, district = site.clock(), site.district
    await tx.run(
        "UPDATE special_case SET state=?, decided_at=? WHERE district=? AND special_case=?",
        WITHDRAWN, now, district, name,
    )  # fmt: skip
    await tx.run(
        "UPDATE task SET closed_at=?, closed_by=?, result=? WHERE district=? AND kind=? AND "
        "subject=? AND closed_at IS NULL",
        now, by, WITHDRAWN, district, KIND, name,
    )  # fmt: skip
    await audit(tx, district, "act", b"case-withdrawn" + name + by, now)
