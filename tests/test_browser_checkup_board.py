"""The board of a checkup day in a real browser: it moves by itself, works without a script, and
says when it has stopped.
"""

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Page, expect

from server.actions.accounts import sessions
from tests.axe import too_wide, violations
from tests.browser import browser, window
from tests.busy_hall import DAY, MINUTE, Hall, bring, heard, prepared, walks
from tests.console import offices, serving, session_of
from tests.world import QIN, START_MS, World, new_world

BOARD = f"/console/checkup/{DAY.hex()}/board"
MOVES_WITHIN_S = 120  # a few hundred ms on a quiet machine


@pytest_asyncio.fixture(loop_scope="session")
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with new_world(f"sqlite:///{tmp_path}/w.sqlite3", tmp_path) as made:
        yield made


async def running(world: World, people: int = 120) -> Hall:
    await offices(world)
    hall = await prepared(world, people=people, tablets=20)
    walks(hall, begins=START_MS, slow=("ecg",), leavers=8)
    world.clock.pass_(minutes=60)
    await bring(world, hall.until(world.clock()))
    await heard(world, {hall.tablets[4]}, world.clock() - 18 * MINUTE)
    return hall


async def arrived(page: Page) -> int:
    text = await page.locator("[data-part=figures] .big").first.inner_text()
    return int(text.partition("\n")[0].split("请")[0].replace(",", "").strip())


async def test_a_board_moves_by_itself_and_keeps_what_is_in_hand(world: World) -> None:
    hall = await running(world)
    token = await session_of(world, QIN)
    async with serving(world) as url, browser() as opened, window(opened, url, token) as tab:
        page = await tab.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        await page.goto(f"{url}{BOARD}")
        await expect(page.locator("#live-say")).to_contain_text("有变化马上更新")
        before = await arrived(page)
        back = page.get_by_role("button", name="叫回").first
        await back.focus()
        world.clock.pass_(minutes=5)
        await bring(world, hall.until(world.clock()))
        began = time.monotonic()
        while await arrived(page) != before + 5:
            assert time.monotonic() - began < MOVES_WITHIN_S
        focused = await page.evaluate("document.activeElement.textContent")
        assert "叫回" in focused, "what is in hand stays in hand"
        await back.press("Enter")
        await expect(page.locator(".banner.calls")).to_contain_text("请回来继续做")
        await page.get_by_role("button", name="不叫了").first.click()
        await expect(page.locator(".banner.calls")).to_have_count(0)
        assert await violations(page) == []
        assert await too_wide(page, 1440) == []
        assert said == [], "nothing that the policy of the page forbids"


async def test_a_board_says_that_the_session_is_over(world: World) -> None:
    await running(world, people=20)
    token = await session_of(world, QIN)
    async with serving(world) as url, browser() as opened, window(opened, url, token) as tab:
        page = await tab.new_page()
        await page.goto(f"{url}{BOARD}")
        await expect(page.locator("#live-say")).to_contain_text("有变化马上更新")
        await sessions.end(world.site, sessions.name_of(token))
        await expect(page.locator("#live-say")).to_contain_text("登录到时间了")
        await expect(page.get_by_role("link", name="重新登录")).to_be_visible()


async def test_without_a_script_the_board_is_a_page_with_a_way_to_refresh(world: World) -> None:
    hall = await running(world, people=60)
    token = await session_of(world, QIN)
    async with serving(world) as url, browser() as opened:
        plain = await opened.new_context(java_script_enabled=False)
        await plain.add_cookies(
            [{"name": "gongwei_console", "value": token, "url": f"{url}/console"}]
        )
        page = await plain.new_page()
        await page.goto(f"{url}{BOARD}")
        await expect(page.locator("#live-say")).to_contain_text("不会自己更新")
        before = await arrived(page)
        world.clock.pass_(minutes=2)
        await bring(world, hall.until(world.clock()))
        await page.get_by_role("link", name="刷新").click()
        assert await arrived(page) >= before
        await page.get_by_role("button", name="叫回").first.click()
        await expect(page.locator(".banner.calls")).to_be_visible()


async def test_a_number_is_typed_into_the_field_and_the_page_of_the_person_opens(
    world: World,
) -> None:
    hall = await running(world, people=20)
    token = await session_of(world, QIN)
    async with serving(world) as url, browser() as opened, window(opened, url, token) as tab:
        page = await tab.new_page()
        await page.goto(f"{url}{BOARD}")
        await page.keyboard.press("/")
        await page.keyboard.type("b3")
        await page.keyboard.press("Enter")
        await page.wait_for_url(f"**/person/{hall.people[2].hex()}")
        await expect(page.locator(".big-name")).to_have_text("B 003")
        assert await violations(page) == []
        await page.keyboard.press("Escape")
        await page.wait_for_url("**/board")
