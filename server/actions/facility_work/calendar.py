"""The calendar of one facility, and of all of them for the county: facts read, the rule asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

from server.actions.accounts.sessions import Signed
from server.actions.facility_work.places import Standing, standing_of
from server.actions.facility_work.records import (
    YEAR_MOST,
    FacilityRecord,
    standing_records,
)
from server.actions.facility_work.reports import Reports, reports_of
from server.actions.keeping.site import Site
from server.actions.places.organisations import Organisation
from server.rules.districts import table
from server.rules.facility_work import centre_of
from server.rules.organisations import Level
from server.rules.plan.facility import FacilityFacts, FacilityItem, Report, Work, facility_plan
from server.store.tx import Tx


@dataclass(frozen=True, slots=True)
class Calendar:
    """One organisation's year. `records`: its own that stand, newest day first; those of stations
    and village rooms under a centre are in `under`. `whole`: no record was left out by the bound,
    `reports_whole` no card.
    """

    organisation: Organisation
    year: int
    items: tuple[FacilityItem, ...]
    records: tuple[FacilityRecord, ...]
    under: tuple[FacilityRecord, ...]
    standing: Standing
    whole: bool
    reports_whole: bool


async def calendar(
    site: Site, signed: Signed, facility: bytes, year: int, *, with_reports: bool = True
) -> Calendar:
    """Raises NotYours for a place whose work may not be read, and for nobody's id. Without reports
    no archive is opened.
    """
    return await site.store.read(
        partial(
            _calendar, site=site, signed=signed, facility=facility, year=year,
            with_reports=with_reports,
        )
    )  # fmt: skip


async def _calendar(
    tx: Tx, site: Site, signed: Signed, facility: bytes, year: int, with_reports: bool
) -> Calendar:
    who = await standing_of(tx, site, signed)
    here = who.reading(facility)
    places = {facility}
    reports = Reports()
    if here.level is Level.FACILITY:
        places |= {*who.under(facility)}
    if here.level is Level.FACILITY and with_reports:
        reports = await reports_of(tx, site, facility, year)
    found = await standing_records(tx, site, places, year)
    return Calendar(
        organisation=here, year=year,
        items=_items(site, here, found, reports.reports, year),
        records=tuple(each for each in found if each.facility == facility),
        under=tuple(each for each in found if each.facility != facility),
        standing=who, whole=len(found) < YEAR_MOST, reports_whole=reports.whole,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Overview:
    """One line of the list of facilities: its items without reports, and how much is written."""

    organisation: Organisation
    items: tuple[FacilityItem, ...]
    records: int


async def overview(site: Site, signed: Signed, year: int) -> list[Overview]:
    """Every place whose work may be read, each centre before what is under it. Cards of diseases
    are left out here: they are in archives, and a list opens none.
    """
    return await site.store.read(partial(_overview, site=site, signed=signed, year=year))


async def _overview(tx: Tx, site: Site, signed: Signed, year: int) -> list[Overview]:
    who = await standing_of(tx, site, signed)
    near: dict[bytes, list[Organisation]] = {}
    for here in who.readable:
        near.setdefault(centre_of(who.places[here.facility]), []).append(here)
    lines: list[Overview] = []
    for some in near.values():
        # One centre at a time, so that what is open in memory is bounded by one centre's year.
        found = await standing_records(tx, site, {each.facility for each in some}, year)
        for here in some:
            own = sum(1 for each in found if each.facility == here.facility)
            lines.append(Overview(here, _items(site, here, found, (), year), own))
    return lines


def _items(
    site: Site, here: Organisation, found: Sequence[FacilityRecord],
    reports: tuple[Report, ...], year: int,
) -> tuple[FacilityItem, ...]:  # fmt: skip
    works = tuple(Work(each.id, each.kind, each.on, each.facility, each.body) for each in found)
    facts = FacilityFacts(
        here.facility, here.level,
        since=date.fromisoformat(here.opened_on) if here.opened_on else None,
        until=date.fromisoformat(here.closed_on) if here.closed_on else None,
        records=works, reports=reports,
    )  # fmt: skip
    return facility_plan(facts, year, table(site.rules.code, year).plan_numbers)
