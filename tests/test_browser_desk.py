"""A day at the desk in a real browser: find by letters, open, fill in, save; the tablet gets it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from server.actions.archives import afterwork
from sync import wire
from tests.browser import browser, window
from tests.console import offices, serving, session_of
from tests.world import SU, ZHOU, World, field, new_world

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
CHOICES = {
    "mode": "2", "symptoms": "1", "salt_now": "2", "salt_target": "1", "psych": "1",
    "compliance": "1", "med_adherence": "1", "adr": "1", "class": "2",
}  # fmt: skip
NUMBERS = {
    "sbp": "158", "dbp": "96", "weight": "151", "bmi": "24.8", "heart_rate": "76",
    "smoke_now": "0", "drink_now": "0", "exercise_freq_now": "3", "exercise_min_now": "30",
    "next_date": "2026-12-01",
}  # fmt: skip


@pytest_asyncio.fixture(loop_scope="session")
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with new_world(f"sqlite:///{tmp_path}/w.sqlite3", tmp_path) as made:
        await offices(made)
        await afterwork.catch_up(made.site)
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def desk(world: World) -> AsyncIterator[Page]:
    token = await session_of(world, SU)
    async with (
        serving(world) as url,
        browser() as opened,
        window(opened, url, token) as context,
    ):
        page = await context.new_page()
        await page.goto(f"{url}/console/people")
        yield page


async def fill(page: Page) -> None:
    for name, code in CHOICES.items():
        await page.locator(f'[name="{name}"][value="{code}"]').check()
    for name, text in NUMBERS.items():
        await page.fill(f'[name="{name}"]', text)


async def test_found_by_letters_filled_in_with_a_rare_value_and_received_by_the_tablet(
    world: World, desk: Page
) -> None:
    tablet = await field(world, "07", restricted=True)
    await tablet.settle()
    await desk.keyboard.type("zgy")
    await desk.keyboard.press("Enter")
    await desk.wait_for_selector("table.q tr[data-href]")
    await desk.keyboard.press("Enter")
    await desk.wait_for_url(f"**/archive/{ZHOU.hex()}")
    await desk.keyboard.press("f")
    await desk.get_by_role("link", name="高血压患者随访服务记录表").click()
    await desk.wait_for_selector('[name="sbp"]')
    await expect(desk.locator(".desk-form")).to_contain_text("上次 138")
    await fill(desk)
    await desk.keyboard.press("Control+Enter")
    await desk.wait_for_selector(".faults.ask")
    await expect(desk.locator('[name="weight"]')).to_have_value("151")
    await desk.get_by_label("数值没有错，照这样保存").check()
    await desk.keyboard.press("Control+Enter")
    await desk.wait_for_url("**/saved/*")
    await expect(desk.locator("main")).to_contain_text("收到了")
    saved = bytes.fromhex(desk.url.rpartition("/")[2])
    await tablet.settle()
    events = tablet.tablet.archive.events(ZHOU)
    assert saved in {wire.change(each.change).id for each in events}
    await desk.reload()
    assert await world.one("SELECT COUNT(*) FROM desk_change") == 1


async def test_an_edit_at_the_desk_meets_a_tablets_edit_and_both_stay(
    world: World, desk: Page
) -> None:
    tablet = await field(world, "07", restricted=True)
    await tablet.settle()
    base = desk.url.partition("/console")[0]
    await desk.goto(f"{base}/console/archive/{ZHOU.hex()}/form/basic_info")
    tablet.tablet.save_edit(ZHOU, {"blood_abo": "1"}, "2026-11-20")
    await tablet.settle()
    await desk.locator('[name="blood_abo"][value="2"]').check()
    await desk.fill('[name="work_unit"]', "青禾镇小学")
    await desk.keyboard.press("Control+Enter")
    await desk.wait_for_url("**/saved/*")
    await expect(desk.locator("main")).to_contain_text("数据冲突")
    await desk.keyboard.press("Enter")
    await desk.wait_for_selector(".clash")
    for said in ("A 型", "B 型", "先按这个用：不详", "青禾镇小学"):
        await expect(desk.locator("main")).to_contain_text(said)
    await tablet.settle()
    heads = tablet.tablet.archive.cells(ZHOU)["blood_abo"].heads
    assert {head.value for head in heads} == {"1", "2"}


async def test_rows_are_added_and_nothing_typed_is_lost(world: World, desk: Page) -> None:
    base = desk.url.partition("/console")[0]
    await desk.goto(f"{base}/console/archive/{ZHOU.hex()}/form/htn_followup")
    await desk.fill('[name="sbp"]', "158")
    await desk.get_by_role("button", name="加一行用药情况").click()
    await desk.wait_for_selector('[name="meds.1.name"]')
    await expect(desk.locator('[name="sbp"]')).to_have_value("158")
    await desk.fill('[name="meds.1.name"]', "氨氯地平")
    await desk.keyboard.press("Enter")
    await desk.wait_for_selector(".faults")
    await expect(desk.locator('[name="meds.1.name"]')).to_have_value("氨氯地平")
    assert await world.one("SELECT COUNT(*) FROM desk_change") == 0
