"""What a person decides at the server is an ordinary change that has seen everything: so that an
archive stays true (S000-art12(1)).
"""

import pytest

from server.actions.archives.decisions import accept_proposal, decide_cells
from server.actions.tablets.devices import mark_lost
from server.actions.tablets.looking import close
from server.actions.tablets.release import decline
from server.errors import NotFound, RuleSaysNo
from tests.cast_forms import good
from tests.world import QIN, SU, XIE, ZHOU, World, an_id, field


async def test_a_conflict_is_resolved_and_both_writers_learn_it(world: World) -> None:
    su, xie = await field(world, "07"), await field(world, "11", staff=XIE)
    await su.settle()
    await xie.settle()
    su.tablet.save_edit(ZHOU, {"drug_allergy/2": True}, "2026-11-20")
    await su.settle()
    await xie.settle()
    one = su.tablet.save_edit(ZHOU, {"drug_allergy/2": None}, "2026-11-20")
    other = xie.tablet.save_edit(ZHOU, {"drug_allergy/2": True}, "2026-11-20")
    await su.settle()
    await xie.settle()
    assert xie.tablet.fate(other)[0] == "conflict"
    await decide_cells(world.site, ZHOU, {"drug_allergy/2": True}, staff=QIN)
    await su.settle()
    results = await xie.settle()
    assert [row.state for result in results for row in result.outcomes] == ["superseded"]
    assert su.tablet.fate(one) == ("applied", "")
    for each in (su, xie):
        heads = each.tablet.archive.cells(ZHOU)["drug_allergy/2"].heads
        assert [head.value for head in heads] == [True]
    assert await world.one("SELECT COUNT(*) FROM task WHERE closed_at IS NULL") == 0


async def test_a_name_is_never_changed_by_machine_and_a_registrar_accepts_it(world: World) -> None:
    su = await field(world, "07")
    await su.settle()
    wish = su.tablet.save_edit(ZHOU, {"name": "周谷䨻"}, "2026-11-20")
    await su.settle()
    assert su.tablet.fate(wish) == ("proposal", "identity")
    assert su.tablet.archive.cells(ZHOU)["name"].heads[0].value == "周谷雨"
    await accept_proposal(world.site, wish, staff=QIN)
    await su.settle()
    assert su.tablet.archive.cells(ZHOU)["name"].heads[0].value == "周谷䨻"
    assert su.tablet.fate(wish) == ("superseded", "accepted")
    with pytest.raises(RuleSaysNo):
        await accept_proposal(world.site, wish, staff=QIN)


async def test_a_declined_proposal_stays_readable_and_the_writer_is_told(world: World) -> None:
    su = await field(world, "07")
    await su.settle()
    wish = su.tablet.save_edit(ZHOU, {"birth_date": "1955-03-13"}, "2026-11-20")
    await su.settle()
    await decline(world.site, wish, staff=QIN)
    await su.settle()
    assert su.tablet.fate(wish)[1] == "declined"
    assert await world.one("SELECT COUNT(*) FROM change WHERE staff=? AND reason=?", SU, "declined")
    with pytest.raises(NotFound):
        await decline(world.site, an_id("没有这条"), staff=QIN)


async def test_what_was_to_be_looked_at_is_closed_and_nothing_else_changes(world: World) -> None:
    su = await field(world, "07")
    await su.settle()
    device = su.tablet.state.device
    await mark_lost(world.site, device, world.clock())
    assert await close(world.site, device, staff=QIN) == 1
    told = await world.one("SELECT result FROM task WHERE subject=?", device)
    status = await world.one("SELECT status FROM device WHERE device=?", device)
    assert (told, status) == ("closed", "lost")
    with pytest.raises(RuleSaysNo):
        await close(world.site, device, staff=QIN)


async def test_a_proposal_is_decided_and_not_just_closed(world: World) -> None:
    su = await field(world, "07")
    await su.settle()
    wish = su.tablet.save_edit(ZHOU, {"birth_date": "1955-03-13"}, "2026-11-20")
    await su.settle()
    with pytest.raises(RuleSaysNo):
        await close(world.site, wish, staff=QIN)
    assert await world.one("SELECT COUNT(*) FROM task WHERE closed_at IS NULL") == 1


async def test_a_visit_in_force_is_closed_and_keeps_its_reason(world: World) -> None:
    su = await field(world, "07")
    await su.settle()
    body = good("htn_followup", next_date="2027-02-18")
    for _ in range(2):
        visit = su.tablet.save_event(ZHOU, "htn_followup", "2026-11-20", body)
    await su.settle()
    with pytest.raises(RuleSaysNo):
        await decline(world.site, visit, staff=QIN)
    assert await close(world.site, visit, staff=QIN) == 1
    assert await world.one("SELECT reason FROM change WHERE change=?", visit) == ""


async def test_a_wish_for_another_facility_is_a_switch_and_never_accepted(world: World) -> None:
    su = await field(world, "07")
    await su.settle()
    wish = su.tablet.save_edit(ZHOU, {"responsible_facility": an_id("别处").hex()}, "2026-11-20")
    await su.settle()
    assert su.tablet.fate(wish) == ("proposal", "authority")
    with pytest.raises(RuleSaysNo, match="not_by_hand"):
        await accept_proposal(world.site, wish, staff=QIN)
