"""Which vaccine and which dose an item of vaccination is, told by its slot alone: a list reads no
archive.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

from server.records.vaccines import VACCINES
from server.rules.plan.series import Series, programme

RULE: Final = "P53"


@dataclass(frozen=True, slots=True)
class DoseName:
    """`vaccines`: names as reasons say them; several where only the archive tells which one."""

    vaccines: tuple[str, ...]
    number: int


def dose_name(slot: str, birth: date) -> DoseName | None:
    """What `mmr-2` stands for, of a child born on that day; None for a slot of no dose."""
    name, _, text = slot.rpartition("-")
    if not text.isdecimal() or not 1 <= (number := int(text)) <= 9:
        return None
    # Which vaccine goes on is decided by the one that began: of a first dose nothing is open.
    found = [
        each.doses[number - 1].vaccine
        for each in programme().series
        if each.id == name and _may_be(each, birth, number) and len(each.doses) >= number
    ]
    if not found and name in VACCINES:
        found = [name]
    vaccines = tuple(VACCINES[each] for each in dict.fromkeys(found))
    return DoseName(vaccines, number) if vaccines else None


def _may_be(series: Series, birth: date, number: int) -> bool:
    born = series.born_from <= birth <= series.born_until
    return born and (number > 1 or not series.when_given)
