"""`python -m tests.real [--engine sqlite|postgres] [--rounds 200] [--faults kill,full] [--seed N]`
runs rounds of faults on a real server; `python -m tests.real cuts --cuts 200` rebuilds the disk
as it is after power cuts; `python -m tests.real soak --minutes 30` watches memory and open files.
"""

import argparse
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Final

from tests.commands import Refused, count, more_than_none, run
from tests.memory import DISK, settle
from tests.postgres import start_cluster
from tests.real.cuts import run_cuts
from tests.real.databases import SETTINGS, Engine
from tests.real.faults import ALL, OF
from tests.real.rounds import Unclean, run_rounds
from tests.real.soak import Soak, soak

say: Final = partial(print, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.real", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("what", nargs="?", choices=("rounds", "cuts", "soak"), default="rounds")
    parser.add_argument("--engine", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--rounds", type=count, default=200)
    parser.add_argument("--faults", default="", help=f"some of {','.join(ALL)}; all otherwise")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--drips", type=count, default=150, help="slow connections at a time")
    parser.add_argument("--cuts", type=count, default=200, help="moments at which the power fails")
    parser.add_argument(
        "--changes", type=count, default=400, help="pushed while writes are recorded"
    )
    parser.add_argument("--minutes", type=more_than_none, default=30.0, help="of a soak")
    parser.add_argument(
        "--pace", type=more_than_none, default=1.0, help="seconds between two of a visitor"
    )
    asked = parser.parse_args()
    return {"rounds": _rounds, "cuts": _cuts, "soak": _soak}[asked.what](asked)


def _rounds(asked: argparse.Namespace) -> int:
    faults = [each for each in asked.faults.split(",") if each]
    engine: Engine = asked.engine
    unknown = set(faults) - set(OF[engine])
    if unknown:
        known = ", ".join(OF[engine])
        raise Refused(f"no fault of {engine}: {', '.join(sorted(unknown))}; there are {known}")
    began, cpu = time.monotonic(), time.process_time()
    try:
        told = run_rounds(
            engine, rounds=asked.rounds, seed=asked.seed, faults=faults, drips=asked.drips,
            say=say,
        )  # fmt: skip
    except Unclean as unclean:
        say(unclean)
        return 1
    say(f"{asked.engine}: {told}")
    say(f"{time.monotonic() - began:.0f} s, {time.process_time() - cpu:.0f} s CPU of the tablets")
    return 0


def _cuts(asked: argparse.Namespace) -> int:
    settle()  # many disks come and go
    try:
        run_cuts(asked.engine, cuts=asked.cuts, changes=asked.changes, seed=asked.seed, say=say)
    except AssertionError as error:
        say(error)
        return 1
    return 0


def _soak(asked: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory(prefix="gongwei-soak-", dir=DISK) as name:
        try:
            seen = _soak_in(Path(name), asked)
        except AssertionError as error:
            say(error)
            return 1
    faults = seen.faults()
    for fault in faults:
        say(fault)
    return 1 if faults else 0


def _soak_in(folder: Path, asked: argparse.Namespace) -> Soak:
    engine: Engine = asked.engine
    shared = partial(
        soak, folder=folder, minutes=asked.minutes, pace_s=asked.pace, every_s=5.0, say=say
    )
    if engine == "sqlite":
        return shared(f"sqlite:///{folder}/gongwei.sqlite3")
    with start_cluster(SETTINGS, parent=DISK) as cluster:
        url = cluster.create_database("soak")

        def size(_: str) -> int:
            return int(str(cluster.query("SELECT pg_database_size('soak')")[0][0]))

        return shared(url, query=size)


if __name__ == "__main__":
    run(main)
