"""What an attacker with fresh eyes once got through, each with the door that is shut now."""

import pytest

from server.actions.archives.decisions import accept_proposal
from server.actions.places.move import Ask, switch
from server.actions.tablets.release import release
from server.errors import NotFound, RuleSaysNo
from sync import wire
from sync.limits import REGISTER_BYTES
from tests.cast_forms import good
from tests.world import HE, QIN, SU, TEAM_A, TEAM_B, XIE, ZHENG, ZHOU, World, an_id, field

DAY = "2026-11-20"


def visit() -> dict[str, object]:
    return good("htn_followup", next_date="2027-02-18")


async def test_accepting_a_name_does_not_put_back_a_phone_that_somebody_changed_since(
    world: World,
) -> None:
    su, xie = await field(world, "07"), await field(world, "11", staff=XIE)
    await su.settle()
    wish = su.tablet.save_edit(ZHOU, {"name": "周谷䨻", "phone": "19900002222"}, DAY)
    await su.settle()
    await xie.settle()
    xie.tablet.save_edit(ZHOU, {"phone": "19900003333"}, DAY)
    await xie.settle()
    await accept_proposal(world.site, wish, staff=QIN)
    await su.settle()
    cells = su.tablet.archive.cells(ZHOU)
    assert [head.value for head in cells["phone"].heads] == ["19900003333"]
    assert [head.value for head in cells["name"].heads] == ["周谷䨻"]


async def test_who_does_not_work_here_decides_nothing(world: World) -> None:
    su = await field(world, "07")
    await su.settle()
    wish = su.tablet.save_edit(ZHOU, {"name": "周谷䨻"}, DAY)
    await su.settle()
    with pytest.raises(NotFound):
        await accept_proposal(world.site, wish, staff=an_id("外人"))


async def test_a_register_has_a_size_and_an_edit_past_it_waits_for_a_person(world: World) -> None:
    su = await field(world, "07")
    await su.settle()
    states: list[str] = []
    for number in range(REGISTER_BYTES // 50_000 + 2):
        edit = su.tablet.save_edit(ZHOU, {f"future_{number}": "长" * 16_000}, DAY)
        await su.settle()
        states.append(su.tablet.fate(edit)[0])
    assert states[0] == "applied"
    assert states[-1] == "proposal"
    sealed = await world.one("SELECT sealed_restricted FROM resident WHERE resident=?", ZHOU)
    assert len(sealed) <= REGISTER_BYTES + 1_000
    assert (await su.go()).agrees is True


async def test_a_record_whose_id_is_taken_is_never_let_in_under_it(world: World) -> None:
    su = await field(world, "07")
    await su.settle()
    first = su.tablet.save_event(ZHOU, "htn_followup", DAY, visit())
    await su.settle()
    blank = su.tablet.blank(ZHOU, "htn_followup", DAY)
    other = wire.Change(
        id=first, resident=ZHOU, kind="htn_followup", v=1, on=DAY, at=blank.at,
        body=wire.Raw(wire.encode({**visit(), "sbp": 180})),
    )  # fmt: skip
    su.tablet.save(other)
    await su.settle()
    kept = await world.rows("SELECT change FROM change WHERE reason='same_id_other_bytes'")
    with pytest.raises(RuleSaysNo):
        await release(world.site, kept[0][0], staff=QIN)


async def test_no_answer_tells_an_unscoped_tablet_whether_a_restricted_fact_is_there(
    world: World,
) -> None:
    scoped = await field(world, "11", staff=XIE, restricted=True)
    await scoped.settle()
    scoped.tablet.save_edit(ZHOU, {"hx_disease_restricted/8": {}}, DAY)
    await scoped.settle()
    su = await field(world, "07")
    await su.settle()
    fates: list[tuple[str, str]] = []
    for who in (ZHOU, ZHENG):  # of one it is known, of the other not
        edit = su.tablet.save_edit(who, {"hx_disease_restricted/8": False}, DAY)
        await su.settle()
        fates.append(su.tablet.fate(edit))
    assert fates == [("proposal", "restricted_scope")] * 2


async def test_the_former_team_takes_back_no_record_of_the_new_one(world: World) -> None:
    su, he = await field(world, "07"), await field(world, "21", staff=HE, panels=(TEAM_B,))
    await su.settle()
    await switch(world.site, Ask(ZHOU, TEAM_B, "choice", HE, at_new_desk=True))
    world.clock.pass_(hours=1)
    await he.settle()
    record = he.tablet.save_event(ZHOU, "htn_followup", DAY, visit())
    await he.settle()
    taken_back = su.tablet.void(ZHOU, "htn_followup", "2026-11-21", record, "不要了")
    world.clock.pass_(days=1)
    await su.settle()
    assert su.tablet.fate(taken_back) == ("held", "moved_away")
    await he.settle()
    assert all(wire.change(event.change).voids is None for event in he.tablet.archive.events(ZHOU))


async def test_an_unconfirmed_chain_and_an_ended_key_get_receipts_and_no_page(
    world: World,
) -> None:
    su = await field(world, "07")
    await world.store.write(lambda tx: tx.run("UPDATE device SET epoch_allowed=0"))
    assert (await su.go()).pages == []
    await world.store.write(lambda tx: tx.run("UPDATE device SET epoch_allowed=1"))
    assert (await su.go()).pages
    await world.store.write(lambda tx: tx.run("UPDATE device_key SET until=1 WHERE staff=?", SU))
    seen = su.tablet.save_event(ZHOU, "htn_followup", DAY, visit())
    result = await su.go()
    assert (result.pages, result.receipts) == ([], 1)
    assert su.tablet.fate(seen)[0] == "quarantined"
    assert su.tablet.archive.members(TEAM_A)


async def test_one_row_that_does_not_open_stops_no_other_release(world: World) -> None:
    from server.actions.tablets.release import release_waiting

    su = await field(world, "07")
    await su.settle()
    bases = [an_id("基一"), an_id("基二")]
    held = []
    for base in bases:
        blank = su.tablet.blank(ZHOU, "basic_info", DAY)
        edit = {"remarks": wire.Edit(value="睡得不好", saw=(base,))}
        held.append(
            su.tablet.save(
                wire.Change(
                    id=blank.id, resident=ZHOU, kind="basic_info", v=1, on=DAY, at=blank.at,
                    set=edit,
                )
            )
        )  # fmt: skip
    await su.settle()
    assert {su.tablet.fate(each) for each in held} == {("held", "missing_base")}
    for base in bases:
        blank = su.tablet.blank(ZHOU, "basic_info", DAY)
        first = {"remarks": wire.Edit(value="好")}
        su.tablet.save(
            wire.Change(
                id=base, resident=ZHOU, kind="basic_info", v=1, on=DAY, at=blank.at, set=first
            )
        )
    await su.settle()
    await world.store.write(
        lambda tx: tx.run("UPDATE change SET body=? WHERE change=?", bytes(64), held[0])
    )
    assert await release_waiting(world.site) == 1
    await su.settle()
    assert su.tablet.fate(held[0]) == ("held", "missing_base")
    assert su.tablet.fate(held[1])[0] in ("applied", "merged")
