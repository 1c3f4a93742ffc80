"""Pregnancy and birth: weeks, due days, who was only urged, what fits what."""

from typing import Any

import pytest

from tests.cast_forms import LEFT_OUT, good
from tests.forms_at_hand import asked, contradicted, found, missing

MATERNAL = ("antenatal_first", "antenatal_next", "postpartum_visit", "postpartum_42")


@pytest.mark.parametrize("kind_id", MATERNAL)
def test_no_man_is_pregnant(kind_id: str) -> None:
    assert contradicted(kind_id, sex="1") == {next(iter(_first_field(kind_id)))}
    for sex in ("0", "2", "9", None):
        assert found(kind_id, sex=sex) == ()


def _first_field(kind_id: str) -> tuple[str]:
    return ("gest_week",) if kind_id.startswith("antenatal") else ("delivery_date",)


@pytest.mark.parametrize(
    ("week", "day", "questioned"),
    # 20 December to 10 March are 80 days: 11 weeks and 3 days.
    [(11, 3, False), (12, 3, False), (10, 3, False), (12, 4, True), (10, 2, True)],
)
def test_weeks_more_than_seven_days_from_the_last_period_are_questioned(
    week: int, day: int, questioned: bool
) -> None:
    expected = {"gest_week"} if questioned else set()
    assert asked("antenatal_first", gest_week=week, gest_day=day) == expected


@pytest.mark.parametrize(
    ("edd", "questioned"),
    [
        ("2026-09-20", False),
        ("2026-10-04", False),
        ("2026-09-19", True),
        ("2026-10-05", True),
    ],
)
def test_a_due_day_more_than_seven_days_off_is_questioned(edd: str, questioned: bool) -> None:
    assert asked("antenatal_first", edd=edd) == ({"edd"} if questioned else set())


def test_an_unknown_last_period_is_told_and_a_long_past_due_day_is_wrong() -> None:
    assert missing("antenatal_first", lmp=LEFT_OUT) == {"lmp"}
    assert missing("antenatal_first", lmp=LEFT_OUT, lmp_unknown="1") == set()
    gone = {"lmp": LEFT_OUT, "lmp_unknown": "1"}
    assert contradicted("antenatal_first", edd="2026-02-24", **gone) == set()
    assert contradicted("antenatal_first", edd="2026-02-23", **gone) == {"edd"}


def test_a_book_opened_after_twelve_weeks_is_questioned() -> None:
    assert asked("antenatal_first", gest_week=12, gest_day=3) == set()
    late = {"gest_week": 13, "gest_day": 0, "lmp": "2025-12-09", "edd": "2026-09-16"}
    assert asked("antenatal_first", **late) == {"gest_week"}


def test_pregnancies_are_no_fewer_than_births_and_losses() -> None:
    assert asked("antenatal_first", gravida=3, lost_early=1) == set()
    assert asked("antenatal_first", gravida=2, lost_early=1) == {"gravida"}
    assert asked("antenatal_first", gravida=1) == {"gravida"}


@pytest.mark.parametrize(
    "name",
    [
        *("hb", "wbc", "plt", "urine_pro", "urine_glu", "urine_ket", "urine_occ", "alt", "ast"),
        *("alb", "tbil", "dbil", "cr", "bun", "blood_abo"),
    ],
)
def test_a_result_that_is_awaited_is_questioned_and_the_form_is_saved(name: str) -> None:
    assert asked("antenatal_first", **{name: LEFT_OUT}) == {name}


def test_a_high_pressure_is_not_unremarkable_in_pregnancy_or_after() -> None:
    for kind_id, grade in (
        ("antenatal_first", "overall"),
        ("antenatal_next", "class"),
        ("postpartum_visit", "class"),
        ("postpartum_42", "class"),
    ):
        assert asked(kind_id, sbp=139, dbp=89) == set()
        assert asked(kind_id, sbp=140) == {grade}
        assert asked(kind_id, dbp=90) == {grade}
        assert contradicted(kind_id, sbp=80, dbp=80) == {"sbp"}
        told = {grade: "2", f"{grade}_text": "血压偏高"}
        assert asked(kind_id, sbp=140, **told) == (
            {"disposal"} if kind_id == "postpartum_42" else set()
        )


def test_a_high_risk_is_sent_on() -> None:
    assert asked("antenatal_first", risk_level="2") == set()
    for colour in ("3", "4"):
        assert asked("antenatal_first", risk_level=colour) == {"referral_org"}
    sent = {"referral": "2", "referral_reason": "高危妊娠", "referral_org": "区妇幼保健院"}
    assert asked("antenatal_first", risk_level="4", **sent) == set()
    assert missing("antenatal_first", referral="2") == {"referral_reason", "referral_org"}
    assert contradicted("antenatal_first", bmi=216) == {"bmi"}


MEASURED = {"weight", "fundus", "abdomen", "fhr", "sbp", "dbp", "class", "guidance", "referral"}


@pytest.mark.parametrize("name", sorted(MEASURED))
def test_a_visit_is_measured_and_who_is_only_urged_is_not(name: str) -> None:
    assert missing("antenatal_next", **{name: LEFT_OUT}) == {name}
    assert missing("antenatal_next", kind="2", **{name: LEFT_OUT}) == set()


def test_who_was_urged_needs_no_more_than_when_and_how_far() -> None:
    body = good("antenatal_next")
    bare: dict[str, Any] = dict.fromkeys(
        set(body) - {"seq", "kind", "gest_week", "next_date", "doctor"}, LEFT_OUT
    )
    assert found("antenatal_next", **{**bare, "kind": "2"}) == ()


def test_the_child_s_position_is_felt_from_28_weeks() -> None:
    assert missing("antenatal_next", position=LEFT_OUT, gest_week=27) == set()
    assert missing("antenatal_next", position=LEFT_OUT, gest_week=28) == {"position"}


def test_a_heartbeat_or_protein_out_of_the_normal_is_not_unremarkable() -> None:
    assert asked("antenatal_next", fhr=110) == set()
    assert asked("antenatal_next", fhr=160) == set()
    assert asked("antenatal_next", fhr=109) == {"fhr", "class"}
    assert asked("antenatal_next", fhr=161) == {"fhr", "class"}
    assert asked("antenatal_next", urine_pro="1") == set()
    assert asked("antenatal_next", urine_pro="2") == {"class"}
    assert asked("antenatal_next", hb=LEFT_OUT) == {"hb"}


def test_birth_comes_before_leaving_and_both_before_the_visit() -> None:
    late = {"delivery_date": "2026-03-05"}
    assert contradicted("postpartum_visit", **late) == {"delivery_date"}
    same = {"delivery_date": "2026-03-04"}
    assert contradicted("postpartum_visit", **same) == set()
    # Days after today are out of range, so only a day between service and today can contradict.
    gone = {"discharge_date": "2026-03-11"}
    assert contradicted("postpartum_visit", **gone) == {"discharge_date"}


@pytest.mark.parametrize(
    ("born", "questioned"),
    [
        ("2026-01-27", False),  # 42 days before the service day
        ("2026-01-28", True),
        ("2026-01-13", False),  # 56 days
        ("2026-01-12", True),
    ],
)
def test_the_42_day_check_is_on_day_42_to_56(born: str, questioned: bool) -> None:
    days = {"delivery_date": born, "discharge_date": "2026-01-30"}
    assert asked("postpartum_42", **days) == ({"delivery_date"} if questioned else set())


def test_a_visit_more_than_42_days_after_birth_is_questioned() -> None:
    assert asked("postpartum_visit", delivery_date="2026-01-27") == set()
    assert asked("postpartum_visit", delivery_date="2026-01-26") == {"delivery_date"}


def test_who_has_not_recovered_is_not_closed() -> None:
    unwell = {"class": "2", "class_text": "伤口愈合不良"}
    assert asked("postpartum_42", **unwell) == {"disposal"}
    assert missing("postpartum_42", disposal="2", **unwell) == {
        "referral_reason",
        "referral_org",
    }
    assert missing("postpartum_42", **{"class": "2"}) == {"class_text"}
