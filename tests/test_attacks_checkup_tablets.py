"""Attacks on a checkup day by whoever has one of its tablets."""

from server.actions.checkup import results
from server.store.ids import new_id
from sync import hall
from sync.hall_wire import HallRow
from tests.halls import HallTablet, a_day, in_hall
from tests.test_checkup_results import BASIC, checks
from tests.test_hall_pages import told
from tests.world import LIUWAN, WU, YANG, ZHOU, World, id_number


async def rows(there: HallTablet) -> dict[bytes, HallRow]:
    return (await told(there))[1]


async def test_numbers_that_are_made_up_tell_a_tablet_nothing_of_whose_they_are(
    world: World,
) -> None:
    day = await a_day(world)
    there = await in_hall(world, day)
    guest = new_id(world.clock())
    await there.send(there.guest(guest, id_number(YANG), "田小暑"))
    assert YANG not in await rows(there)
    await there.send(there.guest(new_id(world.clock()), id_number(YANG), "杨白鹭"))
    yang = (await rows(there))[YANG]
    assert (yang.name, yang.birth, yang.tail) == ("杨白鹭", "1950-01-01", id_number(YANG)[-4:])
    assert (yang.no, yang.codes) == (b"", ())
    tomorrow = await a_day(world, on="2026-11-21")
    other = await in_hall(world, tomorrow, "二")
    await other.send(other.check_in(YANG))
    yang = (await rows(other))[YANG]
    assert (yang.name, yang.birth, yang.tail, yang.id) == ("杨*露", "", "", b"")


async def test_who_is_invited_is_known_by_name_though_another_facility_serves_them_now(
    world: World,
) -> None:
    day = await a_day(world, (WU,))
    there = await in_hall(world, day)
    await world.store.write(
        lambda tx: tx.run("UPDATE resident SET facility=? WHERE resident=?", LIUWAN, WU)
    )
    assert (await rows(there))[WU].name == "吴𠮷祥"


async def test_what_is_noted_before_the_day_is_a_record_when_the_day_has_come(
    world: World,
) -> None:
    day = await a_day(world, (ZHOU,), on="2026-11-22")
    there = await in_hall(world, day)
    await there.send(
        there.check_in(ZHOU), there.part(ZHOU, "basic", values=BASIC),
        there.step(hall.CHECK_OUT, ZHOU),
    )  # fmt: skip
    world.clock.pass_(minutes=30)
    await results.run(world.site)
    assert await world.rows("SELECT state FROM change WHERE kind='health_check'") == []
    world.clock.pass_(days=2)
    await results.run(world.site)
    assert len(await checks(world, ZHOU)) == 1
