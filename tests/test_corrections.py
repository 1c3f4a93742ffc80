"""What a resident wants put right reaches the doctor, is answered in words, and nothing is lost."""

import pytest

from server.actions.archives import conflicts
from server.actions.archives.conflicts import Choice
from server.actions.keeping.verify import verify_journal
from server.actions.queues import corrections as desk
from server.actions.queues.corrections import Answer, Case, Denied
from server.actions.residents import correction_steps as steps
from server.actions.residents import corrections
from server.actions.residents.acting import Acting
from server.actions.residents.correction_file import APPEAL, Correction, find
from server.actions.residents.correction_gate import own_gate
from server.actions.residents.corrections import OpenAlready, Saying, Wish, fresh_id
from server.errors import NotYours, RuleSaysNo
from server.records.kinds import REGISTER
from server.rules.corrections import Lane, Outcome, State, Way
from sync.merge import choose
from tests.console import CHEN, offices
from tests.portal import bind
from tests.test_queues import person
from tests.world import HE, QIN, SU, WU, XIE, YANG, ZHOU, Field, World, an_id, field

TODAY = "2026-11-20"
WHY = "2"


def acting(who: bytes = ZHOU) -> Acting:
    return Acting(who, who)


async def asks(world: World, who: bytes = ZHOU, /, text: str = "", **values: object) -> bytes:
    """A correction by the resident; "__" stands for "/"."""
    cells = {name.replace("__", "/"): value for name, value in values.items()}
    wish = Wish(fresh_id(world.site), cells, WHY, text)
    return await corrections.ask(world.site, acting(who), own_gate(world.site, acting(who)), wish)


async def file_of(world: World, name: bytes) -> Correction:
    found = await world.store.write(lambda tx: find(tx, world.site, name))
    assert found is not None
    return found


async def opened(world: World, staff: bytes, name: bytes, kind: str = "correction") -> Case:
    return await desk.open_case(world.site, await person(world, staff), name, "处理更正", kind=kind)


async def answers(
    world: World, staff: bytes, name: bytes, way: Way = Way.ANSWER, text: str = "", **cells: bool
) -> bool:
    """The facility's answer from the page as it is; cells by name, all accepted when none named."""
    case = await opened(world, staff, name)
    verdicts = {c.cell: cells.get(c.cell.replace("/", "__"), not cells) for c in case.cells}
    verdicts = verdicts if way is Way.ANSWER else {}
    said = Answer(way, verdicts, text, "2" if text else "", case.heads, "处理更正")
    return await desk.answer(world.site, await person(world, staff), name, said)


async def rules(world: World, name: bytes, *, overturn: bool, text: str = "县里看过") -> bool:
    case = await opened(world, CHEN, name, APPEAL)
    verdicts = {c.cell: overturn for c in case.cells} or {"": overturn}
    said = Answer(Way.ANSWER, verdicts, text, "", case.heads, "处理更正")
    return await desk.rule_on(world.site, await person(world, CHEN), name, said)


def values_on(tablet: Field, cell: str, who: bytes = ZHOU) -> list[object]:
    return [head.value for head in tablet.tablet.archive.cells(who)[cell].heads]


def shown_on(tablet: Field, cell: str, who: bytes = ZHOU) -> object:
    found = tablet.tablet.archive.cells(who)[cell]
    return choose(found, REGISTER.policy_of(cell), REGISTER.safer_of(cell)).value


def disputes(tablet: Field, who: bytes = ZHOU) -> set[str]:
    return set(tablet.tablet.archive.disputes(who, REGISTER.policy_of))


async def ready(world: World, *who: bytes) -> tuple[Field, Field]:
    await offices(world)
    for each in who or (ZHOU,):
        await bind(world, each)
    su, xie = await field(world, "07"), await field(world, "11", staff=XIE)
    await su.settle()
    await xie.settle()
    world.clock.pass_(hours=1)
    return su, xie


async def test_a_change_is_applied_at_once_seen_by_the_doctor_and_looked_at_later(
    world: World,
) -> None:
    su, _ = await ready(world)
    name = await asks(world, phone="13900000009")
    await su.settle()
    assert (values_on(su, "phone"), disputes(su)) == (["13900000009"], set())
    case = await opened(world, SU, name)
    assert case.ways == (Way.CONFIRM, Way.ASK_BACK, Way.LEAVE)
    with pytest.raises(Denied, match="words"):
        await answers(world, SU, name, Way.ASK_BACK)
    assert await answers(world, SU, name, Way.ASK_BACK, text="这个号打不通，是最后一位错了吗")
    assert (await file_of(world, name)).state is State.ASKED
    gate = own_gate(world.site, acting())
    await steps.reply(world.site, acting(), gate, name, "对的，晚上才开机")
    assert await answers(world, SU, name, Way.CONFIRM)
    file = await file_of(world, name)
    assert (file.state, file.outcome) == (State.ANSWERED, Outcome.CONFIRMED)
    assert [each.text for each in file.content.talk][1] == "对的，晚上才开机"


async def test_a_change_is_undone_where_nobody_has_changed_it_since(world: World) -> None:
    su, xie = await ready(world)
    before = values_on(su, "phone")
    gate = own_gate(world.site, acting())
    name = await asks(world, phone="13900000009")
    await steps.withdraw(world.site, acting(), gate, name, "居民撤回")
    await su.settle()
    assert values_on(su, "phone") == before
    again = await asks(world, phone="13900000008")
    later = await asks(world, phone="13900000007")
    assert (await file_of(world, again)).outcome is Outcome.REPLACED
    await su.settle()
    su.tablet.save_edit(ZHOU, {"phone": "13900000001"}, TODAY)
    await su.settle()
    await steps.withdraw(world.site, acting(), gate, later, "居民撤回")
    await xie.settle()
    assert values_on(xie, "phone") == ["13900000001"]
    open_ = await world.rows("SELECT kind FROM task WHERE closed_at IS NULL")
    assert open_ == []


async def test_a_claim_is_on_the_next_page_with_both_values_and_one_answer_reaches_both_tablets(
    world: World,
) -> None:
    su, xie = await ready(world)
    before = shown_on(su, "blood_abo")
    assert before != "2"
    name = await asks(world, text="献血证上是 B 型", blood_abo="2", drug_allergy__3=True)
    await su.settle()
    assert disputes(su) == {"blood_abo", "drug_allergy/3"}
    assert "2" in values_on(su, "blood_abo")
    assert shown_on(su, "blood_abo") == "5", "of two groups neither is relied on"
    assert shown_on(su, "drug_allergy/3") is True, "a claimed allergy is shown at once"
    case = await opened(world, QIN, name)
    assert {(c.cell, c.before, c.wanted, c.standing) for c in case.cells} == {
        ("blood_abo", before, "2", True), ("drug_allergy/3", None, True, True),
    }  # fmt: skip
    with pytest.raises(Denied, match="words"):
        await answers(world, QIN, name, drug_allergy__3=True, blood_abo=False)
    assert await answers(
        world, QIN, name, text="过敏记下了；血型请带献血证来", drug_allergy__3=True, blood_abo=False
    )
    file = await file_of(world, name)
    assert (file.state, file.outcome) == (State.ANSWERED, Outcome.PARTLY)
    for each in (su, xie):
        await each.settle()
        assert disputes(each) == set()
        assert shown_on(each, "blood_abo") == before
        assert values_on(each, "drug_allergy/3") == [True]
    notices = await world.rows("SELECT template FROM notice ORDER BY notice")
    assert [each[0] for each in notices] == ["correction_received", "correction_answered"]
    assert not (await verify_journal(world.site)).faults


async def test_an_offline_edit_that_had_not_seen_the_claim_meets_it_as_a_conflict(
    world: World,
) -> None:
    su, xie = await ready(world)
    await su.settle()
    offline = su.tablet.save_edit(ZHOU, {"blood_rh": "3"}, TODAY)
    name = await asks(world, blood_rh="1")
    world.clock.pass_(hours=2)
    await su.settle()
    assert su.tablet.fate(offline)[0] == "conflict"
    assert set(values_on(su, "blood_rh")) == {"1", "3"}
    found = await conflicts.open_conflict(
        world.site, await person(world, QIN), offline, "核对数据冲突"
    )
    (disputed,) = found.disputed
    assert {each.value for each in disputed.sayings} == {"1", "3"}
    seen = {disputed.cell: frozenset(disputed.heads)}
    choice = Choice({"blood_rh": "1"}, seen, "", "核对数据冲突")
    assert await conflicts.decide(world.site, await person(world, QIN), offline, choice)
    for each in (su, xie):
        await each.settle()
        assert values_on(each, "blood_rh") == ["1"]
    case = await opened(world, SU, name)  # settled meanwhile; the words are still owed
    assert [(c.standing, c.now, c.by) for c in case.cells] == [(False, "1", "秦霜降")]
    assert await answers(world, SU, name, text="按您说的记了")
    assert (await file_of(world, name)).made is None


async def test_an_edit_that_saw_the_claim_settles_it_and_the_row_still_asks_for_words(
    world: World,
) -> None:
    su, _ = await ready(world)
    name = await asks(world, genetic="2")
    await su.settle()
    su.tablet.save_edit(ZHOU, {"genetic": "1"}, TODAY)
    await su.settle()
    assert values_on(su, "genetic") == ["1"]
    assert disputes(su) == set()
    rows = await world.rows("SELECT kind, closed_at FROM task WHERE subject=?", name)
    assert rows == [("correction", None)]
    assert await answers(world, QIN, name, text="当面问过，没有", genetic=False)
    assert (await file_of(world, name)).outcome is Outcome.DECLINED


async def test_an_identity_is_shown_as_staff_wrote_it_until_the_desk_has_seen_the_document(
    world: World,
) -> None:
    su, _ = await ready(world)
    name = await asks(world, name="周谷宇", text="身份证上是宇")
    await su.settle()
    assert shown_on(su, "name") == "周谷雨"
    assert disputes(su) == {"name"}
    with pytest.raises(Denied, match="identity"):
        await answers(world, SU, name)
    assert await answers(world, QIN, name)
    await su.settle()
    assert shown_on(su, "name") == "周谷宇"


async def test_who_wrote_the_value_does_not_decline_alone(world: World) -> None:
    su, _ = await ready(world)
    su.tablet.save_edit(ZHOU, {"genetic": "1"}, TODAY)
    await su.settle()
    name = await asks(world, genetic="2")
    with pytest.raises(Denied, match="own_value"):
        await answers(world, SU, name, text="没有", genetic=False)
    assert await answers(world, XIE, name, text="问过家里人，没有", genetic=False)


async def test_taken_back_a_claim_says_nothing_and_is_asked_again_only_once_at_a_time(
    world: World,
) -> None:
    su, _ = await ready(world)
    name = await asks(world, genetic="2")
    with pytest.raises(OpenAlready):
        await asks(world, genetic="2")
    gate = own_gate(world.site, acting())
    await steps.withdraw(world.site, acting(), gate, name, "居民撤回")
    await su.settle()
    assert disputes(su) == set()
    assert shown_on(su, "genetic") == "1"
    with pytest.raises(RuleSaysNo, match="not_open"):
        await steps.withdraw(world.site, acting(), gate, name, "居民撤回")
    with pytest.raises(RuleSaysNo):
        await asks(world, genetic="1")  # it says so already
    again = await asks(world, genetic="2")
    await su.settle()
    assert disputes(su) == {"genetic"}
    assert await answers(world, QIN, again)


async def test_a_statement_stands_beside_the_record_on_the_tablet_and_is_answered(
    world: World,
) -> None:
    su, _ = await ready(world)
    record = an_id("去年的随访")
    saying = Saying(fresh_id(world.site), record, "sbp", WHY, "那天刚爬完楼")
    gate = own_gate(world.site, acting())
    name = await corrections.state(world.site, acting(), gate, saying)
    assert await corrections.state(world.site, acting(), gate, saying) == name
    await su.settle()
    put = su.tablet.archive.events(ZHOU)[-1]
    assert b"statement" in bytes(put.change)
    case = await opened(world, QIN, name)
    assert case.file.lane is Lane.COMMENT
    assert case.record["sbp"] == 138
    with pytest.raises(Denied, match="words"):
        await answers(world, QIN, name, Way.NOTE)
    assert await answers(world, QIN, name, Way.NOTE, text="下次歇十五分钟再量")
    other = Saying(fresh_id(world.site), an_id("没有的记录"), "", WHY, "不是我的")
    with pytest.raises(NotYours):
        await corrections.state(world.site, acting(), gate, other)
    wus = own_gate(world.site, acting(WU))
    with pytest.raises(NotYours):
        await steps.appeal(world.site, acting(WU), wus, name, "不服")


async def test_the_county_overturns_or_upholds_with_words(world: World) -> None:
    su, _ = await ready(world)
    gate = own_gate(world.site, acting())
    for overturn, who in ((False, QIN), (True, XIE)):
        name = await asks(world, genetic="2")
        with pytest.raises(RuleSaysNo, match="no_appeal"):
            await steps.appeal(world.site, acting(), gate, name, "还没答复")
        assert await answers(world, who, name, text="没有凭证", genetic=False)
        await steps.appeal(world.site, acting(), gate, name, "有外院的诊断书")
        assert await world.one("SELECT facility FROM task WHERE kind='appeal' AND subject=?", name
                               ) is None  # fmt: skip
        with pytest.raises(Denied, match="words"):
            await rules(world, name, overturn=overturn, text="")
        assert await rules(world, name, overturn=overturn)
        wanted = Outcome.OVERTURNED if overturn else Outcome.UPHELD
        file = await file_of(world, name)
        assert (file.state, file.outcome, file.content.ruling) == (State.RULED, wanted, "县里看过")
        await su.settle()
        assert values_on(su, "genetic") == ["2" if overturn else "1"]


async def test_unanswered_past_its_day_it_may_go_to_the_county_at_once(world: World) -> None:
    await ready(world)
    name = await asks(world, genetic="2")
    gate = own_gate(world.site, acting())
    world.clock.pass_(days=world.site.rules.correction_due_days + 1)
    await steps.appeal(world.site, acting(), gate, name, "没有人答复")
    open_ = await world.rows("SELECT kind FROM task WHERE closed_at IS NULL AND subject=?", name)
    assert open_ == [("appeal",)]
    assert await rules(world, name, overturn=True)


async def test_nobody_elses_archive_and_no_office_field_is_corrected(world: World) -> None:
    await ready(world, ZHOU, YANG)
    wish = Wish(fresh_id(world.site), {"phone": "13900000009"}, WHY)
    stranger = Acting(YANG, ZHOU)
    gate = own_gate(world.site, stranger)
    with pytest.raises(NotYours):
        await corrections.ask(world.site, stranger, gate, wish)
    for cell in ("archive_status", "responsible_facility", "archive_no"):
        with pytest.raises(NotYours):
            await asks(world, **{cell: "2"})
    name = await asks(world, genetic="2")
    with pytest.raises(NotYours):
        await opened(world, HE, name)
