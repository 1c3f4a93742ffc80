"""Patients for tests of the service plan: complete forms in a line, and what a reason says."""

from datetime import date
from typing import Any, Final

from server.rules.plan.model import Facts, Item, Record
from server.rules.plan.table import reason_text, rules
from tests.cast_forms import good
from tests.plan_people import person, rec

HIGH: Final[dict[str, Any]] = {"sbp": 166, "dbp": 96}
CRISIS: Final[dict[str, Any]] = {"sbp": 182, "dbp": 100}
SWEET: Final[dict[str, Any]] = {"fpg": 82}


def full(kind: str, on: str | date, **changes: Any) -> Record:
    """A complete form whose next visit is not appointed, unless the changes say a day."""
    return rec(kind, on, **good(kind, **{"next_date": "2020-01-01", **changes}))


def htn(on: str | date, **changes: Any) -> Record:
    return full("htn_followup", on, **changes)


def dm(on: str | date, **changes: Any) -> Record:
    return full("dm_followup", on, **changes)


def patient(*records: Record, diseases: str = "2", born: str = "1970-05-05", **more: Any) -> Facts:
    more.setdefault("since", "2020-01-01")
    return person(*records, born=born, hx_disease=frozenset(diseases), **more)


def said(item: Item) -> str:
    return reason_text(rules()[item.rule], item.why, item.given)
