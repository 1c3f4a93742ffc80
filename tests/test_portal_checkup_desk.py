"""At a desk a time of a checkup day is booked for somebody who is there: as in the portal, with a
notice and the way to take it back.
"""

import pytest

from tests import checkup_days
from tests.checkup_days import a_day, planned
from tests.console import desk, session_of, text_of
from tests.portal import bind, phone
from tests.portal import text_of as portal_text
from tests.portal_life import counters, link
from tests.world import HE, QIN, WU, YANG, ZHENG, ZHOU, World

HERE = f"/console/archives/{ZHOU.hex()}/for"


@pytest.fixture
async def day(world: World) -> bytes:
    await planned(world)
    await counters(world)
    await bind(world, ZHOU)
    return await a_day(world)


async def test_a_time_is_booked_moved_and_given_back_for_somebody_who_is_there(
    world: World, day: bytes
) -> None:
    async with desk(world, QIN) as qin:
        assert (await qin.get(f"{HERE}/checkup")).headers["location"] == HERE, "nobody is there"
        await qin.post(HERE)
        assert "约体检" in text_of(await qin.get(HERE))
        assert "08:30–09:00 还有 2 个" in text_of(await qin.get(f"{HERE}/checkup"))
        done = await qin.post(f"{HERE}/checkup/{day.hex()}/book", person=ZHOU.hex(), slot="2")
        assert "约好了" in text_of(await qin.get(done.headers["location"]))
        assert await checkup_days.row(world, day, ZHOU) == ("invited", 2, "A001")
        assert "约了 08:30–09:00，序号 A001" in text_of(await qin.get(f"{HERE}/checkup"))
    assert await checkup_days.told(world, ZHOU) == ["checkup_booked"]
    told = await world.rows("SELECT template FROM notice WHERE resident=?", ZHOU)
    assert ("assisted_act",) in told
    async with phone(world, ZHOU) as zhou:
        helped = await zhou.get("/portal/helped")
        assert "预约" in portal_text(helped)
        assert f'href="/portal/checkup/day/{day.hex()}"' in helped.text, "where it is taken back"
        await zhou.post(f"/portal/checkup/day/{day.hex()}/cancel")
        assert "撤回了" in portal_text(await zhou.get("/portal/helped"))
    assert await checkup_days.row(world, day, ZHOU) == ("invited", None, "A001")
    async with desk(world, QIN) as qin:
        await qin.post(f"{HERE}/checkup/{day.hex()}/book", person=ZHOU.hex(), slot="1")
        await qin.post(f"{HERE}/checkup/{day.hex()}/cancel", person=ZHOU.hex())
    assert await checkup_days.taken(world, day) == [0, 0, 0, 0]


async def test_what_cannot_be_booked_says_why_and_nobody_else_books(
    world: World, day: bytes
) -> None:
    other = f"/console/archives/{YANG.hex()}/for/checkup"
    async with desk(world, QIN) as qin:
        await qin.post(HERE)
        path = f"{HERE}/checkup/{day.hex()}/book"
        assert "选一个时间" in text_of(await qin.post(path, person=ZHOU.hex()))
        stranger = await qin.post(path, person=WU.hex(), slot="1")
        assert "选谁在场" in text_of(stranger)
        nobodys = await qin.post(f"{HERE}/checkup/{'ab' * 16}/book", person=ZHOU.hex(), slot="1")
        assert nobodys.status_code == 403
        assert (await qin.post(f"{HERE}/checkup/{day.hex()}/sell")).status_code == 403
        world.clock.pass_(minutes=31)
        qin.token = await session_of(world, QIN)
        late = await qin.post(path, person=ZHOU.hex(), slot="1")
        assert late.headers["location"] == HERE, "half an hour later somebody looks again"
        assert (await qin.get(other)).status_code == 403
    async with desk(world, HE) as he:
        assert (await he.get(f"{HERE}/checkup")).status_code == 403
    assert await checkup_days.taken(world, day) == [0, 0, 0, 0]


async def test_a_helper_who_may_act_stands_at_the_desk_for_an_elder(
    world: World, day: bytes
) -> None:
    await link(world, ZHOU, ZHENG, "helper", "D")
    async with desk(world, QIN) as qin:
        await qin.post(HERE)
        page = await qin.get(f"{HERE}/checkup")
        assert "家人 郑㛃" in page.text
        done = await qin.post(f"{HERE}/checkup/{day.hex()}/book", person=ZHENG.hex(), slot="4")
        assert done.status_code == 303
    acts = await world.rows("SELECT person, what FROM family_act WHERE resident=?", ZHOU)
    assert acts == [(ZHENG, "booking")]
