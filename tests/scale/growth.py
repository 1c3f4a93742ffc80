"""Does it get slower as more is held? Several filled counties with their servers running at once,
asked the same in turns, so that what else the machine does meets all of them alike.
"""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from statistics import median
from typing import Final

from tests.bench.meter import resident_mb
from tests.scale.asked import measurable
from tests.scale.filling import Order
from tests.scale.measuring import County, Taken, county, empty, pull, push, running
from tests.scale.measuring import say as tell

ROUNDS: Final = 12
WORK: Final = {"pull of 50": pull, "push of 200": push, "empty": empty}


def growth(folders: Sequence[Path], rounds: int = ROUNDS) -> None:
    """Prints a JSON line a figure and county after each round; `chart` draws the last ones."""
    orders = [measurable(Order.kept_in(folder)) for folder in folders]
    with ExitStack() as stack:
        servers = [stack.enter_context(running(order)) for order in orders]
        asyncio.run(_growth(orders, servers, rounds))


async def _growth(orders: list[Order], servers: list[tuple[int, int]], rounds: int) -> None:
    async with AsyncExitStack() as stack:
        counties = [
            await stack.enter_async_context(county(order, *server))
            for order, server in zip(orders, servers, strict=True)
        ]
        taken: dict[tuple[str, int], list[Taken]] = {}
        for turn in range(rounds + 1):
            for name, work in WORK.items():
                for place, made in enumerate(counties):
                    each = await work(made)
                    if turn:  # the first only warms
                        taken.setdefault((name, place), []).append(each)
            if turn:
                _told(counties, taken)


def _told(counties: Sequence[County], taken: dict[tuple[str, int], list[Taken]]) -> None:
    """All that is known so far: later lines stand for earlier ones."""
    for place, made in enumerate(counties):
        for name in WORK:
            _say(name, made, taken[name, place])
        tell("memory", made, held=made.held, MB=resident_mb(made.server))


def _say(name: str, made: County, taken: list[Taken]) -> None:
    tell(
        name, made, held=made.held, cpu_ms=sum(each.cpu_ms for each in taken) / len(taken),
        wall_ms=median(each.wall_ms for each in taken),
    )  # fmt: skip
