"""The list of a facility's referrals: late, to be made, sent, received, back."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from server.actions.archives import afterwork
from tests.console import CHEN, TIAN, Desk, desk, offices, text_of
from tests.desk_page import page_of
from tests.test_console_following import SECOND, TODAY, saved
from tests.world import HE, SU, ZHOU, World

LIST = "/console/referrals"
SCOPE = "UPDATE staff SET restricted=? WHERE staff=?"
SHEET: dict[str, Any] = {
    "from_org": "青禾镇卫生院", "to_org": "区人民医院", "follow_due": "2026-12-04",
}  # fmt: skip


@pytest.fixture
async def su(world: World) -> AsyncIterator[Desk]:
    await offices(world)
    await afterwork.catch_up(world.site)
    async with desk(world, SU) as made:
        yield made


async def emergency(world: World) -> bytes:
    made = await saved(world, "htn_followup", TODAY, sbp=190, **SECOND)
    await afterwork.catch_up(world.site)
    return made


async def listed(su: Desk, view: str = "") -> str:
    page = await su.get(LIST + (f"?view={view}" if view else ""))
    assert page.status_code == 200, text_of(page)
    return text_of(page)


def counts(text: str) -> dict[str, int]:
    return {
        name: int(found[1])
        for name in ("过期", "该转", "等接诊", "等结果", "已回")
        if (found := re.search(rf"{name} (\d+)", text))
    }


async def test_nothing_waits_in_a_facility_without_referrals(su: Desk) -> None:
    text = await listed(su)
    assert "没有等着的转诊" in text
    assert counts(text) == {"过期": 0, "该转": 0, "等接诊": 0, "等结果": 0, "已回": 0}


async def test_a_need_stands_on_the_list_until_the_referral_is_made(su: Desk, world: World) -> None:
    change = await emergency(world)
    text = await listed(su)
    assert counts(text)["该转"] == 1
    assert "周谷雨" in text
    assert "高血压危急情况紧急转诊" in text
    assert "今天到期" in text
    await saved(world, "referral", TODAY, direction="1", answers=change.hex(), **SHEET)
    await afterwork.catch_up(world.site)
    text = await listed(su)
    assert (counts(text)["该转"], counts(text)["等接诊"]) == (0, 1)
    assert "高血压危急情况紧急转诊" in text


async def test_a_need_of_yesterday_is_late(su: Desk, world: World) -> None:
    await emergency(world)
    world.clock.pass_(days=1)
    async with desk(world, SU) as tomorrow:
        text = await listed(tomorrow)
    assert su.token
    assert (counts(text)["过期"], counts(text)["该转"]) == (1, 0)
    assert "过期 1 天" in text


async def test_received_and_back_have_lists_of_their_own(su: Desk, world: World) -> None:
    sent = await saved(world, "referral", TODAY, direction="1", **SHEET)
    answer: dict[str, Any] = {"answers": sent.hex(), **SHEET}
    await saved(world, "referral", TODAY, direction="3", received_on=TODAY, **answer)
    await afterwork.catch_up(world.site)
    text = await listed(su, "received")
    assert (counts(text)["等接诊"], counts(text)["等结果"]) == (0, 1)
    assert "已接诊，等结果" in text
    told = {"back_dx": "高血压", "back_treatment": "调整用药", "rehab_advice": "低盐"}
    await saved(world, "referral", TODAY, direction="2", back_date=TODAY, **answer, **told)
    await afterwork.catch_up(world.site)
    text = await listed(su, "back")
    assert (counts(text)["等结果"], counts(text)["已回"]) == (0, 1)
    assert "11-20回转" in text


async def test_a_restricted_loop_is_on_the_list_of_who_has_the_scope_only(
    su: Desk, world: World
) -> None:
    await world.store.write(lambda tx: tx.run(SCOPE, True, SU))
    await saved(world, "health_check", TODAY, symptoms=["7"])
    await afterwork.catch_up(world.site)
    text = await listed(su, "needed")
    assert "随访服务" in text
    for said in ("结核", "查痰", "慢性咳嗽"):
        assert said not in text
    scoped = counts(text)["该转"]
    await world.store.write(lambda tx: tx.run(SCOPE, False, SU))
    text = await listed(su, "needed")
    assert "随访服务" not in text
    assert counts(text)["该转"] == scoped - 1


async def test_who_is_shown_stands_in_the_log(su: Desk, world: World) -> None:
    await emergency(world)
    await listed(su)
    shown = "SELECT COUNT(*) FROM search_shown WHERE resident=?"
    assert await world.one(shown, ZHOU) == 1


async def test_another_facility_and_the_county_see_nothing_of_it(su: Desk, world: World) -> None:
    await emergency(world)
    async with desk(world, HE) as he:
        assert "周谷雨" not in await listed(he)
        assert (await he.get(f"{LIST}?panel={'00' * 16}")).status_code in (403, 404)
    async with desk(world, CHEN) as county:
        assert (await county.get(LIST)).status_code == 403
    async with desk(world, TIAN) as manager:
        assert "周谷雨" in await listed(manager)
    assert "转诊" in text_of(await su.get(page_of(ZHOU)))
