"""Who of the family may do and see what, by tie and age (portal.md 10). Pure.

| whom | who acts | what a guardian sees |
|---|---|---|
| under 14 | a guardian consents and acts; from 8 the child may read with help | class A, class B |
| 14 to 17 | own sign-in, own consent | basics, checkups, vaccination, plan; more when shared |
| from 18 | own; guardianship ended that day | nothing |
| adult without capacity | an appointed guardian, looked at each year | class A; B by mandate |
| adult with a helper | own | did the visits happen, what is due; more by scope |

Whether an archive opens at all is asked of access.py, what of it a guardian is handed of reach.py;
here stands which acts are whose, and how a link is made and ends. Numbers: family.toml.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Final

from server.rules.access import Scope, Tie, age_years

TABLE: Final = Path(__file__).with_suffix(".toml")


@dataclass(frozen=True, slots=True)
class Numbers:
    """The values of family.toml, in days, years and links."""

    links_of_resident: int
    links_of_person: int
    reads_with_help_years: int
    own_hand_years: int
    of_age_years: int
    helper_days: int
    helper_days_most: int
    mandate_days: int
    mandate_grace_days: int
    mandate_told_days: int
    freeze_review_days: int
    offer_days: int
    offers_a_day: int


@cache
def table() -> dict[str, Any]:
    return tomllib.loads(TABLE.read_text("utf-8"))


@cache
def numbers() -> Numbers:
    return Numbers(**{name: table()[name]["value"] for name in Numbers.__slots__})


# Whose act it is.


class Act(StrEnum):
    """What is done in the portal, or at a desk for somebody who is there."""

    READ = "read"
    ANSWER = "answer"
    """来过 / 没来过."""

    CORRECT = "correct"
    CHOOSE = "choose"
    """Facility and team."""

    BOOK = "book"
    """A slot on a checkup day, and the code that is shown there."""

    CONSENT = "consent"
    TAKE = "take"
    """A copy of everything."""

    LINK = "link"
    """Family links: name, share, end."""


class No(StrEnum):
    """Why an act is not this person's."""

    AGE = "age"
    """Too young to do it alone."""

    OWN_HAND = "own_hand"
    """From 14 on the young person does it."""

    OVER = "over"
    """Guardianship ended on the 18th birthday."""

    SCOPE = "scope"
    """The helper was not given so much."""

    NEVER = "never"
    """Never by a helper: only the resident gives, takes and names."""

    DESK = "desk"
    """A guardian does it at a desk, with the document."""

    FRESH_PHONE = "fresh_phone"
    """72 hours after the telephone was changed from afar."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Who acts. `tie` None: the resident. `age`: the resident's. `full`: past the 72 hours."""

    age: int
    tie: Tie | None = None
    scopes: frozenset[Scope] = frozenset()
    full: bool = True


_FAR: Final = frozenset({Act.CONSENT, Act.TAKE, Act.LINK})


def may_act(who: Standing, act: Act) -> No | None:
    """None when it may be done."""
    if not who.full and (act in _FAR or who.tie is not None):
        return No.FRESH_PHONE
    if who.tie is None:
        return _own(who.age, act)
    if who.tie is Tie.PARENT:
        return _guardian_of_a_child(who.age, act)
    if who.tie is Tie.APPOINTED:
        return No.DESK if act is Act.LINK else None
    if act is Act.READ:
        return None
    if act in _FAR:
        return No.NEVER
    return None if Scope.ACT in who.scopes else No.SCOPE


def _own(age: int, act: Act) -> No | None:
    if age >= numbers().own_hand_years:
        return None
    reads = act is Act.READ and age >= numbers().reads_with_help_years
    return None if reads else No.AGE


def _guardian_of_a_child(age: int, act: Act) -> No | None:
    if age >= numbers().of_age_years:
        return No.OVER
    if age >= numbers().own_hand_years:
        return None if act is Act.READ else No.OWN_HAND
    return No.DESK if act is Act.LINK else None


# How a link is made, shared further, and ends.


class Proof(StrEnum):
    """What a link rests on."""

    BIRTH_RECORD = "birth_record"
    """The mother, by the record of birth."""

    DOCUMENT = "document"
    """Seen at a desk: household register, certificate of birth, judgement, notarised paper."""

    BOTH_PRESENT = "both_present"
    """Resident and relative stood at the desk with their documents."""

    OWN_WORD = "own_word"
    """The resident named the relative in the portal."""


class NoLink(StrEnum):
    """Why no link is made."""

    SELF = "self"
    NOT_A_CHILD = "not_a_child"
    NOT_AN_ADULT = "not_an_adult"
    TOO_YOUNG = "too_young"
    """Who is to act is under 18."""

    PROOF = "proof"
    TOO_MANY = "too_many"
    TOO_MANY_ELSEWHERE = "too_many_elsewhere"
    """The relative acts for eight people already."""

    THERE = "there"
    """A link between the two stands."""

    END = "end"
    """The day is over, or too far off."""

    SCOPE = "scope"


@dataclass(frozen=True, slots=True)
class Wish:
    """A link as it is asked for. `until`: the last day; None: as long as is usual."""

    tie: Tie
    proof: Proof
    scopes: frozenset[Scope] = frozenset()
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """The two, as they stand under the locks. `person_birth` None: not known."""

    birth: date
    person_birth: date | None
    today: date
    same: bool = False
    linked: bool = False
    links_of_resident: int = 0
    links_of_person: int = 0


@dataclass(frozen=True, slots=True)
class Made:
    """The link stands on from_day..until_day, both included."""

    from_day: date
    until_day: date


_SCOPES: Final[Mapping[Tie, frozenset[Scope]]] = {
    Tie.PARENT: frozenset({Scope.ARCHIVE, Scope.REPRODUCTIVE, Scope.RESTRICTED}),
    Tie.APPOINTED: frozenset({Scope.RESTRICTED}),
    Tie.HELPER: frozenset({Scope.ARCHIVE, Scope.ACT}),
}
_PROOFS: Final[Mapping[Tie, frozenset[Proof]]] = {
    Tie.PARENT: frozenset({Proof.BIRTH_RECORD, Proof.DOCUMENT}),
    Tie.APPOINTED: frozenset({Proof.DOCUMENT}),
    Tie.HELPER: frozenset({Proof.DOCUMENT, Proof.BOTH_PRESENT, Proof.OWN_WORD}),
}


def scopes_of(tie: Tie) -> frozenset[Scope]:
    """What may be added to a link of this tie."""
    return _SCOPES[tie]


def make(wish: Wish, pair: Pair) -> Made | NoLink:
    """Whether the link may be made, and for how long."""
    fault = _of_the_two(wish, pair)
    if fault is not None:
        return fault
    until = usual_end(wish.tie, pair.birth, pair.today)
    if wish.until is not None and wish.tie is Tie.HELPER:
        most = pair.today + timedelta(days=numbers().helper_days_most)
        if not pair.today <= wish.until <= most:
            return NoLink.END
        until = wish.until
    return Made(pair.today, until)


def _of_the_two(wish: Wish, pair: Pair) -> NoLink | None:
    of = numbers()
    age = age_years(pair.birth, pair.today)
    grown = pair.person_birth is None or age_years(pair.person_birth, pair.today) >= of.of_age_years
    found = (
        (pair.same, NoLink.SELF),
        (wish.tie is Tie.PARENT and age >= of.of_age_years, NoLink.NOT_A_CHILD),
        (wish.tie is not Tie.PARENT and age < of.of_age_years, NoLink.NOT_AN_ADULT),
        # A mother by the record of birth is her child's guardian at any age.
        (not grown and wish.proof is not Proof.BIRTH_RECORD, NoLink.TOO_YOUNG),
        (wish.proof not in _PROOFS[wish.tie], NoLink.PROOF),
        (not wish.scopes <= _SCOPES[wish.tie], NoLink.SCOPE),
        (pair.linked, NoLink.THERE),
        (pair.links_of_resident >= of.links_of_resident, NoLink.TOO_MANY),
        (pair.links_of_person >= of.links_of_person, NoLink.TOO_MANY_ELSEWHERE),
    )
    return next((why for holds, why in found if holds), None)


def usual_end(tie: Tie, birth: date, today: date) -> date:
    """The last day of a link made or renewed today, where no other was asked for."""
    of = numbers()
    if tie is Tie.PARENT:
        return of_age_on(birth) - timedelta(days=1)
    if tie is Tie.APPOINTED:
        return today + timedelta(days=of.mandate_days + of.mandate_grace_days)
    return today + timedelta(days=of.helper_days)


def of_age_on(birth: date) -> date:
    """The 18th birthday; of somebody born on 29 February the 1 March, where there is none."""
    year = birth.year + numbers().of_age_years
    try:
        return birth.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


def review_day(until: date) -> date:
    """By when an appointed guardian's mandate is to be looked at again; until then and for the
    days of grace it goes on, after `until` it is shut.
    """
    return until - timedelta(days=numbers().mandate_grace_days)


def may_end(tie: Tie, *, at_desk: bool = False) -> bool:
    """Whether the resident or the relative may end a link alone. That of a guardian is ended at a
    desk, with evidence: neither a child nor the guardian does away with it by a key.
    """
    return at_desk or tie is Tie.HELPER
