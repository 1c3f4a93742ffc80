"""Lists from a spreadsheet, read safely: CSV and XLSX, told apart by content and never by name.

A reading streams: it holds one line of a CSV at a time, of an XLSX its shared texts as well. What
cannot be a list is refused whole with a named code (`SheetRefused`); what is wrong with one cell is
said at that cell (`CellFault`), and the caller decides about its line.

CSV is UTF-8 (with or without its mark), UTF-16 with its mark, or else GB18030, of which GBK is a
part: each tried strictly over the whole file, so a text is never half guessed.
"""

import csv
import io
import re
from collections.abc import Iterable
from typing import BinaryIO, Final

from server.actions.lists.sheet_parts import (
    FAULT_SAY,
    CellFault,
    Line,
    Sheet,
    SheetEncrypted,
    SheetOld,
    SheetRefused,
)
from server.actions.lists.sheets_csv import SNIFF, read_csv

__all__ = [
    "FAULT_SAY",
    "CellFault",
    "Line",
    "Sheet",
    "SheetRefused",
    "csv_text",
    "harmless",
    "read_sheet",
    "read_sheets",
    "write_csv",
]

MARK: Final = "\ufeff"
_ZIP: Final = b"PK\x03\x04"
_OLE: Final = bytes.fromhex("d0cf11e0a1b11ae1")
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,9})?")


def read_sheet(source: BinaryIO | bytes) -> Sheet:
    """A sheet from bytes or from a binary file that can be sought. Raises SheetRefused."""
    file = io.BytesIO(source) if isinstance(source, bytes) else source
    file.seek(0)
    head = file.read(SNIFF)
    if head.startswith(_ZIP):
        return _workbook(file)[0]
    if head.startswith(_OLE):
        raise SheetEncrypted if _has(file, _ENCRYPTED) else SheetOld
    return read_csv(file, head)


def read_sheets(source: bytes) -> tuple[Sheet, ...]:
    """Every visible sheet of a workbook; of a CSV the one it is. Raises SheetRefused."""
    if source.startswith(_ZIP):
        return _workbook(io.BytesIO(source))
    return (read_sheet(source),)


def _workbook(file: BinaryIO) -> tuple[Sheet, ...]:
    """Every visible sheet of it."""
    from server.actions.lists.sheets_xlsx import read_xlsx_sheets  # here: 6 MB, for XLSX alone

    return read_xlsx_sheets(file)


def _has(file: BinaryIO, sign: bytes) -> bool:
    file.seek(0)
    tail = b""
    while block := file.read(SNIFF):
        if sign in tail + block:
            return True
        tail = block[-len(sign) :]
    return False


# ---- writing ------------------------------------------------------------------------------------


def harmless(text: str) -> str:
    """A cell that no spreadsheet will compute: what begins like a formula gets an apostrophe in
    front, a plain number stays one.
    """
    begins = text.startswith(_DANGEROUS) or text.lstrip().startswith(_DANGEROUS)
    if begins and not _NUMBER.fullmatch(text):
        return "'" + text
    return text


def csv_text(rows: Iterable[Iterable[str]], *, head: bool = False) -> str:
    """Rows as CSV with line ends as spreadsheets write them; `head` puts the mark in front by which
    they know UTF-8.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    return (MARK if head else "") + out.getvalue()


def write_csv(rows: Iterable[Iterable[str]]) -> bytes:
    """A whole CSV file: UTF-8 with its mark, formulas neutralised."""
    return csv_text(rows, head=True).encode()
