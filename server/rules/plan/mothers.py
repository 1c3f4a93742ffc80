"""Pregnancy and after birth (P36 to P40; national specification, third edition).

One mother owes one item, however many children: items hang on the pregnancy (pregnancies.py), named
by the month it began. What ends it stops what was not yet done: a birth, the diagnosis of an early
end at an ordinary visit, or that another pregnancy began. Until a birth is written down, the visits
after it are counted from the expected day.
"""

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from server.rules.plan.model import Asked, Facts, Item, Maker, Record
from server.rules.plan.pregnancies import (
    AFTER_BIRTH,
    BEFORE_BIRTH,
    Pregnancy,
    day_of,
    pregnancies,
)
from server.rules.plan.quota import shared
from server.rules.plan.windows import Window, first_in, ordered, owed, until

_DIAGNOSIS: Final[Mapping[str, list[str]]] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text("utf-8")
)["diagnosis"]
_ENDED: Final = frozenset(_DIAGNOSIS["ended_early"])
_BORN: Final = frozenset(_DIAGNOSIS["born"])
_MET: Final = "1"
_MALE: Final = "1"
_LONGEST: Final = timedelta(days=294)


@dataclass(frozen=True, slots=True)
class _Course:
    """A pregnancy with its end. `born`: the day of birth where known; `over`: the day after which
    nothing before birth is owed; `lost`: it ended without a birth.
    """

    name: str
    told: Pregnancy
    born: date | None
    over: date | None
    lost: bool
    because: tuple[bytes, ...]

    @property
    def was_seen(self) -> bool:
        """Whether anybody saw the mother before birth; who came here after it owes no check."""
        return any(each.kind in BEFORE_BIRTH for each in self.told.records)

    @property
    def left(self) -> date | None:
        """The day of leaving hospital."""
        days = (day_of(each, "discharge_date") for each in self.told.records)
        return next((day for day in days if day is not None), None)

    def weeks(self, first: int, last: int) -> Window:
        """From the first day of a week to the last day of another."""
        began = self.told.began
        return until(began + timedelta(weeks=first), began + timedelta(weeks=last, days=6))

    def of(self, kind: str) -> Iterator[Record]:
        return (each for each in self.told.records if each.kind == kind)


def _courses(asked: Asked) -> Sequence[_Course]:
    return shared(asked, "pregnancies with their ends", lambda: tuple(_told(asked.facts)))


def _told(facts: Facts) -> Iterator[_Course]:
    records = ordered(facts, *BEFORE_BIRTH, *AFTER_BIRTH)
    if not records or facts.sex == _MALE:
        return
    found = pregnancies(replace(facts, records=tuple(records)))
    names: Counter[str] = Counter()
    for each in found:
        month = f"{each.began:%Y-%m}"
        names[month] += 1
        name = month if names[month] == 1 else f"{month}.{names[month]}"
        after = min((one.began for one in found if one.began > each.began), default=None)
        yield _course(facts, name, each, after)


def _course(facts: Facts, name: str, told: Pregnancy, after: date | None) -> _Course:
    born, ended, because = told.birth, None, told.ids
    if born is None:
        visit = next(_endings(facts, told), None)
        if visit is not None:
            because = (*because, visit.id)
            born = visit.on if _codes(visit) & _BORN else None
            ended = None if born else visit.on
        elif after is not None:
            ended = after
    return _Course(name, told, born, born or ended, ended is not None, because)


def _endings(facts: Facts, told: Pregnancy) -> Iterator[Record]:
    """Ordinary visits whose diagnosis ends this pregnancy, unless it was seen to go on."""
    last = told.records[-1].on
    for each in ordered(facts, "encounter"):
        codes = _codes(each)
        inside = told.began < each.on <= told.began + _LONGEST
        if inside and (codes & _BORN or (codes & _ENDED and each.on >= last)):
            yield each


def _codes(visit: Record) -> frozenset[str]:
    """The categories of a visit's diagnoses: O03 of O03.9."""
    return frozenset(code[:3] for code in _diagnoses(visit))


def _diagnoses(visit: Record) -> Iterator[str]:
    items: Any = visit.body.get("icd10", ())
    return (each["code"] for each in items if isinstance(each.get("code"), str))


# Before birth.


def _book(asked: Asked) -> Iterator[Item]:
    """Who was first seen at a later check still owes the book, until the birth."""
    numbers = asked.numbers
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
