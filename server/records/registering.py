"""What a catalogue must be, looked at once when it is imported.

A mistake stops the start with file and line. The line is looked for only then: a form knows nothing
of where it was written, so a catalogue without a mistake costs nothing.
"""

import re
import sys
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from server.records.between import asked, beyond
from server.records.computed import KNOWN
from server.records.expression import Expression, ExpressionBroken, looked_at, parsed
from server.records.model import (
    BIRTH,
    ON,
    SEX,
    TODAY,
    AccessClass,
    Check,
    Code,
    Codes,
    Computed,
    Field,
    Int,
    Kind,
    ListOf,
    Scaled,
    Shape,
    Subject,
    Text,
)
from sync.policy import Policy

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_KEYS_OF_A_SET: Final = re.compile(r"[a-z0-9]{1,32}")
_LOOK_AT: Final = frozenset(
    {
        *("follows", "unlike", "together", "above", "before", "needed_at", "given_once"),
        *("named_when", "waiver", "Waiver", "field", "known"),
    }
)
"""Functions that take the name of a field which is declared elsewhere."""

_BESIDE: Final = frozenset({ON, TODAY, SEX, BIRTH})


class KindBroken(ValueError):
    """A form is described wrongly; the message names file and line, form, version and field."""

    def __init__(self, kind: Kind, said: str, *names: str) -> None:
        place = place_of(kind, names)
        super().__init__(f"{place}: {said}" if place else said)


class UnknownKind(LookupError):
    """No form of that id, or none in that version."""


def register(kinds: Iterable[Kind]) -> dict[tuple[str, int], Kind]:
    """All kinds by (id, version). Raises KindBroken on the first mistake."""
    table: dict[tuple[str, int], Kind] = {}
    for kind in kinds:
        _check_kind(kind)
        if (kind.id, kind.version) in table:
            raise KindBroken(kind, f"{kind.id}: version {kind.version} is there twice")
        table[kind.id, kind.version] = kind
    for kind_id in dict.fromkeys(each for each, _ in table):
        _check_versions([kind for _, kind in sorted(table.items()) if kind.id == kind_id])
    return table


def _check_versions(kinds: list[Kind]) -> None:
    """One after the other, each from a day after the last day of the one before."""
    versions = [kind.version for kind in kinds]
    if versions != list(range(1, len(versions) + 1)):
        raise KindBroken(kinds[-1], f"{kinds[0].id}: versions must be 1, 2, 3, ..., not {versions}")
    for kind in kinds:
        if kind.valid_until is not None and kind.valid_until < kind.valid_from:
            raise KindBroken(kind, f"{_at(kind)}: its validity ends before it begins")
    for before, after in pairwise(kinds):
        if after.valid_from <= before.valid_from:
            said = f"{after.id}: a newer version must be valid from a later day"
            raise KindBroken(after, said)
        if before.valid_until is not None and before.valid_until >= after.valid_from:
            said = f"{_at(after)}: its validity overlaps with version {before.version}"
            raise KindBroken(after, said)


def place_of(kind: Kind, names: tuple[str, ...]) -> str:
    """file:line of the module that holds a form: where the last of the names stands that can be
    found in it, else where the form begins. "" for a form that no module holds.
    """
    for module in list(sys.modules.values()):
        held = dict[str, Any](getattr(module, "__dict__", {}))
        path = Path(getattr(module, "__file__", None) or "")
        if path.suffix == ".py" and any(each is kind for each in held.values()):
            lines = path.read_text("utf-8").splitlines()
            return f"{path}:{_line_of(kind, lines, names)}"
    return ""


def _tells(name: str, line: str, before: str) -> bool:
    """Whether a line declares the name, and does not only look at it: `Field("name", ...`."""
    if line.lstrip().startswith(f'"{name}"'):
        line = before.rstrip() + line.lstrip()
    found = re.search(rf'(\w+)\("{re.escape(name)}"', line)
    return found is not None and found[1] not in _LOOK_AT


def _line_of(kind: Kind, lines: list[str], names: tuple[str, ...]) -> int:
    for name in names:
        found = [n for n, line in enumerate(lines, 1) if f'"{name}"' in line]
        told = [n for n in found if _tells(name, lines[n - 1], lines[n - 2])]
        if told or found:
            return (told or found)[-1]
    begins = [number for number, line in enumerate(lines, 1) if f'"{kind.id}"' in line]
    versions = [n for n in begins if any(f"version={kind.version}," in e for e in lines[n : n + 3])]
    return (versions or begins or [1])[0]


def _check_kind(kind: Kind) -> None:
    if not _NAME.fullmatch(kind.id):
        raise KindBroken(kind, f"{kind.id!r} is no name for a kind")
    _check_fields(kind, kind.fields)
    names = {each.name for each in kind.fields}
    for check in kind.checks:
        used = {*check.needs, *check.unless} | {check.missing, check.field} - {""}
        for name in sorted(used - names - _BESIDE):
            raise KindBroken(
                kind, f"{_at(kind)}: check {check.name} looks at {name}, which is no field", name
            )
        _check_looks(kind, check)
        _check_answers(kind, check)
    if len({each.name for each in kind.checks}) != len(kind.checks):
        raise KindBroken(kind, f"{_at(kind)}: two checks have the same name")
    if (kind.access is AccessClass.C) != (kind.subject is Subject.FACILITY):
        raise KindBroken(
            kind, f"{_at(kind)}: class C is for forms about a facility, and only for them"
        )
    _check_computed(kind, names)
    if kind.waiver:
        for name in {kind.waiver.field, *kind.waiver.keeps} - names:
            raise KindBroken(kind, f"{_at(kind)}: the waiver names {name}, which is no field")


def _check_looks(kind: Kind, check: Check) -> None:
    """A check looks at what it needs, so that it is made only where all of that is right."""
    at = f"{_at(kind)}: check {check.name}"
    for where, name in sorted(beyond(check)):
        raise KindBroken(kind, f"{at} does not need {name} and looks at it ({where})", check.name)
    try:
        asked(check)
    except ExpressionBroken as broken:
        raise KindBroken(kind, f"{at}: {broken}", check.name) from None


def _check_answers(kind: Kind, check: Check) -> None:
    """A check of one question finds fault with one of its answers, or it names none of them."""
    each = next((f for f in kind.fields if check.needs == (f.name,)), None)
    if each is None or not isinstance(each.type, Code | Codes) or not check.missing:
        return
    answers: list[object] = list(each.type.codes)
    if isinstance(each.type, Codes):
        answers = [[code] for code in each.type.codes]
    if not any(asked(check)(answer) for answer in answers):
        raise KindBroken(
            kind,
            f"{_at(kind)}: check {check.name} asks for an answer there is not",
            check.needs[0],
        )


def _check_computed(kind: Kind, names: set[str]) -> None:
    """A definition looks at fields, at what is known beside the form and at those before it."""
    before: set[str] = set()
    for each in kind.computed:
        at = f"{_at(kind)}: {each.name}"
        if each.name in before or not _NAME.fullmatch(each.name):
            raise KindBroken(kind, f"{at} is no name for a value, or is there twice", each.name)
        for name in {each.fills, each.field} - {""} - names:
            raise KindBroken(kind, f"{at} is shown at {name}, which is no field", each.name)
        _check_expression(kind, each, each.expression, names, before)
        before.add(each.name)
        if not isinstance(each.asks, bool):
            _check_expression(kind, each, each.asks, names, before)


def _check_expression(
    kind: Kind, each: Computed, expression: Expression, names: set[str], before: set[str]
) -> None:
    at = f"{_at(kind)}: {each.name}"
    try:
        parsed(expression)
    except ExpressionBroken as wrong:
        raise KindBroken(kind, f"{at}: {wrong}", each.name) from None
    for source, name in looked_at(expression):
        seen = names if source in ("field", "last") else before | KNOWN
        if source != "number" and name not in seen:
            raise KindBroken(kind, f"{at} looks at {name}, which is not there", each.name)


def _check_fields(kind: Kind, fields: tuple[Field, ...]) -> None:
    seen: set[str] = set()
    for each in fields:
        at = f"{_at(kind)}.{each.name}"
        if not _NAME.fullmatch(each.name):
            raise KindBroken(kind, f"{at}: a field name is snake_case ascii", each.name)
        if each.name in seen:
            raise KindBroken(kind, f"{at}: the name is there twice", each.name)
        seen.add(each.name)
        if not each.label:
            raise KindBroken(kind, f"{at}: has no label", each.name)
        if (fields is kind.fields) and (each.policy is Policy.EVENT) == (
            kind.shape is Shape.REGISTER
        ):
            raise KindBroken(
                kind, f"{at}: policy {each.policy} does not fit shape {kind.shape}", each.name
            )
        _check_type(kind, each, at)


def _check_type(kind: Kind, each: Field, at: str) -> None:
    match each.type:
        case Code(codes) | Codes(codes):
            if not codes or not all(_KEYS_OF_A_SET.fullmatch(code) for code in codes):
                raise KindBroken(kind, f"{at}: codes are 1 to 32 of a-z and 0-9", each.name)
            if isinstance(each.type, Codes) and each.type.none and each.type.none not in codes:
                raise KindBroken(
                    kind, f"{at}: its none-code {each.type.none!r} is no code", each.name
                )
        case Int() | Scaled():
            _check_bounds(kind, each, each.type)
        case Text(least, most, pattern):
            if not 0 <= least <= most:
                raise KindBroken(kind, f"{at}: {least} to {most} characters is no range", each.name)
            re.compile(pattern)
        case ListOf(fields, most, key):
            if most < 1:
                raise KindBroken(kind, f"{at}: a list of at most {most} holds nothing", each.name)
            _check_fields(kind, fields)
            if key and key not in {inner.name for inner in fields}:
                raise KindBroken(kind, f"{at}: its key {key!r} is no field of the item", each.name)
            if each.policy is Policy.SET and not key:
                raise KindBroken(kind, f"{at}: a set of objects needs a key", each.name)
        case _:
            pass
    if each.policy is Policy.SET and not isinstance(each.type, Codes | ListOf):
        raise KindBroken(kind, f"{at}: only several answers can be a set", each.name)


def _check_bounds(kind: Kind, each: Field, kind_type: Int | Scaled) -> None:
    at = f"{_at(kind)}.{each.name}"
    low, high = kind_type.low, kind_type.high
    warn_low = low if kind_type.warn_low is None else kind_type.warn_low
    warn_high = high if kind_type.warn_high is None else kind_type.warn_high
    if not low <= warn_low <= warn_high <= high:
        raise KindBroken(
            kind, f"{at}: bounds {low}, {warn_low}, {warn_high}, {high} are not in order", each.name
        )


def _at(kind: Kind) -> str:
    return f"{kind.id} version {kind.version}"
