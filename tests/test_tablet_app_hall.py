"""The checkup day on the tablet with the hands: signing in by scanner and camera, each outcome on a
screen of its own, paper, stations, critical values, leaving. Offline throughout; then the server
has it.
"""

from pathlib import Path

from playwright.async_api import Page, expect

from crypto.card import CardType
from crypto.keys import SigningKeyPair, Suite
from server.actions.checkup import codes
from sync.hall import Phase
from tests.halls import seen
from tests.lists import signed
from tests.tablet_app import Tablet, at_rest, in_the_field
from tests.tablet_hall import (
    HallDay,
    a_hall,
    film,
    labels_in,
    outcome,
    press,
    scan,
    sound,
    turn_to,
)
from tests.world import QIN, WANG, WU, YANG, ZHENG, ZHOU, id_number

HELD_PRINTS = """
window.prints = [];
window.print = () => window.prints.push(document.getElementById("paper").textContent);
void 0;
"""


async def off(hall: HallDay, tablet: Tablet) -> None:
    """The hall's network is gone, and its server too."""
    await tablet.page.evaluate(HELD_PRINTS)
    await hall.field.door.stop()
    await tablet.cut()


async def on(hall: HallDay, tablet: Tablet) -> None:
    await hall.field.door.start()
    await tablet.cut(off=False)
    await tablet.taken()


async def signed_in(page: Page, text: str) -> str:
    await scan(page, text)
    await outcome(page, "valid")
    await press(page, "签到")
    return await outcome(page, "checked_in")


async def printing(page: Page, count: int) -> str:
    """What went to a printer with that print; the paper itself is gone when a print is over."""
    await page.wait_for_function("count => window.prints.length >= count", arg=count)
    return await page.evaluate("count => window.prints[count - 1]", count)


async def test_a_scanner_that_types_signs_people_in_with_no_network_and_the_server_has_them(
    tmp_path: Path,
) -> None:
    async with in_the_field(tmp_path) as field:
        hall = await a_hall(field)
        card, phone = await hall.card(ZHOU), await hall.phone_code(WU)
        tablet = await hall.tablet()
        page = tablet.page
        await off(hall, tablet)
        await scan(page, card.text)
        said = await outcome(page, "valid")
        assert "周*雨" in said
        assert "1955 年生" in said
        assert "周谷雨" not in await page.locator("main").inner_text()
        await expect(page.locator("#hall-scan")).to_be_focused()
        await press(page, "签到")
        assert "B 001" in await outcome(page, "checked_in")
        assert await sound(page) == "checked_in"
        # Back to the scan by itself, and whoever scans need not wait for it.
        await expect(page.locator(".hall-desk.idle")).to_be_visible()
        await page.locator(".hall-head .where").click()
        await scan(page, phone.text)
        await outcome(page, "valid")
        await page.wait_for_timeout(700)
        await page.keyboard.press("Enter")
        assert "B 002" in await outcome(page, "checked_in")
        await on(hall, tablet)
        people = await seen(field.world, hall.day)
        assert {who for who, each in people.items() if each.state.ins} == {ZHOU, WU}
        assert people[WU].progress.ticket == "B002"
        assert [each.how for each in people[WU].state.ins] == ["2"]


async def test_the_second_end_of_line_of_a_scanner_signs_nobody_in(tmp_path: Path) -> None:
    async with in_the_field(tmp_path) as field:
        hall = await a_hall(field)
        card = await hall.card(ZHOU)
        tablet = await hall.tablet()
        page = tablet.page
        # No time passes for the page, however long the strokes take on a busy machine.
        await page.evaluate("(now) => void (performance.now = () => now)", 1e6)
        await page.keyboard.type(f"{card.text}\n")
        await outcome(page, "valid")
        await page.keyboard.press("Enter")
        await press(page, "不是这个人")
        await expect(page.locator(".hall-desk.idle")).to_be_visible()
        assert (await hall.person(tablet, ZHOU))["arrived"] is None


async def test_the_camera_reads_a_card_with_no_network_on_a_page_never_opened_before(
    tmp_path: Path,
) -> None:
    async with in_the_field(tmp_path, on_disk=True) as field:
        hall = await a_hall(field)
        film((await hall.card(ZHOU)).text, tmp_path / "seen.y4m")
        tablet = field.tablet("one")
        tablet.arguments = (f"--use-file-for-fake-video-capture={tmp_path / 'seen.y4m'}",)
        await hall.enrolled(tablet)
        page = tablet.page
        await page.wait_for_function(
            "Promise.all(['app/ui/hall/hall.js', 'css/hall.css', 'vendor/zxing/zxing_reader.wasm',"
            "'vendor/zxing/zxing_writer.wasm', 'vendor/zxing/es/reader/index.js',"
            "'vendor/zxing/es/share.js',"
            "'app/engine/hall.js'].map((name) => caches.match(`/tablet/${name}`)))"
            ".then((kept) => kept.every(Boolean))"
        )
        await off(hall, tablet)
        await page.locator(".rail").get_by_role("button", name="体检日").click()
        assert "周*雨" in await outcome(page, "valid")
        await press(page, "签到")
        assert "B 001" in await outcome(page, "checked_in")


async def test_every_outcome_has_its_own_screen_its_own_sound_and_a_next_step(
    tmp_path: Path,
) -> None:
    async with in_the_field(tmp_path) as field:
        hall = await a_hall(field)
        lost = await hall.card(WU)
        await codes.revoke(field.world.site, await signed(field.world, QIN), lost.id, "lost")
        card = await hall.card(ZHOU)
        shown = {
            "forged": card.text[:-4] + ("7" if card.text[-4] != "7" else "8") + card.text[-3:],
            "revoked": lost.text,
            "expired": hall.other(CardType.CARD, -3),
            "wrong_day": hall.other(CardType.DAY, 2),
            "unknown_key": hall.other(
                CardType.CARD, 90, SigningKeyPair.generate(Suite.X25519_ED25519)
            ),
            "not_on_list": hall.other(CardType.CARD, 90),
            "unreadable": "??",
        }
        tablet = await hall.tablet()
        page = tablet.page
        await off(hall, tablet)
        titles = set[str]()
        for name, text in shown.items():
            await scan(page, text)
            said = await outcome(page, name)
            titles.add(said.splitlines()[0])
            assert await sound(page) == name
            await expect(page.locator("#hall-scan")).to_be_focused()
        assert len(titles) == len(shown)
        await signed_in(page, card.text)
        await scan(page, card.text)
        assert "B 001" in await outcome(page, "already_in")
        assert await sound(page) == "already_in"
        await press(page, "声音开着")
        await scan(page, shown["forged"])
        await outcome(page, "forged")
        assert await sound(page) == ""
        assert (await hall.person(tablet, WU))["arrived"] is None


async def test_the_route_sheet_and_the_labels_print_and_a_new_sheet_says_that_the_old_is_void(
    tmp_path: Path,
) -> None:
    async with in_the_field(tmp_path) as field:
        hall = await a_hall(field)
        card = await hall.card(ZHOU)
        tablet = await hall.tablet()
        page = tablet.page
        await off(hall, tablet)
        await signed_in(page, card.text)
        paper = await printing(page, 1)
        assert "周谷雨" in paper
        assert "请空腹" in paper
        assert labels_in(await page.pdf(prefer_css_page_size=True)) == ["148x210 B001"]
        await printing(page, 2)
        labels = labels_in(await page.pdf(prefer_css_page_size=True))
        sheet = (await hall.person(tablet, ZHOU))["sheet"]
        assert labels == [f"50x30 {each['number']}" for each in sheet["labels"]]
        assert len(labels) == 4
        await press(page, "重打一张，旧的作废")
        assert "以前的导检单和条码作废" in await printing(page, 3)
        fresh = (await hall.person(tablet, ZHOU))["sheet"]
        assert not {each["number"] for each in sheet["labels"]} & {
            each["number"] for each in fresh["labels"]
        }
        await on(hall, tablet)
        state = (await seen(field.world, hall.day))[ZHOU].state
        assert state.sheet is not None
        assert [number for _, number in state.sheet.labels] == [
            each["number"] for each in fresh["labels"]
        ]


async def test_who_has_no_card_is_found_by_number_reader_archive_or_name(tmp_path: Path) -> None:
    async with in_the_field(tmp_path) as field:
        hall = await a_hall(field, (ZHOU, WU))
        archive = await field.world.one("SELECT archive_no FROM resident WHERE resident=?", WU)
        tablet = await hall.tablet()
        page = tablet.page
        await off(hall, tablet)
        for text, name in (
            (id_number(ZHOU), "周*雨"),
            (f"周谷雨 女 汉 1955年03月12日 {id_number(ZHOU)}", "周*雨"),
            (archive, "吴*祥"),
            ("周谷雨", "周*雨"),
        ):
            await scan(page, text)
            await outcome(page, "valid", name)
            await press(page, "不是这个人")
        # A resident of the own team who stands on no list walks in.
        await scan(page, id_number(ZHENG))
        await outcome(page, "valid", "不在名单上")
        await press(page, "签到")
        await outcome(page, "checked_in")
        await on(hall, tablet)
        assert (await seen(field.world, hall.day))[ZHENG].state.ins[0].how == "3"


async def test_a_stranger_is_read_the_consent_signs_and_is_a_guest(tmp_path: Path) -> None:
    async with in_the_field(tmp_path) as field:
        hall = await a_hall(field)
        tablet = await hall.tablet()
        page = tablet.page
        await off(hall, tablet)
        await scan(page, id_number(YANG))
        await outcome(page, "not_on_list")
        await press(page, "现场登记")
        await expect(page.locator("#g-id_no")).to_have_value(id_number(YANG))
        await press(page, "登记并签到")
        await expect(page.get_by_role("alert")).to_contain_text("还差")
        await page.locator("#g-name").fill("杨白露")
        await page.locator("#g-agreed").check()
        await press(page, "签字")
        box = await at_rest(page.locator(".pad canvas"))
        await page.mouse.move(box["x"] + 40, box["y"] + 40)
        await page.mouse.down()
        await page.mouse.move(box["x"] + 200, box["y"] + 80, steps=6)
        await page.mouse.up()
        await press(page, "签好了")
        await expect(page.locator(".thumbs li")).to_have_count(1)
        await press(page, "登记并签到")
        assert "杨*露" in await outcome(page, "checked_in")
        await on(hall, tablet)
        rows = await field.world.rows("SELECT person, state FROM checkup_guest")
        assert rows == [(YANG, "matched")]


async def at_station(page: Page, station: str) -> None:
    await turn_to(page, "项目")
    await page.locator(".hall-choose button", has_text=station).click()
    await expect(page.locator("#hall-scan")).to_be_focused()


async def test_a_station_is_chosen_once_and_asks_its_own_questions_only(tmp_path: Path) -> None:
    async with in_the_field(tmp_path) as field:
        hall = await a_hall(field)
        cards = [await hall.card(who) for who in (ZHOU, WU)]
        tablet = await hall.tablet()
        page = tablet.page
        await off(hall, tablet)
        for card in cards:
            await signed_in(page, card.text)
        await at_station(page, "血压、身高体重")
        await expect(page.locator(".hall-queue .hall-ticket")).to_have_text(["B 001", "B 002"])
        await tablet.again()
        await page.locator(".rail").get_by_role("button", name="体检日").click()
        await page.locator(".hall-queue .hall-row").first.click()
        asked = page.locator(".hall-part .f > label")
        labels = await asked.all_inner_texts()
        assert "左侧收缩压" in labels
        assert "空腹血糖" not in labels
        await page.locator("#h-0-bp_l_sys").fill("999")
        await press(page, "做完了，存在本机")
        await expect(page.get_by_role("alert")).to_contain_text("要改")
        await page.locator("#h-0-bp_l_sys").fill("138")
        await page.locator("#h-0-bp_l_dia").fill("86")
        await page.locator("#h-0-height").fill("160")
        await page.locator("#h-0-weight").fill("61.2")
        await press(page, "做完了，存在本机")
        await expect(page.locator(".hall-said")).to_contain_text("下一项：抽血")
        await expect(page.locator(".hall-queue .hall-ticket")).to_have_text(["B 002"])
        # The next one does not want to; and the mark is taken back.
        await scan(page, cards[1].text)
        await press(page, "今天不做")
        await page.get_by_text("没有空腹", exact=True).click()
        await press(page, "记下不做")
        await expect(page.locator(".hall-said")).to_be_visible()
        await scan(page, cards[1].text)
        await press(page, "撤回，算没做")
        await expect(page.locator(".hall-said")).to_contain_text("算没做")
        await on(hall, tablet)
        people = await seen(field.world, hall.day)
        assert people[ZHOU].state.st["basic"].mark == "1"
        assert people[WU].state.st["basic"].mark == "3"


async def test_a_critical_value_alarms_while_it_is_typed_and_stays_until_a_doctor_has_acted(
    tmp_path: Path,
) -> None:
    async with in_the_field(tmp_path) as field:
        hall = await a_hall(field)
        card = await hall.card(ZHOU)
        tablet = await hall.tablet()
        page = tablet.page
        await off(hall, tablet)
        await signed_in(page, card.text)
        await at_station(page, "血压、身高体重")
        await scan(page, card.text)
        await page.locator("#h-0-bp_l_sys").press_sequentially("212")
        alarm = page.locator(".hall-critical")
        await expect(alarm).to_contain_text("左侧收缩压 212")
        await expect(alarm).to_contain_text("苏清明医生")
        assert await sound(page) == "critical"
        await press(page, "量错了，重新量")
        await expect(alarm).to_have_count(0)
        await page.locator("#h-0-bp_l_sys").fill("208")
        await press(page, "就是这个数，存下叫医生")
        await press(page, "先不处理，红条留着")
        for mode in ("签到", "项目", "离开", "总览"):
            await turn_to(page, mode)
            await expect(page.locator(".hall-alarm")).to_contain_text("周*雨")
        await turn_to(page, "离开")
        await scan(page, card.text)
        assert "先别让他走" in await outcome(page, "alarm")
        await page.locator(".hall-alarm li button").click()
        await press(page, "处理好了，记下")
        await expect(page.get_by_text("请选怎么处理的")).to_be_visible()
        await page.get_by_text("医生看过，可以接着做").click()
        await press(page, "处理好了，记下")
        await expect(page.locator(".hall-alarm")).to_have_count(0)
        await on(hall, tablet)
        found = (await seen(field.world, hall.day))[ZHOU]
        assert [each.field for each in found.state.alarms] == ["bp_l_sys"]
        assert found.progress.open == ()


async def test_at_the_door_it_says_what_is_missing_and_who_leaves_all_the_same(
    tmp_path: Path,
) -> None:
    async with in_the_field(tmp_path) as field:
        hall = await a_hall(field, stations=("basic", "ecg", "ultrasound"))
        cards = [await hall.card(who) for who in (ZHOU, WU)]
        tablet = await hall.tablet()
        page = tablet.page
        await off(hall, tablet)
        for card, stations in zip(cards, (("basic",), ("basic", "ecg", "ultrasound")), strict=True):
            await signed_in(page, card.text)
            for station in stations:
                part = {"who": card.resident.hex(), "station": station, "mark": "1"}
                await tablet.ask("hallPart", hall.day.hex(), part)
        await turn_to(page, "离开")
        await scan(page, cards[0].text)
        said = await outcome(page, "missing")
        assert "还差" in said
        assert "心电图、B 超" in said
        assert await sound(page) == "missing"
        await press(page, "他还是要走")
        await press(page, "记下，让他走")
        await expect(page.get_by_role("alert")).to_contain_text("请选一个原因")
        await page.get_by_text("不想等了", exact=True).click()
        await press(page, "记下，让他走")
        await outcome(page, "left")
        await scan(page, cards[1].text)
        assert "全部做完" in await outcome(page, "all_done")
        await press(page, "离开，记下")
        await outcome(page, "left")
        await turn_to(page, "总览")
        await expect(page.locator(".hall-overview h1")).to_contain_text("到了 2 人，名单上 3 人")
        await expect(page.locator(".hall-overview")).to_contain_text("步存在本机")
        await on(hall, tablet)
        people = await seen(field.world, hall.day)
        phases = {who: each.progress.phase for who, each in people.items()}
        assert phases == {
            ZHOU: Phase.LEFT, WU: Phase.FINISHED, ZHENG: Phase.EXPECTED,
        }  # fmt: skip
        assert WANG not in phases
