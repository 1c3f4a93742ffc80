"""From what the stations wrote to records: the newest part of a field counts, in every order."""

import random
from collections.abc import Mapping
from datetime import date
from typing import Any

from server.rules.checkup_results import About, Compiled, Part, compiled, laid_together, overlaid
from sync.hall import DONE, NOT_DONE, TAKEN_BACK
from tests.cast_forms import good

ON = date(2026, 11, 22)
ABOUT = About(ON, ON, "2", date(1950, 1, 1), {"on": ON.isoformat()}, {})


def part(n: int, station: str, mark: str = DONE, form: str = "health_check", **values: Any) -> Part:
    return Part(n.to_bytes(16), station, mark, form if values else "", 1, values)


def records(*parts: Part) -> Mapping[str, Compiled]:
    return {each.kind.id: each for each in compiled(parts, ABOUT)}


def test_parts_of_several_stations_make_one_form_and_nothing_is_in_it_that_nobody_wrote() -> None:
    made = records(
        part(1, "basic", height=1600, weight=640, bp_l_sys=132, bp_l_dia=80),
        part(2, "ecg", ecg="1"),
        part(3, "urine", NOT_DONE),
    )
    body = made["health_check"].body
    assert body == {
        "height": 1600, "weight": 640, "bp_l_sys": 132, "bp_l_dia": 80, "ecg": "1", "bmi": 250,
    }  # fmt: skip
    assert made["health_check"].left_out == ()


def test_of_two_parts_with_one_field_the_newer_id_counts_in_every_order_of_arrival() -> None:
    parts = [
        part(1, "basic", bp_l_sys=150, bp_l_dia=90, weight=640),
        part(2, "basic", bp_l_sys=136, bp_l_dia=84),
        part(3, "blood", fpg=560),
        part(4, "late", fpg=580, hb=1250),
    ]
    expected = laid_together(parts)
    assert expected["health_check"] == {
        "bp_l_sys": 136, "bp_l_dia": 84, "weight": 640, "fpg": 580, "hb": 1250,
    }  # fmt: skip
    dice = random.Random(7)
    for _ in range(20):
        dice.shuffle(parts)
        assert laid_together(parts) == expected
        assert laid_together(parts + parts[:2]) == expected


def test_what_a_station_took_back_is_forgotten_and_what_it_wrote_after_that_counts() -> None:
    parts = [
        part(1, "ecg", ecg="2", ecg_text="房颤"),
        part(2, "ecg", TAKEN_BACK),
        part(3, "basic", height=1600),
    ]
    assert "ecg" not in records(*parts)["health_check"].body
    again = records(*parts, part(4, "ecg", ecg="1"))["health_check"].body
    assert again["ecg"] == "1"
    assert "ecg_text" not in again


def test_a_whole_taken_back_form_makes_no_record() -> None:
    assert records(part(1, "ecg", ecg="1"), part(2, "ecg", TAKEN_BACK)) == {}
    assert records(part(1, "ecg", DONE)) == {}


def test_a_whole_form_of_a_station_is_a_record_of_its_own_and_tells_the_checkup() -> None:
    selfcare = good("elder_selfcare")
    made = records(
        Part((1).to_bytes(16), "elder", DONE, "elder_selfcare", 1, selfcare),
        part(2, "elder", elder_health_self="1"),
    )
    assert set(made) == {"elder_selfcare", "health_check"}
    assert made["health_check"].body["elder_selfcare"] in ("1", "2", "3", "4")


def test_an_impossible_value_is_left_out_and_named_and_the_rest_stands() -> None:
    made = records(
        part(1, "basic", height=1600, weight=640, bp_l_sys=132, bp_l_dia=80),
        part(2, "blood", fpg=99999, tbil=120, dbil=200),
    )["health_check"]
    assert {each.field for each in made.left_out} == {"fpg", "tbil"} or {
        each.field for each in made.left_out
    } == {"fpg", "dbil"}
    assert all(each.why for each in made.left_out)
    assert made.body["bp_l_sys"] == 132
    assert "fpg" not in made.body


def test_a_row_of_a_list_that_names_nothing_is_left_out() -> None:
    made = records(part(1, "life", smoke="1", meds=[{"usage": "每天一次"}]))["health_check"]
    assert [each.field for each in made.left_out] == ["meds"]
    assert made.body == {"smoke": "1"}


def test_what_somebody_added_to_the_record_meanwhile_stays() -> None:
    before = {"fpg": 560, "ecg": "1"}
    standing = {"fpg": 560, "ecg": "1", "assessment": "1", "feedback_date": "2026-11-22"}
    now = {"fpg": 580, "hb": 1250}
    assert overlaid(standing, before, now) == {
        "fpg": 580, "hb": 1250, "assessment": "1", "feedback_date": "2026-11-22",
    }  # fmt: skip


def test_a_form_that_is_no_record_of_a_resident_is_not_made() -> None:
    assert records(Part((1).to_bytes(16), "x", DONE, "health_education", 1, {"topic": "x"})) == {}
    assert records(Part((1).to_bytes(16), "x", DONE, "no_such_form", 1, {"topic": "x"})) == {}
