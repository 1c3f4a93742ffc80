"""How an archive number is made up (domain, 1.1): county 6, township 3, village 3, serial 5.

Villages: 001-099 residents' committees, 101-199 village committees, 901-999 other.
"""

from collections.abc import Iterator
from typing import Final

LAST_SERIAL: Final = 99_999
_OTHER: Final = range(901, 1000)
_NO_TOWNSHIP: Final = "000"


def areas_to_try(area: str) -> Iterator[str]:
    """The 12 digits whose serials may be used for an area of 6, 9 or 12 digits, best first.

    A village the rule does not know becomes one of the township's "other".
    """
    township = area[:9] if len(area) >= 9 else area + _NO_TOWNSHIP
    if len(area) == 12 and is_village(area[9:]):
        yield area
    for other in _OTHER:
        if area[9:] != str(other):
            yield f"{township}{other}"


def is_village(code: str) -> bool:
    """Whether three digits are a village or committee as the rule counts them."""
    number = int(code)
    return 1 <= number <= 99 or 101 <= number <= 199 or number in _OTHER


def number_of(area: str, serial: int) -> str:
    """The 17 digits of an area of 12 and a serial."""
    return f"{area}{serial:05d}"


def as_on_paper(number: str) -> str:
    """The last 8 digits as forms show them: 001-00042."""
    return f"{number[9:12]}-{number[12:]}"
