"""A whole checkup day: twenty tablets offline, a thousand arrivals, scans that double; the counts
are right after any order in which the batches come.
"""

from collections import Counter
from dataclasses import dataclass
from random import Random

import pytest

from server.actions.places.district import Loader, NewResident
from sync import wire
from sync.hall import Phase
from tests.halls import STATIONS, HallTablet, a_day, in_hall, seen
from tests.lists import number
from tests.world import QINGHE, TEAM_A, World, an_id

HOUR = 3_600_000


@dataclass(frozen=True, slots=True)
class Crowd:
    """What truly happened: who came, who was scanned twice, who did everything, who left early."""

    came: int
    doubled: int
    finished: int
    left: int


async def people(world: World, count: int) -> list[bytes]:
    """Elders of the facility with archives of their own."""
    loader = Loader(world.site)
    await loader.begin()
    made: list[bytes] = []
    for n in range(count):
        region = f"3710{n // 900:02d}"
        who, id_no = an_id(f"老人{n}"), number("1950-03-12", n % 900 + 1, region=region)
        basics = {"name": f"老人{n}", "id_type": "01", "id_no": id_no, "sex": "1",
                  "birth_date": "1950-03-12"}  # fmt: skip
        loader.resident(
            NewResident(
                id=who, panel=TEAM_A, facility=QINGHE, created_ms=world.clock() - 10**9,
                archive_no=f"371002009001{n:05d}", id_no=id_no, since_day="2024-03-11",
                basics=basics,
            )
        )  # fmt: skip
        made.append(who)
    await loader.flush()
    return made


def batches_of(
    dice: Random, tablets: list[HallTablet], whos: list[bytes], begun: int
) -> tuple[list[list[list[wire.Change]]], Crowd]:
    """What each tablet noted, cut into batches in the order of its own saving."""
    noted: list[list[wire.Change]] = [[] for _ in tablets]
    counts = [0] * len(tablets)
    doubled = finished = left = 0

    def note(n: int, step: wire.Change) -> None:
        noted[n].append(step)

    for who in whos:
        at = begun + dice.randint(0, 3 * HOUR)
        doors = dice.sample(range(4), 2 if dice.random() < 0.12 else 1)
        doubled += len(doors) - 1
        for place, n in enumerate(doors):
            counts[n] += 1
            ticket = f"{chr(66 + n)}{counts[n]:03d}"
            note(n, tablets[n].step("check_in", who, at=at + place * 1000, how="1", ticket=ticket))
        fate = dice.random()
        done = STATIONS if fate < 0.7 else STATIONS[: dice.randint(0, len(STATIONS) - 1)]
        for step, station in enumerate(done, start=1):
            n = dice.randrange(4, len(tablets))
            note(n, tablets[n].step("station_part", who, at=at + step * 60_000, station=station,
                                    mark="1"))  # fmt: skip
        if len(done) == len(STATIONS):
            finished += 1
        elif fate > 0.9:
            left += 1
            note(0, tablets[0].step("check_out", who, at=at + HOUR))
    whole = [[steps[i : i + 40] for i in range(0, len(steps), 40)] for steps in noted]
    return whole, Crowd(len(whos), doubled, finished, left)


async def merged(world: World, *, tablets: int, count: int, seed: int) -> None:
    """The day is played, its batches arrive in a random order of the tablets, some twice."""
    dice = Random(seed)
    whos = await people(world, count)
    day = await a_day(world, tuple(whos[: count * 3 // 4]))
    hall = [await in_hall(world, day, f"平板{n}") for n in range(tablets)]
    batches, truth = batches_of(dice, hall, whos, world.clock() - 4 * HOUR)
    waiting = [n for n, each in enumerate(batches) for _ in each]
    dice.shuffle(waiting)
    for n in waiting:
        steps = batches[n].pop(0)
        await hall[n].send(*steps)
        if dice.random() < 0.1:  # the answer was lost: closed again, with what it held before
            await hall[n].send(*steps)
    found = (await seen(world, day)).values()
    phases = Counter(each.progress.phase for each in found)
    assert len(found) == count
    assert count - phases[Phase.EXPECTED] == truth.came
    assert phases[Phase.FINISHED] == truth.finished
    assert phases[Phase.LEFT] == truth.left
    assert sum(each.progress.doubled for each in found) == truth.doubled
    tickets = [each.progress.ticket for each in found]
    assert len(set(tickets)) == count, "no queue number is given twice"
    columns = "COUNT(*), COUNT(arrived_at), COUNT(done_at), COUNT(left_at)"
    assert await world.rows(f"SELECT {columns} FROM checkup_person") == [
        (count, truth.came, truth.finished, truth.left)
    ]


@pytest.mark.parametrize("seed", range(6))
async def test_any_order_of_batches_ends_in_the_same_counts(world: World, seed: int) -> None:
    await merged(world, tablets=6, count=60, seed=seed)


async def test_twenty_tablets_and_a_thousand_arrivals(world: World) -> None:
    await merged(world, tablets=20, count=1000, seed=7)
