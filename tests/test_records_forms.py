"""What the answers of each form must fit in each other, form by form."""

from datetime import date
from typing import Any

import pytest

from server.records.check import Fault, FaultCode, check
from server.records.kinds import get
from server.records.model import AccessClass
from tests.cast_forms import DOCTOR, LEFT_OUT, ON, TODAY, good_bytes

CONTRADICTION = FaultCode.CONTRADICTION
MISSING = FaultCode.MISSING


def found(kind_id: str, *, birth: date | None = None, **changes: Any) -> tuple[Fault, ...]:
    kind = get(kind_id, 1)
    return check(kind, good_bytes(kind_id, **changes), on=ON, today=TODAY, birth=birth)


def hard_faults(kind_id: str, **changes: Any) -> set[tuple[str, FaultCode]]:
    return {(f.field, f.code) for f in found(kind_id, **changes) if not f.warn}


def questions(kind_id: str, **changes: Any) -> set[str]:
    return {f.field for f in found(kind_id, **changes) if f.warn}


FOLLOWUPS = pytest.mark.parametrize("kind_id", ["htn_followup", "dm_followup"])


@FOLLOWUPS
def test_systolic_at_or_below_diastolic_is_a_contradiction(kind_id: str) -> None:
    assert hard_faults(kind_id, sbp=90, dbp=90) == {("sbp", CONTRADICTION)}
    assert hard_faults(kind_id, sbp=90, dbp=91) == {("sbp", CONTRADICTION)}
    assert hard_faults(kind_id, sbp=91, dbp=90) == set()


@FOLLOWUPS
def test_the_next_visit_is_after_this_one(kind_id: str) -> None:
    assert hard_faults(kind_id, next_date="2026-03-09") == {("next_date", CONTRADICTION)}
    assert hard_faults(kind_id, next_date=str(ON)) == {("next_date", CONTRADICTION)}
    assert hard_faults(kind_id, next_date="2026-03-11") == set()


@FOLLOWUPS
def test_a_next_visit_too_far_away_is_questioned_by_class(kind_id: str) -> None:
    assert questions(kind_id, next_date="2026-06-10") == set()
    assert questions(kind_id, next_date="2026-06-11") == {"next_date"}
    assert questions(kind_id, **{"class": "2", "next_date": "2026-03-24"}) == set()
    assert questions(kind_id, **{"class": "2", "next_date": "2026-03-25"}) == {"next_date"}


@FOLLOWUPS
def test_an_emergency_pressure_asks_for_a_referral(kind_id: str) -> None:
    changes: dict[str, Any] = {"class": "2", "next_date": "2026-03-20", "sbp": 180}
    assert "referral_reason" in questions(kind_id, **changes)
    changes |= {"referral_reason": "5", "referral_org": "区人民医院心内科"}
    assert "referral_reason" not in questions(kind_id, **changes)
    assert hard_faults(kind_id, **changes) == set()


@FOLLOWUPS
def test_another_symptom_and_a_side_effect_are_named(kind_id: str) -> None:
    assert hard_faults(kind_id, symptoms=["10"]) == {("symptoms_other", MISSING)}
    assert hard_faults(kind_id, symptoms=["10"], symptoms_other="乏力") == set()
    assert hard_faults(kind_id, adr="2") == {("adr_text", MISSING)}
    assert hard_faults(kind_id, referral_reason="1") == {("referral_org", MISSING)}


@FOLLOWUPS
def test_who_was_lost_or_died_needs_no_measurements(kind_id: str) -> None:
    lost = b'{"lost_reason":"2","lost_date":"2026-03-01","doctor":"%s"}' % DOCTOR.encode()
    assert check(get(kind_id, 1), lost, on=ON, today=TODAY) == ()
    undated = b'{"lost_reason":"2","doctor":"%s"}' % DOCTOR.encode()
    faults = check(get(kind_id, 1), undated, on=ON, today=TODAY)
    assert [(f.field, f.code) for f in faults] == [("lost_date", MISSING)]
    future = b'{"lost_reason":"2","lost_date":"2026-03-12","doctor":"%s"}' % DOCTOR.encode()
    faults = check(get(kind_id, 1), future, on=ON, today=TODAY)
    assert [(f.field, f.code) for f in faults] == [("lost_date", FaultCode.OUT_OF_RANGE)]


def test_content_at_a_pressure_above_goal_is_questioned() -> None:
    assert questions("htn_followup", sbp=149, dbp=89) == set()
    assert questions("htn_followup", sbp=150) == {"class"}
    assert questions("htn_followup", dbp=90) == {"class"}


def test_glucose_below_3_9_or_above_16_7_asks_for_a_referral() -> None:
    grade = {"class": "2", "next_date": "2026-03-20"}
    assert "referral_reason" in questions("dm_followup", fpg=39, **grade)
    assert questions("dm_followup", fpg=40, **grade) == set()
    assert questions("dm_followup", fpg=166, **grade) == set()
    assert "referral_reason" in questions("dm_followup", fpg=167, **grade)
    assert questions("dm_followup", fpg=70) == {"class"}


def test_a_weak_foot_pulse_has_a_side_and_a_haemoglobin_a_day() -> None:
    assert hard_faults("dm_followup", dorsalis="2") == {("dorsalis_side", MISSING)}
    assert hard_faults("dm_followup", hba1c_date=LEFT_OUT) == {("hba1c_date", MISSING)}
    assert hard_faults("dm_followup", hba1c_date="2026-03-12") == {
        ("hba1c_date", FaultCode.OUT_OF_RANGE)
    }


def test_a_birth_date_that_is_not_the_id_number_s_is_a_contradiction() -> None:
    assert hard_faults("basic_info", birth_date="1949-12-30") == {("birth_date", CONTRADICTION)}
    assert hard_faults("basic_info", sex="1") == {("sex", CONTRADICTION)}
    assert hard_faults("basic_info", id_no="110105194912310021") == {("id_no", CONTRADICTION)}
    assert hard_faults("basic_info", id_type="05") == {("id_no", CONTRADICTION)}
    assert hard_faults("basic_info", id_no="11010519491231002x") == set()
    assert hard_faults("basic_info", id_type="04", id_no="E12345678", sex="1") == set()


def test_a_person_without_a_document_is_registered_as_other() -> None:
    assert hard_faults("basic_info", id_no=LEFT_OUT) == {("id_no", MISSING)}
    assert hard_faults("basic_info", id_no=LEFT_OUT, id_type="99") == set()


def test_nobody_is_born_tomorrow_or_older_than_130() -> None:
    other = {"id_type": "99", "id_no": LEFT_OUT, "residence_since": "2026-03-11"}
    assert hard_faults("basic_info", birth_date=str(TODAY), **other) == set()
    assert ("birth_date", FaultCode.OUT_OF_RANGE) in hard_faults(
        "basic_info", birth_date="2026-03-12", **other
    )
    assert hard_faults("basic_info", birth_date="1896-01-01", **other) == set()
    assert hard_faults("basic_info", birth_date="1895-12-31", **other) == {
        ("birth_date", CONTRADICTION)
    }


def test_nobody_lived_here_before_birth() -> None:
    assert hard_faults("basic_info", residence_since="1949-12-30") == {
        ("residence_since", CONTRADICTION)
    }


def test_a_missing_phone_is_only_questioned() -> None:
    assert hard_faults("basic_info", phone=LEFT_OUT) == set()
    assert questions("basic_info", phone=LEFT_OUT) == {"phone"}
    for wrong in (
        "1380013800a",
        "+++++++",
        "１３８００１３８０００",
        "138\n0013800",
        "13800138000\n",
    ):
        assert hard_faults("basic_info", phone=wrong) == {("phone", FaultCode.WRONG_TYPE)}


def test_no_illness_stands_beside_no_illness() -> None:
    assert hard_faults("basic_info", hx_disease=[{"code": "1"}]) == set()
    assert hard_faults("basic_info", hx_disease=[{"code": "1"}, {"code": "2"}]) == {
        ("hx_disease", CONTRADICTION)
    }
    assert hard_faults("basic_info", hx_disease=[{"code": "2"}, {"code": "2"}]) == {
        ("hx_disease", CONTRADICTION)
    }
    assert hard_faults("basic_info", hx_disease=[{"code": "2", "since": "2026-04"}]) == {
        ("hx_disease/0/since", FaultCode.OUT_OF_RANGE)
    }


@pytest.mark.parametrize("name", ["hx_disease", "fam_mother", "disability"])
def test_an_open_question_may_be_left_out_when_its_restricted_half_is_answered(name: str) -> None:
    assert hard_faults("basic_info", **{name: LEFT_OUT}) == {(name, MISSING)}
    restricted = {
        "hx_disease": [{"code": "8"}],
        "fam_mother": ["9"],
        "disability": ["7"],
    }[name]
    answered = {name: LEFT_OUT, f"{name}_restricted": restricted}
    assert hard_faults("basic_info", **answered) == set()


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("hx_disease", "8"),
        ("hx_disease", "10"),
        ("fam_father", "9"),
        ("disability", "7"),
        ("special_group", "5"),
        ("special_group", "6"),
    ],
)
def test_a_code_that_reveals_a_class_b_condition_has_no_place_in_an_open_field(
    name: str, code: str
) -> None:
    kind = get("basic_info", 1)
    value: Any = [{"code": code}] if name == "hx_disease" else [code]
    assert FaultCode.UNKNOWN_CODE in {c for _, c in hard_faults("basic_info", **{name: value})}
    assert kind.access_of(f"{name}/{code}") is AccessClass.A
    assert kind.access_of(f"{name}_restricted/{code}") is AccessClass.B


def test_no_operation_and_a_list_of_operations_contradict() -> None:
    assert hard_faults("basic_info", hx_surgery="1") == {("hx_surgery", CONTRADICTION)}
    assert questions("basic_info", hx_surgery_list=LEFT_OUT) == {"hx_surgery_list"}


def test_one_arm_is_enough_and_both_its_numbers_are_needed() -> None:
    left = {"bp_l_sys": LEFT_OUT, "bp_l_dia": LEFT_OUT}
    right = {"bp_r_sys": LEFT_OUT, "bp_r_dia": LEFT_OUT}
    assert hard_faults("health_check", **left) == set()
    assert hard_faults("health_check", **right) == set()
    assert hard_faults("health_check", **left, **right) == {("bp_l_sys", MISSING)}
    assert hard_faults("health_check", bp_l_dia=LEFT_OUT) == {("bp_l_dia", MISSING)}
    assert hard_faults("health_check", bp_r_sys=80) == {("bp_r_sys", CONTRADICTION)}


def test_a_body_mass_index_that_is_not_the_computed_one_is_a_contradiction() -> None:
    for right in (241, 242):
        assert hard_faults("health_check", bmi=right) == set()
    for wrong in (240, 243):
        assert hard_faults("health_check", bmi=wrong) == {("bmi", CONTRADICTION)}


def test_elders_have_their_own_questions() -> None:
    left_out: dict[str, Any] = {"elder_selfcare": LEFT_OUT, "ecg": LEFT_OUT}
    assert found("health_check", birth=date(1962, 1, 1), **left_out) == ()
    assert found("health_check", **left_out) == ()
    elder = found("health_check", birth=date(1961, 12, 31), **left_out)
    assert {(f.field, f.warn) for f in elder} == {("elder_selfcare", False), ("ecg", True)}


def test_vision_is_zero_or_on_the_chart() -> None:
    for fine in (0, 40, 53):
        assert hard_faults("health_check", vision_l=fine) == set()
    for off in (1, 39):
        assert hard_faults("health_check", vision_l=off) == {("vision_l", CONTRADICTION)}
    assert hard_faults("health_check", vision_l=54) == {("vision_l", FaultCode.OUT_OF_RANGE)}


def test_what_is_smoked_drunk_or_found_is_named() -> None:
    smokes = hard_faults("health_check", smoke="3")
    assert smokes == {("smoke_per_day", MISSING), ("smoke_start", MISSING)}
    assert ("drink_kind", MISSING) in hard_faults("health_check", drink_freq="2")
    assert hard_faults("health_check", ecg="2") == {("ecg_text", MISSING)}
    assert hard_faults("health_check", prob_heart=["7"]) == {("prob_heart_other", MISSING)}
    assert hard_faults("health_check", abnormals=LEFT_OUT) == {("abnormals", MISSING)}


def test_nobody_leaves_a_hospital_before_coming() -> None:
    stay = {"in_date": "2025-11-05", "out_date": "2025-11-04", "reason": "肺炎"}
    assert hard_faults("health_check", inpatient=[stay]) == {("inpatient", CONTRADICTION)}
    stay["out_date"] = "2025-11-05"
    assert hard_faults("health_check", inpatient=[stay]) == set()
    stay["in_date"] = "2026-03-12"
    assert hard_faults("health_check", inpatient=[stay]) == {
        ("inpatient/0/in_date", FaultCode.OUT_OF_RANGE)
    }


def test_the_conjugated_part_is_not_more_than_the_whole() -> None:
    assert hard_faults("health_check", dbil=128) == set()
    assert hard_faults("health_check", dbil=129) == {("dbil", CONTRADICTION)}


def test_a_diagnosis_that_reveals_a_class_b_condition_is_refused_in_the_open_field() -> None:
    for code in ("F20.0", "A15.0", "B24", "A53.9", "B18.1"):
        assert hard_faults("encounter", icd10=[{"code": code}]) == {("icd10", CONTRADICTION)}
        assert hard_faults("encounter", icd10_restricted=[{"code": code}]) == set()
    for code in ("F32.0", "J06.9", "I10"):
        assert hard_faults("encounter", icd10=[{"code": code}]) == set()
    assert ("icd10/0/code", FaultCode.WRONG_TYPE) in hard_faults(
        "encounter", icd10=[{"code": "i10"}]
    )


@pytest.mark.parametrize("time", ["24:00", "9:30", "09:60", "09：30", "0930 "])
def test_a_time_is_hours_and_minutes(time: str) -> None:
    assert "time" in {name for name, _ in hard_faults("encounter", time=time)}


def test_the_result_of_a_referral_is_followed_in_14_days_and_of_suspected_tb_in_7() -> None:
    assert hard_faults("referral", follow_due="2026-03-23") == {("follow_due", CONTRADICTION)}
    tb: dict[str, Any] = {"reason": LEFT_OUT, "reason_restricted": "2"}
    assert hard_faults("referral", follow_due="2026-03-24", **tb) == {("follow_due", CONTRADICTION)}
    assert hard_faults("referral", follow_due="2026-03-17", **tb) == set()


def test_a_referral_has_a_reason_and_a_way_back_has_its_results() -> None:
    assert hard_faults("referral", reason=LEFT_OUT) == {("reason", MISSING)}
    assert hard_faults("referral", reason="9") == {("reason_text", MISSING)}
    assert {name for name, _ in hard_faults("referral", direction="2")} == {
        "back_dx",
        "back_treatment",
        "rehab_advice",
        "back_date",
    }


def test_a_restricted_reason_makes_the_texts_beside_it_restricted() -> None:
    kind = get("referral", 1)
    opened = kind.access_given(frozenset({"history", "reason", "direction"}))
    assert set(opened.values()) == {AccessClass.A}
    closed = kind.access_given(frozenset({"history", "reason_restricted", "direction"}))
    assert closed == {
        "history": AccessClass.B,
        "reason_restricted": AccessClass.B,
        "direction": AccessClass.A,
    }
