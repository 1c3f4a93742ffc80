"""A docket: what a resident holds in the hand of a switch that was signed on a tablet."""

import pytest

from crypto.docket import Docket, number_of, seal_docket, text_of
from server.actions.archives import opening
from server.actions.archives.opening import Given
from server.actions.residents import dockets
from server.errors import RuleSaysNo
from server.records import acts
from server.rules.consent import Purpose
from server.rules.switch import Granted
from sync import wire
from tests.console import desk, offices
from tests.console import text_of as text_of_page
from tests.lists import signed
from tests.tablet_acts import DONE, Helping, helping
from tests.world import QIN, TEAM_B, ZHOU, World


def docket_of(there: Helping, asks: wire.Change) -> str:
    """What the tablet puts into the QR."""
    keys = there.tablet.keys
    said = Docket(
        asks.id, asks.resident, TEAM_B, asks.at, keys.device, keys.sign.public.kid(), "moved"
    )
    return text_of(seal_docket(said, signer=keys.sign))


def a_switch(there: Helping) -> wire.Change:
    return there.act(acts.SWITCH, team=TEAM_B.hex(), ground="moved")


async def test_a_number_says_what_became_of_it(world: World) -> None:
    there = await helping(world)
    asks = a_switch(there)
    number = number_of(asks.id)
    with pytest.raises(RuleSaysNo, match="not_arrived"):
        await dockets.look(world.site, number)
    with pytest.raises(RuleSaysNo, match="number_wrong"):
        await dockets.look(world.site, number[:-1] + str((int(number[-1]) + 1) % 10))
    assert await there.done(asks) == [DONE]
    told = await dockets.look(world.site, f"{number[:4]} {number[4:8]} {number[8:]}")
    assert (told.state, told.made, told.facility) == ("done", "scheduled", "柳湾社区中心")
    assert told.signed_at == asks.at


async def test_a_switch_is_made_from_the_paper_although_the_tablet_never_came(
    world: World,
) -> None:
    await offices(world)
    there = await helping(world)
    asks = a_switch(there)
    text = docket_of(there, asks)
    world.clock.pass_(days=3)
    told = await dockets.look(world.site, text)
    assert (told.state, told.made, told.team) == ("", "", "柳湾一队")
    qin = await signed(world, QIN)
    with pytest.raises(RuleSaysNo, match="not_present"):
        await dockets.make(world.site, qin, text)
    given = Given(Purpose.SERVICE, "换机构凭条", present=True)
    await opening.open_for(world.site, qin, ZHOU, given)
    assert isinstance(await dockets.make(world.site, qin, text), Granted)
    at, day = await world.one("SELECT asked_at, from_day FROM switch WHERE switch=?", asks.id)
    assert (at, day) == (asks.at, "2026-11-27")
    # The tablet comes after all: nothing is done a second time.
    assert await there.done(asks) == [DONE]
    assert await world.one("SELECT COUNT(*) FROM switch") == 1


async def test_only_what_a_tablet_of_this_county_signed_is_a_docket(world: World) -> None:
    there = await helping(world)
    text = docket_of(there, a_switch(there))
    other = text[:60] + ("A" if text[60] == "B" else "B") + text[61:]
    for wrong in (text[:-1], text.replace("GWC1", "GWP1"), other, "换机构"):
        with pytest.raises(RuleSaysNo, match="not_a_docket"):
            await dockets.look(world.site, wrong)


async def test_a_desk_reads_the_paper_and_makes_the_switch_from_it(world: World) -> None:
    await offices(world)
    there = await helping(world)
    text = docket_of(there, a_switch(there))
    async with desk(world, QIN) as qin:
        assert "拿凭条来换机构的" in text_of_page(await qin.get("/console/docket"))
        wrong = await qin.post("/console/docket", docket="123456789012")
        assert (wrong.status_code, "号码对不上" in text_of_page(wrong)) == (422, True)
        told = text_of_page(await qin.post("/console/docket", docket=text))
        assert "凭条是真的，平板还没有上传" in told
        assert "柳湾社区中心 柳湾一队" in told
        early = await qin.post("/console/docket/made", docket=text)
        assert "先请居民出示证件" in text_of_page(early)
        await qin.post(f"/console/archives/{ZHOU.hex()}/for")
        done = await qin.post("/console/docket/made", docket=text)
        assert "办好了，从" in text_of_page(done)
    assert await world.one("SELECT status FROM switch") == "scheduled"
