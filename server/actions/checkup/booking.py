"""Slots of a checkup day: what somebody may book, and booking, moving and giving back.

One action for portal, desk and the facility's own list: `by` says who held the pen. Everything is
counted under the lock of the day (of both, where somebody goes over to another one), so a slot is
never taken twice. Whoever owes a checkup may book although nobody put them on the list; who was
taken off it may not. A ticket is given with the first booking of a day and stays with its person.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

from server.access import living
from server.actions.accounts.sessions import Signed
from server.actions.checkup import tellings
from server.actions.checkup.day_reading import check_prepares
from server.actions.checkup.day_rows import (
    BOOKED,
    INVITED,
    REMOVED,
    Day,
    PersonRow,
    SlotRow,
    add_persons,
    days_where,
    lock_days,
    persons,
    save_day,
    slots_of,
    take,
    touched,
)
from server.actions.checkup.groups import groups_in
from server.actions.keeping.site import Site
from server.actions.notices.telling import tell
from server.actions.residents.acting import Acting, assisted, taken_back
from server.actions.residents.day_passes import end_booking
from server.actions.residents.whose import theirs
from server.actions.tablets.intake import civil_day
from server.errors import NotYours, RuleSaysNo
from server.rules.checkup import route_of
from server.rules.checkup_days import (
    BOOKABLE,
    LETTER,
    DayState,
    NoBooking,
    Wish,
    after_ticket,
    may_be_invited,
    no_booking,
)
from server.rules.family import Act
from server.settings import CIVIL
from server.store.trail import audit
from server.store.tx import Tx, locking, one

ACT = "booking"  # code of the act, as notices and the desk's list name it


@dataclass(frozen=True, slots=True)
class OpenSlot:
    """A slot that may be taken now; `left`: places."""

    slot: int
    start: str
    end: str
    left: int


@dataclass(frozen=True, slots=True)
class Booking:
    """What somebody has. Times are "08:30"; `ticket` as it is called out: A036."""

    day: bytes
    slot: int
    start: str
    end: str
    ticket: str


@dataclass(frozen=True, slots=True)
class OpenDay:
    """A day that somebody may come to. `booked`: their slot; `slots`: those with room left, empty
    when they have all gone; `route`: ids of the stations they are to do; `arrived`: checked in.
    """

    day: bytes
    facility: bytes
    on: date
    place: str
    opens: str
    closes: str
    invited: bool
    booked: Booking | None
    arrived: bool
    route: tuple[str, ...]
    slots: tuple[OpenSlot, ...]


async def open_slots(tx: Tx, site: Site, resident: bytes) -> tuple[OpenDay, ...]:
    """The days ahead at which somebody is expected or may book, earliest first. Whoever shows them
    has passed the gate. () for somebody who is not served there.
    """
    who = await living(tx, site.district, resident)
    home = await _home(tx, site, who)
    if home is None:
        return ()
    today = civil_day(site.clock()).isoformat()
    found = await days_where(
        tx, site, "facility=? AND on_day>=? AND state IN ('ready','open')", home, today
    )
    made: list[OpenDay] = []
    for day in found:
        row = (await persons(tx, site, day.day, {who})).get(who)
        groups = row.groups if row is not None else await _owed(tx, site, day, who)
        if (row is not None and row.status == REMOVED) or (row is None and not groups):
            continue
        made.append(_open_day(site, day, row, groups, await slots_of(tx, site, day.day)))
    return tuple(made)


def _open_day(
    site: Site, day: Day, row: PersonRow | None, groups: tuple[str, ...],
    slots: tuple[SlotRow, ...],
) -> OpenDay:  # fmt: skip
    now = _now(site)
    mine = next((each for each in slots if row is not None and each.slot == row.slot), None)
    arrived = row is not None and row.arrived_at is not None
    free = tuple(
        OpenSlot(each.slot, each.start, each.end, each.left)
        for each in slots
        if no_booking(Wish(day.state, day.on, each.plain, each.taken, True, arrived), now) is None
    )
    booked = None
    if row is not None and mine is not None:
        booked = Booking(day.day, mine.slot, mine.start, mine.end, row.ticket)
    route = row.route if row is not None else route_of(groups, day.stations)
    return OpenDay(
        day.day, day.facility, day.on, day.place, day.opens, day.closes, row is not None, booked,
        arrived, route, free,
    )  # fmt: skip


async def booking_of(tx: Tx, site: Site, resident: bytes, day: bytes) -> Booking | None:
    """What somebody has at one day."""
    who = await living(tx, site.district, resident)
    row = (await persons(tx, site, day, {who})).get(who)
    if row is None or row.slot is None or row.status == REMOVED:
        return None
    slot = next((each for each in await slots_of(tx, site, day) if each.slot == row.slot), None)
    return None if slot is None else Booking(day, slot.slot, slot.start, slot.end, row.ticket)


async def _home(tx: Tx, site: Site, who: bytes, *, lock: bool = False) -> bytes | None:
    """The facility that serves somebody; None for nobody's and for who is served no more.
    `lock`: it stays so until this transaction ends, and nobody else gives them a place meanwhile:
    of two who book two days at once, each would find no place at the other.
    """
    row = await one(
        tx,
        "SELECT status, facility FROM resident WHERE district=? AND resident=?"
        f"{locking(tx) if lock else ''}",
        site.district, who,
    )  # fmt: skip
    if row is None or row[1] is None or not may_be_invited(row[0], row[1], row[1]):
        return None
    return row[1]


async def _owed(tx: Tx, site: Site, day: Day, who: bytes) -> tuple[str, ...]:
    """The groups in which somebody who is on no list owes a checkup on that day."""
    found = await groups_in(tx, site, day.facility, day.on, {who}, owed=True)
    return found.get(who, ())


# Acts. `slot` of a booking is a number of `OpenSlot`.


async def book(site: Site, who: bytes, day: bytes, slot: int, *, by: Acting | Signed) -> Booking:
    """A slot for somebody who has none. Raises RuleSaysNo with a value of NoBooking, NotYours,
    NotTheirAct.
    """
    return await site.store.write(
        partial(_book, site=site, who=who, day=day, slot=slot, by=by, move=False)
    )


async def change(site: Site, who: bytes, day: bytes, slot: int, *, by: Acting | Signed) -> Booking:
    """Another slot, of the same day or of another one ahead. Raises as `book`."""
    return await site.store.write(
        partial(_book, site=site, who=who, day=day, slot=slot, by=by, move=True)
    )


async def cancel(site: Site, who: bytes, day: bytes, *, by: Acting | Signed) -> None:
    """Gives the slot back; the person stays on the list and may come without one. Raises as
    `book`.
    """

    async def work(tx: Tx) -> None:
        resident = await _may(tx, site, who, by)
        found = (await lock_days(tx, site, {day}))[day]
        _check_place(found, by)
        row = (await persons(tx, site, day, {resident})).get(resident)
        if row is None or row.slot is None or row.status == REMOVED:
            raise RuleSaysNo(NoBooking.NOT_BOOKED)
        if row.arrived_at is not None:
            raise RuleSaysNo(NoBooking.ARRIVED)
        await give_back(tx, site, found, row)
        await end_booking(tx, site.district, day, resident)
        await touched(tx, site, found, [row])
        await tellings.unbooked(tx, site, found, resident, tell_them=isinstance(by, Signed))
        await save_day(tx, site, found)
        await _written_down(tx, site, by, resident, day, b"checkup-unbooked")

    await site.store.write(work)


async def _book(
    tx: Tx, site: Site, who: bytes, day: bytes, slot: int, by: Acting | Signed, *, move: bool
) -> Booking:
    resident = await _may(tx, site, who, by)
    home = await _home(tx, site, resident, lock=True)
    held = await _held(tx, site, resident)
    locked = await lock_days(tx, site, {day, *held})
    wanted = locked[day]
    _check_place(wanted, by)
    if home != wanted.facility:
        raise RuleSaysNo(NoBooking.NOT_INVITED)
    rows = {each: await persons(tx, site, each, {resident}) for each in locked}
    row = rows[day].get(resident)
    before = {
        each: rows[each][resident] for each in locked
        if resident in rows[each] and rows[each][resident].slot is not None
    }  # fmt: skip
    if before and not move:
        raise RuleSaysNo(NoBooking.BOOKED_ALREADY)
    if row is not None and row.slot == slot and row.status == INVITED:
        return await _as_booked(tx, site, row, day)
    for each, theirs_ in before.items():
        if theirs_.arrived_at is not None:
            raise RuleSaysNo(NoBooking.ARRIVED)
        await give_back(tx, site, locked[each], theirs_)
        if each != day:
            await end_booking(tx, site.district, each, resident)
            await touched(tx, site, locked[each], [theirs_])
            await tellings.unbooked(tx, site, locked[each], resident, tell_them=False)
    fresh = row is None
    row = row or await _walks_up(tx, site, wanted, resident)
    made = await put_in(tx, site, wanted, row, slot, ahead=isinstance(by, Signed))
    await (add_persons if fresh else touched)(tx, site, wanted, [row])
    await tellings.booked(tx, site, wanted, resident)
    for each in locked.values():
        await save_day(tx, site, each)
    await _written_down(tx, site, by, resident, day, b"checkup-booked")
    if wanted.state in BOOKABLE:
        await tell(
            tx, site, resident, "checkup_booked", about=day, day=wanted.on, time=made.start,
            facility=wanted.facility,
        )  # fmt: skip
    return Booking(day, made.slot, made.start, made.end, row.ticket)


async def _held(tx: Tx, site: Site, who: bytes) -> Collection[bytes]:
    """Days ahead at which somebody has a slot that is not used up."""
    rows = await tx.rows(
        "SELECT p.day FROM checkup_person p JOIN checkup_day d ON d.district=p.district AND "
        "d.day=p.day WHERE p.district=? AND p.who=? AND p.slot IS NOT NULL AND p.status='invited' "
        "AND p.arrived_at IS NULL AND d.on_day>=? AND d.state IN ('ready','open')",
        site.district, who, civil_day(site.clock()).isoformat(),
    )  # fmt: skip
    return {row[0] for row in rows}


async def _as_booked(tx: Tx, site: Site, row: PersonRow, day: bytes) -> Booking:
    """The same slot once more changes nothing: a form that was sent twice."""
    slots = {each.slot: each for each in await slots_of(tx, site, day)}
    assert row.slot is not None, "asked of somebody with a slot"
    mine = slots[row.slot]
    return Booking(day, mine.slot, mine.start, mine.end, row.ticket)


async def _walks_up(tx: Tx, site: Site, day: Day, who: bytes) -> PersonRow:
    """Somebody nobody put on the list. Raises RuleSaysNo("not_invited") for who owes no checkup."""
    groups = await _owed(tx, site, day, who)
    if not groups:
        raise RuleSaysNo(NoBooking.NOT_INVITED)
    route = route_of(groups, day.stations)
    return PersonRow(who, 0, INVITED, BOOKED, groups, route, None, "", None)


async def put_in(
    tx: Tx, site: Site, day: Day, row: PersonRow, slot: int, *, ahead: bool = False
) -> SlotRow:
    """Takes the place under the day's lock, and gives a ticket where there is none yet; the caller
    writes the row. `ahead`: staff, who fill slots while the day is still being prepared. Raises
    RuleSaysNo with a value of NoBooking.
    """
    slots: Mapping[int, SlotRow] = {each.slot: each for each in await slots_of(tx, site, day.day)}
    if slot not in slots:
        raise RuleSaysNo(NoBooking.NO_SUCH_SLOT)
    wanted = slots[slot]
    state = DayState.READY if ahead and day.state is DayState.DRAFT else day.state
    wish = Wish(
        state, day.on, wanted.plain, wanted.taken, row.status == INVITED,
        row.arrived_at is not None,
    )  # fmt: skip
    no = no_booking(wish, _now(site))
    if no is not None:
        raise RuleSaysNo(no)
    await take(tx, site, day, wanted, 1)
    row.slot, row.booked_at = slot, site.clock()
    if not row.ticket:
        row.ticket = await next_ticket(tx, site, day.day)
    return wanted


async def give_back(tx: Tx, site: Site, day: Day, row: PersonRow) -> None:
    """Frees the place under the day's lock; the caller writes the row."""
    held = next((e for e in await slots_of(tx, site, day.day) if e.slot == row.slot), None)
    if held is not None:
        await take(tx, site, day, held, -1)
    row.slot, row.booked_at = None, None


async def next_ticket(tx: Tx, site: Site, day: bytes) -> str:
    """Under the day's lock: the one after the highest that was ever given out there."""
    row = await one(
        tx,
        "SELECT ticket FROM checkup_person WHERE district=? AND day=? AND ticket LIKE ? "
        "ORDER BY LENGTH(ticket) DESC, ticket DESC LIMIT 1",
        site.district, day, f"{LETTER}%",
    )  # fmt: skip
    return after_ticket(row[0] if row is not None else "")


async def _may(tx: Tx, site: Site, who: bytes, by: Acting | Signed) -> bytes:
    """The living archive. Raises NotTheirAct, NotYours."""
    if isinstance(by, Acting):
        if by.resident != who:
            raise NotYours("resident")
        await theirs(tx, site, by, Act.BOOK)
    return await living(tx, site.district, who)


def _check_place(day: Day, by: Acting | Signed) -> None:
    """Staff write for days of their own facility; who acts for a resident is asked otherwise."""
    if isinstance(by, Signed):
        check_prepares(by, day.facility)


async def _written_down(
    tx: Tx, site: Site, by: Acting | Signed, who: bytes, day: bytes, what: bytes
) -> None:
    hand = by.hand if isinstance(by, Acting) else by.staff
    await audit(tx, site.district, "act", what + day + who + hand, site.clock())
    if not isinstance(by, Acting):
        return
    if what == b"checkup-unbooked":
        await taken_back(tx, site, who, day)
    await assisted(tx, site, by, ACT, day)


def _now(site: Site) -> datetime:
    return datetime.fromtimestamp(site.clock() / 1000, CIVIL)
