"""XLSX without its dangers: the package is looked over before anything of it is unpacked.

Sizes are those the directory of the package states; Python's reader unpacks no byte more than an
entry states, so a directory that lies only cuts its own content. XML goes through defusedxml.
"""

import warnings
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import count
from typing import Any, BinaryIO, Final
from xml.etree.ElementTree import ParseError

import defusedxml
import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from server.actions.lists.sheet_parts import (
    BLANKS_MAX,
    COLUMNS_MAX,
    ROWS_MAX,
    CellFault,
    Line,
    Sheet,
    SheetBlank,
    SheetBomb,
    SheetBroken,
    SheetEmpty,
    SheetEncrypted,
    SheetLinks,
    SheetMacros,
    SheetTooLong,
    SheetTooWide,
    SheetUnknown,
    bounded,
    clean,
)
from server.actions.lists.sheets_scan import scan

MIB: Final = 1024 * 1024
ENTRIES_MAX: Final = 1_000
UNPACKED_MAX: Final = 1_200 * MIB  # 600,000 rows of 30 columns are about 600 MiB of markup
SHARED_MAX: Final = 128 * MIB  # read whole into memory
PART_MAX: Final = 16 * MIB  # any other part that is read
RATIO_MAX: Final = 250  # a column of one repeated text reaches about 100
RATIO_FROM: Final = 4 * MIB
TEXT_MAX: Final = 500_000_000  # signs in all cells: one shared text may stand in each of them
SHEETS: Final = "xl/worksheets/"
SIGNIFICANT: Final = 10**15  # a spreadsheet's numbers have 15 digits
GRID_ROWS: Final = 1_048_576

_BROKEN: Final = (
    zipfile.BadZipFile, zlib.error, ParseError, defusedxml.DefusedXmlException,
    InvalidFileException, KeyError, ValueError, TypeError, IndexError, AttributeError, EOFError,
    OSError, OverflowError, RuntimeError,
)  # fmt: skip
"""What the library raises of a broken or hostile package; it names none of its own."""

assert openpyxl.DEFUSEDXML, "openpyxl reads XML through defusedxml"


def read_xlsx_sheets(file: BinaryIO) -> tuple[Sheet, ...]:
    """Every visible sheet of a package, at least one. Raises SheetRefused."""
    _look_over(file)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and extensions; values are all we read
            file.seek(0)
            book: Any = openpyxl.load_workbook(
                file, read_only=True, data_only=False, keep_links=False
            )
            shown = [each for each in book.worksheets if each.sheet_state == "visible"]
    except _BROKEN as error:
        raise SheetBroken(type(error).__name__) from None
    if not shown:
        raise SheetEmpty
    rows, blanks = count(1), count(1)
    return tuple(
        Sheet("xlsx", "", "", str(each.title), _lines(each, rows, blanks)) for each in shown
    )


def _look_over(file: BinaryIO) -> None:
    """The directory of the package, before any of it is unpacked."""
    try:
        with zipfile.ZipFile(file) as package:
            entries = package.infolist()
            if len(entries) > ENTRIES_MAX:
                raise SheetBomb("entries")
            _check_sizes(entries)
            names = {each.filename for each in entries}
            if len(names) != len(entries):
                raise SheetBroken("two entries of one name")
            if "[Content_Types].xml" not in names or "xl/workbook.xml" not in names:
                raise SheetUnknown
            types = package.read("[Content_Types].xml")
            for name in sorted(names):
                if name.startswith(SHEETS) and name.endswith(".xml"):
                    with package.open(name) as markup:
                        scan(markup)
    except _BROKEN as error:
        raise SheetBroken(type(error).__name__) from None
    if b"macroEnabled" in types or any(n.lower().endswith("vbaproject.bin") for n in names):
        raise SheetMacros
    if any(name.startswith("xl/externalLinks/") for name in names):
        raise SheetLinks


def _check_sizes(entries: list[zipfile.ZipInfo]) -> None:
    if any(each.flag_bits & 0x1 for each in entries):
        raise SheetEncrypted
    if sum(each.file_size for each in entries) > UNPACKED_MAX:
        raise SheetBomb("total")
    for each in entries:
        if each.file_size > RATIO_FROM and each.file_size > RATIO_MAX * each.compress_size:
            raise SheetBomb("ratio")
        name = each.filename
        if name.startswith((SHEETS, "xl/media/", "docProps/")):
            continue  # streamed, or never opened
        most = SHARED_MAX if name == "xl/sharedStrings.xml" else PART_MAX
        if each.file_size > most:
            raise SheetBomb("part")


def _lines(sheet: Any, gone_through: Iterator[int], blanks: Iterator[int]) -> Iterator[Line]:
    """`gone_through` counts the rows of all sheets of the package, empty ones as well; `blanks`
    those that the file writes down without a value.
    """
    found = signs = 0
    blank: Any = None  # what the library gives for each row that the file leaves out
    sheet.reset_dimensions()  # what a file says about its size is not believed
    rows = sheet.iter_rows(max_col=COLUMNS_MAX + 1)
    n = 0
    while True:
        try:
            row = next(rows)
        except StopIteration:
            break
        except _BROKEN as error:
            raise SheetBroken(type(error).__name__) from None
        n += 1
        if next(gone_through) > GRID_ROWS:
            raise SheetBroken("rows beyond the grid")
        line = None if row is blank else _line(n, row)
        if line is None:
            if row is not blank and next(blanks) > BLANKS_MAX:
                raise SheetBlank
            blank = row
            continue
        found, signs = found + 1, signs + sum(map(len, line.cells))
        if found > ROWS_MAX:
            raise SheetTooLong
        if signs > TEXT_MAX:
            raise SheetBomb("text")
        yield line
    if not found:
        raise SheetEmpty


def _line(n: int, row: tuple[Any, ...]) -> Line | None:
    if len(row) > COLUMNS_MAX and row[COLUMNS_MAX].value is not None:
        raise SheetTooWide
    cells: list[str] = []
    faults: list[tuple[int, CellFault]] = []
    for column, cell in enumerate(row[:COLUMNS_MAX]):
        if cell.value is None:
            cells.append("")
            continue
        text, fault = _cell(cell)
        cells.append(text)
        if fault is not None:
            faults.append((column, fault))
    while cells and not cells[-1] and (not faults or faults[-1][0] < len(cells) - 1):
        cells.pop()
    return Line(n, tuple(cells), tuple(faults)) if cells else None


def _cell(cell: Any) -> tuple[str, CellFault | None]:
    value: Any = cell.value
    kind: str = cell.data_type
    if kind == "f":
        return "", CellFault.FORMULA
    if kind == "e":
        return "", CellFault.ERROR
    match value:
        case str():
            text = clean(value)
            return bounded(text.removeprefix("'"))
        case bool():
            return ("是" if value else "否"), None
        case int():
            lost = abs(value) >= SIGNIFICANT
            return ("", CellFault.PRECISION) if lost else (str(value), None)
        case float():
            return _number(value)
        case datetime():
            at_midnight = value.time() == time()
            said = value.date().isoformat() if at_midnight else value.isoformat(" ", "minutes")
            return said, None
        case date():
            return value.isoformat(), None
        case time():
            return value.isoformat("minutes"), None
        case timedelta():
            return str(value), None
        case _:
            return "", CellFault.ERROR


def _number(value: float) -> tuple[str, CellFault | None]:
    if value != value or abs(value) >= SIGNIFICANT:
        return "", CellFault.PRECISION
    if value.is_integer():
        return str(int(value)), None
    return f"{value:.10f}".rstrip("0").rstrip("."), None
