"""What a form works out by itself, at a desk: filled in where nothing was typed, shown beside it.

The definitions are the form's own (server/records/computed.py); here they get what is known of the
resident and the numbers of the district.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from server.actions.keeping.site import Site
from server.actions.plan.facts import district_numbers
from server.console.desk_form import body_of, typed_from
from server.pages.forms import Posted
from server.pages.values import field_text
from server.records.computed import computed, filled_in
from server.records.known import known_of, last_of
from server.records.model import Code, Computed, Field, Kind
from server.records.operations import Value
from server.records.prefill import Written

COMPUTE: Final = "compute"
"""What the button says that only works out."""


@dataclass(frozen=True, slots=True)
class Beside:
    """What is known beside a form: by name, the record before it, the district's numbers."""

    known: Mapping[str, Any]
    last: Mapping[str, Any]
    numbers: Mapping[str, int]
    died: date | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """One value as drawn. `filled`: it stands in the form as well."""

    label: str
    text: str
    filled: bool


NOBODY: Final = Beside({}, {}, {})


def beside(
    site: Site, kind: Kind, written: Sequence[Written], on: date, *, birth: date | None,
    sex: str | None, died: date | None = None,
) -> Beside:  # fmt: skip
    """For one form of one resident on one day."""
    known = known_of(written, on, birth=birth, sex=sex)
    return Beside(known, last_of(kind.id, written, on), district_numbers(site, on.year), died)


def values_of(kind: Kind, body: Mapping[str, Any], beside_: Beside) -> dict[str, Value]:
    return computed(kind, body, beside_.known, beside_.last, beside_.numbers)


def completed(
    kind: Kind, fields: Sequence[Field], typed: Posted, beside_: Beside
) -> tuple[dict[str, list[str]], bool]:
    """(what was typed, with the computed values where the form was left open; whether a finding is
    among them, which a person looks at before it is saved).
    """
    body, kept = body_of(fields, typed)
    filled = filled_in(kind, body, values_of(kind, body, beside_))
    found = any(isinstance(each.type, Code) for each in fields if each.name in filled)
    return {**kept, **typed_from(fields, filled)}, found


def shown(kind: Kind, body: Mapping[str, Any], beside_: Beside) -> tuple[Result, ...]:
    """Every value that could be worked out, in the words of the form."""
    values = values_of(kind, body, beside_)
    return tuple(
        Result(each.label, _text(each, values[each.name]), bool(each.fills))
        for each in kind.computed
        if each.name in values and values[each.name] != []
    )


def _text(each: Computed, value: Value) -> str:
    return field_text(Field(each.name, each.label, each.type), value)
