"""Rounds of exchanges against the running server, with the clock and the meter round them."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from server.settings import now_ms
from sync import wire
from tests.bench.database import Engine
from tests.bench.link import Link
from tests.bench.meter import Reading, cpu_s
from tests.bench.stage import Process, Stage
from tests.bench.tablet import BenchTablet


class Wrong(RuntimeError):
    """The server did not do the work that is being measured."""


@dataclass(slots=True)
class Ground:
    """One running district: its stage, its server, a connection for each tablet."""

    stage: Stage
    server: Process
    engine: Engine
    links: list[Link] = field(default_factory=list[Link])

    @property
    def pairs(self) -> list[tuple[BenchTablet, Link]]:
        return list(zip(self.stage.tablets, self.links, strict=True))

    async def measured(self, work: Callable[[], Awaitable[object]]) -> Reading:
        """Wall, server CPU and CPU of the database's processes while `work` runs."""
        database = self.engine.database_cpu_s()
        cpu, began = cpu_s(self.server.pid), time.perf_counter()
        await work()
        wall = time.perf_counter() - began
        spent = cpu_s(self.server.pid) - cpu
        return Reading(wall, spent, self.engine.database_cpu_s() - database)


@asynccontextmanager
async def ground(stage: Stage, server: Process, engine: Engine) -> AsyncIterator[Ground]:
    """Every tablet connected."""
    made = Ground(stage, server, engine, [Link(server.port) for _ in stage.tablets])
    for link in made.links:
        await link.open()
    yield made
    for link in made.links:
        link.close()


async def post_all(link: Link, envelopes: Sequence[bytes]) -> list[bytes]:
    """One after the other, as a tablet does."""
    return [await link.post(each) for each in envelopes]


async def push(ground: Ground, sealed: list[list[bytes]]) -> tuple[Reading, list[list[bytes]]]:
    """All tablets at once, each its batches in order. Returns the answers too."""
    answers: list[list[bytes]] = []

    async def work() -> None:
        answers.extend(
            await asyncio.gather(*map(post_all, ground.links, sealed)),
        )

    return await ground.measured(work), answers


def receipts(tablet: BenchTablet, answers: Sequence[bytes]) -> list[wire.Receipt]:
    """The custody receipts in the answers. Raises Wrong when one is missing."""
    found: list[wire.Receipt] = []
    for raw in answers:
        answer = tablet.open(raw)
        if answer.receipt is None:
            raise Wrong(f"no receipt: {answer.refused or 'refused without a code'}")
        found.append(wire.receipt(answer.receipt.receipt))
    return found


def all_applied(tablet: BenchTablet, answers: Sequence[bytes]) -> int:
    """How many changes the receipts speak of. Raises Wrong unless every one was plainly applied."""
    count = 0
    for receipt in receipts(tablet, answers):
        if receipt.states or receipt.whole:
            raise Wrong(f"not applied: {receipt.states[:3]} {receipt.whole}")
        count += receipt.n
    return count


async def catch_up(tablet: BenchTablet, link: Link) -> list[wire.Page]:
    """Pulls until nothing more waits; the cursor then stands at the head."""
    pages: list[wire.Page] = []
    while True:
        answer = tablet.open(await link.post(tablet.ask(now_ms())))
        found = tablet.take_pages(answer)
        pages += found
        if not any(page.more for page in found):
            return pages
