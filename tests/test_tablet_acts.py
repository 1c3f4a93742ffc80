"""Assisted mode offline: what residents asked for by a doctor's hand arrives and is done, once, by
the same actions as in the portal and at the desk.
"""

from functools import partial
from typing import Any

from server.actions.archives import afterwork
from server.actions.confirmations import figures
from server.actions.places import move
from server.actions.residents import binding, facility_choice, offers, opening, tablet_acts
from server.actions.residents.acting import Acting
from server.actions.tablets import devices, release
from server.records import acts
from server.rules import first_notice
from sync import wire
from sync.limits import DAY_MS
from tests.console import CHEN, offices
from tests.lists import signed
from tests.portal import bind, phone, text_of
from tests.tablet_acts import DONE, TODAY, Helping, helping, number
from tests.world import LIUWAN, QINGHE, START_MS, SU, TEAM_B, WU, YANG, ZHOU, World

PHONE = "19900005555"
WISH: dict[str, Any] = {"team": TEAM_B.hex(), "ground": "moved"}


async def told(world: World, who: bytes = ZHOU) -> list[str]:
    """Codes of what was done for somebody by Dr Su."""
    found = await world.rows(
        "SELECT what FROM assisted WHERE resident=? AND staff=? AND facility=? ORDER BY at, act",
        who, SU, QINGHE,
    )  # fmt: skip
    return [row[0] for row in found]


def states(answer: wire.Answer) -> tuple[tuple[object, ...], ...]:
    assert answer.receipt is not None
    return wire.receipt(answer.receipt.receipt).states


async def task_of(world: World, kind: str = "assisted") -> list[tuple[object, ...]]:
    return await world.rows(
        "SELECT facility, closed_at IS NULL FROM task WHERE kind=? ORDER BY opened_at", kind
    )


async def test_a_consent_given_at_the_bedside_stands_as_one_given_at_the_desk(
    world: World,
) -> None:
    there = await helping(world)
    yes = there.act(acts.AGREE, agreed="1", version=first_notice.version())
    answer = await there.send(yes)
    assert states(answer) == ((0, "held", "act"),)
    assert there.said[yes.id] == [DONE]  # in the very answer
    agreed = await world.store.read(partial(opening.agreed_of, site=world.site, resident=ZHOU))
    assert agreed is not None
    assert (agreed.person, agreed.staff) == (ZHOU, SU)
    assert await told(world) == ["notice"]
    assert await world.one(
        "SELECT COUNT(*) FROM notice WHERE resident=? AND template='assisted_act'", ZHOU
    ) == 1  # fmt: skip

    back = there.act(acts.AGREE, sign=False, agreed="2", seen="9", signed="3")
    assert await there.done(back) == [DONE]
    assert await world.store.read(partial(opening.agreed_of, site=world.site, resident=ZHOU)) is (
        None
    )


async def test_what_was_read_is_what_is_agreed_to(world: World) -> None:
    there = await helping(world)
    old = there.act(acts.AGREE, agreed="1", version="0")
    unsigned = there.act(acts.AGREE, sign=False, agreed="1", version=first_notice.version())
    unseen = there.act(acts.AGREE, seen="9", agreed="1", version=first_notice.version())
    assert await there.done(old, unsigned, unseen) == [
        ("held", "old_text"), ("held", "no_signature"), ("held", "no_document"),
    ]  # fmt: skip
    assert await world.rows("SELECT 1 FROM first_opening") == []
    assert await task_of(world) == [(QINGHE, 1)] * 3


async def test_an_act_is_in_no_archive_and_in_no_feed(world: World) -> None:
    there = await helping(world)
    before = await world.one("SELECT csn, root_open FROM panel WHERE name='青禾一队'")
    yes = there.act(acts.AGREE, agreed="1", version=first_notice.version())
    assert await there.done(yes) == [DONE]
    assert await world.one("SELECT csn, root_open FROM panel WHERE name='青禾一队'") == before
    assert await world.one("SELECT shape, state FROM change WHERE change=?", yes.id) == (
        "act", "applied",
    )  # fmt: skip


async def test_an_act_that_comes_twice_is_done_once(world: World) -> None:
    there, twin = await helping(world), await helping(world, "另一台")
    yes = there.act(acts.AGREE, agreed="1", version=first_notice.version())
    assert await there.done(yes) == [DONE]
    assert states(await there.send(yes)) == ((0, "duplicate", "applied"),)
    assert states(await twin.send(yes)) == ((0, "duplicate", "applied"),)
    await tablet_acts.carry_out(world.site, [yes.id])
    assert await told(world) == ["notice"]


async def test_a_phone_is_bound_on_sight_of_document_and_number(world: World) -> None:
    there = await helping(world)
    wrong = there.act(acts.PHONE, phone=PHONE, number=number(WU))
    right = there.act(acts.PHONE, phone=PHONE, number=number(ZHOU))
    assert await there.done(wrong, right) == [("held", "number_differs"), DONE]
    (bound,) = await world.store.read(partial(binding.bindings_of, site=world.site, resident=ZHOU))
    assert (bound.tail, bound.how, bound.by) == ("5555", "tablet", SU)
    assert bound.full_at <= world.clock()  # the first one, face to face: nothing to wait for
    assert await told(world) == ["phone"]


async def test_a_telephone_that_takes_the_place_of_another_is_told_to_both(world: World) -> None:
    await bind(world, ZHOU)
    there = await helping(world)
    assert await there.done(there.act(acts.PHONE, phone=PHONE, number=number(ZHOU))) == [DONE]
    sent = await world.rows(
        "SELECT template FROM notice WHERE resident=? AND template LIKE 'phone%' ORDER BY 1", ZHOU
    )
    assert sent == [("phone_bound",), ("phone_changed",)]


async def test_a_correction_takes_the_lane_of_its_field(world: World) -> None:
    there = await helping(world)
    mine = there.act(
        acts.CORRECT, cells=[{"cell": "contact_name", "value": '"周小暑"'}], why="3",
    )  # fmt: skip
    theirs = there.act(
        acts.CORRECT, cells=[{"cell": "blood_abo", "value": '"2"'}], why="2", text="献血证上写的",
    )  # fmt: skip
    odd = there.act(acts.CORRECT, cells=[{"cell": "blood_abo", "value": '"17"'}], why="2")
    again = there.act(acts.CORRECT, cells=[{"cell": "blood_abo", "value": '"3"'}], why="2")
    assert await there.done(mine, theirs, odd, again) == [
        DONE, DONE, ("held", "value_out_of_range"), ("held", "open_already"),
    ]  # fmt: skip
    lanes = await world.rows("SELECT lane, helper FROM correction ORDER BY lane")
    assert lanes == [("ask", SU), ("change", SU)]
    assert await told(world) == ["correction", "correction"]


async def test_words_beside_a_record_come_with_it(world: World) -> None:
    there = await helping(world)
    visit = there.tablet.visit(ZHOU)
    words = there.act(
        acts.STATE, record=visit.id.hex(), field="sbp", why="2", text="那天刚爬完楼"
    )  # fmt: skip
    answer = await there.send(visit, words)
    assert there.said[words.id] == [DONE]
    rows = [wire.row(each) for page in answer.pages for each in wire.page(page).rows]
    kinds = [wire.change(each.change).kind for each in rows if isinstance(each, wire.EventPut)]
    assert kinds == ["htn_followup", "statement"]


async def test_the_daughter_accepts_on_her_own_telephone(world: World) -> None:
    await bind(world, YANG)
    there = await helping(world)
    tail = await world.store.read(partial(binding.bindings_of, site=world.site, resident=YANG))
    asks = there.act(
        acts.FAMILY, relative_number=number(YANG), relative_phone=tail[0].tail,
        scopes=["archive"],
    )  # fmt: skip
    assert await there.done(asks) == [DONE]
    (offered,) = await world.store.read(partial(offers.offered, site=world.site, person=YANG))
    assert offered.resident.id == ZHOU
    assert await world.rows("SELECT 1 FROM family_link") == []  # nobody accepts for her
    async with phone(world, YANG) as daughter:
        page = text_of(await daughter.get("/portal/family"))
        assert "周谷雨" in page
    assert await offers.answer(world.site, YANG, offered.id, accept=True) is None
    assert await world.one("SELECT resident, person, state FROM family_link") == (
        ZHOU, YANG, "standing",
    )  # fmt: skip
    assert "family" in await told(world)


async def test_a_guardian_acts_only_as_far_as_the_law_goes(world: World) -> None:
    there = await helping(world)
    stranger = there.act(acts.SWITCH, present="2", person=WU.hex(), **WISH)
    assert await there.done(stranger) == [("held", "scope")]
    assert await task_of(world, "assisted_county") == [(None, 1)]
    assert await task_of(world) == []


async def test_an_act_for_a_stranger_is_kept_apart(world: World) -> None:
    there = await helping(world)
    yes = there.act(acts.AGREE, YANG, agreed="1", version=first_notice.version())
    assert states(await there.send(yes)) == ((0, "quarantined", "not_in_panel"),)
    assert await world.rows("SELECT 1 FROM tablet_act") == []


async def test_what_came_from_a_revoked_tablet_is_done_when_a_person_lets_it_in(
    world: World,
) -> None:
    there = await helping(world)
    await devices.revoke(world.site, there.tablet.keys.device, "staff_left")
    yes = there.act(acts.AGREE, agreed="1", version=first_notice.version())
    assert states(await there.send(yes)) == ((0, "quarantined", "device_not_trusted"),)
    assert await world.rows("SELECT 1 FROM first_opening") == []
    await release.release(world.site, yes.id, staff=SU)
    assert await tablet_acts.waits(world.site)
    assert await tablet_acts.run(world.site) == 1
    assert not await tablet_acts.waits(world.site)
    assert await world.one("SELECT person FROM first_opening") == ZHOU
    assert await world.rows("SELECT 1 FROM task WHERE closed_at IS NULL AND kind='quarantine'") == (
        []
    )


async def test_what_could_not_be_done_is_tried_again_when_somebody_has_seen_to_it(
    world: World,
) -> None:
    there = await helping(world)
    early = there.act(acts.ANSWER, record=bytes(16).hex(), answer="came")
    assert await there.done(early) == [("held", "no_question")]
    assert await task_of(world, "assisted_county") == [(None, 1)]
    await release.release(world.site, early.id, staff=SU)
    assert await task_of(world, "assisted_county") == [(None, 0)]
    await tablet_acts.run(world.site)  # and it can still not be done
    assert await task_of(world, "assisted_county") == [(None, 1)]
    await release.decline(world.site, early.id, staff=SU)
    assert await task_of(world, "assisted_county") == [(None, 0)]
    await there.send()
    assert [each[1] for each in there.said[early.id]] == [
        "no_question", "act", "no_question", "declined",
    ]  # fmt: skip


# 来过 / 没来过.


async def _visit_and(there: Helping, who: bytes, answer: str) -> bytes:
    """A visit and what the resident says of it, in one batch; the record."""
    visit = there.tablet.visit(who, on=TODAY)
    said = there.act(acts.ANSWER, who, record=visit.id.hex(), answer=answer)
    await there.send(visit, said)
    assert there.said[said.id] == [DONE]
    return visit.id


async def test_came_taken_by_the_team_in_question_is_marked_and_left_out(world: World) -> None:
    there = await helping(world)
    await _visit_and(there, ZHOU, "came")
    row = await world.one("SELECT answer, channel, counts, facility FROM confirmation")
    assert (*row[:2], bool(row[2]), row[3]) == ("came", "tablet", False, QINGHE)
    await afterwork.catch_up(world.site)  # the question is not asked a second time
    assert await world.one("SELECT COUNT(*) FROM confirmation") == 1
    assert await told(world) == ["confirmation"]
    await offices(world)
    (line,) = (await figures.figures(world.site, await signed(world, CHEN), 2026)).lines
    assert (line.asked, line.answered, line.came, line.left_out) == (1, 0, 0, 1)


async def test_a_denial_counts_whoever_wrote_it_down(world: World) -> None:
    there = await helping(world)
    record = await _visit_and(there, ZHOU, "not")
    assert await world.rows("SELECT state, facility FROM denial") == [("open", QINGHE)]
    kinds = await world.rows(
        "SELECT kind, facility FROM task WHERE closed_at IS NULL AND kind LIKE 'denial%' ORDER BY 1"
    )
    assert kinds == [("denial", None), ("denial_reply", QINGHE)]
    # And nothing that the same team writes down afterwards takes it back.
    took = there.act(acts.ANSWER, record=record.hex(), answer="came")
    assert await there.done(took) == [DONE]
    assert await world.one("SELECT answer FROM confirmation") == "not"
    assert await world.one("SELECT state FROM denial") == "open"


# 换机构.


async def test_a_switch_counts_from_its_signing_and_is_undone(world: World) -> None:
    there = await helping(world)
    signed_at = world.clock()
    asks = there.act(acts.SWITCH, **WISH)
    world.clock.pass_(days=3)
    assert await there.done(asks) == [DONE]
    at, day, status, hand = await world.one(
        "SELECT asked_at, from_day, status, hand FROM switch WHERE switch=?", asks.id
    )
    assert (at, day, status, hand) == (signed_at, "2026-11-27", "scheduled", SU)
    receipt = await facility_choice.receipt(world.site, ZHOU, asks.id)
    assert receipt.can_undo
    back = there.act(acts.UNSWITCH, of=asks.id.hex())
    assert await there.done(back) == [DONE]
    assert await world.one("SELECT status FROM switch WHERE switch=?", asks.id) == "withdrawn"
    assert await told(world) == ["switch", "switch_undo"]


async def test_a_day_that_went_by_on_the_way_is_today(world: World) -> None:
    there = await helping(world)
    asks = there.act(acts.SWITCH, **WISH)
    world.clock.pass_(days=20)
    await there.send(asks)
    assert await world.one("SELECT from_day, status, asked_at FROM switch") == (
        "2026-12-10", "done", START_MS,
    )  # fmt: skip
    assert await world.one("SELECT facility FROM resident WHERE resident=?", ZHOU) == LIUWAN


async def test_a_clock_that_is_ahead_does_not_sign_in_the_future(world: World) -> None:
    there = await helping(world)
    asks = there.act(acts.SWITCH, at=world.clock() + 30 * DAY_MS, **WISH)
    assert await there.done(asks) == [DONE]
    assert await world.one("SELECT asked_at FROM switch") == world.clock()


async def test_the_last_word_counts_and_not_the_last_arrival(world: World) -> None:
    there = await helping(world)
    first = there.act(acts.SWITCH, **WISH)
    world.clock.pass_(days=1)
    wish = facility_choice.Wish(TEAM_B, "moved", None, bytes(15) + b"\x01")
    await facility_choice.choose(world.site, Acting(ZHOU, ZHOU), wish)
    world.clock.pass_(days=1)
    assert await there.done(first) == [("held", "asked_since")]
    assert await world.rows("SELECT switch FROM switch") == [(wish.id,)]


async def test_a_switch_of_somebody_who_has_moved_on_meanwhile_is_still_theirs(
    world: World,
) -> None:
    there = await helping(world)
    soon = there.act(acts.SWITCH, WU, **WISH)
    assert await there.done(soon) == [DONE]
    world.clock.pass_(days=7)
    await move.begin_due(world.site)
    late = there.act(acts.SWITCH, WU, team=TEAM_B.hex(), ground="moved")
    assert await there.done(late) == [("held", "same_facility")]
