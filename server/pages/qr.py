"""QR codes as one path of an inline SVG: no style attribute, no picture to load."""

from dataclasses import dataclass
from typing import Final

import qrcode
from qrcode.constants import ERROR_CORRECT_M

QUIET: Final = 4  # empty modules around the code, as scanners want them


@dataclass(frozen=True, slots=True)
class Code:
    """A square of `size` modules, the quiet ones included; `path` draws the dark ones."""

    size: int
    path: str


def code_of(text: str) -> Code:
    """The QR code of a text, error correction M."""
    made = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=QUIET)
    made.add_data(text)
    made.make(fit=True)
    rows = made.get_matrix()
    return Code(len(rows), "".join(_row(y, row) for y, row in enumerate(rows)))


def _row(y: int, row: list[bool]) -> str:
    """The dark runs of one row."""
    found: list[str] = []
    x = 0
    while x < len(row):
        run = x
        while run < len(row) and row[run]:
            run += 1
        if run > x:
            found.append(f"M{x} {y}h{run - x}v1h-{run - x}z")
        x = run + 1
    return "".join(found)
