"""What tablets are told of a checkup day: enough with no network, and gone when it is over."""

from typing import Any

import msgspec
from msgspec import Raw

from server.actions.checkup import day_rows, desk_steps
from server.actions.keeping import backup
from server.store.ids import new_id
from server.store.tx import Tx
from sync import hall, wire
from sync.hall import Phase, State, progress
from sync.hall_wire import (
    ARCHIVE_LABEL,
    NUMBER_LABEL,
    HallCursor,
    HallInfo,
    HallPage,
    HallRow,
    hall_row,
    mark_of,
)
from tests.halls import STATIONS, HallTablet, a_day, in_hall, seen
from tests.lists import signed
from tests.test_sim_found import restored
from tests.world import QIN, TEAM_A2, WU, ZHENG, ZHOU, World, id_number


async def pages(there: HallTablet, *cursors: HallCursor) -> tuple[HallPage, ...]:
    answer = await there.send(schema=5, halls=cursors)
    return answer.halls


async def told(there: HallTablet) -> tuple[HallInfo, dict[bytes, HallRow]]:
    """Everything, from the beginning, and again until there is no more."""
    cursor = HallCursor(day=there.day)
    info, rows = None, dict[bytes, HallRow]()
    while True:
        (page,) = await pages(there, cursor)
        info = page.info or info
        rows |= {row.who: row for row in map(hall_row, page.rows)}
        cursor = HallCursor(day=page.day, epoch=page.epoch, csn=page.csn, version=page.version)
        if not page.more:
            assert info is not None
            return info, rows


async def close(world: World, day: bytes) -> None:
    async def write(tx: Tx) -> None:
        held = await day_rows.lock_day(tx, world.site, day)
        held.state = type(held.state)("closed")
        held.version_up()
        await day_rows.save_day(tx, world.site, held)

    await world.store.write(write)


async def test_a_tablet_of_the_hall_learns_the_day_and_who_is_expected(world: World) -> None:
    day = await a_day(world, (ZHOU, WU))
    info, rows = await told(await in_hall(world, day))
    assert (info.place, info.on, info.series) == ("青禾镇文化礼堂", "2026-11-20", 1)
    assert [each.id for each in info.stations] == list(STATIONS)
    assert set(rows) == {ZHOU, WU}
    zhou = rows[ZHOU]
    assert (zhou.name, zhou.sex, zhou.route) == ("周谷雨", "2", STATIONS)
    assert zhou.id == mark_of(info.key, NUMBER_LABEL, id_number(ZHOU))
    number = await world.one("SELECT archive_no FROM resident WHERE resident=?", ZHOU)
    assert zhou.no == mark_of(info.key, ARCHIVE_LABEL, number)


async def test_no_whole_number_comes_to_a_tablet(world: World) -> None:
    day = await a_day(world, (ZHOU,))
    there = await in_hall(world, day)
    (page,) = await pages(there, HallCursor(day=day))
    assert id_number(ZHOU) not in wire.encode(page).decode()


async def test_only_what_changed_comes_again(world: World) -> None:
    day = await a_day(world, (ZHOU, WU))
    one, two = await in_hall(world, day, "一"), await in_hall(world, day, "二", panels=(TEAM_A2,))
    (page,) = await pages(one, HallCursor(day=day))
    cursor = HallCursor(day=day, epoch=page.epoch, csn=page.csn, version=page.version)
    (quiet,) = await pages(one, cursor)
    assert (quiet.rows, quiet.info, quiet.csn) == ((), None, page.csn)
    await two.send(two.check_in(WU, "C001"), two.part(WU, "basic"))
    (more,) = await pages(one, cursor)
    (row,) = map(hall_row, more.rows)
    state = msgspec.json.decode(row.state, type=State)
    assert (row.who, progress(state, row.route).phase) == (WU, Phase.UNDER_WAY)


async def test_each_tablet_counts_in_a_series_of_its_own_and_a_copy_in_a_new_one(
    world: World,
) -> None:
    day = await a_day(world)
    one, two = await in_hall(world, day, "一"), await in_hall(world, day, "二", panels=(TEAM_A2,))
    first, second = (await told(one))[0], (await told(two))[0]
    assert (first.series, second.series) == (1, 2)
    assert (await told(one))[0].series == 1
    device = one.tablet.keys.device
    await world.store.write(
        lambda tx: tx.run(
            "UPDATE device SET chain_epoch=2, epoch_allowed=2, head_seq=0 WHERE device=?", device
        )
    )
    one.tablet.epoch, one.tablet.seq = 2, 0
    assert (await told(one))[0].series == 3


async def test_a_tablet_that_is_not_used_there_is_told_nothing(world: World) -> None:
    day = await a_day(world, (ZHOU,))
    there = await in_hall(world, day)
    await world.store.write(lambda tx: tx.run("DELETE FROM checkup_tablet"))
    assert await pages(there) == ()
    (page,) = await pages(there, HallCursor(day=day))
    assert page.ended


async def test_an_older_app_is_told_nothing(world: World) -> None:
    day = await a_day(world, (ZHOU,))
    there = await in_hall(world, day)
    assert (await there.send(schema=4)).halls == ()


async def test_when_the_day_is_over_the_tablet_forgets_it_and_shows_that(world: World) -> None:
    day = await a_day(world, (ZHOU,))
    there = await in_hall(world, day)
    (page,) = await pages(there, HallCursor(day=day))
    await close(world, day)
    cursor = HallCursor(day=day, epoch=page.epoch, csn=page.csn, version=page.version)
    (over,) = await pages(there, cursor)
    assert (over.ended, over.rows, over.info) == (True, (), None)
    assert await world.one("SELECT purged_at FROM checkup_tablet") is None
    assert await pages(there) == ()
    assert await world.one("SELECT purged_at FROM checkup_tablet") == world.clock()


async def test_after_a_restore_a_tablet_begins_the_day_again(world: World) -> None:
    day = await a_day(world, (ZHOU,))
    there = await in_hall(world, day)
    (page,) = await pages(there, HallCursor(day=day))
    await world.store.write(lambda tx: tx.run("UPDATE district SET feed_epoch=2"))
    (again,) = await pages(there, HallCursor(day=day, epoch=page.epoch, csn=99, version=1))
    assert (again.epoch, len(again.rows), again.info is not None) == (2, 1, True)


async def test_a_restored_server_gives_out_no_series_that_may_be_in_use(world: World) -> None:
    day = await a_day(world, (ZHOU,))
    assert (await told(await in_hall(world, day, "一")))[0].series == 1
    file = (await backup.backup(world.site, world.folder / "backup")).path
    # Given out after the backup: the server that comes back knows nothing of it.
    assert (await told(await in_hall(world, day, "二")))[0].series == 2
    async with restored(world, file, "again") as after:
        third = (await told(await in_hall(after, day, "三")))[0].series
        assert third > backup.SERIES_SPARED


async def test_a_guest_who_turned_out_to_be_somebody_is_named_so(world: World) -> None:
    day = await a_day(world)
    there = await in_hall(world, day)
    guest = new_id(world.clock())
    await there.send(there.part(guest, "ecg"))
    await there.send(there.guest(guest, id_number(ZHENG)))
    _, rows = await told(there)
    assert (rows[guest].status, rows[guest].now) == ("removed", ZHENG)
    state = msgspec.json.decode(rows[ZHENG].state, type=State)
    assert "ecg" in state.st


async def test_many_people_come_in_several_answers(world: World, monkeypatch: Any) -> None:
    monkeypatch.setattr("server.actions.checkup.hall_pages.ROWS_PER_PAGE", 2)
    day = await a_day(world, (ZHOU, WU, ZHENG))
    there = await in_hall(world, day)
    answer = await there.send(schema=5, halls=(HallCursor(day=day),))
    assert (len(answer.halls[0].rows), answer.more) == (2, True)
    assert set((await told(there))[1]) == {ZHOU, WU, ZHENG}


async def test_a_step_at_the_desk_counts_like_one_of_a_tablet(world: World) -> None:
    day = await a_day(world, (ZHOU,))
    qin = await signed(world, QIN)
    body = {"how": "7", "ticket": "A001"}
    step = await desk_steps.save_step(world.site, qin, day, ZHOU, hall.CHECK_IN, body)
    again = await desk_steps.save_step(world.site, qin, day, ZHOU, hall.CHECK_IN, body, change=step)
    assert again == step
    found = (await seen(world, day))[ZHOU]
    assert (found.progress.phase, found.progress.doubled) == (Phase.REGISTERED, 0)
    assert found.state.ins[0].device == bytes(16)


async def test_a_rule_of_the_wire_is_kept_by_odd_rows() -> None:
    for bad in (b"{}", b'{"who":"AA=="}', b"[]"):
        try:
            hall_row(Raw(bad))
        except wire.Malformed:
            continue
        raise AssertionError(bad)
