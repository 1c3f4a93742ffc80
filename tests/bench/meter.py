"""CPU and memory of a process, read from /proc."""

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_TICKS: Final = os.sysconf("SC_CLK_TCK")


def cpu_s(pid: int) -> float:
    """User and system time of all threads, ended ones too, s. Resolution 10 ms."""
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / _TICKS


def tree_cpu_s(pid: int) -> float:
    """The same of a process and its children; the time of ended ones is with their parent."""
    while True:
        before = _children(pid)
        own = sum(int(each) for each in _stat(pid)[11:15]) / _TICKS
        # A child that ends between the readings would be missed, or counted twice: read again.
        if _children(pid).keys() == before.keys():
            return own + sum(before.values())


def _children(pid: int) -> dict[int, float]:
    """CPU of each living child, s."""
    found: dict[int, float] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # just ended
                fields = _stat(int(entry.name))
                if int(fields[1]) == pid:
                    found[int(entry.name)] = (int(fields[11]) + int(fields[12])) / _TICKS
    return found


def _stat(pid: int) -> list[str]:
    """Fields of /proc/PID/stat from `state` on (the name before it may hold anything)."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def resident_mb(pid: int) -> float:
    """Resident memory now, MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("no VmRSS")


@dataclass(frozen=True, slots=True)
class Reading:
    """What one phase took: wall and server CPU, s; CPU of the database's own processes, s."""

    wall_s: float
    cpu_s: float
    database_s: float = 0.0
