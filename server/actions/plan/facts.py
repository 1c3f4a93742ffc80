"""What the rules of the plan may know of a resident, read from the archive."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from server.actions.archives.content import Content, contents
from server.actions.archives.standing import ResidentRow
from server.actions.keeping.site import Site
from server.rules.districts import table
from server.rules.life import STATES, Life
from server.rules.plan.believable import believable
from server.rules.plan.model import Facts, Promise, Record
from server.store.tx import Tx


def district_numbers(site: Site, year: int) -> Mapping[str, int]:
    """The numbers of the plan that this district has set for a year, by "P52.times"."""
    return table(site.rules.code, year).plan_numbers


async def facts_of(
    tx: Tx,
    site: Site,
    rows: Mapping[bytes, ResidentRow],
    known: Mapping[bytes, Content] | None = None,
) -> dict[bytes, Facts]:
    """The facts of these archives, restricted ones among them.

    `rows` were read with their sealed cells. `known`: what stands in them, when the caller has
    opened them already, with the records of all years.
    """
    if known is None:
        known = await contents(tx, site, rows)
    began = await _began(tx, site, rows)
    promised = await promises_of(tx, site, rows)
    return {
        who: _facts(row, known[who], began.get(who), promised.get(who, ()))
        for who, row in rows.items()
    }


async def _began(tx: Tx, site: Site, rows: Mapping[bytes, ResidentRow]) -> dict[bytes, date]:
    """The day each archive was opened here: from when its first facility answers for it."""
    if not rows:
        return {}
    found = await tx.rows_in(
        "SELECT resident, MIN(from_day) FROM assignment WHERE district=? AND resident {ids} "
        "GROUP BY resident",
        sorted(rows),
        site.district,
    )
    return {who: date.fromisoformat(day) for who, day in found}


async def promises_of(
    tx: Tx, site: Site, residents: Collection[bytes]
) -> dict[bytes, tuple[Promise, ...]]:
    """What was agreed on with these people after a checkup day and not taken back, also before
    their archive was joined with another.
    """
    if not residents:
        return {}
    gone = dict(
        await tx.rows_in(
            "SELECT gone, kept FROM merged WHERE district=? AND kept {ids}",
            sorted(residents),
            site.district,
        )
    )
    rows = await tx.rows_in(
        "SELECT who, promise, rule, made_day, due_day FROM checkup_promise WHERE district=? AND "
        "undone_at IS NULL AND who {ids} ORDER BY promise",
        sorted({*residents, *gone}),
        site.district,
    )
    found: dict[bytes, tuple[Promise, ...]] = {}
    for who, promise, rule, made, due in rows:
        kept = gone.get(who, who)
        one = Promise(promise, rule, date.fromisoformat(made), date.fromisoformat(due))
        found[kept] = (*found.get(kept, ()), one)
    return found


def _facts(
    row: ResidentRow, known: Content, since: date | None, promised: tuple[Promise, ...]
) -> Facts:
    values: dict[str, Any] = {}
    for page in (known.open, known.restricted):
        values |= page.values
        values |= page.sets
    return Facts(
        due=STATES[Life(row.status)].due, birth=day_of(known.open.text("birth_date")),
        sex=known.open.text("sex"), since=since, values=values,
        records=believable(
            Record(each.id, each.kind, each.on, each.body, each.cls, each.performed_by)
            for each in known.records
        ),
        promises=promised,
    )  # fmt: skip


def day_of(text: str) -> date | None:
    """A day as a cell holds it; None for none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
