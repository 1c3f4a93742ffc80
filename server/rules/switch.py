"""A resident's move to another responsible facility: may it be, and from which day.

At most once a year, special cases excepted (S000-art11¶3-b); the old facility has no say: there
is no outcome for its refusal (S000-art11¶3-c). One facility and one team at a time
(S000-art11¶2). Archive and service move together (S001-art10¶3), so there is one move and not
two. The clock runs in civil days of Asia/Shanghai from the day the last switch took effect to its
anniversary, 29 February to 28 February. Only the resident's own switches start it: a default
assignment, a closing, a merger, a correction of an error and a switch undone in time never do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from server.rules.districts import District


class Cause(StrEnum):
    """Why a facility became the responsible one."""

    FIRST = "first"
    """Chosen when the archive was opened; nothing was changed by it."""

    DEFAULT = "default"
    """Nobody chose: the facility of the residence (S001-art10¶1)."""

    CHOICE = "choice"
    """The resident switched on an ordinary ground."""

    SPECIAL = "special"
    """The resident switched on a special case that the county allowed."""

    CLOSING = "closing"
    """The facility before closed or left."""

    MERGE = "merge"
    """Facilities, or two archives of one person, were merged."""

    ERROR = "error"
    """A wrong entry was put right."""


LATEST_DAYS: Final = 366
"""So far ahead a day can be chosen; later the resident asks again."""

_STARTS_THE_CLOCK = frozenset({Cause.CHOICE, Cause.SPECIAL})


@dataclass(frozen=True, slots=True)
class Assignment:
    """One row of the history: responsible from `from_day` until the next row begins.

    `undone_on`: taken back by the resident in time, as if it had not been.
    """

    facility: bytes
    from_day: date
    cause: Cause
    undone_on: date | None = None


class CaseState(StrEnum):
    """Where a special case stands; the county of the new residence decides it."""

    ASKED = "asked"
    ALLOWED = "allowed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    """Taken back by who asked, or over because no year runs any more."""

    UNDONE = "undone"
    """Allowed, and the switch was taken back in time. Derived, never kept."""


@dataclass(frozen=True, slots=True)
class SpecialCase:
    """A special case the resident claims: a code of the district's table, with evidence."""

    code: str
    has_evidence: bool
    state: CaseState = CaseState.ASKED


@dataclass(frozen=True, slots=True)
class Request:
    """What the resident asks for, in the portal, at the desk or on a doctor's tablet.

    `published`: the facility is on the county's published list for this service (S000-art4).
    `from_day`: the day chosen; without one today at the new facility's desk, else after the
    district's effect_days.
    """

    facility: bytes
    ground: str
    published: bool = True
    from_day: date | None = None
    at_new_desk: bool = False
    special_case: SpecialCase | None = None


class Need(StrEnum):
    """What is still needed of a special case."""

    GROUND_NOT_ORDINARY = "ground_not_ordinary"
    """The ground is none of the district's ordinary ones."""

    UNKNOWN_CASE = "unknown_case"
    """The district's table has no such special case."""

    EVIDENCE = "evidence"
    COUNTY_DECISION = "county_decision"
    CASE_REFUSED = "case_refused"


@dataclass(frozen=True, slots=True)
class Granted:
    """Responsible from that day on; nobody has to agree."""

    from_day: date
    cause: Cause


@dataclass(frozen=True, slots=True)
class TooSoon:
    """The year is not over; from `next_day` on no special case is needed."""

    next_day: date


@dataclass(frozen=True, slots=True)
class NeedsSpecialCase:
    """Possible only as a special case, and this is what it lacks."""

    reasons: tuple[Need, ...]


@dataclass(frozen=True, slots=True)
class SameFacility:
    """That facility is the responsible one already."""


@dataclass(frozen=True, slots=True)
class Unpublished:
    """That facility is not on the county's list."""


@dataclass(frozen=True, slots=True)
class TooFar:
    """The day is further off than anybody can plan; `last_day` is the last one."""

    last_day: date


Outcome = Granted | TooSoon | NeedsSpecialCase | SameFacility | Unpublished | TooFar


def decide(
    district: District, history: Sequence[Assignment], request: Request, on: date
) -> Outcome:
    """What becomes of a request made on that civil day. `history` is in order of `from_day`."""
    if not request.published:
        return Unpublished()
    from_day = _from_day(district, request, on)
    if from_day > on + timedelta(days=LATEST_DAYS):
        return TooFar(on + timedelta(days=LATEST_DAYS))
    if responsible(history, from_day) == request.facility:
        return SameFacility()
    ordinary = any(each.code == request.ground for each in district.grounds)
    next_day = free_from(district, history)
    too_soon = next_day is not None and from_day < next_day
    if ordinary and not too_soon:
        return Granted(from_day, Cause.CHOICE)
    if request.special_case is not None:
        needs = _needs(district, request.special_case)
        return NeedsSpecialCase(needs) if needs else Granted(from_day, Cause.SPECIAL)
    if too_soon and next_day is not None:
        return TooSoon(next_day)
    return NeedsSpecialCase((Need.GROUND_NOT_ORDINARY,))


def responsible(history: Sequence[Assignment], on: date) -> bytes | None:
    """The responsible facility on that day; None when there was none yet."""
    known = [each for each in history if each.undone_on is None and each.from_day <= on]
    return known[-1].facility if known else None


def free_from(district: District, history: Sequence[Assignment]) -> date | None:
    """The first day on which a switch needs no special case; None: any day.

    Who lost the facility that was chosen (it closed) chooses anew without waiting: that special
    case is proved by the history itself.
    """
    standing = [each for each in history if each.undone_on is None]
    if standing and standing[-1].cause is Cause.CLOSING:
        return None
    began = clock_began(history)
    if began is None or district.interval_years == 0:
        return None
    return anniversary(began, district.interval_years)


def clock_began(history: Sequence[Assignment]) -> date | None:
    """The day from which the year runs: of the resident's own last switch that stands."""
    days = [
        each.from_day
        for each in history
        if each.undone_on is None and each.cause in _STARTS_THE_CLOCK
    ]
    return max(days, default=None)


def anniversary(day: date, years: int) -> date:
    """The same civil day so many years later; 29 February becomes 28 February."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 2, 28)


def undo_until(district: District, switch: Assignment) -> date | None:
    """The last day on which the resident may take this switch back; None when it was no choice."""
    if switch.cause not in _STARTS_THE_CLOCK or switch.undone_on is not None:
        return None
    return switch.from_day + timedelta(days=district.undo_days)


def may_undo(district: District, history: Sequence[Assignment], on: date) -> bool:
    """Whether the newest switch can still be taken back, before its day or in time after it."""
    standing = [each for each in history if each.undone_on is None]
    last_day = undo_until(district, standing[-1]) if len(standing) > 1 else None
    return last_day is not None and on <= last_day


def _from_day(district: District, request: Request, on: date) -> date:
    if request.from_day is not None:
        # A day that is over cannot be chosen: nobody becomes responsible for the past.
        return max(request.from_day, on)
    return on if request.at_new_desk else on + timedelta(days=district.effect_days)


def _needs(district: District, case: SpecialCase) -> tuple[Need, ...]:
    needs: list[Need] = []
    if all(each.code != case.code for each in district.special_cases):
        needs.append(Need.UNKNOWN_CASE)
    if not case.has_evidence:
        needs.append(Need.EVIDENCE)
    if case.state is CaseState.ASKED:
        needs.append(Need.COUNTY_DECISION)
    if case.state is CaseState.REFUSED:
        needs.append(Need.CASE_REFUSED)
    return tuple(needs)
