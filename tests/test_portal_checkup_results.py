"""What a checkup day found, on the resident's own telephone: told of, read in plain words, and
reading it is being told.
"""

import pytest

from server.actions.archives.merging import Wish, merge
from server.actions.checkup import results
from server.actions.residents.acting import Acting
from server.actions.residents.reading import read
from sync import hall
from tests.console import TIAN, offices
from tests.halls import a_day, in_hall
from tests.lists import signed
from tests.portal import bind, phone, text_of
from tests.portal_life import counters, link
from tests.world import WU, YANG, ZHENG, ZHOU, World

HIGH = {"height": 1600, "weight": 640, "bp_l_sys": 172, "bp_l_dia": 96}
FINE = {"height": 1600, "weight": 560, "bp_l_sys": 124, "bp_l_dia": 76}


@pytest.fixture
async def day(world: World) -> bytes:
    await offices(world)
    await counters(world)
    for who in (ZHOU, YANG):
        await bind(world, who)
    return await a_day(world, (ZHOU, WU))


async def been(
    world: World, day: bytes, values: dict[str, int], name: str = "一", *, done: bool = True
) -> None:
    """ZHOU is checked in, measured, and has left."""
    there = await in_hall(world, day, name)
    await there.send(
        there.check_in(ZHOU), there.part(ZHOU, "basic", values=values),
        there.step(hall.CHECK_OUT, ZHOU),
    )  # fmt: skip
    world.clock.pass_(minutes=1)
    if done:
        await results.run(world.site)


async def feedback(world: World) -> list[str]:
    """Days of the feedback in the checkups that stand."""
    return [
        str(each.form.get("feedback_date", ""))
        for each in (await read(world.site, Acting(ZHOU, ZHOU))).entries
        if each.stands and each.kind == "health_check"
    ]


async def test_results_are_told_read_in_plain_words_and_reading_is_being_told(
    world: World, day: bytes
) -> None:
    path = f"/portal/checkup/results/{day.hex()}"
    await been(world, day, HIGH, done=False)
    async with phone(world, ZHOU) as zhou:
        assert "体检结果还在整理" in text_of(await zhou.get("/portal/"))
        assert "结果还没有出来" in text_of(await zhou.get(path))
        await results.run(world.site)
        await results.run(world.site)
        told = await world.rows("SELECT 1 FROM notice WHERE template='checkup_results'")
        assert len(told) == 1, "told once"
        assert "结果出来了" in text_of(await zhou.get("/portal/inbox"))
        home = await zhou.get("/portal/")
        assert "体检结果出来了" in text_of(home)
        assert f'href="{path}"' in home.text
        assert "结果出来了" in text_of(await zhou.get("/portal/checkup"))
        assert await feedback(world) == [""], "nobody has read them"
        page = await zhou.get(path)
        said = text_of(page)
        assert "11月20日的体检结果" in said
        assert "有 2 项 要留意" in said
        assert "172/96" in said
        assert "收缩压" not in said
        assert await feedback(world) == ["2026-11-20"]
        assert "/portal/archive/years" in page.text
        record = page.text.partition("/portal/archive/record/")[2].partition('"')[0]
        assert (await zhou.get(f"/portal/archive/record/{record}")).status_code == 200
        assert "体检结果出来了" not in text_of(await zhou.get("/portal/"))
    by = await world.one("SELECT how, by FROM checkup_letter WHERE who=?", ZHOU)
    assert by == ("portal", ZHOU)


async def test_nothing_abnormal_is_said_as_such_and_the_record_itself_tells_as_well(
    world: World, day: bytes
) -> None:
    await been(world, day, FINE)
    async with phone(world, ZHOU) as zhou:
        reading = await read(world.site, Acting(ZHOU, ZHOU))
        (checkup,) = [each for each in reading.entries if each.kind == "health_check"]
        done = await zhou.get(f"/portal/archive/record/{checkup.id.hex()}")
        assert done.status_code == 303
        assert done.headers["location"] != f"/portal/archive/record/{checkup.id.hex()}"
        assert (await zhou.get(done.headers["location"])).status_code == 200
        assert await feedback(world) == ["2026-11-20"]
        assert "没有发现异常" in text_of(await zhou.get(f"/portal/checkup/results/{day.hex()}"))


async def test_a_helper_tells_nobody_and_without_the_archive_sees_no_result(
    world: World, day: bytes
) -> None:
    await been(world, day, HIGH)
    path = f"/portal/checkup/results/{day.hex()}"
    await bind(world, WU)
    await bind(world, ZHENG)
    await link(world, ZHOU, WU, "helper", "D")
    await link(world, ZHOU, ZHENG, "helper", "A")
    async with phone(world, WU, ZHOU) as wu:
        shut = await wu.get(path)
        assert shut.status_code == 403
        assert "172/96" not in shut.text
        assert "体检结果" not in text_of(await wu.get("/portal/"))
    async with phone(world, ZHENG, ZHOU) as zheng:
        assert "172/96" in text_of(await zheng.get(path))
    assert await feedback(world) == [""]


async def test_results_of_somebody_else_are_answered_like_those_of_nobody(
    world: World, day: bytes
) -> None:
    await been(world, day, HIGH)
    async with phone(world, YANG) as yang:
        for name in (day.hex(), "ab" * 16):
            answer = await yang.get(f"/portal/checkup/results/{name}")
            assert answer.status_code == 404
            assert "172/96" not in answer.text
    assert await world.rows("SELECT 1 FROM checkup_letter") == []


async def test_results_stay_with_whoever_an_archive_was_joined_to(world: World, day: bytes) -> None:
    await been(world, day, HIGH)
    path = f"/portal/checkup/results/{day.hex()}"
    await merge(world.site, await signed(world, TIAN), Wish(WU, ZHOU, frozenset()))
    await bind(world, WU)
    async with phone(world, WU) as wu:
        assert "体检结果出来了" in text_of(await wu.get("/portal/"))
        assert "172/96" in text_of(await wu.get(path))
        assert "体检结果出来了" not in text_of(await wu.get("/portal/"))
