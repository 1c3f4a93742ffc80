"""The position of a home visit, with the hands: off until it is switched on, sent where the browser
gives one, and never in the way of a save.
"""

from pathlib import Path

from playwright.async_api import Page, expect

from server.actions.tablets import positions
from tests.tablet_app import Tablet, in_the_field
from tests.test_tablet_app_forms import (
    ANSWERS,
    FOLLOWUP,
    SAVE,
    answer,
    archive,
    begin,
    choose,
    fill,
    visited_in_august,
)
from tests.world import WU, World

HERE = {"latitude": 37.51234, "longitude": 122.11987, "accuracy": 25.0}
_COUNTED = """
const real = navigator.geolocation.getCurrentPosition.bind(navigator.geolocation);
window.timesAsked = 0;
navigator.geolocation.getCurrentPosition = (...how) => { window.timesAsked += 1; real(...how); };
true;
"""


async def allow(tablet: Tablet, *, position: bool) -> None:
    """What the browser lets the app do; what is not named is refused."""
    more = ["geolocation"] if position else []
    await tablet.permit("durableStorage", "videoCapture", *more)


async def switched(page: Page, to: str) -> None:
    await page.locator(".rail").get_by_role("button", name="设置").click()
    choices = page.locator("fieldset", has_text="记录时带上位置")
    await choices.locator("label", has_text=to).click()
    await expect(choices.locator("label", has_text=to).locator("input")).to_be_checked()


async def opened(page: Page) -> None:
    """A follow-up of 吴, whose last one has most of the answers."""
    await archive(page, "wjx")
    await begin(page, "开始：高血压随访")


async def finished(page: Page) -> None:
    await choose(page, "f-symptoms", "无症状")
    await answer(page, ANSWERS)
    await fill(page, FOLLOWUP)
    await page.get_by_role("button", name="写进下次随访日期").click()
    await expect(page.locator(".places.bad")).to_have_count(0)


async def saved(tablet: Tablet) -> None:
    await tablet.page.get_by_role("button", name=SAVE).click()
    await expect(tablet.page.locator(".saved")).to_contain_text("记好了，存在本机")
    await tablet.taken()


async def at_the_server(world: World) -> list[positions.Position]:
    rows = await world.rows("SELECT change FROM change WHERE kind='htn_followup' AND seq>0")
    names = [row[0] for row in rows]
    assert len(names) == 2, "of today and of the summer"
    found = await world.store.read(lambda tx: positions.read(tx, world.site, names))
    return list(found.values())


async def test_it_is_asked_for_only_where_somebody_switched_it_on_and_goes_with_the_visit(
    tmp_path: Path,
) -> None:
    async with in_the_field(tmp_path) as here:
        tablet = await here.enrolled()
        await visited_in_august(tablet, WU)
        page, strip = tablet.page, tablet.page.locator("header.state")
        assert tablet.context is not None
        await tablet.context.set_geolocation(HERE)  # type: ignore[arg-type]
        await allow(tablet, position=True)
        await page.evaluate(_COUNTED)
        await opened(page)
        await choose(page, "f-mode", "家庭")
        await expect(strip).to_contain_text("写一项存一项")
        await expect(strip).not_to_contain_text("位置")
        assert await page.evaluate("window.timesAsked") == 0
        await page.get_by_role("button", name="先放着，回头再写").click()

        await switched(page, "带上")
        await opened(page)
        await expect(strip).to_contain_text("带位置")
        await choose(page, "f-mode", "门诊")
        await expect(strip).not_to_contain_text("位置")
        await finished(page)
        await expect(strip).to_contain_text("带位置")
        await saved(tablet)
        (found,) = await at_the_server(here.world)
        assert (found.lat, found.lon, found.acc) == (37_51234, 122_11987, 25)
        assert abs(found.at - here.world.clock()) < 120_000


async def test_a_browser_that_refuses_one_keeps_nobody_from_saving(tmp_path: Path) -> None:
    async with in_the_field(tmp_path) as here:
        tablet = await here.enrolled()
        await visited_in_august(tablet, WU)
        page, strip = tablet.page, tablet.page.locator("header.state")
        await allow(tablet, position=False)
        await switched(page, "带上")
        await opened(page)
        await finished(page)
        await expect(strip).to_contain_text("没有位置")
        await saved(tablet)
        assert await at_the_server(here.world) == []


async def test_switched_off_a_visit_goes_without_one(tmp_path: Path) -> None:
    async with in_the_field(tmp_path) as here:
        tablet = await here.enrolled()
        await visited_in_august(tablet, WU)
        assert tablet.context is not None
        await tablet.context.set_geolocation(HERE)  # type: ignore[arg-type]
        await allow(tablet, position=True)
        await switched(tablet.page, "带上")
        await tablet.again()
        assert (await tablet.ask("status"))["position_on"] is True
        await switched(tablet.page, "不带")
        await opened(tablet.page)
        await finished(tablet.page)
        await saved(tablet)
        assert await at_the_server(here.world) == []
