"""A form of the catalogue in the browser: its sections, the rows of its lists, what was typed.

A list's row is typed in fields named "meds.0.name". Buttons that add or take away a row send the
form, so it works without a script. Whatever a later form adds is drawn by its type.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import sha256
from typing import Any, Final, cast

import msgspec

from server.console.words import words
from server.pages.forms import Filled, Posted, typed_of, value_of
from server.pages.sections import sections_of
from server.pages.values import field_text, form_label
from server.records.check import check
from server.records.expression import looked_at
from server.records.facility_work import RETIRED
from server.records.model import ON, Code, Codes, Day, Field, Int, Kind, ListOf, Ref, Scaled, Time
from server.records.prefill import Last
from server.records.values import Fault, FaultCode, Faults

SERVICE_DAY: Final = "service_day"
SURE: Final = "sure"
DO: Final = "do"
ADDRESS: Final = "address_region"
OTHER: Final = "address_region_other"  # an address that is none of the own villages
ITEM: Final = "item"  # a reference to nothing but the row itself: its id is made here
_ROW: Final = re.compile(r"([a-z][a-z0-9_]*)\.(\d{1,2})\.([a-z][a-z0-9_]*)")


def service_day_field() -> Field:
    return Field(SERVICE_DAY, words("desk").service_day, Day(past=True), required=True)


@dataclass(frozen=True, slots=True)
class Drawn:
    """One field with its name in the page. `choices`: who or what a reference may name; `places`:
    the villages of an address, code and name; `at_times`: other answers can make it required;
    `hint`: how it is written.
    """

    field: Field
    last: str = ""
    choices: Mapping[str, str] | None = None
    hidden: bool = False
    places: Mapping[str, str] | None = None
    at_times: bool = False
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Rows:
    """A list field with its rows."""

    field: Field
    rows: tuple[tuple[Drawn, ...], ...]
    full: bool


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    parts: tuple[Drawn | Rows, ...]

    @property
    def unseen(self) -> bool:
        """Whether nothing of it is asked."""
        return all(isinstance(each, Drawn) and each.hidden for each in self.parts)


# What was typed, as values.


def body_of(fields: Sequence[Field], typed: Posted) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """(values of the form, what was typed with its rows counted anew). Empty rows are left out."""
    body: dict[str, Any] = {}
    kept = {name: list(texts) for name, texts in typed.items() if not _ROW.fullmatch(name)}
    for each in fields:
        if isinstance(each.type, ListOf):
            items = _items(each, each.type, typed)
            for number, row in enumerate(items):
                for name, texts in row.items():
                    kept[f"{each.name}.{number}.{name}"] = texts
            values = [_row_values(each.type, row) for row in items]
            if values:
                body[each.name] = values
            continue
        value = value_of(each.type, typed.get(each.name, ()))
        if value is not None:
            body[each.name] = value
    return body, kept


def rows_typed(each: Field, typed: Posted) -> list[int]:
    """The numbers of a list's rows, empty ones too."""
    found = (_ROW.fullmatch(name) for name in typed)
    return sorted({int(m[2]) for m in found if m is not None and m[1] == each.name})


def _items(each: Field, kind: ListOf, typed: Posted) -> list[dict[str, list[str]]]:
    """Rows in which something is written; the id of the row itself counts as nothing."""
    items: list[dict[str, list[str]]] = []
    for number in rows_typed(each, typed):
        row = {
            inner.name: list(typed.get(f"{each.name}.{number}.{inner.name}", ()))
            for inner in kind.fields
        }
        written = any(
            text.strip() for inner in kind.fields if not is_item(inner) for text in row[inner.name]
        )
        if written:
            items.append(row)
    return items


def _row_values(kind: ListOf, row: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    values = {inner.name: value_of(inner.type, row[inner.name]) for inner in kind.fields}
    return {name: value for name, value in values.items() if value is not None}


def is_item(each: Field) -> bool:
    return isinstance(each.type, Ref) and each.type.to == ITEM


def typed_from(fields: Sequence[Field], body: Mapping[str, Any]) -> dict[str, list[str]]:
    """Values as somebody would have typed them, lists in rows."""
    typed: dict[str, list[str]] = {}
    for each in fields:
        if each.name not in body:
            continue
        if not isinstance(each.type, ListOf):
            typed[each.name] = typed_of(each.type, body[each.name])
            continue
        for number, item in enumerate(cast("list[dict[str, Any]]", body[each.name])):
            for inner in each.type.fields:
                if inner.name in item:
                    name = f"{each.name}.{number}.{inner.name}"
                    typed[name] = typed_of(inner.type, item[inner.name])
    return typed


def with_row(each: Field, typed: dict[str, list[str]], fresh_id: str) -> dict[str, list[str]]:
    """One row more, empty."""
    assert isinstance(each.type, ListOf)
    numbers = rows_typed(each, typed)
    number = numbers[-1] + 1 if numbers else 0
    if len(numbers) >= each.type.most:
        return typed
    row = {
        f"{each.name}.{number}.{inner.name}": [fresh_id if is_item(inner) else ""]
        for inner in each.type.fields
    }
    return {**typed, **row}


def without_row(each: Field, typed: dict[str, list[str]], number: int) -> dict[str, list[str]]:
    gone = f"{each.name}.{number}."
    return {name: texts for name, texts in typed.items() if not name.startswith(gone)}


def checked(
    kind: Kind, fields: Sequence[Field], typed: Posted, *, on: date, today: date, sex: str | None,
    birth: date | None, died: date | None = None, known: Mapping[str, Any] | None = None,
    numbers: Mapping[str, int] | None = None,
) -> Filled:  # fmt: skip
    """The form as it came, with every fault at the place where it is shown."""
    body, kept = body_of(fields, typed)
    faults = check(
        kind, msgspec.json.encode(body), on=on, today=today, sex=sex, birth=birth, died=died,
        known=known, numbers=numbers,
    )  # fmt: skip
    shown = tuple(at_its_row(each) for each in _named_at_the_source(kind, faults))
    return Filled(kept, body, shown)


def _named_at_the_source(kind: Kind, faults: Faults) -> Faults:
    """Without the question for a number that is worked out from another that is at fault itself:
    who gives the weight need not give the index.
    """
    wrong = {each.field for each in faults if not each.warn}
    follows = {
        each.fills
        for each in kind.computed
        if isinstance(each.type, Int | Scaled)
        and any(src == "field" and name in wrong for src, name in looked_at(each.expression))
    }
    return tuple(
        each for each in faults if each.code is not FaultCode.MISSING or each.field not in follows
    )


def at_its_row(fault: Fault) -> Fault:
    """ "meds/0/name" is the field meds.0.name of the page, and the day has one as well."""
    place = SERVICE_DAY if fault.field == ON else fault.field.replace("/", ".")
    return replace(fault, field=place)


def mark_of(faults: Faults) -> str:
    """What a tick says yes to: these questions and no others."""
    asked = "\n".join(sorted(f"{each.field} {each.sentence_zh}" for each in faults if each.warn))
    return sha256(asked.encode()).hexdigest()[:16]


def settled(filled: Filled) -> bool:
    """Nothing hard is left, and every question was answered with the tick."""
    if filled.hard:
        return False
    return not filled.faults or filled.text(SURE) == mark_of(filled.faults)


# The form as drawn.


@dataclass(frozen=True, slots=True)
class Choices:
    """What references may name, ids in hex; the villages of the own facility, by code; the records
    of the archive in hand.
    """

    staff: Mapping[str, str]
    facility: Mapping[str, str]
    areas: Mapping[str, str] = field(default_factory=dict[str, str])
    records: Mapping[str, str] = field(default_factory=dict[str, str])

    def of(self, each: Field) -> Mapping[str, str] | None:
        if not isinstance(each.type, Ref):
            return None
        named = {"staff": self.staff, "facility": self.facility, "record": self.records}
        return named.get(each.type.to)


def drawn(
    kind: Kind, fields: Sequence[Field], filled: Filled, last: Mapping[str, Last],
    choices: Choices, unasked: frozenset[str] = frozenset(),
) -> list[Section]:  # fmt: skip
    """`unasked`: fields that go along unseen."""
    at_times = {each.missing for each in kind.checks if each.missing and not each.warn}

    def one(each: Field) -> Drawn | Rows:
        if isinstance(each.type, ListOf):
            return _rows(each, each.type, filled, choices)
        found = last.get(each.name)
        said = last_text(each, found.value) if found else ""
        hint = words("desk").time_hint if isinstance(each.type, Time) else ""
        if found and found.on.isoformat() == filled.text(SERVICE_DAY):
            # Measured that day for another form: it stands filled in, and no visit lies between.
            form = form_label(found.kind)
            other = found.kind != kind.id  # a correction tells nothing of what it corrects
            said, hint = "", words("desk").same_day(form=form, value=said) if other else hint
        places = choices.areas or None if each.name == ADDRESS else None
        return Drawn(
            _told_first(_offered(kind, each, filled)), said, choices.of(each), places=places,
            at_times=each.name in at_times,
            hint=hint, hidden=each.name in unasked,
        )  # fmt: skip

    return [
        Section(title, tuple(one(each) for each in some))
        for title, some in sections_of(kind, fields)
    ]


def _offered(kind: Kind, each: Field, filled: Filled) -> Field:
    """Without the answers that only older records have, unless this is one of them."""
    gone = RETIRED.get((kind.id, each.name), frozenset[str]())
    if not gone or not isinstance(each.type, Code):
        return each
    codes = {
        code: label
        for code, label in each.type.codes.items()
        if code not in gone or filled.chosen(each.name, code)
    }
    return replace(each, type=replace(each.type, codes=codes))


def _told_first(each: Field) -> Field:
    """男 and 女 stand before the answers that hardly anybody gives."""
    if each.name != "sex" or not isinstance(each.type, Code):
        return each
    codes = dict(sorted(each.type.codes.items(), key=lambda kv: kv[0] not in ("1", "2")))
    return replace(each, type=replace(each.type, codes=codes))


def with_other_place(typed: Posted) -> dict[str, list[str]]:
    """What was typed, with an address beside the list of villages as the address."""
    other = [text for text in typed.get(OTHER, ()) if text.strip()]
    kept = {name: list(texts) for name, texts in typed.items() if name != OTHER}
    return {**kept, ADDRESS: other} if other else kept


def last_text(each: Field, value: Any) -> str:
    """上次 149: the number alone, since the unit stands behind the box; the label of an answer."""
    if isinstance(each.type, Int | Scaled):
        return typed_of(each.type, value)[0]
    return field_text(each, value)


def _rows(each: Field, kind: ListOf, filled: Filled, choices: Choices) -> Rows:
    numbers = rows_typed(each, filled.typed)
    rows = tuple(
        tuple(
            Drawn(
                replace(inner, name=f"{each.name}.{number}.{inner.name}"),
                choices=choices.of(inner),
                hidden=is_item(inner),
            )
            for inner in kind.fields
        )
        for number in numbers
    )
    return Rows(each, rows, len(numbers) >= kind.most)


def wide(each: Field) -> bool:
    """Whether a field takes a whole line: several answers, long texts."""
    if isinstance(each.type, Codes):
        return True
    if isinstance(each.type, Code):
        return 3 < len(each.type.codes) <= 6
    return getattr(each.type, "most", 0) > 100
