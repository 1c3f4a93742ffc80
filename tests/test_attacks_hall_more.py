"""Attacks on a checkup day by many hands at once, by odd clocks, and by a server put back."""

import asyncio
import random
from typing import Any

from server.actions.archives.merging import Wish, merge
from server.actions.archives.standing import lock_device
from server.actions.archives.unmerging import unmerge
from server.actions.checkup import guest_matching, results
from server.actions.checkup.board import board_of
from server.actions.checkup.day_rows import read_day
from server.actions.checkup.desk_steps import save_step
from server.actions.checkup.hall_pages import series_of
from server.actions.checkup.lab_match import Preview, Verdict, match
from server.actions.checkup.report import day_report
from server.actions.keeping import backup
from server.actions.tablets import release
from server.errors import NotYours, RuleSaysNo
from server.rules.checkup_lab import guess
from server.store.ids import new_id
from server.store.tx import Tx
from sync import hall
from tests.console import TIAN
from tests.halls import a_day, in_hall, seen
from tests.test_checkup_lab_rules import number as doubled
from tests.test_merging import signed
from tests.world import QIN, TEAM_A2, WU, YANG, ZHENG, ZHOU, World

NUMBER = "11010519491231002X"
EVERYBODY = (ZHOU, WU, YANG, ZHENG)


async def test_whatever_happens_at_once_breaks_nothing_and_adds_up(world: World) -> None:
    days = [await a_day(world, EVERYBODY), await a_day(world, EVERYBODY[:2])]
    one, two = await in_hall(world, days[0], "一"), await in_hall(world, days[0], "二",
                                                                 panels=(TEAM_A2,))  # fmt: skip
    chance, qin, tian = random.Random(7), await signed(world, QIN), await signed(world, TIAN)
    guests = [new_id(world.clock()) for _ in range(3)]
    site = world.site

    async def batch(there: Any, order: list[bytes]) -> None:
        steps = []
        for day in order:
            there.day = day
            for who in chance.sample([*EVERYBODY, *guests], 4):
                steps += [there.check_in(who), there.part(who, chance.choice(["basic", "ecg"]))]
            steps.append(there.guest(chance.choice(guests), NUMBER))
        await there.send(*steps)

    async def joined() -> None:
        name = await merge(site, tian, Wish(ZHOU, WU, frozenset()))
        await asyncio.sleep(0.05)
        await unmerge(site, tian, name)

    def desk() -> Any:
        body = {"station": "blood", "mark": "1"}
        return save_step(site, qin, chance.choice(days), chance.choice(EVERYBODY), hall.PART, body)

    for _ in range(3):
        done = await asyncio.gather(
            batch(one, days), batch(two, days[::-1]), desk(), desk(), joined(),
            guest_matching.match(site, qin, days[0], chance.choice(guests), YANG),
            results.run(site), guest_matching.run(site), return_exceptions=True,
        )  # fmt: skip
        world.clock.pass_(minutes=30)
        odd = [each for each in done if isinstance(each, BaseException)]
        assert [each for each in odd if not isinstance(each, RuleSaysNo | NotYours)] == []
    await results.run(site)
    for day in days:
        noted = await world.one("SELECT COUNT(*) FROM checkup_step WHERE day=?", day)
        kept = [each.state for each in (await seen(world, day)).values()]
        rows = await world.rows("SELECT DISTINCT who FROM checkup_step WHERE day=?", day)
        assert {row[0] for row in rows} <= {*await seen(world, day)}
        assert noted >= sum(len(each.ins) + len(each.st) for each in kept) > 0


async def test_a_tablet_years_ahead_does_not_have_the_last_word_for_ever(world: World) -> None:
    day = await a_day(world, (ZHOU,))
    there = await in_hall(world, day)
    ahead = world.clock() + 5 * 365 * 86_400_000
    await there.send(there.check_in(ZHOU), there.part(ZHOU, "ecg", at=ahead))
    qin, form = await signed(world, QIN), new_id(world.clock())
    body = {"station": "ecg", "mark": hall.TAKEN_BACK}
    for _ in range(2):
        await save_step(world.site, qin, day, ZHOU, hall.PART, body, change=form)
    assert "ecg" in (await seen(world, day))[ZHOU].progress.missing
    assert await world.one("SELECT COUNT(*) FROM checkup_step WHERE kind='station_part'") == 2


async def test_results_follow_a_part_although_the_clock_was_set_back(world: World) -> None:
    day = await a_day(world, (ZHOU,))
    there = await in_hall(world, day)
    await there.send(there.check_in(ZHOU), there.part(ZHOU, "basic", values={"bp_l_sys": 128}))
    world.clock.pass_(minutes=30)
    assert await results.run(world.site) == 1
    world.clock.pass_(minutes=-40)
    late = there.part(ZHOU, "basic", values={"bp_l_dia": 76})
    await there.send(late)
    world.clock.pass_(hours=2)
    assert await results.run(world.site) == 1
    assert await world.one("SELECT COUNT(*) FROM change WHERE kind='health_check'") == 2


async def test_a_server_put_back_gives_no_series_twice(world: World) -> None:
    day = await a_day(world, (ZHOU,))
    first, second = await in_hall(world, day, "一"), await in_hall(world, day, "二",
                                                                  panels=(TEAM_A2,))  # fmt: skip

    async def series(there: Any) -> int:
        async def ask(tx: Tx) -> int:
            device = await lock_device(tx, 1, there.tablet.keys.device)
            assert device is not None
            return await series_of(tx, world.site, device, day)

        return await world.store.write(ask)

    assert await series(first) == 1
    await world.store.write(lambda tx: backup.spare_series(tx, world.clock()))  # as a restore does
    assert await series(first) == 1
    assert await series(second) > 1 + 20


async def test_a_number_on_two_peoples_tubes_is_nobodys_result(world: World) -> None:
    day = await a_day(world, (ZHOU, WU))
    there = await in_hall(world, day)
    number = doubled(1, serial=1)
    labels = [{"tube": "serum", "number": number}]
    mine = there.step(hall.SHEET, ZHOU, labels=labels)
    await there.send(mine, there.step(hall.SHEET, WU, labels=labels))
    assert there.said[mine.id] == ("applied", "")

    async def looked(tx: Tx) -> Preview:
        found = await read_day(tx, world.site, day)
        assert found is not None
        head = ("条码号", "ALT")
        return await match(tx, world.site, found, head, guess(head), [(2, (number, "18"))])

    (entry,) = (await world.store.read(looked)).entries
    assert [fault.code for _, fault in entry.faults] == ["two_people"]
    assert (entry.who, entry.verdict) == (None, Verdict.REFUSED)


async def test_a_day_is_not_kept_from_its_hall_by_days_planned_earlier(world: World) -> None:
    far = [await a_day(world, on=f"2026-12-{n:02}", state="ready") for n in range(1, 6)]
    today = await a_day(world, (ZHOU,))
    there = await in_hall(world, today)
    device = there.tablet.keys.device
    await world.store.write(
        lambda tx: tx.insert("checkup_tablet", [(1, day, device, 0, None, None) for day in far])
    )
    answer = await there.send(schema=5)
    assert [each.day for each in answer.halls] == sorted([today, *far[:3]])


HALF = '{"bp_l_sys":128,"bp_l_dia":76,"name\\ud800":"\\ud800"}'


async def test_half_a_sign_in_what_was_written_stops_no_results(world: World) -> None:
    day = await a_day(world, (ZHOU,))
    there = await in_hall(world, day)
    odd = there.step(
        hall.PART, ZHOU, station="basic", mark="1", form="health_check", v=1, values=HALF
    )
    await there.send(there.check_in(ZHOU), odd, there.part(ZHOU, "blood", values={"wbc": 62}))
    assert there.said[odd.id] == ("quarantined", "malformed")
    await release.release(world.site, odd.id, staff=QIN)
    world.clock.pass_(hours=1)
    await results.run(world.site)
    assert not world.site.put_off
    assert await world.one("SELECT COUNT(*) FROM change WHERE kind='health_check'") == 1


async def test_a_tablet_whose_clock_stood_years_ago_spoils_no_average(world: World) -> None:
    route = ("basic",)
    day = await a_day(world, (ZHOU, WU, YANG), stations=route)
    there = await in_hall(world, day)
    await there.send(there.check_in(ZHOU), there.check_in(WU))
    world.clock.pass_(minutes=20)
    await there.send(there.check_in(YANG, at=946_684_800_000))
    await there.send(*(there.part(who, "basic") for who in (ZHOU, WU, YANG)))
    shown = (await board_of(world.site, await signed(world, QIN), day)).figures
    assert (shown.arrived, shown.finished) == (3, 3)
    assert shown.average_min == 20
    report = (await day_report(world.site, await signed(world, QIN), day)).report
    assert report.longest_minutes == 20
