"""One story with a real browser: bound at the desk, signed in on a phone without JavaScript, the
notice, one's own account, in both sizes.
"""

from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from server.actions.archives.opening import Given, open_for
from server.rules.consent import Purpose
from tests.browser import browser, window
from tests.console import serving, session_of
from tests.portal_sign_in import told
from tests.test_life import signed
from tests.world import PHONES, QIN, ZHOU, World, id_number, new_world


async def bind_at_the_desk(opened: Browser, url: str, world: World) -> None:
    """The clerk's part: the telephone, then a pass."""
    qin = await signed(world, QIN)
    await open_for(world.site, qin, ZHOU, Given(Purpose.SERVICE, "本人来窗口", present=True))
    async with window(opened, url, await session_of(world, QIN), width=1366, height=768) as desk:
        page = await desk.new_page()
        await page.goto(f"{url}/console/archive/{ZHOU.hex()}")
        await page.get_by_role("link", name="手机登录").click()
        form = page.locator("form[data-guard]")
        await form.get_by_label("证件号").fill(id_number(ZHOU))
        await form.get_by_label("本人在场，证件已核对").check()
        await form.get_by_label("手机号").fill(PHONES[ZHOU])
        await form.get_by_label("发短信验证码").check()
        await page.keyboard.press("Control+Enter")
        await expect(page.get_by_role("heading", name="请本人念验证码")).to_be_visible()
        code = (await told(world, "bind_code"))[-1].values["code"]
        await page.get_by_label("本人念的 6 位验证码").fill(code)
        await page.keyboard.press("Control+Enter")
        await expect(page.get_by_role("status")).to_contain_text("绑好了")
        await page.locator("summary", has_text="给一个登录二维码").click()
        making = page.locator("form[action$='/phone/pass']")
        await making.get_by_label("证件号").fill(id_number(ZHOU))
        await making.get_by_label("本人在场，证件已核对").check()
        await making.get_by_role("button", name="做二维码").click()
        await expect(page.get_by_role("img", name="登录二维码")).to_be_visible()


@pytest.mark.parametrize("size", ["standard", "elder"])
async def test_from_the_desk_to_the_own_account_on_a_phone_without_javascript(
    tmp_path: Path, size: str
) -> None:
    async with (
        new_world(f"sqlite:///{tmp_path}/w.sqlite3", tmp_path) as world,
        serving(world) as url,
        browser() as opened,
    ):
        await bind_at_the_desk(opened, url, world)
        phone = await opened.new_context(
            viewport={"width": 320 if size == "elder" else 390, "height": 844},
            java_script_enabled=False, locale="zh-CN", timezone_id="Asia/Shanghai",
        )  # fmt: skip
        page = await phone.new_page()
        await page.goto(f"{url}/")
        if size == "elder":
            await page.get_by_role("link", name="长辈版").click()
        await page.get_by_label("证件号").fill(id_number(ZHOU))
        await page.get_by_role("button", name="发短信验证码").click()
        await expect(page.get_by_role("heading")).to_contain_text(["马上收到验证码", "没收到"])
        code = (await told(world, "sign_in_code"))[-1].values["code"]
        await page.get_by_label("6 位验证码").fill(code)
        await page.get_by_role("button", name="登录").click()
        await expect(page.get_by_role("heading", level=1)).to_contain_text("请先看一遍")
        await page.get_by_role("button", name="看过了，同意").click()
        await page.goto(f"{url}/portal/account")
        await expect(page.get_by_role("heading", level=1)).to_contain_text("1000")
        await expect(page.get_by_text("就是这一次")).to_be_visible()
        wide = await page.evaluate("document.documentElement.scrollWidth")
        assert wide <= (320 if size == "elder" else 390)
        await page.get_by_role("button", name="收回同意").click()
        await expect(page.get_by_role("heading", level=1)).to_contain_text("不再显示档案")
        await page.get_by_role("button", name="退出登录").click()
        await expect(page.get_by_role("status")).to_contain_text("已经退出")
        await phone.close()
