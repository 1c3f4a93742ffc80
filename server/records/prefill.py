"""The same information is filled in once (S004-5(6)-a): what a new form may begin with.

Two sources. What was measured the same day in another form is the same measurement. What lasts
(targets, drugs) is taken over from the newest record and is there to be changed. A measured value
of an earlier day is never taken over: it is shown beside the field as 上次.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from server.records.kinds import UnknownKind, get
from server.records.model import Field, Kind, Ref

LASTING: Final = frozenset({"meds", "insulin"})
TARGET: Final = "_target"


@dataclass(frozen=True, slots=True)
class Written:
    """One record in view: its form in the version that `version` names, decoded."""

    kind: str
    version: int
    on: date
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Last:
    """The newest earlier value of a field."""

    value: Any
    on: date


def last_values(kind: Kind, written: Iterable[Written]) -> dict[str, Last]:
    """Of each field of this form the newest value in any form that asks the same, oldest first in
    `written`.
    """
    found: dict[str, Last] = {}
    for each in sorted(written, key=lambda one: one.on):
        for name in _shared(kind, each):
            found[name] = Last(each.body[name], each.on)
    return found


def prefilled(kind: Kind, written: Iterable[Written], on: date) -> dict[str, Any]:
    """The values a form for a service on that day begins with."""
    values: dict[str, Any] = {}
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
        and classes[each.name] <= kind.access_of(each.name)
    ]


def _same(ours: Field, theirs: Field | None) -> bool:
    if theirs is None or isinstance(ours.type, Ref):
        return False
    return ours.type == theirs.type and ours.label == theirs.label
