"""What is known of one person on one checkup day: a pure sum of what happened in the hall.

Tablets without a network note *steps*: a check-in, a part of a form at a station, a printed route
sheet, a critical value that somebody acted on, a leaving. Two tablets may note the same person at
the same moment, and their batches may arrive in any order, twice, days later. So a person's state
is a join-semilattice: each step becomes a small State, and `join` is commutative, associative and
idempotent (proved in tests/test_hall.py). Whoever has the same steps has the same state.

Which of two rivals counts is said by their change ids and never by who came first to the server:
the lowest check-in (the others are marked doubled), the newest mark of a station, the newest sheet,
the first act on a critical value. The tablet app holds the twin of this module
(tablet_web/app/merge/hall.js); tests/vectors/hall.json keeps the two together.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeVar

from msgspec import Struct

CHECK_IN: Final = "check_in"
PART: Final = "station_part"
SHEET: Final = "route_sheet"
ACTED: Final = "critical_acted"
CHECK_OUT: Final = "check_out"

DONE, NOT_DONE, TAKEN_BACK = "1", "2", "3"
"""Marks of a station: done, not done and why, taken back."""

URGENT: Final = "urgent"
"""Before the code of what an operator found critical, where a value has the name of its field."""

AT_DESK: Final = bytes(16)
"""In place of a tablet: the step was written at a desk."""

INS_MOST: Final = 20  # check-ins kept of one person; the highest ids go
ALARMS_MOST: Final = 100
STATIONS_MOST: Final = 32
LABELS_MOST: Final = 20

Critical = Callable[[str, Mapping[str, Any]], Iterable[tuple[str, Any]]]
"""(form, values) -> the (field, value) of each critical value among them."""


class Arrived(Struct, frozen=True, array_like=True, gc=False):
    """One check-in. `at`: ms UTC; `device`: 16 zero bytes at a desk."""

    id: bytes
    at: int
    ticket: str
    device: bytes
    how: str


class Mark(Struct, frozen=True, array_like=True, gc=False):
    """What was last said of a station."""

    id: bytes
    mark: str
    at: int
    device: bytes


class Sheet(Struct, frozen=True, array_like=True, gc=False):
    """The route sheet in force; every older one is void. labels: (tube, specimen number)."""

    id: bytes
    labels: tuple[tuple[str, str], ...]


class Alarm(Struct, frozen=True, array_like=True, gc=False):
    """A critical value, by the part that brought it."""

    part: bytes
    field: str
    value: Any
    station: str
    at: int


class Acted(Struct, frozen=True, array_like=True, gc=False):
    """Somebody acted on a critical value."""

    part: bytes
    field: str
    id: bytes
    did: str
    at: int
    staff: bytes


class Out(Struct, frozen=True, array_like=True, gc=False):
    """The person left."""

    id: bytes
    at: int


_T = TypeVar("_T", Sheet, Out)


class State(Struct, frozen=True, omit_defaults=True, gc=False):
    """Everything that has happened to one person on one day."""

    ins: tuple[Arrived, ...] = ()
    st: dict[str, Mark] = {}
    sheet: Sheet | None = None
    alarms: tuple[Alarm, ...] = ()
    acted: tuple[Acted, ...] = ()
    out: Out | None = None

    def __hash__(self) -> int:
        raise TypeError("a state is compared, not hashed")


@dataclass(frozen=True, slots=True)
class Step:
    """One step as read; `body` is its form."""

    id: bytes
    kind: str
    at: int
    device: bytes
    staff: bytes
    body: Mapping[str, Any]


NOTHING: Final = State()


def of_step(step: Step, values: Mapping[str, Any], critical: Critical) -> State:
    """What one step alone says. `values`: what a part wrote, decoded; else empty."""
    body = step.body
    match step.kind:
        case "check_in":
            one = Arrived(step.id, step.at, body.get("ticket", ""), step.device, body["how"])
            return State(ins=(one,))
        case "station_part":
            mark = Mark(step.id, body["mark"], step.at, step.device)
            found = [*critical(body.get("form", ""), values)] if values else []
            found += [(f"{URGENT}:{code}", True) for code in body.get("urgent", ())]
            place = body["station"]
            alarms = (Alarm(step.id, name, value, place, step.at) for name, value in found)
            return State(st={body["station"]: mark}, alarms=tuple(sorted(alarms, key=_of_alarm)))
        case "route_sheet":
            labels = tuple((each["tube"], each["number"]) for each in body.get("labels", ()))
            return State(sheet=Sheet(step.id, labels))
        case "critical_acted":
            part = bytes.fromhex(body["part"])
            act = Acted(part, body["field"], step.id, body["did"], step.at, step.staff)
            return State(acted=(act,))
        case "check_out":
            return State(out=Out(step.id, step.at))
        case _:
            return NOTHING


def join(a: State, b: State) -> State:
    """Both together. Nothing either of them says is lost, but for what is past the limits."""
    ins = {each.id: each for each in (*a.ins, *b.ins)}
    marks = dict(a.st)
    for name, mark in b.st.items():
        held = marks.get(name)
        if held is None or held.id < mark.id:
            marks[name] = mark
    alarms = {_of_alarm(each): each for each in (*a.alarms, *b.alarms)}
    acted: dict[tuple[bytes, str], Acted] = {}
    for each in (*a.acted, *b.acted):
        place = (each.part, each.field)
        if place not in acted or each.id < acted[place].id:
            acted[place] = each
    return State(
        ins=tuple(ins[name] for name in sorted(ins)[:INS_MOST]),
        st={name: marks[name] for name in sorted(marks)[:STATIONS_MOST]},
        sheet=_newer(a.sheet, b.sheet),
        alarms=tuple(alarms[place] for place in sorted(alarms)[:ALARMS_MOST]),
        acted=tuple(acted[place] for place in sorted(acted)[:ALARMS_MOST]),
        out=_newer(a.out, b.out),
    )


def _of_alarm(alarm: Alarm) -> tuple[bytes, str]:
    return alarm.part, alarm.field


def _newer(a: _T | None, b: _T | None) -> _T | None:
    if a is None or b is None:
        return a or b
    return a if a.id > b.id else b


class Phase(StrEnum):
    """How far somebody has come."""

    EXPECTED = "expected"
    REGISTERED = "registered"
    """Checked in, no station yet."""

    UNDER_WAY = "under_way"
    FINISHED = "finished"
    """Every station of the route was done, or is not to be done."""

    LEFT = "left"
    """Went before everything was done."""


@dataclass(frozen=True, slots=True)
class Progress:
    """One person as the hall sees them. `missing` in the order of the route; `done_at` ms or 0."""

    phase: Phase
    arrived_at: int
    done_at: int
    missing: tuple[str, ...]
    ticket: str
    doubled: int
    open: tuple[Alarm, ...]

    @property
    def next(self) -> str:
        """The station where this person waits; "" for who does not."""
        waiting = self.phase in (Phase.REGISTERED, Phase.UNDER_WAY)
        return self.missing[0] if waiting and self.missing else ""


def progress(state: State, route: Sequence[str], ticket: str = "") -> Progress:
    """`ticket`: given at booking; it goes before what a tablet gave out."""
    settled = {name: mark for name, mark in state.st.items() if mark.mark != TAKEN_BACK}
    missing = tuple(name for name in route if name not in settled)
    # What a desk marks, a result from the laboratory, needs nobody in the hall.
    there = [mark.id for mark in state.st.values() if mark.device != AT_DESK]
    newest = max((*there, *(each.id for each in state.ins)), default=b"")
    gone = state.out is not None and state.out.id > newest
    answered = {(each.part, each.field) for each in state.acted}
    first = state.ins[0] if state.ins else None
    arrived = first is not None or bool(settled)
    if not arrived:
        phase = Phase.EXPECTED
    elif route and not missing:
        phase = Phase.FINISHED
    elif gone:
        phase = Phase.LEFT
    else:
        phase = Phase.UNDER_WAY if settled else Phase.REGISTERED
    last = max((mark.at for name, mark in settled.items() if name in route), default=0)
    began = first.at if first else min((mark.at for mark in settled.values()), default=0)
    return Progress(
        phase=phase,
        arrived_at=began,
        done_at=last if phase is Phase.FINISHED else 0,
        missing=missing,
        ticket=ticket or next((each.ticket for each in state.ins if each.ticket), ""),
        doubled=max(0, len(state.ins) - 1),
        open=tuple(each for each in state.alarms if _of_alarm(each) not in answered),
    )
