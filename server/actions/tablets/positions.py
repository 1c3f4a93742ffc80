"""Where a tablet was when a change was saved: beside the change in its batch, and kept beside it.

Not inside: the bytes of a change go to every tablet that has the resident, and where somebody was
goes to none. It is sealed under the key that seals the change, moves with it and is shredded with
it; the county reads it as evidence of a denied visit.
"""

from bisect import bisect_left
from collections.abc import Callable, Collection
from dataclasses import dataclass
from itertools import pairwise
from struct import Struct
from typing import Final

from crypto.columns import DataKey
from server.actions.keeping.site import Site, district_key_blob
from server.store.tx import Row, Tx
from server.store.vault import NOBODY, T_POSITION, Vault
from sync import wire
from sync.wire_types import Fix

LAT_MOST: Final = 90_00000  # degrees * 100000
LON_MOST: Final = 180_00000
ACC_MOST: Final = 100_000  # metres
_SEALED: Final = Struct(">iiIq")  # one length for all: it tells nothing
_Side = tuple[bytes, Callable[[str], DataKey]]  # whose archive, and its keys by `under`


@dataclass(frozen=True, slots=True)
class Position:
    """Degrees * 100000, metres, and the instant of the fix by the tablet's wall clock."""

    lat: int
    lon: int
    acc: int
    at: int


def fit(batch: wire.Batch) -> bool:
    """Whether they stand in the order of the changes of the batch, one a change at most."""
    named = [-1, *(each.index for each in batch.positions), len(batch.changes)]
    return all(one < other for one, other in pairwise(named))


def of(batch: wire.Batch, index: int) -> Fix | None:
    """The position beside one change; the batch's `fit`."""
    if not batch.positions:
        return None
    at = bisect_left(batch.positions, index, key=lambda each: each.index)
    found = batch.positions[at] if at < len(batch.positions) else None
    return found if found is not None and found.index == index else None


def is_sound(fix: Fix) -> bool:
    return (
        -LAT_MOST <= fix.lat <= LAT_MOST
        and -LON_MOST <= fix.lon <= LON_MOST
        and 0 <= fix.acc <= ACC_MOST
    )


def seal(vault: Vault, key: DataKey, change: bytes, resident: bytes, fix: Fix) -> bytes:
    plain = _SEALED.pack(fix.lat, fix.lon, fix.acc, fix.at)
    return key.seal(vault.at(T_POSITION, change, resident), plain)


async def let_in(tx: Tx, site: Site, change: bytes, resident: bytes, key: DataKey) -> None:
    """The change is under its resident's key from now on; so is its position."""
    shared = site.vault.key(NOBODY, await district_key_blob(tx, site.district))

    def before(under: str) -> DataKey:
        return key if under == "resident" else shared

    await _move(tx, site, {change}, (resident, before), (resident, before), under="resident")


async def carry(tx: Tx, site: Site, changes: Collection[bytes], giver: _Side, taker: _Side) -> None:
    """With changes that are carried to another archive (carrying.py)."""
    await _move(tx, site, changes, giver, taker, under="")


async def _move(
    tx: Tx, site: Site, changes: Collection[bytes], giver: _Side, taker: _Side, *, under: str
) -> None:
    rows = await tx.rows_in(
        "SELECT change, under, sealed FROM change_position WHERE district=? AND change {ids}",
        sorted(changes),
        site.district,
    )
    moved: list[Row] = []
    for change, before, sealed in rows:
        plain = giver[1](before).open(site.vault.at(T_POSITION, change, giver[0]), sealed)
        after = under or before
        place = site.vault.at(T_POSITION, change, taker[0])
        moved.append((site.district, change, after, taker[1](after).seal(place, plain)))
    await tx.update("change_position", ("district", "change"), ("under", "sealed"), moved)


async def read(tx: Tx, site: Site, changes: Collection[bytes]) -> dict[bytes, Position]:
    """Positions of changes that stand in an archive, by change."""
    rows = await tx.rows_in(
        "SELECT p.change, p.sealed, c.resident, r.key FROM change_position p JOIN change c ON "
        "c.district=p.district AND c.change=p.change JOIN resident r ON r.district=c.district AND "
        "r.resident=c.resident WHERE p.district=? AND p.under='resident' AND p.change {ids}",
        sorted(changes),
        site.district,
    )
    found: dict[bytes, Position] = {}
    for change, sealed, resident, key in rows:
        place = site.vault.at(T_POSITION, change, resident)
        plain = site.vault.key(resident, key).open(place, sealed)
        found[change] = Position(*_SEALED.unpack(plain))
    return found
