"""What people write into a list: signs for answers, numbers for days, the wrong list."""

import pytest

from server.actions.lists.sheets import read_sheets
from server.actions.places.office_lists import read_lists
from server.records.kinds import REGISTER
from server.records.sheet_columns import like_offices, like_people
from server.records.sheet_values import NOTHING, Said, value_of


def said(name: str, text: str) -> Said:
    each = REGISTER.field(name)
    assert each is not None
    return value_of(REGISTER, each, text)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("+", "阳性"), ("（＋）", "阳性"), ("Rh+", "阳性"), ("阳", "阳性"), ("阳性", "阳性"),
        ("\N{MINUS SIGN}", "阴性"), ("(-)", "阴性"), ("RH-", "阴性"), ("Rh（-）", "阴性"),
        ("阴", "阴性"), ("RH阴性", "阴性"),
    ],
)  # fmt: skip
def test_a_sign_is_an_answer_where_positive_and_negative_are(text: str, label: str) -> None:
    assert said("blood_rh", text) == said("blood_rh", label)
    assert said("blood_rh", text).value is not None


def test_a_lone_dash_says_nothing_and_a_sign_answers_no_other_question() -> None:
    assert said("blood_rh", "-") == NOTHING
    assert "没有“+”这个选项" in said("sex", "+").fault


def test_a_bare_number_of_a_spreadsheet_is_named_as_one() -> None:
    assert "像 Excel 的日期数字" in said("birth_date", "20160").fault
    assert "不是日历上的日期" in said("birth_date", "2016-02-30").fault


def test_the_list_of_the_other_page_is_known_by_its_headings() -> None:
    assert like_offices(("机构代码*", "机构名称", "级别"))
    assert not like_offices(("姓名", "性别", "机构名称"))
    assert like_people(("姓名", "性别", "身份证号"))
    assert not like_people(("姓名", "岗位", "机构代码"))
    residents = "姓名,性别,证件号码\n许清和,男,371002195503120013\n".encode()
    found = read_lists(read_sheets(residents))
    assert [each.say for each in found.faults] == ["这像是居民名单，请到「导入」上传"]
