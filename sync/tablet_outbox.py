"""The durable sealed outbox: what waits is closed into signed batches that lie on disk before
they are sent.

A batch is its bytes. It is sent, and sent again, exactly as it lies there; it is closed anew
(`recut`) only after a signed answer showed the server's head below it, and then it names what it
replaces. It is kept, readable by the server alone, until the server's backup mark has passed it
(PROTOCOL.md section 4).
"""

import os
from collections.abc import Callable
from typing import Any, Final

import msgspec
from msgspec import Raw

from crypto.commitment import commit
from crypto.envelope import UpHeader, seal_up
from crypto.keys import KemPublicKey, Suite
from crypto.primitives import sha256
from sync import wire
from sync.limits import BATCH_TARGET_CHANGES, ENVELOPE_BYTES, SESSIONS_PER_BATCH
from sync.tablet_archive import Archive
from sync.tablet_disk import Disk
from sync.tablet_reports import SCHEMA, Reports
from sync.tablet_state import State, Unlocked

_NAMED: Final = 30  # earlier batches one header names at most (it takes 32, its own place too)
_READABLE: Final = (
    "SELECT epoch, seq, digest FROM batch WHERE state='ready' AND EXISTS (SELECT 1 FROM own "
    "WHERE own.epoch=batch.epoch AND own.seq=batch.seq AND own.state='sent' "
    "AND instr(batch.ids, own.id)>0)"
)
"""Ready batches that can be made anew. Where places were lost on both sides another batch may lie
at the same one, as sealed bytes alone: that one stays as it is.
"""
_OPEN: Final = "SELECT id, known, body, session, was FROM own WHERE state='open' ORDER BY n LIMIT ?"


class Outbox:
    """Closes, keeps and hands out envelopes. Not thread-safe."""

    def __init__(
        self,
        disk: Disk,
        state: State,
        keys: Unlocked | None,
        archive: Archive | None,
        clock: Callable[[], int],
    ) -> None:
        self._disk = disk
        self._state = state
        self._keys = keys
        self._archive = archive
        self._clock = clock
        self._started = clock()
        self._mono = 0
        self._asked = b""  # digest of the newest request of this run
        self._session = os.urandom(8)
        self._sent: set[bytes] = set()  # by a locked tablet, in this run
        self._reports = Reports(disk, state, keys, archive, clock)

    # ---- closing ----------------------------------------------------------------------------

    @property
    def waiting(self) -> int:
        """Changes that have no receipt yet."""
        return self._reports.waiting

    @property
    def session_ms(self) -> int:
        """The monotonic clock of this run of the app; the wall clock may be set back meanwhile."""
        self._mono = max(self._mono, self._clock() - self._started)
        return self._mono

    def seal(self, *, cursors: bool = False, most: int = BATCH_TARGET_CHANGES) -> int:
        """Closes what waits into one ready batch; returns how many changes, 0 when none waits."""
        if self._state.behind:
            return 0
        rows = self._disk.rows(_OPEN, min(most, self._state.most))
        if not rows:
            return 0
        with self._disk.step():
            return self._seal_rows(rows, cursors=cursors)

    def _seal_rows(self, rows: list[tuple[Any, ...]], *, cursors: bool) -> int:
        """As many of the rows as fit into one envelope; at least one."""
        state = self._state
        rows = _few_names(rows)
        while True:
            batch = self._filled(rows, cursors=cursors)
            raws = [bytes(raw) for raw in batch.changes]
            root = commit(batch.secret, raws).root if raws else bytes(32)
            header = self._header(
                seq=state.seq + 1, root=root, replaces=self._named(rows, state.seq + 1)
            )
            sealed = self._sealed(header, batch)
            if len(sealed) <= ENVELOPE_BYTES or len(rows) <= 1:
                break
            rows = rows[: len(rows) // 2]
        digest, seq, epoch = sha256(sealed), state.seq + 1, state.chain_epoch
        self._disk.run(
            "INSERT OR REPLACE INTO batch (epoch, seq, digest, state, at, beside, taken, ids, "
            "body) VALUES (?, ?, ?, 'ready', ?, 0, 0, ?, ?)",
            epoch, seq, digest, self._clock(), b"".join(row[0] for row in rows), sealed,
        )  # fmt: skip
        self._disk.run("INSERT OR IGNORE INTO mine (digest) VALUES (?)", digest)
        self._disk.many(
            "UPDATE own SET state='sent', epoch=?, seq=? WHERE id=?",
            [(epoch, seq, row[0]) for row in rows],
        )
        self._reports.tells(digest)
        state.seq, state.prev = seq, digest
        state.high = max(state.high, seq)
        state.store(self._disk)
        return len(rows)

    def _named(self, rows: list[tuple[Any, ...]], seq: int) -> tuple[int, ...]:
        """Places whose first envelope may still arrive: those of these changes, and this one if it
        was given before. A second envelope that does not say so is a fork.
        """
        named = {row[4] for row in rows if row[4] is not None}
        return tuple(sorted(named | ({seq} if seq <= self._state.high else set())))

    def _filled(self, rows: list[tuple[Any, ...]], *, cursors: bool) -> wire.Batch:
        """The changes byte for byte as saved; beside them what was known and which session."""
        known: dict[bytes, int] = {}
        sessions: dict[bytes, int] = {}
        marks: list[tuple[int, int]] = []
        raws: list[Raw] = []
        for change_id, claim, body, session, _ in rows:
            raws.append(Raw(self._disk.unseal(change_id, body)))
            place = sessions.setdefault(session, len(sessions))
            marks.append((place, known.setdefault(claim, len(known))))
        return msgspec.structs.replace(
            self._reports.batch(cursors=cursors),
            secret=os.urandom(16),
            sessions=tuple(self._session_of(each) for each in sessions),
            known=tuple(msgspec.json.decode(claim, type=wire.Known) for claim in known),
            changes=tuple(raws),
            marks=tuple(marks) if any(mark != (0, 0) for mark in marks) else (),
        )

    def _session_of(self, session: bytes) -> wire.Session:
        """Clock readings of the run of the app in which a change was saved."""
        rows = self._disk.rows("SELECT body FROM session WHERE id=?", session)
        return msgspec.json.decode(rows[0][0], type=wire.Session)

    def note_session(self) -> bytes:
        """Writes down this run's clocks, inside the caller's step; its id."""
        now = self._clock()
        reading = wire.Session(
            id=self._session, wall=now, mono=self.session_ms, offset=self._state.offset,
            sigma=self._state.sigma,
        )  # fmt: skip
        self._disk.run(
            "INSERT OR REPLACE INTO session (id, body) VALUES (?, ?)",
            self._session, wire.encode(reading),
        )  # fmt: skip
        return self._session

    def recut(self, most: int = BATCH_TARGET_CHANGES) -> int:
        """Closes every batch without a receipt anew, above the server's head as last told: for
        the newest server key, at most `most` changes each. Returns how many batches it made.
        """
        state = self._state
        if state.behind:
            return 0
        old = self._disk.rows(
            _READABLE + " AND (epoch, seq) > (?, ?) ORDER BY epoch, seq",
            state.head_epoch,
            state.head_seq,
        )
        if not old:
            return 0
        made = 0
        with self._disk.step():
            self._reopen(old)
            # An epoch that has begun here and not arrived there starts at its first place.
            state.seq = state.head_seq if state.chain_epoch == state.head_epoch else 0
            state.prev = state.head_digest
            while rows := self._disk.rows(_OPEN, min(most, state.most)):
                self._seal_rows(rows, cursors=False)
                made += 1
        return made

    def _reopen(self, old: list[tuple[Any, ...]]) -> None:
        self._disk.many(
            "UPDATE own SET state='open', was=seq WHERE epoch=? AND seq=? AND state='sent'",
            [row[:2] for row in old],
        )
        self._disk.many("DELETE FROM batch WHERE digest=?", [row[2:] for row in old])

    def start_epoch(self) -> None:
        """After `behind`: the next chain starts at the server's head, with everything that has no
        receipt. An administrator confirms it at the server.
        """
        state = self._state
        with self._disk.step():
            # What was asked for again after a restore lies here as sealed bytes only: it is sent
            # as is.
            self._reopen(self._disk.rows(_READABLE))
            self._disk.run("UPDATE own SET was=NULL")  # places of the old chain mean nothing here
            state.chain_epoch, state.seq, state.high = state.head_epoch + 1, 0, 0
            state.prev, state.behind = state.head_digest, False
            state.store(self._disk)
            sealed_only = self._disk.rows("SELECT 1 FROM batch WHERE state='ready' LIMIT 1")
            if sealed_only and not self._disk.rows(_OPEN, 1):
                self._seal_rows([], cursors=False)  # opens the chain that the old ones come behind

    def lose_the_thread(self) -> None:
        """The server wants a batch that is no longer here (it was restored from further back than
        its mark promised): what is left can only follow in a new chain.
        """
        with self._disk.step():
            self._state.behind = True
            self._state.store(self._disk)

    # ---- sending ----------------------------------------------------------------------------

    def request(self) -> bytes | None:
        """The next envelope: the oldest batch without a receipt, byte for byte; else what waits,
        closed into one; else an empty exchange. None: locked, with nothing ready.
        """
        made = self._next_request()
        self._asked = sha256(made) if made is not None else b""
        return made

    def is_newest(self, request: bytes) -> bool:
        """Whether nothing newer was asked since: an answer to an older question tells of a state
        that later answers have overtaken.
        """
        return not self._asked or self._asked == sha256(request)

    def _next_request(self) -> bytes | None:
        if self._keys is None:
            return self._next_locked()
        ready = self.oldest_ready()
        if ready is not None:
            return ready
        if self.seal(cursors=True):
            return self.oldest_ready()
        with self._disk.step():
            self._state.counter += 1
            self._state.store(self._disk)
        sealed = self._sealed(
            self._header(counter=self._state.counter), self._reports.batch(cursors=True)
        )
        self._reports.tells(sha256(sealed))
        return sealed

    def follows(self) -> bool:
        """Whether a ready batch continues the chain at the server's head as last told."""
        state = self._state
        return bool(
            self._disk.rows(
                "SELECT 1 FROM batch WHERE state='ready' AND epoch=? AND seq=?",
                state.head_epoch, state.head_seq + 1,
            )
        )  # fmt: skip

    def _next_locked(self) -> bytes | None:
        """Locked or wiped, no answer can be read: each ready batch is sent once a run."""
        for digest, body in self._disk.rows(
            "SELECT digest, body FROM batch WHERE state='ready' ORDER BY epoch, seq"
        ):
            if digest not in self._sent:
                self._sent.add(digest)
                return body
        farewell = self._disk.raw("farewell")
        if farewell and farewell not in self._sent:
            self._sent.add(farewell)
            return farewell
        return None

    def lock(self) -> None:
        """The keys leave memory; what lies ready can still be sent."""
        self._keys = None

    def say_farewell(self) -> None:
        """Before a wipe: one last empty exchange lies ready, with who was read here and that every
        copy is gone. It travels like the batches, whoever holds the tablet then.
        """
        with self._disk.step():
            self._disk.run(
                "INSERT OR REPLACE INTO gone (resident, at, panel) SELECT resident, ?, panel "
                "FROM member",
                self._clock(),
            )
            self._state.counter += 1
            self._state.store(self._disk)
            header = self._header(counter=self._state.counter)
            # It is sent after the last ready batch: when it arrives, nothing waits here any more.
            batch = msgspec.structs.replace(
                self._reports.batch(cursors=True), pending=0, oldest=None
            )
            self._disk.put_raw("farewell", self._sealed(header, batch))

    def oldest_ready(self) -> bytes | None:
        """The next batch to send: of the present chain first, then what is left of earlier ones as
        sealed bytes only. None while this copy is behind: nothing of it would follow.
        """
        if self._state.behind:
            return None
        rows = self._disk.rows(
            "SELECT body FROM batch WHERE state='ready' ORDER BY epoch=? DESC, epoch, seq LIMIT 1",
            self._state.chain_epoch,
        )
        return rows[0][0] if rows else None

    def _header(
        self,
        *,
        seq: int | None = None,
        counter: int | None = None,
        root: bytes = bytes(32),
        replaces: tuple[int, ...] = (),
    ) -> UpHeader:
        assert self._keys is not None
        state = self._state
        return UpHeader(
            suite=state.suite, kid=self._recipient().kid(), device=state.device,
            signer=self._keys.sign.public.kid(), epoch=state.chain_epoch, seq=seq, counter=counter,
            prev=state.prev if seq is not None else bytes(32), root=root, replaces=replaces,
        )  # fmt: skip

    def _recipient(self) -> KemPublicKey:
        """The server's newest key of this tablet's suite."""
        assert self._keys is not None
        own = [each for each in self._keys.server.kem if each[0] == self._state.suite]
        newest = max(own, key=lambda each: each[1])
        return KemPublicKey(Suite(self._state.suite), newest[2])

    def _sealed(self, header: UpHeader, batch: wire.Batch) -> bytes:
        assert self._keys is not None
        return seal_up(
            header, wire.encode(batch), recipient=self._recipient(), signer=self._keys.sign,
            packed=batch.schema >= SCHEMA,  # an app of before was written for GWB1
        )  # fmt: skip

    def claimed(self, request: bytes) -> int | None:
        """The audit checkpoint this request names, when it was made just now."""
        return self._reports.claimed(request)

    def was_told(self, request: bytes) -> None:
        """The server has taken this request."""
        self._reports.was_told(request)


def _few_names(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """As many rows as come from so few earlier batches, and runs of the app, that they fit."""
    named: set[int] = set()
    sessions: set[bytes] = set()
    for count, row in enumerate(rows):
        sessions.add(row[3])
        if row[4] is not None:
            named.add(row[4])
        if len(named) > _NAMED or len(sessions) > SESSIONS_PER_BATCH:
            return rows[:count]
    return rows
