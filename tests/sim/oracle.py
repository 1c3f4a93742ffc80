"""What must have become of everything, said a second time and plainly.

The oracle shares no code with the merge, the ledger or the tablet: it remembers what people saved
and what each editor saw, and computes from the edits that were applied which values must be
standing. Of ours it knows the limits and the catalogue of forms only.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from server.records.kinds import get
from sync.limits import DAY_MS, HOLD_MS

SETTLED_AFTER_MS: Final = HOLD_MS + DAY_MS
"""Time after which no change may still wait for what it names."""

OPEN: Final = frozenset({"held", "proposal", "conflict", "quarantined"})
FINAL: Final = frozenset({"applied", "applied_guest", "merged", "superseded"})
STANDING: Final = frozenset({"applied", "merged", "superseded", "conflict"})
"""States of an edit whose value has joined the register."""

FIXED: Final = ("id", "resident", "kind", "v", "on", "at", "mono")
"""Members of a change that its batch may not touch."""


@dataclass(frozen=True, slots=True)
class Saved:
    """One change as its author left it on the tablet."""

    id: bytes
    tablet: str
    resident: bytes
    n: int  # order of saving over all tablets
    raw: dict[str, Any]
    cells: dict[str, tuple[Any, tuple[str, ...]]]  # cell -> value, ids seen (base64 as in JSON)


@dataclass(slots=True)
class Oracle:
    """Memory of what was saved, by whom, having seen what."""

    saved: dict[bytes, Saved] = field(default_factory=dict[bytes, Saved])
    secured: set[bytes] = field(default_factory=set[bytes])  # in the newest verified backup

    def note(self, change: bytes, tablet: str, resident: bytes, raw: bytes) -> Saved:
        said = json.loads(raw)
        cells = {
            cell: (edit["value"], tuple(edit.get("saw", ())))
            for cell, edit in said.get("set", {}).items()
        }
        saved = Saved(change, tablet, resident, len(self.saved), said, cells)
        self.saved[change] = saved
        return saved

    def altered(self, change: bytes, stored: bytes) -> str:
        """In what the stored change differs from what was saved; empty when it does not."""
        mine, theirs = self.saved[change].raw, json.loads(stored)
        names = {*FIXED, *mine, *theirs} - {"se", "kn"}
        return ",".join(sorted(name for name in names if mine.get(name) != theirs.get(name)))


@dataclass(frozen=True, slots=True)
class Standing:
    """One edit that has joined a cell, as the server stored it."""

    id: str  # base64
    value: Any
    saw: tuple[str, ...]


def heads(edits: Iterable[Standing]) -> dict[str, Any]:
    """Who has been seen by nobody: the values that must be standing in the cell."""
    known = list(edits)
    seen = {other for each in known for other in each.saw if other != each.id}
    return {each.id: each.value for each in known if each.id not in seen}


def needs_a_person(cell: str, standing: dict[str, Any]) -> bool:
    """Whether the catalogue leaves these values (all of staff) to a person."""
    values = {json.dumps(value, sort_keys=True) for value in standing.values()}
    if len(values) < 2:
        return False
    policy = get("basic_info", 1).policy_of(cell).value
    if policy == "note":
        return False
    if policy == "set":
        return not all(value in (None, False) for value in standing.values())
    return True
