"""After a checkup day in a real browser: with the keyboard alone, and sound by axe."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from tests.axe import violations
from tests.browser import browser, window
from tests.console import serving, session_of
from tests.test_console_checkup_after import after
from tests.world import SU, ZHENG, ZHOU, World, new_world

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest_asyncio.fixture(loop_scope="session")
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with new_world(f"sqlite:///{tmp_path}/w.sqlite3", tmp_path) as made:
        made.extra["day"] = await after(made)
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def here(world: World) -> AsyncIterator[tuple[Page, str]]:
    token = await session_of(world, SU)
    async with serving(world) as url, browser() as opened, window(opened, url, token) as context:
        yield await context.new_page(), f"{url}/console/checkup"


async def test_a_finding_is_opened_and_seen_to_with_the_keyboard(
    here: tuple[Page, str], world: World
) -> None:
    page, base = here
    await page.goto(f"{base}/findings")
    assert await violations(page) == []
    await page.keyboard.press("j")
    await page.keyboard.press("Enter")
    await expect(page.locator("h1")).to_contain_text("腹部 B 超异常")
    assert await violations(page) == []
    await page.fill("#f-due", "2026-12-04")
    await page.locator("#f-due").press("Enter")
    await expect(page.locator("main")).to_contain_text("约了 12月4日 周五 复查")
    rows = await world.rows("SELECT due_day FROM checkup_promise WHERE who=?", ZHOU)
    assert rows == [("2026-12-04",)]


async def test_letters_absentees_and_the_report_are_sound_pages(
    here: tuple[Page, str], world: World
) -> None:
    page, base = here
    day = world.extra["day"]
    await page.goto(f"{base}/{day}/letters")
    assert await violations(page) == []
    await page.check(f'input[value="{ZHOU.hex()}"]')
    await page.keyboard.press("h")
    await expect(page.locator("main")).to_contain_text("发了信")
    await page.goto(f"{base}/{day}/absent")
    assert await violations(page) == []
    await page.fill(f'input[name="r{ZHENG.hex()}"]', "去儿子家了")
    await page.check(f'input[value="{ZHENG.hex()}"]')
    await page.keyboard.press("v")
    await expect(page.locator("main")).to_contain_text("前上门")
    assert await page.input_value(f'input[name="r{ZHENG.hex()}"]') == "去儿子家了"
    await page.goto(f"{base}/{day}/report")
    assert await violations(page) == []
