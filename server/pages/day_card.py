"""The code of a checkup day as a picture to keep: what the page shows, without a whole name.

Browsers inside messaging apps can keep a picture and little else, so it is drawn here. Each module
of the code is a whole number of dots, so nothing blurs it before it is shown.
"""

import io
from dataclasses import dataclass
from typing import Any, Final

from server.pages.passport import FOLDER, INK, PAPER, PINE, QUIET, font_of
from server.pages.qr import Code

WIDTH: Final = 1080
HEAD: Final = 176
MARGIN: Final = 72
ROOM: Final = WIDTH - 80
SQUARE: Final = 900  # the code is at most so wide
SHADES: Final = 64  # black, white, a few greens and what lies between at the edges of letters
EDGE: Final = "#61766c"
TITLE, NAME, DIGITS, SMALL, TICKET, TEXT = 46, 60, 54, 40, 150, 52


@dataclass(frozen=True, slots=True)
class DayCard:
    """What stands on the picture; words are already those of the page. `seat` "": no ticket yet."""

    title: str
    name: str
    code: Code
    digits: str
    only: str
    seat: str
    ticket: str
    when: str
    place: str
    note: str
    keep: str


def png_of(card: DayCard, *, font: str = "") -> bytes:
    """The picture, 1080 dots wide. Raises NoFont."""
    from PIL import Image, ImageDraw  # here: loaded with the first picture

    dots = SQUARE // card.code.size
    side = dots * card.code.size
    lines: list[tuple[str, int, str, int]] = [
        (card.digits, DIGITS, INK, 66), (card.only, SMALL, QUIET, 96),
    ]  # fmt: skip
    seat = [(card.seat, SMALL, QUIET, 56), (card.ticket, TICKET, INK, 196)] if card.ticket else []
    last = [
        (card.when, TEXT, INK, 76),
        (card.place, TEXT, INK, 78),
        (card.note, TEXT, PINE, 96),
        (card.keep, SMALL, QUIET, 60),
    ]
    height = HEAD + 28 + side + sum(each[3] for each in (*lines, *seat, *last)) + 76
    image = Image.new("RGB", (WIDTH, height), PAPER)
    draw: Any = ImageDraw.Draw(image)
    draw.rectangle((0, 0, WIDTH, HEAD), fill=FOLDER)
    draw.text((MARGIN, 60), card.title, font=font_of(TITLE, font), fill=PINE)
    named = draw.textlength(card.name, font=font_of(NAME, font))
    draw.text((WIDTH - MARGIN - named, 48), card.name, font=font_of(NAME, font), fill=INK)
    left, y = (WIDTH - side) // 2, HEAD + 28
    for row, x, run in card.code.runs:
        box = (
            left + x * dots,
            y + row * dots,
            left + (x + run) * dots - 1,
            y + row * dots + dots - 1,
        )
        draw.rectangle(box, fill="#000000")
    y = _centred(draw, lines, y + side, font)
    for x in range(MARGIN, WIDTH - MARGIN, 28):
        draw.line((x, y, x + 14, y), fill=EDGE, width=4)
    _centred(draw, [*seat, *last], y + 24, font)
    out = io.BytesIO()
    few = image.quantize(SHADES, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    few.save(out, "PNG", compress_level=6)
    return out.getvalue()


def _centred(draw: Any, lines: list[tuple[str, int, str, int]], y: int, font: str) -> int:
    """Lines below each other, each made smaller until it fits; where the next one goes."""
    for text, size, fill, step in lines:
        wide = draw.textlength(text, font=font_of(size, font))
        fits = size if wide <= ROOM else max(SMALL // 2, int(size * ROOM / wide))
        wide = draw.textlength(text, font=font_of(fits, font))
        draw.text(((WIDTH - wide) / 2, y), text, font=font_of(fits, font), fill=fill)
        y += step
    return y
