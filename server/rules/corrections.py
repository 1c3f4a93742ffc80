"""What becomes of a resident's correction, step by step (S000-art14¶3, S000-art12(1)). Pure.

| lane | what the resident may do | what the facility does |
|---|---|---|
| change | applied at once, undone by the resident | confirms, asks back, or leaves it open |
| ask | stands beside the value as a dispute | accepts, in part, or declines with a reason |
| comment | a statement beside a record, which stays | takes note, or declines with a reason |

| state | who is next | leads to |
|---|---|---|
| waiting | the facility, by its day | asked, answered; appealed once the day is over; withdrawn |
| asked | the resident; the day goes on | waiting, answered, appealed, withdrawn |
| answered | nobody; the resident may appeal for APPEAL_DAYS | appealed |
| appealed | the county, by its day | ruled; withdrawn |
| ruled, withdrawn | nobody | |

There is no state in which nobody is next and the resident has no words to read.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from server.records.cells import none_beside
from server.records.kinds import REGISTER
from server.records.model import Field, ResidentMay
from server.rules.accounts import FACILITY_ROLES, StaffRole
from sync.merge import is_present
from sync.policy import Policy

APPEAL_DAYS: Final = 60  # default: as long as somebody may ask for an administrative review
OPEN_MOST: Final = 20  # of one archive at a time, so that a queue cannot be filled by one person
DAY_MOST: Final = 40  # asked within a day, what was taken back as well: each goes to every tablet
REGISTRARS: Final = frozenset({StaffRole.DESK, StaffRole.MANAGER})


class Lane(StrEnum):
    CHANGE = "change"
    ASK = "ask"
    COMMENT = "comment"


class State(StrEnum):
    WAITING = "waiting"
    ASKED = "asked"
    ANSWERED = "answered"
    APPEALED = "appealed"
    RULED = "ruled"
    WITHDRAWN = "withdrawn"


OPEN: Final = frozenset({State.WAITING, State.ASKED, State.APPEALED})
AT_FACILITY: Final = frozenset({State.WAITING, State.ASKED})


class Outcome(StrEnum):
    """How it was answered; NONE while nobody has."""

    NONE = ""
    CONFIRMED = "confirmed"
    UNCONFIRMED = "unconfirmed"
    """Of a change applied at once: the facility could not make sure; the value stays."""

    ACCEPTED = "accepted"
    PARTLY = "partly"
    DECLINED = "declined"
    NOTED = "noted"
    UPHELD = "upheld"
    """The county: as the facility answered."""

    OVERTURNED = "overturned"
    WITHDRAWN = "withdrawn"
    REPLACED = "replaced"
    """Of a change applied at once: the resident has changed it again."""


class Way(StrEnum):
    """What the facility may do with one that is open."""

    ANSWER = "answer"
    """Accept or decline, cell by cell."""

    CONFIRM = "confirm"
    LEAVE = "leave"
    NOTE = "note"
    DECLINE = "decline"
    ASK_BACK = "ask_back"


WAYS: Final = {
    Lane.CHANGE: (Way.CONFIRM, Way.ASK_BACK, Way.LEAVE),
    Lane.ASK: (Way.ANSWER, Way.ASK_BACK),
    Lane.COMMENT: (Way.NOTE, Way.DECLINE, Way.ASK_BACK),
}


class No(StrEnum):
    """Why somebody may not."""

    ROLE = "role"
    IDENTITY = "identity"
    """Name, document, birth and sex are changed by the desk or the manager, the document seen."""

    OWN_VALUE = "own_value"
    """Who wrote the value does not decline alone: a colleague does, or the manager."""

    WORDS = "words"
    """The resident reads why."""

    STATE = "state"


@dataclass(frozen=True, slots=True)
class Answerer:
    """Who answers. `recorders`: who wrote what is disputed."""

    staff: bytes
    role: StaffRole
    recorders: Collection[bytes] = ()


def lane_of(field: Field) -> Lane | None:
    """The lane of a field; None where only an office changes it (facility, state of the archive).

    An authority field is never correctable here: a switch does it.
    """
    if field.policy is Policy.AUTHORITY:
        return None
    return {
        ResidentMay.CHANGE: Lane.CHANGE,
        ResidentMay.ASK: Lane.ASK,
        ResidentMay.COMMENT: Lane.COMMENT,
        ResidentMay.NOTHING: None,
    }[field.resident]


def together(wanted: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """无 that goes or comes with other answers of its set is no question of its own: its cell ->
    the cells by which it goes.
    """
    made: dict[str, tuple[str, ...]] = {}
    for cell, value in wanted.items():
        none = none_beside(REGISTER, cell)
        if none in wanted and is_present(value) is not is_present(wanted[none]):
            made[none] = (*made.get(none, ()), cell)
    return made


def with_none(wanted: Mapping[str, Any], verdicts: Mapping[str, bool]) -> dict[str, bool]:
    """The verdicts and what follows from them: 无 goes once one of the others is accepted, and
    comes once all of them are gone.
    """
    made = dict(verdicts)
    for none, cells in together(wanted).items():
        said = [verdicts[cell] for cell in cells if cell in verdicts]
        if len(said) == len(cells):
            made[none] = all(said) if is_present(wanted[none]) else any(said)
    return made


def outcome_of(verdicts: Collection[bool]) -> Outcome:
    """Of cells that were accepted and declined."""
    if all(verdicts):
        return Outcome.ACCEPTED
    return Outcome.PARTLY if any(verdicts) else Outcome.DECLINED


def may_answer(who: Answerer, outcome: Outcome, words: str, *, identity: bool) -> No | None:
    """Whether this person may give that answer. `identity`: an identity cell is accepted."""
    if who.role not in FACILITY_ROLES | {StaffRole.COUNTY}:
        return No.ROLE
    if identity and who.role not in REGISTRARS | {StaffRole.COUNTY}:
        return No.IDENTITY
    declines = outcome in (Outcome.DECLINED, Outcome.PARTLY)
    if declines and who.staff in who.recorders and who.role is not StaffRole.MANAGER:
        return No.OWN_VALUE
    silent = (Outcome.CONFIRMED, Outcome.ACCEPTED)
    return No.WORDS if not words and outcome not in silent else None


def may_withdraw(state: State) -> bool:
    """The resident takes it back: as long as it is open."""
    return state in OPEN


def may_appeal(
    state: State, outcome: Outcome, *, now_ms: int, due_ms: int, answered_ms: int | None
) -> bool:
    """Whether it may go to the county: an answer that is not what was asked, for so many days; or
    none when the day is over.
    """
    if state in AT_FACILITY:
        return now_ms > due_ms
    content = outcome in (Outcome.ACCEPTED, Outcome.CONFIRMED)
    if state is not State.ANSWERED or content or answered_ms is None:
        return False
    return now_ms - answered_ms <= APPEAL_DAYS * 86_400_000
