"""Organisations on pages and from files: role, place, every fault by line, nothing half taken."""

import io

import openpyxl
import pytest

from server.actions.accounts.sessions import Signed
from server.actions.places import office_import, organisations
from server.actions.places.office_lists import (
    EXAMPLES,
    LISTS,
    NEEDED,
    ORGANISATIONS,
    STAFF,
    VILLAGES,
    LineFault,
)
from server.errors import NotYours
from server.rules.accounts import StaffRole
from server.rules.organisations import Level
from tests.console import CHEN, COUNTY_OFFICE, TIAN, offices
from tests.source import REPOSITORY
from tests.world import LIUWAN, QIN, QINGHE, World


def signed(staff: bytes, role: StaffRole, facility: bytes) -> Signed:
    return Signed(
        staff=staff, name="", role=role, facility=facility, facility_name="", level="",
        panels=frozenset(), restricted=False, session=b"", csrf="",
    )  # fmt: skip


CHEN_SIGNED = signed(CHEN, StaffRole.COUNTY, COUNTY_OFFICE)
TIAN_SIGNED = signed(TIAN, StaffRole.MANAGER, QINGHE)
QIN_SIGNED = signed(QIN, StaffRole.DESK, QINGHE)


def book(**lists: list[tuple[str, ...]]) -> bytes:
    """A workbook with these lines below the headings of each list."""
    made = openpyxl.Workbook()
    made.remove(made.worksheets[0])
    names = {"organisations": ORGANISATIONS, "villages": VILLAGES, "staff": STAFF}
    for key, lines in lists.items():
        sheet = made.create_sheet(names[key])
        for row in (LISTS[names[key]], *lines):
            sheet.append(row)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def start() -> bytes:
    return book(
        organisations=list(EXAMPLES[ORGANISATIONS]), villages=list(EXAMPLES[VILLAGES]),
        staff=list(EXAMPLES[STAFF]),
    )  # fmt: skip


async def counts(world: World) -> dict[str, int]:
    tables = ("facility", "panel", "service_area", "staff", "facility_service", "account", "upload")
    return {each: await world.one(f"SELECT COUNT(*) FROM {each}") for each in tables}


async def test_a_county_starts_from_one_workbook(world: World) -> None:
    await offices(world)
    before = await counts(world)
    upload = await office_import.send(world.site, CHEN_SIGNED, start())
    plan = await office_import.look(world.site, CHEN_SIGNED, upload)
    assert plan.faults == []
    assert await counts(world) == before | {"upload": 1}
    assert "青禾".encode() not in bytes(await world.one("SELECT sealed FROM upload"))
    taken = await office_import.take_over(world.site, CHEN_SIGNED, upload)
    assert isinstance(taken, office_import.Taken)
    assert (taken.created, taken.teams, taken.areas, taken.people) == (2, 2, 2, 2)
    assert [(name, link.login) for name, link in taken.links] == [("田立秋", "tianlq")]
    after = await counts(world)
    assert {k: after[k] - before[k] for k in after} == {
        "facility": 2, "panel": 2, "service_area": 2, "staff": 2, "facility_service": 14,
        "account": 1, "upload": 0,
    }  # fmt: skip
    room = await world.one("SELECT level, published FROM facility WHERE code='QH0101'")
    assert (room[0], bool(room[1])) == ("room", False)
    own = await world.one(
        "SELECT p.name FROM staff s JOIN panel p ON p.panel=s.panel WHERE s.role='doctor' AND "
        "p.facility=(SELECT facility FROM facility WHERE code='QH01')"
    )
    assert own == "青禾一队"


async def test_the_same_file_again_changes_nothing(world: World) -> None:
    await offices(world)
    for _ in range(2):
        upload = await office_import.send(world.site, CHEN_SIGNED, start())
        taken = await office_import.take_over(world.site, CHEN_SIGNED, upload)
    assert isinstance(taken, office_import.Taken)
    assert (taken.created, taken.changed, taken.areas, taken.people) == (0, 0, 0, 0)
    assert taken.unchanged == 6


async def test_every_fault_is_named_by_line_and_nothing_is_half_imported(world: World) -> None:
    await offices(world)
    before = await counts(world)
    data = book(
        organisations=[
            ("QH01", "青禾镇卫生院", "卫生院", "", "", "公办", "2009年13月1日", "公开", "占卜"),
            ("QH01", "又一个", "卫生院", "", "", "", "", "", ""),
            ("QH0102", "下村卫生室", "村卫生室", "QH09", "", "", "", "", ""),
            ("坏", "", "医院", "", "", "", "", "", ""),
            ("ST01", "石桥镇卫生院", "卫生院", "", "", "公立", "20090501", "是", "全部"),
        ],
        villages=[
            ("37100210100", "上村", "ST01", ""),
            ("371002101002", "下村", "QH77", ""),
            ("371002101003", "中村", "ST01", ""),
            ("371002101003", "中村", "ST01", ""),
        ],
        staff=[
            ("苏清明", "护士", "ST01", "", ""),
            ("=1+1", "窗口", "ST01", "", "苏"),
            ("谢芒种", "审计", "ST01", "", "xie"),
            ("何小满", "家庭医生", "ST01", "一队", "xie"),
            ("何小雪", "家庭医生", "ST01", "一队", "xie"),
        ],
    )
    upload = await office_import.send(world.site, CHEN_SIGNED, data)
    plan = await office_import.look(world.site, CHEN_SIGNED, upload)
    said = [(f.sheet, f.line, f.column) for f in plan.faults]
    assert said == [
        (ORGANISATIONS, 2, "性质"), (ORGANISATIONS, 2, "公布"), (ORGANISATIONS, 2, "开业日期"),
        (ORGANISATIONS, 2, "服务"), (ORGANISATIONS, 3, "机构代码"), (ORGANISATIONS, 4, "上级代码"),
        (ORGANISATIONS, 5, "机构名称"), (VILLAGES, 2, "区划代码"), (VILLAGES, 3, "机构代码"),
        (VILLAGES, 5, "区划代码"), (STAFF, 2, "岗位"), (STAFF, 3, "姓名"), (STAFF, 4, "岗位"),
        (STAFF, 6, "登录名"),
    ]  # fmt: skip
    taken = await office_import.take_over(world.site, CHEN_SIGNED, upload)
    assert isinstance(taken, tuple)
    assert all(isinstance(each, LineFault) for each in taken)
    assert await counts(world) == before


async def test_a_csv_of_one_list_is_taken_like_a_sheet(world: World) -> None:
    await offices(world)
    text = "机构代码,机构名称,级别\r\nSQ01,石桥镇卫生院,卫生院\r\n"
    upload = await office_import.send(world.site, CHEN_SIGNED, text.encode("gbk"))
    taken = await office_import.take_over(world.site, CHEN_SIGNED, upload)
    assert isinstance(taken, office_import.Taken)
    assert taken.created == 1


async def test_a_manager_lists_only_what_is_below_the_own_facility(world: World) -> None:
    await offices(world)
    data = book(
        organisations=[
            ("QH0101", "上村卫生室", "村卫生室", "", "", "", "", "", ""),
            ("QH02", "第二卫生院", "卫生院", "", "", "", "", "", ""),
        ],
        staff=[("王白露", "机构管理员", "QH0101", "", "")],
    )
    upload = await office_import.send(world.site, TIAN_SIGNED, data)
    plan = await office_import.look(world.site, TIAN_SIGNED, upload)
    assert [(f.sheet, f.line) for f in plan.faults] == [(ORGANISATIONS, 3), (STAFF, 2)]
    with pytest.raises(NotYours):
        await office_import.send(world.site, QIN_SIGNED, data)
    with pytest.raises(NotYours):
        await office_import.look(world.site, CHEN_SIGNED, upload)


NEW = {"name": "上村卫生室", "code": "QH0101", "level": "room", "ownership": "public",
       "published": "2"}  # fmt: skip


async def test_an_organisation_is_set_up_and_changed_on_a_page_by_whom_the_rule_says(
    world: World,
) -> None:
    await offices(world)
    made = await organisations.save(world.site, TIAN_SIGNED, QINGHE, NEW)
    assert isinstance(made, bytes)
    for who, parent in ((TIAN_SIGNED, LIUWAN), (QIN_SIGNED, QINGHE), (TIAN_SIGNED, b"x" * 16)):
        with pytest.raises(NotYours):
            await organisations.save(world.site, who, parent, NEW | {"code": "X9"})
    again = await organisations.save(world.site, CHEN_SIGNED, QINGHE, NEW)
    assert isinstance(again, tuple)
    assert [each.field for each in again] == ["code"]
    values = {
        "name": "石桥镇卫生院", "code": "SQ01", "level": "facility", "ownership": "public",
        "published": "1", "services": ["archive", "elder"],
        "areas": "371002103001 石桥村\n371002103002",
    }  # fmt: skip
    shiqiao = await organisations.save(world.site, CHEN_SIGNED, COUNTY_OFFICE, values)
    assert isinstance(shiqiao, bytes)
    change = values | {"services": ["elder", "tcm"], "areas": "371002103001 石桥村", "name": "石桥"}
    assert await organisations.save(world.site, CHEN_SIGNED, b"", change, shiqiao) == shiqiao
    found = await organisations.details(world.site, shiqiao)
    assert found.organisation.name == "石桥"
    assert [a.code for a in found.areas] == ["371002103001"]
    assert [service for service, _ in found.services] == ["elder", "tcm"]
    faults = await organisations.save(
        world.site,
        CHEN_SIGNED,
        COUNTY_OFFICE,
        values | {"code": "SQ02", "areas": "37\n371002103001"},
    )
    assert isinstance(faults, tuple)
    assert [each.field for each in faults] == ["areas", "areas"]


async def test_the_tree_is_drawn_from_the_top(world: World) -> None:
    await offices(world)
    await organisations.save(world.site, TIAN_SIGNED, QINGHE, NEW)
    lines = [(b.depth, b.organisation.level) for b in await organisations.tree(world.site)]
    assert lines[:2] == [(0, Level.CITY), (1, Level.COUNTY)]
    assert sorted(lines[2:]) == [(2, Level.FACILITY), (2, Level.FACILITY), (3, Level.ROOM)]


def test_the_columns_of_the_lists_stand_in_the_text_for_operators() -> None:
    text = (REPOSITORY / "docs" / "OPERATIONS.md").read_text("utf-8")
    table = text.partition("| sheet | column | what to write |")[2].partition("\n\n")[0]
    said = [tuple(cell.strip() for cell in row.split("|")[1:3]) for row in table.splitlines()[2:]]
    assert said == [
        (sheet, f"{each}*" if each in NEEDED[sheet] else each)
        for sheet, columns in LISTS.items()
        for each in columns
    ]
