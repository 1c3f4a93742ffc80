"""What travels inside the envelopes: frozen message types, strict bytes <-> value.

Shapes and meaning: PROTOCOL.md, sections 4 to 8. JSON, UTF-8; `bytes` are RFC 4648 section 4
base64; instants are int ms UTC; days are ISO dates. A message with an unknown member is refused
as malformed; an event body (`Change.body`) is the exception: it is a form of some version and is
carried verbatim.
"""

from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import UNSET, Meta, Raw, UnsetType

from sync.hall_wire import HallCursor, HallPage
from sync.limits import ANSWER_BYTES, CHANGE_DEPTH
from sync.wire_types import (
    Bytes32,
    Count,
    Day,
    Due,
    Fix,
    Id,
    Instant,
    Malformed,
    Message,
    Small,
    deeper_than,
)


class Edit(Message, frozen=True):
    """One register cell: the value put there and the change ids whose values the editor saw."""

    value: Any
    saw: tuple[Id, ...] = ()


class Ground(Message, frozen=True):
    """Why a change touches a resident outside the panel: card, consent or emergency."""

    kind: str
    note: str = ""


class Attach(Message, frozen=True):
    """A file that comes by itself later (PROTOCOL.md 8.9). `size`: of its sealed bytes."""

    id: Bytes32
    key: Bytes32
    size: Annotated[int, Meta(ge=1, le=2**53 - 1)]
    type: Annotated[str, Meta(max_length=40)]  # as the tablet believes: "image/jpeg"


class Change(Message, frozen=True):
    """One edit or one new record, made by one author at one moment (PROTOCOL.md section 5).

    With its batch it says who, when and on which tablet, for every record (S000-art9).
    """

    id: Id
    resident: Id
    kind: str
    v: Small
    on: Day  # service day as stated, ISO
    at: Instant  # wall clock of the tablet when the form was saved
    mono: Count = 0  # monotonic clock of the session, ms
    by: Id | None = None  # actor, when it is not Batch.staff: quarantined
    body: Raw | UnsetType = UNSET  # event: the filled-in form
    set: dict[str, Edit] | UnsetType = UNSET  # register edit: cell -> Edit
    amends: Id | None = None
    voids: Id | None = None
    reason: str = ""
    ground: Ground | None = None
    attach: tuple[Attach, ...] = ()  # at most ATTACHMENTS_PER_CHANGE


class Session(Message, frozen=True):
    """Clock readings of one run of the app. offset = server minus wall, as the tablet measured."""

    id: bytes
    wall: Instant
    mono: Count
    offset: Instant | None = None
    sigma: Count = 0


class Known(Message, frozen=True):
    """What the tablet claims to have applied when a form was opened."""

    panel: Id
    epoch: Small
    csn: Count
    at: Instant  # server time of the last answer applied


class Snap(Message, frozen=True):
    """A snapshot taken at csn `at`: next row after `after` in `lane`; `cut`: first recent day."""

    at: Count
    lane: Small
    after: bytes
    cut: str


class Cursor(Message, frozen=True):
    """Where the tablet stands in one panel's feed. epoch 0: nothing received yet."""

    panel: Id
    epoch: Small
    csn: Count
    snap: Snap | None = None


class Purged(Message, frozen=True):
    """A resident's bodies and keys are gone; batches `waiting` still hold changes."""

    resident: Id
    at: Instant
    waiting: tuple[Count, ...] = ()


class Read(Message, frozen=True):
    """One offline opening of an archive, for the access log."""

    resident: Id
    at: Instant
    purpose: str


class DigestClaim(Message, frozen=True):
    """The sum over what was received; with `buckets` when it asks where the difference lies."""

    panel: Id
    csn: Count
    root: bytes
    buckets: tuple[bytes, ...] = ()


class Batch(Message, frozen=True):
    """Inside GWB1."""

    v: Small
    app: str
    schema: Small
    staff: Id
    created: Instant
    secret: bytes = b""  # 32 bytes; the key of the commitment; empty without changes
    sessions: tuple[Session, ...] = ()
    known: tuple[Known, ...] = ()
    changes: tuple[Raw, ...] = ()
    # [index into sessions, index into known] of each change; empty: all [0, 0]. Beside the changes
    # and not inside: a change keeps its bytes however often it is closed into another batch.
    marks: tuple[tuple[Small, Small], ...] = ()
    positions: tuple[Fix, ...] = ()  # likewise: the bytes of a change go to other tablets
    cursors: tuple[Cursor, ...] = ()
    outcomes_seen: Count = 0
    pending: Count = 0
    oldest: Instant | None = None
    purged: tuple[Purged, ...] = ()
    reads: tuple[Read, ...] = ()
    digests: tuple[DigestClaim, ...] = ()
    trust: Small = 0  # version of the trust bundle held
    checkpoint: Count = 0  # size of the last audit checkpoint held
    names: bytes = b""  # version of the directory held
    halls: tuple[HallCursor, ...] = ()  # of the checkup days held


class Receipt(Message, frozen=True):
    """Custody: the server holds every change of this batch. States not listed are "applied"; a row
    is [index, state], with a reason, with the states of cells.
    """

    device: Id
    epoch: int
    seq: int
    batch: bytes  # SHA-256 of the envelope
    at: int
    n: int
    states: tuple[tuple[Any, ...], ...] = ()
    whole: str = ""  # quarantined batch that could not be read: the reason
    beside: bool = False  # taken, but not as the next of the chain: a re-cut's twin or a fork


class SignedReceipt(Message, frozen=True):
    receipt: Raw  # exactly the signed bytes
    signer: bytes
    signature: bytes


class OutcomeRow(Message, frozen=True):
    """A later outcome of a change of this device. `n` counts up per device without gaps."""

    n: int
    change: Id
    state: str
    reason: str = ""
    at: int = 0


class ChainHead(Message, frozen=True):
    """What the server holds of this device's chain."""

    epoch: int
    seq: int
    digest: bytes


class BackedUp(Message, frozen=True):
    """The last batch of this device's chain in a verified backup, and when that one was begun."""

    epoch: Count
    seq: Count
    at: Instant


class ResidentPut(Message, frozen=True, tag="resident", tag_field="put"):
    """The register cells of one resident in one access class."""

    id: Id
    rev: int
    cls: str
    status: str
    cells: Raw  # {cell: [[head, ...]]} as sync.merge writes it, or as sync.short_cells does
    no: str = ""  # archive number


class EventPut(Message, frozen=True, tag="event", tag_field="put"):
    """One record. `change` is the author's Change, byte for byte."""

    rev: int
    cls: str
    change: Raw
    staff: Id
    at: int  # recorded_at, corrected
    recv: int  # received_at
    state: str = "applied"
    credit: Id | None = None
    flags: tuple[str, ...] = ()
    of: Id | None = None  # whose archive holds it, where that is another than `change` says


class PlanPut(Message, frozen=True, tag="plan", tag_field="put"):
    """What is owed to one resident in one access class, all of it."""

    id: Id
    rev: int
    cls: str
    year: int
    items: tuple[Due, ...] = ()


class Leave(Message, frozen=True, tag="leave", tag_field="put"):
    """The resident has left this panel; purge when every own change on them is receipted."""

    id: Id
    csn: int


Row = ResidentPut | EventPut | PlanPut | Leave


class Page(Message, frozen=True):
    """One closed csn range (start, end], then part of a snapshot when one is under way."""

    panel: Id
    epoch: int
    start: int
    end: int
    rows: tuple[Raw, ...] = ()
    roster: bytes | None = None  # opening of a snapshot: all resident ids, 16 bytes each
    snap_rows: tuple[Raw, ...] = ()
    snap: Snap | None = None
    more: bool = False
    root: bytes | None = None  # digest at `end`, when nothing more is waiting
    buckets: tuple[bytes, ...] = ()  # answer to DigestClaim.buckets
    again: tuple[Raw, ...] = ()  # residents of mended buckets, whole, with their events
    mended: tuple[int, ...] = ()  # buckets that `again` covers
    drop: tuple[Id, ...] = ()  # held in a differing bucket by the tablet, not by the panel


class Command(Message, frozen=True):
    """do: wipe | clock | counter | back_off | epoch | renew."""

    do: str
    ms: int = 0


class ServerKeys(Message, frozen=True):
    """Trust bundle: the keys a tablet may use, signed by the district's trust key."""

    version: int
    kem: tuple[tuple[int, int, bytes], ...]  # suite, epoch, public key; the highest epoch seals
    signing: tuple[tuple[int, bytes], ...]  # suite, public key
    audit: bytes
    at: int


class SignedBundle(Message, frozen=True):
    bundle: Raw
    signature: bytes


class Checkpoint(Message, frozen=True):
    """The newest audit checkpoint and the proof from the one the tablet holds."""

    size: int
    root: bytes
    at: int
    signature: bytes
    proof: tuple[bytes, ...] = ()


class Directory(Message, frozen=True):
    """How people, organisations and places of the district are called (PROTOCOL.md 8.10)."""

    version: bytes
    facilities: tuple[tuple[Id, str], ...] = ()
    staff: tuple[tuple[Id, str, Small], ...] = ()  # the facility by its place in `facilities`
    regions: tuple[tuple[str, str], ...] = ()
    teams: tuple[tuple[Id, str, Small], ...] = ()  # that a resident may choose; facility likewise
    grounds: tuple[tuple[str, str], ...] = ()  # on which one may switch


class Answer(Message, frozen=True):
    """Inside GWD1."""

    v: int
    now: int
    head: ChainHead | None = None
    receipt: SignedReceipt | None = None
    outcomes: tuple[OutcomeRow, ...] = ()
    pages: tuple[Raw, ...] = ()
    more: bool = False
    commands: tuple[Command, ...] = ()
    backed_up: BackedUp | None = None
    lease: int = 0
    trust: SignedBundle | None = None
    checkpoint: Checkpoint | None = None
    names: Directory | None = None
    halls: tuple[HallPage, ...] = ()
    refused: str = ""  # code of a sealed refusal (PROTOCOL.md section 9)
    say: str = ""


_batch = msgspec.json.Decoder(Batch)
_change = msgspec.json.Decoder(Change)
_answer = msgspec.json.Decoder(Answer)
_page = msgspec.json.Decoder(Page)
_row = msgspec.json.Decoder(Row)
_receipt = msgspec.json.Decoder(Receipt)
_bundle = msgspec.json.Decoder(ServerKeys)
encode = msgspec.json.Encoder().encode
_T = TypeVar("_T")


def _decode(decoder: msgspec.json.Decoder[_T], data: bytes | Raw, what: str) -> _T:
    try:
        return decoder.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        # Without its cause: that names members and repeats bytes, and a log would print it.
        raise Malformed(f"not a valid {what}") from None


def batch(data: bytes) -> Batch:
    return _decode(_batch, data, "batch")


def change(data: bytes | Raw) -> Change:
    """Of CHANGE_DEPTH at most, since some recurse; UTF-8 in its form too, which is not decoded."""
    said = bytes(data)
    if deeper_than(said, CHANGE_DEPTH):
        raise Malformed("change nested too deeply")
    try:
        said.decode()
    except UnicodeDecodeError:
        raise Malformed("not a valid change") from None
    return _decode(_change, said, "change")


def answer(data: bytes) -> Answer:
    if len(data) > ANSWER_BYTES:
        raise Malformed("answer too large")
    return _decode(_answer, data, "answer")


def page(data: bytes | Raw) -> Page:
    return _decode(_page, data, "page")


def row(data: bytes | Raw) -> Row:
    return _decode(_row, data, "row")


def receipt(data: bytes | Raw) -> Receipt:
    return _decode(_receipt, data, "receipt")


def bundle(data: bytes | Raw) -> ServerKeys:
    return _decode(_bundle, data, "trust bundle")
