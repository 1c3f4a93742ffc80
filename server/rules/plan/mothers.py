"""Pregnancy and after birth (P36 to P40; national specification, third edition).

One mother owes one item, however many children: items hang on the pregnancy (pregnancies.py), named
by the month it began. What ends it (courses.py) stops what was not yet done. Until a birth is
written down, the visits after it are counted from the expected day. A woman who is marked as a
mother and has no record of it owes one thing, to be booked.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Final

from server.rules.plan.courses import Course, courses_of
from server.rules.plan.model import Asked, Group, Item, Maker
from server.rules.plan.quota import shared
from server.rules.plan.windows import Window, first_in, owed, until

_MET: Final = "1"


def _courses(asked: Asked) -> Sequence[Course]:
    return shared(asked, "pregnancies with their ends", lambda: tuple(courses_of(asked.facts)))


# Before birth.


def _book(asked: Asked) -> Iterator[Item]:
    """Who was first seen at a later check still owes the book, until the birth."""
    numbers, spell = asked.numbers, asked.groups[Group.PREGNANT]
    if not spell.because:
        opens = max(spell.since, asked.facts.since or spell.since)
        due = min(opens + timedelta(days=numbers["mark_days"]), asked.last)
        window = Window(opens, max(opens, due), asked.last)
        yield from owed(asked, f"mark-{asked.year}", window, None, "marked")
    for course in _courses(asked):
        if not course.was_seen:
            continue
        began = course.told.began
        due = began + timedelta(weeks=numbers["week"], days=numbers["day"])
        closes = course.weeks(0, numbers["last_week"]).due
        done = first_in(Window(began, due, closes), course.of("antenatal_first"))
        if done is None and course.over is not None:
            if course.lost:
                continue
            closes = max(began, min(closes, course.over))
        window = Window(began, min(due, closes), closes)
        why = "book" if done is not None and done.on <= due else "late"
        yield from owed(asked, course.name, window, done, why, because=course.because)


def _checks(asked: Asked, numbers: tuple[str, str], *, urged_counts: bool) -> Iterator[Item]:
    """Not owed where the pregnancy was over before the days of the check were."""
    for course in _courses(asked):
        if not course.was_seen:
            continue
        counting = [
            each
            for each in course.of("antenatal_next")
            if urged_counts or each.body.get("kind") == _MET
        ]
        for number in numbers:
            first, last = asked.numbers[f"from_{number}"], asked.numbers[f"to_{number}"]
            window = course.weeks(first, last)
            done = first_in(window, counting)
            if done is None and course.over is not None and course.over <= window.due:
                continue
            yield from owed(
                asked, f"{course.name}:{number}", window, done, "check",
                given={"number": int(number), "from": first, "to": last}, because=course.because,
            )  # fmt: skip


# After birth.


def _visit(asked: Asked) -> Iterator[Item]:
    numbers = asked.numbers
    for course in _courses(asked):
        if course.lost:
            continue
        born = course.born or course.told.expected
        left = course.left or born + timedelta(days=numbers["stay_days"])
        late = timedelta(days=0 if course.born else numbers["late_days"])
        left = max(left, born)
        closes = left + timedelta(days=numbers["accept_days"]) + late
        window = Window(born, left + timedelta(days=numbers["days"]), closes)
        done = first_in(window, course.of("postpartum_visit"))
        why = "visit" if course.born else "expected"
        yield from owed(
            asked, course.name, window, done, why,
            given={"days": numbers["days"]}, because=course.because,
        )  # fmt: skip


def _day_42(asked: Asked) -> Iterator[Item]:
    first, last = asked.numbers["from_day"], asked.numbers["to_day"]
    for course in _courses(asked):
        if course.lost:
            continue
        born = course.born or course.told.expected
        window = until(born + timedelta(days=first), born + timedelta(days=last))
        done = first_in(window, course.of("postpartum_42"))
        why = "check" if course.born else "expected"
        yield from owed(
            asked, course.name, window, done, why,
            given={"from": first, "to": last}, because=course.because,
        )  # fmt: skip


MAKERS: Final[Mapping[str, Maker]] = {
    "P36": lambda asked: tuple(_book(asked)),
    "P37": lambda asked: tuple(_checks(asked, ("2", "3"), urged_counts=False)),
    "P38": lambda asked: tuple(_checks(asked, ("4", "5"), urged_counts=True)),
    "P39": lambda asked: tuple(_visit(asked)),
    "P40": lambda asked: tuple(_day_42(asked)),
}
