"""The lists a county starts from: organisations, villages with their teams, staff. Pure: what is
there is handed in, what would be written is handed back, with every fault by sheet, line and
column.

Three lists with headings of their own, as sheets of one workbook or as a CSV each. A line that is
there already changes nothing, so a corrected file may be sent again.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from server.actions.lists.sheet_parts import FAULT_SAY, Line, Sheet
from server.records.sheet_columns import like_people

ORGANISATIONS: Final = "机构"
VILLAGES: Final = "村居"
STAFF: Final = "人员"
LISTS: Final[Mapping[str, tuple[str, ...]]] = {
    ORGANISATIONS: (
        "机构代码", "机构名称", "级别", "上级代码", "执业许可证号", "性质", "开业日期", "公布",
        "服务",
    ),
    VILLAGES: ("区划代码", "村居名称", "机构代码", "团队"),
    STAFF: ("姓名", "岗位", "机构代码", "团队", "登录名"),
}  # fmt: skip
NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    ORGANISATIONS: ("机构代码", "机构名称", "级别"),
    VILLAGES: ("区划代码", "村居名称", "机构代码"),
    STAFF: ("姓名", "岗位", "机构代码"),
}
"""Columns that must be there and filled in on every line; the others may be left out."""

LINES_MAX: Final = 20_000  # of all lists of one file
LONGEST: Final[Mapping[str, int]] = {
    "机构代码": 22, "上级代码": 22, "机构名称": 60, "执业许可证号": 40, "村居名称": 40, "团队": 40,
    "姓名": 40, "服务": 400, "登录名": 32,
}  # fmt: skip
_CODE: Final = re.compile("[0-9A-Za-z-]{2,22}")


@dataclass(frozen=True, slots=True)
class LineFault:
    """One thing that is wrong. `line` 0 and `column` "": the sheet as a whole."""

    sheet: str
    line: int
    column: str
    say: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a list by heading; plain text, full-width signs as plain ones."""

    sheet: str
    line: int
    values: Mapping[str, str]

    def __getitem__(self, heading: str) -> str:
        return self.values.get(heading, "")

    def fault(self, column: str, say: str) -> LineFault:
        return LineFault(self.sheet, self.line, column, say)


@dataclass(slots=True)
class Entries:
    """Everything of one file, by list; and what is wrong with single cells."""

    lists: dict[str, list[Entry]]
    faults: list[LineFault]

    @property
    def lines(self) -> int:
        return sum(len(each) for each in self.lists.values())


def read_lists(sheets: Iterable[Sheet]) -> Entries:
    """The lines of every sheet that is one of the lists. Raises SheetRefused.

    A sheet with other headings is left aside; when none is a list, that is said.
    """
    found = Entries({}, [])
    aside: list[LineFault] = []
    for sheet in sheets:
        lines = iter(sheet.lines)
        first = next(lines, None)
        if first is None:
            continue
        headings = tuple(_heading(cell) for cell in first.cells)
        name = _which(headings)
        title = sheet.title or (name or "")
        if like_people(headings) and (name is None or missing_in(name, headings)):
            say = "这像是居民名单，请到「导入」上传"
            aside.append(LineFault(title, first.n, "", say))
            continue
        if name is None:
            aside.append(LineFault(title, first.n, "", _no_headings(headings)))
            continue
        missing = missing_in(name, headings)
        found.faults += [LineFault(title, first.n, each, f"缺少这一列：{each}") for each in missing]
        if not missing:
            _take(found, name, title, headings, lines)
    if not found.lists and not found.faults:
        found.faults += aside or [LineFault("", 0, "", "文件里没有内容")]
    return found


def _take(
    found: Entries, name: str, title: str, headings: tuple[str, ...], lines: Iterable[Line]
) -> None:
    kept = found.lists.setdefault(name, [])
    for line in lines:
        if found.lines >= LINES_MAX:
            say = f"一次最多 {LINES_MAX:,} 行，请分成几份"
            found.faults.append(LineFault(title, line.n, "", say))
            return
        entry = Entry(title, line.n, _values(name, headings, line))
        kept.append(entry)
        for column, fault in line.faults:
            heading = headings[column] if column < len(headings) else ""
            if heading in LISTS[name]:
                found.faults.append(entry.fault(heading, f"{heading}{FAULT_SAY[fault]}"))
        bad = {headings[c] for c, _ in line.faults if c < len(headings)}
        found.faults += [
            entry.fault(each, f"没有填{each}")
            for each in NEEDED[name]
            if not entry[each] and each not in bad
        ]
        found.faults += [
            entry.fault(each, f"{each}最多 {most} 个字")
            for each, most in LONGEST.items()
            if len(entry[each]) > most
        ]


def _values(name: str, headings: tuple[str, ...], line: Line) -> dict[str, str]:
    values: dict[str, str] = {}
    for place, heading in enumerate(headings):
        if heading in LISTS[name]:
            text = line.cell(place)
            narrow = heading not in ("姓名", "机构名称", "村居名称", "团队")
            values[heading] = (unicodedata.normalize("NFKC" if narrow else "NFC", text)).strip()
    return values


def _heading(cell: str) -> str:
    plain = unicodedata.normalize("NFKC", cell)
    return re.sub(r"[\s*]|\(.*?\)", "", plain)


def _which(headings: tuple[str, ...]) -> str | None:
    """Which list these are the headings of, told by the column that only it has."""
    for name, mark in ((VILLAGES, "区划代码"), (ORGANISATIONS, "机构名称"), (STAFF, "姓名")):
        if mark in headings:
            return name
    return None


def _no_headings(headings: tuple[str, ...]) -> str:
    seen = "、".join(each for each in headings if each)[:60]
    return f"第一行要有列名，例如机构代码、机构名称、级别；现在是：{seen}"


def missing_in(name: str, headings: tuple[str, ...]) -> list[str]:
    """The columns that this list cannot do without and that are not there."""
    return [each for each in NEEDED[name] if each not in headings]


def is_code(text: str) -> bool:
    """Whether this may be the code of an organisation."""
    return _CODE.fullmatch(text) is not None


EXAMPLES: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    ORGANISATIONS: (
        ("QH01", "青禾镇卫生院", "卫生院", "",
         "PDY100012371002", "公立", "2009-05-01", "是", "全部"),
        ("QH0101", "上村卫生室", "村卫生室", "QH01", "", "集体", "", "否", ""),
    ),
    VILLAGES: (
        ("371002101001", "上村", "QH01", "青禾一队"),
        ("371002101002", "下村", "QH01", "青禾二队"),
    ),
    STAFF: (
        ("田立秋", "机构管理员", "QH01", "", "tianlq"),
        ("苏清明", "家庭医生", "QH01", "青禾一队", "suqm"),
    ),
}  # fmt: skip
"""Lines of the empty list people start from; invented."""
