"""A resident whom no address brought to a team is given one on a page."""

from server.store.tx import Tx
from tests.console import CHEN, TIAN, desk, offices, text_of
from tests.world import DISTRICT, QIN, TEAM_A2, TEAM_B, ZHENG, ZHOU, World


async def two_wait(world: World) -> None:
    await offices(world)
    now = world.clock()

    async def write(tx: Tx) -> None:
        for who in (ZHOU, ZHENG):
            await tx.run("DELETE FROM member WHERE resident=?", who)
            await tx.run("UPDATE resident SET panel=NULL, facility=NULL WHERE resident=?", who)
        rows = [
            (DISTRICT, "unassigned", who, who, None, now, now + 10**9, None, None, "")
            for who in (ZHOU, ZHENG)
        ]
        await tx.insert("task", rows)

    await world.store.write(write)


async def test_the_county_says_whose_they_are_one_by_one_or_by_village(world: World) -> None:
    await two_wait(world)
    async with desk(world, CHEN) as chen:
        listed = await chen.get("/console/queue/unassigned")
        path = f"/console/unassigned/{ZHOU.hex()}"
        assert path in listed.text
        page = await chen.get(path)
        assert "周谷雨还没有责任单位" in text_of(page)
        assert "柳湾社区中心 柳湾一队" in page.text
        assert (await chen.post(path)).status_code == 422
        assert (await chen.post(path, panel=TEAM_B.hex())).status_code == 303
        assert (await chen.get(path)).status_code == 403, "nobody waits there any more"
        village = {"panel": TEAM_A2.hex(), "village": "371002001001"}
        other = f"/console/unassigned/{ZHENG.hex()}"
        assert (await chen.post(other, data=village)).status_code == 303
    assert await world.one("SELECT panel FROM resident WHERE resident=?", ZHOU) == TEAM_B


async def test_others_do_not_see_who_waits_at_the_county(world: World) -> None:
    await two_wait(world)
    for staff in (QIN, TIAN):
        async with desk(world, staff) as one:
            path = f"/console/unassigned/{ZHOU.hex()}"
            assert (await one.get(path)).status_code == 403
            assert (await one.post(path, panel=TEAM_B.hex())).status_code == 403
