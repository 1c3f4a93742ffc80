"""Who a person is on paper: the ID number, and what it says about birth and sex (GB 11643).

The arithmetic stands in server/records/id_number.py, because the archive's own page needs it; this
is the decision: does what was typed fit the document, and under which key is an archive unique.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from crypto.columns import normalise_id_number
from server.records.id_number import (
    Holder,
    IdNumber,
    Invalid,
    Reason,
    Valid,
    read_id_number,
)

__all__ = [
    "Differs",
    "Fits",
    "Holder",
    "IdNumber",
    "Invalid",
    "Part",
    "Reason",
    "Valid",
    "read_id_number",
    "unique_key",
    "verify",
]

_NUMBERED: Final = {"01": Holder.CITIZEN, "05": Holder.HK_MO_TW}


class Part(StrEnum):
    """What of the typed identity does not fit the document."""

    NUMBER = "number"
    HOLDER = "holder"
    BIRTH = "birth"
    SEX = "sex"


@dataclass(frozen=True, slots=True)
class Fits:
    """The typed identity is what the number says; `key` is the archive's unique key."""

    key: str


@dataclass(frozen=True, slots=True)
class Differs:
    """Parts that do not fit; nothing may be registered before a person has looked."""

    parts: tuple[Part, ...]


def verify(id_type: str, id_no: str, *, birth: date, sex: str) -> Fits | Differs:
    """Whether birth date and sex are what the document says (S000-art11¶1).

    Only citizens' cards (01) and permits of Hong Kong, Macao and Taiwan residents (05) say it.
    """
    wanted = _NUMBERED.get(id_type)
    if wanted is None:
        return Fits(unique_key(id_type, id_no))
    said = read_id_number(id_no)
    if isinstance(said, Invalid):
        return Differs((Part.NUMBER,))
    wrong = (
        (Part.HOLDER, said.holder is not wanted),
        (Part.BIRTH, said.birth != birth),
        (Part.SEX, said.sex != sex),
    )
    parts = tuple(part for part, differs in wrong if differs)
    return Differs(parts) if parts else Fits(unique_key(id_type, id_no))


def unique_key(id_type: str, id_no: str) -> str:
    """One active archive per (document type, number) in the district (S000-art14¶1).

    The spelling is the blind index's own, so what is one key here is one row there.
    """
    return f"{id_type}:{normalise_id_number(id_no)}"
