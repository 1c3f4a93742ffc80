"""What one district has decided for one year: targets, entitlements, prices, money, retention,
where a kind is first written, and the numbers of the plan that differ from the national ones.

Every value stands with its clause, or with the word "default" where no document gives it and the
project decided. What a document leaves open is empty and says who sets it: whoever uses it gets
EmptyValue, a sentence that names them. Nothing is ever invented.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, cast

from server.errors import Refusal
from server.rules.district_source import DEFAULT, Source

PLAN: Final = "plan"
RETENTION: Final = "retention"
KINDS: Final = "kinds"
TARGETS: Final = "targets"
DATES: Final = "dates"

SECTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "versions": "the edition of the forms and rules cannot be chosen",
        TARGETS: "the figure has no target to be judged by",
        "bands": "the age band cannot be counted",
        "entitlements": "the service is owed as often as the national specification says",
        "money": "the settlement cannot be computed",
        "prices": "the service cannot be paid by its price",
        "equivalents": "the service cannot be paid by workload",
        DATES: "the calendar has no alarm for it",
        RETENTION: "records of this kind are never due for destruction",
        PLAN: "the national number stands",
    }
)
"""Sections of values, and what does not work while a value in it is empty."""

UNITS: Final = frozenset(
    {
        "%", "per 100,000", "points", "people", "facilities", "fen", "years", "months", "days",
        "times", "day of the year", "ratio", "yes or no", "mmHg", "0.1 mmol/L",
    }
)  # fmt: skip
_DAY: Final = re.compile("(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])")
_MOST: Final = 1_000_000_000
_KEYS: Final = frozenset({"value", "empty", "unit", "clause", "who", "level", "base", "sets"})


class Office(StrEnum):
    """Who sets a value."""

    NATION = "nation"
    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"
    FACILITY = "facility"


OFFICES: Final[Mapping[Office, str]] = MappingProxyType(
    {
        Office.NATION: "the national health commission",
        Office.PROVINCE: "the province's health commission",
        Office.CITY: "the city's health commission",
        Office.COUNTY: "the county's health bureau",
        Office.FACILITY: "the facility",
    }
)


class Where(StrEnum):
    """Where a kind of record is first written."""

    HERE = "here"
    ELSEWHERE = "elsewhere"


class EmptyValue(Refusal):
    """A value that the district has not set. The message is one sentence that says who sets it."""

    code = "empty_value"
    status = 409
    say = (
        "区县年度规定里的这一项还没有定，定了才能办：区县定的请找区县卫生健康局，"
        "市里定的请找市卫生健康委。"
    )
    hint = "`district check` lists what is still to be set in the district's table, and by whom."

    def __init__(self, district: str, year: int, name: str, who: Office) -> None:
        section = name.partition(".")[0]
        until = SECTIONS.get(section, "it cannot be used")
        super().__init__(
            f"{name} is empty in the table of {district} for {year}: {OFFICES[who]} sets it, "
            f"and until then {until}."
        )
        self.district = district
        self.year = year
        self.name = name
        self.who = who


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a table. `value` None: empty, and `who` sets it.

    `unit`: one of UNITS, "" for a plain number or a text. `level`: for whom a target is meant
    (district, town, facility). `base`: of what a rate is the share, where that is in doubt.
    `sets`: the number of the plan that it is ("P05.times").
    """

    name: str
    value: int | str | tuple[int, ...] | None
    unit: str
    clause: str
    line: int
    who: Office = Office.COUNTY
    level: str = ""
    base: str = ""
    sets: str = ""

    @property
    def is_default(self) -> bool:
        return self.clause == DEFAULT and self.value is not None

    @property
    def shown(self) -> str:
        """As people write it: 90 %, 94.00 yuan, 10 5 3."""
        if self.value is None:
            return ""
        if self.unit == "fen" and isinstance(self.value, int):
            return f"{self.value / 100:.2f} yuan"
        if self.unit == "yes or no":
            return "yes" if self.value else "no"
        several = isinstance(self.value, tuple)
        text = " ".join(map(str, self.value)) if several else str(self.value)  # pyright: ignore[reportArgumentType]
        return f"{text} {self.unit}".strip()


@dataclass(frozen=True, slots=True)
class Written:
    """Where a kind is first written. `system`: the other system's name, "" where there is none."""

    where: Where
    system: str
    clause: str


HERE: Final = Written(Where.HERE, "", DEFAULT)
"""Of a kind that has no compulsory system beside this one."""


@dataclass(frozen=True, slots=True)
class DistrictYear:
    """The table in force in a year. `carried_from`: the year it was written for, when not this."""

    code: str
    name: str
    file: str
    year: int
    carried_from: int | None
    values: Mapping[str, Value]
    """By section and name: "targets.I08", "entitlements.elder.health_check", "plan.P52.times"."""

    kinds: Mapping[str, Written]

    @property
    def plan_numbers(self) -> Mapping[str, int]:
        """The plan's numbers as they are here, entitlements among them: {"P52.times": 4}."""
        return {
            each.sets: each.value
            for each in self.values.values()
            if each.sets and isinstance(each.value, int)
        }

    def number(self, name: str) -> int:
        """A whole number by its name; one of the plan also without its section ("P52.times").

        Raises EmptyValue, and LookupError for a section that there is not.
        """
        value = self._set(name)
        if not isinstance(value, int):
            raise LookupError(f"{name} is no number")
        return value

    def numbers(self, name: str) -> tuple[int, ...]:
        """Several whole numbers in order (10 5 3). Raises as `number`."""
        value = self._set(name)
        if not isinstance(value, tuple):
            raise LookupError(f"{name} is no list of numbers")
        return value

    def text(self, name: str) -> str:
        """A value in words. Raises as `number`."""
        value = self._set(name)
        if not isinstance(value, str):
            raise LookupError(f"{name} is no text")
        return value

    def find(self, name: str) -> Value | None:
        """The value with its clause; None where the table has no such line."""
        return self.values.get(name) or self.values.get(f"{PLAN}.{name}")

    def written(self, kind: str) -> Written:
        """Where a kind is first written; here, where the table names no other system."""
        return self.kinds.get(kind, HERE)

    def retention_years(self, kind: str) -> int | None:
        """For how many years records of a kind are kept; None: no end is set, they are kept."""
        found = self.values.get(f"{RETENTION}.{kind}")
        return found.value if found and isinstance(found.value, int) else None

    def empties(self) -> Iterator[Value]:
        """What is still to be set, in the order of the table."""
        return (each for each in self.values.values() if each.value is None)

    def _set(self, name: str) -> int | str | tuple[int, ...]:
        found = self.find(name)
        if found is not None and found.value is not None:
            return found.value
        if found is None and name.partition(".")[0] not in SECTIONS:
            raise LookupError(f"{name} is in no section of a district's table")
        who = found.who if found else Office.COUNTY
        raise EmptyValue(f"{self.name} ({self.code})", self.year, name, who)


def read_year(source: Source, year: int, *, asked: int) -> DistrictYear:
    """What a table says for a year. Raises DistrictBroken."""
    values: dict[str, Value] = {}
    for section in SECTIONS:
        if section in source.raw:
            values.update(_values(source, (section,)))
    return DistrictYear(
        code=source.string("code"), name=source.string("name"), file=source.file, year=asked,
        carried_from=None if asked == year else year,
        values=MappingProxyType(values), kinds=MappingProxyType(dict(_kinds(source))),
    )  # fmt: skip


def _values(source: Source, place: tuple[str, ...]) -> Iterator[tuple[str, Value]]:
    for name, raw in source.section(*place).items():
        if not isinstance(raw, dict):
            raise source.broken(place, name, f"{name} needs its clause: {{ value, clause }}")
        entry = cast("dict[str, Any]", raw)
        if entry.keys() & _KEYS:
            found = _value(source, place, name, entry)
            yield found.name, found
        elif place[0] == "entitlements" and len(place) == 1:
            yield from _values(source, (*place, name))
        else:
            raise source.broken(place, name, f"{name} is a value with its clause, or empty")


def _value(source: Source, place: tuple[str, ...], name: str, entry: Mapping[str, Any]) -> Value:
    def refuse(why: str) -> Exception:
        return source.broken(place, name, f"{name} {why}")

    odd = entry.keys() - _KEYS
    if odd:
        raise refuse(f"has {min(odd)}, which is not known here")
    empty = entry.get("empty", False)
    if empty is not ("value" not in entry):
        raise refuse("has a value, or `empty = true` and who sets it")
    if empty and place[0] == PLAN:
        raise refuse("cannot be empty: leave it out, and the national number stands")
    if ("who" in entry) is not empty:
        raise refuse("says who sets it when it is empty, and only then")
    if entry.get("who", Office.COUNTY) not in frozenset(Office):
        raise refuse(f"is set by one of {', '.join(Office)}")
    unit = entry.get("unit", "")
    if unit and unit not in UNITS:
        raise refuse(f"has the unit {unit!r}: one of {', '.join(sorted(UNITS))}")
    value = None if empty else _checked(entry["value"], unit)
    if value is None and not empty:
        raise refuse("is a whole number that fits its unit, a list of them, or a text")
    if isinstance(value, int | tuple) and not unit:
        raise refuse("is a number and needs its unit")
    if place[0] == DATES and not empty and not _DAY.fullmatch(str(value)):
        raise refuse('is a day of the year, written "03-31"')
    # What no document speaks of has no clause to cite while it is empty.
    clause = (
        "" if empty and "clause" not in entry else source.clause(place, name, entry.get("clause"))
    )
    sets = name if place[0] == PLAN else str(entry.get("sets", ""))
    return Value(
        name=".".join((*place, name)), value=value, unit=unit, clause=clause,
        line=source.line(place, name), who=Office(entry.get("who", Office.COUNTY)),
        level=str(entry.get("level", "")), base=str(entry.get("base", "")), sets=sets,
    )  # fmt: skip


def _checked(value: object, unit: str) -> int | str | tuple[int, ...] | None:
    """The value as it is kept; None when it is none."""
    most = {"%": 100, "yes or no": 1}.get(unit, _MOST)
    if isinstance(value, str):
        return value if value and not unit else None
    several = isinstance(value, list)
    numbers = cast("list[object]", value) if several else [value]
    good = [
        each
        for each in numbers
        if isinstance(each, int) and not isinstance(each, bool) and 0 <= each <= most
    ]
    if not good or len(good) != len(numbers):
        return None
    return tuple(good) if several else good[0]


def _kinds(source: Source) -> Iterator[tuple[str, Written]]:
    place = (KINDS,)
    for kind, raw in source.section(KINDS).items():
        entry = cast("dict[str, Any]", raw) if isinstance(raw, dict) else {}
        if entry.keys() != {"where", "system", "clause"}:
            raise source.broken(place, kind, f"{kind} has where, system and clause")
        if entry["where"] not in frozenset(Where) or not isinstance(entry["system"], str):
            raise source.broken(place, kind, f"{kind} is first written here or elsewhere")
        if entry["where"] == Where.ELSEWHERE and not entry["system"]:
            raise source.broken(place, kind, f"{kind} is written elsewhere: name the system")
        clause = source.clause(place, kind, entry["clause"])
        yield kind, Written(Where(entry["where"]), entry["system"], clause)
