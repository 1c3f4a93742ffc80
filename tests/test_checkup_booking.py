"""Slots of a checkup day: taken once, moved, given back, by whoever may."""

import asyncio
from datetime import timedelta

import pytest

from server.actions.checkup import booking, days, invited, spreading
from server.actions.checkup.booking import OpenDay
from server.actions.residents.acting import Acting, Helper
from server.errors import NotYours, RuleSaysNo
from server.rules.checkup_days import DayState
from tests.checkup_days import (
    IN_A_WEEK,
    a_day,
    book,
    csn_of,
    desk,
    draft,
    owes_nothing,
    planned,
    row,
    taken,
    tell_now,
    told,
)
from tests.world import HE, QIN, QINGHE, WANG, WU, YANG, ZHENG, ZHOU, World


@pytest.fixture
async def plan(world: World) -> World:
    await planned(world)
    return world


async def seen(world: World, who: bytes) -> tuple[OpenDay, ...]:
    return await world.store.read(lambda tx: booking.open_slots(tx, world.site, who))


async def test_a_resident_books_moves_and_gives_back_a_slot(plan: World) -> None:
    day = await a_day(plan)
    (before,) = await seen(plan, ZHOU)
    assert (before.on, before.invited, before.booked, before.arrived) == (
        IN_A_WEEK, True, None, False,
    )  # fmt: skip
    assert [each.start for each in before.slots] == ["08:00", "08:30", "09:00", "09:30"]
    assert "blood" in before.route
    csn = await csn_of(plan, day)
    made = await book(plan, ZHOU, day, 2)
    assert (made.start, made.end, made.ticket) == ("08:30", "09:00", "A001")
    assert await csn_of(plan, day) == csn + 1
    assert (await book(plan, WU, day, 2)).ticket == "A002"
    (after,) = await seen(plan, ZHOU)
    assert after.booked == made
    assert [each.slot for each in after.slots] == [1, 3, 4]
    moved = await booking.change(plan.site, ZHOU, day, 4, by=Acting(ZHOU, ZHOU))
    assert (moved.start, moved.ticket) == ("09:30", "A001")
    assert await taken(plan, day) == [0, 1, 0, 1]
    await booking.cancel(plan.site, ZHOU, day, by=Acting(ZHOU, ZHOU))
    assert await row(plan, day, ZHOU) == ("invited", None, "A001")
    assert await taken(plan, day) == [0, 1, 0, 0]
    with pytest.raises(RuleSaysNo, match="not_booked"):
        await booking.cancel(plan.site, ZHOU, day, by=Acting(ZHOU, ZHOU))
    assert await told(plan, ZHOU) == ["checkup_booked", "checkup_booked"]


async def test_the_last_place_is_taken_once_however_many_press_at_once(plan: World) -> None:
    day = await a_day(plan, capacity=1)
    who = await desk(plan)
    await invited.add(plan.site, who, day, ZHENG)
    results = await asyncio.gather(
        *(book(plan, each, day, 1) for each in (ZHOU, WU, ZHENG)), return_exceptions=True
    )
    refused = [each for each in results if isinstance(each, RuleSaysNo)]
    assert [each.detail for each in refused] == ["full", "full"]
    assert await taken(plan, day) == [1, 0, 0, 0]
    assert len(await plan.rows("SELECT 1 FROM checkup_person WHERE slot IS NOT NULL")) == 1


async def test_the_same_form_sent_twice_is_one_booking(plan: World) -> None:
    day = await a_day(plan)
    first = await book(plan, ZHOU, day)
    with pytest.raises(RuleSaysNo, match="booked_already"):
        await book(plan, ZHOU, day, 2)
    again = await booking.change(plan.site, ZHOU, day, 1, by=Acting(ZHOU, ZHOU))
    assert again == first
    assert await taken(plan, day) == [1, 0, 0, 0]


async def test_who_owes_a_checkup_may_book_uninvited_and_who_was_taken_off_may_not(
    plan: World,
) -> None:
    who = await desk(plan)
    await owes_nothing(plan, ZHENG)
    day = await days.make(plan.site, who, draft())
    await invited.add(plan.site, who, day, WU)
    await days.set_state(plan.site, who, day, DayState.READY)
    (open_to,) = await seen(plan, ZHOU)
    assert not open_to.invited
    assert (await book(plan, ZHOU, day)).ticket == "A001"
    assert (await plan.one("SELECT source FROM checkup_person WHERE who=?", ZHOU)) == "booked"
    assert await seen(plan, ZHENG) == (), "who owes none is offered none"
    with pytest.raises(RuleSaysNo, match="not_invited"):
        await book(plan, ZHENG, day)
    await invited.remove(plan.site, who, day, WU)
    assert await seen(plan, WU) == ()
    with pytest.raises(RuleSaysNo, match="not_invited"):
        await book(plan, WU, day)


async def test_nobody_books_at_another_facility_or_when_it_is_too_late(plan: World) -> None:
    day = await a_day(plan)
    assert await seen(plan, YANG) == ()
    with pytest.raises(RuleSaysNo, match="not_invited"):
        await book(plan, YANG, day)
    plan.clock.pass_(days=7, hours=1)
    (today,) = await seen(plan, ZHOU)
    assert [each.start for each in today.slots] == ["09:00", "09:30"]
    with pytest.raises(RuleSaysNo, match="over"):
        await book(plan, ZHOU, day, 1)
    await days.set_state(plan.site, await desk(plan), day, DayState.CANCELLED)
    assert await seen(plan, ZHOU) == ()
    with pytest.raises(RuleSaysNo, match="not_open"):
        await book(plan, ZHOU, day, 4)


async def test_who_has_checked_in_keeps_the_slot(plan: World) -> None:
    day = await a_day(plan)
    await book(plan, ZHOU, day)
    await plan.store.write(
        lambda tx: tx.run("UPDATE checkup_person SET arrived_at=1 WHERE who=?", ZHOU)
    )
    for act in (
        booking.change(plan.site, ZHOU, day, 2, by=Acting(ZHOU, ZHOU)),
        booking.cancel(plan.site, ZHOU, day, by=Acting(ZHOU, ZHOU)),
        invited.remove(plan.site, await desk(plan), day, ZHOU),
    ):
        with pytest.raises(RuleSaysNo, match="arrived"):
            await act


async def test_going_over_to_another_day_frees_the_first(plan: World) -> None:
    first = await a_day(plan)
    second = await a_day(plan, on=IN_A_WEEK + timedelta(days=1))
    await book(plan, ZHOU, first)
    with pytest.raises(RuleSaysNo, match="booked_already"):
        await book(plan, ZHOU, second)
    await booking.change(plan.site, ZHOU, second, 3, by=Acting(ZHOU, ZHOU))
    assert await taken(plan, first) == [0, 0, 0, 0]
    assert await taken(plan, second) == [0, 0, 1, 0]
    reminders = await plan.rows("SELECT day FROM checkup_told WHERE what='reminder'")
    assert [each[0] for each in reminders] == [second]


async def test_who_was_at_one_day_may_book_the_next(plan: World) -> None:
    first = await a_day(plan)
    second = await a_day(plan, on=IN_A_WEEK + timedelta(days=1))
    await book(plan, ZHOU, first)
    await plan.store.write(
        lambda tx: tx.run("UPDATE checkup_person SET arrived_at=1 WHERE day=?", first)
    )
    assert (await book(plan, ZHOU, second, 3)).day == second
    assert await taken(plan, first) == [1, 0, 0, 0]


async def test_staff_book_for_somebody_and_only_at_their_own_facility(plan: World) -> None:
    day = await a_day(plan)
    await booking.book(plan.site, ZHOU, day, 1, by=await desk(plan, QIN))
    with pytest.raises(NotYours):
        await booking.book(plan.site, WU, day, 1, by=await desk(plan, HE))
    await booking.cancel(plan.site, ZHOU, day, by=await desk(plan, QIN))
    assert (await row(plan, day, ZHOU))[1] is None


async def test_what_was_booked_at_a_desk_is_told_as_done_for_the_resident(plan: World) -> None:
    day = await a_day(plan)
    acting = Acting(ZHOU, ZHOU, Helper(QIN, QINGHE))
    await booking.book(plan.site, ZHOU, day, 1, by=acting)
    assert await plan.one("SELECT what FROM assisted WHERE resident=?", ZHOU) == "booking"
    with pytest.raises(NotYours):
        await booking.book(plan.site, WU, day, 1, by=acting)


async def test_whoever_has_no_time_gets_one_village_by_village_and_it_is_taken_back_at_once(
    plan: World,
) -> None:
    day, who = await a_day(plan, capacity=1), await desk(plan)
    for each in (ZHENG, WANG):
        await invited.add(plan.site, who, day, each)
    await tell_now(plan)
    await book(plan, ZHOU, day, 2)
    plan.clock.pass_(minutes=1)
    n, at = await spreading.spread(plan.site, who, day)
    assert n == 3
    assert await taken(plan, day) == [1, 1, 1, 1]
    rows = await plan.rows("SELECT ticket FROM checkup_person WHERE day=? ORDER BY ticket", day)
    assert [each[0] for each in rows] == ["A001", "A002", "A003", "A004"]
    assert await spreading.unspread(plan.site, who, day, at) == 3
    assert await taken(plan, day) == [0, 1, 0, 0]
    await tell_now(plan)
    assert await told(plan, WU) == ["checkup_invited"], "taken back, nobody heard of it"
    await spreading.spread(plan.site, who, day)
    await tell_now(plan)
    assert await told(plan, WU) == ["checkup_invited", "checkup_invited_at"]
    assert (await spreading.spread(plan.site, who, day))[0] == 0
    with pytest.raises(NotYours):
        await spreading.spread(plan.site, await desk(plan, HE), day)
