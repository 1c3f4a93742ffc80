"""Families at work: links made and ended, acts told, freezes, birthdays, merges, deaths."""

from datetime import date, timedelta
from functools import partial

import pytest

from server.actions.accounts.sessions import Signed, signed_in
from server.actions.archives import afterwork, life
from server.actions.archives.merging import Wish as MergeWish
from server.actions.archives.merging import merge
from server.actions.archives.newborns import Born, open_newborn
from server.actions.archives.unmerging import unmerge
from server.actions.residents import (
    family_desk,
    family_life,
    family_page,
    freezes,
    links,
    offers,
    presence,
    reading,
    sign_in,
    visits,
)
from server.actions.residents.acting import Acting, assisted
from server.actions.residents.family_desk import AtDesk
from server.actions.residents.reading import ArchiveShut
from server.errors import NotFound, RuleSaysNo
from server.rules.access import Scope, Tie
from server.rules.family import NoLink, Proof
from server.rules.life import Asked, Life
from tests.console import CHEN, TIAN, desk, hire, offices, session_of
from tests.portal import bind, phone, text_of, visit_of
from tests.portal_sign_in import code_for
from tests.world import (
    PHONES,
    QIN,
    QINGHE,
    SU,
    WANG,
    WU,
    YANG,
    ZHENG,
    ZHOU,
    World,
    check_digit,
    id_number,
)

ELSEWHERE = "11010119800307001"
OUTSIDER = ELSEWHERE + check_digit(ELSEWHERE)  # the number of somebody without an archive here


@pytest.fixture
async def here(world: World) -> World:
    await offices(world)
    await hire(world, SU, "苏清明", role="doctor", facility=QINGHE)
    for who in (ZHOU, WU, ZHENG, WANG):
        await bind(world, who)
    return world


async def signed(world: World, staff: bytes) -> Signed:
    found = await signed_in(world.site, await session_of(world, staff))
    assert isinstance(found, Signed)
    return found


async def told(world: World, who: bytes) -> list[str]:
    rows = await world.rows(
        "SELECT template FROM notice WHERE resident=? ORDER BY made_at, notice", who
    )
    return [row[0] for row in rows]


async def present(world: World, who: bytes) -> Signed:
    clerk = await signed(world, QIN)
    await presence.confirm(world.site, clerk, who, "本人在场，证件已核对")
    return clerk


def helper(number: str, *scopes: Scope, name: str = "", phone: str = "") -> AtDesk:
    return AtDesk(
        Tie.HELPER, Proof.BOTH_PRESENT, number, "两人身份证", frozenset(scopes), name=name,
        phone=phone,
    )  # fmt: skip


async def link(world: World, resident: bytes, new: AtDesk) -> bytes:
    return await family_desk.make(world.site, await present(world, resident), resident, new)


async def test_a_helper_named_in_the_portal_accepts_reads_and_steps_down(here: World) -> None:
    site = here.site
    async with phone(here, WU) as elder, phone(here, ZHENG) as child:
        wrong = await elder.post("/portal/family/add", number="1234", tail="99")
        assert wrong.status_code == 422
        assert 'value="1234"' in wrong.text
        form = {"number": id_number(ZHENG), "tail": PHONES[ZHENG][-4:], "scopes": ["archive"]}
        sent = await elder.post("/portal/family/add", form)
        assert sent.headers["location"] == "/portal/family/asked"
        assert "family_link_offered" in await told(here, ZHENG)
        with pytest.raises(ArchiveShut):  # nothing is shown before it was accepted
            await reading.read(site, Acting(ZHENG, WU))
        assert "吴𠮷祥 请您帮着看" in text_of(await child.get("/portal/family"))
        offer = await here.one("SELECT offer FROM family_offer")
        yes = {"way": "accept"}
        await child.post(f"/portal/family/offer/{offer.hex()}/answer", yes)
        opened = await reading.read(site, Acting(ZHENG, WU))
        assert opened.whole
        one = await here.one("SELECT link FROM family_link WHERE state='standing'")
        await child.post("/portal/family/open", link=one.hex())
        page = await child.get("/portal/family")
        assert "郑㛃正在替吴𠮷祥办事" in page.text  # the banner
        for path in ("/portal/", "/portal/looked", "/portal/looked/00/report"):
            assert "回到我自己的档案" in (await child.get(path)).text, path
        await child.post("/portal/family/back")
        assert "正在替" not in (await child.get("/portal/family")).text
        await child.post(f"/portal/family/{one.hex()}/end", {"as": "helper"})
        with pytest.raises(ArchiveShut):
            await reading.read(site, Acting(ZHENG, WU))
        assert (await told(here, WU))[-2:] == ["family_act", "family_link_ended"]


async def test_naming_somebody_says_the_same_whether_that_person_exists(here: World) -> None:
    pages: list[str] = []
    async with phone(here, WU) as elder:
        for number, tail in ((id_number(ZHENG), PHONES[ZHENG][-4:]), (OUTSIDER, "0000"),
                             (id_number(ZHENG), "0000")):  # fmt: skip
            done = await elder.post("/portal/family/add", number=number, tail=tail)
            assert done.headers["location"] == "/portal/family/asked"
            pages.append(text_of(await elder.get("/portal/family/asked")))
        shown = text_of(await elder.get("/portal/family"))
        again = await elder.post("/portal/family/add", number=OUTSIDER, tail="0000")
    assert "已经请过这位家人" in text_of(again)  # of nobody the same is said as of somebody
    assert len(set(pages)) == 1
    assert shown.count("没有答应就作废") == 3
    assert await here.rows("SELECT person FROM family_offer WHERE person IS NOT NULL") == [(ZHENG,)]
    offer = await here.one("SELECT offer FROM family_offer WHERE person IS NOT NULL")
    with pytest.raises(NotFound):  # an offer is answered by whom it names
        await offers.answer(here.site, ZHOU, offer, accept=True)
    assert await offers.answer(here.site, ZHENG, offer, accept=False) is None
    async with phone(here, WU) as elder:  # a refusal looks like silence
        assert text_of(await elder.get("/portal/family")).count("没有答应就作废") == 3
        for n in range(2):
            await elder.post("/portal/family/add", number=OUTSIDER, tail=f"000{n + 1}")
        many = await elder.post("/portal/family/add", number=OUTSIDER, tail="0003")
        assert "今天请的人够多了" in text_of(many)


async def test_a_relative_without_an_archive_signs_in_and_acts(here: World) -> None:
    site = here.site
    with pytest.raises(RuleSaysNo, match="nobody"):
        await link(here, WU, helper(OUTSIDER))
    new = helper(OUTSIDER, Scope.ARCHIVE, name="吴谷雨", phone="13900001234")
    await link(here, WU, new)
    browser = sign_in.Browser("198.51.100.7")
    asked = await sign_in.ask(site, browser, OUTSIDER)
    assert isinstance(asked, sign_in.Asked)
    held = await code_for(here, "13900001234")
    came = await sign_in.come_in(site, sign_in.Browser("198.51.100.7", trying=asked.token), held)
    assert isinstance(came, sign_in.In)
    visitor = await visits.found(site, came.token)
    assert isinstance(visitor, visits.Visitor)
    assert (visitor.resident, visitor.person_name, visitor.tie) == (WU, "吴谷雨", "helper")
    assert (await reading.read(site, visitor.acting)).whole
    async with phone(here) as theirs:
        theirs.token = came.token
        page = await theirs.get("/portal/family")
        assert "吴谷雨正在替吴𠮷祥办事" in page.text
        assert "回到我自己的档案" not in page.text
        one = await here.one("SELECT link FROM family_link")
        await theirs.post(f"/portal/family/{one.hex()}/end", {"as": "helper"})
    assert await visits.found(site, came.token) is None  # nobody's archive is left


async def test_what_a_guardian_does_is_told_to_the_resident_and_to_every_other_guardian(
    here: World,
) -> None:
    clerk = await signed(here, QIN)
    await presence.confirm(here.site, clerk, ZHENG, "本人在场")
    born = await open_newborn(here.site, clerk, ZHENG, Born("1", date(2026, 11, 10)))
    assert isinstance(born, bytes)
    await afterwork.catch_up(here.site)
    by_birth = AtDesk(Tie.PARENT, Proof.BIRTH_RECORD, id_number(ZHENG), "本人身份证", frozenset())
    await link(here, born, by_birth)
    not_her = AtDesk(Tie.PARENT, Proof.BIRTH_RECORD, id_number(WU), "身份证", frozenset())
    with pytest.raises(RuleSaysNo, match="not_the_mother"):
        await link(here, born, not_her)
    father = AtDesk(Tie.PARENT, Proof.DOCUMENT, id_number(WANG), "户口簿", frozenset())
    await link(here, born, father)
    acting = Acting(ZHENG, born)
    await here.store.write(partial(assisted, site=here.site, acting=acting, what="correction",
                                   subject=born))  # fmt: skip
    assert (await told(here, WANG))[-1] == "family_act"
    assert (await told(here, born))[-1] == "family_act"
    assert "family_act" not in await told(here, ZHENG)
    done = await here.site.store.read(partial(family_page.done, site=here.site, resident=born))
    assert (done[0].what, done[0].by) == ("提出更正", "郑㛃")
    assert {each.facility for each in done[1:]} == {"青禾镇卫生院"}  # what the desk did


async def test_any_member_of_staff_shuts_a_link_and_the_county_looks_at_it(here: World) -> None:
    one = await link(here, WU, helper(id_number(ZHENG), Scope.ARCHIVE))
    for lift in (True, False):
        async with desk(here, QIN) as clerk:
            path = f"/console/archive/{WU.hex()}/family"
            page = await clerk.get(path)
            assert "郑㛃" in page.text
            await clerk.post(f"{path}/{one.hex()}", way="freeze", text="居民说不认识这个人")
        with pytest.raises(ArchiveShut):
            await reading.read(here.site, Acting(ZHENG, WU))
        assert (await told(here, WU))[-1] == (await told(here, ZHENG))[-1] == "family_link_frozen"
        name, due = await here.one(
            "SELECT subject, due_at FROM task WHERE kind='family_freeze' AND closed_at IS NULL"
        )
        assert due == here.clock() + 5 * 86_400_000
        async with desk(here, CHEN) as county:
            shown = await county.get(f"/console/family-freeze/{name.hex()}")
            assert "居民说不认识这个人" in shown.text
            silent = await county.post(f"/console/family-freeze/{name.hex()}", way="lift")
            assert silent.status_code == 422
            way = "lift" if lift else "end"
            await county.post(f"/console/family-freeze/{name.hex()}", way=way, text="电话问过本人")
        if lift:
            assert (await reading.read(here.site, Acting(ZHENG, WU))).whole
            assert (await told(here, WU))[-1] == "family_link_lifted"
    assert (await told(here, ZHENG))[-1] == "family_link_ended"
    with pytest.raises(ArchiveShut):
        await reading.read(here.site, Acting(ZHENG, WU))
    async with desk(here, TIAN) as manager:  # the county's page is the county's
        refused = await manager.get(f"/console/family-freeze/{name.hex()}")
        assert refused.status_code == 403


async def test_on_the_18th_birthday_guardianship_ends_and_both_are_told(here: World) -> None:
    clerk = await signed(here, QIN)
    await presence.confirm(here.site, clerk, ZHENG, "本人在场")
    born = await open_newborn(here.site, clerk, ZHENG, Born("2", date(2026, 11, 10)))
    assert isinstance(born, bytes)
    await afterwork.catch_up(here.site)
    by_birth = AtDesk(Tie.PARENT, Proof.BIRTH_RECORD, id_number(ZHENG), "本人身份证", frozenset())
    await link(here, born, by_birth)
    row = await here.one("SELECT until_day FROM family_link")
    assert row == "2044-11-09"
    here.clock.pass_(days=(date(2044, 11, 10) - date(2026, 11, 20)).days)
    token = await visit_of(here, ZHENG, born)
    found = await visits.found(here.site, token)  # before any job has run
    assert isinstance(found, visits.Visitor)
    assert found.resident == ZHENG
    assert await family_life.keep(here.site) == 1
    assert (await told(here, born))[-1] == (await told(here, ZHENG))[-1] == "guardianship_ends"
    assert await family_life.keep(here.site) == 0


async def test_an_appointed_guardian_is_looked_at_each_year_and_shut_thirty_days_after(
    here: World,
) -> None:
    new = AtDesk(Tie.APPOINTED, Proof.DOCUMENT, id_number(ZHENG), "法院判决书", frozenset())
    one = await link(here, WU, new)
    assert await family_life.keep(here.site) == 0
    here.clock.pass_(days=340)
    assert await family_life.keep(here.site) == 1
    assert (await told(here, WU))[-1] == (await told(here, ZHENG))[-1] == "mandate_review"
    assert await here.one("SELECT subject FROM task WHERE kind='mandate_review'") == one
    here.clock.pass_(days=40)  # past the review day, within the days of grace
    assert (await reading.read(here.site, Acting(ZHENG, WU))).whole
    clerk = await present(here, WU)
    until = await family_desk.renew(here.site, clerk, WU, one, "判决书和身份证")
    assert until == date(2026, 11, 20) + timedelta(days=380 + 395)
    here.clock.pass_(days=396)
    with pytest.raises(ArchiveShut):
        await reading.read(here.site, Acting(ZHENG, WU))
    await family_life.keep(here.site)
    assert (await told(here, ZHENG))[-1] == "family_link_ended"


async def test_links_are_counted_under_the_locks_and_end_with_their_day(here: World) -> None:
    await link(here, WU, helper(id_number(ZHENG)))
    with pytest.raises(RuleSaysNo, match=NoLink.THERE):
        await link(here, WU, helper(id_number(ZHENG)))
    for n in range(7):
        base = f"1101011980030700{n + 2}"[:17]
        number = base + check_digit(base)
        await link(here, WU, helper(number, name=f"表亲{n}", phone=f"1390000200{n}"))
    with pytest.raises(RuleSaysNo, match=NoLink.TOO_MANY):
        await link(here, WU, helper(OUTSIDER, name="表亲", phone="13900003000"))
    here.clock.pass_(days=366)
    await link(here, WU, helper(OUTSIDER, name="表亲", phone="13900003000"))  # the others are over
    with pytest.raises(RuleSaysNo, match="not_present"):
        await family_desk.make(here.site, await signed(here, SU), WU, helper(id_number(WANG)))


async def test_links_follow_a_merge_and_its_undoing_and_end_with_a_death(here: World) -> None:
    site, boss = here.site, await signed(here, TIAN)
    await link(here, WU, helper(id_number(ZHENG), Scope.ARCHIVE))
    await link(here, WU, helper(id_number(WANG)))
    await link(here, WANG, helper(id_number(ZHENG)))
    done = await merge(site, boss, MergeWish(kept=WANG, gone=WU, take=frozenset()))
    theirs = await site.store.read(partial(links.links_of, site=site, resident=WANG))
    assert [each.person for each in theirs] == [ZHENG]  # never to oneself, never twice
    await unmerge(site, boss, done)
    back = await site.store.read(partial(links.links_of, site=site, resident=WU))
    assert {each.person for each in back} == {ZHENG, WANG}
    asked = Asked(Life.DEAD, date(2026, 11, 19), "死亡证明")
    await life.step(site, boss, WU, asked)
    assert await site.store.read(partial(links.links_by, site=site, person=WANG)) == ()
    await life.undo(site, boss, WU)
    assert len(await site.store.read(partial(links.links_of, site=site, resident=WU))) == 2


async def test_72_hours_after_a_change_of_telephone_no_archive_of_the_family_opens(
    here: World,
) -> None:
    one = await link(here, WU, helper(id_number(ZHENG), Scope.ARCHIVE))
    await here.store.write(
        lambda tx: tx.run(
            "UPDATE bound_phone SET full_at=? WHERE resident=?",
            here.clock() + 3 * 86_400_000, ZHENG,
        )
    )  # fmt: skip
    found = await visits.found(here.site, await visit_of(here, ZHENG, WU))
    assert isinstance(found, visits.Visitor)
    assert found.own
    async with phone(here, ZHENG) as fresh:
        assert (await fresh.post("/portal/family/open", link=one.hex())).status_code == 403
        assert (await fresh.get("/portal/family/add")).status_code == 403


async def test_an_id_of_another_family_opens_nothing(here: World) -> None:
    one = await link(here, WU, helper(id_number(ZHENG)))
    async with phone(here, ZHOU) as stranger:
        for path in (f"/portal/family/{one.hex()}", f"/portal/family/{YANG.hex()}"):
            assert (await stranger.get(path)).status_code == 404
        for path, form in (
            (f"/portal/family/{one.hex()}/end", {}),
            (f"/portal/family/{one.hex()}/end", {"as": "helper"}),
            (f"/portal/family/{one.hex()}/share", {"scopes": "archive"}),
            ("/portal/family/open", {"link": one.hex()}),
        ):
            assert (await stranger.post(path, form)).status_code == 404, path
    assert await here.one("SELECT state, scopes FROM family_link") == ("standing", "")


async def test_a_freeze_needs_a_reason_and_an_archive_that_is_open_to_the_asker(
    here: World,
) -> None:
    one = await link(here, WU, helper(id_number(ZHENG)))
    with pytest.raises(RuleSaysNo, match="reason"):
        await freezes.freeze(here.site, await signed(here, SU), WU, one, "  ")
    await freezes.freeze(here.site, await signed(here, SU), WU, one, "来电自称被骗")
    with pytest.raises(RuleSaysNo, match="frozen"):
        await freezes.freeze(here.site, await signed(here, SU), WU, one, "再停一次")
