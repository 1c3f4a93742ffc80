"""Two more queues in a real browser: a record that looks doubled, a resident nobody has."""

from pathlib import Path

from playwright.async_api import expect

from tests.browser import browser, window
from tests.console import serving, session_of
from tests.test_walk_tasks import possible_duplicate, unassigned
from tests.world import new_world


async def test_a_record_that_looks_doubled_is_kept_by_a_key(tmp_path: Path) -> None:
    async with new_world(f"sqlite:///{tmp_path}/w.sqlite3", tmp_path) as world:
        walk = await possible_duplicate(world)
        token = await session_of(world, walk.staff)
        async with (
            serving(world) as url, browser() as chromium, window(chromium, url, token) as opened,
        ):  # fmt: skip
            page = await opened.new_page()
            await page.goto(f"{url}/console/queue/duplicate")
            await expect(page.locator("table.q tbody tr")).to_have_count(1)
            await page.keyboard.press("Enter")
            await page.wait_for_url("**/matter/possible_duplicate/*")
            await page.locator("button[value=keep_both]").click()
            await expect(page.locator("h1")).to_contain_text("办完了")
            await page.goto(f"{url}/console/queue/duplicate")
            await expect(page.locator("table.q tbody tr")).to_have_count(0)
        ended = await world.one("SELECT closed_by FROM task WHERE kind='possible_duplicate'")
        assert ended == walk.staff


async def test_a_resident_nobody_has_is_given_to_a_team(tmp_path: Path) -> None:
    async with new_world(f"sqlite:///{tmp_path}/w.sqlite3", tmp_path) as world:
        walk = await unassigned(world)
        token = await session_of(world, walk.staff)
        async with (
            serving(world) as url, browser() as chromium, window(chromium, url, token) as opened,
        ):  # fmt: skip
            page = await opened.new_page()
            await page.goto(f"{url}/console/queue/unassigned")
            await expect(page.locator("table.q tbody tr")).to_contain_text("陈大雪")
            await page.keyboard.press("Enter")
            await page.wait_for_url("**/unassigned/*")
            await page.keyboard.press("Control+Enter")
            await expect(page.locator("[role=alert]")).to_be_visible()  # no team was chosen
            await page.locator(f"input[value='{walk.form['panel']}']").check()
            await page.keyboard.press("Control+Enter")
            await page.wait_for_url("**/queue/unassigned*")
            await expect(page.locator("table.q tbody tr")).to_have_count(0)
        panel = await world.one("SELECT panel FROM resident WHERE resident=?", walk.subject)
        assert panel.hex() == walk.form["panel"]
