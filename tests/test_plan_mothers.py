"""Pregnancy and after birth: checks by week, visits after it, pregnancies that end (P36 to P40)."""

from datetime import timedelta

import pytest

from server.rules.plan.engine import plan_of
from server.rules.plan.model import Facts, Item, Record, Stage
from tests.plan_people import around, day, days_of, doing, owed, person, rec

DAY = timedelta(days=1)
LMP = "2026-01-05"
"""The last period; born on time: 12 October 2026."""
BORN = "1996-03-08"
CHECKS = (("P37", "2"), ("P37", "3"), ("P38", "4"), ("P38", "5"))


def booked(on: str = "2026-03-20", lmp: str = LMP, **body: object) -> Record:
    return rec("antenatal_first", on, lmp=lmp, **body)


def mother(*records: Record) -> Facts:
    return person(*records, born=BORN, sex="2")


def after(weeks: int, days: int = 0, lmp: str = LMP) -> str:
    return (day(lmp) + timedelta(weeks=weeks, days=days)).isoformat()


def check(facts: Facts, rule: str, number: str, year: int = 2026) -> Item | None:
    found = owed(facts, year, rule)
    return next((each for slot, each in found.items() if slot.endswith(f":{number}")), None)


def only(facts: Facts, rule: str, year: int = 2026) -> Item:
    (item,) = owed(facts, year, rule).values()
    return item


def birth(on: str, *, left: str | None = None, seen: str | None = None) -> Record:
    return rec("postpartum_visit", seen or on, delivery_date=on, discharge_date=left or on)


# Before birth.


@pytest.mark.parametrize(
    ("on", "why"), [(after(12, 6), "book"), (after(13, 0), "late"), (after(6), "book")]
)
def test_a_pregnancy_is_booked_before_13_weeks(on: str, why: str) -> None:
    first = booked(on)
    item = only(mother(first), "P36")
    assert days_of(item)[:2] == (LMP, after(12, 6))
    assert (item.done, item.why) == (first.id, why)


def test_a_woman_first_seen_at_a_later_check_still_owes_the_book() -> None:
    seen = rec("antenatal_next", after(17), kind="1", gest_week=17)
    item = only(mother(seen), "P36")
    assert days_of(item) == (LMP, after(12, 6), after(40, 6))
    assert (item.done, item.why, item.because) == (None, "late", (seen.id,))


def test_a_woman_who_is_only_marked_owes_to_be_booked_and_nothing_else() -> None:
    marked = person(born=BORN, sex="2", since="2020-01-01", special_group=frozenset({"7"}))
    item = only(marked, "P36")
    assert (item.slot, item.why) == ("mark-2026", "marked")
    assert days_of(item) == ("2026-01-01", "2026-01-31", "2026-12-31")
    for rule in ("P37", "P38", "P39", "P40"):
        assert owed(marked, 2026, rule) == {}
    found = owed(doing(marked, booked()), 2026, "P36")
    assert found.keys() == {"2026-01"}
    opened = person(born=BORN, sex="2", since="2026-12-20", special_group=frozenset({"7"}))
    assert days_of(only(opened, "P36")) == ("2026-12-20", "2026-12-31", "2026-12-31")


@pytest.mark.parametrize(
    ("number", "first", "last"), [("2", 16, 20), ("3", 21, 24), ("4", 28, 36), ("5", 37, 40)]
)
def test_a_check_is_owed_from_the_first_day_of_its_weeks_to_the_last(
    number: str, first: int, last: int
) -> None:
    rule = next(rule for rule, each in CHECKS if each == number)
    item = check(mother(booked()), rule, number)
    assert item is not None
    assert days_of(item) == (after(first), after(last, 6), after(last, 6))
    assert around(item) == [Stage.LATER, Stage.OPEN, Stage.OPEN, Stage.OPEN, Stage.MISSED]
    for on, counts in (
        (day(after(first)) - DAY, False), (day(after(first)), True),
        (day(after(last, 6)), True), (day(after(last, 6)) + DAY, False),
    ):  # fmt: skip
        met = rec("antenatal_next", on, kind="1", gest_week=(on - day(LMP)).days // 7)
        done = check(mother(booked(), met), rule, number)
        assert done is not None
        assert (done.done == met.id) is counts


def test_urging_her_to_go_elsewhere_counts_for_the_last_two_checks_only() -> None:
    urged = [rec("antenatal_next", after(week), kind="2", gest_week=week) for week in (18, 30, 38)]
    found = [check(mother(booked(), *urged), rule, number) for rule, number in CHECKS]
    assert [each is not None and each.done is not None for each in found] == [
        False, False, True, True,
    ]  # fmt: skip


def test_weeks_are_counted_from_the_week_written_down_when_the_last_period_is_unknown() -> None:
    first = rec("antenatal_first", "2026-03-20", lmp_unknown="1", gest_week=10, gest_day=4)
    item = check(mother(first), "P37", "2")
    assert item is not None
    assert days_of(item)[0] == after(16)


def test_a_pregnancy_across_new_year_is_in_the_plans_of_both_years() -> None:
    lmp = "2026-06-01"
    woman = mother(booked("2026-08-10", lmp))
    here = {(rule, n): check(woman, rule, n, 2026) for rule, n in CHECKS}
    there = {(rule, n): check(woman, rule, n, 2027) for rule, n in CHECKS}
    assert [each is not None for each in here.values()] == [True, True, True, False]
    assert [each is not None for each in there.values()] == [False, False, True, True]
    assert here["P38", "4"] == there["P38", "4"]
    assert days_of(only(woman, "P39", 2027))[0] == after(40, lmp=lmp)


def test_leap_days_are_days_of_a_pregnancy() -> None:
    item = check(mother(booked("2027-12-20", "2027-10-20")), "P37", "2", 2028)
    assert item is not None
    assert days_of(item) == ("2028-02-09", "2028-03-14", "2028-03-14")


def test_a_man_owes_nothing_of_it_whatever_was_written_into_his_archive() -> None:
    man = person(booked(), born=BORN, sex="1")
    assert not [each for each in plan_of(man, 2026).items if each.rule in ("P36", "P37", "P38")]


# The end.


def test_nothing_before_birth_is_owed_after_it() -> None:
    woman = mother(booked(), birth(after(38), left=after(38, 3), seen=after(39)))
    assert check(woman, "P38", "4") is not None
    assert check(woman, "P38", "5") is None


@pytest.mark.parametrize("code", ["O00.1", "O03.9", "O04.9", "O08.1"])
def test_a_pregnancy_that_ended_early_owes_nothing_more(code: str) -> None:
    lost = rec("encounter", after(11), icd10=[{"code": code, "name": ""}])
    woman = mother(booked(after(9)), lost)
    assert only(woman, "P36").done is not None
    for rule in ("P37", "P38", "P39", "P40"):
        assert owed(woman, 2026, rule) == {}


def test_a_pregnancy_that_was_seen_to_go_on_did_not_end() -> None:
    feared = rec("encounter", after(11), icd10=[{"code": "O03.9", "name": ""}])
    seen = rec("antenatal_next", after(17), kind="1", gest_week=17)
    assert check(mother(booked(after(9)), feared, seen), "P37", "3") is not None


def test_another_pregnancy_ends_the_one_before_and_has_items_of_its_own() -> None:
    second = booked("2026-07-10", "2026-05-01")
    woman = mother(booked(after(8)), second)
    assert owed(woman, 2026, "P36").keys() == {"2026-01", "2026-05"}
    assert owed(woman, 2026, "P37").keys() == {"2026-05:2", "2026-05:3"}


def test_a_birth_that_an_ordinary_visit_tells_of_stops_checks_and_begins_the_visits() -> None:
    told = rec("encounter", after(38), icd10=[{"code": "O80.9", "name": ""}])
    woman = mother(booked(), told)
    assert check(woman, "P38", "5") is None
    assert days_of(only(woman, "P39")) == (after(38), after(39, 3), after(42, 3))
    assert days_of(only(woman, "P40"))[0] == after(44)


# After birth.


@pytest.mark.parametrize(
    ("seen", "counts"), [("2026-10-11", True), ("2026-11-10", True), ("2026-11-11", False)]
)
def test_a_mother_is_visited_within_7_days_of_leaving_hospital_and_counted_until_28(
    seen: str, counts: bool
) -> None:
    visit = birth("2026-10-10", left="2026-10-13", seen=seen)
    item = only(mother(booked(), visit), "P39")
    assert days_of(item) == ("2026-10-10", "2026-10-20", "2026-11-10")
    assert (item.done == visit.id) is counts


def test_until_the_birth_is_written_down_the_visit_waits_from_the_expected_day() -> None:
    item = only(mother(booked()), "P39")
    assert item.why == "expected"
    assert days_of(item) == ("2026-10-12", "2026-10-22", "2026-11-26")
    assert around(item) == [Stage.LATER, Stage.OPEN, Stage.OPEN, Stage.OVERDUE, Stage.MISSED]


@pytest.mark.parametrize(("days", "counts"), [(41, False), (42, True), (56, True), (57, False)])
def test_the_42_day_check_is_on_day_42_to_56(days: int, counts: bool) -> None:
    born = day("2026-08-31")
    seen = rec(
        "postpartum_42", born + timedelta(days=days),
        delivery_date="2026-08-31", discharge_date="2026-09-03",
    )  # fmt: skip
    item = only(mother(booked(lmp="2025-11-24", on="2026-01-20"), seen), "P40")
    assert days_of(item) == ("2026-10-12", "2026-10-26", "2026-10-26")
    assert (item.done == seen.id) is counts


def test_a_mother_of_twins_owes_one_visit_and_one_check() -> None:
    both = (birth("2026-09-20", seen="2026-09-25"), birth("2026-09-20", seen="2026-09-25"))
    woman = mother(booked(), *both)
    assert only(woman, "P39").done == both[0].id
    assert len(owed(woman, 2026, "P40")) == 1


def test_a_mother_who_came_after_the_birth_owes_no_check_before_it() -> None:
    woman = mother(birth("2026-09-20", seen="2026-09-25"))
    for rule in ("P36", "P37", "P38"):
        assert owed(woman, 2026, rule) == {}
    assert only(woman, "P39").done is not None


def test_a_check_after_birth_that_was_not_possible_is_still_owed() -> None:
    lost = rec("antenatal_next", after(17), kind="1", gest_week=17, lost_reason="4")
    item = check(doing(mother(booked()), lost), "P37", "2")
    assert item is not None
    assert item.done is None
