"""The file of a district's table while it is read: it knows on which line each key stands.

A table that cannot be used stops the start with file, line and one sentence.
"""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, cast

from server.rules.clauses import parts_of

FOLDER: Final = Path(__file__).with_name("districts")
DEFAULT: Final = "default"
"""Stands where a clause would, beside what no document gives and the project decided."""

_TOML_LINE: Final = re.compile(r"at line ([0-9]+)")
_FILE: Final = re.compile(r"([a-z]+)-([0-9]{4})")


class DistrictBroken(ValueError):
    """A district's table cannot be used: `file:line: why`."""

    def __init__(self, file: str, line: int, why: str) -> None:
        super().__init__(f"{file}:{line}: {why}")
        self.file = file
        self.line = line


class Source:
    """The text of one table, and where things stand in it."""

    def __init__(self, text: str, *, file: str) -> None:
        self.file = file
        try:
            self.raw: dict[str, Any] = tomllib.loads(text)
        except tomllib.TOMLDecodeError as broken:
            found = _TOML_LINE.search(str(broken))
            line = int(found[1]) if found else len(text.splitlines())
            raise DistrictBroken(file, line, f"is no TOML: {broken}") from None
        self._lines = line_index(text)

    def section(self, *place: str) -> dict[str, Any]:
        """The table of that name. Raises DistrictBroken when there is none."""
        table: Any = self.raw
        for name in place:
            table = cast("dict[str, Any]", table).get(name)
            if not isinstance(table, dict):
                said = f"section [{'.'.join(place)}] is missing"
                raise self.broken(place[:-1], place[-1], said)
        return cast("dict[str, Any]", table)

    def string(self, name: str) -> str:
        """A text above all sections. Raises DistrictBroken."""
        value = self.raw.get(name)
        if not isinstance(value, str) or not value:
            raise self.broken((), name, f"{name} is missing or no text")
        return value

    def clause(self, place: tuple[str, ...], name: str, clause: object) -> str:
        """What stands as a clause. Raises DistrictBroken when it is no clause."""
        if not isinstance(clause, str) or (clause != DEFAULT and not parts_of(clause)):
            said = f'{name} cites {clause!r}: write a clause id (S000-art11) or "default"'
            raise self.broken(place, name, said)
        return clause

    def broken(self, place: tuple[str, ...], key: str, why: str) -> DistrictBroken:
        """The line of the key; else of its section; else the first."""
        return DistrictBroken(self.file, self.line(place, key), why)

    def line(self, place: tuple[str, ...], key: str) -> int:
        """Where that stands, from 1."""
        return self._lines.get((*place, key)) or self._lines.get(place) or 1


def line_index(text: str) -> Mapping[tuple[str, ...], int]:
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
            key = stripped.partition("=")[0].strip().strip('"')
            lines.setdefault((*place, key), number)
    return lines


def files() -> Mapping[str, Mapping[int, Path]]:
    """{name of the table: {year: its file}}, as they stand in the folder."""
    found: dict[str, dict[int, Path]] = {}
    for path in sorted(FOLDER.glob("*.toml")):
        named = _FILE.fullmatch(path.stem)
        if named is None:
            raise DistrictBroken(path.name, 1, "a table's file is named name-year.toml")
        found.setdefault(named[1], {})[int(named[2])] = path
    return found


def in_force(years: Mapping[int, Path], year: int | None) -> int:
    """The year of the table that stands in a year: its own, else the newest before it, else the
    first one there is. None asks for the newest.
    """
    earlier = [each for each in years if year is None or each <= year]
    return max(earlier) if earlier else min(years)
