"""The form in which a resident puts the archive's own page right, at the portal and at a desk.

Fields that are one thing to a resident stand on one form (`TOPICS`). A set is ticked as a whole;
the form becomes cells again, and only those that differ are wanted. Lists whose items have ids keep
the items that stay ticked and take one more.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Any, Final

import msgspec

from server.pages.forms import Filled, Posted, filled_from, read_form
from server.pages.values import cell_text
from server.pages.words import words
from server.records.cells import none_beside, shown_codes, to_body
from server.records.check import check, edit_faults
from server.records.kinds import REGISTER
from server.records.model import (
    AccessClass,
    Code,
    Codes,
    Field,
    Kind,
    ListOf,
    Month,
    Shape,
    Text,
)
from server.records.statement import REASONS, TEXT_MOST
from server.records.values import Fault, FaultCode
from server.rules.corrections import Lane, lane_of
from sync.merge import EMPTY, Cell, canonical, choose, is_present
from sync.policy import Policy

WHY, TEXT, NEW, SINCE = "why", "text", "_new", "_since"
PHOTO: Final = "photo"  # a tick beside each picture that the form has already
_PHOTO_ID: Final = re.compile(r"[0-9a-f]{64}")
PHONES: Final = ("phone", "contact_phone")
MOBILE: Final = 11  # digits
FIRST: Final = date(2026, 1, 1)
UNASKED: Final = frozenset({"address_region"})
"""Codes that follow from what is beside them: the facility sets them when it looks."""

TOPICS: Final[tuple[tuple[str, ...], ...]] = (
    ("name",), ("id_no", "id_type"), ("sex",), ("birth_date",),
    ("phone",), ("contact_name", "contact_phone"), ("address_text", "address_region"),
    ("residence_kind",), ("residence_since",), ("work_unit",), ("ethnic",), ("education",),
    ("occupation",), ("marital",), ("pay_mode",),
    ("drug_allergy", "drug_allergy_other"), ("blood_abo", "blood_rh"), ("exposure",),
    ("hx_disease",), ("hx_disease_restricted",),
    ("hx_surgery", "hx_surgery_list"), ("hx_trauma", "hx_trauma_list"),
    ("hx_transfusion", "hx_transfusion_list"),
    ("fam_father",), ("fam_mother",), ("fam_sibling",), ("fam_child",),
    ("fam_father_restricted",), ("fam_mother_restricted",), ("fam_sibling_restricted",),
    ("fam_child_restricted",),
    ("genetic", "genetic_text"), ("disability",), ("disability_restricted", "disability_cert"),
    ("env_kitchen",), ("env_fuel",), ("env_water",), ("env_toilet",), ("env_livestock",),
    ("special_group",), ("special_group_restricted",), ("management_class",), ("remarks",),
)  # fmt: skip
"""Every field a resident may put right; one lane and one class each."""


@dataclass(frozen=True, slots=True)
class Topic:
    """Fields on one form. `name`: of the first, which stands for all in an address."""

    name: str
    fields: tuple[Field, ...]
    lane: Lane
    access: AccessClass


@cache
def topics() -> tuple[Topic, ...]:
    made: list[Topic] = []
    for names in TOPICS:
        fields = tuple(each for each in REGISTER.fields if each.name in names)
        fields = tuple(sorted(fields, key=lambda each: names.index(each.name)))
        lane = lane_of(fields[0])
        assert lane is not None, names
        made.append(Topic(names[0], fields, lane, fields[0].access))
    return tuple(made)


def topic_of(field: str) -> Topic | None:
    """The form on which a field is put right; None for one that only an office changes."""
    return next((t for t in topics() if any(f.name == field for f in t.fields)), None)


Cells = Mapping[str, Cell]
Label = Callable[[Field], str]


def shown(cells: Cells, name: str) -> Any:
    found = cells.get(name, EMPTY)
    return choose(found, REGISTER.policy_of(name), REGISTER.safer_of(name)).value


def elements(cells: Cells, field: Field) -> dict[str, Any]:
    """The elements of a set that are there, by key."""
    keys = [name.partition("/")[2] for name in cells if name.partition("/")[0] == field.name]
    found = {key: shown(cells, f"{field.name}/{key}") for key in keys}
    there = {key: value for key, value in found.items() if is_present(value)}
    if isinstance(field.type, Codes):
        return {key: there[key] for key in shown_codes(field.type, there)}
    return there


def text_of(topic: Topic, cells: Cells, words_of: Callable[[str, Any], str] = cell_text) -> str:
    """What stands there now, all fields of the form in one line; "" for nothing."""
    said: list[str] = []
    for each in topic.fields:
        if each.name in UNASKED:
            continue
        if each.policy is Policy.SET:
            said += [words_of(f"{each.name}/{k}", v) for k, v in elements(cells, each).items()]
        elif (value := shown(cells, each.name)) is not None:
            said.append(words_of(each.name, value))
    return words("values").comma.join(said)


def archives(topic: Topic, cells: Cells) -> dict[str, Cell]:
    """What the archive says, without what the resident has only asked for."""
    if topic.lane is not Lane.ASK:
        return dict(cells)
    kept = {
        name: Cell(tuple(head for head in cell.heads if head.author != "resident"))
        for name, cell in cells.items()
    }
    return {name: cell for name, cell in kept.items() if cell.heads}


def answer_text(
    answers: Mapping[str, Any], cell: str, words_of: Callable[[str, Any], str] = cell_text
) -> str:
    """One cell of what stood there or is wanted; 无 for 没有磺胺 where 无 was the answer."""
    none, value = none_beside(REGISTER, cell), answers.get(cell)
    if none and not is_present(value) and is_present(answers.get(none)):
        return words_of(none, True)
    return words_of(cell, value)


# The form.


def form_of(topic: Topic, cells: Cells, label: Label) -> Kind:
    """The inputs, as a kind of their own; the reasons last."""
    w = words("correcting")
    inputs: list[Field] = []
    for each in topic.fields:
        if each.name not in UNASKED:
            inputs += _inputs(each, cells, label)
    why = Field(WHY, w.why, Code(REASONS), required=True)
    return Kind("correction", w.title, 1, FIRST, Shape.EVENT, (*inputs, why, _text(w.text)))


def _text(label: str) -> Field:
    return Field(TEXT, label, Text(1, TEXT_MOST))


def _inputs(each: Field, cells: Cells, label: Label) -> list[Field]:
    plain = replace(each, label=label(each), access=AccessClass.A, policy=Policy.EVENT, safer=None)
    if not isinstance(each.type, ListOf):
        return [plain]
    w = words("correcting")
    inner = next(field for field in each.type.fields if field.name == each.type.key)
    if isinstance(inner.type, Code):
        return [replace(plain, type=Codes(inner.type.codes))]
    there = elements(cells, each)
    kept = {key: cell_text(f"{each.name}/{key}", value) for key, value in there.items()}
    stay = [replace(plain, type=Codes(kept), required=False)] if kept else []
    new = Field(each.name + NEW, w.one_more(what=plain.label), Text(1, 100))
    return [*stay, new, Field(each.name + SINCE, w.since, Month(past=True))]


def blank(topic: Topic, cells: Cells, kind: Kind) -> Filled:
    """The form as it is opened: what stands there is filled in."""
    values: dict[str, Any] = {}
    for each in topic.fields:
        if kind.field(each.name) is None:
            continue
        if each.policy is Policy.SET:
            values[each.name] = list(elements(cells, each))
        elif (value := shown(cells, each.name)) is not None:
            values[each.name] = value
    return filled_from(kind, values)


def read(
    topic: Topic, cells: Cells, kind: Kind, posted: Posted, *, today: date, new: bytes
) -> tuple[Filled, dict[str, Any]]:
    """What was posted with every fault at once, and the cells that are wanted otherwise.

    `new`: id of an item that is added to a list.
    """
    typed = _without_none(topic, cells, posted)
    filled = _in_words(read_form(kind, typed, today=today))
    wanted: dict[str, Any] = {}
    for each in topic.fields:
        if each.name not in UNASKED:
            wanted |= _wanted(topic, each, cells, kind, filled, new)
    faults = [] if filled.hard else _faults(topic, cells, wanted, today)
    if not wanted and not filled.hard:
        said = words("correcting").nothing_changed
        faults.append(Fault(topic.fields[0].name, FaultCode.MISSING, said))
    return filled.but(*faults), wanted


def _without_none(topic: Topic, cells: Cells, posted: Posted) -> dict[str, list[str]]:
    """Who ticks a drug beside 无 that was there means the drug."""
    typed = {name: list(values) for name, values in posted.items()}
    for each in topic.fields:
        none = each.type.none if isinstance(each.type, Codes) else ""
        ticked = typed.get(each.name, [])
        if none and none in ticked and len(ticked) > 1 and none in elements(cells, each):
            typed[each.name] = [code for code in ticked if code != none]
    return typed


def _wanted(
    topic: Topic, each: Field, cells: Cells, kind: Kind, filled: Filled, new: bytes
) -> dict[str, Any]:
    if each.policy is Policy.SET:
        return _wanted_elements(each, cells, kind, filled, new)
    value, before = filled.values.get(each.name), shown(cells, each.name)
    if value is None:
        # A claim that there is no such value; null would be no claim at all.
        value = "" if topic.lane is Lane.ASK else None
        return {each.name: value} if before is not None else {}
    return {each.name: value} if canonical(value) != canonical(before) else {}


def _wanted_elements(
    each: Field, cells: Cells, kind: Kind, filled: Filled, new: bytes
) -> dict[str, Any]:
    there, wanted = elements(cells, each), dict[str, Any]()
    ticked: set[str] = set(filled.values.get(each.name, []))
    if kind.field(each.name) is not None:
        wanted |= {f"{each.name}/{key}": True for key in sorted(ticked - there.keys())}
        wanted |= {f"{each.name}/{key}": False for key in sorted(there.keys() - ticked)}
    added = filled.values.get(each.name + NEW)
    if added is not None:
        since = filled.values.get(each.name + SINCE)
        item = {"name": added, "since": since} if since else {"name": added}
        wanted[f"{each.name}/{new.hex()}"] = item
    return wanted


def _faults(topic: Topic, cells: Cells, wanted: Mapping[str, Any], today: date) -> list[Fault]:
    """A value by itself; what is applied at once must fit together with the rest as well."""
    found: list[Fault] = []
    for name, value in wanted.items():
        if value != "":
            found += [f for f in edit_faults(REGISTER, name, value, today=today) if not f.warn]
    if topic.lane is Lane.CHANGE and not found:
        every = {name: shown(cells, name) for name in cells} | dict(wanted)
        body = to_body(REGISTER, every)
        touched = {name.partition("/")[0] for name in wanted}
        whole = check(REGISTER, msgspec.json.encode(body), on=today, today=today)
        found += [f for f in whole if not f.warn and f.field.partition("/")[0] in touched]
    names = {each.name for each in topic.fields}
    return [_placed(each, names) for each in found]


def _placed(fault: Fault, names: set[str]) -> Fault:
    field = fault.field.partition("/")[0]
    return fault if field in names else replace(fault, field=min(names))


# Pictures of the form.


def ticked(posted: Posted) -> list[bytes]:
    """Ids of the pictures that came with the form before and are to stay."""
    return [bytes.fromhex(each) for each in posted.get(PHOTO, ()) if _PHOTO_ID.fullmatch(each)]


def photo_faults(codes: Sequence[str]) -> list[Fault]:
    """What is wrong with a picture (codes of server/actions/attachments), beside its input."""
    said = words("correcting").no_photo
    return [Fault(PHOTO, FaultCode.OUT_OF_RANGE, said.get(each, said.otherwise)) for each in codes]


# Words beside a record.

FIELD: Final = "field"


def statement_form(fields: Mapping[str, str]) -> Kind:
    """What is not right about a record: which of its lines (name -> label), why, in own words."""
    w = words("correcting")
    which = Field(FIELD, w.which, Code(fields))
    why = Field(WHY, w.why, Code(REASONS), required=True)
    text = replace(_text(w.statement), required=True)
    return Kind("statement", w.title, 1, FIRST, Shape.EVENT, (which, why, text))


def read_statement(kind: Kind, posted: Posted, today: date) -> Filled:
    """The words with every fault at once."""
    return _in_words(read_form(kind, posted, today=today))


def _in_words(filled: Filled) -> Filled:
    """Why it is wanted is chosen; a number that begins like a mobile telephone's is one."""
    w = words("correcting")
    short = {
        name: Fault(name, FaultCode.OUT_OF_RANGE, w.mobile(n=digits))
        for name in PHONES
        if (typed := filled.text(name).strip()).startswith("1")
        and (digits := sum(sign.isdecimal() for sign in typed)) != MOBILE
    }
    told = [
        replace(each, sentence_zh=w.why_missing)
        if each.field == WHY and each.code is FaultCode.MISSING
        else each
        for each in filled.faults
        if each.field not in short
    ]
    return replace(filled, faults=(*short.values(), *told))
