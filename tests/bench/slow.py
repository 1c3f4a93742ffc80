"""A page slowed down with its worker: everything of it gets a part of the time."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from tests.tablet_app import Tablet, processes_of

SLOWER: Final = 4
RUN_S: Final = 0.004


@contextmanager
def slowed(tablet: Tablet) -> Iterator[None]:
    """Everything of the page, its worker too, gets a quarter of the time."""
    numbers = [each for each in processes_of(tablet.profile) if draws(each)]
    over = threading.Event()

    def hold() -> None:
        with suppress(OSError):  # where it may, it keeps its times however busy the machine is
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
        while not over.is_set():
            _signal(numbers, signal.SIGSTOP)
            time.sleep(RUN_S * (SLOWER - 1))
            _signal(numbers, signal.SIGCONT)
            time.sleep(RUN_S)

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        yield
    finally:
        over.set()
        holder.join()
        _signal(numbers, signal.SIGCONT)


def _signal(numbers: list[int], which: signal.Signals) -> None:
    for number in numbers:
        with suppress(ProcessLookupError):
            os.kill(number, which)


def draws(number: int) -> bool:
    try:
        return b"--type=renderer" in Path(f"/proc/{number}/cmdline").read_bytes()
    except OSError:
        return False
