"""Lists changed as spreadsheets, registers and attackers write them: CSV and XLSX."""

import io
import zipfile
from collections.abc import Sequence
from random import Random
from typing import Final

from tests.fuzz.mutate_bytes import changed

Rows = list[list[str]]
CELLS: Final = (
    "", " ", "=1+1", '="0012"', '="a""b"', "=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "'1", "1E+17",
    "3.71002E+17", '"', '""', 'a"b', "a\nb", "a\r\nb\rc", ",", ";", "\t", "\ufeff", "\u202e",
    "\u200b", "\u00a0", "\u3000", "\x00", "\x01", "\x0b", "\x1c", "\x85", "\u2028",
    "１９５５年３月１２日", "1955-02-30", "1955/3/12", "19550312", "99999999", "0001-01-01",
    "9999-12-31", "2099-01-01", "1900-01-00", "-0", "1e999", "NaN", "9" * 400, "0" * 18,
    "37100219550312002X", "371002195503120028", "３７１００２１９５５０３１２００２８", "无", "否",
    "是", "男", "女", "未知", "青" * 4001, "𠮷" * 60, "%s{0}", "<script>", "8:60", "25:00",
    "8点半", "青禾镇卫生院", "²", "½", "１２．５", "＋5", "1,234.5", "−5", "5.6 mmol/L", "阳性(+)",
    "<0.5", "＞200", "\U0010ffff", "e\u0301", "ﬁ", "㋿",
)  # fmt: skip
ENCODINGS: Final = ("utf-8", "utf-8", "utf-8-sig", "gb18030", "utf-16")


def changed_rows(rows: Sequence[Sequence[str]], chance: Random) -> Rows:
    """One to three changes of cells, lines or columns; the first line holds the headings."""
    out = [list(each) for each in rows]
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        at = chance.randrange(len(out)) if out else 0
        if not out or not out[at]:
            out.append([chance.choice(CELLS)])
            continue
        column, do = chance.randrange(len(out[at])), chance.random()
        if do < 0.6:
            out[at][column] = _cell(out[at][column], chance)
        elif do < 0.66:
            del out[at][column]
        elif do < 0.72:
            out[at].insert(column, chance.choice(CELLS))
        elif do < 0.78:
            out.insert(chance.randrange(len(out) + 1), list(out[at]))
        elif do < 0.82:
            del out[at]
        elif do < 0.87:
            for row in out:  # a column goes to another place, or stands twice
                if column < len(row):
                    row.insert(chance.randrange(len(row) + 1), row[column])
        elif do < 0.92:
            out[at] = [""] * chance.choice((1, 3, 30, 200, 201))
        elif do < 0.96:
            out[at] += [chance.choice(CELLS)] * chance.choice((1, 20, 250))
        else:
            chance.shuffle(out)
    return out


def _cell(old: str, chance: Random) -> str:
    if not old or chance.random() < 0.6:
        return chance.choice(CELLS)
    at = chance.randrange(len(old))
    sign = chance.choice(("", " ", "0", "9", "X", "\u200b", "　", "'", '"', "年", old[at] * 2))
    return old[:at] + sign + old[at + 1 :]


def csv_of(rows: Sequence[Sequence[str]], chance: Random) -> bytes:
    """As one of many programs writes it, or as a broken one."""
    delimiter = chance.choice((",", ",", ",", ";", "\t"))
    end = chance.choice(("\r\n", "\n", "\r"))
    quoting = chance.random()
    lines = [
        delimiter.join(
            _quoted(cell, delimiter, always=quoting < 0.2, never=quoting > 0.93) for cell in row
        )
        for row in rows
    ]
    encoding = chance.choice(ENCODINGS)
    if chance.random() < 0.04:  # two programs wrote into one file
        return b"".join(
            (line + end).encode(chance.choice(("utf-8", "gb18030")), "replace") for line in lines
        )
    raw = (end.join(lines) + end).encode(encoding, "replace")
    return changed(raw, chance) if chance.random() < 0.2 else raw


def _quoted(cell: str, delimiter: str, *, always: bool, never: bool) -> str:
    if never or not (always or any(sign in cell for sign in (delimiter, '"', "\n", "\r"))):
        return cell
    return '"' + cell.replace('"', '""') + '"'


# ---- workbooks ----------------------------------------------------------------------------------

_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELS: Final = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES: Final = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-'
    'officedocument.spreadsheetml.worksheet+xml"/></Types>'
)
_BOOK: Final = (
    f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets><sheet name="名单" sheetId="1" '
    'r:id="rId1"/></sheets></workbook>'
)
PIECES: Final = (
    "<!DOCTYPE a [<!ENTITY b 'bbbb'><!ENTITY c '&b;&b;&b;&b;'>]>", "&b;", "&#0;", "&#xD800;",
    "<row>", "</row>", "</sheetData>", "<sheetData/>", '<row r="1048577">', '<row r="0">',
    '<row r="-1">', '<c r="ZZZZ1"><v>1</v></c>', '<c r="A0"><v>1</v></c>',
    '<c t="s"><v>99999999</v></c>', '<c t="s"><v>-1</v></c>', '<c t="d"><v>2026-99-99</v></c>',
    '<c t="b"><v>x</v></c>', '<c t="e"><v>#N/A</v></c>', '<c t="n"><v>1e999</v></c>',
    '<c t="n"><v>nan</v></c>', "<c><f>1+1</f></c>", '<c s="99999"><v>1</v></c>',
    '<c t="n"><v></v></c>', '<c t="q"><v>1</v></c>', '<c t="inlineStr"><is><t>吴</t></is></c>',
    "<c><v>-99999999999</v></c>", '<dimension ref="A1:XFD9"/>',
    '<mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells>', "<![CDATA[", "<!--",
    "\x00",
)  # fmt: skip


def book_of(rows: Sequence[Sequence[str]], chance: Random) -> bytes:
    """A small package, sound or with a part, the directory or its bytes changed."""
    parts = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": f'<Relationships xmlns="{_RELS}"><Relationship Id="rId1" Type="{_OFFICE}/'
        'officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": _BOOK,
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_RELS}"><Relationship Id="rId1" '
        f'Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": _sheet(rows),
    }
    way = chance.random()
    raws = {name: text.encode("utf-8", "replace") for name, text in parts.items()}
    if way < 0.25:
        name = "xl/worksheets/sheet1.xml" if chance.random() < 0.6 else chance.choice(list(raws))
        raws[name] = _xml(raws[name], chance)
    elif way < 0.3:
        name = chance.choice(("xl/sharedStrings.xml", "xl/styles.xml", "xl/worksheets/sheet2.xml"))
        raws[name] = chance.choice(
            (b"", b"<a/>", b"<a>" * 900, b"<sst><si/></sst>", bytes(5 << 20))
        )
    elif way < 0.32:
        raws[chance.choice(list(raws))] = b" " * chance.choice((1 << 20, 5 << 20, 17 << 20))
    packed = _packed(raws)
    return changed(packed, chance) if way > 0.45 else packed


def _sheet(rows: Sequence[Sequence[str]]) -> str:
    drawn = "".join(
        "<row>" + "".join(f'<c t="inlineStr"><is><t>{_escaped(each)}</t></is></c>' for each in row)
        + "</row>"
        for row in rows
    )  # fmt: skip
    return f'<worksheet xmlns="{_MAIN}"><sheetData>{drawn}</sheetData></worksheet>'


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _xml(raw: bytes, chance: Random) -> bytes:
    if chance.random() < 0.4:
        return changed(raw, chance)
    at = chance.choice((0, raw.find(b"<row>"), raw.rfind(b"</row>"), chance.randrange(len(raw))))
    return raw[: max(0, at)] + chance.choice(PIECES).encode() + raw[max(0, at) :]


def _packed(raws: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as package:
        for name, raw in raws.items():
            package.writestr(zipfile.ZipInfo(name), raw, zipfile.ZIP_DEFLATED)
    return out.getvalue()
