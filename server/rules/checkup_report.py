"""The day report (当日报表) of a checkup day: a pure sum over everybody's state, so that it is
right after any late arrival. Ages are those on the day.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from server.rules.access import age_years
from sync.hall import DONE, NOT_DONE, Phase, Progress, State
from sync.limits import DAY_MS

BANDS: Final = ((0, 17), (18, 34), (35, 64), (65, 69), (70, 79), (80, 200))
"""Ages, first and last; 65 and 80 are where rules change."""
SEXES: Final[tuple[str, ...]] = ("1", "2", "")
HALF_HOUR_MS: Final = 30 * 60_000


@dataclass(frozen=True, slots=True)
class Visitor:
    """One person as the report counts them. `invited`: expected that day; `guest`: of nobody's list
    or of another facility. `birth` None: not known.
    """

    invited: bool
    guest: bool
    groups: tuple[str, ...]
    route: tuple[str, ...]
    sex: str
    birth: date | None
    state: State
    progress: Progress

    @property
    def came(self) -> bool:
        return self.progress.phase is not Phase.EXPECTED


@dataclass(frozen=True, slots=True)
class OfGroup:
    """A group: expected, of them arrived, finished; arrived without being expected."""

    group: str
    invited: int
    came: int
    finished: int
    beside: int

    @property
    def percent(self) -> int | None:
        return None if not self.invited else round(self.came * 100 / self.invited)


@dataclass(frozen=True, slots=True)
class OfStation:
    """A station: on the routes of how many who came; done, not done for a reason, missing."""

    station: str
    wanted: int
    done: int
    not_done: int

    @property
    def missing(self) -> int:
        return max(0, self.wanted - self.done - self.not_done)


@dataclass(frozen=True, slots=True)
class Report:
    """`ages`: (first, last) -> by sex; `hours`: (ms UTC of the half hour, arrivals). Minutes from
    check-in to the end of those who finished or left: the middle one, and the longest.
    """

    whole: OfGroup
    groups: tuple[OfGroup, ...]
    stations: tuple[OfStation, ...]
    ages: Mapping[tuple[int, int], Mapping[str, int]]
    unknown_age: int
    hours: tuple[tuple[int, int], ...]
    first_at: int | None
    last_at: int | None
    middle_minutes: int | None
    longest_minutes: int | None
    doubled: int
    guests: int
    alarms: int
    alarms_open: int
    findings: Mapping[str, int] = field(default_factory=dict[str, int])


def report_of(people: Sequence[Visitor], stations: Sequence[str], on: date) -> Report:
    """The figures of one day; `findings` are added by who has opened them."""
    came = [each for each in people if each.came]
    names = sorted({name for each in people for name in each.groups})
    ends = sorted(_minutes(came))
    arrivals = sorted(each.progress.arrived_at for each in came)
    return Report(
        whole=_of("", people),
        groups=tuple(_of(name, [x for x in people if name in x.groups]) for name in names),
        stations=tuple(_station(name, came) for name in stations),
        ages=_ages(came, on), unknown_age=sum(each.birth is None for each in came),
        hours=_hours(arrivals), first_at=arrivals[0] if arrivals else None,
        last_at=arrivals[-1] if arrivals else None,
        middle_minutes=ends[len(ends) // 2] if ends else None,
        longest_minutes=ends[-1] if ends else None,
        doubled=sum(each.progress.doubled for each in came),
        guests=sum(each.guest for each in came),
        alarms=sum(len(each.state.alarms) for each in came),
        alarms_open=sum(len(each.progress.open) for each in came),
    )  # fmt: skip


def _of(name: str, people: Iterable[Visitor]) -> OfGroup:
    every = list(people)
    invited = [each for each in every if each.invited]
    came = [each for each in invited if each.came]
    return OfGroup(
        name, len(invited), len(came), sum(_is_finished(each) for each in came),
        sum(each.came and not each.invited for each in every),
    )  # fmt: skip


def _is_finished(each: Visitor) -> bool:
    return each.progress.phase in (Phase.FINISHED, Phase.LEFT) and not each.progress.missing


def _station(name: str, came: Iterable[Visitor]) -> OfStation:
    wanted = done = not_done = 0
    for each in came:
        mark = each.state.st.get(name)
        said = mark.mark if mark is not None else ""
        wanted += name in each.route or said in (DONE, NOT_DONE)
        done += said == DONE
        not_done += said == NOT_DONE
    return OfStation(name, wanted, done, not_done)


def _ages(came: Iterable[Visitor], on: date) -> dict[tuple[int, int], dict[str, int]]:
    found: dict[tuple[int, int], dict[str, int]] = {band: dict.fromkeys(SEXES, 0) for band in BANDS}
    for each in came:
        if each.birth is None:
            continue
        age = age_years(each.birth, on)
        band = next((one for one in BANDS if one[0] <= age <= one[1]), None)
        if band is not None:
            found[band][each.sex if each.sex in SEXES else ""] += 1
    return found


def _hours(arrivals: Sequence[int]) -> tuple[tuple[int, int], ...]:
    counted: dict[int, int] = {}
    for at in arrivals:
        begin = at - at % HALF_HOUR_MS
        counted[begin] = counted.get(begin, 0) + 1
    return tuple(sorted(counted.items()))


def _minutes(came: Iterable[Visitor]) -> Iterable[int]:
    for each in came:
        ended = each.progress.done_at or (each.state.out.at if each.state.out else 0)
        arrived = each.progress.arrived_at
        if ended and arrived and 0 <= ended - arrived <= DAY_MS:  # else two clocks, years apart
            yield (ended - arrived) // 60_000
