"""Attacks on questions, denials, consents and words as archives part and weeks go by."""

from server.actions.archives import afterwork
from server.actions.attachments.taken import take_upload
from server.actions.confirmations import denials
from server.actions.residents import consents, corrections, reports
from server.actions.residents import correction_steps as steps
from server.actions.residents.correction_gate import own_gate
from server.actions.residents.corrections import Saying, Wish, fresh_id
from server.records.model import AccessClass
from server.rules.confirmations import Answer, Finding
from server.rules.corrections import Way
from sync.limits import DAY_MS
from tests.cast_forms import good
from tests.console import CHEN, offices
from tests.pictures import a_photo
from tests.portal import bind, phone
from tests.test_attacks_portal_data import agree
from tests.test_attacks_portal_life import joined, parted
from tests.test_confirmations import DAY, asked, say
from tests.test_corrections import WHY, acting, answers, asks, opened, ready
from tests.test_portal_consent import wish
from tests.test_queues import person
from tests.world import QIN, WU, ZHOU, Field, World, an_id, field


async def came(world: World, *who: bytes) -> tuple[Field, list[bytes]]:
    """A visit of today with each of them, on Dr Su's tablet; the records."""
    await offices(world)
    for each in who:
        await bind(world, each)
    su = await field(world, "07")
    await su.settle()
    made = [
        su.tablet.save_event(
            each, "htn_followup", DAY, good("htn_followup", next_date="2027-02-18")
        )
        for each in who
    ]
    await su.settle()
    await afterwork.catch_up(world.site)
    return su, made


async def test_a_record_taken_back_after_weeks_is_not_asked_about_any_more(world: World) -> None:
    su, (record, _) = await came(world, ZHOU, WU)
    assert len(await asked(world)) == 1
    world.clock.pass_(days=40)
    await su.settle()
    await afterwork.catch_up(world.site)
    assert len(await asked(world)) == 1
    su.tablet.void(ZHOU, "htn_followup", DAY, record, "记错了人")
    await su.settle()
    await afterwork.catch_up(world.site)
    assert await asked(world) == ()
    merge_id = await joined(world)
    await afterwork.catch_up(world.site)
    assert len(await asked(world)) == 1
    await parted(world, merge_id)
    await afterwork.catch_up(world.site)
    assert (len(await asked(world, WU)), await asked(world)) == (1, ())


async def test_a_denial_is_found_upon_though_archives_became_one_and_two_again(
    world: World,
) -> None:
    _, (record,) = await came(world, WU)
    assert record
    await bind(world, ZHOU)
    (question,) = await asked(world, WU)
    world.clock.pass_(days=40)
    await say(world, Answer.NOT, acting=acting(WU), name=question.id)
    chen = await person(world, CHEN)
    merge_id = await joined(world)
    await afterwork.catch_up(world.site)
    assert (await denials.denial(world.site, chen, question.id)).may == {"find"}
    await parted(world, merge_id)
    await afterwork.catch_up(world.site)
    found = await denials.denial(world.site, chen, question.id)
    assert found.question.resident == WU
    assert await world.rows("SELECT DISTINCT resident FROM task WHERE subject=?", question.id) == [
        (WU,)
    ]
    await denials.find(world.site, chen, question.id, Finding.NOT_HAPPENED, "电话问过")


async def test_a_denial_made_while_archives_were_one_goes_back_with_its_record(
    world: World,
) -> None:
    await came(world, WU)
    await bind(world, ZHOU)
    merge_id = await joined(world)
    await afterwork.catch_up(world.site)
    (question,) = await asked(world)
    await say(world, Answer.NOT, name=question.id)
    await parted(world, merge_id)
    await afterwork.catch_up(world.site)
    assert await world.rows("SELECT DISTINCT resident FROM task WHERE subject=?", question.id) == [
        (WU,)
    ]
    chen = await person(world, CHEN)
    assert (await denials.denial(world.site, chen, question.id)).question.resident == WU


async def test_pictures_and_words_of_a_correction_are_read_through_a_merge_and_its_undoing(
    world: World,
) -> None:
    su, xie = await ready(world, ZHOU, WU)
    picture = await take_upload(world.site, WU, a_photo(90, 60), by=WU, cls=AccessClass.A)
    gate = own_gate(world.site, acting(WU))
    wanted = Wish(fresh_id(world.site), {"genetic": "2"}, WHY, "", (picture.id,))
    name = await corrections.ask(world.site, acting(WU), gate, wanted)
    merge_id = await joined(world)
    for who in (ZHOU, WU):
        case = await opened(world, QIN, name)
        assert case.pictures == (picture.id,)
        assert (await steps.picture(world.site, who, "AB", picture.id))[1]
        assert (await steps.status(world.site, who, "AB", name)).pictures == (picture.id,)
        if who == ZHOU:
            await parted(world, merge_id)
    await agree(world, su, xie)


async def test_words_about_a_record_that_went_back_are_still_answered_and_read(
    world: World,
) -> None:
    su, xie = await ready(world, ZHOU, WU)
    merge_id = await joined(world, WU, ZHOU)
    saying = Saying(fresh_id(world.site), an_id("去年的随访"), "sbp", WHY, "那天刚爬完楼")
    name = await corrections.state(world.site, acting(WU), own_gate(world.site, acting(WU)), saying)
    await parted(world, merge_id)
    await agree(world, su, xie)
    async with phone(world, WU) as wu:
        assert (await wu.get(f"/portal/correct/{name.hex()}")).status_code == 200
        assert (await wu.get("/portal/archive")).status_code == 200
    assert (await opened(world, QIN, name)).record == {}
    assert await answers(world, QIN, name, Way.NOTE, text="看过了")
    await agree(world, su, xie)


async def test_a_consent_that_stands_is_listed_however_many_were_given_since(
    world: World,
) -> None:
    await offices(world)
    await bind(world, ZHOU)
    first = await consents.give(
        world.site, acting(), wish(world, until=world.clock() + DAY_MS * 300)
    )
    world.clock.pass_(minutes=1)
    for _ in range(consents.LINES):
        world.clock.pass_(ms=10)
        await consents.take_back(
            world.site, acting(), await consents.give(world.site, acting(), wish(world))
        )
    shown = await consents.consents(world.site, acting())
    assert first in {each.id for each in shown.given}
    assert shown.given[0].id == first


async def test_what_was_found_of_a_report_reaches_the_archive_that_is_kept(world: World) -> None:
    await ready(world, ZHOU, WU)
    name = await asks(world, WU, genetic="2")
    await opened(world, QIN, name)
    entry = (
        await world.rows("SELECT entry FROM access_log WHERE resident=? AND staff=?", WU, QIN)
    )[0][0]
    report = await reports.report(world.site, acting(WU), entry, "我没有来过")
    await joined(world)
    chen = await person(world, CHEN)
    await reports.decide(world.site, chen, report, "看过登记", proper=True)
    told = await world.rows("SELECT DISTINCT resident FROM notice WHERE about=? ORDER BY 1", report)
    assert {each[0] for each in told} == {ZHOU, WU}
    (shown,) = await reports.reports_of(world.site, acting(ZHOU))
    assert (shown.id, shown.decision) == (report, "看过登记")
