"""健康护照: what matters in an emergency or at another doctor's, on one A5 sheet or as a picture.

Class A only, whoever asks: a sheet is left lying about. The picture is drawn here because browsers
inside messaging apps can neither print nor keep a page, but can keep a picture.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from server.errors import Refusal

WIDTH, HEIGHT = 1240, 1748  # A5 upright at 213 dots an inch
MARGIN: Final = 84
INK, QUIET, PINE, FOLDER, ALARM, PAPER = (
    "#16221e", "#43524b", "#0d4d44", "#c6dbd2", "#a11f19", "#ffffff",
)  # fmt: skip
LABEL, TEXT, BIG, HEAD = 32, 42, 56, 68
FONTS: Final = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/opentype/noto-cjk/NotoSansCJK-Regular.ttc",
    "/System/Library/Fonts/PingFang.ttc",
)
SC_FACE: Final = 2  # of Noto Sans CJK: the face with the forms of mainland China


class NoFont(Refusal):
    """The server has no font with Chinese characters, so no picture can be drawn."""

    code = "no_font"
    status = 503
    say = "这台服务器还画不了图片，请先用打印，或请管理员装上中文字体。"
    hint = "Install the Noto CJK fonts (Debian: fonts-noto-cjk); see docs/OPERATIONS.md."


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the sheet. `alarm`: must not be overlooked (allergies)."""

    label: str
    text: str
    alarm: bool = False


@dataclass(frozen=True, slots=True)
class Passport:
    """What stands on the sheet; words are already those of the page."""

    title: str
    name: str
    person: str
    rows: Sequence[Row]
    foot: Sequence[str]


@cache
def font_file(named: str = "") -> Path:
    """The font to draw with. Raises NoFont."""
    for each in (named, *FONTS):
        if each and Path(each).is_file():
            return Path(each)
    raise NoFont


@cache
def font_of(size: int, named: str) -> Any:
    """The font in a size, in dots. Raises NoFont."""
    from PIL import ImageFont  # here, as below: loaded with the first picture

    path = font_file(named)
    face = SC_FACE if path.name.startswith("NotoSansCJK") else 0
    return ImageFont.truetype(str(path), size, index=face)


def png_of(sheet: Passport, *, font: str = "") -> bytes:
    """The sheet as a PNG of 1240 x 1748. Raises NoFont."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    draw: Any = ImageDraw.Draw(image)
    draw.rectangle((0, 0, WIDTH, 250), fill=FOLDER)
    draw.text((MARGIN, 54), sheet.title, font=font_of(TEXT, font), fill=PINE)
    draw.text((MARGIN, 120), sheet.name, font=font_of(HEAD, font), fill=INK)
    named = draw.textlength(sheet.name, font=font_of(HEAD, font))
    draw.text((MARGIN + named + 30, 148), sheet.person, font=font_of(LABEL, font), fill=QUIET)
    y = 290
    for row in sheet.rows:
        lines = _wrapped(draw, row.text, font_of(TEXT, font), WIDTH - 2 * MARGIN)
        if y + LABEL + len(lines) * 58 > HEIGHT - 60 - 46 * len(sheet.foot):
            break  # what has no room is on the printed sheet
        draw.text((MARGIN, y), row.label, font=font_of(LABEL, font), fill=QUIET)
        y += LABEL + 12
        for line in lines:
            fill = ALARM if row.alarm else INK
            draw.text((MARGIN, y), line, font=font_of(TEXT, font), fill=fill)
            y += 58
        y += 14
        draw.line((MARGIN, y, WIDTH - MARGIN, y), fill="#d2ddd7", width=2)
        y += 16
    for n, line in enumerate(reversed(sheet.foot)):
        where = (MARGIN, HEIGHT - 80 - 46 * n)
        draw.text(where, line, font=font_of(LABEL, font), fill=QUIET)
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def _wrapped(draw: Any, text: str, font: Any, width: int, most: int = 4) -> list[str]:
    """Lines of at most that width; past `most` the last one ends with three dots."""
    lines, line = list[str](), ""
    for sign in text:
        if draw.textlength(line + sign, font=font) > width:
            lines.append(line)
            line = ""
        line += sign
    lines.append(line)
    if len(lines) > most:
        lines = [*lines[: most - 1], lines[most - 1][:-1] + "…"]
    return lines
