"""PDFs: sheets of cards, letters, reports.

    paper = Paper(title, made_at, font=settings.font)   # A4 upright, lengths in mm, y downwards
    paper.page()
    paper.flow("A heading", pt=20, bold=True)            # wraps, follows, goes on on the next page
    paper.table([["", "2024", "2025"], ["高压", "156", "148"]], widths=[40, 30, 30])
    paper.say(20, 280, "One line where it is put")
    raw = paper.done()

Letters are those of the font that the health passport is drawn with, embedded as far as they are
used, so that rare characters of names are there on every printer. Nothing is taken from the clock:
the same content is the same file.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from server.pages.passport import SC_FACE, font_file
from server.pages.qr import Code

A4: Final = (210.0, 297.0)
A5: Final = (148.0, 210.0)
INK, QUIET, PINE, LINE, SUNKEN = "#16221e", "#43524b", "#0d4d44", "#c3d0c9", "#eef3f0"
MM_OF_PT: Final = 25.4 / 72
LEADING: Final = 1.6  # line to line, of the size of the letters
_FACE: Final = "text"
_ASCENT: Final = 0.88  # baseline below the top of a line of letters
_HAIR: Final = 1e-6  # sums of widths are not exact
_NOT_FIRST: Final = frozenset(
    "\uff0c\u3002\u3001\uff1b\uff1a\uff1f\uff01\uff09\u300b\u300d\u300f\u201d\u2019\uff05%\u2026\u00b7,.;:?!)]}"
)
_NOT_LAST: Final = frozenset("\uff08\u300a\u300c\u300e\u201c\u2018([{")
Align = Literal["left", "center", "right"]


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table where plain text is not enough."""

    text: str
    bold: bool = False
    color: str = INK
    align: Align = "left"
    fill: str = ""


class Paper:
    """One document. `y`: where `flow` and `table` go on; margins hold for these alone."""

    def __init__(
        self, title: str, made_at: datetime, *, font: str = "", size: tuple[float, float] = A4,
        margin: float = 20, foot: Callable[[int], str] | None = None,
    ) -> None:  # fmt: skip
        """`foot`: what stands below page n, counted from 1. Raises NoFont."""
        from server.pages.pdf_canvas import Canvas  # here: a process that draws none is 18 MB less

        self.width, self.height, self.margin = *size, margin
        self.y = margin
        self._foot = foot
        self._widths: dict[tuple[str, bool], float] = {}
        self._canvas = canvas = Canvas(unit="mm", format=size)
        canvas.set_auto_page_break(False)
        canvas.set_margin(0)
        canvas.set_title(title)
        canvas.set_lang("zh-CN")
        canvas.set_creation_date(made_at)
        self._regular = font_file(font)
        self._faces: set[bool] = set()

    @property
    def column(self) -> float:
        """From margin to margin."""
        return self.width - 2 * self.margin

    def page(self) -> None:
        """The next page, from its top."""
        self._canvas.add_page()
        self.y = self.margin
        if self._foot is not None:
            said = self._foot(self._canvas.page_no())
            self.say(
                self.width / 2, self.height - self.margin / 2 - 4, said, pt=9, color=QUIET,
                align="center",
            )  # fmt: skip

    def keep(self, height: float) -> None:
        """What follows has so much room, on this page or the next."""
        if self.y + height > self.height - self.margin:
            self.page()

    def measure(self, text: str, *, pt: float, bold: bool = False) -> float:
        """How wide a line is."""
        return sum(self._wide(each, bold) for each in text) * pt

    def _letters(self, bold: bool, pt: float) -> None:
        """The font and size from now on; a face is read when it is first wanted (half a second)."""
        style = "B" if bold else ""
        if bold not in self._faces:
            self._faces.add(bold)
            path = bold_of(self._regular) if bold else self._regular
            number = SC_FACE if path.name.startswith("NotoSansCJK") else 0
            self._canvas.add_font(_FACE, style, path, collection_font_number=number)
        self._canvas.set_font(_FACE, style, pt)

    def _wide(self, sign: str, bold: bool) -> float:
        """Of one sign at one point."""
        found = self._widths.get((sign, bold))
        if found is None:
            self._letters(bold, 100)
            found = self._widths[sign, bold] = self._canvas.get_string_width(sign) / 100
        return found

    def say(
        self, x: float, y: float, text: str, *, pt: float = 12, bold: bool = False,
        color: str = INK, align: Align = "left",
    ) -> None:  # fmt: skip
        """One line, its top at y; x is its left end, its middle or its right end by `align`."""
        wide = 0.0 if align == "left" else self.measure(text, pt=pt, bold=bold)
        left = x - {"left": 0.0, "center": wide / 2, "right": wide}[align]
        canvas = self._canvas
        self._letters(bold, pt)
        canvas.set_text_color(*_rgb(color))
        canvas.text(left, y + pt * MM_OF_PT * _ASCENT, text)

    def lines_of(self, text: str, width: float, *, pt: float, bold: bool = False) -> list[str]:
        """The text in lines of at most that width; no line begins with a closing sign."""
        lines: list[str] = []
        for part in text.split("\n"):
            line, wide = "", 0.0
            for sign in part:
                more = self._wide(sign, bold) * pt
                if wide + more > width + _HAIR and line:
                    kept, carried = _broken(line, sign)
                    lines.append(kept)
                    line = carried
                    wide = self.measure(line, pt=pt, bold=bold)
                line += sign
                wide += more
            lines.append(line)
        return lines

    def flow(
        self, text: str, *, pt: float = 12, bold: bool = False, color: str = INK,
        after: float = 2, indent: float = 0, align: Align = "left",
    ) -> None:  # fmt: skip
        """A paragraph from margin to margin, where the last one ended."""
        high = pt * MM_OF_PT * LEADING
        at = {"left": self.margin + indent, "center": self.width / 2,
              "right": self.width - self.margin}[align]  # fmt: skip
        for line in self.lines_of(text, self.column - indent, pt=pt, bold=bold):
            self.keep(high)
            self.say(at, self.y, line, pt=pt, bold=bold, color=color, align=align)
            self.y += high
        self.y += after

    def rule(self, x: float, y: float, width: float, *, color: str = LINE, mm: float = 0.2) -> None:
        """A level line."""
        self._canvas.set_draw_color(*_rgb(color))
        self._canvas.set_line_width(mm)
        self._canvas.line(x, y, x + width, y)

    def box(
        self, x: float, y: float, width: float, height: float, *, fill: str = "", edge: str = "",
        mm: float = 0.2, dashed: bool = False,
    ) -> None:  # fmt: skip
        canvas = self._canvas
        if fill:
            canvas.set_fill_color(*_rgb(fill))
        if edge:
            canvas.set_draw_color(*_rgb(edge))
            canvas.set_line_width(mm)
        if dashed:
            canvas.set_dash_pattern(dash=1, gap=1)
        canvas.rect(x, y, width, height, style=("D" if edge else "") + ("F" if fill else ""))
        if dashed:
            canvas.set_dash_pattern()

    def code(self, x: float, y: float, code: Code, *, module: float = 0.5) -> float:
        """A QR code with its quiet zone; how wide it came out."""
        self._canvas.squares(x, y, module, code)
        return code.size * module

    def table(
        self, rows: Sequence[Sequence[str | Cell]], widths: Sequence[float], *, pt: float = 11,
        head: int = 1, pad: float = 1.6,
    ) -> None:  # fmt: skip
        """Rows with a hairline below each; the first `head` come again on every page."""
        heading = [[_cell(each, bold=True) for each in row] for row in rows[:head]]
        for row in heading:
            self._row(row, widths, pt, pad)
        for row in rows[head:]:
            cells = [_cell(each) for each in row]
            if self.y + self._tall(cells, widths, pt, pad) > self.height - self.margin:
                self.page()
                for again in heading:
                    self._row(again, widths, pt, pad)
            self._row(cells, widths, pt, pad)

    def _tall(self, row: Sequence[Cell], widths: Sequence[float], pt: float, pad: float) -> float:
        most = max(
            len(self.lines_of(cell.text, wide - 2 * pad, pt=pt, bold=cell.bold))
            for cell, wide in zip(row, widths, strict=True)
        )
        return most * pt * MM_OF_PT * 1.4 + 2 * pad

    def _row(self, row: Sequence[Cell], widths: Sequence[float], pt: float, pad: float) -> None:
        tall, x = self._tall(row, widths, pt, pad), self.margin
        for cell, wide in zip(row, widths, strict=True):
            if cell.fill:
                self.box(x, self.y, wide, tall, fill=cell.fill)
            at = {"left": x + pad, "center": x + wide / 2, "right": x + wide - pad}[cell.align]
            lines = self.lines_of(cell.text, wide - 2 * pad, pt=pt, bold=cell.bold)
            for n, line in enumerate(lines):
                self.say(
                    at, self.y + pad + n * pt * MM_OF_PT * 1.4, line, pt=pt, bold=cell.bold,
                    color=cell.color, align=cell.align,
                )  # fmt: skip
            x += wide
        self.y += tall
        self.rule(self.margin, self.y, sum(widths))

    def done(self) -> bytes:
        """The file. Nothing can be put on it afterwards."""
        return bytes(self._canvas.output())


def _cell(given: str | Cell, *, bold: bool = False) -> Cell:
    return given if isinstance(given, Cell) else Cell(given, bold=bold)


def bold_of(path: Path) -> Path:
    bold = path.with_name(path.name.replace("-Regular", "-Bold"))
    return bold if bold.is_file() else path


def _rgb(color: str) -> tuple[int, int, int]:
    """#rrggbb"""
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _broken(line: str, sign: str) -> tuple[str, str]:
    """Where a line that is full ends, and what goes to the next one with the sign that follows."""
    cut = len(line)
    if sign in _NOT_FIRST or (_in_word(sign) and _in_word(line[-1])):
        cut -= 1
        while cut > 1 and (
            line[cut] in _NOT_FIRST or (_in_word(line[cut]) and _in_word(line[cut - 1]))
        ):
            cut -= 1
    while cut > 1 and line[cut - 1] in _NOT_LAST:
        cut -= 1
    if cut <= 1:  # one long word
        cut = len(line)
    return line[:cut].rstrip(), line[cut:].lstrip()


def _in_word(sign: str) -> bool:
    return sign.isascii() and (sign.isalnum() or sign in "/.-+")
