"""The queues in a real browser, worked by keys."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Page, expect

from server.actions.places import move
from tests.browser import browser, window
from tests.console import CHEN, offices, serving, session_of
from tests.queues import busy_day
from tests.world import LIUWAN, QIN, TEAM_A, YANG, ZHOU, World, new_world


@asynccontextmanager
async def a_world(folder: Path) -> AsyncIterator[World]:
    async with new_world(f"sqlite:///{folder}/w.sqlite3", folder) as world:
        yield world


@asynccontextmanager
async def seen_by(world: World, url: str, staff: bytes) -> AsyncIterator[Page]:
    token = await session_of(world, staff)
    async with browser() as opened, window(opened, url, token) as context:
        page = await context.new_page()
        yield page


async def test_a_conflict_is_walked_to_taken_and_decided_by_keys(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        day = await busy_day(world)
        async with serving(world) as url, seen_by(world, url, QIN) as page:
            await page.goto(f"{url}/console/")
            await expect(page.locator("h1")).to_have_text("6 件要办，3 件四天内到期")
            panel = page.locator("#panel")
            await expect(panel).to_contain_text("周谷雨")
            await page.keyboard.press("j")
            await expect(panel).to_contain_text("隔离的上传")
            await page.keyboard.press("k")
            await expect(panel).to_contain_text("药物过敏史、血型")
            await page.keyboard.press("e")
            await expect(panel).to_contain_text("退回去")
            await page.keyboard.press("Enter")
            await page.wait_for_url("**/conflict/*")
            await expect(page.locator("[data-missing]")).to_have_text("还差 2 项：药物过敏史、血型")
            await page.keyboard.press("1")
            await page.keyboard.press("Control+Enter")  # one is missing: nothing is decided
            await expect(page.locator("[role=alert]")).to_contain_text("血型还没有选")
            await page.keyboard.press("2")
            await expect(page.locator("[data-missing]")).to_be_hidden()
            await page.fill("#note", "您当面说过，用青霉素起过皮疹。")
            await page.keyboard.press("Control+Enter")
            await expect(page.locator("h1")).to_contain_text("定下来了")
            await expect(page.locator("main")).to_contain_text("您当面说过，用青霉素起过皮疹。")
            await page.keyboard.press("Enter")
            await expect(page.locator("main")).to_contain_text("没有要办的事")
        await day.su.settle()
        heads = day.su.tablet.archive.cells(ZHOU)
        values = [heads[cell].heads[0].value for cell in ("drug_allergy/2", "blood_abo")]
        assert values == [True, "2"]
        assert await world.one("SELECT COUNT(*) FROM access_log") == 1, "one opening, one row"


async def test_what_waits_is_ended_with_a_key_or_a_reason(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        await busy_day(world)
        async with serving(world) as url, seen_by(world, url, QIN) as page:
            await page.goto(f"{url}/console/queue/proposal")
            await page.keyboard.press("Enter")
            await page.wait_for_url("**/matter/identity/*")
            await page.keyboard.press("d")
            await expect(page.locator("[role=alert]")).to_contain_text("写一句原因")
            await page.fill("#f-text", "证件上不是这个字。")
            await page.keyboard.press("Escape")
            await page.keyboard.press("d")
            await expect(page.locator("h1")).to_have_text("办完了，没有采用")
            await page.goto(f"{url}/console/queue/held")
            await page.keyboard.press("Enter")
            await expect(page.locator(".banner")).to_contain_text("收缩压应在 60 到 260")
            await page.keyboard.press("a")
            await expect(page.locator("h1")).to_have_text("办完了，放行了")
            await page.goto(f"{url}/console/queue/quarantine")
            await page.keyboard.press("Enter")
            await page.get_by_text("一起看").click()
            await expect(page.locator("h1")).to_have_text("平板 21 传来的，2 条没有写入")
            await page.keyboard.press("a")
            await page.wait_for_url("**/queue/quarantine?which=done")
            await expect(page.locator("tbody tr")).to_have_count(2)
        left = await world.rows("SELECT kind FROM task WHERE closed_at IS NULL ORDER BY kind")
        assert [row[0] for row in left] == ["conflict", "possible_duplicate"]


async def test_a_special_case_is_asked_at_the_desk_and_decided_by_the_county(
    tmp_path: Path,
) -> None:
    async with a_world(tmp_path) as world:
        await offices(world)
        ask = move.Ask(resident=YANG, panel=TEAM_A, ground="moved", by=QIN, at_new_desk=True)
        await move.switch(world.site, ask)
        world.clock.pass_(days=30)
        async with serving(world) as url:
            async with seen_by(world, url, QIN) as page:
                path = f"{url}/console/archive/{YANG.hex()}/switch"
                await page.goto(f"{path}?facility={LIUWAN.hex()}")
                await expect(page.locator("h1")).to_contain_text("2027年11月20日起可以换")
                await page.locator("[name=panel]").check()
                await page.select_option("#f-code", "pregnancy")
                await page.locator("[name=person]").first.check()
                await page.keyboard.press("Control+Enter")
                await expect(page.locator("[role=alert]")).to_contain_text("看过的凭证")
                await page.fill("#f-evidence", "孕产妇手册，2026年11月")
                await page.keyboard.press("Control+Enter")
                await expect(page.locator(".banner.done")).to_contain_text("报上去了")
            async with seen_by(world, url, CHEN) as page:
                await page.goto(f"{url}/console/queue/special")
                await page.keyboard.press("Enter")
                await expect(page.locator("main")).to_contain_text("孕产妇手册，2026年11月")
                await page.keyboard.press("d")
                await expect(page.locator("[role=alert]")).to_contain_text("不同意要写原因")
                await page.keyboard.press("a")
                await expect(page.locator("h1")).to_contain_text("同意了")
        assert await world.rows("SELECT cause FROM switch WHERE status='scheduled'") == [
            ("special",)
        ]
