"""A switch at the desk, and the special case that only the county decides."""

import pytest

from server.actions.places import cases, move, switching
from server.actions.places.cases import Claim
from server.actions.places.switching import Wish
from server.actions.tablets import enrol_desk, tablets
from server.errors import NotYours, RuleSaysNo
from server.rules import switch as rule
from tests.console import CHEN, TIAN, desk, offices
from tests.test_queues import person
from tests.world import (
    HE,
    LIUWAN,
    QIN,
    TEAM_A,
    TEAM_B,
    YANG,
    ZHOU,
    World,
    an_id,
    enrol_by_hand,
)


def claim(**more: object) -> Claim:
    made = {
        "resident": YANG, "panel": TEAM_B, "code": "pregnancy", "evidence": "孕产妇手册",
        "reason": "办理换机构",
    }  # fmt: skip
    return Claim(**{**made, **more})  # type: ignore[arg-type]


async def moved_here(world: World) -> None:
    """Yang switched to Qinghe today: the year has begun."""
    await offices(world)
    ask = move.Ask(resident=YANG, panel=TEAM_A, ground="moved", by=QIN, at_new_desk=True)
    await move.switch(world.site, ask)
    world.clock.pass_(days=30)


async def test_a_switch_at_the_desk_is_recorded_and_can_be_taken_back(world: World) -> None:
    await offices(world)
    qin = await person(world, QIN)
    wish = Wish(ZHOU, TEAM_B, "choice", None, None, "办理换机构")
    outcome = await switching.switch(world.site, qin, wish)
    assert isinstance(outcome, rule.Granted)
    found = await switching.standing(world.site, qin, ZHOU, LIUWAN, "办理换机构")
    assert found.scheduled is not None
    assert (found.scheduled.facility, found.may_undo) == ("柳湾社区中心", True)
    assert [(each.name, each.residents, each.full) for each in found.teams] == [
        ("柳湾一队", 1, False)
    ]
    await switching.undo(world.site, qin, ZHOU, "办理换机构")
    assert await world.one("SELECT status FROM switch") == "withdrawn"
    with pytest.raises(NotYours):
        await switching.switch(world.site, await person(world, HE), wish)


async def test_a_case_is_needed_before_the_year_is_over_and_only_then(world: World) -> None:
    await moved_here(world)
    qin = await person(world, QIN)
    with pytest.raises(RuleSaysNo, match="Granted"):
        await cases.ask(world.site, qin, claim(resident=ZHOU))
    with pytest.raises(RuleSaysNo, match="NeedsSpecialCase"):
        await cases.ask(world.site, qin, claim(code="no_such_case"))
    name = await cases.ask(world.site, qin, claim())
    with pytest.raises(RuleSaysNo, match="case_waits"):
        await cases.ask(world.site, qin, claim())
    due, facility = await world.one("SELECT due_at, facility FROM task WHERE subject=?", name)
    assert facility is None, "the county's, nobody else's"
    assert (due - world.clock()) // 86_400_000 == world.site.rules.special_case_due_days
    sealed = await world.one("SELECT sealed FROM special_case")
    assert "孕产妇".encode() not in bytes(sealed)


async def test_only_the_county_decides_and_a_refusal_has_a_reason(world: World) -> None:
    await moved_here(world)
    name = await cases.ask(world.site, await person(world, QIN), claim())
    for staff in (QIN, HE, TIAN):
        async with desk(world, staff) as one:
            assert (await one.get(f"/console/case/{name.hex()}")).status_code == 403
            assert (await one.post(f"/console/case/{name.hex()}", way="allow")).status_code == 403
    county = await person(world, CHEN)
    with pytest.raises(RuleSaysNo, match="reason_missing"):
        await cases.decide(world.site, county, name, allow=False, text="")
    await cases.decide(world.site, county, name, allow=False, text="手册是去年的。")
    with pytest.raises(NotYours):
        await cases.decide(world.site, county, name, allow=True, text="")
    found = await cases.case(world.site, county, name, "审核")
    assert (found.state, found.decision, found.evidence) == (
        "refused", "手册是去年的。", "孕产妇手册",
    )  # fmt: skip
    assert await world.one("SELECT COUNT(*) FROM switch WHERE cause='special'") == 0


async def test_a_manager_has_the_own_facilitys_tablets_and_the_county_all(world: World) -> None:
    await offices(world)
    ours = await enrol_by_hand(world, "07", staff=QIN, panels=(TEAM_A,))
    theirs = await enrol_by_hand(world, "21", staff=HE, panels=(TEAM_B,))
    tian, county = await person(world, TIAN), await person(world, CHEN)
    assert [t.label for t in await tablets.tablets(world.site, tian)] == ["07"]
    assert len(await tablets.tablets(world.site, county)) == 2
    with pytest.raises(NotYours):
        await tablets.revoke(world.site, tian, theirs.device, "broken")
    with pytest.raises(NotYours):
        await tablets.tablets(world.site, await person(world, QIN))
    new = enrol_desk.NewTablet(LIUWAN, HE, (TEAM_B,), "x", 1, restricted=False)
    with pytest.raises(NotYours):
        await enrol_desk.offer(world.site, tian, new)
    async with desk(world, TIAN) as one:
        for device in (theirs.device, an_id("没有这台")):
            path = f"/console/devices/{device.hex()}"
            assert (await one.get(path)).status_code == 403
            for act in ("revoke", "lost", "epoch"):
                form = {"reason": "broken", "day": "2026-11-20", "time": "07:00"}
                assert (await one.post(f"{path}/{act}", data=form)).status_code == 403
        path = f"/console/devices/{ours.device.hex()}"
        assert (await one.post(f"{path}/lost", data={"day": "2026-11-20"})).status_code == 422
        late = await one.post(f"{path}/lost", data={"day": "2026-11-20", "time": "23:00"})
        assert late.status_code == 422
        assert (await one.post(f"{path}/revoke", reason="broken")).status_code == 303
    assert await world.one("SELECT status FROM device WHERE device=?", ours.device) == "revoked"
