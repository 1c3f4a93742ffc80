"""What happens to checkup days by itself: they begin and end, and whoever has died, moved away,
gone over to another facility or been merged comes off their lists.
"""

from functools import partial
from typing import Final

from server.actions.archives.standing import survivors
from server.actions.checkup import booking, days, invited, tellings
from server.actions.checkup.day_rows import (
    INVITED,
    Day,
    PersonRow,
    add_persons,
    lock_day,
    persons,
    save_day,
    touched,
)
from server.actions.checkup.groups import served_at
from server.actions.keeping.site import Site
from server.actions.tablets.intake import civil_day
from server.errors import RuleSaysNo
from server.rules.life import STATES, Life
from server.store.trail import audit
from server.store.tx import Tx

_SERVED: Final = ",".join(f"'{life}'" for life, follows in STATES.items() if follows.served)
MOST: Final = 500  # people in one round


async def run(site: Site) -> int:
    """Everything that is due; how many days and people it was about."""
    return await days.follow_clock(site) + await follow_residents(site)


async def forget(site: Site) -> int:
    return await tellings.forget_old(site)


async def follow_residents(site: Site) -> int:
    """Takes whoever is not served there any more off the lists of days ahead; of a merged archive
    the one that is kept comes in its place, with the slot.
    """

    async def read(tx: Tx) -> dict[bytes, set[bytes]]:
        rows = await tx.rows(
            "SELECT p.day, p.who FROM checkup_day d JOIN checkup_person p ON "
            "p.district=d.district AND p.day=d.day JOIN resident r ON r.district=p.district AND "
            "r.resident=p.who WHERE d.district=? AND d.state IN ('draft','ready','open') AND "
            "d.on_day>=? AND p.status='invited' AND p.arrived_at IS NULL AND "
            f"(r.facility IS NULL OR r.facility<>d.facility OR r.status NOT IN ({_SERVED})) "
            f"LIMIT {MOST}",
            site.district, civil_day(site.clock()).isoformat(),
        )  # fmt: skip
        found: dict[bytes, set[bytes]] = {}
        for day, who in rows:
            found.setdefault(day, set()).add(who)
        return found

    waiting = await site.store.read(read)
    for day in sorted(waiting):
        await site.store.write(partial(_follow, site=site, day=day, whos=waiting[day]))
    return sum(map(len, waiting.values()))


async def _follow(tx: Tx, site: Site, day: bytes, whos: set[bytes]) -> None:
    kept = await survivors(tx, site.district, whos)
    status = dict(
        await tx.rows_in(
            "SELECT resident, status FROM resident WHERE district=? AND resident {ids} "
            "ORDER BY resident",
            sorted({*whos, *kept.values()}), site.district,
        )
    )  # fmt: skip
    locked = await lock_day(tx, site, day)
    here = await served_at(tx, site, locked.facility, {*whos, *kept.values()})
    rows = await persons(tx, site, day, {*whos, *kept.values()})
    for who in sorted(whos):
        row = rows.get(who)
        if row is None or row.status != INVITED or who in here or row.arrived_at is not None:
            continue
        moved_only = STATES[
            Life(status[who])
        ].served  # to another facility: that is no secret to them
        slot = await invited.take_off(tx, site, locked, row, silent=not moved_only)
        other = kept.get(who)
        if other is not None and other in here:
            await _instead(tx, site, locked, row, rows.get(other), other, slot)
        await audit(tx, site.district, "act", b"checkup-removed" + day + who, site.clock())
    await save_day(tx, site, locked)


async def _instead(
    tx: Tx, site: Site, day: Day, gone: PersonRow, row: PersonRow | None, other: bytes,
    slot: int | None,
) -> None:  # fmt: skip
    """The archive that is kept takes the place of the one that was merged into it."""
    fresh = row is None
    if row is None:
        row = PersonRow(other, 0, INVITED, gone.source, gone.groups, gone.route, None, "", None)
    if slot is not None and row.slot is None and row.status == INVITED:
        try:
            await booking.put_in(tx, site, day, row, slot, ahead=True)
            await tellings.booked(tx, site, day, other)
        except RuleSaysNo:
            pass  # the slot is over: the person is on the list and may come all the same
    await (add_persons if fresh else touched)(tx, site, day, [row])
