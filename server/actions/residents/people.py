"""Who acts: residents of this district, and relatives who have no archive here.

A relative has an id, a name, a document and a telephone of their own; nothing else is kept. Where a
resident's values are sealed under the resident's key, a relative's are under the district's.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Final

import msgspec

from crypto.columns import DataKey
from server.access import living
from server.actions.archives.cards import cards_of
from server.actions.keeping.site import Site, district_key_blob
from server.actions.residents.day_passes import end_person
from server.records.id_number import Valid, normalise_id_number, read_id_number
from server.rules.life import STATES, Life
from server.rules.sign_in import full_at
from server.store.ids import new_id
from server.store.trail import audit
from server.store.tx import Row, Tx, one
from server.store.vault import NOBODY, T_FAMILY, T_PORTAL

TAIL: Final = 4


class Document(msgspec.Struct, frozen=True):
    """Who a relative is, as the document that was seen says."""

    name: str
    id_type: str
    id_no: str


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of a family. `birth` None: not known. `archive`: has one in this district."""

    id: bytes
    name: str
    id_tail: str
    birth: date | None
    archive: bool

    def __repr__(self) -> str:
        return f"Person({self.id.hex()})"


async def people_of(tx: Tx, site: Site, ids: Collection[bytes]) -> dict[bytes, Person]:
    """These people by id; ids of nobody are left out."""
    if not ids:
        return {}
    cards = await cards_of(tx, site, ids)
    found = {
        who: Person(who, card.name, card.id_tail, _day(card.birth), archive=True)
        for who, card in cards.items()
    }
    missing = sorted(set(ids) - found.keys())
    if not missing:
        return found
    rows = await tx.rows_in(
        "SELECT relative, sealed FROM relative WHERE district=? AND relative {ids}",
        missing, site.district,
    )  # fmt: skip
    key = await _district_key(tx, site)
    for who, sealed in rows:
        plain = key.open(site.vault.at(T_FAMILY, who), sealed)
        document = msgspec.json.decode(plain, type=Document)
        tail = document.id_no[-TAIL:]
        found[who] = Person(who, document.name, tail, _birth_of(document.id_no), archive=False)
    return found


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _birth_of(number: str) -> date | None:
    read = read_id_number(number)
    return read.birth if isinstance(read, Valid) else None


async def _district_key(tx: Tx, site: Site) -> DataKey:
    return site.vault.key(NOBODY, await district_key_blob(tx, site.district))


async def key_of(tx: Tx, site: Site, person: bytes) -> DataKey | None:
    """Under which a person's own values are sealed; None for an id of nobody."""
    row = await one(
        tx, "SELECT key FROM resident WHERE district=? AND resident=?", site.district, person
    )
    if row is not None:
        return site.vault.key(person, row[0])
    return await _district_key(tx, site) if await is_relative(tx, site, person) else None


async def is_relative(tx: Tx, site: Site, person: bytes) -> bool:
    """Whether this is somebody without an archive here."""
    row = await one(
        tx, "SELECT 1 FROM relative WHERE district=? AND relative=?", site.district, person
    )
    return row is not None


async def by_number(tx: Tx, site: Site, number: str) -> bytes | None:
    """Who has this document: a resident who may sign in, else a relative; None for nobody."""
    index = site.index.of_id_number(normalise_id_number(number))
    rows = await tx.rows(
        "SELECT resident, status FROM resident WHERE district=? AND id_index=? ORDER BY resident",
        site.district, index,
    )  # fmt: skip
    for who, status in rows:
        kept = await living(tx, site.district, who)
        if kept != who or STATES[Life(status)].sign_in:
            return kept
    row = await one(
        tx, "SELECT relative FROM relative WHERE district=? AND id_index=?", site.district, index
    )
    return row[0] if row is not None else None


async def enter(
    tx: Tx, site: Site, document: Document, phone: str, *, staff: bytes, facility: bytes
) -> bytes:
    """A relative without an archive, with the telephone that was bound face to face; the id."""
    now = site.clock()
    who = new_id(now)
    key = await _district_key(tx, site)
    sealed = key.seal(site.vault.at(T_FAMILY, who), msgspec.json.encode(document))
    index = site.index.of_id_number(normalise_id_number(document.id_no))
    row: Row = (site.district, who, index, now, staff, facility, sealed)
    await tx.insert("relative", [row])
    await audit(tx, site.district, "act", b"relative" + who + staff, now)
    await bind(tx, site, who, phone, staff=staff)
    return who


async def bind(tx: Tx, site: Site, relative: bytes, phone: str, *, staff: bytes) -> None:
    """The telephone of a relative, seen at a desk; one that was bound before ends, with every
    session. Nobody can be told there, so another one reaches the family after 72 hours only, as one
    that was changed from afar: until then the old one's owner can object.
    """
    now, index = site.clock(), site.index.of_phone(phone)
    before = await one(
        tx, "SELECT phone_index FROM bound_phone WHERE district=? AND resident=? AND ended_at IS "
        "NULL", site.district, relative,
    )  # fmt: skip
    if before is not None and before[0] == index:
        return
    await tx.run(
        "UPDATE portal_session SET ended='phone_changed' WHERE district=? AND person=? AND "
        "ended=''",
        site.district, relative,
    )  # fmt: skip
    await end_person(tx, site.district, relative, "phone_changed")
    await tx.run(
        "UPDATE bound_phone SET ended_at=?, ended_why='replaced' WHERE district=? AND resident=? "
        "AND ended_at IS NULL",
        now, site.district, relative,
    )  # fmt: skip
    bound = new_id(now)
    key = await _district_key(tx, site)
    sealed = key.seal(site.vault.at(T_PORTAL, bound, relative), phone.encode())
    row: Row = (
        site.district, relative, bound, index, sealed, "desk", now, staff,
        full_at(now, None if before is None else now), None, "",
    )  # fmt: skip
    await tx.insert("bound_phone", [row])
    await audit(tx, site.district, "act", b"bound" + relative + bound, now)


async def relative_name(tx: Tx, site: Site, person: bytes) -> str:
    """Of somebody without an archive here; "" for everybody else."""
    if not await is_relative(tx, site, person):
        return ""
    found = (await people_of(tx, site, {person})).get(person)
    return found.name if found is not None else ""


async def relative_on(tx: Tx, site: Site, number: str) -> tuple[bytes | None, str | None]:
    """The relative with this document and the telephone that signs them in; (None, None) for
    nobody, and for somebody who acts for nobody any more.
    """
    row = await one(
        tx,
        "SELECT x.relative, b.bound, b.sealed FROM relative x JOIN bound_phone b ON "
        "b.district=x.district AND b.resident=x.relative AND b.ended_at IS NULL WHERE "
        "x.district=? AND x.id_index=? AND EXISTS (SELECT 1 FROM family_link l WHERE "
        "l.district=x.district AND l.person=x.relative AND l.state='standing') LIMIT 1",
        site.district, site.index.of_id_number(normalise_id_number(number)),
    )  # fmt: skip
    if row is None:
        return None, None
    key = await _district_key(tx, site)
    return row[0], key.open(site.vault.at(T_PORTAL, row[1], row[0]), row[2]).decode()


async def is_relative_on(tx: Tx, site: Site, person: bytes | None, phone_index: bytes) -> bool:
    """Whether this telephone signs this relative in now."""
    row = await one(
        tx,
        "SELECT 1 FROM relative x JOIN bound_phone b ON b.district=x.district AND "
        "b.resident=x.relative AND b.ended_at IS NULL WHERE x.district=? AND x.relative=? AND "
        "b.phone_index=?",
        site.district, person or NOBODY, phone_index,
    )  # fmt: skip
    return row is not None
