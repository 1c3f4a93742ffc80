"""Sign-in in a real browser: from the operator's link to a signed-in page, and what was typed when
the session ran out.
"""

import json
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from server.actions.accounts import password_hash
from server.pages import qr
from server.rules.accounts import IDLE_MINUTES
from tests.browser import browser, window
from tests.console import serving
from tests.server_process import Installation
from tests.sign_in import PASSWORD, code_of
from tests.world import World, new_world


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(password_hash, "COST_LOG2", 12)


async def come_in(page: Page, world: World, secret: str) -> None:
    world.clock.pass_(ms=30_000)  # each code counts once
    await page.get_by_label("登录名").fill("chen.ld")
    await page.get_by_label("密码").fill(PASSWORD)
    await page.get_by_label("验证码").fill(code_of(secret, world))
    await page.get_by_role("button", name="登录").click()


async def test_from_the_operators_link_to_a_page_and_back_to_what_was_typed(tmp_path: Path) -> None:
    async with (
        new_world(f"sqlite:///{tmp_path}/w.sqlite3", tmp_path) as world,
        serving(world) as url,
        browser() as opened,
        window(opened, url) as context,
    ):
        make = ("admin", "create", "--name", "陈立冬", "--login", "chen.ld", "--json", "--url", url)
        link = json.loads(Installation(tmp_path, world.url).run(*make).stdout)["url"]
        page = await context.new_page()
        faults: list[str] = []
        page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
        await page.goto(link)
        for name in ("新密码", "再写一遍"):
            await page.get_by_label(name).fill(PASSWORD)
        await page.get_by_role("button", name="下一步").click()
        await expect(page.get_by_role("img", name="验证器的二维码")).to_be_visible()
        secret = (await page.locator("#secret").inner_text()).replace(" ", "")
        await page.get_by_label("手机上现在显示的 6 位数字").fill(code_of(secret, world))
        await page.get_by_role("button", name="绑定并登录").click()
        await expect(page.get_by_role("status")).to_contain_text("账号可以用了")
        assert faults == []  # nothing of the pages breaks the strict policy

        await page.goto(f"{url}/console/audit")
        await page.get_by_label("哪一天").fill("2026-11-19")
        world.clock.pass_(minutes=IDLE_MINUTES + 1)
        await page.get_by_role("button", name="查看").click()
        await expect(page.get_by_text("刚才填的留着")).to_be_visible()
        await come_in(page, world, secret)
        await expect(page.get_by_role("heading", name="您刚才填的还在")).to_be_visible()
        await expect(page.locator(".typed")).to_have_text("2026-11-19")
        await page.get_by_role("button", name="接着提交").click()
        await expect(page.get_by_label("哪一天")).to_have_value("2026-11-19")

        await page.get_by_role("button", name="退出").click()
        await expect(page.get_by_text("已经退出")).to_be_visible()
        await page.goto(link)
        await expect(page.get_by_text("这个链接不能用了")).to_be_visible()


def test_a_qr_code_is_one_path_with_its_quiet_border() -> None:
    made = qr.code_of("otpauth://totp/Gongwei:su.qm?secret=ABC&issuer=Gongwei")
    assert made.path.startswith(f"M{qr.QUIET} {qr.QUIET}h7v1h-7z")
    assert made.size > 21 + 2 * qr.QUIET
