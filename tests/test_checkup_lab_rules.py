"""What a laboratory's list says is read as written: nothing is guessed, a fault has its line."""

from collections.abc import Sequence
from datetime import date

import pytest

from crypto.damm import check_digit
from server.rules.checkup import stations, tubes
from server.rules.checkup_lab import Specimen, fields, guess, is_number, lacking, read, station_of

ON = date(2026, 11, 20)


def number(counter: int, tube: int = 1, *, serial: int = 7, series: int = 1) -> str:
    plain = f"{serial:04d}{series:02d}{counter:04d}{tube}"
    return plain + check_digit(plain)


def one(headings: Sequence[str], *lines: Sequence[str]) -> Specimen:
    (found,) = every(headings, *lines)
    return found


def every(headings: Sequence[str], *lines: Sequence[str]) -> tuple[Specimen, ...]:
    told = [(n + 2, cells) for n, cells in enumerate(lines)]
    return read(headings, guess(headings), told, on=ON, today=ON).specimens


def codes(found: Specimen) -> list[tuple[int, str]]:
    return [(line, fault.code) for line, fault in found.faults]


def test_every_value_a_laboratory_gives_is_a_field_of_a_station_with_tubes() -> None:
    for name, (station, kind, each) in fields().items():
        assert stations()[station].tubes
        assert kind.field(name) is each
    assert {"fpg", "alt", "urine_pro"} <= fields().keys()
    assert all(station_of(number(1, each.digit)) for each in tubes().values())


def test_columns_are_told_by_their_headings_and_a_unit_behind_them() -> None:
    headings = ("条码号", "姓 名", "采样日期", "空腹血糖(mmol/L)", "ALT", "别的")
    assert guess(headings) == {0: "number", 1: "name", 2: "day", 3: "fpg", 4: "alt"}
    assert lacking(guess(headings)) == ""
    assert lacking(guess(("姓名", "ALT"))) == "number"
    assert lacking(guess(("条码号", "姓名"))) == "values"
    assert lacking(guess(("条码号", "项目", "结果", "单位"))) == ""


def test_a_line_a_specimen_and_a_line_a_value_say_the_same() -> None:
    wide = one(("条码号", "空腹血糖", "ALT"), (number(1), "5.6", "23.45"))
    long = one(
        ("条码号", "项目", "结果", "单位"),
        (number(1), "GLU", "5.60", "mmol/L"), (number(1), "谷丙转氨酶", "23.45", "IU/L"),
    )  # fmt: skip
    assert wide.values == long.values == {"fpg": 560, "alt": 235}, "rounded to the form's places"
    assert not wide.faults
    assert not long.faults


def test_sugar_is_of_blood_in_a_tube_and_of_urine_in_a_cup() -> None:
    headings = ("条码号", "项目", "结果")
    assert one(headings, (number(1, 3), "GLU", "5.6")).values == {"fpg": 560}
    assert one(headings, (number(1, 4), "GLU", "+")).values == {"urine_glu": "2"}
    assert codes(one(headings, (number(1, 4), "ALT", "20"))) == [(2, "other_tube")]


@pytest.mark.parametrize(
    ("text", "code"),
    [("-", "0"), ("阴性", "0"), ("(-)", "0"), ("±", "1"), ("+-", "1"), ("1+", "2"), ("＋", "2"),
     ("++", "3"), ("3+", "4"), ("（++++）", "5")],
)  # fmt: skip
def test_signs_are_read_in_every_writing(text: str, code: str) -> None:
    assert one(("条码号", "尿蛋白"), (number(1, 4), text)).values == {"urine_pro": code}


@pytest.mark.parametrize(
    ("heading", "text", "fault"),
    [
        ("空腹血糖", "<0.5", "no_number"), ("空腹血糖", "溶血", "no_number"),
        ("空腹血糖(mg/dL)", "101", "unit"), ("空腹血糖", "101 mg/dL", "unit"),
        ("空腹血糖", "99", "value"), ("血小板", "0", "value"), ("血红蛋白", "1310", "value"),
    ],
)  # fmt: skip
def test_what_is_no_value_of_the_form_is_a_fault_of_its_line(
    heading: str, text: str, fault: str
) -> None:
    assert codes(one(("条码号", heading), (number(1), text))) == [(2, fault)]


def test_units_that_mean_the_same_are_the_same() -> None:
    headings = ("条码号", "项目", "结果", "单位")
    for item, unit in (
        ("CREA", "umol/L"), ("CREA", "μmol/L"), ("CREA", "µmol/l"), ("WBC", "10^9/L"),
        ("WBC", "×10⁹/L"), ("ALT", "IU/L"), ("HB", "g/L"),
    ):  # fmt: skip
        found = one(headings, (number(1), item, "66", unit))
        assert not found.faults, (item, unit, found.faults)


def test_a_slip_in_a_number_is_told_by_its_check_digit() -> None:
    good = number(12)
    for at in range(12):
        other = str((int(good[at]) + 1) % 10)
        bad = good[:at] + other + good[at + 1 :]
        assert not is_number(bad)
        assert codes(one(("条码号", "ALT"), (bad, "20")))[-1] == (2, "misread")


def test_the_same_specimen_twice_and_a_value_twice() -> None:
    headings = ("条码号", "ALT")
    found = one(headings, (number(1), "20"), (number(1), "21"))
    assert codes(found) == [(3, "doubled")]
    long = ("条码号", "项目", "结果")
    same = one(long, (number(1), "ALT", "20"), (number(1), "ALT", "20"))
    assert not same.faults
    other = one(long, (number(1), "ALT", "20"), (number(1), "GPT", "21"))
    assert codes(other) == [(3, "twice")]


def test_another_day_and_a_day_that_is_none() -> None:
    headings = ("条码号", "采样日期", "ALT")
    assert not one(headings, (number(1), "2026/11/20 08:10", "20")).faults
    assert codes(one(headings, (number(1), "2026-11-19", "20"))) == [(2, "wrong_day")]
    assert codes(one(headings, (number(1), "昨天", "20"))) == [(2, "no_day")]


def test_what_the_forms_do_not_know_is_counted_and_lines_without_a_number_are_named() -> None:
    headings = ("条码号", "MCV", "ALT")
    lines = [(2, (number(1), "90", "20")), (3, ("", "91", "21")), (5, (number(2), "", "22"))]
    found = read(headings, guess(headings), lines, on=ON, today=ON)
    assert found.unread == {"MCV": 2}
    assert found.nameless == (3,)
    assert len(found.specimens) == 2


def test_an_item_of_the_table_is_known_though_the_number_of_its_line_is_wrong() -> None:
    headings = ("条码号", "项目", "结果")
    lines = [(2, ("123", "谷丙转氨酶(ALT)", "20")), (3, ("123", "ALT", "20")),
             (4, ("123", "没听过的", "1"))]  # fmt: skip
    found = read(headings, guess(headings), lines, on=ON, today=ON)
    assert found.unread == {"没听过的": 1}
    assert [fault.code for _, fault in found.specimens[0].faults] == ["misread"]


def test_a_rare_value_is_taken_and_asks_to_be_looked_at() -> None:
    found = one(("条码号", "血钾"), (number(1), "6.9"))
    assert not found.faults
    assert [fault.code for _, fault in found.warnings] == ["value"]


def test_short_lines_and_odd_cells_break_nothing() -> None:
    headings = ("条码号", "项目", "结果", "单位")
    for cells in (
        (), ("",), (number(1),), (number(1), "ALT"), ("\u202e", "ALT", "1"),
        ("9" * 400, "ALT", "1"), (number(1), "ALT", "1e309"), ("²" * 12, "GLU", "1"),
    ):  # fmt: skip
        every(headings, cells)
