"""The lines of a list of people to invite: columns, cells, and what is wrong with them by
themselves. Pure; who is meant by a line is invited_match.py.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from server.actions.lists.sheet_parts import FAULT_SAY, Line, Sheet
from server.records.id_number import Invalid, read_id_number
from server.rules.checkup import groups

BYTES_MAX: Final = 2 * 1024 * 1024
LINES_MAX: Final = 5_000
NUMBER, ARCHIVE, NAME, BIRTH, GROUPS, SLOT = (
    "证件号码", "档案编号", "姓名", "出生日期", "人群", "时段",
)  # fmt: skip
HEADINGS: Final = (NUMBER, ARCHIVE, NAME, BIRTH, GROUPS, SLOT)
NEEDED_ONE_OF: Final = (NUMBER, ARCHIVE, NAME)
_ALSO: Final[Mapping[str, str]] = {
    "身份证号": NUMBER, "身份证号码": NUMBER, "身份证": NUMBER, "证件号": NUMBER,
    "公民身份号码": NUMBER, "居民身份证号": NUMBER,
    "档案号": ARCHIVE, "健康档案编号": ARCHIVE, "居民健康档案编号": ARCHIVE,
    "居民姓名": NAME, "本人姓名": NAME, "生日": BIRTH, "出生年月日": BIRTH,
    "人群分类": GROUPS, "特殊人群": GROUPS, "时间": SLOT, "预约时间": SLOT, "预约时段": SLOT,
}  # fmt: skip
_GROUP_WORDS: Final[Mapping[str, str]] = {
    "老年人": "elder", "老人": "elder", "65岁及以上老年人": "elder", "高血压": "htn",
    "高血压患者": "htn", "糖尿病": "dm", "2型糖尿病": "dm", "糖尿病患者": "dm", "儿童": "child",
    "0-6岁儿童": "child", "残疾人": "disabled", "残疾": "disabled", "其他": "other",
    "其他居民": "other",
}  # fmt: skip
GROUP_NAMES: Final = "老年人、高血压、糖尿病、儿童、残疾人、其他"
_DAY: Final = re.compile(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?(?: .*)?")
_DAY_IN_ONE: Final = re.compile(r"(\d{4})(\d\d)(\d\d)")
_TIME: Final = re.compile(r"(\d{1,2})[:：点时.](\d{2})?.*")
_ARCHIVE_NO: Final = re.compile(r"\d{17}")


@dataclass(frozen=True, slots=True)
class LineFault:
    """One thing that is wrong, and what to do. `line` 0: the list as a whole."""

    line: int
    column: str
    say: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One line, as it is to be looked for. "" and () where nothing is written."""

    line: int
    number: str
    archive: str
    name: str
    birth: str
    groups: tuple[str, ...]
    start: str

    def fault(self, column: str, say: str) -> LineFault:
        return LineFault(self.line, column, say)


@dataclass(slots=True)
class Entries:
    """The whole file. A line with a fault of its own is not looked for."""

    entries: list[Entry] = field(default_factory=list[Entry])
    faults: list[LineFault] = field(default_factory=list[LineFault])
    lines: int = 0


def read_entries(sheet: Sheet) -> Entries:
    """Every line, and every fault of single cells. Raises SheetRefused."""
    found = Entries()
    lines = iter(sheet.lines)
    first = next(lines, None)
    columns = _columns(first) if first is not None else {}
    if not any(each in columns for each in NEEDED_ONE_OF):
        seen = "、".join(cell for cell in (first.cells if first else ()) if cell)[:60]
        say = f"第一行要有列名：证件号码，或档案编号，或姓名和出生日期。现在是：{seen}"
        found.faults.append(LineFault(first.n if first else 0, "", say))
        return found
    for line in lines:
        found.lines += 1
        if found.lines > LINES_MAX:
            found.faults.append(LineFault(line.n, "", f"一次最多 {LINES_MAX:,} 行，请分成几份"))
            break
        before = len(found.faults)
        entry = _entry(line, columns, found.faults)
        if len(found.faults) == before:
            found.entries.append(entry)
    if not found.lines:
        found.faults.append(LineFault(0, "", "列名下面没有内容，请一行写一个人"))
    return found


def _columns(first: Line) -> dict[str, int]:
    made: dict[str, int] = {}
    for at, cell in enumerate(first.cells):
        plain = re.sub(r"[\s*]|\(.*?\)", "", unicodedata.normalize("NFKC", cell))
        name = _ALSO.get(plain, plain)
        if name in HEADINGS:
            made.setdefault(name, at)
    return made


def _entry(line: Line, columns: Mapping[str, int], faults: list[LineFault]) -> Entry:
    names = {at: name for name, at in columns.items()}
    for at, fault in line.faults:
        if at in names:
            faults.append(LineFault(line.n, names[at], f"{names[at]}{FAULT_SAY[fault]}"))
    bad = {at for at, _ in line.faults}

    def cell(name: str) -> str:
        at = columns.get(name)
        if at is None or at in bad:
            return ""
        text = line.cell(at)
        return unicodedata.normalize("NFC" if name == NAME else "NFKC", text).strip()

    entry = Entry(
        line.n, _number(line.n, cell(NUMBER), faults), _archive(line.n, cell(ARCHIVE), faults),
        cell(NAME), _birth(line.n, cell(BIRTH), faults), _groups(line.n, cell(GROUPS), faults),
        _start(line.n, cell(SLOT), faults),
    )  # fmt: skip
    if not bad and not (cell(NUMBER) or cell(ARCHIVE) or (cell(NAME) and cell(BIRTH))):
        say = "不知道是谁：写证件号码，或档案编号，或姓名和出生日期"
        faults.append(entry.fault(NAME if cell(NAME) else NUMBER, say))
    return entry


def _number(n: int, text: str, faults: list[LineFault]) -> str:
    if not text:
        return ""
    plain = re.sub(r"[\s-]", "", text).upper()
    read = read_id_number(plain)
    if isinstance(read, Invalid):
        size = len(plain)
        say = (
            f"证件号码是 18 位，现在是 {size} 位，请补全"
            if size not in (15, 18)
            else "证件号码对不上校验位或出生日期，请照证件核对"
        )
        faults.append(LineFault(n, NUMBER, say))
    return plain


def _archive(n: int, text: str, faults: list[LineFault]) -> str:
    plain = re.sub(r"[\s-]", "", text)
    if plain and not _ARCHIVE_NO.fullmatch(plain):
        say = f"档案编号是 17 位数字，现在是 {len(plain)} 位，请核对"
        faults.append(LineFault(n, ARCHIVE, say))
    return plain


def _birth(n: int, text: str, faults: list[LineFault]) -> str:
    if not text:
        return ""
    read = _DAY_IN_ONE.fullmatch(text) or _DAY.fullmatch(text)
    try:
        if read is not None:
            return date(*(int(each) for each in read.groups()[:3])).isoformat()
    except ValueError:
        pass
    faults.append(LineFault(n, BIRTH, "出生日期写成 1955-03-12 这样"))
    return ""


def _groups(n: int, text: str, faults: list[LineFault]) -> tuple[str, ...]:
    found: set[str] = set()
    for part in re.split(r"[、,，;；/\s]+", text):
        if not part:
            continue
        group = _GROUP_WORDS.get(part)
        if group is None:
            say = f"没有「{part[:12]}」这个人群，请写：{GROUP_NAMES}；不写就按服务计划"
            faults.append(LineFault(n, GROUPS, say))
        else:
            found.add(group)
    return tuple(each for each in groups() if each in found)


def _start(n: int, text: str, faults: list[LineFault]) -> str:
    """When the slot begins: "08:30" of 8:30, 8点30, 08:30-09:00."""
    if not text:
        return ""
    read = _TIME.fullmatch(text)
    if read is None or int(read[1]) > 23 or int(read[2] or 0) > 59:
        faults.append(LineFault(n, SLOT, "时段写开始的时间，如 08:30；不排时间就空着"))
        return ""
    return f"{int(read[1]):02}:{int(read[2] or 0):02}"
