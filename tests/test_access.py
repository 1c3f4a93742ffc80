"""One gate: default no, every opening and every refused attempt in the log, class by class."""

import pytest

from server.actions.archives.reading import read_archive, who_looked
from server.errors import NotAllowed, NotFound
from server.rules.consent import Purpose
from tests.cast_forms import good
from tests.world import HE, NAMES, QIN, SU, ZHOU, World, an_id, field


async def test_the_own_doctor_opens_an_archive_and_the_resident_can_see_it(world: World) -> None:
    opened = await read_archive(world.site, ZHOU, staff=SU, purpose=Purpose.SERVICE)
    assert opened.cells["name"].heads[0].value == NAMES[ZHOU]
    assert [record.change.kind for record in opened.records] == ["htn_followup"]
    assert opened.records[0].form()["sbp"] == good("htn_followup")["sbp"]
    log = await who_looked(world.site, ZHOU)
    assert [(row.staff, row.ground, row.mode) for row in log] == [(SU, "panel", "online")]


async def test_another_facility_is_refused_and_the_attempt_is_in_the_log(world: World) -> None:
    with pytest.raises(NotAllowed):
        await read_archive(world.site, ZHOU, staff=HE, purpose=Purpose.SERVICE)
    log = await who_looked(world.site, ZHOU)
    assert [(row.staff, row.ground, row.classes) for row in log] == [(HE, "refused:no_ground", "")]


async def test_the_desk_of_the_own_facility_must_say_why(world: World) -> None:
    with pytest.raises(NotAllowed):
        await read_archive(world.site, ZHOU, staff=QIN, purpose=Purpose.SERVICE)
    opened = await read_archive(
        world.site, ZHOU, staff=QIN, purpose=Purpose.SERVICE, reason="电话询问随访时间"
    )
    assert opened.ground == "duty"
    assert len(await who_looked(world.site, ZHOU)) == 2


async def test_in_an_emergency_another_facility_opens_class_a_only(world: World) -> None:
    opened = await read_archive(
        world.site, ZHOU, staff=HE, purpose=Purpose.EMERGENCY, reason="昏迷送医"
    )
    assert (opened.ground, opened.classes) == ("emergency", ("A",))


async def test_nobody_opens_the_archive_of_nobody(world: World) -> None:
    with pytest.raises(NotFound):
        await read_archive(world.site, an_id("无此人"), staff=SU, purpose=Purpose.SERVICE)
    with pytest.raises(NotFound):
        await read_archive(world.site, ZHOU, staff=an_id("外人"), purpose=Purpose.SERVICE)


async def test_every_opening_has_its_row_and_its_leaf(world: World) -> None:
    for _ in range(3):
        await read_archive(world.site, ZHOU, staff=SU, purpose=Purpose.SERVICE)
    rows = await world.one("SELECT COUNT(*) FROM access_log")
    leaves = await world.one("SELECT COUNT(*) FROM audit_leaf WHERE what='opening'")
    assert rows == leaves == 3


async def test_what_was_read_offline_is_in_the_log_with_the_time_it_happened(world: World) -> None:
    su = await field(world, "07")
    await su.settle()
    read_at = world.clock()
    su.tablet.note_reading(ZHOU, "service")
    su.tablet.save_event(
        ZHOU, "htn_followup", "2026-11-20", good("htn_followup", next_date="2027-02-18")
    )
    world.clock.pass_(hours=5)
    await su.settle()
    log = await who_looked(world.site, ZHOU)
    assert [(row.at, row.staff, row.mode) for row in log] == [(read_at, SU, "offline")]
