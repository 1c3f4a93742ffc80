"""A list in the browser: uploaded, columns set right, tried, read in, its results handed back."""

import csv
import io
from pathlib import Path

from playwright.async_api import expect

from server.actions.archives import afterwork
from server.actions.lists import import_run
from tests.browser import browser, window
from tests.console import CHEN, serving, session_of
from tests.lists import QINGHE_VILLAGE, county, number
from tests.world import WU, id_number, new_world

HEADINGS = "姓名,性别,生日,身份证号,联系电话,家庭住址,村代码,过敏的药,管理机构"
ROWS = f"""
许清和,男,1955-03-12,{number("1955-03-12", 3)},13812345678,青禾村 3 号,{QINGHE_VILLAGE},青霉素,
吴吉祥,男,1948-11-05,{id_number(WU)},,,,,
韩大寒,女,,{number("1990-08-07", 4).lower()},,,,,
孔寒露,女,1990-08-07,{number("1990-08-07", 4)},,,,,
江立夏,男,1980-05-06,{number("1980-05-06", 1)},电话不详,,371002999001,,
周谷雨,女,1955-03-12,,,,{QINGHE_VILLAGE},,
严小雪,男,1991-01-01,371002199101010011,,,,,
曹霜降,女,1955-03-13,{number("1955-03-12", 5)},,,,,
魏立春,,,,,,,,
姜夏至,男,1977-07-07,3.71002E+17,,,,,
戚小暑,男,1977-07-08,,,,,头孢,
谢谷雨,男,1978-01-01,,,,,,=1+1
"""


async def test_a_gbk_list_of_every_kind_of_line_goes_in_and_its_results_come_back(
    tmp_path: Path,
) -> None:
    listed = tmp_path / "青禾镇名单.csv"
    listed.write_bytes(f"青禾镇 2026 年居民名单,,\n{HEADINGS}\n{ROWS.strip()}\n".encode("gbk"))
    async with new_world(f"sqlite:///{tmp_path}/w.sqlite3", tmp_path) as world:
        await county(world)
        await afterwork.catch_up(world.site)
        async with serving(world) as url, browser() as chromium:
            token = await session_of(world, CHEN)
            async with window(chromium, url, token) as opened:
                page = await opened.new_page()
                main = page.locator("main")
                await page.goto(f"{url}/console/imports")
                await expect(main).to_contain_text("还没有导入过名单")
                await page.set_input_files("#f-file", listed)
                await page.click("text=上传，先不写入")
                await expect(main).to_contain_text("12 行，9 列，其中 8 列已对上")
                await expect(main).to_contain_text("读作 GBK")
                await expect(page.locator("select[name=c7]")).to_have_value("")
                await page.select_option("select[name=c7]", label="药物过敏史")
                await page.fill("#name", "镇里的表")
                await page.keyboard.press("Escape")
                await page.click("button:has-text('试读前 200 行')")
                await expect(main).to_contain_text("前 12 行里，4 行可以写入，6 行不收")
                assert await world.one("SELECT COUNT(*) FROM resident") == 5
                await page.keyboard.press("s")
                await page.wait_for_url("**/console/imports/*")
                await expect(main).to_contain_text("正在导入")
                assert await import_run.run(world.site) == 12
                await page.click("text=刷新")
                await expect(main).to_contain_text("12 行全部有了结果")
                await expect(main).to_contain_text("证件号码的最后一位对不上")
                async with page.expect_download() as coming:
                    await page.click("text=取结果文件")
                path = await (await coming.value).path()
                rows = list(csv.reader(io.StringIO(path.read_text("utf-8-sig"))))
                outcomes = {row[0]: row[-2] for row in rows[1:]}
                assert rows[0] == [*HEADINGS.split(","), "结果", "原因"]
                assert outcomes == {
                    "许清和": "已写入", "吴吉祥": "已有", "韩大寒": "已写入", "孔寒露": "已有",
                    "江立夏": "已写入", "周谷雨": "可能重复", "严小雪": "不收", "曹霜降": "不收",
                    "魏立春": "不收", "姜夏至": "不收", "戚小暑": "不收", "谢谷雨": "不收",
                }  # fmt: skip
                await page.goto(f"{url}/console/imports")
                await expect(main).to_contain_text("青禾镇名单.csv")


async def test_a_file_that_is_no_list_is_said_beside_the_field(tmp_path: Path) -> None:
    photo = tmp_path / "名单.csv"
    photo.write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00")
    async with new_world(f"sqlite:///{tmp_path}/w.sqlite3", tmp_path) as world:
        await county(world)
        token = await session_of(world, CHEN)
        async with (
            serving(world) as url,
            browser() as chromium,
            window(chromium, url, token) as opened,
        ):
            page = await opened.new_page()
            await page.goto(f"{url}/console/imports")
            await page.set_input_files("#f-file", photo)
            await page.click("text=上传，先不写入")
            await expect(page.locator("main")).to_contain_text("这个文件读不出表格")
            assert await world.one("SELECT COUNT(*) FROM import_chunk") == 0
