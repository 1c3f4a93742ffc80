"""What a measured value is held against: blood pressure, fasting glucose, weight of one person.

The goals of patients are those by which their follow-ups are classed (P11, P16: server/records/
definitions.py, with the district's numbers); of people who are no patients, the values at which
the plan asks for another look (P03, P12). Weight: the goal agreed on at the newest follow-up, else
the band of WS/T 428-2013 for adults; children are judged by growth curves and have none here.
Pure; values are integers times 10**places of the measure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Any, Final

from server.records.computed import computed
from server.records.definitions import DIASTOLIC_GOAL, GLUCOSE_GOAL
from server.records.kinds import everything, get
from server.records.model import Kind, Scaled
from server.rules.access import age_years
from server.rules.next_step import numbers as step_numbers
from server.rules.plan.groups import groups_of
from server.rules.plan.model import LOST, Facts, Group, Record
from server.rules.plan.readings import Pressure, pressure
from server.rules.plan.table import numbers_of, rules

ADULT: Final = 18
BMI_LEAST, BMI_BELOW = 185, 240  # WS/T 428-2013, tenths of kg/m2
GLUCOSE_LEAST: Final = "P19.fpg_low"
_CHILDREN: Final = frozenset({"child_check", "newborn_visit"})
_MOTHERS: Final = frozenset({"antenatal_first", "antenatal_next", "postpartum_visit"})


class Measure(StrEnum):
    """What is followed over time; the values stand in addresses of the portal."""

    PRESSURE = "blood_pressure"
    GLUCOSE = "glucose"
    WEIGHT = "weight"


class Why(StrEnum):
    """Where a goal comes from."""

    GOAL = "goal"
    """The own goal of somebody with the disease."""

    HEALTHY = "healthy"
    """What holds for everybody."""

    AGREED = "agreed"
    """Agreed on at a follow-up."""

    NONE = "none"


@dataclass(frozen=True, slots=True)
class Goal:
    """In target from `least` on and below `below`; None: no limit on that side.

    `through`: people say the last value in target (up to 68.0 kg), not the first above it.
    """

    below: int | None
    least: int | None = None
    through: bool = False

    @property
    def upper(self) -> int | None:
        """The upper limit as people say it."""
        return self.below - 1 if self.below is not None and self.through else self.below

    def side(self, value: int) -> int:
        """-1 too low, 0 in target, 1 too high."""
        if self.below is not None and value >= self.below:
            return 1
        return -1 if self.least is not None and value < self.least else 0


@dataclass(frozen=True, slots=True)
class Line:
    """One series: `points` are (record, value) in 10**-places, oldest first, with its goal."""

    name: str
    places: int
    goal: Goal
    points: tuple[tuple[Record, int], ...]


@dataclass(frozen=True, slots=True)
class Series:
    """What one measure has to show: one line, of blood pressure two of the same records."""

    measure: Measure
    why: Why
    lines: tuple[Line, ...]

    @property
    def records(self) -> tuple[Record, ...]:
        return tuple(record for record, _ in self.lines[0].points)


def told() -> dict[str, Any]:
    """What the tablet's app needs beside the catalogue's numbers to draw the same bands."""
    return {
        "adult": ADULT,
        "dbp": DIASTOLIC_GOAL,
        "bmi_least": BMI_LEAST,
        "bmi_below": BMI_BELOW,
        "children": sorted(_CHILDREN),
        "mothers": sorted(_MOTHERS),
    }


def series(measure: Measure, facts: Facts, today: date, numbers: Mapping[str, int]) -> Series:
    """The series of a person. `numbers`: the district's, by name."""
    return _MAKERS[measure](facts, today, numbers)


def _pressure(facts: Facts, today: date, numbers: Mapping[str, int]) -> Series:
    found = _once([made for each in facts.records if (made := pressure(each)) is not None])
    groups = groups_of(facts, today.year, district=numbers)
    treated = Group.HYPERTENSION in groups or Group.DIABETES in groups
    high, low = _pressure_goal(facts, today, numbers, treated=treated)
    return Series(
        Measure.PRESSURE,
        Why.GOAL if treated else Why.HEALTHY,
        (
            Line("sbp", 0, Goal(high), tuple((each.record, each.sbp) for each in found)),
            Line("dbp", 0, Goal(low), tuple((each.record, each.dbp) for each in found)),
        ),
    )


def _once(found: Sequence[Pressure]) -> list[Pressure]:
    """Two forms filled in at one visit say the same reading: it is one."""
    seen: dict[tuple[date, int, int], Pressure] = {}
    for each in found:
        seen.setdefault((each.on, each.sbp, each.dbp), each)
    return list(seen.values())


def _pressure_goal(
    facts: Facts, today: date, numbers: Mapping[str, int], *, treated: bool
) -> tuple[int, int]:
    if not treated:
        raised = numbers_of(rules()["P03"], numbers)
        return raised["sbp"], raised["dbp"]
    known = {"on": today.isoformat()}
    if facts.birth is not None:
        known["birth"] = facts.birth.isoformat()
    goal = computed(get("htn_followup", 1), {}, known, None, numbers)["sbp_goal"]
    assert isinstance(goal, int)
    return goal, DIASTOLIC_GOAL


def _glucose(facts: Facts, today: date, numbers: Mapping[str, int]) -> Series:
    treated = Group.DIABETES in groups_of(facts, today.year, district=numbers)
    if treated:
        below, least = _step(numbers, GLUCOSE_GOAL), _step(numbers, GLUCOSE_LEAST)
    else:
        below, least = (
            numbers_of(rules()["P12"], numbers)["fpg_from"],
            _step(numbers, GLUCOSE_LEAST),
        )
    points = _values(facts.records, "fpg", 2)
    # At or below the lowest value is an emergency (P19), so the band begins just above it.
    line = Line("fpg", 2, Goal(below, least + 1), points)
    return Series(Measure.GLUCOSE, Why.GOAL if treated else Why.HEALTHY, (line,))


def _step(numbers: Mapping[str, int], name: str) -> int:
    """A number of the decision table in hundredths, the district's before the national one."""
    national = step_numbers()[name]
    return numbers.get(name, national.value) * 10 ** (2 - national.places)


def _weight(facts: Facts, today: date, numbers: Mapping[str, int]) -> Series:
    del numbers
    records = [each for each in facts.records if each.kind not in _CHILDREN | _MOTHERS]
    grown = facts.birth is not None and age_years(facts.birth, today) >= ADULT
    goal, why = _weight_goal(records) if grown else (Goal(None), Why.NONE)
    shown = records if grown else facts.records
    return Series(Measure.WEIGHT, why, (Line("weight", 1, goal, _values(shown, "weight", 1)),))


def _weight_goal(records: Sequence[Record]) -> tuple[Goal, Why]:
    """Up to the goal agreed on; within the healthy band of the newest height."""
    heights = _values(records, "height", 1)
    agreed = _values(records, "weight_target", 1)
    square = heights[-1][1] ** 2 if heights else 0
    # BMI in tenths x height in tenths of cm, squared, is weight in tenths of kg x 10**6.
    least = -(-BMI_LEAST * square // 1_000_000) if square else None
    if agreed:
        below = agreed[-1][1] + 1
        fits = least is not None and least < below
        return Goal(below, least if fits else None, through=True), Why.AGREED
    if square:
        return Goal(-(-BMI_BELOW * square // 1_000_000), least), Why.HEALTHY
    return Goal(None), Why.NONE


def _values(records: Sequence[Record], name: str, places: int) -> tuple[tuple[Record, int], ...]:
    """What records say of a field, whatever their form's places, in 10**-places; said twice on one
    day it counts once.
    """
    seen: dict[tuple[date, int], Record] = {}
    for each in records:
        value = None if LOST in each.body else value_of(each, name, places)
        if value is not None:
            seen.setdefault((each.on, value), each)
    return tuple((record, value) for (_, value), record in seen.items())


def value_of(record: Record, name: str, places: int) -> int | None:
    """A number of a record in 10**-places; None where it has none."""
    value, kind = record.body.get(name), _kind(record)
    field = kind.field(name) if kind else None
    if field is None or not isinstance(value, int):
        return None
    own = field.type.places if isinstance(field.type, Scaled) else 0
    return value * 10 ** (places - own) if places >= own else round(value / 10 ** (own - places))


def _kind(record: Record) -> Kind | None:
    return _newest().get(record.kind)


@cache
def _newest() -> dict[str, Kind]:
    """The newest version of each kind."""
    return {each.id: each for each in everything()}


_MAKERS: Final = {
    Measure.PRESSURE: _pressure,
    Measure.GLUCOSE: _glucose,
    Measure.WEIGHT: _weight,
}
