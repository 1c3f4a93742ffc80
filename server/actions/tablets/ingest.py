"""One batch into the district, in one transaction: ledger, chain, locks, decide, write.

The order of the steps is the order of the guarantees: a repeat is answered from the ledger before
anything is judged; the device row is locked before its status is believed; membership, consent
and cells are read under the residents' locks; panels come last. Nobody is answered before the
commit.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

from msgspec import UNSET, Raw
from msgspec.structs import replace

from crypto.envelope import kept_up
from crypto.headers import UpHeader
from crypto.keys import Suite
from server.actions.archives.first_written import hold_elsewhere
from server.actions.archives.ledger import Archive, first_rev
from server.actions.archives.standing import lock_device, standing_of
from server.actions.checkup.hall import is_step
from server.actions.checkup.taking import take
from server.actions.keeping.keyring import RECEIPT_LABEL
from server.actions.keeping.site import Site
from server.actions.tablets import acts, openings
from server.actions.tablets.answered import answered
from server.actions.tablets.attachments import named
from server.actions.tablets.batch import BatchInHand, known_of, open_batch, stamp_of
from server.actions.tablets.changerow import change_row, position_row, receipt_row
from server.actions.tablets.intake import Arrived, Intake, civil_day, derived_id, rule_of
from server.actions.tablets.of_person import of_this_person
from server.actions.tablets.settle import settle_conflicts, settle_held
from server.records.model import AccessClass, Kind
from server.store.tx import Tx, one
from server.store.vault import NOBODY, T_CHANGE
from sync import wire
from sync.journal import Fork, Gap, Head, NewEpoch, Next, Place, Replacement, judge
from sync.limits import REGISTER_BYTES
from sync.reconcile import (
    IN_FEED,
    CellRule,
    Decision,
    Incoming,
    Reason,
    Standing,
    State,
    Task,
    Untrusted,
    decide,
    named_by,
)


@dataclass(frozen=True, slots=True)
class Ingested:
    """What the answer needs. `gap`: the batch was not taken, send from there."""

    receipt: bytes = b""
    gap: bool = False
    repeat: bool = False
    taken_at: int = 0  # of a repeat: when it came first, ms UTC
    acts: tuple[bytes, ...] = ()  # to be carried out now


class UnknownDevice(Exception):
    """No such tablet: the envelope is not one of ours."""


async def ingest(tx: Tx, site: Site, intake: Intake, now: int) -> Ingested:
    """Takes a batch (`header.seq` is set). Raises UnknownDevice."""
    device = await lock_device(tx, site.district, intake.header.device)
    if device is None:
        raise UnknownDevice
    stored = await one(
        tx,
        "SELECT receipt, received_at FROM batch WHERE district=? AND device=? AND digest=?",
        site.district, device.device, intake.digest,
    )  # fmt: skip
    if stored is not None:
        return Ingested(stored[0], repeat=True, taken_at=stored[1])
    header = intake.header
    assert header.seq is not None
    head = Head(device.chain_epoch, device.head_seq, device.head_digest)
    verdict = judge(head, Place(header.epoch, header.seq, header.prev, header.replaces))
    if isinstance(verdict, Gap):
        return Ingested(gap=True)
    if isinstance(verdict, Fork) and await _was_recut(tx, site.district, header):
        verdict = Replacement()
    work = await open_batch(tx, site, intake, device, verdict, now)
    states = [await _take(work, each) for each in intake.arrived]
    return await _close_batch(work, states)


async def _was_recut(tx: Tx, district: int, header: UpHeader) -> bool:
    """Whether an honest tablet explains this envelope. A batch taken already says that it
    replaces this one: it was lost, closed anew, and comes after all. Or it was sealed behind such
    a re-cut, before the tablet learnt that its first envelope had arrived. Its changes are known
    by their ids.
    """
    rows = await tx.rows(
        "SELECT header FROM batch WHERE district=? AND device=? AND epoch=? AND verdict<>'fork'",
        district,
        header.device,
        header.epoch,
    )
    if any(header.seq in kept_up(row[0])[1].replaces for row in rows):
        return True
    behind = await one(
        tx,
        "SELECT 1 FROM batch WHERE district=? AND device=? AND digest=? AND verdict='replacement'",
        district, header.device, header.prev,
    )  # fmt: skip
    return behind is not None


async def _take(work: BatchInHand, arrived: Arrived) -> tuple[Any, ...] | None:
    """Decides one change and writes it down; returns its receipt row, None for plainly applied."""
    if arrived.change is not None and arrived.id in work.known_ids:
        again = await _again(work, arrived)
        if again is not None:
            return again
        arrived = _renamed(arrived, derived_id(work.intake.digest, arrived.index))
    arrived = hold_elsewhere(work.site, _beside_its_target(work, arrived))
    arrived = of_this_person(work, arrived)
    change = arrived.change
    stamp = stamp_of(work, arrived)
    standing = _standing(work, arrived, stamp.at)
    incoming = _incoming(work, arrived, stamp.at)
    archive = work.ledger.archives.get(work.taker(change)) if change is not None else None
    cells = {}
    if archive is not None and incoming.edits is not None:
        archive.read_cells(work.site.vault)
        cells = archive.cells()
        archive.size += len(arrived.raw)
        if archive.size > REGISTER_BYTES:
            incoming = replace(incoming, crowded=True)
    rule = partial(_rule, arrived.kind, work.device.restricted) if arrived.kind else _no_rule
    decision = _opened(work, arrived, decide(
        incoming, standing, cells, rule, work.known_ids.__contains__
    ))  # fmt: skip
    _write(work, arrived, decision, incoming, archive, stamp.at, clamped=stamp.clamped)
    if change is not None and change.attach:
        work.ledger.attachments += await named(work, arrived, decision)
    work.known_ids.add(arrived.id)
    if change is not None:
        work.taken[arrived.id] = (arrived.id, work.taker(change), str(decision.state), arrived.cls)
    return receipt_row(arrived.index, decision)


def _standing(work: BatchInHand, arrived: Arrived, at: int) -> Standing:
    change = arrived.change
    if work.trust is not Reason.NONE or change is None:
        return Untrusted(work.trust)
    who = work.taker(change)
    archive = work.ledger.archives.get(who)
    if is_step(arrived.kind):
        return work.hall.standing(change, who, archive, work.device.facility)
    return standing_of(
        work.field, change, resident=who, known=known_of(work, arrived), recorded_at=at,
        now=work.now, epoch=work.feed_epoch, exists=archive is not None,
    )  # fmt: skip


def _opened(work: BatchInHand, arrived: Arrived, decision: Decision) -> Decision:
    """The change that opened an archive has been carried out by now, or waits with all that is for
    its resident (openings.py).
    """
    change = arrived.change
    if change is None:
        return decision
    if change.resident in work.openings.over and decision.reason is Reason.STRANGER:
        return openings.WAITS
    if change.id not in work.opened or not acts.waits(decision):
        return decision
    return openings.decided(work.openings.twins, change.resident)


def _beside_its_target(work: BatchInHand, arrived: Arrived) -> Arrived:
    """A void or an amendment is about a record of the same resident, and at least of its class: the
    reason a restricted record was taken back says as much as the record. So is an answer.
    """
    change = arrived.change
    if change is None:
        return arrived
    cls, fault = arrived.cls, arrived.fault
    sheet = work.taken.get(answered(change) or b"")
    if sheet is not None and sheet[1] == work.taker(change):
        cls = max(cls, sheet[3])
    for name in (change.voids, change.amends):
        target = work.taken.get(name) if name is not None else None
        if target is not None:
            cls = max(cls, target[3])
            fault = fault if target[1] == work.taker(change) else Reason.MALFORMED
        elif name is not None:
            cls = max(cls, "B")  # not seen yet: the strictest it can turn out to be
    same = (cls, fault) == (arrived.cls, arrived.fault)
    return arrived if same else replace(arrived, cls=cls, fault=fault)


def _rule(kind: Kind, scoped: bool, cell: str) -> CellRule:
    """As the form says; closed where this tablet may not be shown what is there."""
    rule = rule_of(kind, cell)
    known_open = kind.access_of(cell) is AccessClass.A or kind.field_of(cell) is None
    return rule if scoped or known_open else replace(rule, closed=True)


def _no_rule(_: str) -> CellRule:
    raise AssertionError("a change without a kind is never merged")


async def _again(work: BatchInHand, arrived: Arrived) -> tuple[Any, ...] | None:
    """The id is taken: a repeat when the bytes are the same, else None."""
    row = await one(
        work.tx,
        "SELECT c.body, c.under, c.state, r.key, c.resident FROM change c LEFT JOIN resident r "
        "ON r.district=c.district AND r.resident=c.resident WHERE c.district=? AND c.change=?",
        work.site.district,
        arrived.id,
    )
    if row is None:  # twice in this very batch: compare with the first
        first = next(each for each in work.intake.arrived if each.id == arrived.id)
        return (arrived.index, "duplicate") if first.raw == arrived.raw else None
    body, under, state, key, resident = row
    owner, wrapped = (resident, key) if under == "resident" else (NOBODY, work.district_key)
    place = work.site.vault.at(T_CHANGE, arrived.id, resident)
    stored = work.site.vault.key(owner, wrapped).open(place, body)
    if stored[16:] != arrived.raw:
        return None
    return (arrived.index, "duplicate", state)


def _renamed(arrived: Arrived, new_id: bytes) -> Arrived:
    return replace(arrived, id=new_id, fault=Reason.SAME_ID)


def _incoming(work: BatchInHand, arrived: Arrived, at: int) -> Incoming:
    change = arrived.change
    edits = None
    names: tuple[bytes, ...] = ()
    if change is not None:
        if change.set is not UNSET:
            edits = {cell: (edit.value, edit.saw) for cell, edit in change.set.items()}
        names = tuple(each for each in (change.amends, change.voids) if each is not None)
    return Incoming(
        id=arrived.id,
        author="registrar" if work.role == "registrar" else "staff",
        staff=work.intake.staff,
        at=at,
        names=names,
        edits=edits,
        fault=arrived.fault,
        act=acts.is_act(arrived.kind),
    )


def _write(
    work: BatchInHand,
    arrived: Arrived,
    decision: Decision,
    incoming: Incoming,
    archive: Archive | None,
    at: int,
    *,
    clamped: bool,
) -> None:
    """The change row, its cells or its feed rows, its tasks and what it waits for."""
    ledger, change = work.ledger, arrived.change
    resident = work.taker(change) if change is not None else NOBODY
    rev = first_rev(work.feed_epoch)
    ledger.changes.append(change_row(work, arrived, decision, resident, at, rev, clamped=clamped))
    position = position_row(work, arrived, decision, resident)
    if position is not None:
        work.positions.append(position)
    if archive is not None:
        if _in_archive(arrived, incoming) and decision.state in IN_FEED:
            ledger.event(resident, arrived.id, arrived.cls, rev)
        if arrived.kind is not None:
            archive.put(arrived.kind, decision.cells)
    if change is not None and is_step(arrived.kind) and _is_noted(decision):
        work.hall.note(change, resident, at=at, device=work.device.device, staff=work.intake.staff)
    if change is not None and acts.waits(decision):
        work.acts.append(
            acts.row_of(
                work.site.district, change, device=work.device.device, staff=work.intake.staff,
                at=at, now=work.now,
            )
        )  # fmt: skip
    tasks = list(decision.tasks)
    if change is not None and archive is not None and _looks_alike(work, arrived, decision):
        tasks.append(Task.POSSIBLE_DUPLICATE)
    owner = archive.row.facility if archive is not None else work.device.facility
    for task in tasks:
        ledger.task(task.value, arrived.id, resident=resident, facility=owner)
    if decision.reason is Reason.MISSING_BASE:
        for name in named_by(incoming):
            if name not in work.known_ids:
                ledger.waits.append((work.site.district, name, arrived.id, work.now))


def _in_archive(arrived: Arrived, incoming: Incoming) -> bool:
    return incoming.edits is None and not incoming.act and not is_step(arrived.kind)


def _is_noted(decision: Decision) -> bool:
    """Whether a step counts on its day: also of somebody nobody knows yet."""
    return decision.state in IN_FEED or decision.reason is Reason.GUEST


def _looks_alike(work: BatchInHand, arrived: Arrived, decision: Decision) -> bool:
    change = arrived.change
    if change is None or change.body is UNSET or decision.state not in IN_FEED:
        return False
    if acts.is_act(arrived.kind) or is_step(arrived.kind):
        return False
    place = (work.taker(change), change.on, change.kind)
    found = arrived.cls == "A" and place in work.alike and change.amends is None
    work.alike.add(place)
    return found


async def _close_batch(work: BatchInHand, states: list[tuple[Any, ...] | None]) -> Ingested:
    """Receipt, ledger row, raw envelope, chain head; audit leaf and panels last, inside flush."""
    tx, site, intake, device = work.tx, work.site, work.intake, work.device
    header = intake.header
    assert header.seq is not None
    signed = _signed_receipt(work, header.seq, states)
    await settle_conflicts(tx, site, work.ledger, intake.staff)
    await _alarms(work, states)
    place = (site.district, device.device, intake.digest)
    sealed = intake.sealed
    row = (
        *place, header.epoch, header.seq, type(work.verdict).__name__.lower(), intake.staff,
        work.now, len(states), sealed.header_bytes, sealed.body_hash, sealed.signature,
        intake.leaves, signed,
    )  # fmt: skip
    await tx.insert("batch", [row])
    await tx.insert("envelope", [(*place, work.now, intake.raw)])
    if isinstance(work.verdict, Next | NewEpoch):
        device.chain_epoch, device.head_seq = header.epoch, header.seq
        device.head_digest = intake.digest
    await tx.run(
        "UPDATE device SET chain_epoch=?, head_seq=?, head_digest=?, status=?, strangers_day=?, "
        "strangers=? WHERE district=? AND device=?",
        device.chain_epoch, device.head_seq, device.head_digest, device.status,
        device.strangers_day, device.strangers, site.district, device.device,
    )  # fmt: skip
    await tx.insert("tablet_act", work.acts, ignore=True)
    await tx.insert("change_position", work.positions)
    await work.ledger.flush(tx, "batch", intake.digest + header.root)
    await take(tx, site, work.hall.noted)
    await openings.note_twins(tx, site, work.openings.twins)
    both = zip(intake.arrived, states, strict=True)
    applied = [each.change for each, row in both if row is None or row[1] == State.APPLIED.value]
    await settle_held(tx, work.ledger, applied, intake.staff)
    return Ingested(signed, acts=tuple(row[1] for row in work.acts))


def _signed_receipt(work: BatchInHand, seq: int, states: list[tuple[Any, ...] | None]) -> bytes:
    """Custody of the batch, signed on its own: it stays a proof when the answer is gone."""
    receipt = wire.encode(
        wire.Receipt(
            device=work.device.device,
            epoch=work.intake.header.epoch,
            seq=seq,
            batch=work.intake.digest,
            at=work.now,
            n=len(states),
            states=tuple(each for each in states if each is not None),
            whole=work.intake.whole,
            beside=not isinstance(work.verdict, Next | NewEpoch),
        )
    )
    signer = work.site.keys.sign[Suite(work.device.suite)]
    signature = signer.sign(RECEIPT_LABEL + receipt)
    kid = signer.public.kid()
    return wire.encode(wire.SignedReceipt(receipt=Raw(receipt), signer=kid, signature=signature))


async def _alarms(work: BatchInHand, states: list[tuple[Any, ...] | None]) -> None:
    """Whole-batch tasks, and the count of strangers a day."""
    device, ledger, intake = work.device, work.ledger, work.intake
    subject = intake.digest[:16]
    if intake.whole:
        ledger.task("quarantine", subject, resident=None, facility=device.facility)
    if isinstance(work.verdict, Fork):
        ledger.task("fork", subject, resident=None, facility=device.facility)
    if work.trust is Reason.EPOCH:
        ledger.task("epoch", device.device, resident=None, facility=device.facility)
    strangers = sum(1 for each in states if each and each[1:3] == _STRANGER)
    if strangers:
        today = civil_day(work.now).isoformat()
        before = device.strangers if device.strangers_day == today else 0
        device.strangers_day, device.strangers = today, before + strangers
        if device.strangers > work.site.rules.strangers_per_day and device.status == "enrolled":
            device.status = "suspended"
            ledger.task("suspended", device.device, resident=None, facility=device.facility)


_STRANGER = (State.QUARANTINED.value, Reason.STRANGER.value)
