"""What the clauses ask of the forms, each held to the catalogue by its id."""

import re

import msgspec
import pytest

from server.records.infectious_diseases import HOURS
from server.records.kinds import everything
from server.records.model import AccessClass, Code, Field, Kind, Subject
from server.rules.organisations import services
from sync.wire import Batch, Change

KINDS: dict[str, Kind] = {each.id: each for each in everything()}
"""The newest version of each."""

FORMS = {
    "archive": ("basic_info",), "education": ("health_education",),
    "vaccination": ("vaccination",), "child": ("newborn_visit", "child_check"),
    "maternal": ("antenatal_first", "antenatal_next", "postpartum_visit", "postpartum_42"),
    "elder": ("health_check", "elder_selfcare"), "hypertension": ("htn_followup",),
    "diabetes": ("dm_followup",), "mental": ("smd_supplement", "smd_followup"),
    "tuberculosis": ("tb_first", "tb_followup"), "tcm": ("elder_tcm", "child_tcm"),
    "reporting": ("infectious_report",), "inspection": ("supervision_patrol",),
    "contract": ("fd_contract",),
}  # fmt: skip
"""Of each class of service the forms in which it is written down."""

COPD = ("copd_record", "copd_followup")  # S001-art5
MONEY = re.compile("fee(?!d)|price|cost|paid")


def field(kind: str, name: str) -> Field:
    found = KINDS[kind].field(name)
    assert found is not None, f"{kind} asks no {name}"
    return found


def labels(kind: str, name: str) -> str:
    """What a question with one answer offers, in one text."""
    asked = field(kind, name).type
    assert isinstance(asked, Code)
    return " ".join(asked.codes.values())


def test_every_class_of_service_has_its_forms() -> None:
    """S003-2(1), S004-1, S001-art5: the twelve classes, the contract, and the lungs."""
    assert FORMS.keys() == services().keys()
    for kinds in (*FORMS.values(), COPD):
        assert KINDS.keys() >= set(kinds)


def test_no_form_of_a_free_service_asks_for_money() -> None:
    """S000-art9, S001-art4. A contract says who bears what of it, and asks nobody here."""
    asked = {kind.id for kind in KINDS.values() for each in kind.fields if MONEY.search(each.name)}
    assert asked == {"fd_contract"}


def test_every_record_says_who_when_and_on_which_tablet() -> None:
    """S000-art9. The tablet is in the envelope's head, which is signed."""
    change = {each.name for each in msgspec.structs.fields(Change)}
    assert change >= {"id", "resident", "on", "at", "by"}
    assert {each.name for each in msgspec.structs.fields(Batch)} >= {"staff", "created"}


def test_an_archive_begins_with_a_person_whose_paper_can_be_checked() -> None:
    """S000-art11¶1, S001-art10¶2."""
    papers = labels("basic_info", "id_type")
    for said in ("居民身份证", "居住证", "社会保障卡"):
        assert said in papers
    for name in ("name", "id_type", "sex", "birth_date", "address_text", "hx_disease"):
        assert field("basic_info", name)
    for name in ("fam_father", "fam_mother", "fam_sibling", "fam_child"):
        assert field("basic_info", name)


def test_it_is_known_since_when_somebody_lives_here_and_whether_registered() -> None:
    """S000-art5, S003-4, S004-1."""
    assert field("basic_info", "residence_since").required
    assert "非户籍" in labels("basic_info", "residence_kind")


@pytest.mark.parametrize(
    "name", ["batch", "expiry", "maker", "site", "vaccinator", "clinic", "dose_no"]
)
def test_a_dose_can_be_traced(name: str) -> None:
    """S004-3(3)-a."""
    assert field("vaccination", name).required


def test_a_dose_waits_for_the_questions_and_for_who_verifies_it() -> None:
    """S004-3(3)-b."""
    assert field("vaccination", "precheck").required
    assert field("vaccination", "verify_by").required
    assert "监护人" in labels("vaccination", "verify_by")


def test_the_check_of_elders_has_ultrasound_heart_blood_and_the_day_of_feedback() -> None:
    """S004-3(5)-a, and the screen of memory S003-6(3)-a."""
    for name in ("us_abd", "ecg", "fpg", "hb", "alt", "cr", "tc", "feedback_date"):
        assert field("health_check", name)
    assert "粗筛阳性" in labels("health_check", "elder_cognition")


def test_a_child_is_looked_at_in_growth_development_eyes_and_teeth() -> None:
    """S003-6(3)-b; what is abnormal is referred, S003-5(5)-c."""
    for name in ("weight", "height", "phys_eval", "dev_warn", "eye_care", "caries", "teeth"):
        assert field("child_check", name)
    assert field("child_check", "referral").required


def test_a_referral_comes_back_with_its_result() -> None:
    """S003-5(5)-c, S003-6(4)-a, S004-3(6)-b: up, received, back."""
    names = {each.name for each in KINDS["referral"].fields}
    assert {each for each in names if each.startswith("back_")}


def test_tuberculosis_asks_for_resistance_and_who_watches_the_doses() -> None:
    """S004-3(8), S003-5(9)."""
    assert "耐药" in labels("tb_first", "resist")
    assert "医生" in labels("tb_followup", "supervisor")
    for name in ("due_doses", "done_doses", "stop_date"):
        assert field("tb_followup", name)


def test_management_of_a_mental_disorder_begins_with_consent() -> None:
    """S003-5(8), S004-3(7)-a: agreed to, and by whom."""
    for name in ("consent", "consent_date"):
        assert field("smd_supplement", name).required
    assert KINDS["smd_supplement"].access is AccessClass.B


def test_a_card_of_a_notifiable_disease_holds_the_hours_it_must_be_reported_in() -> None:
    """S003-5(11), S004-3(10)."""
    assert field("infectious_report", "diagnosed_time").required
    assert field("infectious_report", "receipt_time")
    assert set(HOURS.values()) == {2, 24}


def test_a_patrol_names_the_field_of_work_and_to_whom_it_was_reported() -> None:
    """S003-5(12), S004-3(11)."""
    items = labels("supervision_patrol", "item")
    for said in ("计划生育", "饮用水", "学校", "非法行医", "非法采供血"):
        assert said in items
    assert field("supervision_patrol", "report_to")
    assert KINDS["supervision_patrol"].subject is Subject.FACILITY


def test_education_is_kept_with_text_pictures_and_numbers() -> None:
    """S003-5(2), S004-3(2)."""
    activities = labels("health_education", "activity")
    for said in ("印刷", "音像", "宣传栏", "咨询", "讲座"):
        assert said in activities
    for name in ("topic", "place", "copies", "hearers", "summary", "photos"):
        assert field("health_education", name)


def test_traditional_medicine_has_its_forms_for_the_old_and_the_young() -> None:
    """S003-5(10): 33 answers and advice; six slots of age."""
    months = labels("child_tcm", "month")
    for said in ("6", "12", "18", "24", "30", "36"):
        assert said in months
    asked = {each.name for each in KINDS["elder_tcm"].fields}
    assert {f"q{n}" for n in range(1, 34)} <= asked
