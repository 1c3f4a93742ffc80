"""Pictures on the tablet: sealed when they are taken in, named by a change, sent in pieces.

A picture lies on disk as it will travel, each piece with its slip signed, so it is delivered from
where it was cut off, also by a tablet that is locked or wiped; its key is in the change alone. It
goes when its receipt says taken and a verified backup holds it (PROTOCOL.md 8.9).
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Final

from crypto.attachment import AttachmentKey, file_id, seal_file
from crypto.keys import SigningPublicKey, Suite
from crypto.slip import head_slip, put_slip
from sync import attachment_wire, wire
from sync.attachment_wire import RECEIPT_LABEL, REFUSED
from sync.limits import (
    ATTACHMENT_BYTES,
    ATTACHMENT_PIECE_BYTES,
    ATTACHMENTS_WAITING_BYTES,
)
from sync.tablet_disk import Disk
from sync.tablet_state import NotTheServer, State, Unlocked

_NOBODYS: Final = bytes(32)


class NoPictures(Exception):
    """Not taken in: too large, too many wait, or the server is not known to take any."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of /sync/v1/attachments/ID: `verb` PUT or HEAD, the slip, the piece."""

    verb: str
    file: bytes
    slip: bytes
    piece: bytes = b""


@dataclass(frozen=True, slots=True)
class Reply:
    """`arrived`: of the header of a HEAD; `body`: of a PUT."""

    status: int
    body: bytes = b""
    arrived: int = 0


class Photos:
    """Of one tablet. Not thread-safe."""

    def __init__(self, disk: Disk, state: State, keys: Unlocked | None) -> None:
        self._disk = disk
        self._state = state
        self._keys = keys

    # ---- taking in --------------------------------------------------------------------------

    def make(self, content: bytes, *, kind: str = "image/jpeg") -> wire.Attach:
        """A picture, sealed on disk when this returns; to be named by the change that is saved
        next. Raises NoPictures.
        """
        keys, device = self._keys, self._state.device
        assert keys is not None, "locked"
        if not self._state.takes_pictures:
            raise NoPictures("server")
        key = AttachmentKey.fresh()
        sealed = seal_file(key, content)
        if len(sealed) > ATTACHMENT_BYTES or self.waiting + len(sealed) > ATTACHMENTS_WAITING_BYTES:
            raise NoPictures("size")
        name = file_id(sealed)
        # The last one is of no bytes: it asks for a receipt that was lost.
        starts = [*range(0, len(sealed), ATTACHMENT_PIECE_BYTES), len(sealed)]
        rows: list[tuple[Any, ...]] = []
        for n, at in enumerate(starts):
            piece = sealed[at : at + ATTACHMENT_PIECE_BYTES]
            rows.append((name, n, put_slip(device, name, at, piece, signer=keys.sign), piece))
        with self._disk.step():
            self._disk.run(
                "INSERT INTO photo (id, change, size, state, taken, reason, head) "
                "VALUES (?, NULL, ?, 'loose', 0, '', ?)",
                name, len(sealed), head_slip(device, name, signer=keys.sign),
            )  # fmt: skip
            self._disk.many("INSERT INTO photo_part (id, n, slip, body) VALUES (?, ?, ?, ?)", rows)
        return wire.Attach(id=name, key=key.key_bytes(), size=len(sealed), type=kind)

    def named(self, change: wire.Change) -> None:
        """In the step that saves the change."""
        self._disk.many(
            "UPDATE photo SET change=?, state='waiting' WHERE id=? AND state='loose'",
            [(change.id, each.id) for each in change.attach],
        )

    def forget_loose(self) -> None:
        """Taken in and never named: the form was given up, or the app died in the middle."""
        with self._disk.step():
            self._disk.run(
                "DELETE FROM photo_part WHERE id IN (SELECT id FROM photo WHERE state='loose')"
            )
            self._disk.run("DELETE FROM photo WHERE state='loose'")

    @property
    def waiting(self) -> int:
        """Bytes of pictures that have no receipt yet."""
        rows = self._disk.rows(
            "SELECT COALESCE(SUM(size), 0) FROM photo WHERE state IN ('loose', 'waiting')"
        )
        return rows[0][0]

    def state_of(self, name: bytes) -> tuple[str, str]:
        """(state, reason): waiting, held or refused; ("", "") for one that is here no more."""
        rows = self._disk.rows("SELECT state, reason FROM photo WHERE id=?", name)
        return (rows[0][0], rows[0][1]) if rows else ("", "")

    # ---- delivering -------------------------------------------------------------------------

    def delivery(self) -> Generator[Call, Reply, int]:
        """Yields the calls to make, is sent the replies; in the end how many are at an end.

        Every picture that waits, each from where it was cut off. Whoever gives it up in the middle
        loses nothing: the next one asks where to go on. Asks a server that is not known to take
        pictures whether it does; one that does not has no such address.
        """
        if not self._state.takes_pictures and self._keys is not None:
            slip = head_slip(self._state.device, _NOBODYS, signer=self._keys.sign)
            reply = yield Call("HEAD", _NOBODYS, slip)
            self._state.takes_pictures = reply.status in (200, 403)
            with self._disk.step():
                self._state.store(self._disk)
        done = 0
        waiting = self._disk.rows(
            "SELECT id, size, head FROM photo WHERE state='waiting' ORDER BY rowid"
        )
        for name, size, head in waiting:
            done += yield from self._one(name, size, head)
        return done

    def _one(self, name: bytes, size: int, head: bytes) -> Generator[Call, Reply, bool]:
        asked = yield Call("HEAD", name, head)
        if asked.status != 200:
            return False  # its change is not there yet
        n = min(asked.arrived, size) // ATTACHMENT_PIECE_BYTES
        if asked.arrived >= size:
            n = -(-size // ATTACHMENT_PIECE_BYTES)  # all there: ask for the receipt
        while part := self._disk.rows(
            "SELECT slip, body FROM photo_part WHERE id=? AND n=?", name, n
        ):
            reply = yield Call("PUT", name, *part[0])
            if reply.status != 200:
                return False
            answer = attachment_wire.arrived(reply.body)
            if answer.receipt is not None:
                self._take_receipt(name, answer.receipt)
                return True
            n += 1
        return False

    def deliver(self, send: Callable[[Call], Reply]) -> int:
        """`delivery` over a connection. Whatever `send` raises ends it."""
        calls = self.delivery()
        try:
            call = next(calls)
            while True:
                call = calls.send(send(call))
        except StopIteration as end:
            return end.value

    def _take_receipt(self, name: bytes, signed: wire.SignedReceipt) -> None:
        """Raises NotTheServer for one that is not about this picture, or not signed."""
        state = self._state
        signer = SigningPublicKey(Suite(state.suite), wire.bundle(state.keys).signing[0][1])
        raw = bytes(signed.receipt)
        receipt = attachment_wire.receipt(raw)
        if not signer.verify(RECEIPT_LABEL + raw, signed.signature):
            raise NotTheServer("receipt of a picture not signed")
        if (receipt.device, receipt.id) != (state.device, name):
            raise NotTheServer("receipt of another picture")
        fate = "refused" if receipt.state == REFUSED else "held"
        with self._disk.step():
            self._disk.run(
                "UPDATE photo SET state=?, reason=?, taken=? WHERE id=?",
                fate, receipt.reason, receipt.at, name,
            )  # fmt: skip
