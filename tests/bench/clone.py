"""`python -m tests.bench.clone`: from a fresh clone to the first page, in seconds.

The repository as committed is cloned into a temporary folder, `make demo` is run there with a
small district, and the clock stops when the server it starts answers with a page. Packages come
from the caches of this machine, so run it once before to fill them. Exit code 1 past a minute.
"""

import argparse
import json
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import IO, Final
from urllib.error import URLError
from urllib.request import urlopen

from tests.commands import run, undisturbed
from tests.postgres import REPOSITORY

BAR_S: Final = 60
GIVE_UP_S: Final = 600
PAGE: Final = re.compile(r"https?://[^\s]+")


class _NoPage(RuntimeError):
    """No page came; the lines of the demo above say why."""


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.clone", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("words", nargs="*", metavar="NAME=VALUE", help="for `make demo`")
    words: list[str] = parser.parse_args().words
    with tempfile.TemporaryDirectory(prefix="gongwei-clone-") as scratch:
        folder = Path(scratch) / "gongwei"
        began = time.monotonic()
        clone = ["git", "clone", "--quiet", str(REPOSITORY), str(folder)]
        subprocess.run(clone, check=True)
        cloned = time.monotonic() - began
        environment = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
        demo = None
        try:
            with undisturbed():
                demo = subprocess.Popen(
                    ["make", "demo", *words], cwd=folder, env=environment, text=True,
                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
                )  # fmt: skip
            told = _told(demo)
        except _NoPage as error:
            print(error, file=sys.stderr)
            return 1
        finally:
            if demo is not None:
                with suppress(ProcessLookupError):  # it has ended by itself
                    os.killpg(demo.pid, signal.SIGTERM)
                demo.wait()
    took, used = told - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    line = {
        "figure": "clone_to_first_page_s", "engine": "sqlite", "value": round(took, 1),
        "unit": "s", "bar": f"at most {BAR_S}", "pass": took <= BAR_S, "clone": round(cloned, 1),
        "cpu_s": round(used.ru_utime + used.ru_stime, 1), "load": round(os.getloadavg()[0], 1),
    }  # fmt: skip
    print(json.dumps(line))
    return 0 if took <= BAR_S else 1


def _told(demo: subprocess.Popen[str]) -> float:
    """When a page of an address that the demo prints is there."""
    addresses: list[str] = []
    assert demo.stdout is not None
    reader = threading.Thread(target=_read, args=(demo.stdout, addresses), daemon=True)
    reader.start()
    deadline = time.monotonic() + GIVE_UP_S
    while time.monotonic() < deadline and (demo.poll() is None or reader.is_alive()):
        for address in addresses[:1]:
            if _answers(address):
                return time.monotonic()
        time.sleep(0.1)
    raise _NoPage("the demo ended or was given up before a page was there")


def _read(lines: IO[str], addresses: list[str]) -> None:
    for line in lines:
        print(line, end="", file=sys.stderr, flush=True)
        addresses += PAGE.findall(line)


def _answers(address: str) -> bool:
    try:
        with urlopen(address, timeout=5) as answer:
            return answer.status == 200
    except (URLError, OSError):
        return False


if __name__ == "__main__":
    run(main)
