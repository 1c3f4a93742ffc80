"""Schedules in which a record, an edit or a resident went where it should not."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from crypto.columns import add_kek, load_kek_file
from server.access import Opened
from server.actions.archives import afterwork, consent, desk, opening
from server.actions.archives.merging import Wish, merge
from server.actions.archives.opening import Given
from server.actions.archives.unmerging import unmerge
from server.actions.figures import figures_recount
from server.actions.keeping import kek
from server.actions.keeping.site import open_site
from server.actions.lists import import_records
from server.actions.lists.import_run import work
from server.actions.lists.imports import start
from server.actions.places import closing, closing_steps, move, unassigned
from server.errors import Refusal, RuleSaysNo
from server.rules.consent import Purpose
from server.rules.switch import Granted
from tests.console import CHEN, TIAN
from tests.lists import HEADINGS, carry_out, county, number, upload
from tests.test_closing import VILLAGE, serve
from tests.test_desk_actions import visit as desk_visit
from tests.test_merging import TODAY, signed, sound, state_of, value, visit
from tests.test_organisations import CHEN_SIGNED
from tests.world import (
    DISTRICT,
    HE,
    LIUWAN,
    QINGHE,
    SU,
    TEAM_B,
    WU,
    XIE,
    YANG,
    ZHENG,
    ZHOU,
    World,
    field,
    id_number,
)  # fmt: skip


async def test_a_death_entered_for_the_gone_archive_goes_back_with_it(world: World) -> None:
    first, second = await field(world, "青禾 1 号"), await field(world, "青禾 2 号", staff=XIE)
    for each in (first, second):
        await each.settle()
    edit = second.tablet.save_edit(WU, {"archive_status": "2"}, TODAY)
    tian = await signed(world, TIAN)
    merge_id = await merge(world.site, tian, Wish(ZHOU, WU, frozenset()))
    await second.settle()
    await unmerge(world.site, tian, merge_id)
    await sound(world, first, second)
    status = dict(await world.rows("SELECT resident, status FROM resident"))
    assert (await state_of(world, edit))[0] == WU
    assert status[ZHOU] == "usual"
    assert status[WU] == "dead"
    assert "2" in {head.value for head in first.tablet.archive.cells(WU)["archive_status"].heads}


async def test_merges_undone_in_another_order_leave_no_value_of_the_first(world: World) -> None:
    tablet = await field(world, "青禾 1 号")
    await tablet.settle()
    tian = await signed(world, TIAN)
    before = value(tablet, ZHOU, "phone")
    one = await merge(world.site, tian, Wish(ZHOU, WU, frozenset({"phone"})))
    two = await merge(world.site, tian, Wish(ZHOU, ZHENG, frozenset({"phone"})))
    await unmerge(world.site, tian, one)
    await unmerge(world.site, tian, two)
    await sound(world, tablet)
    assert value(tablet, ZHOU, "phone") == before


async def test_a_late_edit_of_one_gone_archive_does_not_come_back_by_undoing_the_other(
    world: World,
) -> None:
    tablet, other = await field(world, "青禾 1 号"), await field(world, "青禾 2 号", staff=XIE)
    for each in (tablet, other):
        await each.settle()
    tian = await signed(world, TIAN)
    before = value(tablet, ZHOU, "phone")
    other.tablet.save_edit(WU, {"phone": "19900008888"}, TODAY)
    one = await merge(world.site, tian, Wish(ZHOU, WU, frozenset()))
    await other.settle()
    two = await merge(world.site, tian, Wish(ZHOU, ZHENG, frozenset({"phone"})))
    await unmerge(world.site, tian, one)
    await unmerge(world.site, tian, two)
    await sound(world, tablet, other)
    heads = tablet.tablet.archive.cells(ZHOU)["phone"].heads
    assert [head.value for head in heads] == [before]


async def test_nobody_goes_back_to_a_closed_facility_for_good(world: World) -> None:
    tablet = await field(world, "柳湾 1 号", staff=HE, panels=(TEAM_B,))
    chen = await signed(world, CHEN)
    await serve(world, VILLAGE)
    merge_id = await merge(world.site, chen, Wish(YANG, WU, frozenset()))
    assert await closing.plan_closing(world.site, CHEN_SIGNED, QINGHE, TODAY) == ()
    await closing_steps.carry_on(world.site)
    await unmerge(world.site, chen, merge_id)
    await closing_steps.carry_on(world.site)
    place = await world.one("SELECT panel, facility FROM resident WHERE resident=?", WU)
    assert place == (TEAM_B, LIUWAN)
    await sound(world, tablet)
    assert WU in tablet.tablet.archive.members(TEAM_B)


async def test_a_form_opened_before_a_merge_is_not_saved_into_the_gone_archive(
    world: World,
) -> None:
    he = await signed(world, HE)
    seen = Given(Purpose.SERVICE, "来看病", present=True)
    found = await opening.open_by_number(world.site, he, id_number(WU), seen)
    assert isinstance(found, Opened)
    await merge(world.site, await signed(world, TIAN), Wish(ZHOU, WU, frozenset()))
    with pytest.raises(Refusal):
        await desk.save(world.site, he, found, desk_visit(world, WU))
    assert await world.rows("SELECT 1 FROM desk_change") == []


async def test_a_list_of_records_read_in_beside_a_merge_misses_no_archive(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await county(world)
    chen = await signed(world, CHEN)
    lines = f"证件号码,随访日期,收缩压,舒张压\n{id_number(WU)},2025-03-04,150,90\n"
    job = await upload(world, chen, lines.encode(), "htn_followup")
    await start(world.site, chen, job.id)
    done: list[bytes] = []
    write = world.site.store.write

    async def merged_before(action: Any) -> Any:
        if getattr(action, "func", None) is import_records._write and not done:
            done.append(b"")
            done.append(await merge(world.site, chen, Wish(ZHOU, WU, frozenset())))
        return await write(action)

    monkeypatch.setattr(world.site.store, "write", merged_before)
    await work(world.site, job.id)
    gone = await world.rows(
        "SELECT 1 FROM change WHERE resident=? AND shape='event' AND author='import'", WU
    )
    assert gone == []
    written = "SELECT resident FROM change WHERE author='import' AND day='2025-03-04'"
    assert await world.one(written) == ZHOU


async def test_a_list_at_work_survives_a_new_key_and_the_end_of_the_old_one(world: World) -> None:
    await county(world)
    chen = await signed(world, CHEN)
    lines = f"证件号码,随访日期,收缩压,舒张压\n{id_number(WU)},2025-03-04,150,90\n"
    job = await upload(world, chen, lines.encode(), "htn_followup")
    await kek.rotate(world.site, world.kek_file)
    assert await kek.in_use(world.site, 1) == 0
    await kek.retire(world.site, world.kek_file, 1)
    world.site = await open_site(
        world.store, kek_file=world.kek_file, district=DISTRICT, clock=world.clock
    )
    await start(world.site, chen, job.id)
    await work(world.site, job.id)
    assert await world.one("SELECT state FROM import_job") == "done"


async def test_figures_follow_an_undone_merge_whose_kept_archive_is_in_no_panel(
    world: World,
) -> None:
    await county(world)
    tablet = await field(world, "青禾 1 号")
    await tablet.settle()
    visit(tablet, WU)
    await tablet.settle()
    await figures_recount.keep_year(world.site)
    chen = await signed(world, CHEN)
    line = f"许清和,男,1955-03-12,{number('1955-03-12', 3)},,,371002999001,无,,"
    await carry_out(world, chen, f"{HEADINGS}\n{line}\n".encode())
    kept = await world.one("SELECT resident FROM resident WHERE panel IS NULL")
    merge_id = await merge(world.site, chen, Wish(kept, WU, frozenset()))
    await afterwork.catch_up(world.site)
    assert (await figures_recount.check(world.site)).right
    await unmerge(world.site, chen, merge_id)
    await afterwork.catch_up(world.site)
    assert (await figures_recount.check(world.site)).right
    await sound(world, tablet)


async def test_whoever_a_team_reads_by_consent_can_be_given_to_that_team(world: World) -> None:
    await county(world)
    tablet = await field(world, "柳湾 1 号", staff=HE, panels=(TEAM_B,))
    chen = await signed(world, CHEN)
    line = f"许清和,男,1955-03-12,{number('1955-03-12', 3)},,,371002999001,无,,"
    await carry_out(world, chen, f"{HEADINGS}\n{line}\n".encode())
    who = await world.one("SELECT resident FROM resident WHERE panel IS NULL")
    await consent.grant(
        world.site, who, panel=TEAM_B, purpose="service", classes="A",
        until=world.clock() + 10**9, text_version="1",
    )  # fmt: skip
    await sound(world, tablet)
    await unassigned.assign(world.site, chen, who, TEAM_B)
    await sound(world, tablet)
    assert await world.rows("SELECT ground FROM member WHERE resident=?", who) == [("assigned",)]


def test_two_key_rotations_at_the_same_moment_leave_a_key_file_that_opens(tmp_path: Path) -> None:
    for round_ in range(10):
        path = tmp_path / f"kek{round_}"
        add_kek(path)
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(add_kek, [path] * 8))
        assert load_kek_file(path).ids() == tuple(range(1, 10))


async def test_a_switch_of_a_merged_archive_is_not_taken_back(world: World) -> None:
    asked = move.Ask(WU, TEAM_B, "moved", SU, at_new_desk=True)
    assert isinstance(await move.switch(world.site, asked), Granted)
    await merge(world.site, await signed(world, CHEN), Wish(YANG, WU, frozenset()))
    with pytest.raises(RuleSaysNo):
        await move.undo(world.site, WU)
    assert await world.rows("SELECT panel FROM member WHERE resident=?", WU) == []
