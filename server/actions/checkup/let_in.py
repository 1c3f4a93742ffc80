"""A person lets in what a tablet noted of somebody who has no archive: a guest of a checkup day.

Such a step was kept apart (its tablet was lost, its chain unconfirmed, an answer out of range), so
it was never noted. Let in, it is what it would have been on arrival: of a guest who waits to be
recognised, or of whoever the guest is known to be by now.
"""

from dataclasses import dataclass

from server.actions.archives.ledger import Ledger, open_again
from server.actions.archives.standing import DeviceRow, lock_device
from server.actions.checkup.hall import noted, read_hall, was_step
from server.actions.checkup.taking import take
from server.actions.keeping.site import Site, district_key_blob
from server.actions.tablets.intake import checked_again, civil_day
from server.actions.tablets.readable import can_be_read
from server.actions.tablets.settle import open_change
from server.errors import RuleSaysNo
from server.store.tx import Tx, one
from sync import wire
from sync.reconcile import Newcomer, Reason, State


@dataclass(frozen=True, slots=True)
class _Kept:
    """A step kept apart, opened; its tablet is locked."""

    id: bytes
    step: wire.Change
    key: bytes
    raw: bytes
    state: str
    reason: str
    staff: bytes
    at: int
    device: DeviceRow


async def let_in_guest(
    tx: Tx, site: Site, change: bytes, by: bytes, *, result: str, trusted: bool
) -> State | None:
    """None for what is no step of a guest. `trusted`: a person says so, whatever its form says.

    Raises RuleSaysNo as for any other change that is let in.
    """
    kept = await _opened(tx, site, change)
    if kept is None:
        return None
    if kept.reason == Reason.GUEST.value:
        raise RuleSaysNo("unknown_resident")  # noted already: it waits for a name, not for us
    if kept.state not in (State.HELD.value, State.QUARANTINED.value):
        raise RuleSaysNo("not_held")
    if kept.step.id != kept.id:
        raise RuleSaysNo("same_id_other_bytes")
    if not can_be_read(kept.step, civil_day(site.clock())):
        raise RuleSaysNo("unreadable")
    fault = Reason.NONE
    if not trusted:
        today = civil_day(site.clock())
        fault = checked_again(kept.raw, kept.key, kept.step, today).fault
    hall = await read_hall(tx, site, [kept.step])
    standing = hall.standing(kept.step, kept.step.resident, None, kept.device.facility)
    if isinstance(standing, Newcomer) and standing.reason is not Reason.GUEST:
        fault = fault if fault is not Reason.NONE else standing.reason
    await _write(tx, site, kept, fault, by, result)
    return State.HELD


async def _opened(tx: Tx, site: Site, change: bytes) -> _Kept | None:
    row = await one(
        tx,
        "SELECT c.resident, c.device, c.body, c.state, c.reason, c.staff, c.recorded_at FROM "
        "change c LEFT JOIN resident r ON r.district=c.district AND r.resident=c.resident WHERE "
        "c.district=? AND c.change=? AND c.under='district' AND c.device IS NOT NULL AND "
        "r.resident IS NULL",
        site.district, change,
    )  # fmt: skip
    if row is None:
        return None
    resident, device_id, body, state, reason, staff, at = row
    wrapped = await district_key_blob(tx, site.district)
    key, raw = open_change(
        site, change=change, resident=resident, under="district", wrapped=wrapped, body=body
    )
    try:
        step = wire.change(raw)
    except wire.Malformed:
        return None
    if not was_step(step):
        return None
    device = await lock_device(tx, site.district, device_id)
    assert device is not None, "the tablet of a change is there"
    return _Kept(change, step, key, raw, state, reason, staff, at, device)


async def _write(tx: Tx, site: Site, kept: _Kept, fault: Reason, by: bytes, result: str) -> None:
    """`fault`: why it goes on waiting for a person; NONE where it is noted."""
    district, now = site.district, site.clock()
    reason = fault if fault is not Reason.NONE else Reason.GUEST
    await tx.run(
        "UPDATE change SET state=?, reason=? WHERE district=? AND change=?",
        State.HELD.value, reason.value, district, kept.id,
    )  # fmt: skip
    ledger = Ledger(district, site.vault, now, 1)
    done = ["quarantine", "held"]
    if fault is not Reason.NONE:
        done.remove("held")
        await open_again(tx, district, "held", kept.id)  # of one that was declined before
        ledger.task("held", kept.id, resident=kept.step.resident, facility=kept.device.facility)
    for kind in done:
        await tx.run(
            "UPDATE task SET closed_at=?, closed_by=?, result=? WHERE district=? AND subject=? AND "
            "kind=? AND closed_at IS NULL",
            now, by, result, district, kept.id, kind,
        )  # fmt: skip
    ledger.outcome(kept.device.device, kept.id, State.HELD.value, reason.value)
    await ledger.flush(tx, "act", result.encode() + kept.id)
    if fault is Reason.NONE:
        who, device = kept.step.resident, kept.device.device
        await take(tx, site, [noted(kept.step, who, at=kept.at, device=device, staff=kept.staff)])
