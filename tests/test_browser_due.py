"""The due list in a real browser: views, a filter, keys down the list and into an archive whose
plan says why; a print without the frame.
"""

from pathlib import Path

from playwright.async_api import expect

from server.actions.archives import afterwork
from server.actions.plan import nightly
from tests.browser import browser, window
from tests.console import offices, serving, session_of
from tests.test_browser_board import listen
from tests.world import SU, ZHOU, World, field, new_world


async def with_plans(world: World) -> None:
    await offices(world)
    tablet = await field(world, "07")
    await tablet.settle()
    tablet.tablet.save_edit(ZHOU, {"hx_disease/2": True}, "2026-11-20")
    await tablet.settle()
    await afterwork.catch_up(world.site)
    await nightly.keep(world.site)


async def test_from_the_list_to_the_reason_with_the_keyboard(tmp_path: Path) -> None:
    async with (
        new_world(f"sqlite:///{tmp_path}/w.sqlite3", tmp_path) as world,
        serving(world) as url,
        browser() as opened,
    ):
        await with_plans(world)
        async with window(opened, url, await session_of(world, SU)) as context:
            page = await context.new_page()
            faults = listen(page)
            await page.goto(f"{url}/console/due")
            await expect(page.get_by_role("heading", level=1)).to_contain_text("项")
            for name in ("可做", "过期"):
                await page.get_by_role("link", name=name).click()
                await expect(page.locator("table.due tbody tr").first).to_be_visible()
            await expect(page.locator("table.due")).to_contain_text("周谷雨")
            services = page.get_by_label("服务", exact=True)
            service = (await services.locator("option").nth(1).inner_text()).rpartition(" ")[0]
            await services.select_option(index=1)
            await page.get_by_role("button", name="只看这些").click()
            rows = page.locator("table.due tbody tr")
            for n in range(await rows.count()):
                await expect(rows.nth(n)).to_contain_text(service)
            await page.keyboard.press("j")
            await page.keyboard.press("k")
            await page.keyboard.press("Enter")
            await page.wait_for_url("**/console/archive/*")
            plan = page.locator("#plan")
            await expect(plan).to_contain_text("服务计划")
            await expect(plan).to_contain_text("依据")
            await page.go_back()
            await page.emulate_media(media="print")
            await expect(page.locator(".rail")).to_be_hidden()
            await expect(page.locator(".pager")).to_be_hidden()
            await expect(page.locator(".filters").first).to_be_hidden()
            await page.emulate_media(media="screen")
            await page.set_viewport_size({"width": 700, "height": 900})
            width = "document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth"
            assert await page.evaluate(width) <= 0
            assert faults == []
