"""What follows from a record, as the rules of a plan ask: worked out once a plan, by whoever asks
first (server/rules/next_step.py).
"""

from typing import Any, Final

from server.rules.next_step import Step, steps_after
from server.rules.plan.model import Asked, Group, Record
from server.rules.plan.quota import shared
from server.rules.plan.spells import belongs

_MALE: Final = "1"
_Known = dict[tuple[bytes, bytes], tuple[Step, ...]]


def steps(asked: Asked, each: Record, before: Record | None) -> tuple[Step, ...]:
    """All that follows from a record; `before`: the one of its kind before it."""
    known: _Known = shared(asked, "steps", _Known)
    key = (each.id, before.id if before is not None else b"")
    found = known.get(key)
    if found is None:
        found = known[key] = steps_after(
            each.kind, each.body, each.on, last=before.body if before is not None else None,
            known=_beside(asked, each, before), numbers=asked.district,
        )  # fmt: skip
    return found


def _beside(asked: Asked, each: Record, before: Record | None) -> dict[str, Any]:
    """What is known beside a form on its day (next_step_model.KNOWN)."""
    facts, groups, on = asked.facts, asked.groups, each.on
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
        known["pregnant"] = belongs(groups.get(Group.PREGNANT), on)
        known["lactating"] = belongs(groups.get(Group.POSTPARTUM), on)
    return known
