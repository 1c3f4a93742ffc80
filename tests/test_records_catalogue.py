"""The catalogue as a whole: every form is there, holds fast to careful, says what class it is."""

import json
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.records import acts, checkup_steps
from server.records import check as check_module
from server.records.check import FaultCode, check, hard
from server.records.checks import follows
from server.records.kinds import (
    REGISTER,
    KindBroken,
    everything,
    get,
    may_fill_in,
    offered,
    register,
)
from server.records.model import (
    AccessClass,
    Check,
    Code,
    Codes,
    Day,
    Field,
    FieldType,
    Int,
    Kind,
    ListOf,
    Month,
    ResidentMay,
    Scaled,
    Shape,
    Subject,
    Text,
)
from server.records.plan import plan_of
from server.records.prefill import Written, asked_of_basics, last_values, prefilled
from tests.cast_forms import DOCTOR, LEFT_OUT, ON, TODAY, good, good_bytes

ALL = everything()
EVERY = pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.id)

A = {
    *("basic_info", "health_check", "htn_followup", "dm_followup", "encounter", "referral"),
    *("newborn_visit", "child_check", "child_tcm", "antenatal_first", "antenatal_next"),
    *("postpartum_visit", "postpartum_42", "elder_selfcare", "elder_tcm", "copd_record"),
    *("copd_followup", "vaccination", "fd_contract", "disabled_check", "statement"),
}
ACTS = {kind.id for kind in (*acts.ALL, *checkup_steps.ALL)}
B = {
    *("smd_supplement", "smd_followup", "tb_first", "tb_followup", "infectious_report"),
    "restricted_part",
}
C = {"supervision_patrol", "health_education"}
NAMING = ("精神", "结核", "传染病", "梅毒", "HIV", "乙肝", "肝炎")


def test_every_form_of_the_specification_is_there_in_its_class() -> None:
    found = {cls: {kind.id for kind in ALL if kind.access is cls} for cls in AccessClass}
    assert found == {AccessClass.A: A | ACTS, AccessClass.B: B, AccessClass.C: C}


@EVERY
def test_lists_name_no_diagnosis(kind: Kind) -> None:
    assert not any(word in kind.neutral_label for word in NAMING)
    if kind.access is AccessClass.B:
        assert kind.neutral_label == "随访服务"


@EVERY
def test_every_value_of_a_restricted_form_is_restricted(kind: Kind) -> None:
    if kind.access is AccessClass.A:
        return
    for each in kind.fields:
        assert each.access is kind.access
        assert kind.access_of(each.name) is kind.access


def test_what_is_internal_is_about_a_facility_and_nothing_else_is() -> None:
    assert {kind.id for kind in ALL if kind.subject is Subject.FACILITY} == C
    patrol = get("supervision_patrol", 1)
    assert all(each.resident is ResidentMay.NOTHING for each in patrol.fields)
    with pytest.raises(KindBroken, match="class C is for forms about a facility"):
        register([Kind("toy", "样", 1, ON, Shape.EVENT, (), access=AccessClass.C)])


def test_a_check_for_an_answer_that_is_not_there_stops_the_start() -> None:
    fields = (
        Field("a", "甲", Code({"1": "是", "2": "否"})),
        Field("b", "乙", Codes({"1": "无", "2": "有"})),
        Field("c", "丙", Text()),
    )
    for field in ("a", "b"):
        for code, stands in (("2", True), ("3", False)):
            asks = follows(field, code, then="c", sentence_zh="请填写丙")
            kind = Kind("toy", "样", 1, ON, Shape.EVENT, fields, checks=(asks,))
            if stands:
                register([kind])
            else:
                with pytest.raises(KindBroken, match="asks for an answer there is not"):
                    register([kind])
    unless = Check("x", (), True, "x", missing="c", unless=("zz",))
    with pytest.raises(KindBroken, match="zz, which is no field"):
        register([Kind("toy", "样", 1, ON, Shape.EVENT, fields, checks=(unless,))])


def test_what_has_not_been_seen_in_the_official_text_is_a_draft() -> None:
    assert {kind.id for kind in ALL if kind.draft} == {"copd_record", "copd_followup"}


def test_an_open_form_holds_no_question_whose_answer_reveals_a_protected_condition() -> None:
    words = ("严重精神", "结核", "HIV", "梅毒", "乙型肝炎", "表面抗原", "精神残疾", "紫色")
    named = [
        f"{kind.id}.{each.name}"
        for kind in ALL
        for each in kind.fields
        if kind.access is AccessClass.A and each.access is AccessClass.A
        for text in (each.label, *_answers(each.type))
        if any(word in text for word in words)
    ]
    assert named == []


def _answers(kind: FieldType) -> list[str]:
    match kind:
        case Code(codes) | Codes(codes):
            return list(codes.values())
        case ListOf(fields):
            return [text for each in fields for text in (each.label, *_answers(each.type))]
        case _:
            return []


def test_a_list_of_forms_offers_only_what_may_be_filled_in() -> None:
    everybody = {kind.id for kind in offered(("A",), on=TODAY)}
    assert everybody == A - {"basic_info", "statement"}
    assert {kind.id for kind in offered(("A", "B"), on=TODAY)} == everybody | B
    assert offered(("A", "B", "C"), on=date(2016, 12, 31)) == ()
    assert not any(may_fill_in(get(each, 1), ("A", "B", "C")) for each in C)
    assert "copd_followup" not in {kind.id for kind in offered(("A",), on=date(2024, 9, 12))}


WAIVED = [kind for kind in ALL if kind.waiver]


@pytest.mark.parametrize("kind", WAIVED, ids=lambda kind: kind.id)
def test_of_a_service_that_was_not_given_only_the_reason_is_asked(kind: Kind) -> None:
    assert kind.waiver is not None
    kept = {name: good(kind.id)[name] for name in kind.waiver.keeps}
    lost = {**kept, "lost_reason": "1", "lost_date": "2026-03-01"}
    assert hard(check(kind, json.dumps(lost).encode(), on=ON, today=TODAY)) == ()
    for name in kind.waiver.keeps:
        less = {key: value for key, value in lost.items() if key != name}
        faults = hard(check(kind, json.dumps(less).encode(), on=ON, today=TODAY))
        assert [fault.field for fault in faults] == [name]


@pytest.mark.parametrize("kind", WAIVED, ids=lambda kind: kind.id)
def test_a_waived_service_has_a_day_that_is_not_tomorrow(kind: Kind) -> None:
    found = check(
        kind, good_bytes(kind.id, lost_reason="2", lost_date="2026-03-12"), on=ON, today=TODAY
    )
    assert "lost_date" in {fault.field for fault in hard(found)}


def test_planned_services_can_be_lost_or_refused() -> None:
    planned = {
        *("htn_followup", "dm_followup", "copd_followup", "newborn_visit", "child_check"),
        *("child_tcm", "antenatal_first", "antenatal_next", "postpartum_visit", "postpartum_42"),
        *("elder_selfcare", "elder_tcm", "smd_followup", "tb_first", "tb_followup"),
    }
    assert {kind.id for kind in WAIVED} == planned


# Fast and careful.


def values_of(kind: FieldType) -> st.SearchStrategy[Any]:
    """Values inside and just outside, and of another type."""
    match kind:
        case Int() | Scaled():
            edges = [kind.low, kind.low - 1, kind.high, kind.high + 1]
            return st.sampled_from([*edges, kind.warn_low or 0, (kind.warn_high or 0) + 1, "1"])
        case Code(codes):
            return st.sampled_from([*codes, "zz"])
        case Codes(codes):
            return st.lists(st.sampled_from(sorted(codes)), max_size=3)
        case Day():
            return st.dates(ON - timedelta(400), ON + timedelta(400)).map(str)
        case Month():
            return st.sampled_from(["2012-01", "2026-03", "2026-04", "2026-13"])
        case Text(least, most, pattern):
            plain = st.text(min_size=least, max_size=max(least, min(most, 5)))
            return plain if not pattern else plain | st.just("13800138000")
        case ListOf(fields, most):
            item = st.fixed_dictionaries({}, optional={f.name: values_of(f.type) for f in fields})
            whole = st.fixed_dictionaries({f.name: values_of(f.type) for f in fields})
            return st.lists(item | whole, max_size=min(most + 1, 3))
        case _:
            return st.sampled_from(["09:30", "24:00", "0" * 32, "x"])


@st.composite
def nearly_good(draw: st.DrawFn) -> tuple[Kind, dict[str, Any]]:
    kind = draw(st.sampled_from(ALL))
    body = good(kind.id)
    for each in draw(st.lists(st.sampled_from(kind.fields), min_size=1, max_size=3)):
        if draw(st.booleans()):
            body.pop(each.name, None)
        else:
            body[each.name] = draw(values_of(each.type))
    return kind, body


@settings(max_examples=1200, deadline=None)
@given(
    nearly_good(),
    st.sampled_from([None, "1", "2"]),
    st.none() | st.dates(date(1930, 1, 1), date(2026, 4, 1)),
)
def test_fast_and_careful_say_the_same_of_every_form(
    form: tuple[Kind, dict[str, Any]], sex: str | None, birth: date | None
) -> None:
    kind, body = form
    data = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    beside = {"@on": ON, "@today": TODAY, "@sex": sex, "@birth": birth}
    fast = check(kind, data, on=ON, today=TODAY, sex=sex, birth=birth)
    careful = check_module._carefully(kind, plan_of(kind), data, beside)
    assert set(fast) == set(careful)
    unasked = check(kind, data, on=ON, today=TODAY, sex=sex, birth=birth, asking=False)
    assert set(hard(unasked)) == set(hard(fast)), "what is impossible is so without a question"


def test_the_one_control_character_that_json_lets_through_is_refused_too() -> None:
    kind = get("htn_followup", 1)
    body = good_bytes("htn_followup", aux_exam="a~").replace(b"~", b"\x7f")
    found = check(kind, body, on=ON, today=TODAY)
    assert [(fault.field, fault.code) for fault in found] == [("aux_exam", FaultCode.MALFORMED)]


@EVERY
def test_a_good_form_of_each_kind_is_judged_on_the_fast_way(kind: Kind) -> None:
    plan, body = plan_of(kind), good_bytes(kind.id)
    filled = plan.decode(body)
    assert plan.keys(filled) == body.count(b":")
    assert check_module._lists_are_right(plan, filled, TODAY)


# Filled in once.


def test_one_question_has_one_name_and_one_label() -> None:
    labels: dict[tuple[str, FieldType], set[str]] = {}
    for kind in ALL:
        for each in kind.fields:
            if isinstance(each.type, Int | Scaled) and each.name in SHARED:
                labels.setdefault((each.name, each.type), set()).add(each.label)
    assert {name for name, _ in labels} == SHARED
    assert all(len(found) == 1 for found in labels.values())


SHARED = {"sbp", "dbp", "smoke_now", "drink_now", "exercise_freq_now", "hb", "heart_rate"}


def test_a_combined_visit_asks_once() -> None:
    body = {**good("htn_followup"), "sbp": 142, "heart_rate": 80}
    seen = [Written("htn_followup", 1, ON, body)]
    begun = prefilled(get("copd_followup", 1), seen, ON)
    assert begun["sbp"] == 142
    assert begun["heart_rate"] == 80
    assert begun["meds"] == body["meds"]
    assert "med_adherence" not in begun


def test_what_a_checkup_measured_that_day_is_not_measured_again_whatever_its_bounds() -> None:
    checkup = {**good("health_check"), "weight": 655, "bmi": 242, "heart_rate": 76}
    begun = prefilled(get("htn_followup", 1), [Written("health_check", 1, ON, checkup)], ON)
    assert (begun["weight"], begun["bmi"], begun["heart_rate"]) == (655, 242, 76)
    later = prefilled(
        get("htn_followup", 1), [Written("health_check", 1, ON, checkup)], ON + timedelta(1)
    )
    assert not {"weight", "bmi", "heart_rate"} & later.keys()
    of_a_child = {**checkup, "weight": 61}
    begun = prefilled(get("htn_followup", 1), [Written("health_check", 1, ON, of_a_child)], ON)
    assert "weight" not in begun, "no weight of this form"


def test_a_form_begins_with_what_the_archive_s_own_page_says() -> None:
    basics = {"blood_abo": "2", "blood_rh": "1", "phone": "13800138000", "work_unit": "果园"}
    basics |= {"address_region": "371002100001", "address_text": "张村镇 12 号", "remarks": "独居"}
    first = prefilled(get("antenatal_first", 1), [], ON, basics)
    assert first == {"blood_abo": "2", "blood_rh": "1"}
    card = prefilled(get("infectious_report", 1), [], ON, basics)
    assert card == {
        "phone": "13800138000", "address_region": "371002100001",
        "address_text": "张村镇 12 号", "unit": "果园",
    }  # fmt: skip
    for kind in ALL:
        page = REGISTER if kind is not REGISTER else None
        for name, own in asked_of_basics(kind).items():
            assert page is not None
            assert page.access_of(own) <= kind.access_of(name), (kind.id, name)


def test_nothing_of_a_restricted_record_goes_into_an_open_form() -> None:
    restricted = Written("smd_followup", 1, ON, good("smd_followup"))
    open_form = get("htn_followup", 1)
    assert prefilled(open_form, [restricted], ON) == {}
    assert last_values(open_form, [restricted]) == {}
    later = prefilled(get("smd_followup", 1), [restricted], ON + timedelta(14))
    assert later == {"meds": good("smd_followup")["meds"]}
    revealing = {**good("encounter", plan=LEFT_OUT), "icd10_restricted": [{"code": "F20.0"}]}
    visit = Written("encounter", 1, ON, revealing)
    assert set(last_values(get("encounter", 1), [visit])) == {
        "time",
        "icd10",
        "icd10_restricted",
    }


def test_every_form_of_a_resident_is_signed_by_somebody() -> None:
    unsigned = {
        kind.id
        for kind in ALL
        if kind.shape is Shape.EVENT and not _signs(kind.fields) and kind.id != "referral"
    }
    assert unsigned == {"health_check", "disabled_check", "statement"}
    assert DOCTOR


def _signs(fields: tuple[Field, ...]) -> bool:
    return any(each.name in ("doctor", "vaccinator", "leader") for each in fields)
