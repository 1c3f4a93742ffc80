"""To whom a resident belongs: by birthdays, marks and records, by the day, as the figures count."""

import random
from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest

from server.rules import figures
from server.rules.plan.engine import open_groups, plan_of
from server.rules.plan.groups import belongs, birthday, groups_of, until
from server.rules.plan.model import RESTRICTED_GROUPS, Facts, Group, Record, Spell
from tests.plan_people import day, groups_on, person, rec

DAY = timedelta(days=1)


def spell(facts: Facts, group: Group, year: int = 2026) -> Spell:
    return groups_of(facts, year)[group]


def codes(*found: str) -> frozenset[str]:
    return frozenset(found)


# By age.


@pytest.mark.parametrize(
    ("born", "age", "on"),
    [
        ("1961-06-15", 65, "2026-06-15"), ("1991-01-01", 35, "2026-01-01"),
        ("1960-02-29", 65, "2025-03-01"), ("1960-02-29", 68, "2028-02-29"),
        ("1988-02-29", 35, "2023-03-01"), ("2020-02-29", 7, "2027-03-01"),
        ("1961-12-31", 65, "2026-12-31"),
    ],
)  # fmt: skip
def test_a_birthday_of_29_february_is_1_march_in_other_years(born: str, age: int, on: str) -> None:
    assert birthday(day(born), age) == day(on)


@pytest.mark.parametrize("born", ["1961-06-15", "1961-12-31", "1961-01-01", "1964-02-29"])
def test_an_elder_is_one_from_the_65th_birthday_on(born: str) -> None:
    resident, turns = person(born=born), birthday(day(born), 65)
    assert Group.ELDER not in groups_on(resident, (turns - DAY).isoformat())
    assert Group.ELDER in groups_on(resident, turns.isoformat())
    assert Group.ELDER in groups_on(resident, (turns + DAY).isoformat())
    assert Group.ELDER not in groups_of(resident, turns.year - 1)


@pytest.mark.parametrize("born", ["1991-03-01", "1988-02-29", "1991-12-31"])
def test_first_pressure_is_owed_from_the_35th_birthday_on(born: str) -> None:
    resident, turns = person(born=born), birthday(day(born), 35)
    assert Group.ADULT_35 not in groups_on(resident, (turns - DAY).isoformat())
    assert Group.ADULT_35 in groups_on(resident, turns.isoformat())


@pytest.mark.parametrize("born", ["2019-06-15", "2020-02-29", "2019-12-31"])
def test_a_child_is_one_until_the_seventh_birthday(born: str) -> None:
    resident, turns = person(born=born), birthday(day(born), 7)
    assert Group.CHILD in groups_on(resident, born)
    assert Group.CHILD in groups_on(resident, (turns - DAY).isoformat())
    assert Group.CHILD not in groups_on(resident, turns.isoformat())
    assert Group.CHILD not in groups_of(resident, turns.year + 1)


def test_without_a_birth_date_nobody_is_of_an_age() -> None:
    marked: dict[str, Any] = {"hx_disease": codes("2", "3", "5"), "special_group": codes("1", "8")}
    assert groups_of(person(born=None, **marked), 2026) == {}


# As the figures count.


ROWS = {
    "elder": Group.ELDER, "child": Group.CHILD,
    "hypertension": Group.HYPERTENSION, "diabetes": Group.DIABETES,
}  # fmt: skip
BIRTHS = [
    date(year, month, number)
    for year in (1950, 1960, 1961, 1962, 1990, 1991, 1992, 2018, 2019, 2020, 2021, 2026)
    for month, number in ((1, 1), (6, 30), (12, 31))
] + [date(1960, 2, 29), date(1988, 2, 29), date(2020, 2, 29)]


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("year", [2025, 2026, 2027])
def test_who_is_counted_in_a_year_belongs_on_its_last_day(name: str, year: int) -> None:
    row = figures.rules().row(name)
    assert row is not None
    marks = [codes(), codes("2"), codes("3"), codes("2", "3"), codes("1")]
    counted = set[bool]()
    for birth, diseases, special in product((*BIRTHS, None), marks, marks):
        known = figures.Facts("usual", birth, diseases, special, complete=True, served=())
        standing = figures.standing(figures.rules(), row, known, year)
        values: dict[str, Any] = {"hx_disease": diseases, "special_group": special}
        resident = person(born=birth.isoformat() if birth else None, **values)
        member = belongs(groups_of(resident, year).get(ROWS[name]), date(year, 12, 31))
        assert member is not isinstance(standing, figures.Outside), (birth, diseases, special)
        counted.add(member)
    assert counted == {True, False}


# Diseases and other marks.


def test_copd_is_known_by_a_mark_or_by_its_forms() -> None:
    assert Group.COPD in groups_of(person(born="1960-01-01", hx_disease=codes("5")), 2026)
    assert Group.COPD in groups_of(person(born="1960-01-01", special_group=codes("4")), 2026)
    record = rec("copd_record", "2026-05-05")
    found = spell(person(record, born="1960-01-01", since="2026-07-01"), Group.COPD)
    assert (found.since, found.because) == (day("2026-05-05"), (record.id,))
    assert Group.COPD not in groups_of(person(record, born="2000-01-01"), 2026)


def test_a_mark_is_known_since_the_archive_was_opened_and_from_35_on() -> None:
    ill: dict[str, Any] = {"hx_disease": codes("2")}
    old = person(born="1950-01-01", since="2026-07-04", **ill)
    assert spell(old, Group.HYPERTENSION).since == day("2026-07-04")
    young = person(born="1991-09-10", since="2020-01-01", **ill)
    assert spell(young, Group.HYPERTENSION).since == day("2026-09-10")


@pytest.mark.parametrize(
    ("values", "group"),
    [
        ({"hx_disease_restricted": codes("8")}, Group.MENTAL),
        ({"special_group_restricted": codes("5")}, Group.MENTAL),
        ({"special_group_restricted": codes("6")}, Group.TUBERCULOSIS),
    ],
)
def test_what_a_restricted_cell_tells_is_restricted(values: dict[str, Any], group: Group) -> None:
    found = groups_of(person(born="1980-01-01", **values), 2026)
    assert group in RESTRICTED_GROUPS
    assert found[group].cls == "B"
    assert group not in open_groups(found)


def test_a_history_of_tuberculosis_is_no_course_of_treatment() -> None:
    past = person(born="1980-01-01", hx_disease_restricted=codes("9"))
    assert Group.TUBERCULOSIS not in groups_of(past, 2026)


def test_a_course_of_treatment_ends_on_the_day_it_is_stopped_and_may_begin_again() -> None:
    first = rec("tb_first", "2026-01-12", notified_on="2026-01-10")
    stopped = rec("tb_followup", "2026-07-12", stop_date="2026-07-10")
    treated = person(first, stopped, born="1980-01-01", special_group_restricted=codes("6"))
    assert spell(treated, Group.TUBERCULOSIS).since == day("2026-01-10")
    assert Group.TUBERCULOSIS in groups_on(treated, "2026-07-10")
    assert Group.TUBERCULOSIS not in groups_on(treated, "2026-07-11")
    again = rec("tb_first", "2026-09-01")
    relapsed = person(first, stopped, again, born="1980-01-01")
    assert spell(relapsed, Group.TUBERCULOSIS).since == day("2026-09-01")


def test_a_suspicion_lasts_until_the_result_is_back_or_treatment_begins() -> None:
    sent = rec("referral", "2026-03-01", direction="1", reason_restricted="2")
    suspected = person(sent, born="1980-01-01")
    assert spell(suspected, Group.TUBERCULOSIS_SUSPECT).until is None
    back = rec(
        "referral", "2026-03-06", direction="2", back_date="2026-03-06", reason_restricted="2"
    )
    for answer in (back, rec("tb_first", "2026-03-06")):
        known = person(sent, answer, born="1980-01-01")
        assert spell(known, Group.TUBERCULOSIS_SUSPECT).until == day("2026-03-07")
    other = rec("referral", "2026-03-01", direction="1", reason="1")
    assert Group.TUBERCULOSIS_SUSPECT not in groups_of(person(other, born="1980-01-01"), 2026)


@pytest.mark.parametrize(
    ("values", "cls"),
    [
        ({"special_group": codes("9")}, "A"),
        ({"disability": codes("5")}, "A"),
        ({"disability": codes("5"), "disability_restricted": codes("7")}, "A"),
        ({"disability_restricted": codes("7")}, "B"),
        ({"disability": codes("1"), "disability_cert": "37100219500312001162"}, "B"),
    ],
)
def test_a_disability_is_as_restricted_as_what_tells_of_it(
    values: dict[str, Any], cls: str
) -> None:
    found = groups_of(person(born="1950-03-12", **values), 2026)
    assert found[Group.DISABLED].cls == cls
    assert (Group.DISABLED in open_groups(found)) is (cls == "A")


def test_who_has_no_disability_is_not_disabled() -> None:
    assert Group.DISABLED not in groups_of(person(born="1950-03-12", disability=codes("1")), 2026)


def contract(on: str, begin: str, end: str, **body: str) -> Record:
    return rec("fd_contract", on, **{"state": "1", "begin": begin, "end": end, **body})


def test_contracts_that_follow_each_other_are_one_spell() -> None:
    first = contract("2025-03-01", "2025-03-01", "2026-02-28")
    second = contract("2026-02-20", "2026-03-01", "2027-02-28", state="3")
    bound = person(first, second, born="1950-01-01")
    found = spell(bound, Group.CONTRACT)
    assert (found.since, found.until) == (day("2025-03-01"), day("2027-03-01"))
    assert len(found.because) == 2


def test_a_contract_holds_on_its_last_day_and_not_when_ended_or_unsigned() -> None:
    signed = person(contract("2025-03-01", "2025-03-01", "2026-02-28"), born="1950-01-01")
    assert Group.CONTRACT in groups_on(signed, "2026-02-28")
    assert Group.CONTRACT not in groups_on(signed, "2026-03-01")
    ended = contract("2025-03-01", "2025-03-01", "2026-02-28", state="2", stop_date="2026-01-10")
    left = person(ended, born="1950-01-01")
    assert Group.CONTRACT in groups_on(left, "2026-01-09")
    assert Group.CONTRACT not in groups_on(left, "2026-01-10")
    waiting = contract("2026-03-01", "2026-03-01", "2027-02-28", state="4")
    assert Group.CONTRACT not in groups_of(person(waiting, born="1950-01-01"), 2026)


# At risk.


@pytest.mark.parametrize(
    ("body", "at_risk"),
    [
        ({"sbp": 129, "dbp": 84}, False), ({"sbp": 130, "dbp": 84}, True),
        ({"sbp": 129, "dbp": 85}, True), ({"sbp": 139, "dbp": 89}, True),
        ({"sbp": 140, "dbp": 89}, False), ({"bmi": 239}, False), ({"bmi": 240}, True),
        ({"waist": 899}, False), ({"waist": 900}, True), ({"diet": ["1"]}, False),
        ({"diet": ["4"]}, True), ({"drink_per_day": 19}, False), ({"drink_per_day": 20}, True),
    ],
)  # fmt: skip
def test_high_risk_of_hypertension_begins_at_each_of_its_bounds(
    body: dict[str, object], at_risk: bool
) -> None:
    record = rec("health_check", "2026-03-10", **body)
    found = groups_of(person(record, born="1980-01-01"), 2026)
    assert (Group.HYPERTENSION_RISK in found) is at_risk
    if at_risk:
        assert found[Group.HYPERTENSION_RISK].since == day("2026-03-10")
        assert found[Group.HYPERTENSION_RISK].because == (record.id,)


def test_the_waist_of_a_woman_counts_from_85() -> None:
    wide = rec("health_check", "2026-03-10", waist=850)
    assert Group.HYPERTENSION_RISK in groups_of(person(wide, born="1980-01-01", sex="2"), 2026)
    assert Group.HYPERTENSION_RISK not in groups_of(person(wide, born="1980-01-01"), 2026)


def test_family_and_age_are_risks_too_and_a_patient_is_at_none() -> None:
    family: dict[str, Any] = {"fam_mother": codes("2")}
    assert Group.HYPERTENSION_RISK in groups_of(person(born="1980-01-01", **family), 2026)
    assert Group.HYPERTENSION_RISK in groups_of(person(born="1971-12-31"), 2026)
    assert Group.HYPERTENSION_RISK not in groups_of(person(born="1972-01-01"), 2026)
    patient = person(born="1950-01-01", hx_disease=codes("2"), **family)
    assert Group.HYPERTENSION_RISK not in groups_of(patient, 2026)
    assert Group.DIABETES_RISK in groups_of(patient, 2026)
    young = person(born="1992-01-01", **family)
    assert Group.HYPERTENSION_RISK not in groups_of(young, 2026)


@pytest.mark.parametrize(
    ("body", "at_risk"),
    [
        ({"fpg": 609}, False), ({"fpg": 610}, True), ({"fpg": 699}, True), ({"fpg": 700}, False),
        ({"hdl": 90}, True), ({"hdl": 91}, False), ({"tg": 222}, True), ({"tg": 221}, False),
    ],
)  # fmt: skip
def test_high_risk_of_diabetes_begins_at_each_of_its_bounds(
    body: dict[str, object], at_risk: bool
) -> None:
    found = groups_of(person(rec("health_check", "2026-03-10", **body), born="1980-01-01"), 2026)
    assert (Group.DIABETES_RISK in found) is at_risk


def test_a_restricted_record_tells_nothing_of_a_risk() -> None:
    salty = rec("health_check", "2026-03-10", diet=["4"])
    visit = rec("smd_followup", "2026-04-10", diet="1", sbp=134, dbp=86)
    found = groups_of(person(salty, visit, born="1980-01-01"), 2026)
    assert found[Group.HYPERTENSION_RISK].because == (salty.id,)


def test_a_risk_that_was_mended_is_none() -> None:
    heavy = rec("health_check", "2025-03-10", bmi=260)
    light = rec("health_check", "2026-03-10", bmi=230)
    resident = person(heavy, light, born="1980-01-01")
    assert Group.HYPERTENSION_RISK in groups_of(resident, 2025)
    assert Group.HYPERTENSION_RISK not in groups_of(resident, 2026)


# When to look again.


def test_the_next_day_to_look_is_the_next_change_or_new_year() -> None:
    turning = person(born="1961-06-15")
    assert until(turning, day("2026-06-14")) == day("2026-06-15")
    assert until(turning, day("2026-06-15")) == day("2027-01-01")
    assert until(turning, day("2026-12-31")) == day("2027-01-01")
    child = person(born="2020-02-29")
    assert until(child, day("2027-02-28")) == day("2027-03-01")


def test_between_two_days_to_look_the_groups_stay_the_same() -> None:
    booked = rec("antenatal_first", "2026-02-20", lmp="2026-01-01", edd="2026-10-08")
    first = contract("2025-03-01", "2025-03-01", "2026-02-28")
    woman = person(booked, first, born="1991-05-05", sex="2", hx_disease=codes("2"))
    on = day("2026-01-01")
    while on.year == 2026:
        change = until(woman, on)
        before = groups_on(woman, on.isoformat())
        while on < change:
            assert groups_on(woman, on.isoformat()) == before
            on += DAY
        if on.year == 2026:
            assert groups_on(woman, on.isoformat()) != before


def test_who_died_or_moved_is_owed_nothing() -> None:
    gone = person(born="1950-01-01", hx_disease=codes("2"))
    gone = Facts(False, gone.birth, gone.sex, gone.since, gone.values, gone.records)
    assert plan_of(gone, 2026).items == ()


def test_groups_do_not_depend_on_the_order_of_records_of_one_day() -> None:
    shuffler = random.Random(4)
    records = [
        rec("antenatal_first", "2026-02-20", lmp="2026-01-01", edd="2026-10-08"),
        rec("health_check", "2026-02-20", bmi=260), rec("health_check", "2026-02-20", bmi=230),
        rec("referral", "2026-02-20", direction="1", reason_restricted="2"),
        rec("tb_first", "2026-02-20"), contract("2026-02-20", "2026-02-20", "2027-02-19"),
    ]  # fmt: skip
    resident = person(*records, born="1990-01-01", sex="2")
    wanted = groups_of(resident, 2026)
    for _ in range(20):
        shuffler.shuffle(records)
        mixed = Facts(True, resident.birth, "2", None, {}, tuple(records))
        assert groups_of(mixed, 2026) == wanted
