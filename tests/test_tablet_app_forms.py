"""Forms on the tablet app, filled in with the hands: a follow-up with a slip and a draft, two
in one go, the archive's own page, and a resident whom nobody knew.
"""

import asyncio
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.async_api import Page, expect

from server.actions.archives import afterwork
from tests.axe import too_small, too_wide, violations
from tests.cast_forms import good
from tests.tablet_app import ANSWERS_WITHIN_S, Field, Tablet, at_rest, in_the_field, one_row
from tests.world import WU, ZHOU, World

SAVE = "完成，存在本机"
FOLLOWUP = {
    "sbp": "138", "dbp": "84", "weight": "70.5", "bmi": "24.8", "heart_rate": "76",
    "smoke_now": "5", "drink_now": "0", "exercise_freq_now": "3", "exercise_min_now": "30",
}  # fmt: skip
ANSWERS = {
    "mode": "家庭", "salt_now": "中", "psych": "良好", "compliance": "良好",
    "med_adherence": "规律", "adr": "无",
}  # fmt: skip
TARGETS = {
    "weight_target": "68", "bmi_target": "23.9", "smoke_target": "0", "drink_target": "0",
    "exercise_freq_target": "5", "exercise_min_target": "30",
}  # fmt: skip
SIGNS = "11010519491231002X"


async def archive(page: Page, text: str) -> None:
    await page.get_by_role("button", name="居民").click()
    await (await one_row(page, text)).click()


async def begin(page: Page, label: str) -> None:
    await page.get_by_role("button", name=label).click()
    await expect(page.locator(".paper")).to_be_visible()


async def choose(page: Page, key: str, label: str) -> None:
    pick = page.locator(f".f:has(> [id='{key}-label']) .pick", has_text=label)
    await pick.first.click()


async def fill(page: Page, values: dict[str, str], before: str = "f-") -> None:
    for key, value in values.items():
        await page.locator(f"#{before}{key}").fill(value)


async def answer(page: Page, values: dict[str, str]) -> None:
    for key, label in values.items():
        await choose(page, f"f-{key}", label)


async def visited_in_august(tablet: Tablet, resident: bytes) -> None:
    """A follow-up of last summer: its targets and drugs stand in the next one."""
    me = (await tablet.ask("status"))["me"]
    body = good("htn_followup", sbp=149, weight=610, next_date="2026-10-30", doctor=me)
    when = date.fromisoformat((await tablet.ask("status"))["today"]) - timedelta(days=114)
    body["next_date"] = str(when + timedelta(days=90))
    record = {"resident": resident.hex(), "kind": "htn_followup", "v": 1, "on": str(when)}
    await tablet.ask("save", {**record, "body": body})


async def bodies(tablet: Tablet, resident: bytes, kind: str) -> list[dict[str, Any]]:
    found = await tablet.ask("again", resident.hex())
    return [each["body"] for each in found["records"] if each["kind"] == kind]


async def drafted(tablet: Tablet, **typed: str) -> None:
    """Until the only draft on the disk holds what was typed last."""
    kept: list[dict[str, Any]] = []
    for _ in range(20 * ANSWERS_WITHIN_S):
        kept = [each["typed"]["typed"] for each in await tablet.ask("drafts")]
        if kept and kept[0].items() >= typed.items():
            return
        await asyncio.sleep(0.05)
    raise AssertionError(kept)


async def kinds_at_the_server(world: World, resident: bytes) -> list[tuple[str, str]]:
    sql = "SELECT kind, state FROM change WHERE resident=? AND device IS NOT NULL ORDER BY kind"
    return [(str(row[0]), str(row[1])) for row in await world.rows(sql, resident)]


async def test_a_followup_is_filled_in_kept_as_it_grows_and_arrives(tmp_path: Path) -> None:
    """A missed decimal point is named once the field is left, and the likely value offered; what
    was typed outlives a reload; what is missing is said when somebody wants to finish.
    """
    async with in_the_field(tmp_path) as here:
        tablet = await here.enrolled()
        page = tablet.page
        await visited_in_august(tablet, WU)
        await archive(page, "wjx")
        await begin(page, "开始：高血压随访")
        await expect(page.locator(".f", has=page.locator("#f-sbp"))).to_contain_text("上次 149")
        await fill(page, {"weight": "612"})
        await expect(page.get_by_role("button", name="改成 61.2")).to_have_count(0)
        await page.locator("#f-sbp").fill("168")
        await fill(page, {"dbp": "96"})
        await expect(page.locator(".next")).to_contain_text("控制不满意")
        await page.get_by_role("button", name="改成 61.2").click()
        await expect(page.locator("#f-weight")).to_have_value("61.2")
        await page.get_by_role("button", name=SAVE).click()
        await expect(page.locator(".places.bad")).to_contain_text("日吸烟量")
        await drafted(tablet, sbp="168", weight="61.2")
        await tablet.again()
        await archive(page, "wjx")
        await begin(page, "开始：高血压随访")
        await expect(page.locator(".restored")).to_contain_text("写的继续")
        await expect(page.locator("#f-sbp")).to_have_value("168")
        await choose(page, "f-symptoms", "无症状")
        await answer(page, ANSWERS)
        await fill(page, FOLLOWUP)
        await page.get_by_role("button", name="写进下次随访日期").click()
        await expect(page.locator(".places.bad")).to_have_count(0)
        await page.get_by_role("button", name=SAVE).click()
        await expect(page.locator(".saved")).to_contain_text("记好了，存在本机")
        assert await tablet.ask("drafts") == []
        newest = (await bodies(tablet, WU, "htn_followup"))[0]
        assert (newest["sbp"], newest["weight"], newest["class"]) == (138, 705, "1")
        assert newest["weight_target"] == 680, "taken over from the summer"
        await tablet.taken()
        states = await kinds_at_the_server(here.world, WU)
        assert states == [("htn_followup", "applied")] * 2


async def test_a_photo_is_made_small_and_goes_with_the_record_that_amends(tmp_path: Path) -> None:
    """On every width the form holds, and axe finds nothing."""
    photo, other = tmp_path / "photo.jpg", tmp_path / "photo.heic"
    Image.new("RGB", (3000, 2200), "olive").save(photo)
    other.write_bytes(b"\0\0\0\x18ftypheic" + bytes(64))
    async with in_the_field(tmp_path) as here:
        tablet = await here.enrolled()
        page = tablet.page
        await visited_in_august(tablet, WU)
        await archive(page, "wjx")
        await page.get_by_role("button", name="随访 1").click()
        await begin(page, "更正")
        await expect(page.locator("#f-sbp")).to_have_value("149")
        await page.locator("input[type=file]").set_input_files(other)
        await expect(page.locator(".pictures .msg")).to_contain_text("HEIC")
        await page.locator("input[type=file]").set_input_files(photo)
        await expect(page.locator(".thumbs li")).to_have_count(1)
        for width, height in ((1280, 800), (800, 1280), (360, 740)):
            await page.set_viewport_size({"width": width, "height": height})
            assert await violations(page) == []
            assert await too_wide(page, width) == []
            assert await too_small(page, 44) == []
        await fill(page, {"sbp": "147"})
        await page.get_by_role("button", name=SAVE).click()
        await expect(page.locator(".saved")).to_be_visible()
        (record,) = (await tablet.ask("again", WU.hex()))["records"]
        assert [record["body"]["sbp"], record["amended"][0]["body"]["sbp"]] == [147, 149]
        (picture,) = record["attach"]
        kept = await page.evaluate(_SIZE, await tablet.ask("picture", picture["id"]))
        assert kept == [2000, 1467, "image/jpeg"]


_SIZE = """async ({ bytes, type }) => {
  const image = await createImageBitmap(new Blob([Uint8Array.from(Object.values(bytes))]));
  return [image.width, image.height, type];
}"""


async def also_diabetic(here: Field, tablet: Tablet) -> None:
    """周谷雨 has diabetes as well, and her plan knows it."""
    today = (await tablet.ask("status"))["today"]
    cells = {"hx_disease/3": {"since": "2019-05"}, "special_group/3": True}
    await tablet.ask("edit", {"resident": ZHOU.hex(), "on": today, "cells": cells})
    await tablet.taken()
    await afterwork.catch_up(here.world.site)
    await tablet.taken()


async def test_two_diseases_are_followed_up_in_one_go(tmp_path: Path) -> None:
    """What both forms ask is asked once and stands in both records."""
    async with in_the_field(tmp_path) as here:
        tablet = await here.enrolled()
        page = tablet.page
        await also_diabetic(here, tablet)
        await archive(page, "周谷雨")
        await begin(page, "开始：合并随访")
        await expect(page.locator("#f-sbp")).to_have_count(1)
        await choose(page, "f-htn_followup-symptoms", "无症状")
        await choose(page, "f-dm_followup-symptoms", "无症状")
        await answer(page, {**ANSWERS, "salt_target": "轻", "dorsalis": "触及正常", "hypo": "无"})
        await fill(page, {**FOLLOWUP, **TARGETS, "staple_now": "300", "staple_target": "250"})
        await fill(page, {"fpg": "6.4"})
        await page.get_by_role("button", name="写进下次随访日期").first.click()
        await page.get_by_role("button", name=SAVE).click()
        await expect(page.locator(".saved")).to_contain_text("2 份记录一起存在本机")
        for kind in ("htn_followup", "dm_followup"):
            body = (await bodies(tablet, ZHOU, kind))[0]
            assert (body["sbp"], body["smoke_now"], body["symptoms"]) == (138, 5, ["1"])
        await tablet.taken()
        states = await kinds_at_the_server(here.world, ZHOU)
        assert ("htn_followup", "applied") in states
        assert ("dm_followup", "applied") in states


async def test_only_what_somebody_changed_of_the_archives_own_page_is_an_edit(
    tmp_path: Path,
) -> None:
    async with in_the_field(tmp_path) as here:
        tablet = await here.enrolled()
        await tablet.cut()  # what was sent and came back is not its own any more
        page = tablet.page
        await archive(page, "wjx")
        await page.get_by_role("button", name="基本信息").first.click()
        await page.get_by_role("button", name="改").last.click()
        await expect(page.locator(".paper")).to_contain_text("由登记员核对证件后改")
        await expect(page.locator("#r-id_no")).to_have_count(0)
        await page.locator("#r-phone").fill("139")
        await page.get_by_role("button", name="存在本机").click()
        await expect(page.locator(".places.bad")).to_contain_text("本人电话")
        await page.locator("#r-phone").fill("13911112222")
        await page.get_by_role("button", name="存在本机").click()
        await expect(page.locator(".register")).to_be_visible()
        found = await tablet.ask("again", WU.hex())
        own = [
            cell["name"] for cell in found["cells"].values() if any(h["own"] for h in cell["heads"])
        ]
        assert own == ["phone"]
        assert found["cells"]["phone"]["shown"] == "13911112222"


async def test_a_new_resident_is_compared_signed_for_and_arrives(tmp_path: Path) -> None:
    async with in_the_field(tmp_path) as here:
        tablet = await here.enrolled()
        page = tablet.page
        await page.get_by_role("button", name="居民").click()
        await page.get_by_role("button", name="新建").first.click()
        await page.locator("#n-name").fill("吴𠮷祥")
        await expect(page.locator(".next")).to_contain_text("有 1 位像是同一个人")
        await page.locator("#n-name").fill("郑立春")
        await expect(page.locator(".next")).to_contain_text("没有像的")
        await choose(page, "n-seen", "居民身份证")
        await page.locator("#n-id_type").click()
        await page.locator("dialog .pick", has_text="居民身份证").first.click()
        await page.locator("#n-id_no").fill(SIGNS)
        await expect(page.locator("#n-birth_date")).to_have_value("1949-12-31")
        await choose(page, "n-signed", "本人签字")
        await page.get_by_role("button", name="新建，存在本机").click()
        await expect(page.locator(".places.bad")).to_contain_text("请本人签字")
        await sign(page)
        await page.get_by_role("button", name="新建，存在本机").click()
        await expect(page.locator(".who-bar")).to_contain_text("郑立春")
        (line,) = await tablet.ask("search", "郑立春")
        assert (line["birth"], line["sex"]) == ("1949-12-31", "2")
        await tablet.taken()
        states = await kinds_at_the_server(here.world, bytes.fromhex(line["id"]))
        assert states == [("open_archive", "applied")]


async def sign(page: Page) -> None:
    await page.get_by_role("button", name="签字", exact=True).click()
    box = await at_rest(page.locator(".pad canvas"))
    await page.mouse.move(box["x"] + 40, box["y"] + 60)
    await page.mouse.down()
    for step in range(12):
        await page.mouse.move(box["x"] + 40 + step * 14, box["y"] + 60 + step % 3 * 25)
    await page.mouse.up()
    await page.get_by_role("button", name="签好了").click()
    await expect(page.locator(".thumbs li")).to_have_count(1)


async def test_numbers_typed_as_fast_as_a_machine_stand_each_in_its_own_box(
    tmp_path: Path,
) -> None:
    async with in_the_field(tmp_path) as here:
        tablet = await here.enrolled()
        page = tablet.page
        await page.get_by_text("周谷雨").first.click()
        await page.get_by_text("开始：").first.click()
        for label, typed in (("收缩压", "168"), ("舒张压", "96"), ("体重", "61.2"), ("心率", "78")):
            await page.locator("label", has_text=label).first.click()
            await page.keyboard.type(typed)
            await page.keyboard.press("Tab")
        found = [
            await page.locator(f"#f-{name}").input_value()
            for name in ("sbp", "dbp", "weight", "heart_rate")
        ]
        assert found == ["168", "96", "61.2", "78"]
