"""Newborns, children and vaccination: ages, warning signs, what fits what."""

from datetime import date, timedelta
from typing import Any

import pytest

from server.records.ages import full_years, months_later
from server.records.child_slots import SIGNS, SLOTS, in_slot, slot_of
from server.records.vaccines import MIN_AGE_MONTHS, VACCINES
from tests.cast_forms import LEFT_OUT, ON
from tests.forms_at_hand import asked, contradicted, follows, found, missing

BORN = date(2025, 3, 10)
"""A year old on the service day of the examples."""


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2026, 5, 1), 0, date(2026, 5, 1)),
    ],
)
def test_months_later_ends_with_the_month(day: date, months: int, later: date) -> None:
    assert months_later(day, months) == later


def test_who_was_born_on_29_february_grows_older_on_1_march() -> None:
    leap = date(2020, 2, 29)
    assert full_years(leap, date(2026, 2, 28)) == 5
    assert full_years(leap, date(2026, 3, 1)) == 6
    assert full_years(leap, date(2024, 2, 28)) == 3
    assert full_years(leap, date(2024, 2, 29)) == 4


@pytest.mark.parametrize(
    ("lmp", "edd"),
    [
        (date(2025, 12, 20), date(2026, 9, 27)),
        (date(2026, 3, 1), date(2026, 12, 8)),
        (date(2026, 5, 31), date(2027, 3, 7)),
    ],
)
def test_the_due_day_is_nine_months_and_seven_days_on(lmp: date, edd: date) -> None:
    assert follows("antenatal_first", {"lmp": lmp.isoformat()})["edd"] == edd.isoformat()


@pytest.mark.parametrize(
    ("slot", "inside", "outside"),
    [
        ("1m", (28, 42), (27, 43)),
        ("3m", (92, 121), (91, 122)),  # 10 March to 10 June, and 29 days
        ("12m", (365, 394), (364, 395)),
    ],
)
def test_a_slot_of_months_is_thirty_days_long(
    slot: str, inside: tuple[int, int], outside: tuple[int, int]
) -> None:
    for days in inside:
        assert in_slot(slot, BORN, BORN + timedelta(days))
    for days in outside:
        assert not in_slot(slot, BORN, BORN + timedelta(days))


def test_a_slot_of_years_is_the_whole_year() -> None:
    assert not in_slot("4y", BORN, date(2029, 3, 9))
    assert in_slot("4y", BORN, date(2029, 3, 10))
    assert in_slot("4y", BORN, date(2030, 3, 9))
    assert not in_slot("4y", BORN, date(2030, 3, 10))


def test_a_child_is_in_one_slot_or_between_two() -> None:
    assert slot_of(BORN, date(2026, 3, 10)) == "12m"
    assert slot_of(BORN, date(2026, 6, 10)) == ""
    assert slot_of(date(1950, 1, 1), date(2026, 6, 10)) == ""
    assert slot_of(None, date(2026, 6, 10)) == ""


def test_every_slot_but_the_first_has_four_warning_signs() -> None:
    for slot in SLOTS:
        signs = [code for code in SIGNS if code[:-1] == slot]
        assert len(signs) == (0 if slot == "1m" else 4), slot


def test_a_check_outside_its_age_is_questioned_and_before_birth_refused() -> None:
    assert asked("child_check", birth=BORN) == set()
    assert asked("child_check", birth=BORN - timedelta(30)) == {"age_slot"}
    assert contradicted("child_check", birth=date(2026, 3, 11)) == {"@on"}


# What each age is asked, in the words of the three printed forms.
INFANT = {"head", "face", "skin", "fontanelle", "eye", "ear", "mouth", "chest", "abdomen"}
INFANT |= {"limbs", "genital", "outdoor", "vit_d"}
TODDLER = {"face", "skin", "eye", "ear", "teeth", "caries", "chest", "abdomen", "limbs", "gait"}
TODDLER |= {"rickets_sign", "outdoor", "vit_d", "dev_warn"}
CHILD = {"wh_ratio_grade", "phys_eval", "teeth", "caries", "chest", "abdomen", "dev_warn"}
VISION = {"vision_l", "vision_r"}
WANTED: dict[str, set[str]] = {
    "1m": INFANT | {"neck_mass", "navel"},
    "3m": INFANT | {"neck_mass", "navel", "rickets_sym", "rickets_sign", "dev_warn"},
    "6m": INFANT | {"neck_mass", "rickets_sym", "rickets_sign", "dev_warn", "hearing", "teeth"},
    "8m": INFANT | {"rickets_sym", "rickets_sign", "dev_warn", "teeth"},
    "12m": TODDLER | {"fontanelle", "hearing"},
    "18m": TODDLER | {"fontanelle"},
    "24m": TODDLER | {"fontanelle", "hearing"},
    "30m": TODDLER,
    "36m": CHILD | {"hearing"},
    "4y": CHILD | VISION,
    "5y": CHILD | VISION,
    "6y": CHILD | VISION,
}
OF_AGES = set().union(*WANTED.values())
HAEMOGLOBIN = {"8m", "18m", "30m", "4y", "5y", "6y"}


@pytest.mark.parametrize("slot", SLOTS)
def test_each_age_is_asked_what_its_printed_form_asks(slot: str) -> None:
    bare: dict[str, Any] = dict.fromkeys(OF_AGES, LEFT_OUT)
    assert missing("child_check", age_slot=slot, **bare) == WANTED[slot]
    questions = {f.field for f in found("child_check", age_slot=slot, **bare) if f.warn}
    assert ("hb" in questions) is (slot in HAEMOGLOBIN)


def test_warning_signs_are_those_of_the_age_and_are_followed() -> None:
    sent = {"referral": "2", "referral_reason": "发育迟缓", "referral_org": "区妇幼保健院"}
    assert asked("child_check", dev_warn=["12m1", "12m4"], **sent) == set()
    assert asked("child_check", dev_warn=["12m1"]) == {"referral"}
    assert contradicted("child_check", dev_warn=["12m1", "3m1"], **sent) == {"dev_warn"}
    assert contradicted("child_check", dev_warn=["0", "12m1"]) == {"dev_warn"}


def test_a_child_has_no_more_bad_teeth_than_teeth_and_sees_by_a_chart() -> None:
    assert contradicted("child_check", teeth=6, caries=6) == set()
    assert contradicted("child_check", teeth=6, caries=7) == {"caries"}
    for seen in (1, 20, 40, 53):
        assert contradicted("child_check", vision_l=seen) == set()
    for off in (21, 39):
        assert contradicted("child_check", vision_l=off) == {"vision_l"}


def test_a_child_s_illnesses_and_findings_are_told() -> None:
    assert missing("child_check", ill_between=["2", "4"]) == {"ill_pneumonia", "ill_injury"}
    assert missing("child_check", ill_between=["3", "5"]) == {
        "ill_diarrhoea",
        "ill_between_other",
    }
    assert missing("child_check", skin="2", gait="2") == {"skin_text", "gait_text"}
    assert missing("child_check", fontanelle="2", fontanelle_long=LEFT_OUT) == {"fontanelle_long"}
    assert missing("child_check", next_date=LEFT_OUT) == {"next_date"}
    assert contradicted("child_check", next_date=str(ON)) == {"next_date"}


@pytest.mark.parametrize(
    ("month", "technique"),
    [("6", "1"), ("12", "1"), ("18", "2"), ("24", "2"), ("30", "3"), ("36", "3")],
)
def test_the_technique_of_chinese_medicine_goes_by_age(month: str, technique: str) -> None:
    assert contradicted("child_tcm", month=month, technique=technique) == set()
    other = "2" if technique != "2" else "3"
    assert contradicted("child_tcm", month=month, technique=other) == {"technique"}
    last = month == "36"
    left = missing("child_tcm", month=month, technique=technique, next_date=LEFT_OUT)
    assert left == (set() if last else {"next_date"})


def test_chinese_medicine_outside_its_age_is_questioned() -> None:
    assert asked("child_tcm", birth=BORN) == set()
    assert asked("child_tcm", birth=BORN + timedelta(1)) == {"month"}


def test_a_newborn_has_a_mother_and_somebody_to_call() -> None:
    gone: dict[str, Any] = dict.fromkeys(("mother_phone", "father_phone"), LEFT_OUT)
    assert missing("newborn_visit", **gone) == {"mother_phone"}
    assert missing("newborn_visit", mother_phone=LEFT_OUT) == set()
    assert missing("newborn_visit", mother_name=LEFT_OUT) == {"mother_name"}
    assert asked("newborn_visit", father_name=LEFT_OUT) == {"father_name"}


def test_a_newborn_who_did_not_breathe_is_scored() -> None:
    assert missing("newborn_visit", asphyxia="2") == {"apgar_1"}
    assert missing("newborn_visit", asphyxia="2", apgar_1=6) == set()
    assert missing("newborn_visit", asphyxia="2", apgar_unknown="1") == set()


def test_a_newborn_that_lost_a_tenth_of_its_weight_is_questioned() -> None:
    assert asked("newborn_visit", birth_weight=300, now_weight=270) == set()
    assert asked("newborn_visit", birth_weight=300, now_weight=269) == {"now_weight"}


def test_a_newborn_s_findings_fit() -> None:
    assert asked("newborn_visit", face="2") == {"jaundice"}
    assert asked("newborn_visit", face="2", jaundice=["2"]) == set()
    assert contradicted("newborn_visit", disease_screen=["2", "3"]) == {"disease_screen"}
    assert missing("newborn_visit", feeding="3", milk_ml=LEFT_OUT) == {"milk_ml"}
    assert missing("newborn_visit", feeding="1", milk_ml=LEFT_OUT) == set()
    assert missing("newborn_visit", fontanelle="4", cord="4", stool="3") == {
        "fontanelle_other",
        "cord_other",
        "stool_other",
    }
    assert asked("newborn_visit", birth=ON - timedelta(42)) == set()
    assert asked("newborn_visit", birth=ON - timedelta(43)) == {"temp"}
    assert contradicted("newborn_visit", birth=ON + timedelta(1)) == {"@on"}


def test_an_expired_batch_is_not_given() -> None:
    assert contradicted("vaccination", expiry=str(ON)) == set()
    assert contradicted("vaccination", expiry="2026-03-09") == {"expiry"}


def test_every_vaccine_of_the_programme_has_its_ages() -> None:
    assert set(VACCINES) == {*MIN_AGE_MONTHS, "other"}
    for ages in MIN_AGE_MONTHS.values():
        assert list(ages) == sorted(ages)


@pytest.mark.parametrize("vaccine", MIN_AGE_MONTHS)
def test_a_dose_before_its_age_is_questioned(vaccine: str) -> None:
    way = {"bopv": ("5", "4"), "bcg": ("1", "3")}.get(vaccine, ("1", "1"))
    given: dict[str, Any] = {"vaccine": vaccine, "site": way[0], "route": way[1]}
    for number, months in enumerate(MIN_AGE_MONTHS[vaccine], start=1):
        youngest = next(
            day
            for day in (ON - timedelta(n) for n in range(7000))
            if months_later(day, months) <= ON
        )
        assert asked("vaccination", dose_no=number, birth=youngest, **given) == set()
        if months:
            young = youngest + timedelta(1)
            assert asked("vaccination", dose_no=number, birth=young, **given) == {"dose_no"}
    beyond = len(MIN_AGE_MONTHS[vaccine]) + 1
    if beyond <= 5:
        assert asked("vaccination", dose_no=beyond, **given) == {"dose_no"}


def test_the_way_a_vaccine_is_given_fits() -> None:
    assert contradicted("vaccination", vaccine="bopv") == {"route"}
    assert contradicted("vaccination", route="4") == {"route", "site"}
    assert contradicted("vaccination", site="5") == {"site"}
    assert contradicted("vaccination", vaccine="bcg") == {"route"}
    assert contradicted("vaccination", vaccine="bcg", route="3") == set()
    assert missing("vaccination", vaccine="other") == {"vaccine_name"}


def test_the_vaccine_for_girls_is_questioned_for_a_boy() -> None:
    given = {"vaccine": "2vhpv", "route": "1"}
    assert asked("vaccination", sex="2", **given) == set()
    assert asked("vaccination", sex="1", **given) == {"vaccine"}


def test_who_was_vaccinated_is_watched_for_half_an_hour() -> None:
    assert contradicted("vaccination", observed_until="09:40") == set()
    assert contradicted("vaccination", observed_until="09:39") == {"observed_until"}
    assert missing("vaccination", observed_until=LEFT_OUT) == {"observed_until"}
    assert missing("vaccination", observed="2", observed_until=LEFT_OUT) == set()
    assert missing("vaccination", aefi="2") == {"aefi_text"}
    assert asked("vaccination", precheck=["2"]) == {"precheck"}
    assert asked("vaccination", precheck=["2"], vaccine="dtap") == set()
