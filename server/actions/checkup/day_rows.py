"""Rows of a checkup day under its lock, and what tablets must learn of a change.

Lock order: device, residents, panels, days (by id). Whoever changes what a tablet carries of a
person writes that person's row with `touched`, which takes the next csn of the day; whoever changes
what a tablet carries of the day itself calls `Day.version_up`. So csn order is commit order.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import msgspec

from server.actions.keeping.site import Site
from server.errors import NotYours, RuleSaysNo
from server.rules.checkup_days import DayState, Slot
from server.store.tx import Row, Tx, locking, one

INVITED, WALK_IN, GUEST, REMOVED = "invited", "walk_in", "guest", "removed"
PLAN, HAND, LIST, BOOKED, HALL = "plan", "hand", "list", "booked", "hall"
_DAY: Final = (
    "day, facility, on_day, place, opens_at, closes_at, lead, state, version, csn, serial, "
    "stations, made_at, closed_at"
)
_PERSON: Final = (
    "who, csn, status, source, groups, route, slot, ticket, booked_at, arrived_at, done_at, left_at"
)
_names: Final = msgspec.json.Decoder(tuple[str, ...])


def names_in(text: str) -> tuple[str, ...]:
    """Stations or groups as a column keeps them."""
    return _names.decode(text) if text else ()


def column_of(names: Iterable[str]) -> str:
    return msgspec.json.encode(tuple(names)).decode()


@dataclass(slots=True)
class Day:
    """One day as it is read. `locked`: in this transaction, so that it may be written."""

    day: bytes
    facility: bytes
    on: date
    place: str
    opens: str
    closes: str
    lead: bytes
    state: DayState
    version: int
    csn: int
    serial: int
    stations: tuple[str, ...]
    made_at: int
    closed_at: int | None
    locked: bool = False

    def next_csn(self) -> int:
        assert self.locked, "a csn is taken under the lock of the day"
        self.csn += 1
        return self.csn

    def version_up(self) -> None:
        """Something of the day itself that tablets carry is about to change."""
        self.version += 1


@dataclass(slots=True)
class PersonRow:
    """One person of one day, without what happened in the hall (people.py opens that)."""

    who: bytes
    csn: int
    status: str
    source: str
    groups: tuple[str, ...]
    route: tuple[str, ...]
    slot: int | None
    ticket: str
    booked_at: int | None
    arrived_at: int | None = None
    done_at: int | None = None
    left_at: int | None = None

    @property
    def expected(self) -> bool:
        return self.status == INVITED


@dataclass(frozen=True, slots=True)
class SlotRow:
    slot: int
    start: str
    end: str
    capacity: int
    taken: int

    @property
    def left(self) -> int:
        return max(0, self.capacity - self.taken)

    @property
    def plain(self) -> Slot:
        return Slot(self.start, self.end, self.capacity)


def day_of(row: Row, *, locked: bool = False) -> Day:
    return Day(
        row[0], row[1], date.fromisoformat(row[2]), row[3], row[4], row[5], row[6],
        DayState(row[7]), row[8], row[9], row[10], names_in(row[11]), row[12], row[13], locked,
    )  # fmt: skip


def person_of(row: Row) -> PersonRow:
    return PersonRow(row[0], row[1], row[2], row[3], names_in(row[4]), names_in(row[5]), *row[6:])


async def read_day(tx: Tx, site: Site, day: bytes) -> Day | None:
    row = await one(
        tx, f"SELECT {_DAY} FROM checkup_day WHERE district=? AND day=?", site.district, day
    )
    return None if row is None else day_of(row)


async def days_where(tx: Tx, site: Site, where: str, *args: object) -> tuple[Day, ...]:
    """Days by a condition after the district's, earliest first."""
    rows = await tx.rows(
        f"SELECT {_DAY} FROM checkup_day WHERE district=? AND {where} ORDER BY on_day, day",
        site.district, *args,
    )  # fmt: skip
    return tuple(map(day_of, rows))


async def lock_day(tx: Tx, site: Site, day: bytes) -> Day:
    """Raises NotYours for an id that is no day's."""
    row = await one(
        tx,
        f"SELECT {_DAY} FROM checkup_day WHERE district=? AND day=?{locking(tx)}",
        site.district, day,
    )  # fmt: skip
    if row is None:
        raise NotYours("day")
    return day_of(row, locked=True)


async def lock_days(tx: Tx, site: Site, days: Collection[bytes]) -> dict[bytes, Day]:
    """Several, in the order of their ids."""
    return {each: await lock_day(tx, site, each) for each in sorted(set(days))}


async def save_day(tx: Tx, site: Site, day: Day) -> None:
    """Writes the locked row back: always the last step, since csn moved with the persons."""
    assert day.locked, "a day is written under its lock"
    await tx.run(
        "UPDATE checkup_day SET on_day=?, place=?, opens_at=?, closes_at=?, lead=?, state=?, "
        "version=?, csn=?, stations=?, closed_at=? WHERE district=? AND day=?",
        day.on.isoformat(), day.place, day.opens, day.closes, day.lead, day.state.value,
        day.version, day.csn, column_of(day.stations), day.closed_at, site.district, day.day,
    )  # fmt: skip


async def persons(
    tx: Tx, site: Site, day: bytes, whos: Collection[bytes] | None = None
) -> dict[bytes, PersonRow]:
    """The people of a day; `whos`: only these."""
    if whos is None:
        rows = await tx.rows(
            f"SELECT {_PERSON} FROM checkup_person WHERE district=? AND day=?", site.district, day
        )
    elif whos:
        rows = await tx.rows_in(
            f"SELECT {_PERSON} FROM checkup_person WHERE district=? AND day=? AND who {{ids}}",
            sorted(whos), site.district, day,
        )  # fmt: skip
    else:
        rows = ()
    return {row[0]: person_of(row) for row in rows}


async def expected_elsewhere(
    tx: Tx, site: Site, day: Day, today: date, *, slotted: bool = False
) -> set[bytes]:
    """Who is expected at another day ahead of the facility; `slotted`: and has a slot there."""
    only = " AND p.slot IS NOT NULL" if slotted else ""
    rows = await tx.rows(
        "SELECT DISTINCT p.who FROM checkup_day d JOIN checkup_person p ON p.district=d.district "
        "AND p.day=d.day WHERE d.district=? AND d.facility=? AND d.day<>? AND d.on_day>=? AND "
        f"d.state IN ('draft','ready','open') AND p.status='invited'{only}",
        site.district, day.facility, day.day, today.isoformat(),
    )  # fmt: skip
    return {row[0] for row in rows}


async def add_persons(tx: Tx, site: Site, day: Day, people: Sequence[PersonRow]) -> None:
    """New rows, each with its csn."""
    now = site.clock()
    for each in people:
        each.csn = day.next_csn()
    rows: list[Row] = [
        (
            site.district, day.day, each.who, each.csn, each.status, each.source,
            column_of(each.groups), column_of(each.route), each.slot, each.ticket, each.booked_at,
            None, None, None, None, 0, now, 0,
        )
        for each in people
    ]  # fmt: skip
    await tx.insert("checkup_person", rows)


async def touched(tx: Tx, site: Site, day: Day, people: Iterable[PersonRow]) -> None:
    """These rows changed in what tablets carry of them: written, each with its csn. What happened
    in the hall is not theirs to write.
    """
    rows: list[Row] = []
    for each in people:
        each.csn = day.next_csn()
        rows.append(
            (
                site.district, day.day, each.who, each.csn, each.status, each.source,
                column_of(each.groups), column_of(each.route), each.slot, each.ticket,
                each.booked_at,
            )
        )  # fmt: skip
    await tx.update(
        "checkup_person", ("district", "day", "who"),
        ("csn", "status", "source", "groups", "route", "slot", "ticket", "booked_at"), rows,
    )  # fmt: skip


async def slots_of(tx: Tx, site: Site, day: bytes) -> tuple[SlotRow, ...]:
    rows = await tx.rows(
        "SELECT slot, start_at, end_at, capacity, taken FROM checkup_slot WHERE district=? AND "
        "day=? ORDER BY start_at, slot",
        site.district, day,
    )  # fmt: skip
    return tuple(SlotRow(*row) for row in rows)


async def take(tx: Tx, site: Site, day: Day, slot: SlotRow, n: int) -> SlotRow:
    """So many more (or fewer) places of a slot, under the day's lock. Raises RuleSaysNo("full")."""
    assert day.locked, "places are counted under the lock of the day"
    taken = slot.taken + n
    if n > 0 and taken > slot.capacity:
        raise RuleSaysNo("full")
    await tx.run(
        "UPDATE checkup_slot SET taken=? WHERE district=? AND day=? AND slot=?",
        max(0, taken), site.district, day.day, slot.slot,
    )  # fmt: skip
    return replace(slot, taken=max(0, taken))
