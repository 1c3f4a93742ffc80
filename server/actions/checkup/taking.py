"""Steps are added up: each person's state grows by what each step says, under the lock of the day.

A step is noted once however often it comes (its change id), and the order of arrival changes
nothing (sync/hall.py), so two tablets' batches in either order leave the same rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from server.actions.archives.standing import survivors
from server.actions.checkup import guests
from server.actions.checkup.day_rows import (
    GUEST,
    HALL,
    REMOVED,
    WALK_IN,
    Day,
    PersonRow,
    add_persons,
    lock_day,
    persons,
    save_day,
)
from server.actions.checkup.groups import groups_in
from server.actions.checkup.hall import Noted
from server.actions.checkup.states import States, critical_of, states_in
from server.actions.keeping.site import Site
from server.rules.checkup import route_of
from server.store.ids import new_id
from server.store.tx import Row, Tx
from sync.hall import NOTHING, Phase, join, of_step, progress
from sync.hall import State as Sum
from sync.reconcile import Reason, State

MOVED: Final = "moved"  # status of a guest who turned out to be somebody
_STATE: Final = ("csn", "status", "state", "arrived_at", "done_at", "left_at", "alarms",
                 "changed_at")  # fmt: skip


async def take(tx: Tx, site: Site, noted: Sequence[Noted]) -> None:
    """All of one transaction, day by day in the order of their ids. Days that are not there are
    left out: their steps are held.
    """
    for day in sorted({each.day for each in noted}):
        await _take_day(tx, site, day, [each for each in noted if each.day == day])


@dataclass(slots=True)
class InHand:
    """One day in hand, locked."""

    tx: Tx
    site: Site
    day: Day
    states: States
    rows: dict[bytes, PersonRow] = field(default_factory=dict[bytes, PersonRow])
    grown: dict[bytes, Sum] = field(default_factory=dict[bytes, Sum])


async def _take_day(tx: Tx, site: Site, name: bytes, noted: list[Noted]) -> None:
    day = await lock_day(tx, site, name)
    fresh = await _not_noted_yet(tx, site, noted)
    if not fresh:
        return
    states = await states_in(tx, site)
    known = await guests.recognise(tx, site, day.day, fresh)
    # A page of an archive that was merged meanwhile may still be open somewhere.
    kept = await survivors(tx, site.district, {each.who for each in fresh})
    owners = {each.change: known.get(each.who) or kept.get(each.who, each.who) for each in fresh}
    await _write_steps(tx, site, fresh, owners)
    hand = InHand(tx, site, day, states)
    whos = sorted(set(owners.values()))
    hand.rows = await persons(tx, site, day.day, whos)
    await _add_newcomers(hand, [who for who in whos if who not in hand.rows])
    held = await sealed_of(tx, site, day.day, whos)
    hand.grown = {who: states.open(day.day, who, held.get(who)) for who in whos}
    critical = critical_of(site)
    for each in fresh:
        who = owners[each.change]
        hand.grown[who] = join(hand.grown[who], of_step(each.step, each.values, critical))
    await write_states(hand)
    for guest, person in sorted(known.items()):
        await hand_over(tx, site, day, guest, person)
    await save_day(tx, site, day)


async def _not_noted_yet(tx: Tx, site: Site, noted: list[Noted]) -> list[Noted]:
    rows = await tx.rows_in(
        "SELECT change FROM checkup_step WHERE district=? AND change {ids}",
        sorted({each.change for each in noted}), site.district,
    )  # fmt: skip
    there = {row[0] for row in rows}
    return [each for each in noted if each.change not in there]


async def _write_steps(tx: Tx, site: Site, noted: list[Noted], owners: dict[bytes, bytes]) -> None:
    rows: list[Row] = [
        (
            site.district, each.change, each.day, owners[each.change], each.kind, each.station,
            each.at, each.device, each.staff,
        )
        for each in noted
    ]  # fmt: skip
    await tx.insert("checkup_step", rows, ignore=True)


async def sealed_of(
    tx: Tx, site: Site, day: bytes, whos: Sequence[bytes]
) -> dict[bytes, bytes | None]:
    rows = await tx.rows_in(
        "SELECT who, state FROM checkup_person WHERE district=? AND day=? AND who {ids}",
        whos, site.district, day,
    )  # fmt: skip
    return {row[0]: row[1] for row in rows}


async def _add_newcomers(hand: InHand, whos: list[bytes]) -> None:
    """Who came without being on the list: a walk-in of the facility, or a guest."""
    if not whos:
        return
    tx, site, day = hand.tx, hand.site, hand.day
    groups = await groups_in(tx, site, day.facility, day.on, whos)
    there = await tx.rows_in(
        "SELECT resident FROM resident WHERE district=? AND resident {ids}", whos, site.district
    )
    residents = {row[0] for row in there}
    made = [
        PersonRow(
            who, 0, WALK_IN if who in residents else GUEST, HALL, groups.get(who, ()),
            route_of(groups.get(who, ()), day.stations), None, "", None,
        )
        for who in whos
    ]  # fmt: skip
    await add_persons(tx, site, day, made)
    hand.rows |= {each.who: each for each in made}


async def write_states(hand: InHand) -> None:
    """What each person's row says of their state, each with the next csn of the day."""
    site, day = hand.site, hand.day
    rows: list[Row] = []
    before = await _changed_at(hand)
    for who, state in sorted(hand.grown.items()):
        row = hand.rows[who]
        seen = progress(state, row.route, row.ticket)
        # Whoever was taken off the list and came all the same is here.
        came = row.status == REMOVED and seen.phase is not Phase.EXPECTED
        status = WALK_IN if came else row.status
        left = state.out.at if state.out is not None and seen.phase is Phase.LEFT else None
        rows.append(
            (
                site.district, day.day, who, day.next_csn(), status,
                hand.states.seal(day.day, who, state), seen.arrived_at or None,
                seen.done_at or None, left, len(seen.open),
                max(site.clock(), before.get(who, 0) + 1),  # rises, also where the clock went back
            )
        )  # fmt: skip
    await hand.tx.update("checkup_person", ("district", "day", "who"), _STATE, rows)


async def _changed_at(hand: InHand) -> dict[bytes, int]:
    rows = await hand.tx.rows_in(
        "SELECT who, changed_at FROM checkup_person WHERE district=? AND day=? AND who {ids}",
        sorted(hand.grown), hand.site.district, hand.day.day,
    )  # fmt: skip
    return {row[0]: row[1] for row in rows}


async def hand_over(tx: Tx, site: Site, day: Day, guest: bytes, person: bytes) -> None:
    """Everything noted of a guest on this day is `person`'s from now on: steps, state and row. The
    caller has the day's lock and writes the day afterwards.
    """
    district = site.district
    await tx.run(
        "UPDATE checkup_step SET who=? WHERE district=? AND day=? AND who=?",
        person, district, day.day, guest,
    )  # fmt: skip
    hand = InHand(tx, site, day, await states_in(tx, site))
    hand.rows = await persons(tx, site, day.day, (guest, person))
    if guest in hand.rows:
        if person not in hand.rows:
            await _add_newcomers(hand, [person])
        both = await sealed_of(tx, site, day.day, sorted({guest, person}))
        opened = [hand.states.open(day.day, who, both.get(who)) for who in (guest, person)]
        hand.rows[guest].status = MOVED
        hand.grown = {guest: NOTHING, person: join(*opened)}
        await write_states(hand)
    await _let_in(tx, site, day, guest)


async def _let_in(tx: Tx, site: Site, day: Day, guest: bytes) -> None:
    """The held changes of a guest are in force, and their tablets hear of it."""
    rows = await tx.rows(
        "SELECT c.change, c.device FROM change c JOIN checkup_step s ON s.district=c.district AND "
        "s.change=c.change WHERE c.district=? AND s.day=? AND c.resident=? AND c.state='held' "
        "AND c.reason=?",
        site.district, day.day, guest, Reason.GUEST.value,
    )  # fmt: skip
    now = site.clock()
    state = State.GUEST.value
    await tx.update(
        "change", ("district", "change"), ("state", "reason"),
        [(site.district, row[0], state, "") for row in rows],
    )  # fmt: skip
    await tx.insert(
        "outcome",
        [
            (site.district, device, new_id(now), None, change, state, "", now)
            for change, device in rows
            if device is not None
        ],
    )
