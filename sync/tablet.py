"""The reference tablet: records offline, seals, exchanges, applies. Tests, demo, benches and
scripts use it.

It is also the shortest complete reading of PROTOCOL.md. `save_*` puts record and change on disk
in one step; `seal` closes what waits into a signed batch that lies on disk before it is first
sent; `request` gives the bytes to send and `take` applies the answer, so a test can lose, double
or break anything in between. `exchange` and `sync` do both.

    own change: open -> (seal) sent -> (receipt) receipted -> (page without more) in the archive
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Raw

from crypto.keys import KemKeyPair, SigningKeyPair, SigningPublicKey, Suite
from sync import wire
from sync.enrol import Enrolled
from sync.enrol_wire import open_bundle
from sync.limits import (
    BATCH_TARGET_CHANGES,
    CLOCK_WARN_MS,
    DIGEST_BUCKETS,
    DIGEST_REPAIRS,
)
from sync.tablet_archive import Archive
from sync.tablet_custody import Custody
from sync.tablet_disk import COST_LOG2, Disk
from sync.tablet_outbox import Outbox
from sync.tablet_photos import Photos
from sync.tablet_reports import SCHEMA
from sync.tablet_state import NotTheServer, Post, Result, State, Unlocked
from sync.tablet_trust import opened, server_signer, witness

RECEIPT_LABEL: Final = b"gongwei/receipt\x00"
_ASIDE: Final = frozenset({"proposal", "held", "quarantined"})  # not in the shown values
_UNREAD: Final = frozenset({"malformed", "too_large", "unread"})


class Tablet:
    """One device, one member of staff. Opened without a passphrase it only sends what is ready."""

    def __init__(
        self, disk: Disk, *, clock: Callable[[], int], new_id: Callable[[int], bytes]
    ) -> None:
        self.disk = disk
        self._clock = clock
        self._new_id = new_id
        self.state = State.of(disk)
        disk.undone = lambda: self.state.again(disk)
        if self.state.schema < SCHEMA:
            self._upgrade()
        suite = Suite(self.state.suite)
        self._keys: Unlocked | None = None
        self._archive: Archive | None = None
        if not disk.locked:
            self._archive = Archive(disk)
            self._keys = Unlocked(
                KemKeyPair.from_private(suite, disk.secret("kem")),
                SigningKeyPair.from_private(suite, disk.secret("sign")),
                SigningPublicKey(suite, self.state.trust),
                wire.bundle(self.state.keys),
            )
        self.outbox = Outbox(disk, self.state, self._keys, self._archive, clock)
        self.custody = Custody(disk, self.state)
        self.photos = Photos(disk, self.state, self._keys)

    @classmethod
    def create(
        cls,
        path: Path,
        enrolled: Enrolled,
        passphrase: str,
        *,
        clock: Callable[[], int],
        new_id: Callable[[int], bytes],
        cost_log2: int = COST_LOG2,
    ) -> "Tablet":
        """A new tablet from a finished enrolment.

        Raises FileExistsError rather than overwrite one.
        """
        disk = Disk.create(path, passphrase, cost_log2=cost_log2)
        cursors = {
            panel.id.hex(): wire.Cursor(panel=panel.id, epoch=0, csn=0) for panel in enrolled.panels
        }
        state = State(
            device=enrolled.device, staff=enrolled.staff, suite=int(enrolled.suite),
            district=enrolled.district, trust=enrolled.trust.raw,
            keys=bytes(enrolled.bundle.bundle), chain_epoch=enrolled.epoch,
            server_now=enrolled.now, lease=enrolled.lease, cursors=cursors, schema=SCHEMA,
        )  # fmt: skip
        with disk.step():
            state.store(disk)
            disk.put_raw("staff", enrolled.staff)
            disk.put_secret("kem", enrolled.kem.private_bytes())
            disk.put_secret("sign", enrolled.signing.private_bytes())
        return cls(disk, clock=clock, new_id=new_id)

    @classmethod
    def open(
        cls,
        path: Path,
        passphrase: str | None,
        *,
        clock: Callable[[], int],
        new_id: Callable[[int], bytes],
    ) -> "Tablet":
        """Raises WrongPassphrase or Wiped."""
        return cls(Disk.open(path, passphrase), clock=clock, new_id=new_id)

    def close(self) -> None:
        self.disk.close()

    def _upgrade(self) -> None:
        """A tablet of an earlier schema takes a new snapshot, with the rows it could not hold."""
        fresh = {
            name: wire.Cursor(panel=each.panel, epoch=0, csn=0)
            for name, each in self.state.cursors.items()
        }
        self.state.cursors, self.state.schema = fresh, SCHEMA
        with self.disk.step():
            self.disk.upgrade()
            self.state.store(self.disk)

    @property
    def archive(self) -> Archive:
        assert self._archive is not None, "locked"
        return self._archive

    @property
    def waiting(self) -> int:
        """Changes that have no receipt yet."""
        return self.outbox.waiting

    # ---- recording --------------------------------------------------------------------------

    def save_event(
        self,
        resident: bytes,
        kind: str,
        on: str,
        body: Mapping[str, Any] | bytes,
        *,
        version: int = 1,
        amends: bytes | None = None,
        ground: wire.Ground | None = None,
        attach: tuple[wire.Attach, ...] = (),
    ) -> bytes:
        """A filled-in form. On disk when this returns; the id of its change."""
        raw = Raw(body if isinstance(body, bytes) else wire.encode(body))
        blank = self.blank(resident, kind, on, version=version)
        return self.save(
            msgspec.structs.replace(blank, body=raw, amends=amends, ground=ground, attach=attach)
        )

    def void(self, resident: bytes, kind: str, on: str, change: bytes, reason: str) -> bytes:
        """Takes a record back, with a reason; it stays in the history."""
        made = self.blank(resident, kind, on)
        return self.save(msgspec.structs.replace(made, voids=change, reason=reason))

    def save_edit(
        self, resident: bytes, cells: Mapping[str, Any], on: str, *, kind: str = "basic_info"
    ) -> bytes:
        """New values of register cells; each names the heads seen now, own unsent ones too."""
        seen = self.archive.cells(resident)
        edits = {
            cell: wire.Edit(
                value=value,
                saw=tuple(head.change for head in seen[cell].heads) if cell in seen else (),
            )
            for cell, value in cells.items()
        }
        return self.save(msgspec.structs.replace(self.blank(resident, kind, on), set=edits))

    def blank(self, resident: bytes, kind: str, on: str, *, version: int = 1) -> wire.Change:
        """A change with its id and stamps, still without content."""
        now = self._clock()
        return wire.Change(
            id=self._new_id(now), resident=resident, kind=kind, v=version, on=on, at=now,
            mono=self.outbox.session_ms,
        )  # fmt: skip

    def save(self, change: wire.Change) -> bytes:
        """Record and change in one local step; what the tablet knew of the panel is written
        beside it.
        """
        cursor = self._cursor_for(change.resident)
        claim = wire.Known(
            panel=cursor.panel, epoch=cursor.epoch, csn=cursor.csn, at=self.state.server_now
        )
        with self.disk.step():
            self.state.saved += 1
            self.disk.run(
                "INSERT INTO own (id, resident, n, state, session, known, body) "
                "VALUES (?, ?, ?, 'open', ?, ?, ?)",
                change.id, change.resident, self.state.saved, self.outbox.note_session(),
                wire.encode(claim), self.disk.seal(change.id, wire.encode(change)),
            )  # fmt: skip
            self.photos.named(change)
            self.state.store(self.disk)
        return change.id

    def note_reading(self, resident: bytes, purpose: str) -> None:
        """An archive was opened offline: it goes into the access log with the next exchange."""
        with self.disk.step():
            self.disk.run(
                "INSERT INTO looked (resident, at, purpose) VALUES (?, ?, ?)",
                resident, self._clock(), self.disk.seal(resident, purpose.encode()),
            )  # fmt: skip

    def _cursor_for(self, resident: bytes) -> wire.Cursor:
        """Of the panel the resident is in, or was in when it left."""
        cursors = list(self.state.cursors.values())
        own = (each for each in cursors if self.archive.belongs(each.panel, resident))
        return next(own, cursors[0])

    def fate(self, change: bytes) -> tuple[str, str]:
        """(state, reason) of an own change as the server last told it; ("", "") before its
        receipt.
        """
        rows = self.disk.rows("SELECT state, reason FROM fate WHERE id=?", change)
        return (rows[0][0], rows[0][1]) if rows else ("", "")

    # ---- exchanging -------------------------------------------------------------------------

    def seal(self, *, most: int = BATCH_TARGET_CHANGES) -> int:
        """Closes what waits into ready batches (the app locks, hides or changes user)."""
        total = 0
        while made := self.outbox.seal(most=most):
            total += made
        return total

    def request(self) -> bytes | None:
        return self.outbox.request()

    def take(self, request: bytes, answer_bytes: bytes) -> Result:
        """Applies an answer to `request`.

        Raises NotTheServer, and changes nothing, if it is not one.
        """
        keys = self._keys
        if keys is None:  # locked or wiped: the answer cannot be opened, the batches stay
            return Result()
        if not self.outbox.is_newest(request):
            raise NotTheServer("answer to an earlier request")
        answer, feed_epoch = opened(keys, self.state, request, answer_bytes)
        result = Result(more=answer.more, refused=answer.refused)
        with self.disk.step():
            self._take_facts(keys, answer, feed_epoch, result)
            self._take_checkpoint(keys, answer, self.outbox.claimed(request), result)
            self._take_receipt(keys, answer, result)
            self._take_outcomes(answer, result)
            self._take_pages(answer, result)
            self._let_go()
            if answer.pages and not answer.refused:
                self.outbox.was_told(request)
            self.state.store(self.disk)
        if any(command.do == "wipe" for command in answer.commands):
            if self.state.behind:
                self.outbox.start_epoch()
            self.seal()  # nobody's work is wiped: it stays, for the server alone to read
            self.outbox.say_farewell()
            self.disk.wipe()
            self._archive = self._keys = None
            self.photos = Photos(self.disk, self.state, None)
            self.outbox.lock()
            result.wiped = True
            return result
        if result.refused == "unknown_key":
            self.outbox.recut()
        if result.refused == "gap" and not self.outbox.follows() and not self.outbox.recut():
            self.outbox.lose_the_thread()
        result.more = result.more or self.outbox.oldest_ready() is not None
        return result

    def _take_facts(
        self, keys: Unlocked, answer: wire.Answer, feed_epoch: int, result: Result
    ) -> None:
        """Clock, trust, chain head, backup mark, lease."""
        state, now = self.state, self._clock()
        restored = 0 < state.feed_epoch < feed_epoch
        state.server_now, state.offset = answer.now, answer.now - now
        self.outbox.note_session()
        state.lease, state.feed_epoch = answer.lease, feed_epoch
        result.clock_off_ms = abs(answer.now - now) if abs(answer.now - now) > CLOCK_WARN_MS else 0
        if restored:  # its outcomes and checkpoints are counted anew from what the backup held
            state.outcomes_seen = state.checkpoint = 0
            state.checkpoint_root = b""
            result.more = True
        for command in answer.commands:
            if command.do == "counter" and command.ms > state.counter:
                state.counter = command.ms  # another copy of this tablet has counted further
                result.more = True
        if answer.trust is not None:
            keys.server = open_bundle(answer.trust, keys.trust)
            state.keys = bytes(answer.trust.bundle)
        if answer.trust is not None or not state.trust_epoch:
            state.trust_epoch = feed_epoch
        if answer.head is not None:
            self.custody.take_head(answer.head, restored=restored)
        if answer.backed_up is not None:
            self.custody.drop_backed_up(answer.backed_up)

    def _take_checkpoint(
        self, keys: Unlocked, answer: wire.Answer, claimed: int | None, result: Result
    ) -> None:
        """A proof starts where its question stood: only one that names what is held is judged."""
        told = answer.checkpoint
        if told is None or claimed != self.state.checkpoint or told.size <= self.state.checkpoint:
            return
        result.audit_holds = witness(keys, self.state, told)

    def _take_receipt(self, keys: Unlocked, answer: wire.Answer, result: Result) -> None:
        if answer.receipt is None:
            return
        raw = bytes(answer.receipt.receipt)
        if not server_signer(keys, self.state).verify(
            RECEIPT_LABEL + raw, answer.receipt.signature
        ):
            raise NotTheServer("receipt not signed")
        for change, state, reason in self.custody.take_receipt(raw):
            self._fate(change, state, reason)
            result.receipts += 1

    def _fate(self, change: bytes, state: str, reason: str) -> None:
        self.disk.run(
            "INSERT OR REPLACE INTO fate (id, state, reason) VALUES (?, ?, ?)",
            change, state, reason,
        )  # fmt: skip
        if state in _ASIDE and reason not in _UNREAD:
            self.disk.run("DELETE FROM own WHERE id=?", change)
        elif (
            state in _ASIDE
        ):  # the server could not read it: this tablet has the only readable copy
            self.disk.run("UPDATE own SET state='kept' WHERE id=?", change)
        else:
            self.disk.run("UPDATE own SET state='receipted' WHERE id=?", change)

    def _take_outcomes(self, answer: wire.Answer, result: Result) -> None:
        for row in answer.outcomes:
            if row.n == self.state.outcomes_seen + 1:
                self._fate(row.change, row.state, row.reason)
                self.state.outcomes_seen = row.n
                result.outcomes.append(row)

    def _take_pages(self, answer: wire.Answer, result: Result) -> None:
        whole = bool(answer.pages)
        for raw in answer.pages:
            page = wire.page(raw)
            name = page.panel.hex()
            cursor = self.state.cursors.get(name, wire.Cursor(panel=page.panel, epoch=0, csn=0))
            if page.roster is None and (page.start, page.epoch) != (cursor.csn, cursor.epoch):
                whole = False
                continue  # an answer to an older cursor: what it holds has been applied
            done = self.archive.apply(page)
            result.pages.append(done)
            self.state.cursors[name] = wire.Cursor(
                panel=page.panel, epoch=page.epoch, csn=page.end, snap=page.snap
            )
            whole = whole and not page.more
            self.state.ask[name] = done.agrees is False
            if done.agrees is not None:
                self.state.misses = 0 if done.agrees else self.state.misses + 1
                # A repair may take several pages; each mends at least one bucket.
                again = not done.agrees and self.state.misses <= DIGEST_REPAIRS + DIGEST_BUCKETS
                result.more = result.more or again
        if whole:  # packed after these were taken in: the archive holds them now
            self.disk.run("DELETE FROM own WHERE state='receipted'")

    def _let_go(self) -> None:
        """Residents that left are purged; stated once no own change on them waits for a receipt."""
        self.disk.run(
            "UPDATE gone SET at=? WHERE at=0 AND resident NOT IN "
            "(SELECT resident FROM own WHERE state IN ('open','sent'))",
            self._clock() or 1,  # 0 is not yet; a clock may stand before 1970
        )

    def exchange(self, post: Post) -> Result | None:
        """One round trip. None when there is nothing a locked tablet could send."""
        request = self.request()
        if request is None:
            return None
        return self.take(request, post(request))

    def sync(self, post: Post, *, most: int = 10_000) -> list[Result]:
        """Until neither side has more."""
        results: list[Result] = []
        while len(results) < most:
            result = self.exchange(post)
            if result is None:
                break
            results.append(result)
            locked = self._keys is None  # wiped just now: what lies ready still goes, to the last
            if not (locked or result.more or result.receipts):
                break
        return results
