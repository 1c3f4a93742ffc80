"""Timed work: once a slot over all processes, taken over when one dies, each act as it says."""

import asyncio
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

from crypto.columns import add_kek
from server.actions.archives.consent import end_due, grant, revoke
from server.actions.archives.ledger import audit
from server.actions.keeping import job_ledger, upkeep
from server.jobs import DAY_MS, JOBS, MINUTE_MS, NUMBERING, Clockwork, Job, slot_of
from server.metrics import Meters
from server.settings import Settings
from sync.limits import KEEP_ENVELOPE_MS, LEASE_MS
from tests.world import DISTRICT, QINGHE, SU, TEAM_A, TEAM_B, ZHOU, World, an_id, enrol_by_hand


def clockwork(world: World, owner: str, *jobs: Job) -> Clockwork:
    settings = Settings(backup_dir=world.folder / "backup", clock=world.clock)
    return Clockwork(world.site, settings, Meters(), owner=owner, jobs=jobs)


class Counted:
    """A job that counts its runs, and can be told to fail or to hang."""

    def __init__(self) -> None:
        self.runs = 0
        self.fails = False

    async def __call__(self, _site: Any, _folder: Path) -> int:
        self.runs += 1
        if self.fails:
            raise RuntimeError("张三 371002195503120028")
        return self.runs


async def test_eight_processes_do_the_work_of_a_slot_once(world: World) -> None:
    work = Counted()
    job = Job("count", MINUTE_MS, work)
    processes = [clockwork(world, f"p{n}", job) for n in range(8)]
    for _ in range(5):
        await asyncio.gather(*(each.tick(job) for each in processes))
        world.clock.pass_(minutes=1)
    assert work.runs == 5
    assert await world.one("SELECT COUNT(*) FROM job_run WHERE job='count'") == 5


async def test_a_slot_is_not_worked_twice_by_one_process(world: World) -> None:
    work = Counted()
    job = Job("count", MINUTE_MS, work)
    one = clockwork(world, "p", job)
    for _ in range(3):
        await one.tick(job)
    again = clockwork(world, "p after a restart", job)
    await again.tick(job)
    assert work.runs == 1


async def test_a_run_whose_process_died_is_taken_over_when_its_lease_is_over(world: World) -> None:
    work = Counted()
    job = Job("count", DAY_MS, work, lease_ms=MINUTE_MS)
    slot = slot_of(job, world.clock())
    assert await job_ledger.claim(world.site, "count", slot, owner="dead", lease_ms=MINUTE_MS)
    others = [clockwork(world, f"p{n}", job) for n in range(4)]
    await asyncio.gather(*(each.take_over_stale() for each in others))
    assert work.runs == 0, "the lease still runs"
    world.clock.pass_(minutes=2)
    await asyncio.gather(*(each.take_over_stale() for each in others))
    assert work.runs == 1
    owner, result = (await world.rows("SELECT claimed_by, result FROM job_run"))[0]
    assert owner != "dead"
    assert result == "ok 1"


async def test_the_dead_process_that_comes_back_cannot_close_the_run_it_lost(world: World) -> None:
    site = world.site
    await job_ledger.claim(site, "count", 1, owner="slow", lease_ms=MINUTE_MS)
    world.clock.pass_(minutes=2)
    (stale,) = await job_ledger.stale_runs(site)
    assert await job_ledger.take_over(site, stale, owner="new", lease_ms=MINUTE_MS)
    assert not await job_ledger.finish(site, "count", 1, owner="slow", result="ok")
    assert await job_ledger.finish(site, "count", 1, owner="new", result="ok")


async def test_a_job_that_fails_is_closed_with_the_type_of_its_fault_only(world: World) -> None:
    work = Counted()
    work.fails = True
    job = Job("count", MINUTE_MS, work)
    one = clockwork(world, "p", job)
    await one.tick(job)
    assert await world.one("SELECT result FROM job_run") == "failed RuntimeError"
    work.fails = False
    world.clock.pass_(minutes=1)
    await one.tick(job)
    assert work.runs == 2


async def test_the_work_of_the_night_waits_for_a_night_on_a_new_server(world: World) -> None:
    work = Counted()
    job = Job("night", DAY_MS, work, at_ms=2 * 60 * MINUTE_MS, from_start=False)
    one = clockwork(world, "p", job)
    await one.tick(job)
    assert work.runs == 0
    world.clock.pass_(days=1)
    await one.tick(job)
    assert work.runs == 1


async def test_a_night_that_the_server_slept_through_is_made_up_for(world: World) -> None:
    work = Counted()
    job = Job("night", DAY_MS, work, from_start=False)
    await clockwork(world, "p", job).tick(job)
    world.clock.pass_(days=3, hours=5)
    await clockwork(world, "p after days", job).tick(job)
    assert work.runs == 1


def test_the_slot_of_a_daily_job_turns_at_its_civil_hour() -> None:
    job = Job("night", DAY_MS, None, at_ms=2 * 60 * MINUTE_MS + 30 * MINUTE_MS)
    half_past_two = 1_795_026_600_000  # 2026-11-19T02:30+08:00
    assert slot_of(job, half_past_two) == slot_of(job, half_past_two - 1) + 1
    assert slot_of(job, half_past_two) == slot_of(job, half_past_two + DAY_MS - 1)


async def test_audit_leaves_are_numbered_once_by_several_processes(world: World) -> None:
    async def leaves(tx: Any) -> None:
        for n in range(7):
            await audit(tx, DISTRICT, "act", bytes([n]), world.clock())

    await world.store.write(leaves)
    job = next(each for each in JOBS if each.name == NUMBERING)
    some = [clockwork(world, f"p{n}", job) for n in range(4)]
    await asyncio.gather(*(each.tick(job) for each in some))
    numbers = await world.rows("SELECT number FROM audit_leaf ORDER BY number")
    assert [row[0] for row in numbers] == list(range(len(numbers)))
    assert await world.one("SELECT COUNT(*) FROM job_run") == 1


async def test_numbering_writes_nothing_when_no_leaf_waits(world: World) -> None:
    job = next(each for each in JOBS if each.name == NUMBERING)
    one = clockwork(world, "p", job)
    await one.tick(job)
    before = await world.one("SELECT COUNT(*) FROM job_run")
    for _ in range(5):
        world.clock.pass_(ms=1000)
        await one.tick(job)
    assert await world.one("SELECT COUNT(*) FROM job_run") == before


async def test_every_job_of_the_page_runs_on_an_ordinary_day(world: World) -> None:
    every = tuple(replace(job, from_start=True) for job in JOBS)
    due = {job.name for job in every if job.waits is None or await job.waits(world.site)}
    one = clockwork(world, "p", *every)
    for job in every:
        await one.tick(job)
    results = dict(await world.rows("SELECT job, result FROM job_run"))
    assert due <= set(results)
    assert not [name for name, result in results.items() if result.startswith("failed")]
    assert await world.one("SELECT COUNT(*) FROM backup_mark") == 1


async def test_the_clockwork_ticks_by_itself_and_stops(world: World) -> None:
    work = Counted()
    one = clockwork(world, "p", Job("count", 1, work))
    one.start()
    async with asyncio.timeout(60):
        while work.runs < 2:
            await asyncio.sleep(0.02)
            world.clock.pass_(ms=1)
    await one.stop()
    runs = work.runs
    assert runs >= 2
    world.clock.pass_(minutes=1)
    await asyncio.sleep(0.1)
    assert work.runs == runs


async def test_old_rows_of_the_ledger_go_and_the_newest_of_each_job_stays(world: World) -> None:
    for slot in range(4):
        await job_ledger.claim(world.site, "count", slot, owner="p", lease_ms=MINUTE_MS)
        await job_ledger.finish(world.site, "count", slot, owner="p", result="ok")
    world.clock.pass_(days=2)
    assert await job_ledger.forget_runs(world.site, {"count": DAY_MS}) == 3
    assert await world.one("SELECT slot FROM job_run") == 3


async def a_copy(world: World, device: bytes, state: str = "possible") -> None:
    now = world.clock()
    row = (DISTRICT, ZHOU, device, now, state, now)
    await world.store.write(lambda tx: tx.insert("copy", [row]))


async def test_copies_on_a_silent_tablet_are_unaccounted_until_it_is_in_touch(world: World) -> None:
    tablet = await enrol_by_hand(world, "一号", staff=SU, panels=(TEAM_A,))
    await a_copy(world, tablet.device)
    assert await upkeep.account_copies(world.site) == 0
    world.clock.now += LEASE_MS + 1
    assert await upkeep.account_copies(world.site) == 1
    state, since = (await world.rows("SELECT state, changed_at FROM copy"))[0]
    assert (state, since) == ("unaccounted", world.clock())
    assert await upkeep.account_copies(world.site) == 0
    await world.store.write(
        lambda tx: tx.run(
            "UPDATE device SET last_contact=?, lease_until=? WHERE device=?",
            world.clock(), world.clock() + LEASE_MS, tablet.device,
        )
    )  # fmt: skip
    assert await upkeep.account_copies(world.site) == 1
    assert await world.one("SELECT state FROM copy") == "possible"


async def test_a_returning_tablet_is_asked_for_the_copy_of_somebody_who_left(world: World) -> None:
    tablet = await enrol_by_hand(world, "一号", staff=SU, panels=(TEAM_B,))
    await a_copy(world, tablet.device, "unaccounted")
    assert await upkeep.account_copies(world.site) == 1
    assert await world.one("SELECT state FROM copy") == "asked"


async def test_a_revoked_tablet_has_the_time_of_a_lease_to_come_and_wipe(world: World) -> None:
    tablet = await enrol_by_hand(world, "一号", staff=SU, panels=(TEAM_A,))
    await a_copy(world, tablet.device, "asked")
    await world.store.write(
        lambda tx: tx.run("UPDATE device SET status='revoked', lease_until=?", world.clock())
    )
    world.clock.pass_(days=1)
    assert await upkeep.account_copies(world.site) == 0
    world.clock.now += LEASE_MS
    assert await upkeep.account_copies(world.site) == 1


async def an_envelope(world: World, name: str) -> bytes:
    digest = an_id(name) * 2
    row = (DISTRICT, an_id("tablet"), digest, world.clock(), b"sealed")
    await world.store.write(lambda tx: tx.insert("envelope", [row]))
    return digest


async def test_raw_envelopes_go_thirty_days_after_a_verified_backup_has_them(world: World) -> None:
    await an_envelope(world, "covered")
    watched = await an_envelope(world, "a person still looks at it")
    task = (DISTRICT, "fork", watched[:16], None, QINGHE, 0, 0, None, None, "")
    await world.store.write(lambda tx: tx.insert("task", [task]))
    world.clock.pass_(hours=1)
    world.clock.now += KEEP_ENVELOPE_MS
    assert await upkeep.prune_envelopes(world.site) == 0, "no backup has it"
    taken = world.clock()
    mark = (DISTRICT, taken, taken, bytes(32), 1)
    await world.store.write(lambda tx: tx.insert("backup_mark", [mark]))
    world.clock.pass_(hours=1)
    await an_envelope(world, "after the backup")
    assert await upkeep.prune_envelopes(world.site) == 0, "not yet thirty days"
    world.clock.now += KEEP_ENVELOPE_MS
    assert await upkeep.prune_envelopes(world.site) == 1
    left = {row[0] for row in await world.rows("SELECT digest FROM envelope")}
    assert left == {watched, an_id("after the backup") * 2}


async def members(world: World, panel: bytes) -> list[tuple[str, int | None]]:
    return [
        (row[0], row[1])
        for row in await world.rows(
            "SELECT ground, until FROM member WHERE panel=? AND resident=?", panel, ZHOU
        )
    ]


async def test_a_consent_puts_a_resident_on_another_team_until_it_ends(world: World) -> None:
    end = world.clock() + DAY_MS
    await grant(
        world.site, ZHOU, panel=TEAM_B, purpose="service", classes="A", until=end, text_version="1"
    )
    assert await members(world, TEAM_B) == [("consent", end)]
    assert await end_due(world.site) == 0
    world.clock.now = end
    assert await end_due(world.site) == 1
    assert await members(world, TEAM_B) == []
    ops = await world.rows("SELECT op FROM feed WHERE panel=? ORDER BY csn", TEAM_B)
    assert ops[-1] == ("leave",)


async def test_of_two_consents_the_second_keeps_the_archive_when_one_is_revoked(
    world: World,
) -> None:
    near, far = world.clock() + DAY_MS, world.clock() + 9 * DAY_MS
    site, ask = world.site, {"purpose": "service", "classes": "A", "text_version": "1"}
    first = await grant(site, ZHOU, panel=TEAM_B, until=far, **ask)
    second = await grant(site, ZHOU, panel=TEAM_B, until=near, **ask)
    assert await members(world, TEAM_B) == [("consent", far)]
    await revoke(site, first)
    assert await members(world, TEAM_B) == [("consent", near)]
    await revoke(site, second)
    await revoke(site, second)
    assert await members(world, TEAM_B) == []
    sums = await world.one("SELECT root_open FROM panel WHERE panel=?", TEAM_B)
    yang = await world.one("SELECT sum_open FROM resident WHERE panel=?", TEAM_B)
    assert sums == yang, "the digest is again that of the team's own residents"


async def test_a_consent_for_the_own_team_moves_nothing(world: World) -> None:
    made = await grant(
        world.site, ZHOU, panel=TEAM_A, purpose="service", classes="A",
        until=world.clock() + DAY_MS, text_version="1",
    )  # fmt: skip
    assert await members(world, TEAM_A) == [("assigned", None)]
    await revoke(world.site, made)
    assert await members(world, TEAM_A) == [("assigned", None)]


async def test_a_write_whose_asker_gave_up_leaves_the_writer_working(world: World) -> None:
    async def slow(tx: Any) -> None:
        await tx.rows("SELECT 1")
        threading.Event().wait(0.1)

    for _ in range(3):
        asking = [asyncio.ensure_future(world.store.write(slow)) for _ in range(3)]
        await asyncio.sleep(0.02)
        for each in asking:
            each.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
    assert await asyncio.wait_for(world.one("SELECT 1"), timeout=60) == 1


async def test_a_running_process_reads_a_key_that_was_added_to_the_file(world: World) -> None:
    one = clockwork(world, "p")
    one.settings = replace(one.settings, kek_file=world.kek_file)
    before = world.site.vault.ring.ids()
    add_kek(world.kek_file)
    await one.read_key_file()
    assert world.site.vault.ring.ids() == (*before, before[-1] + 1)
    world.kek_file.chmod(0o644)
    add = world.kek_file.read_text()
    world.kek_file.write_text(add + "junk")
    await one.read_key_file()
    assert len(world.site.vault.ring.ids()) == 2, "a file that cannot be used changes nothing"
    await one.read_keys()


async def test_over_new_year_the_table_of_the_new_year_is_in_force_without_a_restart(
    world: World,
) -> None:
    site = world.site
    assert site.rules_from is not None
    name, year = site.rules_from
    old = site.rules
    site.follow_year()
    assert site.rules is old
    world.clock.pass_(days=60)
    site.follow_year()
    assert site.rules_from == (name, year + 1)
    assert site.rules.code == old.code
