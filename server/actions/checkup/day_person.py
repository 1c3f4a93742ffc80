"""One person of a checkup day at a desk of its facility: found, seen, and helped along.

Found by what they carry or say: a code, the digits below it, a tube's label, a ticket, the tail of
a document, a whole number, a name. What stations measured is not shown here; whoever opens a value
or writes one passes the gate of the archive, with the checkup day as the reason.
"""

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from crypto.card import PREFIX, Outcome, is_digits
from server.access import Opened
from server.actions.accounts.sessions import Signed
from server.actions.archives import opening
from server.actions.archives.cards import cards_of
from server.actions.archives.opening import Given
from server.actions.archives.search import exact, how_of, note_shown
from server.actions.archives.told import staff_names
from server.actions.checkup.booking import next_ticket
from server.actions.checkup.codes import scanned
from server.actions.checkup.day_reading import check_prepares
from server.actions.checkup.day_reading import held as held_day
from server.actions.checkup.day_rows import Day, persons, read_day, save_day, touched
from server.actions.checkup.desk_steps import save_step_in
from server.actions.checkup.people import PersonOnDay, people_of
from server.actions.checkup.steps import Told, steps_of
from server.actions.keeping.site import Site
from server.errors import NotYours
from server.records.checkup_steps import DESK
from server.rules.consent import Purpose
from server.store.trail import audit
from server.store.tx import Tx
from sync.hall import CHECK_IN, Phase

QUERY_MOST: Final = 200  # a code has 139 signs
SHOWN_MOST: Final = 30
TAIL: Final = 4
_TICKET: Final = re.compile(r"([A-Z]{1,2})0*([0-9]{1,5})")
_TAIL: Final = re.compile(r"[0-9]{3}[0-9X]")


@dataclass(frozen=True, slots=True)
class Hit:
    """Somebody who was found. `on_day`: stands on the day's list, or has come."""

    who: bytes
    name: str
    birth: str
    id_tail: str
    ticket: str
    phase: Phase
    on_day: bool


@dataclass(frozen=True, slots=True)
class Hits:
    """`outcome`: of a scanned code that checks nobody in."""

    hits: tuple[Hit, ...]
    outcome: Outcome = Outcome.VALID
    more: int = 0


@dataclass(frozen=True, slots=True)
class Shown:
    """One person of the day, with everything that was noted of them."""

    day: Day
    person: PersonOnDay
    steps: tuple[Told, ...]
    staff: Mapping[bytes, str]
    tablets: Mapping[bytes, str]
    is_resident: bool
    on_day: bool


async def own_day(tx: Tx, site: Site, signed: Signed, day: bytes) -> Day:
    """The day as its own facility reads it. Raises NotYours."""
    found = await read_day(tx, site, day)
    if found is None:
        raise NotYours("day")
    check_prepares(signed, found.facility)
    return found


async def note_looked(site: Site, signed: Signed, said: str, whos: Collection[bytes]) -> None:
    """Which residents a page of a day showed, and by which words; a guest has no archive yet."""

    async def write(tx: Tx) -> None:
        rows = await tx.rows_in(
            "SELECT resident FROM resident WHERE district=? AND resident {ids}",
            sorted(whos), site.district,
        ) if whos else ()  # fmt: skip
        await note_shown(tx, site, signed, "checkup", said, {row[0] for row in rows})

    await site.store.write(write)


# Finding.


async def find(site: Site, signed: Signed, day: bytes, query: str) -> Hits:
    """Who is meant by what was scanned or typed. Raises NotYours."""
    found = await site.store.read(
        partial(_find, site=site, signed=signed, day=day, query=query[:QUERY_MOST])
    )
    await note_looked(site, signed, query[:QUERY_MOST], {each.who for each in found.hits})
    return found


async def _find(tx: Tx, site: Site, signed: Signed, day: bytes, query: str) -> Hits:
    held = await own_day(tx, site, signed, day)
    plain = unicodedata.normalize("NFKC", query).strip().upper()
    if plain.startswith(PREFIX) or is_digits("".join(plain.split())):
        text = query if plain.startswith(PREFIX) else "".join(plain.split())
        outcome, who = await scanned(tx, site, text, on=held.on)
        if who is not None and outcome is Outcome.VALID:
            return await _known(tx, site, signed, held, [who])
        by_label = await _by_label(tx, site, held, text)
        return by_label if by_label.hits else Hits((), outcome)
    if how_of(plain) in ("number", "archive"):
        ids = await exact(tx, site, how_of(plain), plain, None)
        return await _known(tx, site, signed, held, ids)
    return await _by_words(tx, site, held, plain)


async def _known(tx: Tx, site: Site, signed: Signed, day: Day, ids: Collection[bytes]) -> Hits:
    """By id: of the day, or a resident of the facility who is not on it."""
    there = [_hit(each) for each in await people_of(tx, site, day.day, ids)] if ids else []
    others = set(ids) - {each.who for each in there}
    cards = await cards_of(tx, site, others)
    walk_in = [
        Hit(who, card.name, card.birth, card.id_tail, "", Phase.EXPECTED, on_day=False)
        for who, card in sorted(cards.items())
        if card.facility == signed.facility
    ]
    return Hits((*there, *walk_in))


async def _by_label(tx: Tx, site: Site, day: Day, number: str) -> Hits:
    """Whoever has a tube with this number in force."""
    return Hits(
        tuple(
            _hit(each)
            for each in await people_of(tx, site, day.day)
            if each.state.sheet and number in {label for _, label in each.state.sheet.labels}
        )
    )


async def _by_words(tx: Tx, site: Site, day: Day, plain: str) -> Hits:
    if not plain:
        return Hits(())
    people = await people_of(tx, site, day.day)
    ticket = ticket_of(plain)
    wanted = [each for each in people if ticket and ticket in tickets_of(each)]
    if not wanted and _TAIL.fullmatch(plain):
        wanted = [each for each in people if each.id_tail == plain]
    if not wanted and not ticket:
        wanted = [each for each in people if plain in each.name.upper()]
    return Hits(tuple(map(_hit, wanted[:SHOWN_MOST])), more=max(0, len(wanted) - SHOWN_MOST))


def ticket_of(text: str) -> str:
    """A036 of a 36, A 036, a036; "" for what is no ticket."""
    found = _TICKET.fullmatch("".join(text.upper().split()))
    return f"{found[1]}{int(found[2]):03d}" if found else ""


def tickets_of(person: PersonOnDay) -> set[str]:
    """Every ticket that was given to somebody: people show the one they hold."""
    given = {each.ticket for each in person.state.ins} | {person.row.ticket}
    return {ticket_of(each) for each in given if each}


def _hit(each: PersonOnDay) -> Hit:
    seen = each.progress
    return Hit(each.who, each.name, each.birth, each.id_tail, seen.ticket, seen.phase, on_day=True)


# One person.


async def looked_at(site: Site, signed: Signed, day: bytes, who: bytes) -> Shown:
    """`shown` on a page of its own, written down. Raises NotYours."""
    found = await shown(site, signed, day, who)
    await note_looked(site, signed, "person", {who})
    return found


async def shown(site: Site, signed: Signed, day: bytes, who: bytes) -> Shown:
    """Raises NotYours: for somebody who neither stands on the day nor is the facility's own."""
    return await site.store.read(partial(_shown, site=site, signed=signed, day=day, who=who))


async def _shown(tx: Tx, site: Site, signed: Signed, day: bytes, who: bytes) -> Shown:
    held = await own_day(tx, site, signed, day)
    found = await people_of(tx, site, day, [who])
    cards = await cards_of(tx, site, [who])
    if not found:
        raise NotYours("person")
    told = (await steps_of(tx, site, day, [who]))[who]
    staff = await staff_names(tx, site, {each.staff for each in told} | {held.lead})
    devices = {each.device for each in told}
    rows = await tx.rows_in(
        "SELECT device, label FROM device WHERE district=? AND device {ids}",
        sorted(devices), site.district,
    ) if devices else ()  # fmt: skip
    return Shown(held, found[0], tuple(told), staff, dict(rows), who in cards, on_day=True)


async def check_in(site: Site, signed: Signed, day: bytes, who: bytes, change: bytes) -> None:
    """Somebody signs in at a desk, on the list or not; a ticket is given where there is none.
    Raises NotYours.
    """

    async def write(tx: Tx) -> None:
        ticket = await _ticket(tx, site, signed, day, who)
        body = {"how": DESK, "ticket": ticket}
        await save_step_in(tx, site, signed, day, who, CHECK_IN, body, change)

    await site.store.write(write)


async def _ticket(tx: Tx, site: Site, signed: Signed, day: bytes, who: bytes) -> str:
    """The booked one; else the next of the day's own, kept under the day's lock."""
    held = await held_day(tx, site, signed, day)
    row = (await persons(tx, site, day, [who])).get(who)
    if row is None:
        return await next_ticket(tx, site, day)
    if not row.ticket:
        row.ticket = await next_ticket(tx, site, day)
        await touched(tx, site, held, [row])
        await save_day(tx, site, held)
    return row.ticket


# Through the gate.


async def open_person(
    site: Site, signed: Signed, day: bytes, who: bytes, why: str
) -> Opened | None:
    """The archive of somebody whose values are read or written here, opened and logged; None for a
    guest, who has none. Raises NotYours.
    """
    found = await shown(site, signed, day, who)
    if not found.is_resident:
        await site.store.write(
            lambda tx: audit(
                tx, site.district, "act", b"checkup-guest-read" + day + who + signed.staff,
                site.clock(),
            )
        )  # fmt: skip
        return None
    came = found.person.progress.phase is not Phase.EXPECTED
    given = Given(Purpose.SERVICE, why, present=came)
    opened = await opening.open_for(site, signed, who, given)
    if not isinstance(opened, Opened):
        raise NotYours("archive")
    return opened
