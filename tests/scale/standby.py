"""The primary is killed while tablets work, its synchronous standby takes over: nothing that was
acknowledged is lost, and the tablets come to rest without anybody doing anything to them.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from server.actions.tablets.exchange import exchange
from server.settings import CIVIL
from server.store.tx import Tx
from tests.postgres import start_cluster
from tests.scale.county import Size
from tests.scale.filling import Order, begin, finish, panels
from tests.scale.load import Carrier, carriers, proved, receipts, site_of
from tests.scale.replicas import PRIMARY, both, kill, standby_of

SIZE = Size(residents=40, changes=3, panel=20)


@dataclass(frozen=True, slots=True)
class Told:
    """What a run came to."""

    acknowledged_before: int
    came_through: int
    unanswered: int
    feed_epoch: int

    def __str__(self) -> str:
        return (
            f"{self.acknowledged_before} changes had their receipt when the primary was killed; "
            f"{self.came_through} came through in all, each once; {self.unanswered} exchanges "
            f"broke off and were tried again; feed epoch {self.feed_epoch}"
        )


def run(folder: Path, *, tablets: int = 2, before: int = 12, after: int = 6) -> Told:
    """So many receipts before the kill, so many changes of each tablet after it."""
    with start_cluster(PRIMARY) as primary, standby_of(primary) as standby:
        primary.create_database("county")
        order = Order(
            both(primary, standby, "county"), folder, SIZE, datetime.now(CIVIL).date(), models=12
        )

        async def switch() -> None:
            await asyncio.to_thread(kill, primary)
            await asyncio.to_thread(standby.promote)

        return asyncio.run(_run(order, switch, tablets, before, after))


async def _run(
    order: Order, switch: Callable[[], Awaitable[None]], tablets: int, before: int, after: int
) -> Told:
    models, missing = await begin(order, _quiet)
    await panels(order, models, missing)
    await finish(order, _quiet)
    async with site_of(order) as site:

        async def post(request: bytes) -> bytes:
            return (await exchange(site, request)).answer

        made = await carriers(site, order, tablets, post)
        told = await switched(made, switch, before, after)
        came = await proved(site, made)
        epoch = await site.store.read(_epoch)
        return Told(told, came, sum(each.unanswered for each in made), epoch)


async def switched(
    made: list[Carrier], switch: Callable[[], Awaitable[None]], before: int, after: int
) -> int:
    """Works, switches in the middle of it, goes on; the receipts that were in before."""
    held: list[int] = []

    def enough(each: Carrier) -> Callable[[], bool]:
        return lambda: bool(held) and len(each.saved) >= held[made.index(each) + 1] + after

    async def watch() -> None:
        while receipts(made) < before:  # noqa: ASYNC110 (what it waits for is on their disks)
            await asyncio.sleep(0.01)
        count = receipts(made)
        await switch()
        held.extend([count, *(len(each.saved) for each in made)])

    await asyncio.gather(watch(), *(each.work(enough(each)) for each in made))
    return held[0]


def _quiet(_: str) -> None:
    """Progress is for people."""


async def _epoch(tx: Tx) -> int:
    return (await tx.rows("SELECT feed_epoch FROM district"))[0][0]
