"""Old checkups and follow-ups from a list: found by ID number, unsigned, once."""

from datetime import date
from typing import Any

import msgspec

from server.actions.archives import afterwork
from server.actions.archives.life import step
from server.rules.life import Asked, Life, May
from server.store.vault import T_CHANGE
from sync import wire
from tests.console import CHEN, TIAN
from tests.lists import carry_out, county, endings, signed
from tests.world import QIN, QINGHE, TEAM_A, WU, YANG, ZHOU, World, field, id_number

HEADINGS = (
    "姓名,身份证号,随访日期,随访方式,症状,收缩压,舒张压,体重,服药依从性,此次随访分类,随访机构"
)


def raw(*rows: str) -> bytes:
    return "\n".join([HEADINGS, *rows]).encode("gb18030")


async def test_old_followups_become_unsigned_records_of_their_archives(world: World) -> None:
    await county(world)
    tablet = await field(world, "甲")
    await tablet.settle()
    who = await signed(world, CHEN)
    lines = raw(
        f"周谷雨,{id_number(ZHOU)},2025-05-06,家庭,头痛头晕、心悸胸闷,156,92,61.5,规律,控制不满意,青禾镇卫生院",
        f"吴𠮷祥,{id_number(WU)},2025/5/7,门诊,无症状,138,84,,间断,控制满意,",
        f"不在册,{'37100219550312003X'},2025-05-06,门诊,,120,80,,,,",
        f"写错了,{id_number(WU)},2025-05-08,视频,,120,80,,,,",
        f"颠倒了,{id_number(WU)},2025-05-09,门诊,,80,120,,,,",
        f"太高了,{id_number(WU)},2025-05-10,门诊,,400,80,,,,",
        f"没日子,{id_number(WU)},,门诊,,120,80,,,,",
        f"将来的,{id_number(WU)},2027-01-01,门诊,,120,80,,,,",
        f"空的,{id_number(WU)},2025-05-11,,,,,,,,",
    )
    job = await carry_out(world, who, lines, "htn_followup")
    found = await endings(world, job)
    assert {name: each.outcome.value for name, each in found.items()} == {
        "周谷雨": "created", "吴𠮷祥": "created", "不在册": "refused", "写错了": "refused",
        "颠倒了": "refused", "太高了": "refused", "没日子": "refused", "将来的": "refused",
        "空的": "refused",
    }  # fmt: skip
    assert "没有这个证件号码的档案" in found["不在册"].reason
    assert "随访方式没有“视频”这个选项" in found["写错了"].reason
    assert "收缩压应高于舒张压" in found["颠倒了"].reason
    assert "收缩压应在 60 到 260" in found["太高了"].reason
    row = (
        await world.rows(
            "SELECT change, body, author, device, staff, credit, credit_facility, state "
            "FROM change WHERE resident=? AND day='2025-05-06'",
            ZHOU,
        )
    )[0]
    assert row[2:] == ("import", None, CHEN, "author", QINGHE, "applied")
    key = await world.one("SELECT key FROM resident WHERE resident=?", ZHOU)
    place = world.site.vault.at(T_CHANGE, row[0], ZHOU)
    change = wire.change(world.site.vault.key(ZHOU, key).open(place, row[1])[16:])
    body: dict[str, Any] = msgspec.json.decode(change.body)  # type: ignore[arg-type]
    assert body["weight"] == 615
    assert body["symptoms"] == ["2", "6"]
    await tablet.settle()
    assert row[0] in {
        wire.change(bytes(each.change)).id for each in tablet.tablet.archive.events(ZHOU)
    }
    root = await world.one("SELECT root_open FROM panel WHERE panel=?", TEAM_A)
    assert tablet.tablet.archive.root(TEAM_A) == root
    assert await afterwork.catch_up(world.site)


async def test_the_same_line_is_one_record_and_another_of_that_day_is_a_persons_matter(
    world: World,
) -> None:
    await county(world)
    who = await signed(world, CHEN)
    line = f"周谷雨,{id_number(ZHOU)},2025-05-06,家庭,,156,92,,,,"
    first = await carry_out(world, who, raw(line, line.replace("周谷雨", "又一次")), "htn_followup")
    assert (first.created, first.matched) == (1, 1)
    again = await carry_out(
        world,
        who,
        raw(line, line.replace("156", "150").replace("周谷雨", "另一份")),
        "htn_followup",
    )
    assert (again.matched, again.possible) == (1, 1)
    tasks = await world.rows("SELECT kind, resident, facility FROM task WHERE closed_at IS NULL")
    assert tasks == [("possible_duplicate", ZHOU, QINGHE)]
    assert await world.one("SELECT COUNT(*) FROM change WHERE day='2025-05-06'") == 2


async def test_a_manager_reads_in_records_of_the_own_residents_only(world: World) -> None:
    await county(world)
    job = await carry_out(
        world,
        await signed(world, TIAN),
        raw(
            f"周谷雨,{id_number(ZHOU)},2025-05-06,家庭,,156,92,,,,",
            f"杨白露,{id_number(YANG)},2025-05-06,家庭,,156,92,,,,",
        ),
        "htn_followup",
    )
    found = await endings(world, job)
    assert found["周谷雨"].outcome == "created"
    assert found["杨白露"].outcome == "refused"


async def test_a_line_before_birth_after_death_or_of_a_pregnant_man_is_refused(
    world: World,
) -> None:
    await county(world)
    who = await signed(world, CHEN)
    qin = await signed(world, QIN)
    died = Asked(Life.DEAD, date(2025, 5, 6), "死亡医学证明 37100220250506")
    assert isinstance(await step(world.site, qin, ZHOU, died), May)
    before = raw(f"周谷雨,{id_number(ZHOU)},2025-05-06,家庭,,156,92,,,,")
    assert (await carry_out(world, who, before, "htn_followup")).created == 1
    lines = raw(
        f"周谷雨,{id_number(ZHOU)},2025-05-07,家庭,,156,92,,,,",
        f"吴𠮷祥,{id_number(WU)},1948-11-04,家庭,,156,92,,,,",
    )
    found = await endings(world, await carry_out(world, who, lines, "htn_followup"))
    assert {each.outcome.value for each in found.values()} == {"refused"}
    assert "服务日期在死亡日期之后" in found["周谷雨"].reason
    assert "服务日期不能早于出生日期" in found["吴𠮷祥"].reason
    pregnant = f"姓名,身份证号,填表日期,末次月经\n吴𠮷祥,{id_number(WU)},2025-05-06,2025-03-01\n"
    man = await carry_out(world, who, pregnant.encode("gb18030"), "antenatal_first")
    assert "档案中的性别为男" in next(iter((await endings(world, man)).values())).reason
