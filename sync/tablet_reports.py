"""What every envelope says of the tablet: where it stands, what it let go, who was read offline."""

from collections.abc import Callable
from typing import Final

import msgspec

from crypto.primitives import sha256
from sync import wire
from sync.limits import BATCH_PURGED
from sync.tablet_archive import Archive
from sync.tablet_disk import Disk
from sync.tablet_state import State, Unlocked

APP: Final = "gongwei-tablet-py/1"
SCHEMA: Final = 3  # 2: keeps what is owed to residents (PlanPut); 3: reads changes with pictures
_READS: Final = 500


class Reports:
    """Gathers them for an envelope; forgets what the server has taken."""

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
        self._told: tuple[bytes, list[bytes], int] | None = None  # digest, purged, last reading
        self._claim = (b"", 0)  # the newest envelope made in this run, the checkpoint it names

    @property
    def waiting(self) -> int:
        """Changes that have no receipt yet."""
        rows = self._disk.rows("SELECT COUNT(*) FROM own WHERE state IN ('open','sent')")
        return rows[0][0]

    def batch(self, *, cursors: bool) -> wire.Batch:
        """What an envelope says of the tablet.

        Cursors, and reports, only when it is sent at once: a batch that lay in the outbox would
        ask for pages that have been applied since.
        """
        state, now = self._state, self._clock()
        oldest = self._disk.rows("SELECT MIN(at) FROM batch WHERE state='ready'")[0][0]
        batch = wire.Batch(
            v=1, app=APP, schema=SCHEMA, staff=state.staff, created=now,
            outcomes_seen=state.outcomes_seen, pending=self.waiting, oldest=oldest,
            trust=self._keys.server.version if self._keys else 0, checkpoint=state.checkpoint,
        )  # fmt: skip
        if not cursors:
            return batch
        gone = self._disk.rows(
            "SELECT resident, at FROM gone WHERE at<>0 ORDER BY resident LIMIT ?", BATCH_PURGED
        )
        looked = self._disk.rows(
            "SELECT n, resident, at, purpose FROM looked ORDER BY n LIMIT ?", _READS
        )
        self._claim = (b"", state.checkpoint)
        self._told = (b"", [row[0] for row in gone], looked[-1][0] if looked else 0)
        return msgspec.structs.replace(
            batch,
            cursors=tuple(state.cursors.values()),
            digests=self._claims(),
            purged=tuple(
                wire.Purged(resident=who, at=at, waiting=self._waiting_on(who)) for who, at in gone
            ),
            reads=tuple(
                wire.Read(resident=who, at=at, purpose=self._disk.unseal(who, why).decode())
                for _, who, at, why in looked
            ),
        )

    def _claims(self) -> tuple[wire.DigestClaim, ...]:
        """For panels whose sum differed last time: our sum and our buckets."""
        archive = self._archive
        if archive is None:
            return ()
        return tuple(
            wire.DigestClaim(
                panel=cursor.panel, csn=cursor.csn, root=archive.root(cursor.panel),
                buckets=archive.buckets(cursor.panel),
            )
            for name, cursor in self._state.cursors.items()
            if self._state.ask.get(name) and cursor.snap is None
        )  # fmt: skip

    def _waiting_on(self, who: bytes) -> tuple[int, ...]:
        rows = self._disk.rows(
            "SELECT DISTINCT seq FROM own WHERE resident=? AND state='sent' ORDER BY seq", who
        )
        return tuple(row[0] for row in rows)

    def tells(self, digest: bytes) -> None:
        """The reports gathered last are in the envelope with this digest."""
        if self._told is not None and not self._told[0]:
            self._told = (digest, *self._told[1:])
            self._claim = (digest, self._claim[1])

    def claimed(self, request: bytes) -> int | None:
        """The audit checkpoint this request names; None for one that was not made just now."""
        return self._claim[1] if self._claim[0] == sha256(request) else None

    def was_told(self, request: bytes) -> None:
        """The server has the reports of this request: they need not be said again."""
        if self._told is None or self._told[0] != sha256(request):
            return
        _, purged, last = self._told
        self._disk.many("DELETE FROM gone WHERE resident=? AND at<>0", [(who,) for who in purged])
        self._disk.run("DELETE FROM looked WHERE n<=?", last)
        self._told = None
