"""Attacks on what plans, imports and comparisons keep: lost, doubled, stale, never settling."""

import asyncio

import pytest

from server.actions.archives import afterwork
from server.actions.lists import import_run, imports
from server.actions.lists.reconciliation import comparisons
from server.actions.places import closing, closing_steps
from server.actions.plan import nightly, proof
from server.actions.tablets.release import release
from server.actions.tablets.restricted_scope import give_scope
from server.records.sheet_columns import PEOPLE
from sync.limits import DAY_MS
from tests.cast_forms import ON, good
from tests.console import CHEN, offices
from tests.lists import QINGHE_VILLAGE, county, number, signed, upload
from tests.sheet_of import csv_of
from tests.test_import_kinds import EXPORTED, scope
from tests.test_organisations import CHEN_SIGNED
from tests.test_queues import person
from tests.test_reconciliation import there
from tests.world import LIUWAN, QINGHE, SU, YANG, ZHENG, ZHOU, World, field

DAY, TODAY = str(ON), "2026-11-20"
LONG = 1_001  # lines: two parts


def strangers(n: int) -> list[dict[str, str]]:
    """So many lines about people without an archive here."""
    return [
        there(None, 证件号码=number(f"19{50 + at // 300}-01-{1 + at % 28:02d}", 1 + at % 998))
        for at in range(n)
    ]


async def test_of_two_comparisons_read_in_side_by_side_one_stands_whole(world: World) -> None:
    await county(world)
    await scope(world, CHEN)
    who = await signed(world, CHEN)
    jobs: list[bytes] = []
    for n in (LONG, LONG):
        job = await upload(world, who, csv_of(*strangers(n)), "registered_smd")
        await imports.say_source(world.site, job, system="x", exported_at=EXPORTED)
        await imports.start(world.site, who, job.id)
        jobs.append(job.id)
    await import_run.work(world.site, jobs[0], most=1)
    await import_run.work(world.site, jobs[1])
    await import_run.work(world.site, jobs[0])
    found = await comparisons(world.site, who)
    assert [each.id for each in found] == [jobs[0]]
    assert sum(found[0].sums.values()) >= 1000
    heads = await world.rows("SELECT list FROM reconciliation WHERE n=0")
    assert heads == [(jobs[0],)]


async def test_look_alikes_of_two_lists_read_in_at_once_are_noted(world: World) -> None:
    await county(world)
    who = await signed(world, CHEN)
    raw = csv_of(
        {"姓名": "冯小雪", "性别": "女", "出生日期": "1971-03-02", "区划代码": QINGHE_VILLAGE}
    )
    jobs = [(await upload(world, who, raw, PEOPLE)).id for _ in range(2)]
    for job in jobs:
        await imports.start(world.site, who, job)
    await asyncio.gather(*(import_run.work(world.site, job) for job in jobs))
    done = [await imports.find(world.site, who, job) for job in jobs]
    assert sorted((each.created, each.possible) for each in done) == [(0, 1), (1, 0)]
    assert await world.one("SELECT COUNT(*) FROM twin") == 1


async def test_a_note_from_a_clock_that_ran_ahead_is_not_waited_for(world: World) -> None:
    await afterwork.catch_up(world.site)
    tablet = await field(world, "11")
    await tablet.settle()
    world.clock.pass_(days=400)
    tablet.tablet.save_event(ZHOU, "htn_followup", DAY, good("htn_followup"))
    await tablet.settle()
    world.clock.pass_(days=-400)
    assert await afterwork.waits(world.site)
    assert await afterwork.run(world.site) == 1
    assert not await world.rows("SELECT 1 FROM touched")


async def test_plans_of_a_year_that_was_none_are_made_again(world: World) -> None:
    await afterwork.catch_up(world.site)
    await nightly.keep(world.site)
    world.clock.pass_(days=60)
    await nightly.keep(world.site)
    world.clock.pass_(days=-60)
    while await nightly.waits(world.site):
        await nightly.keep(world.site)
    assert (await proof.check(world.site)).right
    world.clock.pass_(days=60)
    while await nightly.waits(world.site):
        await nightly.keep(world.site)
    assert (await proof.check(world.site)).right


async def test_what_is_let_in_of_somebody_without_a_team_is_planned(world: World) -> None:
    await offices(world)
    tablet = await field(world, "11")
    await tablet.settle()
    high = {**good("htn_followup"), "sbp": 900}
    held = tablet.tablet.save_event(ZHENG, "htn_followup", DAY, high)
    await tablet.settle()
    assert await closing.plan_closing(world.site, CHEN_SIGNED, QINGHE, TODAY) == ()
    await closing_steps.carry_on(world.site)
    await afterwork.catch_up(world.site)
    assert (await proof.check(world.site)).right
    before = await world.one("SELECT state FROM change WHERE change=?", held)
    assert before == "held"
    await release(world.site, held, staff=SU)
    assert await world.rows("SELECT state FROM change WHERE change=?", held) == [("applied",)]
    assert await world.rows("SELECT 1 FROM touched WHERE resident=?", ZHENG)
    await afterwork.catch_up(world.site)
    assert (await proof.check(world.site)).right


async def test_a_scope_taken_back_takes_what_an_open_record_asks_for_in_class_b(
    world: World,
) -> None:
    await offices(world)
    chen = await person(world, CHEN)
    await give_scope(world.site, chen, QINGHE, SU, given=True)
    su = await field(world, "07", restricted=True)
    await su.settle()
    body = {**good("health_check"), "symptoms": ["7"]}
    su.tablet.save_event(ZHENG, "health_check", DAY, body)
    await su.settle()
    await afterwork.catch_up(world.site)
    await su.settle()
    assert "B" in {each.cls for each in su.tablet.archive.owed(ZHENG)}
    assert await give_scope(world.site, chen, QINGHE, SU, given=False) == 1
    await su.settle()
    await su.settle()
    assert {each.cls for each in su.tablet.archive.owed(ZHENG)} == {"A"}
    assert len(await world.rows("SELECT 1 FROM feed WHERE op='plan_over'")) == 3


async def test_a_plan_that_was_altered_stops_nobody_elses_work(world: World) -> None:
    tablet = await field(world, "11")
    await tablet.settle()
    await nightly.keep(world.site)
    await world.store.write(
        lambda tx: tx.run("UPDATE plan SET sealed_open=? WHERE resident=?", b"no seal", ZHENG)
    )
    for who in (ZHENG, ZHOU):
        tablet.tablet.save_event(who, "htn_followup", DAY, good("htn_followup"))
    await tablet.settle()
    await afterwork.catch_up(world.site)
    assert not await world.rows("SELECT 1 FROM touched")
    assert (await proof.check(world.site)).right


@pytest.mark.parametrize("way", ["amends", "voids"])
async def test_a_held_record_that_was_corrected_or_taken_back_waits_for_nobody(
    world: World, way: str
) -> None:
    tablet = await field(world, "11")
    await tablet.settle()
    high = {**good("htn_followup"), "sbp": 900}
    sent = tablet.tablet.save_event(ZHENG, "htn_followup", DAY, high)
    together = tablet.tablet.save_event(ZHOU, "htn_followup", DAY, high)
    if way == "voids":
        tablet.tablet.void(ZHOU, "htn_followup", DAY, together, "写错")
    else:
        good_one = good("htn_followup")
        tablet.tablet.save_event(ZHOU, "htn_followup", DAY, good_one, amends=together)
    await tablet.settle()
    assert tablet.tablet.fate(sent)[:2] == ("held", "out_of_range")
    if way == "voids":
        tablet.tablet.void(ZHENG, "htn_followup", DAY, sent, "写错")
    else:
        tablet.tablet.save_event(ZHENG, "htn_followup", DAY, good("htn_followup"), amends=sent)
    await tablet.settle()
    await tablet.settle()
    assert tablet.tablet.fate(sent)[:2] == ("held", "declined")
    assert tablet.tablet.fate(together)[:2] == ("held", "declined")
    assert not await world.rows("SELECT 1 FROM task WHERE kind='held' AND closed_at IS NULL")
    await afterwork.catch_up(world.site)
    await nightly.keep(world.site)
    assert (await proof.check(world.site)).right


async def test_of_a_comparison_that_was_given_up_nothing_is_kept(world: World) -> None:
    await county(world)
    await scope(world, CHEN)
    who = await signed(world, CHEN)
    job = await upload(world, who, csv_of(*strangers(LONG)), "registered_smd")
    await imports.say_source(world.site, job, system="x", exported_at=EXPORTED)
    await imports.start(world.site, who, job.id)
    await import_run.work(world.site, job.id, most=1)
    await imports.stop(world.site, who, job.id)
    assert await world.rows("SELECT 1 FROM reconciliation")
    await imports.delete(world.site, who, job.id)
    assert not await world.rows("SELECT 1 FROM reconciliation")


async def test_a_list_held_by_a_clock_that_ran_ahead_goes_on(world: World) -> None:
    await county(world)
    who = await signed(world, CHEN)
    feng = {"姓名": "冯小雪", "性别": "女", "出生日期": "1971-03-02"}
    raw = csv_of({**feng, "区划代码": QINGHE_VILLAGE})
    job = (await upload(world, who, raw, PEOPLE)).id
    await imports.start(world.site, who, job)
    ahead = world.clock() + 400 * DAY_MS  # and then its process died
    await world.store.write(
        lambda tx: tx.run("UPDATE import_job SET owner='x', lease_until=?", ahead)
    )
    assert await import_run.waits(world.site)
    await import_run.run(world.site)
    assert (await imports.find(world.site, who, job)).state == imports.DONE


async def test_a_closed_facility_takes_no_line_of_a_comparison_with_it(world: World) -> None:
    await county(world)
    await scope(world, CHEN)
    who = await signed(world, CHEN)
    raw = csv_of(there(ZHENG), there(YANG), there(None))
    job = await upload(world, who, raw, "registered_smd")
    await imports.say_source(world.site, job, system="x", exported_at=EXPORTED)
    await imports.start(world.site, who, job.id)
    await import_run.run(world.site)
    assert await closing.plan_closing(world.site, CHEN_SIGNED, QINGHE, TODAY) == ()
    await closing_steps.carry_on(world.site)
    home = await world.one("SELECT facility FROM resident WHERE resident=?", ZHENG)
    rows = await world.rows("SELECT resident, facility FROM reconciliation WHERE n>0")
    assert dict(rows) == {ZHENG: home, YANG: LIUWAN, None: None}
    assert home != QINGHE
