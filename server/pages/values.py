"""Values of forms as people read them: the name of a cell, what was answered, what was changed."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final, cast

from server.pages import times
from server.pages.words import words
from server.records.ages import full_years
from server.records.kinds import REGISTER, UnknownKind, get
from server.records.model import (
    Code,
    Codes,
    Field,
    FieldType,
    Int,
    Kind,
    ListOf,
    Ref,
    Scaled,
    decimal_text,
)
from sync.merge import is_present
from sync.policy import Policy

TAIL = 4
NO_NAMES: Final[Mapping[bytes, str]] = {}
TODDLER = 3  # younger, the age is told in months


def cell_label(cell: str, kind: Kind = REGISTER) -> str:
    """What a register cell is called: 饮酒, 药物过敏史."""
    found = kind.field_of(cell)
    return found.label if found else words("values").unknown_field


def cell_text(cell: str, value: Any, kind: Kind = REGISTER) -> str:
    """What somebody answered in one cell."""
    w = words("values")
    found = kind.field_of(cell)
    if found is None:
        return w.nothing if value is None else str(value)
    if found.policy is Policy.SET and "/" in cell:
        return _element(found, cell.partition("/")[2], value)
    return field_text(found, value)


def _element(each: Field, key: str, value: Any) -> str:
    """One element of a set: there, with its details, or not there."""
    w = words("values")
    name = _element_name(each, key, value)
    if not is_present(value):
        return w.absent(what=name)
    details = ""
    if isinstance(each.type, ListOf) and isinstance(value, dict):
        told = cast("dict[str, Any]", value)
        details = w.comma.join(
            field_text(inner, told[inner.name])
            for inner in each.type.fields
            if inner.name in told and inner.name not in ("name", each.type.key)
        )
    return w.with_details(what=name, details=details) if details else name


def _element_name(each: Field, key: str, value: Any) -> str:
    w = words("values")
    if isinstance(each.type, Codes):
        return each.type.codes.get(key, key)
    if isinstance(each.type, ListOf):
        inner = next((f for f in each.type.fields if f.name == each.type.key), None)
        if inner is not None and isinstance(inner.type, Code):
            return inner.type.codes.get(key, key)
        if isinstance(value, dict):
            return str(cast("dict[str, Any]", value).get("name", w.one_of(what=each.label)))
    return w.one_of(what=each.label)


def field_text(each: Field, value: Any) -> str:
    """A value of one field; a document's number shows its tail only."""
    w = words("values")
    if value is None or value == "":
        return w.nothing
    if each.name == "id_no":
        return words("ui").id_tail(tail=str(value)[-TAIL:])
    return _typed(each.type, value)


def _typed(kind: FieldType, value: Any) -> str:
    w = words("values")
    match kind:
        case Code(codes):
            return codes.get(str(value), str(value))
        case Codes(codes):
            return w.comma.join(codes.get(str(each), str(each)) for each in _list(value))
        case Int():
            return w.with_unit(value=value, unit=kind.unit) if kind.unit else str(value)
        case Scaled():
            number = decimal_text(value, kind.places) if isinstance(value, int) else str(value)
            return w.with_unit(value=number, unit=kind.unit) if kind.unit else number
        case ListOf(fields):
            return w.semicolon.join(_item(fields, each) for each in _list(value))
        case Ref():
            return w.reference(id=str(value)[:8])
        case _:
            return str(value)


def _item(fields: tuple[Field, ...], item: Any) -> str:
    told = cast("dict[str, Any]", item) if isinstance(item, dict) else {}
    return words("values").comma.join(
        field_text(each, told[each.name])
        for each in fields
        if each.name in told and not isinstance(each.type, Ref)
    )


def _list(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else [value]


def changed(cell: str, before: Any, after: Any, *, known: bool) -> str:
    """改动: what this saying did to the value before. `known`: whether that value is known."""
    w = words("values")
    found = REGISTER.field_of(cell)
    if found is not None and found.policy is Policy.SET and "/" in cell:
        if is_present(before) == is_present(after):
            return w.same if before == after or not known else w.details_changed
        return w.added if is_present(after) else w.removed
    if not known or before is None:
        return w.first_said
    return w.same if before == after else w.was(before=cell_text(cell, before))


def named_rows(
    kind_id: str, version: int, body: Mapping[str, Any], names: Mapping[bytes, str] = NO_NAMES
) -> list[tuple[str, str, str]]:
    """A filled-in form as (field, label, answer), in the order of the form. `names`: of facilities,
    teams and members of staff by id; a reference without a name is left out, its id tells nobody
    anything.
    """
    try:
        kind = get(kind_id, version)
    except UnknownKind:
        return []
    told = (
        (each, _name(body[each.name], names) if isinstance(each.type, Ref) else
         field_text(each, body[each.name]))
        for each in kind.fields
        if each.name in body
    )  # fmt: skip
    return [(each.name, each.label, text) for each, text in told if text]


def _name(id_: Any, names: Mapping[bytes, str]) -> str:
    try:
        return names.get(bytes.fromhex(id_), "")
    except (TypeError, ValueError):
        return ""


def form_label(kind_id: str) -> str:
    """What lists call a form: never a diagnosis."""
    try:
        return get(kind_id, 1).neutral_label
    except UnknownKind:
        return words("values").unknown_form


def person_line(card: Any, today: Any) -> str:
    """女 71岁 · 证件尾号 0012: what stands under a name."""
    ui = words("ui")
    sex = {"1": ui.male, "2": ui.female}.get(card.sex, ui.unknown_sex)
    parts = [sex]
    if card.birth:
        parts.append(age_text(card.birth, today))
    line = " ".join(parts)
    tail = ui.id_tail(tail=card.id_tail) if card.id_tail else ""
    return words("values").dot.join(each for each in (line, tail, card.address) if each)


def age_text(birth: str, today: date) -> str:
    """71岁; of a small child the months, of a newborn the days. `birth`: ISO day."""
    ui, born = words("ui"), date.fromisoformat(birth)
    years = full_years(born, today)
    if years >= TODDLER:
        return ui.years_old(n=years)
    months = (today.year - born.year) * 12 + today.month - born.month - (today.day < born.day)
    return ui.months_old(n=months) if months > 0 else ui.days_old(n=max(0, (today - born).days))


def moment(at_ms: int) -> str:
    """11月20日 10:42, as a head of a column says it."""
    then = times.civil(at_ms)
    return words("values").moment(month=then.month, day=then.day, time=then.strftime("%H:%M"))


def plain_day(day: str) -> str:
    """11月20日 of an ISO day."""
    return words("values").day(month=int(day[5:7]), day=int(day[8:10]))


def count(n: int) -> str:
    """A number as people read it: 1,234."""
    return f"{n:,}"


def masked(cell: str, text: str) -> str:
    """A telephone number as its tail, where it is only mentioned."""
    return words("values").tail(tail=text[-TAIL:]) if "phone" in cell else text


def name_masked(name: str) -> str:
    """A name as it is shown to whoever happens to look: 周*雨, 郑*."""
    if len(name) < 3:
        return name[:1] + "*" * (len(name) - 1)
    return name[0] + "*" * (len(name) - 2) + name[-1]
