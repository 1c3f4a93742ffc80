"""What an edit does to each cell: by policy, by who writes, at the limits, in any order."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.limits import CELLS_PER_CHANGE, HEADS_PER_CELL, SAW_PER_CELL
from sync.merge import EMPTY, Cell, Head, choose, put
from sync.policy import Policy
from sync.reconcile import Incoming, Present, Reason, State, Task, decide
from tests.toy_kind import DR_LI, an_id, cells_of, decided, head, rule_of, saves

# -- cells, each by its own policy ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "before", "value", "expected", "shown"),
    [
        ("clinical:x", [], 1, State.APPLIED, 1),
        ("clinical:x", [head(9, 1)], 1, State.MERGED, 1),
        ("clinical:x", [head(9, 3)], 1, State.CONFLICT, 3),
        ("set:x", [head(9, True)], False, State.CONFLICT, True),
        ("set:x", [head(9, None)], False, State.MERGED, None),
        ("note:x", [head(9, "甲")], "乙", State.MERGED, "甲"),
        ("resident:x", [head(9, "138", "resident")], "139", State.SUPERSEDED, "138"),
        ("resident:x", [head(9, "138")], "139", State.CONFLICT, "138"),
        ("terminal:x", [head(9, "1")], "0", State.CONFLICT, "1"),
        ("terminal:x", [head(9, "0")], "1", State.CONFLICT, "1"),
        ("of a newer app", [head(9, {"新": 1})], {"新": 2}, State.MERGED, {"新": 1}),
    ],
)
def test_an_edit_that_has_not_seen_what_is_there(
    cell: str, before: list[Head], value: Any, expected: State, shown: Any
) -> None:
    change = Incoming(an_id(1), "staff", DR_LI, 0, edits={cell: (value, ())})
    decision = decided(change, {cell: Cell(heads=tuple(before))})
    assert decision.state is expected
    assert len(decision.cells[cell].heads) == len(before) + 1, "nothing was replaced"
    rule = rule_of(cell)
    assert choose(decision.cells[cell], rule.policy, rule.safer).value == shown
    assert (Task.CONFLICT in decision.tasks) == (expected is State.CONFLICT)


@pytest.mark.parametrize("policy", [p for p in Policy if p not in ("identity", "authority")])
def test_an_edit_that_has_seen_what_is_there_replaces_it(policy: Policy) -> None:
    cell = f"{policy}:x"
    change = Incoming(an_id(1), "staff", DR_LI, 0, edits={cell: ("1", (an_id(9),))})
    decision = decided(change, {cell: Cell(heads=(head(9, "0"),))})
    assert (decision.state, decision.tasks, decision.parts) == (State.APPLIED, (), {})
    assert decision.cells[cell] == Cell(heads=(Head(an_id(1), "1", "staff", DR_LI, 0),))


def test_the_residents_word_settles_a_staff_value_without_a_person() -> None:
    own = Incoming(an_id(1), "resident", bytes(16), 0, edits={"resident:x": ("138", ())})
    decision = decided(own, cells_of(resident_x=[head(9, "139")]))
    assert (decision.state, decision.tasks) == (State.MERGED, ())


def test_the_state_of_a_mixed_change_is_what_needs_a_person_most_and_parts_say_the_rest() -> None:
    cells = cells_of(clinical_x=[head(9, 3)], note_x=[head(8, "甲")])
    change = saves(
        1, clinical_x=(1, []), note_x=("乙", []), set_x=(True, []), identity_name=("王", [])
    )
    decision = decided(change, cells)
    assert decision.state is State.CONFLICT
    assert decision.parts == {
        "note:x": State.MERGED, "set:x": State.APPLIED, "identity:name": State.PROPOSAL,
    }  # fmt: skip
    assert set(decision.cells) == {"clinical:x", "note:x", "set:x"}
    assert decision.tasks == (Task.CONFLICT, Task.IDENTITY)
    assert decision.reason is Reason.IDENTITY


def test_cells_that_are_not_named_are_left_alone() -> None:
    cells = cells_of(clinical_x=[head(9, 3)], note_x=[head(8, "甲")])
    assert set(decided(saves(1, clinical_x=(1, [9])), cells).cells) == {"clinical:x"}


def test_a_cell_this_server_does_not_know_is_kept_word_for_word() -> None:
    value = {"z": [1, {"新": None}], "a": "\u2028"}
    change = Incoming(an_id(1), "staff", DR_LI, 0, edits={"field of 2031": (value, ())})
    decision = decided(change)
    assert decision.state is State.APPLIED
    assert decision.cells["field of 2031"].heads[0].value == value


def test_an_edit_without_cells_changes_nothing() -> None:
    decision = decided(saves(1))
    assert (decision.state, decision.cells, decision.tasks) == (State.APPLIED, {}, ())


# -- identity, authority, terminal: a person -----------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "author", "expected", "reason", "task"),
    [
        ("identity:x", "staff", State.PROPOSAL, Reason.IDENTITY, Task.IDENTITY),
        ("identity:x", "resident", State.CONFLICT, Reason.NONE, None),
        ("identity:x", "registrar", State.APPLIED, Reason.NONE, None),
        ("identity:x", "import", State.APPLIED, Reason.NONE, None),
        ("authority:x", "staff", State.PROPOSAL, Reason.AUTHORITY, Task.SWITCH_REQUEST),
        ("authority:x", "resident", State.PROPOSAL, Reason.AUTHORITY, Task.SWITCH_REQUEST),
        ("authority:x", "registrar", State.PROPOSAL, Reason.AUTHORITY, Task.SWITCH_REQUEST),
        ("authority:x", "import", State.APPLIED, Reason.NONE, None),
    ],
)
def test_who_may_write_identity_and_authority(
    cell: str, author: str, expected: State, reason: Reason, task: Task | None
) -> None:
    for saw in ((), (an_id(9),)):
        change = Incoming(an_id(1), author, DR_LI, 0, edits={cell: ("新", saw)})
        there = {cell: Cell(heads=(head(9, "旧"),))} if saw else {}
        decision = decided(change, there)
        assert (decision.state, decision.reason) == (expected, reason)
        assert decision.tasks == ((task,) if task else ())
        assert bool(decision.cells) == (expected in (State.APPLIED, State.CONFLICT))


def test_staff_report_a_death_over_an_active_archive() -> None:
    decision = decided(saves(1, terminal_x=("1", [9])), cells_of(terminal_x=[head(9, "0")]))
    assert (decision.state, decision.reason) == (State.APPLIED, Reason.NONE)


@pytest.mark.parametrize("value", ["0", None, False, "2"])
def test_a_death_is_undone_by_a_registrar_only(value: Any) -> None:
    cells = cells_of(terminal_x=[head(9, "1")])
    staff = decided(saves(1, terminal_x=(value, [9])), cells)
    assert (staff.state, staff.reason) == (State.PROPOSAL, Reason.TERMINAL)
    assert (staff.cells, staff.tasks) == ({}, (Task.PROPOSAL,))
    registrar = decided(saves(1, "registrar", terminal_x=(value, [9])), cells)
    assert (registrar.state, registrar.reason) == (State.APPLIED, Reason.NONE)
    assert choose(registrar.cells["terminal:x"], Policy.TERMINAL).value == value


def test_a_death_confirmed_again_asks_nobody() -> None:
    decision = decided(saves(1, terminal_x=("1", [9])), cells_of(terminal_x=[head(9, "1")]))
    assert (decision.state, decision.tasks) == (State.APPLIED, ())


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_a_death_and_an_unaware_active_come_out_alike_in_either_order(
    order: tuple[int, int],
) -> None:
    cells: dict[str, Cell] = {}
    for number in order:
        cells |= decided(saves(number, terminal_x=("1" if number == 1 else "0", [])), cells).cells
    seen = choose(cells["terminal:x"], Policy.TERMINAL)
    assert (seen.value, seen.conflict, len(seen.others)) == ("1", True, 1)


# -- what arrives after the one that saw it ------------------------------------------------------


def test_a_held_edit_let_in_after_its_successor_stays_replaced() -> None:
    """She edits offline on top of somebody's unsent value, then edits her own edit again."""
    first, second = saves(2, clinical_x=(1, [1])), saves(3, clinical_x=(3, [2]))
    ledger: set[bytes] = set()
    assert decide(first, Present(), {}, rule_of, ledger.__contains__).state is State.HELD
    ledger.add(first.id)  # held, and yet in the ledger
    after = decide(second, Present(), {}, rule_of, ledger.__contains__)
    assert after.state is State.APPLIED
    ledger |= {second.id, an_id(1)}  # its base has come
    late = decide(first, Present(), after.cells, rule_of, ledger.__contains__)
    assert (late.state, late.tasks) == (State.SUPERSEDED, ())
    assert [each.value for each in late.cells["clinical:x"].heads] == [3]


def test_a_claim_takes_nothing_of_staff_away_whichever_comes_first() -> None:
    """What staff wrote and was held while the claim saw it stands when it comes; an own claim that
    was held stays replaced.
    """
    claim = saves(3, "resident", clinical_x=(2, [1, 2]))
    staffs, own = saves(1, clinical_x=(1, [])), saves(2, "resident", clinical_x=(3, []))
    cell = EMPTY
    for each in (claim, staffs, own):
        cell = decided(each, {"clinical:x": cell}).cells["clinical:x"]
    assert [(each.author, each.value) for each in cell.heads] == [("staff", 1), ("resident", 2)]
    assert (cell.seen, cell.claimed) == ((), ())
    before: Cell = EMPTY
    for each in (own, staffs, claim):
        before = decided(each, {"clinical:x": before}).cells["clinical:x"]
    assert before.heads == cell.heads


def test_the_memory_of_replaced_edits_ends_when_they_have_come() -> None:
    before = cells_of(clinical_x=[head(8, 1), head(9, 2)])
    after = decided(saves(1, clinical_x=(3, [8, 9])), before).cells["clinical:x"]
    assert after.seen == ()
    waiting = decided(saves(2, clinical_x=(3, [7])), {"clinical:x": after}).cells["clinical:x"]
    assert waiting.seen == (an_id(7),)
    come = decided(saves(7, clinical_x=(5, [])), {"clinical:x": waiting})
    assert come.state is State.SUPERSEDED
    assert come.cells["clinical:x"].seen == ()


# -- limits: below, at, above --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "state"),
    [
        (CELLS_PER_CHANGE - 1, State.APPLIED),
        (CELLS_PER_CHANGE, State.APPLIED),
        (CELLS_PER_CHANGE + 1, State.QUARANTINED),
    ],
)
def test_the_limit_of_cells_in_a_change(count: int, state: State) -> None:
    edits = {f"note:{number}": ("甲", ()) for number in range(count)}
    decision = decided(Incoming(an_id(1), "staff", DR_LI, 0, edits=edits))
    assert decision.state is state
    assert decision.reason is (Reason.NONE if state is State.APPLIED else Reason.TOO_LARGE)
    assert len(decision.cells) == (count if state is State.APPLIED else 0)


@pytest.mark.parametrize(
    ("count", "state"),
    [
        (SAW_PER_CELL - 1, State.APPLIED),
        (SAW_PER_CELL, State.APPLIED),
        (SAW_PER_CELL + 1, State.PROPOSAL),
    ],
)
def test_the_limit_of_values_seen(count: int, state: State) -> None:
    change = saves(999, note_x=("甲", list(range(1, count + 1))))
    decision = decided(change)
    assert decision.state is state
    assert decision.reason is (Reason.NONE if state is State.APPLIED else Reason.CROWDED)


@pytest.mark.parametrize(
    ("before", "state"),
    [
        (HEADS_PER_CELL - 2, State.MERGED),
        (HEADS_PER_CELL - 1, State.MERGED),
        (HEADS_PER_CELL, State.PROPOSAL),
    ],
)
def test_the_limit_of_heads(before: int, state: State) -> None:
    full = cells_of(note_x=[head(number, number) for number in range(1, before + 1)])
    decision = decided(saves(999, note_x=("甲", [])), full)
    assert decision.state is state
    assert decision.reason is (Reason.NONE if state is State.MERGED else Reason.CROWDED)


def test_a_full_cell_can_still_be_decided() -> None:
    heads = [head(number, number) for number in range(1, HEADS_PER_CELL + 1)]
    full = cells_of(clinical_x=heads)
    everyone = list(range(1, HEADS_PER_CELL + 1))
    decision = decided(saves(999, clinical_x=(7, everyone)), full)
    assert decision.state is State.APPLIED
    assert len(decision.cells["clinical:x"].heads) == 1


# -- order, with a ledger ------------------------------------------------------------------------


@st.composite
def pasts(draw: st.DrawFn) -> list[Incoming]:
    """Edits of one cell whose policy needs no person, each made on a copy that knew some others."""
    policy = draw(st.sampled_from(["clinical", "set", "note", "resident"]))
    name, made = f"{policy}:x", list[Incoming]()
    known: list[set[int]] = [set(), set()]
    for number in range(1, draw(st.integers(2, 6))):
        who = draw(st.integers(0, 1))
        known[who] |= {n for n in range(1, number) if draw(st.booleans())}
        cell = EMPTY
        for each in made:
            if int.from_bytes(each.id) in known[who]:
                value, saw = (each.edits or {})[name]
                cell = put(cell, Head(each.id, value, each.author, each.staff, 0), saw)
        saw = tuple(each.change for each in cell.heads)
        author = draw(st.sampled_from(["staff", "resident"]))
        value = draw(st.integers(0, 2))
        made.append(Incoming(an_id(number), author, DR_LI, 0, edits={name: (value, saw)}))
        known[who].add(number)
    return made


@given(pasts(), st.data())
def test_held_or_not_every_order_of_arrival_settles_in_the_same_heads(
    past: list[Incoming], data: st.DataObject
) -> None:
    """Nothing is lost by holding: what was held is judged again when its base has come."""

    def arrive(order: list[Incoming]) -> Cell:
        cells: dict[str, Cell] = {}
        ledger: set[bytes] = set()
        held: list[Incoming] = []
        for change in order:
            waiting = [change, *held]
            held = []
            for each in waiting:
                decision = decide(each, Present(), cells, rule_of, ledger.__contains__)
                cells |= decision.cells
                ledger.add(each.id)
                if decision.state is State.HELD:
                    held.append(each)
        while held:
            each = held.pop(0)
            decision = decide(each, Present(), cells, rule_of, ledger.__contains__)
            assert decision.state is not State.HELD
            cells |= decision.cells
        return next(iter(cells.values()))

    assert arrive(past).heads == arrive(list(data.draw(st.permutations(past)))).heads
