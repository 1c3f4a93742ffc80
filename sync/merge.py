"""How two people's edits of one archive come together without losing either.

A register is a set of *cells* ("phone", "blood_abo", "drug_allergy/青霉素"). A cell is the set of
its *heads*: the edits nobody has seen and replaced yet. An edit names the change ids whose values
its editor saw; it takes those heads away and adds itself, unless an edit already known has seen
it. So the order of arrival cannot matter, a doctor never conflicts with herself, and "last writer
wins" does not exist here.

What is *shown* is a pure choice among the heads by the cell's policy; a *conflict* is more than
one distinct value left where the policy does not settle it. A decision is just an edit that saw
every head.

A set (allergies, drugs, conditions) is one cell an element whose values are presence (true, or
the details) and absence (false or null): add wins while both are there, and a person is asked.

What a resident says of a cell that staff decide is a *claim*: a head like any other, by author
resident, that has seen only the resident's own claims. It stands beside what staff wrote, is never
shown in its place by a tie, and is a conflict until an edit that saw it answers; only a set shows
a claimed element at once, since that is safer. A claim of null says nothing any more: withdrawn.

The law (PROTOCOL.md section 7), proved in tests/test_merge.py: for any set of edits, every order
of arrival and every split into batches gives the same cell; applying twice changes nothing; no
value leaves the history.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, Literal

import msgspec

from sync.policy import Policy

Author = Literal["staff", "resident", "import", "registrar"]
Safer = Callable[[tuple[Any, ...]], Any]


class Head(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One value nobody has replaced: who put it there and when (recorded_at, ms)."""

    change: bytes
    value: Any
    author: str
    staff: bytes
    at: int


class Cell(msgspec.Struct, frozen=True, array_like=True, omit_defaults=True, gc=False):
    """Heads in order of change id. `seen`: ids replaced before they arrived (almost always empty);
    `claimed`: ids that only claims have seen, which take away none but the resident's own.
    """

    heads: tuple[Head, ...] = ()
    seen: tuple[bytes, ...] = ()
    claimed: tuple[bytes, ...] = ()


EMPTY: Final = Cell()


@dataclass(frozen=True, slots=True)
class Shown:
    """What a reader sees. `others` are the values one tap away; `conflict` asks a person.

    `head` is None when nothing is there, or when the value shown meanwhile is nobody's.
    """

    value: Any
    head: Head | None
    others: tuple[Head, ...]
    conflict: bool


def put(cell: Cell, head: Head, saw: Iterable[bytes], *, claim: bool = False) -> Cell:
    """The cell after an edit. Idempotent; any order of arrival gives the same cell.

    `claim`: the head is a claim, and takes away nothing but the resident's own.
    """
    if any(each.change == head.change for each in cell.heads):
        return cell
    replaced = frozenset(saw) - {head.change}
    heads = [
        each
        for each in cell.heads
        if each.change not in replaced or (claim and each.author != "resident")
    ]
    own = head.author == "resident"
    if head.change not in cell.seen and not (own and head.change in cell.claimed):
        heads.append(head)
    # Remembering what was replaced is what makes a late or repeated arrival harmless. The ledger
    # of the server answers for ids it has taken, so there `forget` keeps this empty.
    memory = frozenset(cell.claimed if claim else cell.seen) | replaced
    by_id = tuple(sorted(heads, key=lambda each: each.change))
    if claim:
        return Cell(by_id, cell.seen, tuple(sorted(memory)))
    return Cell(by_id, tuple(sorted(memory)), cell.claimed)


def forget(cell: Cell, known: Callable[[bytes], bool]) -> Cell:
    """The cell without memory of ids that have arrived: they cannot arrive again (the ledger
    answers).
    """
    if not (cell.seen or cell.claimed):
        return cell
    seen = tuple(each for each in cell.seen if not known(each))
    return Cell(cell.heads, seen, tuple(each for each in cell.claimed if not known(each)))


def canonical(value: Any) -> bytes:
    """Bytes that are equal exactly when two values are the same JSON value."""
    return msgspec.json.encode(value, order="sorted")


def choose(cell: Cell, policy: Policy, safer: Safer | None = None) -> Shown:
    """Pure choice among the heads. Ties are broken by change id, never by clock."""
    heads = cell.heads
    if policy in CLAIMED and any(each.author == "resident" for each in heads):
        return _with_claims(heads, policy, safer)
    return _chosen(heads, policy, safer)


def _chosen(heads: tuple[Head, ...], policy: Policy, safer: Safer | None) -> Shown:
    if not heads:
        return Shown(None, None, (), False)
    if len(heads) == 1:
        return Shown(heads[0].value, heads[0], (), False)
    distinct = {canonical(each.value) for each in heads}
    if len(distinct) == 1:
        return Shown(heads[-1].value, heads[-1], (), False)
    match policy:
        case Policy.SET:
            return _present_wins(heads)
        case Policy.RESIDENT:
            return _resident_wins(heads)
        case Policy.NOTE:
            return Shown(heads[-1].value, heads[-1], heads[:-1], False)
        case Policy.TERMINAL:
            return _settled_wins(heads)
        case _:
            return _safer_shown(heads, safer)


def _with(heads: tuple[Head, ...], chosen: Head, *, conflict: bool) -> Shown:
    others = tuple(each for each in heads if each is not chosen)
    return Shown(chosen.value, chosen, others, conflict)


def is_present(value: Any) -> bool:
    """Whether a set element's value says that the element is there."""
    return value is not None and value is not False


def _present_wins(heads: tuple[Head, ...]) -> Shown:
    present = [each for each in heads if is_present(each.value)]
    if not present:  # false and null: both say that it is not there
        return _with(heads, heads[-1], conflict=False)
    return _with(heads, present[-1], conflict=True)


def _resident_wins(heads: tuple[Head, ...]) -> Shown:
    own = [each for each in heads if each.author == "resident"]
    if not own:
        return _with(heads, heads[-1], conflict=True)
    # The resident spoke: nobody is asked; what staff wrote stays one tap away.
    return _with(heads, own[-1], conflict=False)


def is_settled(value: Any) -> bool:
    """Whether a terminal cell's value says that it has come to that: died, moved out."""
    return value not in (None, False, 0, "0")


def _settled_wins(heads: tuple[Head, ...]) -> Shown:
    settled = [each for each in heads if is_settled(each.value)]
    return _with(heads, settled[-1] if settled else heads[-1], conflict=True)


def _safer_shown(heads: tuple[Head, ...], safer: Safer | None) -> Shown:
    if safer is None:
        return _with(heads, heads[-1], conflict=True)
    value = safer(tuple(each.value for each in heads))
    best = canonical(value)
    chosen = next((each for each in reversed(heads) if canonical(each.value) == best), None)
    if chosen is None:  # safer than both: of two blood groups neither is relied on
        return Shown(value, None, heads, conflict=True)
    return _with(heads, chosen, conflict=True)


CLAIMED: Final = frozenset(
    {Policy.CLINICAL, Policy.SET, Policy.IDENTITY, Policy.TERMINAL, Policy.AUTHORITY}
)
"""Policies of cells that staff decide: what a resident says there is a claim."""


def claims(cell: Cell, policy: Policy) -> tuple[Head, ...]:
    """What the resident says of a cell that staff decide, while nobody has answered: heads by the
    resident that say something else than what stands there. () where the resident decides.
    """
    if policy not in CLAIMED:
        return ()
    said = [each.value for each in cell.heads if each.author != "resident"]
    own = tuple(each for each in cell.heads if each.author == "resident" and each.value is not None)
    if policy is Policy.SET and not any(is_present(each) for each in said):  # absent already
        own = tuple(each for each in own if is_present(each.value))
    distinct = {canonical(each) for each in said}
    return tuple(each for each in own if distinct != {canonical(each.value)})


def _with_claims(heads: tuple[Head, ...], policy: Policy, safer: Safer | None) -> Shown:
    said = tuple(each for each in heads if each.author != "resident")
    own = tuple(each for each in heads if each.author == "resident" and each.value is not None)
    if not own:
        return _chosen(said, policy, safer)
    if policy is Policy.SET:
        return _claimed_element(said, own)
    if not said:
        return Shown(None, None, own, conflict=True)
    both = tuple(each for each in heads if each in said or each in own)
    if len({canonical(each.value) for each in both}) == 1:
        return Shown(said[-1].value, said[-1], (), conflict=False)
    if policy is Policy.CLINICAL and safer is not None:
        return _safer_of_claims(said, own, safer)
    chosen = _chosen(said, policy, safer).head
    assert chosen is not None  # several heads by staff: one of them stands
    return _with(both, chosen, conflict=True)


def _claimed_element(said: tuple[Head, ...], own: tuple[Head, ...]) -> Shown:
    """Add wins, whoever added; of equals what staff wrote stands for both."""
    both = (*own, *said)
    if len({canonical(each.value) for each in both}) == 1:
        agreed = both[-1]
        return Shown(agreed.value, agreed, (), conflict=not said and is_present(agreed.value))
    present = [each for each in both if is_present(each.value)]
    chosen = present[-1] if present else both[-1]
    return _with(both, chosen, conflict=bool(present))


def _safer_of_claims(said: tuple[Head, ...], own: tuple[Head, ...], safer: Safer) -> Shown:
    """The safer of all values; a claim that there is none ("") is no value to choose."""
    both = (*own, *said)
    found = _safer_shown(tuple(each for each in both if each.value != ""), safer)
    if found.head is None:
        return Shown(found.value, None, both, conflict=True)
    return _with(both, found.head, conflict=True)


Cells = dict[str, Cell]

_cells = msgspec.json.Decoder(Cells)


def decode_cells(data: bytes) -> Cells:
    return _cells.decode(data) if data else {}


def encode_cells(cells: Cells) -> bytes:
    """Sorted by cell, so equal registers are equal bytes."""
    return msgspec.json.encode(cells, order="sorted")
