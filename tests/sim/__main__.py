"""Plays seeds; one that fails says how it went and the command that does it again."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentTypeError
from pathlib import Path

from tests.commands import Refused, a_file, a_folder, count, count_or_none, run, undisturbed
from tests.memory import settle
from tests.sim.options import PRESETS, options, setting
from tests.sim.script import Script, from_file


def in_one_order() -> None:
    """Begins again with sets in the order that every run has: what is replayed is the same."""
    if os.environ.get("PYTHONHASHSEED") != "0":
        again = [sys.executable, "-m", "tests.sim", *sys.argv[1:]]
        os.execve(sys.executable, again, {**os.environ, "PYTHONHASHSEED": "0"})


def main() -> int:
    asked = asked_for()
    in_one_order()
    settle()  # many databases come and go
    if asked.processes > 1 and asked.replay is None:
        return _many(asked)
    # Late: who asks wrongly is told at once, and who stops it while this loads sees no trace of it.
    from tests.sim.playing import Wanted, play_again, play_seeds

    if asked.replay is not None:
        path, written, engine = asked.replay
        return play_again(path, written, engine, asked.cluster, shrinking=asked.shrink)
    wanted = Wanted(
        range(asked.first, asked.first + asked.seeds), asked.engine,
        options(asked.preset, dict(asked.set)), asked.keep_going, asked.shrink,
    )  # fmt: skip
    return play_seeds(wanted, asked.cluster, asked.tell)


def asked_for(words: list[str] | None = None) -> argparse.Namespace:
    """What the command line says, once it makes sense."""
    parser = _parser()
    asked = parser.parse_args(words)
    if asked.shrink and asked.keep_going:
        parser.error(
            "--shrink is about the seed that fails first, --keep-going about all: not both"
        )
    engine = asked.engine if asked.replay is None else asked.replay[2]
    if asked.cluster is not None and engine != "postgres":
        parser.error("--cluster is for --engine postgres")
    return asked


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.sim", description=__doc__)
    say = parser.add_argument
    say("--seeds", type=count, default=200, help="how many (%(default)s)")
    say("--first", type=count_or_none, default=1, help="the first of them (%(default)s)")
    say(
        "--engine",
        choices=("sqlite", "postgres"),
        default="sqlite",
        help="the server's database (%(default)s)",
    )
    say(
        "--preset",
        choices=tuple(PRESETS),
        default="usual",
        help="how likely each fault is (%(default)s)",
    )
    say("--set", type=setting, action="append", default=[], metavar="NAME=SHARE",
        help="another value of one of them (tests/sim/options.py)")  # fmt: skip
    say("--processes", type=count, default=1, help="so many at a time (%(default)s)")
    say("--keep-going", action="store_true", help="name all seeds that fail")
    say("--shrink", action="store_true", help="look for the few steps that fail, write them down")
    say("--replay", type=_written, metavar="FILE",
        help="play what --shrink has written, on the engine that the file names; of the other "
        "options only --shrink and --cluster count then")  # fmt: skip
    say("--cluster", type=_running, metavar="FOLDER",
        help="folder of a running cluster (tests/postgres.py)")  # fmt: skip
    say("--tell", type=Path, help=argparse.SUPPRESS)
    return parser


def _written(text: str) -> tuple[Path, Script, str]:
    """A file of --shrink, and what it says."""
    path = a_file(text)
    try:
        return path, *from_file(path)
    except (OSError, ValueError):
        raise ArgumentTypeError(f"{text}: --shrink has not written this") from None


def _running(text: str) -> Path:
    """A folder whose cluster somebody holds."""
    folder = a_folder(text)
    try:
        os.close(os.open(folder / "in-use", os.O_WRONLY | os.O_NONBLOCK))
    except OSError:
        raise ArgumentTypeError(f"{text}: no cluster runs there") from None
    return folder


def _many(asked: argparse.Namespace) -> int:
    """Each process has its own part of the seeds, its own databases and its own cluster."""
    from tests.sim.playing import Outcome

    processes = min(asked.processes, asked.seeds)
    each, rest = divmod(asked.seeds, processes)
    began, at = time.monotonic(), asked.first
    children: list[subprocess.Popen[bytes]] = []
    with tempfile.TemporaryDirectory(prefix="gongwei-sim-") as name:
        try:
            for n in range(processes):
                share = each + (n < rest)
                words = ["--processes", "1", "--first", str(at), "--seeds", str(share),
                         "--tell", f"{name}/{n}"]  # fmt: skip
                at += share
                command = [sys.executable, "-m", "tests.sim", *sys.argv[1:], *words]
                with undisturbed():  # in a session of its own: Ctrl-C is for us to pass on
                    children.append(subprocess.Popen(command, start_new_session=True))
            code = max(one.wait() for one in children)
        finally:
            for one in children:
                one.terminate()
            for one in children:
                one.wait()
        told = [json.loads(path.read_text()) for path in Path(name).iterdir()]
    total = sum((Outcome(**one) for one in told), Outcome(0))
    total.asked = asked.seeds
    print(f"together: {total.line(asked.engine, time.monotonic() - began)}")
    if len(told) < processes:
        raise Refused(
            f"{processes - len(told)} of {processes} processes have not ended by themselves"
        )
    return code


if __name__ == "__main__":
    run(main)
