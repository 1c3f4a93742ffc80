"""Sheets of cards (体检卡) as timed work: asked for, drawn ten a sheet, fetched by who asked, kept
sealed for some days.

A card is cut out and carried about with a name on it, so making one is an opening of that archive,
asked of the rule and written down for each. Who has a card that lasts gets the same one again: a
drawing that a crash cut short is begun anew and gives nobody a second card.
"""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final

from crypto.primitives import sha256
from server.actions.accounts.sessions import Signed
from server.actions.archives.cards import Card, cards_of
from server.actions.archives.to_call import open_each
from server.actions.checkup import codes
from server.actions.checkup.codes import Code
from server.actions.checkup.day_reading import seen as day_seen
from server.actions.checkup.day_rows import INVITED, WALK_IN, persons
from server.actions.keeping.site import Site, district_key_blob
from server.errors import NotFound, NotYours, RuleSaysNo
from server.pages import times
from server.pages.card_sheet import PER_SHEET, Face, draw, paper_of
from server.pages.words import words
from server.rules.checkup_days import PREPARES
from server.rules.consent import Purpose
from server.store.ids import new_id
from server.store.trail import audit
from server.store.tx import Row, Tx, one
from server.store.vault import NOBODY, T_CARD_SHEET
from sync.limits import DAY_MS

KEEP_DAYS: Final = 7
AT_ONCE: Final = 10 * PER_SHEET  # cards between two steps of the progress
PART: Final = 1024 * 1024
TRIES: Final = 3
LEASE_MS: Final = 5 * 60_000  # from one step of the progress to the next
LISTED: Final = 20
REASON: Final = "checkup card"
_ID: Final = 16
_FIELDS: Final = "sheet, staff, day, state, asked_at, ready_at, people, done, size"


@dataclass(frozen=True, slots=True)
class Sheets:
    """One printing as pages show it. `total`, `done`: cards. `mine`: may be fetched by who asks."""

    id: bytes
    day: bytes | None
    state: str
    asked_at: int
    total: int
    done: int
    size: int
    mine: bool

    @property
    def pages(self) -> int:
        return -(-self.total // PER_SHEET)


@dataclass(frozen=True, slots=True)
class Counted:
    """People of a day: all of them, and those whose card lasts."""

    people: int
    with_card: int


def _check(signed: Signed, facility: bytes) -> None:
    if signed.role not in PREPARES or signed.facility != facility:
        raise NotYours("sheet")


# Asking.


async def counted(site: Site, signed: Signed, day: bytes) -> Counted:
    """For the page that asks. Raises NotYours."""

    async def read(tx: Tx) -> Counted:
        people = await _of_day(tx, site, signed, day)
        return Counted(len(people), len(await codes.with_card(tx, site, people)))

    return await site.store.read(read)


async def ask_for_day(site: Site, signed: Signed, day: bytes, *, everybody: bool) -> bytes:
    """Cards for a day's people: for everybody, or for those without. Raises NotYours, RuleSaysNo
    for nobody.
    """

    async def work(tx: Tx) -> bytes:
        people = set(await _of_day(tx, site, signed, day))
        if not everybody:
            people -= await codes.with_card(tx, site, people)
        return await _ask(tx, site, signed, people, day)

    return await site.store.write(work)


async def ask_for_one(site: Site, signed: Signed, resident: bytes) -> bytes:
    """One card, for somebody who has none or lost it. Raises NotYours."""
    return await site.store.write(lambda tx: _ask(tx, site, signed, {resident}, None))


async def _of_day(tx: Tx, site: Site, signed: Signed, day: bytes) -> list[bytes]:
    """The residents of the own facility on its list: nobody prints cards for another's, and a guest
    has no archive that a card could be of.
    """
    found = await day_seen(tx, site, signed, day)
    _check(signed, found.facility)
    people = await persons(tx, site, day)
    return [each.who for each in people.values() if each.status in (INVITED, WALK_IN)]


async def _ask(
    tx: Tx, site: Site, signed: Signed, people: Collection[bytes], day: bytes | None
) -> bytes:
    cards = {
        who: card
        for who, card in (await cards_of(tx, site, people)).items()
        if card.facility == signed.facility
    }
    _check(signed, signed.facility)
    opened = await open_each(tx, site, signed, cards.values(), Purpose.SERVICE, REASON)
    order = sorted(opened, key=lambda who: _place(cards[who]))
    if not order:
        raise NotYours("resident") if day is None else RuleSaysNo("nobody")
    now = site.clock()
    name = new_id(now)
    row: Row = (
        site.district, name, signed.facility, signed.staff, day, "waiting", now, None,
        b"".join(order), 0, 0, b"", 0,
    )  # fmt: skip
    await tx.insert("checkup_sheet", [row])
    await audit(tx, site.district, "act", b"card-sheet" + name + signed.staff, now)
    return name


def _place(card: Card) -> tuple[str, str, str, bytes]:
    """As they are handed out: village by village, by name."""
    return card.village, card.initials, card.name, card.resident


# Showing and fetching.


async def listed(site: Site, signed: Signed, day: bytes) -> tuple[Sheets, ...]:
    """A day's printings, the newest first. Raises NotYours."""

    async def read(tx: Tx) -> Sequence[Row]:
        _check(signed, (await day_seen(tx, site, signed, day)).facility)
        return await tx.rows(
            f"SELECT {_FIELDS} FROM checkup_sheet WHERE district=? AND facility=? AND day=? "
            f"ORDER BY asked_at DESC, sheet LIMIT {LISTED}",
            site.district, signed.facility, day,
        )  # fmt: skip

    return tuple(_sheets(signed, row) for row in await site.store.read(read))


async def whose(site: Site, signed: Signed, day: bytes, typed: str) -> bytes | None:
    """Whose card was found, whatever has become of it: a resident of the own facility, since nobody
    else's card is made anew here. Raises NotYours.
    """

    async def read(tx: Tx) -> bytes | None:
        _check(signed, (await day_seen(tx, site, signed, day)).facility)
        _, who = await codes.scanned(tx, site, typed)
        card = (await cards_of(tx, site, {who})).get(who) if who is not None else None
        return who if card is not None and card.facility == signed.facility else None

    return await site.store.read(read)


async def one_of(site: Site, signed: Signed, sheet: bytes) -> Sheets:
    """Raises NotYours."""
    return _sheets(signed, await site.store.read(partial(_row, site=site, signed=signed, of=sheet)))


async def _row(tx: Tx, *, site: Site, signed: Signed, of: bytes) -> Row:
    row = await one(
        tx,
        f"SELECT {_FIELDS} FROM checkup_sheet WHERE district=? AND sheet=? AND facility=?",
        site.district, of, signed.facility,
    )  # fmt: skip
    if row is None or signed.role not in PREPARES:
        raise NotYours("sheet")
    return row


def _sheets(signed: Signed, row: Row) -> Sheets:
    sheet, staff, day, state, asked_at, _, people, done, size = row
    return Sheets(
        sheet, day, state, asked_at, len(people) // _ID, done, size, staff == signed.staff
    )


async def fetch(site: Site, signed: Signed, sheet: bytes) -> bytes:
    """The PDF, for who asked for it. Raises NotYours, NotFound for one that is gone."""

    async def read(tx: Tx) -> bytes:
        row = await _row(tx, site=site, signed=signed, of=sheet)
        if row[1] != signed.staff:
            raise NotYours("sheet")
        if row[3] != "ready":
            raise NotFound("sheet")
        key = site.vault.key(NOBODY, await district_key_blob(tx, site.district))
        parts = await tx.rows(
            "SELECT n, sealed FROM checkup_sheet_part WHERE district=? AND sheet=? ORDER BY n",
            site.district, sheet,
        )  # fmt: skip
        return b"".join(
            key.open(site.vault.at(T_CARD_SHEET, sheet, revision=n), sealed) for n, sealed in parts
        )

    return await site.store.read(read)


# The timed work.


async def waits(site: Site) -> bool:
    """Whether there is anything to draw, or to destroy."""
    return bool(await site.store.read(partial(_due, site=site)))


async def _due(tx: Tx, site: Site) -> Sequence[Row]:
    now = site.clock()
    return await tx.rows(
        "SELECT sheet, state, people, tries, facility FROM checkup_sheet WHERE district=? AND "
        "((state='waiting' AND (ready_at IS NULL OR ready_at<?)) OR "
        "(state='ready' AND ready_at<?)) ORDER BY asked_at LIMIT 10",
        site.district, now, now - KEEP_DAYS * DAY_MS,
    )  # fmt: skip


async def run(site: Site) -> int:
    """Draws what waits, destroys what was kept long enough. Returns how many."""
    due = await site.store.read(partial(_due, site=site))
    for sheet, state, people, tries, facility in due:
        if state == "ready":
            await _ended(site, sheet, "gone")
        elif tries >= TRIES:
            await _ended(site, sheet, "failed")
        elif await _taken(site, sheet):
            order = [people[at : at + _ID] for at in range(0, len(people), _ID)]
            try:
                await _drawn(site, sheet, order, facility)
            except Exception:
                await _given_back(site, sheet)
                raise
    return len(due)


async def _taken(site: Site, sheet: bytes) -> bool:
    """Whether it is this process that draws: slots of the job are shorter than a drawing."""
    now = site.clock()
    done = await site.store.write(
        lambda tx: tx.run(
            "UPDATE checkup_sheet SET tries=tries+1, done=0, ready_at=? WHERE district=? AND "
            "sheet=? AND state='waiting' AND (ready_at IS NULL OR ready_at<?)",
            now + LEASE_MS, site.district, sheet, now,
        )
    )  # fmt: skip
    return done > 0


async def _given_back(site: Site, sheet: bytes) -> None:
    await site.store.write(
        lambda tx: tx.run(
            "UPDATE checkup_sheet SET ready_at=NULL WHERE district=? AND sheet=? AND "
            "state='waiting'",
            site.district, sheet,
        )
    )  # fmt: skip


async def _ended(site: Site, sheet: bytes, state: str) -> None:
    async def write(tx: Tx) -> None:
        await tx.run(
            "DELETE FROM checkup_sheet_part WHERE district=? AND sheet=?", site.district, sheet
        )
        await tx.run(
            "UPDATE checkup_sheet SET state=? WHERE district=? AND sheet=?",
            state, site.district, sheet,
        )  # fmt: skip

    await site.store.write(write)


async def _drawn(site: Site, sheet: bytes, order: Sequence[bytes], facility: bytes) -> None:
    paper = await asyncio.to_thread(paper_of, times.civil(site.clock()), font=site.font)
    for start in range(0, len(order), AT_ONCE):
        part = order[start : start + AT_ONCE]
        made = await site.store.write(
            partial(_faces, site=site, sheet=sheet, people=part, facility=facility, done=start)
        )
        await asyncio.to_thread(draw, paper, made)
    raw = await asyncio.to_thread(paper.done)
    await site.store.write(partial(_keep, site=site, sheet=sheet, raw=raw, total=len(order)))


async def _faces(
    tx: Tx, *, site: Site, sheet: bytes, people: Sequence[bytes], facility: bytes, done: int
) -> list[Face]:
    """What stands on the next cards, in their order; the codes are made where there are none."""
    row = await one(
        tx, "SELECT staff FROM checkup_sheet WHERE district=? AND sheet=?", site.district, sheet
    )
    place = await one(
        tx, "SELECT name FROM facility WHERE district=? AND facility=?", site.district, facility
    )
    assert row is not None
    cards = await cards_of(tx, site, people)
    made = await codes.issue_cards(tx, site, cards, row[0])
    await tx.run(
        "UPDATE checkup_sheet SET done=?, ready_at=? WHERE district=? AND sheet=?",
        done, site.clock() + LEASE_MS, site.district, sheet,
    )  # fmt: skip
    name = place[0] if place is not None else ""
    return [_face(cards[who], made[who], name) for who in people if who in cards]


def _face(card: Card, code: Code, facility: str) -> Face:
    w = words("card")
    last = times.civil(code.ends_ms).date() - timedelta(days=1)
    return Face(
        name=card.name, born=w.born(year=card.birth[:4]) if card.birth else "", facility=facility,
        text=code.text, digits=code.digits, until=w.until(day=times.long_date(last)),
    )  # fmt: skip


async def _keep(tx: Tx, *, site: Site, sheet: bytes, raw: bytes, total: int) -> None:
    done = await tx.run(
        "UPDATE checkup_sheet SET state='ready', ready_at=?, done=?, size=?, digest=? WHERE "
        "district=? AND sheet=? AND state='waiting'",
        site.clock(), total, len(raw), sha256(raw), site.district, sheet,
    )  # fmt: skip
    if not done:
        return  # another process was quicker
    key = site.vault.key(NOBODY, await district_key_blob(tx, site.district))
    rows: list[Row] = [
        (
            site.district, sheet, n,
            key.seal(site.vault.at(T_CARD_SHEET, sheet, revision=n), raw[at : at + PART]),
        )
        for n, at in enumerate(range(0, len(raw), PART))
    ]  # fmt: skip
    await tx.insert("checkup_sheet_part", rows)
