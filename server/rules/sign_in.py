"""Who may sign in to the portal, with which number and which telephone, how often. Pure.

No document fixes these numbers; each stands beside its reason.
"""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from crypto.columns import normalise_id_number, normalise_phone
from server.records.id_number import Invalid, Reason, read_id_number
from server.rules.access import age_years

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS

ARCHIVES_A_PHONE: Final = 4
"""How many archives one telephone may open: a couple and their parents, and no village."""

OWN_FROM_AGE: Final = 8
"""From this birthday on a child reads the own archive, with help; younger ones are read by their
guardians, who sign in with telephones of their own.
"""

CODE_DIGITS: Final = 6
CODE_MINUTES: Final = 10
CODE_TRIES: Final = 5
"""A guess of six digits comes right once in 200,000 codes."""

STRANGER_CODES_HOUR: Final = 3
STRANGER_CODES_DAY: Final = 6
"""Codes for one document, and to one telephone, from browsers that have not signed its holder in
before. Fewer than a telephone may get (server/rules/notices.toml): strangers do not use them up.
"""

KNOWN_CODES_HOUR: Final = 5
KNOWN_CODES_DAY: Final = 10
"""And from those that have; a stranger's do not count here."""

ADDRESS_CODES_HOUR: Final = 100
ADDRESS_WRONG_HOUR: Final = 100
"""Of one network address: behind one may stand a village's whole mobile network."""

PERSON_CODES_HOUR: Final = 5
"""Codes for binding and changing, of one archive."""

PASS_MINUTES: Final = 10
FULL_AFTER_MS: Final = 72 * HOUR_MS
"""After a change of telephone the old one can object: no export, sharing or family rights yet."""

_PHONE: Final = re.compile(r"1[3-9][0-9]{9}")
_DOCUMENT: Final = re.compile(r"[A-Z0-9]{5,30}")
_DIGITS: Final = re.compile(r"[0-9X]+")
_NEW: Final = 18  # signs of a citizen's number; the old 15 are spelled as 18 by the index
_OTHERS_MOST: Final = 10  # digits of a permit of Taiwan's residents or a passport
PHONE_DIGITS: Final = 11


class Wrong(StrEnum):
    """Why a number cannot be one."""

    MISSING = "missing"
    LENGTH = "length"
    CHECK = "check"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Number:
    """A number that can be one, in the index's own spelling."""

    text: str


def document(typed: str) -> Number | Wrong:
    """A citizen's number of 15 or 18 signs, or the number of another document."""
    plain = normalise_id_number(typed)
    if not plain:
        return Wrong.MISSING
    if _DIGITS.fullmatch(plain) and len(plain) > _OTHERS_MOST and len(plain) != _NEW:
        return Wrong.LENGTH
    if len(plain) == _NEW and _DIGITS.fullmatch(plain):
        said = read_id_number(plain)
        if isinstance(said, Invalid):
            return Wrong.LENGTH if said.reason is Reason.SHAPE else Wrong.CHECK
        return Number(said.normalised)
    return Number(plain) if _DOCUMENT.fullmatch(plain) else Wrong.OTHER


def phone(typed: str) -> Number | Wrong:
    """A mobile number of 11 digits."""
    plain = normalise_phone(typed)
    if not plain:
        return Wrong.MISSING
    if len(plain) != PHONE_DIGITS:
        return Wrong.LENGTH
    return Number(plain) if _PHONE.fullmatch(plain) else Wrong.OTHER


class NoBinding(StrEnum):
    """Why a telephone is not bound to an archive."""

    CLOSED = "closed"
    """The archive's state has no sign-in."""

    TOO_YOUNG = "too_young"
    SAME = "same_phone"
    FULL = "phone_full"
    NONE = "no_phone"


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known before a telephone is bound. `others`: archives it opens already, without this
    one; `bound`: this archive has the same one now.
    """

    sign_in: bool
    birth: date | None
    others: int
    bound: bool


def may_bind(standing: Standing, today: date) -> NoBinding | None:
    """None: yes."""
    if not standing.sign_in:
        return NoBinding.CLOSED
    if too_young(standing.birth, today):
        return NoBinding.TOO_YOUNG
    if standing.bound:
        return NoBinding.SAME
    return NoBinding.FULL if standing.others >= ARCHIVES_A_PHONE else None


def too_young(birth: date | None, today: date) -> bool:
    """Whether somebody is read by a guardian only."""
    return birth is not None and age_years(birth, today) < OWN_FROM_AGE


def full_at(now_ms: int, changed_ms: int | None) -> int:
    """From when on the sign-in reaches everything. `changed_ms`: when another telephone was bound
    last, None for never.
    """
    if changed_ms is None or changed_ms <= now_ms - FULL_AFTER_MS:
        return now_ms
    return now_ms + FULL_AFTER_MS
