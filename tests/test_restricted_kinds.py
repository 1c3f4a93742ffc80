"""Forms of class B and C on their way: who gets them, and that nothing in the clear names them."""

from server.actions.archives import afterwork
from server.records.kinds import everything, get
from server.records.model import AccessClass
from server.store.tables import SPECS
from sync import wire
from tests.cast_forms import ON, good
from tests.world import HE, SU, TEAM_A, TEAM_B, XIE, ZHOU, Field, World, field

DAY = str(ON)
RESTRICTED = [kind.id for kind in everything() if kind.access is AccessClass.B]
INTERNAL = [kind.id for kind in everything() if kind.access is AccessClass.C]


def seen(tablet: Field) -> set[str]:
    """Kinds of the records that came down to a tablet."""
    return {wire.change(event.change).kind for event in tablet.tablet.archive.events(ZHOU)}


async def everything_told(world: World) -> bytes:
    """Every value of every table, one after another."""
    found: list[bytes] = []
    for table in SPECS:
        for row in await world.rows(f"SELECT * FROM {table}"):
            found.extend(each if isinstance(each, bytes) else str(each).encode() for each in row)
    return b"\n".join(found)


async def test_restricted_records_come_down_to_scoped_tablets_of_the_own_team_only(
    world: World,
) -> None:
    xie = await field(world, "11", staff=XIE, restricted=True)
    scoped = await field(world, "12", staff=SU, restricted=True)
    unscoped = await field(world, "07", staff=SU)
    other = await field(world, "21", staff=HE, panels=(TEAM_B,), restricted=True)
    await xie.settle()
    fates = [xie.tablet.save_event(ZHOU, each, DAY, good(each)) for each in RESTRICTED]
    fates.append(xie.tablet.save_event(ZHOU, "elder_selfcare", DAY, good("elder_selfcare")))
    await xie.settle()
    assert {xie.tablet.fate(each)[0] for each in fates} == {"applied"}
    for each in (scoped, unscoped, other):
        await each.settle()
    assert seen(scoped) >= {*RESTRICTED, "elder_selfcare"}
    assert "elder_selfcare" in seen(unscoped)
    assert seen(unscoped).isdisjoint(RESTRICTED)
    assert seen(other).isdisjoint(RESTRICTED)
    for each in (scoped, unscoped, xie):
        assert (await each.go()).agrees is not False


async def test_nothing_in_the_clear_says_which_restricted_form_was_filled_in(
    world: World,
) -> None:
    xie = await field(world, "11", staff=XIE, restricted=True)
    await xie.settle()
    await afterwork.catch_up(world.site)
    flags = await world.rows("SELECT * FROM figure_flag ORDER BY 1, 2, 3, 4")
    first = [xie.tablet.save_event(ZHOU, each, DAY, good(each)) for each in RESTRICTED]
    # Twice the same day is a look-alike: of restricted ones no task tells the kind.
    first += [xie.tablet.save_event(ZHOU, each, DAY, good(each)) for each in RESTRICTED]
    await xie.settle()
    xie.tablet.void(ZHOU, RESTRICTED[0], DAY, first[0], "重复录入")
    xie.tablet.save_event(ZHOU, RESTRICTED[1], DAY, good(RESTRICTED[1]), amends=first[1])
    await xie.settle()
    await afterwork.catch_up(world.site)
    rows = await world.rows("SELECT DISTINCT kind, cls FROM change WHERE day=?", DAY)
    assert rows == [(None, "B")]
    told = await everything_told(world)
    for each in RESTRICTED:
        assert each.encode() not in told
        assert get(each, 1).label.encode() not in told
    assert await world.rows("SELECT * FROM figure_flag ORDER BY 1, 2, 3, 4") == flags


async def test_work_of_a_facility_stands_in_nobody_s_archive(world: World) -> None:
    su = await field(world, "07", restricted=True)
    await su.settle()
    sent = [su.tablet.save_event(ZHOU, each, DAY, good(each)) for each in INTERNAL]
    await su.settle()
    assert [su.tablet.fate(each) for each in sent] == [("quarantined", "malformed")] * len(INTERNAL)
    again = await field(world, "12", staff=XIE, panels=(TEAM_A,), restricted=True)
    await again.settle()
    assert seen(again).isdisjoint(INTERNAL)
