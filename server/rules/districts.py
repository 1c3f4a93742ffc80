"""The tables of a district: every number with the clause that it comes from.

Districts differ and years differ, so what differs is data: one TOML file a district and year in
districts/ beside this module (huancui-2024.toml). A number or a ground without a clause (or the
honest word "default") does not load. A broken table stops the start with file, line and one
sentence. `load` gives what the exchange and the switch run on, `table` all that is decided for a
year (district_year.py).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Final, cast

from server.rules.district_source import DistrictBroken, Source, files, in_force
from server.rules.district_year import (
    KINDS,
    SECTIONS,
    DistrictYear,
    EmptyValue,
    Value,
    Where,
    Written,
    read_year,
)

__all__ = [
    "District", "DistrictBroken", "DistrictYear", "EmptyValue", "Ground", "Value", "Where",
    "Written", "all_districts", "load", "names", "parse", "parse_year", "table",
]  # fmt: skip

_AREA: Final = re.compile("[0-9]{6}")
_HEAD: Final = frozenset({"code", "name", "year", "document"})

# Where each number stands in the file, and between which bounds it makes sense.
_NUMBERS: Final[Mapping[str, tuple[str, int, int]]] = {
    "interval_years": ("switch", 0, 5),
    "undo_days": ("switch", 0, 30),
    "effect_days": ("switch", 0, 60),
    "handover_days": ("switch", 0, 60),
    "late_credit_days": ("sync", 0, 366),
    "hold_days": ("sync", 1, 60),
    "strangers_per_day": ("sync", 0, 1000),
    "panel_max": ("people", 1, 100_000),
    "usual_resident_months": ("people", 1, 24),
    "absent_tries": ("people", 1, 30),
    "correction_due_days": ("portal", 1, 60),
    "special_case_due_days": ("portal", 1, 60),
    "quiet_from_hour": ("notices", 0, 23),
    "quiet_until_hour": ("notices", 0, 23),
    "sms_cap_month": ("notices", 0, 31),
    "question_notices_month": ("notices", 0, 31),
    "sms_fen": ("notices", 0, 1000),
    "voice_fen": ("notices", 0, 1000),
    "sms_budget_month_fen": ("notices", 0, 100_000_000),
    "notice_keep_days": ("notices", 31, 3660),
}


@dataclass(frozen=True, slots=True)
class Ground:
    """A reason a resident may give; what people read, and the clause that allows it."""

    code: str
    label: str
    clause: str


@dataclass(frozen=True, slots=True)
class District:
    """The numbers of one district. `clauses` names the source of each by field name."""

    code: str
    """Six digits of GB/T 2260."""

    name: str
    interval_years: int
    """Civil years between two switches that start the clock; 0: no interval."""

    undo_days: int
    """A switch undone within so many days of its effect does not use up the year."""

    effect_days: int
    """A switch asked for without a day takes effect after so many days."""

    handover_days: int
    """The new facility acknowledges a transfer in so many days; then it counts as acknowledged."""

    late_credit_days: int
    """Visits of the former tablet that arrive so many days after the move are still credited."""

    hold_days: int
    """A held change waits so long for what it names."""

    strangers_per_day: int
    """More changes on residents never in its panel suspend a tablet."""

    panel_max: int
    """Residents of one family-doctor team at most."""

    usual_resident_months: int
    """Lived here so long: a usual resident, with a right to an archive."""

    absent_tries: int
    """Tries on so many different days before somebody counts as absent."""

    correction_due_days: int
    """A resident's correction is decided in so many days."""

    special_case_due_days: int
    """The county decides a special case in so many days."""

    quiet_from_hour: int
    """From this civil hour on nobody is disturbed; equal to the other one: never quiet."""

    quiet_until_hour: int
    """Until this civil hour, of the next day when it is the smaller one."""

    sms_cap_month: int
    """Short messages a resident and month, but for codes and what must be known at once."""

    question_notices_month: int
    """Of them, how many ask whether a service took place."""

    sms_fen: int
    """What one short message costs."""

    voice_fen: int
    """What one spoken message costs."""

    sms_budget_month_fen: int
    """Spent in a month, only codes and what must be known at once still go out."""

    notice_keep_days: int
    """So long a notice stays in a resident's inbox."""

    grounds: tuple[Ground, ...]
    special_cases: tuple[Ground, ...]
    clauses: Mapping[str, str]


def load(name: str, year: int | None = None) -> District:
    """The table of that name for a year, the newest without one. Raises DistrictBroken."""
    return _read(name, year)[0]


def table(code: str, year: int) -> DistrictYear:
    """All that the district with that area code has decided for a year.

    A year without a table of its own has that of the newest year before it (`carried_from` says
    so), else the first there is. Raises DistrictBroken.
    """
    name = next((each for each, found in _newest().items() if found.code == code), None)
    if name is None:
        raise DistrictBroken(f"{code}-{year}.toml", 0, "there is no such table")
    return _table(name, year)


@cache
def _table(name: str, year: int) -> DistrictYear:
    return _read(name, year)[1]


def _read(name: str, year: int | None) -> tuple[District, DistrictYear]:
    years = files().get(name)
    if years is None:
        raise DistrictBroken(f"{name}.toml", 0, "there is no such table")
    stands = in_force(years, year)
    path = years[stands]
    asked = stands if year is None else year
    return _understood(path.read_text("utf-8"), path.name, stands, asked)


@lru_cache(maxsize=16)
def _understood(text: str, file: str, stands: int, asked: int) -> tuple[District, DistrictYear]:
    source = Source(text, file=file)
    if source.raw.get("year") != stands:
        raise source.broken((), "year", f"the file is named for {stands}: year = {stands}")
    return _Table(source).district(), read_year(source, stands, asked=asked)


def names() -> list[str]:
    """Names of the tables there are, without year and ending."""
    return sorted(files())


def all_districts() -> Mapping[str, District]:
    """The newest table of each district by area code; read once. Raises DistrictBroken."""
    return {each.code: each for each in _newest().values()}


@cache
def _newest() -> Mapping[str, District]:
    """The newest table of each name. Raises DistrictBroken when two are of one area."""
    found: dict[str, District] = {}
    for name in names():
        made = load(name)
        if any(made.code == each.code for each in found.values()):
            raise DistrictBroken(f"{name}.toml", 1, f"area {made.code} has two tables")
        found[name] = made
    return found


def parse(text: str, *, file: str) -> District:
    """A District from the text of a table; `file` only names it. Raises DistrictBroken."""
    return _Table(Source(text, file=file)).district()


def parse_year(text: str, *, file: str, year: int | None = None) -> DistrictYear:
    """What the text of a table says for a year, that of the table without one. Raises as parse."""
    source = Source(text, file=file)
    _Table(source).district()
    own = source.raw["year"]
    return read_year(source, own, asked=own if year is None else year)


class _Table:
    """The part of one table that the exchange and the switch run on, while it is read."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._broken = source.broken

    def district(self) -> District:
        self._refuse_unknown()
        code = self._source.string("code")
        if not _AREA.fullmatch(code):
            raise self._broken((), "code", "the area code has six digits")
        if not isinstance(self._source.raw.get("year"), int):
            raise self._broken((), "year", "year is the year the table is written for")
        clauses: dict[str, str] = {}
        numbers: dict[str, int] = {}
        for name in _NUMBERS:
            numbers[name], clauses[name] = self._number(name)
        return District(
            code=code,
            name=self._source.string("name"),
            grounds=self._grounds("ground"),
            special_cases=self._grounds("special_case"),
            clauses=clauses,
            **numbers,
        )

    def _refuse_unknown(self) -> None:
        known = {section for section, _, _ in _NUMBERS.values()}
        for key in self._source.raw:
            if key not in known | _HEAD | SECTIONS.keys() | {KINDS}:
                raise self._broken((), key, f"{key} is not known here")
        for section in known & self._source.raw.keys():
            table = self._source.section(section)
            names = {name for name, (place, _, _) in _NUMBERS.items() if place == section}
            lists = {"ground", "special_case"} if section == "switch" else set[str]()
            for key in table.keys() - names - lists:
                raise self._broken((section,), key, f"{key} is not known in [{section}]")

    def _number(self, name: str) -> tuple[int, str]:
        section, low, high = _NUMBERS[name]
        entry = self._source.section(section).get(name)
        place = (section,)
        if entry is None:
            raise self._broken(place, name, f"{name} is missing in [{section}]")
        if not isinstance(entry, dict):
            raise self._broken(place, name, f"{name} needs its clause: {{ value, clause }}")
        table = cast("dict[str, Any]", entry)
        if table.keys() != {"value", "clause"}:
            raise self._broken(place, name, f"{name} is a value and its clause, nothing else")
        value = table["value"]
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise self._broken(place, name, f"{name} is a whole number from {low} to {high}")
        return value, self._source.clause(place, name, table["clause"])

    def _grounds(self, kind: str) -> tuple[Ground, ...]:
        entries = self._source.section("switch").get(kind)
        if not isinstance(entries, list) or not entries:
            raise self._broken(("switch",), kind, f"there is no [[switch.{kind}]]")
        made: list[Ground] = []
        for index, entry in enumerate(cast("list[Any]", entries)):
            place = ("switch", kind, str(index))
            table = cast("dict[str, Any]", entry) if isinstance(entry, dict) else {}
            if table.keys() != {"code", "label", "clause"}:
                raise self._broken(place, "", f"a {kind} has code, label and clause")
            if any(each.code == table["code"] for each in made):
                raise self._broken(place, "code", f"{table['code']} is there twice")
            if not all(isinstance(value, str) and value for value in table.values()):
                raise self._broken(place, "code", f"code, label and clause of a {kind} are texts")
            clause = self._source.clause(place, "clause", table["clause"])
            made.append(Ground(table["code"], table["label"], clause))
        return tuple(made)
