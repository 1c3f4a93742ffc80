"""来过 / 没来过: asked from records, answered, denied before the county, sampled, counted."""

import re
from functools import partial

import pytest

from server.actions.archives import afterwork
from server.actions.confirmations import answers, denials, figures, samples
from server.actions.confirmations.answers import Question, Saying
from server.actions.confirmations.samples import Draw, drawn
from server.actions.residents.acting import Acting, Helper
from server.actions.tablets.intake import civil_day
from server.errors import NotYours, RuleSaysNo
from server.rules import confirmations as rule
from server.rules.confirmations import Answer, Channel, Finding, Satisfaction, Turn
from tests.cast_forms import good
from tests.console import CHEN, TIAN, desk, offices
from tests.console import text_of as console_text
from tests.lists import signed
from tests.portal import bind, phone, text_of
from tests.world import HE, LIUWAN, QIN, QINGHE, SU, TEAM_A, WU, ZHOU, Field, World, field

DAY = "2026-11-20"
SELF = Acting(ZHOU, ZHOU)


async def visited(
    world: World, who: bytes = ZHOU, kind: str = "htn_followup", tablet: str = "平板一"
) -> Field:
    """Dr Su's tablet brings a record of today, and what follows from it is made."""
    brought = await field(world, tablet, staff=SU, panels=(TEAM_A,))
    await brought.settle()
    brought.tablet.save_event(who, kind, DAY, good(kind, next_date="2027-02-18"))
    await brought.settle()
    await afterwork.catch_up(world.site)
    return brought


async def asked(world: World, who: bytes = ZHOU) -> tuple[Question, ...]:
    return await world.store.read(
        partial(answers.questions, site=world.site, resident=who, unanswered=True)
    )


async def say(
    world: World, what: Answer, *, acting: Acting = SELF, channel: Channel = Channel.PORTAL,
    name: bytes | None = None, grade: Satisfaction | None = None,
) -> Turn:  # fmt: skip
    found = (
        name or (await world.rows("SELECT confirmation FROM confirmation WHERE day=?", DAY))[0][0]
    )
    return await answers.answer(world.site, acting, found, Saying(what, grade), channel)


def test_only_the_resident_takes_a_denial_back() -> None:
    assert rule.turn(None, Answer.NOT, by_itself=False) is Turn.DENIES
    assert rule.turn(Answer.CAME, Answer.NOT, by_itself=False) is Turn.DENIES
    assert rule.turn(Answer.NOT, Answer.NOT, by_itself=False) is Turn.NOTHING
    assert rule.turn(Answer.NOT, Answer.CAME, by_itself=False) is Turn.MISTAKEN
    assert rule.turn(Answer.NOT, Answer.CAME, by_itself=True) is Turn.NOTHING
    assert not rule.stands(Answer.NOT, Answer.CAME, by_itself=True)
    assert rule.stands(None, Answer.CAME, by_itself=True)


def test_an_answer_that_the_judged_have_taken_does_not_count() -> None:
    assert rule.counts(Channel.PORTAL, hand=None, judged=QINGHE)
    assert rule.counts(Channel.TELEPHONE, hand=None, judged=QINGHE)
    assert not rule.counts(Channel.DESK, hand=QINGHE, judged=QINGHE)
    assert rule.counts(Channel.DESK, hand=LIUWAN, judged=QINGHE)
    assert not rule.counts(Channel.TABLET, hand=None, judged=QINGHE)


def test_a_draw_can_be_made_again_by_anybody() -> None:
    pool = [bytes([n]) * 16 for n in range(100)]
    first = drawn(pool, b"seed", 10)
    assert drawn(list(reversed(pool)), b"seed", 10) == first
    assert drawn(pool, b"other", 10) != first
    assert len(set(first)) == 10


async def test_two_forms_of_one_visit_are_asked_about_once(world: World) -> None:
    tablet = await visited(world)
    tablet.tablet.save_event(ZHOU, "dm_followup", DAY, good("dm_followup", next_date="2027-02-18"))
    await tablet.settle()
    await afterwork.catch_up(world.site)
    found = await asked(world)
    assert [(each.day, each.service, each.staff_name) for each in found] == [
        (DAY, "visit", "苏清明")
    ]


async def test_a_question_goes_with_its_record_and_an_answer_stays(world: World) -> None:
    tablet = await visited(world)
    record = await world.one("SELECT record FROM confirmation WHERE day=?", DAY)
    tablet.tablet.void(ZHOU, "htn_followup", DAY, record, "记错了人")
    await tablet.settle()
    await afterwork.catch_up(world.site)
    assert await asked(world) == ()

    again = await visited(world, WU, tablet="平板二")
    await say(world, Answer.NOT, acting=Acting(WU, WU), name=(await asked(world, WU))[0].id)
    record = await world.one("SELECT record FROM confirmation WHERE resident=?", WU)
    again.tablet.void(WU, "htn_followup", DAY, record, "记错了人")
    await again.settle()
    await afterwork.catch_up(world.site)
    kept = await world.rows("SELECT answer, gone_at FROM confirmation WHERE resident=?", WU)
    assert kept == [("not", None)]
    assert await world.rows("SELECT state FROM denial") == [("open",)]


async def test_a_denial_reaches_the_county_and_no_facility_removes_it(world: World) -> None:
    await offices(world)
    await bind(world, ZHOU)
    await visited(world)
    assert await say(world, Answer.NOT) is Turn.DENIES
    name = await world.one("SELECT confirmation FROM denial")
    async with desk(world, CHEN) as county, desk(world, TIAN) as manager:
        listed = console_text(await county.get("/console/denials"))
        assert "周谷雨" in listed
        assert "还有 1 件没认定" in listed
        page = console_text(await county.get(f"/console/denial/{name.hex()}"))
        assert "苏清明" in page
        assert "有平板签名" in page
        empty = await manager.post(f"/console/denial/{name.hex()}", way="reply", text=" ")
        assert empty.status_code == 422
        # The facility tries the county's way: it is taken as nothing of the kind.
        tried = await manager.post(f"/console/denial/{name.hex()}", way="happened", text="我们来过")
        assert tried.status_code == 403
        await manager.post(f"/console/denial/{name.hex()}", way="reply", text="那天按门铃没人应。")
        twice = await manager.post(f"/console/denial/{name.hex()}", way="reply", text="再说一次")
        assert twice.status_code == 422
        await county.post(f"/console/denial/{name.hex()}", way="not_happened", text="没有来过。")
    assert await world.one("SELECT state, finding FROM denial") == ("found", "not_happened")
    assert await world.one("SELECT answer FROM confirmation WHERE confirmation=?", name) == "not"
    assert await world.rows(
        "SELECT kind FROM task WHERE kind LIKE 'denial%' AND closed_at IS NULL"
    ) == []  # fmt: skip
    told = await world.rows(
        "SELECT template FROM notice WHERE resident=? AND template LIKE 'denial%' "
        "ORDER BY template",
        ZHOU,
    )
    assert told == [("denial_answered",), ("denial_found",)]
    async with phone(world, ZHOU) as own:
        page = text_of(await own.get(f"/portal/confirmations/{name.hex()}"))
        assert "认定没来过" in page
        assert "没有来过。" in page
        assert "那天按门铃没人应。" in page
        assert "县里有结果了" in text_of(await own.get("/portal/"))
        for tile in re.findall(r'class="tile" href="([^"]+)"', (await own.get("/portal/")).text):
            assert (await own.get(tile)).status_code == 200, tile


async def test_a_facility_sees_no_denial_of_another(world: World) -> None:
    await offices(world)
    await visited(world)
    await say(world, Answer.NOT)
    name = await world.one("SELECT confirmation FROM denial")
    async with desk(world, HE) as elsewhere:
        assert (await elsewhere.get(f"/console/denial/{name.hex()}")).status_code == 403
        assert "周谷雨" not in (await elsewhere.get("/console/denials")).text


async def test_i_was_mistaken_ends_the_denial_and_both_sayings_stay(world: World) -> None:
    await visited(world)
    await say(world, Answer.NOT)
    # The desk of the facility in question writes the opposite: kept, marked, without effect.
    helped = Acting(ZHOU, ZHOU, Helper(QIN, QINGHE))
    assert await say(world, Answer.CAME, acting=helped, channel=Channel.DESK) is Turn.NOTHING
    assert await world.one("SELECT state FROM denial") == "open"
    assert await say(world, Answer.CAME) is Turn.MISTAKEN
    assert await world.one("SELECT state FROM denial") == "mistaken"
    name = await world.one("SELECT confirmation FROM denial")
    kept = await world.store.read(partial(answers.history, site=world.site, name=name))
    assert [(each.answer, each.marked) for each in kept] == [
        (Answer.NOT, False), (Answer.CAME, True), (Answer.CAME, False),
    ]  # fmt: skip


async def test_figures_carry_answered_of_asked_and_the_channel(world: World) -> None:
    await offices(world)
    await visited(world)
    tablet = await field(world, "平板二", staff=SU, panels=(TEAM_A,))
    await tablet.settle()
    tablet.tablet.save_event(WU, "htn_followup", DAY, good("htn_followup", next_date="2027-02-18"))
    await tablet.settle()
    await afterwork.catch_up(world.site)
    await say(world, Answer.CAME, name=(await asked(world))[0].id, grade=Satisfaction.GOOD)
    helped = Acting(WU, WU, Helper(QIN, QINGHE))
    mine = (await asked(world, WU))[0].id
    await say(world, Answer.CAME, acting=helped, channel=Channel.DESK, name=mine)
    async with desk(world, CHEN) as county:
        shown = console_text(await county.get("/console/confirmations"))
        assert "答了 1 次" in shown
    county_view = await figures.figures(world.site, await signed(world, CHEN), 2026)
    assert county_view.total is not None
    line = county_view.total
    assert (line.asked, line.answered, line.came, line.left_out) == (2, 1, 1, 1)
    assert dict(line.by_channel) == {"portal": 1}
    assert dict(line.by_satisfaction) == {"good": 1}


async def test_another_residents_question_is_nobodys(world: World) -> None:
    await bind(world, WU)
    await visited(world)
    name = (await asked(world))[0].id
    with pytest.raises(NotYours):
        await say(world, Answer.NOT, acting=Acting(WU, WU), name=name)
    async with phone(world, WU) as other:
        assert (await other.get(f"/portal/confirmations/{name.hex()}")).status_code == 404
        assert (
            await other.post(f"/portal/confirmations/{name.hex()}", answer="not")
        ).status_code == 404
    assert await world.rows("SELECT 1 FROM confirmation_answer") == []


async def test_a_resident_answers_on_the_phone_and_reads_what_follows(world: World) -> None:
    await bind(world, ZHOU)
    await visited(world)
    name = (await asked(world))[0].id.hex()
    async with phone(world, ZHOU) as own:
        page = text_of(await own.get("/portal/confirmations"))
        assert "11月20日， 苏清明来看过您吗？" in page
        nothing = await own.post(f"/portal/confirmations/{name}", words="想说的话")
        assert nothing.status_code == 422
        assert "想说的话" in nothing.text
        done = await own.post(f"/portal/confirmations/{name}", answer="not")
        assert done.status_code == 303
        after = text_of(await own.get(done.headers["location"]))
        assert "县里已经收到" in after
        await own.post(f"/portal/confirmations/{name}", answer="came")
        history = text_of(await own.get(f"/portal/confirmations/{name}"))
        assert history.count("您自己在手机上说的") == 2
        inbox = text_of(await own.get("/portal/inbox"))
        assert "青禾镇卫生院记了11月20日的一次服务" in inbox
        await own.post("/portal/inbox/read")
        assert "通知都看过了" in text_of(await own.get("/portal/inbox"))


async def test_too_late_is_said_and_changes_nothing(world: World) -> None:
    await visited(world)
    world.clock.pass_(days=rule.table().answer_days + 1)
    with pytest.raises(RuleSaysNo, match="too_late"):
        await say(world, Answer.NOT)
    assert await world.rows("SELECT 1 FROM denial") == []


async def test_the_county_draws_rings_and_writes_down(world: World) -> None:
    await offices(world)
    await visited(world)
    county = await signed(world, CHEN)
    today = civil_day(world.clock())
    made = await samples.draw(world.site, county, Draw(None, today, today, 30))
    with pytest.raises(RuleSaysNo, match="nothing_to_draw"):
        await samples.draw(world.site, county, Draw(None, today, today, 30))
    before = len(await world.rows("SELECT 1 FROM access_log WHERE staff=?", CHEN))
    number = await samples.number_of(world.site, county, made, 1, "抽样")
    assert number.startswith("199")
    assert len(await world.rows("SELECT 1 FROM access_log WHERE staff=?", CHEN)) == before + 1
    await samples.record(world.site, county, made, 1, "not_reached")
    await samples.record(world.site, county, made, 1, Saying(Answer.NOT))
    assert await world.one("SELECT channel, counts FROM confirmation WHERE day=?", DAY) in (
        ("telephone", True), ("telephone", 1),
    )  # fmt: skip
    assert await world.one("SELECT state FROM denial") == "open"
    with pytest.raises(RuleSaysNo, match="called"):
        await samples.record(world.site, county, made, 1, "declined")
    with pytest.raises(NotYours):
        await samples.sample(world.site, await signed(world, TIAN), made)


async def test_the_county_finds_only_what_is_open(world: World) -> None:
    await offices(world)
    await visited(world)
    county = await signed(world, CHEN)
    await say(world, Answer.NOT)
    name = await world.one("SELECT confirmation FROM denial")
    await denials.find(world.site, county, name, Finding.UNCLEAR, "查不清。")
    with pytest.raises(RuleSaysNo, match="found"):
        await denials.find(world.site, county, name, Finding.HAPPENED, "来过。")
    # The resident insists later: said again after a mistake, it is open anew.
    await say(world, Answer.CAME)
    assert await say(world, Answer.NOT) is Turn.DENIES
    assert await world.one("SELECT state FROM denial") == "open"


async def test_at_the_desk_it_is_written_down_for_somebody_who_is_there(world: World) -> None:
    await offices(world)
    await visited(world)
    who = ZHOU.hex()
    name = (await asked(world))[0].id.hex()
    async with desk(world, QIN) as counter:
        absent = await counter.get(f"/console/archives/{who}/for/confirmations")
        assert absent.headers["location"] == f"/console/archives/{who}/for"
        await counter.post(f"/console/archives/{who}/for")
        page = console_text(await counter.get(f"/console/archives/{who}/for/confirmations"))
        assert "不计入统计" in page
        sent = {"question": name, "answer": "came", "person": who}
        done = await counter.post(f"/console/archives/{who}/for/more/confirmations", sent)
        assert done.status_code == 303
        nobody = await counter.post(f"/console/archives/{who}/for/more/confirmations", {})
        assert nobody.status_code == 422
        for what, form in (("channel", {"channel": "inbox"}), ("export", {})):
            sent = {"person": who, **form}
            done = await counter.post(f"/console/archives/{who}/for/more/{what}", sent)
            assert done.status_code == 303, what
    assert await world.one("SELECT answer, channel FROM confirmation WHERE day=?", DAY) == (
        "came", "desk",
    )  # fmt: skip
    assert await world.rows("SELECT channel FROM notice_choice") == [("inbox",)]
    acts = await world.rows("SELECT what FROM assisted WHERE resident=? ORDER BY what", ZHOU)
    assert acts == [("channel",), ("confirmation",), ("export",)]
