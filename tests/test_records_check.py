"""The check of a filled-in form: fast and careful say the same, and nothing slips through."""

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.records import check as check_module
from server.records.check import Fault, FaultCode, check, edit_faults, hard
from server.records.kinds import everything, get
from server.records.model import (
    Check,
    Code,
    Codes,
    Day,
    Field,
    Int,
    Kind,
    ListOf,
    Month,
    Ref,
    Scaled,
    Shape,
    Text,
    Time,
)
from server.records.plan import plan_of
from tests.cast_forms import LEFT_OUT, ON, TODAY, good, good_bytes

HTN = get("htn_followup", 1)
ALL = everything()


def faults_of(kind: Kind, body: bytes) -> tuple[Fault, ...]:
    return check(kind, body, on=ON, today=TODAY)


def _name(of: Kind | Field) -> str:
    return of.id if isinstance(of, Kind) else of.name


def codes(found: tuple[Fault, ...]) -> set[tuple[str, FaultCode]]:
    return {(fault.field, fault.code) for fault in found if not fault.warn}


def raw_with(kind: Kind, name: str, value: str) -> bytes:
    """The good form with one field written as that JSON text."""
    body = good(kind.id)
    body.pop(name, None)
    return json.dumps(body, ensure_ascii=False)[:-1].encode() + f', "{name}": {value}}}'.encode()


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.id)
def test_a_good_form_of_each_kind_has_no_faults(kind: Kind) -> None:
    assert faults_of(kind, good_bytes(kind.id)) == ()


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.id)
def test_the_careful_way_has_no_faults_in_a_good_form_either(kind: Kind) -> None:
    # Blanks and a field of a newer app push the check off the fast way.
    body = json.dumps({**good(kind.id), "x_new": {"a": [1, None, "："]}}, indent=1).encode()
    assert faults_of(kind, body) == ()


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.id)
def test_a_compact_form_has_as_many_colons_as_its_plan_counts(kind: Kind) -> None:
    body = good_bytes(kind.id)
    plan = plan_of(kind)
    assert plan.keys(plan.decode(body)) == body.count(b":")


def test_a_day_in_the_past_includes_today_and_no_later_day() -> None:
    for day, late in ((str(TODAY), False), ("2026-03-12", True)):
        found = faults_of(get("dm_followup", 1), good_bytes("dm_followup", hba1c_date=day))
        assert (("hba1c_date", FaultCode.OUT_OF_RANGE) in codes(found)) is late


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.id)
def test_every_required_field_is_missed_when_it_is_left_out(kind: Kind) -> None:
    for each in kind.fields:
        if each.required:
            found = faults_of(kind, good_bytes(kind.id, **{each.name: LEFT_OUT}))
            assert (each.name, FaultCode.MISSING) in codes(found), each.name


def numbers() -> list[tuple[Kind, Field]]:
    return [(k, f) for k in ALL for f in k.fields if isinstance(f.type, Int | Scaled)]


@pytest.mark.parametrize(("kind", "each"), numbers(), ids=_name)
def test_each_number_is_bounded_on_both_sides(kind: Kind, each: Field) -> None:
    assert isinstance(each.type, Int | Scaled)
    for value in (each.type.low, each.type.high):
        found = faults_of(kind, good_bytes(kind.id, **{each.name: value}))
        assert (each.name, FaultCode.OUT_OF_RANGE) not in codes(found)
    for value in (each.type.low - 1, each.type.high + 1, 10**30, -(10**30)):
        found = faults_of(kind, raw_with(kind, each.name, str(value)))
        assert (each.name, FaultCode.OUT_OF_RANGE) in codes(found)


@pytest.mark.parametrize(("kind", "each"), numbers(), ids=_name)
def test_outside_the_soft_band_a_number_is_questioned_and_may_be_saved(
    kind: Kind, each: Field
) -> None:
    assert isinstance(each.type, Int | Scaled)
    for edge, step in ((each.type.warn_low, -1), (each.type.warn_high, 1)):
        if edge is None or not each.type.low <= edge + step <= each.type.high:
            continue
        for value, asked in ((edge, False), (edge + step, True)):
            found = faults_of(kind, good_bytes(kind.id, **{each.name: value}))
            questions = [f for f in found if f.warn and f.code is FaultCode.OUT_OF_RANGE]
            assert (each.name in {f.field for f in questions}) is asked


def texts() -> list[tuple[Kind, Field]]:
    return [(k, f) for k in ALL for f in k.fields if isinstance(f.type, Text)]


@pytest.mark.parametrize(("kind", "each"), texts(), ids=_name)
def test_each_text_has_a_longest_length_in_signs_not_bytes(kind: Kind, each: Field) -> None:
    assert isinstance(each.type, Text)
    if each.type.pattern:
        found = faults_of(kind, good_bytes(kind.id, **{each.name: "？" * each.type.most}))
        assert (each.name, FaultCode.WRONG_TYPE) in codes(found)
    else:
        longest = good_bytes(kind.id, **{each.name: "𠮷" * each.type.most})
        assert each.name not in {
            f.field for f in faults_of(kind, longest) if f.code is FaultCode.OUT_OF_RANGE
        }
    too_long = good_bytes(kind.id, **{each.name: "𠮷" * (each.type.most + 1)})
    assert (each.name, FaultCode.OUT_OF_RANGE) in codes(faults_of(kind, too_long))
    assert (each.name, FaultCode.OUT_OF_RANGE) in codes(
        faults_of(kind, good_bytes(kind.id, **{each.name: ""}))
    )


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.id)
def test_each_field_refuses_what_is_of_another_type(kind: Kind) -> None:
    for each in kind.fields:
        for wrong in ("null", "true", "1.0", "{}", "[[1]]", "1e400"):
            found = faults_of(kind, raw_with(kind, each.name, wrong))
            at_all = {name.partition("/")[0] for name, _ in codes(found)}
            assert each.name in at_all, (each.name, wrong)


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.id)
def test_each_choice_refuses_a_code_it_does_not_know(kind: Kind) -> None:
    for each in kind.fields:
        if isinstance(each.type, Code | Codes):
            wrong = '"zz"' if isinstance(each.type, Code) else '["zz"]'
            found = faults_of(kind, raw_with(kind, each.name, wrong))
            assert (each.name, FaultCode.UNKNOWN_CODE) in codes(found)


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.id)
def test_of_several_answers_none_is_twice_and_none_stands_beside_no(kind: Kind) -> None:
    for each in kind.fields:
        if not isinstance(each.type, Codes):
            continue
        first = next(iter(each.type.codes))
        twice = faults_of(kind, good_bytes(kind.id, **{each.name: [first, first]}))
        assert (each.name, FaultCode.CONTRADICTION) in codes(twice)
        empty = faults_of(kind, good_bytes(kind.id, **{each.name: []}))
        assert (each.name, FaultCode.MISSING) in codes(empty)
        if each.type.none:
            both = [each.type.none, next(c for c in each.type.codes if c != each.type.none)]
            beside = faults_of(kind, good_bytes(kind.id, **{each.name: both}))
            assert (each.name, FaultCode.CONTRADICTION) in codes(beside)


@pytest.mark.parametrize(
    "blank", ["", " ", "\t", "\n", "\r\n"], ids=["none", "space", "tab", "line", "crlf"]
)
def test_a_key_that_is_there_twice_is_noticed_whatever_the_white_space(blank: str) -> None:
    body = good_bytes("htn_followup").decode()
    for doubled in (f'"sbp"{blank}:{blank}120', f'"s\\u0062p"{blank}:120'):
        for text in (body[:-1] + f",{doubled}}}", "{" + doubled + "," + body[1:]):
            assert ("sbp", FaultCode.DUPLICATE_KEY) in codes(faults_of(HTN, text.encode()))


def test_a_key_that_is_there_twice_inside_a_list_or_a_newer_field_is_noticed() -> None:
    for value in (
        '"meds":[{"name":"甲","name":"乙"}]',
        '"x":{"name":1,"name":1}',
        '"meds":[{"name":"甲","x":1,"x":1}]',
    ):
        body = good("htn_followup", meds=LEFT_OUT)
        text = json.dumps(body)[:-1] + "," + value + "}"
        assert FaultCode.DUPLICATE_KEY in {f.code for f in faults_of(HTN, text.encode())}


def test_a_doubled_key_cannot_hide_behind_an_escaped_colon() -> None:
    kind = get("encounter", 1)
    body = good_bytes("encounter", icd10=LEFT_OUT, time=LEFT_OUT).decode()
    text = body[:-1] + ',"time":"09\\u003a30","time":"09\\u003a30"}'
    assert ("time", FaultCode.DUPLICATE_KEY) in codes(faults_of(kind, text.encode()))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nonsense",
        b'{"sbp":120,}',
        b'{"sbp":NaN}',
        b'{"sbp":-Infinity}',
        b'{"sbp":"\xff"}',
        b'\xef\xbb\xbf{"sbp":120}',
        b'{"sbp":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"x":"\\ud800"}',
        '{"sbp":120}'.encode("utf-16"),
        b'{"sbp":120} {"sbp":120}',
    ],
    ids=range(12),
)
def test_what_cannot_be_read_is_malformed_and_nothing_more(body: bytes) -> None:
    assert {f.code for f in faults_of(HTN, body)} == {FaultCode.MALFORMED}


@pytest.mark.parametrize("body", [b"[]", b"1", b'"text"', b"null", b"true"])
def test_json_that_is_no_object_is_no_form(body: bytes) -> None:
    assert codes(faults_of(HTN, body)) == {("", FaultCode.WRONG_TYPE)}


def test_a_number_of_ten_thousand_digits_is_out_of_range() -> None:
    found = faults_of(HTN, raw_with(HTN, "sbp", "9" * 10_000))
    assert codes(found) == {("sbp", FaultCode.OUT_OF_RANGE)}


def test_control_characters_in_a_text_are_refused_but_a_line_feed_is_not() -> None:
    assert codes(faults_of(HTN, raw_with(HTN, "aux_exam", '"a\\u0000b"'))) == {
        ("aux_exam", FaultCode.MALFORMED)
    }
    assert faults_of(HTN, raw_with(HTN, "aux_exam", '"a\\nb\\tc: d"')) == ()


def test_a_field_of_a_newer_app_is_left_alone() -> None:
    for value in ("1", '"text"', "[1,2]", '{"deep":{"er":null}}', "1e999"):
        assert faults_of(HTN, raw_with(HTN, "x_newer", value)) == ()


def test_every_fault_is_listed_not_only_the_first() -> None:
    found = faults_of(HTN, good_bytes("htn_followup", sbp=300, dbp="x", mode="9", doctor=LEFT_OUT))
    assert codes(found) == {
        ("sbp", FaultCode.OUT_OF_RANGE),
        ("dbp", FaultCode.WRONG_TYPE),
        ("mode", FaultCode.UNKNOWN_CODE),
        ("doctor", FaultCode.MISSING),
    }
    assert all(fault.sentence_zh for fault in found)


def test_faults_inside_a_list_name_the_item_and_its_field() -> None:
    meds: list[Any] = [{"name": "甲"}, {"times_per_day": 30}, "x"]
    found = faults_of(HTN, good_bytes("htn_followup", meds=meds))
    assert codes(found) == {
        ("meds/1/name", FaultCode.MISSING),
        ("meds/1/times_per_day", FaultCode.OUT_OF_RANGE),
        ("meds/2", FaultCode.WRONG_TYPE),
    }


def test_a_list_that_is_too_long_is_out_of_range() -> None:
    found = faults_of(HTN, good_bytes("htn_followup", meds=[{"name": "甲"}] * 5))
    assert codes(found) == {("meds", FaultCode.OUT_OF_RANGE)}


def test_hard_leaves_the_questions_out() -> None:
    found = faults_of(HTN, good_bytes("htn_followup", sbp=185, dbp="x"))
    assert {f.field for f in hard(found)} == {"dbp"}


TOY = Kind(
    id="toy",
    label="样表",
    version=1,
    valid_from=date(2026, 1, 1),
    shape=Shape.EVENT,
    fields=(
        Field("a", "甲", Int(0, 10, 2, 8), required=True),
        Field("b", "乙", Text(0, 3)),
        Field("c", "丙", Code({"1": "是", "2": "否"})),
        Field("d", "丁", Codes({"1": "无", "2": "有", "3": "多"}, none="1")),
        Field("e", "戊", Day(past=True)),
        Field("f", "己", Month(past=True)),
        Field("g", "庚", Time()),
        Field("h", "辛", Ref("staff")),
        Field("i", "壬", ListOf((Field("n", "数", Scaled(1, 0, 9), required=True),), most=2)),
        Field("j", "癸", Day()),
    ),
    checks=(
        Check(
            "odd",
            ("a", "c"),
            ["and", ["=", ["rest", ["field", "a"], 2], 1], ["=", ["field", "c"], "2"]],
            "甲为奇数时丙应为是",
        ),
    ),
)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "a": st.integers(-2, 12) | st.integers() | st.booleans(),
    "b": st.text(max_size=4) | st.none(),
    "c": st.sampled_from(["1", "2", "3", 1]),
    "d": st.lists(st.sampled_from(["1", "2", "3", "4"]), max_size=4),
    "e": st.dates(date(2026, 3, 9), date(2026, 3, 13)).map(str)
    | st.sampled_from(["2026-02-30", "2026-3-1", "20260301", "2026-03-01T00:00:00", "0000-01-01"]),
    "f": st.sampled_from(["2026-03", "2026-04", "2026-13", "26-03", "2026-03\n"]),
    "g": st.sampled_from(["00:00", "23:59", "24:00", "9:30", "09:30:00"]),
    "h": st.sampled_from(["0" * 32, "F" * 32, "0" * 31, "é" * 32]),
    "i": st.lists(
        st.fixed_dictionaries({}, optional={"n": st.integers(-1, 10), "x": st.integers()}),
        max_size=3,
    ),
    "j": st.dates().map(str) | st.sampled_from(["2026-W01-1", "+2026-01-01", "2026-001"]),
    "x": st.integers() | st.text(),
}


def test_the_colon_inside_a_time_is_counted_too() -> None:
    body = b'{"a":5,"g":"23:59","i":[{"n":1},{"n":2}]}'
    plan = plan_of(TOY)
    assert plan.keys(plan.decode(body)) == body.count(b":")


# Most of these pass the fast decoder, so what comes after it is tried as well.
NEARLY_GOOD = st.fixed_dictionaries(
    {"a": st.integers(2, 8)},
    optional={
        "c": st.sampled_from(["1", "2"]),
        "d": st.lists(st.sampled_from(["1", "2", "3"]), min_size=1, max_size=3),
        "e": st.dates(date(2026, 3, 10), date(2026, 3, 12)).map(str),
        "f": st.sampled_from(["2026-02", "2026-03", "2026-04"]),
        "g": st.sampled_from(["00:00", "23:59"]),
        "i": st.lists(st.fixed_dictionaries({"n": st.integers(0, 9)}), max_size=2),
    },
)


@settings(max_examples=1500, deadline=None)
@given(st.fixed_dictionaries({}, optional=VALUES) | NEARLY_GOOD)
def test_the_fast_and_the_careful_way_say_the_same(body: dict[str, Any]) -> None:
    data = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    beside = {"@on": ON, "@today": TODAY, "@sex": None, "@birth": None}
    fast = check(TOY, data, on=ON, today=TODAY)
    careful = check_module._carefully(TOY, plan_of(TOY), data, beside)
    assert set(fast) == set(careful)


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_make_the_check_fail_in_another_way(body: bytes) -> None:
    assert isinstance(faults_of(HTN, body), tuple)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


@settings(max_examples=500, deadline=None)
@given(st.sampled_from(ALL), st.data())
def test_no_value_in_any_field_makes_the_check_fail_in_another_way(kind: Kind, data: Any) -> None:
    name = data.draw(st.sampled_from([each.name for each in kind.fields]))
    body = {**good(kind.id), name: data.draw(JSON)}
    for found in (
        faults_of(kind, json.dumps(body).encode()),
        edit_faults(kind, name, body[name]),
        edit_faults(kind, f"{name}/1", body[name]),
    ):
        assert all(isinstance(fault, Fault) for fault in found)


@pytest.mark.parametrize("day", ["0001-01-01", "1849-12-31", "2200-01-01", "9999-12-31"])
def test_no_day_of_a_form_lies_before_anybodys_life_or_in_another_century(day: str) -> None:
    for kind_id, name in (("htn_followup", "next_date"), ("postpartum_visit", "delivery_date")):
        kind = get(kind_id, 1)
        found = hard(faults_of(kind, good_bytes(kind_id, **{name: day})))
        assert name in {fault.field for fault in found}, (kind_id, found)


def test_a_month_of_history_lies_in_somebodys_life() -> None:
    kind = get("smd_supplement", 1)
    assert hard(faults_of(kind, good_bytes("smd_supplement", onset="0001-01"))) != ()
    assert hard(faults_of(kind, good_bytes("smd_supplement", onset="1951-06"))) == ()


def test_answers_that_contradict_each_other_hide_nothing_that_they_ask_for() -> None:
    for more in ({}, {"sbp": "x"}):
        body = {**good("htn_followup"), "symptoms": ["1", "10"], **more}
        found = faults_of(HTN, json.dumps(body).encode())
        assert {"symptoms", "symptoms_other", *more} == {each.field for each in hard(found)}
