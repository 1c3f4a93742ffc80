"""机构工作: the calendar, a talk written down, corrected and taken back in a real browser; what the
county, another facility and the files see.
"""

import csv
import io
from pathlib import Path
from typing import Any

from playwright.async_api import Page, expect

from server.actions.facility_work.writing import save
from tests.browser import browser, window
from tests.cast_forms import good
from tests.console import CHEN, LU, MA, TIAN, desk, offices, serving, session_of, text_of
from tests.test_facility_work import as_, filled
from tests.world import HE, LIUWAN, QIN, QINGHE, SU, World, an_id, new_world

CALENDAR = f"/console/work/of/{QINGHE.hex()}"
NEW = f"{CALENDAR}/new/health_education"


def cell(page: Page, line: str, month: int) -> Any:
    return page.locator(f"table.work tr:has(th:has-text('{line}')) td").nth(month - 1)


async def test_a_talk_is_written_down_corrected_and_taken_back(tmp_path: Path) -> None:
    async with (
        new_world(f"sqlite:///{tmp_path}/w.sqlite3", tmp_path) as world,
        serving(world) as url,
        browser() as opened,
    ):
        await offices(world)
        async with window(opened, url, await session_of(world, SU)) as context:
            page = await context.new_page()
            faults: list[str] = []
            page.on("pageerror", lambda error: faults.append(str(error)))
            page.on("console", lambda m: faults.append(m.text) if m.type == "error" else None)
            await page.goto(f"{url}/console/work")
            await expect(page.get_by_role("heading", level=1)).to_contain_text("项要做")
            await expect(cell(page, "健康知识讲座", 11)).to_contain_text("差 1 次")
            await expect(page.locator("table.work")).to_contain_text("国家系统里报")
            await _write(page)
            await expect(cell(page, "健康知识讲座", 11)).to_have_class("done now")
            await _correct(page)
            await _take_back(page)
            await expect(cell(page, "健康知识讲座", 11)).to_contain_text("差 1 次")
            assert [each for each in faults if "422" not in each] == []


async def _write(page: Page) -> None:
    """The cell that waits leads to the form with its answer; faults come all at once."""
    await cell(page, "健康知识讲座", 11).locator("a").click()
    await expect(page.locator("[name=activity][value='5']")).to_be_checked()
    await page.keyboard.press("Control+Enter")
    await expect(page.locator(".faults li")).to_have_count(8)
    for name, text in (
        ("time", "09:00"), ("place", "文化大院"), ("topic", "冬季防中风"), ("speaker", "苏清明"),
        ("hearers", "46"), ("photo_count", "3"),
    ):  # fmt: skip
        await page.fill(f"[name={name}]", text)
    await page.check("[name=topic_code][value='3']")
    await page.check("[name=kept][value='5']")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("aside")).to_contain_text("11 月至少办 1 次，记了 1 次")
    await page.keyboard.press("Escape")
    await expect(page.locator("table.q tbody tr")).to_have_count(1)


async def _correct(page: Page) -> None:
    await page.locator("table.q tbody tr a").click()
    await expect(page.locator("dl.pairs").first).to_contain_text("冬季防中风")
    await page.keyboard.press("e")
    await page.fill("[name=hearers]", "64")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator(".faults")).to_contain_text("请写明为什么改")
    await page.fill("[name=reason]", "签到表数错了")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("aside").first).to_contain_text("签到表数错了")
    await page.locator("aside a", has_text="0").first.click()
    await expect(page.locator(".banner")).to_contain_text("签到表数错了")
    await page.get_by_role("link", name="打开更正后的").click()


async def _take_back(page: Page) -> None:
    await page.fill("[name=reason]", "重复录入")
    await page.get_by_role("button", name="作废").click()
    await expect(page.locator(".banner.alarm")).to_contain_text("重复录入")
    assert "重复" not in page.url
    await page.keyboard.press("Escape")
    await expect(page.locator("#records")).to_contain_text("还没有记录")


async def test_county_and_auditor_look_at_every_facility_and_write_nothing(world: World) -> None:
    await offices(world)
    await save(world.site, await as_(world, SU), filled(world, topic="防溺水"))
    for staff in (CHEN, MA):
        async with desk(world, staff) as person:
            shown = text_of(await person.get("/console/work"))
            assert "2 家机构" in shown
            assert "青禾镇卫生院" in shown
            calendar = await person.get(CALENDAR)
            assert "防溺水" in calendar.text
            assert "/new/" not in calendar.text
            assert (await person.get(NEW)).status_code == 403
    async with desk(world, LU) as city:
        for path in ("/console/work", CALENDAR):
            assert (await city.get(path)).status_code == 403


async def test_another_facilitys_people_find_nothing_of_it(world: World) -> None:
    await offices(world)
    talk = filled(world)
    await save(world.site, await as_(world, SU), talk)
    record = f"/console/work/record/{talk.record.hex()}"
    async with desk(world, HE) as he:
        for path in (CALENDAR, NEW, f"{CALENDAR}/summary.csv", f"{CALENDAR}/records.csv"):
            assert (await he.get(path)).status_code == 403, path
        for path in (record, f"{record}/amend"):
            assert (await he.get(path)).status_code == 403, path
        assert (await he.post(f"{record}/void", reason="看错")).status_code == 403
        assert (await he.post(NEW, _typed(world))).status_code == 403
    assert await world.one("SELECT state FROM facility_record") == "stands"


def _typed(world: World, **more: str) -> dict[str, Any]:
    body = good("health_education", doctor=SU.hex())
    return {
        **{name: value for name, value in body.items() if name != "photos"},
        "record": filled(world).record.hex(), "service_day": "2026-11-03", **more,
    }  # fmt: skip


async def test_a_form_sent_twice_is_saved_once_and_a_day_ahead_is_a_fault(world: World) -> None:
    async with desk(world, SU) as su:
        ahead = await su.post(NEW, _typed(world, service_day="2026-11-21"))
        assert (ahead.status_code, "不能晚于今天" in ahead.text) == (422, True)
        form = _typed(world)
        first, second = await su.post(NEW, form), await su.post(NEW, form)
        assert first.status_code == second.status_code == 303
        assert first.headers["location"] == second.headers["location"]
        other = await su.post(NEW, form | {"topic": "别的"})
        assert (other.status_code, "已经保存过" in other.text) == (409, True)
    assert await world.one("SELECT COUNT(*) FROM facility_record") == 1


async def test_only_the_author_and_the_manager_are_offered_to_change_it(world: World) -> None:
    await offices(world)
    talk = filled(world)
    await save(world.site, await as_(world, SU), talk)
    record = f"/console/work/record/{talk.record.hex()}"
    async with desk(world, QIN) as qin:
        assert "能更正、作废" in (await qin.get(record)).text
        assert (await qin.get(f"{record}/amend")).status_code == 409
        refused = await qin.post(f"{record}/void", reason="看错")
        assert (refused.status_code, "请本人或机构管理员" in refused.text) == (409, True)
    async with desk(world, TIAN) as tian:
        assert "作废" in (await tian.get(record)).text
        assert (await tian.get(f"{record}/amend")).status_code == 200
        bare = await tian.post(f"{record}/void", reason=" ")
        assert (bare.status_code, "请写明原因" in bare.text) == (409, True)
        assert (await tian.post(f"{record}/void", reason="没有签到表")).status_code == 303


async def test_a_correction_keeps_the_photos_that_are_there(world: World) -> None:
    patrol = filled(world, "supervision_patrol")
    await save(world.site, await as_(world, SU), patrol)
    typed = {k: v for k, v in patrol.body.items() if k != "photos"} | {
        "site": "第二小学食堂", "record": filled(world).record.hex(), "reason": "写错了学校",
        "amends": patrol.record.hex(), "service_day": "2026-11-03",
    }  # fmt: skip
    async with desk(world, SU) as su:
        done = await su.post(f"{CALENDAR}/new/supervision_patrol", typed)
        assert done.status_code == 303
        shown = text_of(await su.get(done.headers["location"]))
        assert "第二小学食堂" in shown
        assert "1 张" in shown


async def test_the_year_goes_into_files_with_a_line_a_kind_and_a_line_a_record(
    world: World,
) -> None:
    su = await as_(world, SU)
    await save(world.site, su, filled(world, topic="=1+1 防中风"))
    await save(world.site, su, filled(world, "supervision_patrol"))
    async with desk(world, SU) as person:
        summary = await person.get(f"{CALENDAR}/summary.csv?year=2026")
        lines = list(csv.reader(io.StringIO(summary.content.decode("utf-8-sig"))))
        assert lines[0] == [
            "活动形式", "次数", "资料份（次）数", "人数", "照片数", "计入", "全年应做",
        ]  # fmt: skip
        assert ["健康知识讲座", "1", "0", "46", "3", "1", "12"] in lines
        assert ["个体化健康教育", "0", "0", "0", "0", "", ""] in lines
        records = await person.get(f"{CALENDAR}/records.csv?year=2026")
        assert 'filename="work-2026.csv"' in records.headers["content-disposition"]
        told = records.content.decode("utf-8-sig")
        assert "苏清明" in told
        assert "张村镇中心小学食堂" in told
        assert "\n=1+1" not in told.replace(",", "\n")


async def test_the_list_shows_a_kind_or_some_months_alone(world: World) -> None:
    signed = await as_(world, SU)
    await save(world.site, signed, filled(world))
    await save(world.site, signed, filled(world, "supervision_patrol"))
    async with desk(world, SU) as su:
        for asked, n in (("", 2), ("kind=supervision_patrol", 1), ("first=1&last=10", 0)):
            shown = await su.get(f"{CALENDAR}?year=2026&{asked}")
            assert shown.text.count('<tr data-href="/console/work/record/') == n, asked
            assert f"{n} 条" in shown.text


async def test_a_year_or_month_that_cannot_be_meant_shows_this_year(world: World) -> None:
    async with desk(world, SU) as su:
        for asked in ("year=99999", "year=x", "first=13&last=2", "first=&last=3"):
            shown = await su.get(f"{CALENDAR}?{asked}")
            assert (shown.status_code, "2026 年的记录" in shown.text) == (200, True), asked
        later = await su.get(f"{CALENDAR}?year=2027")
        assert "还没开始" in later.text
        odd = [f"/console/work/of/{LIUWAN.hex()[:10]}", f"{CALENDAR}/new/htn_followup"]
        nobody = [f"/console/work/of/{an_id('没有').hex()}", "/console/work/record/zz"]
        for path in (*odd, *nobody):
            assert (await su.get(path)).status_code == 403, path
