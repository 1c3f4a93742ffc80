"""What a compacted feed still owes, said a second time and plainly (sync/PROTOCOL.md, 8.12).

Every row that ever stood in a feed is remembered before the server goes through it. At rest each
of them is there, or at or below the mark, or superseded: nothing else may be missing.
"""

from dataclasses import dataclass, field
from typing import Any

LEAVE = "leave"

Row = tuple[str, bytes, bytes]  # op, entity, resident


@dataclass(slots=True)
class Feeds:
    """Rows ever seen: panel -> csn -> row."""

    seen: dict[bytes, dict[int, Row]] = field(default_factory=dict[bytes, dict[int, Row]])

    def note(self, rows: list[tuple[Any, ...]]) -> None:
        for panel, csn, op, entity, resident in rows:
            self.seen.setdefault(panel, {})[csn] = (op, entity, resident)

    def copy(self) -> "Feeds":
        return Feeds({panel: dict(rows) for panel, rows in self.seen.items()})

    def faults(self, panels: list[tuple[Any, ...]], rows: list[tuple[Any, ...]]) -> list[str]:
        """`panels`: (panel, csn, mark); `rows`: what is in the feeds now."""
        self.note(rows)
        there = {(panel, csn) for panel, csn, *_ in rows}
        found: list[str] = []
        for panel, csn, mark in panels:
            known = self.seen.get(panel, {})
            if sorted(known) != list(range(1, csn + 1)):
                found.append("the feed of a panel has counted with a gap")
            if not 0 <= mark <= csn:
                found.append(f"a mark of {mark} in a feed of {csn}")
            missing = {n for n in known if n > mark and (panel, n) not in there}
            found += [
                f"{known[n][0]} {n} of a feed of {csn} is gone above the mark {mark}"
                for n in sorted(missing - superseded(known))
            ]
        return found


def superseded(rows: dict[int, Row]) -> set[int]:
    """A newer mention of the same entity, or a later leave of its resident."""
    newest: dict[tuple[str, bytes], int] = {}
    left: dict[bytes, int] = {}
    for csn, (op, entity, resident) in sorted(rows.items()):
        newest[op, entity] = csn
        if op == LEAVE:
            left[resident] = csn
    return {
        csn
        for csn, (op, entity, resident) in rows.items()
        if csn < newest[op, entity] or csn < left.get(resident, 0)
    }
