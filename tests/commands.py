"""What the commands of this room have in common: numbers that are checked, an end that is plain.

Whoever stops one with Ctrl-C or SIGTERM gets no stack trace, and what it had set up is taken down:
both end it as an exception does, through every `finally`.
"""

import math
import signal
import sys
import threading
import time
from argparse import ArgumentTypeError
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn


class Refused(Exception):
    """What was asked cannot be done; its words say why. Exit code 2."""


SIGNALS = (signal.SIGINT, signal.SIGTERM)
STOPPED = 128  # and the number of the signal, as a shell counts


def count(text: str) -> int:
    """A whole number from 1. For argparse's `type`, like the others."""
    return _from(1, text)


def count_or_none(text: str) -> int:
    """A whole number from 0."""
    return _from(0, text)


def _from(least: int, text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = least - 1
    if number < least:
        raise ArgumentTypeError(f"{text}: a whole number from {least} is wanted")
    return number


def more_than_none(text: str) -> float:
    """A number above 0, with or without a point."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and number > 0):
        raise ArgumentTypeError(f"{text}: a number above 0 is wanted")
    return number


def a_file(text: str) -> Path:
    """A file that is there."""
    path = Path(text)
    if not path.is_file():
        raise ArgumentTypeError(f"{text}: there is no such file")
    return path


def a_folder(text: str) -> Path:
    """A folder that is there."""
    path = Path(text)
    if not path.is_dir():
        raise ArgumentTypeError(f"{text}: there is no such folder")
    return path


def a_new_file(text: str) -> Path:
    """A file in a folder that is there: so nothing is measured for an answer without a place."""
    path = Path(text)
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise ArgumentTypeError(f"{text}: there is no folder for such a file")
    return path


@dataclass(slots=True)
class Progress:
    """When a long work says how far it is: soon for the first time, then now and then."""

    began: float = field(default_factory=time.monotonic)
    next_s: float = 5.0

    @property
    def took_s(self) -> float:
        return time.monotonic() - self.began

    def due(self) -> bool:
        if self.took_s < self.next_s:
            return False
        self.next_s = self.took_s + 30.0
        return True


@contextmanager
def undisturbed() -> Generator[None]:
    """Ctrl-C and SIGTERM wait until the block has ended: a process that is started in it is known
    to whoever has to end it. In the main thread; no other is ever interrupted.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    known = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    for number in known:
        signal.signal(number, lambda met, _: came.append(met))
    try:
        yield
    finally:
        for number, handler in known.items():
            signal.signal(number, handler)
        for number in came[:1]:
            signal.raise_signal(number)


def run(main: Callable[[], int]) -> NoReturn:
    """The command, and its exit code: 130 after Ctrl-C, 143 after SIGTERM, 2 for Refused."""

    def stopped(number: int, _frame: object) -> NoReturn:
        for each in SIGNALS:
            signal.signal(each, signal.SIG_IGN)  # once is enough: it is being taken down
        sys.exit(STOPPED + number)

    for number in SIGNALS:  # a shell's background work ignores SIGINT
        signal.signal(number, stopped)
    try:
        code = main()
    except Refused as refused:
        print(refused, file=sys.stderr)
        code = 2
    sys.exit(code)
