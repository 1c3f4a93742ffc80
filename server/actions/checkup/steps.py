"""What was noted of people on a day, opened: parts with their values, and every step in words."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from server.actions.checkup.hall import body_of
from server.actions.keeping.site import Site, district_key_blob
from server.actions.tablets.settle import open_change
from server.records.checkup_parts import NotAPart, values_of
from server.store.tx import Tx
from sync import wire
from sync.hall import PART


@dataclass(frozen=True, slots=True)
class Told:
    """One step, opened. `at`: when it was noted, ms UTC; `device`: 16 zero bytes at a desk."""

    change: bytes
    who: bytes
    kind: str
    station: str
    at: int
    device: bytes
    staff: bytes
    body: Mapping[str, Any]

    def __repr__(self) -> str:
        return f"Told({self.change.hex()}, {self.kind})"


@dataclass(frozen=True, slots=True)
class Part:
    """What one station wrote. `form` "" where it only said that it is done."""

    change: bytes
    station: str
    mark: str
    form: str
    v: int
    values: Mapping[str, Any]
    specimen: str
    at: int
    device: bytes
    staff: bytes

    def __repr__(self) -> str:
        return f"Part({self.change.hex()}, {self.station})"


async def steps_of(
    tx: Tx, site: Site, day: bytes, whos: Collection[bytes]
) -> dict[bytes, list[Told]]:
    """Of these people, in the order of the ids of the steps."""
    rows = await tx.rows_in(
        "SELECT s.who, s.change, s.kind, s.station, s.at, s.device, s.staff, c.resident, c.under, "
        "c.body, r.key FROM checkup_step s JOIN change c ON c.district=s.district AND "
        "c.change=s.change LEFT JOIN resident r ON r.district=c.district AND "
        "r.resident=c.resident WHERE s.district=? AND s.day=? AND s.who {ids} ORDER BY s.change",
        sorted(whos), site.district, day,
    ) if whos else ()  # fmt: skip
    ours = await district_key_blob(tx, site.district)
    found: dict[bytes, list[Told]] = {who: [] for who in whos}
    for who, change, kind, station, at, device, staff, resident, under, body, key in rows:
        _, raw = open_change(
            site, change=change, resident=resident, under=under,
            wrapped=key if under == "resident" else ours, body=body,
        )  # fmt: skip
        said = body_of(wire.change(raw))
        found[who].append(Told(change, who, kind, station, at, device, staff, said))
    return found


async def parts_of(
    tx: Tx, site: Site, day: bytes, whos: Collection[bytes]
) -> dict[bytes, list[Part]]:
    """What the stations wrote of these people, in the order of the ids of the steps."""
    told = await steps_of(tx, site, day, whos)
    return {who: [_part(each) for each in steps if each.kind == PART]
            for who, steps in told.items()}  # fmt: skip


def _part(told: Told) -> Part:
    body = told.body
    try:
        values = values_of(body)
    except NotAPart:
        values = {}
    return Part(
        told.change, told.station, str(body.get("mark", "")),
        str(body.get("form", "")) if values else "", int(body.get("v", 1)), values,
        str(body.get("specimen", "")), told.at, told.device, told.staff,
    )  # fmt: skip
