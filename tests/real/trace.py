"""System calls as strace writes them down, read back as what happened to files and sockets.

Strings come as hexadecimal (`-xx`), descriptors with their paths (`-y`), moments in seconds
(`-ttt`). A call that was interrupted in the record by another thread stands in two lines; what it
did to the disk counts from its end, what it sent to a socket from its beginning.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

CALLS: Final = (
    "write,writev,pwrite64,pwritev,pwritev2,sendto,sendmsg,fsync,fdatasync,ftruncate,fallocate,"
    "openat,open,creat,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,rmdir,lseek"
)
MARK: Final = b"HTTP/1.1 200"
_NAME: Final = re.compile(rb"x-request-id: ([0-9a-f]{16})")
_LINE: Final = re.compile(
    rb"^(\d+) +([\d.]+) (?:(\w+)\((.*)|<\.\.\. (\w+) resumed>(.*))$", re.DOTALL
)
_DONE: Final = re.compile(rb"\)\s+= (-?\d+)(?:<([^>]*)>)?[^)]*$")
_FD: Final = re.compile(rb"^(\d+)<([^>]*)>(?:\(deleted\))?")
_TEXT: Final = re.compile(rb'"((?:\\x[0-9a-f]{2})*)"')

Kind = Literal["write", "sync", "truncate", "extend", "create", "rename", "unlink", "answer"]


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened; `begun`: how many events stood before its call began."""

    kind: Kind
    at: float
    path: str = ""
    offset: int = 0
    data: bytes = b""
    to: str = ""
    begun: int = 0


def tracer() -> str:
    """strace, brought by the system's package manager where it may be. Never skipped."""
    found = shutil.which("strace")
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "install", "-y", "-q", "strace"], check=False)
        found = shutil.which("strace")
    assert found, "This test needs strace and never skips it: apt install strace"
    return found


def words(record: str) -> list[str]:
    """What to put before a command so that its calls are written down there."""
    return [
        tracer(), "-f", "-y", "-ttt", "-xx", "-s", "4000000", "-e", f"trace={CALLS}",
        "-e", "signal=none", "-o", record,
    ]  # fmt: skip


@dataclass(slots=True)
class Reader:
    """Line by line; only what lies under `root` is a file here."""

    root: str
    events: list[Event] = field(default_factory=list[Event])
    _open: dict[bytes, tuple[bytes, int, float]] = field(
        default_factory=dict[bytes, tuple[bytes, int, float]]
    )
    _places: dict[tuple[bytes, bytes], int] = field(default_factory=dict[tuple[bytes, bytes], int])

    def read(self, lines: Iterable[bytes]) -> list[Event]:
        for line in lines:
            found = _LINE.match(line.rstrip(b"\n"))
            if found is None:
                continue
            thread, at = found[1], float(found[2])
            if found[3] is not None and line.rstrip().endswith(b"<unfinished ...>"):
                self._begins(found[3], found[4], at)
                self._open[thread] = (found[4], len(self.events), at)
            elif found[3] is not None:
                self._begins(found[3], found[4], at)
                self._ends(thread, found[3], found[4], len(self.events), at)
            else:
                first, begun, _ = self._open.pop(thread, (b"", 0, at))
                first = first.removesuffix(b"<unfinished ...>").rstrip()
                self._ends(thread, found[5], first + found[6], begun, at)
        return self.events

    def _begins(self, call: bytes, rest: bytes, at: float) -> None:
        """An answer has left, for all anybody knows, when its call begins."""
        if call not in (b"write", b"writev", b"sendto", b"sendmsg"):
            return
        if (text := b"".join(_plain(rest))).startswith(MARK) and (name := _NAME.search(text)):
            self.events.append(Event("answer", at, path=name[1].decode()))

    def _ends(self, thread: bytes, call: bytes, rest: bytes, begun: int, at: float) -> None:
        done = _DONE.search(rest)
        if done is None or int(done[1]) < 0:
            return
        if call in (b"rename", b"renameat", b"renameat2", b"unlink", b"unlinkat"):
            self._names(call, rest, begun, at)
        elif call in (b"open", b"openat", b"creat"):
            self._opens(thread, done, rest, begun, at)
        elif (fd := _FD.match(rest)) is not None:
            path = self._within(_unhex(fd[2]))
            if path is not None:
                self._does(thread, call, fd, path, rest, done, begun, at)

    def _within(self, raw: bytes) -> str | None:
        path = raw.decode("utf-8", "replace")
        return path if path.startswith(self.root) else None

    def _names(self, call: bytes, rest: bytes, begun: int, at: float) -> None:
        # A relative name is one under the root: that is where PostgreSQL works.
        paths = [str(Path(self.root, each.decode())) for each in _plain(rest)]
        if not paths or not all(each.startswith(self.root) for each in paths):
            return
        if call.startswith(b"rename"):
            self.events.append(Event("rename", at, path=paths[0], to=paths[1], begun=begun))
        elif b"AT_REMOVEDIR" not in rest:
            self.events.append(Event("unlink", at, path=paths[0], begun=begun))

    def _opens(
        self, thread: bytes, done: re.Match[bytes], rest: bytes, begun: int, at: float
    ) -> None:
        path = self._within(_unhex(done[2] or b""))
        if path is None:
            return
        self._places[thread, done[1]] = 0
        if b"O_CREAT" in rest:
            self.events.append(Event("create", at, path=path, begun=begun))
        if b"O_TRUNC" in rest:
            self.events.append(Event("truncate", at, path=path, begun=begun))

    def _does(
        self, thread: bytes, call: bytes, fd: re.Match[bytes], path: str, rest: bytes,
        done: re.Match[bytes], begun: int, at: float,
    ) -> None:  # fmt: skip
        count, place = int(done[1]), (thread, fd[1])
        if call in (b"fsync", b"fdatasync"):
            self.events.append(Event("sync", at, path=path, begun=begun))
        elif call == b"ftruncate":
            size = int(rest.split(b",")[1].split(b")")[0])
            self.events.append(Event("truncate", at, path=path, offset=size, begun=begun))
        elif call == b"fallocate":
            numbers = rest.split(b")")[0].split(b",")
            size = int(numbers[-2]) + int(numbers[-1])
            self.events.append(Event("extend", at, path=path, offset=size, begun=begun))
        elif call == b"lseek":
            self._places[place] = count
        elif call in (b"write", b"writev"):
            offset = self._places.get(place, 0)
            self._places[place] = offset + count
            self._writes(path, offset, rest, count, begun, at)
        elif call == b"pwrite64":
            offset = int(rest[: done.start()].rsplit(b",", 1)[1])
            self._writes(path, offset, rest, count, begun, at)
        elif call in (b"pwritev", b"pwritev2"):
            offset = int(rest[rest.rindex(b"]") :].split(b",")[2].split(b")")[0])
            self._writes(path, offset, rest, count, begun, at)

    def _writes(
        self, path: str, offset: int, rest: bytes, count: int, begun: int, at: float
    ) -> None:
        data = b"".join(_plain(rest))[:count]
        assert len(data) == count, f"{len(data)} bytes of {count} to {path}"
        self.events.append(Event("write", at, path=path, offset=offset, data=data, begun=begun))


def _plain(rest: bytes) -> Iterator[bytes]:
    return (_unhex(each) for each in _TEXT.findall(rest))


def _unhex(text: bytes) -> bytes:
    return bytes.fromhex(text.replace(b"\\x", b"").decode("ascii"))
