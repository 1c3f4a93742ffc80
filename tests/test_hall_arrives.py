"""Steps of a checkup day arrive at the server: counted once, in any order, lost never."""

import json

from server.actions.tablets import release
from server.store.ids import new_id
from sync import hall, wire
from sync.hall import Phase
from tests.halls import STATIONS, a_day, in_hall, seen
from tests.world import (
    LIUWAN,
    QIN,
    QINGHE,
    TEAM_A2,
    TEAM_B,
    WANG,
    WU,
    YANG,
    ZHENG,
    ZHOU,
    World,
    id_number,
)


async def test_a_check_in_and_its_stations_are_counted(world: World) -> None:
    day = await a_day(world, (ZHOU, WU))
    there = await in_hall(world, day)
    first = there.check_in(ZHOU)
    await there.send(first, there.part(ZHOU, "basic", values={"bp_l_sys": 128, "bp_l_dia": 76}))
    assert there.said[first.id] == ("applied", "")
    people = await seen(world, day)
    zhou = people[ZHOU].progress
    assert (zhou.phase, zhou.ticket, zhou.missing) == (Phase.UNDER_WAY, "B001", STATIONS[1:])
    assert people[WU].progress.phase is Phase.EXPECTED
    assert people[ZHOU].name == "周谷雨"


async def test_two_tablets_without_a_network_make_one_check_in_and_two_events(
    world: World,
) -> None:
    day = await a_day(world, (ZHOU,))
    one, two = await in_hall(world, day, "一"), await in_hall(world, day, "二", panels=(TEAM_A2,))
    early, late = one.check_in(ZHOU, "B001"), two.check_in(ZHOU, "C001")
    await two.send(late)
    await one.send(early)
    seen_one = (await seen(world, day))[ZHOU].progress
    assert (seen_one.ticket, seen_one.doubled) == ("B001", 1)
    assert await world.one("SELECT COUNT(*) FROM checkup_step WHERE day=?", day) == 2
    assert await world.one("SELECT COUNT(*) FROM checkup_person WHERE arrived_at>0") == 1


async def test_the_same_batch_twice_changes_nothing(world: World) -> None:
    day = await a_day(world, (ZHOU,))
    there = await in_hall(world, day)
    step = there.check_in(ZHOU)
    await there.send(step)
    before = await world.rows("SELECT * FROM checkup_person")
    await there.send(step)
    assert await world.rows("SELECT * FROM checkup_person") == before


async def test_steps_stand_in_no_archive_feed_or_figure(world: World) -> None:
    day = await a_day(world, (ZHOU,))
    there = await in_hall(world, day)
    feed = await world.one("SELECT COUNT(*) FROM feed")
    await there.send(there.check_in(ZHOU), there.part(ZHOU, "basic", values={"pulse": 72}))
    assert await world.one("SELECT COUNT(*) FROM feed") == feed
    assert await world.rows("SELECT DISTINCT shape FROM change WHERE day='2026-11-20'") == [
        ("step",)
    ]
    assert await world.rows("SELECT 1 FROM task") == []


async def test_a_resident_of_the_facility_may_walk_in(world: World) -> None:
    day = await a_day(world)
    there = await in_hall(world, day)
    await there.send(there.check_in(ZHENG))
    row = (await seen(world, day))[ZHENG].row
    assert (row.status, row.source) == ("walk_in", "hall")


async def test_a_resident_of_another_facility_is_a_guest_of_the_day(world: World) -> None:
    day = await a_day(world, facility=LIUWAN, lead=QIN)
    there = await in_hall(world, day, staff=QIN, panels=(TEAM_B,))
    step = there.check_in(ZHOU)
    await there.send(step)
    assert there.said[step.id] == ("applied_guest", "")
    assert (await seen(world, day))[ZHOU].progress.phase is Phase.REGISTERED


async def test_a_guest_is_known_by_the_number_of_the_document(world: World) -> None:
    day = await a_day(world, facility=LIUWAN, lead=QIN)
    there = await in_hall(world, day, staff=QIN, panels=(TEAM_B,))
    guest = new_id(world.clock())
    steps = there.guest(guest, id_number(WANG)), there.part(guest, "basic", values={"pulse": 72})
    await there.send(*steps)
    assert await there.send() is not None
    assert [there.said[each.id] for each in steps] == [("applied_guest", "")] * 2
    people = await seen(world, day)
    assert set(people) == {WANG}
    assert people[WANG].progress.missing == ("review",)  # in no group: the short route


async def test_one_guest_noted_on_two_tablets_is_one_person(world: World) -> None:
    day = await a_day(world)
    one, two = await in_hall(world, day, "一"), await in_hall(world, day, "二", panels=(TEAM_A2,))
    here, there = new_id(world.clock()), new_id(world.clock())
    number = "11010519491231002X"
    await two.send(two.part(there, "ecg"), two.guest(there, number))
    await one.send(one.guest(here, number))
    people = await seen(world, day)
    assert len(people) == 1
    (person,) = people.values()
    assert (person.name, person.row.status) == ("田小暑", "guest")
    assert (person.progress.doubled, "ecg" in person.progress.missing) == (1, False)


async def test_a_guest_nobody_knows_is_held_and_never_a_strangers_fault(world: World) -> None:
    day = await a_day(world)
    there = await in_hall(world, day)
    step = there.guest(new_id(world.clock()), "11010519491231002X")
    await there.send(step)
    assert there.said[step.id] == ("held", "guest")
    assert await world.one("SELECT strangers FROM device") == 0


async def test_a_day_nobody_knows_is_held_for_a_person(world: World) -> None:
    await a_day(world)
    there = await in_hall(world, new_id(world.clock()))
    step = there.check_in(ZHOU)
    await there.send(step)
    assert there.said[step.id] == ("held", "no_such_day")
    assert await world.rows("SELECT kind FROM task") == [("held",)]


async def test_a_value_nobody_can_have_waits_and_the_rest_goes_on(world: World) -> None:
    day = await a_day(world, (ZHOU,))
    there = await in_hall(world, day)
    bad = there.part(ZHOU, "basic", values={"bp_l_sys": 1280, "bp_l_dia": 76})
    await there.send(there.check_in(ZHOU), bad, there.part(ZHOU, "ecg"))
    assert there.said[bad.id] == ("held", "out_of_range")
    assert (await seen(world, day))[ZHOU].progress.missing == ("basic", "blood", "review")
    await release.release(world.site, bad.id, staff=QIN)
    assert (await seen(world, day))[ZHOU].progress.missing == ("blood", "review")


async def test_values_that_are_no_values_are_kept_apart(world: World) -> None:
    day = await a_day(world, (ZHOU,))
    there = await in_hall(world, day)
    odd = there.step(hall.PART, ZHOU, station="basic", mark="1", form="nothing", values='{"a":1}')
    await there.send(odd)
    assert there.said[odd.id] == ("quarantined", "malformed")


async def test_a_critical_value_is_open_until_acted_on(world: World) -> None:
    day = await a_day(world, (ZHOU,))
    there = await in_hall(world, day)
    part = there.part(ZHOU, "basic", values={"bp_l_sys": 204, "bp_l_dia": 96})
    await there.send(there.check_in(ZHOU), part)
    assert await world.one("SELECT alarms FROM checkup_person WHERE who=?", ZHOU) == 1
    act = there.step(hall.ACTED, ZHOU, part=part.id.hex(), field="bp_l_sys", did="1")
    await there.send(act)
    assert await world.one("SELECT alarms FROM checkup_person WHERE who=?", ZHOU) == 0


async def test_what_comes_after_the_day_was_closed_still_counts(world: World) -> None:
    day = await a_day(world, (YANG,), state="closed")
    there = await in_hall(world, day)
    world.clock.pass_(days=4)
    await there.send(there.check_in(YANG))
    assert (await seen(world, day))[YANG].progress.phase is Phase.REGISTERED


async def test_a_lost_tablets_steps_count_once_they_are_let_in(world: World) -> None:
    day = await a_day(world, (ZHOU,))
    there = await in_hall(world, day)
    device = there.tablet.keys.device
    await world.store.write(
        lambda tx: tx.run("UPDATE device SET status='lost' WHERE device=?", device)
    )
    step = there.check_in(ZHOU)
    await there.send(step)
    assert (await seen(world, day))[ZHOU].progress.phase is Phase.EXPECTED
    await release.release(world.site, step.id, staff=QIN)
    assert (await seen(world, day))[ZHOU].progress.phase is Phase.REGISTERED


async def test_a_step_is_not_amended_and_edits_nothing(world: World) -> None:
    day = await a_day(world, (ZHOU,))
    there = await in_hall(world, day)
    plain = there.check_in(ZHOU)
    odd = wire.Change(
        id=new_id(world.clock()), resident=ZHOU, kind=plain.kind, v=1, on=plain.on, at=plain.at,
        body=plain.body, amends=plain.id,
    )  # fmt: skip
    await there.send(plain, odd)
    assert there.said[odd.id] == ("quarantined", "malformed")


async def test_a_state_is_unreadable_in_the_database(world: World) -> None:
    day = await a_day(world, (ZHOU,))
    there = await in_hall(world, day)
    await there.send(there.check_in(ZHOU, "B777"), there.guest(new_id(1), "11010519491231002X"))
    dump = json.dumps(
        [str(row) for name in ("checkup_person", "checkup_guest", "checkup_step")
         for row in await world.rows(f"SELECT * FROM {name}")]
    )  # fmt: skip
    for secret in ("B777", "田小暑", "11010519491231002X"):
        assert secret not in dump
    assert QINGHE.hex() not in dump
