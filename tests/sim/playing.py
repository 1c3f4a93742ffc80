"""Where seeds are played, and what is said of them."""

import asyncio
import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.commands import Progress
from tests.postgres import Cluster, join_cluster, start_cluster
from tests.sim.databases import SETTINGS, Databases, PostgresDatabases, SqliteFiles
from tests.sim.loop import runner
from tests.sim.options import Options, words
from tests.sim.run import Failed, Played, run_script
from tests.sim.script import Script, script
from tests.sim.shrink import TRIES, shrink


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
        stack.callback(databases.remove)
        on = stack.enter_context(runner())
        on.run(databases.make())
        yield Stage(on, databases, folder)
        on.run(databases.close())


def databases_on(engine: str, folder: Path, cluster: Cluster | None) -> Databases:
    if engine == "sqlite":
        return SqliteFiles(folder)
    assert cluster is not None
    return PostgresDatabases(cluster, f"sim_{folder.name[-8:]}", folder)


def command(seed: int, chosen: Options, engine: str) -> str:
    """What does this seed again."""
    told = f"python -m tests.sim --seeds 1 --first {seed} --engine {engine} {words(chosen)}"
    return told.rstrip()


@dataclass(slots=True)
class Outcome:
    """What a run of seeds came to."""

    asked: int
    played: int = 0
    failed: int = 0
    saved: int = 0
    cpu_s: float = 0.0

    def __add__(self, other: "Outcome") -> "Outcome":
        return Outcome(
            self.asked + other.asked, self.played + other.played, self.failed + other.failed,
            self.saved + other.saved, self.cpu_s + other.cpu_s,
        )  # fmt: skip

    def line(self, engine: str, took_s: float) -> str:
        left = self.asked - self.played
        return (
            f"{self.played - self.failed} of {self.played} seeds played hold on {engine}"
            f"{f', {left} not played' if left else ''}: {self.saved} changes, "
            f"{took_s:.1f} s, {self.cpu_s:.1f} s of CPU"
        )


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which seeds, and what becomes of one that fails."""

    seeds: range
    engine: str
    options: Options
    keep_going: bool = False
    shrink: bool = False


def play_seeds(wanted: Wanted, cluster: Path | None, tell: Path | None) -> int:
    """`tell`: a file for whoever adds up several of these."""
    with stage(wanted.engine, cluster) as here:
        progress, outcome = Progress(), Outcome(len(wanted.seeds))
        for seed in wanted.seeds:
            written = script(seed, wanted.options)
            played = here.play(written)
            outcome.played, outcome.saved = outcome.played + 1, outcome.saved + played.saved
            if played.failed is not None:
                outcome.failed += 1
                _tell_failed(here, wanted, written, played.failed)
                if not wanted.keep_going:
                    break
            if progress.due():
                print(_so_far(wanted.seeds, outcome, progress.took_s), flush=True)
        outcome.cpu_s = time.process_time()
        print(outcome.line(wanted.engine, progress.took_s), flush=True)
    if tell is not None:
        tell.write_text(json.dumps(asdict(outcome)))
    return 1 if outcome.failed else 0


def _tell_failed(here: Stage, wanted: Wanted, written: Script, failed: Failed) -> None:
    if wanted.keep_going:
        print(f"seed {written.seed}: {failed}", flush=True)
        return
    how = command(written.seed, wanted.options, wanted.engine)
    report(f"seed {written.seed}", failed, how)
    if wanted.shrink:
        _shrunk(here, written, wanted.engine, failed)


def _so_far(seeds: range, outcome: Outcome, took_s: float) -> str:
    rate = outcome.played / took_s
    return (
        f"seeds {seeds.start} to {seeds.stop - 1}: {outcome.played} of {outcome.asked} played, "
        f"{outcome.failed} failed, {rate:.1f} a second, "
        f"{(outcome.asked - outcome.played) / rate / 60:.0f} min left"
    )


def report(title: str, failed: Failed, how: str) -> None:
    trace = "\n".join(failed.trace)
    print(f"{title}: {failed}\n\n{trace}\n\n{failed.where}\nTo see it again: {how}", flush=True)


def play_again(
    path: Path, written: Script, engine: str, cluster: Path | None, *, shrinking: bool
) -> int:
    """What a file says."""
    with stage(engine, cluster) as here:
        played = here.play(written)
        if played.failed is None:
            print(f"{len(written.steps)} steps of seed {written.seed} hold on {engine}")
            return 0
        report(f"seed {written.seed}", played.failed, f"python -m tests.sim --replay {path}")
        if shrinking:
            _shrunk(here, written, engine, played.failed)
        return 1


def _shrunk(here: Stage, written: Script, engine: str, failed: Failed) -> None:
    """The fewest steps that fail in the same way, in a file."""
    progress, tries = Progress(), 0

    def play(tried: Script) -> Played:
        nonlocal tries
        tries += 1
        if progress.due():
            steps = f"now without {len(written.steps) - len(tried.steps)} of its steps"
            print(f"shrinking: try {tries} of at most {TRIES}, {steps}", flush=True)
        return here.play(tried)

    small, last = shrink(written, failed, play)
    path = Path(tempfile.gettempdir()) / f"gongwei-seed-{written.seed}.json"
    small.to_file(path, engine=engine)
    title = f"{len(small.steps)} of {len(written.steps)} steps are enough"
    report(title, last, f"python -m tests.sim --replay {path}")
