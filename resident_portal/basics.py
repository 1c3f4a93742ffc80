"""The archive's own page as residents read it: every value with its label, numbers masked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from resident_portal import plain
from resident_portal.words import words
from server.actions.residents.reading import Reading
from server.pages import values
from server.pages.correcting import topic_of
from server.pages.sections import sections_of
from server.records.cells import silenced
from server.records.kinds import REGISTER
from server.records.model import AccessClass, Field, Ref
from sync.merge import Cell, choose, is_present
from sync.policy import Policy

MASKED: Final = frozenset({"id_no", "phone", "contact_phone"})
TAIL, HEAD, LONG = 4, 3, 11
_UNSHOWN: Final = frozenset({"address_region"})  # a code; the address beside it says the place
_FIRST: Final = frozenset({"name", "phone", "drug_allergy"})
"""The sections that begin with these fields are open at once."""


@dataclass(frozen=True, slots=True)
class Value:
    """One row. `clash`: sayings differ, what is shown was chosen for safety. `status`: where the
    resident's own objection is followed, "" for none. `theirs`: something a resident may correct.
    """

    name: str
    label: str
    text: str
    clash: bool
    status: str
    theirs: bool


@dataclass(frozen=True, slots=True)
class Part:
    """A heading with its values. `open`: not folded."""

    title: str
    values: tuple[Value, ...]
    open: bool


def parts_of(
    reading: Reading, marks: Mapping[str, str], *, shown: bool, restricted: bool = False
) -> list[Part]:
    """The filled-in fields in the order of the form: the open ones, or those of class B.

    `shown`: the numbers that are masked otherwise.
    """
    cls = AccessClass.B if restricted else AccessClass.A
    fields = [
        each
        for each in REGISTER.fields
        if each.access is cls
        and cls.value in reading.classes
        and not isinstance(each.type, Ref)
        and each.name not in _UNSHOWN
    ]
    cells = _by_field(reading.cells)
    made: list[Part] = []
    for title, some in sections_of(REGISTER, fields):
        drawn = [_value(each, cells.get(each.name, {}), marks, shown=shown) for each in some]
        rows = tuple(each for each in drawn if each is not None)
        if rows:
            made.append(Part(title, rows, restricted or some[0].name in _FIRST))
    return made


def _by_field(cells: Mapping[str, Cell]) -> dict[str, dict[str, Cell]]:
    made: dict[str, dict[str, Cell]] = {}
    for name, cell in cells.items():
        made.setdefault(name.partition("/")[0], {})[name] = cell
    return made


def _value(
    each: Field, cells: Mapping[str, Cell], marks: Mapping[str, str], *, shown: bool
) -> Value | None:
    texts: list[str] = []
    clash = False
    drawn = {
        name: choose(cell, REGISTER.policy_of(name), REGISTER.safer_of(name))
        for name, cell in sorted(cells.items())
        if cell.heads
    }
    unsaid = silenced(REGISTER, {name: found.value for name, found in drawn.items()})
    for name, found in drawn.items():
        if name in unsaid or (each.policy is Policy.SET and not is_present(found.value)):
            continue
        clash = clash or found.conflict
        texts.append(_text(each, name, found.value, shown=shown))
    if not texts:
        return None
    text = words("values").comma.join(texts)
    return Value(
        each.name, plain.label(each), text, clash, marks.get(f"field/{each.name}", ""),
        topic_of(each.name) is not None,
    )  # fmt: skip


def _text(each: Field, name: str, value: Any, *, shown: bool) -> str:
    if each.name in MASKED:
        return str(value or "") if shown else masked(each.name, str(value or ""))
    told = values.cell_text(name, value) if "/" in name else plain.text(each, value)
    return plain.spoken(told)


def masked(name: str, number: str) -> str:
    """证件尾号 0012; 138 **** 0000, and of short numbers the tail."""
    w = words("plain")
    if name == "id_no":
        return w.hidden_id(tail=number[-TAIL:])
    text = w.hidden(tail=number[-TAIL:])
    return f"{number[:HEAD]} {text}" if len(number) == LONG and number.isdigit() else text
