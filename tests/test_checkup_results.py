"""What the stations wrote becomes records, once, within the hour, and again with late parts."""

import json
from datetime import date
from typing import Any

import msgspec

from server.access import Opened
from server.actions.archives.merging import Wish, merge
from server.actions.archives.reading import read_archive
from server.actions.archives.unmerging import unmerge
from server.actions.checkup import results
from server.actions.residents import reading
from server.actions.residents.acting import Acting
from server.records.upcast import newest
from server.rules.consent import Purpose
from sync import hall
from tests.cast_forms import good
from tests.console import TIAN
from tests.halls import a_day, in_hall
from tests.portal import bind
from tests.test_merging import signed as desk_signed
from tests.world import LIUWAN, QINGHE, SU, WU, YANG, ZHOU, World, id_number

BASIC = {"height": 1600, "weight": 640, "bp_l_sys": 128, "bp_l_dia": 76}


async def archive(world: World, who: bytes) -> Opened:
    return await read_archive(world.site, who, staff=SU, purpose=Purpose.SERVICE)


async def checks(world: World, who: bytes) -> list[dict[str, Any]]:
    """The checkups that stand, as the resident reads them."""
    if not await world.rows("SELECT 1 FROM first_opening WHERE resident=?", who):
        await bind(world, who)
    found = await reading.read(world.site, Acting(who, who))
    return [
        dict(each.form) for each in found.entries if each.stands and each.kind == "health_check"
    ]


async def test_results_of_who_has_left_are_records_with_the_next_run(world: World) -> None:
    day = await a_day(world, (ZHOU,))
    there = await in_hall(world, day)
    await there.send(there.check_in(ZHOU), there.part(ZHOU, "basic", values=BASIC))
    assert not await results.waits(world.site)
    await there.send(there.step(hall.CHECK_OUT, ZHOU))
    world.clock.pass_(minutes=1)
    assert await results.waits(world.site)
    assert await results.run(world.site) == 1
    (found,) = await checks(world, ZHOU)
    assert found == BASIC | {"bmi": 250}
    assert not await results.waits(world.site)


async def test_the_resident_sees_the_results_within_the_hour_though_the_day_goes_on(
    world: World,
) -> None:
    day = await a_day(world, (ZHOU,))
    there = await in_hall(world, day)
    await there.send(there.check_in(ZHOU), there.part(ZHOU, "basic", values=BASIC))
    world.clock.pass_(minutes=10)
    assert await results.run(world.site) == 0
    world.clock.pass_(minutes=11)
    await results.run(world.site)
    assert (await checks(world, ZHOU))[0]["bp_l_sys"] == 128


async def test_late_parts_amend_the_record_and_the_doctor_of_the_day_is_its_author(
    world: World,
) -> None:
    day = await a_day(world, (ZHOU,))
    there = await in_hall(world, day)
    await there.send(
        there.check_in(ZHOU), there.part(ZHOU, "basic", values=BASIC),
        there.step(hall.CHECK_OUT, ZHOU),
    )  # fmt: skip
    world.clock.pass_(minutes=1)
    await results.run(world.site)
    world.clock.pass_(days=2)
    await there.send(there.part(ZHOU, "blood", values={"fpg": 560, "hb": 1250}))
    world.clock.pass_(minutes=21)
    assert await results.run(world.site) == 1
    (found,) = await checks(world, ZHOU)
    assert found == BASIC | {"bmi": 250, "fpg": 560, "hb": 1250}
    made = [each for each in (await archive(world, ZHOU)).records
            if each.change.kind == "health_check"]  # fmt: skip
    assert {each.staff for each in made} == {SU}
    assert [each.change.amends for each in sorted(made, key=lambda one: one.recorded_at)] == [
        None, made[0].change.id if made[1].change.amends else made[1].change.id,
    ]  # fmt: skip
    assert await world.rows("SELECT 1 FROM task WHERE kind='possible_duplicate'") == []


async def test_done_twice_is_done_once(world: World) -> None:
    day = await a_day(world, (ZHOU,))
    there = await in_hall(world, day)
    await there.send(
        there.check_in(ZHOU), there.part(ZHOU, "basic", values=BASIC),
        there.step(hall.CHECK_OUT, ZHOU),
    )  # fmt: skip
    world.clock.pass_(minutes=1)
    await results.run(world.site)
    before = await world.rows("SELECT change FROM change WHERE shape='event' ORDER BY change")
    assert await results.compile_one(world.site, day, ZHOU) == 0
    await world.store.write(lambda tx: tx.run("UPDATE checkup_person SET compiled_at=0"))
    await results.run(world.site)
    after = await world.rows("SELECT change FROM change WHERE shape='event' ORDER BY change")
    assert after == before


async def test_any_order_of_two_tablets_gives_the_same_record(world: World) -> None:
    day = await a_day(world, (ZHOU, WU))
    one, two = await in_hall(world, day, "一"), await in_hall(world, day, "二")
    for who, first in ((ZHOU, True), (WU, False)):
        early = one.part(who, "basic", values={"bp_l_sys": 150, "bp_l_dia": 92, "weight": 640})
        world.clock.pass_(minutes=1)
        late = two.part(who, "basic", values={"bp_l_sys": 138, "bp_l_dia": 86})
        for tablet, step in ((one, early), (two, late)) if first else ((two, late), (one, early)):
            await tablet.send(step)
            world.clock.pass_(minutes=21)
            await results.run(world.site)
    assert await checks(world, ZHOU) == await checks(world, WU)
    assert (await checks(world, WU))[0]["bp_l_sys"] == 138


async def test_what_was_taken_back_takes_the_record_back(world: World) -> None:
    day = await a_day(world, (ZHOU,))
    there = await in_hall(world, day)
    await there.send(there.part(ZHOU, "ecg", values={"ecg": "2", "ecg_text": "房颤"}))
    world.clock.pass_(minutes=21)
    await results.run(world.site)
    assert len(await checks(world, ZHOU)) == 1
    await there.send(there.part(ZHOU, "ecg", hall.TAKEN_BACK))
    world.clock.pass_(minutes=21)
    await results.run(world.site)
    assert await checks(world, ZHOU) == []
    await there.send(there.part(ZHOU, "ecg", values={"ecg": "1"}))
    world.clock.pass_(minutes=21)
    await results.run(world.site)
    assert await checks(world, ZHOU) == [{"ecg": "1"}]


async def test_somebody_of_another_facility_keeps_both_facilities(world: World) -> None:
    day = await a_day(world)
    there = await in_hall(world, day)
    await there.send(
        there.guest(YANG, id_number(YANG), "杨白露"), there.part(YANG, "basic", values=BASIC),
        there.step(hall.CHECK_OUT, YANG),
    )  # fmt: skip
    world.clock.pass_(minutes=1)
    await results.run(world.site)
    change, performing, responsible = await world.one(
        "SELECT d.change, d.performing, d.responsible FROM desk_change d"
    )
    assert (performing, responsible) == (QINGHE, LIUWAN)
    state, credit = await world.one(
        "SELECT state, credit_facility FROM change WHERE change=?", change
    )
    assert state == "applied_guest"
    assert credit in (QINGHE, None)


async def test_an_impossible_value_is_a_task_and_the_rest_a_record(world: World) -> None:
    day = await a_day(world, (ZHOU,))
    there = await in_hall(world, day)
    await there.send(
        there.part(ZHOU, "basic", values=BASIC), there.part(ZHOU, "blood", values={"tbil": 100}),
        there.part(ZHOU, "late", values={"dbil": 200}), there.step(hall.CHECK_OUT, ZHOU),
    )  # fmt: skip
    world.clock.pass_(minutes=21)
    await results.run(world.site)
    assert (await checks(world, ZHOU))[0]["bp_l_sys"] == 128
    assert await world.rows("SELECT action, state FROM checkup_finding") == [("check", "open")]
    await there.send(there.part(ZHOU, "late", values={"dbil": 40}))
    world.clock.pass_(minutes=21)
    await results.run(world.site)
    assert await world.rows("SELECT action, state FROM checkup_finding") == [("check", "gone")]
    assert (await checks(world, ZHOU))[0]["dbil"] == 40


async def test_a_whole_form_of_a_station_is_a_record_of_its_own(world: World) -> None:
    day = await a_day(world, (ZHOU,))
    there = await in_hall(world, day)
    selfcare = good("elder_selfcare")
    await there.send(
        there.step(
            hall.PART, ZHOU, station="elder", mark="1", form="elder_selfcare",
            v=newest("elder_selfcare"), values=json.dumps(selfcare),
        ),
        there.part(ZHOU, "elder", values={"elder_health_self": "1"}),
    )  # fmt: skip
    world.clock.pass_(minutes=21)
    await results.run(world.site)
    kinds = {each.change.kind: each.change for each in (await archive(world, ZHOU)).records}
    assert {"elder_selfcare", "health_check"} <= set(kinds)
    raw = kinds["health_check"].body
    assert raw is not msgspec.UNSET
    body = msgspec.json.decode(raw, type=dict[str, Any])
    assert set(body) == {"elder_health_self", "elder_selfcare"}
    assert date.fromisoformat(kinds["elder_selfcare"].on) == date(2026, 11, 20)


async def test_two_archives_that_become_one_have_one_record_of_the_day(world: World) -> None:
    day = await a_day(world, (ZHOU, WU))
    there = await in_hall(world, day)
    await there.send(there.part(ZHOU, "basic", values=BASIC))
    await there.send(there.part(WU, "ecg", values={"ecg": "2", "ecg_text": "房颤"}))
    world.clock.pass_(minutes=21)
    await results.run(world.site)
    merge_id = await merge(world.site, await desk_signed(world, TIAN), Wish(ZHOU, WU, frozenset()))
    world.clock.pass_(minutes=21)
    await results.run(world.site)
    (found,) = await checks(world, ZHOU)
    assert found == BASIC | {"bmi": 250, "ecg": "2", "ecg_text": "房颤"}
    assert await world.rows("SELECT state FROM checkup_finding WHERE state='open'") == [("open",)]
    before = await world.rows("SELECT change FROM change ORDER BY change")
    await world.store.write(lambda tx: tx.run("UPDATE checkup_person SET compiled_at=0"))
    await results.run(world.site)
    assert await world.rows("SELECT change FROM change ORDER BY change") == before
    await unmerge(world.site, await desk_signed(world, TIAN), merge_id)
    world.clock.pass_(minutes=21)
    await results.run(world.site)
    assert BASIC | {"bmi": 250} in await checks(world, ZHOU)
