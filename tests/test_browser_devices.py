"""Tablets in a real browser: the reference tablet is let in by what the screen shows."""

import os
from pathlib import Path

import httpx
from playwright.async_api import expect

from sync.enrol import Enrolled, Enrolment
from tests.browser import browser, window
from tests.console import TIAN, offices, serving, session_of
from tests.world import SU, new_world

OCTETS = {"content-type": "application/octet-stream"}


async def test_the_reference_tablet_is_let_in_by_the_code_on_the_screen(tmp_path: Path) -> None:
    async with new_world(f"sqlite:///{tmp_path}/w.sqlite3", tmp_path) as world:
        await offices(world)
        token = await session_of(world, TIAN)
        async with (
            serving(world) as url,
            httpx.AsyncClient(base_url=url, timeout=120) as line,
            browser() as opened,
            window(opened, url, token) as context,
        ):

            async def send(raw: bytes) -> bytes:
                answer = await line.post("/sync/v1/enrol", content=raw, headers=OCTETS)
                assert answer.status_code == 200
                return answer.content

            page = await context.new_page()
            await page.goto(f"{url}/console/devices")
            await page.keyboard.press("n")
            await page.wait_for_url("**/devices/enrol")
            await page.select_option("#staff", label="苏清明")
            await page.keyboard.press("Control+Enter")
            await page.wait_for_url("**&staff=*")
            await page.keyboard.press("Control+Enter")
            await expect(page.locator("[role=alert]")).to_contain_text("请填写平板上贴的号")
            await page.fill("#f-label", "07")
            await page.get_by_label("青禾一队").check()
            await page.keyboard.press("Control+Enter")
            code = await page.locator("[data-code]").inner_text()
            await expect(page.locator("svg.qr path")).to_have_count(1)
            tablet = Enrolment(
                code, app="tablet/1", label="", random=os.urandom, now_ms=world.clock()
            )
            tablet.on_hello(await send(tablet.hello()))
            tablet.on_join(await send(tablet.join()))
            await expect(page.locator("h1")).to_contain_text("核对六位数字")  # it looks by itself
            digits = tablet.six_digits()
            wrong = "000000" if digits != "000000" else "111111"
            await page.fill("#f-digits", wrong)
            await page.keyboard.press("Enter")
            await expect(page.locator("[role=alert]")).to_contain_text("还能试 4 次")
            await page.fill("#f-digits", digits)
            await page.keyboard.press("Control+Enter")
            await expect(page.locator(".banner.done")).to_contain_text("登记好了")
            enrolled = tablet.on_poll(await send(tablet.poll()))
            assert isinstance(enrolled, Enrolled)
            assert enrolled.staff == SU
            await page.locator("summary", has_text="平板丢了").click()
            await page.fill("#f-day", "2026-11-20")
            await page.fill("#f-time", "07:30")
            await page.get_by_role("button", name="标为丢失").click()
            await expect(page.locator("main")).to_contain_text("最后安全之后传来的")
            await page.goto(f"{url}/console/devices")
            await expect(page.locator("h1")).to_have_text("0 台平板在用，1 台丢失")
        assert await world.one("SELECT status FROM device") == "lost"
