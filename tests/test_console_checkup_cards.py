"""Cards at the console: printed for a list, followed until they are done, a lost one replaced."""

import re

import pytest
import zxingcpp

from server.actions.checkup import cards, codes
from tests.checkup_days import a_day, planned
from tests.console import CHEN, Desk, desk
from tests.test_checkup_cards import pages_of
from tests.world import HE, QIN, SU, YANG, ZHOU, World


@pytest.fixture
async def plan(world: World) -> World:
    await planned(world)
    return world


def said(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page))


async def printed(at: Desk, day: bytes, which: str) -> str:
    """The address of the printing."""
    answer = await at.post(f"/console/checkup/{day.hex()}/cards", which=which)
    assert answer.status_code == 303
    return answer.headers["location"]


async def test_a_list_is_printed_and_followed_until_it_is_done(plan: World) -> None:
    day = await a_day(plan)
    async with desk(plan, QIN) as qin:
        page = said((await qin.get(f"/console/checkup/{day.hex()}/cards")).text)
        assert "名单上 2 人，2 人还没有卡" in page
        assert "还没有印过" in page
        where = await printed(qin, day, "missing")
        waiting = await qin.get(where)
        assert waiting.headers["refresh"] == "3"
        assert "正在做 2 张卡，已经做好 0 张" in said(waiting.text)
        await cards.run(plan.site)
        ready = await qin.get(where)
        assert "refresh" not in ready.headers
        assert "2 张卡做好了，打开就能印" in said(ready.text)
        pdf = await qin.get(f"{where}/cards.pdf")
        assert pdf.headers["content-type"] == "application/pdf"
        assert "no-store" in pdf.headers["cache-control"]
        assert len(zxingcpp.read_barcodes(pages_of(pdf.content)[0])) == 2
        after = said((await qin.get(f"/console/checkup/{day.hex()}/cards")).text)
        assert "名单上 2 人，都已经有卡" in after
        again = await qin.post(f"/console/checkup/{day.hex()}/cards", which="missing")
        assert (again.status_code, "没有要印的人" in again.text) == (409, True)


async def test_a_lost_card_is_revoked_and_another_one_printed(plan: World) -> None:
    path = f"/console/archive/{ZHOU.hex()}/cards"
    async with desk(plan, SU) as su:
        assert "还没有体检卡，可以做一张" in said((await su.get(path)).text)
        await su.post(path)
        await cards.run(plan.site)
        (old,) = await plan.store.read(lambda tx: codes.issued_to(tx, plan.site, ZHOU))
        page = (await su.get(path)).text
        assert "有一张体检卡，有效期到 2028年11月19日" in said(page)
        assert f'value="{old.id.hex()}"' in page
        await su.post(path, old=old.id.hex(), reason="lost")
        await cards.run(plan.site)
        new, _ = await plan.store.read(lambda tx: codes.issued_to(tx, plan.site, ZHOU))
        assert new.id != old.id
        page = said((await su.get(path)).text)
        assert "11-20 作废：丢了" in page
        assert "有效" in page


async def test_a_card_that_was_found_leads_to_its_person(plan: World) -> None:
    day = await a_day(plan)
    async with desk(plan, QIN) as qin:
        await qin.post(f"/console/archive/{ZHOU.hex()}/cards")
        await cards.run(plan.site)
        (card,) = await plan.store.read(lambda tx: codes.issued_to(tx, plan.site, ZHOU))
        path = f"/console/checkup/{day.hex()}/cards/found"
        for typed in (card.text, card.digits, f"{card.digits[:4]} {card.digits[4:]}"):
            answer = await qin.post(path, code=typed)
            assert answer.headers["location"] == f"/console/archive/{ZHOU.hex()}/cards"
        nobody = await qin.post(path, code="123456789012")
        assert (nobody.status_code, "没有这张卡" in nobody.text) == (422, True)


async def test_nobody_of_elsewhere_prints_or_opens_them(plan: World) -> None:
    day = await a_day(plan)
    async with desk(plan, QIN) as qin:
        where = await printed(qin, day, "everybody")
        await cards.run(plan.site)
        other = await qin.get(f"/console/archive/{YANG.hex()}/cards")
        assert "体检卡" not in said(other.text)
        assert (await qin.post(f"/console/archive/{YANG.hex()}/cards")).status_code == 403
    async with desk(plan, SU) as colleague:
        assert "由要印的人打开" in (await colleague.get(where)).text
        assert (await colleague.get(f"{where}/cards.pdf")).status_code == 403
    for staff in (HE, CHEN):
        async with desk(plan, staff) as stranger:
            for path in (where, f"{where}/cards.pdf", f"/console/checkup/{day.hex()}/cards"):
                assert (await stranger.get(path)).status_code == 403
            answer = await stranger.post(f"/console/checkup/{day.hex()}/cards", which="everybody")
            assert answer.status_code == 403
