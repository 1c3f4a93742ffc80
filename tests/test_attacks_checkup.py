"""Attacks on a checkup day by those who may be there: a tablet that writes what no station asks
for, a desk that looks without leaving a trace or at what is no longer its own.
"""

import json
from tempfile import SpooledTemporaryFile

import pytest

from server.actions.accounts import sessions
from server.actions.checkup import alarms, board_watch, day_person, letter_bundles, results
from server.actions.checkup import lab as labs
from server.actions.checkup.board_watch import Watch
from server.actions.checkup.codes import issue_cards
from server.errors import NotYours
from server.records.upcast import newest
from sync import hall
from tests.cast_forms import good
from tests.console import desk, offices
from tests.halls import TODAY, HallTablet, a_day, in_hall
from tests.lists import signed
from tests.test_checkup_lab import sheet
from tests.test_checkup_lab_rules import number
from tests.test_checkup_letters import checked
from tests.test_checkup_results import BASIC, checks
from tests.world import LIUWAN, QIN, SU, WU, YANG, ZHOU, World, id_number

GRAVE = {"bp_l_sys": 186, "bp_l_dia": 112}


async def shown(world: World, who: bytes) -> int:
    return int(await world.one("SELECT COUNT(*) FROM search_shown WHERE resident=?", who))


async def over(world: World, there: HallTablet, who: bytes) -> None:
    await there.send(there.step(hall.CHECK_OUT, who))
    world.clock.pass_(minutes=1)
    await results.run(world.site)


@pytest.mark.parametrize("form", ["infectious_report", "htn_followup"])
async def test_a_station_writes_no_form_that_no_station_fills_in(world: World, form: str) -> None:
    day = await a_day(world, (ZHOU,))
    there = await in_hall(world, day)
    text = json.dumps(good(form), ensure_ascii=False, separators=(",", ":"))
    odd = there.step(hall.PART, ZHOU, station="ecg", mark="1", form=form, v=newest(form),
                     values=text)  # fmt: skip
    await there.send(there.check_in(ZHOU), odd, there.part(ZHOU, "basic", values=BASIC))
    await over(world, there, ZHOU)
    assert await world.rows("SELECT form FROM checkup_result") == [("health_check",)]


async def test_a_station_does_not_say_that_somebody_was_told(world: World) -> None:
    day = await a_day(world, (ZHOU,))
    there = await in_hall(world, day)
    said = BASIC | {"feedback_date": TODAY}
    await there.send(there.check_in(ZHOU), there.part(ZHOU, "basic", values=said))
    await over(world, there, ZHOU)
    (found,) = await checks(world, ZHOU)
    assert found == BASIC | {"bmi": 250}


async def test_whose_critical_value_a_list_shows_is_written_down(world: World) -> None:
    await offices(world)
    day = await a_day(world, (ZHOU, WU))
    there = await in_hall(world, day)
    await there.send(there.check_in(ZHOU), there.part(ZHOU, "basic", values=GRAVE))
    listed = await alarms.listed(world.site, await signed(world, QIN), day)
    assert {each.who for each in listed.open} == {ZHOU}
    assert (await shown(world, ZHOU), await shown(world, WU)) == (1, 0)


async def test_whose_results_a_laboratory_list_shows_is_written_down(world: World) -> None:
    await offices(world)
    day = await a_day(world, (ZHOU, WU))
    await world.store.write(lambda tx: tx.run("UPDATE checkup_day SET serial=7"))
    there = await in_hall(world, day)
    labels = [{"tube": "serum", "number": number(1)}]
    await there.send(there.check_in(ZHOU), there.step(hall.SHEET, ZHOU, labels=labels))
    qin = await signed(world, QIN)
    lab = await labs.upload(
        world.site, qin, day, "县医院检验科", sheet((number(1), "周谷雨", "5.6", "20"))
    )
    await labs.looked_at(world.site, qin, day, lab)
    assert (await shown(world, ZHOU), await shown(world, WU)) == (1, 0)


async def test_who_was_found_on_a_day_and_looked_at_there_is_written_down(world: World) -> None:
    await offices(world)
    day = await a_day(world, (ZHOU,))
    qin = await signed(world, QIN)
    assert [each.who for each in (await day_person.find(world.site, qin, day, "周谷雨")).hits]
    assert await shown(world, ZHOU) == 1
    async with desk(world, QIN) as at:
        for n, path in enumerate(("", "/sheet"), 2):
            answer = await at.get(f"/console/checkup/{day.hex()}/person/{ZHOU.hex()}{path}")
            assert answer.status_code == 200
            assert await shown(world, ZHOU) == n


async def test_letters_stay_with_the_facility_whose_residents_they_tell(world: World) -> None:
    day = await checked(world)
    qin = await signed(world, QIN)
    bundle = await letter_bundles.ask(world.site, qin, day, letter_bundles.EVERYWHERE)
    await letter_bundles.run(world.site)
    assert (await letter_bundles.fetch(world.site, qin, bundle)).startswith(b"%PDF")
    await world.store.write(
        lambda tx: tx.run("UPDATE staff SET facility=?, panel=NULL WHERE staff=?", LIUWAN, QIN)
    )
    with pytest.raises(NotYours):
        await letter_bundles.fetch(world.site, await signed(world, QIN), bundle)


async def test_digits_typed_on_another_facilitys_day_find_nobody(world: World) -> None:
    await offices(world)
    ours, theirs = await a_day(world, (ZHOU,)), await a_day(world, (YANG,), facility=LIUWAN)
    cards = await world.store.write(lambda tx: issue_cards(tx, world.site, [ZHOU, YANG], None))
    async with desk(world, QIN) as at:

        async def found(day: bytes, who: bytes) -> tuple[int, bool]:
            path = f"/console/checkup/{day.hex()}/cards/found"
            answer = await at.post(path, code=cards[who].digits)
            return answer.status_code, who.hex() in answer.headers.get("location", "")

        assert await found(ours, ZHOU) == (303, True)
        assert await found(theirs, ZHOU) == (403, False)
        assert await found(ours, YANG) == (422, False)


async def test_a_list_of_numbers_is_never_laid_on_a_disk_on_its_way_in(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await offices(world)
    day = await a_day(world)
    laid: list[object] = []
    monkeypatch.setattr(SpooledTemporaryFile, "rollover", laid.append)
    raw = "证件号码\n".encode() + f"{id_number(ZHOU)}\n".encode() * 80_000
    async with desk(world, QIN) as at:
        path = f"/console/checkup/{day.hex()}/list"
        answer = await at.client.post(
            path, data={"csrf": sessions.csrf_of(at.token)}, files={"file": ("名单.csv", raw)}
        )
        assert answer.status_code in (303, 422)
        foreign = await at.client.post(
            path, data={"csrf": "0" * 32}, files={"file": ("名单.csv", raw)}
        )
        assert foreign.status_code == 403
    assert laid == []


async def test_one_session_takes_no_more_places_at_the_board_than_pages_it_may_open(
    world: World,
) -> None:
    watch, day = Watch(world.site), bytes(16)
    qin, su = await signed(world, QIN), await signed(world, SU)
    took = [watch.join(day, qin) for _ in range(board_watch.LISTENERS_MOST)]
    assert sum(each is not None for each in took) == board_watch.OF_A_SESSION
    assert watch.join(day, su) is not None
    watch.close()
