"""One exchange: an envelope goes in, an envelope comes out.

Checks run from cheap to dear: size, magic, header, signing key known, signature; then opening;
then two transactions, one that takes the batch and one that packs the answer. Both have committed
before a byte of the answer is made. Up to the signature every fault has the same answer; after it
the tablet is told exactly what to do, sealed for it.
"""

import asyncio
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Final

import msgspec

from crypto.audit import consistency_path
from crypto.envelope import (
    PACKED_UP_MAGIC,
    EnvelopeRefused,
    Sealed,
    parse_up,
    seal_down,
    verify,
)
from crypto.headers import DownHeader, UpHeader
from crypto.keys import KemKeyPair, KemPublicKey, Suite
from server.actions.archives.ledger import audit
from server.actions.archives.standing import DeviceRow, lock_device
from server.actions.checkup.hall_pages import KNOWS_HALLS, pack_halls
from server.actions.keeping.audit_tree import newest_checkpoint, node_reader
from server.actions.keeping.site import Site, signer_of
from server.actions.residents import tablet_acts
from server.actions.tablets.directory import newer
from server.actions.tablets.ingest import Ingested, UnknownDevice, ingest
from server.actions.tablets.intake import Intake, read_batch
from server.actions.tablets.kept_from import kept_from
from server.actions.tablets.outcomes import unseen
from server.actions.tablets.packing import KNOWS_NAMES, pack
from server.actions.tablets.reports import shown, take_reports
from server.actions.tablets.tablet_return import panels_now
from server.errors import NotAnEnvelope, TooLarge
from server.store.tx import Tx, one
from sync import wire
from sync.hall_wire import HallPage
from sync.limits import (
    CLOCK_AHEAD_MS,
    ENVELOPE_BYTES,
    LEASE_MS,
    OUTCOMES_PER_ANSWER,
    PANELS_PER_DEVICE,
)

VERSION: Final = 1
# Bytes of an envelope that is opened at once, like every signature: 0.1 ms of work, and handing it
# to a thread and back would take as long again.
SMALL: Final = 2048
FEW_BYTES: Final = 64 * 1024  # of the rows of an answer that is sealed at once: 2 ms
UNKNOWN_KEY: Final = "unknown_key"
GAP: Final = "gap"
UNREADABLE: Final = "unreadable"
BACKUP_MARGIN_MS: Final = 120_000
SAY: Final = {
    UNKNOWN_KEY: "服务器换了钥匙，平板会自动重新封装再传，记录不会丢。",
    UNREADABLE: "服务器读不懂这个版本的应用。记录都在本机，请更新应用后再传。",
    GAP: "中间有一批还没到，平板会自动从那里补传。",
}


@dataclass(slots=True)
class Exchanged:
    """The answer and what the log and the metrics may know of it."""

    answer: bytes
    verdict: str
    changes: int = 0
    rows: int = 0
    device: bytes = b""


@dataclass(slots=True)
class _Packed:
    device: DeviceRow
    outcomes: tuple[wire.OutcomeRow, ...] = ()
    pages: list[wire.Page] = field(default_factory=list[wire.Page])
    commands: tuple[wire.Command, ...] = ()
    checkpoint: wire.Checkpoint | None = None
    names: wire.Directory | None = None
    halls: tuple[HallPage, ...] = ()
    feed_epoch: int = 1
    backed_at: int = 0


async def exchange(site: Site, raw: bytes) -> Exchanged:
    """Raises TooLarge or NotAnEnvelope; anything else is answered inside a sealed envelope."""
    if len(raw) > ENVELOPE_BYTES:
        raise TooLarge
    sealed, staff = await _verified(site, raw)
    now = site.clock()
    private = await _private_key(site, sealed.header.kid)
    if private is None:
        held = await site.store.read(lambda tx: _known(tx, site.district, sealed))
        refused = UNKNOWN_KEY if held is None else ""
        return await _finish(site, sealed, held or Ingested(), None, now, refused=refused)
    read = partial(read_batch, sealed, raw, staff=staff, private=private, now=now)
    intake = read() if len(raw) <= SMALL else await asyncio.to_thread(read)
    ingested = Ingested()
    if sealed.header.seq is not None:
        try:
            ingested = await site.store.write(lambda tx: ingest(tx, site, intake, now))
        except UnknownDevice:
            raise NotAnEnvelope("unknown_device") from None
    if ingested.acts:
        await tablet_acts.carry_out(site, ingested.acts)  # the outcome goes with this very answer
    refused = GAP if ingested.gap else ""
    if intake.whole and sealed.header.seq is None:
        refused = UNREADABLE  # an empty exchange has nothing to keep: say so instead of silence
    return await _finish(site, sealed, ingested, intake, now, refused=refused)


async def _known(tx: Tx, district: int, sealed: Sealed[UpHeader]) -> Ingested | None:
    """Taken before the key was lost: what was answered then is answered again."""
    row = await one(
        tx,
        "SELECT receipt, received_at FROM batch WHERE district=? AND device=? AND digest=?",
        district, sealed.header.device, sealed.digest,
    )  # fmt: skip
    return None if row is None else Ingested(row[0], repeat=True, taken_at=row[1])


async def _verified(site: Site, raw: bytes) -> tuple[Sealed[UpHeader], bytes]:
    """Parsed strictly and signed by a key this district knows for this tablet."""
    try:
        sealed = parse_up(raw, ENVELOPE_BYTES)
    except EnvelopeRefused as refused:
        raise NotAnEnvelope(str(refused.kind)) from None
    signer = await signer_of(site, sealed.header.signer)
    if signer is None or signer[0] != sealed.header.device:
        raise NotAnEnvelope("unknown_signer")
    _device, staff, public = signer
    if public.suite != sealed.header.suite:
        raise NotAnEnvelope("suite_not_allowed")
    try:
        verify(sealed, public)
    except EnvelopeRefused as refused:
        raise NotAnEnvelope(str(refused.kind)) from None
    return sealed, staff


async def _private_key(site: Site, kid: bytes) -> KemKeyPair | None:
    found = site.keys.kem.get(kid)
    if found is None:
        await site.reload_keys()  # another process may have renewed it
        found = site.keys.kem.get(kid)
    return found


async def _finish(
    site: Site,
    sealed: Sealed[UpHeader],
    ingested: Ingested,
    intake: Intake | None,
    now: int,
    *,
    refused: str,
) -> Exchanged:
    """Second transaction, then the sealed answer."""
    batch = intake.batch if intake is not None else None
    packed = await site.store.write(
        lambda tx: _pack_all(tx, site, sealed, ingested, batch, now, quiet=bool(refused))
    )
    if packed is None:
        raise NotAnEnvelope("unknown_device")
    seal = partial(_seal, site, sealed, ingested, batch, packed, now, refused=refused)
    rows = [row for page in packed.pages for row in (*page.rows, *page.snap_rows)]
    long = sum(len(bytes(row)) for row in rows) > FEW_BYTES or packed.names or packed.halls
    answer = await asyncio.to_thread(seal) if long else seal()
    verdict = refused or ("repeat" if ingested.repeat else (intake.whole if intake else ""))
    return Exchanged(
        answer=answer,
        verdict=verdict or "ok",
        changes=len(intake.arrived) if intake and not ingested.repeat and not refused else 0,
        rows=len(rows),
        device=sealed.header.device,
    )


async def _pack_all(
    tx: Tx,
    site: Site,
    sealed: Sealed[UpHeader],
    ingested: Ingested,
    batch: wire.Batch | None,
    now: int,
    *,
    quiet: bool,
) -> _Packed | None:
    """Contact, the tablet's own reports, outcomes, pages. An empty exchange writes the contact."""
    header = sealed.header
    device = await lock_device(tx, site.district, header.device)
    if device is None:
        return None
    epoch, backed_at = await _epoch_and_backup(tx, site.district)
    packed = _Packed(device, feed_epoch=epoch, backed_at=backed_at)
    if _is_stale(device, sealed):
        # An old envelope once more, perhaps from somebody who recorded it: its receipt, no more.
        # A copy of the tablet that has counted less learns, sealed for it, from where to count on.
        if header.counter is not None:
            packed.commands = (wire.Command(do="counter", ms=device.counter),)
        return packed
    heard = _is_heard(device, sealed, ingested)
    if not heard:
        device.lease_until = now + LEASE_MS
        await _contact(tx, site, device, header, batch, now)
    if batch is not None and not quiet and (not heard or header.counter is None):
        # Of a lost tablet too: who was read on it, and that its copies are gone.
        await take_reports(tx, site, device, batch, packed.feed_epoch, now)
    if device.status in ("lost", "revoked"):
        packed.commands = (wire.Command(do="wipe"),)
        return packed
    if batch is None or quiet:
        return packed
    packed.outcomes = await unseen(tx, site, device, batch.outcomes_seen)
    kept = await kept_from(tx, site, device, header)
    if kept is not None:
        packed.commands = (kept,)
    else:
        panels = await panels_now(tx, site, device.device, now)
        packed.pages = await _pages(tx, site, packed, batch, panels, now)
        packed.checkpoint = await _checkpoint(tx, site, batch.checkpoint, Suite(device.suite))
        if packed.pages and batch.schema >= KNOWS_NAMES:
            packed.names = await newer(tx, site, batch.names)
        if packed.pages and batch.schema >= KNOWS_HALLS:
            halls = await pack_halls(tx, site, device, batch.halls, packed.feed_epoch)
            packed.halls = tuple(halls)
    return packed


async def _epoch_and_backup(tx: Tx, district: int) -> tuple[int, int]:
    """The feed's epoch, and when the newest verified backup was begun, less the longest a
    transaction may have taken.
    """
    row = await one(
        tx,
        "SELECT feed_epoch, (SELECT MAX(b.taken_at) FROM backup_mark b WHERE b.district=d.district)"
        " FROM district d WHERE d.district=?",
        district,
    )
    assert row is not None
    return row[0], max(0, (row[1] or 0) - BACKUP_MARGIN_MS)


def _is_stale(device: DeviceRow, sealed: Sealed[UpHeader]) -> bool:
    """Whether a later envelope of this tablet has been taken already."""
    header = sealed.header
    if header.counter is not None:
        return header.counter < device.counter
    place = (header.epoch, header.seq or 0)
    head = (device.chain_epoch, device.head_seq)
    return place < head or (place == head and sealed.digest != device.head_digest)


def _is_heard(device: DeviceRow, sealed: Sealed[UpHeader], ingested: Ingested) -> bool:
    """Whether this very envelope has been counted as a contact already.

    It is answered again, but whoever sends it need not be the tablet: a recorded envelope must not
    make a lost tablet look alive nor prolong its lease.
    """
    if sealed.header.counter is not None:
        return sealed.header.counter == device.counter and device.last_contact > 0
    return ingested.repeat and device.last_contact >= ingested.taken_at


async def _contact(
    tx: Tx, site: Site, device: DeviceRow, header: UpHeader, batch: wire.Batch | None, now: int
) -> None:
    if batch is None:
        return  # what cannot be opened need not come from the tablet: no sign of life
    counter = max(device.counter, header.counter or 0)
    lease = device.lease_until if device.status == "enrolled" else now
    await tx.run(
        "UPDATE device SET last_contact=?, lease_until=?, pending=?, oldest=?, app=?, schema=?, "
        "trust=?, checkpoint=?, counter=?, first_contact=CASE WHEN first_contact=0 THEN ? "
        "ELSE first_contact END WHERE district=? AND device=?",
        now, lease, min(batch.pending, 2**31 - 1), batch.oldest, shown(batch.app, 64), batch.schema,
        batch.trust, batch.checkpoint, counter, now, site.district, device.device,
    )  # fmt: skip


async def _pages(
    tx: Tx, site: Site, packed: _Packed, batch: wire.Batch, carried: list[bytes], now: int
) -> list[wire.Page]:
    """One page a panel, panels in order of id (the lock order). No cursors: no page is wanted."""
    if not batch.cursors:
        return []
    cursors = {cursor.panel: cursor for cursor in batch.cursors}
    claims = {claim.panel: claim for claim in batch.digests}
    pages: list[wire.Page] = []
    served = b""
    for panel in sorted(carried)[:PANELS_PER_DEVICE]:
        cursor = cursors.get(panel, wire.Cursor(panel=panel, epoch=0, csn=0))
        page = await pack(
            tx, site, packed.device, cursor, claims.get(panel), packed.feed_epoch, now,
            schema=batch.schema,
        )  # fmt: skip
        pages.append(page)
        if page.rows or page.snap_rows:
            served += panel + page.start.to_bytes(8) + page.end.to_bytes(8)
    if served:
        await audit(tx, site.district, "page", packed.device.device + served, now)
    return pages


async def _checkpoint(tx: Tx, site: Site, held: int, suite: Suite) -> wire.Checkpoint | None:
    """The newest checkpoint, with the proof that the one the tablet holds is a prefix of it."""
    newest = await newest_checkpoint(tx, site.district)
    if newest is None or newest.size <= held:
        return None
    proof: tuple[bytes, ...] = ()
    if held:
        proof = await node_reader(tx, site.district, consistency_path, held, newest.size)
    signed = newest.sign(site.keys.audit[suite])
    return wire.Checkpoint(
        size=newest.size, root=newest.root, at=newest.at_ms, signature=signed, proof=proof
    )


def _has_more(packed: _Packed) -> bool:
    if any(page.more for page in (*packed.pages, *packed.halls)):
        return True
    return len(packed.outcomes) == OUTCOMES_PER_ANSWER


@lru_cache(maxsize=1024)
def _recipient(suite: Suite, raw: bytes) -> KemPublicKey:
    return KemPublicKey(suite, raw)


def _seal(
    site: Site,
    sealed: Sealed[UpHeader],
    ingested: Ingested,
    batch: wire.Batch | None,
    packed: _Packed,
    now: int,
    *,
    refused: str,
) -> bytes:
    device = packed.device
    suite = Suite(device.suite)
    pages = tuple(msgspec.Raw(wire.encode(page)) for page in packed.pages)
    commands = packed.commands
    # Only an empty exchange is sent when it is made; a batch may have lain in the outbox for days.
    made_now = batch is not None and sealed.header.counter is not None
    if batch is not None and made_now and abs(batch.created - now) > CLOCK_AHEAD_MS:
        commands = (*commands, wire.Command(do="clock", ms=now - batch.created))
    held = batch.trust if batch is not None else 0
    answer = wire.Answer(
        v=VERSION,
        now=now,
        head=wire.ChainHead(
            epoch=device.chain_epoch, seq=device.head_seq, digest=device.head_digest
        ),
        receipt=msgspec.json.decode(ingested.receipt, type=wire.SignedReceipt)
        if ingested.receipt
        else None,
        outcomes=packed.outcomes,
        pages=pages,
        more=_has_more(packed),
        commands=commands,
        backed_up=wire.BackedUp(
            epoch=device.backed_epoch, seq=device.backed_seq, at=packed.backed_at
        ),
        lease=device.lease_until if device.status == "enrolled" else now,
        trust=site.keys.bundles[suite] if held != site.keys.version else None,
        checkpoint=packed.checkpoint,
        names=packed.names,
        halls=packed.halls,
        refused=refused,
        say=SAY.get(refused, ""),
    )
    recipient = _recipient(suite, device.kem_key)
    signer = site.keys.sign[suite]
    header = DownHeader(
        suite=suite, kid=recipient.kid(), signer=signer.public.kid(), device=device.device,
        request=sealed.digest, feed_epoch=packed.feed_epoch, trust=site.keys.version,
    )  # fmt: skip
    said, alike = wire.encode(answer), sealed.magic == PACKED_UP_MAGIC  # who writes it reads it
    return seal_down(header, said, recipient=recipient, signer=signer, packed=alike)
