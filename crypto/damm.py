"""The check digit of numbers that people read out and type: Damm's.

It meets every single wrong digit and every two neighbours that changed places, with digits alone.
"""

from typing import Final

# A totally anti-symmetric quasigroup of order 10 (H. M. Damm, 2004).
_TABLE: Final = (
    "0317598642", "7092154863", "4206871359", "1750983426", "6123045978",
    "3674209581", "5869720134", "8945362017", "9438617205", "2581436790",
)  # fmt: skip


def check_digit(plain: str) -> str:
    """The digit to be put behind these."""
    return _walk(plain)


def fits(text: str) -> bool:
    """Whether the last digit checks the others."""
    return len(text) > 1 and text.isascii() and text.isdecimal() and _walk(text) == "0"


def _walk(digits: str) -> str:
    at = "0"
    for digit in digits:
        at = _TABLE[int(at)][int(digit)]
    return at
