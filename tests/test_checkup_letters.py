"""Handing a letter over, or reading the results, sets the day of the feedback: once, with who and
how.
"""

import json
from datetime import timedelta
from typing import Any

import pytest

from server.actions.archives import afterwork
from server.actions.checkup import letter_bundles, letters, results
from server.actions.residents import reading
from server.actions.residents.acting import Acting
from server.errors import NotYours
from sync import hall
from tests.cast_forms import good
from tests.console import offices
from tests.halls import a_day, in_hall
from tests.lists import signed
from tests.portal import bind
from tests.world import HE, QIN, YANG, ZHOU, World, id_number

BASIC = {"height": 1600, "weight": 640, "bp_l_sys": 128, "bp_l_dia": 76}


async def checked(world: World, who: bytes = ZHOU) -> bytes:
    """A day at which somebody was checked, and the records are written."""
    await offices(world)
    await bind(world, who)
    day = await a_day(world, (who,))
    there = await in_hall(world, day)
    await there.send(
        there.check_in(who), there.part(who, "basic", values=BASIC),
        there.step(hall.CHECK_OUT, who),
    )  # fmt: skip
    world.clock.pass_(minutes=1)
    await results.run(world.site)
    return day


async def record(world: World, who: bytes = ZHOU) -> tuple[bytes, dict[str, Any]]:
    found = await reading.read(world.site, Acting(who, who))
    (one,) = [each for each in found.entries if each.stands and each.kind == "health_check"]
    return one.id, dict(one.form)


async def test_reading_in_the_portal_sets_the_day_of_the_feedback_once(world: World) -> None:
    day = await checked(world)
    world.clock.pass_(days=1)
    name, _ = await record(world)
    assert await letters.read_by_resident(world.site, ZHOU, name)
    read, body = await record(world)
    assert body == BASIC | {"bmi": 250, "feedback_date": "2026-11-21"}
    assert not await letters.read_by_resident(world.site, ZHOU, read)
    assert not await letters.read_by_resident(world.site, ZHOU, name)
    assert await world.rows("SELECT day, who, how, by FROM checkup_letter") == [
        (day, ZHOU, "portal", ZHOU)
    ]


async def test_any_other_record_is_none_of_a_checkup_day(world: World) -> None:
    await checked(world)
    found = await reading.read(world.site, Acting(ZHOU, ZHOU))
    (other,) = [each for each in found.entries if each.kind == "htn_followup"]
    assert not await letters.read_by_resident(world.site, ZHOU, other.id)
    assert not await letters.read_by_resident(world.site, ZHOU, bytes(16))


async def test_a_letter_handed_over_is_noted_and_can_be_taken_back(world: World) -> None:
    day = await checked(world)
    clerk = await signed(world, QIN)
    assert await letters.hand_over(world.site, clerk, day, [ZHOU]) == 1
    assert await letters.hand_over(world.site, clerk, day, [ZHOU]) == 0
    assert (await record(world))[1]["feedback_date"] == "2026-11-20"
    told = await world.store.read(lambda tx: letters.told_of(tx, world.site, day))
    assert told[ZHOU].by == QIN
    assert await letters.take_back(world.site, clerk, day, ZHOU)
    assert "feedback_date" not in (await record(world))[1]
    assert await letters.hand_over(world.site, clerk, day, [ZHOU]) == 1


async def test_what_was_read_is_not_taken_back(world: World) -> None:
    day = await checked(world)
    await letters.read_by_resident(world.site, ZHOU, (await record(world))[0])
    clerk = await signed(world, QIN)
    assert not await letters.take_back(world.site, clerk, day, ZHOU)
    assert "feedback_date" in (await record(world))[1]


async def test_late_parts_keep_the_day_of_the_feedback(world: World) -> None:
    day = await checked(world)
    await letters.read_by_resident(world.site, ZHOU, (await record(world))[0])
    there = await in_hall(world, day, "二")
    await there.send(there.part(ZHOU, "blood", values={"fpg": 560}))
    world.clock.pass_(minutes=21)
    await results.run(world.site)
    assert (await record(world))[1] == BASIC | {
        "bmi": 250, "fpg": 560, "feedback_date": "2026-11-20",
    }  # fmt: skip


async def test_nobody_is_told_what_was_not_found_yet(world: World) -> None:
    await offices(world)
    day = await a_day(world, (ZHOU,))
    assert await letters.hand_over(world.site, await signed(world, QIN), day, [ZHOU]) == 0
    assert await world.rows("SELECT 1 FROM checkup_letter") == []


async def test_another_facility_hands_nothing_over(world: World) -> None:
    day = await checked(world)
    with pytest.raises(NotYours):
        await letters.hand_over(world.site, await signed(world, HE), day, [ZHOU])
    with pytest.raises(NotYours):
        await letters.take_back(world.site, await signed(world, HE), day, ZHOU)


async def test_the_plan_counts_the_feedback(world: World) -> None:
    """S003-5(6)-a: the check is done when its results were told."""
    await checked(world)
    await letters.read_by_resident(world.site, ZHOU, (await record(world))[0])
    world.clock.pass_(ms=int(timedelta(minutes=1).total_seconds() * 1000))
    assert await afterwork.catch_up(world.site) >= 1


async def test_a_form_that_asks_for_no_feedback_is_told_all_the_same(world: World) -> None:
    await offices(world)
    day = await a_day(world, (ZHOU,))
    there = await in_hall(world, day)
    await there.send(
        there.step(
            hall.PART, ZHOU, station="elder", mark="1", form="elder_selfcare", v=1,
            values=json.dumps(good("elder_selfcare")),
        ),
        there.step(hall.CHECK_OUT, ZHOU),
    )  # fmt: skip
    world.clock.pass_(minutes=1)
    await results.run(world.site)
    assert await letters.hand_over(world.site, await signed(world, QIN), day, [ZHOU]) == 1
    assert await world.rows("SELECT how, change FROM checkup_letter") == [("hand", None)]


async def test_somebody_of_another_facility_gets_the_letter_at_home(world: World) -> None:
    await offices(world)
    day = await a_day(world)
    there = await in_hall(world, day)
    await there.send(
        there.guest(YANG, id_number(YANG), "杨白露"), there.part(YANG, "basic", values=BASIC),
        there.step(hall.CHECK_OUT, YANG),
    )  # fmt: skip
    world.clock.pass_(minutes=1)
    await results.run(world.site)
    await letter_bundles.ask(world.site, await signed(world, QIN), day, "*")
    await letter_bundles.run(world.site)
    assert await world.rows("SELECT state, shut FROM checkup_bundle") == [("failed", 1)]
    refused = await world.rows("SELECT ground FROM access_log WHERE resident=?", YANG)
    assert [each[0] for each in refused if each[0].startswith("refused")]


async def test_letters_that_one_process_writes_are_not_begun_by_another(world: World) -> None:
    day = await checked(world)
    bundle = await letter_bundles.ask(world.site, await signed(world, QIN), day, "*")
    sql = "UPDATE checkup_bundle SET tries=1, ready_at=? WHERE bundle=?"
    until = world.clock() + letter_bundles.LEASE_MS
    await world.store.write(lambda tx: tx.run(sql, until, bundle))
    assert not await letter_bundles.waits(world.site)
    assert await letter_bundles.run(world.site) == 0
    world.clock.pass_(minutes=6)  # the other one has died
    assert await letter_bundles.run(world.site) == 1
    assert await world.one("SELECT tries FROM checkup_bundle") == 2
