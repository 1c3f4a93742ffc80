"""The pages of sign-in, the one-time link, one's own account, accounts one looks after, audit."""

import re

import httpx
import pytest

from server.actions.accounts import password_hash
from server.console.door import SIGN_IN
from server.pages.web import CSRF
from server.rules.accounts import IDLE_MINUTES
from tests.console import CHEN, LU, MA, TIAN, Desk, desk, offices, text_of
from tests.sign_in import PASSWORD, Person, code_of, link_for, person
from tests.world import HE, QIN, SU, ZHOU, World, an_id


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes cost less than they should."""
    monkeypatch.setattr(password_hash, "COST_LOG2", 10)


@pytest.fixture
async def here(world: World) -> World:
    await offices(world)
    return world


@pytest.fixture
async def qin(here: World) -> Person:
    return await person(here, QIN, "qin.sj")


def hidden(text: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', text)
    assert found, name
    return found[1]


async def come_in(at: Desk, who: Person, **other: str) -> httpx.Response:
    fields = {"login": who.login, "password": who.password, "code": who.code, **other}
    return await at.client.post(SIGN_IN, data=fields)


async def test_a_link_leads_to_a_signed_in_page(here: World) -> None:
    link = await link_for(here, QIN, "qin.sj")
    path = f"/console/invite/{link.token}"
    async with desk(here) as stranger:
        assert "秦霜降，这是您的账号" in text_of(await stranger.get(path))
        words = {"new": PASSWORD, "repeat": PASSWORD}
        short = await stranger.client.post(path, data={"new": "kurz", "repeat": "kurz"})
        assert (short.status_code, "至少 10 个字" in text_of(short)) == (422, True)
        other = await stranger.client.post(path, data={**words, "repeat": "something else"})
        assert (other.status_code, "两遍写的不一样" in text_of(other)) == (422, True)
        step = await stranger.client.post(path, data=words)
        carried = hidden(step.text, "carried")
        found = re.search(r'id="secret">([A-Z2-7 ]+)<', step.text)
        assert found
        secret = found[1].replace(" ", "")
        assert "style=" not in step.text
        wrong = await stranger.client.post(
            f"{path}/code", data={"carried": carried, "code": "000000"}
        )
        assert (wrong.status_code, found[1] in wrong.text) == (422, True)
        done = await stranger.client.post(
            f"{path}/code", data={"carried": carried, "code": code_of(secret, here)}
        )
        assert (done.status_code, done.headers["location"]) == (303, "/console/account?done=ready")
        assert "HttpOnly; SameSite=Strict" in done.headers["set-cookie"]
        assert "账号可以用了" in text_of(await stranger.get(done.headers["location"]))
        gone = await stranger.get(path)
        assert (gone.status_code, "link_over" in gone.text) == (410, True)


async def test_sign_in_says_the_same_whatever_was_wrong(qin: Person) -> None:
    async with desk(qin.world) as at:
        said: set[str] = set()
        for other in (
            {"login": "nobody.here"},
            {"password": "wrong words here"},
            {"code": "000000"},
        ):
            answer = await come_in(at, qin, **other)
            assert (answer.status_code, PASSWORD in answer.text) == (422, False)
            said.add(text_of(answer))
        assert len(said) == 1
        assert "登录名、密码或验证码不对" in said.pop()
        empty = await come_in(at, qin, login="", code="")
        assert (empty.status_code, "有 2 处要改" in text_of(empty)) == (422, True)
        assert (await come_in(at, qin)).headers["location"] == "/console/"


async def test_that_an_account_is_shut_is_said_to_its_owner_only(qin: Person) -> None:
    await qin.wrong(5)
    async with desk(qin.world) as at:
        assert "锁到" not in text_of(await come_in(at, qin, password="wrong words here"))
        shut = await come_in(at, qin)
        assert (shut.status_code, "锁到 11-20 08:15" in text_of(shut)) == (422, True)


async def test_a_form_of_another_site_does_not_sign_anybody_in(qin: Person) -> None:
    async with desk(qin.world) as at:
        fields = {"login": qin.login, "password": qin.password, "code": qin.code}
        answer = await at.client.post(
            SIGN_IN, data=fields, headers={"sec-fetch-site": "cross-site"}
        )
        assert (answer.status_code, "form_not_ours" in answer.text) == (403, True)


async def test_every_reason_for_sign_in_is_said_and_no_other(world: World) -> None:
    async with desk(world) as at:
        for why in ("first", "left", "ran_out", "kept", "idle"):
            assert "banner" in (await at.get(f"{SIGN_IN}?why={why}")).text
        assert "banner" not in (await at.get(f"{SIGN_IN}?why=<script>")).text


async def test_what_was_typed_is_offered_again_and_sent_on(here: World) -> None:
    ma = await person(here, MA, "ma.dx")
    async with desk(here) as at:
        assert (await come_in(at, ma)).status_code == 303
        here.clock.pass_(minutes=IDLE_MINUTES + 1)
        kept = await at.post("/console/audit", day="2026-11-19", note="头孢也过敏\r\n第二行")
        assert kept.headers["location"] == f"{SIGN_IN}?why=kept"
        assert (await come_in(at, ma)).headers["location"] == "/console/kept"
        offered = await at.get("/console/kept")
        assert "头孢也过敏" in text_of(offered)
        send = re.search(r'action="(/console/kept/\w+/send)"', offered.text)
        assert send
        on = await at.post(send[1], day="2026-11-19", note="头孢也过敏")
        assert (on.status_code, on.headers["location"]) == (307, "/console/audit")
        assert (await at.get("/console/kept")).status_code == 303


async def test_what_was_typed_may_be_dropped_by_its_writer_only(here: World) -> None:
    async with desk(here, MA) as at:
        here.clock.pass_(minutes=IDLE_MINUTES + 1)
        await at.post("/console/audit", day="2026-11-19")
        draft = bytes(await here.one("SELECT draft FROM draft")).hex()
        async with desk(here, MA) as again, desk(here, CHEN) as other:
            assert (await other.post(f"/console/kept/{draft}/send")).status_code == 404
            assert (await again.post(f"/console/kept/{draft}/drop")).status_code == 303
        assert await here.rows("SELECT draft FROM draft") == []


async def test_no_password_is_ever_kept_for_later(qin: Person) -> None:
    async with desk(qin.world) as at:
        assert (await come_in(at, qin)).status_code == 303
        qin.world.clock.pass_(minutes=IDLE_MINUTES + 1)
        answer = await at.post("/console/account/password", old=PASSWORD, new="x", repeat="x")
        assert answer.headers["location"] == f"{SIGN_IN}?why=ran_out"
        assert await qin.world.rows("SELECT draft FROM draft") == []


async def test_ones_own_account_shows_browsers_history_and_takes_a_new_password(
    qin: Person,
) -> None:
    async with desk(qin.world) as at, desk(qin.world, QIN) as elsewhere:
        assert (await come_in(at, qin)).status_code == 303
        page = text_of(await at.get("/console/account"))
        assert "qin.sj" in page
        assert "本人设好密码和手机" in page
        words = {"old": "not the old one", "new": "some new words", "repeat": "some new words"}
        wrong = await at.post("/console/account/password", words)
        assert (wrong.status_code, "现在的密码不对" in text_of(wrong)) == (422, True)
        bare = await at.client.post("/console/account/password", data={**words, CSRF: ""})
        assert bare.status_code == 403
        done = await at.post("/console/account/password", {**words, "old": PASSWORD})
        assert done.headers["location"] == "/console/account?done=password"
        assert (await at.get("/console/account")).status_code == 200
        assert (await elsewhere.get("/console/account")).status_code == 303


async def test_another_browser_of_mine_is_signed_out_by_me(here: World) -> None:
    async with desk(here, QIN) as at, desk(here, QIN) as lost:
        page = (await at.get("/console/account")).text
        session = re.search(r'name="session" value="(\w{64})"', page)
        assert session
        await at.post("/console/account/browsers", session=session[1])
        assert (await lost.get("/console/account")).status_code == 303
        assert (await at.get("/console/account")).status_code == 200


async def test_a_manager_resets_and_hands_the_link_over_once(qin: Person) -> None:
    world = qin.world
    path = f"/console/accounts/{QIN.hex()}"
    async with desk(world, TIAN) as tian:
        assert "在用" in text_of(await tian.get(path))
        unsure = await tian.post(f"{path}/reset")
        assert (unsure.status_code, "先认准是本人" in text_of(unsure)) == (422, True)
        page = await tian.post(f"{path}/reset", sure="1")
        link = re.search(r">(http://console.test/console/invite/[\w-]{43})<", page.text)
        assert link
        assert "等本人设置" in text_of(await tian.get(path))
        assert link[1] not in (await tian.get(path)).text
        assert (await tian.get(link[1])).status_code == 200
        for other in (TIAN, HE, CHEN, an_id("nobody")):
            found = await tian.get(f"/console/accounts/{other.hex()}")
            assert (found.status_code, "not_yours" in found.text) == (403, True)
        assert (await tian.get("/console/accounts/zz")).status_code == 403


async def test_who_makes_accounts_has_a_list_of_them(qin: Person) -> None:
    await person(qin.world, HE, "he.xm")
    async with desk(qin.world, TIAN) as tian, desk(qin.world, LU) as lu:
        listed = text_of(await tian.get("/console/accounts"))
        assert ("秦霜降" in listed, "何小满" in listed, "田立秋" in listed) == (True, False, False)
        assert "/console/accounts" in (await lu.get("/console/account")).text
        async with desk(qin.world, CHEN):
            assert "陈立冬" in text_of(await lu.get("/console/accounts"))


async def test_a_manager_makes_an_account_and_says_what_a_login_is(qin: Person) -> None:
    path = f"/console/accounts/{SU.hex()}"
    async with desk(qin.world, TIAN) as tian:
        assert "苏清明还没有账号" in text_of(await tian.get(path))
        for login, said in (("苏", "小写字母开头"), ("qin.sj", "已经有人用")):
            again = await tian.post(f"{path}/make", login=login)
            assert (again.status_code, said in text_of(again)) == (422, True)
            assert f'value="{login}"' in again.text
        made = await tian.post(f"{path}/make", login="Su.QM")
        assert "登录名是 su.qm" in text_of(made)
        assert (await tian.post(f"{path}/make", login="su.two")).status_code == 303


async def test_the_audit_shows_who_opened_what_and_is_noted_itself(here: World) -> None:
    async with desk(here, MA) as ma:
        row = (
            1, ZHOU, an_id("opening"), here.clock() - 1, here.clock(), SU, None, None, "service",
            "panel", "A", "offline",
        )  # fmt: skip
        await here.store.write(lambda tx: tx.insert("access_log", [row]))
        page = text_of(await ma.get("/console/audit"))
        for word in ("苏清明", "周谷雨", "签约团队", "看病和随访", "平板离线"):
            assert word in page
        assert "371002" not in page
        assert await here.one("SELECT COUNT(*) FROM account_event WHERE what='audit_read'") == 1
        none = text_of(await ma.post("/console/audit", staff=HE.hex()))
        assert "没有符合的记录" in none
        some = text_of(await ma.post("/console/audit", staff=SU.hex(), day="2026-11-20"))
        assert "周谷雨" in some
        bad = await ma.post("/console/audit", day="gestern")
        assert (bad.status_code, "读不懂" in text_of(bad)) == (422, True)
