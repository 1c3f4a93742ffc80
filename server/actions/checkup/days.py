"""Checkup days of a facility: made, changed, made ready, run, ended, called off and taken back.

Whoever prepares is staff of the facility that holds the day; the county reads. From the moment a
day is ready residents book and its tablets are given it; a change after that reaches both: tablets
by the day's version or the persons' csn, residents by a notice (tellings.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from typing import Final

from crypto.primitives import random_bytes
from server.actions.accounts.sessions import Signed
from server.actions.checkup import tellings
from server.actions.checkup.day_reading import (
    Counts,
    check_prepares,
    check_reads,
    counts_of,
    held,
    leads,
    listed,
    may_prepare,
    one_of,
    seen,
)
from server.actions.checkup.day_rows import (
    Day,
    PersonRow,
    SlotRow,
    column_of,
    days_where,
    lock_day,
    persons,
    save_day,
    slots_of,
    touched,
)
from server.actions.keeping.site import Site
from server.actions.tablets.intake import civil_day
from server.errors import NotYours, RuleSaysNo
from server.rules.checkup import route_of, stations
from server.rules.checkup_days import (
    BOOKABLE,
    CAPACITY_USUAL,
    EDITABLE,
    ON_TABLETS,
    SLOT_MINUTES,
    SLOT_MINUTES_USUAL,
    DayState,
    Slot,
    Standing,
    by_itself,
    overlap,
    step,
)
from server.settings import CIVIL
from server.store.ids import new_id
from server.store.trail import audit
from server.store.tx import Row, Tx, one

__all__ = [
    "Around", "Counts", "Day", "Draft", "around_of", "change", "check_prepares", "check_reads",
    "counts_of", "days_of", "follow_clock", "listed", "make", "may_prepare", "one_of", "set_slots",
    "set_state", "undo_cancelled",
]  # fmt: skip
KEY_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Draft:
    """A day as somebody wants it. `lead`: staff of the facility; `stations`: in any order.

    `slots`: of a change, () leaves them as they are.
    """

    on: date
    place: str
    opens: str
    closes: str
    lead: bytes
    stations: tuple[str, ...]
    slots: tuple[Slot, ...]


async def days_of(tx: Tx, site: Site, facility: bytes) -> tuple[Day, ...]:
    """Every day of a facility, in whatever state, earliest first."""
    return await days_where(tx, site, "facility=?", facility)


@dataclass(frozen=True, slots=True)
class Around:
    """What somebody who makes a day chooses from. `last`: the day it begins as a copy of (of a
    change: the day itself); `expected`: how many are on its list; `minutes`, `capacity`: of its
    slots; `slotted`: somebody has booked there, so the slots stay.
    """

    leads: tuple[tuple[bytes, str], ...]
    last: Day | None
    expected: int
    minutes: int
    capacity: int
    slotted: bool


async def around_of(site: Site, facility: bytes, day: Day | None = None) -> Around:
    """`day`: the one that is changed; None for a new one."""

    async def read(tx: Tx) -> Around:
        people = await leads(tx, site, facility)
        last = day or await _newest(tx, site, facility)
        if last is None:
            return Around(people, None, 0, SLOT_MINUTES_USUAL, CAPACITY_USUAL, slotted=False)
        slots = await slots_of(tx, site, last.day)
        counts = (await counts_of(tx, site, [last.day]))[last.day]
        first = slots[0] if slots else None
        minutes = first.plain.minutes if first is not None else SLOT_MINUTES_USUAL
        return Around(
            people, last, counts.expected - counts.guests,
            minutes if minutes in SLOT_MINUTES else SLOT_MINUTES_USUAL,
            first.capacity if first is not None else CAPACITY_USUAL,
            slotted=any(each.taken for each in slots),
        )  # fmt: skip

    return await site.store.read(read)


async def _newest(tx: Tx, site: Site, facility: bytes) -> Day | None:
    found = await days_where(tx, site, "facility=? AND state<>'cancelled'", facility)
    return found[-1] if found else None


# Making and changing.


async def make(site: Site, signed: Signed, draft: Draft) -> bytes:
    """A day in preparation; its id. Raises NotYours."""

    async def work(tx: Tx) -> bytes:
        check_prepares(signed, signed.facility)
        await _check_lead(tx, site, signed.facility, draft.lead)
        now = site.clock()
        day = new_id(now)
        newest = await one(
            tx, "SELECT MAX(serial) FROM checkup_day WHERE district=?", site.district
        )
        serial = int(newest[0] or 0) + 1 if newest is not None else 1
        row: Row = (
            site.district, day, signed.facility, draft.on.isoformat(), draft.place, draft.opens,
            draft.closes, draft.lead, DayState.DRAFT.value, 1, 0, serial,
            column_of(in_order(draft.stations)), random_bytes(KEY_BYTES), signed.staff, now, None,
        )  # fmt: skip
        await tx.insert("checkup_day", [row])
        await _put_slots(tx, site, day, draft.slots)
        await audit(tx, site.district, "act", b"checkup-day" + day + signed.staff, now)
        return day

    return await site.store.write(work)


def in_order(names: Sequence[str]) -> tuple[str, ...]:
    """Stations in the order in which people walk."""
    return tuple(each for each in stations() if each in names)


async def _check_lead(tx: Tx, site: Site, facility: bytes, lead: bytes) -> None:
    if lead not in {each for each, _ in await leads(tx, site, facility)}:
        raise NotYours("lead")


async def _put_slots(tx: Tx, site: Site, day: bytes, slots: Sequence[Slot]) -> None:
    ordered = sorted(slots, key=lambda each: each.start)
    rows: list[Row] = [
        (site.district, day, n, each.start, each.end, each.capacity, 0)
        for n, each in enumerate(ordered, start=1)
    ]
    await tx.insert("checkup_slot", rows)


async def change(site: Site, signed: Signed, day: bytes, draft: Draft) -> None:
    """The day as it is to be from now on; its slots are changed on their own (`set_slots`), but
    made anew while nobody has booked. Residents who know of another day, time or place are told.
    Raises NotYours, RuleSaysNo("over").
    """

    async def work(tx: Tx) -> None:
        found = await held(tx, site, signed, day)
        if found.state not in EDITABLE:
            raise RuleSaysNo("over")
        await _check_lead(tx, site, found.facility, draft.lead)
        before = replace(found)
        found.on, found.place, found.lead = draft.on, draft.place, draft.lead
        found.opens, found.closes = draft.opens, draft.closes
        found.stations = in_order(draft.stations)
        if found == before and not draft.slots:
            return
        found.version_up()
        if found.stations != before.stations:
            await _reroute(tx, site, found, before.stations)
        if found.on != before.on:  # day codes are of another day, so tablets get them anew
            await touched(tx, site, found, (await persons(tx, site, day)).values())
        if draft.slots and not await _any_booked(tx, site, day):
            await tx.run("DELETE FROM checkup_slot WHERE district=? AND day=?", site.district, day)
            await _put_slots(tx, site, day, draft.slots)
        moved = (before.on, before.place) != (found.on, found.place)
        if moved and found.state in BOOKABLE:
            await tellings.day_moved(tx, site, found)
        await save_day(tx, site, found)
        await audit(tx, site.district, "act", b"checkup-changed" + day + signed.staff, site.clock())

    await site.store.write(work)


async def _any_booked(tx: Tx, site: Site, day: bytes) -> bool:
    row = await one(
        tx, "SELECT 1 FROM checkup_person WHERE district=? AND day=? AND slot IS NOT NULL LIMIT 1",
        site.district, day,
    )  # fmt: skip
    return row is not None


async def _reroute(tx: Tx, site: Site, day: Day, before: tuple[str, ...]) -> None:
    """Everybody's stations by those the day has now; a route that somebody changed by hand only
    loses what is not there any more.
    """
    moved: list[PersonRow] = []
    for each in (await persons(tx, site, day.day)).values():
        by_rule = each.route == route_of(each.groups, before)
        wanted = (
            route_of(each.groups, day.stations)
            if by_rule
            else tuple(name for name in each.route if name in day.stations)
        )
        if wanted != each.route:
            each.route = wanted
            moved.append(each)
    await touched(tx, site, day, sorted(moved, key=lambda each: each.who))


async def set_slots(
    site: Site, signed: Signed, day: bytes, capacities: Mapping[int, int],
    more: Sequence[Slot] = (),
) -> None:  # fmt: skip
    """Room by slot (0 takes a slot away), and further slots. Raises NotYours,
    RuleSaysNo("below_taken" | "overlap" | "over").
    """

    async def work(tx: Tx) -> None:
        found = await held(tx, site, signed, day)
        if found.state not in EDITABLE:
            raise RuleSaysNo("over")
        kept: list[Slot] = []
        rows = await slots_of(tx, site, day)
        for each in rows:
            wanted = capacities.get(each.slot, each.capacity)
            if wanted < each.taken:
                raise RuleSaysNo("below_taken")
            if wanted:
                kept.append(Slot(each.start, each.end, wanted))
        if overlap([*kept, *more]) is not None:
            raise RuleSaysNo("overlap")
        if not kept and not more:
            raise RuleSaysNo("no_slots")
        await _write_slots(tx, site, day, rows, capacities, more)
        await audit(tx, site.district, "act", b"checkup-slots" + day + signed.staff, site.clock())

    await site.store.write(work)


async def _write_slots(
    tx: Tx, site: Site, day: bytes, rows: Sequence[SlotRow], capacities: Mapping[int, int],
    more: Sequence[Slot],
) -> None:  # fmt: skip
    for each in rows:
        wanted = capacities.get(each.slot, each.capacity)
        if not wanted:
            await tx.run(
                "DELETE FROM checkup_slot WHERE district=? AND day=? AND slot=?",
                site.district, day, each.slot,
            )  # fmt: skip
        elif wanted != each.capacity:
            await tx.run(
                "UPDATE checkup_slot SET capacity=? WHERE district=? AND day=? AND slot=?",
                wanted, site.district, day, each.slot,
            )  # fmt: skip
    first = max((each.slot for each in rows), default=0) + 1
    fresh: list[Row] = [
        (site.district, day, n, each.start, each.end, each.capacity, 0)
        for n, each in enumerate(more, start=first)
    ]
    await tx.insert("checkup_slot", fresh)


# States.


async def set_state(site: Site, signed: Signed, day: bytes, after: DayState) -> None:
    """The next state of a day. Raises NotYours, RuleSaysNo with a value of NoStep."""

    async def work(tx: Tx) -> None:
        found = await held(tx, site, signed, day)
        counts = (await counts_of(tx, site, [day]))[day]
        now = Standing(
            found.state, found.on, counts.expected - counts.guests, counts.booked, counts.arrived,
            counts.told, len(await slots_of(tx, site, day)), len(found.stations),
        )  # fmt: skip
        no = step(now, after, civil_day(site.clock()))
        if no is not None:
            raise RuleSaysNo(no.value)
        await _go_on(tx, site, found, after)
        detail = b"checkup-state" + day + signed.staff + after.encode()
        await audit(tx, site.district, "act", detail, site.clock())

    await site.store.write(work)


async def undo_cancelled(site: Site, signed: Signed, day: bytes) -> None:
    """A day that was called off takes place after all, as far as it had got. Raises NotYours,
    RuleSaysNo.
    """
    found = await site.store.read(partial(seen, site=site, signed=signed, day=day))
    after = DayState.DRAFT if found.closed_at is None else DayState.READY
    await set_state(site, signed, day, after)


async def _go_on(tx: Tx, site: Site, day: Day, after: DayState) -> None:
    before, day.state = day.state, after
    was_known = before in BOOKABLE
    match after:
        case DayState.READY:
            day.closed_at = None
            await tellings.day_ready(tx, site, day, again=before is DayState.CANCELLED)
        case DayState.DRAFT:
            day.closed_at = None
            await tellings.forget(tx, site, day.day)
        case DayState.CANCELLED:
            day.closed_at = site.clock() if was_known else None
            await tellings.day_cancelled(tx, site, day)
        case DayState.CLOSED:
            day.closed_at = site.clock()
        case DayState.OPEN:
            day.closed_at = None
    if after in ON_TABLETS and before not in ON_TABLETS:
        await tx.run(
            "UPDATE checkup_tablet SET sent_csn=0, ended_at=NULL, purged_at=NULL WHERE district=? "
            "AND day=?",
            site.district, day.day,
        )  # fmt: skip
    day.version_up()
    await save_day(tx, site, day)


async def follow_clock(site: Site) -> int:
    """Days whose hour has come begin, and those that nobody ended end; how many."""
    now = datetime.fromtimestamp(site.clock() / 1000, CIVIL)

    async def read(tx: Tx) -> list[bytes]:
        found = await days_where(tx, site, "state IN ('ready','open')")
        return [each.day for each in found if by_itself(each.state, each.on, each.opens, now)]

    async def work(tx: Tx, day: bytes) -> None:
        found = await lock_day(tx, site, day)
        after = by_itself(found.state, found.on, found.opens, now)
        if after is not None:
            await _go_on(tx, site, found, after)
            detail = b"checkup-state" + day + after.encode()
            await audit(tx, site.district, "act", detail, site.clock())

    waiting = await site.store.read(read)
    for day in waiting:
        await site.store.write(partial(work, day=day))
    return len(waiting)
