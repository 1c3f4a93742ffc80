"""Second judgement: held changes whose base has come, holds that ran out, and what a person
releases or decides.

Each is one transaction of its own: the author's device, the resident, the panels, in that order.
The tablet that made the change learns the outcome through its outcome stream.
"""

from dataclasses import dataclass
from functools import partial

from msgspec import UNSET
from msgspec.structs import replace

from crypto.columns import ColumnRefused
from server.actions.archives.first_written import hold_elsewhere
from server.actions.archives.ledger import Archive, Ledger, first_rev, open_again
from server.actions.archives.persons import persons_of
from server.actions.archives.standing import (
    TRUSTED,
    DeviceRow,
    lock_device,
    lock_residents,
    read_field,
    standing_of,
)
from server.actions.checkup.hall import noted, read_hall, was_step
from server.actions.checkup.let_in import let_in_guest
from server.actions.checkup.taking import take
from server.actions.keeping.site import Site, district_key_blob
from server.actions.tablets import acts, positions
from server.actions.tablets.attachments import let_in
from server.actions.tablets.intake import checked_again, civil_day, rule_of
from server.actions.tablets.of_person import judged
from server.actions.tablets.openings import open_kept
from server.actions.tablets.readable import can_be_read
from server.actions.tablets.settle import open_change, settle_conflicts, settle_held
from server.errors import NotFound, Refusal, RuleSaysNo
from server.records.kinds import UnknownKind, get
from server.store.tx import Tx, one
from server.store.vault import NOBODY, T_CHANGE, T_PARTS
from sync import wire
from sync.limits import DAY_MS
from sync.reconcile import (
    IN_FEED,
    OPEN,
    CellRule,
    Credit,
    Decision,
    Incoming,
    Reason,
    Standing,
    State,
    decide,
    event_under,
)


@dataclass(slots=True)
class _Held:
    """A stored change under the locks, opened."""

    change: wire.Change
    id: bytes
    key: bytes
    raw: bytes
    cls: str
    state: str
    staff: bytes
    author: str
    at: int
    device: DeviceRow | None
    archive: Archive
    standing: Standing
    ledger: Ledger


async def release_waiting(site: Site) -> int:
    """Decides again the held changes for which everything they name has arrived."""
    ready = await site.store.write(
        lambda tx: tx.rows(
            "SELECT DISTINCT w.change FROM wait w WHERE w.district=? AND NOT EXISTS "
            "(SELECT 1 FROM wait v WHERE v.district=w.district AND v.change=w.change AND "
            "NOT EXISTS (SELECT 1 FROM change c WHERE c.district=v.district "
            "AND c.change=v.names)) LIMIT 500",
            site.district,
        )
    )
    return await _each(site, [row[0] for row in ready], expired=False)


async def _each(site: Site, changes: list[bytes], *, expired: bool) -> int:
    """One transaction each: a change that cannot be opened keeps its task and stops nobody else."""
    done = 0
    for change in changes:
        try:
            await site.store.write(partial(_again, site=site, change=change, expired=expired))
            done += 1
        except (ColumnRefused, wire.Malformed, Refusal):
            continue
    return done


async def expire_holds(site: Site) -> int:
    """After the district's days: held events are applied, held edits become proposals (never
    dropped).
    """
    limit = site.clock() - site.rules.hold_days * DAY_MS
    late = await site.store.write(
        lambda tx: tx.rows(
            "SELECT DISTINCT change FROM wait WHERE district=? AND since<? LIMIT 500",
            site.district,
            limit,
        )
    )
    return await _each(site, [row[0] for row in late], expired=True)


async def release(site: Site, change: bytes, *, staff: bytes) -> State:
    """A person lets a held or quarantined change in: an event is applied, an edit becomes a
    proposal.
    """
    return await site.store.write(partial(release_in, site=site, change=change, staff=staff))


async def decline(site: Site, change: bytes, *, staff: bytes) -> None:
    """A person has looked and leaves it where it is; it stays readable, as evidence."""
    await site.store.write(partial(decline_in, site=site, change=change, staff=staff))


async def _open(tx: Tx, site: Site, change_id: bytes, *, trusted: bool) -> _Held:
    district = site.district
    where = await one(
        tx, "SELECT resident, device FROM change WHERE district=? AND change=?", district, change_id
    )
    if where is None:
        raise NotFound("change")
    resident, device_id = where
    device = await lock_device(tx, district, device_id) if device_id is not None else None
    rows = await lock_residents(tx, district, {resident})
    if resident not in rows:
        raise RuleSaysNo("unknown_resident")
    row = await one(
        tx,
        "SELECT body, under, cls, state, staff, author, recorded_at, known_panel, known_epoch, "
        "known_csn, received_at FROM change WHERE district=? AND change=? AND resident=?",
        district,
        change_id,
        resident,
    )
    if row is None:
        raise RuleSaysNo("merged_meanwhile")
    epoch = await one(tx, "SELECT feed_epoch FROM district WHERE district=?", district)
    assert epoch is not None
    body, under, cls, state, staff, author, at, panel, known_epoch, csn, received = row
    wrapped = rows[resident].key if under == "resident" else await district_key_blob(tx, district)
    key, raw = open_change(
        site, change=change_id, resident=resident, under=under, wrapped=wrapped, body=body
    )
    change = wire.change(raw)
    ledger = Ledger(district, site.vault, site.clock(), epoch[0])
    archive = Archive(rows[resident], [])
    ledger.archives[resident] = archive
    standing: Standing
    known = wire.Known(panel=panel, epoch=known_epoch, csn=csn, at=received) if panel else None
    if device is not None:
        if trusted:
            device.status = "enrolled"
        field = await read_field(tx, district, device, {resident}, site.rules.late_credit_days)
        archive.members = field.members.get(resident, [])
        standing = standing_of(
            field, change, resident=resident, known=known,
            recorded_at=at, now=received, epoch=epoch[0], exists=True,
        )  # fmt: skip
        if was_step(change) and device.status == TRUSTED:
            hall = await read_hall(tx, site, [change])
            standing = hall.standing(change, resident, archive, device.facility)
    else:
        raise RuleSaysNo("made_at_the_server")
    return _Held(
        change, change_id, key, raw, cls, state, staff, author, at, device, archive, standing,
        ledger,
    )  # fmt: skip


async def _again(tx: Tx, site: Site, change: bytes, *, expired: bool) -> None:
    held = await _open(tx, site, change, trusted=False)
    if held.state != State.HELD.value:
        await tx.run("DELETE FROM wait WHERE district=? AND change=?", site.district, change)
        return
    decision = await _judge(tx, site, held, lenient=expired)
    await _apply(tx, site, held, decision, by=NOBODY, result="expired" if expired else "arrived")


async def _judge(tx: Tx, site: Site, held: _Held, *, lenient: bool) -> Decision:
    """`lenient`: what it names will not come; an event joins anyway, an edit is offered to a
    person.
    """
    edits = None
    today = civil_day(site.clock())
    arrived = checked_again(held.raw, held.key, held.change, today)
    arrived = hold_elsewhere(site, arrived)
    row = held.archive.row
    district_key = await district_key_blob(tx, site.district)
    about = await persons_of(tx, site, {row.resident: row}, district_key)
    arrived = judged(arrived, about[row.resident], held.archive, site.vault, site.clock())
    held.cls = max(held.cls, arrived.cls)
    if held.change.set is not UNSET:
        edits = {cell: (edit.value, edit.saw) for cell, edit in held.change.set.items()}
        held.archive.read_cells(site.vault)
    if lenient:
        alone = Incoming(held.id, held.author, held.staff, held.at)
        decision = decide(alone, held.standing, {}, _no_rule, lambda _: True)
        if edits is None or decision.state is State.QUARANTINED:
            return decision
        return Decision(State.PROPOSAL, Reason.EXPIRED)
    incoming = Incoming(
        held.id, held.author, held.staff, held.at,
        names=tuple(n for n in (held.change.amends, held.change.voids) if n is not None),
        edits=edits, fault=arrived.fault, act=acts.is_act(arrived.kind),
    )  # fmt: skip
    wanted = {saw for _, seen in (edits or {}).values() for saw in seen} | set(incoming.names)
    known: set[bytes] = set()
    if wanted:
        rows = await tx.rows_in(
            "SELECT change, resident FROM change WHERE district=? AND change {ids}",
            sorted(wanted), site.district,
        )  # fmt: skip
        known = {row[0] for row in rows}
        elsewhere = {row[0] for row in rows if row[1] != held.archive.row.resident}
        if elsewhere & set(incoming.names):  # about somebody else's record: as on arrival
            incoming = replace(incoming, fault=Reason.MALFORMED)

    def rule(cell: str) -> CellRule:  # of a form that is not known here yet no cell is asked for
        return rule_of(get(held.change.kind, held.change.v), cell)

    return decide(incoming, held.standing, held.archive.cells(), rule, known.__contains__)


def _no_rule(_: str) -> CellRule:
    raise AssertionError("an event has no cells")


async def admit(site: Site, change: bytes, *, staff: bytes) -> State:
    """What waited for its chain to be confirmed is judged as if it arrived now, in full."""
    return await site.store.write(partial(_admit, site=site, change=change, staff=staff))


async def _admit(tx: Tx, site: Site, change: bytes, staff: bytes) -> State:
    opened = await open_kept(tx, site, change)
    guest = await let_in_guest(tx, site, change, staff, result="confirmed", trusted=False)
    if guest is not None:
        return guest
    held = await _open(tx, site, change, trusted=False)
    if held.state != State.QUARANTINED.value or held.change.id != held.id:
        raise RuleSaysNo("not_held")
    decision = opened or await _judge(tx, site, held, lenient=False)
    await _apply(tx, site, held, decision, by=staff, result="confirmed")
    return decision.state


async def release_in(tx: Tx, site: Site, change: bytes, staff: bytes) -> State:
    """`release` in the caller's transaction."""
    opened = await open_kept(tx, site, change)
    guest = await let_in_guest(tx, site, change, staff, result="released", trusted=True)
    if guest is not None:
        return guest
    held = await _open(tx, site, change, trusted=True)
    if held.state not in (State.HELD.value, State.QUARANTINED.value):
        raise RuleSaysNo("not_held")
    if held.change.id != held.id:
        # Its id stands for other bytes already: shown under it, one record would hide the other.
        raise RuleSaysNo("same_id_other_bytes")
    if not can_be_read(held.change, civil_day(site.clock())):
        raise RuleSaysNo("unreadable")
    if acts.asks(held.change):
        decision = opened or Decision(State.HELD, Reason.ACT, Credit.NONE)
    elif held.change.set is UNSET:
        decision = event_under(held.standing)
        if decision.state in IN_FEED:  # else it waits on, for what it waited for
            decision = Decision(decision.state, Reason.RELEASED, decision.credit)
    else:
        held.archive.read_cells(site.vault)
        decision = Decision(State.PROPOSAL, Reason.RELEASED)
    await _apply(tx, site, held, decision, by=staff, result="released")
    return decision.state


async def _apply(
    tx: Tx, site: Site, held: _Held, decision: Decision, *, by: bytes, result: str
) -> None:
    """Writes the new state; the body is sealed again under the resident's key if it was not."""
    district, ledger, archive = site.district, held.ledger, held.archive
    resident, rev = archive.row.resident, first_rev(ledger.feed_epoch)
    if held.change.set is UNSET:
        if decision.state in IN_FEED and not _stands_alone(held.change):
            ledger.event(resident, held.id, held.cls, rev)
    else:
        _put(held, decision)
    key = site.vault.key(resident, archive.row.key)
    body = key.seal(site.vault.at(T_CHANGE, held.id, resident), held.key + held.raw)
    parts = None
    if decision.parts:
        plain = wire.encode({cell: part.value for cell, part in decision.parts.items()})
        parts = key.seal(site.vault.at(T_PARTS, held.id, resident), plain)
    facility = held.device.facility if held.device else None
    credited = decision.credit is Credit.AUTHOR and decision.state in IN_FEED
    await tx.run(
        "UPDATE change SET state=?, reason=?, rev=?, credit=?, credit_facility=?, "
        "under='resident', body=?, parts=? WHERE district=? AND change=?",
        decision.state.value, decision.reason.value, rev, decision.credit.value,
        facility if credited else None, body, parts, district, held.id,
    )  # fmt: skip
    await positions.let_in(tx, site, held.id, resident, key)
    await tx.run("DELETE FROM wait WHERE district=? AND change=?", district, held.id)
    if decision.reason is Reason.MISSING_BASE:
        # Of a chain that was confirmed late: it waits for what it names as if it came today.
        ledger.waits += [(district, name, held.id, ledger.now) for name in _named(held.change)]
    if acts.waits(decision) and held.device is not None:
        await acts.ask_again(
            tx,
            acts.row_of(
                district, held.change, device=held.device.device, staff=held.staff, at=held.at,
                now=ledger.now,
            ),
        )  # fmt: skip
    proposed = {"proposal"} if decision.state is State.PROPOSAL else set[str]()
    tasks = {task.value for task in decision.tasks} | proposed
    # What it still waits for stays somebody's.
    for kind in {"held", "quarantine", *acts.TASKS} - tasks:
        await tx.run(
            "UPDATE task SET closed_at=?, closed_by=?, result=? WHERE district=? AND kind=? "
            "AND subject=? AND closed_at IS NULL",
            ledger.now, by, result, district, kind, held.id,
        )  # fmt: skip
    for task in sorted(tasks):
        await open_again(tx, district, task, held.id)
        ledger.task(task, held.id, resident=resident, facility=archive.row.facility)
    ledger.outcome(
        held.device.device if held.device else None, held.id, decision.state.value,
        decision.reason.value,
    )  # fmt: skip
    await let_in(tx, site, held.id, held.cls)
    await settle_conflicts(tx, site, ledger, by)
    await ledger.flush(tx, "act", result.encode() + held.id)
    await _count(tx, site, held, decision)
    if decision.state is State.APPLIED:
        await settle_held(tx, ledger, [held.change], by)


def _stands_alone(change: wire.Change) -> bool:
    """In no archive: an act or a step."""
    return acts.asks(change) or was_step(change)


async def _count(tx: Tx, site: Site, held: _Held, decision: Decision) -> None:
    """A step that is in force now counts on its day."""
    if was_step(held.change) and held.device is not None and decision.state in IN_FEED:
        who, device = held.archive.row.resident, held.device.device
        step = noted(held.change, who, at=held.at, device=device, staff=held.staff)
        await take(tx, site, [step])


def _named(change: wire.Change) -> list[bytes]:
    names = {name for name in (change.amends, change.voids) if name is not None}
    edits = {} if change.set is UNSET else change.set
    return sorted(names | {saw for edit in edits.values() for saw in edit.saw})


def _put(held: _Held, decision: Decision) -> None:
    try:
        held.archive.put(get(held.change.kind, held.change.v), decision.cells)
    except UnknownKind:
        return


async def decline_in(tx: Tx, site: Site, change: bytes, staff: bytes) -> None:
    """`decline` in the caller's transaction."""
    now = site.clock()
    row = await one(
        tx, "SELECT device, state FROM change WHERE district=? AND change=?", site.district, change
    )
    if row is None:
        raise NotFound("change")
    if row[1] not in OPEN:
        raise RuleSaysNo("not_open")  # it is in force: its reason says why, and stays
    closed = await tx.run(
        "UPDATE task SET closed_at=?, closed_by=?, result='declined' WHERE district=? "
        "AND subject=? AND closed_at IS NULL",
        now, staff, site.district, change,
    )  # fmt: skip
    if not closed:
        raise RuleSaysNo("nothing_open")
    await tx.run(
        "UPDATE change SET reason='declined' WHERE district=? AND change=?", site.district, change
    )
    ledger = Ledger(site.district, site.vault, now, 1)
    ledger.outcome(row[0], change, row[1], "declined")
    await ledger.flush(tx, "act", b"declined" + change)
