"""Checkup days as pages read them: lists, one day with its numbers, who may lead one. The county
reads numbers of every facility; names are the facility's own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from server.actions.accounts.sessions import Signed
from server.actions.archives.told import facility_names, staff_names
from server.actions.checkup.day_rows import Day, SlotRow, days_where, lock_day, read_day, slots_of
from server.actions.keeping.site import Site
from server.actions.tablets.intake import civil_day
from server.errors import NotYours
from server.rules.checkup_days import PREPARES, READS
from server.store.tx import Tx

PAST_SHOWN: Final = 30
SHOWN_DAYS: Final = 366


@dataclass(frozen=True, slots=True)
class Counts:
    """Of one day. `expected`: on the list and not removed; `invited` of those: neither walked in
    nor a guest; `booked`: of the invited with a slot.
    """

    expected: int = 0
    invited: int = 0
    booked: int = 0
    arrived: int = 0
    finished: int = 0
    removed: int = 0
    guests: int = 0
    tablets: int = 0
    told: int = 0
    places: int = 0


@dataclass(frozen=True, slots=True)
class Listed:
    """One day in a list."""

    day: Day
    counts: Counts
    facility_name: str
    lead_name: str


def may_prepare(signed: Signed, facility: bytes) -> bool:
    return signed.role in PREPARES and signed.facility == facility


def check_prepares(signed: Signed, facility: bytes) -> None:
    """Raises NotYours: another facility's day answers like nobody's."""
    if not may_prepare(signed, facility):
        raise NotYours("day")


def check_reads(signed: Signed, facility: bytes) -> None:
    """Raises NotYours. The county reads numbers; names are the facility's."""
    own = signed.oversees or signed.facility == facility
    if signed.role not in READS or not own:
        raise NotYours("day")


async def held(tx: Tx, site: Site, signed: Signed, day: bytes) -> Day:
    """The day under its lock, for its own people. Raises NotYours."""
    found = await lock_day(tx, site, day)
    check_prepares(signed, found.facility)
    return found


async def seen(tx: Tx, site: Site, signed: Signed, day: bytes) -> Day:
    """The day as it is read. Raises NotYours."""
    found = await read_day(tx, site, day)
    if found is None:
        raise NotYours("day")
    check_reads(signed, found.facility)
    return found


# Reading.


async def listed(site: Site, signed: Signed) -> tuple[Listed, ...]:
    """What a page lists: days to come, earliest first, then those of the past year, newest first.
    The county sees every facility's. Raises NotYours.
    """
    if signed.role not in READS:
        raise NotYours("role")

    async def read(tx: Tx) -> tuple[Listed, ...]:
        today = civil_day(site.clock())
        since = (today - timedelta(days=SHOWN_DAYS)).isoformat()
        if signed.oversees:
            found = await days_where(tx, site, "on_day>=?", since)
        else:
            found = await days_where(tx, site, "facility=? AND on_day>=?", signed.facility, since)
        ahead = [each for each in found if each.on >= today]
        past = [each for each in reversed(found) if each.on < today][:PAST_SHOWN]
        return await _listed(tx, site, [*ahead, *past])

    return await site.store.read(read)


async def every_day(site: Site, *, past: bool = False) -> tuple[Listed, ...]:
    """Days of the whole district for its operator, earliest first; numbers only."""

    async def read(tx: Tx) -> tuple[Listed, ...]:
        today = civil_day(site.clock())
        since = today - timedelta(days=SHOWN_DAYS) if past else today
        return await _listed(tx, site, await days_where(tx, site, "on_day>=?", since.isoformat()))

    return await site.store.read(read)


async def one_of(site: Site, signed: Signed, day: bytes) -> tuple[Listed, tuple[SlotRow, ...]]:
    """One day with its numbers and slots. Raises NotYours."""

    async def read(tx: Tx) -> tuple[Listed, tuple[SlotRow, ...]]:
        found = await seen(tx, site, signed, day)
        return (await _listed(tx, site, [found]))[0], await slots_of(tx, site, day)

    return await site.store.read(read)


async def _listed(tx: Tx, site: Site, found: Sequence[Day]) -> tuple[Listed, ...]:
    names = await staff_names(tx, site, {each.lead for each in found})
    places = await facility_names(tx, site)
    counts = await counts_of(tx, site, [each.day for each in found])
    return tuple(
        Listed(
            each, counts[each.day], places.get(each.facility, ""), names.get(each.lead, "")
        )
        for each in found
    )  # fmt: skip


_COUNTED: Final = (
    "SELECT day, SUM(CASE WHEN status IN ('removed','moved') THEN 0 ELSE 1 END), "
    "SUM(CASE WHEN status='invited' THEN 1 ELSE 0 END), "
    "SUM(CASE WHEN status='invited' AND slot IS NOT NULL THEN 1 ELSE 0 END), "
    "SUM(CASE WHEN arrived_at IS NULL THEN 0 ELSE 1 END), "
    "SUM(CASE WHEN done_at IS NULL THEN 0 ELSE 1 END), "
    "SUM(CASE WHEN status='removed' THEN 1 ELSE 0 END), "
    "SUM(CASE WHEN status='guest' THEN 1 ELSE 0 END) "
    "FROM checkup_person WHERE district=? AND day {ids} GROUP BY day"
)


_MORE: Final = {
    "tablets": "SELECT day, COUNT(*) FROM checkup_tablet WHERE district=? AND "
    "day {ids} GROUP BY day",
    "told": "SELECT day, COUNT(*) FROM checkup_told WHERE district=? AND told_at IS NOT NULL AND "
    "day {ids} GROUP BY day",
    "places": "SELECT day, SUM(capacity) FROM checkup_slot WHERE district=? AND day {ids} "
    "GROUP BY day",
}


async def counts_of(tx: Tx, site: Site, days: Sequence[bytes]) -> Mapping[bytes, Counts]:
    """Numbers of these days; expected counts walk-ins and guests as well."""
    found = {each: Counts() for each in days}
    if not days:
        return found
    for row in await tx.rows_in(_COUNTED, sorted(days), site.district):
        found[row[0]] = Counts(*map(int, row[1:]))
    for name, sql in _MORE.items():
        for day, n in await tx.rows_in(sql, sorted(days), site.district):
            found[day] = replace(found[day], **{name: int(n)})
    return found


async def newest_before(tx: Tx, site: Site, facility: bytes) -> Day | None:
    """The day a new one begins as a copy of."""
    found = await days_where(tx, site, "facility=? AND state<>'cancelled'", facility)
    return found[-1] if found else None


async def leads(tx: Tx, site: Site, facility: bytes) -> tuple[tuple[bytes, str], ...]:
    """Who may lead a day: whoever works at the facility or under it, doctors first."""
    rows = await tx.rows(
        "SELECT s.staff, s.role FROM staff s JOIN facility f ON f.district=s.district AND "
        "f.facility=s.facility WHERE s.district=? AND s.active=? AND (s.facility=? OR "
        "f.parent=?) AND s.role IN ('doctor','manager','desk')",
        site.district, True, facility, facility,
    )  # fmt: skip
    names = await staff_names(tx, site, {row[0] for row in rows})
    order = {who: (role != "doctor", names.get(who, "")) for who, role in rows}
    return tuple((who, names.get(who, "")) for who in sorted(order, key=lambda who: order[who]))
