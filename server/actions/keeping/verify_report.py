"""What `journal verify` finds: faults with codes that stay the same from version to version."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from server.store.dump import Snapshot
from server.store.tx import Row

FAULTS_LISTED: Final = 1_000  # more are counted, not listed

Progress = Callable[[str, int], None]
"""(what is being read, how much so far) now and then."""


class Code(StrEnum):
    """What does not hold."""

    BATCH_HEADER = "batch_header"  # the kept header is not the one of its row
    BATCH_SIGNER = "batch_signer"  # signed by a key that this tablet does not have
    BATCH_SIGNATURE = "batch_signature"
    BATCH_LEAVES = "batch_leaves"  # the kept leaves are not under the signed root
    BATCH_MISSING = "batch_missing"  # the audit log knows it, the ledger does not
    BATCH_NOT_AUDITED = "batch_not_audited"
    ENVELOPE = "envelope"  # the kept envelope is not the one that was signed
    CHAIN = "chain"  # a batch does not follow the one before it
    CHAIN_HEAD = "chain_head"  # the tablet's row is not at the end of its chain
    RECEIPT_SIGNATURE = "receipt_signature"
    RECEIPT = "receipt"  # the receipt is about another batch
    CHANGE_MISSING = "change_missing"  # committed to and receipted, and not there
    CHANGE_EXTRA = "change_extra"  # of no batch of the ledger
    CHANGE_OTHER = "change_other"  # not the bytes its batch committed to
    CHANGE_SEALED = "change_sealed"  # does not open at its place
    DECISION_MISSING = "decision_missing"  # made at the server, in the audit log, not there
    LEAF_HASH = "leaf_hash"  # an audit entry is not what was hashed
    LEAF_NUMBER = "leaf_number"  # an entry is missing from the sequence
    TREE_NODE = "tree_node"
    CHECKPOINT_ROOT = "checkpoint_root"
    CHECKPOINT_SIGNATURE = "checkpoint_signature"
    RESIDENT_MISSING = "resident_missing"
    RESIDENT_KEY = "resident_key"  # the data key does not open
    CELLS_SEALED = "cells_sealed"  # the register cells do not open at their revision
    CARD_SEALED = "card_sealed"  # a card does not open, or shows another than its archive
    PLAN_SEALED = "plan_sealed"  # a service plan, or a sealed row of its list, does not open
    REVISION_ROLLED_BACK = "revision_rolled_back"  # older than the newest in the audit log
    REVISION_BYTES = "revision_bytes"  # the revision, other bytes
    REVISION_NOT_AUDITED = "revision_not_audited"
    RESIDENT_SUM = "resident_sum"  # the digest is not that of the records
    FACILITY_RECORD = "facility_record"  # does not open at its place, or is not what was audited
    FACILITY_RECORD_MISSING = "facility_record_missing"  # in the audit log, not there
    PICTURE = "picture"  # does not open, or is not the file that was audited
    PICTURE_MISSING = "picture_missing"  # in the audit log, not there
    PANEL_ROOT = "panel_root"  # the digest is not that of the residents


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """`where`: ids in hex, so that two runs over the same database say the same."""

    code: str
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    batches: int
    changes: int
    residents: int
    leaves: int
    checkpoints: int
    faults: tuple[Fault, ...]
    faults_not_listed: int

    @property
    def holds(self) -> bool:
        return not self.faults


@dataclass(slots=True)
class Tally:
    """Counts and faults while the reading goes on."""

    progress: Progress | None
    batches: int = 0
    changes: int = 0
    residents: int = 0
    leaves: int = 0
    checkpoints: int = 0
    faults: set[Fault] = field(default_factory=set[Fault])
    not_listed: int = 0

    def fault(self, code: Code, *where: bytes | int | str) -> None:
        words = [each.hex() if isinstance(each, bytes) else str(each) for each in where]
        found = Fault(code.value, "/".join(words))
        if found in self.faults:
            return
        if len(self.faults) < FAULTS_LISTED:
            self.faults.add(found)
        else:
            self.not_listed += 1

    def say(self, what: str, count: int) -> None:
        if self.progress is not None:
            self.progress(what, count)

    def report(self) -> Report:
        return Report(
            batches=self.batches, changes=self.changes, residents=self.residents,
            leaves=self.leaves, checkpoints=self.checkpoints, faults=tuple(sorted(self.faults)),
            faults_not_listed=self.not_listed,
        )  # fmt: skip


class Ahead:
    """Rows of a stream, one at a time, with a look at the next: for merging two ordered streams."""

    def __init__(self, stream: AsyncIterator[Sequence[Row]]) -> None:
        self._stream = stream
        self._rows: Sequence[Row] = ()
        self._at = 0

    async def peek(self) -> Row | None:
        while self._at >= len(self._rows):
            try:
                self._rows = await anext(self._stream)
            except StopAsyncIteration:
                return None
            self._at = 0
        return self._rows[self._at]

    async def group(self, key: Row) -> list[Row]:
        """All next rows whose first columns are `key`."""
        found: list[Row] = []
        while (row := await self.peek()) is not None and tuple(row[: len(key)]) == key:
            found.append(row)
            self._at += 1
        return found


async def every(snap: Snapshot, sql: str, *args: object) -> AsyncIterator[Row]:
    """The rows of a statement one by one, in bounded memory."""
    async for rows in snap.stream(sql, *args):
        for row in rows:
            yield row
