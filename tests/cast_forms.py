"""Good example bodies, one for each kind, for every test that needs a filled-in form.

`good("htn_followup", sbp=150)` is a dict that check() has nothing to say about, with the changes
made; a change to `LEFT_OUT` removes the field. `good_bytes` is the same as compact JSON.
"""

from copy import deepcopy
from datetime import date
from typing import Any, Final

import msgspec

ON: Final = date(2026, 3, 10)
"""A service day that fits every example."""
TODAY: Final = date(2026, 3, 11)
DOCTOR: Final = "0190a1b2c3d4708090a0b0c0d0e0f001"
FACILITY: Final = "0190a1b2c3d4708090a0b0c0d0e0f002"
OTHER_FACILITY: Final = "0190a1b2c3d4708090a0b0c0d0e0f003"
TEAM: Final = "0190a1b2c3d4708090a0b0c0d0e0f004"
LEFT_OUT: Final = object()


def good(kind_id: str, **changes: Any) -> dict[str, Any]:
    """A fresh good body of that kind with `changes` made. Raises KeyError for an unknown kind."""
    body = deepcopy(_GOOD[kind_id])
    body.update(changes)
    return {name: value for name, value in body.items() if value is not LEFT_OUT}


def good_bytes(kind_id: str, **changes: Any) -> bytes:
    """The same as compact UTF-8 JSON."""
    return msgspec.json.encode(good(kind_id, **changes))


_FOLLOWUP: Final[dict[str, Any]] = {
    "mode": "2",
    "symptoms": ["1"],
    "sbp": 138,
    "dbp": 84,
    "weight": 705,
    "weight_target": 680,
    "bmi": 248,
    "bmi_target": 239,
    "smoke_now": 10,
    "smoke_target": 5,
    "drink_now": 15,
    "drink_target": 10,
    "exercise_freq_now": 3,
    "exercise_min_now": 30,
    "exercise_freq_target": 5,
    "exercise_min_target": 30,
    "psych": "1",
    "compliance": "1",
    "med_adherence": "1",
    "adr": "1",
    "class": "1",
    "next_date": "2026-06-08",
    "doctor": DOCTOR,
}

_GOOD: Final[dict[str, dict[str, Any]]] = {
    "htn_followup": {
        **_FOLLOWUP,
        "heart_rate": 76,
        "salt_now": "2",
        "salt_target": "1",
        "meds": [{"name": "硝苯地平缓释片", "times_per_day": 2, "dose": "20mg"}],
    },
}
