"""What a station wrote: fields of a form inside a step, judged by that form."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any, cast

from server.records.check import check, hard
from server.records.kinds import UnknownKind, get
from server.records.model import AccessClass, Kind, Shape, Subject
from server.records.values import FaultCode


class NotAPart(ValueError):
    """The values are no JSON object, or of a form that no station fills in."""


def values_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a part, decoded; {} where a station only says that it is done.

    Raises NotAPart.
    """
    text = body.get("values")
    if text is None:
        return {}
    try:
        found = json.loads(text)
        if "\\u" in text:  # half a sign (a lone surrogate) is text that nothing can write down
            json.dumps(found, ensure_ascii=False).encode()
    except (TypeError, ValueError, RecursionError):
        raise NotAPart("values") from None
    if not isinstance(found, dict):
        raise NotAPart("values")
    return cast("dict[str, Any]", found)


def form_of(body: Mapping[str, Any]) -> Kind:
    """The form of a part. Raises NotAPart."""
    try:
        kind = get(body.get("form", ""), body.get("v", 1))
    except UnknownKind:
        raise NotAPart("form") from None
    if kind.shape is not Shape.EVENT or kind.subject is not Subject.RESIDENT or kind.by_resident:
        raise NotAPart("form")
    return kind


def judged(body: Mapping[str, Any], *, on: date, today: date) -> tuple[AccessClass, bool]:
    """(access class, whether a value is one the form cannot have). Raises NotAPart.

    A part is not the whole form: what is missing, and what a check says of fields that no station
    has filled in yet, is no fault of the part.
    """
    values = values_of(body)
    if not values:
        return AccessClass.A, False
    kind = form_of(body)
    plain = json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()
    faults = hard(check(kind, plain, on=on, today=max(today, on), asking=False))
    bad = any(
        each.code is not FaultCode.MISSING and _first(each.field) in {"", *values}
        for each in faults
    )
    access = kind.access_given(frozenset(values)).values()
    return max(access, default=kind.access, key=lambda each: each.value), bad


def _first(place: str) -> str:
    """The field of a place inside a form: "meds" of "meds/0/name"."""
    return place.partition("/")[0]
