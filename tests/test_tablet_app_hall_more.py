"""The checkup day on the tablet with the hands, what a hurried finger does: nothing filled in, and
several critical values of one person.
"""

from pathlib import Path

from playwright.async_api import expect

from tests.halls import seen
from tests.tablet_app import in_the_field
from tests.tablet_hall import a_hall, outcome, press, scan, turn_to
from tests.test_tablet_app_hall import at_station, off, on, signed_in
from tests.world import WU, ZHOU


async def test_a_station_where_nothing_was_filled_in_asks_before_it_counts_as_done(
    tmp_path: Path,
) -> None:
    async with in_the_field(tmp_path) as field:
        hall = await a_hall(field)
        card = await hall.card(ZHOU)
        tablet = await hall.tablet()
        page = tablet.page
        await off(hall, tablet)
        await signed_in(page, card.text)
        await at_station(page, "心电图")
        await scan(page, card.text)
        await press(page, "做完了，存在本机")
        await expect(page.get_by_role("alert")).to_contain_text("一项都没填")
        await expect(page.locator("#hall-fill")).to_be_focused()
        await press(page, "现在填")
        await expect(page.locator(".hall-part form :focus")).to_have_count(1)
        await expect(page.get_by_text("一项都没填")).to_have_count(0)
        assert "ecg" in (await hall.person(tablet, ZHOU))["missing"]
        await press(page, "做完了，存在本机")
        await press(page, "没有结果也算做完")
        await expect(page.locator(".hall-said")).to_be_visible()
        # Tubes have their results later: nobody is asked.
        await press(page, "换一项")
        await page.locator(".hall-choose button", has_text="抽血").click()
        await expect(page.locator("#hall-scan")).to_be_focused()
        await scan(page, card.text)
        await press(page, "做完了，存在本机")
        await expect(page.locator(".hall-said")).to_be_visible()
        await on(hall, tablet)
        state = (await seen(field.world, hall.day))[ZHOU].state
        assert state.st["ecg"].mark == state.st["blood"].mark == "1"


async def test_critical_values_of_one_person_are_one_row_and_one_press_acts_on_all_of_them(
    tmp_path: Path,
) -> None:
    async with in_the_field(tmp_path) as field:
        hall = await a_hall(field)
        cards = [await hall.card(who) for who in (ZHOU, WU)]
        tablet = await hall.tablet()
        page = tablet.page
        await page.set_viewport_size({"width": 1280, "height": 800})
        await off(hall, tablet)
        for card in cards:
            await signed_in(page, card.text)
        await at_station(page, "血压、身高体重")
        await scan(page, cards[0].text)
        for name, value in (("bp_l_sys", "208"), ("bp_l_dia", "128"), ("bp_r_sys", "206")):
            await page.locator(f"#h-0-{name}").fill(value)
        await press(page, "就是这个数，存下叫医生")
        shown = page.locator(".hall-attend .what li")
        await expect(shown).to_have_count(3)
        await press(page, "先不处理，红条留着")
        rows = page.locator(".hall-alarm li")
        await expect(rows).to_have_count(1)
        await expect(rows).to_contain_text("另有 2 项")
        # Somebody else at the door: what to press stands above the fold.
        await turn_to(page, "离开")
        await scan(page, cards[1].text)
        await outcome(page, "missing")
        await expect(page.get_by_role("button", name="带他去做")).to_be_in_viewport(ratio=1)
        await rows.locator("button").click()
        await expect(shown).to_have_count(3)
        await page.get_by_text("医生看过，可以接着做").click()
        await press(page, "处理好了，记下")
        await expect(page.locator(".hall-alarm")).to_have_count(0)
        await on(hall, tablet)
        found = (await seen(field.world, hall.day))[ZHOU]
        assert {each.field for each in found.state.alarms} == {"bp_l_sys", "bp_l_dia", "bp_r_sys"}
        assert len(found.state.acted) == 3
        assert found.progress.open == ()
