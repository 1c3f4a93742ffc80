"""Schedules around merges and full disks: what is sent again is there once and said to be."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from server.access import Opened
from server.actions.archives import desk, opening
from server.actions.archives.merging import Wish, merge
from server.actions.archives.opening import Given
from server.actions.archives.unmerging import unmerge
from server.actions.keeping.verify import verify_journal
from server.actions.lists import import_run, imports
from server.actions.lists.import_upload import receive
from server.errors import NoRoom
from server.rules.consent import Purpose
from tests.console import CHEN, offices, text_of
from tests.console import desk as at_desk
from tests.desk_page import HTN, hidden, page_of
from tests.lists import HEADINGS, QINGHE_VILLAGE, carry_out, county, endings, number
from tests.test_desk_actions import visit as desk_visit
from tests.test_merging import signed, sound
from tests.world import HE, SU, WU, ZHENG, ZHOU, World, field, id_number, new_world

LINE = f"证件号码,随访日期,收缩压,舒张压\n{id_number(WU)},2025-03-04,150,90\n".encode()
WRITTEN = "SELECT resident FROM change WHERE author='import' AND day='2025-03-04'"


async def test_a_list_read_in_again_after_a_merge_and_its_undoing_writes_nothing_twice(
    world: World,
) -> None:
    await county(world)
    tablet = await field(world, "青禾 1 号")
    chen = await signed(world, CHEN)
    assert (await carry_out(world, chen, LINE, "htn_followup")).created == 1
    one = await merge(world.site, chen, Wish(ZHOU, WU, frozenset()))
    assert (await carry_out(world, chen, LINE, "htn_followup")).matched == 1
    two = await merge(world.site, chen, Wish(ZHENG, ZHOU, frozenset()))
    assert (await carry_out(world, chen, LINE, "htn_followup")).matched == 1
    assert await world.rows(WRITTEN) == [(ZHENG,)]
    await unmerge(world.site, chen, two)
    await unmerge(world.site, chen, one)
    assert (await carry_out(world, chen, LINE, "htn_followup")).matched == 1
    assert await world.rows(WRITTEN) == [(WU,)]
    await sound(world, tablet)


async def test_a_line_about_a_merged_archive_goes_back_to_it_by_undo(world: World) -> None:
    await county(world)
    tablet = await field(world, "青禾 1 号")
    chen = await signed(world, CHEN)
    merged = await merge(world.site, chen, Wish(ZHOU, WU, frozenset()))
    assert (await carry_out(world, chen, LINE, "htn_followup")).created == 1
    assert await world.rows(WRITTEN) == [(ZHOU,)]
    await sound(world, tablet)
    await unmerge(world.site, chen, merged)
    assert await world.rows(WRITTEN) == [(WU,)]
    job = await carry_out(world, chen, LINE, "htn_followup")
    assert job.matched == 1
    assert [each.resident for each in (await endings(world, job)).values()] == [WU]
    await sound(world, tablet)


async def test_a_desk_form_sent_again_after_a_merge_is_known(world: World) -> None:
    await offices(world)
    chen, he = await signed(world, CHEN), await signed(world, HE)
    seen = Given(Purpose.SERVICE, "来看病", present=True)
    found = await opening.open_by_number(world.site, he, id_number(WU), seen)
    assert isinstance(found, Opened)
    change = desk_visit(world, WU)
    first = await desk.save(world.site, he, found, change)
    merged = await merge(world.site, chen, Wish(ZHOU, WU, frozenset()))
    again = await desk.save(world.site, he, found, change)
    assert (again.again, again.change, again.resident) == (True, first.change, ZHOU)
    await unmerge(world.site, chen, merged)
    again = await desk.save(world.site, he, found, change)
    assert (again.again, again.resident) == (True, WU)


async def test_the_page_of_a_form_sent_again_after_a_merge_shows_its_receipt(world: World) -> None:
    await offices(world)
    chen = await signed(world, CHEN)
    async with at_desk(world, SU) as su:
        page = await su.get(page_of(WU, "/form/htn_followup"))
        typed = {**HTN, "change": hidden(page, "change")}
        unsent = {
            **HTN,
            "change": hidden(await su.get(page_of(WU, "/form/htn_followup")), "change"),
        }
        assert (await su.post(page_of(WU, "/form/htn_followup"), typed)).status_code == 303
        await merge(world.site, chen, Wish(ZHOU, WU, frozenset()))
        again = await su.post(page_of(WU, "/form/htn_followup"), typed)
        assert again.status_code == 303
        assert (await su.get(again.headers["location"])).status_code == 200
        refused = await su.post(page_of(WU, "/form/htn_followup"), unsent)
        assert refused.status_code >= 400
    assert await world.one("SELECT COUNT(*) FROM desk_change") == 1


@pytest.fixture
async def small(tmp_path: Path) -> AsyncIterator[World]:
    """A SQLite database whose disk can be made full."""
    async with new_world(f"sqlite:///{tmp_path}/w.sqlite3", tmp_path) as made:
        yield made


async def room(world: World, pages: int | None) -> None:
    """So many pages may still be added; None: as many as ever."""

    async def limit(tx: Any) -> None:
        most = 2**30 if pages is None else (await tx.rows("PRAGMA page_count"))[0][0] + pages
        await tx.rows(f"PRAGMA max_page_count={most}")

    await world.store.write(limit)


async def test_a_desk_form_on_a_full_disk_says_so_leaves_nothing_and_is_saved_later(
    small: World,
) -> None:
    await offices(small)
    async with at_desk(small, SU) as su:
        form = page_of(ZHOU, "/form/htn_followup")
        await room(small, 0)
        done, n = await su.get(form), -1
        while n < 50 and done.status_code in (200, 303):
            n += 1
            typed = {**HTN, "change": hidden(await su.get(form), "change")}
            done = await su.post(form, typed)
        assert done.status_code == 503
        assert "磁盘满了" in text_of(done)
        assert await small.one("SELECT COUNT(*) FROM desk_change") == n
        await room(small, None)
        assert (await su.post(form, typed)).status_code == 303
        assert await small.one("SELECT COUNT(*) FROM desk_change") == n + 1
    assert (await verify_journal(small.site)).faults == ()


@pytest.mark.parametrize("pages", [0, 40])
async def test_a_list_on_a_full_disk_waits_and_goes_on_by_itself(small: World, pages: int) -> None:
    await county(small)
    chen = await signed(small, CHEN)
    births = [(f"1950-01-{n % 28 + 1:02d}", 2 * (n // 28) + 1) for n in range(1_200)]
    lines = "".join(
        f"许清和,男,{birth},{number(birth, serial)},,,{QINGHE_VILLAGE},无,,\n"
        for birth, serial in births
    )
    taking = await receive(
        small.site, imports.importer_of(chen), kind="basic_info", name="名单.csv"
    )
    await taking.take(f"{HEADINGS}\n{lines}".encode())
    job = await taking.end()
    for state in ("reading", "running"):
        await room(small, pages if state == "running" else 0)
        with pytest.raises(NoRoom):
            await import_run.run(small.site)
        found = await imports.find(small.site, chen, job)
        assert (found.state, found.done) == (state, 0)
        assert await small.one("SELECT COUNT(*) FROM resident") == 5
        await room(small, None)
        small.clock.pass_(minutes=10)
        await import_run.run(small.site)
        if state == "reading":
            await imports.start(small.site, chen, job)
    found = await imports.find(small.site, chen, job)
    assert (found.state, found.created) == ("done", 1_200)
    assert (await verify_journal(small.site)).faults == ()
