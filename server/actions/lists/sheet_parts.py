"""What a list from a spreadsheet is made of, and every reason why one cannot be read."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Final

from server.errors import Refusal

ROWS_MAX: Final = 600_000
COLUMNS_MAX: Final = 200
BLANKS_MAX: Final = 20_000  # rows a file writes down without a value, over all its sheets
CELL_MAX: Final = 4_000  # characters; longer ones are a fault of their cell

_INVISIBLE: Final = re.compile("[\u200b-\u200f\u202a-\u202e\u2060\ufeff\u00ad]")
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class SheetRefused(Refusal):
    """The file as a whole cannot be read as a list."""

    code = "sheet_refused"
    status = 422
    say: ClassVar[str] = "这个文件读不出表格。请另存为 xlsx 或 CSV 再上传。"
    hint = "CSV (UTF-8, GBK) and XLSX are read; see server/actions/lists/sheets.py."


class SheetUnknown(SheetRefused):
    code = "sheet_unknown"


class SheetOld(SheetRefused):
    code = "sheet_old"
    say = "这是旧的 xls 文件。请用表格软件打开，另存为 xlsx 或 CSV 再上传。"


class SheetEncrypted(SheetRefused):
    code = "sheet_encrypted"
    say = "这个文件有打开密码。请去掉密码，另存一份再上传。"


class SheetMacros(SheetRefused):
    code = "sheet_macros"
    say = "这个文件带有宏。请另存为不带宏的 xlsx 再上传。"


class SheetLinks(SheetRefused):
    code = "sheet_links"
    say = "这个文件引用了别的文件。请把引用的单元格换成数值，再上传。"


class SheetBomb(SheetRefused):
    """Unpacked it would be far larger than a list can be."""

    code = "sheet_bomb"
    status = 413
    say = "这个文件解压后太大，不像一张名单。请拆成几份，或另存为 CSV 再上传。"


class SheetBroken(SheetRefused):
    code = "sheet_broken"
    say = "这个文件不完整或已损坏。请在表格软件里打开，另存一份再上传。"


class SheetEncoding(SheetRefused):
    code = "sheet_encoding"
    say = "文字编码认不出来：既不是 UTF-8，也不是 GBK。请另存为 CSV UTF-8 再上传。"


class SheetQuotes(SheetRefused):
    code = "sheet_quotes"
    say = "有一行的引号没有成对，后面的行读不出来。请检查后再上传。"


class SheetTooLong(SheetRefused):
    code = "sheet_too_long"
    status = 413
    say = f"一个文件最多 {ROWS_MAX:,} 行。请拆成几份再上传。"


class SheetTooWide(SheetRefused):
    code = "sheet_too_wide"
    status = 413
    say = f"一张表最多 {COLUMNS_MAX} 列。请删去用不到的列再上传。"


class SheetBlank(SheetRefused):
    """Rows that stand in the file and hold nothing; each costs as much as a full one."""

    code = "sheet_blank"
    status = 413
    say = f"这张表里有超过 {BLANKS_MAX:,} 行空行。请删去空行，另存一份再上传。"


class SheetEmpty(SheetRefused):
    code = "sheet_empty"
    say = "这张表里没有内容。请检查是不是选错了文件。"


class CellFault(StrEnum):
    """What is wrong with one cell; its text is then "" or what is left of it."""

    FORMULA = "formula"
    """A formula, not a value: it would be computed elsewhere and may say anything."""

    PRECISION = "precision"
    """A number of more than 15 digits: the spreadsheet has already changed its end."""

    ERROR = "error"
    """#N/A and its like."""

    TOO_LONG = "too_long"
    CONTROL = "control"
    """Signs that are no text."""


FAULT_SAY: Final = {
    CellFault.FORMULA: "是公式，请换成数值",
    CellFault.PRECISION: "数字太长，已被表格软件改动，请把这一列设为文本后重新填写",
    CellFault.ERROR: "是计算错误",
    CellFault.TOO_LONG: f"超过 {CELL_MAX:,} 个字",
    CellFault.CONTROL: "含有无法保存的字符",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line that is not empty. `n`: its number as the spreadsheet shows it, from 1.

    `faults`: (column from 0, what is wrong there).
    """

    n: int
    cells: tuple[str, ...]
    faults: tuple[tuple[int, CellFault], ...] = ()

    def cell(self, column: int) -> str:
        """The text of a column; "" where the line is shorter."""
        return self.cells[column] if column < len(self.cells) else ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A list that is being read. `lines` can be gone through once.

    kind: csv | xlsx. encoding: utf-8 | gb18030 | utf-16, "" for xlsx. Going through the lines may
    raise SheetRefused as well.
    """

    kind: str
    encoding: str
    delimiter: str
    title: str
    lines: Iterator[Line]


def clean(raw: str) -> str:
    """Without the spaces at its ends and what nobody sees: no-break and full-width spaces, marks of
    direction, line ends as one sign.
    """
    text = _INVISIBLE.sub("", raw.replace("\u00a0", " ").replace("\r\n", "\n"))
    return text.replace("\r", "\n").strip()


def bounded(text: str) -> tuple[str, CellFault | None]:
    """The text if it may be kept, else what is left of it and the fault."""
    if len(text) > CELL_MAX:
        return text[:CELL_MAX], CellFault.TOO_LONG
    if _CONTROL.search(text):
        return _CONTROL.sub("", text), CellFault.CONTROL
    return text, None
