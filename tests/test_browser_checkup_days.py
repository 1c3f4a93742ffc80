"""Preparing a checkup day in a real browser, by keys alone; every page of it under the eyes of
axe, and readable with doubled text.
"""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.axe import violations
from tests.browser import browser, window
from tests.checkup_days import a_day, planned, row
from tests.console import serving, session_of
from tests.world import QIN, SU, YANG, ZHENG, ZHOU, id_number, new_world

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
WIDTH = "document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth"


async def looks_right(page: Page, name: str) -> None:
    assert await violations(page) == [], name
    assert await page.evaluate(WIDTH) <= 0, name


async def with_file(page: Page, text: str) -> None:
    file = {"name": "list.csv", "mimeType": "text/csv", "buffer": text.encode("gb18030")}
    await page.set_input_files("#file", files=[file])  # pyright: ignore[reportArgumentType]
    await page.keyboard.press("Control+Enter")


async def test_a_day_is_made_its_people_drawn_and_a_slip_undone(tmp_path: Path) -> None:
    async with (
        new_world(f"sqlite:///{tmp_path}/w.sqlite3", tmp_path) as world,
        serving(world) as url,
        browser() as opened,
    ):
        await planned(world)
        async with window(opened, url, await session_of(world, QIN)) as context:
            page = await context.new_page()
            heading = page.get_by_role("heading", level=1)
            await page.goto(f"{url}/console/checkup")
            await looks_right(page, "no day yet")
            await page.keyboard.press("n")
            await page.fill("[name=place]", "青禾镇文化礼堂")
            await page.fill("[name=capacity]", "2")
            await page.keyboard.press("Control+Enter")
            await expect(page.get_by_role("alert")).to_contain_text("请选负责医生")
            await looks_right(page, "the form with a fault")
            await page.select_option("[name=lead]", SU.hex())
            await page.keyboard.press("Control+Enter")
            await expect(heading).to_contain_text("名单还是空的")
            await looks_right(page, "a draft")
            await page.keyboard.press("d")
            await expect(heading).to_contain_text("4 人")
            await looks_right(page, "drawing")
            await page.keyboard.press("Control+Enter")
            await expect(heading).to_contain_text("名单上 4 人")
            await looks_right(page, "the list")
            await page.keyboard.press("Enter")
            await expect(heading).to_contain_text("还没约时间")
            await looks_right(page, "one person")
            await page.keyboard.press("x")
            await expect(page.get_by_role("status")).to_contain_text("移出了")
            await page.keyboard.press("z")
            await expect(page.get_by_role("status")).to_contain_text("放回名单了")


async def test_a_list_is_looked_at_and_a_day_that_was_called_off_comes_back(
    tmp_path: Path,
) -> None:
    async with (
        new_world(f"sqlite:///{tmp_path}/w.sqlite3", tmp_path) as world,
        serving(world) as url,
        browser() as opened,
    ):
        await planned(world)
        day = await a_day(world)
        path = f"{url}/console/checkup/{day.hex()}"
        async with window(opened, url, await session_of(world, QIN)) as context:
            page = await context.new_page()
            heading = page.get_by_role("heading", level=1)
            await page.goto(f"{path}/list")
            await looks_right(page, "sending a list")
            await with_file(page, f"证件号码\n{id_number(YANG)}\n")
            await expect(heading).to_contain_text("1 处要改")
            await looks_right(page, "the faults of a list")
            await page.keyboard.press("a")
            await with_file(page, f"证件号码,时段\n{id_number(ZHENG)},8:30\n{id_number(ZHOU)},\n")
            await expect(heading).to_contain_text("要请 1 人")
            await looks_right(page, "what a list would do")
            await page.keyboard.press("Control+Enter")
            await expect(page.get_by_role("status")).to_contain_text("1 人排了时间")
            assert (await row(world, day, ZHENG))[:2] == ("invited", 2)
            await page.set_viewport_size({"width": 700, "height": 900})
            for each in ("", "/people", "/draw", "/edit", f"/people/{ZHOU.hex()}"):
                await page.goto(f"{path}{each}")
                assert await page.evaluate(WIDTH) <= 0, each
            await page.set_viewport_size({"width": 1440, "height": 900})
            await page.goto(path)
            await page.get_by_role("button", name="取消体检日").click()
            await expect(page.get_by_role("status")).to_contain_text("现在撤回没有人知道")
            await looks_right(page, "a day that was called off")
            await page.keyboard.press("z")
            await expect(page.get_by_role("status")).to_contain_text("照常办")
