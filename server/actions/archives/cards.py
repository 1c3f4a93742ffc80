"""What lists show of a resident: one small sealed value each, made from the archive's open cells.

A list of a facility opens cards, never archives: all of a district are sealed under one key derived
from the district's (crypto/SPEC.md 4.5), so 100,000 open in about a second. Cards hold nothing of
class B, no whole document number, and are remade by afterwork.py whenever the open cells, the
status or the place of a resident has changed. They are derived: no audit leaf, no feed.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from crypto.columns import DataKey, card_key
from server.actions.archives.standing import ResidentRow
from server.actions.keeping.site import Site, district_key_blob
from server.records.initials import initials
from server.records.kinds import REGISTER
from server.store.tx import Row, Tx
from server.store.vault import NOBODY, T_CARD, T_CELLS
from sync.merge import EMPTY, Cells, choose, decode_cells

TAIL: Final = 4  # signs of a document or telephone that a list shows
PHONE_KEPT: Final = 8  # last digits kept, so that a longer tail can be asked for
ADDRESS_KEPT: Final = 24


class Face(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The sealed content, in this order; "" where nothing is known."""

    name: str
    initials: str
    sex: str
    birth: str
    village: str
    address: str
    id_tail: str
    phone: str


_face: Final = msgspec.json.Decoder(Face)


@dataclass(frozen=True, slots=True)
class Card:
    """One resident in a list. sex: GB/T 2261.1; birth: ISO day; village: code of the address."""

    resident: bytes
    name: str
    initials: str
    sex: str
    birth: str
    village: str
    id_tail: str
    phone_tail: str
    status: str
    facility: bytes | None
    panel: bytes | None
    address: str = ""

    def __repr__(self) -> str:
        return f"Card({self.resident.hex()})"


async def key_of(tx: Tx, site: Site) -> DataKey:
    """The key of the district's cards."""
    return card_key(site.vault.key(NOBODY, await district_key_blob(tx, site.district)))


def open_face(site: Site, key: DataKey, resident: bytes, rev: int, sealed: bytes) -> Face:
    """Raises ColumnRefused for a card that is not of this resident and revision."""
    return _face.decode(key.open(site.vault.at(T_CARD, resident, resident, rev), sealed))


def card_of(
    face: Face, resident: bytes, facility: bytes | None, panel: bytes | None, status: str
) -> Card:
    return Card(
        resident=resident, name=face.name, initials=face.initials, sex=face.sex, birth=face.birth,
        village=face.village, id_tail=face.id_tail, phone_tail=face.phone[-TAIL:], status=status,
        facility=facility, panel=panel, address=face.address,
    )  # fmt: skip


async def cards_of(tx: Tx, site: Site, ids: Collection[bytes]) -> dict[bytes, Card]:
    """The cards of these residents; one who has none yet is shown from the archive itself.

    Place and status are the archive's own, never the card's: a card is made anew some seconds
    after a move, and who may open an archive rests on where it is now. Works in a read transaction
    too. Ids that are nobody's are left out.
    """
    if not ids:
        return {}
    key = await key_of(tx, site)
    wanted = sorted(set(ids))
    rows = await tx.rows_in(
        "SELECT c.resident, r.facility, r.panel, r.status, c.rev, c.sealed FROM resident_card c "
        "JOIN resident r ON r.district=c.district AND r.resident=c.resident WHERE c.district=? "
        "AND c.resident {ids}",
        wanted,
        site.district,
    )
    found: dict[bytes, Card] = {}
    for who, facility, panel, status, rev, sealed in rows:
        face = open_face(site, key, who, rev, sealed)
        found[who] = card_of(face, who, facility, panel, status)
    missing = [who for who in wanted if who not in found]
    if missing:
        found |= await _from_archives(tx, site, missing)
    return found


async def _from_archives(tx: Tx, site: Site, ids: Sequence[bytes]) -> dict[bytes, Card]:
    rows = await tx.rows_in(
        "SELECT resident, facility, panel, status, rev, key, sealed_cells FROM resident "
        "WHERE district=? AND resident {ids}",
        ids,
        site.district,
    )
    return {
        who: card_of(
            face_of(open_cells(site, who, rev, wrapped, sealed)), who, facility, panel, status
        )
        for who, facility, panel, status, rev, wrapped, sealed in rows
    }


def open_cells(site: Site, who: bytes, rev: int, wrapped: bytes, sealed: bytes) -> Cells:
    """The open cells of an archive at this revision. Raises ColumnRefused for others."""
    key = site.vault.key(who, wrapped)
    return decode_cells(key.open(site.vault.at(T_CELLS, who, who, rev), sealed))


def face_of(cells: Cells) -> Face:
    """What a card shows of an archive, each value as readers are shown it."""

    def shown(cell: str) -> str:
        value = choose(
            cells.get(cell, EMPTY), REGISTER.policy_of(cell), REGISTER.safer_of(cell)
        ).value
        return value if isinstance(value, str) else ""

    name = shown("name")
    digits = "".join(each for each in shown("phone") if each.isdigit())
    return Face(
        name=name, initials=initials(name), sex=shown("sex"), birth=shown("birth_date"),
        village=shown("address_region"), address=shown("address_text")[:ADDRESS_KEPT],
        id_tail=shown("id_no")[-TAIL:], phone=digits[-PHONE_KEPT:],
    )  # fmt: skip


# Keeping them fresh.


async def remake(tx: Tx, site: Site, rows: Mapping[bytes, ResidentRow]) -> None:
    """Makes the cards of these locked archives anew where what they show may have changed."""
    status = dict(
        await tx.rows_in(
            "SELECT resident, status FROM resident WHERE district=? AND resident {ids}",
            sorted(rows),
            site.district,
        )
    )
    kept = {
        row[0]: tuple(row[1:])
        for row in await tx.rows_in(
            "SELECT resident, facility, panel, status, rev FROM resident_card WHERE district=? "
            "AND resident {ids}",
            sorted(rows),
            site.district,
        )
    }
    key, now = await key_of(tx, site), site.clock()
    fresh: list[Row] = []
    again: list[Row] = []
    for who, row in rows.items():
        place = (row.facility, row.panel, status[who], row.rev)
        if kept.get(who) == place:
            continue
        face = face_of(open_cells(site, who, row.rev, row.key, row.sealed_cells))
        sealed = key.seal(site.vault.at(T_CARD, who, who, row.rev), msgspec.json.encode(face))
        made: tuple[Any, ...] = (site.district, who, *place, now, sealed)
        (again if who in kept else fresh).append(made)
    put = ("facility", "panel", "status", "rev", "at", "sealed")
    await tx.insert("resident_card", fresh)
    await tx.update("resident_card", ("district", "resident"), put, again)


async def shred(tx: Tx, district: int, residents: Collection[bytes]) -> None:
    """Takes the cards of destroyed archives away, in the transaction that destroys their keys."""
    for who in sorted(residents):
        await tx.run("DELETE FROM resident_card WHERE district=? AND resident=?", district, who)
