"""The pages on which a checkup day is prepared: what its own people do, what others may not see."""

import re

import httpx
import pytest

from server.actions.accounts import sessions
from tests.checkup_days import a_day, book, planned, row, taken, tell_now
from tests.console import CHEN, LU, MA, Desk, desk, text_of
from tests.world import HE, QIN, SU, WU, YANG, ZHENG, ZHOU, World, id_number

HERE = "/console/checkup"


@pytest.fixture
async def plan(world: World) -> World:
    await planned(world)
    return world


def form(**more: str) -> dict[str, object]:
    return {
        "on": "2026-11-27", "place": "青禾镇文化礼堂", "opens": "8:00", "closes": "10:00",
        "lead": SU.hex(), "minutes": "30", "capacity": "2", "stations": ["basic", "blood"], **more,
    }  # fmt: skip


async def made(qin: Desk, **more: str) -> str:
    """The address of a new day."""
    answer = await qin.post(f"{HERE}/new", form(**more))
    assert answer.status_code == 303, text_of(answer)
    return answer.headers["location"].partition("?")[0]


async def sent(qin: Desk, path: str, text: str) -> httpx.Response:
    return await qin.client.post(
        f"{path}/list", data={"csrf": sessions.csrf_of(qin.token)},
        files={"file": ("list.csv", text.encode())},
    )  # fmt: skip


async def test_from_nothing_to_a_day_that_residents_can_book(plan: World) -> None:
    async with desk(plan, QIN) as qin:
        empty = await qin.get(HERE)
        assert "还没有体检日" in text_of(empty)
        day = await made(qin)
        page = text_of(await qin.get(f"{day}?done=made"))
        assert "11月27日 周五，青禾镇文化礼堂， 名单还是空的" in page
        assert "4 个时段，8 个名额" in page
        early = await qin.post(f"{day}/state", to="ready")
        assert (early.status_code, "先请人" in text_of(early)) == (422, True)
        draw = text_of(await qin.get(f"{day}/draw"))
        assert "4 人" in draw
        look = await qin.post(f"{day}/draw", {"group": ["elder"], "act": "look"})
        assert "这样选是 2 人" in text_of(look)
        drawn = await qin.post(f"{day}/draw", {"group": ["elder"], "act": "invite"})
        assert "请上了 2 人" in text_of(await qin.get(drawn.headers["location"]))
        ready = await qin.post(f"{day}/state", to="ready")
        assert "10" in text_of(await qin.get(ready.headers["location"]))
        listed = text_of(await qin.get(HERE))
        assert "最近的体检日是11月27日 周五， 请了 2 人，约了 0 人" in listed
        assert "苏清明" in listed


async def test_every_fault_of_the_form_is_said_at_once(plan: World) -> None:
    async with desk(plan, QIN) as qin:
        answer = await qin.post(
            f"{HERE}/new",
            {**form(on="2026-11-01", place="", opens="25:00", lead=HE.hex(), capacity="0")},
        )
        said = text_of(answer)
        assert answer.status_code == 422
        for hint in ("日子不能早于今天", "地点", "24 小时", "请选负责医生", "每个时段几个人"):
            assert hint in said
        late = await qin.post(f"{HERE}/new", form(opens="10:00", closes="08:00"))
        assert "结束要晚于开始" in text_of(late)
        short = await qin.post(f"{HERE}/new", form(opens="08:00", closes="08:15"))
        assert "放不下一个时段" in text_of(short)


async def test_a_new_day_begins_as_the_last_one_was(plan: World) -> None:
    async with desk(plan, QIN) as qin:
        await a_day(plan)
        page = (await qin.get(f"{HERE}/new")).text
        assert 'value="青禾镇文化礼堂"' in page
        assert "名单上的 2 人也请来" in page
        answer = await qin.post(f"{HERE}/new", {**form(on="2026-12-04"), "again": "1"})
        assert "上次的 2 人已经请上" in text_of(await qin.get(answer.headers["location"]))


async def test_the_list_is_searched_filtered_and_undone(plan: World) -> None:
    day = await a_day(plan)
    await book(plan, ZHOU, day, 2)
    path = f"{HERE}/{day.hex()}"
    async with desk(plan, QIN) as qin:
        every = text_of(await qin.get(f"{path}/people"))
        assert "周谷雨" in every
        assert "1 人还没约时间" in every
        assert "A 001" in every
        free = text_of(await qin.get(f"{path}/people?slot=none"))
        assert "周谷雨" not in free
        assert "吴𠮷祥" in free
        found = await qin.post(f"{path}/people", q="周谷雨")
        assert "找到 1 人" in text_of(found)
        assert "周谷雨" not in str(found.url)
        removed = await qin.post(f"{path}/people/{ZHOU.hex()}/remove")
        page = await qin.get(removed.headers["location"])
        assert "移出了周谷雨，08:30 的时间空出来了" in text_of(page)
        assert await taken(plan, day) == [0, 0, 0, 0]
        back = await qin.post(f"{path}/people/{ZHOU.hex()}/back", was="2")
        assert "时间还是 08:30" in text_of(await qin.get(back.headers["location"]))
        assert await row(plan, day, ZHOU) == ("invited", 2, "A001")
        shown = await plan.rows("SELECT COUNT(*) FROM search_shown WHERE resident=?", ZHOU)
        assert shown[0][0] >= 3, "whom a page showed is written down"


async def test_somebody_who_is_not_on_the_list_is_found_and_put_on_it(plan: World) -> None:
    day = await a_day(plan)
    path = f"{HERE}/{day.hex()}"
    async with desk(plan, QIN) as qin:
        found = await qin.post(f"{path}/people", q=id_number(ZHENG))
        assert "郑㛃" in text_of(found)
        added = await qin.post(f"{path}/add", who=ZHENG.hex())
        page = text_of(await qin.get(added.headers["location"]))
        assert "郑㛃请上了" in page
        stranger = await qin.post(f"{path}/people", q=id_number(YANG))
        assert "当天到现场登记" in text_of(stranger)
        assert "杨白露" not in stranger.text
        assert (await qin.post(f"{path}/add", who=YANG.hex())).status_code == 422


async def test_a_slot_and_stations_of_one_person_are_chosen_by_staff(plan: World) -> None:
    day = await a_day(plan, capacity=1)
    await book(plan, WU, day, 1)
    one = f"{HERE}/{day.hex()}/people/{ZHOU.hex()}"
    async with desk(plan, QIN) as qin:
        assert "满了" in text_of(await qin.get(one))
        full = await qin.post(f"{one}/slot", slot="1", act="book")
        assert (full.status_code, "刚刚满了" in text_of(full)) == (422, True)
        done = await qin.post(f"{one}/slot", slot="3", act="book")
        assert "约好了 09:00，序号 A 002" in text_of(await qin.get(done.headers["location"]))
        await qin.post(f"{one}/slot", act="unbook")
        assert (await row(plan, day, ZHOU))[1] is None
        await qin.post(f"{one}/stations", {"stations": ["basic", "ecg"]})
        assert await plan.one("SELECT route FROM checkup_person WHERE who=?", ZHOU) == (
            '["basic","ecg"]'
        )
        assert (await qin.post(f"{one}/stations", {"stations": ["nowhere"]})).status_code == 422


async def test_a_list_from_a_file_is_looked_at_before_anything_is_written(plan: World) -> None:
    day = await a_day(plan)
    path = f"{HERE}/{day.hex()}"
    async with desk(plan, QIN) as qin:
        template = await qin.get(f"{path}/list/template.csv")
        assert template.headers["content-type"].startswith("text/csv")
        bad = await sent(qin, path, f"证件号码\n{id_number(ZHENG)}\n{id_number(YANG)}\n")
        faults = await qin.get(bad.headers["location"])
        assert faults.status_code == 422
        assert "1 处要改， 一个人也没有请" in text_of(faults)
        assert await plan.rows("SELECT 1 FROM checkup_person WHERE who=?", ZHENG) == []
        good = await sent(qin, path, f"证件号码,时段\n{id_number(ZHENG)},9:00\n")
        look = await qin.get(good.headers["location"])
        assert "要请 1 人" in text_of(look)
        assert await plan.rows("SELECT 1 FROM checkup_person WHERE who=?", ZHENG) == []
        taken_over = await qin.post(f"{good.headers['location']}/take")
        said = text_of(await qin.get(taken_over.headers["location"]))
        assert "名单里的 1 人请上了，其中 1 人排了时间" in said
        assert (await row(plan, day, ZHENG))[:2] == ("invited", 3)


async def test_a_day_is_called_off_and_taken_back_on_its_page(plan: World) -> None:
    day = await a_day(plan)
    await tell_now(plan)
    path = f"{HERE}/{day.hex()}"
    async with desk(plan, QIN) as qin:
        off = await qin.post(f"{path}/state", to="cancelled")
        page = await qin.get(off.headers["location"])
        assert "撤回取消" in text_of(page)
        await qin.post(f"{path}/state", to="undo")
        assert await plan.one("SELECT state FROM checkup_day WHERE day=?", day) == "ready"


async def test_slots_and_tablets_are_set_on_the_page_of_the_day(plan: World) -> None:
    day = await a_day(plan)
    path = f"{HERE}/{day.hex()}"
    device = (await plan.one("SELECT device FROM device")).hex()
    async with desk(plan, QIN) as qin:
        await qin.post(f"{path}/slots", c1="5", c2="0", start="10:00", end="10:30", room="4")
        assert await plan.rows(
            "SELECT slot, capacity FROM checkup_slot WHERE day=? ORDER BY slot", day
        ) == [(1, 5), (3, 2), (4, 2), (5, 4)]
        for wrong in ({"c1": "x"}, {"start": "10:00"}, {"start": "9:99", "end": "1", "room": "1"}):
            assert (await qin.post(f"{path}/slots", wrong)).status_code == 422
        await qin.post(f"{path}/tablets", {"device": [device]})
        assert f'value="{device}" checked' in (await qin.get(path)).text
        assert await plan.one("SELECT COUNT(*) FROM checkup_tablet WHERE day=?", day) == 1
        await qin.post(f"{path}/tablets")
        assert await plan.one("SELECT COUNT(*) FROM checkup_tablet WHERE day=?", day) == 0


async def test_who_has_no_time_gets_one_with_one_press_and_back_with_another(plan: World) -> None:
    day = await a_day(plan)
    path = f"{HERE}/{day.hex()}"
    async with desk(plan, QIN) as qin:
        assert "给没约的 2 人排时间" in text_of(await qin.get(path))
        done = await qin.post(f"{path}/spread")
        page = await qin.get(done.headers["location"])
        assert "给 2 人排了时间" in text_of(page)
        assert await taken(plan, day) == [2, 0, 0, 0]
        (at,) = re.findall('name="at" value="([0-9]+)"', page.text)
        await qin.post(f"{path}/spread", at=at)
        assert await taken(plan, day) == [0, 0, 0, 0]


async def test_another_facility_opens_nothing_and_the_county_sees_numbers(plan: World) -> None:
    day = await a_day(plan)
    path = f"{HERE}/{day.hex()}"
    one = f"/people/{ZHOU.hex()}"
    pages = ("", "/people", "/draw", "/list", "/edit", one, "/list/template.csv")
    async with desk(plan, HE) as he:
        for each in pages:
            assert (await he.get(f"{path}{each}")).status_code == 403, each
        typed = {"who": ZHOU.hex(), "to": "cancelled", "act": "invite", "group": "elder"}
        for each in ("/slots", "/tablets", "/state", "/spread", "/add", "/draw", f"{one}/remove"):
            assert (await he.post(f"{path}{each}", typed)).status_code == 403, each
        assert "周谷雨" not in (await he.get(HERE)).text
    async with desk(plan, CHEN) as chen:
        page = text_of(await chen.get(path))
        assert "请了 2 人" in page
        assert "保存时段" not in page
        for each in pages[1:]:
            assert (await chen.get(f"{path}{each}")).status_code == 403, each
        assert "青禾镇卫生院" in text_of(await chen.get(HERE))
    for who in (MA, LU):
        async with desk(plan, who) as other:
            assert (await other.get(HERE)).status_code == 403


async def test_a_thousand_people_are_shown_a_page_at_a_time(plan: World) -> None:
    day = await a_day(plan)
    first = await plan.rows("SELECT * FROM checkup_person WHERE who=?", ZHOU)
    guests = [
        (*first[0][:2], bytes([7]) * 14 + n.to_bytes(2), 100 + n, "guest", *first[0][5:])
        for n in range(1000)
    ]
    await plan.store.write(lambda tx: tx.insert("checkup_person", guests))
    path = f"{HERE}/{day.hex()}/people"
    async with desk(plan, QIN) as qin:
        page = await qin.get(path)
        assert "第 1 页，共 11 页，1,002 人" in text_of(page)
        assert len(re.findall("<tr data-href", page.text)) == 100
        last = await qin.get(f"{path}?page=11")
        assert len(re.findall("<tr data-href", last.text)) == 2
