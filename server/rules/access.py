"""May this person open this archive, for this purpose, at this class? Default: no.

Everything that is allowed stands here once, so "who could see me now" in the portal is computed by
the same code that opens the door. Staff act only inside their scope (S001-art11-b); others need
consent, except where a law says so (S000-art15-b). Class B is for the resident after a face-to-face
explanation, for the responsible doctor and the facility's named specialist. Class C never leaves
the house. `Allowed` names the ground, which goes into the access log.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from server.records.model import AccessClass
from server.rules.consent import Consent, Purpose, effective


class Role(StrEnum):
    """In what capacity somebody acts. One person may hold several, one at a time."""

    RESIDENT = "resident"
    """Signed in to the portal: for the own archive or a family member's."""

    TEAM = "team"
    """Member of a family-doctor team."""

    SPECIALIST = "specialist"
    """The facility's named public-health specialist for class B services."""

    STAFF = "staff"
    """Any other worker of a facility."""

    COUNTY = "county"
    DISEASE_CONTROL = "disease_control"


class Tie(StrEnum):
    """What a family member is to the resident."""

    PARENT = "parent"
    """Guardian of a person under 18."""

    APPOINTED = "appointed"
    """Guardian of an adult without capacity, reviewed each year."""

    HELPER = "helper"
    """A grown child or other helper of an adult."""


class Scope(StrEnum):
    """What a family link opens beyond its default."""

    ARCHIVE = "archive"
    """A helper sees class A."""

    RESTRICTED = "restricted"
    """Class B shared by the resident, or by the mandate of an appointed guardian."""

    REPRODUCTIVE = "reproductive"
    """What family.toml lists, shared by somebody of 14 to 17 with a guardian."""

    ACT = "act"
    """A helper also answers, corrects and chooses for the resident."""


class Ground(StrEnum):
    """Why it is allowed; shown to the resident in the access log."""

    OWN = "own"
    OWN_WITH_HELP = "own_with_help"
    GUARDIAN = "guardian"
    HELPER = "helper"
    PANEL = "panel"
    SPECIALIST = "specialist"
    DUTY = "duty"
    """Own facility, outside the own panel, with a stated purpose."""

    GUEST = "guest"
    """The resident is here: card scanned or document seen today."""

    CONSENT = "consent"
    EMERGENCY = "emergency"
    LAW = "law"
    COUNTY_CASE = "county_case"
    INTERNAL = "internal"


class Denial(StrEnum):
    """Why it is not."""

    NO_GROUND = "no_ground"
    CLASS = "class"
    """Some of this archive may be seen, but not this class."""

    REASON_MISSING = "reason_missing"
    NOT_EXPLAINED = "not_explained"
    """Class B is opened to the resident after a face-to-face explanation."""

    NOT_NOTICED = "not_noticed"
    """Nothing is shown before the notice was read and agreed to (S001-art11, PIPL art. 17)."""

    AGE = "age"
    LINK = "link"
    """The family link ended, is frozen, or does not reach so far."""

    PURPOSE = "purpose"


GUESTS_PER_HOUR: Final = 30
"""How many people of elsewhere one member of staff may ask for by number within an hour: more than
a desk serves in its busiest hour, far fewer than it takes to go through a list of numbers. A number
of nobody counts as well, since guessing is what this is against.
"""


@dataclass(frozen=True, slots=True)
class Link:
    """A family link to the resident, in force on from_day..until_day."""

    person: bytes
    tie: Tie
    from_day: date
    until_day: date
    scopes: frozenset[Scope] = frozenset()
    frozen: bool = False


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is asking. `person` is the resident id or the staff id, by role."""

    role: Role
    person: bytes
    facility: bytes | None = None
    teams: frozenset[bytes] = frozenset()


@dataclass(frozen=True, slots=True)
class ResidentFacts:
    """What must be known of the resident, read after the locks and not from a cache.

    `noticed`: the notice was agreed to by the resident or a guardian; without it no resident and no
    relative is shown anything. `explained`: class B was explained face to face. `present_at`:
    facilities where the resident was seen today (card scanned, document shown).
    """

    resident: bytes
    facility: bytes | None
    team: bytes | None
    doctor: bytes | None
    birth: date
    today: date
    now_ms: int
    noticed: bool = False
    explained: bool = False
    links: tuple[Link, ...] = ()
    consents: tuple[Consent, ...] = ()
    present_at: frozenset[bytes] = frozenset()


@dataclass(frozen=True, slots=True)
class Allowed:
    """Open it, and write this ground into the access log."""

    ground: Ground


@dataclass(frozen=True, slots=True)
class Denied:
    """Keep it shut."""

    reason: Denial


Answer = Allowed | Denied


@dataclass(frozen=True, slots=True)
class _Asked:
    actor: Actor
    facts: ResidentFacts
    access: AccessClass
    purpose: Purpose
    reason: str


def may(
    actor: Actor,
    facts: ResidentFacts,
    access_class: AccessClass,
    purpose: Purpose,
    *,
    reason: str = "",
) -> Answer:
    """Whether the actor may open that class of the archive for that purpose.

    `reason` is what the actor wrote down; outside the own panel it must not be empty.
    """
    asked = _Asked(actor, facts, access_class, purpose, reason.strip())
    return _BY_ROLE[actor.role](asked)


def age_years(birth: date, today: date) -> int:
    """Completed years of life."""
    return today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))


# The resident and the family.


def _resident(asked: _Asked) -> Answer:
    if asked.access is AccessClass.C:
        return Denied(Denial.CLASS)
    answer = _of_the_family(asked)
    if isinstance(answer, Allowed) and not asked.facts.noticed:
        return Denied(Denial.NOT_NOTICED)
    return answer


def _of_the_family(asked: _Asked) -> Answer:
    if asked.actor.person == asked.facts.resident:
        return _self(asked)
    link = next((x for x in asked.facts.links if x.person == asked.actor.person), None)
    if link is None:
        return Denied(Denial.NO_GROUND)
    if asked.purpose not in (Purpose.FAMILY, Purpose.DUE_AND_DONE):
        return Denied(Denial.PURPOSE)
    if link.frozen or not link.from_day <= asked.facts.today <= link.until_day:
        return Denied(Denial.LINK)
    return _BY_TIE[link.tie](asked, link)


def _self(asked: _Asked) -> Answer:
    age = age_years(asked.facts.birth, asked.facts.today)
    if age < 8 or (age < 14 and asked.access is AccessClass.B):
        return Denied(Denial.AGE)
    if asked.access is AccessClass.B and not asked.facts.explained:
        return Denied(Denial.NOT_EXPLAINED)
    return Allowed(Ground.OWN if age >= 14 else Ground.OWN_WITH_HELP)


def _parent(asked: _Asked, link: Link) -> Answer:
    age = age_years(asked.facts.birth, asked.facts.today)
    if age >= 18:
        return Denied(Denial.LINK)
    if asked.access is AccessClass.A:
        return Allowed(Ground.GUARDIAN)
    if age >= 14 and Scope.RESTRICTED not in link.scopes:
        return Denied(Denial.CLASS)
    if not asked.facts.explained:
        return Denied(Denial.NOT_EXPLAINED)
    return Allowed(Ground.GUARDIAN)


def _appointed(asked: _Asked, link: Link) -> Answer:
    if asked.access is AccessClass.A:
        return Allowed(Ground.GUARDIAN)
    if Scope.RESTRICTED not in link.scopes:
        return Denied(Denial.CLASS)
    return Allowed(Ground.GUARDIAN) if asked.facts.explained else Denied(Denial.NOT_EXPLAINED)


def _helper(asked: _Asked, link: Link) -> Answer:
    if asked.access is not AccessClass.A:
        return Denied(Denial.CLASS)
    if asked.purpose is Purpose.DUE_AND_DONE or Scope.ARCHIVE in link.scopes:
        return Allowed(Ground.HELPER)
    return Denied(Denial.LINK)


# Those who work here, and those who work elsewhere.


def _at_a_facility(asked: _Asked) -> Answer:
    if asked.access is AccessClass.C:
        return _internal(asked)
    if asked.purpose is Purpose.RESEARCH:
        return _by_consent(asked) or Denied(Denial.NO_GROUND)
    if asked.purpose not in _WORK:
        return Denied(Denial.PURPOSE)
    facility = asked.actor.facility
    if facility is not None and facility == asked.facts.facility:
        return _own_facility(asked)
    return _other_facility(asked)


def _internal(asked: _Asked) -> Answer:
    same = asked.actor.facility is not None and asked.actor.facility == asked.facts.facility
    if asked.purpose is not Purpose.SUPERVISION:
        return Denied(Denial.PURPOSE)
    return Allowed(Ground.INTERNAL) if same else Denied(Denial.NO_GROUND)


def _own_facility(asked: _Asked) -> Answer:
    actor, facts = asked.actor, asked.facts
    in_panel = (
        actor.role in (Role.TEAM, Role.SPECIALIST)
        and facts.team is not None
        and facts.team in actor.teams
    )
    if asked.access is AccessClass.B:
        if actor.role is Role.SPECIALIST:
            return Allowed(Ground.SPECIALIST)
        if in_panel and facts.doctor is not None and actor.person == facts.doctor:
            return Allowed(Ground.PANEL)
        return Denied(Denial.CLASS)
    if in_panel:
        return Allowed(Ground.PANEL)
    if not asked.reason:
        return Denied(Denial.REASON_MISSING)
    return Allowed(Ground.DUTY)


def _other_facility(asked: _Asked) -> Answer:
    facility, facts = asked.actor.facility, asked.facts
    consented = _by_consent(asked)
    if facility is None or consented is not None:
        return consented or Denied(Denial.NO_GROUND)
    if asked.access is AccessClass.B:
        return Denied(Denial.CLASS)
    if asked.purpose is Purpose.EMERGENCY:
        return Allowed(Ground.EMERGENCY) if asked.reason else Denied(Denial.REASON_MISSING)
    if facility in facts.present_at and asked.purpose in (Purpose.SERVICE, Purpose.CHECKUP_DAY):
        return Allowed(Ground.GUEST)
    return Denied(Denial.NO_GROUND)


def _by_consent(asked: _Asked) -> Allowed | None:
    facility, facts = asked.actor.facility, asked.facts
    if facility is None:
        return None
    grant = effective(
        facts.consents, facility, asked.access, asked.purpose, facts.now_ms,
        teams=asked.actor.teams,
    )  # fmt: skip
    return Allowed(Ground.CONSENT) if grant else None


# The county and disease control.


def _county(asked: _Asked) -> Answer:
    if asked.access is AccessClass.C:
        supervises = asked.purpose is Purpose.SUPERVISION
        return Allowed(Ground.INTERNAL) if supervises else Denied(Denial.PURPOSE)
    if asked.access is AccessClass.B:
        return Denied(Denial.CLASS)
    if asked.purpose is not Purpose.REVIEW:
        return Denied(Denial.PURPOSE)
    return Allowed(Ground.COUNTY_CASE) if asked.reason else Denied(Denial.REASON_MISSING)


def _disease_control(asked: _Asked) -> Answer:
    if asked.access is AccessClass.C:
        return Denied(Denial.CLASS)
    if asked.purpose is not Purpose.REPORTING:
        return Denied(Denial.PURPOSE)
    return Allowed(Ground.LAW) if asked.reason else Denied(Denial.REASON_MISSING)


_WORK = frozenset({Purpose.SERVICE, Purpose.CHECKUP_DAY, Purpose.EMERGENCY, Purpose.REPORTING})
_BY_TIE: dict[Tie, Callable[[_Asked, Link], Answer]] = {
    Tie.PARENT: _parent,
    Tie.APPOINTED: _appointed,
    Tie.HELPER: _helper,
}
_BY_ROLE: dict[Role, Callable[[_Asked], Answer]] = {
    Role.RESIDENT: _resident,
    Role.TEAM: _at_a_facility,
    Role.SPECIALIST: _at_a_facility,
    Role.STAFF: _at_a_facility,
    Role.COUNTY: _county,
    Role.DISEASE_CONTROL: _disease_control,
}
