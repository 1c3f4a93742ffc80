"""The board of a checkup day as it is read: figures, tablets, and who was called back.

Whoever reads it again hands in what they hold: then only the people who moved since are opened.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from server.actions.accounts.sessions import Signed
from server.actions.archives.cards import cards_of
from server.actions.checkup.day_reading import check_prepares
from server.actions.checkup.day_rows import INVITED, REMOVED, Day, lock_day, names_in, read_day
from server.actions.checkup.guests import guests_of
from server.actions.checkup.states import states_in
from server.actions.checkup.taking import MOVED
from server.actions.keeping.site import Site
from server.errors import NotYours, RuleSaysNo
from server.rules.checkup import stations
from server.rules.checkup_board import Figures, Station, There, figures
from server.rules.checkup_days import ON_TABLETS, DayState
from server.store.trail import audit
from server.store.tx import Row, Tx, one

GONE_SHOWN: Final = 12  # of those who went unfinished, the newest

Moved = tuple[int, ...]
"""What shows that something has moved on a day, cheaply: csn, version, calls, words of tablets."""


@dataclass(frozen=True, slots=True)
class Tablet:
    """`heard`: ms of the last word from it."""

    label: str
    heard: int


@dataclass(frozen=True, slots=True)
class Board:
    """`names` of the people in `gone` that are shown; `calls`: who was called back, and when."""

    day: Day
    figures: Figures
    planned: int
    names: Mapping[bytes, str]
    calls: Mapping[bytes, int]
    tablets: Mapping[bytes, Tablet]
    at: int


@dataclass(slots=True)
class Held:
    """What a reader holds of a day between two readings: in memory, while somebody looks."""

    csn: int = 0
    people: dict[bytes, There] = field(default_factory=dict[bytes, There])
    invited: set[bytes] = field(default_factory=set[bytes])


async def board_of(site: Site, signed: Signed, day: bytes) -> Board:
    """The board, for the day's own facility. Raises NotYours."""

    async def read(tx: Tx) -> Board:
        check_prepares(signed, (await _day(tx, site, day)).facility)
        return await read_board(tx, site, day, Held())

    return await site.store.read(read)


async def check_own(site: Site, signed: Signed, day: bytes) -> None:
    """Raises NotYours unless the day is of this person's facility."""

    async def read(tx: Tx) -> None:
        check_prepares(signed, (await _day(tx, site, day)).facility)

    await site.store.read(read)


async def _day(tx: Tx, site: Site, day: bytes) -> Day:
    found = await read_day(tx, site, day)
    if found is None:
        raise NotYours("day")
    return found


async def moved(tx: Tx, site: Site, days: Collection[bytes]) -> dict[bytes, Moved]:
    """What shows whether these days have moved; a day that is not there any more is left out."""
    rows = await tx.rows_in(
        "SELECT d.day, d.csn, d.version, d.state, (SELECT COALESCE(SUM(c.at + "
        "COALESCE(c.undone_at, 0)), 0) FROM checkup_call c WHERE c.district=d.district AND "
        "c.day=d.day), (SELECT COALESCE(SUM(v.last_contact), 0) FROM checkup_tablet t JOIN device "
        "v ON v.district=t.district AND v.device=t.device WHERE t.district=d.district AND "
        "t.day=d.day) FROM checkup_day d WHERE d.district=? AND d.day {ids}",
        days, site.district,
    )  # fmt: skip
    order = list(DayState)
    return {
        day: (csn, version, order.index(DayState(state)), int(calls), int(heard))
        for day, csn, version, state, calls, heard in rows
    }


async def read_board(tx: Tx, site: Site, day_id: bytes, held: Held) -> Board:
    """`held` is brought up to date."""
    day = await _day(tx, site, day_id)
    await _catch_up(tx, site, day, held)
    offered = [
        Station(each.id, each.minutes, bool(each.tubes))
        for each in stations().values()
        if each.id in day.stations
    ]
    tablets = await _tablets(tx, site, day_id)
    now = site.clock()
    heard = {name: each.heard for name, each in tablets.items()}
    found = figures(tuple(held.people.values()), offered, heard, now)
    others = {name for each in found.stations for name, _ in each.devices} - tablets.keys()
    tablets |= await _named(tx, site, others)
    shown = [each.who for each in found.gone[:GONE_SHOWN]]
    return Board(
        day, found, len(held.invited), await names_of(tx, site, day_id, shown),
        await _calls(tx, site, day_id, found), tablets, now,
    )  # fmt: skip


async def _catch_up(tx: Tx, site: Site, day: Day, held: Held) -> None:
    """Opens what has moved since; after a restore, when numbers began anew, everything."""
    if day.csn < held.csn:
        held.csn, held.people, held.invited = 0, {}, set()
    states = await states_in(tx, site)
    rows = await tx.rows(
        "SELECT who, status, route, ticket, state FROM checkup_person WHERE district=? AND day=? "
        "AND csn>?",
        site.district, day.day, held.csn,
    )  # fmt: skip
    for who, status, route, ticket, sealed in rows:
        state = states.open(day.day, who, sealed)
        held.people.pop(who, None)
        held.invited.discard(who)
        if status == MOVED or (status == REMOVED and not state.ins):
            continue
        held.people[who] = There(who, state, names_in(route), ticket)
        if status == INVITED:
            held.invited.add(who)
    held.csn = day.csn


async def _tablets(tx: Tx, site: Site, day: bytes) -> dict[bytes, Tablet]:
    rows = await tx.rows(
        "SELECT t.device, v.label, v.last_contact FROM checkup_tablet t JOIN device v ON "
        "v.district=t.district AND v.device=t.device WHERE t.district=? AND t.day=?",
        site.district, day,
    )  # fmt: skip
    return {device: Tablet(label, heard) for device, label, heard in rows}


async def _named(tx: Tx, site: Site, devices: Collection[bytes]) -> dict[bytes, Tablet]:
    """Tablets that worked on the day and are none of its own any more."""
    if not devices:
        return {}
    rows = await tx.rows_in(
        "SELECT device, label, last_contact FROM device WHERE district=? AND device {ids}",
        devices, site.district,
    )  # fmt: skip
    return {device: Tablet(label, heard) for device, label, heard in rows}


async def names_of(tx: Tx, site: Site, day: bytes, whos: Collection[bytes]) -> dict[bytes, str]:
    """Names of people of a day: from the cards of lists; a guest's as it was noted."""
    cards = await cards_of(tx, site, whos)
    found = {who: card.name for who, card in cards.items()}
    others = set(whos) - found.keys()
    if others:
        found |= {each.guest: each.said.name for each in await guests_of(tx, site, day, others)}
    return found


# People called back.


async def _calls(tx: Tx, site: Site, day: bytes, found: Figures) -> dict[bytes, int]:
    """Who is called: until they are seen at a station again, or it was undone."""
    left = {each.who: each.at for each in found.gone}
    rows = await tx.rows(
        "SELECT who, at FROM checkup_call WHERE district=? AND day=? AND undone_at IS NULL",
        site.district, day,
    )  # fmt: skip
    return {who: at for who, at in rows if who in left and at >= left[who]}


async def call_back(site: Site, signed: Signed, day: bytes, who: bytes) -> None:
    """Somebody who went is called back; called again it is as if it were now. Raises NotYours,
    RuleSaysNo("over") on a day that has ended.
    """
    await site.store.write(partial(_call, site=site, signed=signed, day=day, who=who, back=True))


async def undo_call(site: Site, signed: Signed, day: bytes, who: bytes) -> None:
    """Not called any more. Raises NotYours."""
    await site.store.write(partial(_call, site=site, signed=signed, day=day, who=who, back=False))


async def _call(tx: Tx, site: Site, signed: Signed, day: bytes, who: bytes, back: bool) -> None:
    found = await lock_day(tx, site, day)
    check_prepares(signed, found.facility)
    if back and found.state not in ON_TABLETS:
        raise RuleSaysNo("over")
    there = await one(
        tx,
        "SELECT 1 FROM checkup_person WHERE district=? AND day=? AND who=?",
        site.district, day, who,
    )  # fmt: skip
    if there is None:
        raise NotYours("person")
    now = site.clock()
    done = await tx.run(
        "UPDATE checkup_call SET at=CASE WHEN ?=1 THEN ? ELSE at END, staff=?, undone_at=? WHERE "
        "district=? AND day=? AND who=?",
        int(back), now, signed.staff, None if back else now, site.district, day, who,
    )  # fmt: skip
    if not done and back:
        row: Row = (site.district, day, who, now, signed.staff, None)
        await tx.insert("checkup_call", [row])
    what = b"checkup-call" if back else b"checkup-call-undone"
    await audit(tx, site.district, "act", what + day + who + signed.staff, now)
