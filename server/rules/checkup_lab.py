"""A list of results as a laboratory gave it out: which specimen each line is of, and what it says.

Two ways of writing are known: a line a specimen with a column a value, and a line a value (item,
result, unit). Nothing is guessed: a unit that is not the form's, a sign before a number, a number
that is none is a fault of its line. A result with more places than the form has is rounded to them.
Whose specimen it is the caller knows (server/actions/checkup/lab.py). Pure.
"""

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec

from crypto.damm import fits
from server.records.check import check
from server.records.model import Code, Field, Int, Kind, Scaled
from server.records.sheet_values import day_of, is_nothing, normal
from server.rules.checkup import stations, tubes

TABLE: Final = Path(__file__).with_name("checkup_lab.toml")
NUMBER, NAME, DAY, ITEM, RESULT, UNIT = "number", "name", "day", "item", "result", "unit"
ROLES: Final = (NUMBER, NAME, DAY, ITEM, RESULT, UNIT)
DIGITS: Final = 12
SERIAL_DIGITS: Final = 4  # of the day, first in a specimen number
TUBE_AT: Final = 10

_PLAIN: Final = re.compile(r"([+-]?\d{1,15}(?:\.\d{1,9})?)(.*)", re.DOTALL)
_IN_BRACKETS: Final = re.compile(r"[(（\[【]\s*([^()（）\[\]【】]*)\s*[)）\]】]\s*$")
_SIGNS: Final = re.compile(r"[()（）\[\]\s]")
_NUMBER_NOISE: Final = re.compile(r"[\s*\-']")
_UNITS: Final[Mapping[str, str]] = {
    "IU/L": "U/L", "UMOL/L": "ΜMOL/L", "10^9/L": "×109/L", "10*9/L": "×109/L", "X10^9/L": "×109/L",
    "10E9/L": "×109/L", "X10E9/L": "×109/L",
}  # fmt: skip
"""Other ways to write a unit, both in `_unit`'s form. None of them changes a value."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a line: a code with its places. `value` carries the form's own words."""

    code: str
    what: str = ""
    other: str = ""
    third: str = ""


@dataclass(slots=True)
class Specimen:
    """What a list says of one specimen. `lines`: where it says so."""

    number: str
    lines: list[int] = field(default_factory=list[int])
    name: str = ""
    day: date | None = None
    values: dict[str, Any] = field(default_factory=dict[str, Any])
    said_at: dict[str, int] = field(default_factory=dict[str, int])
    faults: list[tuple[int, Fault]] = field(default_factory=list[tuple[int, Fault]])
    warnings: list[tuple[int, Fault]] = field(default_factory=list[tuple[int, Fault]])

    def wrong(self, line: int, code: str, what: str = "", other: str = "") -> None:
        self.faults.append((line, Fault(code, what, other)))


@dataclass(frozen=True, slots=True)
class Read:
    """`unread`: headings and items that the forms do not know, and how often they stand there.

    `nameless`: lines without a specimen number.
    """

    specimens: tuple[Specimen, ...]
    unread: Mapping[str, int]
    nameless: tuple[int, ...]


# Columns.


@cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads(TABLE.read_text("utf-8"))


@cache
def _roles() -> Mapping[str, str]:
    return {
        normal(word): role for role, words in _table()["columns"].items() for word in words
    }  # fmt: skip


@cache
def _items(station: str) -> Mapping[str, str]:
    found: Mapping[str, Sequence[str]] = _table().get(station, {})
    return {normal(word): name for name, words in found.items() for word in words}


@cache
def _sign_words() -> Mapping[str, str]:
    return {_sign(word): sign for sign, words in _table()["signs"].items() for word in words}


@cache
def fields() -> Mapping[str, tuple[str, Kind, Field]]:
    """Every value a laboratory can give: (station, form, field) by the field's name."""
    found: dict[str, tuple[str, Kind, Field]] = {}
    for station in stations().values():
        if not station.tubes:
            continue
        for form in station.forms:
            for name in form.fields:
                each = form.form.field(name)
                assert each is not None
                found[name] = (station.id, form.form, each)
    return found


def station_of(number: str) -> str:
    """The station that fills the container of a specimen; "" for a container nobody has."""
    digit = number[TUBE_AT : TUBE_AT + 1]
    tube = next((each.id for each in tubes().values() if str(each.digit) == digit), "")
    return next((each.id for each in stations().values() if tube in each.tubes), "")


def tube_of(number: str) -> str:
    """What the container is called."""
    digit = number[TUBE_AT : TUBE_AT + 1]
    return next((each.label for each in tubes().values() if str(each.digit) == digit), "")


def guess(headings: Sequence[str]) -> dict[int, str]:
    """{column from 0: what it is} of the headings that are known, each once."""
    found: dict[int, str] = {}
    for at, heading in enumerate(headings):
        plain = normal(_IN_BRACKETS.sub("", heading))
        column = _roles().get(plain) or _items("blood").get(plain) or _items("urine").get(plain)
        if column and column not in found.values():
            found[at] = column
    return found


def lacking(columns: Mapping[int, str]) -> str:
    """What keeps a list from being read: "" | number | values."""
    named = set(columns.values())
    if NUMBER not in named:
        return NUMBER
    pairs = {ITEM, RESULT} <= named
    return "" if pairs or named - set(ROLES) else "values"


# Lines.


def read(
    headings: Sequence[str], columns: Mapping[int, str],
    lines: Sequence[tuple[int, Sequence[str]]], *, on: date, today: date,
) -> Read:  # fmt: skip
    """`columns` {column from 0: what it is}; `lines` (number in the file, cells). `on`: the day."""
    at = {column: place for place, column in columns.items()}
    found: dict[str, Specimen] = {}
    unread: dict[str, int] = {}
    nameless: list[int] = []
    long = ITEM in at and RESULT in at
    for n, cells in lines:
        number = plain_number(_cell(cells, at[NUMBER]))
        if not number:
            nameless.append(n)
            continue
        one = found.setdefault(number, Specimen(number))
        if one.lines and not long:
            one.wrong(n, "doubled", str(one.lines[0]))
            continue
        one.lines.append(n)
        _about(one, n, cells, at)
        if long:
            _take_item(one, n, cells, at, unread)
        else:
            _take_columns(one, n, cells, headings, columns)
    if not long:
        for place, heading in enumerate(headings):
            if place not in columns and heading.strip():
                unread[heading.strip()] = sum(bool(_cell(cells, place)) for _, cells in lines)
    for one in found.values():
        _judge(one, on, today)
    return Read(tuple(found.values()), unread, tuple(nameless))


def plain_number(text: str) -> str:
    """A specimen number as it is kept: digits as people and scanners write them."""
    return _NUMBER_NOISE.sub("", unicodedata.normalize("NFKC", text))


def is_number(text: str) -> bool:
    """Whether it can be a specimen number at all, its check digit included."""
    return len(text) == DIGITS and fits(text)


def _cell(cells: Sequence[str], place: int) -> str:
    return cells[place].strip() if place < len(cells) else ""


def _about(one: Specimen, n: int, cells: Sequence[str], at: Mapping[str, int]) -> None:
    if NAME in at and (name := _cell(cells, at[NAME])):
        one.name = name
    if DAY in at and (text := _cell(cells, at[DAY])):
        day = day_of(text)
        if day is None:
            one.wrong(n, "no_day", text[:20])
        one.day = day or one.day


def _take_item(
    one: Specimen, n: int, cells: Sequence[str], at: Mapping[str, int], unread: dict[str, int]
) -> None:
    item, result = _cell(cells, at[ITEM]), _cell(cells, at[RESULT])
    station = station_of(one.number)
    name = _named(station, item)
    if not name:
        other = any(_named(each.id, item) for each in stations().values())
        if other and station:
            one.wrong(n, "other_tube", item[:20], tube_of(one.number))
        elif not other:  # a known item of no container: its number is what is wrong
            unread[item or "-"] = unread.get(item or "-", 0) + 1
        return
    unit = _cell(cells, at[UNIT]) if UNIT in at else ""
    _put(one, n, name, result, unit or _bracketed(item))


def _named(station: str, item: str) -> str:
    """The field that an item of a list fills there; "" for none."""
    known = _items(station)
    return known.get(normal(_IN_BRACKETS.sub("", item))) or known.get(normal(item)) or ""


def _take_columns(
    one: Specimen, n: int, cells: Sequence[str], headings: Sequence[str],
    columns: Mapping[int, str],
) -> None:  # fmt: skip
    station = station_of(one.number)
    for place, name in columns.items():
        text = _cell(cells, place)
        if name in ROLES or name not in fields() or not text:
            continue
        of, _, each = fields()[name]
        if of != station and station:
            if not is_nothing(text):
                one.wrong(n, "other_tube", each.label, tube_of(one.number))
            continue
        _put(one, n, name, text, _bracketed(headings[place]) if place < len(headings) else "")


def _bracketed(heading: str) -> str:
    """The unit that stands in brackets behind a heading."""
    found = _IN_BRACKETS.search(heading)
    return found[1] if found and re.search(r"[/%]", found[1]) else ""


def _put(one: Specimen, n: int, name: str, text: str, unit: str) -> None:
    """One value of a specimen; said twice in two ways it is a fault, in one way it is said once."""
    each = fields()[name][2]
    if is_nothing(text) and not isinstance(each.type, Code):
        return
    value, fault = _value(each, text, unit)
    if fault is not None:
        one.faults.append((n, fault))
        return
    if name in one.values:
        if one.values[name] != value:
            one.wrong(n, "twice", each.label, str(one.said_at[name]))
        return
    one.values[name], one.said_at[name] = value, n


def _value(each: Field, text: str, unit: str) -> tuple[Any, Fault | None]:
    kind = each.type
    plain = unicodedata.normalize("NFKC", text).strip()
    if isinstance(kind, Code):
        sign = _sign_words().get(_sign(plain))
        code = next((code for code, label in kind.codes.items() if label == sign), None)
        return code, None if code is not None else Fault("no_sign", each.label, plain[:20])
    assert isinstance(kind, Int | Scaled)
    found = _PLAIN.fullmatch(plain)
    if found is None:
        return None, Fault("no_number", each.label, plain[:20])
    said = found[2].strip() or unit
    own = kind.unit
    if said and _unit(said) != _unit(own):
        return None, Fault("unit", each.label, said[:20], own)
    places = kind.places if isinstance(kind, Scaled) else 0
    number = Decimal(found[1]).scaleb(places).quantize(Decimal(1), ROUND_HALF_UP)
    return int(number), None


def _unit(text: str) -> str:
    """A unit without what people write differently."""
    plain = unicodedata.normalize("NFKC", text).replace("µ", "μ").upper()
    plain = re.sub(r"\s", "", plain)
    return _UNITS.get(plain, plain)


def _sign(text: str) -> str:
    return _SIGNS.sub("", unicodedata.normalize("NFKC", text)).upper()


def _judge(one: Specimen, on: date, today: date) -> None:
    """The number itself, the day, and what the forms say of the values."""
    first = one.lines[0] if one.lines else 0
    if not is_number(one.number):
        one.wrong(first, "misread")
        return
    if one.day is not None and one.day != on:
        one.wrong(first, "wrong_day", one.day.isoformat(), on.isoformat())
    by_form: dict[str, dict[str, Any]] = {}
    kinds: dict[str, Kind] = {}
    for name, value in one.values.items():
        kind = fields()[name][1]
        kinds[kind.id] = kind
        by_form.setdefault(kind.id, {})[name] = value
    for form, values in by_form.items():
        for each in check(kinds[form], msgspec.json.encode(values), on=on, today=today):
            if each.field not in values or values.get(each.field) is None:
                continue
            said = (one.said_at.get(each.field, first), Fault("value", each.sentence_zh))
            (one.warnings if each.warn else one.faults).append(said)
