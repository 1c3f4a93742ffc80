"""What pages say after a switch is taken back, and a special case that is."""

import re

from server.actions.archives import afterwork
from tests.console import CHEN, desk, offices
from tests.console import text_of as desk_text
from tests.portal import Phone, bind, phone, text_of
from tests.test_portal_switch import switched
from tests.world import HE, QIN, QINGHE, TEAM_A, ZHOU, World


async def test_after_a_switch_and_its_undoing_every_page_says_who_is_responsible_now(
    world: World,
) -> None:
    await bind(world, ZHOU)
    await afterwork.catch_up(world.site)  # cards as they were; nothing makes them anew below
    path = f"/console/archive/{ZHOU.hex()}/switch"

    async def responsible(name: str) -> None:
        for page in ("/portal/switch", "/portal/"):
            assert f"责任机构 {name}" in text_of(await zhou.get(page)), page

    async with phone(world, ZHOU) as zhou, desk(world, HE) as he, desk(world, QIN) as qin:
        assert (await he.get(path)).status_code == 403
        receipt = await switched(zhou, day="2026-11-20")
        await responsible("柳湾社区中心")
        assert (await he.get(path)).status_code == 200
        assert (await zhou.post(f"{receipt}/undo")).status_code == 303
        await responsible("青禾镇卫生院")
        assert (await qin.get(path)).status_code == 200


async def case_of(here: Phone, home: bytes, panel: bytes) -> str:
    """A special case put before the county; the address of its page."""
    page = await here.get(f"/portal/switch/to/{home.hex()}/special")
    found = re.search(r'name="id" value="([0-9a-f]{32})"', page.text)
    assert found is not None
    form = {"panel": panel.hex(), "code": "illness", "id": found[1], "evidence": "出院小结一份"}
    sent = await here.post(f"/portal/switch/to/{home.hex()}/special", data=form)
    assert sent.status_code == 303, text_of(sent)
    return sent.headers["location"]


async def test_a_special_case_is_taken_back_while_it_waits_and_decided_only_on_its_ground(
    world: World,
) -> None:
    await offices(world)
    await bind(world, ZHOU)
    async with phone(world, ZHOU) as zhou, desk(world, CHEN) as chen, desk(world, HE) as he:
        first = await switched(zhou, day="2026-11-20")
        # Taken back by the resident, twice; the county's queue loses it.
        case = await case_of(zhou, QINGHE, TEAM_A)
        assert "撤回，不报了" in text_of(await zhou.get(case))
        for _ in range(2):
            assert (await zhou.post(f"{case}/withdraw")).status_code == 303
        assert "撤回了， 不用等县里答复" in text_of(await zhou.get(case))
        console = case.replace("/portal/switch/case/", "/console/case/")
        assert "居民撤回了" in desk_text(await chen.get(console))
        assert (await chen.post(console, data={"way": "allow", "text": ""})).status_code != 303
        # Taken back at the desk.
        case = await case_of(zhou, QINGHE, TEAM_A)
        path = f"/console/archive/{ZHOU.hex()}/switch"
        assert "撤回特殊情形" in desk_text(await he.get(path))
        form = {"case": case[-32:], "person": ZHOU.hex()}
        assert (await he.post(f"{path}/special/withdraw", data=form)).status_code == 303
        assert await world.one("SELECT COUNT(*) FROM task WHERE closed_at IS NULL AND "
                               "kind='special_case'") == 0  # fmt: skip
        # The year ends where the switch is undone: what waits has lost its ground.
        case = await case_of(zhou, QINGHE, TEAM_A)
        assert (await zhou.post(f"{first}/undo")).status_code == 303
        assert "撤回了， 不用等县里答复" in text_of(await zhou.get(case))
        # Allowed, and the switch undone: the line on the page is closed.
        await switched(zhou, day="2026-11-20")
        case = await case_of(zhou, QINGHE, TEAM_A)
        console = case.replace("/portal/switch/case/", "/console/case/")
        assert (await chen.post(console, data={"way": "allow", "text": ""})).status_code == 303
        assert (await zhou.post(f"{case}/withdraw")).status_code == 409
        assert "特殊情形 · 县里同意了" in text_of(await zhou.get("/portal/switch"))
        receipt = case.replace("/case/", "/receipt/")
        assert (await zhou.post(f"{receipt}/undo")).status_code == 303
        shown = text_of(await zhou.get("/portal/switch"))
        assert "特殊情形 · 县里同意了" not in shown
        assert "特殊情形 · 换了，后来撤回了" in shown
        assert "后来撤回了" in text_of(await zhou.get(case))
        # The year is over before the county decides: nothing is left to grant.
        case = await case_of(zhou, QINGHE, TEAM_A)
        console = case.replace("/portal/switch/case/", "/console/case/")
    world.clock.pass_(days=366)
    async with desk(world, CHEN) as chen:
        late = await chen.post(console, data={"way": "allow", "text": ""})
        assert (late.status_code, "现在不用特殊情形就可以换" in desk_text(late)) == (422, True)
        refused = await chen.post(console, data={"way": "refuse", "text": "现在随时可以换"})
        assert refused.status_code == 303
