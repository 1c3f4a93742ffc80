"""The people of a checkup day as their facility lists them: by group, village and slot, a page at a
time; by name or number. Cards are opened and never archives; whom a page showed is written down.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from server.actions.accounts.sessions import Signed
from server.actions.archives.cards import Card, cards_of
from server.actions.archives.search import QUERY_MAX, compact, exact, how_of, note_shown
from server.actions.checkup.day_reading import check_prepares
from server.actions.checkup.day_rows import (
    GUEST,
    INVITED,
    REMOVED,
    WALK_IN,
    Day,
    PersonRow,
    SlotRow,
    persons,
    read_day,
    slots_of,
)
from server.actions.checkup.guests import guests_of
from server.actions.checkup.states import states_in
from server.actions.checkup.taking import sealed_of
from server.actions.figures.board_people import villages_of
from server.actions.keeping.site import Site
from server.errors import NotYours
from server.rules.checkup import groups as every_group
from server.store.tx import Tx
from sync.hall import progress

PAGE: Final = 100
NO_SLOT: Final = "none"
ON_LIST: Final = frozenset({INVITED, WALK_IN, GUEST})


class View(StrEnum):
    """Which people. `waiting`: expected and not yet there."""

    ALL = "all"
    WAITING = "waiting"
    ARRIVED = "arrived"
    REMOVED = "removed"


class Order(StrEnum):
    VILLAGE = "village"
    SLOT = "slot"


@dataclass(frozen=True, slots=True)
class Which:
    """Which list. "" for all; `slot`: number of a slot, or NO_SLOT."""

    view: View = View.ALL
    group: str = ""
    village: str = ""
    slot: str = ""
    order: Order = Order.VILLAGE
    page: int = 1


@dataclass(frozen=True, slots=True)
class Line:
    """One person. `card` None: a guest whom nobody has recognised; then `name` is what they said.
    `start`: of their slot, "" for none. `ticket`: of the booking, else what the door gave out.
    """

    row: PersonRow
    card: Card | None
    name: str
    village: str
    start: str
    ticket: str


@dataclass(frozen=True, slots=True)
class People:
    """A page of the list. `views`: people by view; `groups`, `villages`, `slots`: (code, name, n)
    in the view; `no_slot`: how many who are expected have none.
    """

    day: Day
    which: Which
    views: Mapping[View, int]
    groups: tuple[tuple[str, str, int], ...]
    villages: tuple[tuple[str, str, int], ...]
    slots: tuple[tuple[str, str, int], ...]
    no_slot: int
    total: int
    pages: int
    lines: tuple[Line, ...]


@dataclass(slots=True)
class _Whole:
    """Everybody of the day, opened."""

    day: Day
    rows: Mapping[bytes, PersonRow]
    cards: Mapping[bytes, Card]
    names: Mapping[bytes, str]
    villages: Mapping[str, str]
    slots: Mapping[int, SlotRow]
    given: Mapping[bytes, str]

    def ticket(self, row: PersonRow) -> str:
        return row.ticket or self.given.get(row.who, "")

    def village(self, row: PersonRow) -> str:
        card = self.cards.get(row.who)
        return card.village if card is not None else ""

    def start(self, row: PersonRow) -> str:
        slot = self.slots.get(row.slot) if row.slot is not None else None
        return slot.start if slot is not None else ""

    def line(self, row: PersonRow) -> Line:
        card = self.cards.get(row.who)
        code = self.village(row)
        name = card.name if card is not None else self.names.get(row.who, "")
        village = self.villages.get(code, code)
        return Line(row, card, name, village, self.start(row), self.ticket(row))


async def people(site: Site, signed: Signed, day: bytes, which: Which) -> People:
    """One page, written down with whom it showed. Raises NotYours."""

    async def work(tx: Tx) -> People:
        whole = await _whole(tx, site, signed, day)
        found = _page(whole, which)
        said = " ".join(filter(None, ("checkup", which.view, which.group, which.village)))
        await _note(tx, site, signed, said, found.lines)
        return found

    return await site.store.write(work)


async def find(site: Site, signed: Signed, day: bytes, query: str) -> tuple[Day, tuple[Line, ...]]:
    """Who of the day is meant by words, a ticket or a whole number. Raises NotYours."""

    async def work(tx: Tx) -> tuple[Day, tuple[Line, ...]]:
        whole = await _whole(tx, site, signed, day)
        how = how_of(query)
        if how in ("number", "archive"):
            whos = set(await exact(tx, site, how, query, whole.day.facility))
        else:
            whos = {who for who, row in whole.rows.items() if _fits(whole, row, query)}
        rows = [row for who, row in whole.rows.items() if who in whos]
        found = tuple(map(whole.line, sorted(rows, key=_by_village(whole))))[:PAGE]
        await _note(tx, site, signed, query[:QUERY_MAX], found)
        return whole.day, found

    return await site.store.write(work)


async def one(
    site: Site, signed: Signed, day: bytes, who: bytes
) -> tuple[Day, Line, tuple[SlotRow, ...]]:
    """One person of the day. Raises NotYours."""

    async def work(tx: Tx) -> tuple[Day, Line, tuple[SlotRow, ...]]:
        whole = await _whole(tx, site, signed, day, {who})
        row = whole.rows.get(who)
        if row is None:
            raise NotYours("person")
        line = whole.line(row)
        await _note(tx, site, signed, "checkup", (line,))
        return whole.day, line, tuple(whole.slots.values())

    return await site.store.write(work)


async def _note(tx: Tx, site: Site, signed: Signed, said: str, lines: Sequence[Line]) -> None:
    shown = {each.row.who for each in lines if each.card is not None}
    if shown:
        await note_shown(tx, site, signed, "checkup", said, shown)


async def _whole(
    tx: Tx, site: Site, signed: Signed, day: bytes, whos: Collection[bytes] | None = None
) -> _Whole:
    found = await read_day(tx, site, day)
    if found is None:
        raise NotYours("day")
    check_prepares(signed, found.facility)
    rows = {
        who: row
        for who, row in (await persons(tx, site, day, whos)).items()
        if row.status in ON_LIST or row.status == REMOVED
    }
    cards = await cards_of(tx, site, rows)
    nameless = {who for who in rows if who not in cards}
    said = await guests_of(tx, site, day, nameless) if nameless else ()
    names = {each.guest: each.said.name for each in said}
    villages = await villages_of(tx, site.district, {each.village for each in cards.values()})
    slots = {each.slot: each for each in await slots_of(tx, site, day)}
    given = await _given(tx, site, day, rows)
    return _Whole(found, rows, cards, names, villages, slots, given)


async def _given(
    tx: Tx, site: Site, day: bytes, rows: Mapping[bytes, PersonRow]
) -> Mapping[bytes, str]:
    """Tickets of those who came without a booking: only their state knows them."""
    whos = sorted(who for who, row in rows.items() if row.arrived_at is not None and not row.ticket)
    if not whos:
        return {}
    states = await states_in(tx, site)
    return {
        who: progress(states.open(day, who, sealed), ()).ticket
        for who, sealed in (await sealed_of(tx, site, day, whos)).items()
    }


_IN: Final[Mapping[View, Callable[[PersonRow], bool]]] = {
    View.ALL: lambda row: row.status in ON_LIST,
    View.WAITING: lambda row: row.status == INVITED and row.arrived_at is None,
    View.ARRIVED: lambda row: row.status in ON_LIST and row.arrived_at is not None,
    View.REMOVED: lambda row: row.status == REMOVED,
}


def _page(whole: _Whole, which: Which) -> People:
    every = list(whole.rows.values())
    seen = [row for row in every if _IN[which.view](row)]
    mine = [row for row in seen if _takes(whole, which, row)]
    order = _by_slot(whole) if which.order is Order.SLOT else _by_village(whole)
    mine.sort(key=order)
    first = (which.page - 1) * PAGE
    return People(
        day=whole.day, which=which,
        views={view: sum(map(_IN[view], every)) for view in View},
        groups=_groups(seen), villages=_villages(whole, seen), slots=_slots(whole, seen),
        no_slot=sum(row.status == INVITED and row.slot is None for row in every),
        total=len(mine), pages=max(1, -(-len(mine) // PAGE)),
        lines=tuple(map(whole.line, mine[first : first + PAGE])),
    )  # fmt: skip


def _takes(whole: _Whole, which: Which, row: PersonRow) -> bool:
    slot = NO_SLOT if row.slot is None else str(row.slot)
    return (
        (not which.group or which.group in row.groups)
        and (not which.village or which.village == whole.village(row))
        and which.slot in ("", slot)
    )


def _groups(seen: Sequence[PersonRow]) -> tuple[tuple[str, str, int], ...]:
    counted = Counter(group for row in seen for group in row.groups)
    return tuple((e.id, e.label, counted[e.id]) for e in every_group().values() if counted[e.id])


def _villages(whole: _Whole, seen: Sequence[PersonRow]) -> tuple[tuple[str, str, int], ...]:
    counted = Counter(whole.village(row) for row in seen)
    return tuple(
        (code, whole.villages.get(code, code), counted[code]) for code in sorted(counted) if code
    )


def _slots(whole: _Whole, seen: Sequence[PersonRow]) -> tuple[tuple[str, str, int], ...]:
    counted = Counter(row.slot for row in seen)
    return tuple(
        (str(each.slot), f"{each.start}–{each.end}", counted[each.slot])
        for each in whole.slots.values()
    )


def _by_village(whole: _Whole) -> Callable[[PersonRow], tuple[str, str, str, bytes]]:
    def key(row: PersonRow) -> tuple[str, str, str, bytes]:
        line = whole.line(row)
        address = line.card.address if line.card is not None else ""
        return (whole.village(row), address, line.name, row.who)

    return key


def _by_slot(whole: _Whole) -> Callable[[PersonRow], tuple[str, str, str, bytes]]:
    """Whoever has no slot stands last."""

    def key(row: PersonRow) -> tuple[str, str, str, bytes]:
        return (whole.start(row) or "~", whole.ticket(row), whole.line(row).name, row.who)

    return key


def _fits(whole: _Whole, row: PersonRow, query: str) -> bool:
    """Every word of the query is in the name, the initials, a tail or the ticket."""
    card = whole.cards.get(row.who)
    words = query.split()
    said = [whole.line(row).name, whole.ticket(row)]
    if card is not None:
        said += [card.initials, card.id_tail, card.phone_tail]
    plain = [each.upper() for each in said if each]
    return bool(words) and all(
        any(compact(word).upper() in each for each in plain) for word in words
    )


__all__ = ["NO_SLOT", "PAGE", "Line", "Order", "People", "View", "Which", "find", "one", "people"]
