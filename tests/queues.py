"""A day with work in it: a conflict, a proposal, a held record, a tablet in quarantine."""

from dataclasses import dataclass

from tests.cast_forms import good
from tests.console import offices
from tests.world import HE, TEAM_B, WU, XIE, ZHENG, ZHOU, Field, World, field

TODAY = "2026-11-20"


@dataclass(slots=True)
class Day:
    """Ids of the changes that left a task, and the tablets that made them."""

    su: Field
    xie: Field
    he: Field
    conflict: bytes
    name: bytes
    twice: bytes
    held: bytes
    strangers: tuple[bytes, bytes]


def visit(**more: object) -> dict[str, object]:
    return good("htn_followup", **{"next_date": "2027-02-18", **more})


async def busy_day(world: World) -> Day:
    """Su and Xie write about the same residents offline; He writes about residents of others."""
    await offices(world)
    su, xie = await field(world, "07"), await field(world, "11", staff=XIE)
    he = await field(world, "21", staff=HE, panels=(TEAM_B,))
    for each in (su, xie, he):
        await each.settle()
    su.tablet.save_edit(ZHOU, {"drug_allergy/2": True, "blood_abo": "1"}, TODAY)
    await su.settle()
    await xie.settle()
    world.clock.pass_(hours=2)
    edits = {"drug_allergy/2": True, "blood_abo": "1", "marital": "3"}
    su.tablet.save_edit(ZHOU, edits, TODAY)
    su.tablet.save_event(WU, "htn_followup", TODAY, visit())
    world.clock.pass_(hours=1)
    edits = {"drug_allergy/2": None, "blood_abo": "2", "marital": "3"}
    conflict = xie.tablet.save_edit(ZHOU, edits, TODAY)
    name = xie.tablet.save_edit(WU, {"name": "吴吉祥"}, TODAY)
    twice = xie.tablet.save_event(WU, "htn_followup", TODAY, visit())
    held = xie.tablet.save_event(ZHENG, "htn_followup", TODAY, visit(sbp=700))
    one = he.tablet.save_event(ZHOU, "htn_followup", TODAY, visit())
    other = he.tablet.save_event(WU, "htn_followup", TODAY, visit())
    world.clock.pass_(hours=3)
    for each in (su, xie, he):
        await each.settle()
    return Day(su, xie, he, conflict, name, twice, held, (one, other))
