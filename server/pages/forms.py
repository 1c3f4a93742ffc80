"""Forms in the browser: fields of server/records as inputs, what was posted as values and faults.

A page's form is a `Kind`, whether it is a form of the catalogue or one of the console's own, so
bounds, sentences and checks between fields are written once. What was typed is kept as typed: a
page with faults shows it again.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final

import msgspec

from server.pages.words import words
from server.records.check import check
from server.records.model import Code, Codes, Day, Field, FieldType, Int, Kind, Month, Scaled
from server.records.values import Fault, Faults, missing

Posted = Mapping[str, Sequence[str]]
"""Every value of each name, in the order the browser sent them."""

_DAY: Final = re.compile(r"(\d{4})\D(\d{1,2})\D(\d{1,2})\D?")
_DAY_IN_ONE: Final = re.compile(r"(\d{4})(\d\d)(\d\d)")
_MONTH: Final = re.compile(r"(\d{4})\D?(\d{1,2})\D?")
_DECIMAL: Final = re.compile(r"([+-]?)(\d{1,18})(?:\.(\d{1,9}))?")


@dataclass(frozen=True, slots=True)
class Filled:
    """A form as it came: `typed` as the person wrote it, `values` as the kind knows them."""

    typed: Posted = field(default_factory=dict[str, list[str]])
    values: dict[str, Any] = field(default_factory=dict[str, Any])
    faults: Faults = ()

    @property
    def hard(self) -> Faults:
        """What keeps the form from being taken."""
        return tuple(each for each in self.faults if not each.warn)

    def fault(self, name: str) -> Fault | None:
        """The first fault to show beside a field."""
        return next((f for f in self.faults if f.field.partition("/")[0] == name), None)

    def text(self, name: str) -> str:
        """What was typed into a field of one line; "" when nothing was."""
        found = self.typed.get(name, ())
        return found[0] if found else ""

    def chosen(self, name: str, code: str) -> bool:
        """Whether an answer was ticked."""
        return code in self.typed.get(name, ())

    def but(self, *faults: Fault) -> "Filled":
        """The same with further faults, found by whoever carries the form out."""
        return Filled(self.typed, self.values, (*self.faults, *faults))


EMPTY: Final = Filled()


def read_form(
    kind: Kind, posted: Posted, *, today: date, on: date | None = None, sex: str | None = None,
    birth: date | None = None,
) -> Filled:  # fmt: skip
    """What was posted, as values of the kind, with every fault at once."""
    values: dict[str, Any] = {}
    for each in kind.fields:
        value = value_of(each.type, posted.get(each.name, ()))
        if value is not None:
            values[each.name] = value
    faults = check(
        kind, msgspec.json.encode(values), on=on or today, today=today, sex=sex, birth=birth
    )
    return Filled(posted, values, tuple(_as_asked(kind, each) for each in faults))


def _as_asked(kind: Kind, fault: Fault) -> Fault:
    """One answer out of several is chosen, not filled in."""
    each = kind.field(fault.field)
    if each is None or not isinstance(each.type, Code) or fault != missing(each):
        return fault
    return replace(fault, sentence_zh=words("ui").pick(what=each.label))


def filled_from(kind: Kind, values: Mapping[str, Any]) -> Filled:
    """A form that already holds values, as a person would have typed them."""
    typed = {
        each.name: typed_of(each.type, values[each.name])
        for each in kind.fields
        if each.name in values
    }
    return Filled(typed, dict(values))


def value_of(kind: FieldType, posted: Sequence[str]) -> Any:
    """The JSON value of what was typed; None when nothing was. What cannot be read stays a string,
    so that the check names it.
    """
    texts = [unicodedata.normalize("NFC", each).strip() for each in posted]
    if isinstance(kind, Codes):
        return [each for each in texts if each] or None
    text = texts[0] if texts else ""
    if not text:
        return None
    plain = unicodedata.normalize("NFKC", text)
    match kind:
        case Int():
            return int(plain) if re.fullmatch(r"[+-]?\d{1,18}", plain) else text
        case Scaled(places):
            return _scaled(plain, places, text)
        case Day():
            found = _DAY.fullmatch(plain) or _DAY_IN_ONE.fullmatch(plain)
            return f"{found[1]}-{found[2]:0>2}-{found[3]:0>2}" if found else text
        case Month():
            found = _MONTH.fullmatch(plain)
            return f"{found[1]}-{found[2].zfill(2)}" if found else text
        case _:
            return text.replace("\r\n", "\n")


def _scaled(plain: str, places: int, text: str) -> int | str:
    found = _DECIMAL.fullmatch(plain)
    if found is None:
        return text
    sign, whole, rest = found[1], found[2], found[3] or ""
    if len(rest.rstrip("0")) > places:
        return text
    value = int(whole) * 10**places + int(rest[:places].ljust(places, "0") or "0")
    return -value if sign == "-" else value


def typed_of(kind: FieldType, value: Any) -> list[str]:
    """A value as a person types it."""
    if isinstance(kind, Codes):
        return [str(each) for each in value]
    if isinstance(kind, Scaled):
        sign = "-" if value < 0 else ""
        whole, rest = divmod(abs(value), 10**kind.places)
        return [f"{sign}{whole}.{rest:0{kind.places}d}" if kind.places else f"{value}"]
    return [str(value)]


def input_of(each: Field) -> str:
    """Which macro of ui.html.j2 draws the field: text, area, number, code, codes, day, month."""
    match each.type:
        case Code():
            return "code"
        case Codes():
            return "codes"
        case Day():
            return "day"
        case Month():
            return "month"
        case Int() | Scaled():
            return "number"
        case _:
            return "area" if getattr(each.type, "most", 0) > 100 else "text"
