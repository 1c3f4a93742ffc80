"""Hypertension follow-up: what the form takes, what it questions, what it refuses."""

from server.records.check import FaultCode, check
from server.records.kinds import get
from tests.cast_forms import ON, TODAY, good_bytes

HTN = get("htn_followup", 1)


def faults(**changes: object) -> list[tuple[str, FaultCode, bool]]:
    found = check(HTN, good_bytes("htn_followup", **changes), on=ON, today=TODAY)
    return [(fault.field, fault.code, fault.warn) for fault in found]


def test_a_good_follow_up_has_no_faults() -> None:
    assert faults() == []
