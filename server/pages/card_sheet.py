"""Sheets of cards (体检卡): ten on an A4 sheet, to be cut, each as large as a bank card.

A card shows what somebody compares who scans it: name and year of birth. The code itself holds
neither.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from server.pages.pdf import INK, PINE, QUIET, Paper
from server.pages.qr import CARD_SIDE, card_code, grouped
from server.pages.words import words

ACROSS, DOWN = 2, 5
PER_SHEET: Final = ACROSS * DOWN
WIDE, HIGH = 85.6, 54.0  # ISO/IEC 7810 ID-1, as purses have room for
MODULE: Final = 0.5
SIDE: Final = CARD_SIDE * MODULE  # 28.5 mm
EDGE: Final = 5.0
_CUT: Final = "#9aa8a1"
_NAME: Final = (22.0, 18.0, 14.0, 11.0)  # points, the first that fits


@dataclass(frozen=True, slots=True)
class Face:
    """One card. `text`: what its code says; `until`: the last day it counts, in words."""

    name: str
    born: str
    facility: str
    text: str
    digits: str
    until: str


def paper_of(made_at: datetime, *, font: str = "") -> Paper:
    """The document that sheets are drawn on. Raises NoFont."""
    return Paper(words("card").title, made_at, font=font, margin=0)


def draw(paper: Paper, faces: Sequence[Face]) -> None:
    """New sheets with these; all but the last call hand over whole ones."""
    left = (paper.width - ACROSS * WIDE) / 2
    top = (paper.height - DOWN * HIGH) / 2
    for start in range(0, len(faces), PER_SHEET):
        paper.page()
        _cuts(paper, left, top)
        for at, face in enumerate(faces[start : start + PER_SHEET]):
            _card(paper, left + at % ACROSS * WIDE, top + at // ACROSS * HIGH, face)


def _cuts(paper: Paper, left: float, top: float) -> None:
    """Where to cut."""
    for row in range(DOWN):
        for column in range(ACROSS):
            paper.box(
                left + column * WIDE, top + row * HIGH, WIDE, HIGH, edge=_CUT, mm=0.1, dashed=True
            )


def _card(paper: Paper, x: float, y: float, face: Face) -> None:
    w = words("card")
    text, right = x + EDGE, x + WIDE - EDGE
    room = WIDE - 2 * EDGE - SIDE - 2
    paper.say(text, y + 4.6, w.title, pt=10, bold=True, color=PINE)
    sizes = [pt for pt in _NAME if paper.measure(face.name, pt=pt, bold=True) <= room]
    names = [face.name] if sizes else paper.lines_of(face.name, room, pt=_NAME[-1], bold=True)[:2]
    pt = sizes[0] if sizes else _NAME[-1]
    for n, line in enumerate(names):
        paper.say(text, y + 11 + n * 5, line, pt=pt, bold=True, color=INK)
    paper.say(text, y + 21.5, face.born, pt=12, color=INK)
    whole = paper.measure(face.facility, pt=9) <= room
    for n, line in enumerate(
        paper.lines_of(face.facility, room if whole else 0.8 * room, pt=9)[:2]
    ):
        paper.say(text, y + 28.5 + n * 4.2, line, pt=9, color=INK)
    # The quiet zone of the code reaches to the edge of the card's own margin.
    paper.code(right - SIDE + 2, y + 3, card_code(face.text), module=MODULE)
    middle = right - SIDE / 2 + 2
    paper.say(middle, y + 31.8, grouped(face.digits), pt=10, bold=True, align="center")
    paper.say(middle, y + 36.6, face.until, pt=7.5, color=QUIET, align="center")
    paper.say(text, y + 42, w.lost, pt=9, color=QUIET)
    paper.say(text, y + 46.8, w.only, pt=9, color=QUIET)
