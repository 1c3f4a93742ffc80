"""What the simulator found, each as the shortest schedule that showed it."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from server.actions.archives import consent
from server.actions.archives.decisions import decide_cells
from server.actions.archives.merging import Wish, merge
from server.actions.archives.unmerging import unmerge
from server.actions.keeping import backup
from server.actions.places import move
from server.actions.tablets import devices, release
from server.actions.tablets.exchange import exchange
from server.settings import Settings
from server.store.ids import new_id
from sync.limits import DAY_MS
from sync.tablet import Tablet
from sync.tablet_state import NotTheServer
from tests.cast_forms import good
from tests.console import TIAN
from tests.sim.tablet_faults import no_room
from tests.test_merging import signed
from tests.world import (
    HE,
    QIN,
    SU,
    TEAM_A,
    TEAM_A2,
    TEAM_B,
    WANG,
    WU,
    XIE,
    ZHOU,
    Clock,
    Field,
    World,
    copy_of,
    field,
    new_world,
)

ON = "2026-11-20"
VISIT = good("htn_followup", next_date="2027-02-18")


def opened(path: Path, clock: Clock) -> Tablet:
    return Tablet.open(path, "青山绿水", clock=clock, new_id=new_id)


def a_copy(su: Field, world: World) -> Field:
    path = copy_of(world.folder / "07.tablet", world.folder / "07-copy.tablet")
    return Field(world, opened(path, world.clock), su.keys)


@asynccontextmanager
async def restored(world: World, file: Path, name: str) -> AsyncIterator[World]:
    """That backup in a new database (SQLite is enough: tests of the file use both engines)."""
    world.clock.pass_(hours=1)
    url = f"sqlite:///{world.folder / name}.sqlite3"
    await backup.restore(
        Settings(database_url=url, kek_file=world.kek_file, clock=world.clock), file
    )
    async with new_world(url, world.folder, clock=world.clock) as twin:
        yield twin


async def test_a_clock_set_back_after_the_app_began_loses_no_form(world: World) -> None:
    su = await field(world, "07")
    wrong = Clock()
    su.tablet = opened(world.folder / "07.tablet", wrong)
    await su.settle()
    wrong.now -= 400 * DAY_MS
    visit = su.tablet.save_event(ZHOU, "htn_followup", ON, VISIT)
    await su.settle()
    assert su.tablet.fate(visit) == ("applied", "")


async def test_work_saved_while_the_order_to_wipe_was_on_its_way_stays_sealed(
    world: World,
) -> None:
    su = await field(world, "07")
    await su.settle()
    await devices.revoke(world.site, su.keys.device, "staff_left")
    request = su.tablet.request()
    assert request is not None
    visit = su.tablet.save_event(ZHOU, "htn_followup", ON, VISIT)
    answered = await exchange(world.site, request)
    assert su.tablet.take(request, answered.answer).wiped
    ready = su.tablet.disk.rows("SELECT body FROM batch WHERE state='ready'")
    for (body,) in ready:
        await exchange(world.site, body)
    state = await world.one("SELECT state FROM change WHERE change=?", visit)
    assert state == "quarantined"


async def test_a_copy_that_counted_less_learns_to_count_on_and_gets_its_pages(
    world: World,
) -> None:
    su, xie = await field(world, "07"), await field(world, "11")
    await su.settle()
    twin = a_copy(su, world)
    for _ in range(9):
        await su.go()
    xie.tablet.save_event(ZHOU, "htn_followup", ON, VISIT)
    await xie.settle()
    results = await twin.settle()
    assert len(results) < 6
    assert len(twin.tablet.archive.events(ZHOU)) == 2


async def test_an_answer_to_an_earlier_request_is_left_alone(world: World) -> None:
    su = await field(world, "07")
    await su.settle()
    first = su.tablet.request()
    assert first is not None
    hung = await exchange(world.site, first)
    visit = su.tablet.save_event(ZHOU, "htn_followup", ON, VISIT)
    su.tablet.seal()
    await su.go()  # without cursors: a receipt, and no page that holds the visit
    assert su.tablet.fate(visit) == ("applied", "")
    su.tablet.request()
    with pytest.raises(NotTheServer):
        su.tablet.take(first, hung.answer)


async def test_outcomes_are_told_again_by_a_restored_server(world: World, tmp_path: Path) -> None:
    su = await field(world, "07")
    await su.settle()
    unknown = new_id(world.clock())
    held = su.tablet.save_event(ZHOU, "htn_followup", ON, VISIT, amends=unknown)
    await su.settle()
    assert su.tablet.fate(held)[0] == "held"
    file = (await backup.backup(world.site, tmp_path / "backup")).path
    world.clock.pass_(days=6)
    assert await release.expire_holds(world.site) == 1
    await su.settle()
    assert su.tablet.fate(held)[0] == "applied"
    async with restored(world, file, "again") as twin:
        su.world = twin
        await su.settle()
        assert su.tablet.fate(held)[0] == "held", "what the server knows again"
        await release.expire_holds(twin.site)
        await su.settle()
        assert su.tablet.fate(held)[0] == "applied"


async def test_one_backup_restored_twice_is_two_feed_epochs(world: World, tmp_path: Path) -> None:
    su = await field(world, "07")
    await su.settle()
    file = (await backup.backup(world.site, tmp_path / "backup")).path
    async with restored(world, file, "first") as once:
        su.world = once
        visit = su.tablet.save_event(ZHOU, "htn_followup", ON, VISIT)
        await su.settle()
        assert su.tablet.fate(visit) == ("applied", "")
    async with restored(world, file, "second") as twice:
        su.world = twice
        results = await su.settle()
        assert results[-1].agrees is True
        assert await twice.one("SELECT state FROM change WHERE change=?", visit) == "applied"


async def test_a_copy_and_a_restore_together_lose_no_acknowledged_visit(
    world: World, tmp_path: Path
) -> None:
    su = await field(world, "07")
    await su.settle()
    twin = a_copy(su, world)
    file = (await backup.backup(world.site, tmp_path / "backup")).path
    visit = twin.tablet.save_event(ZHOU, "htn_followup", ON, VISIT)
    await twin.settle()
    assert twin.tablet.fate(visit) == ("applied", "")
    other = su.tablet.save_event(WU, "htn_followup", ON, VISIT)
    async with restored(world, file, "again") as after:
        su.world = twin.world = after
        await su.settle()
        for _ in range(3):
            if twin.tablet.state.behind:
                twin.tablet.outbox.start_epoch()
            await twin.settle()
        assert await after.one("SELECT state FROM change WHERE change=?", other) == "applied"
        state = await after.one("SELECT state FROM change WHERE change=?", visit)
        assert state in ("applied", "quarantined")


async def test_who_left_before_the_first_page_arrived_is_asked_back_too(world: World) -> None:
    su = await field(world, "07")
    request = su.tablet.request()
    assert request is not None
    await exchange(world.site, request)  # the page is lost
    await move.switch(
        world.site, move.Ask(resident=ZHOU, panel=TEAM_B, ground="moved", by=QIN, at_new_desk=True)
    )
    await su.settle()
    await su.settle()
    state = await world.one(
        "SELECT state FROM copy WHERE resident=? AND device=?", ZHOU, su.keys.device
    )
    assert state == "purged"


async def test_a_consent_that_is_over_before_its_job_runs_starts_no_repair(world: World) -> None:
    he = await field(world, "21", staff=HE, panels=(TEAM_B,))
    await consent.grant(
        world.site, ZHOU, panel=TEAM_B, purpose="service", classes="A",
        until=world.clock() + DAY_MS, text_version="1",
    )  # fmt: skip
    world.clock.pass_(days=2)
    results = await he.settle()
    assert len(results) < 5
    await consent.end_due(world.site)
    assert (await he.settle())[-1].agrees is True


async def test_what_stays_in_quarantine_after_an_epoch_is_confirmed_is_told(world: World) -> None:
    su = await field(world, "07")
    await su.settle()
    twin = a_copy(su, world)
    su.tablet.save_event(ZHOU, "htn_followup", ON, VISIT)
    await su.settle()
    stranger = twin.tablet.save_event(new_id(world.clock()), "htn_followup", ON, VISIT)
    await twin.go()  # finds the other copy's head
    twin.tablet.outbox.start_epoch()
    await twin.settle()
    before = twin.tablet.fate(stranger)
    await devices.confirm_epoch(world.site, su.keys.device, staff=SU)
    await twin.settle()
    told = await world.one("SELECT state, reason FROM change WHERE change=?", stranger)
    assert before[0] == told[0] == "quarantined"
    assert twin.tablet.fate(stranger) == told


async def test_a_form_of_a_later_version_waits_though_its_epoch_is_confirmed(world: World) -> None:
    su = await field(world, "07")
    await su.settle()
    twin = a_copy(su, world)
    su.tablet.save_event(ZHOU, "htn_followup", ON, VISIT)
    await su.settle()
    twin.tablet.save_event(ZHOU, "htn_followup", ON, VISIT)
    await twin.go()
    twin.tablet.outbox.start_epoch()
    visit = twin.tablet.save_event(ZHOU, "htn_followup", ON, VISIT, version=9)
    await twin.settle()
    await devices.confirm_epoch(world.site, su.keys.device, staff=SU)
    await twin.settle()
    assert twin.tablet.fate(visit) == ("held", "unknown_kind")
    assert await world.one("SELECT kind FROM task WHERE subject=? AND closed_at IS NULL", visit)


async def test_a_consent_beside_the_own_panel_takes_no_restricted_cells_away(
    world: World,
) -> None:
    su = await field(world, "07", panels=(TEAM_A, TEAM_A2), restricted=True)
    await su.settle()
    su.tablet.save_edit(ZHOU, {"hx_disease_restricted/8": {"since": "2020-01"}}, ON)
    await su.settle()
    for _ in range(2):
        await consent.grant(
            world.site, ZHOU, panel=TEAM_A2, purpose="service", classes="A",
            until=world.clock() + DAY_MS, text_version="1",
        )  # fmt: skip
        for _ in range(4):
            await su.settle()
        assert "hx_disease_restricted/8" in su.tablet.archive.cells(ZHOU)
        assert not any(su.tablet.state.ask.values())


async def test_an_edit_that_disputes_only_its_own_archive_is_asked_about_when_a_merge_ends(
    world: World,
) -> None:
    su, xie = await field(world, "07"), await field(world, "11", staff=XIE)
    await su.settle()
    await xie.settle()
    early = su.tablet.save_edit(WU, {"drug_allergy/3": None}, ON)
    late = xie.tablet.save_edit(WU, {"drug_allergy/3": True}, ON)
    await su.settle()
    tian = await signed(world, TIAN)
    made = await merge(world.site, tian, Wish(ZHOU, WU, frozenset()))
    await xie.settle()
    assert xie.tablet.fate(late) == ("applied", ""), "nothing else stands in the kept archive"
    await unmerge(world.site, tian, made)
    await su.settle()
    await xie.settle()
    heads = su.tablet.archive.cells(WU)["drug_allergy/3"].heads
    assert {head.change for head in heads} == {early, late}
    task = "SELECT subject, resident FROM task WHERE kind='conflict' AND closed_at IS NULL"
    assert await world.rows(task) == [(late, WU)]
    assert xie.tablet.fate(late) == ("conflict", "")
    await decide_cells(world.site, WU, {"drug_allergy/3": True}, staff=SU)
    assert await world.rows(task) == []


async def test_a_panel_whose_sum_is_not_compared_any_more_is_not_claimed_for_ever(
    world: World,
) -> None:
    su = await field(world, "07", panels=(TEAM_A, TEAM_A2), restricted=True)
    xie = await field(world, "11", staff=XIE)
    await xie.settle()
    first = su.tablet.request()
    assert first is not None
    hung = await exchange(world.site, first)
    xie.tablet.save_edit(ZHOU, {"phone": "19900009999"}, ON)
    await xie.settle()
    su.tablet.take(first, (await exchange(world.site, first)).answer)
    su.tablet.take(first, hung.answer)
    assert su.tablet.state.ask[TEAM_A.hex()], "the sum in it is of what was there before"
    await consent.grant(
        world.site, WANG, panel=TEAM_A, purpose="service", classes="A",
        until=world.clock() + DAY_MS, text_version="1",
    )  # fmt: skip
    for _ in range(2):
        await su.settle()
    assert not any(su.tablet.state.ask.values())
    assert su.tablet.archive.cells(ZHOU)["phone"].heads[-1].value == "19900009999"


async def test_a_tablet_without_room_takes_the_step_back_and_goes_on_when_there_is_some(
    world: World,
) -> None:
    su = await field(world, "07")
    await su.settle()
    saved: list[bytes] = []

    def until_full() -> None:
        while len(saved) < 100:
            saved.append(su.tablet.save_event(ZHOU, "htn_followup", ON, VISIT))

    with no_room(su.tablet.disk, 1), pytest.raises(sqlite3.OperationalError, match="full"):
        until_full()
    assert su.tablet.waiting == len(saved), "what was told as saved, and not half of another"
    saved.append(su.tablet.save_event(ZHOU, "htn_followup", ON, VISIT))
    await su.settle()
    assert all(su.tablet.fate(each)[0] == "applied" for each in saved)


async def test_what_was_taken_beside_the_chain_is_sent_again_though_a_backup_was_made_since(
    world: World, tmp_path: Path
) -> None:
    su = await field(world, "07")
    await su.settle()
    twin = a_copy(su, world)
    twin.tablet.save_event(ZHOU, "htn_followup", ON, VISIT)
    await twin.settle()
    file = (await backup.backup(world.site, tmp_path / "backup")).path
    visit = su.tablet.save_event(WU, "htn_followup", ON, VISIT)
    await su.go()
    assert su.tablet.fate(visit) == ("quarantined", "fork"), "in custody, beside the chain"
    async with restored(world, file, "again") as after:
        after.clock.pass_(hours=1)
        await backup.backup(after.site, tmp_path / "after")
        su.world = after
        su.tablet.save_event(WU, "htn_followup", ON, VISIT)
        su.tablet.outbox.start_epoch()
        await su.settle()
        state = await after.one("SELECT state FROM change WHERE change=?", visit)
        assert state == "quarantined"


@pytest.mark.parametrize("now", [-(10**12), 0])
async def test_a_tablet_whose_clock_stands_before_1970_says_what_it_has_purged(
    world: World, now: int
) -> None:
    su = await field(world, "07")
    await su.settle()
    su.tablet.close()
    su = Field(world, opened(world.folder / "07.tablet", Clock(now)), su.keys)
    await move.switch(
        world.site, move.Ask(resident=ZHOU, panel=TEAM_B, ground="moved", by=QIN, at_new_desk=True)
    )
    for _ in range(2):
        await su.settle()
    assert ZHOU not in su.tablet.archive.members(TEAM_A)
    assert await world.one("SELECT state FROM copy WHERE resident=? AND device=?",
                           ZHOU, su.keys.device) == "purged"  # fmt: skip
