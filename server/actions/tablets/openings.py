"""New archives that a tablet opened without a network (PROTOCOL 5.2): made before anything else of
their batch is judged, so that what follows for the new resident is of somebody who is there.

The tablet made the id. Where somebody else has the document already the archive is opened all the
same, without it, and a registrar is asked whether the two are one (twins.py): nothing that was
written down waits for that, and a merge carries it along.
"""

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
from sync.reconcile import Credit, Decision, Reason, State

SAME_DOCUMENT: Final = "same_document"
_BASICS: Final = frozenset(each.name for each in acts.OPEN_V1.fields) - {"team", "seen", "signed"}

Twins = dict[bytes, bytes]
"""Archive that was opened -> the one that has its document already."""


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


async def open_all(
    tx: Tx, site: Site, ledger: Ledger, changes: list[wire.Change], *, device: bytes, staff: bytes
) -> tuple[dict[bytes, ResidentRow], Twins]:
    """The rows of the new archives, which stand in `ledger`. The residents of the batch are locked;
    panels are locked by the flush.
    """
    rows: dict[bytes, ResidentRow] = {}
    twins: Twins = {}
    for change in changes:
        said: dict[str, Any] = msgspec.json.decode(bytes(change.body))  # pyright: ignore[reportArgumentType]
        panel = await _panel(tx, site, device, said["team"])
        if panel is None or await _is_anybodys(tx, site, change.resident):
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
        rows |= await lock_residents(tx, site.district, {change.resident})
        if holder is not None:
            twins[change.resident] = holder
    return rows, twins


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
        "state='quarantined' AND under='district' AND kind=?",
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
    opened, pairs = await open_all(tx, site, ledger, [change], device=device, staff=staff)
    if not opened:
        return None
    await ledger.flush(tx, "act", b"opened" + resident + staff)
    await note_twins(tx, site, pairs)
    return decided(pairs, resident)


def decided(pairs: Twins, resident: bytes) -> Decision:
    """What became of a change that opened an archive."""
    reason = Reason.SAME_DOCUMENT if resident in pairs else Reason.NONE
    return Decision(State.APPLIED, reason, Credit.NONE)


async def note_twins(tx: Tx, site: Site, pairs: Twins) -> None:
    """A registrar is asked of each pair; after the flush, in the same transaction."""
    for opened, holder in pairs.items():
        await twins.note(tx, site, holder, opened, SAME_DOCUMENT)
