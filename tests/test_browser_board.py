"""The board in a real browser: arrow keys from number to number, Enter to the people behind it, the
list walked with keys, a print without the frame, targets read from a file.
"""

from pathlib import Path

from playwright.async_api import Page, expect

from server.actions.accounts.sessions import Signed, signed_in
from server.actions.archives import afterwork
from server.actions.figures import figures_recount, targets
from tests.browser import browser, window
from tests.console import CHEN, TIAN, offices, serving, session_of
from tests.world import LIUWAN, QINGHE, World, new_world

AIMS = {
    (QINGHE, "archive"): "9", (QINGHE, "elder"): "2", (QINGHE, "hypertension"): "4",
    (LIUWAN, "archive"): "3", (LIUWAN, "elder"): "1", (LIUWAN, "hypertension"): "1",
}  # fmt: skip


async def with_figures(world: World) -> None:
    await offices(world)
    await afterwork.catch_up(world.site)
    await figures_recount.keep_year(world.site)
    found = await signed_in(world.site, await session_of(world, CHEN))
    assert isinstance(found, Signed)
    await targets.put(world.site, found, 2026, AIMS)


def listen(page: Page) -> list[str]:
    """Whatever the browser complains about: a broken policy, a script that fails."""
    faults: list[str] = []
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    return faults


async def focused(page: Page) -> str:
    return await page.evaluate("document.activeElement.getAttribute('href') || ''")


async def test_the_board_is_walked_with_the_keyboard(tmp_path: Path) -> None:
    async with (
        new_world(f"sqlite:///{tmp_path}/w.sqlite3", tmp_path) as world,
        serving(world) as url,
        browser() as opened,
    ):
        await with_figures(world)
        async with window(opened, url, await session_of(world, CHEN)) as context:
            page = await context.new_page()
            faults = listen(page)
            await page.goto(f"{url}/console/board")
            await expect(page.get_by_role("heading", level=1)).to_contain_text("全县还差")
            await page.keyboard.press("ArrowRight")
            first = await focused(page)
            assert "/console/board/elder/" in first, "complete archives leave nobody to call"
            await page.keyboard.press("ArrowDown")
            assert (await focused(page), first.split("?")[0]) != ("", first)
            await page.keyboard.press("ArrowRight")
            assert "/hypertension/" in await focused(page)
            await page.keyboard.press("Enter")
            await expect(page.get_by_role("heading", level=1)).to_contain_text("没做完高血压管理")
            await expect(page.get_by_label("原因")).to_be_visible()
            await page.get_by_label("原因").fill("核对考核名单")
            await page.get_by_role("button", name="打开名单").click()
            await expect(page.locator("table.q tbody tr").first).to_contain_text("随访")
            assert "核对" not in page.url
            assert faults == []


async def test_a_manager_walks_the_list_and_prints_the_board(tmp_path: Path) -> None:
    async with (
        new_world(f"sqlite:///{tmp_path}/w.sqlite3", tmp_path) as world,
        serving(world) as url,
        browser() as opened,
    ):
        await with_figures(world)
        async with window(opened, url, await session_of(world, TIAN)) as context:
            page = await context.new_page()
            faults = listen(page)
            await page.goto(f"{url}/console/board/hypertension/{QINGHE.hex()}")
            rows = page.locator("table.q tbody tr")
            await expect(rows).to_have_count(4)
            await page.keyboard.press("j")
            await expect(rows.nth(1)).to_have_attribute("aria-selected", "true")
            async with page.expect_download() as kept:
                await page.keyboard.press("d")
            assert (await kept.value).suggested_filename == "hypertension-2026.csv"
            await page.goto(f"{url}/console/board")
            await page.evaluate("window.print = () => { document.title = 'printed'; }")
            await page.keyboard.press("p")
            assert await page.title() == "printed"
            await page.emulate_media(media="print")
            await expect(page.locator(".rail")).to_be_hidden()
            await expect(page.locator("table.goal")).to_be_visible()
            assert faults == []


async def test_the_county_reads_targets_from_a_file_looks_and_saves(tmp_path: Path) -> None:
    async with (
        new_world(f"sqlite:///{tmp_path}/w.sqlite3", tmp_path) as world,
        serving(world) as url,
        browser() as opened,
    ):
        await with_figures(world)
        annex = tmp_path / "annex.csv"
        annex.write_bytes("机构,老年人健康管理\n青禾镇卫生院,107×90%\n".encode("gbk"))
        async with window(opened, url, await session_of(world, CHEN)) as context:
            page = await context.new_page()
            faults = listen(page)
            await page.goto(f"{url}/console/board/targets")
            await page.get_by_label("表格文件").set_input_files(annex)
            await page.get_by_role("button", name="读这张表").click()
            await expect(page.get_by_role("status")).to_contain_text("1 家机构、1 个目标")
            await page.get_by_role("button", name="保存目标").click()
            await expect(page.get_by_role("status")).to_contain_text("改了 1 个目标")
            box = page.get_by_label("青禾镇卫生院 老年人健康管理")
            await expect(box).to_have_value("97")
            assert faults == []
        assert await world.one("SELECT source FROM target WHERE number=97") == "annex.csv"
