"""What the server answers to a piece of an attachment (PROTOCOL.md 8.9)."""

from typing import Final

import msgspec
from msgspec import Raw

from sync.wire import SignedReceipt
from sync.wire_types import Bytes32, Count, Id, Instant, Malformed, Message

RECEIPT_LABEL: Final = b"gongwei/attachment-receipt\x00"
ARRIVED_HEADER: Final = "gongwei-arrived"
SCHEME: Final = "GWP1"
TAKEN: Final = "taken"
REFUSED: Final = "refused"


class AttachmentReceipt(Message, frozen=True):
    """Final: the server holds the picture, or says why it will not."""

    device: Id
    id: Bytes32
    at: Instant
    state: str
    reason: str = ""


class Arrived(Message, frozen=True):
    """How much of a file is at the server; with the receipt once all of it was looked at."""

    arrived: Count
    receipt: SignedReceipt | None = None


_arrived: Final = msgspec.json.Decoder(Arrived)
_receipt: Final = msgspec.json.Decoder(AttachmentReceipt)


def arrived(data: bytes) -> Arrived:
    """Raises Malformed."""
    try:
        return _arrived.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise Malformed("not a valid answer to a piece") from None


def receipt(data: bytes | Raw) -> AttachmentReceipt:
    """Raises Malformed."""
    try:
        return _receipt.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise Malformed("not a valid receipt of an attachment") from None
