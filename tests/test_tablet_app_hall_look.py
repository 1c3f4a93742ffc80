"""Every page of the checkup day for fingers, for large text, in sunlight and for axe."""

from pathlib import Path

from playwright.async_api import Page, expect

from crypto.card import CardType
from tests.tablet_app import in_the_field
from tests.tablet_hall import HallDay, a_hall, press, scan, turn_to
from tests.test_tablet_app_doors import looked_at
from tests.world import WU, ZHOU


async def shown(page: Page, outcome: str) -> None:
    await page.wait_for_selector(f"[data-outcome={outcome}]")


async def _at_the_desk(hall: HallDay, page: Page) -> list[str]:
    card = await hall.card(ZHOU)  # the one they have
    found = await looked_at(page, "签到")
    await scan(page, card.text)
    await shown(page, "valid")
    found += await looked_at(page, "核对")
    await page.evaluate("window.print = () => {}")
    await press(page, "签到")
    await shown(page, "checked_in")
    await scan(page, card.text)
    await shown(page, "already_in")
    found += await looked_at(page, "签过到")
    await scan(page, hall.other(CardType.CARD, -3))
    await shown(page, "expired")
    found += await looked_at(page, "过期")
    await scan(page, card.text[:-1] + ("7" if card.text[-1] != "7" else "8"))
    await shown(page, "forged")
    found += await looked_at(page, "假的")
    await scan(page, "某某")
    await expect(page.locator(".hall-several")).to_be_visible()
    found += await looked_at(page, "没有这个名字")
    await press(page, "现场登记")
    await press(page, "登记并签到")
    found += await looked_at(page, "现场登记，没有填")
    await press(page, "不登记了")
    return found


async def _at_a_station(hall: HallDay, page: Page) -> list[str]:
    card = await hall.card(ZHOU)
    await turn_to(page, "项目")
    found = await looked_at(page, "选项目")
    await page.locator(".hall-choose button", has_text="抽血").click()
    await expect(page.locator("#hall-scan")).to_be_focused()
    found += await looked_at(page, "名单")
    await scan(page, card.text)
    await expect(page.locator(".hall-tubes li")).to_have_count(3)
    await page.locator("#h-0-fpg").fill("30")
    await expect(page.locator(".hall-critical")).to_be_visible()
    found += await looked_at(page, "危急值")
    await press(page, "今天不做")
    found += await looked_at(page, "不做")
    await press(page, "放下，回名单")
    await press(page, "就是这个数，存下叫医生")
    await expect(page.locator(".hall-attend")).to_be_visible()
    found += await looked_at(page, "医生处理")
    await press(page, "先不处理，红条留着")
    return found


async def _at_the_door(hall: HallDay, page: Page) -> list[str]:
    cards = [await hall.card(who) for who in (ZHOU, WU)]
    await turn_to(page, "离开")
    found = await looked_at(page, "离开")
    await scan(page, cards[0].text)
    await shown(page, "alarm")
    found += await looked_at(page, "先别走")
    await scan(page, cards[1].text)
    await shown(page, "not_in")
    await turn_to(page, "签到")
    await scan(page, cards[1].text)
    await shown(page, "valid")
    await press(page, "签到")
    await shown(page, "checked_in")
    await turn_to(page, "离开")
    await scan(page, cards[1].text)
    await shown(page, "missing")
    found += await looked_at(page, "还差")
    await turn_to(page, "总览")
    await page.locator(".hall-figures button").first.click()
    await expect(page.locator(".hall-queue li").first).to_be_visible()
    found += await looked_at(page, "总览")
    return found


async def test_every_page_of_the_hall_is_for_fingers_for_large_text_in_sunlight_and_for_axe(
    tmp_path: Path,
) -> None:
    async with in_the_field(tmp_path) as field:
        hall = await a_hall(field)
        for who in (ZHOU, WU):
            await hall.card(who)
        page = (await hall.tablet()).page
        found = await _at_the_desk(hall, page)
        found += await _at_a_station(hall, page)
        found += await _at_the_door(hall, page)
    assert not found, "\n".join(found)
