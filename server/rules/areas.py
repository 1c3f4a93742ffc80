"""Which facility has the residents of an address: the usual residence decides (S001-art10¶1).

Codes are GB/T 2260 and GB/T 10114 as a county writes them: 9 digits of a township or street, 12 of
a village or committee. A county names either; the longest that begins the address decides. Where
the list has no answer, or an address is too coarse to choose between several, a person chooses.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

CLAUSE: Final = "S001-art10¶1"
TOWNSHIP_DIGITS: Final = 9
VILLAGE_DIGITS: Final = 12
_CODE: Final = re.compile("[0-9]{9}|[0-9]{12}")
_ADDRESS: Final = re.compile("[0-9]{6,17}")


@dataclass(frozen=True, slots=True)
class Area:
    """Who serves one village or township. `panel`: the team, when the county has named one."""

    facility: bytes
    panel: bytes | None = None


class Why(StrEnum):
    """Why an address leads to no facility."""

    NO_CODE = "no_code"
    """There is no area code in the address, or it is none."""

    NO_AREA = "no_area"
    """No facility serves that place."""

    TOO_COARSE = "too_coarse"
    """The address names a township whose villages are served by several."""


@dataclass(frozen=True, slots=True)
class Found:
    """The facility, and its team where one is named; `code`: the area that decided."""

    facility: bytes
    panel: bytes | None
    code: str


@dataclass(frozen=True, slots=True)
class Unclear:
    """A person chooses; `reason` says why."""

    reason: Why


def is_area(code: str) -> bool:
    """Whether this may stand in the list of areas: 9 or 12 digits."""
    return _CODE.fullmatch(code) is not None


def facility_of(address_code: str, areas: Mapping[str, Area]) -> Found | Unclear:
    """Who has a resident of this address. `address_code`: 6 digits or more, the first 12 count."""
    if not _ADDRESS.fullmatch(address_code):
        return Unclear(Why.NO_CODE)
    code = address_code[:VILLAGE_DIGITS]
    for length in (VILLAGE_DIGITS, TOWNSHIP_DIGITS):
        found = areas.get(code[:length]) if len(code) >= length else None
        if found is not None:
            return Found(found.facility, found.panel, code[:length])
    return Unclear(Why.TOO_COARSE if _divided(code, areas) else Why.NO_AREA)


def _divided(code: str, areas: Mapping[str, Area]) -> bool:
    """Whether the address stops above areas that are served."""
    if len(code) == VILLAGE_DIGITS and not code.endswith("000"):
        return False  # a village is named, and nobody serves it
    return any(each.startswith(code[:TOWNSHIP_DIGITS]) for each in areas)
