"""What operators see of tablets, tasks and copies: enough to act on, nothing about a person."""

from server.actions.keeping.backup import backup
from server.actions.queues import views
from server.actions.tablets import devices
from sync.limits import DAY_MS, LEASE_MS
from tests.hand_tablet import HandTablet
from tests.world import (
    HE,
    ID_NUMBERS,
    NAMES,
    SU,
    TEAM_A,
    TEAM_B,
    WU,
    YANG,
    ZHENG,
    ZHOU,
    World,
    enrol_by_hand,
)


async def a_day(world: World) -> tuple[HandTablet, HandTablet]:
    """The second tablet sends a stranger's record and one that cannot be."""
    one = HandTablet(world, await enrol_by_hand(world, "一号", staff=SU, panels=(TEAM_A,)))
    two = HandTablet(world, await enrol_by_hand(world, "二号", staff=HE, panels=(TEAM_B,)))
    await one.send(one.visit(ZHOU), pending=3, oldest=world.clock() - DAY_MS)
    world.clock.pass_(hours=1)
    await two.send(two.visit(ZHENG), two.visit(YANG, sbp=900), two.visit(YANG))
    return one, two


async def test_every_tablet_shows_what_it_holds_and_what_waits(world: World) -> None:
    one, two = await a_day(world)
    first, second = await views.devices(world.site)
    assert (first.device, first.label, first.facility) == (one.keys.device, "一号", "青禾镇卫生院")
    assert (first.pending, first.oldest) == (3, world.clock() - DAY_MS - 3_600_000)
    assert (first.status, first.epoch, first.head_seq) == ("enrolled", 1, 1)
    assert (first.held, first.quarantined) == (0, 0)
    assert first.copies == 3, "the whole panel was answered"
    assert second.device == two.keys.device
    assert (second.held, second.quarantined, second.copies) == (1, 1, 1)
    assert second.last_contact == world.clock()
    assert not second.lease_over
    assert not second.epoch_waiting


async def test_silence_and_the_backup_mark_show(world: World) -> None:
    await a_day(world)
    await backup(world.site, world.folder / "backup")
    world.clock.pass_(ms=LEASE_MS + 1)
    for each in await views.devices(world.site):
        assert (each.backed_epoch, each.backed_seq) == (1, 1)
        assert each.lease_over
    summary = await views.status(world.site)
    assert summary.silent == 2
    assert summary.backed_up_at == world.clock() - LEASE_MS - 1


async def test_open_tasks_say_why_and_until_when(world: World) -> None:
    _, two = await a_day(world)
    world.clock.pass_(hours=2)
    lines = await views.tasks(world.site)
    by_kind = {line.kind: line for line in lines}
    assert by_kind["quarantine"].reason == "not_in_panel"
    assert by_kind["held"].reason == "out_of_range"
    assert {line.device for line in lines if line.kind in ("held", "quarantine")} == {
        two.keys.device
    }
    for line in lines:
        assert line.age_ms == 7_200_000
        assert not line.overdue
    assert [line.due_at for line in lines] == sorted(line.due_at for line in lines)
    world.clock.pass_(days=30)
    assert all(line.overdue for line in await views.tasks(world.site))


async def test_a_lost_tablet_is_a_task_about_itself(world: World) -> None:
    one, _ = await a_day(world)
    lost = await devices.mark_lost(world.site, one.keys.device, world.clock() - 7_200_000)
    assert [change.resident for change in lost.changes] == [ZHOU]
    assert set(lost.residents) == {ZHOU, WU, ZHENG}
    about = [line for line in await views.tasks(world.site) if line.kind == "lost"]
    assert [(line.device, line.state) for line in about] == [(one.keys.device, "lost")]


async def test_copies_of_one_archive_and_on_one_tablet(world: World) -> None:
    one, two = await a_day(world)
    everywhere = await views.copies(world.site)
    assert len(everywhere) == 4
    of_zhou = await views.copies(world.site, resident=ZHOU)
    assert [(line.device, line.label, line.state) for line in of_zhou] == [
        (one.keys.device, "一号", "possible")
    ]
    on_two = await views.copies(world.site, device=two.keys.device)
    assert [line.resident for line in on_two] == [YANG]


async def test_the_summary_counts(world: World) -> None:
    one, _ = await a_day(world)
    await devices.revoke(world.site, one.keys.device, "staff_left")
    summary = await views.status(world.site)
    assert summary.tablets == {"enrolled": 1, "revoked": 1}
    assert summary.pending == 3
    assert summary.tasks["quarantine"] == 1
    assert summary.tasks["held"] == 1
    assert summary.overdue == 0
    assert summary.feed_epoch == 1
    assert summary.backed_up_at is None


async def test_no_view_names_anybody(world: World) -> None:
    await a_day(world)
    shown = repr(
        (
            await views.devices(world.site),
            await views.tasks(world.site),
            await views.copies(world.site),
            await views.status(world.site),
        )
    )
    for word in (*NAMES.values(), *ID_NUMBERS.values()):
        assert word not in shown
