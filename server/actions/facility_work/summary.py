"""The yearly summary of health education by kind of activity (S004-3(2)), from a calendar that was
read.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from server.actions.facility_work.calendar import Calendar
from server.actions.facility_work.records import FacilityRecord
from server.records.facility_work import ACTIVITIES
from server.rules.plan.facility import lines

EDUCATION: Final = "health_education"


@dataclass(frozen=True, slots=True)
class Sum:
    """One kind of activity. `counted` of `needed`: what counts of it in the calendar, summed over
    its windows and never above what each asks for; None where no number is asked.
    """

    activity: str
    label: str
    times: int
    copies: int
    hearers: int
    photos: int
    counted: int | None = None
    needed: int | None = None


def education_year(found: Calendar) -> list[Sum]:
    """Every kind of activity of the form in its order, those without a record as well."""
    records = [each for each in found.records if each.kind == EDUCATION]
    return [_sum(found, code, label, records) for code, label in ACTIVITIES.items()]


def _sum(found: Calendar, code: str, label: str, records: list[FacilityRecord]) -> Sum:
    mine = [each for each in records if each.body.get("activity") == code]
    slot = next(
        (each.slot for each in lines() if (each.field, each.answer) == ("activity", code)), None
    )
    items = [each for each in found.items if each.line == slot]
    return Sum(
        activity=code, label=label, times=len(mine), copies=_total(mine, "copies"),
        hearers=_total(mine, "hearers"), photos=_total(mine, "photo_count"),
        counted=sum(min(each.got, each.needed) for each in items) if items else None,
        needed=sum(each.needed for each in items) if items else None,
    )  # fmt: skip


def _total(records: Iterable[FacilityRecord], name: str) -> int:
    values: list[Any] = [each.body.get(name, 0) for each in records]
    return sum(each for each in values if isinstance(each, int))
