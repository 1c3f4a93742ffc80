"""The tablet's copy of its panels: apply pages, let residents go, compare digests, show an archive.

Rules of application (PROTOCOL.md section 8): a page is one local transaction; a put applies only
if its revision is newer or the copy it replaces was confirmed under an older feed epoch; a leave
removes at once. What is compared is received state only: own changes that have not come back lie
beside it and are laid over for reading.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from msgspec import UNSET

from sync import digest, wire
from sync.limits import DIGEST_BUCKETS
from sync.merge import EMPTY, Cells, Head, claims, put
from sync.policy import Policy
from sync.short_cells import read_cells
from sync.tablet_disk import Disk


@dataclass(slots=True)
class Applied:
    """What one page did. `agrees` is None when no digest came with it."""

    rows: int = 0
    left: list[bytes] = field(default_factory=list[bytes])
    agrees: bool | None = None


@dataclass(frozen=True, slots=True)
class Owed:
    """One thing that is owed: may be done from `opens` on, should be by `due`, is missed after
    `closes` (None: it stays owed).
    """

    rule: str
    slot: str
    cls: str
    opens: date
    due: date
    closes: date | None

    def waits(self, on: date) -> bool:
        """Whether it can be done on that day."""
        return self.opens <= on and (self.closes is None or on <= self.closes)


def _plan(who: bytes, cls: str) -> bytes:
    """The name under which a resident's plan of a class is sealed."""
    return b"plan" + who + cls.encode()


class Archive:
    """Received state on disk; sums of it in memory."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self._sums: dict[bytes, int] = {}
        for entity, cls, who, rev in disk.rows("SELECT id, cls, resident, rev FROM entity"):
            self._sums[who] = self._sums.get(who, 0) + digest.leaf(entity, cls, rev)

    # ---- applying ---------------------------------------------------------------------------

    def apply(self, page: wire.Page) -> Applied:
        """Inside the caller's step."""
        done = Applied()
        if page.roster is not None:
            roster = {page.roster[n : n + 16] for n in range(0, len(page.roster), 16)}
            for who in self.members(page.panel) - roster:
                self._leave(page.panel, who, done)
            for who in roster:
                self._join(page.panel, who)
        for raw in page.rows:
            self._row(page, raw, done)
        for raw in page.snap_rows:
            self._row(page, raw, done)
        if page.mended:
            self._again(page, done)
        if page.snap is None and not page.more:
            self._drop_unconfirmed(page)
        if page.root is not None and not page.more:
            done.agrees = self.root(page.panel) == page.root
        return done

    def _row(self, page: wire.Page, raw: Any, done: Applied) -> None:
        row = wire.row(raw)
        done.rows += 1
        if isinstance(row, wire.Leave):
            self._leave(page.panel, row.id, done)
        elif isinstance(row, wire.ResidentPut):
            self._join(page.panel, row.id)
            self._upsert(row.id, row.cls, "resident", row.id, row.rev, page.epoch, bytes(raw))
        elif isinstance(row, wire.PlanPut):
            self._join(page.panel, row.id)
            self._put_plan(row, page.epoch, bytes(raw))
        else:
            change = wire.change(row.change)
            who = row.of or change.resident
            self._join(page.panel, who)
            self._upsert(change.id, row.cls, "event", who, row.rev, page.epoch, bytes(raw))

    def _upsert(
        self, entity: bytes, cls: str, put_: str, who: bytes, rev: int, epoch: int, raw: bytes
    ) -> None:
        old = self._disk.rows(
            "SELECT rev, ep, resident FROM entity WHERE id=? AND cls=?", entity, cls
        )
        if old and old[0][1] >= epoch and old[0][0] >= rev:
            return
        if old:
            self._add(old[0][2], -digest.leaf(entity, cls, old[0][0]))  # may have been another's
        self._add(who, digest.leaf(entity, cls, rev))
        self._disk.run(
            "INSERT OR REPLACE INTO entity (id, cls, put, resident, rev, ep, body) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            entity, cls, put_, who, rev, epoch, self._disk.seal(entity + cls.encode(), raw),
        )  # fmt: skip

    def _put_plan(self, row: wire.PlanPut, epoch: int, raw: bytes) -> None:
        """Beside the entities: no sum covers it."""
        old = self._disk.rows(
            "SELECT rev, ep FROM owed WHERE resident=? AND cls=?", row.id, row.cls
        )
        if old and old[0][1] >= epoch and old[0][0] >= row.rev:
            return
        self._disk.run(
            "INSERT OR REPLACE INTO owed (resident, cls, rev, ep, body) VALUES (?, ?, ?, ?, ?)",
            row.id, row.cls, row.rev, epoch, self._disk.seal(_plan(row.id, row.cls), raw),
        )  # fmt: skip

    def _add(self, who: bytes, leaf: int) -> None:
        self._sums[who] = self._sums.get(who, 0) + leaf

    def _join(self, panel: bytes, who: bytes) -> None:
        self._disk.run("INSERT OR IGNORE INTO member (panel, resident) VALUES (?, ?)", panel, who)
        self._disk.run("DELETE FROM gone WHERE resident=?", who)

    def _leave(self, panel: bytes, who: bytes, done: Applied) -> None:
        self._disk.run("DELETE FROM member WHERE panel=? AND resident=?", panel, who)
        if self._disk.rows("SELECT 1 FROM member WHERE resident=?", who):
            return  # still in another panel of this tablet
        self._forget(who)
        self._disk.run(
            "INSERT OR IGNORE INTO gone (resident, at, panel) VALUES (?, 0, ?)", who, panel
        )
        done.left.append(who)

    def _forget(self, who: bytes) -> None:
        self._disk.run("DELETE FROM entity WHERE resident=?", who)
        self._disk.run("DELETE FROM owed WHERE resident=?", who)
        self._sums.pop(who, None)

    def _again(self, page: wire.Page, done: Applied) -> None:
        """Residents of mended buckets come whole: what is not among them goes."""
        mended = set(page.mended)
        for who in self.members(page.panel):
            if digest.bucket(who) in mended:
                self._forget(who)
                self._disk.run("DELETE FROM member WHERE panel=? AND resident=?", page.panel, who)
        for raw in page.again:
            self._row(page, raw, done)

    def _drop_unconfirmed(self, page: wire.Page) -> None:
        """A snapshot under a newer epoch is complete: what it did not confirm was lost by a
        restore.
        """
        stale = self._disk.rows(
            "SELECT e.id, e.cls, e.resident, e.rev FROM entity e JOIN member m "
            "ON m.resident=e.resident WHERE m.panel=? AND e.ep<?",
            page.panel,
            page.epoch,
        )
        for entity, cls, who, rev in stale:
            self._add(who, -digest.leaf(entity, cls, rev))
            self._disk.run("DELETE FROM entity WHERE id=? AND cls=?", entity, cls)
        self._disk.run(
            "DELETE FROM owed WHERE ep<? AND resident IN "
            "(SELECT resident FROM member WHERE panel=?)",
            page.epoch,
            page.panel,
        )

    # ---- comparing --------------------------------------------------------------------------

    def members(self, panel: bytes) -> set[bytes]:
        return {
            row[0] for row in self._disk.rows("SELECT resident FROM member WHERE panel=?", panel)
        }

    def belongs(self, panel: bytes, who: bytes) -> bool:
        """Whether the resident is in that panel, or was when it last left this tablet."""
        return bool(
            self._disk.rows(
                "SELECT 1 FROM member WHERE panel=? AND resident=? UNION ALL "
                "SELECT 1 FROM gone WHERE panel=? AND resident=?",
                panel, who, panel, who,
            )
        )  # fmt: skip

    def root(self, panel: bytes) -> bytes:
        return digest.add(digest.ZERO, *(self._sums.get(who, 0) for who in self.members(panel)))

    def buckets(self, panel: bytes) -> tuple[bytes, ...]:
        sums = [
            (who, digest.add(digest.ZERO, self._sums.get(who, 0))) for who in self.members(panel)
        ]
        found = digest.buckets(sums)
        assert len(found) == DIGEST_BUCKETS
        return found

    # ---- reading ----------------------------------------------------------------------------

    def cells(self, who: bytes) -> Cells:
        """Register cells as received, with own edits that have not come back laid over."""
        cells: Cells = {}
        for put_ in self._received(who, "resident"):
            row = wire.row(put_)
            assert isinstance(row, wire.ResidentPut)
            cells.update(read_cells(bytes(row.cells)))
        for change, staff in self._own(who):
            if change.set is UNSET:
                continue
            for cell, edit in change.set.items():
                head = Head(change.id, edit.value, "staff", staff, change.at)
                cells[cell] = put(cells.get(cell, EMPTY), head, edit.saw)
        return cells

    def disputes(
        self, who: bytes, policy_of: Callable[[str], Policy]
    ) -> dict[str, tuple[Head, ...]]:
        """居民提出异议: cells of which the resident says something else; nobody has answered yet.

        `policy_of` is the catalogue's word on a cell; where the resident decides there is none.
        """
        found = {name: claims(cell, policy_of(name)) for name, cell in self.cells(who).items()}
        return {name: heads for name, heads in found.items() if heads}

    def events(self, who: bytes) -> list[wire.EventPut]:
        """Records as received, in order of service day."""
        found: list[tuple[str, wire.EventPut]] = []
        for raw in self._received(who, "event"):
            row = wire.row(raw)
            assert isinstance(row, wire.EventPut)
            found.append((wire.change(row.change).on, row))
        return [row for _, row in sorted(found, key=lambda pair: pair[0])]

    def owed(self, who: bytes) -> list[Owed]:
        """What is owed to a resident as received, by due day."""
        found: list[Owed] = []
        for cls, body in self._disk.rows("SELECT cls, body FROM owed WHERE resident=?", who):
            row = wire.row(self._disk.unseal(_plan(who, cls), body))
            assert isinstance(row, wire.PlanPut)
            first = date(row.year, 1, 1)
            found += [
                Owed(
                    each.rule, each.slot, cls, first + timedelta(each.opens),
                    first + timedelta(each.due),
                    None if each.closes is None else first + timedelta(each.closes),
                )
                for each in row.items
            ]  # fmt: skip
        return sorted(found, key=lambda each: (each.due, each.rule, each.slot))

    def _received(self, who: bytes, put_: str) -> list[bytes]:
        rows = self._disk.rows(
            "SELECT id, cls, body FROM entity WHERE resident=? AND put=?", who, put_
        )
        return [self._disk.unseal(entity + cls.encode(), body) for entity, cls, body in rows]

    def _own(self, who: bytes) -> list[tuple[wire.Change, bytes]]:
        staff = self._disk.raw("staff")
        rows = self._disk.rows(
            "SELECT id, body FROM own WHERE resident=? AND state<>'kept' ORDER BY n", who
        )
        return [(wire.change(self._disk.unseal(own, body)), staff) for own, body in rows]
