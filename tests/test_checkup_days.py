"""A checkup day is prepared by its own facility: who is invited, who is not, and what is undone."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from server.actions.checkup import days, invited
from server.actions.checkup.invited import Which
from server.actions.keeping import backup
from server.errors import NotYours, RuleSaysNo
from server.rules.checkup_days import DayState, Slot
from server.store.migrate import migrate
from server.store.store import Store
from tests.checkup_days import (
    ELDERS,
    IN_A_WEEK,
    TODAY,
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
from tests.console import CHEN, TIAN
from tests.world import HE, QIN, SU, TEAM_A, TEAM_A2, WANG, WU, YANG, ZHENG, ZHOU, World


@pytest.fixture
async def plan(world: World) -> World:
    await planned(world)
    return world


async def status(world: World, day: bytes) -> str:
    return str(await world.one("SELECT state FROM checkup_day WHERE day=?", day))


async def test_who_owes_an_elder_checkup_is_drawn_from_the_plan(plan: World) -> None:
    who = await desk(plan)
    day = await days.make(plan.site, who, draft())
    before = await invited.drawable(plan.site, who, day, ELDERS)
    assert dict(before.groups)["elder"] == 2
    assert (before.total, before.chosen) == (4, 2), "all four have their pressure to be checked"
    assert [(name, n) for _, name, n in before.teams] == [("青禾一队", 3), ("青禾二队", 1)]
    assert await invited.draw(plan.site, who, day, Which(frozenset({"elder"}))) == 2
    assert await invited.draw(plan.site, who, day, Which(frozenset({"elder"}))) == 0
    rows = await plan.rows(
        "SELECT who, groups, route, status FROM checkup_person WHERE day=? ORDER BY who", day
    )
    assert {row[0] for row in rows} == {ZHOU, WU}, "Yang is of another facility, the others younger"
    assert all(row[1] == '["elder","htn"]' for row in rows)
    assert all("tcm" in row[2] and "xray" not in row[2] for row in rows), "none is offered"
    after = await invited.drawable(plan.site, who, day)
    assert (after.total, after.on_list, after.taken_off) == (2, 2, 0)


async def test_only_the_teams_and_villages_that_were_chosen_are_drawn(plan: World) -> None:
    who = await desk(plan)
    day = await days.make(plan.site, who, draft())
    other = Which(frozenset({"elder"}), panels=frozenset({TEAM_A2}))
    assert await invited.draw(plan.site, who, day, other) == 0
    village = Which(frozenset({"elder"}), villages=frozenset({"nowhere"}))
    assert await invited.draw(plan.site, who, day, village) == 0
    own = Which(frozenset({"elder"}), panels=frozenset({TEAM_A}))
    assert await invited.draw(plan.site, who, day, own) == 2


@pytest.mark.parametrize("state", ["dead", "moved_out", "merged"])
async def test_who_is_dead_moved_away_or_merged_is_never_invited(plan: World, state: str) -> None:
    await plan.store.write(
        lambda tx: tx.run("UPDATE resident SET status=? WHERE resident=?", state, ZHOU)
    )
    who = await desk(plan)
    day = await days.make(plan.site, who, draft())
    assert dict((await invited.drawable(plan.site, who, day)).groups)["elder"] == 1
    assert await invited.draw(plan.site, who, day, ELDERS) == 1
    with pytest.raises(RuleSaysNo, match="not_served"):
        await invited.add(plan.site, who, day, ZHOU)
    assert await plan.rows("SELECT 1 FROM checkup_person WHERE who=?", ZHOU) == []


async def test_somebody_is_put_on_the_list_by_hand_and_nobody_of_elsewhere(plan: World) -> None:
    day, who = await a_day(plan), await desk(plan)
    await owes_nothing(plan, ZHENG)
    assert await invited.add(plan.site, who, day, ZHENG)
    assert not await invited.add(plan.site, who, day, ZHENG), "a second press changes nothing"
    assert (await plan.one("SELECT groups, source FROM checkup_person WHERE who=?", ZHENG)) == (
        '["other"]', "hand",
    )  # fmt: skip
    with pytest.raises(RuleSaysNo, match="not_served"):
        await invited.add(plan.site, who, day, YANG)


async def test_another_facility_and_the_county_write_nothing_here(plan: World) -> None:
    day = await a_day(plan)
    he, chen = await desk(plan, HE), await desk(plan, CHEN)
    for other in (he, chen):
        for act in (
            invited.draw(plan.site, other, day, ELDERS),
            invited.add(plan.site, other, day, ZHENG),
            invited.remove(plan.site, other, day, ZHOU),
            invited.drawable(plan.site, other, day),
            days.change(plan.site, other, day, draft()),
            days.set_slots(plan.site, other, day, {}),
            days.set_state(plan.site, other, day, DayState.CANCELLED),
        ):
            with pytest.raises(NotYours):
                await act
    with pytest.raises(NotYours):
        await days.one_of(plan.site, he, day)
    assert (await days.one_of(plan.site, chen, day))[0].counts.expected == 2
    assert [each.day.day for each in await days.listed(plan.site, chen)] == [day]
    assert await days.listed(plan.site, he) == ()


async def test_who_is_taken_off_the_list_comes_back_with_the_slot_and_unheard(plan: World) -> None:
    day, who = await a_day(plan), await desk(plan)
    await tell_now(plan)
    await book(plan, ZHOU, day, 2)
    slot = await invited.remove(plan.site, who, day, ZHOU)
    assert slot == 2
    assert (await row(plan, day, ZHOU))[:2] == ("removed", None)
    assert await taken(plan, day) == [0, 0, 0, 0]
    assert await invited.draw(plan.site, who, day, ELDERS) == 0, "the plan does not put him back"
    assert await invited.undo_remove(plan.site, who, day, ZHOU, slot)
    assert await row(plan, day, ZHOU) == ("invited", 2, "A001")
    assert await taken(plan, day) == [0, 1, 0, 0]
    await tell_now(plan)
    assert "checkup_unbooked" not in await told(plan, ZHOU)
    await invited.remove(plan.site, who, day, ZHOU)
    await tell_now(plan)
    assert (await told(plan, ZHOU))[-1] == "checkup_unbooked"


async def test_a_day_is_called_off_and_taken_back_before_anybody_heard_of_it(plan: World) -> None:
    day, who = await a_day(plan), await desk(plan)
    await tell_now(plan)
    await book(plan, ZHOU, day)
    await days.set_state(plan.site, who, day, DayState.CANCELLED)
    await days.undo_cancelled(plan.site, who, day)
    await tell_now(plan)
    assert await told(plan, ZHOU) == ["checkup_invited", "checkup_booked"]
    assert await row(plan, day, ZHOU) == ("invited", 1, "A001")
    await days.set_state(plan.site, who, day, DayState.CANCELLED)
    await tell_now(plan)
    assert (await told(plan, ZHOU))[-1] == "checkup_cancelled"
    await days.undo_cancelled(plan.site, who, day)
    await tell_now(plan)
    assert (await told(plan, ZHOU))[-1] == "checkup_changed", "who was told hears that it is on"


async def test_a_draft_that_is_dropped_was_never_told_and_stays_a_draft(plan: World) -> None:
    day, who = await a_day(plan, ready=False), await desk(plan)
    await days.set_state(plan.site, who, day, DayState.CANCELLED)
    await days.undo_cancelled(plan.site, who, day)
    assert await status(plan, day) == "draft"
    await tell_now(plan)
    assert await told(plan, ZHOU) == []


async def test_a_day_goes_through_its_states_and_not_past_them(plan: World) -> None:
    who = await desk(plan)
    day = await days.make(plan.site, who, draft())
    with pytest.raises(RuleSaysNo, match="nobody_invited"):
        await days.set_state(plan.site, who, day, DayState.READY)
    await invited.draw(plan.site, who, day, ELDERS)
    await days.set_state(plan.site, who, day, DayState.READY)
    with pytest.raises(RuleSaysNo, match="not_today"):
        await days.set_state(plan.site, who, day, DayState.OPEN)
    plan.clock.pass_(days=7, hours=-1)
    assert await days.follow_clock(plan.site) == 0, "it is seven in the morning"
    plan.clock.pass_(hours=1)
    assert await days.follow_clock(plan.site) == 1
    assert await status(plan, day) == "open"
    plan.clock.pass_(days=3)
    assert await days.follow_clock(plan.site) == 1
    assert await status(plan, day) == "closed", "no tablet keeps its people longer"


async def test_what_tablets_carry_of_the_day_raises_its_version(plan: World) -> None:
    day, who = await a_day(plan), await desk(plan)
    version = int(await plan.one("SELECT version FROM checkup_day WHERE day=?", day))
    csn = await csn_of(plan, day)
    await days.change(plan.site, who, day, replace(draft(), stations=("basic", "elder"), slots=()))
    assert await plan.one("SELECT version FROM checkup_day WHERE day=?", day) == version + 1
    rows = await plan.rows("SELECT route, csn FROM checkup_person WHERE day=?", day)
    assert {row[0] for row in rows} == {'["basic","elder"]'}
    assert sorted(row[1] for row in rows) == [csn + 1, csn + 2]
    await invited.set_stations(plan.site, who, day, ZHOU, {"elder"})
    await days.change(plan.site, who, day, replace(draft(), slots=()))
    routes = dict(await plan.rows("SELECT who, route FROM checkup_person WHERE day=?", day))
    assert routes[ZHOU] == '["elder"]', "what somebody chose for a person stays"
    assert "blood" in routes[WU]


async def test_slots_never_get_smaller_than_what_is_taken(plan: World) -> None:
    day, who = await a_day(plan), await desk(plan)
    await book(plan, ZHOU, day)
    with pytest.raises(RuleSaysNo, match="below_taken"):
        await days.set_slots(plan.site, who, day, {1: 0})
    with pytest.raises(RuleSaysNo, match="overlap"):
        await days.set_slots(plan.site, who, day, {}, [Slot("09:45", "10:15", 3)])
    await days.set_slots(plan.site, who, day, {1: 1, 2: 0}, [Slot("10:00", "10:30", 3)])
    rows = await plan.rows("SELECT slot, capacity FROM checkup_slot WHERE day=? ORDER BY slot", day)
    assert rows == [(1, 1), (3, 2), (4, 2), (5, 3)]


async def test_a_day_that_moves_tells_who_booked_and_who_was_invited(plan: World) -> None:
    day, who = await a_day(plan), await desk(plan)
    await tell_now(plan)
    await book(plan, ZHOU, day)
    later = replace(draft(on=IN_A_WEEK + timedelta(days=1)), slots=())
    await days.change(plan.site, who, day, later)
    await tell_now(plan)
    assert (await told(plan, ZHOU))[-1] == "checkup_changed"
    assert (await told(plan, WU))[-1] == "checkup_moved"


async def test_the_reminder_comes_the_day_before_and_once(plan: World) -> None:
    day = await a_day(plan)
    await tell_now(plan)
    await book(plan, ZHOU, day)
    plan.clock.pass_(days=6, hours=7)
    await tell_now(plan)
    await tell_now(plan)
    assert (await told(plan, ZHOU)).count("checkup_reminder") == 0
    plan.clock.pass_(hours=1)
    await tell_now(plan)
    await tell_now(plan)
    assert (await told(plan, ZHOU)).count("checkup_reminder") == 1
    assert (await told(plan, WU)).count("checkup_reminder") == 0


async def test_who_is_expected_at_another_day_ahead_is_not_asked_twice(plan: World) -> None:
    await a_day(plan)
    who = await desk(plan)
    second = await days.make(plan.site, who, draft(on=IN_A_WEEK + timedelta(days=1)))
    found = await invited.drawable(plan.site, who, second, ELDERS)
    assert (found.elsewhere, found.chosen) == (2, 0)
    assert await invited.draw(plan.site, who, second, ELDERS) == 0


async def test_the_people_of_an_earlier_day_are_invited_again(plan: World) -> None:
    day, who = await a_day(plan, ready=False), await desk(plan, TIAN)
    again = await days.make(plan.site, who, draft(on=TODAY + timedelta(days=30), lead=QIN))
    assert await invited.invite_again(plan.site, who, again, day) == 2
    assert await days.make(plan.site, who, draft(lead=SU)) != again
    with pytest.raises(NotYours):
        await days.make(plan.site, who, draft(lead=HE))
    assert WANG not in {row[0] for row in await plan.rows("SELECT who FROM checkup_person")}


async def test_after_a_restore_nobody_is_invited_twice_and_reminders_go_on(
    plan: World, tmp_path: Path
) -> None:
    day = await a_day(plan)
    await book(plan, ZHOU, day)
    done = await backup.backup(plan.site, tmp_path / "backup")
    plan.clock.pass_(days=1)
    async with Store(f"sqlite:///{tmp_path / 'again.sqlite3'}") as store:
        await migrate(store)
        await backup.restore_into(store, done.path, plan.kek_file, now=plan.clock())
        rows = await store.write(
            lambda tx: tx.rows("SELECT what FROM checkup_told WHERE told_at IS NULL")
        )
        assert [row[0] for row in rows] == ["reminder"]
