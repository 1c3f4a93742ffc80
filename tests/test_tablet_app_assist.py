"""Assisted mode with the hands: an elder beside the tablet, no network, the doctor writes."""

from pathlib import Path

from playwright.async_api import Page, expect

from crypto.docket import number_of
from server.actions.archives import afterwork
from tests import axe
from tests.tablet_app import Field, Tablet, at_rest, in_the_field, one_row
from tests.world import LIUWAN, QINGHE, YANG, ZHOU, id_number


async def beside(here: Field) -> tuple[Tablet, Page]:
    """The tablet of Dr Su with Zhou's assisted page open, and the network gone."""
    tablet = await here.enrolled()
    page = tablet.page
    await page.get_by_role("button", name="居民").click()
    await (await one_row(page, "周")).click()
    await page.get_by_role("button", name="代办").click()
    await expect(page.locator(".act-list li")).to_have_count(8)
    await page.wait_for_function(
        "Promise.all(['zxing_writer.wasm', 'es/writer/index.js', 'es/share.js'].map((name) => "
        "caches.match(`/tablet/vendor/zxing/${name}`))).then((kept) => kept.every(Boolean))"
    )
    # Kept is not loaded: a module whose last bytes the cut took stays broken until the next reload.
    await page.evaluate("import('/tablet/vendor/zxing/es/writer/index.js').then(() => true)")
    await page.wait_for_load_state("networkidle")
    await here.door.stop()
    await tablet.cut()
    return tablet, page


async def begin(page: Page, what: str) -> None:
    await page.locator("button.act", has_text=what).first.click()
    await expect(page.locator("main.assist form")).to_be_visible()


async def sign(page: Page) -> None:
    await page.get_by_role("radio", name="居民身份证").check()
    await page.get_by_role("radio", name="本人签字").check()
    await page.get_by_role("button", name="签字", exact=True).click()
    box = await at_rest(page.locator(".pad canvas"))
    await page.mouse.move(box["x"] + 40, box["y"] + 40)
    await page.mouse.down()
    await page.mouse.move(box["x"] + 200, box["y"] + 80, steps=6)
    await page.mouse.up()
    await page.locator(".pad button").last.click()
    await expect(page.locator(".thumbs li")).to_have_count(1)


async def back_online(here: Field, tablet: Tablet) -> None:
    await here.door.start()
    await tablet.cut(off=False)
    await tablet.taken()


async def test_an_elder_without_a_phone_agrees_binds_one_and_leaves_with_a_docket(
    tmp_path: Path,
) -> None:
    async with in_the_field(tmp_path) as here:
        tablet, page = await beside(here)
        assert await axe.violations(page) == []
        await begin(page, "看档案的同意")
        await expect(page.locator("main")).to_contain_text("您本来就有的免费公共卫生服务")
        assert await axe.violations(page) == []
        finish = page.get_by_role("button", name="签好了，存在本机")
        await finish.click()
        await expect(page.get_by_role("alert")).to_contain_text("还差")  # and nothing was kept
        await page.get_by_role("radio", name="我同意").check()
        await sign(page)
        await finish.click()
        await expect(page.get_by_role("status")).to_contain_text("存在本机，一条没丢")
        await page.get_by_role("button", name="再办一件").click()

        await begin(page, "绑定手机")
        await page.locator("#a-phone").fill("19900005555")
        await page.locator("#a-number").fill(id_number(ZHOU))
        await sign(page)
        await page.get_by_role("button", name="绑这个手机").click()
        await page.get_by_role("button", name="再办一件").click()

        await begin(page, "换机构")
        await page.get_by_role("radio", name="柳湾社区中心 柳湾一队").check()
        await page.get_by_role("radio", name="居住地变更").check()
        await sign(page)
        await page.get_by_role("button", name="签好了，给凭条").click()
        await expect(page.locator(".docket svg.qr path")).to_have_count(1)
        number = "".join((await page.locator(".docket .number").inner_text()).split())
        assert await axe.violations(page) == []
        await page.get_by_role("button", name="给本人看过了").click()
        await expect(page.locator(".act-done")).to_have_count(3)
        await expect(page.locator(".act-done").first).to_contain_text("存在本机，没上传")

        await back_online(here, tablet)
        await expect(page.locator(".act-done").first).to_contain_text("办成了")
        (act, facility) = await here.world.one("SELECT switch, facility FROM switch")
        assert (number, facility) == (number_of(act), LIUWAN)
        assert await here.world.one("SELECT person FROM first_opening") == ZHOU
        assert await here.world.one("SELECT how FROM bound_phone") == "tablet"
        assert tablet.faults == []


async def test_a_denial_is_taken_down_and_reaches_the_county(tmp_path: Path) -> None:
    async with in_the_field(tmp_path) as here:
        tablet = await here.enrolled("first")
        await tablet.visit(ZHOU)
        await tablet.taken()
        await afterwork.catch_up(here.world.site)
        tablet, page = await beside(here)
        await begin(page, "来过没来过")
        if await page.locator("#a-record").count():
            await page.locator("#a-record").click()
            await page.locator(".sheet-list .pick").first.click()
        await expect(page.locator(".answer")).to_have_text(["来过", "没来过", "记不清"])
        boxes = [await each.bounding_box() for each in await page.locator(".answer").all()]
        assert len({round(box["width"]) for box in boxes if box}) == 1
        await expect(page.locator(".answer input:checked")).to_have_count(0)  # no default
        assert await axe.violations(page) == []
        await page.get_by_role("radio", name="没来过", exact=True).check()
        await page.get_by_role("radio", name="没看证件").check()
        await page.get_by_role("button", name="记下回答，存在本机").click()
        await expect(page.get_by_role("status")).to_contain_text("存在本机")
        await back_online(here, tablet)
        assert await here.world.rows("SELECT state, facility FROM denial") == [("open", QINGHE)]


async def test_what_is_not_right_is_said_and_a_daughter_is_asked(tmp_path: Path) -> None:
    async with in_the_field(tmp_path) as here:
        tablet, page = await beside(here)
        await begin(page, "更正档案")
        await page.locator("[id='a-@field']").click()
        await page.locator(".sheet-list .pick", has_text="联系人姓名").click()
        await page.locator("#a-contact_name").fill("周小暑")
        await page.get_by_role("radio", name="情况变了").check()
        await page.get_by_role("radio", name="没看证件").check()
        assert await axe.violations(page) == []
        await page.get_by_role("button", name="提出更正，存在本机").click()
        await page.get_by_role("button", name="再办一件").click()

        await begin(page, "对记录说句话")
        await page.get_by_role("radio", name="写错了").check()
        await page.locator("#a-text").fill("那天刚爬完楼")
        await page.get_by_role("radio", name="没看证件").check()
        await page.get_by_role("button", name="记下这句话").click()
        await page.get_by_role("button", name="再办一件").click()

        await begin(page, "请家人帮着看")
        await page.locator("#a-relative_number").fill(id_number(YANG))
        await page.locator("#a-relative_phone").fill("1004")
        await sign(page)
        await page.get_by_role("button", name="请这位家人").click()
        await page.get_by_role("button", name="再办一件").click()

        await begin(page, "撤回换机构")
        await expect(page.locator("main")).to_contain_text("没有替他提过换机构")
        await page.get_by_role("button", name="不办了，退回去").click()
        await back_online(here, tablet)
        lanes = await here.world.rows("SELECT lane FROM correction ORDER BY lane")
        assert lanes == [("change",), ("comment",)]
        assert await here.world.one("SELECT state FROM family_offer") == "asked"
        assert tablet.faults == []
