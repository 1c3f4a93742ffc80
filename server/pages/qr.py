"""QR codes: as one path of an inline SVG (no style attribute, no picture to load), as an SVG of its
own, as a picture, and as runs for whoever draws them on paper. The libraries are loaded with the
first code, since most processes draw none.
"""

import io
from dataclasses import dataclass
from typing import Any, Final
from xml.sax.saxutils import escape

QUIET: Final = 4  # empty modules around the code, as scanners want them
CARD_VERSION: Final = 8
CARD_SIDE: Final = 4 * CARD_VERSION + 17 + 2 * QUIET  # 57 modules: 28.5 mm at 0.5 mm
_BELOW: Final = 7  # modules of a line of digits below a code
_PAPER: Final = "#ffffff"


@dataclass(frozen=True, slots=True)
class Code:
    """A square of `size` modules, the quiet ones included; `path` draws the dark ones.

    `runs`: (row, from column, how many) of them.
    """

    size: int
    path: str
    runs: tuple[tuple[int, int, int], ...] = ()


def code_of(text: str) -> Code:
    """The QR code of a text, error correction M."""
    import qrcode  # here: see above

    made = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M, border=QUIET)
    return _drawn(made, text)


def card_code(text: str) -> Code:
    """The code of a card or of a day (crypto/SPEC.md 11): level Q, version 8, alphanumeric."""
    import qrcode  # here: see above

    made = qrcode.QRCode(
        version=CARD_VERSION, error_correction=qrcode.ERROR_CORRECT_Q, border=QUIET
    )
    return _drawn(made, text, fit=False)


def _drawn(made: Any, text: str, *, fit: bool = True) -> Code:
    made.add_data(text)
    made.make(fit=fit)
    rows: list[list[bool]] = made.get_matrix()
    runs = tuple((y, x, n) for y, row in enumerate(rows) for x, n in _runs(row))
    return Code(len(rows), "".join(f"M{x} {y}h{n}v1h-{n}z" for y, x, n in runs), runs)


def _runs(row: list[bool]) -> list[tuple[int, int]]:
    """The dark runs of one row: where each begins, how long it is."""
    found: list[tuple[int, int]] = []
    x = 0
    while x < len(row):
        run = x
        while run < len(row) and row[run]:
            run += 1
        if run > x:
            found.append((x, run - x))
        x = run + 1
    return found


def grouped(digits: str) -> str:
    """Digits as people read them out: in fours."""
    return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))


def svg_of(code: Code, *, digits: str = "") -> bytes:
    """A picture that stands alone, black on white, with the digits below."""
    high = code.size + (_BELOW if digits else 0)
    line = (
        f'<text x="{code.size / 2:g}" y="{code.size + 2}" font-size="5" text-anchor="middle" '
        f'font-family="monospace">{escape(grouped(digits))}</text>'
        if digits
        else ""
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {code.size} {high}" '
        f'shape-rendering="crispEdges"><path fill="{_PAPER}" d="M0 0h{code.size}v{high}H0z"/>'
        f'<path d="{code.path}"/>{line}</svg>'
    ).encode()


def png_of(code: Code, *, dots: int = 8) -> bytes:
    """A picture of black and white dots, so many a module: nothing is blurred."""
    from PIL import Image, ImageDraw  # here: see above

    side = code.size * dots
    image = Image.new("1", (side, side), 1)
    draw: Any = ImageDraw.Draw(image)
    for row, at, run in code.runs:
        box = (at * dots, row * dots, (at + run) * dots - 1, (row + 1) * dots - 1)
        draw.rectangle(box, fill=0)
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()
