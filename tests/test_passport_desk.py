"""The health passport at the desk: printed for somebody who is there, and for nobody else."""

from tests.console import desk, text_of
from tests.portal import bind, phone
from tests.portal import text_of as portal_text
from tests.test_corrections import ready
from tests.world import QIN, SU, ZHOU, World

HERE = f"/console/archives/{ZHOU.hex()}/for"


async def test_the_desk_prints_the_same_sheet_that_the_portal_shows(world: World) -> None:
    su, _ = await ready(world)
    su.tablet.save_edit(ZHOU, {"drug_allergy/3": True}, "2026-11-20")
    await su.settle()
    async with desk(world, SU) as counter:
        absent = await counter.get(f"{HERE}/passport")
        assert absent.headers["location"] == HERE
        await counter.post(HERE)
        assert "健康护照" in text_of(await counter.get(HERE))
        printed = text_of(await counter.get(f"{HERE}/passport"))
    assert "过敏" in printed
    assert "磺胺" in printed
    async with phone(world, ZHOU) as own:
        shown = portal_text(await own.get("/portal/passport"))
        for row in ("过敏", "血型", "责任机构", "生成"):
            assert row in shown
            assert row in printed
        assert "苏" in portal_text(await own.get("/portal/looked")), "the reading is logged"


async def test_nobody_of_another_place_prints_it(world: World) -> None:
    await ready(world)
    await bind(world, ZHOU)
    async with desk(world, QIN) as other:
        answer = await other.get(f"{HERE}/passport")
        assert answer.status_code in (303, 403)
