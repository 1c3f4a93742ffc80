"""`python -m tests.fuzz [--target NAME ...] [--count N | --minutes M | --forever] [--seed S]`."""

import argparse
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.copies import Copies
from tests.fuzz.case import Case, Place, Target
from tests.fuzz.run import Failed, Tally, run
from tests.fuzz.targets import TARGETS
from tests.memory import settle
from tests.postgres import Cluster, start_cluster

PART = 1_000  # cases between two looks at the clock


@contextmanager
def opened(name: str, folder: Path, copies: Copies, cluster: Cluster | None) -> Iterator[Target]:
    """A target with what it works in."""
    entry, url = TARGETS[name], ""
    with tempfile.TemporaryDirectory(dir=folder) as own:
        if entry.world == "sqlite":
            url = copies.sqlite(Path(own))
        elif entry.world:
            assert cluster is not None
            url = copies.postgres(cluster, Path(own).name.lower(), Path(own))
        with entry.opened(Place(Path(own), url)) as target:
            yield target


def _numbers(asked: argparse.Namespace, share: int) -> Iterator[range]:
    """What to try, part by part."""
    if asked.only:
        first, _, end = asked.only.partition(":")
        yield range(int(first), int(end or int(first) + 1))
        return
    until = time.monotonic() + asked.minutes * 60 if asked.minutes else None
    most = asked.count or share
    at = 0
    while asked.forever or (time.monotonic() < until if until else at < most):
        end = at + PART if until or asked.forever else min(at + PART, most)
        yield range(at, end)
        at = end


def _tried(name: str, target: Target, asked: argparse.Namespace) -> Tally:
    total = Tally()
    if asked.hex:
        how, _, data = Path(asked.hex).read_text().partition("\n")
        case = Case(bytes.fromhex(data), how)
        target.make = lambda _: case
        asked.only = "0"
    for numbers in _numbers(asked, TARGETS[name].share):
        tally = run(name, target, numbers, seed=asked.seed)
        total.found.update(tally.found)
        total.cpu_s += tally.cpu_s
        total.memory = max(total.memory, tally.memory)
    return total


def _line(name: str, tally: Tally) -> str:
    found = ", ".join(f"{word} {count}" for word, count in tally.found.most_common(12))
    each_us = tally.cpu_s / max(1, tally.cases) * 1e6
    return (
        f"{name}: {tally.cases:,} cases, {tally.cpu_s:.1f} CPU s ({each_us:,.0f} us each), at most "
        f"{tally.memory >> 20} MiB more; {found}"
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.fuzz", description="Hand changed bytes to everything that reads any.",
        epilog="Targets: " + ", ".join(TARGETS),
    )  # fmt: skip
    parser.add_argument("--target", action="append", choices=tuple(TARGETS), metavar="NAME")
    parser.add_argument("--count", type=int, help="cases of each target; else its share")
    parser.add_argument("--minutes", type=float, help="so long for each target")
    parser.add_argument("--forever", action="store_true", help="one target, until it is stopped")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", help="one case by its number, or FIRST:END")
    parser.add_argument("--hex", help="a case as it was kept: one line how, one line of hex")
    parser.add_argument("--keep-going", action="store_true", help="the next target after a failure")
    asked = parser.parse_args()
    names = asked.target or list(TARGETS)
    settle()
    failed = 0
    with tempfile.TemporaryDirectory(prefix="gongwei-fuzz-") as made, _cluster(names) as cluster:
        copies = Copies(Path(made), "fuzz")
        for name in names:
            try:
                with opened(name, Path(made), copies, cluster) as target:
                    print(_line(name, _tried(name, target, asked)), flush=True)
            except Failed as report:
                failed += 1
                print(report, flush=True)
                if asked.only or asked.hex:
                    traceback.print_exception(report.__cause__)
                if not asked.keep_going:
                    break
    return 1 if failed else 0


@contextmanager
def _cluster(names: list[str]) -> Iterator[Cluster | None]:
    if not any(TARGETS[name].world == "postgres" for name in names):
        yield None
        return
    with start_cluster() as cluster:
        yield cluster


if __name__ == "__main__":
    sys.exit(main())
