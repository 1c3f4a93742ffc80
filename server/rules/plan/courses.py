"""Courses of pregnancy: each pregnancy (pregnancies.py) with its end. What ends it: a birth that is
written down, the diagnosis of a birth or of an early end at an ordinary visit, or that another
pregnancy began.
"""

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from server.rules.plan.model import Facts, Record
from server.rules.plan.pregnancies import (
    AFTER_BIRTH,
    BEFORE_BIRTH,
    Pregnancy,
    day_of,
    pregnancies,
)
from server.rules.plan.windows import Window, ordered, until

_DIAGNOSIS: Final[Mapping[str, list[str]]] = tomllib.loads(
    Path(__file__).with_name("mothers.toml").read_text("utf-8")
)["diagnosis"]
_ENDED: Final = frozenset(_DIAGNOSIS["ended_early"])
_BORN: Final = frozenset(_DIAGNOSIS["born"])
_MALE: Final = "1"
_LONGEST: Final = timedelta(days=294)


@dataclass(frozen=True, slots=True)
class Course:
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


def courses_of(facts: Facts) -> Iterator[Course]:
    """Those of a woman, oldest first."""
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


def _course(facts: Facts, name: str, told: Pregnancy, after: date | None) -> Course:
    born, ended, because = told.birth, None, told.ids
    if born is None:
        visit = next(_endings(facts, told), None)
        if visit is not None:
            because = (*because, visit.id)
            born = visit.on if _codes(visit) & _BORN else None
            ended = None if born else visit.on
        elif after is not None:
            ended = after
    return Course(name, told, born, born or ended, ended is not None, because)


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
