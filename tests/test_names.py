"""What a tablet of schema 4 is told beside the archives: how people and places are called, and why
something is owed.
"""

from typing import Any

import msgspec

from server.actions.tablets.directory import KEPT_MS
from sync import wire
from tests.console import CHEN, MA, TIAN, offices
from tests.forge import Forger, everything, forger
from tests.test_plan_due import lists_made
from tests.test_plan_leaks import conditions, hits
from tests.world import DISTRICT, HE, LIUWAN, QINGHE, SU, TEAM_A, WU, XIE, ZHENG, ZHOU, World


async def asked(tablet: Forger, schema: int = 4, **facts: Any) -> wire.Answer:
    return (await tablet.post(tablet.empty(cursors=everything(), schema=schema, **facts))).answer


def plans(answer: wire.Answer) -> list[wire.PlanPut]:
    rows = [
        wire.row(row) for page in map(wire.page, answer.pages)
        for row in (*page.rows, *page.snap_rows)
    ]  # fmt: skip
    return [row for row in rows if isinstance(row, wire.PlanPut)]


async def test_the_directory_names_everybody_who_writes_and_comes_once(world: World) -> None:
    await offices(world)
    area = (DISTRICT, "371002001001", "青山村", QINGHE, TEAM_A)
    nameless = (DISTRICT, "371002001002", "", QINGHE, None)
    await world.store.write(lambda tx: tx.insert("service_area", [area, nameless]))
    su = await forger(world)
    told = (await asked(su)).names
    assert told is not None
    places = dict(told.facilities)
    assert (places[QINGHE], places[LIUWAN]) == ("青禾镇卫生院", "柳湾社区中心")
    people = {who: (name, told.facilities[at][0]) for who, name, at in told.staff}
    assert people[SU] == ("苏清明", QINGHE)
    assert people[HE] == ("何小满", LIUWAN)
    assert {TIAN, CHEN} <= people.keys()
    assert MA not in people, "who audits writes in no archive"
    assert told.regions == (("371002001001", "青山村"),)
    assert len(told.version) == 8
    assert (await asked(su, names=told.version)).names is None
    assert (await asked(su, names=b"of before")).names == told


async def test_a_directory_that_changed_comes_again_and_who_left_stays_in_it(world: World) -> None:
    su = await forger(world)
    first = (await asked(su)).names
    assert first is not None
    await world.store.write(
        lambda tx: tx.run("UPDATE facility SET name=? WHERE facility=?", "青禾中心卫生院", QINGHE)
    )
    await world.store.write(
        lambda tx: tx.run("UPDATE staff SET active=? WHERE staff=?", False, XIE)
    )
    assert (await asked(su, names=first.version)).names is None, "looked at again after a while"
    world.clock.pass_(ms=KEPT_MS)
    second = (await asked(su, names=first.version)).names
    assert second is not None
    assert dict(second.facilities)[QINGHE] == "青禾中心卫生院"
    assert XIE in {who for who, _, _ in second.staff}


async def test_an_older_tablet_and_one_that_gets_no_page_are_told_no_names(world: World) -> None:
    su = await forger(world)
    assert (await asked(su, schema=3)).names is None
    assert (await su.post(su.empty(schema=4))).answer.names is None, "it wanted no pages"
    await world.store.write(lambda tx: tx.run("UPDATE device SET status='suspended'"))
    assert (await asked(su)).names is None


async def test_a_reason_stands_beside_what_is_owed_for_who_takes_it(world: World) -> None:
    await lists_made(world)
    su = await forger(world)
    new = {put.id: put for put in plans(await asked(su))}
    old = {put.id: put for put in plans(await asked(su, schema=3))}
    assert new.keys() == old.keys()
    assert any("高血压" in each.reason for each in new[ZHOU].items)
    assert all(each.reason for put in new.values() for each in put.items)
    for who, put in old.items():
        without = tuple(msgspec.structs.replace(each, reason="") for each in new[who].items)
        assert put.items == without
        assert put.rev == new[who].rev


async def test_the_rows_of_an_older_tablet_have_five_members(world: World) -> None:
    await lists_made(world)
    su = await forger(world)
    for schema, members in ((3, 5), (4, 6)):
        for page in map(wire.page, (await asked(su, schema=schema)).pages):
            for raw in page.snap_rows:
                row = msgspec.json.decode(raw)
                if row["put"] == "plan":
                    assert {len(each) for each in row["items"]} <= {members}


async def test_no_reason_of_class_a_says_a_word_of_class_b(world: World) -> None:
    await conditions(world)
    open_one = await forger(world, "open")
    found = plans(await asked(open_one))
    assert {put.cls for put in found} == {"A"}
    assert {ZHOU, WU, ZHENG} <= {put.id for put in found}
    said = "".join(each.reason for put in found for each in put.items)
    assert hits(said) == []
    scoped = await forger(world, "scoped", restricted=True)
    both = plans(await asked(scoped))
    assert any(hits(each.reason) for put in both if put.cls == "B" for each in put.items)
