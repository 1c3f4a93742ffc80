"""An emergency at a desk in a real browser: told, referred with one key, its result kept."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from server.actions.archives import afterwork
from tests.browser import browser, window
from tests.console import offices, serving, session_of
from tests.test_console_following import CLINIC, SECOND, STORY, TODAY, saved
from tests.world import SU, ZHOU, World, new_world

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest_asyncio.fixture(loop_scope="session")
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with new_world(f"sqlite:///{tmp_path}/w.sqlite3", tmp_path) as made:
        await offices(made)
        await afterwork.catch_up(made.site)
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def receipt(world: World) -> AsyncIterator[Page]:
    change = await saved(world, "htn_followup", TODAY, sbp=192, **SECOND)
    await afterwork.catch_up(world.site)
    token = await session_of(world, SU)
    async with (
        serving(world) as url,
        browser() as opened,
        window(opened, url, token) as context,
    ):
        page = await context.new_page()
        await page.goto(f"{url}/console/archive/{ZHOU.hex()}/saved/{change.hex()}")
        yield page


async def fill(page: Page, **values: str) -> None:
    for name, text in values.items():
        await page.fill(f'[name="{name}"]', text)


async def test_an_emergency_is_referred_with_one_key_and_its_result_is_written_down(
    receipt: Page, world: World
) -> None:
    await expect(receipt.locator(".advice")).to_contain_text("危急：处理后马上转诊")
    await expect(receipt.locator(".advice")).to_contain_text("血压 192/84 mmHg，达到危急值 180/110")
    await receipt.keyboard.press("r")
    await receipt.wait_for_selector('[name="impression"]')
    await expect(receipt.locator('[name="impression"]')).to_have_value(re.compile("血压 192/84"))
    await expect(receipt.locator('[name="from_org"]')).to_have_value("青禾镇卫生院")
    await expect(receipt.locator('[name="direction"][value="1"]')).to_be_checked()
    await fill(receipt, **CLINIC, **STORY)
    await receipt.keyboard.press("Control+Enter")
    await receipt.wait_for_url("**/saved/*")
    await receipt.goto(receipt.url.partition("/saved/")[0])
    await expect(receipt.locator(".loops")).to_contain_text("已转出，等接诊")
    await receipt.get_by_role("link", name="记回转结果").click()
    await receipt.wait_for_selector('[name="back_dx"]')
    await expect(receipt.locator('[name="direction"][value="2"]')).to_be_checked()
    back = {"back_dx": "高血压 3 级", "back_treatment": "联合用药", "rehab_advice": "低盐"}
    await fill(receipt, **back)
    await receipt.keyboard.press("Control+Enter")
    await receipt.wait_for_url("**/saved/*")
    await afterwork.catch_up(world.site)
    await receipt.goto(receipt.url.partition("/archive/")[0] + "/referrals?view=back")
    await expect(receipt.locator("table.q")).to_contain_text("周谷雨")
