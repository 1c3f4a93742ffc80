"""Feedback letters of a village as one PDF: asked for, written by timed work, fetched by who asked,
kept sealed for some days; and one letter at once.

A letter is a reading of an archive: each is opened through the gate for who asked, and noted.
Whose archive does not open for them (somebody of another facility) gets the letter at home; the
page says how many.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from server.access import Asking, Opened, open_archive
from server.actions.accounts.sessions import Signed
from server.actions.archives.opening import SAME_MS, AskWhy, open_for
from server.actions.archives.reading import staff_actor
from server.actions.archives.search import note_shown
from server.actions.archives.told import facility_names, staff_names
from server.actions.checkup.day_rows import Day, read_day
from server.actions.checkup.letter_content import Sender, letter_of
from server.actions.checkup.letters import Told, own_day, told_of
from server.actions.checkup.people import PersonOnDay, people_of
from server.actions.figures.board_people import villages_of
from server.actions.keeping.site import Site, district_key_blob
from server.errors import NotFound, NotYours, RuleSaysNo
from server.pages import times
from server.pages.checkup_letter import Letter, pdf_of
from server.pages.words import words
from server.rules.access import Actor
from server.rules.consent import Purpose
from server.store.ids import new_id
from server.store.trail import audit
from server.store.tx import Row, Tx, one
from server.store.vault import NOBODY, T_CHECKUP_AFTER
from sync.limits import DAY_MS

EVERYWHERE: Final = "*"  # all villages
KEEP_DAYS: Final = 7
AT_ONCE: Final = 25  # archives opened between two steps of the progress
PART: Final = 1024 * 1024
TRIES: Final = 3
LEASE_MS: Final = 5 * 60_000  # from one step of the progress to the next
LISTED: Final = 20
REASON: Final = "feedback letter"
_FIELDS: Final = "bundle, day, village, state, done, total, shut, asked_at, ready_at, size, staff"


@dataclass(frozen=True, slots=True)
class Bundle:
    """One printing as pages show it. `shut`: archives that did not open; `mine`: who asked it."""

    id: bytes
    day: bytes
    village: str
    state: str
    done: int
    total: int
    shut: int
    asked_at: int
    ready_at: int | None
    size: int
    mine: bool


@dataclass(frozen=True, slots=True)
class Reader:
    """One person who is to have a letter. `told`: how they have it already."""

    person: PersonOnDay
    told: Told | None


@dataclass(frozen=True, slots=True)
class Letters:
    """The page of a day's letters: villages (code, name, people), people of one, printings."""

    day: Day
    villages: tuple[tuple[str, str, int], ...]
    village: str
    readers: tuple[Reader, ...]
    bundles: tuple[Bundle, ...]
    total: int
    told: int


async def letters_of(site: Site, signed: Signed, day: bytes, village: str) -> Letters:
    """Who has results and who was told them, of one village, written down with whom it showed.
    Raises NotYours.
    """

    async def work(tx: Tx) -> Letters:
        found = await own_day(tx, site, signed, day)
        people = await _with_results(tx, site, day)
        told = await told_of(tx, site, day)
        codes = sorted({each.village for each in people})
        names = await villages_of(tx, site.district, {code for code in codes if code})
        counted = tuple(
            (code, names.get(code, ""), sum(each.village == code for each in people))
            for code in codes
        )
        shown = [each for each in people if village in (EVERYWHERE, each.village)]
        if shown:
            await note_shown(tx, site, signed, "due", "letters", {each.who for each in shown})
        return Letters(
            found, counted, village,
            tuple(Reader(each, told.get(each.who)) for each in shown),
            await _bundles(tx, site, signed, day), len(people),
            sum(each.who in told for each in people),
        )  # fmt: skip

    return await site.store.write(work)


async def _with_results(tx: Tx, site: Site, day: bytes) -> list[PersonOnDay]:
    """People of whom a record was made, in the order in which letters are carried round."""
    rows = await tx.rows(
        "SELECT DISTINCT who FROM checkup_result WHERE district=? AND day=?", site.district, day
    )
    people = await people_of(tx, site, day, [row[0] for row in rows]) if rows else []
    return sorted(people, key=lambda each: (each.village, each.address, each.name, each.who))


async def _bundles(tx: Tx, site: Site, signed: Signed, day: bytes) -> tuple[Bundle, ...]:
    rows = await tx.rows(
        f"SELECT {_FIELDS} FROM checkup_bundle WHERE district=? AND day=? AND facility=? AND "
        "state<>'gone' ORDER BY asked_at DESC LIMIT ?",
        site.district, day, signed.facility, LISTED,
    )  # fmt: skip
    return tuple(Bundle(*row[:10], mine=row[10] == signed.staff) for row in rows)


async def ask(site: Site, signed: Signed, day: bytes, village: str) -> bytes:
    """The letters of a village; a printing of it that waits already is that one. Raises NotYours,
    RuleSaysNo where nobody there has results.
    """

    async def work(tx: Tx) -> bytes:
        await own_day(tx, site, signed, day)
        waiting = await one(
            tx,
            "SELECT bundle FROM checkup_bundle WHERE district=? AND day=? AND village=? AND "
            "staff=? AND state='waiting'",
            site.district, day, village, signed.staff,
        )  # fmt: skip
        if waiting is not None:
            return waiting[0]
        people = await _with_results(tx, site, day)
        total = sum(village in (EVERYWHERE, each.village) for each in people)
        if not total:
            raise RuleSaysNo("nobody")
        name, now = new_id(site.clock()), site.clock()
        row: Row = (
            site.district, name, day, village, signed.staff, signed.facility, "waiting", 0, total,
            0, now, None, 0, 0,
        )  # fmt: skip
        await tx.insert("checkup_bundle", [row])
        await audit(tx, site.district, "act", b"letters" + name + signed.staff, now)
        return name

    return await site.store.write(work)


async def fetch(site: Site, signed: Signed, bundle: bytes) -> bytes:
    """The PDF, for who asked for it: the archives were opened for them. Raises NotYours, NotFound
    for one that is not ready, or gone.
    """

    async def read(tx: Tx) -> bytes:
        row = await one(
            tx, "SELECT staff, state, day FROM checkup_bundle WHERE district=? AND bundle=?",
            site.district, bundle,
        )  # fmt: skip
        if row is None or row[0] != signed.staff:
            raise NotYours("letters")
        await own_day(tx, site, signed, row[2])  # somebody may work elsewhere by now
        if row[1] != "ready":
            raise NotFound("letters")
        parts = await tx.rows(
            "SELECT n, sealed FROM checkup_bundle_part WHERE district=? AND bundle=? ORDER BY n",
            site.district, bundle,
        )  # fmt: skip
        key = site.vault.key(NOBODY, await district_key_blob(tx, site.district))
        return b"".join(key.open(_place(site, bundle, n), sealed) for n, sealed in parts)

    return await site.store.read(read)


async def one_letter(site: Site, signed: Signed, day: bytes, who: bytes) -> bytes | AskWhy:
    """One letter at once. Raises NotYours, NotFound where nothing was found yet."""

    async def read(tx: Tx) -> tuple[Day, Sender, Sequence[PersonOnDay]]:
        found = await own_day(tx, site, signed, day)
        return found, await _sender(tx, site, found), await people_of(tx, site, day, [who])

    found, sender, people = await site.store.read(read)
    if not people:
        raise NotYours("person")
    opened = await open_for(site, signed, who)
    if isinstance(opened, AskWhy):
        return opened
    letter = letter_of(site, opened, found, sender, people[0].name)
    if letter is None:
        raise NotFound("letter")
    return await asyncio.to_thread(pdf_of, [letter], times.civil(site.clock()), font=site.font)


# The timed work.


async def waits(site: Site) -> bool:
    """Whether anything is to be written, or to be destroyed."""
    return bool(await site.store.read(partial(_due, site=site)))


async def _due(tx: Tx, site: Site) -> Sequence[Row]:
    now = site.clock()
    return await tx.rows(
        "SELECT bundle, day, village, staff, state, tries FROM checkup_bundle WHERE district=? AND "
        "((state='waiting' AND (ready_at IS NULL OR ready_at<?)) OR "
        "(state='ready' AND ready_at<?)) ORDER BY asked_at LIMIT 10",
        site.district, now, now - KEEP_DAYS * DAY_MS,
    )  # fmt: skip


async def run(site: Site) -> int:
    """Writes what waits, destroys what was kept long enough. One that fails three times says so."""
    due = await site.store.read(partial(_due, site=site))
    for bundle, day, village, staff, state, tries in due:
        if state == "ready":
            await site.store.write(partial(_destroy, site=site, bundle=bundle))
        elif tries >= TRIES:
            await _set(site, bundle, "state='failed'")
        elif await _taken(site, bundle):
            try:
                await _write(site, bundle, day, village, staff)
            except Exception:
                await _set(site, bundle, "ready_at=NULL")
                raise
    return len(due)


async def _taken(site: Site, bundle: bytes) -> bool:
    """Whether it is this process that writes: slots of the job are shorter than a writing. While it
    waits `ready_at` says until when it is somebody's.
    """
    now = site.clock()
    done = await site.store.write(
        lambda tx: tx.run(
            "UPDATE checkup_bundle SET tries=tries+1, done=0, ready_at=? WHERE district=? AND "
            "bundle=? AND state='waiting' AND (ready_at IS NULL OR ready_at<?)",
            now + LEASE_MS, site.district, bundle, now,
        )
    )  # fmt: skip
    return done > 0


async def _set(site: Site, bundle: bytes, what: str, *args: object) -> None:
    await site.store.write(
        lambda tx: tx.run(
            f"UPDATE checkup_bundle SET {what} WHERE district=? AND bundle=? AND state='waiting'",
            *args, site.district, bundle,
        )
    )  # fmt: skip


async def _write(site: Site, bundle: bytes, day: bytes, village: str, staff: bytes) -> None:
    async def begin(
        tx: Tx,
    ) -> tuple[Day | None, Actor | None, list[PersonOnDay], Sender | None, str]:
        found = await read_day(tx, site, day)
        people = [
            each
            for each in await _with_results(tx, site, day)
            if village in (EVERYWHERE, each.village)
        ]
        names = await villages_of(tx, site.district, {village})
        sender = await _sender(tx, site, found) if found is not None else None
        return found, await staff_actor(tx, site, staff), people, sender, names.get(village, "")

    found, actor, people, sender, name = await site.store.read(begin)
    if found is None or actor is None or sender is None or actor.facility != found.facility:
        await _set(site, bundle, "state='failed'")
        return
    letters, shut = list[Letter](), 0
    for at in range(0, len(people), AT_ONCE):
        some = people[at : at + AT_ONCE]
        opened = await site.store.write(partial(_open, site=site, actor=actor, people=some))
        for each in some:
            archive = opened.get(each.who)
            made = letter_of(site, archive, found, sender, each.name) if archive else None
            shut += archive is None
            letters += [made] if made is not None else []
        until = site.clock() + LEASE_MS
        await _set(site, bundle, "done=?, shut=?, ready_at=?", at + len(some), shut, until)
    if not letters:
        await _set(site, bundle, "state='failed'")
        return
    title = words("checkup_letter").many(village=name).strip()
    raw = await asyncio.to_thread(
        pdf_of, letters, times.civil(site.clock()), title=title, font=site.font
    )
    await site.store.write(partial(_keep, site=site, bundle=bundle, raw=raw))


async def _open(
    tx: Tx, site: Site, actor: Actor, people: Sequence[PersonOnDay]
) -> Mapping[bytes, Opened]:
    """Each through the gate, refused ones written down like the others."""
    found: dict[bytes, Opened] = {}
    asking = Asking(actor, Purpose.SERVICE, REASON)
    for each in sorted(people, key=lambda one: one.who):
        opened = await open_archive(tx, site.vault, each.who, asking, site.clock(), same_ms=SAME_MS)
        if isinstance(opened, Opened):
            found[each.who] = opened
    return found


async def _sender(tx: Tx, site: Site, day: Day) -> Sender:
    row = await one(
        tx, "SELECT phone FROM counter WHERE district=? AND facility=?", site.district,
        day.facility,
    )  # fmt: skip
    return Sender(
        (await facility_names(tx, site)).get(day.facility, ""),
        (await staff_names(tx, site, [day.lead])).get(day.lead, ""), row[0] if row else "",
    )  # fmt: skip


def _place(site: Site, bundle: bytes, n: int) -> bytes:
    return site.vault.at(T_CHECKUP_AFTER, bundle, NOBODY, n)


async def _keep(tx: Tx, site: Site, bundle: bytes, raw: bytes) -> None:
    now = site.clock()
    done = await tx.run(
        "UPDATE checkup_bundle SET state='ready', ready_at=?, size=? WHERE district=? AND "
        "bundle=? AND state='waiting'",
        now, len(raw), site.district, bundle,
    )  # fmt: skip
    if not done:
        return  # another process was quicker
    key = site.vault.key(NOBODY, await district_key_blob(tx, site.district))
    await tx.insert(
        "checkup_bundle_part",
        [
            (site.district, bundle, n, key.seal(_place(site, bundle, n), raw[at : at + PART]))
            for n, at in enumerate(range(0, len(raw), PART))
        ],
    )


async def _destroy(tx: Tx, site: Site, bundle: bytes) -> None:
    await tx.run(
        "DELETE FROM checkup_bundle_part WHERE district=? AND bundle=?", site.district, bundle
    )
    await tx.run(
        "UPDATE checkup_bundle SET state='gone' WHERE district=? AND bundle=?",
        site.district, bundle,
    )  # fmt: skip
