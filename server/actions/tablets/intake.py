"""From bytes to changes that are ready to be judged: everything that needs no database, so it
runs in threads.

The signature has been checked. What cannot be opened or read from here on is not refused but
named: the envelope is kept, the tablet gets its receipt, a person looks. One bad change never
spoils the others.
"""

import json
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache
from hashlib import sha256
from typing import Any, Final, cast

import msgspec

from crypto.commitment import SECRET_SIZES, Commitment, commit
from crypto.envelope import EnvelopeRefused, Sealed, UpHeader, open_body
from crypto.keys import KemKeyPair
from server.actions.tablets import positions
from server.records.check import edit_faults, hard, look
from server.records.checkup_parts import judged
from server.records.kinds import UnknownKind, get
from server.records.model import AccessClass, Kind, Shape, Subject
from server.records.values import FIRST_DAY
from server.settings import CIVIL
from sync import wire
from sync.hall import PART
from sync.limits import (
    ATTACHMENT_BYTES,
    ATTACHMENTS_PER_CHANGE,
    BATCH_CHANGES,
    BODY_BYTES,
    CHANGE_BYTES,
    SESSIONS_PER_BATCH,
)
from sync.reconcile import CellRule, Reason

# A compressed envelope could name millions of changes of one byte each; each would be a row and a
# task. Past this many the batch is kept whole, as it came.
CHANGES_READ: Final = 4 * BATCH_CHANGES

# What reading a form may raise. A fault in one change, ours or its author's, must not stop the
# batch: the tablet would send the same bytes for ever.
_FAULTS: Final = (ValueError, ArithmeticError, RecursionError, msgspec.MsgspecError)

_HOUR_MS: Final = 3_600_000


class Arrived(msgspec.Struct, frozen=True):
    """One change as read.

    `change` is None when it could not be; then `id` is derived from its place.
    """

    index: int
    raw: bytes
    key: bytes  # of its commitment, 16 bytes
    id: bytes
    change: wire.Change | None
    kind: Kind | None
    cls: str  # access class of an event, or of the strictest cell of an edit
    fault: Reason


@dataclass(frozen=True, slots=True)
class Intake:
    """A verified envelope, opened. `whole`: why the batch could not be read at all, or empty."""

    header: UpHeader
    digest: bytes
    raw: bytes
    sealed: Sealed[UpHeader]
    staff: bytes
    batch: wire.Batch | None
    arrived: tuple[Arrived, ...]
    leaves: bytes
    whole: str


def civil_day(at_ms: int) -> date:
    """The day in Asia/Shanghai. Kept by the hour: its offset has been whole hours since 1928."""
    return _day_of_hour(at_ms // _HOUR_MS)


@lru_cache(maxsize=4096)
def _day_of_hour(hour: int) -> date:
    return datetime.fromtimestamp(hour * 3600, CIVIL).date()


def read_batch(
    sealed: Sealed[UpHeader], raw: bytes, *, staff: bytes, private: KemKeyPair, now: int
) -> Intake:
    """Opens, inflates within bounds, decodes strictly, checks each change on its own."""

    def unreadable(why: str) -> Intake:
        return Intake(sealed.header, sealed.digest, raw, sealed, staff, None, (), b"", why)

    try:
        body = open_body(sealed, private, BODY_BYTES)
    except EnvelopeRefused as refused:
        return unreadable(str(refused.kind))
    try:
        batch = wire.batch(body)
    except wire.Malformed:
        return unreadable("malformed")
    if batch.staff != staff:
        return unreadable("staff_not_signer")
    if len(batch.sessions) > SESSIONS_PER_BATCH:
        return unreadable("malformed")
    if batch.marks and len(batch.marks) != len(batch.changes):
        return unreadable("malformed")
    if not positions.fit(batch):
        return unreadable("malformed")
    if len(batch.changes) > CHANGES_READ:
        return unreadable("too_many_changes")
    raws = tuple(bytes(each) for each in batch.changes)
    if sealed.header.seq is None:
        if raws:
            return unreadable("changes_outside_chain")
        return Intake(sealed.header, sealed.digest, raw, sealed, staff, batch, (), b"", "")
    if len(batch.secret) not in SECRET_SIZES:
        return unreadable("no_commitment")
    commitment = commit(batch.secret, raws) if raws else Commitment(bytes(32), (), ())
    if commitment.root != sealed.header.root:
        return unreadable("wrong_commitment")
    today = civil_day(now)
    arrived = tuple(
        _read_change(index, each, key, sealed.digest, batch, today)
        for index, (each, key) in enumerate(zip(raws, commitment.keys, strict=True))
    )
    leaves = b"".join(commitment.leaves)
    return Intake(sealed.header, sealed.digest, raw, sealed, staff, batch, arrived, leaves, "")


def mark_of(batch: wire.Batch, index: int) -> tuple[int, int]:
    """(index into sessions, index into known) of a change."""
    return batch.marks[index] if batch.marks else (0, 0)


def derived_id(digest: bytes, index: int) -> bytes:
    """An id for a change whose own cannot be used: unreadable, or taken by other bytes."""
    return sha256(b"gongwei/place\x00" + digest + index.to_bytes(4)).digest()[:16]


def _read_change(
    index: int, raw: bytes, key: bytes, digest: bytes, batch: wire.Batch, today: date
) -> Arrived:
    def unusable(reason: Reason) -> Arrived:
        return Arrived(index, raw, key, derived_id(digest, index), None, None, "B", reason)

    if index >= BATCH_CHANGES or len(raw) > CHANGE_BYTES:
        return unusable(Reason.TOO_LARGE)
    try:
        change = wire.change(raw)
        day = date.fromisoformat(change.on)
        # Decoding keeps one of two members, so what is written again byte for byte had none; of
        # a form, which is carried along as it came, that is seen where it is read.
        double = wire.encode(change) != raw and has_double_key(raw)
    except _FAULTS:
        return unusable(Reason.MALFORMED)
    event = change.body is not msgspec.UNSET or change.voids is not None
    if (change.set is not msgspec.UNSET) == event or double:
        return unusable(Reason.MALFORMED)
    session, known = mark_of(batch, index)
    if session >= max(1, len(batch.sessions)) or known >= max(1, len(batch.known)):
        return unusable(Reason.MALFORMED)
    fix = positions.of(batch, index)
    if fix is not None and not positions.is_sound(fix):
        return unusable(Reason.MALFORMED)
    if change.id in (change.amends, change.voids):
        return unusable(Reason.MALFORMED)
    if change.attach and not _pictures_fit(change.attach):
        return unusable(Reason.TOO_LARGE)
    if change.by is not None and change.by != batch.staff:
        return Arrived(index, raw, key, change.id, change, None, "B", Reason.ACTOR)
    try:
        arrived = _checked(index, raw, key, change, day, today)
    except _FAULTS:
        return Arrived(index, raw, key, change.id, change, None, "B", Reason.MALFORMED)
    if arrived.kind is not None and arrived.kind.by_resident:  # no tablet speaks for a resident
        return msgspec.structs.replace(arrived, cls="B", fault=Reason.MALFORMED)
    return arrived


def _pictures_fit(attach: tuple[wire.Attach, ...]) -> bool:
    return (
        len({each.id for each in attach}) == len(attach) <= ATTACHMENTS_PER_CHANGE
        and max(each.size for each in attach) <= ATTACHMENT_BYTES
    )


def _checked(
    index: int,
    raw: bytes,
    key: bytes,
    change: wire.Change,
    day: date,
    today: date,
) -> Arrived:
    try:
        kind = get(change.kind, change.v)
    except UnknownKind:
        # Written by a newer app: kept as it is, at the strictest class, until this server knows
        # the form.
        double = change.body is not msgspec.UNSET and has_double_key(bytes(change.body))
        fault = Reason.MALFORMED if double else Reason.UNKNOWN_KIND
        return Arrived(index, raw, key, change.id, change, None, "B", fault)
    if kind.subject is not Subject.RESIDENT:
        # Work of a facility has no place in anybody's archive; class C never comes to a tablet.
        return Arrived(index, raw, key, change.id, change, kind, "B", Reason.MALFORMED)
    if change.set is not msgspec.UNSET:
        cls, fault = _edit_class(kind, change.set, today)
    else:
        cls, fault = _event_class(kind, change, day, today)
    if fault is Reason.NONE and day > today:
        fault = Reason.FUTURE_DAY
    if fault is Reason.NONE and day < FIRST_DAY:
        fault = Reason.OUT_OF_RANGE
    return Arrived(index, raw, key, change.id, change, kind, cls, fault)


def checked_again(raw: bytes, key: bytes, change: wire.Change, today: date) -> Arrived:
    """A stored change read as if it arrived today: its class and its fault by the forms of now."""
    return _checked(0, raw, key, change, date.fromisoformat(change.on), today)


def _event_class(kind: Kind, change: wire.Change, day: date, today: date) -> tuple[str, Reason]:
    alone = kind.shape in (Shape.ACT, Shape.STEP)
    if change.body is msgspec.UNSET and not alone:
        return kind.access.value, Reason.NONE  # a void carries no form
    if kind.shape is Shape.REGISTER or (alone and _about_another(change)):
        return "B", Reason.MALFORMED
    assert change.body is not msgspec.UNSET
    body = bytes(change.body)
    faults, plain = look(kind, body, on=day, today=max(today, day))
    fault = Reason.OUT_OF_RANGE if hard(faults) else Reason.NONE
    if plain and is_all_open(kind):
        return "A", fault
    filled = msgspec.json.decode(body)
    if not isinstance(filled, dict) or has_double_key(body):
        return "B", Reason.MALFORMED
    given = cast("dict[str, Any]", filled)
    if kind.id == PART and fault is Reason.NONE:
        access, bad = judged(given, on=day, today=today)
        return access.value, Reason.OUT_OF_RANGE if bad else Reason.NONE
    if given.keys() <= open_fields(kind):
        return "A", fault
    return max(kind.access_given(frozenset(given)).values(), default=kind.access).value, fault


def _about_another(change: wire.Change) -> bool:
    """An act or a step is not amended: another one takes it back."""
    return change.body is msgspec.UNSET or change.amends is not None or change.voids is not None


@cache
def open_fields(kind: Kind) -> frozenset[str]:
    """Fields that leave a record in class A whatever else is filled in."""
    if kind.access is not AccessClass.A:
        return frozenset()
    return frozenset(
        each.name for each in kind.fields if each.access is AccessClass.A and not each.reveals
    )


@cache
def is_all_open(kind: Kind) -> bool:
    """Whether a record is of class A whichever of its fields are filled in."""
    return kind.id != PART and len(open_fields(kind)) == len(kind.fields)


def _edit_class(kind: Kind, edits: dict[str, wire.Edit], today: date) -> tuple[str, Reason]:
    if kind.shape is not Shape.REGISTER:
        return "B", Reason.MALFORMED
    cls = max((kind.access_of(cell) for cell in edits), default=kind.access)
    bad = any(
        hard(edit_faults(kind, cell, edit.value, today=today)) for cell, edit in edits.items()
    )
    return cls.value, Reason.OUT_OF_RANGE if bad else Reason.NONE


def rule_of(kind: Kind, cell: str) -> CellRule:
    """What the merge must know of one cell."""
    return CellRule(kind.policy_of(cell), kind.safer_of(cell))


def has_double_key(raw: bytes) -> bool:
    """Whether any JSON object names a member twice (readers would disagree on which counts).

    Cheap first, by writing it again. In doubt (white space, a number in another writing), exact.
    """
    return wire.encode(msgspec.json.decode(raw)) != raw and _has_double(raw)


class _DoubleKeyError(Exception):
    pass


def _has_double(raw: bytes) -> bool:
    def seen(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        if len(members) != len(pairs):
            raise _DoubleKeyError
        return members

    try:
        json.loads(raw, object_pairs_hook=seen)
    except (_DoubleKeyError, ValueError, RecursionError):
        return True
    return False
