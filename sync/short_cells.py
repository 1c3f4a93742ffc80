"""Registers in short, as a ResidentPut carries them from `schema` 6 on (PROTOCOL.md 8.1).

Most of a register was written by one act: author, change and moment of forty cells are the same.
So each such head is said once, with the values of the cells it stands in alone. What a cell is
does not change by it: `read_cells` gives the same cells from either form.
"""

from typing import Any, Final

import msgspec
from msgspec import Raw

from sync.merge import Cell, Cells, Head, decode_cells


class _Act(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A head without its value, and the values of the cells that have this head and no other."""

    change: bytes
    author: str
    staff: bytes
    at: int
    values: dict[str, Any]


class _Head(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Ids and value as the text they are in: nothing is read that is only passed on."""

    change: str
    value: Raw
    author: str
    staff: str
    at: int


class _Whole(msgspec.Struct, frozen=True, array_like=True, gc=False):
    heads: tuple[_Head, ...] = ()
    seen: tuple[str, ...] = ()
    claimed: tuple[str, ...] = ()

    def without_empty(self) -> tuple[Any, ...]:
        """Empty lists at the end are left out."""
        if self.claimed:
            return (self.heads, self.seen, self.claimed)
        return (self.heads, self.seen) if self.seen else (self.heads,)


_whole: Final = msgspec.json.Decoder(dict[str, _Whole])
_short: Final = msgspec.json.Decoder(tuple[tuple[_Act, ...], Cells])
_encode: Final = msgspec.json.Encoder().encode


def shorten(cells: bytes) -> bytes:
    """Cells as `merge.encode_cells` writes them, in short; acts in order of their first cell."""
    acts: dict[tuple[str, str, str, int], dict[str, Raw]] = {}
    others: dict[str, tuple[Any, ...]] = {}
    for name, cell in _whole.decode(cells).items():
        if len(cell.heads) != 1 or cell.seen or cell.claimed:
            others[name] = cell.without_empty()
            continue
        head = cell.heads[0]
        key = (head.change, head.author, head.staff, head.at)
        acts.setdefault(key, {})[name] = head.value
    return _encode(([(*key, values) for key, values in acts.items()], others))


def read_cells(data: bytes) -> Cells:
    """Cells of a ResidentPut, in either form, in order of name."""
    if not data.startswith(b"["):
        return decode_cells(data)
    acts, cells = _short.decode(data)
    for act in acts:
        for name, value in act.values.items():
            cells[name] = Cell((Head(act.change, value, act.author, act.staff, act.at),))
    return dict(sorted(cells.items()))
