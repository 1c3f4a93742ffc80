"""After an outage every tablet of a county comes in the same second: 500 of them, each with a few
records to push and a few of its colleague to pull, on one server process.

They behave as sync/PROTOCOL.md section 2 asks: one that is told that the server is busy waits a
random time that doubles, and never less than the server said.
"""

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Final

from server.settings import now_ms
from sync.limits import RETRY_FIRST_MS, RETRY_MAX_MS
from tests.bench.database import Engine
from tests.bench.exchanges import Ground, Wrong
from tests.bench.figures import Report
from tests.bench.filling import fill
from tests.bench.link import Link, Refused
from tests.bench.meter import Reading, peak_mb, resident_mb
from tests.bench.stage import Process, Stage, prepare, serving
from tests.bench.tablet import BenchTablet
from tests.bench.work import Size, visit

_RESIDENTS: Final = 4  # of one tablet; what they are does not matter here
_BUSY: Final = 503


@dataclass(slots=True)
class _Told:
    """What the tablets met."""

    refused: int = 0
    cut: int = 0  # connections that were refused or ended
    rows: int = 0
    exchanges: int = 0
    done_s: list[float] = field(default_factory=list[float])


def run(url: str, where: Engine, folder: Path, size: Size, report: Report) -> None:
    """`folder` exists and is empty."""
    small = replace(size, tablets=size.storm, residents=_RESIDENTS)
    stage = prepare(url, folder / "outage", small)
    fill(stage, 0)
    with serving(stage) as (server,):
        asyncio.run(_measure(stage, server, where, report))


async def _measure(stage: Stage, server: Process, where: Engine, report: Report) -> None:
    here = Ground(stage, server, where, [Link(server.port) for _ in stage.tablets])
    desk = Link(server.port)  # what the colleagues sent before the outage
    await desk.open()
    for raw in _sealed(stage, back=2, asking=False):
        await desk.post(raw)
    desk.close()
    storm = _sealed(stage, back=1, asking=True)
    told = _Told()
    held = resident_mb(server.pid)
    reading = await here.measured(lambda: _storm(here, storm, told))
    for link in here.links:
        link.close()
    _tell(here, told, reading, held, report)


def _sealed(stage: Stage, *, back: int, asking: bool) -> list[bytes]:
    """A batch of each tablet: one visit of each resident, so many days ago."""
    on = stage.today - timedelta(days=back)
    now = now_ms()
    made: list[bytes] = []
    for tablet in stage.tablets:
        rng = random.Random(f"outage/{tablet.number}/{back}")
        changes = [
            visit(rng, f"outage/{tablet.number}/{back}/{n}", who, tablet.staff, on,
                  now - back * 86_400_000)
            for n, who in enumerate(tablet.residents)
        ]  # fmt: skip
        made.append(tablet.seal(changes, now, asking=asking))
    return made


async def _storm(here: Ground, sealed: Sequence[bytes], told: _Told) -> None:
    began = time.perf_counter()
    await asyncio.gather(
        *(
            _come(tablet, link, raw, told, began)
            for (tablet, link), raw in zip(here.pairs, sealed, strict=True)
        )
    )


async def _come(tablet: BenchTablet, link: Link, raw: bytes, told: _Told, began: float) -> None:
    """Until its records have a receipt and nothing more waits for it."""
    answer = tablet.open(await _posted(link, raw, told))
    if answer.receipt is None:
        raise Wrong(f"no receipt: {answer.refused}")
    while True:
        pages = tablet.take_pages(answer)
        told.rows += sum(len(page.rows) + len(page.snap_rows) for page in pages)
        if not answer.more:
            break
        answer = tablet.open(await _posted(link, tablet.ask(now_ms()), told))
    told.done_s.append(time.perf_counter() - began)


async def _posted(link: Link, raw: bytes, told: _Told) -> bytes:
    """Over a connection that it opens when it has none, until it is answered."""
    failures = 0
    while True:
        told.exchanges += 1
        least = 0
        try:
            if not link.is_open:
                await link.open()
            return await link.post(raw)
        except Refused as refused:
            if refused.status != _BUSY:
                raise
            told.refused += 1
            least = refused.retry_after_s
        except (OSError, asyncio.IncompleteReadError):
            told.cut += 1
            link.close()
        most = min(RETRY_MAX_MS, RETRY_FIRST_MS * 2**failures) / 1000
        await asyncio.sleep(max(least, random.uniform(0, most)))
        failures += 1


def _tell(here: Ground, told: _Told, reading: Reading, held: float, report: Report) -> None:
    tablets = len(here.links)
    if len(told.done_s) != tablets or not told.rows:
        raise Wrong("not every tablet was answered")
    waits = sorted(each for link in here.links for each in link.waited_s)
    done = sorted(told.done_s)
    at = int(len(waits) * 0.99)
    report.figure(
        "outage_all_answered_s", done[-1], "s", tablets=tablets, half_of_them=done[tablets // 2],
        told_to_come_again=told.refused, cut=told.cut, exchanges=told.exchanges,
        rows_pulled=told.rows,
    )  # fmt: skip
    report.figure("outage_p99_s", waits[min(at, len(waits) - 1)], "s", slowest=waits[-1])
    spent = (reading.cpu_s + reading.database_s) * 1000 / tablets
    report.figure("outage_cpu_ms_per_tablet", spent, "ms", database=reading.database_s)
    report.figure("outage_memory_more_mb", peak_mb(here.server.pid) - held, "MB", before=held)
