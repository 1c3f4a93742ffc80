"""Two server processes on one PostgreSQL: the same push by one and by two, in turns.

The tablets of a team go to different processes, as a proxy would send them: so both write to the
same panels. What two can win is bound by the cores that one, the database and the tablets of the
bench leave over; that bound is printed beside the figure.
"""

import asyncio
import os
import random
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from statistics import median

from server.settings import now_ms
from tests.bench.database import Engine
from tests.bench.exchanges import Ground, all_applied, ground, post_all
from tests.bench.figures import Report
from tests.bench.meter import cpu_s
from tests.bench.stage import Process, Stage
from tests.bench.tablet import BenchTablet
from tests.bench.work import Size, visit

_TURNS = 6
_BATCHES = 4  # of a tablet in a turn


@dataclass(frozen=True, slots=True)
class _Turn:
    records: int
    wall_s: float
    cpu_s: float  # of the servers and the database
    bench_s: float

    @property
    def rate(self) -> float:
        return self.records / self.wall_s

    @property
    def cost(self) -> float:
        """CPU s for 1,000."""
        return self.cpu_s * 1000 / self.records


async def run(
    stage: Stage, one: Process, two: Process, where: Engine, size: Size, report: Report
) -> None:
    """Both processes are on the stage's database. Raises Wrong unless every change is applied."""
    sealed = [list(_sealed(tablet, stage, size)) for tablet in stage.tablets]
    turns: tuple[list[_Turn], list[_Turn]] = ([], [])
    async with AsyncExitStack() as open_:
        first = await open_.enter_async_context(ground(stage, one, where))
        second = await open_.enter_async_context(ground(stage, two, where))
        for number in range(_TURNS):
            both = number % 2
            some = [each[number * _BATCHES : (number + 1) * _BATCHES] for each in sealed]
            turns[both].append(await _turn(first, second if both else first, some))
    alone, together = turns
    rate = median(each.rate for each in alone)
    cost = median(each.cost for each in alone)
    bench = median(each.bench_s * 1000 / each.records for each in alone)
    most = (os.cpu_count() or 1) * 1000 / (cost + bench)
    report.figure(
        "push_two_processes_scale", median(each.rate for each in together) / rate, "ratio",
        of_cores_left=most / rate, one_rec_per_s=rate,
        two_rec_per_s=median(each.rate for each in together),
    )  # fmt: skip
    report.figure(
        "push_two_processes_cpu_ratio", median(each.cost for each in together) / cost, "ratio",
        one_s_per_1000=cost, two_s_per_1000=median(each.cost for each in together),
    )  # fmt: skip


async def _turn(first: Ground, second: Ground, sealed: list[list[bytes]]) -> _Turn:
    """Every other tablet speaks with the second."""
    processes = {first.server.pid, second.server.pid}
    spent = sum(map(cpu_s, processes)) + first.engine.database_cpu_s()
    began, own = time.perf_counter(), time.process_time()
    answers = await asyncio.gather(
        *(
            post_all((second if place % 2 else first).links[place], some)
            for place, some in enumerate(sealed)
        )
    )
    wall, own = time.perf_counter() - began, time.process_time() - own
    spent = sum(map(cpu_s, processes)) + first.engine.database_cpu_s() - spent
    count = sum(map(all_applied, first.stage.tablets, answers))
    return _Turn(count, wall, spent, own)


def _sealed(tablet: BenchTablet, stage: Stage, size: Size) -> Iterator[bytes]:
    """Batches of visits on days on which the work made none."""
    rng = random.Random(f"workers/{tablet.number}")
    now = now_ms()
    changes: list[bytes] = []
    for number in range(_TURNS * _BATCHES * size.batch):
        again, place = divmod(number, len(tablet.residents))
        on = stage.today - timedelta(days=25 + 6 * again + place * 5 // len(tablet.residents))
        changes.append(
            visit(rng, f"workers/{tablet.number}/{number}", tablet.residents[place], tablet.staff,
                  on, now - (stage.today - on).days * 86_400_000)
        )  # fmt: skip
        if len(changes) == size.batch:
            yield tablet.seal(changes, now)
            changes = []
