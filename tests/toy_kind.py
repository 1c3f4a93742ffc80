"""A toy kind of form, so that the merge is tried without health forms.

The word before the colon of a cell is its policy; a cell without one belongs to a newer app.
"""

from collections.abc import Mapping
from typing import Any

from sync.merge import Cell, Head
from sync.policy import Policy
from sync.reconcile import CellRule, Decision, Incoming, Present, Standing, decide

DR_LI, DR_WANG = b"L" * 16, b"W" * 16


def an_id(number: int) -> bytes:
    return number.to_bytes(16)


def rule_of(cell: str) -> CellRule:
    """What it does not know are notes: both are kept."""
    name = cell.partition(":")[0]
    if name not in set(Policy):
        return CellRule(Policy.NOTE)
    return CellRule(Policy(name), max if name == Policy.CLINICAL else None)


def everything(_: bytes) -> bool:
    return True


def nothing(_: bytes) -> bool:
    return False


def event(number: int = 1, **facts: Any) -> Incoming:
    return Incoming(an_id(number), "staff", DR_LI, 0, **facts)


def saves(number: int, author: str = "staff", **cells: tuple[Any, list[int]]) -> Incoming:
    """One register edit: cell -> value and the numbers of the changes seen; "_" stands for ":"."""
    edits = {
        name.replace("_", ":"): (value, tuple(map(an_id, saw)))
        for name, (value, saw) in cells.items()
    }
    return Incoming(an_id(number), author, DR_LI, 0, edits=edits)


def head(number: int, value: Any, author: str = "staff") -> Head:
    return Head(an_id(number), value, author, DR_WANG, 0)


def cells_of(**heads: list[Head]) -> dict[str, Cell]:
    return {name.replace("_", ":"): Cell(heads=tuple(each)) for name, each in heads.items()}


def decided(
    change: Incoming, cells: Mapping[str, Cell] | None = None, standing: Standing | None = None
) -> Decision:
    return decide(change, standing or Present(), cells or {}, rule_of, everything)
