"""A sheet on paper as a printer gets it: A4, one record a sheet, nothing of the page around it."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from server.actions.archives import afterwork
from tests.browser import browser, window
from tests.console import desk, offices, serving, session_of
from tests.desk_page import fill
from tests.world import SU, WU, ZHOU, new_world

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
A4 = (594.96, 841.92)  # points, as Chromium writes 210 by 297 mm


async def printed(page: Page) -> tuple[int, set[tuple[float, float]]]:
    """How many pages a PDF of what is shown has, and how large they are."""
    pdf = await page.pdf(prefer_css_page_size=True)
    sizes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf)
    return len(sizes), {(round(float(w), 2), round(float(h), 2)) for w, h in sizes}


async def test_two_visits_of_a_village_print_as_two_a4_sheets(tmp_path: Path) -> None:
    async with new_world(f"sqlite:///{tmp_path}/w.sqlite3", tmp_path) as world:
        await offices(world)
        await afterwork.catch_up(world.site)
        async with desk(world, SU) as su:
            for who in (ZHOU, WU):
                assert (await fill(su, who)).status_code == 303
        token = await session_of(world, SU)
        async with (
            serving(world) as url,
            browser() as opened,
            window(opened, url, token) as context,
        ):
            page = await context.new_page()
            await page.goto(f"{url}/console/paper")
            await page.select_option("#kind", label="高血压患者随访服务记录表")
            await page.keyboard.press("Control+Enter")
            await page.wait_for_url("**/paper/batch?*")
            await expect(page.locator("article.paper")).to_have_count(2)
            assert await printed(page) == (2, {A4})
            await page.emulate_media(media="print")
            for around in (".rail", ".top", ".keys", ".on-screen"):
                assert not await page.locator(around).first.is_visible(), around
            box = await page.locator("article.paper svg.qr").first.bounding_box()
            assert box
            assert box["width"] >= 60, "a code smaller than 16 mm is not read from paper"
            await page.emulate_media(media="screen")
            await page.goto(f"{url}/console/paper/blank/health_check")
            count, sizes = await printed(page)
            assert (count <= 4, sizes) == (True, {A4})
