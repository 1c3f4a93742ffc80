"""Attacks on the console by people who are signed in: beside the own place, past the own scope."""

import io
import tracemalloc

import openpyxl
import pytest

from server.actions.accounts.sessions import csrf_of
from server.actions.archives import conflicts
from server.actions.archives.conflicts import Choice
from server.actions.lists.sheet_parts import SheetBroken, SheetTooWide
from server.actions.lists.sheets import csv_text, read_sheet, read_sheets
from server.store.tx import Tx
from tests.console import CHEN, COUNTY_OFFICE, desk, hire, offices, text_of
from tests.queues import TODAY
from tests.test_queues import person
from tests.test_unassigned_page import two_wait
from tests.world import (
    DISTRICT,
    HE,
    LIUWAN,
    QIN,
    SU,
    TEAM_B,
    XIE,
    ZHENG,
    ZHOU,
    World,
    an_id,
    field,
)

LIU = an_id("柳湾的管理员")
LIST = "姓名,性别,出生日期\n许清和,男,1955-03-12\n".encode()
RESTRICTED_CELL = "disability_restricted/7"


async def manager_of_liuwan(world: World) -> None:
    await offices(world)
    await hire(world, LIU, "白大寒", role="manager", facility=LIUWAN)


async def scoped(world: World, staff: bytes) -> None:
    """From now on this person may be shown class B."""

    async def write(tx: Tx) -> None:
        await tx.run("UPDATE staff SET restricted=? WHERE staff=?", True, staff)

    await world.store.write(write)


async def test_a_manager_takes_nobody_who_waits_at_the_county(world: World) -> None:
    await two_wait(world)
    await manager_of_liuwan(world)
    async with desk(world, LIU) as liu:
        answer = await liu.post(f"/console/unassigned/{ZHOU.hex()}", panel=TEAM_B.hex())
        assert answer.status_code == 403
    assert await world.one("SELECT panel FROM resident WHERE resident=?", ZHOU) is None


async def test_an_archive_that_was_merged_is_put_into_no_panel(world: World) -> None:
    await manager_of_liuwan(world)

    async def write(tx: Tx) -> None:
        await tx.run("DELETE FROM member WHERE resident=?", ZHENG)
        await tx.run(
            "UPDATE resident SET panel=NULL, facility=NULL, status='merged' WHERE resident=?", ZHENG
        )
        await tx.insert("merged", [(DISTRICT, ZHENG, ZHOU)])

    await world.store.write(write)
    for who in (LIU, CHEN):
        async with desk(world, who) as one:
            answer = await one.post(f"/console/unassigned/{ZHENG.hex()}", panel=TEAM_B.hex())
            assert answer.status_code in (403, 409)
    assert await world.one("SELECT panel FROM resident WHERE resident=?", ZHENG) is None


async def test_a_look_in_an_emergency_moves_nobody_to_another_facility(world: World) -> None:
    await offices(world)
    page = f"/console/archive/{ZHOU.hex()}"
    wish = {"facility": LIUWAN.hex(), "panel": TEAM_B.hex(), "ground": "choice"}
    async with desk(world, HE) as he:
        opened = await he.post(f"{page}/open", purpose="emergency", reason="抢救，要知道过敏史")
        assert opened.status_code == 303
        assert (await he.get(page)).status_code == 200
        for path in ("switch", "switch/undo", "switch/special"):
            assert (await he.post(f"{page}/{path}", wish)).status_code == 403
        assert (await he.get(f"{page}/switch")).status_code == 403
    assert not await world.rows("SELECT 1 FROM switch")


async def decided(world: World) -> bytes:
    """A conflict about a blood group and a restricted disability, decided by somebody with
    scope.
    """
    await offices(world)
    su = await field(world, "07", restricted=True)
    xie = await field(world, "11", staff=XIE, restricted=True)
    for each in (su, xie):
        await each.settle()
    su.tablet.save_edit(ZHOU, {RESTRICTED_CELL: True}, TODAY)
    await su.settle()
    await xie.settle()
    world.clock.pass_(hours=1)
    su.tablet.save_edit(ZHOU, {RESTRICTED_CELL: None, "blood_abo": "1"}, TODAY)
    conflict = xie.tablet.save_edit(ZHOU, {RESTRICTED_CELL: True, "blood_abo": "2"}, TODAY)
    await su.settle()
    await xie.settle()
    await scoped(world, SU)
    signed = await person(world, SU)
    found = await conflicts.open_conflict(world.site, signed, conflict, "核对")
    assert {each.cell for each in found.disputed} == {RESTRICTED_CELL, "blood_abo"}
    values = {each.cell: each.sayings[0].value for each in found.disputed}
    seen = {each.cell: frozenset(each.heads) for each in found.disputed}
    choice = Choice(values, seen, "精神科出院小结已核对", "核对")
    assert await conflicts.decide(world.site, signed, conflict, choice) is not None
    return conflict


async def test_what_was_decided_about_a_restricted_fact_is_not_told_without_scope(
    world: World,
) -> None:
    path = f"/console/conflict/{(await decided(world)).hex()}"
    async with desk(world, QIN) as qin, desk(world, SU) as su:
        page = await qin.get(path)
        assert page.status_code == 200
        assert "精神" not in page.text
        assert "残疾情况（限制）" not in page.text
        assert "血型" in text_of(page)
        assert "精神科出院小结已核对" in (await su.get(path)).text


async def test_a_list_of_somebody_with_scope_is_not_handed_to_somebody_without(
    world: World,
) -> None:
    await offices(world)
    other = an_id("县里的另一位")
    await hire(world, other, "柳秋分", role="county", facility=COUNTY_OFFICE)
    await scoped(world, CHEN)
    async with desk(world, CHEN) as chen, desk(world, other) as one:
        sent = await chen.client.post(
            "/console/imports",
            data={"csrf": csrf_of(chen.token), "kind": "basic_info"},
            files={"file": ("a.csv", LIST)},
        )
        path = sent.headers["location"]
        assert (await chen.get(path)).status_code == 200
        for rest in ("", "/try", "/result"):
            assert (await one.get(path + rest)).status_code == 403
        for step in ("columns", "mapping", "start", "stop", "delete"):
            assert (await one.post(f"{path}/{step}")).status_code == 403
        assert path not in (await one.get("/console/imports")).text
        assert path in (await chen.get("/console/imports")).text


@pytest.mark.parametrize("record", [b"," * 30_000_000, b'"\n",' * 6_000_000])
def test_one_endless_line_of_a_list_is_not_held_in_memory(record: bytes) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(SheetTooWide):
            list(read_sheet(record).lines)
        assert tracemalloc.get_traced_memory()[1] < 64 * 1024 * 1024
    finally:
        tracemalloc.stop()


def test_many_sheets_with_rows_far_below_are_not_gone_through() -> None:
    book = openpyxl.Workbook()
    for n in range(40):
        book.create_sheet(f"s{n}").cell(row=1_000_000, column=1, value="x")
    file = io.BytesIO()
    book.save(file)
    _, first, second, *_ = read_sheets(file.getvalue())
    assert [line.n for line in first.lines] == [1_000_000]
    with pytest.raises(SheetBroken):
        list(second.lines)


def test_a_formula_behind_a_space_stays_a_text() -> None:
    cells = [" =1+1", "\n=1+1", "\u00a0@x", "+1"]
    assert csv_text([[each] for each in cells]).count("'") == 3
