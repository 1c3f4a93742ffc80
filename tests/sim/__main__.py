"""`python -m tests.sim --seeds 200 --first 1 [--engine sqlite|postgres] [--steps N]`."""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.memory import settle
from tests.postgres import Cluster, join_cluster, start_cluster
from tests.sim.databases import SETTINGS, Databases, PostgresDatabases, SqliteFiles
from tests.sim.loop import runner
from tests.sim.run import STEPS, Failed, run_seed

PROGRESS_S = 30.0


@contextmanager
def workshop() -> Iterator[Path]:
    """A folder in memory where there is one: the order of things is tested here, not the disk."""
    with tempfile.TemporaryDirectory(prefix="gongwei-sim-") as name:
        yield Path(name)


def run_seeds(
    seeds: range, databases: Databases, folder: Path, *, engine: str, steps: int = STEPS
) -> Iterator[tuple[int, int | Failed]]:
    """Each seed with how many changes were saved in it, or with its report."""
    with runner() as on:
        on.run(databases.make())
        for seed in seeds:
            command = (
                f"python -m tests.sim --seeds 1 --first {seed} --engine {engine} --steps {steps}"
            )
            try:
                saved = on.run(
                    run_seed(
                        seed, databases, folder / f"seed-{seed}", folder / "kek", steps=steps,
                        command=command,
                    )
                )  # fmt: skip
            except Failed as report:
                yield seed, report
            else:
                yield seed, saved
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
    parser = argparse.ArgumentParser(prog="python -m tests.sim", description=__doc__)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--engine", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--cluster", type=Path, help="a running cluster of tests/postgres.py")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--keep-going", action="store_true", help="list all seeds that fail")
    asked = parser.parse_args()
    in_one_order()
    settle()  # many databases come and go
    with ExitStack() as stack:
        folder = stack.enter_context(workshop())
        cluster = None
        if asked.engine == "postgres":
            cluster = join_cluster(asked.cluster) if asked.cluster else start_cluster(SETTINGS)
            stack.callback(cluster.leave if asked.cluster else cluster.stop)
        return _run(asked, databases_on(asked.engine, folder, cluster), folder)


def _run(asked: argparse.Namespace, databases: Databases, folder: Path) -> int:
    seeds = range(asked.first, asked.first + asked.seeds)
    done = failed = saved = 0
    began = told = time.perf_counter()
    for _seed, found in run_seeds(seeds, databases, folder, engine=asked.engine, steps=asked.steps):
        done += 1
        if isinstance(found, Failed):
            failed += 1
            print(str(found).partition("\n")[0] if asked.keep_going else found, flush=True)
            if not asked.keep_going:
                break
        else:
            saved += found
        now = time.perf_counter()
        if now - told >= PROGRESS_S:
            told, rate = now, done / (now - began)
            left_s = (len(seeds) - done) / rate
            print(
                f"{done} of {len(seeds)} seeds, {failed} failed, {rate:.1f} a second, "
                f"{left_s / 60:.0f} min left", flush=True,
            )  # fmt: skip
    took_s, cpu_s = time.perf_counter() - began, time.process_time()
    print(
        f"{done - failed} of {len(seeds)} seeds hold on {asked.engine}: {saved} changes, "
        f"{took_s:.1f} s, {cpu_s:.1f} s of CPU"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
