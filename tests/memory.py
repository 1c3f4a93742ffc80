"""Where the tests keep what they write: in memory where there is room for it, else on the disk.

Every test has databases of its own, and every commit in them waits for its storage. In memory that
wait is short. Nothing else is different: the databases are opened as in production, they sync what
they commit, and each test that is about a disk has one (`disk_path`, `disk_cluster`).
"""

import os
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")
DISK = Path("/var/tmp")  # kept over a restart by the rules of the file system, so never in memory
ROOM = 3 << 30  # bytes; a whole run holds about a third of it at a time
GROUP = Path("/sys/fs/cgroup")


def free_memory() -> int:
    """Bytes that files in memory may take: what the machine has left, and this container."""
    lines = Path("/proc/meminfo").read_text("ascii").splitlines()
    kilobytes = next(line.split()[1] for line in lines if line.startswith("MemAvailable:"))
    return min(int(kilobytes) * 1024, _left_in(GROUP))


def _left_in(group: Path) -> int:
    """What a limit on a control group leaves; without a limit, more than any machine has."""
    try:
        most, now = ((group / name).read_text("ascii") for name in ("memory.max", "memory.current"))
        return int(most) - int(now)
    except (OSError, ValueError):  # no such group, or "max"
        return 1 << 60


def roomy(folder: Path, *, memory: int, room: int = ROOM) -> bool:
    """Whether a run fits into this folder and leaves as much again of the free memory (bytes)."""
    if not os.access(folder, os.W_OK):
        return False
    there = os.statvfs(folder)
    return there.f_bavail * there.f_frsize >= room and memory >= 2 * room


def settle() -> None:
    """Temporary files go to memory from now on, here and in processes begun from here.

    A TMPDIR that somebody has set stays.
    """
    if "TMPDIR" not in os.environ and MEMORY.is_dir() and roomy(MEMORY, memory=free_memory()):
        os.environ["TMPDIR"] = str(MEMORY)
        tempfile.tempdir = None  # found anew when it is next asked for
