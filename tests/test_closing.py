"""A facility closes: residents go by area, no yearly clock starts, people and tablets end."""

import pytest

from server.actions.places import closing, closing_steps, move
from server.actions.tablets.tablet_return import tidy
from server.errors import NotYours, RuleSaysNo
from server.rules import switch as rule
from server.store.tx import Tx
from tests.console import TIAN, desk, offices
from tests.test_organisations import CHEN_SIGNED, TIAN_SIGNED
from tests.world import (
    DISTRICT,
    LIUWAN,
    QINGHE,
    SU,
    TEAM_A,
    TEAM_B,
    WANG,
    WU,
    YANG,
    ZHENG,
    ZHOU,
    World,
    basics,
    field,
)

TODAY = "2026-11-20"
VILLAGE = basics(ZHOU)["address_region"]


async def serve(world: World, code: str, panel: bytes | None = TEAM_B) -> None:
    async def write(tx: Tx) -> None:
        await tx.insert("service_area", [(DISTRICT, code, "柳湾", LIUWAN, panel)])

    await world.store.write(write)


async def test_before_the_button_is_pressed_it_says_how_many_go_where(world: World) -> None:
    await offices(world)
    seen = await closing.forecast(world.site, CHEN_SIGNED, QINGHE)
    assert (seen.residents, seen.unplaced, seen.going) == (4, 4, ())
    await serve(world, VILLAGE)
    seen = await closing.forecast(world.site, CHEN_SIGNED, QINGHE)
    assert seen.going == (closing.Going("柳湾社区中心", "柳湾一队", 4),)
    assert (seen.unplaced, seen.staff, seen.tablets) == (0, 4, 0)
    with pytest.raises(NotYours):
        await closing.forecast(world.site, TIAN_SIGNED, QINGHE)


async def test_residents_go_where_their_address_says_and_no_clock_starts(world: World) -> None:
    await offices(world)
    await serve(world, VILLAGE)
    asked = move.Ask(YANG, TEAM_A, "moved", SU, at_new_desk=True)
    assert isinstance(await move.switch(world.site, asked), rule.Granted)
    assert await closing.plan_closing(world.site, CHEN_SIGNED, QINGHE, "2026-11-25") == ()
    assert await closing_steps.carry_on(world.site) == 0
    before = await world.one("SELECT published, closed_on FROM facility WHERE facility=?", QINGHE)
    assert (bool(before[0]), before[1]) == (False, "2026-11-25")
    world.clock.pass_(days=5)
    assert await closing_steps.carry_on(world.site) == 5
    assert await world.one("SELECT COUNT(*) FROM member WHERE panel=?", TEAM_B) == 5
    rows = await world.rows(
        "SELECT ground, counts, from_day FROM assignment WHERE until_day IS NULL AND facility=?",
        LIUWAN,
    )
    assert {(g, bool(c), d) for g, c, d in rows} == {("closing", False, "2026-11-25")}
    history = await world.store.read(lambda tx: move.assignments(tx, DISTRICT, asked.resident))
    assert rule.free_from(world.site.rules, history) is None
    again = move.Ask(ZHOU, TEAM_A, "moved", SU)
    assert isinstance(await move.switch(world.site, again), rule.Unpublished)
    found = await closing.progress(world.site, QINGHE)
    assert found == closing.Progress("2026-11-25", "done", 5, 0, 0)
    assert await world.one("SELECT COUNT(*) FROM audit_leaf WHERE what='act'") > 3


async def test_whom_no_address_places_waits_for_a_person(world: World) -> None:
    await offices(world)
    await closing.plan_closing(world.site, CHEN_SIGNED, QINGHE, TODAY)
    await closing_steps.carry_on(world.site)
    rows = await world.rows(
        "SELECT resident, facility, panel FROM resident WHERE facility IS NULL ORDER BY resident"
    )
    assert {row[0] for row in rows} == {ZHOU, WU, ZHENG, WANG}
    tasks = await world.rows("SELECT resident, facility FROM task WHERE kind='unassigned'")
    assert {row[0] for row in tasks} == {ZHOU, WU, ZHENG, WANG}
    assert {row[1] for row in tasks} == {None}
    found = await closing.progress(world.site, QINGHE)
    assert found == closing.Progress(TODAY, "done", 0, 4, 0)


async def test_a_crash_in_the_middle_is_gone_on_with(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await offices(world)
    await serve(world, VILLAGE)
    monkeypatch.setattr(closing_steps, "CHUNK", 1)
    await closing.plan_closing(world.site, CHEN_SIGNED, QINGHE, TODAY)
    done = 0

    async def dies(*_: object, **__: object) -> int:
        nonlocal done
        done += 1
        if done > 2:
            raise OSError("power")
        return await real(*_, **__)  # type: ignore[arg-type]

    real = closing_steps._move_some  # pyright: ignore[reportPrivateUsage]
    monkeypatch.setattr(closing_steps, "_move_some", dies)
    with pytest.raises(OSError, match="power"):
        await closing_steps.carry_on(world.site)
    found = await closing.progress(world.site, QINGHE)
    assert found == closing.Progress(TODAY, "moving", 2, 0, 2)
    monkeypatch.setattr(closing_steps, "_move_some", real)
    assert await closing_steps.carry_on(world.site) == 2
    assert await world.one("SELECT COUNT(*) FROM member WHERE panel=?", TEAM_B) == 5


async def test_its_people_end_and_its_tablets_come_back_after_their_uploads(world: World) -> None:
    await offices(world)
    await serve(world, VILLAGE)
    tablet = await field(world, "07")
    await tablet.settle()
    async with desk(world, TIAN) as tian:
        world.clock.pass_(minutes=1)
        await closing.plan_closing(world.site, CHEN_SIGNED, QINGHE, TODAY)
        await closing_steps.carry_on(world.site)
        assert (await tian.post("/console/sign-out")).status_code == 401
    assert await world.one("SELECT state FROM account WHERE staff=?", TIAN) == "closed"
    assert await world.one("SELECT COUNT(*) FROM staff WHERE active=? AND facility=?", True,
                           QINGHE) == 0  # fmt: skip
    assert await tidy(world.site) == 0  # nothing heard of it yet
    world.clock.pass_(minutes=5)
    await tablet.go()
    assert await tidy(world.site) == 1
    assert await world.one("SELECT status FROM device") == "revoked"


async def test_until_the_day_it_can_be_undone(world: World) -> None:
    await offices(world)
    await closing.plan_closing(world.site, CHEN_SIGNED, QINGHE, "2026-12-01")
    await closing.undo_closing(world.site, CHEN_SIGNED, QINGHE)
    row = await world.one("SELECT published, closed_on FROM facility WHERE facility=?", QINGHE)
    assert (bool(row[0]), row[1]) == (True, None)
    faults = await closing.plan_closing(world.site, CHEN_SIGNED, QINGHE, "2026-11-19")
    assert [each.field for each in faults] == ["day"]
    await closing.plan_closing(world.site, CHEN_SIGNED, QINGHE, TODAY)
    await closing_steps.carry_on(world.site)
    with pytest.raises(RuleSaysNo):
        await closing.undo_closing(world.site, CHEN_SIGNED, QINGHE)
