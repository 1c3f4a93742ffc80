"""Sign-in: one answer for everybody, codes that count once, limits that lock nobody out."""

import re
from datetime import date

import httpx
import pytest

from resident_portal.before import FORM, KNOWN, TRYING
from resident_portal.door import COOKIE
from server.actions.archives.life import step
from server.actions.residents import sign_in, visits
from server.actions.residents.account import forget
from server.actions.residents.sign_in import ForPass, make_pass
from server.rules import sign_in as rule
from server.rules.life import Asked, Life
from server.store.tx import Tx
from tests.portal import phone, text_of, visit_of
from tests.portal_sign_in import (
    CODE,
    SIGN_IN,
    ask,
    bound,
    code_for,
    come_in,
    read_back,
    token_in,
)
from tests.test_life import signed
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

NOBODYS = "37100219900101123" + check_digit("37100219900101123")


def plain(page: httpx.Response, number: str) -> str:
    """A page without what is another in each: the form's token, the typed document's tail."""
    text = re.sub(r'name="csrf" value="[0-9a-f]*"', "", page.text)
    return text.replace(number[-4:], "TAIL")


async def test_a_bound_telephone_and_the_document_lead_to_the_notice_and_then_home(
    world: World,
) -> None:
    await bound(world, ZHOU)
    async with phone(world) as at:
        asked = await ask(at, id_number(ZHOU).lower())
        assert (asked.status_code, asked.headers["location"]) == (303, CODE)
        page = await at.get(CODE)
        assert 'autocomplete="one-time-code"' in page.text
        assert PHONES[ZHOU][-4:] not in text_of(page)
        done = await read_back(at, await code_for(world, PHONES[ZHOU]))
        assert (done.status_code, done.headers["location"]) == (303, "/portal/")
        assert (await at.get("/portal/account")).headers["location"] == "/portal/notice"
        page = await at.get("/portal/notice")
        assert "请先看一遍" in text_of(page)
        assert "checked" not in page.text
        assert (await at.post("/portal/notice")).status_code == 303
        account = await at.get("/portal/account")
        assert "登录用的手机尾号 1000" in text_of(account)
        assert PHONES[ZHOU] not in account.text
        assert PHONES[ZHOU] in (await at.get("/portal/account?show=phone")).text
        left = await at.post("/portal/sign-out")
        assert left.headers["location"] == f"{SIGN_IN}?why=left"
        assert (await at.get("/portal/account")).status_code == 303


async def test_unknown_unbound_dead_and_bound_get_the_same_pages_byte_by_byte(
    world: World,
) -> None:
    await bound(world, ZHOU)
    await bound(world, YANG)
    qin = await signed(world, QIN)
    died = Asked(Life.DEAD, date(2026, 11, 19), "死亡医学证明")
    await bound(world, WANG)
    await step(world.site, qin, WANG, died)
    seen: set[tuple[str, ...]] = set()
    for number in (NOBODYS, id_number(WU), id_number(WANG), id_number(ZHOU)):
        async with phone(world) as at:
            asked = await ask(at, number)
            code = await at.get(CODE)
            wrong = await read_back(at, "12345")  # of five digits: never right by chance
            seen.add(
                (
                    f"{asked.status_code} {asked.headers['location']}",
                    " ".join(sorted(asked.headers)), plain(code, number), plain(wrong, number),
                    f"{wrong.status_code} {len(wrong.headers)}",
                )
            )  # fmt: skip
    assert len(seen) == 1
    assert await world.one("SELECT COUNT(*) FROM portal_code WHERE purpose='sign_in'") == 4
    sent = await world.one("SELECT COUNT(*) FROM notice WHERE template='sign_in_code'")
    assert sent == 1  # only the one who is bound and alive


async def test_a_code_counts_once_five_tries_ten_minutes_and_in_its_own_browser(
    world: World,
) -> None:
    await bound(world, ZHOU)
    async with phone(world) as at, phone(world) as stranger:
        await ask(at, id_number(ZHOU))
        code = await code_for(world, PHONES[ZHOU])
        assert (await stranger.client.post(CODE, data={"code": code})).status_code == 303
        assert stranger.token == ""
        await ask(stranger, id_number(ZHOU))  # a code of their own: the owner's stays good
        for left in (4, 3, 2, 1):
            assert f"还可以试 {left} 次" in text_of(await read_back(stranger, "12345"))
        assert "不能用了" in text_of(await read_back(stranger, "12345"))
        theirs = await code_for(world, PHONES[ZHOU])
        assert "不能用了" in text_of(await read_back(stranger, theirs))
        trying = at.client.cookies[TRYING]
        first = await read_back(at, code)
        assert first.headers["location"] == "/portal/"
        again = sign_in.Browser("a", trying=trying)
        assert isinstance(await sign_in.come_in(world.site, again, code), sign_in.Over)
        form = await at.get(SIGN_IN)  # signed in already
        assert form.headers["location"] == "/portal/"
        await at.post("/portal/sign-out")
        assert (await at.get(CODE)).headers["location"] == f"{SIGN_IN}?why=over"
    async with phone(world) as late:
        world.clock.pass_(hours=2)
        await ask(late, id_number(ZHOU))
        code = await code_for(world, PHONES[ZHOU])
        world.clock.pass_(minutes=rule.CODE_MINUTES)
        assert (await late.get(CODE)).headers["location"] == f"{SIGN_IN}?why=over"
        assert isinstance(
            await sign_in.come_in(
                world.site, sign_in.Browser("a", trying=late.client.cookies[TRYING]), code
            ),
            sign_in.Over,
        )


async def test_a_code_for_another_document_on_the_same_telephone_is_wrong(world: World) -> None:
    await bound(world, ZHOU)
    await bound(world, WU, PHONES[ZHOU])
    async with phone(world) as at, phone(world) as other:
        await ask(at, id_number(ZHOU))
        await ask(other, id_number(WU))
        theirs = await code_for(world, PHONES[ZHOU])
        assert "验证码不对" in text_of(await read_back(at, theirs))


async def test_a_stranger_reaches_a_limit_and_the_owner_still_gets_in(world: World) -> None:
    await bound(world, ZHOU)
    async with phone(world) as owner, phone(world) as stranger:
        await come_in(owner, world, ZHOU)
        await owner.post("/portal/sign-out")
        for _ in range(rule.STRANGER_CODES_HOUR - 1):
            assert (await ask(stranger, id_number(ZHOU))).status_code == 303
        full = await ask(stranger, id_number(ZHOU))
        assert (full.status_code, "9:00" in text_of(full)) == (429, True)
        assert id_number(ZHOU) in full.text  # what was typed stays
        done = await come_in(owner, world, ZHOU)  # this browser has signed in before
        assert done.headers["location"] == "/portal/"
    async with phone(world) as at:  # for a number of nobody the limit is the same
        for status in (303, 303, 303, 429):
            assert (await ask(at, NOBODYS)).status_code == status


async def test_strangers_do_not_use_up_a_telephone_by_its_other_archives(world: World) -> None:
    for who in (ZHOU, WU):
        await bound(world, who, PHONES[ZHOU])
    async with phone(world) as owner, phone(world) as stranger:
        await come_in(owner, world, ZHOU)
        await owner.post("/portal/pick", archive=ZHOU.hex())
        await owner.post("/portal/sign-out")
        pages = {(await ask(stranger, id_number(WU))).status_code for _ in range(3)}
        sent = await world.one("SELECT COUNT(*) FROM notice WHERE template='sign_in_code'")
        assert (pages, sent) == ({303}, 3)  # one of the owner, two of the stranger
        done = await come_in(owner, world, ZHOU)
        assert done.headers["location"] == "/portal/pick"


async def test_a_code_is_read_aloud_where_that_was_asked_for(world: World) -> None:
    await bound(world, ZHOU)
    async with phone(world) as at:
        asked = await ask(at, id_number(ZHOU), by="voice")
        assert "马上有电话打来" in text_of(await at.get(asked.headers["location"]))
        assert await world.one("SELECT channel FROM notice WHERE rank=0") == "voice"
        again = await at.client.post(
            f"{SIGN_IN}/again", data={"csrf": token_in(await at.get(CODE)), "by": "sms"}
        )
        assert again.headers["location"] == CODE
        code = await code_for(world, PHONES[ZHOU])
        assert (await read_back(at, code)).headers["location"] == "/portal/"


async def test_what_sign_in_leaves_is_forgotten_by_the_job(world: World) -> None:
    await bound(world, ZHOU)
    async with phone(world) as at:
        await come_in(at, world, ZHOU)
    world.clock.pass_(days=2)
    assert await forget(world.site) == 1
    assert await world.one("SELECT COUNT(*) FROM portal_session") == 1
    world.clock.pass_(days=90)
    assert await forget(world.site) == 1


async def test_an_address_has_its_limit(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rule, "ADDRESS_CODES_HOUR", 4)
    async with phone(world) as at:
        numbers = [id_number(who) for who in (ZHOU, WU, ZHENG, WANG, YANG)]
        statuses = [(await ask(at, number)).status_code for number in numbers]
        assert statuses == [303, 303, 303, 303, 429]
        assert "网络" in text_of(await ask(at, NOBODYS))
        world.clock.pass_(hours=1)
        assert (await ask(at, NOBODYS)).status_code == 303


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "还没填"),
        ("37100219550312002", "现在是 17 位"),
        ("371002195503120022", "抄错"),
        ("周谷雨", "只有数字和字母"),
    ],
)
async def test_a_number_that_cannot_be_one_is_said_at_once_and_stays(
    world: World, typed: str, said: str
) -> None:
    async with phone(world) as at:
        page = await ask(at, typed)
        assert (page.status_code, said in text_of(page)) == (422, True)
        assert f'value="{typed}"' in page.text
        assert await world.one("SELECT COUNT(*) FROM portal_code") == 0


async def test_the_old_number_of_fifteen_digits_signs_in(world: World) -> None:
    await bound(world, ZHOU)
    old = id_number(ZHOU)[:6] + id_number(ZHOU)[8:17]
    async with phone(world) as at:
        assert (await ask(at, old)).status_code == 303
        assert (await read_back(at, await code_for(world, PHONES[ZHOU]))).status_code == 303


async def test_a_form_of_elsewhere_signs_nobody_in(world: World) -> None:
    await bound(world, ZHOU)
    async with phone(world) as at:
        fields = {"number": id_number(ZHOU)}
        bare = await at.client.post(SIGN_IN, data=fields)
        assert (bare.status_code, "请再按一次" in text_of(bare)) == (422, True)
        token = token_in(bare)  # of the page just drawn, with its cookie
        cross = await at.client.post(
            SIGN_IN, data={**fields, "csrf": token}, headers={"sec-fetch-site": "cross-site"}
        )
        assert (cross.status_code, "form_not_ours" in cross.text) == (403, True)
        own = await at.client.post(SIGN_IN, data={**fields, "csrf": token})
        assert own.status_code == 303
    async with phone(world) as other:
        await other.get(SIGN_IN)
        stolen = await other.client.post(SIGN_IN, data={**fields, "csrf": token})
        assert stolen.status_code == 422


async def test_the_session_is_another_after_sign_in_and_the_old_one_is_over(world: World) -> None:
    await bound(world, ZHOU)
    planted = await visit_of(world, WU)  # somebody else's session, put into this browser
    browser = sign_in.Browser("here", old=planted)
    asked = await sign_in.ask(world.site, browser, id_number(ZHOU))
    assert isinstance(asked, sign_in.Asked)
    trying = sign_in.Browser("here", old=planted, trying=asked.token)
    done = await sign_in.come_in(world.site, trying, await code_for(world, PHONES[ZHOU]))
    assert isinstance(done, sign_in.In)
    assert done.token not in (planted, asked.token)
    assert await visits.found(world.site, planted) is None
    assert await world.one("SELECT COUNT(*) FROM portal_session WHERE ended=''") == 1


async def test_cookies_are_unseen_by_scripts_and_secure_over_https(world: World) -> None:
    await bound(world, ZHOU)
    async with phone(world) as at:
        at.client.base_url = httpx.URL("https://portal.test")
        asked = await ask(at, id_number(ZHOU))
        done = await read_back(at, await code_for(world, PHONES[ZHOU]))
        said = [*asked.headers.get_list("set-cookie"), *done.headers.get_list("set-cookie")]
        names = {each.partition("=")[0] for each in said}
        assert names == {TRYING, COOKIE, FORM, KNOWN}
        for each in said:
            assert {"httponly", "secure", "samesite=lax"} <= {
                part.strip().lower() for part in each.split(";")
            }, each
        page = await at.get("/portal/notice")
        assert page.headers["x-frame-options"] == "DENY"
        assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
        assert page.headers["cache-control"] == "no-store"


async def test_one_of_several_archives_is_picked_and_no_other(world: World) -> None:
    for who in (ZHOU, WU):
        await bound(world, who, PHONES[ZHOU])
    async with phone(world) as at:
        done = await come_in(at, world, ZHOU)
        assert done.headers["location"] == "/portal/pick"
        before = at.token
        assert (await at.get("/portal/")).headers["location"] == "/portal/pick"
        page = await at.get("/portal/pick")
        assert ("周谷雨" in page.text, "吴𠮷祥" in page.text) == (True, True)
        assert (await at.post("/portal/pick", archive=YANG.hex())).status_code == 404
        picked = await at.post("/portal/pick", archive=WU.hex())
        assert picked.headers["location"] == "/portal/"
        assert at.token != before
        found = await visits.found(world.site, at.token)
        assert isinstance(found, visits.Visitor)
        assert found.person == WU
        assert await visits.found(world.site, before) is None


async def test_a_pass_signs_in_once_within_ten_minutes_and_a_look_uses_nothing_up(
    world: World,
) -> None:
    async def made(tx: Tx) -> str:
        return await make_pass(tx, world.site, ForPass(ZHOU, SU, QINGHE))

    async def use(token: str) -> httpx.Response:
        async with phone(world) as at:
            page = await at.get(f"/portal/pass/{token}")
            fields = {"csrf": token_in(page)}
            return await at.client.post(f"/portal/pass/{token}", data=fields)

    first, second = await world.store.write(made), await world.store.write(made)
    assert (await use(first)).status_code == 410  # another was made instead
    done = await use(second)
    assert (done.status_code, done.headers["location"]) == (303, "/portal/")
    assert (await use(second)).status_code == 410
    assert (await use("of-nobody")).status_code == 410
    late = await world.store.write(made)
    world.clock.pass_(minutes=rule.PASS_MINUTES)
    assert (await use(late)).status_code == 410
    for row in await world.rows("SELECT mark FROM portal_pass"):
        assert late.encode() not in bytes(row[0])


async def test_what_was_typed_when_the_session_ran_out_is_offered_again(world: World) -> None:
    await bound(world, ZHOU)
    async with phone(world) as at:
        await come_in(at, world, ZHOU)
        await at.post("/portal/notice")
        world.clock.pass_(hours=2)
        out = await at.post("/portal/sign-out")
        assert out.headers["location"] == f"{SIGN_IN}?why=idle"
        late = await at.post("/portal/account/phone/new", code="123456", phone="19900009999")
        assert late.headers["location"] == f"{SIGN_IN}?why=kept"
        assert (await come_in(at, world, ZHOU)).headers["location"] == "/portal/kept"
        page = await at.get("/portal/kept")
        assert "19900009999" in text_of(page)
        draft = re.search(r"/portal/kept/([0-9a-f]+)/send", page.text)
        assert draft
        sent = await at.post(f"/portal/kept/{draft[1]}/send")
        assert (sent.status_code, sent.headers["location"]) == (307, "/portal/account/phone/new")
        assert (await at.get("/portal/kept")).headers["location"] == "/portal/"


async def test_what_was_typed_after_signing_out_is_kept_or_shown_again(world: World) -> None:
    await bound(world, ZHOU)
    async with phone(world) as at:
        await come_in(at, world, ZHOU)
        await at.post("/portal/notice")
        token, form = at.token, visits.form_token(at.token)
        typed = {"csrf": form, "code": "123456", "phone": "19900009999"}
        await at.post("/portal/account/out")  # from another telephone, as it were
        at.token = token
        late = await at.post("/portal/account/phone/new", typed)
        assert late.headers["location"] == f"{SIGN_IN}?why=kept_left"
        assert "刚才填的留着" in text_of(await at.get(late.headers["location"]))
        assert (await come_in(at, world, ZHOU)).headers["location"] == "/portal/kept"
        kept = await world.rows("SELECT draft FROM portal_draft")
        at.token = ""
        lost = await at.client.post("/portal/account/phone/new", data=typed)
        assert lost.status_code == 401
        assert 'href="/portal/sign-in"' in lost.text
        assert "19900009999" in text_of(lost)
        assert form not in lost.text
        foreign = await at.client.post(
            "/portal/account/phone/new", data=typed, headers={"sec-fetch-site": "cross-site"}
        )
        assert "19900009999" not in foreign.text
        assert await world.rows("SELECT draft FROM portal_draft") == kept
