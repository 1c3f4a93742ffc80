"""New archives that a tablet opened without a network (PROTOCOL 5.2): made before anything else of
their batch is judged, so that what follows for the new resident is of somebody who is there.

The tablet made the id. Where somebody else has the document already the archive is opened all the
same, without it, and a registrar is asked whether the two are one (twins.py): nothing that was
written down waits for that, and a merge carries it along.

One tablet opens so many archives a day (sync/limits.py). Past that an opening is held, with all
that comes for its resident, until a person lets it in: then what waited with it is judged, too.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from msgspec import UNSET

from server.actions.archives import twins
from server.actions.archives.archives import AlreadyThere as Known
from server.actions.archives.archives import NewArchive, put_in, refuse_known
from server.actions.archives.ledger import Ledger
from server.actions.archives.standing import ResidentRow, lock_device, lock_residents
from server.actions.keeping.site import Site, district_key_blob
from server.actions.tablets.intake import Arrived, civil_day
from server.actions.tablets.readable import can_be_read
from server.actions.tablets.settle import open_change
from server.errors import RuleSaysNo
from server.records import acts
from server.store.tx import Tx, one
from sync import wire
from sync.limits import DAY_MS, OPENINGS_PER_DAY
from sync.reconcile import Credit, Decision, Reason, State, Task

SAME_DOCUMENT: Final = "same_document"
_BASICS: Final = frozenset(each.name for each in acts.OPEN_V1.fields) - {"team", "seen", "signed"}

Twins = dict[bytes, bytes]
"""Archive that was opened -> the one that has its document already."""

WAITS: Final = Decision(State.HELD, Reason.OPENINGS, Credit.NONE, tasks=(Task.HELD,))
"""Past the day's number: the opening, and whatever comes for its resident until it is let in."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What became of the openings of one batch."""

    rows: dict[bytes, ResidentRow] = field(default_factory=dict[bytes, ResidentRow])
    twins: Twins = field(default_factory=dict[bytes, bytes])
    over: set[bytes] = field(default_factory=set[bytes])  # nobody's yet: their opening waits


def wanted(arrived: tuple[Arrived, ...], rows: dict[bytes, ResidentRow]) -> list[wire.Change]:
    """What of a batch opens an archive: well filled in, for an id that is nobody's yet."""
    found: dict[bytes, wire.Change] = {}
    for each in arrived:
        change = each.change
        if change is None or each.fault is not Reason.NONE or change.resident in rows:
            continue
        if each.kind is acts.OPEN_V1 and change.body is not UNSET:
            found.setdefault(change.resident, change)
    return list(found.values())


async def open_of_batch(
    tx: Tx,
    site: Site,
    ledger: Ledger,
    changes: list[wire.Change],
    *,
    absent: Collection[bytes],
    device: bytes,
    staff: bytes,
) -> Opened:
    """As many as the day has left for this tablet, whose row is locked. `absent`: of whom the batch
    tells and who are nobody so far.
    """
    made = Opened()
    if changes:
        room = OPENINGS_PER_DAY - await _of_today(tx, site, device, ledger.now)
        made = await open_all(tx, site, ledger, changes, device=device, staff=staff, room=room)
        opened = [each for each in changes if each.resident in made.rows]
        await tx.insert(
            "tablet_act",
            [
                (
                    site.district, each.id, each.resident, device, staff, acts.OPEN, each.at,
                    ledger.now, "done", "", 0, ledger.now, "",
                )
                for each in opened
            ],
            ignore=True,
        )  # fmt: skip
    made.over.update(await _waiting(tx, site.district, set(absent) - made.rows.keys(), device))
    return made


async def _of_today(tx: Tx, site: Site, device: bytes, now: int) -> int:
    """How many this tablet has opened on the civil day of `now`."""
    rows = await tx.rows(
        "SELECT received_at FROM tablet_act WHERE district=? AND state='done' AND next_at>? AND "
        "device=? AND kind=?",
        site.district, now - DAY_MS, device, acts.OPEN,
    )  # fmt: skip
    return sum(civil_day(row[0]) == civil_day(now) for row in rows)


async def _waiting(tx: Tx, district: int, absent: set[bytes], device: bytes) -> set[bytes]:
    """Those for whom an opening of this tablet came past the day's number, and waits."""
    if not absent:
        return set()
    rows = await tx.rows_in(
        "SELECT resident FROM change WHERE district=? AND device=? AND kind=? AND state='held' "
        "AND reason=? AND resident {ids}",
        sorted(absent),
        district, device, acts.OPEN, Reason.OPENINGS.value,
    )  # fmt: skip
    return {row[0] for row in rows}


async def open_all(
    tx: Tx,
    site: Site,
    ledger: Ledger,
    changes: list[wire.Change],
    *,
    device: bytes,
    staff: bytes,
    room: int | None = None,
) -> Opened:
    """The rows of the new archives, which stand in `ledger`; `room` of them at most. The residents
    of the batch are locked; panels are locked by the flush.
    """
    made = Opened()
    for change in changes:
        said: dict[str, Any] = msgspec.json.decode(bytes(change.body))  # pyright: ignore[reportArgumentType]
        panel = await _panel(tx, site, device, said["team"])
        if panel is None or await _is_anybodys(tx, site, change.resident):
            continue
        if room is not None and len(made.rows) >= room:
            made.over.add(change.resident)
            continue
        holder = await _holder(tx, site, said.get("id_no"))
        new = NewArchive(
            basics={name: value for name, value in said.items() if name in _BASICS},
            facility=panel[1], panel=panel[0], staff=staff, since_day=change.on,
            author="staff" if said["seen"] == acts.NO_DOCUMENT else "registrar", act=change.id,
        )  # fmt: skip
        try:
            await put_in(tx, site, ledger, new, change.resident, known=holder is None)
        except RuleSaysNo:  # no archive number is left: like one that nobody knows, till one is
            continue
        made.rows.update(await lock_residents(tx, site.district, {change.resident}))
        if holder is not None:
            made.twins[change.resident] = holder
    return made


async def _panel(tx: Tx, site: Site, device: bytes, team: str) -> tuple[bytes, bytes] | None:
    """(team, facility) when this tablet carries it."""
    row = await one(
        tx,
        "SELECT p.panel, p.facility FROM device_panel d JOIN panel p ON p.district=d.district AND "
        "p.panel=d.panel WHERE d.district=? AND d.device=? AND d.panel=?",
        site.district, device, bytes.fromhex(team),
    )  # fmt: skip
    return None if row is None else (row[0], row[1])


async def _is_anybodys(tx: Tx, site: Site, resident: bytes) -> bool:
    """An id made by chance is nobody's; one that was merged away is somebody's still."""
    row = await one(
        tx,
        "SELECT 1 FROM resident WHERE district=? AND resident=? UNION ALL "
        "SELECT 1 FROM merged WHERE district=? AND gone=?",
        site.district, resident, site.district, resident,
    )  # fmt: skip
    return row is not None


async def _holder(tx: Tx, site: Site, id_no: object) -> bytes | None:
    if not isinstance(id_no, str) or not id_no:
        return None
    try:
        await refuse_known(tx, site, id_no)
    except Known as known:
        return known.resident
    return None


async def open_kept(tx: Tx, site: Site, name: bytes) -> Decision | None:
    """The archive of an opening that was kept apart, now that a person lets it in; what became of
    the change, None for every other change. The caller goes on to lock device and resident: the
    device is locked first here too.
    """
    district = site.district
    row = await one(
        tx,
        "SELECT resident, device, staff, kind, body FROM change WHERE district=? AND change=? AND "
        "state IN ('quarantined', 'held') AND under='district' AND kind=?",
        district, name, acts.OPEN,
    )  # fmt: skip
    if row is None or row[1] is None:
        return None
    resident, device, staff, _, body = row
    await lock_device(tx, district, device)
    if await _is_anybodys(tx, site, resident):
        return None
    wrapped = await district_key_blob(tx, district)
    _, raw = open_change(
        site, change=name, resident=resident, under="district", wrapped=wrapped, body=body
    )
    change = wire.change(raw)
    epoch = await one(tx, "SELECT feed_epoch FROM district WHERE district=?", district)
    if epoch is None or not can_be_read(change, civil_day(site.clock())):
        return None
    ledger = Ledger(district, site.vault, site.clock(), epoch[0])
    made = await open_all(tx, site, ledger, [change], device=device, staff=staff)
    if not made.rows:
        return None
    await ledger.flush(tx, "act", b"opened" + resident + staff)
    await note_twins(tx, site, made.twins)
    await _let_follow(tx, site, name, resident)
    return decided(made.twins, resident)


async def _let_follow(tx: Tx, site: Site, name: bytes, resident: bytes) -> None:
    """What waited with this opening is judged by the job that looks after what has arrived."""
    rows = await tx.rows(
        "SELECT change FROM change WHERE district=? AND resident=? AND state='held' AND reason=? "
        "AND change<>?",
        site.district, resident, Reason.OPENINGS.value, name,
    )  # fmt: skip
    now = site.clock()
    await tx.insert("wait", [(site.district, name, row[0], now) for row in rows], ignore=True)


def decided(pairs: Twins, resident: bytes) -> Decision:
    """What became of a change that opened an archive."""
    reason = Reason.SAME_DOCUMENT if resident in pairs else Reason.NONE
    return Decision(State.APPLIED, reason, Credit.NONE)


async def note_twins(tx: Tx, site: Site, pairs: Twins) -> None:
    """A registrar is asked of each pair; after the flush, in the same transaction."""
    for opened, holder in pairs.items():
        await twins.note(tx, site, holder, opened, SAME_DOCUMENT)
