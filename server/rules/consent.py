"""Consent: who else may look, why, at what, until when (S000-art15, S001-art11).

A ledger of grants and revocations, both made by the resident or the guardian. They are ordered by
cause and not by clock: a grant names the revocations its author had seen. A revocation ends every
grant for the same recipient and purpose that had not seen it, so a revocation beats a concurrent
grant, whatever their instants say. An end is an end: from `until_ms` on nothing is given.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from server.records.model import AccessClass

_DAY_MS = 86_400_000


class Purpose(StrEnum):
    """What somebody opens an archive for. One consent, one purpose."""

    SERVICE = "service"
    """Treating and serving the resident."""

    OWN = "own"
    """The resident reads the own archive."""

    CHECKUP_DAY = "checkup_day"
    FAMILY = "family"
    """A family member helps or acts."""

    DUE_AND_DONE = "due_and_done"
    """Did the visits happen, what is due: no findings."""

    EMERGENCY = "emergency"
    REPORTING = "reporting"
    """Notifiable disease, as the law says; no consent is asked."""

    REVIEW = "review"
    """The county looks into a disputed service, a special case, a complaint."""

    SUPERVISION = "supervision"
    """Patrols, evaluation, funds."""

    RESEARCH = "research"


class Manner(StrEnum):
    """What the recipient may do with it."""

    VIEW = "view"
    COPY = "copy"


class Duration(StrEnum):
    """The choices of the consent page; OWN is a day of the resident's choosing."""

    ONCE = "once"
    MONTH = "month"
    YEAR = "year"
    OWN = "own"


@dataclass(frozen=True, slots=True)
class Grant:
    """Permission for one recipient and one purpose.

    `saw`: ids of the revocations that its author knew of. `team`: the recipient's one team that
    may look; None: the whole facility.
    """

    id: bytes
    recipient: bytes
    purpose: Purpose
    classes: frozenset[AccessClass]
    manner: Manner
    from_ms: int
    until_ms: int
    saw: frozenset[bytes] = frozenset()
    team: bytes | None = None


@dataclass(frozen=True, slots=True)
class Revoke:
    """Permission taken back. `purpose` None: for every purpose."""

    id: bytes
    recipient: bytes
    purpose: Purpose | None = None


Consent = Grant | Revoke

GIVEN: Final = (Purpose.SERVICE, Purpose.CHECKUP_DAY, Purpose.RESEARCH)
"""What a resident can agree to; everything else is the archive's own right or a law's."""

LONGEST_MS: Final = 3 * 366 * _DAY_MS
"""Nobody is asked for longer; then the resident is asked anew."""


class No(StrEnum):
    """Why a consent cannot be given in these words."""

    PURPOSE = "purpose"
    """No resident's to give (S000-art15-b names what needs none)."""

    CLASSES = "classes"
    NOT_EXPLAINED = "not_explained"
    """Class B is given only after it was explained face to face (S001-art11-a)."""

    COPY_FOR_SERVICE = "copy_for_service"
    """A copy on tablets is for treating the resident; a tablet cannot tell purposes apart."""

    COPY_NEEDS_TEAM = "copy_needs_team"
    OWN_FACILITY = "own_facility"
    """It looks by its duty and needs no consent (S000-art11¶2)."""

    UNPUBLISHED = "unpublished"
    ENDED = "ends_before_it_begins"
    TOO_LONG = "too_long"


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to agree to. `responsible`: it is the own facility; `published`: on the
    county's list; `explained`: class B was explained to the resident.
    """

    purpose: str
    classes: str
    manner: Manner
    team: bool
    until_ms: int
    responsible: bool = False
    published: bool = True
    explained: bool = False


def refused(wish: Wish, now_ms: int) -> No | None:
    """The first thing that stands against it; None when it can be given."""
    return next(iter(refusals(wish, now_ms)), None)


def refusals(wish: Wish, now_ms: int) -> tuple[No, ...]:
    """All that stands against it; () when it can be given."""
    faults = (
        (wish.purpose not in GIVEN, No.PURPOSE),
        (wish.classes not in ("A", "AB"), No.CLASSES),
        (wish.classes == "AB" and not wish.explained, No.NOT_EXPLAINED),
        (wish.manner is Manner.COPY and wish.purpose != Purpose.SERVICE, No.COPY_FOR_SERVICE),
        (wish.manner is Manner.COPY and not wish.team, No.COPY_NEEDS_TEAM),
        (wish.responsible and wish.purpose != Purpose.RESEARCH, No.OWN_FACILITY),
        (not wish.published, No.UNPUBLISHED),
        (wish.until_ms <= now_ms, No.ENDED),
        (wish.until_ms > now_ms + LONGEST_MS, No.TOO_LONG),
    )
    return tuple(why for applies, why in faults if applies)


def effective(
    consents: Iterable[Consent],
    facility: bytes,
    access_class: AccessClass,
    purpose: Purpose,
    now_ms: int,
    *,
    teams: Collection[bytes] = (),
) -> Grant | None:
    """The grant under which that facility may look now, None when there is none.

    `teams`: those the asker serves; a grant to a team opens for its own people only.
    Of several the one that lasts longest, COPY before VIEW when they end together. Class C is
    nobody's to give.
    """
    if access_class is AccessClass.C:
        return None
    ledger = tuple(consents)
    standing = [
        each
        for each in _not_revoked(ledger)
        if each.recipient == facility
        and (each.team is None or each.team in teams)
        and each.purpose is purpose
        and access_class in each.classes
        and each.from_ms <= now_ms < each.until_ms
    ]
    return max(standing, key=lambda g: (g.until_ms, g.manner is Manner.COPY, g.id), default=None)


def lasting(consents: Iterable[Consent], now_ms: int) -> tuple[Grant, ...]:
    """Every grant that gives something now, in order of id: "who could see me now"."""
    given = [
        each for each in _not_revoked(tuple(consents)) if each.from_ms <= now_ms < each.until_ms
    ]
    return tuple(sorted(given, key=lambda each: each.id))


def _not_revoked(ledger: tuple[Consent, ...]) -> list[Grant]:
    revokes = [each for each in ledger if isinstance(each, Revoke)]
    return [
        each
        for each in ledger
        if isinstance(each, Grant) and not any(_ends(revoke, each) for revoke in revokes)
    ]


def _ends(revoke: Revoke, grant: Grant) -> bool:
    return (
        revoke.recipient == grant.recipient
        and revoke.purpose in (None, grant.purpose)
        and revoke.id not in grant.saw
    )


def until_ms(duration: Duration, now_ms: int, *, own_ms: int | None = None) -> int:
    """When a consent given now ends. Raises ValueError for OWN without a later instant."""
    match duration:
        case Duration.ONCE:
            return now_ms + _DAY_MS
        case Duration.MONTH:
            return now_ms + 30 * _DAY_MS
        case Duration.YEAR:
            return now_ms + 365 * _DAY_MS
        case Duration.OWN:
            if own_ms is None or own_ms <= now_ms:
                raise ValueError("a consent of one's own length needs a later end")
            return own_ms
