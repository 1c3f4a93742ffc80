"""What becomes of one change by where its writer stood: every standing, every row of the move."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from sync.merge import claims
from sync.policy import Policy
from sync.reconcile import (
    IN_FEED,
    OPEN,
    Credit,
    Decision,
    Former,
    Guest,
    Incoming,
    Present,
    Reason,
    Standing,
    State,
    Stranger,
    Task,
    Untrusted,
    credit_of,
    decide,
    event_under,
    named_by,
)
from tests.toy_kind import (
    an_id,
    cells_of,
    decided,
    event,
    everything,
    head,
    nothing,
    rule_of,
    saves,
)

UNREADABLE = [Reason.MALFORMED, Reason.TOO_LARGE, Reason.ACTOR, Reason.SAME_ID, Reason.FORK]
FAULTS = [Reason.OUT_OF_RANGE, Reason.FUTURE_DAY, Reason.UNKNOWN_KIND, Reason.ELSEWHERE]

FORMER = Former(leave_csn=10, known_csn=3, served_csn=9, before_move=False, in_time=True)
INSIDE: list[Standing] = [Present(), FORMER, Guest("consent", consented=True)]
OUTSIDE: list[Standing] = [Stranger(), Untrusted(Reason.DEVICE)]
STANDINGS = INSIDE + OUTSIDE


# -- the table of standings: sync/reconcile.py, first page ---------------------------------------


@pytest.mark.parametrize(
    ("standing", "of_event", "of_edit"),
    [
        (Present(), State.APPLIED, State.APPLIED),
        (FORMER, State.GUEST, State.PROPOSAL),
        (replace(FORMER, before_move=True), State.APPLIED, State.PROPOSAL),
        (Guest("emergency"), State.GUEST, State.QUARANTINED),
        (Guest("consent", consented=True), State.GUEST, State.PROPOSAL),
        (Stranger(), State.QUARANTINED, State.QUARANTINED),
        (Untrusted(Reason.DEVICE), State.QUARANTINED, State.QUARANTINED),
        (Untrusted(Reason.EPOCH), State.QUARANTINED, State.QUARANTINED),
    ],
)
def test_standing_decides_over_events_and_edits(
    standing: Standing, of_event: State, of_edit: State
) -> None:
    edit = decided(saves(1, clinical_abo=("A", [])), standing=standing)
    assert decided(event(), standing=standing).state is of_event
    assert edit.state is of_edit
    assert bool(edit.cells) == (of_edit is State.APPLIED), "only who is present writes cells"


def test_an_event_of_the_present_doctor_leaves_no_work() -> None:
    assert decided(event()) == Decision(State.APPLIED)


def test_an_edit_of_a_guest_and_one_of_the_former_doctor_are_offered_with_the_reason() -> None:
    change = saves(1, resident_phone=("139", []))
    guest = decided(change, standing=Guest("consent", consented=True))
    former = decided(change, standing=FORMER)
    assert (guest.state, guest.reason, guest.tasks) == (
        State.PROPOSAL, Reason.NONE, (Task.PROPOSAL,),
    )  # fmt: skip
    assert (former.state, former.reason, former.tasks) == (
        State.PROPOSAL, Reason.MOVED_AWAY, (Task.PROPOSAL,),
    )  # fmt: skip


@pytest.mark.parametrize("reason", [Reason.DEVICE, Reason.FORK, Reason.EPOCH])
def test_what_an_untrusted_tablet_sends_is_kept_with_the_reason(reason: Reason) -> None:
    decision = decided(event(), standing=Untrusted(reason))
    assert (decision.state, decision.reason) == (State.QUARANTINED, reason)
    assert decision.tasks == (Task.QUARANTINE,)


def test_a_stranger_learns_nothing_from_the_answer() -> None:
    cells = cells_of(clinical_abo=[head(9, "B")])
    changes = [event(), event(fault=Reason.OUT_OF_RANGE), event(names=(an_id(7),))]
    changes += [saves(1, clinical_abo=("A", [])), saves(1, clinical_abo=("A", [9]))]
    answers = [
        decide(change, Stranger(), there, rule_of, known)
        for change in changes
        for there in ({}, cells)
        for known in (everything, nothing)
    ]
    assert all(each == answers[0] for each in answers)
    assert answers[0].reason is Reason.STRANGER


@given(
    st.sampled_from(STANDINGS),
    st.sampled_from(list(Reason)),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["staff", "resident", "import", "registrar"]),
)
def test_every_change_ends_in_a_state_and_open_ones_leave_a_task(
    standing: Standing, fault: Reason, base_known: bool, is_edit: bool, author: str
) -> None:
    change = event(2, names=(an_id(1),), fault=fault)
    if is_edit:
        change = structs.replace(
            saves(2, author, identity_name=("甲", [1]), note=("乙", [])), fault=fault
        )
    decision = decide(change, standing, {}, rule_of, lambda _: base_known)
    if author == "resident" and decision.state is State.CONFLICT:
        # Its task is the correction it is part of; the cell says meanwhile that it is disputed.
        assert claims(decision.cells["identity:name"], Policy.IDENTITY)
    else:
        assert bool(decision.tasks) or decision.state not in OPEN
    assert not decision.cells or standing == Present()
    if decision.state not in IN_FEED:
        assert decision.credit is Credit.NONE


# -- the table of the move: design text, row by row ----------------------------------------------

A = 10  # csn of the leave
AUTHOR = (State.APPLIED, Reason.LATE, Credit.AUTHOR)
BY_RULE = (State.GUEST, Reason.AFTER_MOVE, Credit.RULE)
NO_CREDIT = (State.GUEST, Reason.KNEW, Credit.NONE)
TOO_LATE = (State.GUEST, Reason.PAST_CREDIT, Credit.NONE)


@pytest.mark.parametrize(
    ("served", "known", "in_time", "before_move", "expected"),
    [
        # service before the move: the former doctor's, however late, whatever was known
        (A - 1, 0, True, True, AUTHOR),
        (A - 1, 0, False, True, AUTHOR),
        (A, 0, True, True, AUTHOR),
        (A, 0, False, True, AUTHOR),
        (A, A, True, True, AUTHOR),
        (A, A, False, True, AUTHOR),
        # after the move, not served: could not know, even long after
        (0, 0, True, False, BY_RULE),
        (A - 1, A - 1, True, False, BY_RULE),
        (A - 1, A - 1, False, False, BY_RULE),
        # after the move, served but not acknowledged: counts as not knowing while it is in time
        (A, 0, True, False, BY_RULE),
        (A, A - 1, True, False, BY_RULE),
        (A + 5, A - 1, True, False, BY_RULE),
        (A, A - 1, False, False, TOO_LATE),
        (A + 5, 0, False, False, TOO_LATE),
        # after the move, acknowledged: knew
        (A, A, True, False, NO_CREDIT),
        (A, A, False, False, NO_CREDIT),
        (A + 5, A + 1, True, False, NO_CREDIT),
    ],
)
def test_the_move(
    served: int,
    known: int,
    in_time: bool,
    before_move: bool,
    expected: tuple[State, Reason, Credit],
) -> None:
    former = Former(
        leave_csn=A, known_csn=known, served_csn=served, before_move=before_move, in_time=in_time
    )
    decision = decided(event(), standing=former)
    assert (decision.state, decision.reason, decision.credit) == expected
    assert decision.late
    assert decision.tasks == (Task.LATE_VISIT,)
    edit = decided(saves(1, clinical_abo=("A", []), resident_phone=("1", [])), standing=former)
    assert (edit.state, edit.cells) == (State.PROPOSAL, {})


@given(st.integers(0, 20), st.integers(0, 20), st.integers(0, 20), st.booleans(), st.booleans())
def test_a_late_visit_is_never_less_than_kept_and_knowing_more_never_earns_more(
    leave: int, known: int, served: int, before_move: bool, in_time: bool
) -> None:
    rank = [Credit.NONE, Credit.RULE, Credit.AUTHOR].index

    def at(known_csn: int, served_csn: int, *, timely: bool) -> Decision:
        return credit_of(
            Former(
                leave_csn=leave, known_csn=min(known_csn, served_csn), served_csn=served_csn,
                before_move=before_move, in_time=timely,
            )
        )  # fmt: skip

    decision = at(known, served, timely=in_time)
    assert decision.state in IN_FEED
    assert rank(at(known + 1, served, timely=in_time).credit) <= rank(decision.credit)
    assert rank(at(known, served + 1, timely=in_time).credit) <= rank(decision.credit)
    assert rank(at(known, served, timely=False).credit) <= rank(decision.credit)


def test_an_expired_hold_of_an_event_is_judged_by_standing_alone() -> None:
    assert event_under(Present()).state is State.APPLIED
    assert event_under(Guest("card")).state is State.GUEST
    assert event_under(replace(FORMER, before_move=True)).state is State.APPLIED


# -- held and unreadable -------------------------------------------------------------------------


@pytest.mark.parametrize("standing", STANDINGS)
@pytest.mark.parametrize("fault", UNREADABLE)
def test_an_unreadable_change_is_quarantined_wherever_it_comes_from(
    standing: Standing, fault: Reason
) -> None:
    decision = decided(event(fault=fault), standing=standing)
    assert (decision.state, decision.reason, decision.credit) == (
        State.QUARANTINED, fault, Credit.NONE,
    )  # fmt: skip


@pytest.mark.parametrize("standing", INSIDE)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_value_that_cannot_be_is_held_as_it_was_signed(standing: Standing, fault: Reason) -> None:
    for change in (event(fault=fault), structs.replace(saves(1, note=("甲", [])), fault=fault)):
        decision = decided(change, standing=standing)
        assert (decision.state, decision.reason) == (State.HELD, fault)
        assert (decision.cells, decision.tasks) == ({}, (Task.HELD,))


@pytest.mark.parametrize("standing", INSIDE)
@pytest.mark.parametrize(
    "change",
    [
        event(3, names=(an_id(1), an_id(2))),
        saves(3, clinical_abo=("A", [1]), note=("甲", [2])),
        structs.replace(saves(3, note=("甲", [1])), names=(an_id(2),)),
    ],
)
def test_a_change_waits_until_every_id_it_names_is_there(
    standing: Standing, change: Incoming
) -> None:
    one_of_two = {an_id(1)}.__contains__
    held = decide(change, standing, {}, rule_of, one_of_two)
    assert (held.state, held.reason, held.tasks) == (
        State.HELD, Reason.MISSING_BASE, (Task.HELD,),
    )  # fmt: skip
    both = {an_id(1), an_id(2)}.__contains__
    settled = decide(change, standing, {}, rule_of, both)
    # Nothing is missing any more; who takes back a record of another team waits for a person.
    assert settled.reason is not Reason.MISSING_BASE
    taken_back = change.edits is None and not isinstance(standing, Present)
    assert (settled.state is State.HELD) == taken_back


def test_a_change_does_not_wait_for_itself() -> None:
    change = saves(1, note=("甲", [1]))
    assert named_by(change) == ()
    assert decide(change, Present(), {}, rule_of, nothing).state is State.APPLIED
