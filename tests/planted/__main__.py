"""Plants each fault into a copy of the tree and sees whether the suite notices.

First every catcher must pass on a copy without a fault: one that always fails proves nothing.
Then one line a fault: caught, by which test, after how long; or NOT CAUGHT. Ends with 1 when any
was not. A fault that nobody catches is a test that is missing.
"""

import argparse
import queue
import shutil
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from tests.commands import Progress, count, run
from tests.planted.catching import Runner, Verdict
from tests.planted.fault import Catcher, DoesNotFit, Fault
from tests.planted.faults import FAULTS
from tests.planted.tree import copy_tree, planted


def plant(fault: Fault, runner: Runner) -> Verdict:
    try:
        with planted(runner.root, fault):
            return runner.run(fault.catcher)
    except DoesNotFit as error:
        return Verdict(held=False, why=f"the edit does not fit: {error}")


def control(catchers: Iterable[Catcher], runner: Runner) -> dict[Catcher, Verdict]:
    """Each catcher on a clean copy; tests of one sort in one run, those that fail again alone."""
    found: dict[Catcher, Verdict] = {}
    progress = Progress()
    asked = list(dict.fromkeys(catchers))
    for kind in ("pytest", "pure"):
        same = [each for each in asked if each.kind == kind]
        names = tuple(dict.fromkeys(name for each in same for name in each.what))
        good = set[str]()
        if len(same) > 1:
            title = f"control: {kind}, {len(names)} tests"
            good = runner.passed(Catcher(kind, names), lambda ran, title=title: (
                print(f"{title}, {ran} have run", flush=True) if progress.due() else None
            ))  # fmt: skip
        told = good | {name.partition("[")[0] for name in good}
        found |= {each: Verdict(held=True) for each in same if told.issuperset(each.what)}
    for each in asked:
        if each not in found:
            if progress.due():
                print(f"control: {len(found)} of {len(asked)} catchers seen", flush=True)
            found[each] = runner.run(each, compiling=True)
    return found


def line(fault: Fault, verdict: Verdict, took_s: float) -> str:
    told = "caught" if verdict.caught else "NOT CAUGHT"
    by = verdict.by or f"{fault.catcher.shown()} ({verdict.why or 'it passed'})"
    return f"{told:<11} {fault.name:<40} {by}  {took_s:.1f} s"


def run_all(faults: list[Fault], jobs: int) -> int:
    """How many were not caught."""
    missed = 0
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="gongwei-planted-") as name, ExitStack() as open_:
        folder = Path(name)
        runners: queue.SimpleQueue[Runner] = queue.SimpleQueue()
        first = open_.enter_context(Runner(copy_tree(folder / "copy-1")))
        print(
            f"control: {len({each.catcher for each in faults})} catchers on a clean copy",
            flush=True,
        )
        clean = control((each.catcher for each in faults), first)
        print(f"control took {time.monotonic() - began:.0f} s", flush=True)
        runners.put(first)
        everybody = [first]
        for number in range(2, jobs + 1):
            copy = shutil.copytree(first.root, folder / f"copy-{number}", symlinks=True)
            everybody.append(open_.enter_context(Runner(copy)))
            runners.put(everybody[-1])
        pool = open_.enter_context(ThreadPoolExecutor(jobs))
        open_.callback(_stop, pool, everybody)
        for fault, verdict, took_s in pool.map(partial(_one, runners, clean), faults):
            missed += not verdict.caught
            print(line(fault, verdict, took_s), flush=True)
    total = len(faults)
    print(f"{total - missed} of {total} caught, {time.monotonic() - began:.0f} s")
    return missed


def _stop(pool: ThreadPoolExecutor, runners: list[Runner]) -> None:
    """Nothing more is begun, and what runs is ended: nobody waits for a test that nobody wants."""
    pool.shutdown(wait=False, cancel_futures=True)
    for each in runners:
        each.stop()


def _one(
    runners: "queue.SimpleQueue[Runner]", clean: dict[Catcher, Verdict], fault: Fault
) -> tuple[Fault, Verdict, float]:
    control_run = clean[fault.catcher]
    if not control_run.held:
        why = f"fails without the fault: {control_run.by or control_run.why}"
        return fault, Verdict(held=False, why=why), 0.0
    runner = runners.get()
    began = time.monotonic()
    try:
        return fault, plant(fault, runner), time.monotonic() - began
    finally:
        runners.put(runner)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.planted", description=__doc__)
    parser.add_argument(
        "--only", action="append", default=[], metavar="NAME", help="this fault (may be repeated)"
    )
    parser.add_argument("--list", action="store_true", help="every fault and what it would do")
    parser.add_argument(
        "--jobs", type=count, default=2, help="how many at a time, each in a copy (%(default)s)"
    )
    asked = parser.parse_args()
    unknown = set(asked.only) - {each.name for each in FAULTS}
    if unknown:
        parser.error(f"no such fault: {', '.join(sorted(unknown))}")
    faults = [each for each in FAULTS if not asked.only or each.name in asked.only]
    if asked.list:
        for each in faults:
            print(f"{each.name}: {each.harm}\n    must be caught by {each.catcher.shown()}")
        return 0
    return 1 if run_all(faults, asked.jobs) else 0


if __name__ == "__main__":
    run(main)
