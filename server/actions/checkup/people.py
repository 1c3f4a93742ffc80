"""Everybody of one day with their names and how far they have come: what lists and pages show."""

from collections.abc import Collection
from dataclasses import dataclass

from server.actions.archives.cards import cards_of
from server.actions.checkup.day_rows import GUEST, PersonRow, persons
from server.actions.checkup.guests import guests_of
from server.actions.checkup.states import states_in
from server.actions.checkup.taking import MOVED, sealed_of
from server.actions.keeping.site import Site
from server.store.tx import Tx
from sync.hall import Progress, State, progress


@dataclass(frozen=True, slots=True)
class PersonOnDay:
    """One person of a day. sex: GB/T 2261.1; birth: ISO day; village: code of the address."""

    who: bytes
    row: PersonRow
    state: State
    progress: Progress
    name: str
    sex: str
    birth: str
    village: str
    address: str
    id_tail: str
    phone_tail: str

    def __repr__(self) -> str:
        return f"PersonOnDay({self.who.hex()})"


async def people_of(
    tx: Tx, site: Site, day: bytes, whos: Collection[bytes] | None = None
) -> list[PersonOnDay]:
    """In the order of their ids; `whos`: only these. Guests who turned out to be somebody are left
    out: they stand there as that person.
    """
    rows = await persons(tx, site, day, whos)
    rows = {who: row for who, row in rows.items() if row.status != MOVED}
    cards = await cards_of(tx, site, rows)
    nameless = {who for who, row in rows.items() if row.status == GUEST}
    said = {each.guest: each.said for each in await guests_of(tx, site, day, nameless)}
    states = await states_in(tx, site)
    sealed = await sealed_of(tx, site, day, sorted(rows)) if rows else {}
    found: list[PersonOnDay] = []
    for who, row in sorted(rows.items()):
        state = states.open(day, who, sealed.get(who))
        card, own = cards.get(who), said.get(who)
        face = (card.name, card.sex, card.birth, card.village, card.address, card.id_tail,
                card.phone_tail) if card is not None else (
            (own.name, own.sex, own.birth_date, "", "", own.number[-4:], own.phone[-4:])
            if own is not None else ("",) * 7
        )  # fmt: skip
        found.append(PersonOnDay(who, row, state, progress(state, row.route, row.ticket), *face))
    return found
