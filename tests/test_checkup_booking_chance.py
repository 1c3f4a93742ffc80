"""Whatever residents and staff press at the same time: places are counted right, nobody has two
slots, and no ticket is anybody else's.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable
from datetime import timedelta

import pytest

from server.actions.checkup import booking, days, invited, spreading
from server.errors import NotYours, RuleSaysNo
from server.rules.checkup_days import DayState
from tests.checkup_days import IN_A_WEEK, a_day, desk, planned
from tests.world import WANG, WU, ZHENG, ZHOU, World

PEOPLE = (ZHOU, WU, ZHENG, WANG)
ROUNDS, AT_ONCE = 25, 6


async def counted_right(world: World, day: bytes) -> None:
    rows = await world.rows(
        "SELECT who, slot, ticket, status, csn FROM checkup_person WHERE day=?", day
    )
    places = dict(await world.rows("SELECT slot, taken FROM checkup_slot WHERE day=?", day))
    room = dict(await world.rows("SELECT slot, capacity FROM checkup_slot WHERE day=?", day))
    held = Counter(slot for _, slot, *_ in rows if slot is not None)
    assert places == {slot: held[slot] for slot in places}
    assert all(places[slot] <= room[slot] for slot in places)
    assert not [who for who, slot, _, status, _ in rows if status == "removed" and slot is not None]
    tickets = [ticket for _, _, ticket, *_ in rows if ticket]
    assert len(tickets) == len(set(tickets))
    assert len({csn for *_, csn in rows}) == len(rows), "each change of a row has a csn of its own"


@pytest.mark.parametrize("seed", [1, 2])
async def test_places_are_counted_right_whatever_happens_at_once(world: World, seed: int) -> None:
    await planned(world)
    chance = random.Random(seed)
    both = [await a_day(world, capacity=1), await a_day(world, on=IN_A_WEEK + timedelta(days=1))]
    staff = await desk(world)
    for who in PEOPLE[2:]:
        await invited.add(world.site, staff, both[0], who)

    def something() -> Awaitable[object]:
        who, day, slot = chance.choice(PEOPLE), chance.choice(both), chance.randint(1, 4)
        site = world.site
        return chance.choice(
            [
                lambda: booking.book(site, who, day, slot, by=staff),
                lambda: booking.change(site, who, day, slot, by=staff),
                lambda: booking.cancel(site, who, day, by=staff),
                lambda: invited.remove(site, staff, day, who),
                lambda: invited.undo_remove(site, staff, day, who, slot),
                lambda: spreading.spread(site, staff, day),
                lambda: days.set_slots(site, staff, day, {slot: chance.randint(1, 2)}),
                lambda: days.set_state(site, staff, day, DayState.CANCELLED),
                lambda: days.undo_cancelled(site, staff, day),
            ]
        )()

    for _ in range(ROUNDS):
        done = await asyncio.gather(*(something() for _ in range(AT_ONCE)), return_exceptions=True)
        odd = [
            each
            for each in done
            if isinstance(each, BaseException) and not isinstance(each, RuleSaysNo | NotYours)
        ]
        assert odd == []
        world.clock.pass_(ms=1)
        for day in both:
            await counted_right(world, day)
