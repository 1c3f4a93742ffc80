"""Records of any kind from a list: by labels, with their source, once, and by scope."""

from typing import Any

import msgspec
import pytest

from server.actions.archives import afterwork
from server.actions.lists import import_mappings, import_run, imports
from server.actions.lists.imports import Job
from server.errors import NotYours, RuleSaysNo
from server.records.sheet_columns import RECORD_KINDS, is_restricted
from server.rules.districts import load
from server.store.vault import T_CHANGE
from sync import wire
from tests.cast_forms import ON, good
from tests.console import CHEN, TIAN
from tests.lists import county, endings, signed, upload
from tests.sheet_of import csv_of, line_of, readable_part
from tests.world import NAMES, QINGHE, START_MS, WU, YANG, ZHENG, ZHOU, World, field, id_number

DAY = str(ON)
EXPORTED = START_MS - 3_600_000


async def scope(world: World, staff: bytes) -> None:
    """The restricted scope for a member of staff."""
    await world.store.write(
        lambda tx: tx.run("UPDATE staff SET restricted=? WHERE staff=?", True, staff)
    )


def line(kind: str, who: bytes, body: dict[str, Any] | None = None, **more: str) -> dict[str, str]:
    said = line_of(kind, good(kind) if body is None else body)
    return {"姓名": NAMES[who], "证件号码": id_number(who), "服务日期": DAY, **said, **more}


async def take(world: World, staff: bytes, kind: str, *lines: dict[str, str]) -> Job:
    """Read in to the end, as given out an hour ago by the system that the district names."""
    who = await signed(world, staff)
    job = await upload(world, who, csv_of(*lines), kind)
    system = job.head.system or "旧系统"
    await imports.say_source(world.site, job, system=system, exported_at=EXPORTED)
    await imports.start(world.site, who, job.id)
    await import_run.run(world.site)
    return await imports.find(world.site, who, job.id)


async def bodies(world: World, who: bytes, kind: str) -> list[dict[str, Any]]:
    """What stands in an archive of a kind that came in by a list, as stored."""
    key = world.site.vault.key(
        who, await world.one("SELECT key FROM resident WHERE resident=?", who)
    )
    found: list[dict[str, Any]] = []
    for change, body in await world.rows(
        "SELECT change, body FROM change WHERE resident=? AND author='import' AND shape='event' "
        "AND device IS NULL ORDER BY change",
        who,
    ):
        said = wire.change(key.open(world.site.vault.at(T_CHANGE, change, who), body)[16:])
        if said.kind == kind:
            found.append(msgspec.json.decode(said.body))  # pyright: ignore[reportArgumentType]
    return found


@pytest.mark.parametrize("kind", RECORD_KINDS)
async def test_a_record_of_any_kind_comes_in_by_the_labels_of_its_form(
    world: World, kind: str
) -> None:
    await county(world)
    await scope(world, CHEN)
    before = len(await bodies(world, ZHENG, kind))
    job = await take(world, CHEN, kind, line(kind, ZHENG))
    (ending,) = (await endings(world, job)).values()
    assert ending.outcome == "created", ending.reason
    (made,) = (await bodies(world, ZHENG, kind))[before:]
    assert sorted(made.items()) == sorted(readable_part(kind, good(kind)).items())


async def test_a_dose_is_one_dose_however_often_it_is_read_in(world: World) -> None:
    await county(world)
    dose = {**good("vaccination"), "vaccine": "hepb", "dose_no": 1}
    other = {**dose, "vaccine": "ipv"}
    first = await take(
        world, CHEN, "vaccination", line("vaccination", ZHOU, dose),
        line("vaccination", ZHOU, other), line("vaccination", ZHOU, {**dose, "dose_no": 2}),
    )  # fmt: skip
    assert (first.created, first.possible, first.matched) == (3, 0, 0)
    again = await take(
        world, CHEN, "vaccination", line("vaccination", ZHOU, dose),
        line("vaccination", ZHOU, {**other, "batch": "另一批"}),
    )  # fmt: skip
    assert (again.created, again.matched, again.refused) == (0, 1, 1)
    reasons = [each[1].reason for each in await import_run.refused_first(world.site, again, 9)]
    assert reasons == ["已有这一次的记录，疫苗批号与这一行不同，没有再写，请核对"]
    assert len(await bodies(world, ZHOU, "vaccination")) == 3
    assert not await world.rows("SELECT 1 FROM task")


async def test_a_dose_is_read_under_the_words_that_clinics_write(world: World) -> None:
    await county(world)
    for word in ("百白破", "百白破疫苗", "DTaP", "百白破疫苗（DTaP）"):
        said = line("vaccination", ZHOU, {**good("vaccination"), "vaccine": "dtap", "dose_no": 1})
        said = {{"疫苗批号": "批号", "疫苗": "疫苗名称"}.get(k, k): v for k, v in said.items()}
        job = await take(world, CHEN, "vaccination", {**said, "疫苗名称": word})
        assert job.refused == 0, word
    (made,) = await bodies(world, ZHOU, "vaccination")
    assert (made["vaccine"], made["batch"]) == ("dtap", good("vaccination")["batch"])


async def test_a_day_that_is_none_is_named_once(world: World) -> None:
    await county(world)
    job = await take(world, CHEN, "htn_followup", line("htn_followup", ZHOU, 服务日期="二月三十"))
    ((_, ending),) = await import_run.refused_first(world.site, job, 9)
    assert ending.reason == "服务日期不是日历上的日期，写法如 2024-03-11"


async def test_a_dose_that_a_tablet_wrote_is_not_written_again(world: World) -> None:
    await county(world)
    tablet = await field(world, "甲")
    await tablet.settle()
    tablet.tablet.save_event(ZHOU, "vaccination", DAY, good("vaccination"))
    await tablet.settle()
    job = await take(world, CHEN, "vaccination", line("vaccination", ZHOU))
    assert (job.created, job.matched) == (0, 1)


async def test_a_restricted_record_is_not_written_beside_another_of_its_day(world: World) -> None:
    await county(world)
    await scope(world, CHEN)
    visit = good("smd_followup")
    await take(world, CHEN, "smd_followup", line("smd_followup", ZHOU, visit))
    again = await take(
        world, CHEN, "smd_followup", line("smd_followup", ZHOU, visit),
        line("smd_followup", ZHOU, {**visit, "sleep": "3"}),
    )  # fmt: skip
    assert (again.created, again.matched, again.refused) == (0, 1, 1)
    assert not await world.rows("SELECT 1 FROM task")


async def test_every_fault_of_a_line_is_said_by_label_and_nothing_of_it_is_written(
    world: World,
) -> None:
    await county(world)
    await afterwork.catch_up(world.site)
    dose = line("vaccination", ZHOU)
    job = await take(
        world, CHEN, "vaccination",
        {**dose, "疫苗": "3"},
        {**dose, "剂次": "9", "有效期至": "2020-01-01"},
        {**dose, "姓名": "别人"},
        {**dose, "证件号码": "371002195503120029"},
        {**dose, "服务日期": "1950-01-01", "有效期至": "1951-01-01"},
        {**dose, "接种途径": "口服"},
    )  # fmt: skip
    said = [each[1].reason for each in await import_run.refused_first(world.site, job, 9)]
    assert job.refused == 6
    assert "疫苗没有“3”这个选项" in said[0]
    assert "剂次应在 1 到 5" in said[1]
    assert "疫苗已过有效期" in said[1]
    assert said[2] == "姓名与这个证件号码的档案不同，没有写入，请核对是谁的"
    assert "最后一位对不上" in said[3]
    assert "不能早于出生日期" in said[4]
    assert "接种途径与疫苗不符" in said[5]
    assert not await bodies(world, ZHOU, "vaccination")


async def test_a_rare_value_is_kept_and_said(world: World) -> None:
    await county(world)
    job = await take(
        world, CHEN, "htn_followup", line("htn_followup", WU, {"sbp": 200, "dbp": 100})
    )
    (ending,) = (await endings(world, job)).values()
    assert ending.outcome == "created"
    assert ending.reason.startswith("请核对：")
    assert "收缩压" in ending.reason


async def test_old_diabetes_visits_and_checkups_come_in_once(world: World) -> None:
    await county(world)
    for kind in ("dm_followup", "health_check"):
        first = await take(world, CHEN, kind, line(kind, WU), line(kind, YANG))
        again = await take(world, CHEN, kind, line(kind, WU), line(kind, YANG))
        assert (first.created, first.refused) == (2, 0)
        assert (again.created, again.matched) == (0, 2)


async def test_a_manager_reads_in_for_the_own_residents_only(world: World) -> None:
    await county(world)
    await scope(world, TIAN)
    lines = [line("tb_first", who) for who in (ZHOU, YANG)]
    job = await take(world, TIAN, "tb_first", *lines)
    found = await endings(world, job)
    assert [each.outcome for each in found.values()] == ["created", "refused"]
    assert job.facility == QINGHE


async def test_lists_of_class_b_are_for_staff_with_that_scope(world: World) -> None:
    await county(world)
    await scope(world, CHEN)
    unscoped = await signed(world, TIAN)
    for kind in (each for each in imports.KINDS if is_restricted(each)):
        with pytest.raises(RuleSaysNo, match="kind"):
            await upload(world, unscoped, csv_of(line("vaccination", ZHOU)), kind)
    job = await take(world, CHEN, "smd_followup", line("smd_followup", ZHOU))
    with pytest.raises(NotYours):
        await imports.find(world.site, unscoped, job.id)
    assert await imports.newest(world.site, unscoped) == []


async def test_a_list_of_another_system_says_when_it_was_given_out(world: World) -> None:
    await county(world)
    world.site.rules = load("wuhai")
    who = await signed(world, CHEN)
    job = await upload(world, who, csv_of(line("vaccination", ZHOU)), "vaccination")
    assert job.head.system == "免疫规划信息管理系统"
    with pytest.raises(RuleSaysNo, match="source_missing"):
        await imports.start(world.site, who, job.id)
    with pytest.raises(RuleSaysNo, match="exported_ahead"):
        await imports.say_source(
            world.site, job, system=job.head.system, exported_at=world.clock() + 1
        )
    await imports.say_source(world.site, job, system=job.head.system, exported_at=EXPORTED)
    await imports.start(world.site, who, job.id)


async def test_nothing_in_the_clear_tells_what_a_list_of_class_b_was_about(world: World) -> None:
    await county(world)
    await scope(world, CHEN)
    kinds = [each for each in RECORD_KINDS if is_restricted(each)]
    for kind in kinds:
        await take(world, CHEN, kind, line(kind, ZHOU), line(kind, ZHOU, 姓名="写错"))
        await import_mappings.save_mapping(
            world.site, await signed(world, CHEN), kind=kind, name="精神 结核 传染",
            columns={"严重精神障碍": "@id_no"},
        )  # fmt: skip
        kept = await import_mappings.mappings(world.site, kind, None)
        assert kept == {"精神 结核 传染": {"严重精神障碍": "@id_no"}}
    tables = (
        "import_job", "import_chunk", "import_source", "import_mapping", "change", "audit_leaf",
        "task",
    )  # fmt: skip
    for table in tables:
        for row in await world.rows(f"SELECT * FROM {table}"):
            told = " ".join(map(str, row)).encode() + b"".join(
                each for each in row if isinstance(each, bytes)
            )
            for word in (*kinds, "精神", "结核", "传染"):
                assert word.encode() not in told, (table, word)
