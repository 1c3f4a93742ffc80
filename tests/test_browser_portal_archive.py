"""The own archive in a real browser: from home to a record and back, in both sizes, as wide as a
small phone; nothing reaches past the edge with doubled text, axe finds nothing. (The pages carry no
script; the scripts are the test's own.)
"""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from resident_portal.door import COOKIE
from resident_portal.frame import ELDER, SIZE_COOKIE
from server.actions.tablets.intake import civil_day
from tests.axe import too_small, too_wide, violations
from tests.browser import browser
from tests.console import serving
from tests.long_archive import remember, ten_years
from tests.portal import bind, visit_of
from tests.world import ZHOU, new_world

WIDTH = 320


async def held(page: Page, least: int) -> None:
    """The page as a small phone shows it, and once more with doubled text."""
    assert await violations(page) == [], page.url
    assert await too_wide(page, WIDTH) == [], page.url
    assert await too_small(page, least) == [], page.url
    await page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert await too_wide(page, WIDTH) == [], page.url
    await page.evaluate("document.documentElement.style.fontSize = ''")


@pytest.mark.parametrize(("size", "least"), [("standard", 44), (ELDER, 60)])
async def test_from_home_to_a_trend_a_comparison_and_a_record(
    tmp_path: Path, size: str, least: int
) -> None:
    async with (
        new_world(f"sqlite:///{tmp_path}/w.sqlite3", tmp_path) as world,
        serving(world) as url,
        browser() as opened,
    ):
        await bind(world, ZHOU)
        await remember(world, ZHOU, ten_years(civil_day(world.clock()), years=4))
        context = await opened.new_context(viewport={"width": WIDTH, "height": 700}, locale="zh-CN")
        at = f"{url}/portal"
        await context.add_cookies(
            [
                {"name": COOKIE, "value": await visit_of(world, ZHOU), "url": at},
                {"name": SIZE_COOKIE, "value": size, "url": at},
            ]
        )
        page = await context.new_page()
        await page.goto(f"{at}/")
        await held(page, least)
        await page.get_by_role("link", name="看档案").click()
        await held(page, least)
        await page.get_by_role("link", name="血压").first.click()
        await expect(page.locator("figure svg").first).to_be_visible()
        await held(page, least)
        await page.get_by_text("用表格看").click()
        await expect(page.locator("tbody tr").first).to_be_visible()
        await held(page, least)
        await page.locator("tbody a").first.click()
        await expect(page.get_by_role("heading", name="高血压随访")).to_be_visible()
        await held(page, least)
        await page.goto(f"{at}/archive/years")
        await page.locator("summary").first.click()
        await page.get_by_text("选别的年份").click()
        await held(page, least)
        await page.get_by_label("2024 年").uncheck()
        await page.get_by_role("button", name="比一比").click()
        await expect(page.locator("caption").first).to_contain_text("2025–2026")
        await page.goto(f"{at}/plan")
        await held(page, least)
        await page.goto(f"{at}/archive")
        await page.get_by_role("button", name="显示证件号码和电话").click()
        await expect(page.get_by_text("这次查看记进了")).to_be_visible()
        await held(page, least)
