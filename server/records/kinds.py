"""The register of kinds: every form this server can read, by id and version.

The classes of service of the national specification each have their forms (S003-2(1), S004-1),
and none asks the resident for money (S000-art9, S001-art4).

It is checked when it is imported (registering.py): a mistake in a form stops the start with file,
line and a sentence that names the form and the field, long before a tablet meets it.
"""

from collections.abc import Collection
from datetime import date
from typing import Final

from server.records import (
    acts,
    antenatal_first,
    antenatal_next,
    basic_info,
    checkup_steps,
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
    statement,
    tb,
    vaccination,
)
from server.records.model import Kind, Shape, Subject
from server.records.registering import KindBroken, UnknownKind, register

__all__ = [
    "KINDS",
    "REGISTER",
    "KindBroken",
    "UnknownKind",
    "current",
    "everything",
    "get",
    "may_fill_in",
    "offered",
    "register",
]

KINDS: Final = register(
    (
        basic_info.V1,
        htn_followup.V1,
        dm_followup.V1,
        health_check.V1,
        encounter.V1,
        referral.V1,
        referral.V2,
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
        statement.V1,
        *acts.ALL,
        *checkup_steps.ALL,
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
    found = max(known, key=lambda kind: kind.version, default=None)
    if found is None or (found.valid_until is not None and found.valid_until < on):
        raise UnknownKind(f"{kind_id} on {on}")
    return found


def offered(
    classes: Collection[str], *, on: date, elsewhere: Collection[str] = ()
) -> tuple[Kind, ...]:
    """The record forms that somebody who sees these classes of an archive may fill in, in the order
    of the catalogue: versions in force on that day, of residents only, restricted ones only where
    B is among the classes; none that the district first writes `elsewhere`. A list of forms is made
    of these and nothing else.
    """
    named = dict.fromkeys(kind.id for kind in KINDS.values() if _in_force(kind, on))
    found = (current(kind_id, on=on) for kind_id in named)
    return tuple(
        kind
        for kind in found
        if kind.shape is Shape.EVENT and may_fill_in(kind, classes) and kind.id not in elsewhere
    )


def _in_force(kind: Kind, on: date) -> bool:
    return kind.valid_from <= on and (kind.valid_until is None or on <= kind.valid_until)


def may_fill_in(kind: Kind, classes: Collection[str]) -> bool:
    """Whether a form has its place in an archive of which these classes are seen, and is one that
    members of staff write.
    """
    if kind.subject is not Subject.RESIDENT or kind.by_resident:
        return False
    if kind.shape in (Shape.ACT, Shape.STEP):
        return False
    return kind.access.value in classes


def everything() -> tuple[Kind, ...]:
    """All kinds in all versions, in the order of the catalogue."""
    return tuple(KINDS.values())
