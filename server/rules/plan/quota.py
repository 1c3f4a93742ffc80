"""So many services a calendar year: what the year owes, which service fills which place.

A year's services are its own: nothing is carried over (S001-art9-a). The places of a year are
numbered by its parts (four: the quarters), so a key never changes. Services fill the places in the
order of their days, several of one day being one; the next place that is open should be filled by
the end of its part, and not later than so many days after the last service. Where its part is over
already, those days alone count, within the year; where they ran out before the year, so many days
from its beginning. No place is due before the one that is to be filled first.

First year: somebody known since a day in the year owes the part of that day and those after it;
an archive opened in July owes two of four.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Final, TypeVar

from server.records.kinds import everything
from server.rules.plan.model import Asked, Group, Record
from server.rules.plan.windows import Window

DAY: Final = timedelta(days=1)
MONTHS: Final = 12
T = TypeVar("T")
BY_PHONE: Final = "3"
"""`mode` of a follow-up: never face to face."""


@dataclass(frozen=True, slots=True)
class Place:
    """One service of a year. `number`: of its part, so that it never changes; `nth`: its place
    among those that are owed; `last`: the service before it, as far as it is made.
    """

    number: int
    nth: int
    window: Window
    done: Record | None = None
    last: Record | None = None


def places(
    asked: Asked,
    services: Sequence[Record],
    since: date,
    *,
    times: int,
    gap_days: int,
    first_days: int,
    appointed: date | None = None,
) -> Iterator[Place]:
    """The places of the year that is asked for. `services`: those that count, by day then id, of
    all years. `since`: from when on they are owed. `first_days`: so long the first may take, also
    for whoever was not seen for long. `appointed`: the day by which the last service asks for the
    next.
    """
    year = asked.year
    owed = [
        (number, begin, end)
        for number, (begin, end) in enumerate(parts(year, times), start=1)
        if end >= since
    ]
    done = one_a_day(each for each in services if each.on.year == year)
    last = next((each for each in reversed(services) if each.on.year < year), None)
    waiting: Window | None = None
    for nth, ((number, begin, end), service) in enumerate(
        zip(owed, (*done, *[None] * times), strict=False), start=1
    ):
        opens = max(begin, since)
        if service is not None:
            yield Place(number, nth, Window(min(opens, service.on), end, asked.last), service, last)
            last = service
            continue
        due = end
        if opens == since > begin:
            due = min(max(end, since + timedelta(days=first_days)), asked.last)
        if waiting is not None:
            window = Window(max(opens, waiting.opens), max(due, waiting.due), asked.last)
            yield Place(number, nth, window)
            continue
        if last is not None:
            after = last.on + DAY if last.on.year == year else opens
            by = last.on + timedelta(days=gap_days)
            late = min(due, opens + timedelta(days=first_days))
            due = min(due, by, appointed or due) if after <= due else appointed or by
            opens = max(opens, after)
            if due < opens:
                opens = after
            if due <= opens and last.on.year < year:
                due = late
        opens, due = min(opens, asked.last), min(due, asked.last)
        waiting = Window(opens, max(due, opens), asked.last)
        yield Place(number, nth, waiting, None, last)


@cache
def parts(year: int, times: int) -> tuple[tuple[date, date], ...]:
    """A year in so many parts of whole months, or of days where twelve cannot be divided so."""
    first, after = date(year, 1, 1), date(year + 1, 1, 1)
    if MONTHS % times == 0:
        step = MONTHS // times
        begins = [date(year, 1 + n * step, 1) for n in range(times)]
    else:
        days = (after - first).days
        begins = [first + timedelta(days=n * days // times) for n in range(times)]
    ends = [*begins[1:], after]
    return tuple((begin, end - DAY) for begin, end in zip(begins, ends, strict=True))


def yearly(asked: Asked, since: date) -> Window:
    """The days of a service of which a calendar year has one."""
    return Window(max(asked.first, min(since, asked.last)), asked.last, asked.last)


def first_of_year(asked: Asked, records: Iterable[Record]) -> Record | None:
    """The earliest of these in the year that is asked for."""
    inside = (each for each in records if each.on.year == asked.year)
    return min(inside, key=lambda each: (each.on, each.id), default=None)


def one_a_day(records: Iterable[Record]) -> list[Record]:
    """Of each day the first by id; the others of that day are the same visit."""
    found: dict[date, Record] = {}
    for each in records:
        kept = found.get(each.on)
        if kept is None or each.id < kept.id:
            found[each.on] = each
    return [found[day] for day in sorted(found)]


def shared(asked: Asked, name: str, make: Callable[[], T]) -> T:
    """What several rules of one plan ask, worked out once."""
    if name not in asked.shared:
        asked.shared[name] = make()
    return asked.shared[name]


def all_filled(record: Record) -> bool:
    """Whether every answer is there that its form has always asked for."""
    return required(record.kind) <= record.body.keys()


@cache
def required(kind: str) -> frozenset[str]:
    """The required answers of a form, in all its versions: an older one is as complete."""
    versions = [each for each in everything() if each.id == kind]
    if not versions:
        return frozenset()
    first, *others = (frozenset(f.name for f in one.fields if f.required) for one in versions)
    return first.intersection(*others)


def face_to_face(asked: Asked, kind: str) -> list[Record]:
    """Complete follow-ups of a form in which the resident was seen, one a day, oldest first."""

    def find() -> list[Record]:
        met = (
            each
            for each in asked.facts.of(kind)
            if each.body.get("mode") != BY_PHONE and all_filled(each)
        )
        return one_a_day(met)

    return shared(asked, f"seen {kind}", find)


def known_since(asked: Asked, group: Group | None = None) -> date:
    """From when on a group, the rule's own, is owed services; with no day known, the whole year."""
    group = group or asked.rule.group
    spell = asked.groups.get(group) if group else None
    days = [each for each in (spell and spell.since, asked.facts.since) if each]
    return max(days, default=asked.first)
