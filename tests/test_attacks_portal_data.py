"""Attacks on what the portal keeps: schedules that would lose a word, leave one standing that was
answered, ask twice, or send a matter to a place that cannot answer it.
"""

import pytest

from server.actions.archives import afterwork
from server.actions.archives.merging import Wish as Merging
from server.actions.archives.merging import merge
from server.actions.archives.unmerging import unmerge
from server.actions.keeping.verify import verify_journal
from server.actions.places import move
from server.actions.residents import correction_steps as steps
from server.actions.residents.correction_gate import own_gate
from server.rules.confirmations import Answer
from server.rules.corrections import State
from tests.cast_forms import good
from tests.console import TIAN, offices
from tests.portal import bind
from tests.test_confirmations import DAY, asked, say, visited
from tests.test_corrections import (
    TODAY,
    acting,
    asks,
    disputes,
    file_of,
    ready,
    rules,
    shown_on,
)
from tests.test_corrections import (
    answers as facility_answers,
)
from tests.test_merging import signed
from tests.world import (
    LIUWAN,
    QIN,
    QINGHE,
    SU,
    TEAM_B,
    WU,
    ZHOU,
    Field,
    World,
    field,
)


async def agree(world: World, *tablets: Field) -> None:
    """Tablets and server settle on the same sums, and the journal verifies."""
    for each in tablets:
        await each.settle()
    for each in tablets:
        await each.settle()
        assert (await each.go()).agrees is True
    assert (await verify_journal(world.site)).faults == ()
    assert not await world.rows("SELECT 1 FROM task WHERE kind='digest'")


async def withdraws(world: World, name: bytes, who: bytes = ZHOU) -> None:
    gate = own_gate(world.site, acting(who))
    await steps.withdraw(world.site, acting(who), gate, name, "居民撤回")


async def appeals(world: World, name: bytes) -> None:
    await steps.appeal(world.site, acting(), own_gate(world.site, acting()), name, "不服")


async def test_a_change_taken_back_leaves_what_a_doctor_wrote_beside_it(world: World) -> None:
    su, xie = await ready(world)
    su.tablet.save_edit(ZHOU, {"phone": "13900000001"}, TODAY)  # offline, has not seen the change
    name = await asks(world, phone="13900000009")
    await su.settle()
    await withdraws(world, name)
    await agree(world, su, xie)
    assert shown_on(xie, "phone") == "13900000001"


async def test_a_change_said_anew_in_part_stays_with_the_facility(world: World) -> None:
    await ready(world)
    first = await asks(world, phone="13900000009")
    await asks(world, phone="13900000009", contact_phone="13900000002")
    assert (await file_of(world, first)).state is State.WAITING


@pytest.mark.parametrize("way", ["declined", "accepted", "withdrawn"])
@pytest.mark.parametrize("whose", ["kept", "gone"])
async def test_a_claim_answered_while_archives_were_merged_is_answered_when_they_part(
    world: World, whose: str, way: str
) -> None:
    su, xie = await ready(world, ZHOU, WU)
    tian = await signed(world, TIAN)
    who = ZHOU if whose == "kept" else WU
    name = await asks(world, who, genetic="2")
    merge_id = await merge(world.site, tian, Merging(ZHOU, WU, frozenset({"genetic"})))
    await agree(world, su, xie)
    if way == "withdrawn":
        await withdraws(world, name)
    else:
        assert await facility_answers(world, QIN, name, text="看过了", genetic=way == "accepted")
    await agree(world, su, xie)
    await unmerge(world.site, tian, merge_id)
    await agree(world, su, xie)
    for each in (su, xie):
        assert disputes(each, ZHOU) == disputes(each, WU) == set()
        assert shown_on(each, "genetic", who) == ("2" if way == "accepted" else "1")
        other = WU if who == ZHOU else ZHOU
        assert shown_on(each, "genetic", other) == "1" or way == "accepted"
    assert not await world.rows("SELECT kind FROM task WHERE closed_at IS NULL AND kind<>'twin'")


@pytest.mark.parametrize("whose", ["kept", "gone"])
async def test_a_claim_open_through_a_merge_and_its_undoing_is_answered_after_it(
    world: World, whose: str
) -> None:
    su, xie = await ready(world, ZHOU, WU)
    tian = await signed(world, TIAN)
    who = ZHOU if whose == "kept" else WU
    name = await asks(world, who, genetic="2")
    merge_id = await merge(world.site, tian, Merging(ZHOU, WU, frozenset()))
    await agree(world, su, xie)
    await unmerge(world.site, tian, merge_id)
    await agree(world, su, xie)
    for each in (su, xie):
        assert disputes(each, who) == {"genetic"}
    assert await world.one("SELECT resident FROM task WHERE subject=?", name) == who
    assert await facility_answers(world, QIN, name, text="看过了", genetic=True)
    await agree(world, su, xie)
    assert shown_on(su, "genetic", who) == "2"


async def test_the_county_upholds_an_answer_and_a_newer_claim_of_the_field_still_waits(
    world: World,
) -> None:
    su, xie = await ready(world)
    first = await asks(world, genetic="2")
    assert await facility_answers(world, QIN, first, text="没有凭证", genetic=False)
    newer = await asks(world, genetic="2")
    await appeals(world, first)
    assert await rules(world, first, overturn=False)
    await agree(world, su, xie)
    assert disputes(su) == {"genetic"}
    assert (await file_of(world, newer)).state is State.WAITING


async def test_a_denial_stays_with_the_county_and_the_facility_that_is_judged(
    world: World,
) -> None:
    await offices(world)
    await bind(world, ZHOU)
    await visited(world)
    await say(world, Answer.NOT)
    places = "SELECT kind, facility FROM task WHERE kind LIKE 'denial%' ORDER BY kind"
    assert await world.rows(places) == [("denial", None), ("denial_reply", QINGHE)]
    await move.switch(world.site, move.Ask(ZHOU, TEAM_B, "moved", SU, at_new_desk=True))
    assert await world.one("SELECT facility FROM resident WHERE resident=?", ZHOU) == LIUWAN
    assert await world.rows(places) == [("denial", None), ("denial_reply", QINGHE)]


async def test_one_service_in_two_archives_of_one_person_is_asked_about_once(
    world: World,
) -> None:
    await offices(world)
    await bind(world, ZHOU)
    su = await field(world, "07")
    await su.settle()
    for who in (ZHOU, WU):
        su.tablet.save_event(who, "htn_followup", DAY, good("htn_followup", next_date="2027-02-18"))
    await su.settle()
    await afterwork.catch_up(world.site)
    assert (len(await asked(world, ZHOU)), len(await asked(world, WU))) == (1, 1)
    tian = await signed(world, TIAN)
    merge_id = await merge(world.site, tian, Merging(ZHOU, WU, frozenset()))
    await afterwork.catch_up(world.site)
    assert len(await asked(world, ZHOU)) == 1
    await unmerge(world.site, tian, merge_id)
    await afterwork.catch_up(world.site)
    assert (len(await asked(world, ZHOU)), len(await asked(world, WU))) == (1, 1)


async def test_a_service_answered_in_one_archive_is_not_asked_about_again_in_the_other(
    world: World,
) -> None:
    await offices(world)
    for who in (ZHOU, WU):
        await bind(world, who)
    su = await field(world, "07")
    await su.settle()
    for who in (ZHOU, WU):
        su.tablet.save_event(who, "htn_followup", DAY, good("htn_followup", next_date="2027-02-18"))
    await su.settle()
    await afterwork.catch_up(world.site)
    (question,) = await asked(world, WU)
    await say(world, Answer.NOT, acting=acting(WU), name=question.id)
    tian = await signed(world, TIAN)
    await merge(world.site, tian, Merging(ZHOU, WU, frozenset()))
    await afterwork.catch_up(world.site)
    assert await asked(world, ZHOU) == ()
    await say(world, Answer.CAME, name=question.id)
    assert not await world.rows(
        "SELECT 1 FROM task WHERE kind LIKE 'denial%' AND closed_at IS NULL"
    )
