"""Attacks by somebody of the family: what is about the person and not the archive, what is not on
the tiles but at an address, traces of records that are shut, notices put away for the resident.
"""

import re
from functools import partial

from server.access import Opened
from server.actions.archives import afterwork
from server.actions.archives.opening import Given, open_for
from server.actions.confirmations import answers, denials
from server.actions.residents import corrections, people, visits
from server.actions.residents.acting import Acting
from server.actions.residents.correction_gate import own_gate
from server.actions.residents.corrections import Saying
from server.rules.confirmations import Answer, Channel
from server.rules.consent import Purpose
from server.store.ids import new_id
from tests.cast_forms import good
from tests.console import CHEN, offices
from tests.lists import signed
from tests.portal import bind, phone, text_of, visit_of
from tests.portal_life import lived
from tests.portal_readers import relative
from tests.test_confirmations import DAY, asked, visited
from tests.test_family import OUTSIDER
from tests.test_portal_archive import link
from tests.test_portal_restricted import explain
from tests.test_portal_switch import born
from tests.test_restricted_leaks import written
from tests.world import SU, TEAM_A, WU, XIE, YANG, ZHENG, ZHOU, World, field

WORDS = "只有周家知道的话"
TOLD = ("授权", "特殊情形", "换到柳湾", "更正", "打好包", "举报")


async def test_a_helper_is_offered_no_button_that_then_says_no(world: World) -> None:
    """With no scope and with the archive alone: what is left is about their own sign-in."""
    await offices(world)
    for who in (ZHOU, WU, YANG):
        await bind(world, who)
    ids = (await lived(world, ZHOU, YANG, WORDS)).ids
    (question,) = [each for each in await asked(world) if each.answer is None][:1] or [None]
    pages = (
        "", "inbox", "confirmations", "account", "notice", "family", "plan", "switch", "consent",
        f"switch/receipt/{ids['switch']}", f"switch/case/{ids['case']}",
        f"consent/{ids['consent']}", "helped",
        *([f"confirmations/{question.id.hex()}"] if question is not None else []),
    )  # fmt: skip
    own = re.compile(r"/portal/(sign-out|account/out|family/(back|open|[0-9a-f]+/end))")
    await link(world, ZHOU, WU, "helper", "")
    for scopes in ("", "A"):
        await world.rows("UPDATE family_link SET scopes=? WHERE person=?", scopes, WU)
        async with phone(world, WU, ZHOU) as helper:
            for each in pages:
                page = await helper.get(f"/portal/{each}")
                forms = re.findall(r'method="post" action="([^"]+)"', page.text)
                assert [to for to in forms if not own.fullmatch(to)] == [], (scopes, each)
                assert page.status_code in ((200, 404) if scopes else (200, 403)), each
                if not each:
                    assert ('class="act" href="/portal/switch"' in page.text) is False


async def test_a_helper_who_may_see_visits_sees_nothing_of_the_person_by_any_address(
    world: World,
) -> None:
    """Consents, moves, the words of a special case, help at a desk, notices of all of it."""
    await offices(world)
    await bind(world, ZHOU)
    await bind(world, WU)
    ids = (await lived(world, ZHOU, YANG, WORDS)).ids
    await link(world, ZHOU, WU, "helper", "")
    shut = (
        "switch", f"switch/to/{ids['facility']}", f"switch/receipt/{ids['switch']}",
        f"switch/case/{ids['case']}", f"switch/to/{ids['facility']}/special", "consent",
        "consent/new", f"consent/{ids['consent']}", f"consent/to/{ids['facility']}", "helped",
        "looked", "looked/could", "looked/copies", f"looked/{ids['entry']}/report",
    )  # fmt: skip
    unread = "SELECT COUNT(*) FROM notice WHERE resident=? AND read_at IS NULL"
    waiting = await world.one(unread, ZHOU)
    async with phone(world, WU, ZHOU) as helper:
        for each in shut:
            answer = await helper.get(f"/portal/{each}")
            assert answer.status_code == 403, each
            assert WORDS not in answer.text
        for each in ("", "family", "inbox", "confirmations", "plan", "account"):
            page = await helper.get(f"/portal/{each}")
            assert page.status_code == 200, each
            text = text_of(page)
            assert [said for said in TOLD if said in text] == [], each
        assert "的一次服务" in text_of(await helper.get("/portal/inbox"))
        for path, form in (("read", {}), ("channel", {"channel": "inbox"})):
            assert (await helper.post(f"/portal/inbox/{path}", form)).status_code == 403
    assert await world.one(unread, ZHOU) == waiting
    assert not await world.rows("SELECT 1 FROM notice_choice")
    async with phone(world, ZHOU) as own:
        assert (await own.get(f"/portal/switch/case/{ids['case']}")).status_code == 200
        assert (await own.post("/portal/inbox/read")).status_code == 303
    assert await world.one(unread, ZHOU) == 0


async def test_a_question_tells_the_family_of_no_restricted_record(world: World) -> None:
    """The resident is asked; helper, guardian without the scope, and inbox know nothing of it."""
    for who in (ZHENG, ZHOU, WU, YANG):
        await bind(world, who)
    await link(world, ZHENG, ZHOU, "appointed", "")
    await link(world, ZHENG, WU, "appointed", "B")
    await link(world, ZHENG, YANG, "helper", "AD")
    await explain(world)
    await written(world)
    await afterwork.catch_up(world.site)
    (question,) = await asked(world, ZHENG)
    cls = "SELECT x.cls FROM confirmation f JOIN change x ON x.change=f.record"
    assert await world.one(cls) == "B"
    path = f"/portal/confirmations/{question.id.hex()}"
    for who, sees in ((ZHENG, True), (WU, True), (ZHOU, False), (YANG, False)):
        async with phone(world, who, None if who == ZHENG else ZHENG) as one:
            assert (await one.get(path)).status_code == (200 if sees else 404)
            for page in ("", "confirmations", "inbox"):
                text = (await one.get(f"/portal/{page}")).text
                if page != "inbox":
                    assert (question.id.hex() in text) is sees, (who, page)
                else:
                    assert ("的一次服务" in text) is sees, who
            if not sees:
                await one.post(path, {"answer": "not"})
    assert not await world.rows("SELECT 1 FROM confirmation_answer")


async def test_a_guardian_of_somebody_of_15_reads_no_words_about_what_is_hidden(
    world: World,
) -> None:
    """Remarks may hold operations and groups: they are not handed over, nor what was said."""
    await offices(world)
    child = await born(world, "2011-03-01")
    await bind(world, child, "13900007777")
    await bind(world, WU)
    await link(world, child, WU, "parent", "")
    own, name = Acting(child, child), new_id(world.clock())
    saying = Saying(name, None, "remarks", "1", WORDS)
    await corrections.state(world.site, own, own_gate(world.site, own), saying)
    async with phone(world, child) as they:
        assert WORDS in (await they.get(f"/portal/correct/{name.hex()}")).text
    async with phone(world, WU, child) as guardian:
        assert (await guardian.get(f"/portal/correct/{name.hex()}")).status_code == 404
        for each in ("", "correct", "archive", "inbox", "family"):
            page = await guardian.get(f"/portal/{each}")
            assert page.status_code == 200, each
            assert name.hex() not in page.text, each
        for each in ("consent", "looked", "switch", "helped"):
            assert (await guardian.get(f"/portal/{each}")).status_code == 403, each
        refused = await guardian.post("/portal/inbox/channel", channel="inbox")
        assert refused.status_code == 403


async def test_another_telephone_of_a_relative_opens_nothing_for_three_days(world: World) -> None:
    """A desk that names a known relative for somebody of its own takes over no other family."""
    first = await relative(world, "周大寒", OUTSIDER, "13900001234")
    await link(world, ZHOU, first, "helper", "A")
    open_now = await visit_of(world, first)
    assert isinstance(await visits.found(world.site, open_now), visits.Visitor)

    async def again(number: str) -> None:
        bind_ = partial(people.bind, site=world.site, relative=first, phone=number, staff=SU)
        await world.store.write(bind_)

    await again("13900001234")  # the same one: nothing is another
    assert isinstance(await visits.found(world.site, open_now), visits.Visitor)
    await again("13900009999")
    assert await visits.found(world.site, open_now) is None
    assert await visits.found(world.site, await visit_of(world, first)) is None
    world.clock.pass_(hours=73)
    later = await visits.found(world.site, await visit_of(world, first))
    assert isinstance(later, visits.Visitor)
    assert later.resident == ZHOU


async def test_the_evidence_of_a_denial_names_no_restricted_record_beside_it(world: World) -> None:
    await offices(world)
    tablet = await visited(world, ZHENG)
    (question,) = await asked(world, ZHENG)
    tablet = await field(world, "平板二", staff=XIE, panels=(TEAM_A,))
    await tablet.settle()
    tablet.tablet.save_event(ZHENG, "smd_followup", DAY, good("smd_followup"))
    await tablet.settle()
    await afterwork.catch_up(world.site)
    rows = await world.rows("SELECT cls FROM change WHERE resident=? AND day=?", ZHENG, DAY)
    assert {row[0] for row in rows} == {"A", "B"}
    own = Acting(ZHENG, ZHENG)
    said = answers.Saying(Answer.NOT)
    await answers.answer(world.site, own, question.id, said, Channel.PORTAL)
    found = await denials.denial(world.site, await signed(world, CHEN), question.id)
    assert [each.form for each in found.evidence] == ["htn_followup"]


async def test_the_id_of_a_record_is_no_id_of_a_correction(world: World) -> None:
    """Ids are made by the page; one that is taken changes nothing and breaks nothing."""
    await bind(world, ZHOU)
    tablet = await field(world, "平板一", staff=SU, panels=(TEAM_A,))
    await tablet.settle()
    made = tablet.tablet.save_event(ZHOU, "htn_followup", DAY, good("htn_followup"))
    await tablet.settle()
    before = await world.rows("SELECT change, kind, cls, body FROM change ORDER BY change")
    async with phone(world, ZHOU) as zhou:
        for path in ("field/phone", f"record/{made.hex()}"):
            form = {"id": made.hex(), "phone": "13900000009", "why": "1", "text": "头晕"}
            answer = await zhou.client.post(
                f"/portal/correct/{path}",
                data={"csrf": visits.form_token(zhou.token), **form},
                files=[("file", ("", b"", "application/octet-stream"))],
            )
            assert answer.status_code == 404, path
    assert await world.rows("SELECT change, kind, cls, body FROM change ORDER BY change") == before


async def test_a_readers_own_words_about_what_is_restricted_are_the_residents(
    world: World,
) -> None:
    await offices(world)
    for who in (ZHENG, WU, YANG):
        await bind(world, who)
    await link(world, ZHENG, WU, "appointed", "B")
    await link(world, ZHENG, YANG, "helper", "A")
    await explain(world)
    given = Given(Purpose.SERVICE, "结核督导", present=True)
    opened = await open_for(world.site, await signed(world, XIE), ZHENG, given)
    assert isinstance(opened, Opened)
    assert opened.classes == ("A", "B")
    for who, reads in ((ZHENG, True), (WU, True), (YANG, False)):
        async with phone(world, who, None if who == ZHENG else ZHENG) as one:
            page = await one.get("/portal/looked")
            assert page.status_code == 200
            assert page.headers["content-type"] == "text/html; charset=utf-8"
            assert ("结核督导" in page.text) is reads, who
            report = await one.get(f"/portal/looked/{opened.entry.hex()}/report")
            assert ("结核督导" in report.text) <= reads, who
