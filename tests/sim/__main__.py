"""Plays seeds; one that fails says how it went and the command that does it again."""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.memory import settle
from tests.postgres import Cluster, join_cluster, start_cluster
from tests.sim.databases import SETTINGS, Databases, PostgresDatabases, SqliteFiles
from tests.sim.loop import runner
from tests.sim.options import PRESETS, Options, options, setting, words
from tests.sim.run import Failed, Played, run_script
from tests.sim.script import Script, from_file, script
from tests.sim.shrink import shrink

PROGRESS_S = 30.0


@contextmanager
def workshop() -> Iterator[Path]:
    """A folder in memory where there is one: the order of things is tested here, not the disk."""
    with tempfile.TemporaryDirectory(prefix="gongwei-sim-") as name:
        yield Path(name)


@dataclass(slots=True)
class Stage:
    """Where scripts are played, one after the other."""

    on: asyncio.Runner
    databases: Databases
    folder: Path
    played: int = 0

    def play(self, script: Script) -> Played:
        self.played += 1
        folder = self.folder / f"played-{self.played}"
        return self.on.run(run_script(script, self.databases, folder, self.folder / "kek"))


@contextmanager
def stage(engine: str, join: Path | None) -> Iterator[Stage]:
    """Folder, cluster, databases and loop, all gone afterwards."""
    with ExitStack() as stack:
        folder = stack.enter_context(workshop())
        cluster = None
        if engine == "postgres":
            cluster = join_cluster(join) if join else start_cluster(SETTINGS)
            stack.callback(cluster.leave if join else cluster.stop)
        databases = databases_on(engine, folder, cluster)
        on = stack.enter_context(runner())
        on.run(databases.make())
        yield Stage(on, databases, folder)
        on.run(databases.close())


def databases_on(engine: str, folder: Path, cluster: Cluster | None) -> Databases:
    if engine == "sqlite":
        return SqliteFiles(folder)
    assert cluster is not None
    return PostgresDatabases(cluster, f"sim_{folder.name[-8:]}", folder)


def in_one_order() -> None:
    """Begins again with sets in the order that every run has: what is replayed is the same."""
    if os.environ.get("PYTHONHASHSEED") != "0":
        again = [sys.executable, "-m", "tests.sim", *sys.argv[1:]]
        os.execve(sys.executable, again, {**os.environ, "PYTHONHASHSEED": "0"})


def main() -> int:
    asked = _parser().parse_args()
    in_one_order()
    settle()  # many databases come and go
    if asked.replay is not None:
        written, engine = from_file(asked.replay)
        with stage(engine, asked.cluster) as here:
            return _again(here, written, engine, shrinking=asked.shrink)
    if asked.processes > 1:
        return _many(asked)
    chosen = options(asked.preset, dict(asked.set))
    with stage(asked.engine, asked.cluster) as here:
        return _run(asked, here, chosen)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.sim", description=__doc__)
    say = parser.add_argument
    say("--seeds", type=int, default=200, help="how many")
    say("--first", type=int, default=1, help="the first of them")
    say("--engine", choices=("sqlite", "postgres"), default="sqlite")
    say("--preset", choices=tuple(PRESETS), default="usual", help="how likely each fault is")
    say("--set", type=setting, action="append", default=[], metavar="NAME=SHARE",
        help="another value of one of them (tests/sim/options.py)")  # fmt: skip
    say("--processes", type=int, default=1, help="so many at a time")
    say("--keep-going", action="store_true", help="name all seeds that fail")
    say("--shrink", action="store_true", help="look for the few steps that fail, write them down")
    say("--replay", type=Path, metavar="FILE", help="play what --shrink has written")
    say("--cluster", type=Path, help="folder of a running cluster (tests/postgres.py)")
    return parser


def command(seed: int, chosen: Options, engine: str) -> str:
    """What does this seed again."""
    told = f"python -m tests.sim --seeds 1 --first {seed} --engine {engine} {words(chosen)}"
    return told.rstrip()


def _run(asked: argparse.Namespace, here: Stage, chosen: Options) -> int:
    failed = saved = done = 0
    began = told = time.perf_counter()
    for seed in range(asked.first, asked.first + asked.seeds):
        written = script(seed, chosen)
        played = here.play(written)
        done, saved = done + 1, saved + played.saved
        if played.failed is not None:
            failed += 1
            how = command(seed, chosen, asked.engine)
            if asked.keep_going:
                print(f"seed {seed}: {played.failed}", flush=True)
            else:
                report(f"seed {seed}", played.failed, how)
                if asked.shrink:
                    _shrunk(here, written, asked.engine, played.failed)
                break
        now = time.perf_counter()
        if now - told >= PROGRESS_S:
            told = now
            _progress(done, asked.seeds, failed, now - began)
    took_s, cpu_s = time.perf_counter() - began, time.process_time()
    print(
        f"{done - failed} of {asked.seeds} seeds hold on {asked.engine}: {saved} changes, "
        f"{took_s:.1f} s, {cpu_s:.1f} s of CPU"
    )
    return 1 if failed else 0


def _progress(done: int, seeds: int, failed: int, took_s: float) -> None:
    rate = done / took_s
    print(
        f"{done} of {seeds} seeds, {failed} failed, {rate:.1f} a second, "
        f"{(seeds - done) / rate / 60:.0f} min left", flush=True,
    )  # fmt: skip


def report(title: str, failed: Failed, how: str) -> None:
    trace = "\n".join(failed.trace)
    print(f"{title}: {failed}\n\n{trace}\n\n{failed.where}\nTo see it again: {how}", flush=True)


def _again(here: Stage, written: Script, engine: str, *, shrinking: bool) -> int:
    played = here.play(written)
    if played.failed is None:
        print(f"{len(written.steps)} steps of seed {written.seed} hold on {engine}")
        return 0
    report(f"seed {written.seed}", played.failed, "the same command")
    if shrinking:
        _shrunk(here, written, engine, played.failed)
    return 1


def _shrunk(here: Stage, written: Script, engine: str, failed: Failed) -> None:
    """The fewest steps that fail in the same way, in a file."""
    small, last = shrink(written, failed, here.play)
    path = Path(tempfile.gettempdir()) / f"gongwei-seed-{written.seed}.json"
    small.to_file(path, engine=engine)
    title = f"{len(small.steps)} of {len(written.steps)} steps are enough"
    report(title, last, f"python -m tests.sim --replay {path}")


def _many(asked: argparse.Namespace) -> int:
    """Each process has its own part of the seeds, its own databases and its own cluster."""
    each, rest = divmod(asked.seeds, asked.processes)
    began, at = [], asked.first
    for n in range(asked.processes):
        count = each + (n < rest)
        words = [
            *sys.argv[1:], "--processes", "1", "--first", str(at), "--seeds", str(count),
        ]  # fmt: skip
        at += count
        began.append(subprocess.Popen([sys.executable, "-m", "tests.sim", *words]))
    return max([one.wait() for one in began])


if __name__ == "__main__":
    sys.exit(main())
