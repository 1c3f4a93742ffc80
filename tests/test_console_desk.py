"""Residents at a desk: found, opened with a reason, written for; nothing typed is lost."""

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from server.actions import afterwork
from server.console.archive_new import NEW_FIELDS
from server.console.desk_form import DO, SERVICE_DAY, SURE, typed_from
from server.records.kinds import everything
from server.records.model import Shape
from server.rules.accounts import IDLE_MINUTES
from sync import wire
from tests.console import CHEN, LU, MA, Desk, desk, offices, session_of, text_of
from tests.world import (
    HE,
    NAMES,
    QIN,
    SU,
    TEAM_A,
    TEAM_B,
    WANG,
    WU,
    YANG,
    ZHENG,
    ZHOU,
    World,
    basics,
    check_digit,
    field,
    id_number,
)

HTN = {
    "mode": "2", "symptoms": ["1"], "sbp": "138", "dbp": "84", "weight": "70.5",
    "weight_target": "68", "bmi": "24.8", "bmi_target": "23.9", "heart_rate": "76",
    "smoke_now": "10", "smoke_target": "5", "drink_now": "1.5", "drink_target": "1",
    "exercise_freq_now": "3", "exercise_min_now": "30", "exercise_freq_target": "5",
    "exercise_min_target": "30", "salt_now": "2", "salt_target": "1", "psych": "1",
    "compliance": "1", "med_adherence": "1", "adr": "1", "class": "1",
    "next_date": "2027-02-18", "doctor": SU.hex(), SERVICE_DAY: "2026-11-20",
    "meds.0.name": "氨氯地平", "meds.0.times_per_day": "1", "meds.0.dose": "5mg",
}  # fmt: skip


@pytest.fixture
async def su(world: World) -> AsyncIterator[Desk]:
    await offices(world)
    await afterwork.catch_up(world.site)
    async with desk(world, SU) as made:
        yield made


async def found(who: Desk, query: str) -> str:
    return text_of(await who.post("/console/people", q=query))


def page_of(who: bytes, rest: str = "") -> str:
    return f"/console/archive/{who.hex()}{rest}"


def hidden(page: httpx.Response, name: str) -> str:
    match = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert match, name
    return match[1].replace("&#34;", '"').replace("&amp;", "&")


async def fill(who: Desk, resident: bytes, **changes: Any) -> httpx.Response:
    """Opens the follow-up and sends it filled in."""
    page = await who.get(page_of(resident, "/form/htn_followup"))
    typed = {**HTN, "change": hidden(page, "change"), **changes}
    return await who.post(page_of(resident, "/form/htn_followup"), typed)


SEARCHES = (
    ("谷雨", ZHOU), ("zgy", ZHOU), ("ZGY 1955", ZHOU), ("𠮷", WU), ("㛃", ZHENG), ("䶮", WANG),
    ("女 0046", ZHENG), ("1002", ZHENG), ("19480000", None), ("白露", None), ("371002", None),
    ("wjx", WU), ("1948-11", None),
)  # fmt: skip


async def test_a_search_finds_who_is_meant_in_the_own_facility_only(su: Desk) -> None:
    for query, who in SEARCHES:
        page = await found(su, query)
        shown = {name for name in NAMES.values() if name in page}
        assert shown == ({NAMES[who]} if who else set()), query


async def test_a_whole_number_opens_at_once_and_elsewhere_nothing_is_said(
    su: Desk, world: World
) -> None:
    answer = await su.post("/console/people", q=id_number(ZHOU))
    assert (answer.status_code, answer.headers["location"]) == (303, page_of(ZHOU))
    answer = await su.post("/console/people", q="37100200100100001")
    assert answer.headers["location"] == page_of(ZHOU)
    theirs = await found(su, id_number(YANG))
    nobodys = await found(su, "110101199003070011")
    assert theirs.replace(id_number(YANG), "") == nobodys.replace("110101199003070011", "")
    rows = await world.rows("SELECT how, shown FROM search ORDER BY search")
    assert rows == [("number", 1), ("archive", 1), ("number", 0), ("number", 0)]


async def test_every_search_is_written_down_with_whom_it_showed_and_no_word_in_clear(
    su: Desk, world: World
) -> None:
    await su.post("/console/people", q="周谷")
    assert await world.rows("SELECT resident FROM search_shown") == [(ZHOU,)]
    for (sealed,) in await world.rows("SELECT sealed FROM search"):
        assert "周".encode() not in bytes(sealed)


async def test_a_search_follows_a_changed_name_a_new_card_and_one_who_left(
    su: Desk, world: World
) -> None:
    assert NAMES[ZHENG] in await found(su, "zj")
    await world.store.write(
        lambda tx: tx.run(
            "UPDATE resident SET facility=(SELECT facility FROM panel WHERE panel=?), panel=? "
            "WHERE resident=?", TEAM_B, TEAM_B, ZHENG,
        )
    )  # fmt: skip
    await world.store.write(
        lambda tx: tx.insert("touched", [(1, ZHENG, world.clock())], ignore=True)
    )
    await afterwork.catch_up(world.site)
    assert NAMES[ZHENG] not in await found(su, "zj")


async def test_the_county_and_strangers_find_nobody_by_words(su: Desk, world: World) -> None:
    assert NAMES[ZHOU] in await found(su, "zgy")
    async with desk(world, CHEN) as chen:
        assert NAMES[ZHOU] not in await found(chen, "zgy")
    for other in (LU, MA):
        async with desk(world, other) as made:
            assert (await made.get("/console/people")).status_code == 403
            assert (await made.get(page_of(ZHOU))).status_code == 403


async def test_an_archive_shows_whose_it_is_and_what_never_scrolls_away(
    su: Desk, world: World
) -> None:
    tablet = await field(world, "07", restricted=True)
    await tablet.settle()
    edits = {"drug_allergy/2": True, "drug_allergy/1": False}
    tablet.tablet.save_edit(ZHOU, edits, "2026-11-20")
    await tablet.settle()
    page = await su.get(page_of(ZHOU))
    text = text_of(page)
    for said in ("周谷雨", "71岁", "青霉素过敏", "导入，未签名", "血压 138/84", "07", "本人团队"):
        assert said in text
    assert id_number(ZHOU) not in page.text


async def test_outside_the_own_panel_the_page_asks_why_and_shows_nothing_before(su: Desk) -> None:
    page = await su.get(page_of(WANG))
    assert page.status_code == 403
    assert "请先说明为什么" in text_of(page)
    assert NAMES[WANG] not in page.text
    wrong = await su.post(page_of(WANG, "/open"), purpose="service", reason="")
    assert wrong.status_code == 422
    done = await su.post(page_of(WANG, "/open"), purpose="service", reason="代班随访")
    assert done.headers["location"] == page_of(WANG)
    assert NAMES[WANG] in (await su.get(page_of(WANG))).text


async def test_another_facilitys_ids_open_nothing_anywhere(su: Desk) -> None:
    paths = ("", "/form/htn_followup", "/form/basic_info", f"/saved/{ZHOU.hex()}")
    for who in (YANG, SU):
        for rest in paths:
            assert (await su.get(page_of(who, rest))).status_code == 403
        for rest in ("/open", "/form/htn_followup", f"/void/{ZHOU.hex()}"):
            sent = await su.post(page_of(who, rest), purpose="service", reason="看看")
            assert sent.status_code in (403, 422)
            assert NAMES[YANG] not in sent.text
    assert (await su.get("/console/archive/zz")).status_code == 403
    assert (await su.get(page_of(ZHOU, "/form/no_such"))).status_code == 403


async def test_every_form_of_the_catalogue_is_drawn_with_all_its_fields(su: Desk) -> None:
    for kind in everything():
        page = await su.get(page_of(ZHOU, f"/form/{kind.id}"))
        assert page.status_code == 200, kind.id
        if kind.shape is Shape.EVENT:
            missing = [f.label for f in kind.fields if f.label not in page.text]
            assert missing == [], kind.id


async def test_a_filled_in_form_is_saved_with_a_receipt_and_reaches_the_tablet(
    su: Desk, world: World
) -> None:
    tablet = await field(world, "07", restricted=True)
    await tablet.settle()
    done = await fill(su, ZHOU)
    assert done.status_code == 303, text_of(done)
    await tablet.settle()
    saved = bytes.fromhex(done.headers["location"].rpartition("/")[2])
    events = tablet.tablet.archive.events(ZHOU)
    assert saved in {wire.change(each.change).id for each in events}
    page = text_of(await su.get(done.headers["location"]))
    assert "收到了" in page
    assert "青禾镇卫生院" in page
    number = re.findall(r"(?:[0-9a-f]{8} ){3}[0-9a-f]{8}", page)[0]
    answer = await su.post("/console/people", q=number)
    assert answer.headers["location"] == page_of(ZHOU)


async def test_all_faults_stand_at_once_and_what_was_typed_stays(su: Desk) -> None:
    page = await fill(su, ZHOU, sbp="400", weight="", **{"meds.0.name": ""})
    assert page.status_code == 422
    text = text_of(page)
    for said in ("收缩压应在 60 到 260", "请填写体重", "请填写药物名称"):
        assert text.count(said) == 2, said
    assert 'value="400"' in page.text
    assert 'value="5mg"' in page.text


async def test_a_rare_value_is_saved_after_one_tick_for_just_that_question(su: Desk) -> None:
    rare = {"weight": "151"}
    asked = await fill(su, ZHOU, **rare)
    assert asked.status_code == 422
    assert "数值没有错，照这样保存" in text_of(asked)
    change, mark = hidden(asked, "change"), hidden(asked, SURE)
    other = await su.post(
        page_of(ZHOU, "/form/htn_followup"),
        {**HTN, **rare, "heart_rate": "131", "change": change, SURE: mark},
    )
    assert other.status_code == 422
    done = await su.post(
        page_of(ZHOU, "/form/htn_followup"), {**HTN, **rare, "change": change, SURE: mark}
    )
    assert done.status_code == 303


async def test_rows_of_a_list_come_and_go_without_a_script(su: Desk, world: World) -> None:
    page = await fill(su, ZHOU, **{DO: "add:meds"})
    assert page.status_code == 200
    assert 'name="meds.1.name"' in page.text
    assert 'value="氨氯地平"' in page.text
    page = await fill(su, ZHOU, **{DO: "drop:meds:0"})
    assert 'name="meds.0.name"' not in page.text
    assert await world.one("SELECT COUNT(*) FROM desk_change") == 0


async def test_a_second_press_saves_nothing_twice_and_back_and_change_is_said(
    su: Desk, world: World
) -> None:
    page = await su.get(page_of(ZHOU, "/form/htn_followup"))
    typed = {**HTN, "change": hidden(page, "change")}
    first = await su.post(page_of(ZHOU, "/form/htn_followup"), typed)
    second = await su.post(page_of(ZHOU, "/form/htn_followup"), typed)
    assert first.headers["location"] == second.headers["location"]
    assert await world.one("SELECT COUNT(*) FROM desk_change") == 1
    third = await su.post(page_of(ZHOU, "/form/htn_followup"), {**typed, "sbp": "144"})
    assert third.status_code == 409
    assert 'value="144"' in third.text


async def test_what_was_typed_survives_a_session_that_ran_out_and_is_saved_once(
    su: Desk, world: World
) -> None:
    page = await su.get(page_of(ZHOU, "/form/htn_followup"))
    typed = {**HTN, "change": hidden(page, "change")}
    world.clock.pass_(minutes=IDLE_MINUTES + 1)
    kept = await su.post(page_of(ZHOU, "/form/htn_followup"), typed)
    assert kept.headers["location"].endswith("why=kept")
    su.token = await session_of(world, SU)
    for _ in range(2):
        done = await su.post(page_of(ZHOU, "/form/htn_followup"), typed)
        assert done.status_code == 303
    assert await world.one("SELECT COUNT(*) FROM desk_change") == 1


async def test_the_last_value_stands_beside_the_field_and_targets_are_taken_over(su: Desk) -> None:
    page = await su.get(page_of(ZHOU, "/form/htn_followup"))
    assert "上次 138" in text_of(page)
    assert re.search(r'name="weight_target"[^>]*value="68.0"', page.text)
    assert re.search(r'name="weight"[^>]*value=""', page.text)
    assert "硝苯地平缓释片" in page.text


async def test_an_edit_carries_what_its_author_saw_so_a_tablets_edit_makes_a_conflict(
    su: Desk, world: World
) -> None:
    tablet = await field(world, "07", restricted=True)
    await tablet.settle()
    page = await su.get(page_of(ZHOU, "/form/basic_info"))
    typed = everything_typed(page)
    tablet.tablet.save_edit(ZHOU, {"blood_abo": "1", "marital": "3"}, "2026-11-20")
    await tablet.settle()
    done = await su.post(
        page_of(ZHOU, "/form/basic_info"), {**typed, "blood_abo": "2", "work_unit": "青禾镇小学"}
    )
    assert done.status_code == 303, text_of(done)
    assert "数据冲突" in text_of(await su.get(done.headers["location"]))
    text = text_of(await su.get(page_of(ZHOU)))
    for said in ("血型，说法不一样", "A 型", "B 型", "先按这个用：不详", "青禾镇小学", "丧偶"):
        assert said in text
    untouched = everything_typed(await su.get(page_of(ZHOU, "/form/basic_info")))
    same = await su.post(page_of(ZHOU, "/form/basic_info"), untouched)
    assert same.status_code == 422
    assert "还没有改动任何一项" in text_of(same)


def everything_typed(page: httpx.Response) -> dict[str, Any]:
    """The form as a browser would send it back, nothing touched."""
    form = page.text.partition('class="form desk-form"')[2].partition("</form>")[0]
    typed: dict[str, list[str]] = {}
    for tag in re.findall(r"<input [^>]*>", form):
        name = re.search(r'name="([^"]+)"', tag)
        value = re.search(r'value="([^"]*)"', tag)
        ticked = 'type="radio"' not in tag and 'type="checkbox"' not in tag
        if name and name[1] != "csrf" and (ticked or " checked" in tag):
            plain = (value[1] if value else "").replace("&#34;", '"').replace("&amp;", "&")
            typed.setdefault(name[1], []).append(plain)
    for name, inside in re.findall(
        r'<select id="[^"]*" name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL
    ):
        chosen = re.search(r'value="([^"]*)" selected', inside)
        typed[name] = [chosen[1] if chosen else ""]
    for name, text in re.findall(
        r'<textarea [^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', form, re.DOTALL
    ):
        typed[name] = [text]
    return typed


async def test_an_own_record_is_corrected_and_taken_back(su: Desk, world: World) -> None:
    done = await fill(su, ZHOU)
    record = done.headers["location"].rpartition("/")[2]
    page = await su.get(page_of(ZHOU, f"/form/htn_followup?amends={record}"))
    typed = {**HTN, "change": hidden(page, "change"), "amends": record, "sbp": "142"}
    fixed = await su.post(page_of(ZHOU, "/form/htn_followup"), typed)
    assert fixed.status_code == 303
    assert "已有更正" in text_of(await su.get(page_of(ZHOU)))
    again = fixed.headers["location"].rpartition("/")[2]
    for _ in range(2):
        void = await su.post(page_of(ZHOU, f"/void/{again}"), reason="量的是别人")
        assert void.status_code == 303
    assert "已撤回：量的是别人" in text_of(await su.get(page_of(ZHOU)))
    assert await world.one("SELECT COUNT(*) FROM desk_change") == 3


async def test_a_guest_is_served_with_the_document_seen_and_the_own_team_gets_it(
    su: Desk, world: World
) -> None:
    he = await field(world, "31", staff=HE, panels=(TEAM_B,))
    await he.settle()
    asked = {"number": id_number(YANG), "purpose": "service", "reason": "来看病"}
    shut = await su.post("/console/guest", asked)
    assert shut.status_code == 422
    assert NAMES[YANG] not in shut.text
    opened = await su.post("/console/guest", {**asked, "present": "1"})
    assert opened.headers["location"] == page_of(YANG)
    page = await su.get(page_of(YANG))
    assert NAMES[YANG] in page.text
    assert "改基本信息" not in text_of(page)
    done = await fill(su, YANG)
    text = text_of(await su.get(done.headers["location"]))
    assert "青禾镇卫生院" in text
    assert "柳湾社区中心" in text
    await he.settle()
    assert len(he.tablet.archive.events(YANG)) == 1
    world.clock.pass_(minutes=31)
    su.token = await session_of(world, SU)
    assert (await su.get(page_of(YANG))).status_code == 403


async def test_a_new_archive_gets_a_number_and_reaches_the_teams_tablet(
    su: Desk, world: World
) -> None:
    tablet = await field(world, "07", restricted=True)
    await tablet.settle()
    number = "37100219550312004"
    body = {**basics(ZHOU), "name": "陈小雪", "id_no": number + check_digit(number)}
    typed = {**typed_from(NEW_FIELDS, body), "panel": TEAM_A.hex()}
    done = await su.post("/console/archive/new", typed)
    assert done.status_code == 303, text_of(done)
    assert "陈小雪" in text_of(await su.get(done.headers["location"]))
    await tablet.settle()
    made = bytes.fromhex(done.headers["location"].rpartition("/")[2])
    assert "name" in tablet.tablet.archive.cells(made)
    again = await su.post("/console/archive/new", typed)
    assert again.status_code == 409
    assert made.hex() in again.text


async def test_a_new_archive_without_a_team_waits_for_one(su: Desk, world: World) -> None:
    number = "37100219550312006"
    body = {**basics(ZHOU), "name": "陈大雪", "id_no": number + check_digit(number)}
    done = await su.post("/console/archive/new", typed_from(NEW_FIELDS, body))
    made = bytes.fromhex(done.headers["location"].rpartition("/")[2])
    assert await world.rows("SELECT subject FROM task WHERE kind='unassigned'") == [(made,)]


async def test_somebody_without_a_panel_works_with_a_reason(su: Desk, world: World) -> None:
    assert (await su.get(page_of(ZHOU))).status_code == 200
    async with desk(world, QIN) as qin:
        page = await qin.get(page_of(ZHOU, "/form/htn_followup"))
        assert page.status_code == 403
        await qin.post(page_of(ZHOU, "/open"), purpose="service", reason="代录随访")
        assert (await fill(qin, ZHOU)).status_code == 303
        world.clock.pass_(minutes=31)
        qin.token = await session_of(world, QIN)
        late = await qin.post(page_of(ZHOU, "/form/htn_followup"), {**HTN, "change": "00" * 16})
        assert late.status_code == 403
        assert 'value="138"' in late.text
        sent = {**HTN, "change": "00" * 16, "purpose": "service", "reason": "代录随访"}
        assert (await qin.post(page_of(ZHOU, "/form/htn_followup"), sent)).status_code == 303
