"""CSV as it comes from spreadsheets and registers: encodings, delimiters, quoted line ends."""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from server.actions.lists.sheet_parts import (
    CELL_MAX,
    COLUMNS_MAX,
    ROWS_MAX,
    CellFault,
    Line,
    Sheet,
    SheetEmpty,
    SheetEncoding,
    SheetQuotes,
    SheetTooLong,
    SheetTooWide,
    SheetUnknown,
    bounded,
    clean,
)

FIELD_MAX: Final = 131_072  # a longer CSV field is a quote that was never closed
RECORD_MAX: Final = 2 * 1024 * 1024  # characters of one line with all its cells
SNIFF: Final = 64 * 1024
_TEXT_FORMULA: Final = re.compile('="([^"]*)"')
_SCIENTIFIC: Final = re.compile(r"[0-9](\.[0-9]+)?E\+[0-9]{2,3}", re.IGNORECASE)
_CODEC: Final = {"utf-8": "utf-8-sig", "gb18030": "gb18030", "utf-16": "utf-16"}


def read_csv(file: BinaryIO, head: bytes) -> Sheet:
    if not head.strip():
        raise SheetEmpty
    encoding = _encoding(file, head)
    file.seek(0)
    text = io.TextIOWrapper(
        io.BufferedReader(_Open(file), 1 << 16), encoding=_CODEC[encoding], newline=""
    )
    delimiter = _delimiter(codecs.decode(head, _CODEC[encoding], "ignore"))
    csv.field_size_limit(FIELD_MAX)
    return Sheet("csv", encoding, delimiter, "", _csv_lines(text, delimiter))


class _Open(io.RawIOBase):
    """Reads a file that somebody else owns; closing this leaves it open."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        block = self._file.read(len(buffer))
        buffer[: len(block)] = block
        return len(block)


def _encoding(file: BinaryIO, head: bytes) -> str:
    """The first of the encodings that the whole file fits. Raises SheetEncoding, SheetUnknown."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        tried = ("utf-16",)
    elif b"\x00" in head:
        raise SheetUnknown  # a picture, a program: no text has such bytes
    else:
        tried = ("utf-8", "gb18030")
    for name in tried:
        decoder = codecs.getincrementaldecoder(_CODEC[name])("strict")
        file.seek(0)
        try:
            while block := file.read(1 << 20):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return name
    raise SheetEncoding


def _delimiter(head: str) -> str:
    """Comma, semicolon or tab: whichever the first line that is not empty has most of, quotes left
    out.
    """
    for line in re.sub('"[^"]*"', "", head).splitlines():
        if line.strip(" ,;\t"):
            return max(",\t;", key=line.count)
    return ","


class _Records:
    """Lines of a text; a record that goes on past RECORD_MAX is not held in memory."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self._left = RECORD_MAX

    def anew(self) -> None:
        """The next line begins a record."""
        self._left = RECORD_MAX

    def __iter__(self) -> "_Records":
        return self

    def __next__(self) -> str:
        line = self._text.readline(self._left + 1)
        self._left -= len(line)
        if self._left < 0:
            raise SheetTooWide
        if not line:
            raise StopIteration
        return line


def _csv_lines(text: io.TextIOWrapper, delimiter: str) -> Iterator[Line]:
    records = _Records(text)
    reader = csv.reader(records, delimiter=delimiter)
    n = 0
    found = 0
    while True:
        records.anew()
        try:
            row = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            raise SheetQuotes(f"record {n + 1}") from error
        n += 1
        if not any(row):
            continue
        if len(row) > COLUMNS_MAX and any(row[COLUMNS_MAX:]):
            raise SheetTooWide
        line = _line(n, row[:COLUMNS_MAX])
        if line is None:
            continue
        found += 1
        if found > ROWS_MAX:
            raise SheetTooLong
        yield line
    if not found:
        raise SheetEmpty


def _line(n: int, row: list[str]) -> Line | None:
    faults: list[tuple[int, CellFault]] = []
    cells: list[str] = []
    for column, raw in enumerate(row):
        text, fault = csv_cell(raw)
        cells.append(text)
        if fault is not None:
            faults.append((column, fault))
    if not faults and not any(cells):
        return None
    return Line(n, tuple(cells), tuple(faults))


def csv_cell(raw: str) -> tuple[str, CellFault | None]:
    """The text of a CSV field and what is wrong with it.

    `="0012"` is how people keep leading zeros, and means the text inside; any other formula is a
    fault. So is 3.71002E+17: the digits behind it are lost.
    """
    if raw.isascii() and raw.isalnum():  # most cells; nothing below concerns them
        return raw if len(raw) <= CELL_MAX else raw[:CELL_MAX], None
    text = clean(raw)
    if text.startswith("="):
        inside = _TEXT_FORMULA.fullmatch(text)
        if inside is None:
            return "", CellFault.FORMULA
        text = inside[1].strip()
    elif text.startswith("'"):
        text = text[1:]  # the sign with which a spreadsheet marks a text
    if _SCIENTIFIC.fullmatch(text):
        return "", CellFault.PRECISION
    return bounded(text)
