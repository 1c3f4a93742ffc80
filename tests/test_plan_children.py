"""Children of 0 to 6 years: newborn visits, checks by age, what belongs in them (P26 to P35)."""

from datetime import timedelta

import pytest

from server.records.child_check import V1 as CHILD_CHECK
from server.records.child_slots import SLOTS, in_slot
from server.rules import next_step
from server.rules.plan.engine import plan_of
from server.rules.plan.model import Facts, Record, Stage
from server.rules.plan.table import rules
from tests.plan_people import around, day, days_of, doing, owed, person, rec

DAY = timedelta(days=1)
WINDOW = [Stage.LATER, Stage.OPEN, Stage.OPEN, Stage.OPEN, Stage.MISSED]
"""The day before, the first, the due and the last day, the day after."""


def slots_of(born: str, rule: str) -> dict[str, tuple[str, str, str]]:
    """All items of a rule from birth to the seventh birthday, by slot."""
    child, found = person(born=born), {}
    for year in range(child.birth.year, child.birth.year + 8):  # pyright: ignore[reportOptionalMemberAccess]
        found |= {slot: days_of(each) for slot, each in owed(child, year, rule).items()}
    return found


# The newborn.


def test_a_newborn_is_visited_within_seven_days_of_leaving_hospital() -> None:
    (item,) = owed(person(born="2026-03-10"), 2026, "P26").values()
    # Three days in hospital, then seven; the visit counts until the 28th day.
    assert days_of(item) == ("2026-03-10", "2026-03-20", "2026-04-07")
    assert around(item) == [Stage.LATER, Stage.OPEN, Stage.OPEN, Stage.OVERDUE, Stage.MISSED]


@pytest.mark.parametrize(
    ("on", "counts"),
    [("2026-03-09", False), ("2026-03-10", True), ("2026-04-07", True), ("2026-04-08", False)],
)
def test_a_visit_counts_from_birth_until_the_28th_day(on: str, counts: bool) -> None:
    visit = rec("newborn_visit", on)
    (item,) = owed(person(visit, born="2026-03-10"), 2026, "P26").values()
    assert (item.done == visit.id) is counts


def test_a_visit_that_did_not_take_place_fills_nothing() -> None:
    lost = rec("newborn_visit", "2026-03-15", lost_reason="4", lost_date="2026-03-15")
    (item,) = owed(person(lost, born="2026-03-10"), 2026, "P26").values()
    assert item.done is None


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"birth_weight": 249}, "低出生体重"),
        ({"gest_week": 36}, "早产"),
        ({"birth_mode": ["4", "5"]}, "双多胎"),
        ({"malformation": "2"}, "有出生缺陷"),
        ({"birth_weight": 210, "gest_week": 34, "birth_mode": ["5"]}, "低出生体重、早产、双多胎"),
    ],
)
def test_a_newborn_at_risk_is_visited_once_more_within_a_week(
    facts: dict[str, object], said: str
) -> None:
    visit = rec("newborn_visit", "2026-03-15", **facts)
    child = person(visit, born="2026-03-10")
    (item,) = owed(child, 2026, "P27").values()
    assert days_of(item) == ("2026-03-15", "2026-03-22", "2026-04-21")
    assert item.given["risks"] == said
    assert item.because == (visit.id,)
    again = rec("newborn_visit", "2026-03-21")
    (item,) = owed(doing(child, again), 2026, "P27").values()
    assert (item.done, item.done_on) == (again.id, day("2026-03-21"))


def test_a_newborn_without_a_risk_needs_no_further_visit() -> None:
    visit = rec("newborn_visit", "2026-03-15", birth_weight=250, gest_week=37, birth_mode=["1"])
    assert owed(person(visit, born="2026-03-10"), 2026, "P27") == {}


def test_a_district_may_ask_for_more_visits_to_newborns_at_risk() -> None:
    first = rec("newborn_visit", "2026-03-15", gest_week=35)
    second = rec("newborn_visit", "2026-03-20")
    child = person(first, second, born="2026-03-10")
    found = owed(child, 2026, "P27", {"P27.times": 2})
    assert found["more-1"].done == second.id
    assert days_of(found["more-2"]) == ("2026-03-20", "2026-03-27", "2026-04-21")


def test_the_risks_of_a_newborn_are_those_the_advice_after_a_visit_goes_by() -> None:
    """One rule, told twice: the plan's numbers are the advice's."""
    advice, plan = next_step.numbers(), rules()
    for name in ("P27.days", "P27.weight", "P27.weeks", "P35.days"):
        rule, number = name.split(".")
        assert plan[rule].numbers[number] == advice[name].value


# The checks by age.


def test_the_full_month_check_is_on_day_28_to_30_and_accepted_until_42() -> None:
    (item,) = owed(person(born="2026-01-31"), 2026, "P28").values()
    assert days_of(item) == ("2026-02-28", "2026-03-02", "2026-03-14")
    assert around(item) == [Stage.LATER, Stage.OPEN, Stage.OPEN, Stage.OVERDUE, Stage.MISSED]


def test_a_child_of_an_ordinary_birthday_is_checked_at_each_age() -> None:
    assert slots_of("2025-01-15", "P29") == {
        "3m": ("2025-04-15", "2025-05-14", "2025-05-14"),
        "6m": ("2025-07-15", "2025-08-13", "2025-08-13"),
        "8m": ("2025-09-15", "2025-10-14", "2025-10-14"),
        "12m": ("2026-01-15", "2026-02-13", "2026-02-13"),
        "18m": ("2026-07-15", "2026-08-13", "2026-08-13"),
        "24m": ("2027-01-15", "2027-02-13", "2027-02-13"),
        "30m": ("2027-07-15", "2027-08-13", "2027-08-13"),
        "36m": ("2028-01-15", "2028-02-13", "2028-02-13"),
    }
    assert slots_of("2025-01-15", "P30") == {
        "4y": ("2029-01-15", "2030-01-14", "2030-01-14"),
        "5y": ("2030-01-15", "2031-01-14", "2031-01-14"),
        "6y": ("2031-01-15", "2032-01-14", "2032-01-14"),
    }


def test_months_end_where_the_month_ends_for_a_child_of_the_31st() -> None:
    opens = {slot: days[0] for slot, days in slots_of("2025-08-31", "P29").items()}
    assert opens["3m"] == "2025-11-30"
    assert opens["6m"] == "2026-02-28"
    assert opens["8m"] == "2026-04-30"
    assert opens["30m"] == "2028-02-29"


def test_a_child_of_29_february_turns_a_year_older_on_1_march_of_other_years() -> None:
    assert slots_of("2024-02-29", "P29")["12m"][0] == "2025-02-28"
    assert slots_of("2024-02-29", "P30") == {
        "4y": ("2028-02-29", "2029-02-28", "2029-02-28"),
        "5y": ("2029-03-01", "2030-02-28", "2030-02-28"),
        "6y": ("2030-03-01", "2031-02-28", "2031-02-28"),
    }


@pytest.mark.parametrize("born", ["2024-02-29", "2025-01-15", "2025-08-31", "2025-12-31"])
def test_what_the_form_takes_for_an_age_is_what_the_plan_takes_for_it(born: str) -> None:
    birth = day(born)
    found = {
        **slots_of(born, "P28"), **slots_of(born, "P29"), **slots_of(born, "P30"),
    }  # fmt: skip
    assert found.keys() == SLOTS.keys()
    for slot, (opens, _, closes) in found.items():
        first, last = day(opens), day(closes)
        on = [in_slot(slot, birth, each) for each in (first - DAY, first, last, last + DAY)]
        assert on == [False, True, True, False], slot


@pytest.mark.parametrize(
    ("on", "counts"),
    [("2026-04-14", False), ("2026-04-15", True), ("2026-05-14", True), ("2026-05-15", False)],
)
def test_a_check_counts_in_the_days_of_its_age_only(on: str, counts: bool) -> None:
    check = rec("child_check", on, age_slot="3m")
    item = owed(person(check, born="2026-01-15"), 2026, "P29")["3m"]
    assert (item.done == check.id) is counts
    assert around(item)[1:] == [Stage.DONE] * 4 if counts else WINDOW


def test_a_check_fills_the_age_it_names() -> None:
    check = rec("child_check", "2026-04-20", age_slot="6m")
    found = owed(person(check, born="2026-01-15"), 2026, "P29")
    assert found["3m"].done is None
    assert found["6m"].done is None


def test_of_two_checks_of_an_age_the_first_counts() -> None:
    late = rec("child_check", "2026-05-02", age_slot="3m")
    early = rec("child_check", "2026-04-20", age_slot="3m")
    assert owed(person(late, early, born="2026-01-15"), 2026, "P29")["3m"].done == early.id


def test_an_age_that_begins_in_december_is_in_the_plans_of_both_years() -> None:
    child = person(born="2025-12-20")
    here, there = (owed(child, year, "P29").get("12m") for year in (2026, 2027))
    assert here is not None
    assert here == there
    assert "12m" not in owed(child, 2028, "P29")


def test_twins_are_owed_the_same_each_on_their_own() -> None:
    first = person(born="2025-05-05", sex="1")
    second = person(born="2025-05-05", sex="2")
    check = rec("child_check", "2026-05-06", age_slot="12m")
    assert owed(doing(first, check), 2026, "P29")["12m"].done == check.id
    assert owed(second, 2026, "P29")["12m"].done is None


def test_nobody_is_a_child_after_the_seventh_birthday_or_without_one() -> None:
    children = [f"P{number}" for number in range(26, 36)]
    for child in (person(born="2018-12-31"), person(born=None)):
        assert not [each for each in plan_of(child, 2026).items if each.rule in children]


@pytest.mark.parametrize(("since", "owes"), [("2026-02-13", True), ("2026-02-14", False)])
def test_an_age_that_was_over_before_the_archive_was_opened_is_not_owed(
    since: str, owes: bool
) -> None:
    child = person(born="2025-01-15", since=since)
    assert ("12m" in owed(child, 2026, "P29")) is owes
    assert "18m" in owed(child, 2026, "P29")
    brought = rec("child_check", "2026-02-01", age_slot="12m")
    assert owed(doing(child, brought), 2026, "P29")["12m"].done == brought.id


# What belongs into a check.


def check_of(slot: str, on: str, **body: object) -> Record:
    return rec("child_check", on, age_slot=slot, **body)


def test_haemoglobin_is_measured_once_between_6_and_8_months_and_at_five_more_ages() -> None:
    found = slots_of("2025-01-15", "P31")
    assert found["8m"] == ("2025-07-15", "2025-10-14", "2025-10-14")
    assert list(found) == ["8m", "18m", "30m", "4y", "5y", "6y"]
    assert found["18m"] == ("2026-07-15", "2026-08-13", "2026-08-13")
    for on, slot in (("2025-07-15", "6m"), ("2025-10-14", "8m")):
        tested = check_of(slot, on, hb=1150)
        child = person(check_of("6m", "2025-07-14", hb=1150), tested, born="2025-01-15")
        assert owed(child, 2025, "P31")["8m"].done == tested.id


def test_a_check_without_haemoglobin_leaves_it_owed() -> None:
    child = person(check_of("18m", "2026-07-20"), born="2025-01-15")
    assert owed(child, 2026, "P29")["18m"].done is not None
    assert owed(child, 2026, "P31")["18m"].done is None


def test_hearing_is_looked_at_at_6_12_24_and_36_months() -> None:
    found = slots_of("2025-01-15", "P32")
    assert list(found) == ["6m", "12m", "24m", "36m"]
    assert found["12m"] == ("2026-01-15", "2026-02-13", "2026-02-13")
    heard = check_of("12m", "2026-02-13", hearing="1")
    child = person(heard, born="2025-01-15")
    assert owed(child, 2026, "P32")["12m"].done == heard.id


def test_eyes_are_looked_at_13_times_2_and_4_and_4_and_3() -> None:
    found = slots_of("2025-01-15", "P33")
    assert list(found) == [
        *("0m", "1m"), *("3m", "6m", "8m", "12m"), *("18m", "24m", "30m", "36m"),
        *("4y", "5y", "6y"),
    ]  # fmt: skip


def test_from_four_years_on_the_eyes_count_with_sight_measured() -> None:
    half = check_of("4y", "2029-02-01", eye_care="1", vision_l=48)
    whole = check_of("4y", "2029-03-01", eye_care="1", vision_l=48, vision_r=49)
    child = person(half, born="2025-01-15")
    assert owed(child, 2029, "P33")["4y"].done is None
    assert owed(doing(child, whole), 2029, "P33")["4y"].done == whole.id


def test_the_eyes_of_a_newborn_are_looked_at_at_the_visit() -> None:
    visit = rec("newborn_visit", "2026-01-20", eye="1")
    child = person(visit, born="2026-01-15")
    assert owed(child, 2026, "P33")["0m"].done == visit.id
    assert owed(child, 2026, "P33")["1m"].done is None


def test_parts_of_a_check_wait_for_it_and_call_nobody() -> None:
    assert [rules()[each].listed for each in ("P29", "P31", "P32", "P33")] == [
        True, False, False, False,
    ]  # fmt: skip
    assert CHILD_CHECK.field("eye_care") is not None


# Chinese medicine.


def test_chinese_medicine_is_due_in_the_month_of_each_of_six_ages() -> None:
    found = slots_of("2025-01-31", "P34")
    assert list(found) == ["6m", "12m", "18m", "24m", "30m", "36m"]
    assert found["6m"] == ("2025-07-31", "2025-08-30", "2025-08-30")
    assert found["24m"] == ("2027-01-31", "2027-02-27", "2027-02-27")
    done = rec("child_tcm", "2025-08-30", month="6")
    late = rec("child_tcm", "2025-08-31", month="6")
    assert owed(person(done, born="2025-01-31"), 2025, "P34")["6m"].done == done.id
    assert owed(person(late, born="2025-01-31"), 2025, "P34")["6m"].done is None


# What becomes of a finding.


def found_at(on: str) -> tuple[Facts, Record]:
    check = rec("child_check", on, age_slot="12m", referral="2")
    return person(check, born="2025-03-01"), check


def test_a_finding_is_referred_and_its_result_asked_for_within_14_days() -> None:
    child, check = found_at("2026-03-10")
    (item,) = owed(child, 2026, "P35").values()
    assert days_of(item) == ("2026-03-10", "2026-03-24", "2026-06-08")
    assert (item.why, item.because) == ("result", (check.id,))
    assert around(item) == [Stage.LATER, Stage.OPEN, Stage.OPEN, Stage.OVERDUE, Stage.MISSED]


def test_a_referral_or_a_result_that_came_back_ends_the_wait() -> None:
    child, _ = found_at("2026-03-10")
    before = rec("referral", "2026-03-09", direction="1", reason="7")
    after = rec("referral", "2026-03-20", direction="2", back_date="2026-03-20")
    (item,) = owed(doing(child, before), 2026, "P35").values()
    assert item.done is None
    (item,) = owed(doing(child, after), 2026, "P35").values()
    assert (item.done, item.done_on) == (after.id, day("2026-03-20"))


@pytest.mark.parametrize(("on", "counts"), [("2026-06-08", True), ("2026-06-09", False)])
def test_nobody_waits_longer_than_ninety_days(on: str, counts: bool) -> None:
    child, _ = found_at("2026-03-10")
    sent = rec("referral", on, direction="1", reason="7")
    (item,) = owed(doing(child, sent), 2026, "P35").values()
    assert (item.done == sent.id) is counts
    assert owed(child, 2027, "P35") == {}


def test_a_referral_for_a_restricted_reason_tells_nothing_of_a_childs_finding() -> None:
    child, _ = found_at("2026-03-10")
    other = rec("referral", "2026-03-12", direction="1", reason_restricted="2")
    (item,) = owed(doing(child, other), 2026, "P35").values()
    assert item.done is None
