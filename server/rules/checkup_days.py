"""Who prepares a checkup day, through which states it goes, who owes one, and when a slot may be
taken. Stations, groups and critical values stand in checkup.py. Pure.

A day is prepared by the facility that holds it; the county reads its numbers. Whoever is dead,
moved away, merged into another archive or served by another facility is never invited.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final

from server.rules.accounts import FACILITY_ROLES, StaffRole
from server.rules.life import STATES, Life

PREPARES: Final = FACILITY_ROLES
READS: Final = FACILITY_ROLES | {StaffRole.COUNTY}

INVITED_MOST: Final = 5_000  # people of one day
SLOTS_MOST: Final = 60
CAPACITY_MOST: Final = 500
PLACE_MOST: Final = 40  # signs
AHEAD_MOST: Final = 366  # days
SLOT_MINUTES: Final = (10, 15, 20, 30, 60)
SLOT_MINUTES_USUAL, CAPACITY_USUAL = 30, 20
CLOSES_BY_ITSELF: Final = 2
"""Days after which an open day ends although nobody ended it: no tablet keeps its people longer."""

GRACE_MS: Final = 10 * 60_000
"""For so long a notice of what staff did waits, so that taking it back is silent."""

REMIND_AT: Final = time(16)
"""On the day before: many are reached by then, and who gives blood has not eaten yet."""


class DayState(StrEnum):
    """Values of checkup_day.state."""

    DRAFT = "draft"
    READY = "ready"
    """Residents book, tablets get it."""

    OPEN = "open"
    CLOSED = "closed"
    CANCELLED = "cancelled"


BOOKABLE: Final = frozenset({DayState.READY, DayState.OPEN})
ON_TABLETS: Final = BOOKABLE
EDITABLE: Final = frozenset({DayState.DRAFT, DayState.READY, DayState.OPEN})
STEPS: Final = frozenset(
    {
        (DayState.DRAFT, DayState.READY), (DayState.READY, DayState.DRAFT),
        (DayState.READY, DayState.OPEN), (DayState.OPEN, DayState.CLOSED),
        (DayState.READY, DayState.CLOSED), (DayState.CLOSED, DayState.OPEN),
        (DayState.DRAFT, DayState.CANCELLED), (DayState.READY, DayState.CANCELLED),
        (DayState.OPEN, DayState.CANCELLED), (DayState.CANCELLED, DayState.DRAFT),
        (DayState.CANCELLED, DayState.READY),
    }
)  # fmt: skip


class NoStep(StrEnum):
    """Why a day does not go on."""

    NO_SUCH_STEP = "no_such_step"
    NOBODY_INVITED = "nobody_invited"
    NO_SLOTS = "no_slots"
    NO_STATIONS = "no_stations"
    DAY_OVER = "day_over"
    NOT_TODAY = "not_today"
    ARRIVED = "arrived"
    """Somebody has checked in: such a day is ended and not called off."""

    TOLD = "told"
    """Residents were told or have booked: it is called off, or changed, and they are told so."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A day as it stands when a step is asked for."""

    state: DayState
    on: date
    invited: int
    booked: int
    arrived: int
    told: int
    slots: int
    stations: int


def step(now: Standing, after: DayState, today: date) -> NoStep | None:
    """None when the day may go on to `after`."""
    if (now.state, after) not in STEPS:
        return NoStep.NO_SUCH_STEP
    if after is DayState.DRAFT and now.state is DayState.READY and (now.booked or now.told):
        return NoStep.TOLD
    if after is DayState.CANCELLED and now.arrived:
        return NoStep.ARRIVED
    if after is DayState.READY:
        return _ready(now, today)
    if after is DayState.OPEN:
        if now.state is DayState.CLOSED:
            over = now.on + timedelta(days=CLOSES_BY_ITSELF) < today
            return NoStep.DAY_OVER if over else None
        return None if now.on == today else NoStep.NOT_TODAY
    if after is DayState.CLOSED and now.on > today:
        return NoStep.NOT_TODAY
    return None


def _ready(now: Standing, today: date) -> NoStep | None:
    if now.on < today:
        return NoStep.DAY_OVER
    if not now.stations:
        return NoStep.NO_STATIONS
    if not now.slots:
        return NoStep.NO_SLOTS
    return None if now.invited else NoStep.NOBODY_INVITED


def by_itself(state: DayState, on: date, opens: str, now: datetime) -> DayState | None:
    """What a day becomes when its time has come; None for nothing."""
    today = now.date()
    if state is DayState.READY and on == today and now.strftime("%H:%M") >= opens:
        return DayState.OPEN
    if state in BOOKABLE and on + timedelta(days=CLOSES_BY_ITSELF) < today:
        return DayState.CLOSED
    return None


# Who is invited.

OWED: Final[Mapping[str, tuple[str, ...]]] = {
    "elder": ("P21", "P22", "P23", "P24"),  # S003-5(6)-a
    "htn": ("P06",),
    "dm": ("P15",),
    "child": ("P28", "P29", "P30"),
    "disabled": ("P60",),
}
"""Which items of the service plan are done at a checkup day, by group. All of class A."""

COUNTED: Final[Mapping[str, str]] = {
    "elder": "elder", "hypertension": "htn", "diabetes": "dm", "child": "child",
}  # fmt: skip
"""Rows of the yearly figures, and the group of whoever counts in one."""

OTHER: Final = "other"
CHILD: Final = "child"
RULES: Final = tuple(rule for each in OWED.values() for rule in each)


def groups_of(rules: Collection[str], items: Collection[str] = ()) -> tuple[str, ...]:
    """The groups of somebody who owes these and counts in those, in the order of the hall."""
    counted = {COUNTED[each] for each in items if each in COUNTED}
    return tuple(
        group for group, owed in OWED.items() if group in counted or not set(owed).isdisjoint(rules)
    )


def may_be_invited(status: str, facility: bytes | None, at: bytes) -> bool:
    """Whether somebody of that state and facility is invited there."""
    return facility == at and STATES[Life(status)].served


# Slots.


@dataclass(frozen=True, slots=True)
class Slot:
    """A time of a day. Times are "08:30", by which they are in order."""

    start: str
    end: str
    capacity: int

    @property
    def minutes(self) -> int:
        return _minutes(self.end) - _minutes(self.start)


def slots_between(opens: str, closes: str, minutes: int, capacity: int) -> tuple[Slot, ...]:
    """One after the other; what is left at the end is too short to be one."""
    at, end = _minutes(opens), _minutes(closes)
    made: list[Slot] = []
    while at + minutes <= end and len(made) < SLOTS_MOST:
        made.append(Slot(_clock(at), _clock(at + minutes), capacity))
        at += minutes
    return tuple(made)


def overlap(slots: Sequence[Slot]) -> tuple[Slot, Slot] | None:
    """Two slots of which one begins before the other is over."""
    pairs = pairwise(sorted(slots, key=lambda each: each.start))
    return next(((a, b) for a, b in pairs if b.start < a.end), None)


def _minutes(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


class NoBooking(StrEnum):
    """Why a slot is not taken, moved or given back."""

    NOT_OPEN = "not_open"
    NOT_INVITED = "not_invited"
    NO_SUCH_SLOT = "no_such_slot"
    FULL = "full"
    BOOKED_ALREADY = "booked_already"
    NOT_BOOKED = "not_booked"
    ARRIVED = "arrived"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Wish:
    """Somebody wants the slot. `invited`: on the list, or owes a checkup and was not taken off."""

    state: DayState
    on: date
    slot: Slot
    taken: int
    invited: bool
    arrived: bool


def no_booking(wish: Wish, now: datetime) -> NoBooking | None:
    """None when the slot may be taken now (Asia/Shanghai)."""
    if wish.state not in BOOKABLE:
        return NoBooking.NOT_OPEN
    if not wish.invited:
        return NoBooking.NOT_INVITED
    if wish.arrived:
        return NoBooking.ARRIVED
    if (wish.on, wish.slot.end) <= (now.date(), now.strftime("%H:%M")):
        return NoBooking.OVER
    return NoBooking.FULL if wish.taken >= wish.slot.capacity else None


# Tickets. A is the desk's: tablets count under letters of their own.

LETTER: Final = "A"
TICKET_DIGITS: Final = 3


def ticket(n: int) -> str:
    return f"{LETTER}{n:0{TICKET_DIGITS}}"


def after_ticket(newest: str) -> str:
    """The one after it; "" before the first."""
    return ticket(int(newest.removeprefix(LETTER) or 0) + 1)


def remind_at(on: date) -> datetime:
    """The civil moment of the reminder."""
    return datetime.combine(on - timedelta(days=1), REMIND_AT)
