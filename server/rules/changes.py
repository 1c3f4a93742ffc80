"""Checkups of several years side by side: what each item's change means, as data decides.

Bounds and the smallest change that counts stand in changes.toml with their sources; bounds that
the plan has are taken from there. Blood pressure is held against the person's own goal (goals.py).
Pure; values are integers in the places of the item's field.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Final

from server.records.kinds import get
from server.records.model import Field, Int, Scaled
from server.rules.access import age_years
from server.rules.goals import Goal, value_of
from server.rules.plan.model import Record
from server.rules.plan.readings import pressure
from server.rules.plan.table import numbers_of, rules

CHECKUPS: Final = frozenset({"health_check", "disabled_check"})
PRESSURE: Final = ("sbp", "dbp")
_KIND, _FOLLOWUP = ("health_check", 1), ("htn_followup", 1)
_OLDER: Final = 60
_MAN, _WOMAN = "1", "2"
_KEYS: Final = frozenset({"field", "same", "source"})


class ChangesBroken(ValueError):
    """changes.toml cannot be used."""


class Mark(StrEnum):
    """What stands beside the newest value. Out of the reference says so first, whatever changed."""

    HIGH = "high"
    LOW = "low"
    LESS_HIGH = "less_high"
    """Still high, but nearer than the year before by more than the method's error."""

    LESS_LOW = "less_low"
    BETTER = "better"
    """In the reference, where it was out the year before."""

    SAME = "same"
    UP = "up"
    """Within the reference, and higher than before."""

    DOWN = "down"
    FIRST = "first"
    """Nothing to compare with."""

    NONE = "none"
    """No value this year."""


@dataclass(frozen=True, slots=True)
class Item:
    """One row of the table as the file has it. `same`: per cent."""

    field: Field
    same: int
    source: str
    bounds: Mapping[str, str]

    @property
    def places(self) -> int:
        return self.field.type.places if isinstance(self.field.type, Scaled) else 0


@dataclass(frozen=True, slots=True)
class Compared:
    """One item over the years chosen, oldest first. `values`: None where it was not measured.

    `sides`: -1 low, 0 in the reference, 1 high, beside each value. `run`: 1 where the value rose in
    each of the last two years by more than the method's error, -1 where it fell, else 0.
    """

    item: Item
    goal: Goal
    values: tuple[int | None, ...]
    sides: tuple[int, ...]
    mark: Mark
    run: int


@cache
def items() -> tuple[Item, ...]:
    """Every item in the order of the file. Raises ChangesBroken."""
    raw = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
    return tuple(_item(each) for each in raw["item"])


def _item(raw: Mapping[str, Any]) -> Item:
    name = raw.get("field", "")
    field = get(*(_FOLLOWUP if name in PRESSURE else _KIND)).field(name)
    if field is None or not isinstance(field.type, Int | Scaled) or _KEYS - raw.keys():
        raise ChangesBroken(f"{name or 'an item'}: a number of the health check, same, source")
    bounds = {key: str(value) for key, value in raw.items() if key not in _KEYS}
    made = Item(field, raw["same"], raw["source"], bounds)
    for sex in (_MAN, _WOMAN):
        goal_of(made, sex=sex, age=_OLDER, numbers={})
    return made


def goal_of(item: Item, *, sex: str, age: int, numbers: Mapping[str, int]) -> Goal:
    """The reference of one person; without a sex that is known the wider of the two."""
    return Goal(
        _bound(item, "below", sex, age, numbers, max), _bound(item, "least", sex, age, numbers, min)
    )


def _bound(
    item: Item, side: str, sex: str, age: int, numbers: Mapping[str, int], wider: Any
) -> int | None:
    wanted = {_MAN: ("man",), _WOMAN: ("woman",)}.get(sex, ("man", "woman"))
    found = [
        value for each in wanted if (value := _one(item, side, each, age, numbers)) is not None
    ]
    return wider(found) if found else None


def _one(item: Item, side: str, sex: str, age: int, numbers: Mapping[str, int]) -> int | None:
    """The most particular bound: of the sex and age, of the sex, of everybody."""
    older = f"{side}_{sex}_{_OLDER}"
    for key in (*([older] if age >= _OLDER else []), f"{side}_{sex}", side):
        if key in item.bounds:
            whole, _, rest = item.bounds[key].partition(".")
            if len(rest) > item.places:
                raise ChangesBroken(f"{item.field.name}: {key} has more places than the form")
            return int(whole + rest.ljust(item.places, "0"))
    for key in (f"{side}_rule_{sex}", f"{side}_rule"):
        if key in item.bounds:
            rule, _, number = item.bounds[key].partition(".")
            return numbers_of(rules()[rule], numbers)[number]
    return None


def compare(
    checkups: Sequence[Record], *, sex: str, birth: date | None,
    pressure_goal: tuple[Goal, Goal], numbers: Mapping[str, int],
) -> tuple[Compared, ...]:  # fmt: skip
    """Checkups of different years, oldest first, item by item; what none of them measured is left
    out.
    """
    age = age_years(birth, checkups[-1].on) if birth and checkups else _OLDER
    goals: dict[str, Goal] = dict(zip(PRESSURE, pressure_goal, strict=True))
    made: list[Compared] = []
    for item in items():
        values = tuple(_value(each, item) for each in checkups)
        if any(each is not None for each in values):
            goal = goals.get(item.field.name) or goal_of(item, sex=sex, age=age, numbers=numbers)
            made.append(_compared(item, goal, values))
    return tuple(made)


def _value(record: Record, item: Item) -> int | None:
    if item.field.name in PRESSURE:
        found = pressure(record)
        return None if found is None else (found.sbp if item.field.name == "sbp" else found.dbp)
    return value_of(record, item.field.name, item.places)


def _compared(item: Item, goal: Goal, values: tuple[int | None, ...]) -> Compared:
    sides = tuple(0 if each is None else goal.side(each) for each in values)
    return Compared(item, goal, values, sides, _mark(item, goal, values), _run(item, values))


def _mark(item: Item, goal: Goal, values: Sequence[int | None]) -> Mark:
    last = values[-1] if values else None
    if last is None:
        return Mark.NONE
    before = next((each for each in reversed(values[:-1]) if each is not None), None)
    side = goal.side(last)
    moved = 0 if before is None else moves(item, before, last)
    if side:
        nearer = before is not None and goal.side(before) == side and moved == -side
        if nearer:
            return Mark.LESS_HIGH if side > 0 else Mark.LESS_LOW
        return Mark.HIGH if side > 0 else Mark.LOW
    if before is None:
        return Mark.FIRST
    if goal.side(before):
        return Mark.BETTER
    return {0: Mark.SAME, 1: Mark.UP, -1: Mark.DOWN}[moved]


def moves(item: Item, before: int, after: int) -> int:
    """1 risen, -1 fallen, 0 no more than the method's error."""
    if abs(after - before) * 100 < item.same * abs(before):
        return 0
    return (after > before) - (after < before)


def _run(item: Item, values: Sequence[int | None]) -> int:
    """Two years in a row in the same direction, the whole of it more than the method's error."""
    if len(values) < 3 or None in values[-3:]:
        return 0
    first, second, third = (each for each in values[-3:] if each is not None)
    if first < second < third:
        return max(0, moves(item, first, third))
    return min(0, moves(item, first, third)) if first > second > third else 0
