"""Pictures from tablets: named by a change, sent in pieces, looked at when whole, receipted.

A picture is expected from the moment its change is written down (`named`, in that transaction); a
piece is taken from that tablet only. Two transactions a whole file, with the child that decodes it
between them; a crash there costs nothing, since the last piece sent again finishes it.
"""

import asyncio
from functools import partial
from typing import Final

import msgspec
from msgspec import Raw

from crypto.attachment import AttachmentKey, AttachmentRefused, file_id, open_file
from crypto.keys import Suite
from crypto.slip import Slip, SlipRefused, Verb, parse_slip, verify_slip
from server.actions.archives.ledger import TASK_DAYS
from server.actions.archives.standing import lock_device
from server.actions.attachments import sealed
from server.actions.attachments.images import JPEG, Fault, Picture, picture_of
from server.actions.attachments.sealed import MISSING, REFUSED, TAKEN, WAITING, Attachment, Meta
from server.actions.keeping.site import Site, signer_of
from server.actions.tablets.batch import BatchInHand
from server.actions.tablets.intake import Arrived
from server.errors import NoSuchAttachment, OutOfStep, TooMuchWaiting
from server.store.trail import audit
from server.store.tx import Row, Tx, locking, one
from server.store.vault import NOBODY
from sync import attachment_wire, wire
from sync.limits import (
    ATTACHMENT_PIECE_BYTES,
    ATTACHMENT_WAIT_MS,
    ATTACHMENTS_WAITING_BYTES,
    DAY_MS,
)
from sync.reconcile import Decision, State

TASK: Final = "photo"
_UNFINISHED: Final = (WAITING, MISSING)


# Named by a change.


async def named(work: BatchInHand, arrived: Arrived, decision: Decision) -> list[Row]:
    """Rows of what a change that is being written down names; there already: they stay."""
    change = arrived.change
    if change is None or not change.attach:
        return []
    site, device, now = work.site, work.device.device, work.now
    apart = decision.state is State.QUARANTINED
    owner = None if apart else await sealed.owner_key(work.tx, site, change.resident, "resident")
    under = "district" if owner is None else "resident"
    key = owner or site.vault.key(NOBODY, work.district_key)
    return [
        (
            site.district, each.id, device, change.resident, arrived.id, arrived.cls, under,
            WAITING, "", each.size, 0, now, now, work.intake.staff, None,
            sealed.seal_meta(
                site, key, Meta(each.key, each.type), each.id, device, change.resident
            ),
        )
        for each in change.attach
    ]  # fmt: skip


async def let_in(tx: Tx, site: Site, change: bytes, cls: str) -> None:
    """Of a change that was kept apart and is let into its archive: sealed under the resident's key
    like the change itself, and of its class.
    """
    rows = await tx.rows(
        f"SELECT {sealed.COLUMNS} FROM attachment WHERE district=? AND subject=?",
        site.district, change,
    )  # fmt: skip
    for kept in (Attachment(*row) for row in rows):
        before = await sealed.owner_key(tx, site, kept.resident, kept.under)
        after = await sealed.owner_key(tx, site, kept.resident, "resident")
        if before is None or after is None:
            continue
        meta = sealed.open_meta(site, before, kept)
        again = sealed.seal_meta(site, after, meta, kept.id, kept.device, kept.resident)
        await tx.run(
            "UPDATE attachment SET under='resident', cls=?, sealed=? WHERE district=? AND "
            "attachment=? AND device=?",
            max(cls, kept.cls), again, site.district, kept.id, kept.device,
        )  # fmt: skip


# The two calls.


async def proved(site: Site, raw: bytes, verb: Verb, attachment: bytes) -> Slip:
    """A slip that is good for this call. Raises NoSuchAttachment, always the same."""
    try:
        slip = parse_slip(raw)
    except SlipRefused:
        raise NoSuchAttachment("not_a_slip") from None
    signer = await signer_of(site, slip.signer)
    if signer is None or signer[0] != slip.device:
        raise NoSuchAttachment("unknown_signer")
    try:
        await asyncio.to_thread(verify_slip, raw, signer[2])
    except SlipRefused:
        raise NoSuchAttachment("bad_signature") from None
    if slip.verb is not verb or slip.file != attachment:
        raise NoSuchAttachment("another_call")
    return slip


async def arrived_so_far(site: Site, slip: Slip) -> int:
    """How many bytes of it are here. Raises NoSuchAttachment."""
    kept = await site.store.read(
        lambda tx: sealed.find(tx, site, slip.file, slip.device),
    )
    if kept is None:
        raise NoSuchAttachment("not_named")
    return kept.arrived if kept.state in _UNFINISHED else kept.size


async def take_piece(site: Site, slip: Slip, piece: bytes) -> attachment_wire.Arrived:
    """One piece; with the receipt when it was the last.

    Raises NoSuchAttachment, OutOfStep, TooMuchWaiting.
    """
    if not slip.covers(piece):
        raise NoSuchAttachment("other_piece")
    kept = await site.store.write(partial(_take, site=site, slip=slip, piece=piece))
    if kept.receipt is None and kept.arrived == kept.size and kept.state == WAITING:
        kept = await _finish(site, kept)
    receipt = None
    if kept.receipt is not None:
        receipt = msgspec.json.decode(kept.receipt, type=wire.SignedReceipt)
    arrived = kept.arrived if kept.state in _UNFINISHED else kept.size
    return attachment_wire.Arrived(arrived=arrived, receipt=receipt)


async def _take(tx: Tx, site: Site, slip: Slip, piece: bytes) -> Attachment:
    if await lock_device(tx, site.district, slip.device) is None:
        raise NoSuchAttachment("unknown_device")
    kept = await sealed.find(tx, site, slip.file, slip.device, locking(tx))
    if kept is None:
        raise NoSuchAttachment("not_named")
    if kept.state not in _UNFINISHED or slip.at + slip.size <= kept.arrived:
        return kept  # there already
    wanted = min(ATTACHMENT_PIECE_BYTES, kept.size - kept.arrived)
    if (slip.at, slip.size) != (kept.arrived, wanted):
        raise OutOfStep
    if await _waiting(tx, site, slip.device) + slip.size > ATTACHMENTS_WAITING_BYTES:
        raise TooMuchWaiting
    number = slip.at // ATTACHMENT_PIECE_BYTES
    await tx.insert("attachment_part", [(site.district, kept.id, kept.device, number, piece)])
    await tx.run(
        "UPDATE attachment SET arrived=?, state=?, changed_at=? WHERE district=? AND attachment=? "
        "AND device=?",
        kept.arrived + slip.size, WAITING, site.clock(), site.district, kept.id, kept.device,
    )  # fmt: skip
    found = await sealed.find(tx, site, slip.file, slip.device)
    assert found is not None
    return found


async def _waiting(tx: Tx, site: Site, device: bytes) -> int:
    row = await one(
        tx,
        "SELECT COALESCE(SUM(arrived), 0) FROM attachment WHERE district=? AND state=? AND "
        "device=?",
        site.district, WAITING, device,
    )  # fmt: skip
    assert row is not None
    return int(row[0])


# Whole.


async def _finish(site: Site, kept: Attachment) -> Attachment:
    """Opened, looked at, made anew outside of any transaction; then kept, with its receipt."""
    key, pieces = await site.store.read(partial(_opened, site=site, kept=kept))
    made = await _made(kept, key, pieces)
    return await site.store.write(partial(_settle, site=site, kept=kept, made=made))


async def _opened(tx: Tx, site: Site, kept: Attachment) -> tuple[bytes, bytes]:
    owner = await sealed.owner_key(tx, site, kept.resident, kept.under)
    if owner is None:
        raise NoSuchAttachment("destroyed")
    pieces = b"".join(await sealed.parts_of(tx, site, kept.id, kept.device))
    return sealed.open_meta(site, owner, kept).key, pieces


async def _made(kept: Attachment, key: bytes, pieces: bytes) -> Picture | str:
    """The picture, or the code of why it is refused."""
    if file_id(pieces) != kept.id:
        return "other_bytes"
    try:
        plain = await asyncio.to_thread(open_file, AttachmentKey(key), pieces)
    except AttachmentRefused:
        return "cannot_open"
    made = await picture_of(plain)
    return made.value if isinstance(made, Fault) else made


async def _settle(tx: Tx, site: Site, kept: Attachment, made: Picture | str) -> Attachment:
    device = await lock_device(tx, site.district, kept.device)
    again = await sealed.find(tx, site, kept.id, kept.device, locking(tx))
    if device is None or again is None:
        raise NoSuchAttachment("destroyed")
    if again.state != WAITING:
        return again  # the same last piece, twice at a time
    now, reason, state = site.clock(), "", TAKEN
    blob = again.sealed
    owner = await sealed.owner_key(tx, site, again.resident, again.under)
    if owner is None:
        raise NoSuchAttachment("destroyed")
    if isinstance(made, str):
        reason, state = made, REFUSED
        await sealed.drop_parts(tx, site, kept.id, kept.device)
        await _ask_somebody(tx, site, again, now)
    else:
        key, chunks, stored = sealed.stored_file(made.jpeg)
        meta = Meta(key.key_bytes(), JPEG, len(made.jpeg), made.width, made.height, stored)
        blob = sealed.seal_meta(site, owner, meta, kept.id, kept.device, again.resident)
        await sealed.write_parts(tx, site, kept.id, kept.device, chunks)
        await sealed.note_kept(tx, site, kept.id, kept.device, stored, now)
    receipt = _receipt(site, Suite(device.suite), again, state, reason, now)
    await tx.run(
        "UPDATE attachment SET state=?, reason=?, receipt=?, sealed=?, changed_at=? WHERE "
        "district=? AND attachment=? AND device=?",
        state, reason, receipt, blob, now, site.district, kept.id, kept.device,
    )  # fmt: skip
    await audit(tx, site.district, "act", b"attachment-receipt" + kept.id + kept.device, now)
    await _answered(tx, site, again, now)
    found = await sealed.find(tx, site, kept.id, kept.device)
    assert found is not None
    return found


def _receipt(
    site: Site, suite: Suite, kept: Attachment, state: str, reason: str, now: int
) -> bytes:
    said = wire.encode(
        attachment_wire.AttachmentReceipt(
            device=kept.device, id=kept.id, at=now, state=state, reason=reason
        )
    )
    signer = site.keys.sign[suite]
    signature = signer.sign(attachment_wire.RECEIPT_LABEL + said)
    return wire.encode(
        wire.SignedReceipt(receipt=Raw(said), signer=signer.public.kid(), signature=signature)
    )


# What did not come.


async def ask_for_missing(site: Site) -> int:
    """Named long ago and not here: what arrived goes, and somebody has a task. Returns how many."""
    return await site.store.write(partial(_missing, site=site))


async def _missing(tx: Tx, site: Site) -> int:
    now = site.clock()
    rows = await tx.rows(
        f"SELECT {sealed.COLUMNS} FROM attachment WHERE district=? AND state=? AND changed_at<? "
        f"ORDER BY changed_at, attachment LIMIT 200{locking(tx)}",
        site.district, WAITING, now - ATTACHMENT_WAIT_MS,
    )  # fmt: skip
    for kept in (Attachment(*row) for row in rows):
        await sealed.drop_parts(tx, site, kept.id, kept.device)
        await tx.run(
            "UPDATE attachment SET state=?, arrived=0, changed_at=? WHERE district=? AND "
            "attachment=? AND device=?",
            MISSING, now, site.district, kept.id, kept.device,
        )  # fmt: skip
        await _ask_somebody(tx, site, kept, now)
    return len(rows)


async def _ask_somebody(tx: Tx, site: Site, kept: Attachment, now: int) -> None:
    """One task a change, at the facility whose tablet it is: only there somebody may have it."""
    where = await one(
        tx,
        "SELECT d.facility, c.resident FROM device d LEFT JOIN change c ON c.district=d.district "
        "AND c.change=? WHERE d.district=? AND d.device=?",
        kept.subject, site.district, kept.device,
    )  # fmt: skip
    assert where is not None
    due = now + TASK_DAYS[TASK] * DAY_MS
    row: Row = (
        site.district, TASK, kept.subject, where[1], where[0], now, due, None, None, "",
    )  # fmt: skip
    await tx.insert("task", [row], ignore=True)


async def _answered(tx: Tx, site: Site, kept: Attachment, now: int) -> None:
    """The task about a change ends by itself once all its pictures are here."""
    left = await one(
        tx,
        "SELECT 1 FROM attachment WHERE district=? AND subject=? AND state<>? LIMIT 1",
        site.district, kept.subject, TAKEN,
    )  # fmt: skip
    if left is None:
        await tx.run(
            "UPDATE task SET closed_at=?, closed_by=?, result='arrived' WHERE district=? AND "
            "kind=? AND subject=? AND closed_at IS NULL",
            now, NOBODY, site.district, TASK, kept.subject,
        )  # fmt: skip
