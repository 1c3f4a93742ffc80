"""CPU and memory of a process, read from /proc."""

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
    """The same of a process and its children, ended children that it waited for too."""
    own = _stat(pid)
    total = sum(int(each) for each in own[11:15]) / _TICKS
    for child in children(pid):
        total += cpu_s(child)
    return total


def children(pid: int) -> list[int]:
    found: list[int] = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if int(_stat(int(entry.name))[1]) == pid:
                    found.append(int(entry.name))
            except (FileNotFoundError, ProcessLookupError):
                continue  # it ended while we looked
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
