"""Consent in the portal and at the desk: what it opens, at each read and on each page of a tablet,
and that nothing of it is left when it is taken back.
"""

import re
from typing import Any

import pytest

from server.actions.archives import consent as ledger
from server.actions.keeping.verify import verify_journal
from server.actions.places import move
from server.actions.residents import consents, facility_choice
from server.actions.residents.acting import Acting
from server.actions.residents.consents import Wish
from server.errors import RuleSaysNo
from server.rules.consent import Manner
from server.rules.consent_texts import texts
from server.store.ids import new_id
from sync.limits import DAY_MS
from tests.console import desk, hire, offices
from tests.console import text_of as desk_text
from tests.portal import Phone, bind, phone, text_of
from tests.test_consent import explained, restricted_of
from tests.test_portal_switch import born, choosing, link
from tests.world import (
    HE,
    LIUWAN,
    QIN,
    QINGHE,
    TEAM_A,
    TEAM_B,
    WU,
    YANG,
    ZHOU,
    World,
    an_id,
    field,
)

TO = f"/portal/consent/to/{LIUWAN.hex()}"
ARCHIVE = f"/console/archive/{ZHOU.hex()}"
OTHER = an_id("另一位柳湾医生")


async def form_of(here: Phone, **more: str) -> dict[str, str]:
    page = await here.get(TO)
    found = re.search(r'name="id" value="([0-9a-f]{32})"', page.text)
    assert found is not None
    filled = {
        "team": TEAM_B.hex(), "purpose": "service", "classes": "A", "manner": "copy",
        "duration": "month", "own": "", "id": found[1],
    }  # fmt: skip
    return {**filled, **more}


async def given(here: Phone, **more: str) -> str:
    """The address of the consent."""
    done = await here.post(TO, data=await form_of(here, **more))
    assert done.status_code == 303, text_of(done)
    return done.headers["location"]


def wish(world: World, **more: Any) -> Wish:
    filled = {
        "facility": LIUWAN, "panel": TEAM_B, "purpose": "service", "classes": "A",
        "manner": Manner.COPY, "until": world.clock() + 30 * DAY_MS, "id": new_id(world.clock()),
    }  # fmt: skip
    return Wish(**{**filled, **more})


async def opens(world: World, staff: bytes) -> bool:
    async with desk(world, staff) as one:
        return (await one.get(ARCHIVE)).status_code == 200


async def test_given_it_opens_at_once_and_taken_back_it_is_shut_and_purged(world: World) -> None:
    await offices(world)
    await bind(world, ZHOU)
    he = await field(world, "31", staff=HE, panels=(TEAM_B,))
    await he.settle()
    assert not await opens(world, HE)
    async with phone(world, ZHOU) as zhou:
        page = await zhou.get(TO)
        assert " checked" not in page.text
        assert "没有谁凭授权能看" in text_of(await zhou.get("/portal/consent"))
        empty = await zhou.post(f"{TO}/check", data={"id": (await form_of(zhou))["id"]})
        assert "还差 5 处" in text_of(empty)
        read = text_of(await zhou.post(f"{TO}/check", data=await form_of(zhou)))
        assert "不同意，不影响在任何机构看病" in read
        assert list(texts())[-1] in read
        form = await form_of(zhou)
        for _ in range(2):
            done = await zhou.post(TO, data=form)
        one = done.headers["location"]
        assert await world.one("SELECT COUNT(*) FROM consent") == 1
        assert await opens(world, HE)
        await he.settle()
        assert ZHOU in he.tablet.archive.members(TEAM_B)
        assert "现在能看" in text_of(await zhou.get(one))
        # One press in the list, and it is over.
        listed = await zhou.get("/portal/consent")
        assert f'action="{one}/end"' in listed.text
        for _ in range(2):
            assert (await zhou.post(f"{one}/end")).status_code == 303
        assert not await opens(world, HE)
        assert "要求 1 台平板删除，已确认 0 台" in text_of(await zhou.get(one))
        await he.settle()
        await he.settle()
        assert ZHOU not in he.tablet.archive.members(TEAM_B)
        assert "要求 1 台平板删除，已确认 1 台" in text_of(await zhou.get(one))
    assert (await verify_journal(world.site)).faults == ()
    told = sorted(row[0] for row in await world.rows("SELECT template FROM notice"))
    assert told == ["consent_ended", "consent_given"]


async def test_it_ends_by_the_clock_at_every_door(world: World) -> None:
    await offices(world)
    he = await field(world, "31", staff=HE, panels=(TEAM_B,))
    acting = Acting(ZHOU, ZHOU)
    await consents.give(world.site, acting, wish(world, until=world.clock() + DAY_MS))
    assert await opens(world, HE)
    world.clock.pass_(days=1)
    assert not await opens(world, HE)
    await he.settle()  # before any job has run
    assert ZHOU not in he.tablet.archive.members(TEAM_B)
    found = await consents.consents(world.site, acting)
    assert not found.given[0].stands(world.clock())


async def test_it_opens_for_its_purpose_and_its_recipient_alone(world: World) -> None:
    await offices(world)
    await hire(world, OTHER, "桑立夏", role="desk", facility=LIUWAN)
    acting = Acting(ZHOU, ZHOU)
    research = await consents.give(
        world.site, acting, wish(world, purpose="research", manner=Manner.VIEW)
    )
    assert not await opens(world, HE), "a doctor at work is not research"
    await consents.take_back(world.site, acting, research)
    team = await consents.give(world.site, acting, wish(world, manner=Manner.VIEW))
    assert await opens(world, HE)
    assert not await opens(world, OTHER), "of the facility, and not of the team"
    await consents.take_back(world.site, acting, team)
    await consents.give(world.site, acting, wish(world, manner=Manner.VIEW, panel=None))
    assert await opens(world, HE)
    assert await opens(world, OTHER)
    assert await world.rows("SELECT 1 FROM member WHERE ground<>'assigned'") == []


async def test_what_cannot_be_given_is_said(world: World) -> None:
    await offices(world)
    acting = Acting(ZHOU, ZHOU)
    for no, more in (
        ("not_explained", {"classes": "AB"}),
        ("own_facility", {"facility": QINGHE, "panel": TEAM_A}),
        ("copy_needs_team", {"panel": None}),
        ("copy_for_service", {"purpose": "checkup_day"}),
        ("purpose", {"purpose": "emergency"}),
        ("too_long", {"until": world.clock() + 4 * 366 * DAY_MS}),
        ("ends_before_it_begins", {"until": world.clock()}),
    ):
        with pytest.raises(RuleSaysNo, match=no):
            await consents.give(world.site, acting, wish(world, **more))
    await world.store.write(
        lambda tx: tx.run("UPDATE facility SET published=? WHERE facility=?", False, LIUWAN)
    )
    with pytest.raises(RuleSaysNo, match="unpublished"):
        await consents.give(world.site, acting, wish(world))
    assert await world.rows("SELECT 1 FROM consent") == []


async def test_class_b_is_given_by_name_and_only_when_it_was_explained(world: World) -> None:
    await offices(world)
    await bind(world, ZHOU)
    su = await field(world, "07", restricted=True)
    he = await field(world, "31", staff=HE, panels=(TEAM_B,), restricted=True)
    await su.settle()
    su.tablet.save_edit(ZHOU, {"hx_disease_restricted/8": True}, "2026-11-20")
    await su.settle()
    async with phone(world, ZHOU) as zhou:
        assert "受限内容（" in text_of(await zhou.get(TO))
        forged = await zhou.post(TO, data=await form_of(zhou, classes="AB"))
        assert forged.status_code == 422
        await given(zhou)
        await he.settle()
        assert restricted_of(he) == set()
        await explained(world)
        named = await given(zhou, classes="AB", duration="once")
        assert (await he.settle())[-1].agrees is True
        assert restricted_of(he) == restricted_of(su) != set()
        assert "精神障碍、肺结核、艾滋病、梅毒" in text_of(await zhou.get(named))
        await zhou.post(f"{named}/end")
        assert (await he.settle())[-1].agrees is True
        assert restricted_of(he) == set()
        assert ZHOU in he.tablet.archive.members(TEAM_B)
    assert (await verify_journal(world.site)).faults == ()


async def test_whose_consent_it_is(world: World) -> None:
    """Under 14 the guardian's, from 14 on one's own, never a helper's."""
    await offices(world)
    for birth, tie, may in (
        ("2015-03-01", "parent", True), ("2010-03-01", "parent", False),
        ("1950-03-01", "appointed", True), ("1951-03-01", "helper", False),
    ):  # fmt: skip
        who = await born(world, birth)
        await link(world, WU, who, tie, "AD" if tie == "helper" else "")
        acting = Acting(WU, who)
        if may:
            one = await consents.give(world.site, acting, wish(world))
            assert await world.one("SELECT person FROM consent WHERE consent=?", one) == WU
            await consents.take_back(world.site, acting, one)
        else:
            with pytest.raises(RuleSaysNo):
                await consents.give(world.site, acting, wish(world))
        child = Acting(who, who)
        if birth == "2015-03-01":
            with pytest.raises(RuleSaysNo, match="age"):
                await consents.give(world.site, child, wish(world))
        else:
            await consents.give(world.site, child, wish(world))


async def test_a_fresh_telephone_gives_nothing_and_takes_back_at_once(world: World) -> None:
    acting = Acting(ZHOU, ZHOU)
    with pytest.raises(RuleSaysNo, match="fresh_phone"):
        await consents.give(world.site, acting, wish(world), full=False)
    one = await consents.give(world.site, acting, wish(world))
    await consents.take_back(world.site, acting, one)
    assert await world.one("SELECT revoked_by FROM consent") == ZHOU


async def test_somebody_elses_consent_is_nobodys(world: World) -> None:
    await bind(world, ZHOU)
    theirs = await consents.give(world.site, Acting(WU, WU), wish(world))
    async with phone(world, ZHOU) as zhou:
        path = f"/portal/consent/{theirs.hex()}"
        assert (await zhou.get(path)).status_code == 404
        assert (await zhou.post(f"{path}/end")).status_code == 404
    assert await world.one("SELECT revoked_at FROM consent") is None


async def test_it_ends_with_leaving_the_facility_it_was_given_to(world: World) -> None:
    """Given to Liuwan, then moved to Liuwan, then back: it does not open there afterwards."""
    await offices(world)
    he = await field(world, "31", staff=HE, panels=(TEAM_B,))
    acting = Acting(ZHOU, ZHOU)
    await consents.give(world.site, acting, wish(world))
    here = choosing(day=None, id=new_id(5))
    await facility_choice.choose(world.site, acting, here)
    world.clock.pass_(days=7)
    await move.begin_due(world.site)
    await he.settle()
    await facility_choice.undo(world.site, acting, here.id)
    assert not await opens(world, HE)
    await he.settle()
    assert he.tablet.archive.members(TEAM_B) == {YANG}
    assert (await verify_journal(world.site)).faults == ()


async def test_the_desk_does_the_same_with_the_resident_there(world: World) -> None:
    await offices(world)
    await bind(world, ZHOU)
    home = f"/console/archives/{ZHOU.hex()}/for"
    form = {
        "facility": LIUWAN.hex(), "team": TEAM_B.hex(), "purpose": "service", "classes": "A",
        "manner": "view", "duration": "year", "id": new_id(7).hex(), "person": ZHOU.hex(),
    }  # fmt: skip
    async with desk(world, HE) as he:
        assert (await he.get(home)).status_code == 403
        assert (await he.post(home)).status_code == 403
    async with desk(world, QIN) as qin:
        assert (await qin.post(f"{home}/consent", data=form)).status_code == 403
        assert "本人在场，证件已核对" in desk_text(await qin.get(home))
        assert (await qin.post(home)).status_code == 303
        assert "授权和收回授权" in desk_text(await qin.get(home))
        assert (await qin.post(f"{home}/consent", {**form, "person": ""})).status_code == 422
        assert (await qin.post(f"{home}/consent", {**form, "person": WU.hex()})).status_code == 422
        assert (await qin.post(f"{home}/consent", data=form)).status_code == 303
        assert "秦霜降" in desk_text(await qin.get(home))
    assert await opens(world, HE)
    async with phone(world, ZHOU) as zhou:
        helped = await zhou.get("/portal/helped")
        assert "授权" in text_of(helped)
        one = f"/portal/consent/{form['id']}"
        assert f'href="{one}"' in helped.text
        await zhou.post(f"{one}/end")
        assert "撤回了" in text_of(await zhou.get("/portal/helped"))
    assert not await opens(world, HE)
    world.clock.pass_(minutes=31)
    async with desk(world, QIN) as qin:
        late = {**form, "id": new_id(8).hex()}
        assert (await qin.post(f"{home}/consent", data=late)).status_code == 403
    assert await world.one("SELECT COUNT(*) FROM consent") == 1
    told = {row[0] for row in await world.rows("SELECT template FROM notice")}
    assert {"assisted_act", "consent_given", "consent_ended"} <= told


async def test_an_operators_consent_on_paper_is_listed_as_well(world: World) -> None:
    await ledger.grant(
        world.site, ZHOU, panel=TEAM_B, purpose="service", classes="A",
        until=world.clock() + DAY_MS, text_version="paper 3",
    )  # fmt: skip
    found = await consents.consents(world.site, Acting(ZHOU, ZHOU))
    assert [each.text_version for each in found.given] == ["paper 3"]
