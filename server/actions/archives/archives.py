"""Opening one archive: its number, its register, its place in a panel, its way to the tablets.

The number has 17 digits (domain, 1.1): county 6, township 3, village 3, serial 5. The server allots
it once; it belongs to the archive for ever, moves with nobody and is never given again.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from crypto.columns import DataKey
from server.actions.archives.ledger import Archive, Ledger, first_rev
from server.actions.archives.membership import enter
from server.actions.archives.standing import lock_residents
from server.actions.archives.stays import note_stay
from server.actions.keeping.site import Site
from server.actions.places.district import FIRST
from server.errors import NotFound, RuleSaysNo
from server.records.cells import to_cells
from server.records.kinds import get
from server.rules.archive_number import LAST_SERIAL, areas_to_try, number_of
from server.rules.life import Life
from server.store.ids import new_id
from server.store.tx import Row, Tx, locking, one
from server.store.vault import T_CELLS, T_CHANGE, T_RESTRICTED
from sync import digest, wire
from sync.merge import Cell, Head, encode_cells

_AT_ONCE: Final = 200  # serials looked at together, at least
_ADDRESS: Final = re.compile("[0-9]{6}|[0-9]{9}|[0-9]{12}")
NO_ID: Final = "99"  # type of document of somebody who has none yet


class AlreadyThere(RuleSaysNo):
    """Somebody with this document has an archive (S000-art14¶1); `resident` names it."""

    def __init__(self, resident: bytes) -> None:
        super().__init__("archive_exists")
        self.resident = resident


class NumbersUsedUp(RuleSaysNo):
    """Every serial of the area and of the township's other villages is given."""

    def __init__(self) -> None:
        super().__init__("archive_numbers_used_up")


@dataclass(frozen=True, slots=True)
class NewArchive:
    """One archive to open. `basics` is a filled-in basic_info form without hard faults.

    `panel` None: nobody's yet, to be assigned. `status`: usual | temporary. `author` as the merge
    knows it: "registrar" where somebody has seen the document. `act`: the tablet's act that opened
    it: its values are that change's, and whoever saw them there has seen them here.
    """

    basics: Mapping[str, Any]
    facility: bytes | None
    panel: bytes | None
    staff: bytes
    since_day: str
    status: str = "usual"
    author: str = "registrar"
    act: bytes | None = None


async def allot(tx: Tx, district: int, area: str, n: int = 1) -> list[str]:
    """`n` fresh archive numbers of an area of 6, 9 or 12 digits. Raises RuleSaysNo.

    An area without a village, or with one that the rule does not know, counts as one of the
    township's "other" (901-999); so does a village whose serials are used up.
    """
    if not _ADDRESS.fullmatch(area):
        raise RuleSaysNo("area_unknown")
    made: list[str] = []
    for place in areas_to_try(area):
        made += await _of_area(tx, district, place, n - len(made))
        if len(made) == n:
            return made
    raise NumbersUsedUp


async def _of_area(tx: Tx, district: int, area: str, n: int) -> list[str]:
    await tx.insert("archive_serial", [(district, area, 1)], ignore=True)
    row = await one(
        tx,
        f"SELECT next FROM archive_serial WHERE district=? AND area=?{locking(tx)}",
        district,
        area,
    )
    assert row is not None
    serial, made = row[0], list[str]()
    while len(made) < n and serial <= LAST_SERIAL:
        last = min(LAST_SERIAL, serial + max(_AT_ONCE, n) - 1)
        taken = await _taken(tx, district, number_of(area, serial), number_of(area, last))
        while len(made) < n and serial <= last:
            number = number_of(area, serial)
            serial += 1
            if number not in taken:
                made.append(number)
    await tx.run(
        "UPDATE archive_serial SET next=? WHERE district=? AND area=?", serial, district, area
    )
    return made


async def _taken(tx: Tx, district: int, first: str, last: str) -> set[str]:
    """Numbers that came with archives from elsewhere."""
    rows = await tx.rows(
        "SELECT archive_no FROM resident WHERE district=? AND archive_no>=? AND archive_no<=?",
        district, first, last,
    )  # fmt: skip
    return {row[0] for row in rows}


async def open_new(tx: Tx, site: Site, new: NewArchive) -> bytes:
    """Opens the archive in the caller's transaction; its id. Raises AlreadyThere, NotFound.

    The caller has checked the form. Panels are locked here: call it last in a transaction.
    """
    district, now = site.district, site.clock()
    basics = dict(new.basics)
    id_no = str(basics.get("id_no") or "")
    if id_no:
        await refuse_known(tx, site, id_no)
    facility = new.facility
    if new.panel is not None:
        where = await one(
            tx, "SELECT facility FROM panel WHERE district=? AND panel=?", district, new.panel
        )
        if where is None:
            raise NotFound("panel")
        facility = where[0]
    resident = new_id(now)
    epoch = await one(tx, "SELECT feed_epoch FROM district WHERE district=?", district)
    assert epoch is not None
    ledger = Ledger(district, site.vault, now, epoch[0])
    await put_in(tx, site, ledger, replace(new, facility=facility), resident)
    await ledger.flush(tx, "act", b"opened" + resident + new.staff)
    return resident


async def put_in(
    tx: Tx, site: Site, ledger: Ledger, new: NewArchive, resident: bytes, *, known: bool = True
) -> None:
    """Opens the archive under this id, in the caller's ledger, which is not flushed; of a team
    `new.facility` is its. `known` False: its document is somebody else's so far and finds nobody.
    """
    basics = dict(new.basics)
    region = str(basics.get("address_region") or site.rules.code)
    number = (await allot(tx, site.district, region))[0]
    basics["archive_no"] = number
    await _write(tx, site, ledger, new, basics, (resident, new.facility, number), known=known)
    await _settle_in(tx, ledger, new, resident)


async def refuse_known(tx: Tx, site: Site, id_no: str, *, but: bytes | None = None) -> None:
    """One active archive per document (S000-art14¶1). Raises AlreadyThere.

    Two who open an archive for one document at once queue here, behind the district's row.
    """
    district = site.district
    await tx.rows(f"SELECT 1 FROM district WHERE district=?{locking(tx)}", district)
    found = await holder_of(tx, site, id_no)
    if found is not None and found != but:
        raise AlreadyThere(found)


async def holder_of(tx: Tx, site: Site, id_no: str) -> bytes | None:
    """Whose document it is; of two that were merged, the one that is kept."""
    rows = await tx.rows(
        "SELECT r.resident, r.status, m.kept FROM resident r LEFT JOIN merged m ON "
        "m.district=r.district AND m.gone=r.resident WHERE r.district=? AND r.id_index=? "
        "ORDER BY r.resident",
        site.district, site.index.of_id_number(id_no),
    )  # fmt: skip
    if not rows:
        return None
    kept = [row[0] for row in rows if row[1] != "merged"]
    return kept[0] if kept else rows[0][2]


async def _write(
    tx: Tx,
    site: Site,
    ledger: Ledger,
    new: NewArchive,
    basics: Mapping[str, Any],
    place: tuple[bytes, bytes | None, str],
    *,
    known: bool,
) -> None:
    """The resident's row with the register, and the change that the register comes from."""
    resident, facility, number = place
    vault, district, now = site.vault, site.district, ledger.now
    kind = get("basic_info", 1)
    key, wrapped = vault.new_key(resident)
    change_id, rev = new.act or new_id(now), first_rev(ledger.feed_epoch)
    values = to_cells(kind, basics)
    cells: dict[str, dict[str, Cell]] = {"A": {}, "B": {}}
    for cell, value in values.items():
        head = Head(change_id, value, new.author, new.staff, now)
        cells["A" if kind.access_of(cell).value == "A" else "B"][cell] = Cell(heads=(head,))
    if new.act is None:
        cls = "B" if cells["B"] else "A"
        ledger.changes.append(_row(site, ledger, new, key, (resident, change_id, cls), values))
    if new.status == Life.TEMPORARY:
        since = str(basics.get("residence_since") or new.since_day)
        await note_stay(tx, district, resident, since)
    sealed, restricted = _sealed(site, ledger, key, (resident, rev), cells)
    sums = digest.leaf(resident, "A", rev), digest.leaf(resident, "B", rev) if restricted else 0
    id_no = str(basics.get("id_no") or "") if known else ""
    await tx.insert(
        "resident",
        [
            (
                district, resident, new.panel, facility, new.status, number,
                site.index.of_id_number(id_no) if id_no else None, None, wrapped, rev,
                rev if restricted else 0, digest.add(digest.ZERO, sums[0]),
                digest.add(digest.ZERO, sums[1]), sealed, restricted,
            )
        ],
    )  # fmt: skip


def _row(
    site: Site,
    ledger: Ledger,
    new: NewArchive,
    key: DataKey,
    what: tuple[bytes, bytes, str],
    values: Mapping[str, Any],
) -> Row:
    """The change that the register comes from. what: resident, change, class."""
    resident, change_id, cls = what
    kind, now, rev = get("basic_info", 1), ledger.now, first_rev(ledger.feed_epoch)
    change = wire.Change(
        id=change_id, resident=resident, kind=kind.id, v=kind.version, on=new.since_day, at=now,
        set={cell: wire.Edit(value=value) for cell, value in values.items()},
    )  # fmt: skip
    place = site.vault.at(T_CHANGE, change_id, resident)
    body = key.seal(place, bytes(16) + wire.encode(change))
    return (
        site.district, resident, change_id, kind.id if cls == "A" else None, cls, "edit", "applied",
        "", None, rev, new.since_day, now, now, None, 0, 0, 0, new.staff, new.author, "none",
        None, "", None, 0, 0, "resident", body,
    )  # fmt: skip


def _sealed(
    site: Site,
    ledger: Ledger,
    key: DataKey,
    place: tuple[bytes, int],
    cells: Mapping[str, dict[str, Cell]],
) -> tuple[bytes, bytes | None]:
    """The register sealed by class, each revision noted for the audit leaf."""
    resident, rev = place
    at = site.vault.at
    sealed = key.seal(at(T_CELLS, resident, resident, rev), encode_cells(cells["A"]))
    ledger.note_revision(resident, "A", rev, sealed)
    if not cells["B"]:
        return sealed, None
    restricted = key.seal(at(T_RESTRICTED, resident, resident, rev), encode_cells(cells["B"]))
    ledger.note_revision(resident, "B", rev, restricted)
    return sealed, restricted


async def _settle_in(tx: Tx, ledger: Ledger, new: NewArchive, resident: bytes) -> None:
    """Into the panel, with the feed rows that bring it to the tablets, and the first assignment."""
    rows = await lock_residents(tx, ledger.district, {resident})
    ledger.archives[resident] = Archive(rows[resident], [])
    if new.panel is not None and new.facility is not None:
        await enter(tx, ledger, rows[resident], new.panel, ground="assigned", until=None)
        row = (ledger.district, resident, 1, new.facility, new.panel, FIRST, new.since_day)
        await tx.insert("assignment", [(*row, None, None, None, False, False)])


async def open_archive_alone(site: Site, new: NewArchive) -> bytes:
    """`open_new` in a transaction of its own."""
    return await site.store.write(partial(open_new, site=site, new=new))
