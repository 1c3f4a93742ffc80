"""The county's page of messages to residents: how it stands, what failed, pause and again."""

import re

import pytest

from server.actions.notices import outbox
from server.actions.notices.providers import NotNow, Refused
from tests.console import CHEN, TIAN, desk, offices, text_of
from tests.messages import Gateway, answered, code, state
from tests.portal import bind
from tests.world import PHONES, WU, ZHOU, World

PAGE = "/console/notices"


@pytest.fixture
async def here(world: World) -> World:
    await offices(world)
    await bind(world, ZHOU)
    await bind(world, WU)
    return world


async def test_the_county_sees_what_went_out_failed_and_cost(here: World) -> None:
    hand = Gateway()
    hand.answers = [Refused("bad_number"), NotNow("unreachable")]
    here.site.provider = hand
    ids = [await answered(here), await answered(here, WU), await answered(here)]
    async with desk(here, CHEN) as county:
        here.site.provider = hand  # the application read the settings of a test
        await outbox.run(here.site)
        text = text_of(await county.get(PAGE))
        assert "这个月发出 1 条， 1 条没发出去" in text
        assert "号码不对" in text
        assert "连不上网关" in text
        assert "这个月花了 0.05 元，预算 5,000.00 元" in text
        assert "更正有答复" in text
        assert PHONES[ZHOU][-4:] not in text, "numbers and reasons name nobody"
        assert "登录居民档案可以看" not in text
        (failed,) = [each for each in ids if (await state(here, each))[0] == "failed"]
        done = await county.post(f"{PAGE}/again/{failed.hex()}")
        assert done.status_code == 303
        assert (await state(here, failed))[0] == "waiting"
        assert (await county.post(f"{PAGE}/again/{failed.hex()}")).status_code == 303
        assert (await county.post(f"{PAGE}/again/{'ab' * 16}")).status_code == 404
        hand.answers = [Refused("blocked")] * 9
        await outbox.run(here.site)
        assert (await county.post(f"{PAGE}/again")).status_code == 303
        hand.answers = []
        await outbox.run(here.site)
        assert (await state(here, failed))[0] == "sent"


async def test_pausing_says_what_stops_and_who_did_it(here: World) -> None:
    async with desk(here, CHEN) as county:
        here.site.provider = Gateway()
        await county.post(f"{PAGE}/pause")
        await answered(here)
        text = text_of(await county.get(PAGE))
        assert "全部通知已经暂停， 1 条等着" in text
        assert "陈立冬" in text
        assert "验证码也停了" in text
        await county.post(f"{PAGE}/resume")
        assert "已经暂停" not in text_of(await county.get(PAGE))


async def test_without_a_gateway_the_county_alone_reads_the_words(here: World) -> None:
    await code(here, PHONES[ZHOU])
    async with desk(here, CHEN) as county:
        text = text_of(await county.get(PAGE))
        assert "没有接短信网关， 消息都留在这台机器上" in text
        assert "402173" in text
        assert re.search(rf"\b{PHONES[ZHOU][-4:]}\b", text)
        assert PHONES[ZHOU] not in text
    async with desk(here, TIAN) as manager:
        assert (await manager.get(PAGE)).status_code == 403


async def test_an_empty_month_says_so(here: World) -> None:
    async with desk(here, CHEN) as county:
        assert "这个月还没有通知" in text_of(await county.get(PAGE))
        assert await here.one("SELECT COUNT(*) FROM notice") == 0
        assert "sign_in_code" not in (await county.get(PAGE)).text
