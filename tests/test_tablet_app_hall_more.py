"""The checkup day on the tablet with the hands, what a hurried finger does: nothing filled in, and
several critical values of one person.
"""

from pathlib import Path

from playwright.async_api import expect

from tests.halls import seen
from tests.tablet_app import in_the_field
from tests.tablet_hall import a_hall, press, scan
from tests.test_tablet_app_hall import at_station, off, on, signed_in
from tests.world import ZHOU


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
