"""Batches under `journal verify`: signatures, chains, receipts, changes in their batches."""

import asyncio
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import msgspec

from crypto.audit import leaf_hash, root_of
from crypto.columns import ColumnRefused
from crypto.commitment import leaf_of
from crypto.envelope import EnvelopeRefused, kept_up, parse_up, verify_kept
from crypto.headers import UpHeader
from crypto.keys import SigningPublicKey, Suite
from server.actions.keeping.keyring import RECEIPT_LABEL
from server.actions.keeping.site import Site
from server.actions.keeping.verify_report import Ahead, Code, Tally, every
from server.actions.keeping.verify_tree import Told
from server.actions.tablets.settle import open_change
from server.store.dump import Snapshot
from server.store.tx import Row
from sync import digest, wire
from sync.limits import ENVELOPE_BYTES
from sync.reconcile import IN_FEED

Sums = dict[bytes, list[int]]
_ZEROS: Final = bytes(32)
_BATCH: Final = (
    "SELECT b.device, b.epoch, b.seq, b.digest, b.verdict, b.n, b.header, b.body_hash, "
    "b.signature, b.leaves, b.receipt, e.content FROM batch b LEFT JOIN envelope e ON "
    "e.district=b.district AND e.device=b.device AND e.digest=b.digest WHERE b.district=? "
    "ORDER BY b.device, b.epoch, b.seq, b.received_at, b.digest"
)
_COLUMNS: Final = (
    "c.idx, c.change, c.resident, c.shape, c.state, c.cls, c.rev, c.under, c.body, r.key "
    "FROM change c LEFT JOIN resident r ON r.district=c.district AND r.resident=c.resident "
    "WHERE c.district=?"
)
_CHANGE: Final = (
    f"SELECT c.device, c.epoch, c.seq, {_COLUMNS} AND c.device IS NOT NULL "
    "ORDER BY c.device, c.epoch, c.seq, c.idx, c.change"
)
_OWN: Final = f"SELECT c.device, c.epoch, c.seq, {_COLUMNS} AND c.device IS NULL ORDER BY c.change"


@dataclass(slots=True)
class _Ledger:
    """Keys and the place in the chain that is being read."""

    site: Site
    tally: Tally
    told: Told
    district_key: bytes
    signers: dict[bytes, tuple[bytes, SigningPublicKey]]
    servers: dict[bytes, SigningPublicKey]
    heads: dict[bytes, tuple[int, int, bytes]]
    sums: Sums
    device: bytes = b""
    end: tuple[int, int, bytes] = (1, 0, _ZEROS)
    seen: set[bytes] = field(default_factory=set[bytes])

    def turn_to(self, device: bytes) -> None:
        """The next tablet's chain; the one before must end where its row says."""
        if self.device and self.heads.pop(self.device, None) != self.end:
            self.tally.fault(Code.CHAIN_HEAD, self.device)
        self.device, self.end = device, (1, 0, _ZEROS)


@dataclass(slots=True)
class _Taken:
    """A batch with the places of its changes that have been found."""

    digest: bytes
    leaves: list[bytes]
    found: set[int]


async def verify_chain(snap: Snapshot, site: Site, tally: Tally, told: Told) -> Sums:
    """All of batches and changes. Returns the digest sums of each resident's records."""
    work = await _open(snap, site, tally, told)
    batches = Ahead(snap.stream(_BATCH, site.district))
    changes = Ahead(snap.stream(_CHANGE, site.district))
    while True:
        ahead = [row[:3] for row in (await batches.peek(), await changes.peek()) if row is not None]
        if not ahead:
            break
        key = min(tuple(each) for each in ahead)
        rows = await batches.group(key)
        taken = [await asyncio.to_thread(partial(_batch, work, row)) for row in rows]
        _changes(work, taken, await changes.group(key))
        if tally.batches % 500 == 0:
            tally.say("batch", tally.batches)
    work.turn_to(b"")
    for device, head in work.heads.items():
        if head[1] or head[2] != _ZEROS:
            tally.fault(Code.CHAIN_HEAD, device)
    for missing in told.batches - work.seen:
        tally.fault(Code.BATCH_MISSING, missing)
    await _own(snap, work)
    return work.sums


async def _open(snap: Snapshot, site: Site, tally: Tally, told: Told) -> _Ledger:
    district = site.district
    key = b""
    async for (blob,) in every(snap, "SELECT key FROM district WHERE district=?", district):
        key = blob
    signers = {
        kid: (device, SigningPublicKey(Suite(suite), public))
        async for kid, device, public, suite in every(
            snap,
            "SELECT k.key, k.device, k.public, d.suite FROM device_key k JOIN device d ON "
            "d.district=k.district AND d.device=k.device WHERE k.district=?",
            district,
        )
    }
    servers = {
        kid: SigningPublicKey(Suite(suite), public)
        async for kid, suite, public in every(
            snap,
            "SELECT kid, suite, public FROM server_key WHERE district=? AND purpose='sign'",
            district,
        )
    }
    heads = {
        device: (epoch, seq, head)
        async for device, epoch, seq, head in every(
            snap,
            "SELECT device, chain_epoch, head_seq, head_digest FROM device WHERE district=?",
            district,
        )
    }
    return _Ledger(site, tally, told, key, signers, servers, heads, {})


def _batch(work: _Ledger, row: Row) -> _Taken:
    """One row of the ledger held to its signature, its receipt, its envelope and its neighbours."""
    device, epoch, seq, name, verdict, n, raw_header, body_hash, signature, leaves = row[:10]
    tally = work.tally
    tally.batches += 1
    work.seen.add(name)
    if name not in work.told.batches:
        tally.fault(Code.BATCH_NOT_AUDITED, name)
    if device != work.device:
        work.turn_to(device)
    parts = [leaves[at : at + 32] for at in range(0, len(leaves), 32)]
    try:
        magic, header = kept_up(raw_header)
    except EnvelopeRefused:
        magic, header = b"", None
    if header is None or (header.device, header.epoch, header.seq) != (device, epoch, seq):
        tally.fault(Code.BATCH_HEADER, name)
    else:
        _signed(work, header, (magic, raw_header, body_hash, signature), device, name)
        if n and root_of([leaf_hash(part) for part in parts]) != header.root:
            tally.fault(Code.BATCH_LEAVES, name)
        _linked(work, header, verdict, name)
    if len(parts) != n:
        tally.fault(Code.BATCH_LEAVES, name)
    if row[11] is not None:
        _envelope(tally, row[11], name, signature)
    return _Taken(name, parts, _receipt(work, row))


def _signed(
    work: _Ledger,
    header: UpHeader,
    kept: tuple[bytes, bytes, bytes, bytes],
    device: bytes,
    name: bytes,
) -> None:
    signer = work.signers.get(header.signer)
    if signer is None or signer[0] != device:
        work.tally.fault(Code.BATCH_SIGNER, name)
    elif not verify_kept(*kept, signer[1]):
        work.tally.fault(Code.BATCH_SIGNATURE, name)


def _linked(work: _Ledger, header: UpHeader, verdict: str, name: bytes) -> None:
    """Only what moved the head is a link; replacements and forks stand beside the chain."""
    if verdict not in ("next", "newepoch"):
        return
    epoch, seq, last = work.end
    assert header.seq is not None
    fresh = verdict == "newepoch"
    place = (epoch + 1, 1) if fresh else (epoch, seq + 1)
    if (header.epoch, header.seq) != place or header.prev != last:
        work.tally.fault(Code.CHAIN, name)
    work.end = header.epoch, header.seq, name


def _envelope(tally: Tally, raw: bytes, name: bytes, signature: bytes) -> None:
    try:
        sealed = parse_up(raw, ENVELOPE_BYTES)
    except EnvelopeRefused:
        tally.fault(Code.ENVELOPE, name)
        return
    if sealed.digest != name or sealed.signature != signature:
        tally.fault(Code.ENVELOPE, name)


def _receipt(work: _Ledger, row: Row) -> set[int]:
    """Places of changes that were repeats: their row belongs to an earlier batch."""
    device, epoch, seq, name, n = row[0], row[1], row[2], row[3], row[5]
    try:
        signed = msgspec.json.decode(row[10], type=wire.SignedReceipt)
        receipt = wire.receipt(signed.receipt)
    except (msgspec.MsgspecError, wire.Malformed):
        work.tally.fault(Code.RECEIPT, name)
        return set()
    key = work.servers.get(signed.signer)
    message = RECEIPT_LABEL + bytes(signed.receipt)
    if key is None or not key.verify(message, signed.signature):
        work.tally.fault(Code.RECEIPT_SIGNATURE, name)
    about = (receipt.device, receipt.epoch, receipt.seq, receipt.batch, receipt.n)
    if about != (device, epoch, seq, name, n):
        work.tally.fault(Code.RECEIPT, name)
    return {state[0] for state in receipt.states if state[1] == "duplicate"}


def _changes(work: _Ledger, taken: list[_Taken], rows: list[Row]) -> None:
    """The change rows of one place of a chain against the batches of that place."""
    for row in rows:
        index, change = row[3], row[4]
        opened = _opened(work, row)
        if not taken:
            work.tally.fault(Code.CHANGE_EXTRA, change)
            continue
        free = [each for each in taken if index < len(each.leaves) and index not in each.found]
        fitting = free if opened is None else [
            each for each in free if each.leaves[index] == leaf_of(*opened)
        ]  # fmt: skip
        if fitting:
            fitting[0].found.add(index)
        elif opened is not None:
            work.tally.fault(Code.CHANGE_OTHER, change)
            if free:
                free[0].found.add(index)
    for each in taken:
        for index in range(len(each.leaves)):
            if index not in each.found:
                work.tally.fault(Code.CHANGE_MISSING, each.digest, index)


def _opened(work: _Ledger, row: Row) -> tuple[bytes, bytes] | None:
    """(key of its leaf, the change as signed); None when it does not open where it stands."""
    change, resident, shape, state, cls, rev, under, body, wrapped = row[4:13]
    work.tally.changes += 1
    if shape == "event" and state in IN_FEED:
        sums = work.sums.setdefault(resident, [0, 0])
        sums[0 if cls == "A" else 1] += digest.leaf(change, cls, rev)
    blob = wrapped if under == "resident" else work.district_key
    try:
        if blob is not None:
            return open_change(
                work.site, change=change, resident=resident, under=under, wrapped=blob, body=body
            )
    except ColumnRefused:
        pass
    work.tally.fault(Code.CHANGE_SEALED, change)
    return None


async def _own(snap: Snapshot, work: _Ledger) -> None:
    """Changes made at the server: no batch commits to them, the audit log names the decisions."""
    left = set(work.told.decisions)
    async for row in every(snap, _OWN, work.site.district):
        _opened(work, row)
        left.discard(row[4])
    for change in left:
        work.tally.fault(Code.DECISION_MISSING, change)
