"""The whole catalogue as the tablet's app has it: forms, next steps and the plan's words."""

from typing import Any

from server.records import export, known, prefill
from server.rules import goals
from server.rules.first_notice import notice
from server.rules.next_step_table import table as next_steps
from server.rules.plan.table import rules


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
