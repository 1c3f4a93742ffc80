"""The bound telephone: at a desk, four archives at most, 72 hours after a change, through death and
merge; the notice, and class B explained face to face.
"""

from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from server.access import Asking, classes_of
from server.actions.accounts.sessions import Signed
from server.actions.archives import life
from server.actions.archives.life import step
from server.actions.archives.merging import Wish, merge
from server.actions.archives.opening import Given, open_by_number, open_for
from server.actions.archives.unmerging import unmerge
from server.actions.residents import at_desk, binding, changing, opening, visits
from server.actions.residents.acting import Acting
from server.actions.residents.at_desk import Seen
from server.actions.residents.codes import Sent
from server.errors import NotYours, RuleSaysNo
from server.rules import first_notice
from server.rules.access import Actor, Role, Tie
from server.rules.consent import Purpose
from server.rules.life import Asked, Life
from tests.console import Desk, desk, text_of
from tests.portal import phone, visit_of
from tests.portal_sign_in import bound, come_in, token_in, told
from tests.test_life import signed
from tests.world import (
    HE,
    PHONES,
    QIN,
    SU,
    WANG,
    WU,
    YANG,
    ZHENG,
    ZHOU,
    World,
    id_number,
)

NEW = "19900009999"


async def run(
    world: World, action: Callable[..., Coroutine[Any, Any, Any]], *args: Any, **more: Any
) -> Any:
    return await world.store.write(lambda tx: action(tx, world.site, *args, **more))


async def found(world: World, token: str) -> visits.Visitor:
    seen = await visits.found(world.site, token)
    assert isinstance(seen, visits.Visitor)
    return seen


async def signs_in(world: World, who: bytes) -> bool:
    """Whether the telephone of the cast would be sent a code."""
    index = world.site.index.of_phone(PHONES[who])
    return who in await world.store.read(lambda tx: binding.archives_on(tx, world.site, index))


HERE = Given(Purpose.SERVICE, "本人来窗口", present=True)


@pytest.fixture
async def qin(world: World) -> Signed:
    """A clerk at the desk, with Zhou before them."""
    made = await signed(world, QIN)
    await open_for(world.site, made, ZHOU, HERE)
    return made


def form(who: bytes, number: str = PHONES[ZHOU], **more: str) -> dict[str, str]:
    return {"number": id_number(who), "present": "1", "phone": number, "way": "sms", **more}


async def opened_at(at: Desk, who: bytes) -> str:
    """The page, after a reason was given: the desk clerk has no panel of their own."""
    path = f"/console/archive/{who.hex()}"
    await at.post(f"{path}/open", purpose="service", reason="本人来窗口")
    return f"{path}/phone"


async def test_a_desk_binds_a_telephone_whose_code_is_read_back(world: World) -> None:
    async with desk(world, QIN) as at:
        path = await opened_at(at, ZHOU)
        assert "本人还不能自己登录" in text_of(await at.get(path))
        empty = await at.post(path)
        assert (empty.status_code, "有 4 处要改" in text_of(empty)) == (422, True)
        other = await at.post(path, form(WU))
        assert (other.status_code, "和这份档案的不一样" in text_of(other)) == (409, True)
        short = await at.post(path, form(ZHOU, "1990000"))
        assert "手机号是 11 位数字" in text_of(short)
        sent = await at.post(path, form(ZHOU))
        assert "尾号 1000" in text_of(sent)
        token = token_in(sent, "token")
        wrong = await at.post(f"{path}/code", token=token, tail="1000", code="12345")
        assert "还可以试 4 次" in text_of(wrong)
        code = (await told(world, "bind_code"))[-1].values["code"]
        done = await at.post(f"{path}/code", token=token, tail="1000", code=code)
        assert done.headers["location"] == f"{path}?done=bound"
        assert "登录手机尾号 1000" in text_of(await at.get(path))
    assert await signs_in(world, ZHOU)
    assert [each.phone for each in await told(world, "phone_bound")] == [PHONES[ZHOU]]
    assert await world.rows("SELECT what, staff FROM assisted") == [("phone", QIN)]
    row = await world.one("SELECT how, sealed FROM bound_phone")
    assert (row[0], PHONES[ZHOU].encode() in bytes(row[1])) == ("desk", False)


async def test_a_guest_is_bound_at_any_desk_and_without_a_guest_nobody_is(world: World) -> None:
    he = await signed(world, HE)  # of the other centre
    seen = Seen(ZHOU, id_number(ZHOU), present=True)
    with pytest.raises(NotYours):
        await at_desk.bind_without_code(world.site, he, seen, NEW)
    await open_by_number(world.site, he, id_number(ZHOU), HERE)
    with pytest.raises(RuleSaysNo, match="not_present"):
        await at_desk.bind_without_code(world.site, he, replace(seen, present=False), NEW)
    await at_desk.bind_without_code(world.site, he, seen, NEW)
    assert await world.one("SELECT how FROM bound_phone") == "desk_no_code"
    with pytest.raises(NotYours):
        await at_desk.pass_for(world.site, he, replace(seen, resident=b"x" * 16))


async def test_one_telephone_serves_four_archives_and_no_fifth(world: World) -> None:
    for who in (ZHOU, WU, ZHENG, WANG):
        await bound(world, who, NEW)
    with pytest.raises(RuleSaysNo, match="phone_full"):
        await bound(world, YANG, NEW)
    with pytest.raises(RuleSaysNo, match="same_phone"):
        await bound(world, ZHOU, NEW)
    await run(world, binding.end, WU, by=QIN, why="lost")
    await bound(world, YANG, NEW)


async def test_a_change_ends_sessions_tells_the_old_telephone_and_waits_72_hours(
    world: World,
) -> None:
    await bound(world, ZHOU)
    async with phone(world) as at:
        await come_in(at, world, ZHOU)
        await at.post("/portal/notice")
        assert (await found(world, at.token)).full
        step_1 = await at.post("/portal/account/phone/old")
        old = token_in(step_1, "token")
        fields = {"token": old, "code": (await told(world, "bind_code"))[-1].values["code"]}
        short = await at.post("/portal/account/phone/new", fields, phone="199")
        assert "现在是 3 位" in text_of(short)
        step_2 = await at.post("/portal/account/phone/new", fields, phone=NEW)
        code = (await told(world, "bind_code"))[-1]
        assert code.phone == NEW
        done = await at.post(
            "/portal/account/phone/last", token=token_in(step_2, "token"),
            new_code=code.values["code"],
        )  # fmt: skip
        assert done.headers["location"] == "/portal/sign-in?why=phone"
        assert (await at.get("/portal/account")).status_code == 303
        assert [each.phone for each in await told(world, "phone_changed")] == [PHONES[ZHOU]]
        world.clock.pass_(hours=1)
        await come_in(at, world, ZHOU, NEW)
        assert not (await found(world, at.token)).full
        page = text_of(await at.get("/portal/account"))
        assert ("9999" in page, "11月23日 08:00以前" in page) == (True, True)
        token = at.token
    late = await visit_of(world, ZHOU)
    assert not (await found(world, late)).full
    world.clock.pass_(hours=72)
    assert (await found(world, await visit_of(world, ZHOU))).full
    assert isinstance(await visits.found(world.site, token), visits.RanOut)


async def test_ending_and_binding_anew_is_a_change_as_well(world: World, qin: Signed) -> None:
    await bound(world, ZHOU)
    seen = Seen(ZHOU, id_number(ZHOU), present=True)
    token = await visit_of(world, ZHOU)
    await at_desk.end_phone(world.site, qin, seen, lost=True)
    assert await visits.found(world.site, token) is None
    await at_desk.bind_without_code(world.site, qin, seen, NEW)
    assert not (await found(world, await visit_of(world, ZHOU))).full
    assert await told(world, "phone_changed") == []  # the lost one is nobody's to be told on


async def test_a_code_of_somebody_else_changes_nobodys_telephone(world: World) -> None:
    await bound(world, ZHOU)
    await bound(world, WU)
    sent = await changing.to_old(world.site, WU)
    assert isinstance(sent, Sent)
    code = (await told(world, "bind_code"))[-1].values["code"]
    answer = await changing.to_new(world.site, ZHOU, sent.token, code, NEW)
    assert not isinstance(answer, Sent)


async def test_a_death_ends_sign_in_and_its_undo_gives_it_back(world: World, qin: Signed) -> None:
    await bound(world, ZHOU)
    token = await visit_of(world, ZHOU)
    died = Asked(Life.DEAD, date(2026, 11, 19), "死亡医学证明")
    await step(world.site, qin, ZHOU, died)
    assert await visits.found(world.site, token) is None
    assert not await signs_in(world, ZHOU)
    with pytest.raises(RuleSaysNo, match="closed"):
        await bound(world, ZHOU, NEW)
    with pytest.raises(RuleSaysNo, match="closed"):
        await at_desk.pass_for(world.site, qin, Seen(ZHOU, id_number(ZHOU), present=True))
    await life.undo(world.site, qin, ZHOU)
    assert await signs_in(world, ZHOU)


async def test_a_telephone_follows_a_merge_and_goes_back_with_its_undo(world: World) -> None:
    su = await signed(world, SU)
    await bound(world, WU)
    token = await visit_of(world, WU)
    id_ = await merge(world.site, su, Wish(ZHOU, WU, frozenset()))
    assert await visits.found(world.site, token) is None
    index = world.site.index.of_phone(PHONES[WU])
    on = await world.store.read(lambda tx: binding.archives_on(tx, world.site, index))
    assert on == [ZHOU]
    lent = await visit_of(world, ZHOU)
    await unmerge(world.site, su, id_)
    assert await visits.found(world.site, lent) is None
    assert (await signs_in(world, WU), await signs_in(world, ZHOU)) == (True, False)


async def test_a_merge_keeps_the_telephone_of_the_kept_archive(world: World) -> None:
    su = await signed(world, SU)
    await bound(world, WU)
    await bound(world, ZHOU)
    id_ = await merge(world.site, su, Wish(ZHOU, WU, frozenset()))
    assert (await signs_in(world, WU), await signs_in(world, ZHOU)) == (False, True)
    await unmerge(world.site, su, id_)
    assert (await signs_in(world, WU), await signs_in(world, ZHOU)) == (True, True)


async def test_a_consent_is_asked_anew_for_a_new_text_and_ends_with_one_tap(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with phone(world, ZHOU) as at:
        assert (await at.get("/portal/account")).headers["location"] == "/portal/notice"
        await at.post("/portal/notice")
        assert (await at.get("/portal/account")).status_code == 200
        newer = replace(first_notice.notice(), version="2")
        monkeypatch.setattr(first_notice, "notice", lambda: newer)
        page = await at.get("/portal/notice")
        assert "说明有改动" in text_of(page)
        assert (await at.get("/portal/account")).status_code == 303
        await at.post("/portal/notice")
        assert (await at.get("/portal/account")).status_code == 200
        over = await at.post("/portal/notice/withdraw")
        assert over.headers["location"] == "/portal/notice?done=withdrawn"
        assert "服务照常" in text_of(await at.get(over.headers["location"]))
        assert (await at.get("/portal/account")).status_code == 303
        assert await classes(world, ZHOU) == ()


async def classes(world: World, who: bytes) -> tuple[str, ...]:
    asking = Asking(Actor(Role.RESIDENT, who), Purpose.FAMILY)
    return await world.store.read(
        lambda tx: classes_of(tx, world.site.vault, who, asking, world.clock())
    )


async def test_class_b_is_shown_after_a_face_to_face_explanation_by_who_may_see_it(
    world: World, qin: Signed
) -> None:
    await run(world, opening.agree, Acting(ZHOU, ZHOU))
    assert await classes(world, ZHOU) == ("A",)
    with pytest.raises(RuleSaysNo, match="no_scope"):
        await at_desk.explain_to(world.site, qin, ZHOU)
    await world.store.write(
        lambda tx: tx.run("UPDATE staff SET restricted=? WHERE staff=?", True, SU)
    )
    async with desk(world, SU) as at:
        path = f"/console/archive/{ZHOU.hex()}/phone"
        assert "没有当面说明" in text_of(await at.get(path))
        await at.post(f"{path}/explained")
        assert await classes(world, ZHOU) == ("A", "B")
        assert "当面说明，经手苏清明" in text_of(await at.get(path))
        await at.post(f"{path}/explained", undo="1")
        assert await classes(world, ZHOU) == ("A",)


async def test_paper_signed_at_a_desk_is_the_same_consent_and_the_resident_is_told(
    world: World,
) -> None:
    async with desk(world, SU) as at:
        path = f"/console/archive/{ZHOU.hex()}/phone"
        bare = await at.post(f"{path}/notice")
        assert (bare.status_code, "先打勾" in text_of(bare)) == (422, True)
        await at.post(f"{path}/notice", signed="1")
        assert "在窗口签字，经手苏清明" in text_of(await at.get(path))
        assert await classes(world, ZHOU) == ("A",)
        await at.post(f"{path}/notice", signed="1", end="1")
        assert await classes(world, ZHOU) == ()
    assert len(await told(world, "assisted_act")) == 2


@pytest.mark.parametrize(
    ("age", "tie", "no"),
    [
        (13, None, "child"), (14, None, None), (71, None, None),
        (13, Tie.PARENT, None), (14, Tie.PARENT, "of_age"),
        (40, Tie.APPOINTED, None), (17, Tie.APPOINTED, "of_age"), (80, Tie.HELPER, "helper"),
    ],
)  # fmt: skip
def test_who_agrees_for_whom(age: int, tie: Tie | None, no: str | None) -> None:
    assert first_notice.may_agree(age, tie) == no


def test_a_guardians_consent_ends_when_the_child_may_agree_alone() -> None:
    birth, given = date(2013, 1, 10), date(2026, 11, 20)
    for today, counts in ((date(2027, 1, 9), True), (date(2027, 1, 10), False)):
        said = first_notice.still_counts(own=False, agreed=given, birth=birth, today=today)
        assert said is counts
    assert first_notice.still_counts(own=True, agreed=given, birth=birth, today=date(2030, 1, 1))


def test_the_notice_says_what_the_law_wants_said() -> None:
    said = first_notice.notice()
    assert {each.id for each in said.sections} == {
        "handler", "purpose", "method", "classes", "retention", "rights", "children",
    }  # fmt: skip
    assert all(each.clause for each in said.sections)
    shown = first_notice.shown(place="云栖县", facility="青禾镇卫生院", phone="0000-1")
    assert "青禾镇卫生院，电话 0000-1" in shown[0].text
    assert not any("{" in each.text for each in shown)
