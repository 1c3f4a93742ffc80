"""Lists of other systems in the browser: doses with their source, registrations compared."""

from pathlib import Path

from playwright.async_api import expect

from server.actions.archives import afterwork
from server.actions.lists import import_run
from server.rules.districts import load
from tests.browser import browser, window
from tests.cast_forms import good
from tests.console import CHEN, TIAN, serving, session_of
from tests.lists import county
from tests.sheet_of import csv_of
from tests.test_import_kinds import line, scope, take
from tests.test_reconciliation import there
from tests.world import SU, WU, ZHENG, ZHOU, new_world


async def test_doses_of_another_system_come_in_and_say_where_they_come_from(
    tmp_path: Path,
) -> None:
    listed = tmp_path / "接种记录.csv"
    dose = good("vaccination")
    listed.write_bytes(
        csv_of(
            line("vaccination", ZHOU, {**dose, "vaccine": "hepb"}),
            line("vaccination", ZHOU, {**dose, "vaccine": "ipv", "dose_no": 2}),
            line("vaccination", WU, {**dose, "vaccine": "hepb"}, 疫苗="新疫苗"),
        )
    )
    async with new_world(f"sqlite:///{tmp_path}/w.sqlite3", tmp_path) as world:
        await county(world)
        world.site.rules = load("wuhai")
        await afterwork.catch_up(world.site)
        async with serving(world) as url, browser() as chromium:
            async with window(chromium, url, await session_of(world, CHEN)) as opened:
                page = await opened.new_page()
                main = page.locator("main")
                await page.goto(f"{url}/console/imports")
                await page.select_option("#f-kind", label="预防接种记录")
                await page.set_input_files("#f-file", listed)
                await page.click("text=上传，先不写入")
                await expect(page.locator("#system")).to_have_value("免疫规划信息管理系统")
                await page.click("button:has-text('开始导入')")
                await expect(main).to_contain_text("还没有写名单来自哪个系统")
                await page.fill("#exported", "2026-11-19T18:30")
                await page.click("button:has-text('试读前 200 行')")
                await expect(main).to_contain_text("前 3 行里，2 行可以写入，1 行不收")
                await expect(main).to_contain_text("疫苗没有“新疫苗”这个选项")
                await page.keyboard.press("s")
                await expect(main).to_contain_text("正在导入")
                assert await import_run.run(world.site) == 3
                await page.click("text=刷新")
                came = "来自免疫规划信息管理系统，那边 11-19 18:30 导出"
                await expect(main).to_contain_text(came)
            async with window(chromium, url, await session_of(world, SU)) as opened:
                page = await opened.new_page()
                main = page.locator("main")
                await page.goto(f"{url}/console/archive/{ZHOU.hex()}")
                came = "导入自免疫规划信息管理系统，11-19 18:30 导出"
                await expect(main).to_contain_text(came)
                await page.click("summary:has-text('写一份记录')")
                menu = page.locator("#write")
                await expect(menu).to_contain_text("预防接种记录：先在免疫规划信息管理系统登记")
                assert not await page.query_selector("a[href$='form/vaccination']")
                await page.goto(f"{url}/console/archive/{ZHOU.hex()}/form/vaccination")
                await expect(main).to_contain_text("这里不能手写")


async def test_registrations_of_another_system_are_compared_and_a_line_is_closed(
    tmp_path: Path,
) -> None:
    listed = tmp_path / "患者名单.csv"
    listed.write_bytes(csv_of(there(ZHOU), there(ZHENG), there(None)))
    async with new_world(f"sqlite:///{tmp_path}/w.sqlite3", tmp_path) as world:
        await county(world)
        for staff in (CHEN, TIAN):
            await scope(world, staff)
        for who in (ZHOU, WU):
            await take(world, CHEN, "smd_followup", line("smd_followup", who))
        async with serving(world) as url, browser() as chromium:
            async with window(chromium, url, await session_of(world, CHEN)) as opened:
                page = await opened.new_page()
                main = page.locator("main")
                await page.goto(f"{url}/console/imports")
                await page.select_option("#f-kind", value="registered_smd")
                await page.set_input_files("#f-file", listed)
                await page.click("text=上传，先不写入")
                await expect(page.locator("h1")).not_to_contain_text("精神")
                await page.fill("#exported", "2026-11-19T18:30")
                await page.click("button:has-text('开始导入')")
                await expect(main).to_contain_text("正在导入")
                await import_run.run(world.site)
                await page.goto(f"{url}/console/reconciliation")
                await expect(main).to_contain_text("严重精神障碍登记")
                await expect(main).to_contain_text("青禾镇卫生院")
                await expect(main).not_to_contain_text("周谷雨")
            async with window(chromium, url, await session_of(world, TIAN)) as opened:
                page = await opened.new_page()
                main = page.locator("main")
                await page.goto(f"{url}/console/reconciliation")
                await page.click("a:has-text('只在那边有')")
                await expect(main).not_to_contain_text("精神")
                await page.click("a:has-text('郑㛃')")
                await expect(main).to_contain_text("这里有档案，没有登记")
                await page.fill("#note", "问过那边，是误报，已请更正")
                await page.keyboard.press("Control+Enter")
                await page.wait_for_url("**/console/reconciliation/*")
                await expect(main).not_to_contain_text("郑㛃")
                await expect(main).to_contain_text("吴𠮷祥")
