"""A year of a patient of hypertension, type 2 diabetes or COPD: visits, check, glucose (P05, P06,
P13 to P15, P52).
"""

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest

from server.rules.plan.model import Stage, stage
from server.rules.plan.quota import parts
from server.rules.plan.table import rules
from tests.cast_forms import LEFT_OUT
from tests.plan_patients import HIGH, dm, full, htn, patient, said
from tests.plan_people import around, day, days_of, owed

DAY = timedelta(days=1)


# Four face to face a calendar year.


@pytest.mark.parametrize(("rule", "disease", "kind"), [
    ("P05", "2", "htn_followup"), ("P13", "3", "dm_followup"), ("P52", "5", "copd_followup"),
])  # fmt: skip
def test_a_patient_is_owed_four_visits_a_year_one_a_quarter(
    rule: str, disease: str, kind: str
) -> None:
    found = owed(patient(diseases=disease), 2026, rule)
    found.pop("2026-check", None)
    assert {slot: days_of(each) for slot, each in found.items()} == {
        "2026-1": ("2026-01-01", "2026-03-31", "2026-12-31"),
        "2026-2": ("2026-04-01", "2026-06-30", "2026-12-31"),
        "2026-3": ("2026-07-01", "2026-09-30", "2026-12-31"),
        "2026-4": ("2026-10-01", "2026-12-31", "2026-12-31"),
    }
    for each in found.values():
        assert around(each)[:3] == [Stage.LATER, Stage.OPEN, Stage.OPEN]
        assert around(each)[4] is Stage.MISSED, "nothing is carried over"
        assert kind in each.kinds
    assert stage(found["2026-1"], day("2026-04-01")) is Stage.OVERDUE


@pytest.mark.parametrize(
    ("on", "counts"),
    [("2025-12-31", False), ("2026-01-01", True), ("2026-12-31", True), ("2027-01-01", False)],
)
def test_a_visit_counts_for_the_calendar_year_of_its_day(on: str, counts: bool) -> None:
    visit = htn(on)
    found = owed(patient(visit), 2026, "P05")
    assert [each.done for each in found.values()] == [visit.id if counts else None, *[None] * 3]


@pytest.mark.parametrize(
    ("changes", "counts"),
    [
        ({"mode": "1"}, True), ({"mode": "2"}, True), ({"mode": "3"}, False),
        ({"lost_reason": "1", "lost_date": "2026-02-01"}, False),
        ({"heart_rate": LEFT_OUT}, False), ({"adr_text": LEFT_OUT}, True),
    ],
)  # fmt: skip
def test_by_telephone_lost_or_half_filled_is_no_visit(
    changes: dict[str, Any], counts: bool
) -> None:
    found = owed(patient(htn("2026-02-10", **changes)), 2026, "P05")
    assert (found["2026-1"].done is not None) is counts


def test_visits_fill_the_places_by_their_days_and_two_of_one_day_are_one() -> None:
    visits = [htn("2026-05-01"), htn("2026-01-05"), htn("2026-05-01"), htn("2026-02-05")]
    found = owed(patient(*visits), 2026, "P05")
    assert {slot: each.done_on for slot, each in found.items()} == {
        "2026-1": day("2026-01-05"), "2026-2": day("2026-02-05"),
        "2026-3": day("2026-05-01"), "2026-4": None,
    }  # fmt: skip
    assert found["2026-3"].done == min(visits[0].id, visits[2].id)
    more = [htn(f"2026-{month:02}-01") for month in range(1, 8)]
    assert all(each.done for each in owed(patient(*more), 2026, "P05").values())


def test_no_visit_is_later_than_a_hundred_days_after_the_one_before() -> None:
    far = {"class": "1", "mode": "2"}
    visit = htn("2026-01-05", **far)
    (second,) = (owed(patient(visit), 2026, "P05")["2026-2"],)
    assert second.due == day("2026-01-05") + timedelta(days=90), "at goal: within three months"
    # A visit from which nothing follows, for its form says neither pressure nor class.
    mute = {"sbp": LEFT_OUT, "dbp": LEFT_OUT, "class": LEFT_OUT}
    seen, mute_one = htn("2025-12-01"), htn("2025-12-20", **mute, mode="3")
    first = owed(patient(seen, mute_one), 2026, "P05")["2026-1"]
    assert first.due == day("2025-12-01") + timedelta(days=100)
    assert first.because == (seen.id,)


@pytest.mark.parametrize(
    ("last", "due"),
    [
        ("2025-06-10", "2026-01-31"), ("2025-09-22", "2026-01-31"), ("2025-09-23", "2026-01-31"),
        ("2025-09-24", "2026-01-02"), ("2025-12-01", "2026-03-11"),
    ],
)  # fmt: skip
def test_whoever_was_not_seen_for_long_is_due_in_january(last: str, due: str) -> None:
    first = owed(patient(htn(last, mode="1", **HIGH)), 2026, "P05")["2026-1"]
    assert days_of(first)[:2] == ("2026-01-01", due)
    assert last in said(first)


@pytest.mark.parametrize(
    ("changes", "due"),
    [({}, "2026-11-27"), ({"next_date": "2026-11-10"}, "2026-11-10"), (HIGH, "2026-12-07")],
)
def test_a_place_whose_part_is_over_is_due_by_the_last_visit_and_none_before_it(
    changes: dict[str, Any], due: str
) -> None:
    found = owed(patient(htn("2026-08-29", **changes)), 2026, "P05")
    assert days_of(found["2026-2"])[:2] == ("2026-08-30", due)
    assert days_of(found["2026-3"])[:2] == ("2026-08-30", due)
    assert days_of(found["2026-4"])[:2] == ("2026-10-01", "2026-12-31")
    late = owed(patient(htn("2026-12-20")), 2026, "P05")
    assert {each.due for slot, each in late.items() if slot != "2026-1"} == {day("2026-12-31")}


def test_the_next_place_takes_the_day_that_was_appointed_at_goal() -> None:
    appointed = htn("2026-01-10", next_date="2026-02-20")
    known = patient(appointed)
    second = owed(known, 2026, "P05")["2026-2"]
    assert days_of(second)[:2] == ("2026-01-11", "2026-02-20")
    assert second.because == (appointed.id,)
    assert "138/84" in said(second)
    assert "2026-02-20" in said(second)
    assert owed(known, 2026, "P07") == {}, "one visit is one line"


@pytest.mark.parametrize("month", range(1, 13))
def test_an_archive_owes_the_quarter_it_is_opened_in_and_those_after_it(month: int) -> None:
    since = date(2026, month, 15)
    found = owed(patient(since=since.isoformat()), 2026, "P05")
    quarter = (month + 2) // 3
    assert list(found) == [f"2026-{number}" for number in range(quarter, 5)]
    assert [each.given["number"] for each in found.values()] == list(range(1, 6 - quarter))
    first = next(iter(found.values()))
    assert first.opens == since
    end = parts(2026, 4)[quarter - 1][1]
    assert first.due == min(max(end, since + timedelta(days=30)), day("2026-12-31"))
    assert len(owed(patient(since=since.isoformat()), 2027, "P05")) == 4


@pytest.mark.parametrize(
    ("since", "places"),
    [
        ("2026-06-30", 3), ("2026-07-01", 2), ("2026-07-31", 2), ("2026-09-30", 2),
        ("2026-10-01", 1), ("2026-12-31", 1), ("2027-01-01", 0), ("2025-12-31", 4),
    ],
)  # fmt: skip
def test_an_archive_opened_in_july_owes_two_of_four(since: str, places: int) -> None:
    assert len(owed(patient(since=since), 2026, "P05")) == places


@pytest.mark.parametrize(
    ("born", "places"),
    [("1991-01-01", 4), ("1991-06-30", 3), ("1991-07-01", 2), ("1991-12-31", 1), ("1992-01-01", 0)],
)
def test_a_patient_is_one_from_the_35th_birthday_on(born: str, places: int) -> None:
    assert len(owed(patient(born=born), 2026, "P05")) == places


@pytest.mark.parametrize("year", [2024, 2025, 2026])
@pytest.mark.parametrize("times", [1, 2, 3, 4, 5, 6, 7, 12])
def test_the_parts_of_a_year_leave_out_no_day(year: int, times: int) -> None:
    found = parts(year, times)
    assert len(found) == times
    assert (found[0][0], found[-1][1]) == (date(year, 1, 1), date(year, 12, 31))
    for (_, end), (begin, _) in pairwise(found):
        assert begin - end == DAY


def test_a_district_may_ask_for_more_visits() -> None:
    known = patient(diseases="25")
    assert len(owed(known, 2026, "P05", {"P05.times": 6})) == 6
    assert set(owed(known, 2026, "P52", {"P52.times": 2})) == {"2026-1", "2026-2", "2026-check"}
    assert "2026-check" not in owed(known, 2026, "P52", {"P52.checks": 0})


# The yearly check, glucose.


@pytest.mark.parametrize(("rule", "diseases"), [("P06", "2"), ("P15", "3"), ("P52", "5")])
@pytest.mark.parametrize(
    ("on", "counts"),
    [("2025-12-31", False), ("2026-01-01", True), ("2026-12-31", True), ("2027-01-01", False)],
)
def test_a_patient_has_a_check_a_calendar_year(
    rule: str, diseases: str, on: str, counts: bool
) -> None:
    check = full("health_check", on, dorsalis="2")
    found = owed(patient(check, diseases=diseases), 2026, rule)
    item = found["2026-check" if rule == "P52" else "2026"]
    assert days_of(item) == ("2026-01-01", "2026-12-31", "2026-12-31")
    assert (item.done == check.id) is counts
    if not counts:
        assert around(item) == [Stage.LATER, Stage.OPEN, Stage.OPEN, Stage.OPEN, Stage.MISSED]


def test_a_diabetic_s_check_needs_the_pulse_of_the_feet() -> None:
    check = full("health_check", "2026-03-10")
    (item,) = owed(patient(check, diseases="3"), 2026, "P15").values()
    assert (item.done, item.why, item.because) == (None, "dorsalis", (check.id,))
    assert "2026-03-10" in said(item)


def test_fasting_glucose_is_free_four_times_with_the_visits() -> None:
    visit = dm("2026-02-10")
    found = owed(patient(visit, dm("2026-03-10", mode="3"), diseases="3"), 2026, "P14")
    assert [each.done for each in found.values()] == [visit.id, None, None, None]
    assert not rules()["P14"].listed
