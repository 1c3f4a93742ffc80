"""One tablet, one visit, one receipt; then two tablets that meet in one archive."""

from tests.cast_forms import good
from tests.world import TEAM_A, XIE, ZHOU, World, field


async def test_a_visit_recorded_offline_arrives_and_comes_back_on_the_other_tablet(
    world: World,
) -> None:
    su = await field(world, "07")
    xie = await field(world, "11", staff=XIE)
    first = await su.settle()
    assert first[-1].agrees is True
    assert su.tablet.archive.members(TEAM_A)
    visit = su.tablet.save_event(
        ZHOU, "htn_followup", "2026-11-20", good("htn_followup", next_date="2027-02-18")
    )
    assert su.tablet.waiting == 1
    results = await su.settle()
    assert su.tablet.fate(visit) == ("applied", "")
    assert su.tablet.waiting == 0
    assert results[-1].agrees is True
    seen = await xie.settle()
    assert seen[-1].agrees is True
    days = [event.cls for event in xie.tablet.archive.events(ZHOU)]
    assert days == ["A", "A"]


async def test_two_edits_of_one_field_are_both_kept_and_a_person_is_asked(world: World) -> None:
    su, xie = await field(world, "07"), await field(world, "11", staff=XIE)
    await su.settle()
    await xie.settle()
    one = su.tablet.save_edit(ZHOU, {"blood_abo": "1"}, "2026-11-20")
    other = xie.tablet.save_edit(ZHOU, {"blood_abo": "2"}, "2026-11-20")
    await su.settle()
    await xie.settle()
    await su.settle()
    assert su.tablet.fate(one)[0] == "applied"
    assert xie.tablet.fate(other)[0] == "conflict"
    for each in (su, xie):
        heads = each.tablet.archive.cells(ZHOU)["blood_abo"].heads
        assert {head.value for head in heads} == {"1", "2"}
    assert await world.one("SELECT COUNT(*) FROM task WHERE kind='conflict'") == 1
    decision = su.tablet.save_edit(ZHOU, {"blood_abo": "2"}, "2026-11-20")
    await su.settle()
    results = await xie.settle()
    assert su.tablet.fate(decision) == ("applied", "")
    assert [row.state for result in results for row in result.outcomes] == ["superseded"]
    heads = xie.tablet.archive.cells(ZHOU)["blood_abo"].heads
    assert [head.value for head in heads] == ["2"]
    assert results[-1].agrees is True
