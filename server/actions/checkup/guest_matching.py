"""A person of the facility says who a guest was: an archive that is there, or one just opened."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from server.actions.accounts.sessions import Signed
from server.actions.archives.cards import Card, cards_of
from server.actions.archives.ledger import audit
from server.actions.archives.search import compact, exact, how_of, note_shown
from server.actions.archives.standing import MERGED
from server.actions.checkup.day_reading import check_prepares, seen
from server.actions.checkup.day_reading import held as held_day
from server.actions.checkup.day_rows import GUEST, Day, lock_day, save_day
from server.actions.checkup.guests import (
    MATCHED,
    WAITING,
    Guest,
    Said,
    guests_of,
    write_guest,
)
from server.actions.checkup.people import people_of
from server.actions.checkup.taking import hand_over
from server.actions.keeping.site import Site
from server.errors import NotYours, RuleSaysNo
from server.store.tx import Tx, one

AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class Waiting:
    """A guest whom nobody has recognised, with what was noted of them that day."""

    guest: bytes
    said: Said
    ticket: str
    stations: int

    def __repr__(self) -> str:
        return f"Waiting({self.guest.hex()})"


async def waiting(site: Site, signed: Signed, day: bytes) -> list[Waiting]:
    """Of a day, one a person. Raises NotYours."""

    async def read(tx: Tx) -> list[Waiting]:
        check_prepares(signed, (await seen(tx, site, signed, day)).facility)
        every = await guests_of(tx, site, day)
        found = [each for each in every if each.state != MATCHED]
        unheard = await _unheard(tx, site, day)
        found += [Guest(day, each, None, WAITING, Said()) for each in unheard]
        people = await people_of(tx, site, day, {each.guest for each in found}) if found else []
        there = {each.who: each for each in people}
        return [
            Waiting(each.guest, each.said, there[each.guest].progress.ticket,
                    len(there[each.guest].state.st))
            for each in found
            if each.guest in there
        ]  # fmt: skip

    return await site.store.read(read)


async def _unheard(tx: Tx, site: Site, day: bytes) -> list[bytes]:
    """Guests of whom stations wrote, while the check-in that says who they are was lost or cannot
    be read: somebody at the station may know.
    """
    rows = await tx.rows(
        "SELECT p.who FROM checkup_person p LEFT JOIN checkup_guest g ON g.district=p.district AND "
        "g.day=p.day AND g.guest=p.who LEFT JOIN resident r ON r.district=p.district AND "
        "r.resident=p.who WHERE p.district=? AND p.day=? AND p.status=? AND g.guest IS NULL AND "
        "r.resident IS NULL ORDER BY p.who",
        site.district, day, GUEST,
    )  # fmt: skip
    return [row[0] for row in rows]


async def look_up(site: Site, signed: Signed, day: bytes, number: str) -> Card | None:
    """Whose archive has this ID or archive number, of any facility; being shown is written down.

    Raises NotYours.
    """

    async def work(tx: Tx) -> Card | None:
        check_prepares(signed, (await seen(tx, site, signed, day)).facility)
        plain = compact(number)
        how = how_of(plain)
        found = await exact(tx, site, how, plain, None) if how in ("number", "archive") else ()
        cards = await cards_of(tx, site, found)
        await note_shown(tx, site, signed, how, plain, list(cards))
        return next(iter(cards.values()), None)

    return await site.store.write(work)


async def match(site: Site, signed: Signed, day: bytes, guest: bytes, resident: bytes) -> None:
    """Everything noted of the guest, and of whoever was noted as the same, is this resident's.

    Raises NotYours; RuleSaysNo("matched_already") when somebody else was named before.
    """
    work = partial(_match, site=site, signed=signed, day=day, guest=guest, resident=resident)
    await site.store.write(work)


async def _match(
    tx: Tx, site: Site, signed: Signed, day: bytes, guest: bytes, resident: bytes
) -> None:
    held = await held_day(tx, site, signed, day)
    row = await one(
        tx, "SELECT status FROM resident WHERE district=? AND resident=?", site.district, resident
    )
    if row is None or row[0] == MERGED:
        raise NotYours("resident")
    every = {each.guest: each for each in await guests_of(tx, site, day)}
    if guest not in every and guest in await _unheard(tx, site, day):
        every[guest] = await write_guest(tx, site, day, guest, Said())
    if guest not in every:
        raise NotYours("guest")
    found = every[guest]
    if found.person == resident:
        return
    if found.state == MATCHED and found.person not in every:
        raise RuleSaysNo("matched_already")
    # Of several that are one the first stands for all, whichever was shown.
    first = found.person if found.person is not None else guest
    await _name(tx, site, held, every, first, resident)
    await save_day(tx, site, held)
    detail = b"hall-guest" + day + guest + resident + signed.staff
    await audit(tx, site.district, "act", detail, site.clock())


async def _name(
    tx: Tx, site: Site, day: Day, every: Mapping[bytes, Guest], guest: bytes, resident: bytes
) -> None:
    """The guest, and whoever was noted as the same, are this resident; under the day's lock."""
    same = sorted(name for name, each in every.items() if guest in (name, each.person))
    await tx.update(
        "checkup_guest", ("district", "day", "guest"), ("person", "state"),
        [(site.district, day.day, name, resident, MATCHED) for name in same],
    )  # fmt: skip
    for name in same:
        await hand_over(tx, site, day, name, resident)


async def waits(site: Site) -> bool:
    """Whether anybody is waiting to be recognised: asked before the job is claimed."""
    row = await site.store.read(
        lambda tx: one(
            tx, "SELECT 1 FROM checkup_guest WHERE district=? AND state=? AND blind<>? LIMIT 1",
            site.district, WAITING, b"",
        )
    )  # fmt: skip
    return row is not None


async def run(site: Site) -> int:
    """The job: an archive with the guest's document may have been opened meanwhile."""
    rows = await site.store.read(
        lambda tx: tx.rows(
            "SELECT g.day, g.guest, r.resident FROM checkup_guest g JOIN resident r ON "
            "r.district=g.district AND r.id_index=g.blind WHERE g.district=? AND g.state=? AND "
            "g.blind<>? AND r.status<>? ORDER BY g.day, g.guest LIMIT ?",
            site.district, WAITING, b"", MERGED, AT_ONCE,
        )
    )  # fmt: skip
    for day, guest, resident in rows:
        await site.store.write(partial(_joined, site=site, day=day, guest=guest, resident=resident))
    return len(rows)


async def _joined(tx: Tx, site: Site, day: bytes, guest: bytes, resident: bytes) -> None:
    held = await lock_day(tx, site, day)
    every = {each.guest: each for each in await guests_of(tx, site, day)}
    if every[guest].state == WAITING:
        await _name(tx, site, held, every, guest, resident)
        await save_day(tx, site, held)
