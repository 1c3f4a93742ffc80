"""What people type becomes the values of a kind, however they write it; faults are all there at
once and what was typed stays.
"""

from datetime import date

import pytest

from server.pages.forms import filled_from, read_form, value_of
from server.records.kinds import get
from server.records.model import Codes, Day, FieldType, Int, Month, Scaled, Text
from tests.cast_forms import good

TODAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("kind", "typed", "value"),
    [
        (Day(), "2026-11-20", "2026-11-20"),
        (Day(), "2026年1月5日", "2026-01-05"),
        (Day(), "2026/1/5", "2026-01-05"),
        (Day(), "20260105", "2026-01-05"),
        (Day(), "2026105", "2026105"),
        (Month(), "2026年3月", "2026-03"),
        (Int(0, 300), "１５６", 156),
        (Int(0, 300), "15六", "15六"),
        (Scaled(1, 0, 3000), "70.5", 705),
        (Scaled(1, 0, 3000), "７０．５０", 705),
        (Scaled(1, 0, 3000), "70.55", "70.55"),
        (Scaled(1, 0, 3000), "70", 700),
        (Text(), "  吴𠮷祥 ", "吴𠮷祥"),
        (Text(), "   ", None),
        (Codes({"1": "一", "2": "二"}), "1", ["1"]),
    ],
)
def test_a_value_is_read_as_it_was_meant(kind: FieldType, typed: str, value: object) -> None:
    assert value_of(kind, [typed]) == value


def test_a_whole_form_goes_to_the_browser_and_back_unchanged() -> None:
    kind = get("htn_followup", 1)
    body = good("htn_followup", next_date="2027-02-18")
    plain = {name: v for name, v in body.items() if not isinstance(v, list)}
    typed = filled_from(kind, plain).typed
    assert read_form(kind, typed, today=TODAY).values == plain


def test_every_fault_is_told_at_once_and_what_was_typed_stays() -> None:
    filled = read_form(get("htn_followup", 1), {"sbp": ["9999"], "dbp": ["高"]}, today=TODAY)
    assert len(filled.hard) > 3
    assert filled.fault("sbp") is not None
    assert filled.fault("dbp") is not None
    assert (filled.text("sbp"), filled.text("dbp")) == ("9999", "高")
