"""Who is invited to a checkup day: drawn from the service plan by group, village and team, put on
the list by hand, taken off it and put back. Lists from a file: invited_file.py.

Whoever is dead, moved away, merged or another facility's is never put on a list, and comes off it
when that happens later (upkeep.py). What tablets carry of a person changes with the person's csn.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from server.actions.accounts.sessions import Signed
from server.actions.checkup import booking, tellings
from server.actions.checkup.day_reading import check_prepares, held
from server.actions.checkup.day_rows import (
    HAND,
    INVITED,
    PLAN,
    REMOVED,
    Day,
    PersonRow,
    add_persons,
    expected_elsewhere,
    persons,
    read_day,
    save_day,
    touched,
)
from server.actions.checkup.groups import Candidate, candidates_in, groups_in, served_at
from server.actions.figures.board_people import villages_of
from server.actions.keeping.site import Site
from server.actions.residents.day_passes import end_booking
from server.actions.tablets.intake import civil_day
from server.errors import NotYours, RuleSaysNo
from server.rules.checkup import groups as every_group
from server.rules.checkup import route_of
from server.rules.checkup_days import EDITABLE, INVITED_MOST, OTHER
from server.store.trail import audit
from server.store.tx import Tx

TOO_MANY: Final = "too_many"


@dataclass(frozen=True, slots=True)
class Which:
    """Whom to draw: of any of these groups, and of any of these villages and teams (empty: all)."""

    groups: frozenset[str]
    villages: frozenset[str] = frozenset()
    panels: frozenset[bytes] = frozenset()

    def takes(self, each: Candidate) -> bool:
        return (
            not self.groups.isdisjoint(each.groups)
            and (not self.villages or each.village in self.villages)
            and (not self.panels or each.panel in self.panels)
        )


@dataclass(frozen=True, slots=True)
class Drawable:
    """Who owes a checkup on the day and is not on its list: how many, by group, village, team.

    `on_list`: how many who owe one are on it already; `taken_off`: were taken off, so the plan does
    not put them back; `elsewhere`: are expected at another day ahead, so they are not asked twice.
    """

    total: int
    groups: tuple[tuple[str, int], ...]
    villages: tuple[tuple[str, str, int], ...]
    teams: tuple[tuple[bytes, str, int], ...]
    on_list: int
    taken_off: int
    elsewhere: int = 0
    chosen: int = 0


async def drawable(site: Site, signed: Signed, day: bytes, which: Which | None = None) -> Drawable:
    """What the plan would put on the list; `which`: and how many of them that would be. Numbers
    only. Raises NotYours.
    """

    async def read(tx: Tx) -> Drawable:
        found = await read_day(tx, site, day)
        if found is None:
            raise NotYours("day")
        check_prepares(signed, found.facility)
        owing = await candidates_in(tx, site, found.facility, found.on, owed=True)
        here = await served_at(tx, site, found.facility, owing)
        rows = await persons(tx, site, day)
        away = await expected_elsewhere(tx, site, found, civil_day(site.clock()))
        unasked = [each for who, each in owing.items() if who in here and who not in rows]
        free = [each for each in unasked if each.who not in away]
        known = [rows[who] for who in owing if who in rows]
        teams = await tx.rows(
            "SELECT panel, name FROM panel WHERE district=? AND facility=? ORDER BY name",
            site.district, found.facility,
        )  # fmt: skip
        return Drawable(
            total=len(free), groups=_by_group(free), villages=await _by_village(tx, site, free),
            teams=_by_team(free, {row[0]: row[1] for row in teams}),
            on_list=sum(each.status != REMOVED for each in known),
            taken_off=sum(each.status == REMOVED for each in known),
            elsewhere=len(unasked) - len(free),
            chosen=sum(which.takes(each) for each in free) if which is not None else 0,
        )  # fmt: skip

    return await site.store.read(read)


def _by_group(free: Collection[Candidate]) -> tuple[tuple[str, int], ...]:
    counted = Counter(group for each in free for group in each.groups)
    return tuple((group, counted[group]) for group in every_group() if counted[group])


async def _by_village(
    tx: Tx, site: Site, free: Collection[Candidate]
) -> tuple[tuple[str, str, int], ...]:
    counted = Counter(each.village for each in free)
    names = await villages_of(tx, site.district, counted)
    return tuple((code, names.get(code, code), counted[code]) for code in sorted(counted))


def _by_team(
    free: Collection[Candidate], names: Mapping[bytes, str]
) -> tuple[tuple[bytes, str, int], ...]:
    counted = Counter(each.panel for each in free)
    return tuple((panel, name, counted[panel]) for panel, name in names.items() if counted[panel])


async def draw(site: Site, signed: Signed, day: bytes, which: Which) -> int:
    """Puts everybody of these on the list who is not there and not expected at another day ahead;
    how many. Who was taken off it stays off. Raises NotYours, RuleSaysNo("over" | "too_many").
    """

    async def work(tx: Tx) -> int:
        found = await read_day(tx, site, day)
        if found is None:
            raise NotYours("day")
        owing = await candidates_in(tx, site, found.facility, found.on, owed=True)
        away = await expected_elsewhere(tx, site, found, civil_day(site.clock()))
        wanted = {
            who: each.groups for who, each in owing.items() if which.takes(each) and who not in away
        }
        locked, added = await put_on(tx, site, signed, day, wanted, PLAN)
        await save_day(tx, site, locked)
        return len(added)

    return await site.store.write(work)


async def add(site: Site, signed: Signed, day: bytes, who: bytes) -> bool:
    """Puts one person on the list by hand, also one who was taken off; False when already there.
    Raises NotYours, RuleSaysNo("not_served" | "over" | "too_many").
    """

    async def work(tx: Tx) -> bool:
        found = await read_day(tx, site, day)
        if found is None:
            raise NotYours("day")
        groups = await groups_in(tx, site, found.facility, found.on, {who})
        wanted = {who: groups.get(who, (OTHER,))}
        locked, added = await put_on(tx, site, signed, day, wanted, HAND, again=True)
        if not added and not await _is_on(tx, site, day, who):
            raise RuleSaysNo("not_served")
        await save_day(tx, site, locked)
        return bool(added)

    return await site.store.write(work)


async def _is_on(tx: Tx, site: Site, day: bytes, who: bytes) -> bool:
    row = (await persons(tx, site, day, {who})).get(who)
    return row is not None and row.status != REMOVED


async def put_on(
    tx: Tx,
    site: Site,
    signed: Signed,
    day: bytes,
    wanted: Mapping[bytes, tuple[str, ...]],
    source: str,
    *,
    again: bool = False,
) -> tuple[Day, dict[bytes, PersonRow]]:
    """Puts people with their groups on the list; the locked day and whoever is new on it. The
    caller writes the day. `again`: also who was taken off before. Raises NotYours, RuleSaysNo.
    """
    before = await read_day(tx, site, day)
    if before is None:
        raise NotYours("day")
    here = await served_at(tx, site, before.facility, wanted, lock=True)
    found = await held(tx, site, signed, day)
    if found.state not in EDITABLE:
        raise RuleSaysNo("over")
    rows = await persons(tx, site, day)
    fresh = [
        PersonRow(
            who, 0, INVITED, source, groups, route_of(groups, found.stations), None, "", None
        )
        for who, groups in sorted(wanted.items())
        if who in here and who not in rows
    ]  # fmt: skip
    back = [
        rows[who] for who in sorted(wanted)
        if again and who in here and who in rows and rows[who].status == REMOVED
    ]  # fmt: skip
    if sum(each.status != REMOVED for each in rows.values()) + len(fresh) > INVITED_MOST:
        raise RuleSaysNo(TOO_MANY)
    await add_persons(tx, site, found, fresh)
    for each in back:
        each.status, each.source = INVITED, source
        await tellings.put_back(tx, site, found, each.who)
    await touched(tx, site, found, back)
    await tellings.invited_more(tx, site, found, {each.who for each in fresh})
    if fresh or back:
        whos = b"".join(each.who for each in (*fresh, *back))
        detail = b"checkup-invited" + day + signed.staff + whos
        await audit(tx, site.district, "act", detail, site.clock())
    return found, {each.who: each for each in (*fresh, *back)}


async def remove(site: Site, signed: Signed, day: bytes, who: bytes) -> int | None:
    """Takes somebody off the list; the slot they had, None for none. Raises NotYours,
    RuleSaysNo("over" | "arrived" | "not_on_list").
    """
    return await site.store.write(partial(_remove, site=site, signed=signed, day=day, who=who))


async def _remove(tx: Tx, site: Site, signed: Signed, day: bytes, who: bytes) -> int | None:
    found = await held(tx, site, signed, day)
    if found.state not in EDITABLE:
        raise RuleSaysNo("over")
    row = (await persons(tx, site, day, {who})).get(who)
    if row is None or row.status != INVITED:
        raise RuleSaysNo("not_on_list")
    if row.arrived_at is not None:
        raise RuleSaysNo("arrived")
    slot = await take_off(tx, site, found, row)
    await save_day(tx, site, found)
    detail = b"checkup-removed" + day + signed.staff + who
    await audit(tx, site.district, "act", detail, site.clock())
    return slot


async def take_off(
    tx: Tx, site: Site, day: Day, row: PersonRow, *, silent: bool = False
) -> int | None:
    """Under the day's lock, which the caller writes. `silent`: nobody is told (who has died)."""
    slot = row.slot
    if slot is not None:
        await booking.give_back(tx, site, day, row)
    row.status = REMOVED
    await end_booking(tx, site.district, day.day, row.who)
    if silent:
        await tellings.forget(tx, site, day.day, {row.who})
    else:
        await tellings.taken_off(tx, site, day, row.who, had_slot=slot is not None)
    await touched(tx, site, day, [row])
    return slot


async def undo_remove(
    site: Site, signed: Signed, day: bytes, who: bytes, slot: int | None = None
) -> bool:
    """Puts somebody back as they were, with their slot while there is room; whether they have it.
    Raises NotYours, RuleSaysNo("not_served" | "over").
    """

    async def work(tx: Tx) -> bool:
        row = (await persons(tx, site, day, {who})).get(who)
        if row is None or row.status != REMOVED:
            raise RuleSaysNo("not_on_list")
        locked, back = await put_on(
            tx, site, signed, day, {who: row.groups}, row.source, again=True
        )
        if who not in back:
            raise RuleSaysNo("not_served")
        booked = slot is not None and await _with_slot(tx, site, locked, back[who], slot)
        await save_day(tx, site, locked)
        return booked

    return await site.store.write(work)


async def _with_slot(tx: Tx, site: Site, day: Day, row: PersonRow, slot: int) -> bool:
    try:
        await booking.put_in(tx, site, day, row, slot, ahead=True)
    except RuleSaysNo:
        return False
    await touched(tx, site, day, [row])
    await tellings.booked(tx, site, day, row.who)
    return True


async def set_stations(
    site: Site, signed: Signed, day: bytes, who: bytes, stations: Collection[str]
) -> None:
    """What one person is to do there. Raises NotYours, RuleSaysNo("over" | "no_stations")."""

    async def work(tx: Tx) -> None:
        found = await held(tx, site, signed, day)
        if found.state not in EDITABLE:
            raise RuleSaysNo("over")
        row = (await persons(tx, site, day, {who})).get(who)
        if row is None or row.status == REMOVED:
            raise NotYours("person")
        route = tuple(each for each in found.stations if each in stations)
        if not route:
            raise RuleSaysNo("no_stations")
        if route == row.route:
            return
        row.route = route
        await touched(tx, site, found, [row])
        await save_day(tx, site, found)
        detail = b"checkup-route" + day + signed.staff + who
        await audit(tx, site.district, "act", detail, site.clock())

    await site.store.write(work)


async def invite_again(site: Site, signed: Signed, day: bytes, earlier: bytes) -> int:
    """Puts everybody who was expected at an earlier day of the facility on this one's list; how
    many. Raises NotYours, RuleSaysNo.
    """

    async def work(tx: Tx) -> int:
        before = await read_day(tx, site, earlier)
        if before is None:
            raise NotYours("day")
        check_prepares(signed, before.facility)
        rows = await persons(tx, site, earlier)
        wanted = {who: each.groups for who, each in rows.items() if each.status == INVITED}
        locked, added = await put_on(tx, site, signed, day, wanted, PLAN)
        await save_day(tx, site, locked)
        return len(added)

    return await site.store.write(work)
