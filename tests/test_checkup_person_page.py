"""At a desk of a checkup day: somebody is found, signed in, ticked; an alarm is acted on."""

import json
import re
from typing import Any

import httpx
import pytest

from server.actions.checkup import alarms, codes, day_person
from server.actions.checkup.desk_steps import save_step
from server.actions.checkup.hall import Noted
from server.actions.checkup.people import PersonOnDay, people_of
from server.actions.checkup.taking import take
from server.errors import NotYours
from server.store.ids import new_id
from sync.hall import PART, SHEET, Phase
from tests.checkup_days import TODAY, a_day, planned
from tests.checkup_days import desk as signed_in
from tests.console import TIAN, Desk, desk, hire, text_of
from tests.test_checkup_lab_rules import number
from tests.world import HE, QIN, QINGHE, SU, WANG, WU, YANG, ZHENG, ZHOU, World, an_id, id_number


@pytest.fixture
async def day(world: World) -> bytes:
    await planned(world)
    await hire(world, SU, "苏清明", role="doctor", facility=QINGHE)
    return await a_day(world, on=TODAY)


async def person(world: World, day: bytes, who: bytes = ZHOU) -> PersonOnDay:
    (found,) = await world.store.read(lambda tx: people_of(tx, world.site, day, [who]))
    return found


def path(day: bytes, who: bytes = ZHOU) -> str:
    return f"/console/checkup/{day.hex()}/person/{who.hex()}"


async def write_part(world: World, day: bytes, who: bytes = ZHOU, **values: Any) -> None:
    body = {"station": "basic", "mark": "1", "form": "health_check", "v": 1,
            "values": json.dumps(values)}  # fmt: skip
    await save_step(world.site, await signed_in(world), day, who, PART, body)


async def find(at: Desk, day: bytes, query: str) -> httpx.Response:
    return await at.post(f"/console/checkup/{day.hex()}/find", q=query)


async def test_somebody_signs_in_at_the_desk_once_however_often_it_is_pressed(
    world: World, day: bytes
) -> None:
    change = new_id(world.clock()).hex()
    async with desk(world, QIN) as at:
        for _ in range(2):
            assert (await at.post(f"{path(day)}/check-in", change=change)).status_code == 303
        text = text_of(await at.get(path(day)))
    found = await person(world, day)
    assert (found.progress.phase, found.progress.doubled) == (Phase.REGISTERED, 0)
    assert found.progress.ticket == "A001"
    assert "A 001" in text
    assert "还差" in text


async def test_who_stands_on_no_list_is_found_by_number_and_signed_in(
    world: World, day: bytes
) -> None:
    async with desk(world, QIN) as at:
        text = text_of(await find(at, day, id_number(ZHENG)))
        assert "不在今天的名单上" in text
        change = new_id(world.clock()).hex()
        await at.post(f"{path(day, ZHENG)}/check-in", change=change)
        assert (await find(at, day, id_number(ZHENG))).headers["location"] == path(day, ZHENG)
        assert "没有找到" in text_of(await find(at, day, id_number(YANG)))
    assert (await person(world, day, ZHENG)).progress.phase is Phase.REGISTERED


async def test_somebody_is_found_by_ticket_tail_and_name(world: World, day: bytes) -> None:
    signed = await signed_in(world)
    await day_person.check_in(world.site, signed, day, ZHOU, new_id(world.clock()))
    async with desk(world, QIN) as at:
        for query in ("A001", "a 1", "Ａ００１", id_number(ZHOU)[-4:], "周谷雨", "周谷"):
            answer = await find(at, day, query)
            assert (answer.status_code, answer.headers.get("location")) == (303, path(day)), query
        for query in ("B001", "0000", "没有的人", "", "' OR 1=1 --", "123456789012"):
            answer = await find(at, day, query)
            assert (answer.status_code, "没有找到" in answer.text) == (200, True), query


async def test_stations_are_ticked_left_out_with_a_reason_and_taken_back(
    world: World, day: bytes
) -> None:
    async with desk(world, QIN) as at:

        async def tick(station: str, mark: str, why: str = "") -> int:
            change = new_id(world.clock()).hex()
            answer = await at.post(
                f"{path(day)}/tick", change=change, station=station, mark=mark, why=why
            )
            return answer.status_code

        assert await tick("basic", "1") == 303
        assert await tick("ecg", "2") == 422
        assert await tick("ecg", "2", "装了起搏器，在医院做") == 303
        assert await tick("nowhere", "1") == 403
        found = await person(world, day)
        assert {"basic", "ecg"}.isdisjoint(found.progress.missing)
        assert "装了起搏器" in text_of(await at.get(path(day)))
        assert await tick("basic", "3") == 303
        assert "basic" in (await person(world, day)).progress.missing
        await at.post(f"{path(day)}/leave", change=new_id(world.clock()).hex())
    assert (await person(world, day)).progress.phase is Phase.LEFT


async def test_late_results_are_entered_in_the_stations_own_form(world: World, day: bytes) -> None:
    here = f"{path(day)}/late/blood/health_check"
    async with desk(world, QIN) as at:
        form = await at.get(here)
        assert form.status_code == 200, text_of(form)
        assert 'name="fpg"' in form.text
        assert 'name="height"' not in form.text
        change = re.search(r'name="change" value="([0-9a-f]{32})"', form.text)
        assert change is not None
        wrong = await at.post(here, change=change[1], fpg="99", hb="abc")
        assert wrong.status_code == 422
        assert wrong.text.count('class="fault"') == 2, "every fault at once"
        saved = await at.post(here, change=change[1], fpg="6.2", hb="131")
        assert (saved.status_code, saved.headers["location"]) == (303, path(day)), saved.text
        again = await at.get(here)
        assert 'value="6.20"' in again.text
    assert "blood" not in (await person(world, day)).progress.missing
    assert await world.rows("SELECT 1 FROM access_log WHERE resident=? AND staff=?", ZHOU, QIN)


async def test_a_rare_value_asks_to_be_looked_at_again(world: World, day: bytes) -> None:
    here = f"{path(day)}/late/blood/health_check"
    async with desk(world, QIN) as at:
        change = new_id(world.clock()).hex()
        asked = await at.post(here, change=change, hb="60.0")
        assert asked.status_code == 422
        mark = re.search(r'name="asked" value="(\w+)"', asked.text)
        assert mark is not None
        sure = await at.post(here, change=change, hb="60.0", sure=mark[1])
        assert sure.status_code == 303


async def test_a_critical_value_stays_open_until_a_doctor_acted(world: World, day: bytes) -> None:
    await write_part(world, day, bp_l_sys=196, bp_l_dia=88)
    listing = f"/console/checkup/{day.hex()}/alarms"
    async with desk(world, QIN) as at:
        seen = await at.get(listing)
        assert "周谷雨" in seen.text
        assert "196" not in text_of(seen)
        assert "/alarm/" not in seen.text, "a desk opens no value"
        assert "1 项危急值" in text_of(await at.get("/console/"))
        board = text_of(await at.get(f"/console/checkup/{day.hex()}/board"))
        assert "1 项危急值还没处理" in board
        assert "周谷雨" not in board
        assert "196" not in board
    async with desk(world, SU) as doctor:
        found = re.search(
            r'href="(/console/checkup/[^"]*/alarm/[^"]*)"', (await doctor.get(listing)).text
        )
        assert found is not None
        opened = await doctor.get(found[1])
        assert "196" in text_of(opened)
        assert "左侧收缩压" in text_of(opened) or "收缩压" in text_of(opened)
        change = new_id(world.clock()).hex()
        empty = await doctor.post(found[1], change=change)
        assert (empty.status_code, "请选怎么处理的" in empty.text) == (422, True)
        done = await doctor.post(found[1], change=change, did="2", text="转县医院急诊")
        assert done.status_code == 303
        assert "没有等着处理的危急值" in text_of(await doctor.get(listing))
        assert "危急值还没处理" not in text_of(await doctor.get("/console/"))
    looked = await world.rows("SELECT 1 FROM access_log WHERE resident=? AND staff=?", ZHOU, SU)
    assert looked, "opening the value is a reading"


async def test_nobody_but_a_doctor_or_the_lead_opens_a_critical_value(
    world: World, day: bytes
) -> None:
    await write_part(world, day, bp_l_sys=196)
    (line,) = (await alarms.listed(world.site, await signed_in(world, SU), day)).open
    for other in (QIN, TIAN):
        signed = await signed_in(world, other)
        with pytest.raises(NotYours):
            await alarms.open_one(world.site, signed, day, ZHOU, line.alarm.part, 0, "x")
        with pytest.raises(NotYours):
            await alarms.act(world.site, signed, day, ZHOU, line.alarm.part, 0, {"did": "1"})


async def test_another_facility_finds_nobody_and_opens_nothing(world: World, day: bytes) -> None:
    await write_part(world, day, bp_l_sys=196)
    async with desk(world, HE) as other:
        for address in (
            path(day), f"{path(day)}/sheet", f"{path(day)}/late/blood/health_check",
            f"/console/checkup/{day.hex()}/alarms",
        ):  # fmt: skip
            answer = await other.get(address)
            assert (answer.status_code, "not_yours" in answer.text) == (403, True), address
        for address in ("check-in", "tick", "leave", "late/blood/health_check"):
            answer = await other.post(
                f"{path(day)}/{address}", change="ab" * 16, station="basic", mark="1"
            )
            assert (answer.status_code, "not_yours" in answer.text) == (403, True), address
        assert (await find(other, day, "周谷雨")).status_code == 403
    assert (await person(world, day, WU)).progress.phase is Phase.EXPECTED


async def test_the_route_sheet_prints_what_is_left_to_do(world: World, day: bytes) -> None:
    await write_part(world, day, bp_l_sys=130)
    async with desk(world, QIN) as at:
        text = text_of(await at.get(f"{path(day)}/sheet"))
    assert "周谷雨" in text
    assert "抽血" in text
    assert "请空腹" in text
    assert "血压、身高体重" not in text


async def test_the_page_of_a_resident_of_another_team_of_the_facility_opens(
    world: World, day: bytes
) -> None:
    await day_person.check_in(world.site, await signed_in(world), day, WANG, new_id(world.clock()))
    async with desk(world, SU) as doctor:
        answer = await doctor.get(f"{path(day, WANG)}/late/blood/health_check")
    assert answer.status_code == 200, text_of(answer)


async def test_a_scanned_code_its_digits_and_a_tubes_label_find_the_person(
    world: World, day: bytes
) -> None:
    code = await world.store.write(lambda tx: codes.day_code(tx, world.site, day, ZHOU))
    label = {"tube": "serum", "number": number(1)}
    signed = await signed_in(world)
    await save_step(world.site, signed, day, ZHOU, SHEET, {"labels": [label]})
    async with desk(world, QIN) as at:
        for query in (code.text, code.text.lower(), code.digits, number(1)):
            answer = await find(at, day, query)
            assert answer.headers.get("location") == path(day), query
        forged = code.text[:-4] + ("AAAA" if not code.text.endswith("AAAA") else "BBBB")
        assert "请看证件" in text_of(await find(at, day, forged))


async def test_a_guest_has_a_page_and_a_form_as_everybody_else(world: World, day: bytes) -> None:
    guest, at_ms = new_id(world.clock()), world.clock()
    body = {"day": day.hex(), "how": "6", "ticket": "B001", "name": "林小满", "sex": "2",
            "birth_date": "1950-02-03", "number": "", "agreed": "1"}  # fmt: skip
    came = Noted(new_id(at_ms), day, guest, "check_in", at_ms, an_id("平板 01"), SU, body)
    await world.store.write(lambda tx: take(tx, world.site, [came]))
    here = f"{path(day, guest)}/late/basic/health_check"
    async with desk(world, QIN) as at:
        assert (await find(at, day, "林小满")).headers["location"] == path(day, guest)
        assert "不在名单上" in text_of(await at.get(path(day, guest)))
        assert (await at.get(here)).status_code == 200
        change = new_id(world.clock()).hex()
        saved = await at.post(here, change=change, bp_l_sys="196", bp_l_dia="88")
        if saved.status_code == 422:  # a rare value asks to be looked at
            mark = re.search(r'name="asked" value="(\w+)"', saved.text)
            assert mark is not None
            saved = await at.post(here, change=change, bp_l_sys="196", bp_l_dia="88", sure=mark[1])
        assert saved.status_code == 303, text_of(saved)
    assert [each.field for each in (await person(world, day, guest)).progress.open] == ["bp_l_sys"]


async def test_the_list_says_the_ticket_of_who_came_without_a_time(
    world: World, day: bytes
) -> None:
    guest, at_ms = new_id(world.clock()), world.clock()
    for who, ticket, more in (
        (WU, "B007", {}), (guest, "B008", {"name": "林小满", "number": "", "agreed": "1"})
    ):  # fmt: skip
        body = {"day": day.hex(), "how": "6", "ticket": ticket, **more}
        came = Noted(new_id(at_ms), day, who, "check_in", at_ms, an_id("平板 01"), SU, body)
        await world.store.write(lambda tx, came=came: take(tx, world.site, [came]))
    people = f"/console/checkup/{day.hex()}/people"
    async with desk(world, QIN) as at:
        every = text_of(await at.get(people))
        assert "B 007" in every
        assert "B 008" in every
        for query in ("B007", "b 007"):
            found = text_of(await at.post(people, q=query))
            assert "找到 1 人" in found, query
            assert "吴𠮷祥" in found, query
            assert "B 007" in found, query
        assert "林小满" in text_of(await at.post(people, q="B008"))
        assert "B 007" in text_of(await at.get(f"{people}/{WU.hex()}"))
