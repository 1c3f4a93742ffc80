"""Blood pressures as the plan reads them, from whatever form a service measured them in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from server.rules.plan.model import LOST, Asked, Facts, Record
from server.rules.plan.quota import shared

OPEN: Final = "A"
_ONE: Final = (("sbp", "dbp"),)
_ARMS: Final = (("bp_l_sys", "bp_l_dia"), ("bp_r_sys", "bp_r_dia"))


@dataclass(frozen=True, slots=True)
class Pressure:
    """One service's blood pressure in mmHg; of two arms the higher one."""

    record: Record
    sbp: int
    dbp: int

    @property
    def on(self) -> date:
        return self.record.on


def pressure(record: Record) -> Pressure | None:
    """What a record says of blood pressure."""
    body = record.body
    if LOST in body:
        return None
    measured = [
        (sbp, dbp)
        for high, low in (_ONE if "sbp" in body else _ARMS)
        if isinstance(sbp := body.get(high), int) and isinstance(dbp := body.get(low), int)
    ]
    return Pressure(record, *max(measured)) if measured else None


def pressures_of(facts: Facts) -> list[Pressure]:
    """All that were measured, by day, then by record. What a restricted record says of it stays
    there: an open item must not point to it.
    """
    read = (each for each in facts.records if each.cls == OPEN)
    found = [made for each in read if (made := pressure(each)) is not None]
    return sorted(found, key=lambda each: (each.on, each.record.id))


def pressures(asked: Asked) -> Sequence[Pressure]:
    """The same, worked out once a plan."""
    return shared(asked, "pressures", lambda: pressures_of(asked.facts))
