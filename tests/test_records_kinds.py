"""The register of kinds, register cells, and what is derived from events."""

from dataclasses import replace
from datetime import date
from itertools import permutations
from typing import Any

import pytest

from server.records import kinds
from server.records.cells import shown_codes, to_body, to_cells
from server.records.check import FaultCode, edit_faults
from server.records.derived import (
    Served,
    latest_glucose,
    latest_pressure,
    latest_weight,
    pressures,
)
from server.records.kinds import KindBroken, UnknownKind, get, register
from server.records.model import (
    AccessClass,
    Check,
    Code,
    Codes,
    Field,
    Int,
    Kind,
    ListOf,
    ResidentMay,
    Scaled,
    Shape,
    Text,
    Waiver,
    decimal_text,
)
from sync.policy import Policy
from tests.cast_forms import TODAY, good

BASIC = get("basic_info", 1)
TOY = Kind("toy", "样表", 1, date(2026, 1, 1), Shape.EVENT, (Field("a", "甲", Int(0, 9)),))


def broken(**changes: Any) -> str:
    with pytest.raises(KindBroken) as caught:
        register([replace(TOY, **changes)])
    return str(caught.value)


def test_every_kind_is_found_by_id_and_version_and_by_day() -> None:
    for kind in kinds.everything():
        assert get(kind.id, kind.version) is kind
        assert kinds.current(kind.id, on=kind.valid_until or TODAY) is kind
    with pytest.raises(UnknownKind):
        get("htn_followup", 2)
    with pytest.raises(UnknownKind):
        kinds.current("htn_followup", on=date(2016, 12, 31))


def test_a_newer_version_is_in_force_from_its_day() -> None:
    newer = replace(TOY, version=2, valid_from=date(2027, 1, 1))
    assert set(register([TOY, newer])) == {("toy", 1), ("toy", 2)}
    with pytest.raises(KindBroken, match="later day"):
        register([TOY, replace(newer, valid_from=TOY.valid_from)])
    with pytest.raises(KindBroken, match="versions must be 1, 2, 3"):
        register([TOY, replace(newer, version=3)])
    with pytest.raises(KindBroken, match="is there twice"):
        register([TOY, replace(TOY)])


def test_a_wrongly_described_form_stops_the_start_and_says_where() -> None:
    a = TOY.fields[0]
    cases: list[tuple[dict[str, Any], str]] = [
        ({"fields": (a, a)}, "toy version 1.a: the name is there twice"),
        ({"fields": (replace(a, name="A b"),)}, "snake_case"),
        ({"fields": (replace(a, label=""),)}, "has no label"),
        ({"fields": (replace(a, type=Int(9, 0)),)}, "not in order"),
        ({"fields": (replace(a, type=Scaled(1, 0, 9, 3, 20)),)}, "not in order"),
        ({"fields": (replace(a, type=Text(3, 2)),)}, "no range"),
        ({"fields": (replace(a, type=Code({})),)}, "codes are"),
        ({"fields": (replace(a, type=Code({"A/1": "x"})),)}, "codes are"),
        ({"fields": (replace(a, type=Codes({"1": "x"}, none="2")),)}, "none-code"),
        ({"fields": (replace(a, type=ListOf((a,), 0)),)}, "holds nothing"),
        ({"fields": (replace(a, type=ListOf((a, a), 1)),)}, "twice"),
        ({"fields": (replace(a, type=ListOf((a,), 1, key="b")),)}, "no field of the item"),
        ({"fields": (replace(a, policy=Policy.SET),)}, "does not fit shape"),
        ({"shape": Shape.REGISTER}, "does not fit shape"),
        ({"checks": (Check("c", ("zz",), True, "x"),)}, "zz, which is no field"),
        ({"checks": (Check("c", ("a",), True, "x"),) * 2}, "the same name"),
        ({"checks": (Check("c", (), ["given", ["field", "a"]], "x"),)}, "does not need a"),
        ({"checks": (Check("c", ("a",), ["not"], "x"),)}, "takes 1 to 1"),
        ({"waiver": Waiver("zz")}, "the waiver names zz"),
        ({"id": "To y"}, "no name for a kind"),
    ]
    for changes, said in cases:
        assert said in broken(**changes), changes
    one = replace(a, policy=Policy.SET)
    assert "only several answers" in broken(shape=Shape.REGISTER, fields=(one,))
    keyless = replace(one, type=ListOf((a,), 1))
    assert "needs a key" in broken(shape=Shape.REGISTER, fields=(keyless,))


@pytest.mark.parametrize(
    ("cell", "policy"),
    [
        ("name", Policy.IDENTITY),
        ("id_no", Policy.IDENTITY),
        ("birth_date", Policy.IDENTITY),
        ("sex", Policy.IDENTITY),
        ("phone", Policy.RESIDENT),
        ("contact_name", Policy.RESIDENT),
        ("address_text", Policy.RESIDENT),
        ("work_unit", Policy.RESIDENT),
        ("blood_abo", Policy.CLINICAL),
        ("management_class", Policy.CLINICAL),
        ("drug_allergy/2", Policy.SET),
        ("hx_disease/2", Policy.SET),
        ("disability_restricted/7", Policy.SET),
        ("fam_mother/2", Policy.SET),
        ("archive_status", Policy.TERMINAL),
        ("responsible_facility", Policy.AUTHORITY),
        ("responsible_team", Policy.AUTHORITY),
        ("responsible_doctor", Policy.AUTHORITY),
        ("remarks", Policy.NOTE),
        ("x_newer", Policy.NOTE),
    ],
)
def test_each_cell_of_the_archive_page_has_its_policy(cell: str, policy: Policy) -> None:
    assert BASIC.policy_of(cell) is policy


def test_what_no_version_knows_is_not_shown_to_everybody() -> None:
    assert BASIC.access_of("x_newer") is AccessClass.B
    assert BASIC.access_of("disability_cert") is AccessClass.B
    assert BASIC.access_of("phone") is AccessClass.A


def test_the_resident_changes_the_own_fields_and_asks_for_the_history() -> None:
    for name, may in (
        ("phone", ResidentMay.CHANGE),
        ("drug_allergy", ResidentMay.ASK),
        ("name", ResidentMay.ASK),
        ("responsible_facility", ResidentMay.NOTHING),
    ):
        field = BASIC.field(name)
        assert field is not None
        assert field.resident is may
    pressure = get("htn_followup", 1).field("sbp")
    assert pressure is not None
    assert pressure.resident is ResidentMay.COMMENT


@pytest.mark.parametrize(
    ("cell", "values", "shown"),
    [
        ("blood_abo", ("1", "5"), "5"),
        ("blood_abo", ("4", "3"), "5"),
        ("blood_rh", ("2", "1", "3"), "3"),
        ("blood_rh", ("2", "1"), "1"),
        ("management_class", ("1", "3", "2"), "3"),
        ("hx_surgery", ("1", "2"), "2"),
        ("genetic", ("1", None, "2"), "2"),
    ],
)
def test_the_safer_value_does_not_depend_on_the_order(
    cell: str, values: tuple[Any, ...], shown: str
) -> None:
    safer = BASIC.safer_of(cell)
    assert safer is not None
    assert {safer(order) for order in permutations(values)} == {shown}


def test_a_known_allergy_silences_none() -> None:
    allergies = BASIC.field("drug_allergy")
    assert allergies is not None
    assert isinstance(allergies.type, Codes)
    assert shown_codes(allergies.type, {"1", "3"}) == ("3",)
    assert shown_codes(allergies.type, {"1"}) == ("1",)
    assert shown_codes(allergies.type, {"9", "3", "2"}) == ("2", "3", "9")


def test_a_page_taken_apart_into_cells_comes_together_again() -> None:
    body = good("basic_info", x_newer={"a": 1})
    cells = to_cells(BASIC, body)
    assert cells["drug_allergy/2"] is True
    assert cells["hx_disease/2"] == {"since": "2011-05"}
    assert cells["hx_surgery_list/0190a1b2c3d4708090a0b0c0d0e0f0aa"] == {
        "name": "阑尾切除术",
        "since": "1988-07",
    }
    assert to_body(BASIC, cells) == body


def test_what_was_taken_away_is_not_shown() -> None:
    cells = {"drug_allergy/2": False, "drug_allergy/3": None, "phone": None, "hx_disease/2": True}
    assert to_body(BASIC, cells) == {"hx_disease": [{"code": "2"}]}


def test_every_cell_of_a_good_page_is_a_good_edit() -> None:
    for cell, value in to_cells(BASIC, good("basic_info")).items():
        assert edit_faults(BASIC, cell, value, today=TODAY) == (), cell


@pytest.mark.parametrize(
    ("cell", "value", "code"),
    [
        ("phone", "no", FaultCode.OUT_OF_RANGE),
        ("phone", b"1", FaultCode.WRONG_TYPE),
        ("phone", b"{", FaultCode.MALFORMED),
        ("contact_name", None, FaultCode.MISSING),
        ("phone/1", "13800138000", FaultCode.UNKNOWN_CODE),
        ("blood_abo", "9", FaultCode.UNKNOWN_CODE),
        ("birth_date", "2026-03-12", FaultCode.OUT_OF_RANGE),
        ("drug_allergy", True, FaultCode.UNKNOWN_CODE),
        ("drug_allergy/9", True, FaultCode.UNKNOWN_CODE),
        ("drug_allergy/2", "yes", FaultCode.WRONG_TYPE),
        ("hx_disease/8", True, FaultCode.UNKNOWN_CODE),
        ("hx_disease/2", {"since": "2026-13"}, FaultCode.WRONG_TYPE),
        ("hx_disease/2", b'{"text":"a","text":"b"}', FaultCode.DUPLICATE_KEY),
        ("hx_disease/2", 7, FaultCode.WRONG_TYPE),
        ("hx_surgery_list/1", {"name": "x"}, FaultCode.OUT_OF_RANGE),
        (f"hx_surgery_list/{'0' * 32}", True, FaultCode.MISSING),
    ],
)
def test_a_wrong_edit_of_a_cell_is_named(cell: str, value: object, code: FaultCode) -> None:
    assert {f.code for f in edit_faults(BASIC, cell, value, today=TODAY)} == {code}


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("phone", None),
        ("phone", b'"13800138000"'),
        ("drug_allergy/2", False),
        ("drug_allergy/2", b"true"),
        ("hx_disease/2", b'{"since":"2011-05","x":1}'),
        ("hx_disease/2", True),
        ("hx_disease/2", None),
        ("x_newer", {"a": [1]}),
    ],
)
def test_a_right_edit_of_a_cell_has_no_faults(cell: str, value: object) -> None:
    assert edit_faults(BASIC, cell, value, today=TODAY) == ()


def test_a_scaled_number_is_written_with_its_places() -> None:
    assert decimal_text(705, 1) == "70.5"
    assert decimal_text(5, 2) == "0.05"
    assert decimal_text(-705, 1) == "-70.5"
    assert decimal_text(70, 0) == "70"


def served(kind: str, day: int, event: bytes, **body: Any) -> Served:
    return Served(kind, date(2026, 3, day), event, body)


def test_the_latest_value_is_by_service_day_and_not_by_arrival() -> None:
    events = [
        served("htn_followup", 9, b"1", sbp=150, dbp=95, weight=700),
        served("htn_followup", 2, b"2", sbp=140, dbp=85, weight=690),
        served("dm_followup", 5, b"3", sbp=130, dbp=80, fpg=71, weight=680),
        served("health_check", 9, b"4", bp_l_sys=128, bp_l_dia=80, bp_r_sys=152, bp_r_dia=90),
        served("health_check", 3, b"5", fpg=655, weight=True),
        served("encounter", 10, b"6", weight=1),
    ]
    for order in permutations(events, len(events)):
        newest = latest_pressure(order)
        assert newest is not None
        assert (newest.sbp, newest.dbp, newest.event) == (152, 90, b"4")
        sugar = latest_glucose(order)
        assert sugar is not None
        assert (sugar.value, sugar.event) == (710, b"3")
        heavy = latest_weight(order)
        assert heavy is not None
        assert (heavy.value, heavy.event) == (700, b"1")
    assert [p.event for p in pressures(events)] == [b"2", b"3", b"1", b"4"]


def test_without_a_measurement_there_is_no_latest_value() -> None:
    assert latest_pressure([]) is None
    assert latest_pressure([served("health_check", 1, b"1", bp_l_sys=120)]) is None
    assert latest_glucose([served("encounter", 1, b"1", fpg=60)]) is None
