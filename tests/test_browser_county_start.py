"""A county starts, as the README says: an empty database, two Excel files, two tablets, a conflict
decided in the browser. Commands are processes, the server is one, its timed work runs.
"""

import asyncio
import json
import re
import subprocess
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect
from pyotp import totp

from tests.browser import browser, window
from tests.server_process import Installation, served
from tests.source import REPOSITORY

PASSWORD = "青禾的井水很甜2026"
WAITS_S = 600


@dataclass(slots=True)
class Start:
    """The installation of this test and the address of its server."""

    here: Installation
    url: str

    async def run(self, *words: str) -> str:
        done = await asyncio.to_thread(partial(self.here.run, *words))
        return done.stdout

    async def tablet(self, name: str, *words: str) -> str:
        at = ("--file", str(self.here.folder / name))
        server = ("--server", self.url) if words[0] in ("enrol", "exchange") else ()
        return await self.run("tablet", *words, *at, *server)


@pytest.fixture
def here(tmp_path: Path) -> Installation:
    made = Installation(tmp_path, f"sqlite:///{tmp_path}/gongwei.sqlite3")
    made.extra["GONGWEI_TABLET_PASSPHRASE"] = "青山绿水"
    made.run("keys", "init")
    made.run("migrate")
    made.run("district", "load", "--rules", "huancui", "--name", "云栖县")
    made.run("district", "examples", str(tmp_path))
    return made


async def come_in(page: Page, link: str) -> None:
    """From a one-time link to a signed-in page."""
    await page.goto(link)
    for name in ("新密码", "再写一遍"):
        await page.get_by_label(name).fill(PASSWORD)
    await page.get_by_role("button", name="下一步").click()
    secret = (await page.locator("#secret").inner_text()).replace(" ", "")
    await page.get_by_label("手机上现在显示的 6 位数字").fill(totp.TOTP(secret).now())
    await page.get_by_role("button", name="绑定并登录").click()
    await expect(page.get_by_role("status")).to_contain_text("账号可以用了")


async def send_organisations(page: Page, start: Start) -> str:
    """The first file; the one-time link of the manager of Qinghe."""
    await page.goto(f"{start.url}/console/organisation-list")
    await page.set_input_files("#file", start.here.folder / "1-organisations.xlsx")
    await page.click("button.main-act")
    await page.wait_for_selector("h1:has-text('可以写入')")
    await page.keyboard.press("Control+Enter")
    await page.wait_for_selector("text=写好了")
    row = await page.locator("tr", has_text="田立秋").inner_text()
    link = re.search(r"\S*/console/invite/\S+", row)
    assert link, row
    return link[0] if link[0].startswith("http") else start.url + link[0]


async def send_residents(page: Page, start: Start) -> None:
    """The second file, read in by the server's own timed work."""
    await page.goto(f"{start.url}/console/imports")
    await page.set_input_files("#f-file", start.here.folder / "2-residents.xlsx")
    await page.click("text=上传，先不写入")
    await expect(page.locator("main")).to_contain_text("12 列已对上")
    await page.keyboard.press("Escape")
    await page.click("button:has-text('试读前 200 行')")
    await expect(page.locator("main")).to_contain_text("前 60 行都读懂了")
    await page.keyboard.press("s")
    await page.wait_for_url("**/console/imports/*")
    for _ in range(WAITS_S):
        if "60 行全部有了结果" in await page.inner_text("main"):
            return
        await asyncio.sleep(1)
        await page.reload()
    raise AssertionError(await page.inner_text("main"))


async def let_in(page: Page, start: Start, name: str, doctor: str) -> None:
    """A tablet by the code on the screen; its side is a process of its own."""
    await page.goto(f"{start.url}/console/devices/enrol")
    await page.select_option("#staff", label=doctor)
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_label("青禾一队")).to_be_checked()
    await page.fill("#f-label", name)
    await page.keyboard.press("Control+Enter")
    code = await page.locator("[data-code]").inner_text()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "server", "tablet", "enrol", code, "--server", start.url,
        "--file", str(start.here.folder / name), cwd=REPOSITORY, stdout=subprocess.PIPE,
        env={**start.here.environment(), "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    assert process.stdout is not None
    said = (await asyncio.wait_for(process.stdout.readline(), WAITS_S)).decode()
    digits = re.search(r"\d{6}", said)
    assert digits, said
    await expect(page.locator("h1")).to_contain_text("核对六位数字")
    await page.fill("#f-digits", digits[0])
    await page.keyboard.press("Control+Enter")
    await expect(page.locator(".banner.done")).to_contain_text("登记好了")
    rest, _ = await asyncio.wait_for(process.communicate(), WAITS_S)
    assert "Enrolled" in rest.decode()


async def decide(page: Page, start: Start, who: str) -> None:
    """The conflict, by keys alone."""
    await page.goto(f"{start.url}/console/")
    await expect(page.locator("h1")).to_contain_text("1 件要办")
    await expect(page.locator("table.q tbody tr")).to_contain_text(who)
    await page.keyboard.press("Enter")
    await expect(page.locator("h1")).to_contain_text("写得不一样")
    await page.keyboard.press("Shift+Digit2")  # one key: it was the only item
    await expect(page.locator("h1")).to_contain_text("定下来了")
    await page.keyboard.press("Escape")
    await expect(page.locator("main")).not_to_contain_text(who)


async def test_a_county_starts_from_two_files(here: Installation) -> None:
    with served(here) as server:
        start = Start(here, str(server.client.base_url).rstrip("/"))
        make = ("admin", "create", "--name", "陈立冬", "--login", "chen", "--json")
        made: dict[str, Any] = json.loads(await start.run(*make, "--url", start.url))
        async with browser() as opened, window(opened, start.url) as county:
            page = await county.new_page()
            await come_in(page, made["url"])
            link = await send_organisations(page, start)
            await send_residents(page, start)
            async with window(opened, start.url) as facility:
                desk = await facility.new_page()
                await come_in(desk, link)
                await let_in(desk, start, "one.tablet", "苏清明")
                await let_in(desk, start, "two.tablet", "谢芒种")
                for name in ("one.tablet", "two.tablet"):
                    assert "carries 20 resident" in await start.tablet(name, "exchange")
                people = await start.tablet("one.tablet", "people")
                identity, who = people.splitlines()[0].split()
                await start.tablet("one.tablet", "edit", identity, "blood_rh=1")
                await start.tablet("two.tablet", "edit", identity, "blood_rh=2")
                for name in ("one.tablet", "two.tablet", "one.tablet"):
                    await start.tablet(name, "exchange")
                assert "also said" in await start.tablet("one.tablet", "show", identity)
                await decide(desk, start, who)
                after = await start.tablet("one.tablet", "exchange")
                assert "as the server does" in after
                shown = await start.tablet("one.tablet", "show", identity)
                assert 'blood_rh = "2"\n' in shown
