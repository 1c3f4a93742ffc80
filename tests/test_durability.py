"""What was acknowledged is there: a server killed in the middle of pushes, its system calls traced.

Killing a process proves less than it seems, because the page cache survives it; the trace shows the
rest: no byte of an answer goes to a socket before the log on disk was synced for it.
"""

import asyncio
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import asyncpg
import httpx
import pytest

from server.actions.keeping.verify import verify_journal
from server.settings import now_ms
from server.store.ids import new_id
from server.store.store import Store
from sync.tablet import Tablet
from tests.cast_forms import good
from tests.ports import kept_port
from tests.source import REPOSITORY
from tests.world import HE, SU, TEAM_A, TEAM_B, WU, XIE, YANG, ZHENG, ZHOU, Clock, new_world
from tests.world import field as enrolled

STARTS_WITHIN_S = 120.0
DONE_WITHIN_S = 600.0
PASSPHRASE = "青山绿水"
TABLETS = {
    "07": (SU, TEAM_A, (ZHOU, WU, ZHENG)),
    "11": (XIE, TEAM_A, (ZHOU, WU, ZHENG)),
    "31": (HE, TEAM_B, (YANG,)),
}
DAY = "2026-11-20"


# ---- a server that can be killed ----------------------------------------------------------------


@dataclass(slots=True)
class Installation:
    folder: Path
    url: str
    port: int

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, *before: str) -> subprocess.Popen[bytes]:
        """`serve`, behind the words of a tracer when there are any; returns when it answers."""
        env = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("GONGWEI", "DATABASE"))},
            "DATABASE_URL": self.url, "GONGWEI_KEK_FILE": str(self.folder / "kek"),
        }  # fmt: skip
        command = [*before, sys.executable, "-m", "server", "serve", "--port", str(self.port)]
        with (self.folder / "server.log").open("ab") as log:
            process = subprocess.Popen(
                [*command, "--no-jobs"], cwd=REPOSITORY, env=env, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        until = time.monotonic() + STARTS_WITHIN_S
        while time.monotonic() < until:
            assert process.poll() is None, (self.folder / "server.log").read_text("utf-8")[-2000:]
            try:
                httpx.get(f"{self.address}/health/live", timeout=30, trust_env=False)
            except httpx.TransportError:
                time.sleep(0.03)
            else:
                return process
        raise AssertionError("the server did not answer in time")


@contextmanager
def group_of(process: subprocess.Popen[bytes]) -> Generator[subprocess.Popen[bytes]]:
    """Whatever happens, the server that was started here does not outlive its test."""
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextmanager
def prepared(url: str, folder: Path) -> Generator[Installation]:
    """The cast in a database, three enrolled tablets on disk."""

    async def prepare() -> None:
        async with new_world(url, folder, clock=Clock(now_ms())) as world:
            for name, (staff, panel, _) in TABLETS.items():
                made = await enrolled(world, name, staff=staff, panels=(panel,))
                made.tablet.close()

    asyncio.run(prepare())
    with kept_port() as port:
        yield Installation(folder, url, port)


@dataclass(slots=True)
class Doctor(threading.Thread):
    """Records visits and pushes them without rest, whatever becomes of the server."""

    here: Installation
    name_: str
    saved: dict[bytes, bytes] = field(default_factory=dict[bytes, bytes])
    acknowledged: set[bytes] = field(default_factory=set[bytes])
    failures: int = 0
    faults: list[str] = field(default_factory=list[str])
    enough: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        threading.Thread.__init__(self, name=f"tablet {self.name_}", daemon=True)

    __hash__ = threading.Thread.__hash__

    def run(self) -> None:
        tablet = Tablet.open(
            self.here.folder / f"{self.name_}.tablet", PASSPHRASE, clock=now_ms, new_id=new_id
        )
        residents = TABLETS[self.name_][2]
        with httpx.Client(base_url=self.here.address, timeout=60, trust_env=False) as client:
            while not self.enough.is_set():
                for n in range(4):
                    who = residents[n % len(residents)]
                    form = good("htn_followup", next_date="2027-02-18", sbp=120 + n)
                    self.saved[tablet.save_event(who, "htn_followup", DAY, form)] = who
                self._push(tablet, client)
            while tablet.waiting and not self.faults:
                self._push(tablet, client)
        tablet.close()

    def _push(self, tablet: Tablet, client: httpx.Client) -> None:
        request = tablet.request()
        assert request is not None
        try:
            answer = client.post(
                "/sync/v1/exchange", content=request,
                headers={"content-type": "application/octet-stream"},
            )  # fmt: skip
        except httpx.TransportError:
            self.failures += 1
            time.sleep(0.05)
            return
        if answer.status_code != 200:
            self.faults.append(f"{answer.status_code} {answer.text}")
            self.enough.set()
            return
        tablet.take(request, answer.content)
        waiting = [each for each in self.saved if each not in self.acknowledged]
        self.acknowledged.update(each for each in waiting if tablet.fate(each)[0])


@pytest.mark.parametrize(("engine", "rounds"), [("sqlite", 10), ("postgres", 5)])
def test_nothing_acknowledged_is_lost_or_doubled_when_the_server_is_killed(
    engine: str, rounds: int, disk_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{disk_path}/gongwei.sqlite3"
    if engine == "postgres":
        url = request.getfixturevalue("disk_cluster").create_database("killed")
    with prepared(url, disk_path) as here:
        doctors = [Doctor(here, name) for name in TABLETS]
        moments = random.Random(7)
        promised: list[int] = []
        try:
            for number in range(rounds):
                with group_of(here.start()) as server:
                    if number == 0:
                        for doctor in doctors:
                            doctor.start()
                    _one_more_answer(doctors)
                    time.sleep(moments.uniform(0.0, 0.5))
                    server.kill()
                    server.wait()
                assert [doctor.faults for doctor in doctors] == [[], [], []]
                promised.append(sum(len(doctor.acknowledged) for doctor in doctors))
                asyncio.run(_all_there(url, doctors))
            assert all(earlier < later for earlier, later in pairwise(promised))
            with group_of(here.start()) as server:
                for doctor in doctors:
                    doctor.enough.set()
                for doctor in doctors:
                    doctor.join(DONE_WITHIN_S)
                    assert not doctor.is_alive()
                server.terminate()
                assert server.wait(DONE_WITHIN_S) == 0
        finally:
            for doctor in doctors:
                doctor.enough.set()
        assert [doctor.faults for doctor in doctors] == [[], [], []]
        assert sum(doctor.failures for doctor in doctors) >= rounds
        assert all(doctor.acknowledged == set(doctor.saved) for doctor in doctors)
        assert asyncio.run(_all_there(url, doctors)) == sum(len(doctor.saved) for doctor in doctors)
        assert asyncio.run(_journal_faults(url, disk_path)) == ()


def _one_more_answer(doctors: list[Doctor]) -> None:
    """Waits until pushes go through again."""
    before = [len(doctor.acknowledged) for doctor in doctors]
    until = time.monotonic() + DONE_WITHIN_S
    while [len(doctor.acknowledged) for doctor in doctors] == before:
        assert [doctor.faults for doctor in doctors] == [[], [], []]
        assert time.monotonic() < until, "no push went through"
        time.sleep(0.01)


async def _all_there(url: str, doctors: list[Doctor]) -> int:
    """Every acknowledged change is there once; the number of changes tablets made."""
    acknowledged = [each for doctor in doctors for each in set(doctor.acknowledged)]
    async with Store(url) as store:
        rows = await store.write(
            lambda tx: tx.rows(
                "SELECT change, resident, epoch, seq, idx, device FROM change "
                "WHERE device IS NOT NULL"
            )
        )
        batches = await store.write(lambda tx: tx.rows("SELECT device, epoch, seq, n FROM batch"))
        feed = await store.write(
            lambda tx: tx.rows("SELECT panel, entity FROM feed WHERE op='event'")
        )
    held = [bytes(row[0]) for row in rows]
    assert len(held) == len(set(held))
    assert set(acknowledged) <= set(held)
    places = [tuple(row[2:]) for row in rows]
    assert len(places) == len(set(places))
    assert sum(row[3] for row in batches) == len(rows)  # no batch is there in part
    assert len({tuple(row[:3]) for row in batches}) == len(batches)
    told = [(bytes(panel), bytes(entity)) for panel, entity in feed]
    assert len(told) == len(set(told))
    assert set(held) <= {entity for _, entity in told}
    return len(held)


async def _journal_faults(url: str, folder: Path) -> tuple[object, ...]:
    async with new_world(url, folder, clock=Clock(now_ms())) as world:
        return (await verify_journal(world.site)).faults


# ---- the order of system calls ------------------------------------------------------------------


def tracer() -> str:
    """strace, brought by the system's package manager where it may be. Never skipped."""
    found = shutil.which("strace")
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "install", "-y", "-q", "strace"], check=False)
        found = shutil.which("strace")
    assert found, "This test needs strace and never skips it: apt install strace"
    return found


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
        doctor = Doctor(here, "07")
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
