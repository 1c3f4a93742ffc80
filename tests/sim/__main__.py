"""`python -m tests.sim --seeds 200 --first 1 [--engine sqlite|postgres] [--steps N]`."""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.memory import settle
from tests.postgres import Cluster, start_cluster
from tests.sim.run import STEPS, Failed, run_seed
from tests.sim.world import Databases, SqliteFiles, make_templates


class PostgresDatabases:
    """Databases copied from two templates inside one cluster."""

    def __init__(self, cluster: Cluster, prefix: str) -> None:
        self._cluster = cluster
        self._prefix = prefix
        self._made = 0

    def url(self, name: str) -> str:
        return self._cluster.url(f"{self._prefix}_{name}")

    def create(self, name: str) -> str:
        return self._cluster.create_database(f"{self._prefix}_{name}")

    def fresh(self, folder: Path, *, loaded: bool) -> str:
        del folder
        self._made += 1
        template = f"{self._prefix}_{'loaded' if loaded else 'empty'}"
        return self._cluster.create_database(f"{self._prefix}_{self._made}", template=template)

    def drop(self, url: str) -> None:
        self._cluster.drop_database(url.rpartition("/")[2].partition("?")[0])


@contextmanager
def workshop() -> Iterator[Path]:
    """A folder in memory where there is one: the order of things is tested here, not the disk."""
    with tempfile.TemporaryDirectory(prefix="gongwei-sim-") as name:
        yield Path(name)


def on_sqlite(folder: Path) -> Databases:
    databases = SqliteFiles(folder)
    asyncio.run(
        make_templates(
            f"sqlite:///{folder}/loaded.sqlite3", f"sqlite:///{folder}/empty.sqlite3", folder
        )
    )
    return databases


def on_postgres(cluster: Cluster, folder: Path, prefix: str = "sim") -> Databases:
    databases = PostgresDatabases(cluster, prefix)
    loaded, empty = databases.create("loaded"), databases.create("empty")
    asyncio.run(make_templates(loaded, empty, folder))
    return databases


def run_seeds(
    seeds: range, databases: Databases, folder: Path, *, engine: str, steps: int = STEPS
) -> int:
    """How many changes were saved in all of them. Raises Failed at the first that does not hold."""
    total = 0
    for seed in seeds:
        command = f"python -m tests.sim --seeds 1 --first {seed} --engine {engine} --steps {steps}"
        total += asyncio.run(
            run_seed(
                seed, databases, folder / f"seed-{seed}", folder / "kek", steps=steps,
                command=command,
            )
        )  # fmt: skip
    return total


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.sim", description=__doc__)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--engine", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--keep-going", action="store_true", help="list all seeds that fail")
    asked = parser.parse_args()
    seeds = range(asked.first, asked.first + asked.seeds)
    began = time.perf_counter()
    settle()  # many databases come and go
    with workshop() as folder:
        if asked.engine == "postgres":
            with start_cluster() as cluster:
                databases = on_postgres(cluster, folder)
                failed, saved = _run(seeds, databases, folder, asked)
        else:
            failed, saved = _run(seeds, on_sqlite(folder), folder, asked)
    took_s = time.perf_counter() - began
    print(
        f"{len(seeds) - failed} of {len(seeds)} seeds hold on {asked.engine}: "
        f"{saved} changes, {took_s:.1f} s"
    )
    return 1 if failed else 0


def _run(
    seeds: range, databases: Databases, folder: Path, asked: argparse.Namespace
) -> tuple[int, int]:
    failed = saved = 0
    for seed in seeds:
        try:
            saved += run_seeds(
                range(seed, seed + 1), databases, folder, engine=asked.engine, steps=asked.steps
            )
        except Failed as report:
            failed += 1
            if not asked.keep_going:
                print(report)
                break
            print(str(report).partition("\n")[0])
    return failed, saved


if __name__ == "__main__":
    sys.exit(main())
