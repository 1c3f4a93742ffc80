"""Whose it is, is asked inside the act: what moves away while an act waits is not touched by it."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from server.actions.archives import matters
from server.actions.archives.matters import Act
from server.actions.places import cases, switching, unassigned
from server.actions.places.switching import Wish
from server.actions.tablets import enrol_desk, tablets
from server.errors import NotAllowed, NotYours, RuleSaysNo
from server.store.tx import Tx
from tests.console import CHEN, TIAN, desk, offices, text_of
from tests.forge import Forger, everything, forger
from tests.queues import busy_day
from tests.test_queues import person
from tests.test_special_cases import claim, moved_here
from tests.world import (
    DISTRICT,
    HE,
    LIUWAN,
    QIN,
    QINGHE,
    SU,
    TEAM_A,
    TEAM_A2,
    TEAM_B,
    WU,
    XIE,
    YANG,
    ZHENG,
    ZHOU,
    World,
    enrol_by_hand,
)  # fmt: skip

Change = Callable[[Tx], Awaitable[object]]


async def overtaken(world: World, change: Change, act: Awaitable[object]) -> None:
    """Begins `act` while a transaction that has done `change` is open; it must find it done."""
    loop, done, over = asyncio.get_running_loop(), asyncio.Event(), threading.Event()

    async def write(tx: Tx) -> None:
        await change(tx)
        loop.call_soon_threadsafe(done.set)
        if tx.dialect == "sqlite":  # its transaction has a thread of its own
            over.wait(10)
            return
        while not over.is_set():  # noqa: ASYNC110 (set by the same loop, a moment later)
            await asyncio.sleep(0.01)

    first = asyncio.create_task(world.store.write(write))
    await done.wait()
    second = asyncio.ensure_future(act)
    await asyncio.sleep(0.2)
    over.set()
    await first
    with pytest.raises((NotYours, NotAllowed)):
        await second


def elsewhere(device: bytes) -> Change:
    async def change(tx: Tx) -> None:
        await tx.run("UPDATE device SET facility=? WHERE device=?", LIUWAN, device)
        await tx.run("UPDATE task SET facility=? WHERE subject=?", LIUWAN, device)

    return change


def moved(resident: bytes) -> Change:
    async def change(tx: Tx) -> None:
        place = (TEAM_B, LIUWAN, resident)
        await tx.run("UPDATE resident SET panel=?, facility=? WHERE resident=?", *place)
        await tx.run("UPDATE task SET facility=? WHERE resident=?", LIUWAN, resident)

    return change


@pytest.mark.parametrize("act", ["revoke", "lose", "allow_epoch", "reinstate", "confirm"])
async def test_a_tablet_that_became_anothers_is_not_ended_here(world: World, act: str) -> None:
    await offices(world)
    tablet = await forger(world)
    tablet.epoch = 2
    await tablet.send(tablet.visit(ZHOU))
    device, site = tablet.keys.device, world.site
    tian = await person(world, TIAN)
    acts: dict[str, Callable[[], Awaitable[Any]]] = {
        "revoke": lambda: tablets.revoke(site, tian, device, "broken"),
        "lose": lambda: tablets.lose(site, tian, device, world.clock()),
        "allow_epoch": lambda: tablets.allow_epoch(site, tian, device),
        "reinstate": lambda: tablets.reinstate(site, tian, device),
        "confirm": lambda: matters.end(site, tian, "epoch", device, Act("confirm", "", "")),
    }
    await overtaken(world, elsewhere(device), acts[act]())
    assert await world.one("SELECT status FROM device") == "enrolled"
    assert await world.one("SELECT epoch_allowed FROM device") == 1


@pytest.mark.parametrize("kind", ["held", "identity"])
async def test_a_task_that_moved_with_its_resident_is_not_ended_here(
    world: World, kind: str
) -> None:
    day = await busy_day(world)
    subject, who, way = {
        "held": (day.held, ZHENG, "release"), "identity": (day.name, WU, "accept")
    }[kind]  # fmt: skip
    qin = await person(world, QIN)
    act = matters.end(world.site, qin, kind, subject, Act(way, "", "核对"))
    await overtaken(world, moved(who), act)
    assert (
        await world.one("SELECT result FROM task WHERE kind=? AND subject=?", kind, subject) == ""
    )


async def test_a_switch_and_a_case_are_of_the_facility_that_has_the_resident(world: World) -> None:
    await moved_here(world)
    qin = await person(world, QIN)
    wish = Wish(ZHOU, TEAM_A2, "choice", None, None, "办理换机构")
    await overtaken(world, moved(ZHOU), switching.switch(world.site, qin, wish))
    await overtaken(world, moved(YANG), cases.ask(world.site, qin, claim()))
    assert await world.one("SELECT COUNT(*) FROM special_case") == 0


async def test_a_manager_assigns_only_who_waits_in_the_own_queue(world: World) -> None:
    await offices(world)
    now = world.clock()

    async def waits(tx: Tx) -> None:
        await tx.run("DELETE FROM member WHERE resident=?", ZHOU)
        await tx.run("UPDATE resident SET panel=NULL, facility=NULL WHERE resident=?", ZHOU)
        row = (DISTRICT, "unassigned", ZHOU, ZHOU, QINGHE, now, now + 10**9, None, None, "")
        await tx.insert("task", [row])

    async def to_the_county(tx: Tx) -> None:
        await tx.run("UPDATE resident SET rev=rev WHERE resident=?", ZHOU)
        await tx.run("UPDATE task SET facility=NULL WHERE subject=?", ZHOU)

    await world.store.write(waits)
    tian = await person(world, TIAN)
    await overtaken(world, to_the_county, unassigned.assign(world.site, tian, ZHOU, TEAM_A))
    await unassigned.assign(world.site, await person(world, CHEN), ZHOU, TEAM_A)


async def test_a_tablet_carries_only_what_its_user_serves_today(world: World) -> None:
    await offices(world)
    async with desk(world, TIAN) as tian:
        path = "/console/devices/enrol"
        offered = text_of(await tian.get(f"{path}?staff={XIE.hex()}"))
        assert "青禾一队" in offered
        assert "青禾二队" not in offered
        assert "今天不在任何团队" in text_of(await tian.get(f"{path}?staff={QIN.hex()}"))
        assert (await tian.get(f"{path}?staff={HE.hex()}")).status_code == 403
        form = {"staff": XIE.hex(), "panels": TEAM_A2.hex(), "label": "9", "restricted": "no",
                "suite": "1"}  # fmt: skip
        assert (await tian.post(path, data=form)).status_code == 422
        locum = (DISTRICT, TEAM_A2, XIE, "locum", "2026-11-20", "2026-11-22")
        columns = "district, panel, staff, ground, from_day, until_day"
        await world.store.write(
            lambda tx: tx.run(f"INSERT INTO team_member ({columns}) VALUES (?,?,?,?,?,?)", *locum)
        )
        assert (await tian.post(path, data=form)).status_code == 303
        world.clock.pass_(days=3)
    new = enrol_desk.NewTablet(QINGHE, XIE, (TEAM_A2,), "9", 1, restricted=False)
    with pytest.raises(RuleSaysNo, match="not_served"):
        await enrol_desk.offer(world.site, await person(world, TIAN), new)


async def suspended(world: World) -> Forger:
    liar = await forger(world)
    await liar.send(*[liar.visit(YANG) for _ in range(world.site.rules.strangers_per_day + 1)])
    assert await world.one("SELECT status FROM device") == "suspended"
    return liar


async def test_a_suspended_tablet_is_reinstated_and_its_next_exchange_is_normal(
    world: World,
) -> None:
    await offices(world)
    liar = await suspended(world)
    other = await enrol_by_hand(world, "21", staff=HE, panels=(TEAM_B,))
    waits = "SELECT COUNT(*) FROM task WHERE kind='quarantine' AND closed_at IS NULL"
    before = await world.one(waits)
    path = f"/console/devices/{liar.keys.device.hex()}"
    async with desk(world, TIAN) as tian, desk(world, SU) as su:
        assert "查清了，恢复使用" in text_of(await tian.get(path))
        assert (await su.post(f"{path}/reinstate")).status_code == 403
        assert (
            await tian.post(f"/console/devices/{other.device.hex()}/reinstate")
        ).status_code == 403
        assert (await tian.post(f"{path}/reinstate")).status_code == 303
        page = text_of(await tian.get(f"{path}?done=reinstated"))
        assert "恢复使用了" in page
        assert "查清了，恢复使用" not in page
    assert await world.one("SELECT result FROM task WHERE kind='suspended'") == "reinstated"
    assert await world.one(waits) == before, "what it left is still to be decided"
    reply = await liar.send(liar.visit(ZHOU), cursors=everything())
    assert reply.state() == ("applied", "")
    assert reply.answer.pages != ()
    assert (
        await world.one("SELECT status FROM device WHERE device=?", liar.keys.device) == "enrolled"
    )
    with pytest.raises(RuleSaysNo, match="not_suspended"):
        await tablets.reinstate(world.site, await person(world, TIAN), liar.keys.device)
