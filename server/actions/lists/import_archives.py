"""Archives of a list, made ready outside the transaction and written inside it.

What is opened this way is an import: author "import", unsigned, shown as such. It goes through the
same tables as one opened at a desk, and raises feed rows, so tablets that carry the panel already
receive it by the ordinary pages. A telephone of a list never signs anybody in: `phone_index` stays
empty.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from server.actions.archives.ledger import ASSIGNED, Ledger, first_rev
from server.actions.keeping.site import Site
from server.records.cells import to_cells
from server.records.kinds import REGISTER
from server.rules.switch import Cause
from server.store.ids import new_id
from server.store.tx import Row, Tx
from server.store.vault import T_CELLS, T_CHANGE, T_RESTRICTED
from sync import digest, wire
from sync.merge import Cell, Head, encode_cells

AUTHOR: Final = "import"


@dataclass(frozen=True, slots=True)
class Opening:
    """One archive to open. `id_index`, `mark`: None where there is no document, no likeness."""

    basics: Mapping[str, Any]
    since: str
    facility: bytes | None
    panel: bytes | None
    id_index: bytes | None
    mark: bytes | None
    archive_no: str


@dataclass(frozen=True, slots=True)
class Ready:
    """The rows of one archive, sealed."""

    resident: bytes
    panel: bytes | None
    facility: bytes | None
    row: Row
    change: Row
    mark: bytes | None
    since: str
    sums: tuple[int, int]
    sealed: tuple[bytes, bytes | None]
    rev: int


def make_ready(site: Site, opening: Opening, *, staff: bytes, now: int, feed_epoch: int) -> Ready:
    """Seals one archive. Slow in the sense of 0.2 ms: called outside the transaction."""
    vault, district, rev = site.vault, site.district, first_rev(feed_epoch)
    resident, change_id = new_id(now), new_id(now)
    key, wrapped = vault.new_key(resident)
    values = to_cells(REGISTER, {**opening.basics, "archive_no": opening.archive_no})
    open_cells: dict[str, Cell] = {}
    closed_cells: dict[str, Cell] = {}
    for cell, value in values.items():
        head = Cell(heads=(Head(change_id, value, AUTHOR, staff, now),))
        (open_cells if REGISTER.access_of(cell).value == "A" else closed_cells)[cell] = head
    cls = "B" if closed_cells else "A"
    change = wire.Change(
        id=change_id, resident=resident, kind=REGISTER.id, v=REGISTER.version, on=opening.since,
        at=now, set={cell: wire.Edit(value=value) for cell, value in values.items()},
    )  # fmt: skip
    at = vault.at
    sealed = key.seal(at(T_CELLS, resident, resident, rev), encode_cells(open_cells))
    closed = None
    if closed_cells:
        place = at(T_RESTRICTED, resident, resident, rev)
        closed = key.seal(place, encode_cells(closed_cells))
    sums = digest.leaf(resident, "A", rev), digest.leaf(resident, "B", rev) if closed else 0
    row = (
        district, resident, opening.panel, opening.facility, "usual", opening.archive_no,
        opening.id_index, None, wrapped, rev, rev if closed else 0,
        digest.add(digest.ZERO, sums[0]), digest.add(digest.ZERO, sums[1]), sealed, closed,
    )  # fmt: skip
    body = key.seal(at(T_CHANGE, change_id, resident), bytes(16) + wire.encode(change))
    kind = REGISTER.id if cls == "A" else None
    made = change_row(
        (district, resident, change_id), (kind, cls, "edit"), opening.since, rev=rev, now=now,
        staff=staff, facility=None, body=body,
    )  # fmt: skip
    return Ready(
        resident, opening.panel, opening.facility, row, made, opening.mark, opening.since, sums,
        (sealed, closed), rev,
    )  # fmt: skip


def change_row(
    ids: tuple[int, bytes, bytes],
    what: tuple[str | None, str, str],
    day: str,
    *,
    rev: int,
    now: int,
    staff: bytes,
    facility: bytes | None,
    flags: str = "",
    body: bytes,
) -> Row:
    """The row of an imported change: no device, no batch, no signature. what: (kind, class, shape);
    `facility`: whose work a record was, None for nobody's.
    """
    credit = "author" if facility else "none"
    return (
        *ids, *what, "applied", "", None, rev, day, now, now, None, 0, 0, 0, staff, AUTHOR, credit,
        facility, flags, None, 0, 0, "resident", body,
    )  # fmt: skip


async def write_archives(tx: Tx, ledger: Ledger, ready: Sequence[Ready]) -> None:
    """The rows of many archives in the caller's transaction; `ledger.flush` comes after."""
    district = ledger.district
    await tx.insert("resident", [each.row for each in ready])
    await tx.insert(
        "likeness", [(district, e.resident, e.mark) for e in ready if e.mark is not None]
    )
    settled = [each for each in ready if each.panel is not None]
    await tx.insert("member", [(district, e.panel, e.resident, ASSIGNED, 0, None) for e in settled])
    cause = Cause.DEFAULT.value
    await tx.insert(
        "assignment",
        [
            (
                district, e.resident, 1, e.facility, e.panel, cause, e.since, None, None, None,
                False, False,
            )
            for e in settled
        ],
    )  # fmt: skip
    for each in ready:
        ledger.changes.append(each.change)
        ledger.note_revision(each.resident, "A", each.rev, each.sealed[0])
        if each.sealed[1] is not None:
            ledger.note_revision(each.resident, "B", each.rev, each.sealed[1])
        if each.panel is None:
            ledger.task("unassigned", each.resident, resident=each.resident, facility=each.facility)
        else:
            ledger.feed.setdefault(each.panel, {})[("resident", each.resident)] = each.resident
            ledger.shift(each.panel, *each.sums)
