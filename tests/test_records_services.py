"""Contract, disabled residents, restricted services and work of the facility: what fits what."""

from datetime import date
from typing import Any

import pytest

from server.records.infectious_diseases import DISEASES, HOURS, STAGED, UNNAMED
from tests.cast_forms import LEFT_OUT
from tests.forms_at_hand import asked, contradicted, follows, found, missing, refused


@pytest.mark.parametrize(
    ("begin", "end", "fits"),
    [
        ("2026-03-10", "2027-03-09", True),
        ("2026-03-10", "2027-03-08", False),
        ("2026-03-10", "2029-03-09", True),
        ("2026-03-10", "2029-03-10", False),
        ("2028-02-29", "2029-02-27", True),
        ("2028-02-29", "2029-02-26", False),
    ],
)
def test_a_contract_runs_for_one_to_three_years(begin: str, end: str, fits: bool) -> None:
    assert contradicted("fd_contract", begin=begin, end=end) == (set() if fits else {"end"})


def test_a_contract_is_paid_to_the_fen_and_signed_before_it_begins() -> None:
    assert contradicted("fd_contract", paid_own=6001) == {"paid_own"}
    assert contradicted("fd_contract", packages=[], paid_own=0) == {"paid_own"}
    free: dict[str, Any] = dict.fromkeys(("paid_own", "paid_public", "paid_insurance"), 0)
    assert contradicted("fd_contract", packages=[], **free) == set()
    assert contradicted("fd_contract", begin="2026-03-09") == {"begin"}
    assert contradicted("fd_contract", sign_date="2026-03-11", begin="2026-03-11") >= {"sign_date"}
    assert contradicted("fd_contract", group=["1", "9"]) == {"group"}


def test_who_ends_a_contract_says_why_and_who_signs_for_another_says_who() -> None:
    assert missing("fd_contract", state="2") == {"stop_reason", "stop_date"}
    ended = {"state": "2", "stop_date": "2026-03-10"}
    assert missing("fd_contract", stop_reason="99", **ended) == {"stop_text"}
    assert missing("fd_contract", stop_reason="02", **ended) == set()
    assert missing("fd_contract", signer="2") == {"guardian_name", "guardian_tie"}


def test_the_check_of_a_disabled_resident_holds_all_of_the_health_check() -> None:
    assert contradicted("disabled_check", bmi=LEFT_OUT) == set()
    assert missing("disabled_check", bmi=LEFT_OUT) == {"bmi"}
    assert contradicted("disabled_check", bmi=240) == {"bmi"}
    elder = found("disabled_check", birth=date(1950, 1, 1), elder_selfcare=LEFT_OUT)
    assert "elder_selfcare" in {f.field for f in elder if not f.warn}
    assert missing("disabled_check", need_rehab=["7"], devices=["7"]) == {
        "need_rehab_other",
        "devices_other",
    }
    assert missing("disabled_check", cmp_3y="4") == {"cmp_3y_text"}


def test_a_supporting_service_was_given_by_today() -> None:
    late = [{"date": "2026-03-12", "item": "康复训练指导", "doctor": "王医生"}]
    assert {name for name, _ in refused("disabled_check", support_record=late)} == {
        "support_record/0/date"
    }


def test_the_restricted_page_says_something() -> None:
    names = ("hbsag", "syphilis", "hiv", "risk_purple", "fam_hx_mental")
    bare: dict[str, Any] = dict.fromkeys(names, LEFT_OUT)
    assert missing("restricted_part", **bare) == {"hbsag"}
    assert missing("restricted_part", **{**bare, "hiv": "1"}) == set()
    assert missing("restricted_part", **bare, disability_mental="2") == set()


@pytest.mark.parametrize(
    ("risk", "best"), [("0", "3"), ("1", "2"), ("2", "2"), ("3", "1"), ("4", "1"), ("5", "1")]
)
def test_a_risk_leaves_no_better_class_than_its_own(risk: str, best: str) -> None:
    assert follows("smd_followup", {"risk": risk, "insight": "1"})["stability"] == best
    for grade in ("1", "2", "3"):
        given = {"class": grade, "next_date": "2026-03-20", "risk": risk}
        given |= {"referral": "2", "referral_reason": "病情波动", "referral_org": "精神卫生中心"}
        expected = {"class"} if grade > best else set()
        assert asked("smd_followup", **given) == expected


@pytest.mark.parametrize(
    ("grade", "last", "late"),
    [
        ("1", "2026-03-24", "2026-03-25"),
        ("2", "2026-04-10", "2026-04-11"),
        ("3", "2026-06-10", "2026-06-11"),
    ],
)
def test_the_next_visit_is_due_by_class(grade: str, last: str, late: str) -> None:
    given = {"class": grade, "risk": "0", "referral": "2"}
    given |= {"referral_reason": "病情波动", "referral_org": "精神卫生中心"}
    assert asked("smd_followup", next_date=last, **given) == set()
    assert asked("smd_followup", next_date=late, **given) == {"next_date"}


def test_who_is_unstable_is_sent_on_and_who_lacks_insight_is_not_stable() -> None:
    unstable = {"class": "1", "risk": "3", "next_date": "2026-03-20"}
    assert asked("smd_followup", **unstable) == {"referral_org"}
    assert asked("smd_followup", insight="3") == {"class"}
    assert missing("smd_followup", referral="2") == {"referral_reason", "referral_org"}


def test_who_was_not_met_has_a_reason_and_a_death_its_day_and_cause() -> None:
    assert missing("smd_followup", **{"class": "0"}) == {"lost_reason"}
    assert contradicted("smd_followup", lost_reason="3") == {"lost_reason"}
    died = {"class": "0", "lost_reason": "9"}
    assert missing("smd_followup", **died) == {"death_date", "death_cause"}
    told = {**died, "death_date": "2026-03-01", "death_cause": "12"}
    assert refused("smd_followup", **told) == set()
    assert contradicted("smd_followup", **{**told, "death_date": "2026-03-11"}) == {"death_date"}


@pytest.mark.parametrize("kind_id", ["smd_supplement", "smd_followup"])
def test_dangerous_acts_are_counted_and_none_stands_alone(kind_id: str) -> None:
    act = {"code": "5", "times": 1}
    assert contradicted(kind_id, risk_acts=[act]) == set()
    assert contradicted(kind_id, risk_acts=[act, {"code": "7"}]) == {"risk_acts"}
    assert contradicted(kind_id, risk_acts=[{"code": "5"}]) == {"risk_acts"}
    assert contradicted(kind_id, risk_acts=[act, act]) == {"risk_acts"}


def test_an_illness_began_before_it_was_named() -> None:
    assert contradicted("smd_supplement", onset="2012-11") == set()
    assert contradicted("smd_supplement", onset="2012-12") == {"onset"}
    assert contradicted("smd_supplement", consent_date="2026-03-11") == {"consent_date"}
    assert missing("smd_supplement", past_symptom=["12"]) == {"past_symptom_other"}


def test_doses_are_regular_from_nine_in_ten() -> None:
    for done, due, share, answer in (
        (162, 180, 90, "1"), (161, 180, 89, "2"), (180, 180, 100, "1"), (899, 1000, 89, "2"),
    ):  # fmt: skip
        given = {"done_doses": done, "due_doses": due}
        assert follows("tb_followup", given) == {"dose_share": share, "regular": answer}
    assert follows("tb_followup", {"done_doses": 0, "due_doses": 0}) == {}


CLOSING: dict[str, Any] = {
    "stop_date": "2026-03-10",
    "stop_reason": "1",
    "due_visits": 8,
    "done_visits": 8,
    "due_doses": 180,
    "done_doses": 175,
}


def test_a_treatment_that_ends_is_counted_and_one_that_goes_on_is_visited() -> None:
    assert missing("tb_followup", next_date=LEFT_OUT) == {"next_date"}
    assert refused("tb_followup", next_date=LEFT_OUT, **CLOSING) == set()
    for name in set(CLOSING) - {"stop_reason"}:
        assert missing("tb_followup", **{**CLOSING, name: LEFT_OUT}) == {name}
    assert missing("tb_followup", stop_date="2026-03-10") == {"stop_reason"}
    assert contradicted("tb_followup", **{**CLOSING, "done_doses": 181}) == {"done_doses"}
    assert contradicted("tb_followup", **{**CLOSING, "stop_date": "2026-03-11"}) == {"stop_date"}


def test_other_answers_about_tuberculosis_are_named() -> None:
    assert missing("tb_first", supervisor="4", symptoms=["10"]) == {
        "supervisor_other",
        "symptoms_other",
    }
    assert contradicted("tb_first", symptoms=["0", "1"]) == {"symptoms"}
    assert missing("tb_followup", adr="2", symptoms=["11"]) == {"adr_text", "symptoms_other"}
    assert asked("tb_followup", adr="2", adr_text="肝功能异常") == {"referral_org"}
    assert missing("tb_followup", referral_org="结防所") == {"referral_reason"}


def test_the_first_visit_is_within_three_days_of_the_notice() -> None:
    assert asked("tb_first", notified_on="2026-03-07") == set()
    assert asked("tb_first", notified_on="2026-03-06") == {"notified_on"}
    assert contradicted("tb_first", notified_on="2026-03-11") == {"notified_on"}


def test_every_disease_has_its_hours() -> None:
    assert set(HOURS) == set(DISEASES)
    assert set(HOURS.values()) == {2, 24}
    assert {HOURS[code] for code in ("0100", "0200", "0900", "1901")} == {2}
    assert {HOURS[code] for code in ("0302", "2600", "0800")} == {24}
    assert set(DISEASES) >= STAGED | UNNAMED


def test_a_disease_breaks_out_is_named_and_reported_in_that_order() -> None:
    assert contradicted("infectious_report", onset="2026-03-11") == {"onset"}
    assert contradicted("infectious_report", death="2026-03-05") == {"onset"}
    assert contradicted("infectious_report", diagnosed_on="2026-03-11") == {"diagnosed_on"}
    receipt = {"receipt_date": "2026-03-09", "receipt_time": "09:00"}
    assert contradicted("infectious_report", **receipt) == {"diagnosed_on"}
    assert missing("infectious_report", receipt_date="2026-03-10") == {"receipt_time"}
    assert contradicted("infectious_report", birth=date(2026, 3, 7)) == {"onset"}


def test_a_card_names_a_child_s_parent_and_the_disease() -> None:
    assert missing("infectious_report", birth=date(2011, 3, 11)) == {"parent_name"}
    assert missing("infectious_report", birth=date(2011, 3, 10)) == set()
    for code in STAGED:
        assert missing("infectious_report", disease=code, acute=LEFT_OUT) == {"acute"}
    for code in UNNAMED:
        assert missing("infectious_report", disease=code) == {"disease_other"}
    assert missing("infectious_report", kind="2") == {"fix_reason"}
    assert missing("infectious_report", crowd="29") == {"crowd_other"}


def test_what_a_patrol_finds_is_reported() -> None:
    assert missing("supervision_patrol", found="2") == {
        "found_text",
        "report_date",
        "report_to",
        "receiver",
    }
    reported = {"found_text": "餐具未消毒", "report_to": "区卫生监督所", "receiver": "李科长"}
    told = {"found": "2", **reported}
    assert refused("supervision_patrol", report_date="2026-03-10", **told) == set()
    assert contradicted("supervision_patrol", report_date="2026-03-09", **told) == {"report_date"}
    assert missing("supervision_patrol", item="9") == {"item_other"}


@pytest.mark.parametrize(
    ("activity", "wanted"),
    [
        ("1", {"copies", "material_kinds"}),
        ("2", {"copies", "material_kinds"}),
        ("3", set()),
        ("4", {"hearers"}),
        ("5", {"hearers", "speaker"}),
        ("6", {"hearers"}),
    ],
)
def test_health_education_counts_copies_or_hearers(activity: str, wanted: set[str]) -> None:
    bare: dict[str, Any] = dict.fromkeys(("hearers", "speaker"), LEFT_OUT)
    assert missing("health_education", activity=activity, **bare) == wanted


def test_there_are_no_more_photos_than_counted() -> None:
    photo = {"hash": "5f" * 32}
    assert contradicted("health_education", photos=[photo], photo_count=1) == set()
    assert contradicted("health_education", photos=[photo], photo_count=0) == {"photo_count"}
    assert contradicted("health_education", photos=[photo, photo]) == {"photos"}
