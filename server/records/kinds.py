"""The register of kinds: every form this server can read, by id and version.

It is checked when it is imported: a mistake in a form stops the start with a sentence that names
the form and the field, long before a tablet meets it.
"""

import re
from collections.abc import Collection, Iterable
from datetime import date
from typing import Final

from server.records import (
    antenatal_first,
    antenatal_next,
    basic_info,
    child_check,
    child_tcm,
    copd,
    disabled_check,
    dm_followup,
    elder_selfcare,
    elder_tcm,
    encounter,
    facility_work,
    fd_contract,
    health_check,
    htn_followup,
    infectious_report,
    newborn_visit,
    postpartum,
    referral,
    restricted_part,
    smd,
    tb,
    vaccination,
)
from server.records.model import (
    BIRTH,
    ON,
    SEX,
    TODAY,
    AccessClass,
    Check,
    Code,
    Codes,
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
_BESIDE: Final = frozenset({ON, TODAY, SEX, BIRTH})


class KindBroken(ValueError):
    """A form is described wrongly; the message names form, version and field."""


class UnknownKind(LookupError):
    """No form of that id, or none in that version."""


def register(kinds: Iterable[Kind]) -> dict[tuple[str, int], Kind]:
    """All kinds by (id, version). Raises KindBroken on the first mistake."""
    table: dict[tuple[str, int], Kind] = {}
    for kind in kinds:
        _check_kind(kind)
        if (kind.id, kind.version) in table:
            raise KindBroken(f"{kind.id}: version {kind.version} is there twice")
        table[kind.id, kind.version] = kind
    for kind_id in {each for each, _ in table}:
        versions = sorted(v for each, v in table if each == kind_id)
        if versions != list(range(1, len(versions) + 1)):
            raise KindBroken(f"{kind_id}: versions must be 1, 2, 3, ..., not {versions}")
        days = [table[kind_id, v].valid_from for v in versions]
        if days != sorted(set(days)):
            raise KindBroken(f"{kind_id}: a newer version must be valid from a later day")
    return table


def _check_kind(kind: Kind) -> None:
    if not _NAME.fullmatch(kind.id):
        raise KindBroken(f"{kind.id!r} is no name for a kind")
    _check_fields(kind, kind.fields)
    names = {each.name for each in kind.fields}
    for check in kind.checks:
        used = {*check.needs, *check.unless} | {check.missing, check.field} - {""}
        for name in sorted(used - names - _BESIDE):
            raise KindBroken(f"{_at(kind)}: check {check.name} looks at {name}, which is no field")
        _check_answers(kind, check)
    if len({each.name for each in kind.checks}) != len(kind.checks):
        raise KindBroken(f"{_at(kind)}: two checks have the same name")
    if (kind.access is AccessClass.C) != (kind.subject is Subject.FACILITY):
        raise KindBroken(f"{_at(kind)}: class C is for forms about a facility, and only for them")
    if kind.waiver:
        for name in {kind.waiver.field, *kind.waiver.keeps} - names:
            raise KindBroken(f"{_at(kind)}: the waiver names {name}, which is no field")


def _check_answers(kind: Kind, check: Check) -> None:
    """A check of one question finds fault with one of its answers, or it names none of them."""
    each = next((f for f in kind.fields if check.needs == (f.name,)), None)
    if each is None or not isinstance(each.type, Code | Codes) or not check.missing:
        return
    answers: list[object] = list(each.type.codes)
    if isinstance(each.type, Codes):
        answers = [[code] for code in each.type.codes]
    if not any(check.broken(answer) for answer in answers):
        raise KindBroken(f"{_at(kind)}: check {check.name} asks for an answer there is not")


def _check_fields(kind: Kind, fields: tuple[Field, ...]) -> None:
    seen: set[str] = set()
    for each in fields:
        at = f"{_at(kind)}.{each.name}"
        if not _NAME.fullmatch(each.name):
            raise KindBroken(f"{at}: a field name is snake_case ascii")
        if each.name in seen:
            raise KindBroken(f"{at}: the name is there twice")
        seen.add(each.name)
        if not each.label:
            raise KindBroken(f"{at}: has no label")
        if (fields is kind.fields) and (each.policy is Policy.EVENT) != (kind.shape is Shape.EVENT):
            raise KindBroken(f"{at}: policy {each.policy} does not fit shape {kind.shape}")
        _check_type(kind, each, at)


def _check_type(kind: Kind, each: Field, at: str) -> None:
    match each.type:
        case Code(codes) | Codes(codes):
            if not codes or not all(_KEYS_OF_A_SET.fullmatch(code) for code in codes):
                raise KindBroken(f"{at}: codes are 1 to 32 of a-z and 0-9")
            if isinstance(each.type, Codes) and each.type.none and each.type.none not in codes:
                raise KindBroken(f"{at}: its none-code {each.type.none!r} is no code")
        case Int() | Scaled():
            _check_bounds(each.type, at)
        case Text(least, most, pattern):
            if not 0 <= least <= most:
                raise KindBroken(f"{at}: {least} to {most} characters is no range")
            re.compile(pattern)
        case ListOf(fields, most, key):
            if most < 1:
                raise KindBroken(f"{at}: a list of at most {most} holds nothing")
            _check_fields(kind, fields)
            if key and key not in {inner.name for inner in fields}:
                raise KindBroken(f"{at}: its key {key!r} is no field of the item")
            if each.policy is Policy.SET and not key:
                raise KindBroken(f"{at}: a set of objects needs a key")
        case _:
            pass
    if each.policy is Policy.SET and not isinstance(each.type, Codes | ListOf):
        raise KindBroken(f"{at}: only several answers can be a set")


def _check_bounds(kind_type: Int | Scaled, at: str) -> None:
    low, high = kind_type.low, kind_type.high
    warn_low = low if kind_type.warn_low is None else kind_type.warn_low
    warn_high = high if kind_type.warn_high is None else kind_type.warn_high
    if not low <= warn_low <= warn_high <= high:
        raise KindBroken(f"{at}: bounds {low}, {warn_low}, {warn_high}, {high} are not in order")


def _at(kind: Kind) -> str:
    return f"{kind.id} version {kind.version}"


KINDS: Final = register(
    (
        basic_info.V1,
        htn_followup.V1,
        dm_followup.V1,
        health_check.V1,
        encounter.V1,
        referral.V1,
        elder_selfcare.V1,
        elder_tcm.V1,
        copd.RECORD_V1,
        copd.FOLLOWUP_V1,
        newborn_visit.V1,
        child_check.V1,
        child_tcm.V1,
        antenatal_first.V1,
        antenatal_next.V1,
        postpartum.VISIT_V1,
        postpartum.DAY_42_V1,
        vaccination.V1,
        fd_contract.V1,
        disabled_check.V1,
        restricted_part.V1,
        smd.SUPPLEMENT_V1,
        smd.FOLLOWUP_V1,
        tb.FIRST_V1,
        tb.FOLLOWUP_V1,
        infectious_report.V1,
        facility_work.PATROL_V1,
        facility_work.EDUCATION_V1,
    )
)
REGISTER: Final = KINDS["basic_info", 1]
"""The one register kind: the archive's own page."""


def get(kind_id: str, version: int) -> Kind:
    """The kind of that id and version. Raises UnknownKind."""
    kind = KINDS.get((kind_id, version))
    if kind is None:
        raise UnknownKind(f"{kind_id} version {version}")
    return kind


def current(kind_id: str, *, on: date) -> Kind:
    """The version in force for a service given on that day. Raises UnknownKind."""
    known = [k for k in KINDS.values() if k.id == kind_id and k.valid_from <= on]
    if not known:
        raise UnknownKind(f"{kind_id} on {on}")
    return max(known, key=lambda kind: kind.version)


def offered(classes: Collection[str], *, on: date) -> tuple[Kind, ...]:
    """The record forms that somebody who sees these classes of an archive may fill in, in the order
    of the catalogue: versions in force on that day, of residents only, restricted ones only where
    B is among the classes. A list of forms is made of these and nothing else.
    """
    named = dict.fromkeys(kind.id for kind in KINDS.values() if kind.valid_from <= on)
    found = (current(kind_id, on=on) for kind_id in named)
    return tuple(kind for kind in found if kind.shape is Shape.EVENT and may_fill_in(kind, classes))


def may_fill_in(kind: Kind, classes: Collection[str]) -> bool:
    """Whether a form has its place in an archive of which these classes are seen."""
    return kind.subject is Subject.RESIDENT and kind.access.value in classes


def everything() -> tuple[Kind, ...]:
    """All kinds in all versions, in the order of the catalogue."""
    return tuple(KINDS.values())
