"""Pregnancies and births as the records tell them, one after the other.

The last period, or the week that was written down, says when a pregnancy began; a birth is known
from the visit after it. A first check whose pregnancy began after the last service of the one
before opens another: what became of that one nobody has written down.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from server.rules.plan.model import Facts, Record
from server.rules.plan.windows import ordered

BEFORE_BIRTH: Final = ("antenatal_first", "antenatal_next")
AFTER_BIRTH: Final = ("postpartum_visit", "postpartum_42")
DUE_DAYS: Final = 280
"""From the last period to the expected day of birth: what an expected day means, no setting."""


@dataclass(frozen=True, slots=True)
class Pregnancy:
    """`began`: the first day of the last period, as far as known. `birth`: None until written."""

    began: date
    records: tuple[Record, ...]
    birth: date | None = None

    @property
    def expected(self) -> date:
        """The expected day of birth: of the newest record that states one, else by weeks."""
        stated = (day_of(each, "edd") for each in reversed(self.records))
        found = next((day for day in stated if day is not None), None)
        return found or self.began + timedelta(days=DUE_DAYS)

    @property
    def ids(self) -> tuple[bytes, ...]:
        return tuple(each.id for each in self.records)


def day_of(record: Record, name: str) -> date | None:
    """A day of the form; None where it is not filled in or no day."""
    text = record.body.get(name)
    if not isinstance(text, str):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def pregnancies(facts: Facts) -> tuple[Pregnancy, ...]:
    """All of them, oldest first."""
    return _told(ordered(facts, *BEFORE_BIRTH, *AFTER_BIRTH))


def _told(records: Iterable[Record]) -> tuple[Pregnancy, ...]:
    found: list[Pregnancy] = []
    for each in records:
        birth = day_of(each, "delivery_date")
        began = _began(each, birth)
        last = found[-1] if found else None
        if last is None or _is_another(last, each, began, birth):
            found.append(Pregnancy(began, (each,), birth))
        else:
            known = last.birth or birth
            found[-1] = replace(last, records=(*last.records, each), birth=known)
    return tuple(found)


def _is_another(last: Pregnancy, each: Record, began: date, birth: date | None) -> bool:
    if each.kind in AFTER_BIRTH:
        known = last.birth or last.expected
        return birth is not None and abs((birth - known).days) > DUE_DAYS // 2
    return began > last.records[-1].on or (last.birth is not None and began > last.birth)


def _began(each: Record, birth: date | None) -> date:
    if each.kind in AFTER_BIRTH:
        return (birth or each.on) - timedelta(days=DUE_DAYS)
    stated = day_of(each, "lmp")
    if stated is not None:
        return stated
    weeks, days = each.body.get("gest_week"), each.body.get("gest_day", 0)
    if isinstance(weeks, int) and isinstance(days, int):
        return each.on - timedelta(days=weeks * 7 + days)
    due = day_of(each, "edd")
    return due - timedelta(days=DUE_DAYS) if due is not None else each.on
