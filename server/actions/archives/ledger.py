"""What one transaction is about to write, collected in memory and written in a few set-based
statements.

Lock order: the device and resident rows are locked by the caller; panels are locked here, last,
ordered by id, and their counters move in the same statements that place the feed rows. So csn
order is commit order and a page is never missing a row that commits later.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from msgspec import Struct

from server.actions.archives.standing import Membership, ResidentRow
from server.actions.archives.status import follow_register
from server.actions.archives.touched import touch
from server.records.model import AccessClass, Kind
from server.store.ids import new_id
from server.store.trail import audit
from server.store.tx import Row, Tx, locking
from server.store.vault import T_CELLS, T_RESTRICTED, Vault
from sync import digest
from sync.limits import DAY_MS
from sync.merge import Cell, Cells, decode_cells, encode_cells

__all__ = ["Archive", "Ledger", "audit", "first_rev", "next_rev"]

EPOCH_BITS: Final = 32
ASSIGNED: Final = "assigned"  # ground of a membership; consented.py has the others
WHOLE: Final = frozenset({ASSIGNED, "consent_b"})  # grounds that class B goes with as well
TASK_DAYS: Final = {
    "conflict": 3,
    "proposal": 7,
    "held": 5,
    "quarantine": 3,
    "possible_duplicate": 14,
    "twin": 14,
    "unassigned": 14,
    "kin_request": 7,
    "late_visit": 14,
    "identity": 7,
    "switch_request": 5,
    "fork": 1,
    "epoch": 1,
    "suspended": 1,
    "digest": 1,
    "restored": 1,
    "special_case": 10,
    "access_report": 5,
    "access_review": 10,
    "family_freeze": 5,
    "mandate_review": 30,
    "handover": 5,
    "photo": 14,
    "correction": 15,  # unless the district says otherwise (correction_due_days)
    "appeal": 15,
    "denial": 15,
    "denial_reply": 5,
    "assisted": 5,
    "assisted_county": 5,
}
COUNTYS: Final = (
    "('special_case','appeal','access_review','access_report','family_freeze','denial',"
    "'denial_reply','assisted_county')"
)
"""Kinds of tasks that stay with the county, or with the facility that looked or is judged, whoever
the archive's facility is; for SQL.
"""


def next_rev(rev: int, feed_epoch: int) -> int:
    """Revisions count up within a feed epoch and jump with it: one number, always comparable."""
    return max(rev, feed_epoch << EPOCH_BITS) + 1


def first_rev(feed_epoch: int) -> int:
    return next_rev(0, feed_epoch)


class Archive(Struct):
    """One resident in the hands of this transaction: the locked row and, when needed, the opened
    cells.
    """

    row: ResidentRow
    members: list[Membership]
    open_cells: Cells | None = None
    restricted_cells: Cells | None = None
    touched_open: bool = False
    touched_restricted: bool = False
    added_open: int = 0  # digest leaves of new events
    added_restricted: int = 0
    size: int = 0  # bytes of the opened cells and of the edits laid on them

    @property
    def touched(self) -> bool:
        return self.touched_open or self.touched_restricted

    def read_cells(self, vault: Vault) -> None:
        if self.open_cells is not None:
            return
        key = vault.key(self.row.resident, self.row.key)
        who, row = self.row.resident, self.row
        plain = key.open(vault.at(T_CELLS, who, who, row.rev), row.sealed_cells)
        restricted = b""
        if row.sealed_restricted:
            place = vault.at(T_RESTRICTED, who, who, row.rev_restricted)
            restricted = key.open(place, row.sealed_restricted)
        self.open_cells, self.restricted_cells = decode_cells(plain), decode_cells(restricted)
        self.size = len(plain) + len(restricted)

    def put(self, kind: Kind, cells: Mapping[str, Cell]) -> None:
        """New content of register cells, each to its class. `read_cells` has been called."""
        for name, content in cells.items():
            if kind.access_of(name) is AccessClass.A:
                assert self.open_cells is not None
                self.open_cells[name] = content
                self.touched_open = True
            else:
                assert self.restricted_cells is not None
                self.restricted_cells[name] = content
                self.touched_restricted = True

    def cells(self) -> Cells:
        return {**(self.open_cells or {}), **(self.restricted_cells or {})}


async def open_again(tx: Tx, district: int, kind: str, subject: bytes) -> None:
    """A task that somebody has closed is work again; a ledger adds none where one is."""
    await tx.run(
        "UPDATE task SET closed_at=NULL, closed_by=NULL, result='' WHERE district=? AND kind=? AND "
        "subject=?",
        district, kind, subject,
    )  # fmt: skip


@dataclass(slots=True)
class Ledger:
    """Rows on their way. `flush` writes them in lock order, panels last."""

    district: int
    vault: Vault
    now: int
    feed_epoch: int
    archives: dict[bytes, Archive] = field(default_factory=dict[bytes, Archive])
    changes: list[Row] = field(default_factory=list[Row])
    feed: dict[bytes, dict[tuple[str, bytes], bytes]] = field(
        default_factory=dict[bytes, dict[tuple[str, bytes], bytes]]
    )
    tasks: list[Row] = field(default_factory=list[Row])
    waits: list[Row] = field(default_factory=list[Row])
    outcomes: list[Row] = field(default_factory=list[Row])
    attachments: list[Row] = field(default_factory=list[Row])
    moved: dict[bytes, int] = field(default_factory=dict[bytes, int])  # panel -> open sum by moves
    moved_restricted: dict[bytes, int] = field(default_factory=dict[bytes, int])
    revisions: list[bytes] = field(default_factory=list[bytes])
    let_go: list[tuple[bytes, bytes]] = field(default_factory=list[tuple[bytes, bytes]])
    leaves_at: dict[tuple[bytes, bytes], int] = field(
        default_factory=dict[tuple[bytes, bytes], int]
    )  # (panel, resident) -> csn of the leave

    def event(self, resident: bytes, change: bytes, cls: str, rev: int) -> None:
        """A record becomes visible: digest leaf and one feed row in every panel the resident is
        in.
        """
        archive = self.archives[resident]
        leaf = digest.leaf(change, cls, rev)
        if cls == "A":
            archive.added_open += leaf
        else:
            archive.added_restricted += leaf
        for member in archive.members:
            self.feed.setdefault(member.panel, {})[("event", change)] = resident

    def task(
        self, kind: str, subject: bytes, *, resident: bytes | None, facility: bytes | None
    ) -> None:
        due = self.now + TASK_DAYS.get(kind, 7) * DAY_MS
        self.tasks.append(
            (self.district, kind, subject, resident, facility, self.now, due, None, None, "")
        )

    def outcome(self, device: bytes | None, change: bytes, state: str, reason: str) -> None:
        """A later outcome for the tablet that made the change."""
        if device is not None:
            row = (self.district, device, new_id(self.now), None, change, state, reason, self.now)
            self.outcomes.append(row)

    async def flush(self, tx: Tx, what: str, detail: bytes) -> None:
        """Everything, with one audit leaf over `detail` and the revisions made; panels last."""
        await tx.insert("change", self.changes)
        await tx.insert("attachment", self.attachments, ignore=True)
        await tx.insert("wait", self.waits, ignore=True)
        await tx.insert("task", self.tasks, ignore=True)
        await tx.insert("outcome", self.outcomes)
        for archive in self.archives.values():
            if archive.touched_open and archive.open_cells is not None:
                await follow_register(tx, self.vault, archive.row, archive.open_cells, self.now)
        await self._write_archives(tx)
        changed = {row[1] for row in self.changes}
        for placed in self.feed.values():
            changed.update(placed.values())
        for who, archive in self.archives.items():  # who is in no panel has no feed
            if archive.touched or archive.added_open or archive.added_restricted:
                changed.add(who)
        await touch(tx, self.district, changed, self.now)
        await audit(tx, self.district, what, detail + b"".join(self.revisions), self.now)
        await self.place(tx)
        await self._ask_back(tx)

    async def _ask_back(self, tx: Tx) -> None:
        """Tablets of a panel that was left are asked to let the copy go.

        After the panels are locked: a page of the old panel that was being packed has committed
        its copy row by then. A tablet that carries another panel of the resident keeps its copy.
        """
        for who, panel in self.let_go:
            await tx.run(
                "UPDATE copy SET state='asked', changed_at=? WHERE district=? AND resident=? AND "
                "state='possible' AND device IN (SELECT device FROM device_panel WHERE district=? "
                "AND panel=?) AND device NOT IN (SELECT p.device FROM device_panel p JOIN member m "
                "ON m.district=p.district AND m.panel=p.panel WHERE m.district=? "
                "AND m.resident=?)",
                self.now, self.district, who, self.district, panel, self.district, who,
            )  # fmt: skip

    async def _write_archives(self, tx: Tx) -> None:
        cells: list[Row] = []
        sums: list[Row] = []
        for archive in self.archives.values():
            before = archive.row.sum_open, archive.row.sum_restricted
            open_delta, restricted_delta = archive.added_open, archive.added_restricted
            if archive.touched:
                moved_open, moved_restricted = self._reseal(archive)
                open_delta += moved_open
                restricted_delta += moved_restricted
                row = archive.row
                revs = (row.rev, row.rev_restricted)
                sealed = (row.sealed_cells, row.sealed_restricted)
                cells.append((self.district, row.resident, *revs, *sealed))
            if not (open_delta or restricted_delta):
                continue
            after = digest.add(before[0], open_delta), digest.add(before[1], restricted_delta)
            archive.row.sum_open, archive.row.sum_restricted = after
            sums.append((self.district, archive.row.resident, *after))
            for member in archive.members:
                # A panel that reads class A by consent has a digest that says so.
                theirs = restricted_delta if member.ground in WHOLE else 0
                self.shift(member.panel, open_delta, theirs)
        key = ("district", "resident")
        await tx.update(
            "resident", key, ("rev", "rev_restricted", "sealed_cells", "sealed_restricted"), cells
        )
        await tx.update("resident", key, ("sum_open", "sum_restricted"), sums)

    def shift(self, panel: bytes, open_delta: int, restricted_delta: int) -> None:
        self.moved[panel] = self.moved.get(panel, 0) + open_delta
        self.moved_restricted[panel] = self.moved_restricted.get(panel, 0) + restricted_delta

    def _reseal(self, archive: Archive) -> tuple[int, int]:
        """New revision and new seal of the touched cells, once a transaction; returns the digest
        deltas.
        """
        row, vault = archive.row, self.vault
        who = row.resident
        key = vault.key(who, row.key)
        deltas = [0, 0]
        if archive.touched_open:
            old = digest.leaf(who, "A", row.rev)
            row.rev = next_rev(row.rev, self.feed_epoch)
            plain = encode_cells(archive.open_cells or {})
            row.sealed_cells = key.seal(vault.at(T_CELLS, who, who, row.rev), plain)
            deltas[0] = digest.leaf(who, "A", row.rev) - old
            self.note_revision(who, "A", row.rev, row.sealed_cells)
        if archive.touched_restricted:
            old = digest.leaf(who, "B", row.rev_restricted) if row.rev_restricted else 0
            row.rev_restricted = next_rev(row.rev_restricted, self.feed_epoch)
            plain = encode_cells(archive.restricted_cells or {})
            row.sealed_restricted = key.seal(
                vault.at(T_RESTRICTED, who, who, row.rev_restricted), plain
            )
            deltas[1] = digest.leaf(who, "B", row.rev_restricted) - old
            self.note_revision(who, "B", row.rev_restricted, row.sealed_restricted)
        for member in archive.members:
            self.feed.setdefault(member.panel, {})[("resident", who)] = who
        return deltas[0], deltas[1]

    def note_revision(self, who: bytes, cls: str, rev: int, sealed: bytes) -> None:
        """For the audit leaf: which revision is current and a hash of its sealed bytes (never of
        content).
        """
        self.revisions.append(who + cls.encode() + rev.to_bytes(8) + sha256(sealed).digest()[:16])

    async def place(self, tx: Tx) -> None:
        """Last of the transaction: lock the panels, count up, place the feed rows. By itself for
        what is derived from archives, whose change is already in the audit.
        """
        panels = sorted({*self.feed, *self.moved})
        if not panels:
            return
        rows = await tx.rows_in(
            "SELECT panel, csn, root_open, root_restricted FROM panel WHERE district=? "
            f"AND panel {{ids}} ORDER BY panel{locking(tx)}",
            panels,
            self.district,
        )
        feed: list[Row] = []
        updates: list[Row] = []
        for panel, last, root_open, root_restricted in rows:
            placed = self.feed.get(panel, {})
            for csn, ((op, entity), resident) in enumerate(placed.items(), start=last + 1):
                feed.append((self.district, panel, csn, op, resident, entity))
                if op == "leave":
                    self.leaves_at[panel, resident] = csn
            roots = (
                digest.add(root_open, self.moved.get(panel, 0)),
                digest.add(root_restricted, self.moved_restricted.get(panel, 0)),
            )
            updates.append((self.district, panel, last + len(placed), *roots))
        await tx.update(
            "panel", ("district", "panel"), ("csn", "root_open", "root_restricted"), updates
        )
        await tx.insert("feed", feed)
