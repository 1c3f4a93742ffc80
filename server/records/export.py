"""The catalogue as JSON: whole for the tablet's app, one form at a time as JSON Schema for others.

The same catalogue is the same bytes: members and lists stand in the order of the forms, nothing is
read from a clock, and `hash` names the content. Checks between fields and values that are computed
stand as expressions (expression.py), which the app evaluates itself.
"""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

from server.records.computed import KNOWN
from server.records.kinds import everything
from server.records.model import (
    Check,
    Code,
    Codes,
    Computed,
    Day,
    Field,
    FieldType,
    Int,
    Kind,
    ListOf,
    Month,
    Ref,
    Scaled,
    Text,
    Time,
)
from server.records.values import MONTH_PATTERN, REF_PATTERN, TIME_PATTERN

FORMAT: Final = 1
"""Of the exported catalogue; a reader that does not know it stops."""

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_DAY_PATTERN: Final = "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_NO_CONTROL: Final = "^[^\\u0000-\\u0008\\u000b-\\u001f\\u007f]*$"
_HASHED: Final = 16  # hex digits of the hash that people read


def catalogue(beside: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """All kinds in all versions; `beside`: what else the app needs (next steps, the plan's words).

    `hash` is of everything but itself.
    """
    content: dict[str, Any] = {
        "format": FORMAT,
        "known": sorted(KNOWN),
        "kinds": [told(kind) for kind in everything()],
        **(beside or {}),
    }
    return {"hash": sha256(_plain(content)).hexdigest()[:_HASHED], **content}


def text(content: Any) -> str:
    """The bytes of a file, always the same for the same content."""
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _plain(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def told(kind: Kind) -> dict[str, Any]:
    """One form in one version."""
    waiver = kind.waiver and {"field": kind.waiver.field, "keeps": list(kind.waiver.keeps)}
    return {
        "id": kind.id,
        "version": kind.version,
        "label": kind.label,
        "neutral_label": kind.neutral_label,
        "valid_from": kind.valid_from.isoformat(),
        "valid_until": kind.valid_until and kind.valid_until.isoformat(),
        "shape": kind.shape.value,
        "subject": kind.subject.value,
        "class": kind.access.value,
        "draft": kind.draft,
        "after_death": kind.after_death,
        "waiver": waiver,
        "fields": [_field(each) for each in kind.fields],
        "checks": [_check(each) for each in kind.checks],
        "computed": [_computed(each) for each in kind.computed],
    }


def _field(each: Field) -> dict[str, Any]:
    return {
        "name": each.name,
        "label": each.label,
        "type": _type(each.type),
        "required": each.required,
        "class": each.access.value,
        "resident_may": each.resident.value,
        "policy": each.policy.value,
        "safer": each.safer and each.safer.told(),
        "reveals": each.reveals,
        "charged": each.charged,
        "std": each.std,
    }


def _type(kind: FieldType) -> dict[str, Any]:
    match kind:
        case Text(least, most, pattern):
            return {"is": "text", "least": least, "most": most, "pattern": pattern}
        case Int() | Scaled():
            return _number(kind)
        case Code(codes):
            return {"is": "code", "codes": dict(codes)}
        case Codes(codes, none):
            return {"is": "codes", "codes": dict(codes), "none": none}
        case Day(past):
            return {"is": "day", "past": past}
        case Month(past):
            return {"is": "month", "past": past}
        case Time():
            return {"is": "time"}
        case Ref(to):
            return {"is": "ref", "to": to}
        case ListOf(fields, most, key):
            inside = [_field(each) for each in fields]
            return {"is": "list", "most": most, "key": key, "fields": inside}


def _number(kind: Int | Scaled) -> dict[str, Any]:
    return {
        "is": "integer" if isinstance(kind, Int) else "scaled",
        "places": kind.places if isinstance(kind, Scaled) else 0,
        "low": kind.low,
        "high": kind.high,
        "warn_low": kind.low if kind.warn_low is None else kind.warn_low,
        "warn_high": kind.high if kind.warn_high is None else kind.warn_high,
        "unit": kind.unit,
    }


def _check(each: Check) -> dict[str, Any]:
    return {
        "name": each.name,
        "needs": list(each.needs),
        "broken": each.broken,
        "missing": each.missing,
        "unless": list(each.unless),
        "at": each.place(),
        "warn": each.warn,
        "sentence": each.sentence_zh,
    }


def _computed(each: Computed) -> dict[str, Any]:
    return {
        "name": each.name,
        "label": each.label,
        "type": _type(each.type),
        "expression": each.expression,
        "fills": each.fills,
        "asks": each.asks,
        "at": each.place(),
        "warn": each.warn,
        "sentence": each.said() if each.place() else "",
        "source": each.source,
    }


# JSON Schema.


def schema(kind: Kind) -> dict[str, Any]:
    """The body of one form in JSON Schema 2020-12: types, codes, hard bounds, what is required.

    What one answer asks of another is no part of it; the sentences stand in the catalogue. Members
    it does not know are allowed: they are of a newer app.
    """
    required = [each.name for each in kind.fields if each.required]
    made: dict[str, Any] = {
        "$schema": DIALECT,
        "$id": f"urn:gongwei:{kind.id}:{kind.version}",
        "title": kind.label,
        "type": "object",
        "properties": {each.name: _property(each) for each in kind.fields},
    }
    if kind.waiver is None:
        return {**made, "required": required}
    return {
        **made,
        "if": {"required": [kind.waiver.field]},
        "then": {"required": [name for name in required if name in kind.waiver.keeps]},
        "else": {"required": required},
    }


def _property(each: Field) -> dict[str, Any]:
    return {"title": each.label, **_schema_of(each.type)}


def _schema_of(kind: FieldType) -> dict[str, Any]:
    match kind:
        case Text(least, most, pattern):
            made = {"type": "string", "minLength": least, "maxLength": most}
            whole = [{"pattern": f"^(?:{pattern})$"}] if pattern else []
            return {**made, "allOf": [{"pattern": _NO_CONTROL}, *whole]}
        case Int() | Scaled():
            return {"type": "integer", "minimum": kind.low, "maximum": kind.high, **_unit(kind)}
        case Code(codes):
            return {"enum": list(codes), "description": _said(codes)}
        case Codes(codes, none):
            alone: dict[str, Any] = (
                {"if": {"contains": {"const": none}}, "then": {"maxItems": 1}} if none else {}
            )
            return {
                "type": "array",
                "items": {"enum": list(codes)},
                "minItems": 1,
                "uniqueItems": True,
                "description": _said(codes),
                **alone,
            }
        case Day():
            return {"type": "string", "format": "date", "pattern": f"^{_DAY_PATTERN}$"}
        case Month():
            return {"type": "string", "pattern": f"^{MONTH_PATTERN}$"}
        case Time():
            return {"type": "string", "pattern": f"^{TIME_PATTERN}$"}
        case Ref(to):
            return {"type": "string", "pattern": f"^{REF_PATTERN}$", "description": to}
        case ListOf(fields, most):
            item = {
                "type": "object",
                "properties": {each.name: _property(each) for each in fields},
                "required": [each.name for each in fields if each.required],
            }
            return {"type": "array", "maxItems": most, "items": item}


def _unit(kind: Int | Scaled) -> dict[str, Any]:
    times = f"×{10**kind.places}" if isinstance(kind, Scaled) else ""
    said = " ".join(part for part in (kind.unit, times) if part)
    return {"description": said} if said else {}


def _said(codes: Mapping[str, str]) -> str:
    return "; ".join(f"{code} {label}" for code, label in codes.items())
