"""What a password must be: long, and not one that anybody would try first.

No classes of signs and no yearly change (NIST SP 800-63B, 3.1.1.2): they make people write it down.
What is refused is named, so that the page can say what to do instead.
"""

import unicodedata
from enum import StrEnum
from typing import Final

LEAST: Final = 10
MOST: Final = 128
FEW: Final = 4  # a password of fewer different signs is one that repeats itself
TELLING: Final = 2  # a name or login so long may not stand in the password
RUN: Final = 6  # so many neighbours of a row of keys are a pattern

_ROWS: Final = (
    "0123456789", "1234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl",
    "zxcvbnm", "1qaz2wsx3edc4rfv5tgb",
)  # fmt: skip
_WORN: Final = (
    "password", "passw0rd", "p@ssword", "p@ssw0rd", "welcome", "iloveyou", "woaini", "letmein",
    "administrator", "changeme", "gongwei", "weishengyuan", "weishengju", "a123456", "aa123456",
    "5201314", "1314520",
)  # fmt: skip


class PasswordFault(StrEnum):
    """Why a password is not taken."""

    SHORT = "short"
    LONG = "long"
    OWN = "own"
    """It holds the login or the name."""

    PATTERN = "pattern"
    """One sign repeated, a row of keys, or a word that is tried first."""


def folded(password: str) -> str:
    """The one spelling that is hashed, however a keyboard wrote it (NFKC)."""
    return unicodedata.normalize("NFKC", password)


def fault_of(password: str, *, login: str, name: str) -> PasswordFault | None:
    """Why this password is not taken from this person; None when it is."""
    plain = folded(password)
    if len(plain) < LEAST:
        return PasswordFault.SHORT
    if len(plain) > MOST:
        return PasswordFault.LONG
    small = plain.casefold()
    own = [login.casefold(), folded(name).casefold()]
    if any(len(each) >= TELLING and each in small for each in own):
        return PasswordFault.OWN
    return PasswordFault.PATTERN if _worn(small) else None


def _worn(small: str) -> bool:
    """Whether little is left once rows of keys and worn words are taken out."""
    if len(set(small)) < FEW:
        return True
    left = small
    for word in _WORN:
        left = left.replace(word, "")
    for row in (*_ROWS, *(each[::-1] for each in _ROWS)):
        for size in range(len(row), RUN - 1, -1):
            for start in range(len(row) - size + 1):
                left = left.replace(row[start : start + size], "")
    return len(set(left)) < FEW
