"""Where the writer of each change stood: read under the locks, judged by sync.reconcile.

All lookups are set-based: one statement a question for the whole batch, never one a change.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from msgspec import Struct

from server.actions.tablets.intake import civil_day
from server.store.tx import Row, Tx, locking
from sync import wire
from sync.limits import DAY_MS
from sync.reconcile import Former, Guest, Present, Reason, Standing, Stranger, Untrusted

GROUNDS: Final = frozenset({"card", "consent", "emergency"})
TRUSTED: Final = "enrolled"
MERGED: Final = "merged"  # status of an archive for which another stands
_PRESENT: Final = Present()


@dataclass(slots=True)
class DeviceRow:
    """The locked row of a tablet; only what ingest and packing use."""

    device: bytes
    facility: bytes
    status: str
    suite: int
    kem_key: bytes
    restricted: bool
    chain_epoch: int
    epoch_allowed: int
    head_seq: int
    head_digest: bytes
    counter: int
    last_contact: int
    backed_epoch: int
    backed_seq: int
    outcome_n: int
    lease_until: int
    trust: int
    checkpoint: int
    strangers_day: str
    strangers: int


_DEVICE: Final = ",".join(DeviceRow.__slots__)


async def lock_device(tx: Tx, district: int, device: bytes) -> DeviceRow | None:
    rows = await tx.rows(
        f"SELECT {_DEVICE} FROM device WHERE district=? AND device=?{locking(tx)}",
        district,
        device,
    )
    return DeviceRow(*rows[0]) if rows else None


# Of these there is one for every change: a struct is made in a tenth of the time of a dataclass.
class ResidentRow(Struct):
    """The locked row. The sealed cells are read only where somebody edits: they are most of it."""

    resident: bytes
    panel: bytes | None
    facility: bytes | None
    key: bytes
    rev: int
    rev_restricted: int
    sum_open: bytes
    sum_restricted: bytes
    status: str
    sealed_cells: bytes = b""
    sealed_restricted: bytes | None = None


_RESIDENT: Final = "resident,panel,facility,key,rev,rev_restricted,sum_open,sum_restricted,status"
_SEALED: Final = _RESIDENT + ",sealed_cells,sealed_restricted"


async def lock_residents(
    tx: Tx, district: int, ids: Collection[bytes], *, cells_of: Collection[bytes] | None = None
) -> dict[bytes, ResidentRow]:
    """Rows locked in order of id (the lock order everywhere: device, residents, panels).

    `cells_of`: whose sealed cells are wanted as well; None: everybody's.
    """
    if not ids:
        return {}
    plain = cells_of is not None
    rows = await tx.rows_in(
        f"SELECT {_RESIDENT if plain else _SEALED} FROM resident WHERE district=? "
        f"AND resident {{ids}} ORDER BY resident{locking(tx)}",
        sorted(ids),
        district,
    )
    found = {row[0]: ResidentRow(*row) for row in rows}
    if cells_of:
        await _read_sealed(tx, district, found, cells_of)
    return found


async def _read_sealed(
    tx: Tx, district: int, rows: dict[bytes, ResidentRow], ids: Collection[bytes]
) -> None:
    """The sealed cells of some of these locked rows."""
    for who, cells, restricted in await tx.rows_in(
        "SELECT resident, sealed_cells, sealed_restricted FROM resident WHERE district=? "
        "AND resident {ids}",
        sorted(ids),
        district,
    ):
        rows[who].sealed_cells, rows[who].sealed_restricted = cells, restricted


async def survivors(tx: Tx, district: int, ids: Collection[bytes]) -> dict[bytes, bytes]:
    """Of archives that were merged into another: which one stands for each now."""
    if not ids:
        return {}
    rows = await tx.rows_in(
        "SELECT gone, kept FROM merged WHERE district=? AND gone {ids}", sorted(ids), district
    )
    return {row[0]: row[1] for row in rows}


async def names_of(tx: Tx, district: int, who: bytes) -> list[bytes]:
    """The archive and those that were merged into it: whatever stands under one is about it."""
    rows = await tx.rows(
        "SELECT gone FROM merged WHERE district=? AND kept=? ORDER BY gone", district, who
    )
    return [who, *(row[0] for row in rows)]


async def lock_living(
    tx: Tx, district: int, ids: Collection[bytes], *, cells_of: Collection[bytes]
) -> tuple[dict[bytes, ResidentRow], dict[bytes, bytes]]:
    """Rows locked like `lock_residents`, with the survivors of those that were merged:
    (living rows by id, gone -> living).

    Whether an archive is merged is read under its lock; a merge or its undoing that was quicker
    only costs another look.
    """
    kept = await survivors(tx, district, ids)
    wanted = {*ids, *kept.values()}
    rows: dict[bytes, ResidentRow] = {}
    while wanted - rows.keys():
        found = await lock_residents(tx, district, wanted - rows.keys(), cells_of=())
        rows |= found
        if not found:
            break  # nobody has these ids
        gone = {who for who, row in rows.items() if row.status == MERGED}
        kept = await survivors(tx, district, gone) if gone else {}
        wanted = {*rows, *kept.values()}
    living = {who: row for who, row in rows.items() if who not in kept}
    edited = {kept.get(each, each) for each in cells_of} & living.keys()
    if edited:
        await _read_sealed(tx, district, living, edited)
    return living, kept


class Membership(Struct, frozen=True):
    panel: bytes
    ground: str
    until: int | None


@dataclass(frozen=True, slots=True)
class Served:
    """What one tablet was answered of one panel."""

    csn: int
    epoch: int
    acked_csn: int
    acked_at: int


@dataclass(frozen=True, slots=True)
class Field:
    """Everything that says where a writer stands, for the residents of one batch."""

    device: DeviceRow
    served: dict[bytes, Served]  # by panel of this device
    members: dict[bytes, list[Membership]]  # by resident, every panel
    moves: dict[bytes, Row]  # by resident: newest closed assignment in a panel of this device
    consents: dict[bytes, list[tuple[int, int]]]  # by resident: spans in which consent held
    late_ms: int


async def read_field(
    tx: Tx, district: int, device: DeviceRow, residents: set[bytes], late_days: int
) -> Field:
    served_rows = await tx.rows(
        "SELECT panel, served_csn, served_epoch, acked_csn, acked_at FROM device_panel "
        "WHERE district=? AND device=?",
        district,
        device.device,
    )
    served = {row[0]: Served(*row[1:]) for row in served_rows}
    members: dict[bytes, list[Membership]] = {}
    moves: dict[bytes, Row] = {}
    ended: dict[bytes, list[tuple[int, int]]] = {}
    if residents:
        elsewhere = set(residents)
        for resident, panel, ground, until in await tx.rows_in(
            "SELECT resident, panel, ground, until FROM member WHERE district=? AND resident {ids}",
            sorted(residents),
            district,
        ):
            members.setdefault(resident, []).append(Membership(panel, ground, until))
            if panel in served:
                elsewhere.discard(resident)
        moves = await _moves(tx, district, elsewhere, served)
        ended = await _ended_consents(tx, district, elsewhere, served)
    return Field(device, served, members, moves, ended, late_days * DAY_MS)


async def _ended_consents(
    tx: Tx, district: int, residents: set[bytes], served: dict[bytes, Served]
) -> dict[bytes, list[tuple[int, int]]]:
    """From when to when a resident's consent held for a panel of this device: a visit made under
    it may arrive after its end.
    """
    spans: dict[bytes, list[tuple[int, int]]] = {}
    if not residents:
        return spans
    rows = await tx.rows_in(
        "SELECT resident, panel, granted_at, until, revoked_at FROM consent WHERE district=? "
        "AND resident {ids}",
        sorted(residents),
        district,
    )
    for who, panel, granted, until, revoked in rows:
        if panel in served:
            end = until if revoked is None else min(until, revoked)
            spans.setdefault(who, []).append((granted, end))
    return spans


async def _moves(
    tx: Tx, district: int, residents: set[bytes], served: dict[bytes, Served]
) -> dict[bytes, Row]:
    """The newest that left a panel of this device: the archive itself, or one merged into it."""
    if not residents:
        return {}
    merged = await tx.rows_in(
        "SELECT gone, kept FROM merged WHERE district=? AND kept {ids}", sorted(residents), district
    )
    before = {row[0]: row[1] for row in merged}
    rows = await tx.rows_in(
        "SELECT resident, panel, until_day, moved_at, leave_csn, facility FROM assignment "
        "WHERE district=? AND until_day IS NOT NULL AND resident {ids} ORDER BY n",
        sorted({*residents, *before}),
        district,
    )
    return {before.get(row[0], row[0]): row for row in rows if row[1] in served}


def standing_of(
    field: Field,
    change: wire.Change,
    *,
    resident: bytes,
    known: wire.Known | None,
    recorded_at: int,
    now: int,
    epoch: int,
    exists: bool,
) -> Standing:
    """Pure: one change, the field it fell into, what the tablet claims to have known.

    `resident`: whose archive takes it, which after a merge is another than the change says.
    """
    if field.device.status != TRUSTED:
        return Untrusted(Reason.DEVICE)
    if not exists:
        return Stranger()
    grounds = [
        m.ground
        for m in field.members.get(resident, ())
        if m.panel in field.served and (m.until is None or m.until > now)
    ]
    if "assigned" in grounds:
        return _PRESENT
    if grounds:
        return Guest("consent", consented=True)
    move = field.moves.get(resident)
    if move is not None:
        return _former(field, change, move, known, recorded_at, now, epoch)
    spans = field.consents.get(resident, ())
    if any(start <= recorded_at < end for start, end in spans):
        return Guest("consent", consented=True)
    if change.ground is not None and change.ground.kind in GROUNDS:
        return Guest(change.ground.kind)
    return Stranger()


def _former(
    field: Field,
    change: wire.Change,
    move: Row,
    known: wire.Known | None,
    recorded_at: int,
    now: int,
    epoch: int,
) -> Former:
    _, panel, until_day, moved_at, leave_csn, _ = move
    served = field.served[panel]
    served_csn = served.csn if served.epoch == epoch else 0
    claimed = known.csn if known and known.panel == panel and known.epoch == epoch else 0
    if served.acked_at <= recorded_at:  # a signed cursor outweighs a smaller claim made after it
        claimed = max(claimed, served.acked_csn)
    same_day = civil_day(moved_at).isoformat()
    before = change.on < until_day or (
        # On the very day of the move the moment decides, as far as it is known.
        change.on == until_day == same_day and recorded_at < moved_at
    )
    return Former(
        leave_csn=leave_csn,
        known_csn=min(claimed, served_csn),
        served_csn=served_csn,
        before_move=before,
        in_time=now <= moved_at + field.late_ms,
    )
