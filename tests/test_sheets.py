"""Lists from spreadsheets: what is read, what is refused, and that nothing is guessed."""

import csv
import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from server.actions.lists import sheet_parts as parts
from server.actions.lists.sheets import (
    CellFault,
    Line,
    SheetRefused,
    harmless,
    read_sheet,
    write_csv,
)

MORNING = datetime(2026, 1, 2, 8, 30)  # noqa: DTZ001 (a workbook knows no zones)
PEOPLE = "姓名,证件号码\r\n吴𠮷祥,371002194811050017\r\n郑㛃,37100219700719004x\r\n"


def lines(raw: bytes) -> list[Line]:
    return list(read_sheet(raw).lines)


def book(*rows: Any, mac: bool = False) -> bytes:
    made: Any = openpyxl.Workbook()
    if mac:
        made.epoch = CALENDAR_MAC_1904
    for row in rows:
        made.active.append(list(row))
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def repacked(raw: bytes, *more: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(out, "w", 8) as new:
        replaced = {name for name, _ in more}
        for name in old.namelist():
            if name not in replaced:
                new.writestr(name, old.read(name))
        for name, content in more:
            new.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("raw", "encoding"),
    [
        (PEOPLE.encode(), "utf-8"),
        (PEOPLE.encode("utf-8-sig"), "utf-8"),
        (PEOPLE.encode("gb18030"), "gb18030"),
        (PEOPLE.replace("𠮷", "吉").replace("㛃", "洁").encode("gbk"), "gb18030"),
        (PEOPLE.encode("utf-16"), "utf-16"),
        (PEOPLE.replace(",", ";").encode(), "utf-8"),
        (PEOPLE.replace(",", "\t").encode("gb18030"), "gb18030"),
    ],
)
def test_a_csv_is_read_in_every_encoding_and_delimiter(raw: bytes, encoding: str) -> None:
    sheet = read_sheet(raw)
    found = list(sheet.lines)
    assert (sheet.kind, sheet.encoding) == ("csv", encoding)
    assert [each.n for each in found] == [1, 2, 3]
    assert found[0].cells == ("姓名", "证件号码")
    assert found[2].cell(1) == "37100219700719004x"


def test_half_a_character_is_not_guessed() -> None:
    with pytest.raises(parts.SheetEncoding):
        lines("姓名,住址\r\n".encode("gbk") + b"\xff\xff,\x81\r\n")


def test_a_line_end_inside_quotes_stays_in_its_cell_and_empty_lines_keep_their_numbers() -> None:
    found = lines('姓名,住址\r\n\r\n"王䶮","青禾村\n3 号"\r\n,,\r\n杨白露,"说""二"""\r\n'.encode())
    assert [(each.n, each.cells) for each in found] == [
        (1, ("姓名", "住址")),
        (3, ("王䶮", "青禾村\n3 号")),
        (5, ("杨白露", '说"二"')),
    ]


def test_a_quote_that_is_never_closed_is_said_and_not_read_as_one_cell() -> None:
    with pytest.raises(parts.SheetQuotes):
        lines(("a,b\r\n" + '1,"x\r\n' + "2,y\r\n" * 50_000).encode())


def test_what_a_spreadsheet_did_to_a_number_is_a_fault_of_its_cell() -> None:
    raw = 'a,b,c,d,e\r\n3.71002E+17,=A1,="0012",\u00a0 \'0013\u3000,=HYPERLINK("x")\r\n'
    (_, line) = lines(raw.encode())
    assert line.cells == ("", "", "0012", "0013", "")
    assert line.faults == (
        (0, CellFault.PRECISION), (1, CellFault.FORMULA), (4, CellFault.FORMULA),
    )  # fmt: skip


@pytest.mark.parametrize("mac", [False, True])
def test_a_workbook_gives_days_numbers_and_texts_as_people_see_them(mac: bool) -> None:
    raw = book(
        ("姓名", "出生日期", "证件", "体重", "时间"),
        ("吴𠮷祥\u00a0", date(1948, 11, 5), 371002194811050017, 70.5, MORNING),
        ("合计", "=SUM(D2:D2)", 371002481105001, 3, None),
        mac=mac,
    )
    sheet = read_sheet(raw)
    found = list(sheet.lines)
    assert sheet.kind == "xlsx"
    assert found[1].cells == ("吴𠮷祥", "1948-11-05", "", "70.5", "2026-01-02 08:30")
    assert found[1].faults == ((2, CellFault.PRECISION),)
    assert found[2].cells == ("合计", "", "371002481105001", "3")
    assert found[2].faults == ((1, CellFault.FORMULA),)


BOMB_OF_ENTITIES = (
    b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]>'
    b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    b'<sheetData><row r="1"><c r="A1" t="str"><v>&b;</v></c></row></sheetData></worksheet>'
)
SHEET = "xl/worksheets/sheet1.xml"
SPACE = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'


def sheet_of(*parts: bytes) -> tuple[str, bytes]:
    return SHEET, SPACE + b"".join(parts) + b"</worksheet>"


def noise(length: int) -> bytes:
    """Markup that does not compress to nothing."""
    return b"".join(b"<c%x/>" % (n * 2654435761 % 2**32) for n in range(length // 11))


GOOD = book(("姓名",), ("吴",))
OLD = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600)


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (lambda: b"", "sheet_empty"),
        (lambda: b" \r\n ", "sheet_empty"),
        (lambda: b",,,\r\n,,\r\n", "sheet_empty"),
        (lambda: b"\x89PNG\r\n\x1a\n\x00\x00", "sheet_unknown"),
        (lambda: OLD, "sheet_old"),
        (lambda: OLD + "EncryptedPackage".encode("utf-16-le"), "sheet_encrypted"),
        (lambda: b"PK\x03\x04 and nothing of a package", "sheet_broken"),
        (lambda: GOOD[: len(GOOD) // 2], "sheet_broken"),
        (lambda: repacked(GOOD, ("xl/vbaProject.bin", b"x")), "sheet_macros"),
        (lambda: repacked(GOOD, ("xl/externalLinks/externalLink1.xml", b"<x/>")), "sheet_links"),
        (lambda: repacked(GOOD, ("xl/worksheets/sheet9.xml", bytes(50 << 20))), "sheet_bomb"),
        (lambda: repacked(GOOD, ("xl/styles.xml", b"<a>" + bytes(17 << 20))), "sheet_bomb"),
        (
            lambda: repacked(
                GOOD, sheet_of(b"<sheetData><row>", noise(3 << 20), b"</row></sheetData>")
            ),
            "sheet_bomb",
        ),
        (
            lambda: repacked(
                GOOD, sheet_of(b"<sheetData><row/>", noise(1 << 20), b"<row/></sheetData>")
            ),
            "sheet_bomb",
        ),
        (lambda: repacked(GOOD, sheet_of(noise(3 << 20), b"<sheetData/>")), "sheet_bomb"),
        (lambda: repacked(GOOD, sheet_of(b"<sheetData/>", noise(9 << 20))), "sheet_bomb"),
        (
            lambda: repacked(GOOD, sheet_of(b"<sheetData><row><row></row></sheetData>")),
            "sheet_broken",
        ),
        (
            lambda: repacked(GOOD, sheet_of(b"<sheetData><!-- </row> --></sheetData>")),
            "sheet_broken",
        ),
        (lambda: repacked(GOOD, *((f"xl/media/{n}", b"") for n in range(1_100))), "sheet_bomb"),
        (lambda: repacked(GOOD, ("xl/worksheets/sheet1.xml", b"<not closed")), "sheet_broken"),
        (
            lambda: repacked(
                GOOD,
                (
                    "xl/worksheets/sheet1.xml",
                    BOMB_OF_ENTITIES,
                ),
            ),
            "sheet_broken",
        ),
        (lambda: bytes(",".join(str(n) for n in range(250)) + "\r\n", "ascii"), "sheet_too_wide"),
        (lambda: book(range(250)), "sheet_too_wide"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_list_or_a_danger_is_refused_by_name(
    made: Callable[[], bytes], code: str
) -> None:
    raw = made()
    with pytest.raises(SheetRefused) as refused:
        lines(raw)
    assert refused.value.code == code
    assert refused.value.say


def test_a_sheet_is_told_by_its_content_and_read_from_a_file(tmp_path: Any) -> None:
    path = tmp_path / "名单.csv"  # the name lies
    path.write_bytes(GOOD)
    with path.open("rb") as file:
        assert [each.cells for each in read_sheet(file).lines] == [("姓名",), ("吴",)]


def test_a_cell_that_begins_like_a_formula_is_written_harmless() -> None:
    cells = [
        "=1+1",
        "+SUM(A1)",
        "-3",
        "-3.5",
        "@x",
        "\t=1",
        "+8613812345678",
        "-a",
        "吴𠮷祥",
        "＝1",
    ]
    assert [harmless(each) for each in cells] == [
        "'=1+1", "'+SUM(A1)", "-3", "-3.5", "'@x", "'\t=1", "+8613812345678", "'-a", "吴𠮷祥",
        "'＝1",
    ]  # fmt: skip
    raw = write_csv([["姓名", "原因"], ["吴𠮷祥", 'x,"y"']])
    assert raw.startswith(b"\xef\xbb\xbf")
    assert list(csv.reader(io.StringIO(raw.decode("utf-8-sig")))) == [
        ["姓名", "原因"], ["吴𠮷祥", 'x,"y"'],
    ]  # fmt: skip
