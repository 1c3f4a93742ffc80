"""Two people's edits of one cell: neither is lost, and who arrives first is nobody's luck."""

import itertools
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.merge import (
    CLAIMED,
    EMPTY,
    Cell,
    Head,
    Shown,
    canonical,
    choose,
    decode_cells,
    encode_cells,
    forget,
    is_present,
    put,
)
from sync.policy import Policy

DR_LI, DR_WANG, NOBODY = b"L" * 16, b"W" * 16, bytes(16)


def an_id(number: int) -> bytes:
    return number.to_bytes(16)


@dataclass(frozen=True)
class Edit:
    """A head with what its editor saw: all that ever travels of an edit."""

    head: Head
    saw: tuple[bytes, ...]


def edit(
    number: int, value: Any, *saw: int, author: str = "staff", staff: bytes = DR_LI, at: int = 0
) -> Edit:
    head = Head(an_id(number), value, author, staff, at)
    return Edit(head, tuple(an_id(each) for each in saw))


def cell_of(*edits: Edit, start: Cell = EMPTY) -> Cell:
    cell = start
    for each in edits:
        cell = put(cell, each.head, each.saw)
    return cell


def highest(values: tuple[Any, ...]) -> Any:
    return max(values)


def shown(policy: Policy, *edits: Edit) -> Shown:
    return choose(cell_of(*edits), policy, highest if policy is Policy.CLINICAL else None)


# A history: each edit is made on some copy, and has seen what that copy held. `copies` learn of
# each other's edits in any order, so an editor may have seen any part of the past.
TOY_VALUES = st.one_of(
    st.sampled_from([None, False, True, 0, 1, "0", "1", "A", "B", "甲", [1, 2], {"b": 1, "a": 2}]),
    st.integers(-5, 5),
)


@st.composite
def histories(draw: st.DrawFn) -> tuple[Edit, ...]:
    made: list[Edit] = []
    copies: list[list[Edit]] = [[], [], []]
    numbers = draw(st.permutations(range(1, 8)))
    for number in numbers[: draw(st.integers(1, 7))]:
        who = draw(st.integers(0, 2))
        for each in made:
            if each not in copies[who] and draw(st.booleans()):
                copies[who].append(each)
        saw = tuple(head.change for head in cell_of(*copies[who]).heads)
        author = draw(st.sampled_from(["staff", "resident", "import", "registrar"]))
        head = Head(an_id(number), draw(TOY_VALUES), author, bytes([who]) * 16, draw(st.integers()))
        made.append(Edit(head, saw))
        copies[who].append(made[-1])
    return tuple(made)


@given(histories(), st.data())
def test_any_order_of_arrival_gives_the_same_cell(
    past: tuple[Edit, ...], data: st.DataObject
) -> None:
    other = data.draw(st.permutations(past))
    assert cell_of(*past) == cell_of(*other)


@given(histories(), st.data())
def test_applying_again_changes_nothing(past: tuple[Edit, ...], data: st.DataObject) -> None:
    again = data.draw(st.lists(st.sampled_from(past)))
    once = cell_of(*past)
    assert cell_of(*again, start=once) == once


@given(histories(), st.data())
def test_splitting_into_batches_and_storing_between_them_changes_nothing(
    past: tuple[Edit, ...], data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(past)))
    stored = encode_cells({"toy": cell_of(*past[:cut])})
    later = cell_of(*past[cut:], start=decode_cells(stored)["toy"])
    assert encode_cells({"toy": later}) == encode_cells({"toy": cell_of(*past)})


@given(histories())
def test_each_edit_is_a_head_or_was_replaced_by_one_that_saw_it(past: tuple[Edit, ...]) -> None:
    heads = {head.change for head in cell_of(*past).heads}
    for each in past:
        readers = [other for other in past if each.head.change in other.saw]
        assert (each.head.change in heads) == (not readers)


@given(histories(), st.sampled_from(Policy))
def test_no_value_is_lost_from_what_is_shown_beside_it_and_the_history(
    past: tuple[Edit, ...], policy: Policy
) -> None:
    seen = choose(cell_of(*past), policy, None)
    on_the_page = {canonical(head.value) for head in seen.others}
    if seen.head is not None:
        on_the_page.add(canonical(seen.value))
    replaced = {each for edit in past for each in edit.saw}
    behind = {canonical(e.head.value) for e in past if e.head.change in replaced}
    silent = {canonical(None)} if policy in CLAIMED else set[bytes]()  # claims taken back
    every = {canonical(each.head.value) for each in past}
    assert every - silent <= on_the_page | behind <= every


@given(histories(), st.sampled_from(Policy))
def test_the_choice_is_one_of_the_heads_and_never_asks_a_clock(
    past: tuple[Edit, ...], policy: Policy
) -> None:
    cell = cell_of(*past)
    seen = choose(cell, policy, None)
    if seen.head is None:  # nobody but the resident says anything, and it is not theirs to decide
        assert (seen.value, policy in CLAIMED) == (None, True)
        assert {head.author for head in cell.heads} == {"resident"}
    else:
        assert seen.head in cell.heads
        assert seen.value == cell.heads[cell.heads.index(seen.head)].value
    otherwise = Cell(
        heads=tuple(
            Head(head.change, head.value, head.author, head.staff, 10**12 - head.at)
            for head in cell.heads
        )
    )
    again = choose(otherwise, policy, None)
    assert (again.head and again.head.change) == (seen.head and seen.head.change)
    assert again.conflict == seen.conflict


@given(histories(), st.sampled_from(Policy), st.data())
def test_a_decision_that_saw_every_head_ends_the_conflict(
    past: tuple[Edit, ...], policy: Policy, data: st.DataObject
) -> None:
    cell = cell_of(*past)
    value = data.draw(TOY_VALUES)
    saw = tuple(head.change for head in cell.heads)
    decided = put(cell, Head(an_id(99), value, "staff", DR_LI, 0), saw)
    assert [head.change for head in decided.heads] == [an_id(99)]
    assert choose(decided, policy, None) == Shown(value, decided.heads[0], (), conflict=False)


@given(histories(), st.sampled_from(Policy), st.data())
def test_forgetting_what_has_arrived_never_changes_what_is_shown(
    past: tuple[Edit, ...], policy: Policy, data: st.DataObject
) -> None:
    cell = cell_of(*past)
    arrived = data.draw(st.sets(st.sampled_from([each.head.change for each in past])))
    less = forget(cell, arrived.__contains__)
    assert less.heads == cell.heads
    assert choose(less, policy, None) == choose(cell, policy, None)
    assert not arrived.intersection(less.seen)


@given(histories(), st.data())
def test_forgetting_is_safe_where_a_ledger_lets_each_edit_in_only_once(
    past: tuple[Edit, ...], data: st.DataObject
) -> None:
    ledger: set[bytes] = set()
    cell = EMPTY
    arrivals = (*data.draw(st.permutations(past)), *data.draw(st.lists(st.sampled_from(past))))
    for each in arrivals:
        if each.head.change in ledger:
            continue  # answered from the ledger
        ledger.add(each.head.change)
        cell = forget(put(cell, each.head, each.saw), ledger.__contains__)
    assert cell.heads == cell_of(*past).heads
    assert cell.seen == ()


@given(st.lists(TOY_VALUES, min_size=1, max_size=6), st.sampled_from(Policy), st.data())
def test_a_doctor_never_conflicts_with_herself(
    values: list[Any], policy: Policy, data: st.DataObject
) -> None:
    # each of her edits has seen the one before, sent or not
    own = [edit(n, value, *([n - 1] if n > 1 else [])) for n, value in enumerate(values, start=1)]
    seen = choose(cell_of(*data.draw(st.permutations(own))), policy, None)
    assert seen == Shown(values[-1], own[-1].head, (), conflict=False)


def test_an_empty_cell_shows_nothing_and_asks_nobody() -> None:
    for policy in Policy:
        assert choose(EMPTY, policy) == Shown(None, None, (), conflict=False)


def test_an_edit_that_arrives_after_the_one_that_saw_it_does_not_come_back() -> None:
    late, replacement = edit(1, "A"), edit(2, "B", 1)
    assert [head.value for head in cell_of(replacement, late).heads] == ["B"]
    assert cell_of(replacement, late) == cell_of(late, replacement)


def test_an_edit_that_names_itself_is_an_edit_like_any_other() -> None:
    assert cell_of(edit(1, "A", 1)) == cell_of(edit(1, "A"))


@pytest.mark.parametrize("policy", Policy)
def test_equal_values_agree_without_a_conflict(policy: Policy) -> None:
    seen = shown(policy, edit(1, {"a": 1, "b": 2}), edit(2, {"b": 2, "a": 1}, staff=DR_WANG))
    assert (seen.value, seen.others, seen.conflict) == ({"a": 1, "b": 2}, (), False)


def test_a_word_and_a_number_are_not_the_same_value() -> None:
    for one, other in itertools.combinations([1, "1", True, None, "", 0, False, [], {}], 2):
        assert canonical(one) != canonical(other)


# -- clinical -----------------------------------------------------------------------------------


def test_the_safer_value_is_shown_while_two_doctors_differ() -> None:
    for first, second in [(1, 3), (3, 1)]:
        seen = shown(Policy.CLINICAL, edit(1, first), edit(2, second, staff=DR_WANG))
        assert seen.value == 3
        assert seen.conflict
        assert [head.value for head in seen.others] == [1]


def test_without_a_safer_value_the_last_id_is_shown_and_both_stay_visible() -> None:
    seen = choose(cell_of(edit(1, "A"), edit(2, "B")), Policy.CLINICAL)
    assert (seen.value, seen.conflict) == ("B", True)
    assert [head.value for head in seen.others] == ["A"]


def test_what_is_safer_than_both_may_be_nobodys_and_both_stay_one_tap_away() -> None:
    seen = choose(cell_of(edit(1, 1), edit(2, 2)), Policy.CLINICAL, lambda _: 7)
    assert (seen.value, seen.head, seen.conflict) == (7, None, True)
    assert [head.value for head in seen.others] == [1, 2]


def test_three_doctors_keep_three_values_and_one_decision_ends_it() -> None:
    cell = cell_of(edit(1, "A"), edit(2, "B"), edit(3, "AB"))
    assert len(choose(cell, Policy.CLINICAL).others) == 2
    assert not choose(cell_of(edit(4, "B", 1, 2, 3), start=cell), Policy.CLINICAL).conflict


def test_a_decision_that_missed_one_head_leaves_the_conflict() -> None:
    seen = shown(Policy.CLINICAL, edit(1, 1), edit(2, 2), edit(3, 3), edit(4, 1, 1, 2))
    assert (seen.value, seen.conflict) == (3, True)


# -- the resident's own -------------------------------------------------------------------------


@pytest.mark.parametrize("number", [1, 3])
def test_the_resident_wins_over_a_concurrent_staff_edit(number: int) -> None:
    own = edit(number, "138", author="resident", staff=NOBODY)
    seen = shown(Policy.RESIDENT, edit(2, "139"), own)
    assert (seen.value, seen.conflict) == ("138", False)
    assert [head.value for head in seen.others] == ["139"]


def test_a_staff_edit_that_saw_the_resident_wins() -> None:
    seen = shown(Policy.RESIDENT, edit(1, "138", author="resident"), edit(2, "139", 1))
    assert seen == Shown("139", edit(2, "139").head, (), conflict=False)


def test_two_doctors_over_a_phone_number_are_a_conflict() -> None:
    assert shown(Policy.RESIDENT, edit(1, "138"), edit(2, "139", staff=DR_WANG)).conflict


def test_a_resident_with_two_phones_in_hand_is_never_asked() -> None:
    both = (edit(1, "138", author="resident"), edit(2, "137", author="resident"))
    seen = shown(Policy.RESIDENT, *both, edit(3, "139"))
    assert (seen.value, seen.conflict) == ("137", False)
    assert {head.value for head in seen.others} == {"138", "139"}


# -- sets ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("absent", [False, None])
@pytest.mark.parametrize("number", [2, 4])
def test_an_element_removed_while_another_adds_it_stays_and_a_person_is_asked(
    absent: Any, number: int
) -> None:
    added = edit(1, True)
    again = edit(3, {"severity": "严重"}, 1, staff=DR_WANG)
    seen = shown(Policy.SET, added, edit(number, absent, 1), again)
    assert (seen.value, seen.conflict) == ({"severity": "严重"}, True)
    assert [head.value for head in seen.others] == [absent]


def test_an_element_removed_by_one_who_saw_it_is_gone() -> None:
    seen = shown(Policy.SET, edit(1, True), edit(2, False, 1))
    assert (is_present(seen.value), seen.conflict) == (False, False)


def test_two_ways_to_say_absent_are_no_conflict() -> None:
    seen = shown(Policy.SET, edit(1, True), edit(2, False, 1), edit(3, None, 1))
    assert (is_present(seen.value), seen.conflict) == (False, False)


def test_two_details_of_one_element_are_asked_about() -> None:
    seen = shown(Policy.SET, edit(1, {"dose": 1}), edit(2, {"dose": 2}))
    assert seen.conflict
    assert is_present(seen.value)


@given(histories())
def test_a_set_element_that_one_head_adds_is_always_shown(past: tuple[Edit, ...]) -> None:
    cell = cell_of(*past)
    added = any(is_present(head.value) for head in cell.heads)
    assert is_present(choose(cell, Policy.SET).value) == added


# -- terminal, notes ----------------------------------------------------------------------------


@pytest.mark.parametrize("alive", [None, False, 0, "0"])
@pytest.mark.parametrize("number", [1, 3])
def test_a_death_is_shown_whatever_was_written_beside_it(alive: Any, number: int) -> None:
    seen = shown(Policy.TERMINAL, edit(2, "1"), edit(number, alive, staff=DR_WANG))
    assert (seen.value, seen.conflict) == ("1", True)


def test_died_and_moved_out_are_a_conflict_with_both_visible() -> None:
    seen = shown(Policy.TERMINAL, edit(1, "1"), edit(2, "2"))
    assert seen.conflict
    assert {seen.value, *(head.value for head in seen.others)} == {"1", "2"}


def test_notes_keep_both_and_ask_nobody() -> None:
    seen = shown(Policy.NOTE, edit(1, "夜间咳嗽"), edit(2, "怕打针", staff=DR_WANG))
    assert (seen.value, seen.conflict) == ("怕打针", False)
    assert [head.value for head in seen.others] == ["夜间咳嗽"]


# -- bytes --------------------------------------------------------------------------------------


def test_no_bytes_are_no_cells() -> None:
    assert decode_cells(b"") == {}
    assert encode_cells({}) == b"{}"


@settings(max_examples=50)
@given(st.dictionaries(st.text(max_size=8), histories(), max_size=4), st.randoms())
def test_equal_registers_are_equal_bytes_whatever_was_written_first(
    past: dict[str, tuple[Edit, ...]], random: Any
) -> None:
    cells = {name: cell_of(*edits) for name, edits in past.items()}
    names = list(cells)
    random.shuffle(names)
    shuffled = {name: cells[name] for name in names}
    assert encode_cells(cells) == encode_cells(shuffled)
    assert encode_cells(decode_cells(encode_cells(cells))) == encode_cells(cells)
