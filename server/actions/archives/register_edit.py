"""Writing into registers at the server: archives held under their locks, one change laid on each.

The caller flushes the ledger, so one act writes several archives and locks panels once, last.
"""

from collections.abc import Collection, Mapping
from typing import Any

from server.actions.archives.ledger import Archive, Ledger, first_rev
from server.actions.archives.standing import Membership, lock_residents
from server.actions.keeping.site import Site
from server.actions.tablets.intake import civil_day
from server.errors import NotFound
from server.records.kinds import get
from server.store.ids import new_id
from server.store.tx import Tx, one
from server.store.vault import T_CHANGE
from sync import wire
from sync.merge import EMPTY, Cell, Head, forget, put


async def hold(tx: Tx, site: Site, residents: Collection[bytes]) -> Ledger:
    """The archives locked, opened, with the panels they are in. Raises NotFound."""
    district = site.district
    rows = await lock_residents(tx, district, residents)
    if set(residents) - rows.keys():
        raise NotFound("resident")
    epoch = await one(tx, "SELECT feed_epoch FROM district WHERE district=?", district)
    assert epoch is not None
    ledger = Ledger(district, site.vault, site.clock(), epoch[0])
    members = await tx.rows_in(
        "SELECT resident, panel, ground, until FROM member WHERE district=? AND resident {ids}",
        sorted(residents),
        district,
    )
    for who, row in rows.items():
        mine = [Membership(*each[1:]) for each in members if each[0] == who]
        ledger.archives[who] = archive = Archive(row, mine)
        archive.read_cells(site.vault)
    return ledger


def lay(
    site: Site,
    ledger: Ledger,
    resident: bytes,
    values: Mapping[str, Any],
    *,
    staff: bytes,
    author: str,
    on: str | None = None,
) -> bytes:
    """An ordinary change that has seen every head of the cells it sets; its id."""
    now, district = ledger.now, ledger.district
    archive = ledger.archives[resident]
    kind = get("basic_info", 1)
    cells = archive.cells()
    change_id = new_id(now)
    edits = {
        cell: wire.Edit(value=value, saw=tuple(h.change for h in cells.get(cell, EMPTY).heads))
        for cell, value in values.items()
    }
    decided: dict[str, Cell] = {}
    for cell, edit in edits.items():
        head = Head(change_id, edit.value, author, staff, now)
        before = cells.get(cell, EMPTY)
        gone = {each.change for each in before.heads}
        decided[cell] = forget(put(before, head, edit.saw), gone.__contains__)
    archive.put(kind, decided)
    restricted = any(kind.access_of(cell).value != "A" for cell in values)
    change = wire.Change(
        id=change_id, resident=resident, kind="basic_info", v=kind.version,
        on=on or civil_day(now).isoformat(), at=now, set=edits,
    )  # fmt: skip
    body = site.vault.key(resident, archive.row.key).seal(
        site.vault.at(T_CHANGE, change_id, resident), bytes(16) + wire.encode(change)
    )
    ledger.changes.append(
        (
            district, resident, change_id, None if restricted else "basic_info",
            "B" if restricted else "A", "edit", "applied", "", None, first_rev(ledger.feed_epoch),
            change.on, now, now, None, 0, 0, 0, staff, author, "none", None, "", None, 0, 0,
            "resident", body,
        )
    )  # fmt: skip
    return change_id
