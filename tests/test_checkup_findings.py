"""What a checkup found, what doctor and resident are told, and what is owed for it."""

from datetime import date
from typing import Any

from server.rules import checkup_findings
from server.rules.checkup_findings import OWED, Action, Finding, Person, findings
from server.rules.clauses import clauses
from tests.cast_forms import good

ON = date(2026, 11, 22)
WELL = {"hypertension": False, "diabetes": False}


def found(
    *, birth: date = date(1950, 1, 1), sex: str = "2", known: dict[str, Any] | None = None,
    **values: Any,
) -> dict[str, Finding]:  # fmt: skip
    normal = {"bp_l_sys": 128, "bp_l_dia": 76, "bp_r_sys": 126, "bp_r_dia": 74}
    person = Person(birth, sex, WELL if known is None else known, {})
    return {each.id: each for each in findings("health_check", normal | values, ON, person)}


def test_of_a_checkup_without_anything_abnormal_nothing_is_told() -> None:
    assert found() == {}
    assert found(alt=250, cr=600, hb=1300, fpg=520, bmi=220, ecg="1", us_abd="1") == {}


def test_a_first_high_pressure_asks_for_another_look_in_the_words_of_the_next_step() -> None:
    told = found(bp_l_sys=152)["pressure_first"]
    assert told.action is Action.FOLLOW_UP
    assert told.days == 14
    assert "没有高血压记录，这次血压 152/76 mmHg" in told.doctor
    assert "少吃盐" in told.resident


def test_a_patient_above_the_goal_is_told_of_the_goal_and_an_elder_has_a_wider_one() -> None:
    patient = {"hypertension": True, "diabetes": False}
    assert "pressure_patient" in found(bp_l_sys=152, known=patient)
    assert found(bp_l_sys=146, known=patient) == {}
    assert "pressure_patient" in found(bp_l_sys=146, known=patient, birth=date(1970, 1, 1))


def test_a_crisis_is_told_before_everything_else_and_once() -> None:
    told = found(bp_l_sys=186, fpg=1720, ecg="2", ecg_text="房颤", bmi=271)
    assert [*told][:2] == ["pressure_crisis", "glucose_crisis"]
    assert told["pressure_crisis"].urgent
    assert told["ecg"].action is Action.REFER
    assert [*told][-1] == "weight_high"
    assert {each.id for each in told.values() if each.action in OWED} == {
        "pressure_crisis", "glucose_crisis", "ecg",
    }  # fmt: skip


def test_glucose_is_judged_by_whether_diabetes_is_known() -> None:
    assert "glucose_first" in found(fpg=760)
    assert "glucose_patient" in found(fpg=760, known={"hypertension": False, "diabetes": True})
    assert found(fpg=640)["glucose_risk"].action is Action.ADVISE


def test_far_above_the_limit_is_another_finding_than_a_little_above_it() -> None:
    assert found(alt=480, ast=300)["liver"].action is Action.FOLLOW_UP
    (alone,) = found(alt=480, ast=300)["liver"].shown
    assert (alone.field, alone.value, alone.side) == ("alt", 480, 1)
    grave = found(alt=1300, ast=380)["liver_high"]
    assert grave.action is Action.REFER
    assert [each.field for each in grave.shown] == ["alt", "ast"]
    assert "kidney_high" in found(cr=1700)
    assert "kidney" in found(cr=900)
    assert "blood" in found(hb=1100)
    assert "blood_low" in found(hb=850)


def test_references_of_the_grown_say_nothing_of_a_child() -> None:
    child = date(2019, 5, 1)
    assert found(birth=child, hb=1100, bmi=160, cr=300) == {}
    assert "ecg" in found(birth=child, ecg="2", ecg_text="预激")


def test_what_the_doctor_of_the_day_asked_for_is_a_finding() -> None:
    refers = found(assessment="2", abnormals=[{"text": "颈部包块"}], guidance=["3"])
    assert refers["doctor_refers"].action is Action.REFER
    repeats = found(assessment="2", abnormals=[{"text": "尿蛋白"}], guidance=["2"])
    assert repeats["doctor_repeats"].days == 90


def test_a_suspicion_of_class_b_is_in_no_finding() -> None:
    assert found(symptoms=["7", "8"]) == {}
    texts = " ".join(each.doctor + each.resident for each in checkup_findings.table())
    assert "结核" not in texts


def test_a_whole_good_form_is_read_and_other_forms_are_none() -> None:
    person = Person(date(1950, 1, 1), "2", WELL, {})
    assert isinstance(findings("health_check", good("health_check"), ON, person), tuple)
    assert findings("htn_followup", good("htn_followup", sbp=190), ON, person) == ()


def test_every_entry_has_a_clause_and_speaks_to_the_resident_without_medicine_words() -> None:
    known = clauses()
    for each in checkup_findings.table():
        assert each.clause == "default" or each.clause in known, each.id
        assert each.resident.endswith("。"), each.id
        assert not any(word in each.resident for word in ("mmHg", "随访", "复核", "请勿", "！"))
