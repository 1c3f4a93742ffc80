"""Attacks on a checkup day by whoever has one of its tablets."""

from server.store.ids import new_id
from sync.hall_wire import HallRow
from tests.halls import HallTablet, a_day, in_hall
from tests.test_hall_pages import told
from tests.world import LIUWAN, WU, YANG, World, id_number


async def rows(there: HallTablet) -> dict[bytes, HallRow]:
    return (await told(there))[1]


async def test_numbers_that_are_made_up_tell_a_tablet_nothing_of_whose_they_are(
    world: World,
) -> None:
    day = await a_day(world)
    there = await in_hall(world, day)
    guest = new_id(world.clock())
    await there.send(there.guest(guest, id_number(YANG)))
    yang = (await rows(there))[YANG]
    assert (yang.name, yang.birth, yang.tail) == ("田小暑", "1950-01-01", id_number(YANG)[-4:])
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
