"""Forms at a desk: saved as a tablet saves them, once, with nothing typed lost."""

import re
from collections.abc import AsyncIterator
from html import escape

import pytest

from server.actions.archives import afterwork
from server.console.archive_new import NEW_FIELDS
from server.console.desk_form import DO, SURE, typed_from
from server.records.kinds import everything, may_fill_in
from server.records.model import Shape
from server.rules.accounts import IDLE_MINUTES
from sync import wire
from tests.console import Desk, desk, offices, session_of, text_of
from tests.desk_page import HTN, everything_typed, fill, hidden, page_of
from tests.world import (
    DISTRICT,
    HE,
    NAMES,
    QIN,
    QINGHE,
    SU,
    TEAM_A,
    TEAM_B,
    YANG,
    ZHOU,
    World,
    basics,
    check_digit,
    field,
    id_number,
)


@pytest.fixture
async def su(world: World) -> AsyncIterator[Desk]:
    await offices(world)
    await afterwork.catch_up(world.site)
    async with desk(world, SU) as made:
        yield made


async def test_every_form_of_the_catalogue_is_drawn_for_who_may_read_it_back(
    su: Desk, world: World
) -> None:
    async def drawn() -> dict[str, int]:
        shown: dict[str, int] = {}
        for kind in everything():
            page = await su.get(page_of(ZHOU, f"/form/{kind.id}"))
            shown[kind.id] = page.status_code
            if page.status_code == 200 and kind.shape is Shape.EVENT:
                missing = [
                    each.label for each in kind.fields if escape(each.label) not in page.text
                ]
                assert missing == [], kind.id
        return shown

    set_ = "UPDATE staff SET restricted=? WHERE staff=?"
    await world.store.write(lambda tx: tx.run(set_, True, SU))
    may = {"A", "B"}
    assert await drawn() == {k.id: 200 if may_fill_in(k, may) else 403 for k in everything()}
    await world.store.write(lambda tx: tx.run(set_, False, SU))
    await world.store.write(lambda tx: tx.run("UPDATE staff SET role='desk' WHERE staff=?", SU))
    assert await drawn() == {k.id: 200 if may_fill_in(k, "A") else 403 for k in everything()}


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


async def test_the_day_stands_first_and_an_index_is_not_asked_where_the_weight_is_missing(
    su: Desk,
) -> None:
    said = text_of(await fill(su, ZHOU, service_day="", weight="", bmi="", sbp=""))
    assert "请填写体重" in said
    assert "请填写体质指数" not in said
    assert said.index("请填写服务日期") < said.index("请填写收缩压")


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


async def test_who_is_not_sent_is_asked_for_the_reason_alone(su: Desk) -> None:
    done = await fill(su, ZHOU)
    visit = done.headers["location"].rpartition("/")[2]
    form = page_of(ZHOU, "/form/referral")
    page = await su.get(f"{form}?answers={visit}&direction=4")
    assert '<h1><span class="mark">不转诊，写明原因</span></h1>' in page.text
    assert "没有结果的原因" in text_of(page)
    assert "转入机构" not in text_of(page)
    assert "所答复的转诊单" not in text_of(page)
    seen = ("change", "direction", "answers", "from_org")
    typed = {name: hidden(page, name) for name in seen}
    saved = await su.post(form, {**typed, "service_day": "2026-11-20", "ended": "1"})
    assert saved.status_code == 303, text_of(saved)


async def test_an_edit_carries_what_its_author_saw_so_a_tablets_edit_makes_a_conflict(
    su: Desk, world: World
) -> None:
    tablet = await field(world, "07", restricted=True)
    await tablet.settle()
    page = await su.get(page_of(ZHOU, "/form/basic_info"))
    assert id_number(ZHOU) not in page.text
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


async def test_an_address_is_one_of_the_own_villages_or_a_code(su: Desk, world: World) -> None:
    area = (DISTRICT, "371002101203", "河西村", QINGHE, None)
    await world.store.write(lambda tx: tx.insert("service_area", [area]))
    page = await su.get("/console/archive/new")
    assert "河西村 371002101203" in page.text
    sexes = re.findall(r'name="sex" value="(.)"', page.text)
    assert sexes[:2] == ["1", "2"]
    number = "37100219550312008"
    body = {**basics(ZHOU), "name": "陈小寒", "id_no": number + check_digit(number)}
    typed = {**typed_from(NEW_FIELDS, body), "panel": TEAM_A.hex()}
    wrong = await su.post("/console/archive/new", {**typed, "address_region_other": "河西"})
    assert wrong.status_code == 422
    assert 'name="address_region_other" inputmode="numeric" autocomplete="off" value="河西"' in (
        wrong.text
    )
    done = await su.post("/console/archive/new", {**typed, "address_region_other": "371003101203"})
    assert "371003101203" in text_of(await su.get(done.headers["location"]))


async def test_somebody_who_has_died_is_said_so_and_a_late_record_is_taken(
    su: Desk, world: World
) -> None:
    await world.store.write(
        lambda tx: tx.run("UPDATE resident SET status='dead' WHERE resident=?", ZHOU)
    )
    await world.store.write(
        lambda tx: tx.run("UPDATE resident_card SET status='dead' WHERE resident=?", ZHOU)
    )
    page = await su.get(page_of(ZHOU, "/form/htn_followup"))
    assert "已登记去世，这份记录只能补记去世以前的服务" in text_of(page)
    assert (await fill(su, ZHOU)).status_code == 303
    for rest in ("", "/life", "/switch"):
        assert "已登记去世" in text_of(await su.get(page_of(ZHOU, rest))), rest


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
