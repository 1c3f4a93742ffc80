"""Organisations and staff in a real browser: a list with faults, corrected, taken over; keys."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from playwright.async_api import expect

from tests.browser import browser, window
from tests.console import CHEN, TIAN, offices, serving, session_of
from tests.test_organisations import book, start
from tests.world import QINGHE, SU, TEAM_A2, World, new_world


@pytest_asyncio.fixture(loop_scope="session")
async def here(tmp_path: Path) -> AsyncIterator[World]:
    async with new_world(f"sqlite:///{tmp_path}/w.sqlite3", tmp_path) as made:
        await offices(made)
        yield made


def put(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


async def test_a_list_with_faults_is_corrected_and_taken_over(here: World, tmp_path: Path) -> None:
    bad = await asyncio.to_thread(
        put, tmp_path / "bad.xlsx",
        book(organisations=[("QH01", "青禾镇卫生院", "医院", "", "", "", "", "", "")],
             villages=[("37", "上村", "QH09", "")]),
    )  # fmt: skip
    good = await asyncio.to_thread(put, tmp_path / "good.xlsx", start())
    token = await session_of(here, CHEN)
    async with (
        serving(here) as url, browser() as opened, window(opened, url, token) as context,
    ):  # fmt: skip
        page = await context.new_page()
        broken: list[str] = []
        page.on("console", lambda said: broken.append(said.text) if said.type == "error" else None)
        await page.goto(f"{url}/console/organisations")
        await page.keyboard.press("u")
        await page.wait_for_url("**/organisation-list")
        await page.set_input_files("#file", bad)
        await page.keyboard.press("Control+Enter")
        await page.wait_for_selector("table.faulty")
        rows = await page.locator("table.faulty tbody tr").all_inner_texts()
        assert [row.split("\t")[:3] for row in rows] == [
            ["机构", "2", "级别"], ["村居", "2", "机构代码"], ["村居", "2", "区划代码"],
        ]  # fmt: skip
        await page.keyboard.press("b")
        await page.wait_for_selector("#file")
        await page.set_input_files("#file", good)
        await page.click("button.main-act")
        await page.wait_for_selector("h1:has-text('可以写入')")
        await page.keyboard.press("Control+Enter")
        await page.wait_for_selector("text=写好了")
        await expect(page.locator("main")).to_contain_text("/console/invite/")
        await page.goto(f"{url}/console/organisations")
        await expect(page.locator("table.tree")).to_contain_text("上村卫生室")
        assert [each for each in broken if "422" not in each] == []
    assert await here.one("SELECT COUNT(*) FROM upload") == 0


async def test_a_locum_and_a_leaving_are_entered_on_the_page_of_staff(here: World) -> None:
    token = await session_of(here, TIAN)
    async with (
        serving(here) as url, browser() as opened, window(opened, url, token) as context,
    ):  # fmt: skip
        page = await context.new_page()
        await page.goto(f"{url}/console/staff")
        await expect(page.locator("h1")).to_contain_text("青禾镇卫生院有 4 个人")
        await page.click("section:has-text('青禾二队') >> text=加人或代班")
        await page.check(f"input[value='{SU.hex()}']")
        await page.check("input[value='locum']")
        await page.keyboard.press("Control+Enter")
        await page.wait_for_selector("text=代班要写到哪一天")
        await expect(page.locator(f"input[value='{SU.hex()}']")).to_be_checked()
        await page.fill("#f-until_day", "2026-11-25")
        await page.keyboard.press("Control+Enter")
        await page.wait_for_selector("text=代班到 11-25")
        await page.click("section:has-text('青禾一队') >> tr:has-text('苏清明') >> text=离职")
        await page.fill("#f-day", "2026-11-20")
        await page.check("text=谢芒种")
        await page.keyboard.press("Control+Enter")
        await page.wait_for_url(f"**/staff/{QINGHE.hex()}")
        await expect(page.locator("main")).not_to_contain_text("苏清明")
    locum = await here.one("SELECT COUNT(*) FROM team_member WHERE panel=? AND ground='locum' AND "
                           "staff<>?", TEAM_A2, SU)  # fmt: skip
    assert locum == 1
