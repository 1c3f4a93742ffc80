"""An archive on the tablet app, with the hands: found, read, decided, taken back, drawn."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from pathlib import Path

from playwright.async_api import Page, expect

from server.settings import CIVIL
from tests import axe
from tests.cast_forms import good
from tests.long_archive import Past, remember
from tests.tablet_app import Field, Tablet, in_the_field, one_row
from tests.test_corrections import asks, ready
from tests.world import SU, XIE, ZHENG, ZHOU, World
from tests.world import field as by_hand

WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 360, "height": 740}
TARGET = 44


def today_of(world: World) -> date:
    return datetime.fromtimestamp(world.clock() / 1000, CIVIL).date()


def pressures(today: date) -> list[Past]:
    """Four visits of a year, the newest out of target."""
    made: list[Past] = []
    for back, sbp, verdict in ((300, 142, "1"), (200, 148, "1"), (120, 144, "1"), (20, 156, "2")):
        on = today - timedelta(days=back)
        again = on + timedelta(days=14 if verdict == "2" else 90)
        answers = {"sbp": sbp, "dbp": 84, "class": verdict, "next_date": str(again)}
        made.append(Past("htn_followup", on, good("htn_followup", **answers)))
    return made


@asynccontextmanager
async def a_tablet(folder: Path) -> AsyncIterator[tuple[Field, Tablet]]:
    """Zhou has readings of a year, and two doctors have each written another blood group."""
    async with in_the_field(folder) as here:
        today = today_of(here.world)
        await remember(here.world, ZHOU, pressures(today))
        one = await by_hand(here.world, "01", staff=SU)
        two = await by_hand(here.world, "02", staff=XIE)
        for each in (one, two):
            await each.settle()
        one.tablet.save_edit(ZHOU, {"blood_abo": "1"}, str(today))
        two.tablet.save_edit(ZHOU, {"blood_abo": "2"}, str(today))
        for each in (one, two):
            await each.settle()
        yield here, await here.enrolled()


async def opened(page: Page, text: str, name: str) -> None:
    """Found by what one types, and opened with the keyboard alone."""
    await page.get_by_role("button", name="居民", exact=True).click()
    await one_row(page, text)
    await page.locator("#find").press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(page.locator(".who-bar")).to_contain_text(name)


async def turn(page: Page, tab: str) -> None:
    await page.locator(".sections").get_by_role("button", name=tab).click()


async def test_two_blood_groups_stand_side_by_side_until_somebody_decides(tmp_path: Path) -> None:
    async with a_tablet(tmp_path) as (here, tablet):
        page = tablet.page
        await opened(page, "zgy", "周谷雨")
        clash = page.locator(".clash")
        await expect(clash).to_contain_text("血型有两个说法")
        await expect(clash.locator(".shown")).to_contain_text("先按这个用（更稳妥）")
        await expect(clash.locator(".shown")).to_contain_text("不详")
        for value, who in (("A 型", "苏清明"), ("B 型", "谢芒种")):
            side = clash.locator(".side", has_text=value)
            await expect(side).to_contain_text(who)
        await page.get_by_role("button", name="核对血型").click()
        await clash.get_by_role("button", name="当面核对后定下来").click()
        await expect(clash.get_by_role("alert")).to_contain_text("先选一个")
        await clash.get_by_role("radio", name="B 型").check()
        await clash.get_by_role("button", name="以「B 型」为准").click()
        await expect(page.locator(".settled")).to_contain_text("血型定下来了，存在本机")
        await expect(clash).to_have_count(0)
        await turn(page, "基本信息")
        row = page.locator(".kept", has_text="血型").first
        await expect(row).to_contain_text("B 型")
        await expect(row).to_contain_text("苏清明")
        await tablet.taken()
        found = await tablet.ask("again", ZHOU.hex())
        assert found["cells"]["blood_abo"]["shown"] == "2"
        assert not found["cells"]["blood_abo"]["conflict"]
        second = await here.enrolled("two", staff=XIE, who="谢芒种")
        other = await second.ask("open", ZHOU.hex(), "service")
        assert other["cells"]["blood_abo"]["shown"] == "2"


async def test_what_the_resident_says_stands_beside_the_value_and_is_answered_there(
    tmp_path: Path,
) -> None:
    async with in_the_field(tmp_path) as here:
        await ready(here.world)
        await asks(here.world, ZHOU, blood_abo="2")
        tablet = await here.enrolled()
        page = tablet.page
        await opened(page, "zgy", "周谷雨")
        voice = page.locator(".voice-box")
        await expect(voice).to_contain_text("居民提出异议：血型")
        await expect(voice.locator(".quote")).to_have_text("“B 型”")
        await expect(voice).to_contain_text("档案里写的是 A 型")
        await turn(page, "基本信息")
        await expect(page.locator(".kept-list li", has_text="血型").first).to_contain_text("“B 型”")
        await turn(page, "概览")
        await voice.get_by_role("button", name="照居民说的改").click()
        await expect(page.locator(".settled")).to_contain_text("血型定下来了")
        await expect(voice).to_have_count(0)
        await tablet.taken()
        found = await tablet.ask("again", ZHOU.hex())
        assert found["cells"]["blood_abo"]["shown"] == "2"
        assert found["cells"]["blood_abo"]["claims"] == []


async def test_coming_back_from_a_form_is_no_further_reading(tmp_path: Path) -> None:
    async with a_tablet(tmp_path) as (here, tablet):
        page = tablet.page
        await opened(page, "郑", "郑㛃")
        await turn(page, "服务计划")
        await page.locator(".begin .main").click()
        await expect(page.locator(".sections")).to_have_count(0)
        await page.go_back()
        current = page.locator(".sections [aria-current]")
        await expect(current).to_contain_text("服务计划")
        await tablet.ask("sync")
        await tablet.taken()
        rows = await here.world.rows("SELECT mode FROM access_log WHERE resident=?", ZHENG)
        assert rows == [("offline",)]


async def test_an_own_record_is_marked_and_taken_back_with_a_reason(tmp_path: Path) -> None:
    async with a_tablet(tmp_path) as (here, tablet):
        page = tablet.page
        await tablet.cut()
        await tablet.visit(ZHENG, 199)
        await opened(page, "郑", "郑㛃")
        await turn(page, "随访")
        whole = page.locator(".whole")
        await expect(whole).to_contain_text("存在本机，等签收")
        await expect(whole).to_contain_text("199 mmHg")
        await page.get_by_role("button", name="作废这份记录").click()
        await page.get_by_role("button", name="作废，存在本机").click()
        await expect(whole).to_contain_text("先写原因")
        await page.locator("#take-back").fill("填错了人")
        await page.get_by_role("button", name="作废，存在本机").click()
        await expect(whole).to_contain_text("已作废")
        await expect(whole).to_contain_text("填错了人")
        await expect(page.get_by_role("button", name="更正这份记录")).to_have_count(0)
        await tablet.cut(off=False)
        await tablet.taken()
        rows = await here.world.rows("SELECT state FROM change WHERE resident=?", ZHENG)
        assert {row[0] for row in rows} == {"applied"}


async def test_a_chart_says_its_finding_and_has_the_same_values_as_a_table(tmp_path: Path) -> None:
    async with a_tablet(tmp_path) as (_, tablet):
        page = tablet.page
        await opened(page, "0021", "周谷雨")
        chart = page.locator("svg.chart[role=img]").first
        finding = "收缩压最低 138、最高 156 mmHg，目标低于 150，有 1 次超出"
        await expect(chart.locator("desc")).to_contain_text(finding)
        await expect(chart.locator(".out")).to_have_count(1)
        await expect(chart.locator(".out-num")).to_have_text(["156"])
        await expect(chart).to_contain_text("收缩压目标：低于 150")
        await page.locator(".twin summary").first.click()
        cells = page.locator(".twin tbody tr").first.locator("td")
        await expect(cells.first).to_contain_text("超出")
        await expect(cells.first).to_contain_text("156")


async def test_what_is_due_says_why_and_what_it_rests_on(tmp_path: Path) -> None:
    async with a_tablet(tmp_path) as (_, tablet):
        page = tablet.page
        await opened(page, "周谷雨", "周谷雨")
        await turn(page, "服务计划")
        owed = page.locator(".owed").first
        await expect(owed).to_contain_text("高血压")
        await expect(owed).to_contain_text("依据：国家基本公共卫生服务规范（第三版）")
        await expect(owed).to_contain_text("规则 P")
        await expect(owed.locator(".chip")).to_be_visible()


async def test_home_and_archive_hold_for_everybody_on_every_width(tmp_path: Path) -> None:
    async with a_tablet(tmp_path) as (_, tablet):
        page, found = tablet.page, list[str]()

        async def look(what: str, width: int) -> None:
            found.extend(f"{what} {width}: {each}" for each in await axe.violations(page))
            found.extend(f"{what} {width}: {each}" for each in await axe.too_small(page, TARGET))
            over = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
            found.extend([f"{what} {width}: sideways"] if over > 0 else [])

        for size in (WIDE, NARROW):
            await page.set_viewport_size(size)  # type: ignore[arg-type]
            await page.get_by_role("button", name="今天", exact=True).click()
            await expect(page.locator(".visit").first).to_be_visible()
            await look("home", size["width"])
            await opened(page, "周", "周谷雨")
            for tab in ("概览", "随访", "趋势", "服务计划", "基本信息"):
                await turn(page, tab)
                await look(tab, size["width"])
                bar = await page.locator(".who-bar").bounding_box()
                assert bar is not None
                assert bar["y"] >= 0, "whose archive it is stays in view"
        assert found == []
