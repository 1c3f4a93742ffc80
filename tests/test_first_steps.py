"""A new county and a new facility are told where to begin, until they have begun."""

from server.store.tx import Tx
from tests.console import CHEN, MA, TIAN, desk, offices, text_of
from tests.world import World, field


async def without_residents(tx: Tx) -> None:
    for table in ("resident_card", "resident"):
        await tx.run(f"DELETE FROM {table}")
    await tx.run("UPDATE facility SET level='station' WHERE level='facility'")


async def test_an_empty_county_is_led_from_page_to_page(world: World) -> None:
    await offices(world)
    await world.store.write(without_residents)
    async with desk(world, CHEN) as chen:
        home = await chen.get("/console/")
        said = "先到「机构」上传名单，再到「导入」读入居民，然后在「平板」登记平板。"
        assert said in text_of(home).replace(" ", "")
        for path in ("organisations", "imports", "devices"):
            assert f'<a href="/console/{path}">' in home.text
        assert said in text_of(await chen.get("/console/account?done=ready")).replace(" ", "")
        assert said not in text_of(await chen.get("/console/account")).replace(" ", "")


async def test_a_facility_with_a_tablet_has_begun(world: World) -> None:
    await offices(world)
    async with desk(world, TIAN) as tian:
        text = text_of(await tian.get("/console/")).replace(" ", "")
        assert "接下来在「平板」登记平板。" in text
        await field(world, "01")
        assert "登记平板。" not in text_of(await tian.get("/console/")).replace(" ", "")
    async with desk(world, MA) as ma:
        assert "登记平板" not in text_of(await ma.get("/console/account?done=ready"))
