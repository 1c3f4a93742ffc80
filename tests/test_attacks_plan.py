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
from tests.console import desk, offices, text_of
from tests.world import SU, ZHENG, ZHOU, World, field

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


async def test_what_cannot_be_read_as_its_form_is_let_in_by_nobody(world: World) -> None:
    await offices(world)
    tablet = await field(world, "11")
    await tablet.settle()
    bad = {"sbp": "x"}, {"next_date": 5}, {"symptoms": {}}, {"sbp": 10**30}
    made = [
        tablet.tablet.save_event(ZHENG, "htn_followup", DAY, {**good("htn_followup"), **each})
        for each in bad
    ]
    high = {**good("htn_followup"), "sbp": 900}
    sound = tablet.tablet.save_event(ZHENG, "htn_followup", DAY, high)
    await tablet.settle()
    async with desk(world, SU) as su:
        for each in made:
            assert tablet.tablet.fate(each)[:2] == ("held", "out_of_range")
            refused = await su.post(f"/console/matter/held/{each.hex()}", way="release")
            assert refused.status_code == 422
            assert "无法按这张表读出" in text_of(refused)
        let_in = await su.post(f"/console/matter/held/{sound.hex()}", way="release")
        assert let_in.status_code == 303
        page = await su.get(f"/console/archive/{ZHENG.hex()}/paper/{sound.hex()}")
        assert page.status_code == 200
    await afterwork.catch_up(world.site)
    states = await world.rows("SELECT DISTINCT state FROM change WHERE reason='out_of_range'")
    assert states == [("held",)]
