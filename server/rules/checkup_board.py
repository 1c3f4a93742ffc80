"""The board of a checkup day, as a pure sum over the states of its people (sync/hall.py).

Whoever stands in the hall waits at the next station of their route. How long that will take is said
from the pace of the last half hour, as far as the tablets there have spoken: of the time after that
nothing is known. Where nothing was finished in it the planned minutes of the station stand in.

A result that a desk or a laboratory adds later is a mark of a desk. It brings nobody back into the
hall and is nobody's last minute there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sync.hall import DONE, Mark, Phase, Progress, State, progress
from sync.limits import DAY_MS

MINUTE_MS: Final = 60_000
PACE_MS: Final = 30 * MINUTE_MS
PACE_LEAST_MS: Final = 5 * MINUTE_MS  # a day that has just begun is not divided by seconds
QUARTER_MIN: Final = 15
BARS_MOST: Final = 40
LONG_MIN: Final = 20
"""Expected minutes from which a station is said to take long."""

OFFLINE_MIN: Final = 10
"""Minutes without a word after which a tablet counts as offline."""

DESK: Final = bytes(16)  # what stands for a device where a desk made the step


@dataclass(frozen=True, slots=True)
class There:
    """One person of the day. `seen`: how far they have come, worked out once."""

    who: bytes
    state: State
    route: tuple[str, ...]
    ticket: str = ""
    seen: Progress = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "seen", progress(self.state, self.route, self.ticket))


@dataclass(frozen=True, slots=True)
class Station:
    """A station as the sum needs it. `minutes`: that one person takes, as planned."""

    id: str
    minutes: int
    tubes: bool = False


@dataclass(frozen=True, slots=True)
class AtStation:
    """`wait_min`: expected for who joins the queue now. `devices`: the tablets that last worked
    there, each with when it did, the newest first.
    """

    station: str
    waiting: int
    done: int
    wait_min: int
    devices: tuple[tuple[bytes, int], ...]

    @property
    def is_long(self) -> bool:
        return self.waiting > 1 and self.wait_min >= LONG_MIN


@dataclass(frozen=True, slots=True)
class Gone:
    """Somebody who went before everything was done."""

    who: bytes
    ticket: str
    missing: tuple[str, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Open:
    """A critical value on which nobody has acted."""

    who: bytes
    ticket: str
    part: bytes
    field: str
    station: str
    at: int


@dataclass(frozen=True, slots=True)
class Figures:
    """The board. arrived = registered + under_way + finished + len(gone), whatever arrives when."""

    arrived: int
    registered: int
    under_way: int
    finished: int
    gone: tuple[Gone, ...]
    average_min: int | None
    doubled: int
    stations: tuple[AtStation, ...]
    bars: tuple[tuple[int, int], ...]  # (begins at, arrivals)
    bar_min: int
    open: tuple[Open, ...]


def figures(
    people: Sequence[There], stations: Sequence[Station], spoken: Mapping[bytes, int], now: int
) -> Figures:
    """`spoken`: when each tablet was last heard, ms."""
    tubes = frozenset(each.id for each in stations if each.tubes)
    seen = [(each, each.seen) for each in people]
    here = [(each, found) for each, found in seen if found.phase is not Phase.EXPECTED]
    phases = [found.phase for _, found in here]
    gone = [
        Gone(each.who, found.ticket, found.missing, each.state.out.at if each.state.out else 0)
        for each, found in here
        if found.phase is Phase.LEFT
    ]
    took = [
        ended - found.arrived_at
        for each, found in here
        if found.phase is Phase.FINISHED
        and each.state.ins
        and 0 < (ended := _ended(each, tubes)) - found.arrived_at <= DAY_MS
    ]
    arrivals = [found.arrived_at for _, found in here]
    bars, bar_min = _bars(arrivals)
    return Figures(
        arrived=len(here),
        registered=phases.count(Phase.REGISTERED),
        under_way=phases.count(Phase.UNDER_WAY),
        finished=phases.count(Phase.FINISHED),
        gone=tuple(sorted(gone, key=lambda each: (-each.at, each.who))),
        average_min=round(sum(took) / len(took) / MINUTE_MS) if took else None,
        doubled=sum(found.doubled > 0 for _, found in here),
        stations=_stations(here, stations, spoken, now),
        bars=bars,
        bar_min=bar_min,
        open=_open(seen),
    )


def _ended(person: There, tubes: frozenset[str]) -> int:
    """When the last station of the route was done; a result from a laboratory is none."""
    return max(
        (
            mark.at
            for name, mark in person.state.st.items()
            if name in person.route and not (name in tubes and mark.device == DESK)
        ),
        default=0,
    )


def _open(seen: Sequence[tuple[There, Progress]]) -> tuple[Open, ...]:
    found = (
        Open(each.who, how.ticket, alarm.part, alarm.field, alarm.station, alarm.at)
        for each, how in seen
        for alarm in how.open
    )
    return tuple(sorted(found, key=lambda each: (each.at, each.part, each.field)))


def _stations(
    here: Sequence[tuple[There, Progress]], stations: Sequence[Station],
    spoken: Mapping[bytes, int], now: int,
) -> tuple[AtStation, ...]:  # fmt: skip
    waiting: dict[str, int] = {}
    marks: dict[str, list[Mark]] = {each.id: [] for each in stations}
    for person, found in here:
        if found.next:
            waiting[found.next] = waiting.get(found.next, 0) + 1
        for name, mark in person.state.st.items():
            if name in marks and mark.mark == DONE:
                marks[name].append(mark)
    first = min((found.arrived_at for _, found in here), default=now)
    made: list[AtStation] = []
    for each in stations:
        of_tablets = [mark for mark in marks[each.id] if mark.device != DESK]
        devices = _devices(of_tablets)
        counted = of_tablets if each.tubes else marks[each.id]
        wait = _wait(
            each, waiting.get(each.id, 0), counted,
            heard=max((spoken[name] for name, _ in devices if name in spoken), default=now),
            first=first, now=now, tablets=len(devices),
        )  # fmt: skip
        made.append(AtStation(each.id, waiting.get(each.id, 0), len(marks[each.id]), wait, devices))
    return tuple(made)


def _devices(marks: Sequence[Mark]) -> tuple[tuple[bytes, int], ...]:
    """The tablets that worked there within half an hour of the last who did."""
    last: dict[bytes, int] = {}
    for mark in marks:
        last[mark.device] = max(last.get(mark.device, 0), mark.at)
    newest = max(last.values(), default=0)
    return tuple(
        (device, at)
        for device, at in sorted(last.items(), key=lambda one: (-one[1], one[0]))
        if at > newest - PACE_MS
    )


def _wait(
    station: Station, waiting: int, marks: Sequence[Mark], *, heard: int, first: int, now: int,
    tablets: int,
) -> int:  # fmt: skip
    """Minutes, from the pace up to when a tablet of the station was last heard."""
    if not waiting:
        return 0
    until = min(heard, now)
    since = max(until - PACE_MS, first)
    done = sum(since < mark.at <= until for mark in marks)
    if done:
        took = max(until - since, PACE_LEAST_MS) / done
        return max(1, round(waiting * took / MINUTE_MS))
    return max(1, round(waiting * station.minutes / max(1, tablets)))


def _bars(arrivals: Sequence[int]) -> tuple[tuple[tuple[int, int], ...], int]:
    """Arrivals by quarter of an hour; of a day longer than the page by half hours, hours."""
    if not arrivals:
        return (), QUARTER_MIN
    minutes = QUARTER_MIN
    while True:
        width = minutes * MINUTE_MS
        counts: dict[int, int] = {}
        for at in arrivals:
            counts[at // width] = counts.get(at // width, 0) + 1
        low, high = min(counts), max(counts)
        if high - low < BARS_MOST:
            bars = tuple((n * width, counts.get(n, 0)) for n in range(low, high + 1))
            return bars, minutes
        minutes *= 2
