"""The tables of a district: every number with the clause that it comes from.

Districts differ and years differ, so what differs is data: one TOML file a district beside this
module. A number or a ground without a clause (or the honest word "default") does not load. A
broken table stops the start with file, line and one sentence.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, cast

_FOLDER: Final = Path(__file__).with_name("districts")
_CLAUSE: Final = re.compile(r"default|S[0-9]{3}-\S+")
_TOML_LINE: Final = re.compile(r"at line ([0-9]+)")
_AREA: Final = re.compile("[0-9]{6}")

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
}


class DistrictBroken(ValueError):
    """A district's table cannot be used: `file:line: why`."""

    def __init__(self, file: str, line: int, why: str) -> None:
        super().__init__(f"{file}:{line}: {why}")
        self.file = file
        self.line = line


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

    grounds: tuple[Ground, ...]
    special_cases: tuple[Ground, ...]
    clauses: Mapping[str, str]


def load(name: str) -> District:
    """The table of the district with that file name. Raises DistrictBroken."""
    path = _FOLDER / f"{name}.toml"
    if path.parent != _FOLDER or not path.is_file():
        raise DistrictBroken(path.name, 0, "there is no such table")
    return parse(path.read_text("utf-8"), file=path.name)


def names() -> list[str]:
    """File names of the tables there are, without the ending."""
    return sorted(path.stem for path in _FOLDER.glob("*.toml"))


@cache
def all_districts() -> Mapping[str, District]:
    """Every table beside this module by area code; read once. Raises DistrictBroken."""
    tables: dict[str, District] = {}
    for path in sorted(_FOLDER.glob("*.toml")):
        found = load(path.stem)
        if found.code in tables:
            raise DistrictBroken(path.name, 1, f"area {found.code} has two tables")
        tables[found.code] = found
    return tables


def parse(text: str, *, file: str) -> District:
    """A District from the text of a table; `file` only names it. Raises DistrictBroken."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as broken:
        found = _TOML_LINE.search(str(broken))
        line = int(found[1]) if found else len(text.splitlines())
        raise DistrictBroken(file, line, f"is no TOML: {broken}") from None
    return _Table(file, text, raw).district()


class _Table:
    """One file while it is read; knows on which line each key stands."""

    def __init__(self, file: str, text: str, raw: dict[str, Any]) -> None:
        self._file = file
        self._raw = raw
        self._lines = _line_index(text)

    def district(self) -> District:
        self._refuse_unknown()
        code = self._string((), "code")
        if not _AREA.fullmatch(code):
            raise self._broken((), "code", "the area code has six digits")
        clauses: dict[str, str] = {}
        numbers: dict[str, int] = {}
        for name in _NUMBERS:
            numbers[name], clauses[name] = self._number(name)
        return District(
            code=code,
            name=self._string((), "name"),
            grounds=self._grounds("ground"),
            special_cases=self._grounds("special_case"),
            clauses=clauses,
            **numbers,
        )

    def _refuse_unknown(self) -> None:
        known = {section for section, _, _ in _NUMBERS.values()}
        for key in self._raw:
            if key not in known | {"code", "name"}:
                raise self._broken((), key, f"{key} is not known here")
        for section in known & self._raw.keys():
            table = self._section(section)
            names = {name for name, (place, _, _) in _NUMBERS.items() if place == section}
            lists = {"ground", "special_case"} if section == "switch" else set[str]()
            for key in table.keys() - names - lists:
                raise self._broken((section,), key, f"{key} is not known in [{section}]")

    def _section(self, section: str) -> dict[str, Any]:
        table = self._raw.get(section)
        if not isinstance(table, dict):
            raise self._broken((), section, f"section [{section}] is missing")
        return cast("dict[str, Any]", table)

    def _number(self, name: str) -> tuple[int, str]:
        section, low, high = _NUMBERS[name]
        entry = self._section(section).get(name)
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
        return value, self._clause(place, name, table["clause"])

    def _grounds(self, kind: str) -> tuple[Ground, ...]:
        entries = self._section("switch").get(kind)
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
            clause = self._clause(place, "clause", table["clause"])
            made.append(Ground(table["code"], table["label"], clause))
        return tuple(made)

    def _clause(self, place: tuple[str, ...], name: str, clause: object) -> str:
        if not isinstance(clause, str) or not _CLAUSE.fullmatch(clause):
            said = f'{name} cites {clause!r}: write a clause id (S000-art11) or "default"'
            raise self._broken(place, name, said)
        return clause

    def _string(self, place: tuple[str, ...], name: str) -> str:
        value = self._raw.get(name)
        if not isinstance(value, str) or not value:
            raise self._broken(place, name, f"{name} is missing or no text")
        return value

    def _broken(self, place: tuple[str, ...], key: str, why: str) -> DistrictBroken:
        """The line of the key; else of its section; else the first."""
        line = self._lines.get((*place, key)) or self._lines.get(place) or 1
        return DistrictBroken(self._file, line, why)


def _line_index(text: str) -> dict[tuple[str, ...], int]:
    """{(section, ..., key): line}; the n-th [[a.b]] is (a, b, n). Only finds lines for messages."""
    lines: dict[tuple[str, ...], int] = {}
    place: tuple[str, ...] = ()
    counts: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if stripped.startswith("[["):
            name = stripped.strip("[] ")
            place = (*name.split("."), str(counts.get(name, 0)))
            counts[name] = counts.get(name, 0) + 1
            lines[place] = number
        elif stripped.startswith("["):
            place = tuple(stripped.strip("[] ").split("."))
            lines[place] = number
        elif "=" in stripped and not stripped.startswith("#"):
            lines.setdefault((*place, stripped.partition("=")[0].strip()), number)
    return lines
