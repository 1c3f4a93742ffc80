"""What the server says of this tablet's batches: where its chain stands, what it holds, what is
safe.

A batch goes from ready to held with its signed receipt, back to ready when a restored server no
longer has it, and away when a verified backup does (PROTOCOL.md sections 4 and 6).
"""

from sync import wire
from sync.limits import BATCH_TARGET_CHANGES
from sync.tablet_disk import Disk
from sync.tablet_state import State


class Custody:
    """Inside the caller's step."""

    def __init__(self, disk: Disk, state: State) -> None:
        self._disk = disk
        self._state = state

    def take_head(self, head: wire.ChainHead, *, restored: bool) -> None:
        """Where the server's chain of this tablet stands. `restored`: its feed epoch has risen;
        then nothing vouches for what it took beside the chain: the newest backup may have been
        begun after that, and after the restore that lost it.
        """
        state = self._state
        state.head_epoch, state.head_seq, state.head_digest = head.epoch, head.seq, head.digest
        foreign = not self._is_mine(head)
        if foreign and head.epoch >= state.chain_epoch:
            # Somebody else went on from where this copy began: stop, start again behind that head.
            state.behind = True
        if not restored:
            return
        # It came back from a backup and may hold less than it gave receipts for: send those again.
        # What stands there may be another copy's: then none of ours is vouched for.
        epoch, seq = (0, 0) if foreign else (head.epoch, head.seq)
        self._disk.run(
            "UPDATE batch SET state='ready' WHERE state='held' AND ((epoch, seq) > (?, ?) "
            "OR beside=1)",
            epoch, seq,
        )  # fmt: skip
        self._disk.run("UPDATE photo SET state='waiting' WHERE state='held'")

    def _is_mine(self, head: wire.ChainHead) -> bool:
        """Whether this tablet sealed the batch at the server's head (or nothing stands there)."""
        if head.seq == 0:
            return True
        return bool(self._disk.rows("SELECT 1 FROM mine WHERE digest=?", head.digest))

    def take_receipt(self, raw: bytes) -> list[tuple[bytes, str, str]]:
        """Custody of one batch: kept; returns (change, state, reason) of each of its changes."""
        receipt = wire.receipt(raw)
        place = (receipt.epoch, receipt.seq)
        rows = self._disk.rows(
            "SELECT ids FROM batch WHERE epoch=? AND seq=? AND digest=?", *place, receipt.batch
        )
        if not rows:
            return []
        self._disk.run(
            "UPDATE batch SET state='held', beside=?, taken=? WHERE digest=?",
            receipt.beside, receipt.at, receipt.batch,
        )  # fmt: skip
        known = self._disk.rows("SELECT body FROM receipt WHERE digest=?", receipt.batch)
        if known and known[0][0] == raw:
            return []  # a repeat: outcomes may have said more since
        self._disk.run(
            "INSERT OR REPLACE INTO receipt (digest, epoch, seq, body) VALUES (?, ?, ?, ?)",
            receipt.batch, *place, raw,
        )  # fmt: skip
        ids = [rows[0][0][n : n + 16] for n in range(0, len(rows[0][0]), 16)]
        if receipt.whole and len(ids) > 1:
            self._halve(ids, place)
            return []
        self._state.most = min(BATCH_TARGET_CHANGES, self._state.most * 2)
        plain = "quarantined" if receipt.whole else "applied"
        states = {row[0]: row for row in receipt.states}
        fates: list[tuple[bytes, str, str]] = []
        for index, change in enumerate(ids):
            row = states.get(index, (index, plain, "unread" if receipt.whole else ""))
            state, reason = row[1], row[2] if len(row) > 2 else ""
            # A repeat under another envelope: what became of it the first time is what counts.
            fates.append(
                (change, reason or "applied", "")
                if state == "duplicate"
                else (change, state, reason)
            )
        return fates

    def _halve(self, ids: list[bytes], place: tuple[int, int]) -> None:
        """The server could not read this batch as a whole: what it holds is closed again in halves,
        until one bad change stands alone and no longer takes others with it.
        """
        self._state.most = max(1, len(ids) // 2)
        self._disk.many(
            "UPDATE own SET state='open', was=? WHERE id=? AND state='sent'",
            [(place[1], change) for change in ids],
        )

    def drop_backed_up(self, mark: wire.BackedUp) -> None:
        """Batches of the chain up to the mark are in a verified backup; those beside it (re-cuts,
        forks) are when they were taken before it was begun.
        """
        self._disk.run(
            "DELETE FROM batch WHERE state='held' AND ((beside=0 AND (epoch, seq) <= (?, ?)) "
            "OR (beside=1 AND taken < ?))",
            mark.epoch, mark.seq, mark.at,
        )  # fmt: skip
        self._disk.run(
            "DELETE FROM photo_part WHERE id IN (SELECT id FROM photo WHERE state='held' AND "
            "taken < ?)",
            mark.at,
        )
        self._disk.run("DELETE FROM photo WHERE state='held' AND taken < ?", mark.at)
        self._state.backed_epoch, self._state.backed_seq = mark.epoch, mark.seq
