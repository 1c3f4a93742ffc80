"""Forms as residents read them: labels and units in their words, forms in groups.

The answers are the form's own (server/pages/values.py); only what they are called is another.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any, Final

from server.pages.values import field_text
from server.pages.words import words
from server.records.kinds import everything
from server.records.model import (
    AccessClass,
    Field,
    FieldType,
    Int,
    Kind,
    ListOf,
    Ref,
    Scaled,
    decimal_text,
)
from server.records.model import Subject as About

GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "checkup": ("health_check", "disabled_check"),
    "followup": ("htn_followup", "dm_followup", "copd_followup", "copd_record"),
    "child": ("newborn_visit", "child_check"),
    "mother": ("antenatal_first", "antenatal_next", "postpartum_visit", "postpartum_42"),
    "elder": ("elder_selfcare",),
    "tcm": ("elder_tcm", "child_tcm"),
    "vaccination": ("vaccination",),
    "other": (),
    "restricted": (),
}
"""Group -> kinds, in the order of the page. `other` takes every open kind that no group names,
`restricted` every record of class B, whatever its form.
"""

RESTRICTED: Final = "restricted"
OTHER: Final = "other"
_DAY: Final = re.compile(r"(?<![\d-])(\d{4})-(\d\d)-(\d\d)(?![\d-])")
_MONTH: Final = re.compile(r"(?<![\d-])(\d{4})-(0[1-9]|1[0-2])(?![\d-])")
_OF: Final = {kind: group for group, kinds in GROUPS.items() for kind in kinds}


def group_of(kind_id: str, cls: str) -> str:
    """The group a record stands in."""
    return RESTRICTED if cls != AccessClass.A else _OF.get(kind_id, OTHER)


def unit(of: str) -> str:
    """A unit in words."""
    return words("plain").units.get(of, of)


def label(each: Field) -> str:
    """What a field is called."""
    return words("plain").labels.get(each.label, each.label)


def form_name(kind_id: str, cls: str = "A") -> str:
    """What a form is called; restricted ones by their neutral name."""
    kind = kind_of(kind_id)
    if kind is None:
        return words("plain").forms.get(kind_id, words("values").unknown_form)
    if cls != AccessClass.A or kind.access is not AccessClass.A:
        return kind.neutral_label
    return words("plain").forms.get(kind_id, kind.label)


def text(each: Field, value: Any) -> str:
    """An answer, its unit and its days in words."""
    told = field_text(*_short(_plain(each), value))
    return words("plain").answers.get(told) or spoken(told)


def number(value: int, places: int) -> str:
    """A measured value, the same wherever it stands: nothing rounded, and past the first place no
    last nought (5.49, 5.5, 7.0).
    """
    told = decimal_text(value, places)
    return told.removesuffix("0") if places > 1 else told


def _short(each: Field, value: Any) -> tuple[Field, Any]:
    """The same value with no last nought past the first place."""
    kind = each.type
    if isinstance(kind, Scaled) and kind.places > 1 and isinstance(value, int) and not value % 10:
        return replace(each, type=replace(kind, places=kind.places - 1)), value // 10
    return each, value


def spoken(told: str) -> str:
    """A text with its days and months as people say them: 2026年5月20日, 2011年5月."""
    w = words("plain")
    told = _DAY.sub(lambda m: w.day(year=m[1], month=int(m[2]), day=int(m[3])), told)
    return _MONTH.sub(lambda m: w.month(year=m[1], month=int(m[2])), told)


_PLAIN: Final[dict[int, tuple[Field, Field]]] = {}  # by identity: the catalogue's stay for good


def _plain(each: Field) -> Field:
    found = _PLAIN.get(id(each))
    if found is None or found[0] is not each:
        made = replace(each, type=_type(each.type), label=label(each))
        found = _PLAIN[id(each)] = (each, made)
    return found[1]


def _type(kind: FieldType) -> FieldType:
    match kind:
        case Int() | Scaled():
            return replace(kind, unit=unit(kind.unit))
        case ListOf(fields):
            inner = tuple(_plain(each) for each in fields if not isinstance(each.type, Ref))
            return replace(kind, fields=inner)
        case _:
            return kind


@cache
def _newest() -> dict[str, Kind]:
    return {each.id: each for each in everything() if each.subject is About.RESIDENT}


def kind_of(kind_id: str) -> Kind | None:
    """The newest version of a form; None for one this server does not know."""
    return _newest().get(kind_id)
