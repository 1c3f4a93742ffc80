"""Good example bodies of what happens in the hall of a checkup day."""

from typing import Any, Final

RECORD: Final = "0190a1b2c3d4708090a0b0c0d0e0f0bb"
DAY: Final = "0190a1b2c3d4708090a0b0c0d0e0f0dd"

GOOD: Final[dict[str, dict[str, Any]]] = {
    "check_in": {"day": DAY, "how": "1", "code": RECORD, "ticket": "B017"},
    "station_part": {
        "day": DAY, "station": "basic", "mark": "1", "form": "health_check", "v": 1,
        "values": "{}",
    },
    "route_sheet": {"day": DAY, "labels": [{"tube": "serum", "number": "000101000111"}]},
    "critical_acted": {"day": DAY, "part": RECORD, "field": "bp_l_sys", "did": "1"},
    "check_out": {"day": DAY, "missing": "腹部 B 超"},
}  # fmt: skip
