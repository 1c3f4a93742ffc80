"""The doors of the tablet app as people use them: the code by hand and by camera, the lock, the
rescue file; and every one of these screens for fingers, for large text, in sunlight and for axe.
"""

import asyncio
from dataclasses import dataclass
from pathlib import Path

import qrcode
from PIL import Image
from playwright.async_api import Page, expect

from crypto.keys import Suite
from server.actions.tablets import devices
from server.actions.tablets.offers import qr_text
from tests.axe import too_small, too_wide, violations
from tests.tablet_app import PASSPHRASE, Field, Tablet, in_the_field, offer
from tests.world import ZHOU

SIZES = {"lying": (1280, 800), "upright": (800, 1280), "phone": (360, 740)}
LEAST_TARGET = 56
TOLD_TO_WAIT = """() => {
  const shut = [...document.querySelectorAll("button:disabled")].map((each) => each.textContent);
  const said = document.querySelector("[role=alert]")?.textContent ?? "";
  return said.includes("还可以试 9 次") && shut.some((each) => each.includes("还要等"));
}"""


async def press(page: Page, name: str) -> None:
    await page.get_by_role("button", name=name, exact=True).click()


async def shut(tablet: Tablet) -> None:
    await press(tablet.page, "锁上")
    await tablet.page.locator(".rail").wait_for(state="hidden")  # a page of staff has a #pass too
    await tablet.page.locator("#pass").wait_for()


def film(text: str, path: Path) -> None:
    """What a camera sees that is held at a QR code; a few pictures, shown over and over."""
    wide, high, side = 640, 480, 420
    made = qrcode.QRCode(border=4)
    made.add_data(text)
    code = made.make_image().get_image().convert("L").resize((side, side))
    seen = Image.new("L", (wide, high), 255)
    seen.paste(code, ((wide - side) // 2, (high - side) // 2))
    grey = bytes([128]) * (wide * high // 2)
    picture = b"FRAME\n" + seen.tobytes() + grey
    path.write_bytes(f"YUV4MPEG2 W{wide} H{high} F10:1 Ip A1:1 C420jpeg\n".encode() + picture * 5)


async def test_the_code_comes_by_camera_and_the_reader_is_fetched_only_then(
    tmp_path: Path,
) -> None:
    async with in_the_field(tmp_path, on_disk=True) as field:
        code, _ = await offer(field.world)
        film(qr_text(field.world.site, code, Suite.X25519_ED25519), tmp_path / "seen.y4m")
        tablet = field.tablet("one")
        tablet.arguments = (f"--use-file-for-fake-video-capture={tmp_path / 'seen.y4m'}",)
        page = await tablet.open()
        fetched: list[str] = []
        page.on("request", lambda request: fetched.append(request.url))
        await tablet.installed()
        await press(page, "输入登记码")
        await page.get_by_label("这台平板叫什么").fill("平板 07")
        assert not [url for url in fetched if "zxing" in url]
        await press(page, "用相机扫码")
        await page.get_by_text("登记码扫到了").wait_for()
        await press(page, "用这个登记码")
        assert len((await page.locator(".digits .vh").inner_text()).split()) == 6
        assert [url for url in fetched if url.endswith("zxing_reader.wasm")]


async def test_a_wrong_passphrase_says_how_many_are_left_and_how_long_to_wait(
    tmp_path: Path,
) -> None:
    async with in_the_field(tmp_path) as field:
        tablet = await field.enrolled()
        page = tablet.page
        await shut(tablet)
        await page.locator("#pass").fill("不是这一句口令")
        said = asyncio.ensure_future(page.wait_for_function(TOLD_TO_WAIT))  # 5 s are soon over
        await press(page, "打开")
        await said
        await page.locator("#pass").fill(PASSPHRASE)
        await page.get_by_role("button", name="打开", exact=True).click()
        await page.get_by_role("navigation", name="主要页面").wait_for()


async def test_only_one_window_is_live_and_the_other_takes_over_when_it_closes(
    tmp_path: Path,
) -> None:
    async with in_the_field(tmp_path) as field:
        tablet = await field.enrolled()
        assert tablet.context is not None
        first = tablet.page
        second = await tablet.context.new_page()
        await second.goto(first.url)
        await second.get_by_text("平板程序已经在另一个窗口打开").wait_for()
        await first.close()
        await second.locator("#pass").wait_for()
        assert second.url.endswith("/tablet/")


async def test_the_rescue_file_goes_to_downloads_from_a_locked_tablet(tmp_path: Path) -> None:
    async with in_the_field(tmp_path) as field:
        tablet = await field.enrolled()
        await tablet.cut()
        await tablet.visit(ZHOU)
        await shut(tablet)
        page = tablet.page
        await press(page, "存救援文件")
        async with page.expect_download() as coming:
            await press(page, "存救援文件到「下载」")
        came = await coming.value
        assert came.suggested_filename.endswith(".gwr1")
        assert (await came.path()).read_bytes().startswith(b"GWR1")
        await expect(page.get_by_role("status").first).to_contain_text("1 批，1 条")


@dataclass(frozen=True, slots=True)
class Look:
    """One screen as it was seen."""

    name: str
    size: str

    async def faults(self, page: Page) -> list[str]:
        """At its own size for axe and fingers, then with text of twice the size."""
        wide, high = SIZES[self.size]
        await page.set_viewport_size({"width": wide, "height": high})
        found = await violations(page) if self.size != "upright" else []
        found += [f"low: {each}" for each in await too_small(page, LEAST_TARGET)]
        found += [f"wide: {each}" for each in await too_wide(page, wide)]
        await page.evaluate("document.documentElement.style.fontSize = '200%'")
        found += [f"wide at 200 %: {each}" for each in await too_wide(page, wide)]
        await page.evaluate("document.documentElement.style.fontSize = ''")
        return [f"{self.name}, {self.size}: {each}" for each in found]


async def looked_at(page: Page, name: str) -> list[str]:
    found: list[str] = []
    await page.locator("main h1").wait_for()
    for size in SIZES:
        found += await Look(name, size).faults(page)
    await page.set_viewport_size({"width": 1280, "height": 800})
    await page.evaluate("document.documentElement.dataset.light = 'daylight'")
    found += [f"{name}, daylight: {each}" for each in await violations(page)]
    await page.evaluate("delete document.documentElement.dataset.light")
    return found


async def test_every_door_is_for_fingers_for_large_text_in_sunlight_and_for_axe(
    tmp_path: Path,
) -> None:
    async with in_the_field(tmp_path) as field:
        tablet = field.tablet("one")
        page = await tablet.open()
        await tablet.installed()
        found = await _before_it_is_somebodys(field, tablet)
        for name in ("设置", "同步"):
            await page.locator(".rail").get_by_role("button", name=name).click()
            found += await looked_at(page, name)
        await press(page, "存救援文件")
        found += await looked_at(page, "救援文件")
        await page.locator(".rail").get_by_role("button", name="设置").click()
        await press(page, "看同事")
        found += await looked_at(page, "同事")
        await shut(tablet)
        found += await looked_at(page, "锁上")
        await tablet.unlock()
        device = bytes.fromhex((await tablet.until("s.stage === 'open'"))["device"])
        await devices.revoke(field.world.site, device, "staff_left")
        await tablet.ask("sync")
        await page.get_by_text("管理员清空了这台平板").wait_for()
        found += await looked_at(page, "清空以后")
    assert found == []


async def _before_it_is_somebodys(field: Field, tablet: Tablet) -> list[str]:
    page = tablet.page
    found = await looked_at(page, "没有登记")
    await press(page, "输入登记码")
    await press(page, "用这个登记码")
    found += await looked_at(page, "登记码，没有填")
    code, confirm = await offer(field.world)
    await page.locator("#code").press_sequentially(code.replace("-", "").lower())
    await expect(page.locator("#code")).to_have_value(code)
    await page.get_by_label("这台平板叫什么").fill("平板 07")
    await press(page, "用这个登记码")
    digits = (await page.locator(".digits .vh").inner_text()).replace(" ", "")
    found += await looked_at(page, "六位数")
    await confirm(digits)
    await page.get_by_label("姓名").fill("苏清明")
    await press(page, "设好口令，开始用")
    found += await looked_at(page, "口令，太短")
    for name in ("#pass", "#twice"):
        await page.locator(name).fill(PASSPHRASE)
    await press(page, "设好口令，开始用")
    await page.locator(".rail").wait_for()
    await tablet.taken()
    return found
