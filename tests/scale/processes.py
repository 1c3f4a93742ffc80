"""Four server processes on one PostgreSQL behind nginx, tablets at work, one process killed in the
middle: nothing acknowledged is lost or there twice, and the others go on.
"""

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import httpx

from server.settings import CIVIL
from tests.ports import kept_port
from tests.postgres import REPOSITORY, start_cluster
from tests.scale.county import Size
from tests.scale.filling import Order, fill
from tests.scale.load import Carrier, carriers, proved, receipts, site_of
from tests.server_process import Installation, Running, served

SIZE: Final = Size(residents=800, changes=5, panel=100)
CONFIGURATION: Final = REPOSITORY / "deploy" / "nginx.conf"
_EXCHANGE: Final = "/sync/v1/exchange"


@dataclass(frozen=True, slots=True)
class Told:
    """What a run came to."""

    acknowledged_before: int
    came_through: int
    unanswered: int
    served: tuple[int, ...]  # exchanges by process, the killed one first


def run(folder: Path, *, count: int = 4, tablets: int = 8, before: int = 40, after: int = 10) -> Told:
    """So many receipts before the kill, so many changes of each tablet after it."""
    with ExitStack() as stack:
        cluster = stack.enter_context(start_cluster())
        order = Order(
            cluster.create_database("county"), folder, SIZE, datetime.now(CIVIL).date()
        )
        fill(order, processes=1, say=lambda _: None)
        here = Installation(folder, order.url)
        # The killed one is no process of `served`'s any more when that ends: it is kept apart.
        doomed = stack.enter_context(_doomed(here))
        others = [stack.enter_context(served(here)) for _ in range(count - 1)]
        ports = [doomed.port, *(each.port for each in others)]
        address = stack.enter_context(nginx(ports))
        kill = lambda: os.kill(doomed.process.pid, signal.SIGKILL)
        return asyncio.run(_run(order, address, kill, tablets, before, after, [doomed, *others]))
