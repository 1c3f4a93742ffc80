"""Attacks by somebody of the family: what is about the person and not the archive, what is not on
the tiles but at an address, traces of records that are shut, notices put away for the resident.
"""

from server.actions.archives import afterwork
from server.actions.residents import corrections
from server.actions.residents.acting import Acting
from server.actions.residents.correction_gate import own_gate
from server.actions.residents.corrections import Saying
from server.store.ids import new_id
from tests.console import offices
from tests.portal import bind, phone, text_of
from tests.portal_life import lived
from tests.test_confirmations import asked
from tests.test_portal_archive import link
from tests.test_portal_restricted import explain
from tests.test_portal_switch import born
from tests.test_restricted_leaks import written
from tests.world import WU, YANG, ZHENG, ZHOU, World

WORDS = "只有周家知道的话"
TOLD = ("授权", "特殊情形", "换到柳湾", "更正", "打好包", "举报")


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
