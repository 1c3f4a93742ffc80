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
    return _status_mb(pid, "VmRSS:")


def peak_mb(pid: int) -> float:
    """The most resident memory since the process began or `reset_peak` was called, MB."""
    return _status_mb(pid, "VmHWM:")


def reset_peak(pid: int) -> None:
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def _status_mb(pid: int, name: str) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"no {name}")


def makeup_mb(pid: int) -> dict[str, float]:
    """What resident memory is made of, MB: `libraries` (files that are mapped), `stacks` (of
    threads and the process), `heap` (all else that is the process's own).
    """
    found = {"libraries": 0.0, "stacks": 0.0, "heap": 0.0}
    kind = "heap"
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        words = line.split()
        if not words[0].endswith(":"):
            kind = _kind(words[5] if len(words) > 5 else "", words[0])
        elif words[0] == "Rss:":
            found[kind] += int(words[1]) / 1024
    return found


def _kind(name: str, area: str) -> str:
    """A thread's stack has no name, but the size the C library gives it, 8 MiB."""
    if name.startswith("/"):
        return "libraries"
    low, high = (int(each, 16) for each in area.split("-"))
    return "stacks" if name == "[stack]" or high - low == 8 << 20 else "heap"


@dataclass(frozen=True, slots=True)
class Reading:
    """What one phase took: wall and server CPU, s; CPU of the database's own processes, s."""

    wall_s: float
    cpu_s: float
    database_s: float = 0.0
