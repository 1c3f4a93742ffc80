"""The same information is filled in once (S004-5(6)-a): what a new form may begin with.

Three sources. What the archive's own page says (blood group, telephone, address) is there. What was
measured the same day in another form is the same measurement, whatever bounds either form has; the
page says which form it is from. What lasts (targets, drugs) is taken over from the newest record
and is there to be changed. A measured value of an earlier day is never taken over: it is shown
beside the field as 上次.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from server.records.kinds import REGISTER, UnknownKind, everything, get
from server.records.model import Field, Int, Kind, Ref, Scaled, Shape, Subject, Text
from server.records.values import read

LASTING: Final = frozenset({"meds", "insulin"})
TARGET: Final = "_target"
_OWN_WORDS: Final = frozenset({"remarks"})
OTHERWISE_NAMED: Final[Mapping[tuple[str, str], str]] = {
    ("infectious_report", "unit"): "work_unit",
}


@dataclass(frozen=True, slots=True)
class Written:
    """One record in view: its form in the version that `version` names, decoded."""

    kind: str
    version: int
    on: date
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Last:
    """The newest earlier value of a field, and the form it stands in."""

    value: Any
    on: date
    kind: str = ""


def last_values(kind: Kind, written: Iterable[Written]) -> dict[str, Last]:
    """Of each field of this form the newest value in any form that asks the same, oldest first in
    `written`.
    """
    found: dict[str, Last] = {}
    for each in sorted(written, key=lambda one: one.on):
        for name in _shared(kind, each):
            found[name] = Last(each.body[name], each.on, each.kind)
    return found


def asked_of_basics(kind: Kind) -> dict[str, str]:
    """{field of this form: field of the archive's own page that answers it}: the same question has
    the same name, unless OTHERWISE_NAMED says how the form calls it. Nothing goes down a class.
    """
    found: dict[str, str] = {}
    for each in kind.fields:
        own = REGISTER.field(OTHERWISE_NAMED.get((kind.id, each.name), each.name))
        if kind is REGISTER or own is None or each.name in _OWN_WORDS:
            continue
        if _holds(each, own) and own.access <= kind.access_of(each.name):
            found[each.name] = own.name
    return found


def _holds(each: Field, own: Field) -> bool:
    """Whether every answer to the one is an answer to the other."""
    if isinstance(each.type, Text) and isinstance(own.type, Text):
        return own.type.least >= each.type.least and own.type.most <= each.type.most
    return own.type == each.type and not isinstance(each.type, Ref)


def prefilled(
    kind: Kind,
    written: Iterable[Written],
    on: date,
    basics: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The values a form for a service on that day begins with. `basics`: what the archive's own
    page says, by field.
    """
    values = {
        name: basics[own]
        for name, own in (asked_of_basics(kind) if basics else {}).items()
        if basics and basics.get(own) is not None
    }
    for each in sorted(written, key=lambda one: one.on):
        same_day = each.on == on and each.kind != kind.id
        for name in _shared(kind, each):
            if same_day or name in LASTING or name.endswith(TARGET):
                values[name] = each.body[name]
    return values


def _shared(kind: Kind, written: Written) -> list[str]:
    """Fields of `kind` that the record holds under the same name with the same meaning.

    Nothing goes down a class: the drugs of a restricted visit stay out of an open form.
    """
    try:
        theirs = get(written.kind, written.version)
    except UnknownKind:
        return []
    classes = theirs.access_given(frozenset(written.body))
    return [
        each.name
        for each in kind.fields
        if each.name in written.body
        and _same(each, theirs.field(each.name))
        and _fits(each, written.body[each.name])
        and classes[each.name] <= kind.access_of(each.name)
    ]


def _same(ours: Field, theirs: Field | None) -> bool:
    if theirs is None or isinstance(ours.type, Ref):
        return False
    if ours.label != theirs.label:
        return False
    measured = _measured(ours)
    return ours.type == theirs.type or (measured is not None and measured == _measured(theirs))


def _measured(each: Field) -> tuple[int, str] | None:
    """How a number is written: its decimals and its unit; None for what is no number."""
    match each.type:
        case Int(unit=unit):
            return 0, unit
        case Scaled(places, unit=unit):
            return places, unit
        case _:
            return None


def _fits(each: Field, value: Any) -> bool:
    """Whether a number of another form lies in what this one takes: a child's weight may not."""
    return _measured(each) is None or read(each, value, today=date.max)[0] is not None


def told() -> dict[str, Any]:
    """The rules above as data, for the tablet's app: of each form the fields that the archive's own
    page answers, and of each field the forms that ask the same (what their numbers are is seen only
    in a record, and so is what a revealing answer makes restricted).
    """
    forms = [each for each in everything() if each.subject is Subject.RESIDENT]
    events = [each for each in forms if each.shape is Shape.EVENT]
    return {
        "lasting": sorted(LASTING),
        "target": TARGET,
        "basics": {_name(each): asked_of_basics(each) for each in events},
        "same": {_name(each): _asked_elsewhere(each, events) for each in events},
    }


def _name(kind: Kind) -> str:
    return f"{kind.id}/{kind.version}"


def _asked_elsewhere(kind: Kind, others: Iterable[Kind]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for other in others:
        for each in kind.fields:
            theirs = other.field(each.name)
            if _same(each, theirs) and other.access_of(each.name) <= kind.access_of(each.name):
                found.setdefault(each.name, []).append(_name(other))
    return found
