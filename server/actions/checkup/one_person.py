"""When two archives become one, or two again, so does whoever they stand for on checkup days.

Whose a step is follows its change, which the merge has carried (server/actions/archives/
carrying.py); states are then added up again from the steps, so that a merge that is undone leaves
what would have been there without it.
"""

from collections.abc import Sequence
from dataclasses import replace

from server.actions.archives.standing import survivors
from server.actions.checkup.day_rows import (
    HALL,
    INVITED,
    REMOVED,
    WALK_IN,
    Day,
    PersonRow,
    add_persons,
    lock_day,
    persons,
    save_day,
    touched,
)
from server.actions.checkup.guests import guests_of
from server.actions.checkup.hall import Noted
from server.actions.checkup.states import critical_of, states_in
from server.actions.checkup.steps import steps_of
from server.actions.checkup.taking import MOVED, InHand, write_states
from server.actions.keeping.site import Site
from server.rules import checkup
from server.store.tx import Tx
from sync.hall import NOTHING, State, join, of_step


async def follow(tx: Tx, site: Site, whos: Sequence[bytes]) -> None:
    """After the changes of these archives were carried; panels are locked already, days are not."""
    rows = await tx.rows_in(
        "SELECT DISTINCT day FROM checkup_person WHERE district=? AND who {ids}",
        sorted(whos), site.district,
    )  # fmt: skip
    kept = await survivors(tx, site.district, whos)
    for row in sorted(rows):
        day = await lock_day(tx, site, row[0])
        await _follow_day(tx, site, day, whos, kept)
        await save_day(tx, site, day)


async def _follow_day(
    tx: Tx, site: Site, day: Day, whos: Sequence[bytes], kept: dict[bytes, bytes]
) -> None:
    district = site.district
    moves = await tx.rows_in(
        "SELECT s.change, s.who, c.resident FROM checkup_step s JOIN change c ON "
        "c.district=s.district AND c.change=s.change WHERE s.district=? AND s.day=? AND "
        "s.who {ids}",
        sorted(whos), district, day.day,
    )  # fmt: skip
    strangers = {resident for _, _, resident in moves} - {*whos}
    guests = {each.guest: each.person for each in await guests_of(tx, site, day.day, strangers)}
    named = {person for person in guests.values() if person is not None}
    kept = kept | await survivors(tx, site.district, named)
    owners: dict[bytes, bytes] = {}
    for change, who, resident in moves:
        # What was noted of a guest stays with whoever the guest turned out to be.
        person = guests.get(resident) or who
        owners[change] = resident if resident in whos else _stands(kept, person)
    await tx.update(
        "checkup_step", ("district", "change"), ("who",),
        [(district, change, who) for change, who in sorted(owners.items())],
    )  # fmt: skip
    held = await persons(tx, site, day.day, whos)
    stand: set[bytes] = {_stands(kept, who) for who in (*owners.values(), *held)}
    await _rows_for(tx, site, day, held, stand)
    came = {*owners.values()}
    parted = [row for who, row in held.items() if row.status == MOVED and who not in kept]
    for who, row in held.items():
        if who in kept and row.status != REMOVED:
            _join_rows(held[kept[who]], row, day)
            row.status = MOVED
    for row in parted:
        _part_rows([each for each in held.values() if each is not row], row)
    for row in held.values() if parted else ():
        if row.status != REMOVED and row.source == HALL:
            row.status = WALK_IN if row.who in came else REMOVED
    await touched(tx, site, day, held.values())
    hand = InHand(tx, site, day, await states_in(tx, site), rows=held)
    told = await steps_of(tx, site, day.day, sorted(held))
    critical = critical_of(site)
    for who in held:
        total: State = NOTHING
        for each in told[who]:
            step = Noted(each.change, day.day, who, each.kind, each.at, each.device, each.staff,
                         each.body)  # fmt: skip
            total = join(total, of_step(step.step, step.values, critical))
        hand.grown[who] = total
    await write_states(hand)


def _stands(kept: dict[bytes, bytes], who: bytes) -> bytes:
    return kept.get(who, who)


def _join_rows(kept: PersonRow, gone: PersonRow, day: Day) -> None:
    """Whoever was invited under either archive is invited, to all that either was invited to."""
    groups = (*kept.groups, *gone.groups)
    kept.groups = tuple(dict.fromkeys(groups))
    wanted = {*kept.route, *gone.route}
    kept.route = tuple(name for name in checkup.stations() if name in wanted & {*day.stations})
    if INVITED in (kept.status, gone.status):
        kept.status = INVITED
    if kept.slot is None and not kept.ticket:
        kept.slot, kept.ticket, kept.booked_at = gone.slot, gone.ticket, gone.booked_at


def _part_rows(others: Sequence[PersonRow], row: PersonRow) -> None:
    """An archive that stands for itself again has its invitation, ticket and place again; where
    another one has booked anew with that ticket meanwhile, it stays theirs.
    """
    row.status = INVITED
    for each in others:
        if not row.ticket or each.ticket != row.ticket:
            continue
        if each.slot is None or each.slot == row.slot:
            row.slot, row.booked_at = each.slot, each.booked_at
            each.slot, each.ticket, each.booked_at = None, "", None
        else:
            row.slot, row.ticket, row.booked_at = None, "", None


async def _rows_for(
    tx: Tx, site: Site, day: Day, held: dict[bytes, PersonRow], wanted: set[bytes]
) -> None:
    """Whoever has steps or stands for somebody on the list stands on it: by that alone, so that
    nothing of it stays when a merge is undone.
    """
    new = sorted(wanted - held.keys())
    like = next(iter(sorted(held.items())))[1]
    made = [replace(like, who=who, source=HALL) for who in new]
    await add_persons(tx, site, day, made)
    held |= {each.who: each for each in made}
