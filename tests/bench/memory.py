"""`python -m tests.bench.memory`: what the memory of a server process is made of before it has done
anything: what each import adds, what Python's own allocator counts by package, and how the rest
divides into libraries and heap. `make bench` says what a process holds after the usual work.
"""

import argparse
import os
import subprocess
import sys
import tracemalloc
from collections import Counter
from importlib import import_module
from typing import Final

from tests.bench.meter import makeup_mb, resident_mb
from tests.commands import run

STEPS: Final = (
    "asyncio", "msgspec", "crypto.envelope", "sync.wire", "server.store.store",
    "server.records.kinds", "server.rules.plan.engine", "server.actions.tablets.exchange",
    "litestar", "server.api", "server.console", "resident_portal", "server.jobs", "server.app",
)  # fmt: skip
MOST: Final = 16


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.memory", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("what", nargs="?", choices=("imports", "packages"), help="both otherwise")
    asked = parser.parse_args()
    if asked.what is not None:
        return _imports() if asked.what == "imports" else _packages()
    for what in ("imports", "packages"):  # each in a process that has nothing else in it
        subprocess.run([sys.executable, "-m", "tests.bench.memory", what], check=True)
    return 0


def _imports() -> int:
    held = resident_mb(os.getpid())
    print(f"{'an interpreter with this command':<36} {held:6.1f} MB")
    for name in STEPS:
        import_module(name)
        now = resident_mb(os.getpid())
        print(f"{name:<36} {now - held:+6.1f} {now:6.1f}")
        held = now
    print("  ".join(f"{name} {value:.1f}" for name, value in makeup_mb(os.getpid()).items()))
    return 0


def _packages() -> int:
    tracemalloc.start()
    import_module("server.app")
    sums: Counter[str] = Counter()
    for each in tracemalloc.take_snapshot().statistics("filename"):
        sums[_package(each.traceback[0].filename)] += each.size
    print(f"\n{'counted by the allocator':<36} {sum(sums.values()) / 1e6:6.1f} MB")
    for name, size in sums.most_common(MOST):
        print(f"{name:<36} {size / 1e6:6.1f}")
    return 0


def _package(file: str) -> str:
    if "importlib" in file:
        return "code of all modules"
    if "site-packages/" in file:
        return file.rpartition("site-packages/")[2].split("/")[0]
    for room in ("crypto", "sync", "server", "resident_portal"):
        if f"/{room}/" in file:
            return "our own rooms"
    return f"Python: {file.rpartition('/')[2]}"


if __name__ == "__main__":
    run(main)
