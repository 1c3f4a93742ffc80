"""Attacks on the service plan, its lists, and what is compared with other systems."""

from datetime import date

import msgspec
import pytest

from server.actions.archives import afterwork
from server.actions.plan import proof
from server.records.check import check
from server.records.kinds import everything
from server.records.model import Day, Kind, Shape, Subject
from server.rules.plan.believable import believable
from server.rules.plan.engine import plan_of
from server.rules.plan.model import Facts, Record
from tests.cast_forms import ON, good
from tests.world import ZHENG, ZHOU, World, field

DAY = str(ON)
ABSURD = ("0001-01-01", "9999-12-31")
FORMS = [
    each for each in everything() if each.subject is Subject.RESIDENT and each.shape is Shape.EVENT
]


async def test_an_absurd_day_in_one_archive_stops_nobodys_plan(world: World) -> None:
    await afterwork.catch_up(world.site)
    tablet = await field(world, "11")
    await tablet.settle()
    body = {**good("postpartum_42"), "delivery_date": "0001-01-01"}
    tablet.tablet.save_event(ZHENG, "postpartum_42", DAY, body)
    tablet.tablet.save_event(ZHOU, "htn_followup", DAY, good("htn_followup"))
    await tablet.settle()
    assert await world.rows("SELECT 1 FROM touched")
    await afterwork.catch_up(world.site)
    assert not await world.rows("SELECT 1 FROM touched")
    assert (await proof.check(world.site)).right


@pytest.mark.parametrize("kind", FORMS, ids=lambda kind: f"{kind.id}-{kind.version}")
def test_a_form_with_an_absurd_day_is_checked_and_planned_like_any_other(kind: Kind) -> None:
    known = good(kind.id)
    days = [each.name for each in kind.fields if isinstance(each.type, Day)]
    for body in ({**known, name: day} for name in days for day in ABSURD):
        check(kind, msgspec.json.encode(body), on=ON, today=ON)
        for on in (ON, *map(date.fromisoformat, ABSURD)):
            record = Record(bytes(16), kind.id, on, body)
            for birth in (None, date(1990, 2, 28), date.min):
                facts = Facts(True, birth, "2", None, {}, believable([record]))
                plan_of(facts, ON.year)
