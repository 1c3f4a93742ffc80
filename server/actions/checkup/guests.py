"""Somebody at a checkup day who stands on no list of the tablet: who is it?

A tablet without a network cannot ask, so it makes an id of its own for the person and notes name
and document number with the check-in. Here the number finds the archive, or the same person noted
by another tablet; until one of them does, everything noted of them is held under the guest's id
and shown to the facility, which opens an archive or says who it is (guest_matching.py).
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from server.actions.archives.archives import holder_of
from server.actions.archives.cards import cards_of
from server.actions.archives.standing import survivors
from server.actions.checkup.hall import Noted
from server.actions.keeping.site import Site, district_key_blob
from server.store.tx import Row, Tx
from server.store.vault import NOBODY, T_HALL_GUEST
from sync.hall import CHECK_IN

WAITING, MATCHED = "waiting", "matched"
DIFFERS: Final = "differs"
"""The document is somebody's of another name: only a person may say who this is."""


class Said(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the guest said of themselves."""

    name: str = ""
    number: str = ""
    id_type: str = ""
    sex: str = ""
    birth_date: str = ""
    phone: str = ""

    def __repr__(self) -> str:
        return "Said()"


_said: Final = msgspec.json.Decoder(Said)


@dataclass(frozen=True, slots=True)
class Guest:
    """One row, opened."""

    day: bytes
    guest: bytes
    person: bytes | None
    state: str
    said: Said


async def recognise(tx: Tx, site: Site, day: bytes, fresh: Sequence[Noted]) -> dict[bytes, bytes]:
    """Guest id -> whose steps they are, for every guest among these that is known by now."""
    whos = sorted({each.who for each in fresh})
    rows = await tx.rows_in(
        "SELECT resident FROM resident WHERE district=? AND resident {ids}", whos, site.district
    )
    strangers = set(whos) - {row[0] for row in rows}
    if not strangers:
        return {}
    there = {each.guest: each for each in await guests_of(tx, site, day, strangers)}
    for each in fresh:
        if each.who in strangers and each.kind == CHECK_IN and _says_more(each, there):
            there[each.who] = await write_guest(tx, site, day, each.who, said_in(each.body))
    named = {name: each.person for name, each in there.items() if each.person is not None}
    kept = await survivors(tx, site.district, set(named.values()))
    return {name: kept.get(person, person) for name, person in named.items()}


def _says_more(step: Noted, there: Mapping[bytes, Guest]) -> bool:
    """Whether nobody had heard of the guest, or nobody which document they have."""
    before = there.get(step.who)
    if before is None:
        return True
    known = before.person is not None or bool(before.said.number)
    return not known and bool(said_in(step.body).number)


async def write_guest(tx: Tx, site: Site, day: bytes, guest: bytes, said: Said) -> Guest:
    """What is known of a guest, under the day's lock; whose document it is, if anybody's."""
    blind, person, state = b"", None, WAITING
    if said.number:
        blind = site.index.of_id_number(said.number)
        person = await holder_of(tx, site, said.number)
        if person is not None and not await _is_named(tx, site, person, said.name):
            person, state = None, DIFFERS
        else:
            person = person or await _same(tx, site, day, blind)
    key = site.vault.key(NOBODY, await district_key_blob(tx, site.district))
    sealed = key.seal(_place(site, day, guest), msgspec.json.encode(said))
    state = state if person is None else MATCHED
    await tx.run(
        "DELETE FROM checkup_guest WHERE district=? AND day=? AND guest=?",
        site.district, day, guest,
    )  # fmt: skip
    await tx.insert("checkup_guest", [(site.district, day, guest, person, blind, sealed, state)])
    return Guest(day, guest, person, state, said)


async def _is_named(tx: Tx, site: Site, who: bytes, name: str) -> bool:
    """A number alone is easily known or mistyped: a name that is said has to be theirs too."""
    card = (await cards_of(tx, site, [who])).get(who)
    return card is None or not name or _alike(_plain(card.name), _plain(name))


def _alike(name: str, said: str) -> bool:
    """One sign may be another: a rare one that a keyboard does not have (吉 for 𠮷)."""
    return len(name) == len(said) and sum(a != b for a, b in zip(name, said, strict=True)) <= 1


def _plain(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).split()).casefold()


def said_in(body: Mapping[str, Any]) -> Said:
    return Said(**{name: str(body.get(name, "")) for name in Said.__struct_fields__})


async def _same(tx: Tx, site: Site, day: bytes, blind: bytes) -> bytes | None:
    """The guest whom another tablet noted with the same document."""
    rows = await tx.rows(
        "SELECT guest, person FROM checkup_guest WHERE district=? AND day=? AND blind=? AND "
        "state<>? ORDER BY guest",
        site.district, day, blind, DIFFERS,
    )  # fmt: skip
    return (rows[0][1] or rows[0][0]) if rows else None


def _place(site: Site, day: bytes, guest: bytes) -> bytes:
    return site.vault.at(T_HALL_GUEST, day + guest)


async def guests_of(tx: Tx, site: Site, day: bytes, whos: set[bytes] | None = None) -> list[Guest]:
    """Of a day, in the order of their ids; `whos`: only these."""
    sql = "SELECT guest, person, state, sealed FROM checkup_guest WHERE district=? AND day=?"
    rows: Sequence[Row]
    if whos is None:
        rows = await tx.rows(f"{sql} ORDER BY guest", site.district, day)
    else:
        rows = await tx.rows_in(
            f"{sql} AND guest {{ids}} ORDER BY guest", sorted(whos), site.district, day
        )
    key = site.vault.key(NOBODY, await district_key_blob(tx, site.district))
    return [
        Guest(day, name, person, state, _said.decode(key.open(_place(site, day, name), sealed)))
        for name, person, state, sealed in rows
    ]
