"""Schedules around merges and full disks: what is sent again is there once and said to be."""

from server.access import Opened
from server.actions import desk, opening
from server.actions.merging import Wish, merge
from server.actions.opening import Given
from server.actions.unmerging import unmerge
from server.rules.consent import Purpose
from tests.console import CHEN, offices
from tests.console import desk as at_desk
from tests.desk_page import HTN, hidden, page_of
from tests.lists import carry_out, county, endings
from tests.test_desk_actions import visit as desk_visit
from tests.test_merging import signed, sound
from tests.world import HE, SU, WU, ZHENG, ZHOU, World, field, id_number

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
