"""Commands as processes, without paying for the same imports each time.

A process with nothing in it but the imported command line waits here; each command is a fork of it
with an environment, an input, outputs and an exit code of its own, and ends as a process ends.
What imports do at a start is proved where servers and commands are started whole.
"""

import atexit
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from tests.source import REPOSITORY

LONGEST_S = 900


class Forks:
    """The waiting process, one command at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting = subprocess.Popen(
            [sys.executable, "-m", "tests.command_forks"], cwd=REPOSITORY,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8",
        )  # fmt: skip
        atexit.register(self._end)

    def run(
        self, words: Sequence[str], environment: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        """`python -m server WORDS` to its end."""
        with self._lock, tempfile.TemporaryDirectory() as folder:
            out, err = Path(folder, "out"), Path(folder, "err")
            asked = {"words": words, "env": dict(environment), "out": str(out), "err": str(err)}
            writing, reading = self._waiting.stdin, self._waiting.stdout
            assert writing is not None
            assert reading is not None
            print(json.dumps(asked), file=writing, flush=True)
            code = int(reading.readline())
            told = (each.read_bytes().decode("utf-8") for each in (out, err))
            return subprocess.CompletedProcess(["server", *words], code, *told)

    def _end(self) -> None:
        assert self._waiting.stdin is not None
        self._waiting.stdin.close()
        self._waiting.wait()


@cache
def forks() -> Forks:
    return Forks()


def _wait_for_words() -> None:
    import server.__main__  # noqa: F401 (what every fork has)

    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            _become(asked)
        guard = threading.Timer(LONGEST_S, os.kill, (child, signal.SIGKILL))
        guard.start()
        _, status = os.waitpid(child, 0)
        guard.cancel()
        guard.join()
        print(os.waitstatus_to_exitcode(status), flush=True)


def _become(asked: dict[str, Any]) -> None:
    """The command, from here to the end of this process."""
    from server.__main__ import guarded, main

    code = 70
    try:
        os.environ.clear()
        os.environ.update(asked["env"])
        for number, flags, path in (
            (0, os.O_RDONLY, os.devnull),
            (1, os.O_WRONLY | os.O_CREAT, asked["out"]),
            (2, os.O_WRONLY | os.O_CREAT, asked["err"]),
        ):
            os.dup2(os.open(str(path), flags, 0o600), number)
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 (it is the process's own)
        sys.argv = ["python -m server", *asked["words"]]
        try:
            sys.exit(guarded(main))
        except SystemExit as end:
            if isinstance(end.code, str):
                print(end.code, file=sys.stderr)
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:  # noqa: BLE001 (printed, as a process that ends with it does)
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(code)


if __name__ == "__main__":
    _wait_for_words()
