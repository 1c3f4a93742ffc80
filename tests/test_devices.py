"""A tablet that is revoked, lost or restored goes on delivering, and a person decides."""

import pytest

from server.actions.keeping.verify import verify_journal
from server.actions.tablets import devices
from server.errors import RuleSaysNo
from sync import wire
from tests.hand_tablet import HandTablet
from tests.world import SU, TEAM_A, WU, YANG, ZHENG, ZHOU, World, enrol_by_hand


async def a_tablet(world: World) -> HandTablet:
    return HandTablet(world, await enrol_by_hand(world, "一号", staff=SU, panels=(TEAM_A,)))


async def states(world: World) -> list[tuple[str, str]]:
    rows = await world.rows(
        "SELECT state, reason FROM change WHERE device IS NOT NULL ORDER BY epoch, seq, idx"
    )
    return [(state, reason) for state, reason in rows]


@pytest.mark.parametrize("how", ["revoked", "lost"])
async def test_what_arrives_after_the_end_waits_and_the_tablet_is_told_to_wipe(
    world: World, how: str
) -> None:
    tablet = await a_tablet(world)
    await tablet.send(tablet.visit(ZHOU))
    if how == "lost":
        await devices.mark_lost(world.site, tablet.keys.device, world.clock())
    else:
        await devices.revoke(world.site, tablet.keys.device, "staff_left")
    world.clock.pass_(hours=1)
    answer = await tablet.send(tablet.visit(WU))
    assert await states(world) == [("applied", ""), ("quarantined", "device_not_trusted")]
    assert answer.receipt is not None, "a doctor's work is never dropped"
    assert [command.do for command in answer.commands] == ["wipe"]
    assert answer.pages == ()


async def test_marking_lost_lists_what_came_after_it_was_last_seen_safe(world: World) -> None:
    tablet = await a_tablet(world)
    await tablet.send(tablet.visit(ZHOU))
    world.clock.pass_(hours=1)
    safe = world.clock()
    world.clock.pass_(hours=1)
    late = tablet.visit(WU)
    await tablet.send(late)
    lost = await devices.mark_lost(world.site, tablet.keys.device, safe)
    assert [change.change for change in lost.changes] == [late.id]
    assert lost.changes[0].received_at == world.clock()
    assert set(lost.residents) == {ZHOU, WU, ZHENG}
    assert await world.one("SELECT safe_until FROM device") == safe


async def test_a_new_chain_epoch_waits_until_it_is_confirmed_and_is_then_judged_in_full(
    world: World,
) -> None:
    tablet = await a_tablet(world)
    await tablet.send(tablet.visit(ZHOU))
    tablet.epoch, tablet.seq = 2, 0
    await tablet.send(
        tablet.visit(WU), tablet.edit(ZHENG, address="村东头"), tablet.visit(YANG), tablet.visit(WU)
    )
    waiting = ("quarantined", "epoch_unconfirmed")
    assert await states(world) == [("applied", ""), waiting, waiting, waiting, waiting]
    await devices.confirm_epoch(world.site, tablet.keys.device, staff=SU)
    assert await states(world) == [
        ("applied", ""),
        ("applied", ""),
        ("applied", ""),
        ("quarantined", "not_in_panel"),  # of another facility: confirmed is not exempted
        ("applied", ""),
    ]
    assert await world.rows("SELECT 1 FROM task WHERE kind='epoch' AND closed_at IS NULL") == []
    answer = await tablet.send(tablet.visit(ZHOU))
    assert (await states(world))[-1] == ("applied", "")
    assert {outcome.state for outcome in answer.outcomes} == {"applied", "quarantined"}
    assert (await verify_journal(world.site)).faults == ()


async def test_a_record_of_a_stranger_stays_in_quarantine_when_an_epoch_is_confirmed(
    world: World,
) -> None:
    tablet = await a_tablet(world)
    tablet.epoch = 2
    nobody = wire.Change(
        id=bytes(15) + b"\x01", resident=bytes(15) + b"\x02", kind="htn_followup", v=1,
        on="2026-11-20", at=world.clock(), body=tablet.visit(ZHOU).body,
    )  # fmt: skip
    await tablet.send(nobody, tablet.visit(ZHOU))
    assert await devices.confirm_epoch(world.site, tablet.keys.device, staff=SU) == 1
    assert await states(world) == [("quarantined", "not_in_panel"), ("applied", "")]


async def test_a_revoked_tablets_epoch_is_not_confirmed(world: World) -> None:
    tablet = await a_tablet(world)
    await devices.revoke(world.site, tablet.keys.device, "staff_left")
    with pytest.raises(RuleSaysNo):
        await devices.confirm_epoch(world.site, tablet.keys.device, staff=SU)
