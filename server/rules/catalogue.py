"""The catalogue with what stands beside it: forms, next steps and the plan's words."""

from typing import Any, Final

from server.records import export, known, prefill
from server.rules import goals
from server.rules.first_notice import notice
from server.rules.next_step_table import table as next_steps
from server.rules.plan.table import rules

# What a tablet shows and judges nothing by: names in other standards, and notes for the server.
NOT_SHOWN: Final = frozenset({"std", "charged"})


def carried() -> dict[str, Any]:
    """The catalogue as a tablet carries it: forms about residents, and of a field what it needs.
    What happens in a hall is written by buttons, and no form of it is drawn.
    """
    all_of_it = whole()
    kinds = [
        {**kind, "fields": [_field(each) for each in kind["fields"]]}
        for kind in all_of_it["kinds"]
        if kind["class"] != "C" and kind["shape"] != "step"
    ]
    return {**all_of_it, "kinds": kinds}


def _field(told: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if name not in NOT_SHOWN}


def whole() -> dict[str, Any]:
    """The forms, and beside them the steps after a record and what the plan says of each rule."""
    plan = [
        {
            "id": rule.id,
            "label": rule.neutral or rule.label if rule.cls == "B" else rule.label,
            "kinds": list(rule.kinds),
            "subject": rule.subject,
            "class": rule.cls,
            "clause": rule.clause,
            "reasons": dict(rule.reasons),
            "numbers": dict(rule.numbers),
        }
        for _, rule in sorted(rules().items())
    ]
    told = notice()
    read = {
        "version": told.version,
        "sections": [{"title": each.title, "text": each.text} for each in told.sections],
        "said": dict(told.said),
    }
    return export.catalogue(
        {
            "notice": read,
            "next_steps": next_steps().raw,
            "plan": plan,
            "goals": goals.told(),
            "prefill": prefill.told(),
            "beside": known.told(),
        }
    )
