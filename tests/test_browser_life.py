"""档案变动 in a real browser: a death and back, a newborn, two archives into one and two again."""

import re
from pathlib import Path
from typing import Any

from playwright.async_api import Page, expect

from server.actions.archives.decisions import decide_cells
from server.actions.archives.twins import note
from tests.browser import browser, window
from tests.console import CHEN, TIAN, desk, offices, serving, session_of, text_of
from tests.world import HE, QIN, WU, YANG, ZHENG, ZHOU, World, new_world


async def looked_at(page: Page, name: str, folder: Path) -> None:
    await page.screenshot(path=folder / f"{name}.png", full_page=True)


async def test_a_death_and_back_a_newborn_and_a_merge_by_keys(tmp_path: Path) -> None:
    async with new_world(f"sqlite:///{tmp_path}/w.sqlite3", tmp_path) as world:
        await offices(world)
        mother = {"birth_date": "1995-07-19"}
        await decide_cells(world.site, ZHENG, mother, staff=QIN, author="registrar")
        pair = await world.store.write(lambda tx: note(tx, world.site, ZHOU, WU, "same_phone"))
        assert pair is not None
        async with serving(world) as url, browser() as chromium:
            token = await session_of(world, TIAN)
            async with window(chromium, url, token) as context:
                page = await context.new_page()
                wrong: list[str] = []
                page.on("pageerror", lambda error: wrong.append(str(error)))
                await _dead_and_back(page, url, world, tmp_path)
                await _newborn(page, url, world, tmp_path)
                await _merged_and_back(page, url, world, pair, tmp_path)
                assert wrong == []


async def status_of(world: World, who: bytes) -> str:
    return await world.one("SELECT status FROM resident WHERE resident=?", who)


async def _opened(page: Page, url: str, who: bytes, at: str) -> None:
    """A manager says why before the first opening."""
    await page.goto(f"{url}/console/archive/{who.hex()}")
    if await page.locator("[name=reason]").count():
        await page.check("[name=purpose] >> nth=0")
        await page.fill("[name=reason]", "核对档案变动")
        await page.keyboard.press("Control+Enter")
        await page.wait_for_selector("#write")
    await page.goto(f"{url}/console/archive/{who.hex()}/{at}")


async def _dead_and_back(page: Page, url: str, world: World, folder: Path) -> None:
    await _opened(page, url, ZHOU, "life")
    await page.check("[name=after][value=dead]")
    await page.fill("[name=day]", "2026-11-19")
    await page.keyboard.press("Control+Enter")
    await page.wait_for_selector(".faults")
    await expect(page.locator("[name=day]")).to_have_value("2026-11-19")
    await page.fill("[name=evidence]", "死亡医学证明 37100220260117")
    await page.keyboard.press("Control+Enter")
    await page.wait_for_selector("text=撤销最近一次")
    assert await status_of(world, ZHOU) == "dead"
    await looked_at(page, "life-dead", folder)
    await page.locator("h1").click()
    await page.keyboard.press("u")
    await page.wait_for_selector(".mark:has-text('常住')")
    assert await status_of(world, ZHOU) == "usual"
    await looked_at(page, "life", folder)


async def _newborn(page: Page, url: str, world: World, folder: Path) -> None:
    await _opened(page, url, ZHENG, "newborn")
    await looked_at(page, "newborn", folder)
    await page.check("[name=sex][value='2']")
    await page.fill("[name=day]", "2026-11-16")
    await page.keyboard.press("Control+Enter")
    await page.wait_for_url(lambda to: "/newborn" not in to)
    child = await world.one("SELECT child FROM kin WHERE parent=?", ZHENG)
    await _opened(page, url, child, "identity")
    await expect(page.locator("main")).to_contain_text("郑㛃之女")
    await looked_at(page, "identity", folder)


async def _merged_and_back(page: Page, url: str, world: World, pair: bytes, folder: Path) -> None:
    await page.goto(f"{url}/console/twin/{pair.hex()}")
    await looked_at(page, "twin", folder)
    await page.keyboard.press("Control+Enter")
    await page.wait_for_selector(".faults")
    for _ in range(await page.locator("tr[data-choice]").count()):
        await page.keyboard.press("1")
    await looked_at(page, "twin-chosen", folder)
    await page.keyboard.press("Control+Enter")
    await page.wait_for_selector("text=已经合并成一份")
    assert sorted([await status_of(world, ZHOU), await status_of(world, WU)]) == ["merged", "usual"]
    await looked_at(page, "twin-done", folder)
    await page.keyboard.press("u")
    await page.wait_for_selector("text=不是同一个人")
    assert [await status_of(world, ZHOU), await status_of(world, WU)] == ["usual", "usual"]


async def test_another_facilitys_people_open_nothing_of_this(world: World) -> None:
    await offices(world)
    pair = await world.store.write(lambda tx: note(tx, world.site, ZHOU, WU, "same_phone"))
    assert pair is not None
    who, twin = ZHOU.hex(), pair.hex()
    async with desk(world, HE) as he:
        pages = [f"/archive/{who}/{each}" for each in ("life", "newborn", "identity")]
        for path in (*pages, f"/twin/{twin}"):
            assert (await he.get(f"/console{path}")).status_code == 403, path
        forms: list[tuple[str, dict[str, Any]]] = [
            (f"/archive/{who}/life", {"after": "dead", "day": "2026-11-19", "evidence": "有"}),
            (f"/archive/{who}/try", {"tried_on": "2026-11-19", "how": "电话"}),
            (f"/archive/{who}/undo-step", {}),
            (f"/archive/{who}/newborn", {"sex": "1", "day": "2026-11-19"}),
            (f"/archive/{who}/identity", {"id_type": "04", "id_no": "E12345678"}),
            (f"/twin/{twin}", {"pick:keep": "1"}),
            (f"/twin/{twin}/apart", {}),
            (f"/twin/{twin}/undo", {}),
        ]
        for path, data in forms:
            assert (await he.post(f"/console{path}", data)).status_code == 403, path
    assert await status_of(world, ZHOU) == "usual"
    assert await world.one("SELECT state FROM twin") == "open"


async def test_kin_ask_at_the_desk_and_the_task_leads_the_manager_there(world: World) -> None:
    await offices(world)
    async with desk(world, QIN) as qin:
        why = {"purpose": "service", "reason": "办理去世登记"}
        await qin.post(f"/console/archive/{ZHOU.hex()}/open", why)
        dead = {"after": "dead", "day": "2026-11-19", "evidence": "死亡医学证明"}
        path = f"/console/archive/{ZHOU.hex()}"
        assert (await qin.post(f"{path}/life", dead)).status_code == 303
        assert "近亲属申请查看" in text_of(await qin.get(f"{path}/life"))
        kin = {"name": "周立夏", "relation": "子女", "document": "户口簿", "purpose": "丧葬"}
        assert (await qin.post(f"{path}/kin-request", {"name": "周立夏"})).status_code == 422
        assert (await qin.post(f"{path}/kin-request", kin)).status_code == 303
    request = await world.one("SELECT request FROM kin_request")
    async with desk(world, TIAN) as tian:
        led = await tian.get(f"/console/kin-request/{request.hex()}")
        assert led.headers["location"].startswith(f"{path}/life")
        done = await tian.post(f"/console/kin-request/{request.hex()}", {"answer": "give"})
        assert done.status_code == 303
    assert await world.one("SELECT state FROM kin_request") == "given"


async def test_the_county_merges_across_facilities_and_the_choice_follows_the_side_that_stays(
    world: World,
) -> None:
    await offices(world)
    pair = await world.store.write(lambda tx: note(tx, world.site, YANG, ZHOU, "same_name_birth"))
    assert pair is not None
    assert await world.one("SELECT facility FROM task WHERE kind='twin'") is None
    path = f"/console/twin/{pair.hex()}"
    async with desk(world, TIAN) as tian:
        assert (await tian.get(path)).status_code == 403
    async with desk(world, CHEN) as chen:
        shown = await chen.get(path)
        assert "5 项不一样" in text_of(shown) or "4 项不一样" in text_of(shown)
        left, right = sorted((YANG, ZHOU))
        fields = re.findall(r'name="pick:([a-z_]+)" value="1"', shown.text)
        picks = {f"pick:{name}": "2" for name in fields}
        missing = await chen.post(path, {"pick:keep": "2"})
        assert (missing.status_code, "还没有选" in missing.text) == (422, True)
        assert (await chen.post(path, picks | {"pick:phone": "1"})).status_code == 303
        assert "已经合并成一份" in text_of(await chen.get(path))
        assert (await status_of(world, left), await status_of(world, right)) == ("merged", "usual")
        assert (await chen.post(f"{path}/apart")).status_code == 409
        assert (await chen.post(f"{path}/undo")).status_code == 303
        assert (await chen.post(f"{path}/undo")).status_code == 409
    assert await status_of(world, left) == "usual"
