"""What a citizen's ID number says (GB 11643), and whether it can be one at all.

6 digits of region, 8 of birth, 3 of sequence (odd = male, even = female), 1 check sign: weights
below, sum modulo 11 picks a sign of "10X98765432". Old numbers have 15 digits: no century and no
check sign. Permits of Hong Kong, Macao and Taiwan residents begin with 81, 82, 83 and four zeros;
cards of foreign permanent residents (2023) with 9; both follow the same rule.
"""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from crypto.columns import normalise_id_number

_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_SIGNS: Final = "10X98765432"
_NEW: Final = re.compile("[0-9]{17}[0-9X]")
# fmt: off
_PROVINCES: Final = frozenset(map(str, (
    11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46, 50,
    51, 52, 53, 54, 61, 62, 63, 64, 65, 71,
)))
# fmt: on
_PERMITS: Final = frozenset({"810000", "820000", "830000"})


class Holder(StrEnum):
    """Whose number it is, as its first digits say."""

    CITIZEN = "citizen"
    HK_MO_TW = "hk_mo_tw"
    FOREIGNER = "foreigner"


class Reason(StrEnum):
    """Why a text is no ID number."""

    SHAPE = "shape"
    """Neither 15 digits nor 17 digits and a check sign."""

    REGION = "region"
    BIRTH = "birth"
    """No day of the calendar."""

    CHECK_SIGN = "check_sign"


@dataclass(frozen=True, slots=True)
class Valid:
    """A number that can exist. `sex` is GB/T 2261.1 ("1" male, "2" female)."""

    birth: date
    sex: str
    normalised: str
    holder: Holder


@dataclass(frozen=True, slots=True)
class Invalid:
    """A text that cannot be an ID number."""

    reason: Reason


IdNumber = Valid | Invalid


def check_sign(seventeen: str) -> str:
    """The eighteenth sign of a number whose first 17 digits are given."""
    total = sum(w * int(digit) for w, digit in zip(_WEIGHTS, seventeen, strict=True))
    return _SIGNS[total % 11]


def read_id_number(text: str) -> IdNumber:
    """What the number says, or why it cannot be one."""
    number = normalise_id_number(text)
    if not _NEW.fullmatch(number):
        return Invalid(Reason.SHAPE)
    holder = _holder(number)
    if holder is None:
        return Invalid(Reason.REGION)
    birth = _birth(number[6:14])
    if birth is None:
        return Invalid(Reason.BIRTH)
    if check_sign(number[:17]) != number[17]:
        return Invalid(Reason.CHECK_SIGN)
    sex = "1" if int(number[16]) % 2 else "2"
    return Valid(birth=birth, sex=sex, normalised=number, holder=holder)


def _holder(number: str) -> Holder | None:
    if number.startswith("9"):
        return Holder.FOREIGNER
    if number[:6] in _PERMITS:
        return Holder.HK_MO_TW
    return Holder.CITIZEN if number[:2] in _PROVINCES else None


def _birth(digits: str) -> date | None:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None
