"""What follows from a record, as the rules of a plan ask: worked out once a plan, by whoever asks
first (server/rules/next_step.py).
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from server.rules.next_step import Refer, Step, steps_after
from server.rules.plan.model import Asked, Facts, Group, Record, Spell
from server.rules.plan.quota import shared
from server.rules.plan.spells import belongs
from server.rules.plan.windows import ordered

_MALE: Final = "1"
RETREATED: Final = "2"
"""`patient_type` of the first visit in tuberculosis."""
Memo = dict[tuple[bytes, bytes], tuple[Step, ...]]
"""What was worked out already, by the record and the one before it."""


def steps(asked: Asked, each: Record, before: Record | None) -> tuple[Step, ...]:
    """All that follows from a record; `before`: the one of its kind before it."""
    memo: Memo = shared(asked, "steps", Memo)
    return followed(asked.facts, asked.groups, asked.district, memo, each, before)


def is_emergency(asked: Asked, each: Record) -> bool:
    """Whether somebody is to be sent at once for what a record found."""
    before: Record | None = None
    for one in ordered(asked.facts, each.kind):
        if one.id == each.id:
            break
        before = one
    return any(step.refer is Refer.NOW for step in steps(asked, each, before))


def followed(
    facts: Facts,
    groups: Mapping[Group, Spell],
    district: Mapping[str, int],
    memo: Memo,
    each: Record,
    before: Record | None,
) -> tuple[Step, ...]:
    """The same for whoever is not making a plan."""
    key = (each.id, before.id if before is not None else b"")
    found = memo.get(key)
    if found is None:
        found = memo[key] = steps_after(
            each.kind, each.body, each.on, last=before.body if before is not None else None,
            known=_known(facts, groups, each, before), numbers=district,
        )  # fmt: skip
    return found


def _known(
    facts: Facts, groups: Mapping[Group, Spell], each: Record, before: Record | None
) -> dict[str, Any]:
    known = beside(facts, groups, each.on, before)
    if each.kind == "tb_followup" and (first := _first_visit(facts, each.on)) is not None:
        known["retreated"] = first.body.get("patient_type") == RETREATED
    return known


def _first_visit(facts: Facts, on: date) -> Record | None:
    """The first visit of the treatment that goes on on a day."""
    seen = [each for each in ordered(facts, "tb_first") if each.on <= on]
    return seen[-1] if seen else None


def beside(
    facts: Facts, groups: Mapping[Group, Spell], on: date, before: Record | None
) -> dict[str, Any]:
    """What is known beside a form of that day (next_step_model.KNOWN)."""
    known: dict[str, Any] = {
        "hypertension": belongs(groups.get(Group.HYPERTENSION), on),
        "diabetes": belongs(groups.get(Group.DIABETES), on),
        "copd": belongs(groups.get(Group.COPD), on),
    }
    if facts.birth is not None:
        known["birth"] = facts.birth
    if facts.sex:
        known["sex"] = facts.sex
    if before is not None:
        known["last_on"] = before.on
    if facts.sex != _MALE:
        expecting = groups.get(Group.PREGNANT)
        # A mark alone has no days, and must make no emergency of a pressure.
        known["pregnant"] = (
            expecting is not None and bool(expecting.because) and belongs(expecting, on)
        )
        known["lactating"] = belongs(groups.get(Group.POSTPARTUM), on)
    return known
