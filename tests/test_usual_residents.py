"""Temporary residents become usual when their months are over, in nobody's name, found by index."""

import dataclasses

import pytest

from server.actions.archives import life, usual_residents
from server.actions.archives.archives import open_archive_alone
from server.actions.keeping.verify import verify_journal
from server.store.vault import NOBODY
from sync.limits import DAY_MS
from tests.test_archives import new_archive
from tests.test_life import signed
from tests.world import QIN, World, field


async def temporary(world: World, since: str, number: str = "37100219910405001") -> bytes:
    new = new_archive(number)
    basics = {**new.basics, "residence_since": since}
    return await open_archive_alone(
        world.site, dataclasses.replace(new, basics=basics, status="temporary")
    )


async def states(world: World) -> dict[bytes, tuple[str, str]]:
    rows = await world.store.write(
        lambda tx: tx.rows(
            "SELECT s.resident, r.status, s.state FROM stay s JOIN resident r ON "
            "r.district=s.district AND r.resident=s.resident"
        )
    )
    return {row[0]: (row[1], row[2]) for row in rows}


async def test_half_a_year_later_and_not_a_day_before_the_archive_is_usual(world: World) -> None:
    tablet = await field(world, "青禾 1 号")
    who = await temporary(world, "2026-05-22")
    await tablet.settle()
    assert await usual_residents.make_due(world.site) == 0
    assert await states(world) == {who: ("temporary", "waiting")}
    world.clock.pass_(ms=2 * DAY_MS)
    assert await usual_residents.make_due(world.site) == 1
    assert await usual_residents.make_due(world.site) == 0
    assert await states(world) == {who: ("usual", "over")}
    told = await life.history(world.site, await signed(world, QIN), who)
    (step,) = told.steps
    assert (step.day.isoformat(), step.staff, step.by_rule) == ("2026-11-22", NOBODY, True)
    assert told.may_undo
    assert await world.one("SELECT COUNT(*) FROM touched WHERE resident=?", who) == 1
    assert (await tablet.go()).agrees is True
    assert (await verify_journal(world.site)).faults == ()


async def test_what_a_person_takes_back_stays_until_the_register_says_another_day(
    world: World,
) -> None:
    tablet = await field(world, "青禾 1 号")
    who = await temporary(world, "2025-01-01")
    await tablet.settle()
    assert await usual_residents.make_due(world.site) == 1
    assert await life.undo(world.site, await signed(world, QIN), who) == "temporary"
    assert await usual_residents.make_due(world.site) == 0
    await tablet.settle()
    tablet.tablet.save_edit(who, {"remarks": "回访过"}, "2026-11-20")
    await tablet.settle()
    assert await states(world) == {who: ("temporary", "kept")}
    tablet.tablet.save_edit(who, {"residence_since": "2026-03-01"}, "2026-11-20")
    await tablet.settle()
    assert await states(world) == {who: ("temporary", "waiting")}
    assert await usual_residents.make_due(world.site) == 1


async def test_who_moved_out_before_is_passed_over(world: World) -> None:
    tablet = await field(world, "青禾 1 号")
    who = await temporary(world, "2026-01-01")
    await tablet.settle()
    tablet.tablet.save_edit(who, {"archive_status": "1"}, "2026-11-20")
    await tablet.settle()
    assert await usual_residents.make_due(world.site) == 0
    assert await states(world) == {who: ("moved_out", "over")}


async def test_a_run_takes_so_many_and_the_next_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(5):
        await temporary(world, f"2026-01-0{n + 1}", f"3710021991040500{n}")
    monkeypatch.setattr(usual_residents, "AT_ONCE", 2)
    monkeypatch.setattr(usual_residents, "MOST", 4)
    assert await usual_residents.make_due(world.site) == 4
    assert await usual_residents.make_due(world.site) == 1
