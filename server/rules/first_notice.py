"""What is said before an archive is opened to its resident, and who may agree to it. Pure.

The words are data (first_notice.toml) with a version: another wording asks everybody anew. PIPL is
the Personal Information Protection Law: 15 withdrawing, 17 what must be told, 29 to 30 sensitive
information, 31 children under 14; S001-art11-a opens archives by consent of self or guardian.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final

from server.rules.access import Tie, age_years

TABLE: Final = Path(__file__).with_suffix(".toml")
CONSENT_FROM_AGE: Final = 14
"""PIPL art. 31: below, a parent or another guardian agrees."""

ADULT_FROM_AGE: Final = 18


@dataclass(frozen=True, slots=True)
class Section:
    """One paragraph with its title and the clause that asks for it."""

    id: str
    title: str
    text: str
    clause: str


@dataclass(frozen=True, slots=True)
class Notice:
    """The whole text of one version."""

    version: str
    sections: tuple[Section, ...]
    said: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Shown:
    """One paragraph as somebody reads it."""

    title: str
    text: str


@cache
def notice() -> Notice:
    """The text in force."""
    raw = tomllib.loads(TABLE.read_text("utf-8"))
    return Notice(
        raw["version"], tuple(Section(**each) for each in raw["section"]),
        raw["said"],
    )  # fmt: skip


def version() -> str:
    """Of the text in force; only who agreed to this one is shown anything."""
    return notice().version


def shown(*, place: str, facility: str, phone: str) -> tuple[Shown, ...]:
    """The text with its places filled in."""
    of = notice()
    reached = of.said["phone"].format(phone=phone) if phone else of.said["no_phone"]
    told = {"place": place, "facility": facility or of.said["no_facility"], "phone": reached}
    return tuple(Shown(each.title, each.text.format(**told)) for each in of.sections)


class NotYours(StrEnum):
    """Why somebody may not agree for this archive."""

    CHILD = "child"
    """Under 14: a guardian agrees."""

    OF_AGE = "of_age"
    """From 14 on nobody agrees for somebody else, but a guardian appointed for an adult."""

    HELPER = "helper"


def may_agree(age: int, tie: Tie | None) -> NotYours | None:
    """None: yes. `age`: completed years of the resident; `tie`: what the person is to the resident,
    None for the resident.
    """
    if tie is None:
        return NotYours.CHILD if age < CONSENT_FROM_AGE else None
    if tie is Tie.PARENT:
        return None if age < CONSENT_FROM_AGE else NotYours.OF_AGE
    if tie is Tie.APPOINTED:
        return None if age >= ADULT_FROM_AGE else NotYours.OF_AGE
    return NotYours.HELPER


def still_counts(*, own: bool, agreed: date, birth: date, today: date) -> bool:
    """Whether a consent that was given still is one: a guardian's for a child ends with the day on
    which the child may agree alone.
    """
    if own or age_years(birth, today) < CONSENT_FROM_AGE:
        return True
    return age_years(birth, agreed) >= CONSENT_FROM_AGE
