"""A kind that a district first writes in another system: not at the desk, held from a tablet, in by
a list, with its source on the page (S003-5(8), S004-3(7)-a).
"""

import pytest

from server.actions.archives import afterwork
from server.actions.archives.standing import lock_residents
from server.actions.plan.facts import district_numbers, facts_of
from server.actions.tablets import release
from server.console.desk_form import typed_from
from server.records.kinds import get, offered
from server.rules.districts import all_districts, load
from server.rules.elsewhere import elsewhere
from server.rules.plan.engine import plan_of
from server.rules.plan.model import Plan
from server.store.tx import Tx
from tests.cast_forms import ON, good
from tests.console import CHEN, desk, text_of
from tests.lists import county, endings
from tests.test_import_kinds import line, scope, take
from tests.world import SU, XIE, ZHOU, World, field

DAY = str(ON)
SYSTEM = "免疫规划信息管理系统"


@pytest.fixture
async def there(world: World) -> World:
    """A county that first writes vaccination, mental disorders and infections elsewhere."""
    await county(world)
    world.site.rules = load("wuhai")
    return world


def test_what_is_written_elsewhere_names_its_system_and_is_not_offered() -> None:
    for code in all_districts():
        outside = elsewhere(code, 2026)
        assert all(outside.values())
        listed = {kind.id for kind in offered(("A", "B"), on=ON, elsewhere=outside)}
        assert listed.isdisjoint(outside)
        assert "htn_followup" in listed
    assert elsewhere("150300", 2026)["vaccination"] == SYSTEM


async def test_the_form_is_neither_offered_nor_taken_and_the_page_says_where_it_is_written(
    there: World,
) -> None:
    path = f"/console/archive/{ZHOU.hex()}"
    async with desk(there, SU) as su:
        page = await su.get(path)
        assert "form/htn_followup" in page.text
        assert "form/vaccination" not in page.text
        assert f"预防接种记录：先在{SYSTEM}登记" in text_of(page)
        assert "精神" not in page.text  # class B is not named to who may not see it
        blank = await su.get(f"{path}/form/vaccination")
        assert blank.status_code == 409
        assert f"预防接种记录先在{SYSTEM}登记，这里不能手写。" in text_of(blank)
        there.site.rules = load("huancui")
        form = await su.get(f"{path}/form/vaccination")
        assert form.status_code == 200
        change = form.text.partition('name="change" value="')[2][:32]
        there.site.rules = load("wuhai")
        filled = {**good("vaccination"), "service_day": DAY, "change": change}
        sent = await su.post(f"{path}/form/vaccination", data=_typed(filled))
        assert sent.status_code == 409
        assert "这里不能手写" in text_of(sent)
    assert not await there.rows("SELECT 1 FROM change WHERE kind='vaccination'")


def _typed(body: dict[str, object]) -> dict[str, object]:

    known = {each.name for each in get("vaccination", 1).fields}
    form = {name: value for name, value in body.items() if name in known}
    rest = {name: value for name, value in body.items() if name not in known}
    return {**typed_from(get("vaccination", 1).fields, form), **rest}


@pytest.mark.parametrize("kind", ["vaccination", "smd_followup"])
async def test_a_tablets_record_is_held_until_a_person_lets_it_in(there: World, kind: str) -> None:
    tablet = await field(there, "11", staff=XIE, restricted=True)
    await tablet.settle()
    fate = tablet.tablet.save_event(ZHOU, kind, DAY, good(kind))
    other = tablet.tablet.save_event(ZHOU, "htn_followup", DAY, good("htn_followup"))
    await tablet.settle()
    assert tablet.tablet.fate(fate)[:2] == ("held", "written_elsewhere")
    assert tablet.tablet.fate(other)[0] == "applied"
    assert await there.rows("SELECT kind, subject FROM task") == [("held", fate)]
    await release.release(there.site, fate, staff=CHEN)
    await tablet.settle()
    assert tablet.tablet.fate(fate)[:2] == ("applied", "released")
    assert not await there.rows("SELECT 1 FROM task WHERE closed_at IS NULL")


async def test_a_held_record_that_is_declined_stays_out(
    there: World,
) -> None:
    tablet = await field(there, "11")
    await tablet.settle()
    fate = tablet.tablet.save_event(ZHOU, "vaccination", DAY, good("vaccination"))
    await tablet.settle()
    await release.decline(there.site, fate, staff=CHEN)
    await tablet.settle()
    assert tablet.tablet.fate(fate)[:2] == ("held", "declined")


async def test_the_queue_says_why_and_what_to_do(there: World) -> None:
    await afterwork.catch_up(there.site)
    tablet = await field(there, "11")
    await tablet.settle()
    fate = tablet.tablet.save_event(ZHOU, "vaccination", DAY, good("vaccination"))
    await tablet.settle()
    async with desk(there, SU) as su:
        queue = text_of(await su.get("/console/queue/held"))
        assert "先在国家规定的系统里登记" in queue
        matter = text_of(await su.get(f"/console/matter/held/{fate.hex()}"))
        assert "那边没有、又确实做过的，放行" in matter


async def test_an_imported_record_shows_its_system_and_the_time_of_its_export(
    there: World,
) -> None:
    await scope(there, CHEN)
    job = await take(there, CHEN, "vaccination", line("vaccination", ZHOU))
    assert {each.outcome for each in (await endings(there, job)).values()} == {"created"}
    await take(there, CHEN, "smd_followup", line("smd_followup", ZHOU))
    async with desk(there, SU) as su:
        page = text_of(await su.get(f"/console/archive/{ZHOU.hex()}"))
        assert f"导入自{SYSTEM}，11-20 07:00 导出" in page
        assert "精神" not in page
        assert "更正" not in page
    await scope(there, XIE)
    async with desk(there, XIE) as xie:
        page = text_of(await xie.get(f"/console/archive/{ZHOU.hex()}"))
        assert "国家严重精神障碍信息系统" in page


async def test_what_is_due_follows_from_the_records_that_came_by_a_list(there: World) -> None:
    await scope(there, CHEN)

    async def owed(kind: str) -> tuple[set[str], set[str]]:
        """Rules whose items are done by that kind: still open, and done."""

        async def read(tx: Tx) -> Plan:
            rows = await lock_residents(tx, there.site.district, {ZHOU})
            facts = await facts_of(tx, there.site, rows)
            numbers = district_numbers(there.site, 2026)
            return plan_of(facts[ZHOU], 2026, district=numbers)

        items = [each for each in (await there.store.write(read)).items if kind in each.kinds]
        return (
            {each.rule for each in items if each.done is None},
            {each.rule for each in items if each.done is not None},
        )

    assert await owed("smd_followup") == (set(), set())
    await take(there, CHEN, "smd_supplement", line("smd_supplement", ZHOU))
    begun, _ = await owed("smd_followup")
    assert begun
    await take(there, CHEN, "smd_followup", line("smd_followup", ZHOU))
    _, done = await owed("smd_followup")
    assert done
