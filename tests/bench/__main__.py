"""`python -m tests.bench`: one JSON line a figure on standard output, progress beside it.

Exit code 1 when a figure misses its bar. A `--quick` run only shows that everything works: it is
too short for a stopwatch, so only what counts outcomes is held to its bar.
"""

import argparse
import asyncio
import json
import os
import platform
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from tests.bench import (
    board,
    codes,
    conflicting,
    growing,
    hall_board,
    importing,
    planning,
    portal,
    pulling,
    pushing,
    searching,
    tablet_web,
    validating,
)
from tests.bench.database import Engine, engine
from tests.bench.exchanges import ground
from tests.bench.figures import Report, say
from tests.bench.stage import Process, Stage, prepare, serving
from tests.bench.work import FULL, QUICK, Size


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--engine", choices=("sqlite", "postgres", "both"), default="both")
    parser.add_argument("--quick", action="store_true", help="seconds instead of a minute")
    asked = parser.parse_args()
    began = time.monotonic()
    _machine(quick=asked.quick)
    missed: list[str] = []
    for name in ("sqlite", "postgres") if asked.engine == "both" else (asked.engine,):
        missed += measure(name, QUICK if asked.quick else FULL, quick=asked.quick)
    say(f"{time.monotonic() - began:.0f} s; bars missed: {', '.join(missed) or 'none'}")
    return 1 if missed else 0


def _machine(*, quick: bool) -> None:
    line = {
        "figure": "machine", "engine": "both", "value": os.cpu_count(), "unit": "cores",
        "python": platform.python_version(), "quick": quick, "load_of_others": os.getloadavg()[0],
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }  # fmt: skip
    print(json.dumps(line), flush=True)


def measure(name: str, size: Size, *, quick: bool) -> list[str]:
    """Every figure on one engine; what missed its bar."""
    report = Report(name, timed=not quick)
    validating.run(report)
    codes.run(report)
    with tempfile.TemporaryDirectory(prefix="gongwei-bench-") as scratch:
        folder = Path(scratch)
        with engine(name, folder) as where:
            say(f"{name}: the work")
            stage = prepare(where.new_database("work"), folder / "work", size)
            with serving(stage) as (server,):
                asyncio.run(_work(stage, server, where, size, report))
            say(f"{name}: {size.small} and {size.large} records held")
            _growth(where, folder, size, report)
            say(f"{name}: {size.people} people searched")
            (folder / "search").mkdir()
            asyncio.run(searching.run(where, folder / "search", size, report))
            say(f"{name}: the board")
            (folder / "board").mkdir()
            asyncio.run(board.run(where.new_database("board"), folder / "board", report))
            say(f"{name}: the board of a checkup day")
            (folder / "hall").mkdir()
            asyncio.run(hall_board.run(where.new_database("hall"), folder / "hall", report))
            say(f"{name}: a list of {size.listed} lines")
            (folder / "list").mkdir()
            where_to = where.new_database("list")
            asyncio.run(importing.run(where_to, folder / "list", size.listed, report))
            say(f"{name}: plans of a district 1:{size.planned}")
            (folder / "plans").mkdir()
            where_to = where.new_database("plans")
            asyncio.run(planning.run(where_to, folder / "plans", size, report))
            say(f"{name}: the portal of {size.district} people")
            (folder / "portal").mkdir()
            where_to = where.new_database("portal")
            asyncio.run(portal.run(where_to, folder / "portal", size, report))
            if name == "sqlite":  # what a tablet does is the same beside either
                say(f"{name}: a tablet of the app with {size.web_records} records")
                (folder / "web").mkdir()
                asyncio.run(tablet_web.run(folder / "web", size, report))
    return report.missed


async def _work(stage: Stage, server: Process, where: Engine, size: Size, report: Report) -> None:
    async with ground(stage, server, where) as here:
        await pushing.run(here, size, report)
        await pulling.cold(here, size, report)
        await pulling.small(here, size, report)
        await conflicting.run(here, size, report)


def _growth(where: Engine, folder: Path, size: Size, report: Report) -> None:
    """Two districts, two servers, in turns: what else the machine does falls on both alike."""
    stages = [
        prepare(where.new_database(f"held_{n}"), folder / f"held_{n}", size, past=held)
        for n, held in enumerate((size.small, size.large))
    ]

    async def run(servers: list[Process]) -> None:
        async with (
            ground(stages[0], servers[0], where) as small,
            ground(stages[1], servers[1], where) as large,
        ):
            await growing.run(small, large, size, report)

    with serving(*stages) as servers:
        asyncio.run(run(servers))


if __name__ == "__main__":
    sys.exit(main())
