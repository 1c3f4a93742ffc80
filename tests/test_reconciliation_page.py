"""The pages of comparisons, as county, manager, doctor and who has no scope see them."""

from tests.console import CHEN, TIAN, desk, text_of
from tests.lists import county
from tests.test_import_kinds import line, scope, take
from tests.test_reconciliation import compared, there
from tests.world import SU, WU, YANG, ZHENG, ZHOU, World


async def prepared(world: World) -> str:
    """A comparison of mental disorders; its address."""
    await county(world)
    for staff in (CHEN, TIAN):
        await scope(world, staff)
    for who in (ZHOU, WU, YANG):
        await take(world, CHEN, "smd_followup", line("smd_followup", who))
    job = await compared(world, CHEN, there(ZHOU), there(WU, "死亡"), there(ZHENG), there(None))
    return f"/console/reconciliation/{job.id.hex()}"


async def test_the_county_reads_counts_and_the_share_of_a_thousand_without_names(
    world: World,
) -> None:
    where = await prepared(world)
    async with desk(world, CHEN) as chen:
        page = text_of(await chen.get("/console/reconciliation"))
        assert "严重精神障碍登记" in page
        assert "来自国家严重精神障碍信息系统，那边 11-20 07:00 导出" in page
        assert "检出率（目标 4.20‰）" in page
        assert "青禾镇卫生院 1 1 1 0 2 3 2 4 750.00‰" in page
        assert "全县 1 1 2 1 4 4 3 5 800.00‰" in page
        for name in ("周谷雨", "吴𠮷祥", "郑㛃", "冯小雪"):
            assert name not in page
        listed = text_of(await chen.get(where))
        assert "冯小雪" in listed
        assert "周谷雨" not in listed


async def test_a_facility_works_at_its_lines_and_no_page_names_person_and_condition(
    world: World,
) -> None:
    where = await prepared(world)
    async with desk(world, TIAN) as tian:
        listed = await tian.get(where)
        assert "随访服务，3 行" in text_of(listed)
        for path in (where, f"{where}/2", f"{where}/3", f"{where}/4"):
            page = await tian.get(path)
            assert page.status_code == 200
            assert "精神" not in page.text
        line_page = text_of(await tian.get(f"{where}/3"))
        assert "那边已经结束（死亡、迁出或结案），这里还在管" in line_page
        assert "在管状态 死亡 在管" in line_page
        empty = await tian.post(f"{where}/4/close", note="")
        assert empty.status_code == 422
        assert "请写一句是怎么办的" in text_of(empty)
        assert (await tian.post(f"{where}/4/close", note="已问过")).status_code == 303
        assert "郑㛃" not in text_of(await tian.get(where))
        assert "已问过" in text_of(await tian.get(f"{where}?state=closed"))
        assert (await tian.post(f"{where}/4/reopen")).status_code == 303
        assert (await tian.post(f"{where}/4/again")).status_code == 303
        assert "刚才又对了一次" in text_of(await tian.get(f"{where}/4?again=1"))
        matched = await tian.post(f"{where}/4/again", archive_no="1")
        assert matched.status_code == 422
        assert "本机构没有这个编号的档案" in text_of(matched)
        nobodys = await tian.get(f"{where}/5")  # whose facility nobody knows: the county's
        assert nobodys.status_code == 403
        assert (await tian.post(f"{where}/delete")).status_code == 403


async def test_without_the_scope_there_is_nothing_to_see(world: World) -> None:
    where = await prepared(world)
    async with desk(world, SU) as su:
        assert "还没有对过账" in text_of(await su.get("/console/reconciliation"))
        for path in (where, f"{where}/2", f"{where}/0", f"{where}/99999999"):
            assert (await su.get(path)).status_code == 403
        for step in ("close", "again", "reopen"):
            assert (await su.post(f"{where}/2/{step}", note="x")).status_code == 403
