"""`python -m tests.bench.flame push OUT.svg`: where the CPU of a server process goes while tablets
push (or `pull`: two panels from nothing, again and again), drawn as a flame graph.

The stacks are taken by py-spy, which reads the process from outside and does not slow it; it is no
dependency of ours: install it for the moment and put it on the PATH. `--stacks FILE` keeps the
stacks (py-spy's raw format), or draws those that are there already. Only threads that run are
counted, so a sample is a share of CPU. The picture has no script: a browser shows what a box is
when the pointer rests on it.
"""

import argparse
import asyncio
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from server.settings import now_ms
from tests.bench.database import Engine
from tests.bench.exchanges import Ground, all_applied, ground, push
from tests.bench.figures import say
from tests.bench.flame_svg import drawn
from tests.bench.pulling import Pulled
from tests.bench.stage import prepare, serving
from tests.bench.work import FULL, visits
from tests.commands import Refused, a_new_file, run

RATE: Final = 250  # samples a second
ROUNDS: Final = 3  # of the pull
TITLES: Final = {
    "push": "One server process while 8 tablets push",
    "pull": "One server process while 8 tablets pull their panel from nothing",
}


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.flame", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("work", choices=sorted(TITLES))
    parser.add_argument("svg", type=a_new_file, help="the picture, a new file")
    parser.add_argument("--stacks", type=a_new_file, help="draw these, or keep them here")
    asked = parser.parse_args()
    if asked.stacks is not None and asked.stacks.exists():
        stacks = asked.stacks.read_text()
    else:
        stacks = _taken(asked.work)
        if asked.stacks is not None:
            asked.stacks.write_text(stacks)
    if not any(line.rpartition(" ")[2].isdigit() for line in stacks.splitlines()):
        raise Refused("no stacks to draw: lines of py-spy's raw format are wanted")
    svg, samples = drawn(stacks.splitlines(), TITLES[asked.work])
    asked.svg.write_text(svg)
    say(f"{asked.svg}: {samples} samples, {len(svg) // 1000} kB")
    return 0


def _taken(work: str) -> str:
    spy = shutil.which("py-spy")
    if spy is None:
        raise Refused("py-spy is not on the PATH: install it for the moment, or give --stacks FILE")
    with tempfile.TemporaryDirectory(prefix="gongwei-flame-") as scratch:
        folder = Path(scratch)
        stage = prepare(f"sqlite:///{folder}/flame.sqlite3", folder / "flame", FULL)
        out = folder / "stacks"
        with serving(stage, jobs=False) as (server,):
            where = Engine("sqlite", folder, None)

            async def run() -> None:
                async with ground(stage, server, where) as here:
                    sealed = list(_sealed(here, FULL.batch))
                    warm, rest = [each[:2] for each in sealed], [each[2:] for each in sealed]
                    await _pushed(here, warm if work == "push" else sealed)
                    watch = _watch(spy, server.pid, out)
                    if work == "push":
                        await _pushed(here, rest)
                    else:
                        await _pulled(here)
                    watch.send_signal(signal.SIGINT)  # it writes what it has
                    watch.wait()

            asyncio.run(run())
        return out.read_text()


def _watch(spy: str, pid: int, out: Path) -> subprocess.Popen[bytes]:
    command = [spy, "record", "--pid", str(pid), "--format", "raw", "--output", str(out)]
    command += ["--rate", str(RATE), "--duration", "unlimited", "--nolineno"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _sealed(here: Ground, batch: int) -> Iterator[list[bytes]]:
    """The envelopes of each tablet."""
    now = now_ms()
    for tablet in here.stage.tablets:
        changes = list(
            visits(FULL, tablet.number, tablet.residents, tablet.staff, here.stage.today, now)
        )
        yield [
            tablet.seal(changes[start : start + batch], now)
            for start in range(0, len(changes), batch)
        ]


async def _pushed(here: Ground, sealed: list[list[bytes]]) -> None:
    _, answers = await push(here, sealed)
    for tablet, some in zip(here.stage.tablets, answers, strict=True):
        all_applied(tablet, some)


async def _pulled(here: Ground) -> None:
    for _ in range(ROUNDS):
        for tablet, _ in here.pairs:
            tablet.cursor = None
        await asyncio.gather(*(Pulled(tablet, link).rest() for tablet, link in here.pairs))


if __name__ == "__main__":
    run(main)
