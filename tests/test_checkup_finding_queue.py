"""Findings wait until a referral is made, another look is agreed on, or why not is said."""

from datetime import date

import pytest

from server.actions.archives import afterwork
from server.actions.archives.opening import open_for
from server.actions.checkup import findings, results
from server.actions.checkup.finding_rows import State
from server.errors import NotYours, RuleSaysNo
from sync import hall
from tests.console import offices
from tests.halls import a_day, in_hall
from tests.lists import signed
from tests.world import HE, QIN, SU, ZHOU, World

ILL = {"bp_l_sys": 186, "bp_l_dia": 104, "us_abd": "2", "us_abd_text": "胆囊结石"}


async def found(world: World, **values: object) -> bytes:
    await offices(world)
    day = await a_day(world, (ZHOU,))
    there = await in_hall(world, day)
    await there.send(
        there.check_in(ZHOU), there.part(ZHOU, "basic", values=values or ILL),
        there.step(hall.CHECK_OUT, ZHOU),
    )  # fmt: skip
    world.clock.pass_(minutes=1)
    await results.run(world.site)
    return day


async def test_the_urgent_stand_first_and_the_list_is_written_down(world: World) -> None:
    await found(world)
    listed = await findings.queue(world.site, await signed(world, SU))
    assert [each.kept.name for each in listed.waiting] == ["pressure_crisis", "ultrasound"]
    assert listed.waiting[0].due == date(2026, 11, 20), "urgent: the same day"
    assert [each for each in listed.waiting[0].kept.shown if each[0] == "bp_l_sys"]
    assert await world.one("SELECT COUNT(*) FROM search_shown") == 1


async def test_what_is_urgent_and_known_later_is_due_from_the_day_it_is_known(
    world: World,
) -> None:
    await offices(world)
    there = await in_hall(world, await a_day(world, (ZHOU,)))
    await there.send(
        there.check_in(ZHOU), there.part(ZHOU, "basic", values=ILL),
        there.step(hall.CHECK_OUT, ZHOU),
    )  # fmt: skip
    world.clock.pass_(days=2)
    await results.run(world.site)
    waiting = (await findings.queue(world.site, await signed(world, SU))).waiting
    assert [each.due for each in waiting] == [date(2026, 11, 22), date(2026, 12, 4)]


async def test_a_finding_in_the_table_tells_no_illness_in_the_clear(world: World) -> None:
    await found(world)
    for row in await world.rows("SELECT * FROM checkup_finding"):
        said = b" ".join(each if isinstance(each, bytes) else str(each).encode() for each in row)
        assert "胆囊".encode() not in said
        assert b"pressure" not in said


async def test_another_look_that_was_agreed_on_is_in_the_plan_and_the_due_list(
    world: World,
) -> None:
    await found(world, us_abd="2", us_abd_text="胆囊结石")
    doctor = await signed(world, SU)
    (line,) = (await findings.queue(world.site, doctor)).waiting
    await open_for(world.site, doctor, ZHOU)
    await findings.agree(world.site, doctor, line.finding, date(2026, 12, 4))
    await afterwork.catch_up(world.site)
    assert await world.one("SELECT due FROM plan_due WHERE rule='P64'") == "2026-12-04"
    after = await findings.queue(world.site, doctor)
    assert after.waiting == ()
    assert (after.done[0].state, after.done[0].until) == (State.AGREED, date(2026, 12, 4))
    await findings.reopen(world.site, doctor, line.finding)
    await afterwork.catch_up(world.site)
    assert await world.rows("SELECT 1 FROM plan_due WHERE rule='P64'") == []
    assert len((await findings.queue(world.site, doctor)).waiting) == 1


async def test_nothing_more_is_owed_only_with_a_reason(world: World) -> None:
    await found(world, us_abd="2", us_abd_text="胆囊结石")
    doctor = await signed(world, SU)
    (line,) = (await findings.queue(world.site, doctor)).waiting
    await open_for(world.site, doctor, ZHOU)
    with pytest.raises(RuleSaysNo):
        await findings.tell(world.site, doctor, line.finding, "  ")
    await findings.tell(world.site, doctor, line.finding, "县医院上月已查过")
    (done,) = (await findings.queue(world.site, doctor)).done
    assert (done.state, done.note, done.done_by) == (State.TOLD, "县医院上月已查过", SU)
    with pytest.raises(RuleSaysNo):
        await findings.tell(world.site, doctor, line.finding, "又一次")


async def test_a_day_that_is_over_is_no_day_to_agree_on(world: World) -> None:
    await found(world, us_abd="2", us_abd_text="胆囊结石")
    doctor = await signed(world, SU)
    (line,) = (await findings.queue(world.site, doctor)).waiting
    for due in (date(2026, 11, 19), date(2030, 1, 1)):
        with pytest.raises(RuleSaysNo):
            await findings.agree(world.site, doctor, line.finding, due)


async def test_a_value_that_was_measured_wrong_and_put_right_leaves_no_finding(
    world: World,
) -> None:
    day = await found(world, bp_l_sys=186, bp_l_dia=104)
    there = await in_hall(world, day, "二")
    await there.send(there.part(ZHOU, "basic", values={"bp_l_sys": 128, "bp_l_dia": 76}))
    world.clock.pass_(minutes=21)
    await results.run(world.site)
    assert (await findings.queue(world.site, await signed(world, SU))).total == 0
    assert await world.rows("SELECT state FROM checkup_finding") == [("gone",)]


async def test_another_facility_sees_no_finding_and_acts_on_none(world: World) -> None:
    await found(world)
    (mine, *_) = (await findings.queue(world.site, await signed(world, QIN))).waiting
    stranger = await signed(world, HE)
    assert (await findings.queue(world.site, stranger)).total == 0
    with pytest.raises(NotYours):
        await findings.tell(world.site, stranger, mine.finding, "看过了")
    with pytest.raises(NotYours):
        await findings.line_of(world.site, stranger, mine.finding)
