"""PDFs: rare letters are there, lines break where Chinese breaks, the same content is the same
file.
"""

from datetime import UTC, datetime

import pypdfium2
import pytest

from server.pages.passport import NoFont, font_file
from server.pages.pdf import A5, Cell, Paper

MADE_AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def text_of(raw: bytes) -> list[str]:
    """Page by page."""
    document = pypdfium2.PdfDocument(raw)
    return [document[n].get_textpage().get_text_range() for n in range(len(document))]


def a_paper() -> Paper:
    paper = Paper("试印", MADE_AT)
    paper.page()
    return paper


def test_rare_letters_of_names_are_embedded() -> None:
    paper = a_paper()
    paper.flow("吴𠮷祥、郑㛃、王䶮", pt=20)
    paper.flow("吴𠮷祥、郑㛃、王䶮", pt=20, bold=True)
    (page,) = text_of(paper.done())
    assert page.split() == ["吴𠮷祥、郑㛃、王䶮"] * 2


def test_no_line_begins_with_a_closing_sign_nor_cuts_a_number() -> None:
    paper = a_paper()
    wide = paper.measure("一" * 10, pt=12)
    assert paper.lines_of("一二三四五六七八九十，再来", wide, pt=12) == [
        "一二三四五六七八九",
        "十，再来",
    ]
    assert paper.lines_of("一二三四五六七八（九十", wide, pt=12) == ["一二三四五六七八（九", "十"]
    assert paper.lines_of("一二三四五六七八九（十", wide, pt=12) == ["一二三四五六七八九", "（十"]
    assert paper.lines_of("一二三四五六七 156/88。", wide, pt=12) == ["一二三四五六七", "156/88。"]
    assert paper.lines_of("甲\n\n乙", wide, pt=12) == ["甲", "", "乙"]
    long = paper.lines_of("1" * 100, wide, pt=12)
    assert "".join(long) == "1" * 100, "one long word is cut rather than lost"
    assert all(paper.measure(line, pt=12) <= wide + 0.001 for line in long)


@pytest.mark.parametrize("text", ["，" * 30, "（" * 30, "1，" * 30, "、", "", "（1）" * 30])
def test_nothing_is_lost_whatever_stands_there(text: str) -> None:
    paper = a_paper()
    lines = paper.lines_of(text, paper.measure("一" * 5, pt=12), pt=12)
    assert "".join(lines) == text


def test_a_table_goes_on_with_its_head_and_a_paragraph_on_the_next_page() -> None:
    paper = a_paper()
    rows: list[list[str | Cell]] = [["项目", "今年"], *([f"第{n}项", str(n)] for n in range(60))]
    paper.table(rows, widths=[60, 40], pt=16)
    paper.flow("说明" * 200, pt=16)
    pages = text_of(paper.done())
    assert len(pages) >= 3
    assert all("项目" in page for page in pages[:2])
    said = "".join(pages)
    assert all(f"第{n}项" in said for n in range(60))
    assert said.count("说明") == 200


def test_a_foot_stands_on_every_page_and_the_size_is_asked_for() -> None:
    paper = Paper("试印", MADE_AT, size=A5, foot=lambda n: f"第 {n} 页")
    for _ in range(2):
        paper.page()
    raw = paper.done()
    assert ["第 1 页" in text_of(raw)[0], "第 2 页" in text_of(raw)[1]] == [True, True]
    width, height = pypdfium2.PdfDocument(raw)[0].get_size()
    assert (round(width), round(height)) == (420, 595)


def test_the_same_content_is_the_same_file_and_tells_no_clock() -> None:
    made: list[bytes] = []
    for _ in range(2):
        paper = a_paper()
        paper.flow("一样的内容")
        made.append(paper.done())
    assert made[0] == made[1]


def test_without_a_font_it_says_so() -> None:
    font_file.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("server.pages.passport.FONTS", ())
        with pytest.raises(NoFont):
            Paper("试印", MADE_AT)
    font_file.cache_clear()
