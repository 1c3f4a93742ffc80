"""The heart: (what is there, one incoming change, what the writer could know) -> what becomes of
it.

Pure: no database, no clock, no form. A kind hands in its field policies; the caller hands in the
facts read under the locks. Nothing is refused here: every change inside a valid envelope ends in
one of the states below, is kept as signed, and is answered (PROTOCOL.md sections 6 and 7).

    standing of the writer          event                         register edit
    Present   resident in panel     applied                       merged by heads
    Former    resident has moved    credited by what the tablet   proposal to the new doctor
              could know            could know (`credit_of`)
    Guest     outside, with ground  applied_guest                 proposal
    Newcomer  at a checkup day      held until known              (none)
    Stranger  outside, no ground    quarantined                   quarantined
    Untrusted device or branch      quarantined                   quarantined

One bad change blocks only itself: held (names something unknown, or a value that cannot be) and
quarantined changes wait for a person or for what they name; the rest of the batch goes on.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from msgspec import Struct, field

from sync.limits import CELLS_PER_CHANGE, HEADS_PER_CELL, SAW_PER_CELL
from sync.merge import (
    CLAIMED,
    EMPTY,
    Cell,
    Head,
    Safer,
    Shown,
    canonical,
    choose,
    forget,
    is_settled,
    put,
)
from sync.policy import Policy


class State(StrEnum):
    """What became of a change. The first one is in the signed receipt."""

    APPLIED = "applied"
    MERGED = "merged"
    DUPLICATE = "duplicate"
    GUEST = "applied_guest"
    PROPOSAL = "proposal"
    CONFLICT = "conflict"
    SUPERSEDED = "superseded"
    HELD = "held"
    QUARANTINED = "quarantined"


IN_FEED = frozenset({State.APPLIED, State.GUEST})  # states of an event that tablets receive
OPEN = frozenset({State.PROPOSAL, State.CONFLICT, State.HELD, State.QUARANTINED})


class Reason(StrEnum):
    """Why, where the state alone does not say it."""

    NONE = ""
    MISSING_BASE = "missing_base"
    OUT_OF_RANGE = "out_of_range"
    FUTURE_DAY = "future_day"
    MALFORMED = "malformed"
    UNKNOWN_KIND = "unknown_kind"
    ELSEWHERE = "written_elsewhere"
    TOO_LARGE = "too_large"
    ACTOR = "actor_not_signer"
    SAME_ID = "same_id_other_bytes"
    STRANGER = "not_in_panel"
    DEVICE = "device_not_trusted"
    FORK = "fork"
    EPOCH = "epoch_unconfirmed"
    LATE = "late_former_team"
    AFTER_MOVE = "after_move"
    KNEW = "knew_of_move"
    PAST_CREDIT = "past_credit_days"
    RESTRICTED = "restricted_scope"
    IDENTITY = "identity"
    AUTHORITY = "authority"
    TERMINAL = "terminal"
    MOVED_AWAY = "moved_away"
    CROWDED = "too_many_heads"
    EXPIRED = "hold_expired"
    RELEASED = "released"
    ACT = "act"
    SAME_DOCUMENT = "same_document"
    OPENINGS = "too_many_openings"
    GUEST = "guest"
    NO_DAY = "no_such_day"


class Task(StrEnum):
    """Work a change leaves for a person."""

    CONFLICT = "conflict"
    PROPOSAL = "proposal"
    HELD = "held"
    QUARANTINE = "quarantine"
    POSSIBLE_DUPLICATE = "possible_duplicate"
    LATE_VISIT = "late_visit"
    IDENTITY = "identity"
    SWITCH_REQUEST = "switch_request"
    FORK = "fork"


class Credit(StrEnum):
    """Who the service counts for (the district's money rules read this, never the feed)."""

    AUTHOR = "author"  # the facility that performed it
    RULE = "rule"  # decided by the district's rule: performed after the move without knowing
    NONE = "none"  # no automatic credit; a reason is asked


@dataclass(frozen=True, slots=True)
class Present:
    """The resident is in a panel this device carries."""


@dataclass(frozen=True, slots=True)
class Former:
    """The resident left this device's panel by a switch at `leave_csn`."""

    leave_csn: int
    known_csn: int  # the signed claim, never above what was served
    served_csn: int  # what the server has evidence of having answered
    before_move: bool  # service day before the day of the move
    in_time: bool  # arrived within the district's late-credit days


@dataclass(frozen=True, slots=True)
class Guest:
    """Outside the panel, with a ground (card, consent, emergency) the resident is told of.

    `consented`: the district itself knows of the consent; else the ground is the writer's claim,
    which is enough for a visit and not for an edit.
    """

    ground: str
    consented: bool = False


@dataclass(frozen=True, slots=True)
class Stranger:
    """Never in a panel of this device; the answer is the same whether the person exists or not."""


@dataclass(frozen=True, slots=True)
class Untrusted:
    """Device lost or revoked, forked branch, unconfirmed epoch: kept, nothing applied."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Newcomer:
    """In the hall of a checkup day: somebody nobody knows yet, or a day nobody knows."""

    reason: Reason


Standing = Present | Former | Guest | Stranger | Newcomer | Untrusted


class CellRule(Struct, frozen=True):
    """What the merge must know of one cell."""

    policy: Policy
    safer: Safer | None = None
    closed: bool = False  # a fact this tablet may not be shown: no answer may tell what is there


# One of each of these is made for every change: a struct takes a tenth of the time of a dataclass.
class Incoming(Struct, frozen=True):
    """One change as the merge sees it."""

    id: bytes
    author: str  # staff | resident | import | registrar
    staff: bytes
    at: int  # recorded_at, corrected, ms
    names: tuple[bytes, ...] = ()  # ids this change amends or voids
    edits: Mapping[str, tuple[Any, tuple[bytes, ...]]] | None = None  # cell -> value, saw
    crowded: bool = False  # the archive's register is as large as it may get
    act: bool = False  # asks for something to be done; stands in no archive
    fault: Reason = Reason.NONE  # found while reading it: malformed, out_of_range, ...


class Decision(Struct, frozen=True):
    """What becomes of one change. `cells` are the register cells that have new content."""

    state: State
    reason: Reason = Reason.NONE
    credit: Credit = Credit.AUTHOR
    cells: Mapping[str, Cell] = field(default_factory=dict[str, Cell])
    parts: Mapping[str, State] = field(default_factory=dict[str, State])  # cells unlike `state`
    tasks: tuple[Task, ...] = ()
    late: bool = False


APPLIED: Final = Decision(State.APPLIED)

_QUARANTINE = (Task.QUARANTINE,)
_UNREADABLE = frozenset(
    {Reason.MALFORMED, Reason.TOO_LARGE, Reason.ACTOR, Reason.SAME_ID, Reason.FORK}
)


def decide(
    change: Incoming,
    standing: Standing,
    cells: Mapping[str, Cell],
    rule_of: Callable[[str], CellRule],
    known: Callable[[bytes], bool],
) -> Decision:
    """One change against the present state.

    `known(id)` says whether a change id is in the district's ledger.
    """
    if change.fault in _UNREADABLE:
        return Decision(State.QUARANTINED, change.fault, Credit.NONE, tasks=_QUARANTINE)
    match standing:
        case Untrusted(reason):
            return Decision(State.QUARANTINED, reason, Credit.NONE, tasks=_QUARANTINE)
        case Stranger():
            return Decision(State.QUARANTINED, Reason.STRANGER, Credit.NONE, tasks=_QUARANTINE)
        case _:
            pass
    if change.fault is not Reason.NONE:
        return Decision(State.HELD, change.fault, Credit.NONE, tasks=(Task.HELD,))
    if not all(known(each) for each in named_by(change)):
        return Decision(State.HELD, Reason.MISSING_BASE, Credit.NONE, tasks=(Task.HELD,))
    if change.act:
        return act_under(standing)
    if change.edits is None:
        return _taking_back(change, standing) or event_under(standing)
    if isinstance(standing, Guest) and not standing.consented:
        return Decision(State.QUARANTINED, Reason.STRANGER, Credit.NONE, tasks=_QUARANTINE)
    if not isinstance(standing, Present):
        reason = Reason.MOVED_AWAY if isinstance(standing, Former) else Reason.NONE
        return Decision(State.PROPOSAL, reason, Credit.NONE, tasks=(Task.PROPOSAL,))
    return merge_edits(change, cells, rule_of)


def named_by(change: Incoming) -> tuple[bytes, ...]:
    """Every id the change stands on: what it amends or voids and the values its editor saw."""
    if change.edits is None:
        return change.names
    saw = {each for _, seen in change.edits.values() for each in seen}
    return (*change.names, *sorted(saw - {change.id}))


def _taking_back(change: Incoming, standing: Standing) -> Decision | None:
    """A void or an amendment by who is not (any more) responsible takes a record of somebody else's
    from view: a person looks first, as with an edit.
    """
    if not change.names or isinstance(standing, Present):
        return None
    if isinstance(standing, Former) and standing.before_move:
        return None
    reason = Reason.MOVED_AWAY if isinstance(standing, Former) else Reason.STRANGER
    return Decision(State.HELD, reason, Credit.NONE, tasks=(Task.HELD,))


def act_under(standing: Standing) -> Decision:
    """An act is the resident's own: whose panel they are in now does not matter, whether this
    tablet has ever had to do with them does. It is held until it has been carried out.
    """
    if isinstance(standing, Guest) and not standing.consented:
        return Decision(State.QUARANTINED, Reason.STRANGER, Credit.NONE, tasks=_QUARANTINE)
    return Decision(State.HELD, Reason.ACT, Credit.NONE)


def event_under(standing: Standing) -> Decision:
    """An event is immutable and joins by id; only its state and credit depend on who wrote it and
    when.
    """
    match standing:
        case Newcomer(reason):
            tasks = () if reason is Reason.GUEST else (Task.HELD,)
            return Decision(State.HELD, reason, Credit.NONE, tasks=tasks)
        case Guest():
            return Decision(State.GUEST)
        case Former() as former:
            return credit_of(former)
        case Present():
            return APPLIED
        case _:  # let in by a person: kept and shown, credited by nobody's machine
            return Decision(State.GUEST, credit=Credit.NONE)


def credit_of(former: Former) -> Decision:
    """The table of the move (PROTOCOL.md section 7.4): the visit is always kept; what the tablet
    could know decides the credit. Acknowledged means the tablet signed a cursor at or past the
    leave before this change; served and not acknowledged counts as not knowing while the change
    arrives in time.
    """
    acknowledged = former.known_csn >= former.leave_csn
    if former.before_move:
        # Done while the resident still belonged to the old team: theirs, however late it comes.
        return Decision(
            State.APPLIED, Reason.LATE, Credit.AUTHOR, tasks=(Task.LATE_VISIT,), late=True
        )
    could_not_know = former.served_csn < former.leave_csn
    if not acknowledged and (could_not_know or former.in_time):
        return Decision(
            State.GUEST, Reason.AFTER_MOVE, Credit.RULE, tasks=(Task.LATE_VISIT,), late=True
        )
    why = Reason.KNEW if acknowledged else Reason.PAST_CREDIT
    return Decision(State.GUEST, why, Credit.NONE, tasks=(Task.LATE_VISIT,), late=True)


_RANK = {
    State.CONFLICT: 4,
    State.PROPOSAL: 3,
    State.SUPERSEDED: 2,
    State.MERGED: 1,
    State.APPLIED: 0,
}


def merge_edits(
    change: Incoming,
    cells: Mapping[str, Cell],
    rule_of: Callable[[str], CellRule],
) -> Decision:
    """Each cell by its own policy; the change's state is the one that needs a person most."""
    edits = change.edits or {}
    if change.crowded:
        return Decision(State.PROPOSAL, Reason.CROWDED, Credit.NONE, tasks=(Task.PROPOSAL,))
    if len(edits) > CELLS_PER_CHANGE:
        return Decision(State.QUARANTINED, Reason.TOO_LARGE, Credit.NONE, tasks=_QUARANTINE)
    changed: dict[str, Cell] = {}
    parts: dict[str, State] = {}
    tasks: set[Task] = set()
    reason = Reason.NONE
    for name, (value, saw) in edits.items():
        cell = cells.get(name, EMPTY)
        rule = rule_of(name)
        head = Head(change.id, value, change.author, change.staff, change.at)
        claim = change.author == "resident" and rule.policy in CLAIMED
        after = put(cell, head, saw, claim=claim)
        ask = _needs_a_person(rule, head, cell, after, saw)
        if ask is not None:
            parts[name] = State.PROPOSAL
            task, reason = ask
            tasks.add(task)
            continue
        # Only what has been merged here cannot be put again. An id may be in the ledger and still
        # be held: it will be put when what it names has come, after the one that saw it.
        merged = {change.id, *(each.change for each in cell.heads)}
        after = changed[name] = forget(after, merged.__contains__)
        parts[name] = _state_of(head, after, choose(after, rule.policy, rule.safer), rule.policy)
        if parts[name] is State.CONFLICT and not claim:  # a claim is a matter of its own
            tasks.add(Task.CONFLICT)
    state = max(parts.values(), key=_RANK.__getitem__, default=State.APPLIED)
    unlike = {name: part for name, part in parts.items() if part is not state}
    return Decision(state, reason, Credit.NONE, changed, unlike, tuple(sorted(tasks)))


def _needs_a_person(
    rule: CellRule, head: Head, cell: Cell, after: Cell, saw: tuple[bytes, ...]
) -> tuple[Task, Reason] | None:
    """Cells no machine may change: identity, authority, an undone death; and cells past their
    limits. A resident's claim changes no identity: it stands beside it.
    """
    if head.author == "import":
        return None
    if rule.closed:
        return Task.PROPOSAL, Reason.RESTRICTED
    if len(saw) > SAW_PER_CELL or len(after.heads) > HEADS_PER_CELL:
        return Task.PROPOSAL, Reason.CROWDED
    if rule.policy is Policy.IDENTITY and head.author not in ("registrar", "resident"):
        return Task.IDENTITY, Reason.IDENTITY
    if rule.policy is Policy.AUTHORITY:
        return Task.SWITCH_REQUEST, Reason.AUTHORITY
    if rule.policy is Policy.TERMINAL and head.author != "registrar":
        undone = (each.value for each in cell.heads if each not in after.heads)
        if any(is_settled(old) and canonical(old) != canonical(head.value) for old in undone):
            return Task.PROPOSAL, Reason.TERMINAL
    return None


def _state_of(head: Head, after: Cell, shown: Shown, policy: Policy) -> State:
    if head not in after.heads:
        return State.SUPERSEDED  # somebody who saw it is already here
    if shown.conflict:
        return State.CONFLICT
    if len(after.heads) == 1:
        return State.APPLIED
    agrees = canonical(shown.value) == canonical(head.value)
    # Settled by policy without a person: equal values agree (in a set, all ways to say absent),
    # notes keep both, the resident's word wins.
    return State.MERGED if agrees or policy in (Policy.NOTE, Policy.SET) else State.SUPERSEDED
