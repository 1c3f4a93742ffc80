"""Who is registered in another system and who is here: found, counted, worked at, and by whom
(S003-5(8), S004-3(7)-a).
"""

from typing import Any

import pytest

from server.actions.keeping import backup
from server.actions.lists import import_run, imports
from server.actions.lists.imports import Job
from server.actions.lists.reconciliation import (
    close,
    comparisons,
    destroy,
    line_of,
    lines_of,
    look_again,
    places,
    reopen,
)
from server.actions.lists.registered_rows import CLOSED, OPEN
from server.errors import NotYours, RuleSaysNo
from server.records.sheet_columns import REGISTERED, is_restricted
from server.rules.reconciliation import Finding
from server.store.migrate import migrate
from server.store.store import Store
from server.store.tables import SPECS
from tests.cast_forms import ON
from tests.console import CHEN, TIAN, hire
from tests.lists import county, endings, signed, upload
from tests.sheet_of import csv_of
from tests.test_import_kinds import EXPORTED, line, scope, take
from tests.world import (
    HE,
    LIUWAN,
    NAMES,
    QIN,
    SU,
    TEAM_B,
    WU,
    YANG,
    ZHENG,
    ZHOU,
    World,
    id_number,
)

DAY = str(ON)
STRANGER = "371002197007190062"


def there(who: bytes | None, state: str = "在管", **more: str) -> dict[str, str]:
    """A line of the other system's list; None: somebody without an archive."""
    name, number = ("冯小雪", STRANGER) if who is None else (NAMES[who], id_number(who))
    said = {"姓名": name, "证件号码": number, "登记号": "3710020001", "登记日期": "2024-03-01"}
    return {**said, "在管状态": state, **more}


async def compared(
    world: World, staff: bytes, *lines: dict[str, str], what: str = "registered_smd"
) -> Job:
    who = await signed(world, staff)
    job = await upload(world, who, csv_of(*lines), what)
    await imports.say_source(world.site, job, system=job.head.system, exported_at=EXPORTED)
    await imports.start(world.site, who, job.id)
    await import_run.run(world.site)
    return await imports.find(world.site, who, job.id)


@pytest.fixture
async def here(world: World) -> World:
    """Zhou, Wu and Yang are registered here; county, manager and desk have the scope."""
    await county(world)
    for staff in (CHEN, TIAN):
        await scope(world, staff)
    for who in (ZHOU, WU, YANG):
        await take(world, CHEN, "smd_followup", line("smd_followup", who))
    return world


async def test_each_person_is_in_both_in_one_or_differs(here: World) -> None:
    job = await compared(
        here, CHEN, there(ZHOU), there(WU, "死亡"), there(ZHENG),
        there(None, 管理机构="柳湾社区中心"), there(ZHOU), {**there(ZHENG), "证件号码": "1"},
        {**there(None), "在管状态": "大概在"},
    )  # fmt: skip
    assert (job.created, job.matched, job.refused) == (3, 2, 2)
    tian = await signed(here, TIAN)
    mine = await lines_of(here.site, tian, job.id, finding=None, state=OPEN, page=0)
    assert [(each.said.name, each.finding.value, each.said.step) for each in mine.lines] == [
        ("郑㛃", "only_there", "write_here"),
        ("吴𠮷祥", "differs", "end_here"),
        ("周谷雨", "both", "nothing"),
    ]
    assert mine.lines[1].said.unlike == ("standing",)
    await hire(here, HE, "何小满", role="doctor", facility=LIUWAN, panel=TEAM_B)
    await scope(here, HE)
    he = await signed(here, HE)
    theirs = await lines_of(here.site, he, job.id, finding=None, state=OPEN, page=0)
    assert [(each.said.name, each.finding.value, each.said.step) for each in theirs.lines] == [
        ("冯小雪", "only_there", "find"),
        ("杨白露", "only_here", "register_there"),
    ]
    reasons = [each[1].reason for each in await import_run.refused_first(here.site, job, 9)]
    assert "证件号码应为 18 位" in reasons[0]
    assert "在管状态没有“大概在”这个说法" in reasons[1]


async def test_the_county_sees_counts_a_facility_and_no_names(here: World) -> None:
    job = await compared(here, CHEN, there(ZHOU), there(WU), there(None))
    chen = await signed(here, CHEN)
    by = {each.name: each for each in await places(here.site, chen, job.id)}
    assert (by["青禾镇卫生院"].there, by["青禾镇卫生院"].population) == (2, 4)
    assert by["青禾镇卫生院"].per_mille == 50_000
    assert by["柳湾社区中心"].sums[Finding.ONLY_HERE] == 1
    assert by[""].sums[Finding.ONLY_THERE] == 1
    nobodys = await lines_of(here.site, chen, job.id, finding=None, state=OPEN, page=0)
    assert [each.said.name for each in nobodys.lines] == ["冯小雪"]


async def test_without_the_scope_nobody_reads_a_line_of_class_b(here: World) -> None:
    job = await compared(here, CHEN, there(ZHOU))
    await here.store.write(
        lambda tx: tx.run("UPDATE staff SET restricted=? WHERE staff=?", False, CHEN)
    )
    for staff in (CHEN, SU, QIN):
        who = await signed(here, staff)
        with pytest.raises(NotYours):
            await lines_of(here.site, who, job.id, finding=None, state=OPEN, page=0)
        with pytest.raises(NotYours):
            await line_of(here.site, who, job.id, 2)
    assert await comparisons(here.site, await signed(here, SU)) == []
    (counted,) = await comparisons(here.site, await signed(here, CHEN))
    assert not counted.lines


async def test_a_facility_compares_with_its_own_people_only(here: World) -> None:
    job = await compared(here, TIAN, there(ZHOU), there(YANG))
    tian = await signed(here, TIAN)
    mine = await lines_of(here.site, tian, job.id, finding=None, state=OPEN, page=0)
    assert [(each.said.name, each.finding.value, each.resident) for each in mine.lines] == [
        ("杨白露", "only_there", None), ("吴𠮷祥", "only_here", WU), ("周谷雨", "both", ZHOU),
    ]  # fmt: skip
    await hire(here, HE, "何小满", role="doctor", facility=LIUWAN, panel=TEAM_B)
    await scope(here, HE)
    with pytest.raises(NotYours):
        await lines_of(here.site, await signed(here, HE), job.id, finding=None, state=OPEN, page=0)
    assert await comparisons(here.site, await signed(here, CHEN)) == []


async def test_a_line_is_closed_with_a_note_and_stays_closed_in_the_next_list(
    here: World,
) -> None:
    first = await compared(here, CHEN, there(ZHOU), there(ZHENG))
    tian = await signed(here, TIAN)
    with pytest.raises(RuleSaysNo, match="note"):
        await close(here.site, tian, first.id, 3, note=" ")
    await close(here.site, tian, first.id, 3, note="问过精防医院，是误报，已请那边更正")
    with pytest.raises(RuleSaysNo, match="not_now"):
        await close(here.site, tian, first.id, 3, note="再结一次")
    assert "误报".encode() not in b"".join(
        row[0] for row in await here.rows("SELECT sealed FROM reconciliation")
    )
    second = await compared(here, CHEN, there(ZHENG), there(ZHOU))
    _, kept = await line_of(here.site, tian, second.id, 2)
    assert (kept.state, kept.said.note) == (CLOSED, "问过精防医院，是误报，已请那边更正")
    assert [each.id for each in await comparisons(here.site, tian)] == [second.id]
    await reopen(here.site, tian, second.id, 2)
    assert (await line_of(here.site, tian, second.id, 2))[1].state == OPEN
    await destroy(here.site, await signed(here, CHEN), second.id)
    assert not await here.rows("SELECT 1 FROM reconciliation")


async def test_what_was_written_meanwhile_is_found_when_a_line_is_compared_again(
    here: World,
) -> None:
    job = await compared(here, CHEN, there(ZHENG))
    tian = await signed(here, TIAN)
    assert await look_again(here.site, tian, job.id, 2) is Finding.ONLY_THERE
    await take(here, CHEN, "smd_followup", line("smd_followup", ZHENG))
    assert await look_again(here.site, tian, job.id, 2) is Finding.BOTH


async def test_a_line_whose_number_is_wrong_is_matched_with_the_archive_a_person_found(
    here: World,
) -> None:
    job = await compared(here, CHEN, there(None, 管理机构="青禾镇卫生院"))
    tian, chen = await signed(here, TIAN), await signed(here, CHEN)
    number = dict(await here.rows("SELECT resident, archive_no FROM resident"))
    for wrong in (number[YANG], "1", "37100200100100009"):
        with pytest.raises(RuleSaysNo, match="no_such_archive"):
            await look_again(here.site, tian, job.id, 2, archive_no=wrong)
    found = await look_again(here.site, tian, job.id, 2, archive_no=f" {number[ZHOU]} ")
    assert found is Finding.BOTH
    assert (await line_of(here.site, tian, job.id, 2))[1].resident == ZHOU
    assert await look_again(here.site, tian, job.id, 2) is Finding.BOTH
    other = await compared(here, CHEN, there(None))
    await look_again(here.site, chen, other.id, 2, archive_no=number[ZHENG])
    with pytest.raises(NotYours):  # it is the facility's line now
        await line_of(here.site, chen, other.id, 2)
    assert (await line_of(here.site, tian, other.id, 2))[1].resident == ZHENG


@pytest.mark.parametrize("what", REGISTERED)
async def test_every_condition_compares_its_own_records(world: World, what: str) -> None:
    await county(world)
    await scope(world, CHEN)
    await scope(world, TIAN)
    for kind in REGISTERED[what]:
        await take(world, CHEN, kind, line(kind, ZHOU))
    job = await compared(world, CHEN, there(ZHOU), there(WU), what=what)
    tian = await signed(world, TIAN)
    mine = await lines_of(world.site, tian, job.id, finding=None, state=OPEN, page=0)
    assert [(each.said.name, each.finding.value) for each in mine.lines] == [
        ("吴𠮷祥", "only_there"), ("周谷雨", "both"),
    ]  # fmt: skip
    assert mine.comparison.restricted == is_restricted(what)
    again = await compared(world, CHEN, there(WU), what=what)
    mine = await lines_of(world.site, tian, again.id, finding=Finding.ONLY_HERE, state=OPEN, page=0)
    assert [each.said.name for each in mine.lines] == ["周谷雨"]


async def test_a_list_that_is_stopped_goes_on_and_is_not_shown_before_its_end(
    here: World,
) -> None:
    who = await signed(here, CHEN)
    many = [there(ZHOU), *({**there(None), "证件号码": "坏"} for _ in range(1_500)), there(WU)]
    job = await upload(here, who, csv_of(*many), "registered_smd")
    await imports.say_source(here.site, job, system="那边", exported_at=EXPORTED)
    await imports.start(here.site, who, job.id)
    await import_run.work(here.site, job.id, most=1)
    assert await comparisons(here.site, who) == []
    await imports.stop(here.site, who, job.id)
    await imports.start(here.site, who, job.id)
    await import_run.run(here.site)
    (found,) = await comparisons(here.site, await signed(here, TIAN))
    assert (found.sums[Finding.BOTH], found.sums[Finding.ONLY_HERE]) == (2, 0)


async def test_a_try_says_what_would_be_found_and_writes_nothing(here: World) -> None:
    who = await signed(here, CHEN)
    job = await upload(here, who, csv_of(there(ZHOU), there(None)), "registered_smd")
    lines = await import_run.dry_run(here.site, job)
    assert [ending.reason for _, ending in lines] == [
        "两边都有", "只在那边有；这里没有这个证件号码的档案",
    ]  # fmt: skip
    assert not await here.rows("SELECT 1 FROM reconciliation")


async def test_nothing_in_the_clear_tells_the_condition_of_a_comparison(here: World) -> None:
    job = await compared(here, CHEN, there(ZHOU), there(ZHENG), there(None))
    tian = await signed(here, TIAN)
    await lines_of(here.site, tian, job.id, finding=None, state=OPEN, page=0)
    await close(here.site, tian, job.id, 3, note="精神科已核对")
    assert await endings(here, job)
    for table in ("import_job", "import_chunk", "reconciliation", "audit_leaf", "import_source"):
        for row in await here.rows(f"SELECT * FROM {table}"):
            told = " ".join(map(str, row)).encode() + b"".join(
                each for each in row if isinstance(each, bytes)
            )
            for word in ("smd", "精神", "冯小雪", STRANGER):
                assert word.encode() not in told, (table, word)
    leaves = await here.rows("SELECT 1 FROM audit_leaf")
    await lines_of(here.site, tian, job.id, finding=None, state=OPEN, page=0)
    assert len(await here.rows("SELECT 1 FROM audit_leaf")) == len(leaves) + 1


async def test_a_backup_carries_the_comparison_and_where_records_come_from(here: World) -> None:
    await compared(here, CHEN, there(ZHOU), there(None))
    kept: dict[str, list[tuple[Any, ...]]] = {}
    for table in ("reconciliation", "import_source"):
        kept[table] = await contents_of(here.store, table)
        assert kept[table]
    done = await backup.backup(here.site, here.folder / "backup")
    again = f"sqlite:///{here.folder}/again.sqlite3"
    async with Store(again) as store:
        await migrate(store)
        await backup.restore_into(store, done.path, here.kek_file, now=here.clock())
        for table, rows in kept.items():
            assert await contents_of(store, table) == rows


async def contents_of(store: Store, table: str) -> list[tuple[Any, ...]]:
    columns = ", ".join(f'"{each}"' for each in SPECS[table].columns)
    rows = await store.write(lambda tx: tx.rows(f'SELECT {columns} FROM "{table}"'))
    return sorted((tuple(row) for row in rows), key=repr)
