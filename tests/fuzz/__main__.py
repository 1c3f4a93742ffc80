"""`python -m tests.fuzz [--target NAME ...] [--count N | --minutes M | --forever] [--seed S]`."""

import argparse
import tempfile
import time
import traceback
from argparse import ArgumentTypeError
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.commands import Progress, a_file, count, more_than_none, run
from tests.copies import Copies
from tests.fuzz.case import Case, Place, Target
from tests.fuzz.run import Failed, Tally
from tests.fuzz.run import run as run_cases
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
        yield asked.only
        return
    until = time.monotonic() + asked.minutes * 60 if asked.minutes else None
    most = asked.count or share
    at = 0
    while asked.forever or (time.monotonic() < until if until else at < most):
        end = at + PART if until or asked.forever else min(at + PART, most)
        yield range(at, end)
        at = end


def _tried(name: str, target: Target, asked: argparse.Namespace) -> Tally:
    total, progress, only = Tally(), Progress(), asked
    if asked.hex:
        target.make = lambda _: asked.hex
        only = argparse.Namespace(only=range(1))

    def look(now: Tally) -> None:
        if progress.due():
            done = total.cases + now.cases
            print(f"{name}: {done:,} cases so far, {progress.took_s:.0f} s", flush=True)

    for numbers in _numbers(only, TARGETS[name].share):
        tally = run_cases(name, target, numbers, seed=asked.seed, look=look)
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


def asked_for(words: list[str] | None = None) -> argparse.Namespace:
    """What the command line says, once it makes sense."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.fuzz", description="Hand changed bytes to everything that reads any.",
        epilog="Targets: " + ", ".join(TARGETS) + ". The end of a name says which database it is "
        "about; backup and archive are on SQLite, all others need none.",
    )  # fmt: skip
    say = parser.add_argument
    say("--target", action="append", choices=tuple(TARGETS), metavar="NAME",
        help="this one (may be repeated); else all of them")  # fmt: skip
    one = parser.add_mutually_exclusive_group().add_argument
    one("--count", type=count, help="cases of each target; else its share")
    one("--minutes", type=more_than_none, help="so long for each target")
    one("--forever", action="store_true", help="one target, until it is stopped")
    one("--only", type=_some, help="one case by its number, or FIRST:END", metavar="CASE")
    one("--hex", type=_kept, help="a case as it was kept: one line how, one line of hex",
        metavar="FILE")  # fmt: skip
    say("--seed", type=int, default=0, help="other cases (%(default)s)")
    say("--keep-going", action="store_true", help="the next target after a failure")
    asked = parser.parse_args(words)
    if asked.forever and len(asked.target or ()) != 1:
        parser.error("--forever wants one --target")
    return asked


def _some(text: str) -> range:
    """Which cases: 5 or 5:9."""
    first, _, end = text.partition(":")
    try:
        some = range(int(first), int(end) if end else int(first) + 1)
    except ValueError:
        some = range(0)
    if not some or some.start < 0:
        raise ArgumentTypeError(f"{text}: one number from 0, or FIRST:END with the first below it")
    return some


def _kept(text: str) -> Case:
    try:
        how, _, data = a_file(text).read_text().partition("\n")
        return Case(bytes.fromhex(data), how)
    except (OSError, ValueError):
        raise ArgumentTypeError(f"{text}: not a case as it was kept") from None


def main() -> int:
    asked = asked_for()
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
    run(main)
