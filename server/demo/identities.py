"""Identity numbers, phone numbers and ids that are well formed and belong to nobody.

An identity number here passes every check of GB 11643 and is unique in its district. That it is
made up shows in what stands beside it: the village is a demonstration village (演示村), and the
phone number begins with 19900 and then counts the residents from zero.
"""

from datetime import date
from functools import lru_cache
from math import gcd

REGION = "371002"  # Huancui, GB/T 2260
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS = "10X98765432"

_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_DAY_MS = 86_400_000
_PER_DAY = 499  # sequence numbers of one sex on one day: 001, 003 ... 997 and 002, 004 ... 998


class BirthDays:
    """Deals out the days of an age band, each as often as any other, in a scattered order.

    The same day comes back after the whole band was dealt, one round later; day, round and sex
    together make the identity number unique without remembering who was born when.
    """

    def __init__(self, first: date, last: date, *, offset: int) -> None:
        """`first` and `last` are both dealt; `offset` is where the dealing begins."""
        self._first = first.toordinal()
        self._days = last.toordinal() - self._first + 1
        self._step = max(1, round(self._days * 0.618))
        while gcd(self._step, self._days) != 1:
            self._step += 1
        self._offset = offset
        self._dealt = 0

    def next(self) -> tuple[int, int]:
        """(day as a proleptic ordinal, round). Raises OverflowError when numbers run out."""
        turn, at = divmod(self._dealt, self._days)
        if turn >= _PER_DAY:
            raise OverflowError("more people than identity numbers in this age band")
        self._dealt += 1
        return self._first + (at * self._step + self._offset) % self._days, turn


def id_number(ordinal: int, turn: int, *, male: bool) -> str:
    """18 digits for a birth day; different (day, turn, sex) give different numbers."""
    digits, weighted = _birth_part(ordinal)
    # 499 is prime, so the steps of 37 look drawn and come round only after all were dealt.
    sequence = (turn * 37 + ordinal) % _PER_DAY * 2 + (1 if male else 2)
    total = (
        weighted
        + sequence // 100 * _WEIGHTS[14]
        + sequence // 10 % 10 * _WEIGHTS[15]
        + sequence % 10 * _WEIGHTS[16]
    )
    return f"{digits}{sequence:03d}{_CHECK_DIGITS[total % 11]}"


@lru_cache(maxsize=50_000)
def _birth_part(ordinal: int) -> tuple[str, int]:
    digits = f"{REGION}{date.fromordinal(ordinal):%Y%m%d}"
    return digits, sum(int(d) * w for d, w in zip(digits, _WEIGHTS, strict=False))


def phone(index: int) -> str:
    """19900 and six digits that count; at 1:1 the district needs 478,600 of them."""
    return f"19900{index:06d}"


def uuid7(at_ms: int, random_bits: int) -> bytes:
    """16 bytes shaped like a UUIDv7 (RFC 9562) of that instant, from 74 given random bits."""
    high, low = random_bits >> 62, random_bits & (1 << 62) - 1
    value = at_ms << 80 | 7 << 76 | high << 64 | 2 << 62 | low
    return value.to_bytes(16, "big")


def instant_ms(ordinal: int, *, hour: int, minute: int = 0) -> int:
    """A time of day in Asia/Shanghai (UTC+8 all through the demo's years) as int ms UTC."""
    return (ordinal - _EPOCH_ORDINAL) * _DAY_MS + ((hour - 8) * 60 + minute) * 60_000
