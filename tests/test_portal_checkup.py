"""The checkup day on a resident's own telephone: a time is booked, the code is shown on that day
without a fresh sign-in, and whatever ends the booking or the right ends the code.
"""

import io
import re
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
import zxingcpp
from PIL import Image

from crypto.card import CardType, Outcome, Trust, check
from resident_portal.checkup_card import COOKIE, HERE
from resident_portal.door import COOKIE as SESSION
from server.actions.checkup import booking, days, invited, own_booking, own_code
from server.actions.residents import account, day_passes
from server.rules.checkup_days import DayState
from tests import checkup_days
from tests.checkup_days import IN_A_WEEK, a_day, desk, planned
from tests.portal import Phone, bind, phone, text_of, visit_of
from tests.portal_life import counters, hidden, link
from tests.portal_readers import small_child
from tests.world import WU, YANG, ZHENG, ZHOU, World

MASKED = "周*雨"


@pytest.fixture
async def day(world: World) -> bytes:
    await planned(world)
    await counters(world)
    for who in (ZHOU, WU):
        await bind(world, who)
    return await a_day(world)


async def book(one: Phone, day: bytes, slot: int = 2) -> httpx.Response:
    done = await one.post(f"/portal/checkup/day/{day.hex()}", {"slot": str(slot)})
    assert done.status_code == 303, text_of(done)
    return done


async def signed_out(one: Phone) -> None:
    """As on the day: the session is over, what booking left is still there."""
    one.client.cookies.delete(SESSION)


def morning(world: World, clock: str = "07:20") -> None:
    checkup_days.at(world, IN_A_WEEK, clock)


async def test_who_is_invited_finds_the_day_and_books_a_time(world: World, day: bytes) -> None:
    async with phone(world, ZHOU) as zhou:
        for page in ("/portal/", "/portal/plan", "/portal/checkup"):
            assert "11月27日 周五" in text_of(await zhou.get(page)), page
        shown = text_of(await zhou.get(f"/portal/checkup/day/{day.hex()}"))
        assert "要做 10 项，不收钱， 请空腹" in shown
        assert "8:30–9:00 还有 2 个" in shown
        done = await book(zhou, day)
        assert done.headers["location"] == f"{HERE}?day={day.hex()}"
        card = text_of(await zhou.get(HERE))
        for each in (
            "11月27日体检，凭这个码签到",
            "只在 11月27日有效",
            "A 001",
            "8:30–9:00",
            "青禾镇文化礼堂",
            "那天要做 10 项",
            "抽血 （请空腹）",
            "长按图片",
        ):
            assert each in card, each
        assert "约好了" in text_of(await zhou.get("/portal/checkup"))
        home = text_of(await zhou.get("/portal/"))
        assert "体检 · 还有 7 天 11月27日 周五 8:30–9:00 青禾镇文化礼堂，请空腹" in home
    assert await checkup_days.told(world, ZHOU) == ["checkup_booked"]
    assert await checkup_days.row(world, day, ZHOU) == ("invited", 2, "A001")


async def test_the_code_in_page_and_picture_is_read_and_is_good_on_that_day_only(
    world: World, day: bytes
) -> None:
    async with phone(world, ZHOU) as zhou:
        await book(zhou, day)
        page = await zhou.get(HERE)
        name = name_in(page)
        picture = await zhou.get(f"{HERE}/{name}/picture.png")
    assert picture.headers["content-type"] == "image/png"
    assert "no-store" in picture.headers["cache-control"]
    read = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture.content)))
    drawn = zxingcpp.read_barcodes(drawn_from(page.text))
    assert [each.text for each in read] == [each.text for each in drawn]
    assert len(read) == 1
    keys = {number: pair.public for number, pair in world.site.keys.code.items()}
    code, digits = await world.one("SELECT code, digits FROM checkup_code WHERE resident=?", ZHOU)
    noon = (IN_A_WEEK - checkup_days.TODAY) / timedelta(seconds=1) + world.clock() / 1000
    trust = Trust(keys, frozenset())
    outcome, card = check(read[0].text, trust, now_s=int(noon))
    assert outcome is Outcome.VALID
    assert card is not None
    assert (card.id, card.type) == (code, CardType.DAY)
    the_day_before = check(read[0].text, trust, now_s=int(noon), day_ends_s=card.ends_s - 86_400)
    assert the_day_before[0] is Outcome.WRONG_DAY
    assert check(read[0].text, trust, now_s=int(noon) + 86_400)[0] is Outcome.EXPIRED
    below = page.text.partition('class="digits"')[2].partition("</p>")[0]
    assert re.sub(r"\D", "", below) == digits


def name_in(page: httpx.Response) -> str:
    """What an address says in place of a person."""
    found = re.search(rf"{HERE}/([0-9a-f]{{32}})/picture.png", page.text)
    assert found, "no picture to keep"
    return found[1]


def drawn_from(text: str, dots: int = 6) -> Image.Image:
    """The code of a page, drawn from its path as a browser does."""
    svg = text.partition('<svg class="qr"')[2].partition("</svg>")[0]
    size = int(svg.partition("M0 0h")[2].partition("v")[0])
    image = Image.new("L", (size * dots, size * dots), 255)
    for x, y, run in re.findall(r"M(\d+) (\d+)h(\d+)v1", svg):
        box = (int(x) * dots, int(y) * dots)
        image.paste(0, (*box, box[0] + int(run) * dots, box[1] + dots))
    return image


async def test_on_the_day_the_code_opens_without_a_sign_in_and_nothing_else_does(
    world: World, day: bytes
) -> None:
    async with phone(world, ZHOU) as zhou:
        cookie = (await book(zhou, day)).headers["set-cookie"]
        for part in (f"{COOKIE}=", "HttpOnly", "Path=/portal/checkup", "SameSite=strict"):
            assert part in cookie, part
        assert "Max-Age=662400" in cookie, "until the end of that day"
        token = cookie.partition("=")[2].partition(";")[0]
        name = name_in(await zhou.get(HERE))
        morning(world)
        await signed_out(zhou)
        page = await zhou.get(HERE)
        said = text_of(page)
        assert "今天体检，出示这个码" in said
        assert "只在今天有效，没网也能扫" in said
        assert MASKED in page.text
        assert "周谷雨" not in page.text
        assert "0028" not in text_of(page)
        assert (await zhou.get(f"{HERE}/{name}/picture.png")).status_code == 200
        for path in (
            "/portal/",
            "/portal/checkup",
            f"/portal/checkup/day/{day.hex()}",
            "/portal/plan",
        ):
            assert (await zhou.get(path)).headers["location"].startswith("/portal/sign-in"), path
        morning(world, "23:59")
        assert (await zhou.get(HERE)).status_code == 200
        world.clock.pass_(minutes=2)
        assert (await zhou.get(HERE)).status_code == 303
        assert (await zhou.get(f"{HERE}/{name}/picture.png")).status_code == 404
    kept = await world.rows("SELECT mark FROM day_pass")
    assert kept == [(day_passes.mark_of(token),)]
    assert token.encode() not in kept[0][0]


async def test_whatever_ends_the_booking_or_the_sign_in_ends_the_code(
    world: World, day: bytes
) -> None:
    morning(world)

    async def shut(one: Phone) -> bool:
        held = {c.name: c.value for c in one.client.cookies.jar}
        await signed_out(one)
        closed = (await one.get(HERE)).status_code == 303
        one.token = held.get(SESSION) or ""
        return closed

    async with phone(world, ZHOU) as zhou:
        await book(zhou, day, 3)
        done = await zhou.post(f"/portal/checkup/day/{day.hex()}/cancel")
        assert "预约已经取消" in text_of(await zhou.get(done.headers["location"]))
        assert await shut(zhou), "cancelled"
    async with phone(world, ZHOU) as zhou:
        await book(zhou, day, 3)
        await booking.cancel(world.site, ZHOU, day, by=await desk(world))
        assert await shut(zhou), "cancelled by staff"
    async with phone(world, ZHOU) as zhou:
        await book(zhou, day, 3)
        kept = zhou.client.cookies.get(COOKIE) or ""
        done = await zhou.post("/portal/sign-out")
        assert COOKIE in done.headers["set-cookie"] or zhou.client.cookies.get(COOKIE) is None
        zhou.client.cookies.set(COOKIE, kept, domain="portal.test", path="/portal/checkup")
        assert await shut(zhou), "signed out, whatever the browser kept"
    async with phone(world, ZHOU) as zhou, phone(world, ZHOU) as other:
        await zhou.get(HERE)
        await other.post("/portal/account/out")
        assert await shut(zhou), "signed out everywhere"
    async with phone(world, ZHOU) as zhou:
        await zhou.get(HERE)
        await signed_out(zhou)
        page = await zhou.get(HERE)
        done = await zhou.client.post(f"{HERE}/leave", data={"csrf": hidden(page.text, "csrf")})
        assert done.headers["location"] == "/portal/sign-in?why=put_away"
        assert "收起来了" in text_of(await zhou.get(done.headers["location"]))
        assert await shut(zhou), "not my phone"
    async with phone(world, ZHOU) as zhou:
        await zhou.get(HERE)
        await invited.remove(world.site, await desk(world), day, ZHOU)
        assert await shut(zhou), "taken off the list"
    ended = {row[0] for row in await world.rows("SELECT ended FROM day_pass")}
    assert {"cancelled", "signed_out", "everywhere", "not_mine"} <= ended


async def test_a_pass_that_somebody_planted_opens_nothing_afterwards(
    world: World, day: bytes
) -> None:
    async with phone(world, WU) as wu:
        await book(wu, day)
        planted = wu.client.cookies.get(COOKIE) or ""
    async with phone(world, ZHOU) as zhou:
        zhou.client.cookies.set(COOKIE, planted, domain="portal.test", path="/portal/checkup")
        own = (await book(zhou, day)).headers["set-cookie"].partition("=")[2].partition(";")[0]
    assert own != planted
    async with phone(world) as thief:
        thief.client.cookies.set(COOKIE, planted, domain="portal.test", path="/portal/checkup")
        assert (await thief.get(HERE)).status_code == 303
        thief.client.cookies.set(COOKIE, day_passes.fresh_token(), domain="portal.test",
                                 path="/portal/checkup")  # fmt: skip
        assert (await thief.get(HERE)).status_code == 303


async def test_a_time_is_moved_and_what_cannot_be_booked_says_why(world: World, day: bytes) -> None:
    path = f"/portal/checkup/day/{day.hex()}"
    async with phone(world, ZHOU) as zhou:
        empty = await zhou.post(path)
        assert empty.status_code == 422
        assert "选一个时间，再按下面的按钮" in text_of(empty)
        await book(zhou, day, 1)
        await book(zhou, day, 3)
        assert await checkup_days.taken(world, day) == [0, 0, 1, 0]
        assert "约好了：9:00–9:30 您的序号 A 001" in text_of(await zhou.get(path))
        other = await a_day(world, on=IN_A_WEEK + timedelta(days=2), capacity=1)
        await checkup_days.book(world, WU, other, 1)
        full = await zhou.post(f"/portal/checkup/day/{other.hex()}", {"slot": "1"})
        assert full.status_code == 409
        assert "刚刚约满了" in text_of(full)
        assert "8:00–8:30" not in text_of(full), "a time without room is not offered"
        assert (await zhou.post(path, {"slot": "99"})).status_code == 409
        nobodys = await zhou.post(f"/portal/checkup/day/{'ab' * 16}", {"slot": "1"})
        assert nobodys.status_code == 404
        for n in range(own_booking.A_DAY):
            last = await zhou.post(path, {"slot": str(1 + n % 2)})
        assert last.status_code == 409
        assert "今天改的次数太多了" in text_of(last)


async def test_who_has_arrived_books_no_more_and_a_day_called_off_shows_no_code(
    world: World, day: bytes
) -> None:
    async with phone(world, ZHOU) as zhou, phone(world, WU) as wu:
        await book(zhou, day)
        await book(wu, day)
        morning(world, "08:35")
        zhou.token, wu.token = await visit_of(world, ZHOU), await visit_of(world, WU)
        assert "体检日 今天 8:30–9:00" in text_of(await zhou.get("/portal/"))
        await arrive(world, day, ZHOU)
        path = f"/portal/checkup/day/{day.hex()}"
        assert "已经签到" in text_of(await zhou.get(path))
        assert (await zhou.post(f"{path}/cancel")).status_code == 409
        assert "已经签到，序号 A 001" in text_of(await zhou.get(HERE))
        morning(world, "23:59")
        world.clock.pass_(minutes=2)
        zhou.token, wu.token = await visit_of(world, ZHOU), await visit_of(world, WU)
        assert "11月27日体检做完了 结果还在整理" in text_of(await zhou.get(path))
        missed = text_of(await wu.get(path))
        assert "您没有来" in missed
        assert "可以请医生上门" in missed
        assert "没有来" in text_of(await wu.get("/portal/checkup"))


async def test_a_day_that_is_called_off_says_so_and_shows_no_code(world: World, day: bytes) -> None:
    async with phone(world, ZHOU) as zhou:
        await book(zhou, day)
        await days.set_state(world.site, await desk(world), day, DayState.CANCELLED)
        assert (await zhou.get(HERE)).headers["location"] == "/portal/checkup"
        path = f"/portal/checkup/day/{day.hex()}"
        assert "11月27日的体检取消了" in text_of(await zhou.get(path))
        assert "这天取消了" in text_of(await zhou.get("/portal/checkup"))


async def arrive(world: World, day: bytes, who: bytes) -> None:
    """As the newest step of the hall leaves the row."""
    await world.store.write(
        lambda tx: tx.run(
            "UPDATE checkup_person SET arrived_at=?, changed_at=? WHERE day=? AND who=?",
            world.clock(), world.clock(), day, who,
        )
    )  # fmt: skip


async def test_a_guardian_books_for_a_child_and_one_phone_shows_both_codes(
    world: World, day: bytes
) -> None:
    await bind(world, ZHENG)
    child = await small_child(world)
    clerk = await desk(world)
    for who in (ZHENG, child):
        await invited.add(world.site, clerk, day, who)
    async with phone(world, ZHENG) as zheng:
        await book(zheng, day, 1)
        held = zheng.client.cookies.get(COOKIE) or ""
        zheng.token = await visit_of(world, ZHENG, child)
        zheng.client.cookies.set(COOKIE, held, domain="portal.test", path="/portal/checkup")
        assert "郑㛃正在替" in (await zheng.get("/portal/checkup")).text
        await book(zheng, day, 2)
        morning(world)
        await signed_out(zheng)
        page = await zheng.get(HERE)
        assert "这部手机上还有" in text_of(page)
        other = re.search(rf'href="({HERE}/[0-9a-f]{{32}})"', page.text)
        assert other
        names = {tab_of(page), tab_of(await zheng.get(other[1]))}
        assert names == {"郑*", "郑**男"}
        await world.store.write(
            lambda tx: tx.run("UPDATE family_link SET state='ended' WHERE resident=?", child)
        )
        assert "这部手机上还有" not in text_of(await zheng.get(HERE))
        assert (await zheng.get(other[1])).status_code in (200, 404)
        held_now = await own_code.held_by(world.site, zheng.client.cookies.get(COOKIE) or "")
        assert [each.pass_.resident for each in held_now] == [ZHENG]


def tab_of(page: httpx.Response) -> str:
    return page.text.partition('<div class="tab"><b>')[2].partition("</b>")[0]


@pytest.mark.parametrize(("scopes", "may"), [("", False), ("A", False), ("D", True)])
async def test_a_helper_books_and_shows_the_code_only_by_scope(
    world: World, day: bytes, scopes: str, may: bool
) -> None:
    await link(world, ZHOU, WU, "helper", scopes)
    path = f"/portal/checkup/day/{day.hex()}"
    async with phone(world, WU, ZHOU) as wu:
        shown = await wu.get(path)
        assert "11月27日体检" in text_of(shown), "what is due a helper may know"
        assert ("就约这个时间" in shown.text) is may
        done = await wu.post(path, {"slot": "1"})
        assert done.status_code == (303 if may else 403)
        if not may:
            await checkup_days.book(world, ZHOU, day, 2)
        assert (await wu.get(HERE)).status_code == (200 if may else 403)
        assert ("签到码" in text_of(await wu.get("/portal/"))) is may
    if may:
        assert await world.rows("SELECT 1 FROM family_act WHERE what='booking'")


async def test_another_facilitys_resident_is_shown_no_day_of_ours(world: World, day: bytes) -> None:
    await bind(world, YANG)
    async with phone(world, YANG) as yang:
        assert "现在没有约好的体检" in text_of(await yang.get("/portal/checkup"))
        assert "体检日" not in text_of(await yang.get("/portal/plan"))
        assert (await yang.get(f"/portal/checkup/day/{day.hex()}")).status_code == 404
        assert (await yang.post(f"/portal/checkup/day/{day.hex()}", {"slot": "1"})).status_code in (
            404, 409,
        )  # fmt: skip
        assert (await yang.get(HERE)).headers["location"] == "/portal/checkup"


async def test_passes_go_a_month_after_their_day(world: World, day: bytes) -> None:
    async with phone(world, ZHOU) as zhou:
        await book(zhou, day)
    world.clock.pass_(days=36)
    await account.forget(world.site)
    assert await world.one("SELECT COUNT(*) FROM day_pass") == 1
    world.clock.pass_(days=3)
    await account.forget(world.site)
    assert await world.one("SELECT COUNT(*) FROM day_pass") == 0


async def test_a_day_that_is_moved_takes_its_code_along(world: World, day: bytes) -> None:
    clerk = await desk(world)
    async with phone(world, ZHOU) as zhou:
        await book(zhou, day)
        later = checkup_days.draft(on=IN_A_WEEK + timedelta(days=3))
        await days.change(world.site, clerk, day, replace(later, slots=()))
        await signed_out(zhou)
        page = await zhou.get(HERE)
        assert "11月30日体检，凭这个码签到" in text_of(page)
        assert f"Max-Age={10 * 86_400 + 16 * 3_600}" in page.headers["set-cookie"]
        checkup_days.at(world, IN_A_WEEK + timedelta(days=3), "07:20")
        assert "今天体检，出示这个码" in text_of(await zhou.get(HERE))
