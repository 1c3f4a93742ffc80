"""One batch in hand: everything the transaction has read about it, in the order of the locks."""

from dataclasses import dataclass

from msgspec import UNSET

from server.actions.archives.ledger import Archive, Ledger
from server.actions.archives.persons import Person, persons_of
from server.actions.archives.standing import DeviceRow, Field, lock_living, read_field
from server.actions.checkup.hall import Hall, read_hall
from server.actions.keeping.site import Site, district_key_blob
from server.actions.tablets.answered import answered
from server.actions.tablets.intake import Arrived, Intake, mark_of
from server.actions.tablets.openings import Opened, open_of_batch, wanted
from server.store.tx import Row, Tx, one
from sync import wire
from sync.clock import Stamped, recorded
from sync.journal import Fork, NewEpoch, Next, Replacement
from sync.reconcile import Reason

Taken = Next | Replacement | NewEpoch | Fork


@dataclass(slots=True)
class BatchInHand:
    """Rows, locks and lookups of one batch; `ledger` collects what will be written."""

    site: Site
    tx: Tx
    intake: Intake
    device: DeviceRow
    verdict: Taken
    now: int
    feed_epoch: int
    ledger: Ledger
    field: Field
    role: str
    trust: Reason  # NONE, or why nothing of it is applied
    district_key: bytes
    known_ids: set[bytes]
    taken: dict[bytes, Row]  # ids already in the district: change, resident, state
    alike: set[tuple[bytes, str, str]]
    persons: dict[bytes, Person]
    kept: dict[bytes, bytes]  # archives merged into another -> the one that stands for them
    opened: set[bytes]  # changes by which this batch opened an archive
    openings: Opened
    acts: list[Row]  # asked for by this batch, to be carried out after it
    positions: list[Row]  # that came beside its changes
    hall: Hall  # steps of checkup days, and the days they name

    def taker(self, change: wire.Change) -> bytes:
        """Whose archive takes the change: as signed, or of the one it was merged into."""
        return self.kept.get(change.resident, change.resident)


async def open_batch(
    tx: Tx,
    site: Site,
    intake: Intake,
    device: DeviceRow,
    verdict: Taken,
    now: int,
) -> BatchInHand:
    """Everything read under the locks, in the order of the locks."""
    changes = [each.change for each in intake.arrived if each.change is not None]
    residents = {each.resident for each in changes}
    edited = {each.resident for each in changes if each.set is not UNSET}
    rows, kept = await lock_living(tx, site.district, residents, cells_of=edited)
    district = await one(tx, "SELECT feed_epoch FROM district WHERE district=?", site.district)
    staff = await one(
        tx,
        "SELECT s.role, k.until FROM device_key k JOIN staff s ON s.district=k.district "
        "AND s.staff=k.staff WHERE k.district=? AND k.device=? AND k.key=?",
        site.district,
        device.device,
        intake.header.signer,
    )
    assert district is not None
    trust = _trust(device, verdict, intake, ended=staff is None or staff[1] is not None)
    ledger = Ledger(site.district, site.vault, now, district[0])
    new = wanted(intake.arrived, rows) if trust is Reason.NONE else []
    absent = residents - rows.keys() - kept.keys()
    made = await open_of_batch(
        tx, site, ledger, new, absent=absent, device=device.device, staff=intake.staff
    )
    rows |= made.rows
    where = await read_field(tx, site.district, device, set(rows), site.rules.late_credit_days)
    ledger.archives = {who: Archive(row, where.members.get(who, [])) for who, row in rows.items()}
    taken = await _taken(tx, site.district, intake.arrived)
    district_key = await district_key_blob(tx, site.district)
    served = {kept.get(each.resident, each.resident) for each in changes if each.body is not UNSET}
    about = {who: row for who, row in rows.items() if who in served}
    return BatchInHand(
        site, tx, intake, device, verdict, now, district[0], ledger, where,
        role=staff[0] if staff else "",
        trust=trust,
        district_key=district_key,
        known_ids=set(taken),
        taken=taken,
        persons=await persons_of(tx, site, about, district_key),
        alike=await _alike(tx, site.district, changes, kept),
        kept=kept,
        opened={each.id for each in new if each.resident in made.rows},
        openings=made,
        acts=[],
        positions=[],
        hall=await read_hall(tx, site, changes),
    )  # fmt: skip


def _trust(device: DeviceRow, verdict: Taken, intake: Intake, *, ended: bool) -> Reason:
    if isinstance(verdict, Fork):
        return Reason.FORK
    if device.status != "enrolled" or ended:
        return Reason.DEVICE
    if intake.header.epoch > device.epoch_allowed:
        return Reason.EPOCH
    return Reason.NONE


async def _taken(tx: Tx, district: int, arrived: tuple[Arrived, ...]) -> dict[bytes, Row]:
    """Ids of this batch, and ids its changes name, that the district already has."""
    wanted = {each.id for each in arrived}
    for each in arrived:
        change = each.change
        if change is None:
            continue
        if change.set is not UNSET:
            wanted.update(saw for edit in change.set.values() for saw in edit.saw)
        named = change.amends, change.voids, answered(change)
        wanted.update(name for name in named if name is not None)
    if not wanted:
        return {}
    rows = await tx.rows_in(
        "SELECT change, resident, state, cls FROM change WHERE district=? AND change {ids}",
        sorted(wanted),
        district,
    )
    return {row[0]: row for row in rows}


async def _alike(
    tx: Tx, district: int, changes: list[wire.Change], kept: dict[bytes, bytes]
) -> set[tuple[bytes, str, str]]:
    """(resident, day, kind) of class A records around the days of this batch: look-alikes become
    a task.
    """
    events = [each for each in changes if each.body is not UNSET]
    if not events:
        return set()
    days = sorted(each.on for each in events)
    rows = await tx.rows_in(
        "SELECT resident, day, kind FROM change WHERE district=? AND day>=? AND day<=? "
        "AND kind IS NOT NULL AND shape='event' AND resident {ids}",
        sorted({kept.get(each.resident, each.resident) for each in events}),
        district,
        days[0],
        days[-1],
    )
    return {(row[0], row[1], row[2]) for row in rows}


def known_of(work: BatchInHand, arrived: Arrived) -> wire.Known | None:
    """What the tablet says it had applied when the form was opened."""
    batch = work.intake.batch
    if batch is None or arrived.change is None:
        return None
    _, known = mark_of(batch, arrived.index)
    return batch.known[known] if known < len(batch.known) else None


def stamp_of(work: BatchInHand, arrived: Arrived) -> Stamped:
    """recorded_at of a change, as far as it can be known."""
    batch, change = work.intake.batch, arrived.change
    if change is None or batch is None:
        return recorded(wall=work.now, offset=None, not_before=0, arrived=work.now)
    number, _ = mark_of(batch, arrived.index)
    session = batch.sessions[number] if batch.sessions else None
    known = known_of(work, arrived)
    return recorded(
        wall=change.at,
        offset=session.offset if session else None,
        not_before=max(0, known.at) if known and known.at <= work.now else 0,
        arrived=work.now,
    )
