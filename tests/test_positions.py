"""Where a tablet was when a visit was saved: taken within bounds, kept sealed beside the change,
given to no tablet, read by the county where the visit is denied.
"""

import re
import struct

import pytest
from msgspec import Raw

from server.actions.archives import afterwork
from server.actions.archives.merging import Wish, merge
from server.actions.archives.unmerging import unmerge
from server.actions.confirmations.answers import Saying, answer
from server.actions.residents.acting import Acting
from server.actions.tablets import positions
from server.actions.tablets.positions import Position
from server.actions.tablets.release import release
from server.console.denials import position_text
from server.records.kinds import KINDS
from server.records.values import Code
from server.rules.confirmations import Answer, Channel
from sync import wire
from sync.wire_types import Fix
from tests.console import CHEN, TIAN, desk, offices
from tests.console import text_of as console_text
from tests.hand_tablet import HandTablet
from tests.lists import signed
from tests.portal import bind, phone, text_of
from tests.world import HE, SU, TEAM_A, WU, XIE, YANG, ZHENG, ZHOU, World, enrol_by_hand

AT = 1_795_200_000_000
LAT, LON = 37_51234, 122_11987


def fix(index: int = 0, lat: int = LAT, lon: int = LON, acc: int = 30) -> Fix:
    return Fix(index, lat, lon, acc, AT)


async def tablet(world: World, name: str = "平板一", staff: bytes = SU) -> HandTablet:
    return HandTablet(world, await enrol_by_hand(world, name, staff=staff, panels=(TEAM_A,)))


async def kept(world: World, *changes: wire.Change) -> list[Position | None]:
    names = [each.id for each in changes]
    found = await world.store.read(lambda tx: positions.read(tx, world.site, names))
    return [found.get(each) for each in names]


async def states(world: World) -> list[tuple[str, str]]:
    rows = await world.rows(
        "SELECT state, reason FROM change WHERE device IS NOT NULL AND seq>0 ORDER BY seq, idx"
    )
    return [(str(state), str(reason)) for state, reason in rows]


OUT = {
    "north of the pole": fix(1, lat=90_00001),
    "south of the pole": fix(1, lat=-90_00001),
    "beyond the date line": fix(1, lon=180_00001),
    "beyond it the other way": fix(1, lon=-180_00001),
    "a hundred kilometres wide": fix(1, acc=100_001),
    "less than no metres": fix(1, acc=-1),
    "too large for its place at rest": fix(1, lat=2**53 - 1),
}


@pytest.mark.parametrize("name", OUT)
async def test_a_position_out_of_bounds_spoils_its_own_change_alone(
    world: World, name: str
) -> None:
    su = await tablet(world)
    some = [su.visit(who) for who in (ZHOU, WU, ZHENG)]
    await su.send(*some, positions=(fix(0), OUT[name]))
    fine, bad = ("applied", ""), ("quarantined", "malformed")
    assert await states(world) == [fine, bad, fine]
    assert await kept(world, *some) == [Position(LAT, LON, 30, AT), None, None]
    assert await world.one("SELECT COUNT(*) FROM change_position") == 1


async def test_at_the_very_bounds_it_is_taken(world: World) -> None:
    su = await tablet(world)
    some = [su.visit(who) for who in (ZHOU, WU)]
    ends = (fix(0, 90_00000, -180_00000, 0), fix(1, -90_00000, 180_00000, 100_000))
    await su.send(*some, positions=ends)
    assert await kept(world, *some) == [
        Position(90_00000, -180_00000, 0, AT), Position(-90_00000, 180_00000, 100_000, AT),
    ]  # fmt: skip


UNREADABLE = {
    "of no change": [[2, LAT, LON, 30, AT]],
    "two of one change": [[0, LAT, LON, 30, AT], [0, LAT, LON, 30, AT]],
    "out of order": [[1, LAT, LON, 30, AT], [0, LAT, LON, 30, AT]],
    "before the first": [[-1, LAT, LON, 30, AT]],
    "a fraction": [[0, 37.5, LON, 30, AT]],
    "without its accuracy": [[0, LAT, LON, AT]],
    "with something more": [[0, LAT, LON, 30, AT, 4]],
}


@pytest.mark.parametrize("name", UNREADABLE)
async def test_positions_that_cannot_be_told_to_changes_leave_the_batch_unread(
    world: World, name: str
) -> None:
    su = await tablet(world)
    raw = Raw(wire.encode(UNREADABLE[name]))
    answered = await su.send(su.visit(ZHOU), su.visit(WU), positions=raw)
    assert answered.receipt is not None
    assert wire.receipt(answered.receipt.receipt).whole == "malformed"
    assert await world.rows("SELECT change FROM change_position") == []


async def test_it_arrives_sealed_and_goes_to_no_tablet(world: World) -> None:
    su, xie = await tablet(world), await tablet(world, "平板二", XIE)
    await xie.send()
    visit, plain = su.visit(ZHOU), su.visit(WU)
    own = await su.send(visit, plain, positions=(fix(),))
    other = await xie.send()
    for answered in (own, other):
        pages = b"".join(bytes(each) for each in answered.pages)
        assert wire.encode(visit.id) in pages or answered is own
        for trace in (b"position", str(LAT).encode(), str(LON).encode(), str(AT).encode()):
            assert trace not in pages
    change, under, sealed = (await world.rows("SELECT change, under, sealed FROM change_position"))[
        0
    ]
    assert (change, under) == (visit.id, "resident")
    for part in (struct.pack(">i", LAT), struct.pack(">i", LON), struct.pack(">q", AT)):
        assert part not in sealed
    assert await kept(world, visit, plain) == [Position(LAT, LON, 30, AT), None]


async def test_a_change_that_comes_again_keeps_its_first_position(world: World) -> None:
    su = await tablet(world)
    visit = su.visit(ZHOU)
    await su.send(visit, positions=(fix(),))
    await su.send(visit, su.visit(WU), positions=(fix(lat=1), fix(1)))
    assert await kept(world, visit) == [Position(LAT, LON, 30, AT)]
    assert await world.one("SELECT COUNT(*) FROM change_position") == 2


async def test_of_a_quarantined_visit_it_waits_apart_and_is_let_in_with_it(world: World) -> None:
    su = await tablet(world)
    visit = su.visit(YANG)
    await su.send(visit, positions=(fix(),))
    assert await states(world) == [("quarantined", "not_in_panel")]
    assert await world.one("SELECT under FROM change_position") == "district"
    assert await kept(world, visit) == [None]
    await release(world.site, visit.id, staff=HE)
    assert await kept(world, visit) == [Position(LAT, LON, 30, AT)]


async def test_it_goes_with_a_merge_and_back_with_its_undoing(world: World) -> None:
    await offices(world)
    tian = await signed(world, TIAN)
    su = await tablet(world)
    early, late = su.visit(WU), su.visit(WU, on="2026-11-19")
    await su.send(early, positions=(fix(),))
    merge_id = await merge(world.site, tian, Wish(ZHOU, WU, frozenset()))
    await su.send(late, positions=(fix(acc=7),))
    both = [Position(LAT, LON, 30, AT), Position(LAT, LON, 7, AT)]
    assert await kept(world, early, late) == both
    assert await unmerge(world.site, tian, merge_id) == (ZHOU, WU)
    assert await world.one("SELECT resident FROM change WHERE change=?", late.id) == WU
    assert await kept(world, early, late) == both


async def test_the_county_reads_it_beside_a_denied_visit_and_the_resident_that_there_is_one(
    world: World,
) -> None:
    await offices(world)
    await bind(world, ZHOU)
    su = await tablet(world)
    placed, other = su.visit(ZHOU), su.visit(ZHOU)
    await su.send(placed, other, positions=(fix(),))
    await afterwork.catch_up(world.site)
    asked = await world.one("SELECT confirmation FROM confirmation WHERE resident=?", ZHOU)
    acting = Acting(ZHOU, ZHOU)
    await answer(world.site, acting, asked, Saying(Answer.NOT, None), Channel.PORTAL)
    async with desk(world, CHEN) as county, desk(world, TIAN) as manager:
        page = console_text(await county.get(f"/console/denial/{asked.hex()}"))
        assert "记录时平板的位置" in page
        assert page.count("北纬 37.512，东经 122.120，取到约 100 米；测得误差 30 米") == 1
        assert page.count("没有带") == 1
        theirs = (await manager.get(f"/console/denial/{asked.hex()}")).text
        assert "苏清明" in theirs
        assert not re.search("记录时平板的位置|37[.]5|122[.]1", theirs)
    async with phone(world, ZHOU) as own:
        for change, said in ((placed, "记录时带了位置"), (other, "记录时没有带位置")):
            read = text_of(await own.get(f"/portal/archive/record/{change.id.hex()}"))
            assert said in read
            assert not re.search("37[.]5|122[.]1", read)


def test_south_and_west_are_said() -> None:
    text = position_text(Position(-33_86000, -70_00049, 12, AT))
    assert text.startswith("南纬 33.860，西经 70.000")


def test_a_visit_at_home_is_the_same_answer_in_every_form() -> None:
    """app/ui/screens/form_position.js goes by it."""
    found = [
        (kind.id, each.type.codes["2"])
        for kind in KINDS.values()
        for each in kind.fields
        if each.name == "mode" and isinstance(each.type, Code)
    ]
    assert len(found) > 3
    assert [said for said in found if not said[1].startswith("家庭")] == []
