"""A sheet's markup looked over in a stream, before the library builds anything of it.

The library keeps in memory whatever stands outside of rows, and each row until its end. So a sheet
may hold rows of a bounded size with nothing between them, a short head and a bounded tail, which is
how every spreadsheet writes it; then reading takes bounded memory.
"""

import re
from typing import IO, Final

from server.actions.lists.sheet_parts import SheetBomb, SheetBroken

MIB: Final = 1024 * 1024
BLOCK: Final = MIB
HEAD_MAX: Final = MIB  # columns, views
ROW_MAX: Final = 2 * MIB  # 200 cells of 4,000 signs
BETWEEN_MAX: Final = 64  # white space
TAIL_MAX: Final = 8 * MIB  # merged cells, conditions, links
TAG_MAX: Final = 4_096

_MARK: Final = re.compile(rb"<(/?)(?:[A-Za-z0-9_.-]+:)?(row|sheetData)(?=[\s/>])([^<>]*)>")


class _Scan:
    """Where in the sheet the reading stands: head, data, row, tail."""

    def __init__(self) -> None:
        self.place = "head"
        self.since = 0  # where the present piece began, counted over the whole stream

    def passed(self, at: int) -> None:
        """Nothing has ended until `at`; raises SheetBomb when the piece is too long by now."""
        most = {"head": HEAD_MAX, "data": BETWEEN_MAX, "row": ROW_MAX, "tail": TAIL_MAX}
        if at - self.since > most[self.place]:
            raise SheetBomb(self.place)

    def mark(self, tag: str, *, closes: bool, alone: bool, start: int, end: int) -> None:
        self.passed(start)
        after = {
            ("head", "sheetData", False): "tail" if alone else "data",
            ("data", "row", False): "data" if alone else "row",
            ("row", "row", True): "data",
            ("data", "sheetData", True): "tail",
        }.get((self.place, tag, closes))
        if after is None:
            raise SheetBroken("rows in no order")
        self.place, self.since = after, end


def scan(markup: IO[bytes]) -> None:
    """Raises SheetBomb, SheetBroken."""
    state, held, base = _Scan(), b"", 0
    while block := markup.read(BLOCK):
        held += block
        if b"<!" in held:
            raise SheetBroken("a declaration inside a sheet")
        done = 0
        for found in _MARK.finditer(held):
            state.mark(
                found[2].decode(), closes=bool(found[1]), alone=found[3].endswith(b"/"),
                start=base + found.start(), end=base + found.end(),
            )  # fmt: skip
            done = found.end()
        # A tag may be cut by the block's end: the last bytes are looked at again with the next.
        keep = max(done, len(held) - TAG_MAX)
        if state.place != "data":
            state.passed(base + keep)
        base, held = base + keep, held[keep:]
    state.passed(base + len(held))
