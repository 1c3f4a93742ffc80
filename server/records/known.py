"""What earlier records tell a new form, under the names of computed.KNOWN (S004-5(6)): a height
that this form does not ask, the last period of the pregnancy in hand.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, Final

from server.records.computed import computed
from server.records.kinds import UnknownKind, get
from server.records.prefill import Written

_GROWN: Final = frozenset(
    {"health_check", "disabled_check", "copd_record", "copd_followup", "antenatal_first"}
)
"""Forms that measure grown people; a child's height of last year tells nothing."""

_WEIGHED: Final = _GROWN | {"htn_followup", "dm_followup"}
_MEASURES: Final = (
    ("height", _GROWN),
    ("waist", frozenset({"health_check", "disabled_check"})),
    ("weight", _WEIGHED),
    ("bmi", _WEIGHED),
)
_LONGEST: Final = timedelta(days=320)
_BORN: Final = frozenset({"postpartum_visit", "postpartum_42"})


def known_of(
    written: Iterable[Written], on: date, *, birth: date | None, sex: str | None
) -> dict[str, Any]:
    """All that is known beside a form for a service on that day; what nobody knows is left out."""
    before = sorted((each for each in written if each.on <= on), key=lambda one: one.on)
    found: dict[str, Any] = {"on": on.isoformat()}
    if birth is not None:
        found["birth"] = birth.isoformat()
    if sex is not None:
        found["sex"] = sex
    for each in before:
        for name, kinds in _MEASURES:
            if each.kind in kinds and isinstance(each.body.get(name), int):
                found[name] = each.body[name]
        if each.kind == "antenatal_first" and on - each.on <= _LONGEST:
            found["lmp"] = each.body.get("lmp")
        if each.kind in _BORN:
            found.pop("lmp", None)
        if each.kind == "elder_selfcare" and each.on.year == on.year:
            found["selfcare_class"] = _selfcare(each)
    return {name: value for name, value in found.items() if value is not None}


def _selfcare(each: Written) -> Any:
    try:
        kind = get(each.kind, each.version)
    except UnknownKind:
        return None
    return computed(kind, each.body, {}).get("selfcare_class")


def last_of(kind_id: str, written: Iterable[Written], on: date) -> dict[str, Any]:
    """The body of the newest record of that kind before that day; {} for the first."""
    before = [each for each in written if each.kind == kind_id and each.on < on]
    return dict(max(before, key=lambda one: one.on).body) if before else {}


def told() -> dict[str, Any]:
    """The rules above as data, for the tablet's app."""
    return {
        "measured": {name: sorted(kinds) for name, kinds in _MEASURES},
        "pregnancy": {"from": "antenatal_first", "days": _LONGEST.days, "until": sorted(_BORN)},
        "this_year": {"selfcare_class": "elder_selfcare"},
    }
