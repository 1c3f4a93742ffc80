"""What is computed from events and never stored: the latest blood pressure, glucose, weight.

Ordered by the day the service was given, not by arrival: a visit uploaded late takes its place in
time. Of several readings of one day the one that asks for more care is shown. Voided and amended
events are left out by the caller.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

_BOTH_ARMS: Final = frozenset({"health_check", "disabled_check"})
_CHRONIC: Final = frozenset({"htn_followup", "dm_followup", "copd_followup"})
_PREGNANT: Final = frozenset({"antenatal_first", "antenatal_next"})
_MEASURED: Final = _CHRONIC | _PREGNANT | {"postpartum_visit", "postpartum_42", "encounter"}
# Children are weighed in hundredths of a kilogram and have charts of their own.
_WEIGHED: Final = _BOTH_ARMS | _CHRONIC | _PREGNANT | {"copd_record"}
_ARMS: Final = (("bp_l_sys", "bp_l_dia"), ("bp_r_sys", "bp_r_dia"))
_ONE: Final = (("sbp", "dbp"),)


@dataclass(frozen=True, slots=True)
class Served:
    """One event as far as it matters here: `body` is the decoded form."""

    kind: str
    on: date
    event: bytes
    body: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Pressure:
    """A blood pressure in mmHg and the event it was measured in."""

    on: date
    event: bytes
    sbp: int
    dbp: int


@dataclass(frozen=True, slots=True)
class Reading:
    """One measured number: hundredths of mmol/L for glucose, tenths of a kg for weight."""

    on: date
    event: bytes
    value: int


def pressures(events: Iterable[Served]) -> tuple[Pressure, ...]:
    """All blood pressures, oldest day first; the higher arm of a health check."""
    found = [made for each in events if (made := _pressure(each)) is not None]
    return tuple(sorted(found, key=lambda p: (p.on, p.sbp, p.dbp, p.event)))


def latest_pressure(events: Iterable[Served]) -> Pressure | None:
    """The newest blood pressure by service day, None when none was ever measured."""
    return max(pressures(events), key=lambda p: (p.on, p.sbp, p.dbp, p.event), default=None)


def glucoses(events: Iterable[Served]) -> tuple[Reading, ...]:
    """All fasting glucoses in hundredths of mmol/L, oldest day first."""
    return _readings(events, "fpg", {"dm_followup": 10, "health_check": 1, "disabled_check": 1})


def latest_glucose(events: Iterable[Served]) -> Reading | None:
    """The newest fasting glucose by service day, in hundredths of mmol/L."""
    return max(glucoses(events), key=_newest, default=None)


def weights(events: Iterable[Served]) -> tuple[Reading, ...]:
    """All weights in tenths of a kilogram, oldest day first."""
    return _readings(events, "weight", dict.fromkeys(_WEIGHED, 1))


def latest_weight(events: Iterable[Served]) -> Reading | None:
    """The newest weight by service day, in tenths of a kilogram."""
    return max(weights(events), key=_newest, default=None)


def _newest(reading: Reading) -> tuple[date, int, bytes]:
    return (reading.on, reading.value, reading.event)


def _readings(
    events: Iterable[Served], name: str, factors: Mapping[str, int]
) -> tuple[Reading, ...]:
    found: list[Reading] = []
    for each in events:
        value = each.body.get(name)
        if each.kind in factors and _is_number(value):
            found.append(Reading(each.on, each.event, int(str(value)) * factors[each.kind]))
    return tuple(sorted(found, key=_newest))


def _pressure(each: Served) -> Pressure | None:
    pairs = _ARMS if each.kind in _BOTH_ARMS else _ONE if each.kind in _MEASURED else ()
    measured = [
        (int(str(each.body[high])), int(str(each.body[low])))
        for high, low in pairs
        if _is_number(each.body.get(high)) and _is_number(each.body.get(low))
    ]
    if not measured:
        return None
    sbp, dbp = max(measured)
    return Pressure(each.on, each.event, sbp, dbp)


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
