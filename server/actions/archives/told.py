"""Changes as somebody told them: stored rows opened for a page, with who, where and when.

Only what a page of a queue needs; whoever shows values has passed the gate (server/access.py) or
shows them to the responsible facility's own people.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from msgspec import UNSET

from crypto.columns import ColumnRefused
from server.actions.keeping.site import Site, district_key_blob
from server.actions.tablets.settle import open_change
from server.store.tx import Row, Tx
from server.store.vault import NOBODY, T_PARTS, T_STAFF
from sync import wire

ONLINE_MS: Final = 10 * 60_000  # written down so shortly before its arrival counts as online


@dataclass(frozen=True, slots=True)
class Told:
    """One change. `change` is None when its bytes cannot be read as one. Instants in ms UTC.

    `unlike`: cells whose state is another than `state`.
    """

    id: bytes
    resident: bytes
    kind: str | None  # class A only
    cls: str
    shape: str
    state: str
    reason: str
    day: str
    recorded_at: int
    received_at: int
    device: bytes | None
    staff: bytes
    author: str
    credit: str
    flags: str
    change: wire.Change | None
    unlike: Mapping[str, str]

    @property
    def offline(self) -> bool:
        return self.device is not None and self.received_at - self.recorded_at > ONLINE_MS

    @property
    def edits(self) -> Mapping[str, wire.Edit]:
        """The register cells it sets; {} for an event."""
        change = self.change
        return {} if change is None or change.set is UNSET else change.set

    def state_of(self, cell: str) -> str:
        return self.unlike.get(cell, self.state)


_CHANGE: Final = (
    "c.change, c.resident, c.kind, c.cls, c.shape, c.state, c.reason, c.day, c.recorded_at, "
    "c.received_at, c.device, c.staff, c.author, c.credit, c.flags, c.under, c.body, c.parts, r.key"
)


async def told(tx: Tx, site: Site, ids: Collection[bytes]) -> dict[bytes, Told]:
    """These changes, opened; ids that are no change's are left out."""
    if not ids:
        return {}
    rows = await tx.rows_in(
        f"SELECT {_CHANGE} FROM change c LEFT JOIN resident r ON r.district=c.district AND "
        "r.resident=c.resident WHERE c.district=? AND c.change {ids}",
        sorted(set(ids)),
        site.district,
    )
    blob = await district_key_blob(tx, site.district)
    return {row[0]: _told(site, row, blob) for row in rows}


def _told(site: Site, row: Row, blob: bytes) -> Told:
    change, resident = row[:2]
    under, body, parts, key = row[-4:]
    wrapped = key if under == "resident" else blob
    read, unlike = None, dict[str, str]()
    try:
        _, raw = open_change(
            site, change=change, resident=resident, under=under, wrapped=wrapped, body=body
        )
        read = wire.change(raw)
        if parts is not None:
            owner = resident if under == "resident" else NOBODY
            place = site.vault.at(T_PARTS, change, resident)
            plain = site.vault.key(owner, wrapped).open(place, parts)
            unlike = msgspec.json.decode(plain, type=dict[str, str])
    except (ColumnRefused, wire.Malformed, msgspec.MsgspecError):
        pass  # shown as what cannot be read
    seen: Any = (*row[:-4], read, unlike)
    return Told(*seen)


async def staff_names(tx: Tx, site: Site, ids: Collection[bytes]) -> dict[bytes, str]:
    """Names of members of staff, of those who left as well."""
    wanted = sorted(set(ids) - {NOBODY})
    if not wanted:
        return {}
    key = site.vault.key(NOBODY, await district_key_blob(tx, site.district))
    rows = await tx.rows_in(
        "SELECT staff, sealed_name FROM staff WHERE district=? AND staff {ids}",
        wanted,
        site.district,
    )
    return {who: key.open(site.vault.at(T_STAFF, who), sealed).decode() for who, sealed in rows}


async def tablet_labels(tx: Tx, site: Site, ids: Collection[bytes | None]) -> dict[bytes, str]:
    """What is written on these tablets."""
    wanted = sorted({each for each in ids if each is not None})
    if not wanted:
        return {}
    rows = await tx.rows_in(
        "SELECT device, label FROM device WHERE district=? AND device {ids}", wanted, site.district
    )
    return {row[0]: row[1] for row in rows}


async def facility_names(tx: Tx, site: Site) -> dict[bytes, str]:
    """Every organisation of the district by id."""
    rows = await tx.rows("SELECT facility, name FROM facility WHERE district=?", site.district)
    return {row[0]: row[1] for row in rows}


async def team_names(tx: Tx, site: Site, ids: Collection[bytes | None]) -> dict[bytes, str]:
    """Names of the teams that serve these panels."""
    wanted = sorted({each for each in ids if each is not None})
    if not wanted:
        return {}
    rows = await tx.rows_in(
        "SELECT panel, name FROM panel WHERE district=? AND panel {ids}", wanted, site.district
    )
    return {row[0]: row[1] for row in rows}
