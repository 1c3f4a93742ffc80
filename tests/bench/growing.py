"""Does it get slower as more is held? The same small pulls in districts that differ in nothing but
how many records they hold, in turns; then a first sync of a panel of 2,000 from one of them.
"""

import asyncio
import random
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import quantiles
from typing import Final

from server.actions.tablets.packing import KNOWS_SHORT
from server.settings import now_ms
from tests.bench.database import Engine
from tests.bench.exchanges import Ground, Wrong, all_applied, ground, post_all
from tests.bench.figures import Report, say
from tests.bench.filling import copied, fill
from tests.bench.link import Link
from tests.bench.meter import Reading, resident_mb
from tests.bench.pulling import Pulled
from tests.bench.stage import Process, Stage, prepare, serving
from tests.bench.work import Size, visit

_PULLED: Final = 50
_BLOCK: Final = 5  # pulls of the same page in a row: the meter's step is 10 ms


@dataclass(slots=True)
class _District:
    """One of the districts, and what its pulls took."""

    name: str
    held: int
    ground: Ground
    walls: list[float] = field(default_factory=list[float])
    spent: float = 0.0

    @property
    def pulls(self) -> int:
        return len(self.walls)

    @property
    def undisturbed(self) -> float:
        """The lower quartile of the waits, s: what other work on the machine adds is left out."""
        return quantiles(self.walls, n=4)[0]


def run(where: Engine, folder: Path, size: Size, report: Report) -> None:
    """Makes the districts, serves all of them at once and measures them in turns."""
    held = {"small": size.small, "large": size.large, "huge": size.huge, "long": size.long}
    held = {name: count for name, count in held.items() if count}
    grown = size.grown
    first = prepare(where.new_database("small"), folder / "small", grown, past=size.small)
    stages = [first] + [copied(where, first, n, folder / n) for n in held if n != "small"]
    for stage, (name, count) in zip(stages, held.items(), strict=True):
        say(f"{name}: {count} records held")
        fill(stage, count - size.small)
    with serving(*stages) as servers:
        asyncio.run(_measure(where, held, stages, servers, size, report))


async def _measure(
    where: Engine,
    held: dict[str, int],
    stages: list[Stage],
    servers: list[Process],
    size: Size,
    report: Report,
) -> None:
    async with AsyncExitStack() as open_:
        districts = [
            _District(name, count, await open_.enter_async_context(ground(stage, server, where)))
            for (name, count), stage, server in zip(held.items(), stages, servers, strict=True)
        ]
        for turn in range(-1, size.rounds):  # the first warms up
            for each in districts if turn % 2 else districts[::-1]:
                await _block(each, turn, min(_PULLED, size.residents))
        _tell(districts, report)
        panel_of = next(each for each in districts if each.name == "large")
        await _first_sync(panel_of, report)


async def _block(district: _District, turn: int, count: int) -> None:
    """A colleague pushes 50 records, then the same 50 are pulled several times over."""
    here = district.ground
    (reader, reader_link), (writer, writer_link) = here.pairs[0], here.pairs[1]
    rng = random.Random(f"growth/{turn}")
    now = now_ms()
    places = rng.sample(range(len(writer.residents)), count)
    changes = [
        visit(rng, f"growth/{turn}/{n}", writer.residents[place], writer.staff,
              here.stage.today, now + n)
        for n, place in enumerate(places)
    ]  # fmt: skip
    all_applied(writer, [await writer_link.post(writer.seal(changes, now))])
    asked = [reader.ask(now_ms()) for _ in range(_BLOCK)]
    answers: list[bytes] = []

    async def pull() -> None:
        answers.extend(await post_all(reader_link, asked))

    reading = await here.measured(pull)
    for raw in answers:
        pages = reader.take_pages(reader.open(raw))
        if sum(len(page.rows) for page in pages) != count:
            raise Wrong("a pull did not bring the new records")
    if turn >= 0:
        district.walls += reader_link.waited_s[-_BLOCK:]
        district.spent += reading.cpu_s + reading.database_s


def _tell(districts: list[_District], report: Report) -> None:
    base = districts[0]
    for each in districts:
        report.middle(
            f"pull_50_ms_{each.name}", [1000 * wall for wall in each.walls], "ms",
            held=each.held, cpu_ms=1000 * each.spent / each.pulls,
            lower_quartile=1000 * each.undisturbed,
        )  # fmt: skip
    for each in districts[1:]:
        report.figure(
            f"pull_50_ratio_{each.name}", each.undisturbed / base.undisturbed, "ratio",
            held=each.held, cpu_ratio=each.spent / base.spent if base.spent else 0.0,
        )  # fmt: skip
    for each in districts:
        memory = resident_mb(each.ground.server.pid)
        report.figure(f"memory_{each.name}", memory, "MB", held=each.held)


async def _first_sync(district: _District, report: Report) -> None:
    """A new tablet takes the whole panel: roster and due lists first, then the records."""
    here = district.ground
    tablet = replace(here.stage.tablets[0], cursor=None, seen={}, schema=KNOWS_SHORT)
    link = here.links[0]
    pulled = Pulled(tablet, link)
    before, waits = link.down, len(link.waited_s)
    roster = await here.measured(pulled.roster)
    down, early = link.down - before, link.waited_s[waits:]
    rest = await here.measured(pulled.rest)
    report.figure(
        "first_sync_roster_and_due_cpu_s", _cpu(roster), "s", residents=pulled.residents,
        pages=len(early), waited=sum(early),
    )  # fmt: skip
    report.figure("first_sync_roster_and_due_kb", down / 1000, "kB", residents=pulled.residents)
    report.figure(
        "first_sync_cpu_s", _cpu(roster) + _cpu(rest), "s", records=pulled.records,
        waited=_waited(link, waits), kilobytes=(link.down - before) // 1000,
    )  # fmt: skip


def _waited(link: Link, since: int) -> float:
    """The time between requests and their answers: what the tablet does with them is left out."""
    return sum(link.waited_s[since:])


def _cpu(reading: Reading) -> float:
    return reading.cpu_s + reading.database_s
