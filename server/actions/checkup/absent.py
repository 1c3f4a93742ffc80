"""Absentees: who was expected on a checkup day and did not come, as a list for home visits.

Somebody notes why (the reason is sealed under the resident's key), or marks people to be visited:
then the visit is an item of their service plan and stands on their team's due list until a service
is given. The list that leaves the screen has whole telephone numbers and is an opening of each
archive on it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from server.actions.accounts.sessions import Signed
from server.actions.archives.cards import cards_of
from server.actions.archives.search import note_shown
from server.actions.archives.to_call import LIST_MAX, open_each, phones_of
from server.actions.archives.told import staff_names
from server.actions.archives.touched import touch
from server.actions.checkup.day_rows import INVITED, Day
from server.actions.checkup.finding_rows import key_of
from server.actions.checkup.letters import own_day
from server.actions.checkup.people import PersonOnDay, people_of
from server.actions.figures.board_people import villages_of
from server.actions.keeping.site import Site
from server.actions.tablets.intake import civil_day
from server.errors import RuleSaysNo
from server.rules.consent import Purpose
from server.rules.plan.promises import VISIT
from server.store.ids import new_id
from server.store.trail import audit
from server.store.tx import Row, Tx
from server.store.vault import T_CHECKUP_AFTER
from sync.hall import Phase

REASON_MOST: Final = 100
VISIT_DAYS: Final = 14
AHEAD: Final = timedelta(days=180)
_LABEL: Final = b"absent"
REASON: Final = "checkup absentees"


@dataclass(frozen=True, slots=True)
class Absentee:
    """One person who did not come. `village`: its name; `visit`: the day of the home visit."""

    person: PersonOnDay
    village: str
    reason: str
    noted_by: str
    noted_at: int | None
    visit: date | None


@dataclass(frozen=True, slots=True)
class Absent:
    """`people` in the order of a walk: by village, address, name. `villages`: (code, name, n)."""

    day: Day
    people: tuple[Absentee, ...]
    villages: tuple[tuple[str, str, int], ...]
    village: str
    total: int
    expected: int
    marked: int


@dataclass(frozen=True, slots=True)
class Called:
    """One line of the list that leaves the screen."""

    absentee: Absentee
    phone: str
    contact: str
    contact_phone: str


async def absent_of(site: Site, signed: Signed, day: bytes, village: str = "*") -> Absent:
    """One village or all ("*"), written down with whom it showed. Raises NotYours."""

    async def work(tx: Tx) -> Absent:
        found = await _absent(tx, site, signed, day, village)
        if found.people:
            whos = {each.person.who for each in found.people}
            await note_shown(tx, site, signed, "due", "absent", whos)
        return found

    return await site.store.write(work)


async def _absent(tx: Tx, site: Site, signed: Signed, day: bytes, village: str) -> Absent:
    found = await own_day(tx, site, signed, day)
    invited = [each for each in await people_of(tx, site, day) if each.row.status == INVITED]
    away = [each for each in invited if each.progress.phase is Phase.EXPECTED]
    away.sort(key=lambda each: (each.village, each.address, each.name, each.who))
    names = await villages_of(tx, site.district, {each.village for each in away if each.village})
    codes = sorted({each.village for each in away})
    notes = await _notes(tx, site, day)
    visits = await _visits(tx, site, day)
    shown = [each for each in away if village in ("*", each.village)]
    return Absent(
        found,
        tuple(
            Absentee(
                each, names.get(each.village, ""), *notes.get(each.who, ("", "", None)),
                visits.get(each.who),
            )
            for each in shown
        ),
        tuple(
            (code, names.get(code, ""), sum(each.village == code for each in away))
            for code in codes
        ),
        village, len(away), len(invited), sum(each.who in visits for each in away),
    )  # fmt: skip


async def _notes(tx: Tx, site: Site, day: bytes) -> dict[bytes, tuple[str, str, int | None]]:
    rows = await tx.rows(
        "SELECT a.who, a.sealed, a.noted_by, a.noted_at, r.key FROM checkup_absent a JOIN resident "
        "r ON r.district=a.district AND r.resident=a.who WHERE a.district=? AND a.day=?",
        site.district, day,
    )  # fmt: skip
    names = await staff_names(tx, site, {row[2] for row in rows})
    found: dict[bytes, tuple[str, str, int | None]] = {}
    for who, sealed, by, at, wrapped in rows:
        key = site.vault.key(who, wrapped)
        text = key.open(_place(site, day, who), sealed).decode()
        found[who] = (text, names.get(by, ""), at)
    return found


def _place(site: Site, day: bytes, who: bytes) -> bytes:
    return site.vault.at(T_CHECKUP_AFTER, day + _LABEL, who)


async def _visits(tx: Tx, site: Site, day: bytes) -> dict[bytes, date]:
    rows = await tx.rows(
        "SELECT who, due_day FROM checkup_promise WHERE district=? AND about=? AND rule=? AND "
        "undone_at IS NULL",
        site.district, day, VISIT,
    )  # fmt: skip
    return {row[0]: date.fromisoformat(row[1]) for row in rows}


async def note(site: Site, signed: Signed, day: bytes, reasons: Mapping[bytes, str]) -> int:
    """Why these people did not come; "" takes a reason away. Raises NotYours."""

    async def work(tx: Tx) -> int:
        away = await _away(tx, site, signed, day)
        before, done = await _notes(tx, site, day), 0
        for who, text in sorted(reasons.items()):
            said = text.strip()[:REASON_MOST]
            if who not in away or said == before.get(who, ("", "", None))[0]:
                continue
            await tx.run(
                "DELETE FROM checkup_absent WHERE district=? AND day=? AND who=?",
                site.district, day, who,
            )  # fmt: skip
            key = await key_of(tx, site, who)
            if said and key is not None:
                sealed = key.seal(_place(site, day, who), said.encode())
                row: Row = (site.district, day, who, signed.staff, site.clock(), sealed)
                await tx.insert("checkup_absent", [row])
            done += 1
        return done

    return await site.store.write(work)


async def visit(
    site: Site, signed: Signed, day: bytes, whos: Collection[bytes], due: date | None = None
) -> int:
    """Marks people to be visited by a day (two weeks, where none is said). Raises NotYours,
    RuleSaysNo for a day that is over or far off.
    """
    today = civil_day(site.clock())
    by = due or today + timedelta(days=VISIT_DAYS)
    if not today <= by <= today + AHEAD:
        raise RuleSaysNo("day")

    async def work(tx: Tx) -> int:
        away = await _away(tx, site, signed, day)
        fresh = sorted(set(whos) & away - (await _visits(tx, site, day)).keys())
        now = site.clock()
        rows: list[Row] = [
            (
                site.district, new_id(now), who, VISIT, day, today.isoformat(), by.isoformat(),
                signed.staff, now, None,
            )
            for who in fresh
        ]  # fmt: skip
        await tx.insert("checkup_promise", rows)
        await _noted(tx, site, b"absent-visit" + day, fresh)
        return len(fresh)

    return await site.store.write(work)


async def unmark(site: Site, signed: Signed, day: bytes, who: bytes) -> None:
    """Nobody is to visit after all. Raises NotYours."""

    async def work(tx: Tx) -> None:
        await own_day(tx, site, signed, day)
        done = await tx.run(
            "UPDATE checkup_promise SET undone_at=? WHERE district=? AND about=? AND who=? AND "
            "undone_at IS NULL",
            site.clock(), site.district, day, who,
        )  # fmt: skip
        await _noted(tx, site, b"absent-undone" + day, [who] if done else [])

    await site.store.write(work)


async def _away(tx: Tx, site: Site, signed: Signed, day: bytes) -> set[bytes]:
    found = await _absent(tx, site, signed, day, "*")
    return {each.person.who for each in found.people}


async def _noted(tx: Tx, site: Site, what: bytes, whos: Collection[bytes]) -> None:
    now = site.clock()
    if whos:
        await audit(tx, site.district, "act", what + b"".join(sorted(whos)), now)
        await touch(tx, site.district, whos, now)


async def to_visit(site: Site, signed: Signed, day: bytes, village: str) -> tuple[Called, ...]:
    """The list with telephone numbers, up to LIST_MAX people; logged for each. Raises NotYours."""

    async def work(tx: Tx) -> tuple[Called, ...]:
        found = await _absent(tx, site, signed, day, village)
        people = found.people[:LIST_MAX]
        cards = await cards_of(tx, site, [each.person.who for each in people])
        seen = await open_each(tx, site, signed, cards.values(), Purpose.SERVICE, REASON)
        phones = await phones_of(tx, site, list(seen))
        return tuple(
            Called(each, *phones[each.person.who]) for each in people if each.person.who in seen
        )

    return await site.store.write(work)
