"""What a resident says of a cell that staff decide: beside what they wrote, never in its place,
until an edit that saw it answers.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.merge import CLAIMED, Cell, Head, Shown, canonical, choose, claims, is_present, put
from sync.policy import Policy
from tests.test_merge import DR_LI, NOBODY, Edit, an_id, cell_of, edit, histories, shown

STAFFS = sorted(CLAIMED - {Policy.SET})


@given(histories(), st.sampled_from(STAFFS), st.data())
def test_what_staff_wrote_is_shown_as_if_the_resident_had_said_nothing(
    past: tuple[Edit, ...], policy: Policy, data: st.DataObject
) -> None:
    cell = cell_of(*data.draw(st.permutations(past)))
    said = Cell(heads=tuple(each for each in cell.heads if each.author != "resident"))
    meanwhile, alone = choose(cell, policy, None), choose(said, policy, None)
    if said.heads:
        assert canonical(meanwhile.value) == canonical(alone.value)
        assert meanwhile.head is not None
        assert meanwhile.head.author != "resident"
    else:
        assert (meanwhile.value, meanwhile.head) == (None, None)


@given(histories(), st.sampled_from(sorted(CLAIMED)))
def test_a_claim_that_differs_asks_a_person_until_an_edit_has_seen_it(
    past: tuple[Edit, ...], policy: Policy
) -> None:
    cell = cell_of(*past)
    open_ = claims(cell, policy)
    if policy is not Policy.SET:
        assert not open_ or choose(cell, policy, None).conflict
    elif any(is_present(each.value) for each in open_):
        assert choose(cell, policy, None).conflict
    saw = tuple(head.change for head in cell.heads)
    answered = put(cell, Head(an_id(99), "A", "staff", DR_LI, 0), saw)
    assert claims(answered, policy) == ()


@pytest.mark.parametrize("policy", STAFFS)
def test_a_claim_stands_beside_the_doctors_word_and_taken_back_says_nothing(
    policy: Policy,
) -> None:
    doctors, claim = edit(1, "A"), edit(2, "B", author="resident", staff=NOBODY)
    seen = shown(policy, doctors, claim) if policy is not Policy.CLINICAL else choose(
        cell_of(doctors, claim), policy
    )  # fmt: skip
    assert (seen.value, seen.conflict) == ("A", True)
    assert [head.value for head in seen.others] == ["B"]
    back = edit(3, None, 2, author="resident", staff=NOBODY)
    again = choose(cell_of(doctors, claim, back), policy)
    assert again == Shown("A", doctors.head, (), conflict=False)
    alone = choose(cell_of(claim), policy)
    assert (alone.value, alone.head, alone.conflict) == (None, None, True)


def test_a_doctors_offline_edit_that_had_not_seen_the_claim_meets_it_with_both_values() -> None:
    doctors, claim = edit(1, "A"), edit(2, "B", author="resident", staff=NOBODY)
    offline = edit(3, "AB", 1)
    seen = choose(cell_of(doctors, claim, offline), Policy.CLINICAL)
    assert (seen.value, seen.conflict) == ("AB", True)
    assert {head.value for head in seen.others} == {"B"}
    saw_it = edit(4, "B", 1, 2)
    assert not choose(cell_of(doctors, claim, saw_it), Policy.CLINICAL).conflict


def test_the_safer_of_a_doctors_word_and_a_claim_is_shown_whoever_said_it() -> None:
    doctors, claim = edit(1, 1), edit(2, 3, author="resident", staff=NOBODY)
    assert shown(Policy.CLINICAL, doctors, claim).value == 3
    none = edit(2, "", author="resident", staff=NOBODY)  # that there is no such thing
    seen = shown(Policy.CLINICAL, doctors, none)
    assert (seen.value, seen.conflict) == (1, True)


def test_a_claimed_allergy_is_shown_at_once_and_asked_about_though_nobody_else_spoke() -> None:
    claim = edit(1, True, author="resident", staff=NOBODY)
    seen = shown(Policy.SET, claim)
    assert (seen.value, seen.conflict) == (True, True)
    assert claims(cell_of(claim), Policy.SET) == (claim.head,)
    gone = edit(2, False, author="resident", staff=NOBODY)
    assert shown(Policy.SET, edit(1, True), gone).value is True
    assert shown(Policy.SET, edit(1, True), gone).conflict
    assert not shown(Policy.SET, gone).conflict


def test_a_claim_that_agrees_is_no_dispute() -> None:
    both = edit(1, "A"), edit(2, "A", author="resident", staff=NOBODY)
    assert shown(Policy.IDENTITY, *both) == Shown("A", both[0].head, (), conflict=False)
    assert claims(cell_of(*both), Policy.IDENTITY) == ()
    assert claims(cell_of(edit(1, "1"), edit(2, "2", author="resident")), Policy.RESIDENT) == ()
