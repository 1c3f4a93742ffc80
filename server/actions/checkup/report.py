"""The day report: summed anew from everybody's state each time somebody looks, so that it is right
after any late arrival, and dated. The county reads it too: it names nobody.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from server.actions.accounts.sessions import Signed
from server.actions.archives.told import facility_names, staff_names
from server.actions.checkup.day_reading import seen
from server.actions.checkup.day_rows import GUEST, INVITED, Day
from server.actions.checkup.finding_rows import CHECK, State, key_of, open_kept
from server.actions.checkup.people import PersonOnDay, people_of
from server.actions.figures import targets
from server.actions.keeping.site import Site
from server.rules.checkup_findings import named
from server.rules.checkup_report import Report, Visitor, report_of
from server.store.tx import Tx

FIGURES: Final = {"elder": "elder", "htn": "hypertension", "dm": "diabetes", "child": "child"}
"""Group of a checkup day -> row of the yearly figures."""


@dataclass(frozen=True, slots=True)
class OfYear:
    """Where a group's row of the yearly figures stands at this facility. `target` None: not set."""

    done: int
    people: int
    target: int | None


@dataclass(frozen=True, slots=True)
class DayReport:
    """`made_at`: the sum is of this moment. `told`: letters handed over or read. `open`: findings
    nobody has seen to.
    """

    day: Day
    facility: str
    lead: str
    report: Report
    years: Mapping[str, OfYear]
    results: int
    told: int
    open: int
    made_at: int


async def day_report(site: Site, signed: Signed, day: bytes) -> DayReport:
    """Raises NotYours for another facility's day."""

    async def read(tx: Tx) -> DayReport:
        found = await seen(tx, site, signed, day)
        people = await people_of(tx, site, day)
        homes = await _homes(tx, site, [each.who for each in people])
        visitors = [_visitor(each, homes.get(each.who), found) for each in people]
        made = report_of(visitors, found.stations, found.on)
        by_label, waiting = await _findings(tx, site, day)
        results, told = await _told(tx, site, day)
        return DayReport(
            found, (await facility_names(tx, site)).get(found.facility, ""),
            (await staff_names(tx, site, [found.lead])).get(found.lead, ""),
            replace(made, findings=by_label), await _years(tx, site, found), results, told,
            waiting, site.clock(),
        )  # fmt: skip

    return await site.store.read(read)


async def _homes(tx: Tx, site: Site, whos: list[bytes]) -> dict[bytes, bytes | None]:
    if not whos:
        return {}
    return dict(
        await tx.rows_in(
            "SELECT resident, facility FROM resident WHERE district=? AND resident {ids}",
            whos, site.district,
        )
    )  # fmt: skip


def _visitor(each: PersonOnDay, home: bytes | None, day: Day) -> Visitor:
    birth = date.fromisoformat(each.birth) if each.birth else None
    return Visitor(
        each.row.status == INVITED, each.row.status == GUEST or home != day.facility,
        each.row.groups, each.row.route, each.sex, birth, each.state, each.progress,
    )  # fmt: skip


async def _findings(tx: Tx, site: Site, day: bytes) -> tuple[dict[str, int], int]:
    """Findings by what they are called, and how many nobody has seen to."""
    rows = await tx.rows(
        "SELECT finding, who, sealed, state FROM checkup_finding WHERE district=? AND day=? AND "
        "state<>? AND action<>?",
        site.district, day, State.GONE.value, CHECK,
    )  # fmt: skip
    counted: dict[str, int] = {}
    for finding, who, sealed, _ in rows:
        key = await key_of(tx, site, who)
        if key is None:
            continue
        kept = open_kept(site, key, finding, who, sealed)
        entry = named(kept.name)
        label = entry.label if entry is not None else kept.label
        counted[label] = counted.get(label, 0) + 1
    ordered = sorted(counted.items(), key=lambda each: (-each[1], each[0]))
    return dict(ordered), sum(row[3] == State.OPEN for row in rows)


async def _told(tx: Tx, site: Site, day: bytes) -> tuple[int, int]:
    results = await tx.rows(
        "SELECT COUNT(DISTINCT who) FROM checkup_result WHERE district=? AND day=?",
        site.district, day,
    )  # fmt: skip
    told = await tx.rows(
        "SELECT COUNT(*) FROM checkup_letter WHERE district=? AND day=? AND undone_at IS NULL",
        site.district, day,
    )  # fmt: skip
    return results[0][0], told[0][0]


async def _years(tx: Tx, site: Site, day: Day) -> dict[str, OfYear]:
    """The facility's own rows of the year, beside the groups of the day."""
    aims = await targets.in_force(tx, site.district, day.on.year)
    rows = await tx.rows(
        "SELECT item, SUM(people), SUM(done) FROM figure WHERE district=? AND year=? AND "
        "facility=? GROUP BY item",
        site.district, day.on.year, day.facility,
    )  # fmt: skip
    counted = {row[0]: (int(row[1]), int(row[2])) for row in rows}
    found: dict[str, OfYear] = {}
    for group, item in FIGURES.items():
        aim = aims.get((day.facility, item))
        people, done = counted.get(item, (0, 0))
        found[group] = OfYear(done, people, aim.number if aim is not None else None)
    return found
