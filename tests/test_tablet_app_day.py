"""A doctor's day on the tablet app: let in, without any network, killed, back, exchanged."""

from pathlib import Path

from playwright.async_api import Page, expect

from tests.tablet_app import PASSPHRASE, Field, Tablet, in_the_field, offer, one_row
from tests.world import WU, ZHENG, ZHOU, World, field, id_number

NAMES = ("吴𠮷祥", "郑㛃")
NUMBERS = tuple(id_number(who) for who in (WU, ZHENG))


async def let_in(field: Field, tablet: Tablet) -> None:
    """Everything with the hands, as an administrator and a doctor do it together."""
    page = tablet.page
    await page.get_by_role("button", name="输入登记码").click()
    code, confirm = await offer(field.world)
    await page.locator("#code").fill(code)
    await page.locator("#label").fill("平板 07")
    await page.get_by_role("button", name="用这个登记码").click()
    digits = await page.locator(".digits [aria-hidden]").inner_text()
    await confirm(digits.replace(" ", ""))
    await page.locator("#name").fill("苏清明")
    await page.locator("#pass").fill(PASSPHRASE)
    await page.locator("#twice").fill(PASSPHRASE)
    await page.get_by_role("button", name="设好口令，开始用").click()
    await tablet.until("s.sync.last !== null && s.sync.snapshot === null")


async def finds(page: Page, text: str, name: str) -> None:
    await expect(await one_row(page, text)).to_contain_text(name)


async def visits_of(world: World, resident: bytes) -> list[str]:
    """States of the follow-ups that reached the server from tablets."""
    sql = "SELECT state FROM change WHERE resident=? AND kind='htn_followup' AND device IS NOT NULL"
    return [str(row[0]) for row in await world.rows(sql, resident)]


async def test_a_day_without_a_network_arrives_whole(tmp_path: Path) -> None:
    """Installed, let in, the server stopped and the network cut; recorded, reloaded, killed, come
    back, exchanged; a second tablet has it too.
    """
    async with in_the_field(tmp_path, on_disk=True) as here:
        tablet = here.tablet("one")
        page = await tablet.open()
        await let_in(here, tablet)
        await expect(page.locator("main")).to_contain_text("周谷雨")
        assert tablet.on_disk(*NAMES, *NUMBERS) == [], "while it is unlocked"

        await here.door.stop()
        await tablet.cut()
        await expect(page.locator(".state")).to_contain_text("没有网络")
        await tablet.again()
        await page.get_by_role("button", name="居民").click()
        await finds(page, "郑", "郑㛃")
        await finds(page, "wjx", "吴𠮷祥")
        await finds(page, id_number(WU)[-4:], "吴𠮷祥")
        await page.locator("[data-row]").click()
        await expect(page.locator("body")).to_contain_text("青霉素")
        for sbp in (151, 152, 153):
            await tablet.visit(WU, sbp)
        await tablet.visit(ZHENG, 154)
        await tablet.ask("keepDraft", {
            "key": f"{ZHOU.hex()} htn_followup", "resident": ZHOU.hex(), "kinds": ["htn_followup"],
            "at": here.world.clock(), "typed": {"sbp": "16"},
        })  # fmt: skip

        assert tablet.on_disk(*NAMES, *NUMBERS) == [], "with an archive on the screen"
        await tablet.kill()
        assert tablet.on_disk(*NAMES, *NUMBERS) == [], "after a kill, locked"
        page = await tablet.open()
        await tablet.unlock()
        status = await tablet.until("s.stage === 'open'")
        assert status["sync"]["waiting"] == 4
        assert (await tablet.ask("drafts"))[0]["typed"] == {"sbp": "16"}
        await expect(page.locator("header.state")).to_contain_text("4 条记录存在本机")

        await here.door.start()
        await tablet.taken()
        await expect(page.locator("header.state")).to_contain_text("服务器都签收了")
        assert await visits_of(here.world, WU) == ["applied"] * 3
        assert await visits_of(here.world, ZHENG) == ["applied"]
        reference = await field(here.world, "07")
        await reference.settle()
        held = reference.tablet.archive.events(WU)
        assert len(held) == 3
        second = await here.enrolled("two")
        archive = await second.ask("open", WU.hex(), "service")
        assert sorted(each["body"]["sbp"] for each in archive["records"]) == [151, 152, 153]


async def test_a_doctor_reads_what_is_there_and_the_server_is_told(tmp_path: Path) -> None:
    async with in_the_field(tmp_path) as here:
        tablet = await here.enrolled()
        await here.door.stop()
        await tablet.ask("open", ZHENG.hex(), "service")
        await here.door.start()
        await tablet.ask("sync")
        rows = await here.world.rows("SELECT mode FROM access_log WHERE resident=?", ZHENG)
        assert ("offline",) in rows
