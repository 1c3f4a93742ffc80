"""What was acknowledged is there: a server's system calls traced, its settings read back.

Killing a process proves less than it seems, because the page cache survives it (that is done in
tests/test_real_rounds.py); the trace shows the rest: no byte of an answer goes to a socket before
the log on disk was synced for it. What a disk holds after a power cut: tests/test_real_cuts.py.
"""

import os
import re
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg

from server.store.store import Store
from tests.real.doctors import Doctor
from tests.real.installation import DONE_WITHIN_S, group_of, prepared
from tests.real.trace import tracer

_CALL = re.compile(r"^(\d+)\s+(?:(\w+)\((.*)|<\.\.\. (\w+) resumed>(.*))$")
_DONE = re.compile(r"\)\s+= 0\b")
ANSWER = "HTTP/1.1 200"


@dataclass(slots=True)
class Trace:
    """Reads a trace line by line: was the log clean whenever an answer went out?"""

    dirty: bool = False
    syncs: int = 0
    answers: int = 0
    early: list[str] = field(default_factory=list[str])
    _syncing: dict[str, bool] = field(default_factory=dict[str, bool])

    def line(self, text: str) -> None:
        found = _CALL.match(text)
        if found is None:
            return
        thread, name, rest = found[1], found[2] or found[4], found[3] or found[5]
        begins, ends = found[2] is not None, "<unfinished ...>" not in text
        if name in ("fsync", "fdatasync"):
            if begins and "-wal>" in rest:
                self._syncing[thread] = True
            if ends and self._syncing.pop(thread, False):
                assert _DONE.search(text), text
                self.dirty, self.syncs = False, self.syncs + 1
        elif begins and "-wal>" in rest.split(",", 1)[0]:
            self.dirty = True  # from the moment a write to the log begins
            assert not self._syncing, "a write to the log while it is synced"
        elif begins and ANSWER in rest and "octet-stream" in rest:
            self.answers += 1
            if self.dirty or self.syncs == 0:
                self.early.append(text[:200])
            self.syncs = 0


def test_no_byte_of_an_answer_is_written_before_the_log_was_synced(disk_path: Path) -> None:
    lines = disk_path / "trace"
    calls = "trace=write,writev,pwrite64,pwritev,sendto,sendmsg,fsync,fdatasync"
    words = (tracer(), "-f", "-y", "-s", "256", "-e", calls, "-e", "signal=none", "-o", str(lines))
    at = f"sqlite:///{disk_path}/gongwei.sqlite3"
    with prepared(at, disk_path) as here, group_of(here.start(*words)) as traced:
        doctor = Doctor(here, "07", asks_at_rest=False)  # what is asked again writes nothing
        doctor.start()
        until = time.monotonic() + DONE_WITHIN_S
        while len(doctor.acknowledged) < 80 and time.monotonic() < until and not doctor.faults:
            time.sleep(0.05)
        doctor.enough.set()
        doctor.join(DONE_WITHIN_S)
        os.killpg(traced.pid, signal.SIGTERM)
        traced.wait(DONE_WITHIN_S)
    trace = Trace()
    for line in lines.read_text("utf-8", "replace").splitlines():
        trace.line(line)
    assert doctor.faults == []
    assert trace.answers >= 20
    assert trace.early == []
    assert len(doctor.acknowledged) >= 80


def test_the_trace_reader_notices_an_answer_before_the_sync() -> None:
    """Made-up traces, so that the proof above is known to be able to fail."""
    write = '7 pwrite64(9</d/g.sqlite3-wal>, "x", 24, 0) = 24'
    sync = "7 fdatasync(9</d/g.sqlite3-wal>) = 0"
    answer = '6 sendto(11<TCP:[1]>, "HTTP/1.1 200 OK\\r\\ncontent-type: application/octet-stream"'
    half, rest = (
        "7 fdatasync(9</d/g.sqlite3-wal> <unfinished ...>",
        "7 <... fdatasync resumed>) = 0",
    )
    for lines, early in (
        ((write, sync, answer), 0),
        ((write, half, rest, answer), 0),
        ((write, answer, sync), 1),
        ((write, half, answer, rest), 1),
        ((write, sync, write, answer), 1),
        ((write, sync, answer, answer), 1),
        ((write, "7 fdatasync(8</d/other>) = 0", answer), 1),
    ):
        trace = Trace()
        for line in lines:
            trace.line(line)
        assert len(trace.early) == early, lines


async def test_the_database_promises_to_keep_what_it_commits(database_url: str) -> None:
    """Read back from the connection that writes, not from the settings."""
    async with Store(database_url) as store:
        if store.path is not None:
            sync = await store.write(lambda tx: tx.rows("PRAGMA synchronous"))
            mode = await store.write(lambda tx: tx.rows("PRAGMA journal_mode"))
            assert (sync[0][0], mode[0][0]) == (2, "wal")  # 2: FULL
            return
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            told = await store.write(lambda tx, what=name: tx.rows(f"SHOW {what}"))
            assert told[0][0] == "on", name
    connection = await asyncpg.connect(database_url)
    assert await connection.fetchval("SHOW wal_level") in ("replica", "logical")
    await connection.close()
