"""Somebody who has booked a second checkup day: the code shown for a day is of that day."""

import re
from datetime import timedelta

from resident_portal.checkup_card import HERE
from tests.checkup_days import IN_A_WEEK, a_day, planned
from tests.portal import bind, phone, text_of, visit_of
from tests.portal_life import counters
from tests.test_portal_checkup import arrive, book, morning, name_in, signed_out
from tests.world import ZHOU, World


async def test_the_code_of_a_second_day_is_of_that_day_and_not_of_todays(
    world: World,
) -> None:
    await planned(world)
    await counters(world)
    await bind(world, ZHOU)
    day = await a_day(world)
    later = await a_day(world, on=IN_A_WEEK + timedelta(days=3))
    async with phone(world, ZHOU) as zhou:
        await book(zhou, day)
        morning(world)
        zhou.token = await visit_of(world, ZHOU)
        await arrive(world, day, ZHOU)
        done = await book(zhou, later)
        shown = await zhou.get(done.headers["location"])
        assert "11月30日体检，凭这个码签到" in text_of(shown)
        assert "已经签到" not in text_of(shown)
        asked = await zhou.get(f"/portal/checkup/day/{later.hex()}")
        link_to = re.search(rf'href="({HERE}[^"]*)"', asked.text)
        assert link_to
        assert link_to[1] == done.headers["location"]
        assert name_in(await zhou.get(link_to[1])) == name_in(shown)
        today = await zhou.get(HERE)
        assert "已经签到" in text_of(today), "without a day it is the next one's"
        assert name_in(today) != name_in(shown)
        await signed_out(zhou)
        assert name_in(await zhou.get(link_to[1])) == name_in(shown)
        assert (await zhou.get(f"{HERE}?day=none")).status_code == 404
