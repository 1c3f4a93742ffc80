"""Residents from a list: who is opened, who is known, who looks alike, who is kept out and why."""

import io
from datetime import date
from typing import Any

import openpyxl
import pytest

from server.actions.archives import afterwork
from server.actions.archives.standing import lock_residents
from server.actions.lists import import_mappings, import_run, imports
from server.actions.lists.import_reading import NotOurs
from server.actions.lists.imports import ColumnsMissing
from server.actions.places import unassigned
from server.errors import NotYours, RuleSaysNo
from server.store.vault import T_CELLS
from sync.merge import decode_cells
from tests.console import CHEN, MA, TIAN
from tests.lists import (
    HEADINGS,
    LIUWAN_VILLAGE,
    QINGHE_VILLAGE,
    carry_out,
    county,
    endings,
    number,
    signed,
    upload,
)
from tests.world import (
    DISTRICT,
    LIUWAN,
    QINGHE,
    TEAM_A,
    TEAM_B,
    WU,
    ZHOU,
    World,
    basics,
    field,
    id_number,
)

ROWS = f"""
许清和,男,1955-03-12,{number("1955-03-12", 3)},13812345678,青禾村 3 号,{QINGHE_VILLAGE},青霉素,,
吴𠮷祥,男,1948-11-05,{id_number(WU)},,,,,,
马白露,女,1962/2/3,{number("1962-02-03", 2)},,,{LIUWAN_VILLAGE},无,,
方处暑,女,1970年1月9日,37100270010900{2},,,,,青禾镇卫生院,青禾二队
江立夏,男,1980-05-06,{number("1980-05-06", 1)},电话不详,,371002999001,,,
韩大寒,女,,{number("1990-08-07", 4).lower()},,,,,,
孔寒露,女,1990-08-07,{number("1990-08-07", 4)},,,,,,
严小雪,男,1991-01-01,371002199101010011,,,,,,
曹霜降,女,1955-03-13,{number("1955-03-12", 5)},,,,,,
周谷雨,女,1955-03-12,,,,{QINGHE_VILLAGE},,,
魏立春,,,,,,,,,
陶惊蛰,女,1966-06-06,=A1,,,,,,
姜夏至,男,1977-07-07,3.71002E+17,,,,,,
戚小暑,男,1977-07-08,,,,,头孢,,
谢谷雨,男,1978-01-01,,,,,,没有的卫生院,
"""


def raw(rows: str = ROWS, *, encoding: str = "gb18030") -> bytes:
    return f"{HEADINGS}\n{rows.strip()}\n".encode(encoding)


async def test_every_line_of_a_list_ends_with_its_outcome_and_its_reason(world: World) -> None:
    await county(world)
    await afterwork.catch_up(world.site)
    who = await signed(world, CHEN)
    job = await carry_out(world, who, raw())
    assert (job.state, job.format, job.encoding, job.lines) == ("done", "csv", "gb18030", 15)
    found = await endings(world, job)
    outcomes = {name: each.outcome.value for name, each in found.items()}
    assert outcomes == {
        "许清和": "created", "吴𠮷祥": "matched", "马白露": "created", "方处暑": "created",
        "江立夏": "created", "韩大寒": "created", "孔寒露": "matched", "严小雪": "refused",
        "曹霜降": "refused", "周谷雨": "possible", "魏立春": "refused", "陶惊蛰": "refused",
        "姜夏至": "refused", "戚小暑": "refused", "谢谷雨": "refused",
    }  # fmt: skip
    reasons = {name: each.reason for name, each in found.items()}
    assert reasons["许清和"] == ""
    assert reasons["吴𠮷祥"] == "已有档案，没有改动"
    assert "没有归属" in reasons["江立夏"]
    assert "没有读入：本人电话" in reasons["江立夏"]
    assert reasons["孔寒露"] == "与第 7 行是同一个证件号码"
    assert "最后一位对不上" in reasons["严小雪"]
    assert "出生日期与证件号码不一致" in reasons["曹霜降"]
    assert "是不是同一人" in reasons["周谷雨"]
    assert "没有性别" in reasons["魏立春"]
    assert "没有出生日期" in reasons["魏立春"]
    assert "证件号码是公式" in reasons["陶惊蛰"]
    assert "已被表格软件改动" in reasons["姜夏至"]
    assert "药物过敏史没有" in reasons["戚小暑"]
    assert "没有的卫生院" in reasons["谢谷雨"]
    assert (job.created, job.matched, job.possible, job.refused) == (5, 2, 1, 7)


async def test_a_workbook_with_days_and_old_numbers_goes_in_as_well(world: World) -> None:
    await county(world)
    book: Any = openpyxl.Workbook()
    for row in (
        ("青禾镇名册",),
        ("姓 名", "性别", "出生日期", "身份证号码", "村名", "电话"),
        ("许清和", "男", date(1955, 3, 12), None, "青禾村", 13812345678),
        ("陶惊蛰", "女", None, 371002660606002, "青禾村", "１３８１２３４５６７９"),
        ("姜夏至", "男", None, 371002196606060010, "青禾村", None),
    ):
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    job = await upload(world, await signed(world, CHEN), out.getvalue())
    assert (job.format, job.lines, len(job.head.columns)) == ("xlsx", 3, 5)
    columns = {**job.head.columns, 4: "@village"}
    who = await signed(world, CHEN)
    await imports.map_columns(world.site, who, job.id, columns)
    await imports.start(world.site, who, job.id)
    await import_run.run(world.site)
    found = await endings(world, job)
    assert [each.outcome.value for each in found.values()] == ["created", "created", "refused"]
    rows = await world.rows(
        "SELECT panel, id_index FROM resident WHERE resident=?", found["陶惊蛰"].resident
    )
    assert rows == [(TEAM_A, world.site.index.of_id_number("371002660606002"))]


async def test_an_imported_archive_is_whole_sealed_and_never_signs_in(world: World) -> None:
    await county(world)
    job = await carry_out(world, await signed(world, CHEN), raw())
    found = await endings(world, job)
    resident = found["许清和"].resident
    assert resident is not None
    row = (
        await world.rows(
            "SELECT panel, facility, status, archive_no, id_index, phone_index, key, rev, "
            "sealed_cells FROM resident WHERE resident=?",
            resident,
        )
    )[0]
    assert row[:3] == (TEAM_A, QINGHE, "usual")
    assert row[3].startswith(QINGHE_VILLAGE)
    assert row[4] == world.site.index.of_id_number(number("1955-03-12", 3))
    assert row[5] is None
    key = world.site.vault.key(resident, row[6])
    plain = key.open(world.site.vault.at(T_CELLS, resident, resident, row[7]), row[8])
    cells = decode_cells(plain)
    assert cells["name"].heads[0].value == "许清和"
    assert cells["name"].heads[0].author == "import"
    assert cells["drug_allergy/2"].heads[0].value is True
    change = await world.rows(
        "SELECT author, device, credit, shape FROM change WHERE resident=?", resident
    )
    assert change == [("import", None, "none", "edit")]
    history = await world.rows(
        "SELECT ground, counts, panel FROM assignment WHERE resident=?", resident
    )
    assert history == [("default", 0, TEAM_A)] or history == [("default", False, TEAM_A)]
    assert await world.one("SELECT COUNT(*) FROM resident WHERE phone_index IS NOT NULL") == 0
    assert not await world.rows("SELECT 1 FROM import_chunk WHERE part='raw'")


async def test_tablets_that_carry_the_panel_receive_the_new_archives(world: World) -> None:
    await county(world)
    tablet = await field(world, "甲")
    await tablet.settle()
    job = await carry_out(world, await signed(world, CHEN), raw())
    resident = (await endings(world, job))["许清和"].resident
    await tablet.settle()
    assert resident is not None
    archive = tablet.tablet.archive
    assert resident in archive.members(TEAM_A)
    assert archive.cells(resident)["name"].heads[0].value == "许清和"
    root = await world.one("SELECT root_open FROM panel WHERE panel=?", TEAM_A)
    assert archive.root(TEAM_A) == root


async def test_a_list_goes_on_exactly_where_its_process_died(world: World) -> None:
    await county(world)
    rows = "\n".join(
        f"人{n},男,,{number(f'19{50 + n % 40}-01-01', 2 * (n // 40) + 1)},,,{QINGHE_VILLAGE},,,"
        for n in range(2_300)
    )
    who = await signed(world, CHEN)
    job = await upload(world, who, raw(rows))
    assert (job.chunks, job.lines) == (3, 2_300)
    await imports.start(world.site, who, job.id)

    class Died(BaseException):
        """As kill -9: nothing behind it runs to its end by itself."""

    def after_the_first(_: int) -> None:
        raise Died

    with pytest.raises(Died):
        await import_run.work(world.site, job.id, after_the_first)
    half = await imports.find(world.site, who, job.id)
    assert (half.state, half.next_chunk, half.created) == ("running", 1, 1_000)
    assert await world.one("SELECT COUNT(*) FROM member WHERE panel=?", TEAM_A) == 1_003
    # A process that died keeps its lease for a minute; then another goes on.
    await world.store.write(
        lambda tx: tx.run("UPDATE import_job SET owner='dead', lease_until=?", world.clock() + 1)
    )
    assert await import_run.run(world.site) == 0
    world.clock.pass_(minutes=2)
    assert await import_run.run(world.site) == 1_300
    done = await imports.find(world.site, who, job.id)
    assert (done.state, done.created, done.refused, done.matched) == ("done", 2_300, 0, 0)
    assert await world.one("SELECT COUNT(*) FROM member WHERE panel=?", TEAM_A) == 2_303
    again = await carry_out(world, who, raw(rows))
    assert (again.created, again.matched) == (0, 2_300)


async def test_who_still_holds_a_part_that_another_has_done_writes_nothing(world: World) -> None:
    await county(world)
    who = await signed(world, CHEN)
    job = await upload(world, who, raw(f"人一,男,,{number('1950-01-01', 1)},,,{QINGHE_VILLAGE},,,"))
    await imports.start(world.site, who, job.id)
    stale = await imports.find(world.site, who, job.id)
    await import_run.work(world.site, job.id)
    done = await imports.find(world.site, who, job.id)
    with pytest.raises(NotOurs):
        await import_run._parts(world.site, stale, lambda _: None, 1)
    assert await imports.find(world.site, who, job.id) == done
    assert (done.created, done.matched) == (1, 0)


async def test_it_stops_between_two_parts_when_a_person_says_so(world: World) -> None:
    await county(world)
    who = await signed(world, CHEN)
    job = await upload(world, who, raw())
    with pytest.raises(RuleSaysNo):
        await imports.stop(world.site, who, job.id)
    await imports.start(world.site, who, job.id)
    await imports.stop(world.site, who, job.id)
    assert await import_run.run(world.site) == 0
    with pytest.raises(RuleSaysNo):
        await imports.map_columns(world.site, who, job.id, {0: "name"})
    await imports.start(world.site, who, job.id)
    assert await import_run.run(world.site) == 15


async def test_a_manager_reads_in_the_own_people_only(world: World) -> None:
    await county(world)
    tian = await signed(world, TIAN)
    job = await carry_out(world, tian, raw())
    found = await endings(world, job)
    assert found["马白露"].outcome == "refused"
    assert "不是本机构" in found["马白露"].reason
    assert found["许清和"].outcome == "created"
    alone = await world.rows(
        "SELECT facility, panel FROM resident WHERE resident=?", found["江立夏"].resident
    )
    assert alone == [(QINGHE, None)]
    theirs = await carry_out(world, await signed(world, CHEN), raw())
    with pytest.raises(NotYours):
        await imports.find(world.site, tian, theirs.id)
    with pytest.raises(NotYours):
        imports.importer_of(await signed(world, MA))


async def test_who_has_no_team_waits_and_is_assigned_without_a_clock(world: World) -> None:
    await county(world)
    chen, tian = await signed(world, CHEN), await signed(world, TIAN)
    tablet = await field(world, "甲")
    await tablet.settle()
    job = await carry_out(world, chen, raw())
    found = await endings(world, job)
    waiting = await unassigned.waiting(world.site, chen)
    assert {each.card.name for each in waiting} == {"江立夏", "韩大寒"}
    who = found["江立夏"].resident
    assert who is not None
    with pytest.raises(NotYours):
        await unassigned.assign(world.site, tian, who, TEAM_B)
    await unassigned.assign(world.site, chen, who, TEAM_A)
    with pytest.raises(RuleSaysNo):
        await unassigned.assign(world.site, chen, who, TEAM_A)
    await tablet.settle()
    assert who in tablet.tablet.archive.members(TEAM_A)
    assert await world.rows("SELECT ground, facility, n FROM assignment WHERE resident=?", who) == [
        ("default", QINGHE, 1)
    ]
    assert len(await unassigned.waiting(world.site, chen)) == 1
    rows = await world.store.write(lambda tx: lock_residents(tx, DISTRICT, {who}))
    assert rows[who].panel == TEAM_A


async def test_everybody_of_a_village_is_assigned_at_once(world: World) -> None:
    await county(world)
    chen = await signed(world, CHEN)
    rows = "\n".join(
        f"人{n},男,1960-01-01,{number('1960-01-01', 2 * n + 1)},,,371002999001,,,"
        for n in range(12)
    )
    await carry_out(world, chen, raw(rows))
    assert await unassigned.assign_village(world.site, chen, "371002999", TEAM_B) == 12
    assert await world.one("SELECT COUNT(*) FROM resident WHERE facility=?", LIUWAN) == 13


async def test_restricted_facts_come_in_by_the_hand_of_somebody_who_may_see_them(
    world: World,
) -> None:
    await county(world)
    raw_list = "姓名,性别,出生日期,既往史\n林小满,女,1970-01-01,高血压、结核病\n".encode()
    job = await carry_out(world, await signed(world, CHEN), raw_list)
    assert "限制内容" in (await endings(world, job))["林小满"].reason
    await world.store.write(lambda tx: tx.run("UPDATE staff SET restricted=?", True))
    job = await carry_out(world, await signed(world, CHEN), raw_list)
    resident = (await endings(world, job))["林小满"].resident
    assert await world.rows("SELECT kind, cls FROM change WHERE resident=?", resident) == [
        (None, "B")
    ]


async def test_what_stands_in_a_register_is_never_changed_by_a_list(world: World) -> None:
    await county(world)
    await afterwork.catch_up(world.site)
    said: dict[str, Any] = basics(ZHOU)
    before = await world.one("SELECT rev FROM resident WHERE resident=?", ZHOU)
    rows = f"别的名字,女,{said['birth_date']},{id_number(ZHOU)},13900000000,,,,,"
    job = await carry_out(world, await signed(world, CHEN), raw(rows))
    ending = (await endings(world, job))["别的名字"]
    assert ending.outcome == "matched"
    assert "请核对证件" in ending.reason
    assert await world.one("SELECT rev FROM resident WHERE resident=?", ZHOU) == before


async def test_the_content_of_a_list_is_destroyed_with_its_key(world: World) -> None:
    await county(world)
    who = await signed(world, CHEN)
    job = await carry_out(world, who, raw())
    world.clock.pass_(days=29)
    assert await imports.delete_old(world.site) == 0
    world.clock.pass_(days=2)
    assert await imports.delete_old(world.site) == 1
    who = await signed(world, CHEN)
    gone = await imports.find(world.site, who, job.id)
    assert (gone.state, gone.created, gone.head.name) == ("done", 6, "")
    assert not await world.rows("SELECT 1 FROM import_chunk")
    assert await world.one("SELECT key FROM import_job") == b""


async def test_a_mapping_is_kept_under_a_name_and_must_have_what_every_line_needs(
    world: World,
) -> None:
    await county(world)
    who = await signed(world, CHEN)
    job = await upload(world, who, "名,证\n许清和,1\n".encode())
    with pytest.raises(ColumnsMissing) as lacks:
        await imports.start(world.site, who, job.id)
    assert lacks.value.labels == ("姓名", "证件号码，或者性别和出生日期")
    await import_mappings.save_mapping(
        world.site, who, kind="basic_info", name=" 镇里的表 ", columns={"名": "name", "证": "id_no"}
    )
    saved = await import_mappings.mappings(world.site, "basic_info", QINGHE)
    assert saved == {"镇里的表": {"名": "name", "证": "id_no"}}
    await imports.map_columns(world.site, who, job.id, {0: "name", 1: "id_no"})
    with pytest.raises(RuleSaysNo):
        await imports.map_columns(world.site, who, job.id, {0: "name", 1: "name"})
    with pytest.raises(RuleSaysNo):
        await imports.map_columns(world.site, who, job.id, {7: "name"})
    await imports.start(world.site, who, job.id)
    await import_run.run(world.site)
    assert (await imports.find(world.site, who, job.id)).refused == 1
