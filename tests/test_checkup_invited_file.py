"""Whom to invite, from a file: every fault by line, and while there is one nothing is written."""

import pytest

from server.actions.checkup import invited, invited_file, upkeep
from server.actions.checkup.invited_file import Taken
from server.actions.checkup.invited_match import Matched
from server.actions.lists.sheets import read_sheet
from server.errors import NotYours
from server.store.tx import Tx
from tests.checkup_days import a_day, book, desk, planned, row, taken, tell_now, told
from tests.world import DISTRICT, HE, SU, WANG, WU, YANG, ZHENG, ZHOU, World, id_number

NUMBERS = {ZHENG: "37100200100100003", WANG: "37100200100100004"}


@pytest.fixture
async def plan(world: World) -> World:
    await planned(world)
    return world


async def sent(world: World, day: bytes, text: str, encoding: str = "utf-8") -> Matched:
    """Looked at, and taken over where nothing is wrong."""
    who = await desk(world)
    upload = await invited_file.send(world.site, who, day, text.encode(encoding))
    found = await invited_file.look(world.site, who, day, upload)
    taken_over = await invited_file.take_over(world.site, who, day, upload)
    assert isinstance(taken_over, Taken) == (not found.faults)
    return found


def said(found: Matched) -> list[tuple[int, str, str]]:
    return [(each.line, each.column, each.say) for each in found.faults]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk"])
async def test_people_are_named_by_id_number_archive_number_or_name_and_birth(
    plan: World, encoding: str
) -> None:
    day = await a_day(plan)
    name, birth = "郑㛃" if encoding != "gbk" else "", "1970-07-19" if encoding != "gbk" else ""
    found = await sent(
        plan, day,
        "证件号码,档案编号,姓名,出生日期,人群,时段\n"
        f"{id_number(WANG)},,,,高血压,8:30\n"
        f",{'' if name else NUMBERS[ZHENG]},{name},{birth},,\n"
        f"{id_number(ZHOU)},,,,,\n",
        encoding,
    )  # fmt: skip
    assert (found.lines, len(found.seats), found.fresh, found.slotted) == (3, 3, 2, 1)
    assert await row(plan, day, WANG) == ("invited", 2, "A001")
    assert (await row(plan, day, ZHENG))[:2] == ("invited", None)
    assert await plan.one("SELECT groups FROM checkup_person WHERE who=?", WANG) == '["htn"]'
    assert await plan.one("SELECT source FROM checkup_person WHERE who=?", ZHOU) == "plan"
    assert await taken(plan, day) == [0, 1, 0, 0]
    await tell_now(plan)
    assert await told(plan, WANG) == ["checkup_invited_at"]


async def test_every_fault_of_every_line_is_said_and_nothing_is_written(plan: World) -> None:
    day = await a_day(plan)
    await plan.store.write(
        lambda tx: tx.run("UPDATE resident SET status='dead' WHERE resident=?", WANG)
    )
    found = await sent(
        plan, day,
        "身份证号,档案编号,姓名,生日,人群,时段\n"
        f"{id_number(ZHENG)},,,,,08:00\n"
        f"{id_number(YANG)},,,,,\n"
        "12345,,,,,\n"
        f"{id_number(ZHENG)},,,,,\n"
        f"{id_number(WANG)},,,,,\n"
        ",,周谷雨,,,\n"
        f"{id_number(ZHOU)},,张三,,贵宾,25:00\n"
        f"{id_number(WU)},,,,,11:30\n",
    )  # fmt: skip
    assert [(line, column) for line, column, _ in said(found)] == [
        (3, "证件号码"), (4, "证件号码"), (5, ""), (6, "证件号码"), (7, "姓名"), (8, "人群"),
        (8, "时段"), (9, "时段"),
    ]  # fmt: skip
    text = " ".join(say for _, _, say in said(found))
    for hint in ("当天到现场登记", "现在是 5 位", "第 2 行是同一个人", "已登记去世", "出生日期"):
        assert hint in text
    assert "没有 11:30 开始的时段，这天有：08:00、08:30、09:00、09:30" in text
    assert await plan.rows("SELECT 1 FROM checkup_person WHERE who=?", ZHENG) == []


async def test_a_name_that_does_not_fit_the_number_is_a_fault(plan: World) -> None:
    day = await a_day(plan)
    found = await sent(plan, day, f"证件号码,姓名\n{id_number(ZHENG)},王䶮\n")
    assert [(line, column) for line, column, _ in said(found)] == [(2, "姓名")]


async def test_a_slot_is_filled_by_a_list_up_to_its_places(plan: World) -> None:
    day = await a_day(plan, capacity=1)
    await book(plan, ZHOU, day, 2)
    found = await sent(
        plan, day,
        "证件号码,时段\n"
        f"{id_number(ZHENG)},08:00\n{id_number(WANG)},08:00-08:30\n{id_number(ZHOU)},09:00\n",
    )  # fmt: skip
    assert [line for line, _, _ in said(found)] == [3, 4]
    assert "只剩 1 个名额" in said(found)[0][2]
    assert "已经约了 08:30" in said(found)[1][2]
    assert await taken(plan, day) == [0, 1, 0, 0]


async def test_a_list_without_headings_or_lines_says_what_it_needs(plan: World) -> None:
    day = await a_day(plan)
    for text, hint in (("张三,李四\n王五,赵六\n", "第一行要有列名"), ("证件号码\n", "没有内容")):
        (fault,) = said(await sent(plan, day, text))
        assert hint in fault[2]


async def test_the_empty_list_to_start_from_has_the_columns_that_are_read(plan: World) -> None:
    lines = list(read_sheet(invited_file.template()).lines)
    assert lines[0].cells == invited_file.HEADINGS
    day = await a_day(plan)
    found = await sent(plan, day, invited_file.template().decode("utf-8-sig"))
    assert {each.line for each in found.faults} <= {2, 3, 4}


async def test_a_list_is_its_senders_alone_and_taken_over_once(plan: World) -> None:
    day, who = await a_day(plan), await desk(plan)
    text = f"证件号码\n{id_number(ZHENG)}\n".encode()
    upload = await invited_file.send(plan.site, who, day, text)
    for other in (await desk(plan, SU), await desk(plan, HE)):
        with pytest.raises(NotYours):
            await invited_file.look(plan.site, other, day, upload)
        with pytest.raises(NotYours):
            await invited_file.take_over(plan.site, other, day, upload)
    assert await invited_file.take_over(plan.site, who, day, upload) == Taken(1, 0, 0)
    with pytest.raises(NotYours):
        await invited_file.take_over(plan.site, who, day, upload)
    with pytest.raises(NotYours):
        await invited_file.send(plan.site, await desk(plan, HE), day, text)


async def test_who_moves_dies_or_is_merged_afterwards_comes_off_the_list(plan: World) -> None:
    day, who = await a_day(plan), await desk(plan)
    for each in (ZHENG, WANG):
        await invited.add(plan.site, who, day, each)
    await tell_now(plan)
    await book(plan, ZHENG, day, 2)
    await book(plan, ZHOU, day, 3)
    home = await plan.one("SELECT facility FROM resident WHERE resident=?", YANG)

    async def befall(tx: Tx) -> None:
        await tx.run("UPDATE resident SET status='dead' WHERE resident=?", WU)
        await tx.run("UPDATE resident SET facility=? WHERE resident=?", home, ZHOU)
        await tx.run("UPDATE resident SET status='merged' WHERE resident=?", ZHENG)
        await tx.insert("merged", [(DISTRICT, ZHENG, WANG)])

    await plan.store.write(befall)
    assert await upkeep.run(plan.site) == 3
    assert await upkeep.run(plan.site) == 0
    assert (await row(plan, day, WU))[0] == "removed"
    assert (await row(plan, day, ZHOU))[:2] == ("removed", None)
    assert (await row(plan, day, ZHENG))[:2] == ("removed", None)
    assert (await row(plan, day, WANG))[:2] == ("invited", 2)
    assert await taken(plan, day) == [0, 1, 0, 0]
    await tell_now(plan)
    assert (await told(plan, ZHOU))[-1] == "checkup_unbooked"
    assert await told(plan, WU) == ["checkup_invited"], "nobody writes to the dead"
