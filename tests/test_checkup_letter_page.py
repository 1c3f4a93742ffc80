"""The feedback letter on paper: large enough to read, whose it is, what to do, three years."""

import ctypes
from dataclasses import replace
from datetime import date, datetime

import pypdfium2
import pypdfium2.raw as pdfium

from server.pages.checkup_letter import Found, Letter, pdf_of
from server.rules.changes import compare
from server.rules.goals import Goal
from server.rules.plan.model import Record
from server.settings import CIVIL

MADE = datetime(2026, 11, 23, 9, 0, tzinfo=CIVIL)
FOOT = 60  # points from the lower edge


def check(year: int, **values: int) -> Record:
    return Record(year.to_bytes(16), "health_check", date(year, 11, 20), values)


def letter(name: str = "吴𠮷祥", *, found: tuple[Found, ...] = (), years: int = 3) -> Letter:
    every = (
        check(2024, bp_l_sys=148, bp_l_dia=88, fpg=610, tc=540),
        check(2025, bp_l_sys=152, bp_l_dia=90, fpg=680, tc=560),
        check(2026, bp_l_sys=162, bp_l_dia=94, fpg=760, tc=500),
    )[3 - years :]
    rows = compare(
        every, sex="1", birth=date(1948, 11, 5), pressure_goal=(Goal(150), Goal(90)), numbers={}
    )
    return Letter(
        name, "1", date(2026, 11, 20), "青禾镇文化礼堂", "青禾镇卫生院", "苏清明",
        "0631-5550101", tuple(each.on.year for each in every), rows, found,
    )  # fmt: skip


URGENT = Found("血压太高", "左臂血压 186/104", "今天就去医院看。", True, date(2026, 11, 21))
LATER = Found("血糖偏高", "空腹血糖 7.6", "两周内再来抽一次血。", False, date(2026, 12, 4))


def pages(raw: bytes) -> list[str]:
    found = pypdfium2.PdfDocument(raw)
    return [page.get_textpage().get_text_range() for page in found]


def test_a_letter_greets_by_name_and_says_what_to_do_before_the_figures() -> None:
    said = "\n".join(pages(pdf_of([letter(found=(URGENT, LATER))], MADE)))
    assert "吴𠮷祥先生：" in said
    assert "有 2 件事要留意，最要紧的是：血压太高" in said.replace("\r\n", "")
    order = ["今天就去", "两周内再来抽一次血", "几年放在一起看", "您的医生：苏清明", "领取人签名"]
    assert [said.index(each) for each in order] == sorted(said.index(each) for each in order)
    assert "0631-5550101" in said


def test_a_day_of_another_year_bears_its_year() -> None:
    then = replace(LATER, by=date(2027, 2, 21))
    said = "\n".join(pages(pdf_of([letter(found=(LATER, then))], MADE)))
    assert "（2027年2月21日前）" in said
    assert "（12月4日 周五前）" in said


def test_three_years_stand_side_by_side_with_arrows_in_words() -> None:
    said = "\n".join(pages(pdf_of([letter()], MADE)))
    for each in ("2024年", "2025年", "2026年", "148", "152", "162", "↑ 偏高", "好转，正常了"):
        assert each in said, each
    alone = "\n".join(pages(pdf_of([letter(years=1)], MADE)))
    assert "这次的结果" in alone
    assert "2025年" not in alone


def test_everything_but_the_foot_is_set_in_sixteen_points_or_more() -> None:
    document = pypdfium2.PdfDocument(pdf_of([letter(found=(URGENT, LATER))], MADE))
    for page in document:
        text = page.get_textpage()
        for n in range(text.count_chars()):
            box = [ctypes.c_double() for _ in range(4)]
            pdfium.FPDFText_GetCharBox(text.raw, n, *box)
            if box[2].value < FOOT or pdfium.FPDFText_IsGenerated(text.raw, n) == 1:
                continue
            assert pdfium.FPDFText_GetFontSize(text.raw, n) >= 16


def test_letters_of_a_village_each_begin_a_page_and_count_their_own() -> None:
    said = pages(pdf_of([letter("周谷雨"), letter("杨白露")], MADE))
    begun = [n for n, each in enumerate(said) if "体检结果反馈" in each]
    assert len(begun) == 2
    assert "周谷雨　青禾镇卫生院　第 1 页" in said[begun[0]]
    assert "杨白露　青禾镇卫生院　第 1 页" in said[begun[1]]


def test_somebody_with_nothing_found_is_told_so() -> None:
    said = "\n".join(pages(pdf_of([letter()], MADE))).replace("\r\n", "")
    assert "都没有大问题" in said
    assert "接下来要做的" not in said


def test_the_same_letters_are_the_same_file() -> None:
    assert pdf_of([letter()], MADE) == pdf_of([letter()], MADE)


def test_what_was_not_measured_this_year_is_never_called_normal() -> None:
    sat = {"bp_l_sys": 128, "bp_l_dia": 78}
    every = check(2025, hb=1400, tc=460, **sat), check(2026, tc=450, **sat)
    rows = compare(every, sex="1", birth=None, pressure_goal=(Goal(150), Goal(90)), numbers={})
    made = replace(letter(), years=(2025, 2026), rows=rows)
    said = "".join(pages(pdf_of([made], MADE))).replace("\r\n", "")
    assert "1 项都在正常范围：总胆固醇。" in said
    assert "以前查过、这次没有结果的 1 项：血红蛋白。" in said
