"""Power cuts: a server's writes and syncs are recorded, and its disk is rebuilt as it would be
found after a cut at many seeded moments. Whatever had been answered by then has to be in it.
"""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from tests.commands import undisturbed
from tests.postgres import Account, Cluster, start_cluster
from tests.real.checks import all_there
from tests.real.databases import Engine, Postgres, SmallDisk
from tests.real.doctors import Doctor, at_work, come_to_rest, faults_of
from tests.real.installation import TABLETS, Installation, group_of, prepared, waits_for
from tests.real.lost_power import Disk
from tests.real.trace import Event, Reader, words

NAME: Final = "gongwei.sqlite3"
JUNK: Final = bytes(range(256)) * 128  # what may lie in shared memory that nobody synced
VERIFIED_EVERY: Final = 6  # cuts, of which the whole journal is read
# New logs are not filled with zeros first: 16 MB each, and nothing of ours in them.
SETTINGS: Final = {
    "wal_init_zero": "off", "max_wal_size": "64MB", "min_wal_size": "32MB",
    "shared_buffers": "16MB", "checkpoint_timeout": "30s",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Record:
    """What was written, synced and answered, from a database that lay still."""

    engine: Engine
    root: Path
    copy: Path
    events: Sequence[Event]
    answers: dict[str, tuple[float, set[bytes]]]
    here: Installation

    def promised(self, count: int) -> set[bytes]:
        """The changes acknowledged by answers that had left after so many events."""
        if self.engine == "sqlite":  # the same process: the record has the answers
            names = {each.path for each in self.events[:count] if each.kind == "answer"}
            told = [new for name, (_, new) in self.answers.items() if name in names]
        else:
            now = self.events[count - 1].at if count else 0.0
            told = [new for at, new in self.answers.values() if at < now]
        return {each for new in told for each in new}

    def never_synced(self) -> "Record":
        return replace(self, events=[each for each in self.events if each.kind != "sync"])


@contextmanager
def recorded(engine: Engine, folder: Path, *, changes: int, seed: int) -> Iterator[Record]:
    """Three doctors push until so many changes are acknowledged; then all ends in order."""
    if engine == "sqlite":
        yield from _on_sqlite(folder, changes, seed)
    else:
        yield from _on_postgres(folder, changes, seed)


def _on_sqlite(folder: Path, changes: int, seed: int) -> Iterator[Record]:
    root, copy, lines = folder / "disk", folder / "copy", folder / "record"
    root.mkdir()
    with prepared(f"sqlite:///{root}/{NAME}", folder) as here:
        shutil.copytree(root, copy)
        with group_of(here.start(*words(str(lines)), words=())) as traced:
            answers = _pushes(here, changes, seed, lambda: None)
            os.killpg(traced.pid, signal.SIGTERM)
            traced.wait()
        yield Record("sqlite", root, copy, _events(root, lines), answers, here)


def _on_postgres(folder: Path, changes: int, seed: int) -> Iterator[Record]:
    copy = folder / "copy"
    with start_cluster(SETTINGS) as cluster:
        made = Postgres(cluster, SmallDisk(cluster.directory, False), "cut")
        cluster.create_database(made.name)
        root, lines = cluster.directory / "data", cluster.directory / "record"
        with prepared(made.url, folder) as here:
            made.control("stop", "-m", "fast")
            shutil.copytree(root, copy, symlinks=True)
            account = Account.for_server()
            with undisturbed():
                traced = subprocess.Popen(
                    [*words(str(lines)), *made.command()], cwd=cluster.directory,
                    env={"PATH": os.defpath, "LC_ALL": "C"}, stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
                    user=account.uid, group=account.gid,
                    extra_groups=None if account.uid is None else [],
                )  # fmt: skip
                here.begun.append(traced)
            with group_of(traced):
                waits_for(lambda: _answers(cluster), "PostgreSQL does not start")
                with group_of(here.start(words=())) as server:
                    answers = _pushes(here, changes, seed, lambda: cluster.query("CHECKPOINT"))
                    server.terminate()
                    assert server.wait() == 0
                made.control("stop", "-m", "fast")
                traced.wait()
            yield Record("postgres", root, copy, _events(root, lines), answers, here)


def _answers(cluster: Cluster) -> bool:
    with suppress(Exception):
        return cluster.query("SELECT 1") == [(1,)]
    return False


def _pushes(
    here: Installation, changes: int, seed: int, halfway: Callable[[], object]
) -> dict[str, tuple[float, set[bytes]]]:
    doctors = [Doctor(here, name, f"cuts/{seed}") for name in TABLETS]

    def there() -> int:
        assert faults_of(doctors) == []
        return sum(len(each.acknowledged) for each in doctors)

    with at_work(doctors):
        waits_for(lambda: there() >= changes // 2, "no pushes")
        halfway()
        waits_for(lambda: there() >= changes, "no pushes")
        come_to_rest(doctors)
    return {name: each for doctor in doctors for name, each in doctor.answers.items()}


def _events(root: Path, lines: Path) -> list[Event]:
    with lines.open("rb") as record:
        return Reader(str(root)).read(record)


def moments(record: Record, count: int, seed: int) -> list[int]:
    """After so many events each; the last one is the end."""
    chance = random.Random(f"moments/{seed}")
    most = len(record.events)
    return sorted([*chance.sample(range(most), min(count, most) - 1), most])


def cut_at(record: Record, points: Sequence[int], seed: int) -> Iterator[tuple[int, int]]:
    """Rebuilds the disk at each and checks it; (moment, changes found). Raises AssertionError."""
    disk = Disk.of(record.root, record.copy, strict=record.engine == "sqlite")
    done = 0
    for number, point in enumerate(points):
        for event in record.events[done:point]:
            disk.goes_on(event)
        done = point
        chance = random.Random(f"cut/{seed}/{point}") if number % 2 else None
        check = _sqlite_holds if record.engine == "sqlite" else _postgres_holds
        with tempfile.TemporaryDirectory(prefix="gongwei-cut-") as name:
            target = Path(name) / "data"
            disk.write(record.copy, target, chance)
            whole = number % VERIFIED_EVERY == 0 or point == len(record.events)
            try:
                found = check(record, target, record.promised(point), whole)
            except AssertionError as error:
                kept = "what was synced" if chance is None else "that and some of the rest"
                raise AssertionError(f"cut after event {point}, {kept}: {error}") from error
        yield point, found


def _sqlite_holds(record: Record, target: Path, promised: set[bytes], whole: bool) -> int:
    path = target / NAME
    if len(promised) % 2:
        Path(f"{path}-shm").write_bytes(JUNK)
    with sqlite3.connect(path) as found:
        assert found.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    found.close()
    return _holds(record, f"sqlite:///{path}", promised, whole)


def _postgres_holds(record: Record, target: Path, promised: set[bytes], whole: bool) -> int:
    (target / "postmaster.pid").unlink(missing_ok=True)
    shutil.copy(record.copy / "postmaster.opts", target)  # a note for pg_ctl, never synced
    folder, account = target.parent, Account.for_server()
    folder.chmod(0o755)
    target.chmod(0o700)
    if account.uid is not None and account.gid is not None:
        for path in (folder, target, *target.rglob("*")):
            os.chown(path, account.uid, account.gid, follow_symlinks=False)
    made = Postgres(Cluster(folder), SmallDisk(folder, False), "cut")
    try:
        made.control("start", "-o", f"-k {folder} -c listen_addresses='' -c fsync=off")
        return _holds(record, made.url, promised, whole)
    finally:
        made.end()


def _holds(record: Record, url: str, promised: set[bytes], whole: bool) -> int:
    found = all_there(url, promised)
    if whole:
        rebuilt = Installation(record.here.folder, url, 0)
        assert rebuilt.journal_faults() == ()
    return found


def run_cuts(
    engine: Engine, *, cuts: int, changes: int, seed: int, say: Callable[[str], None]
) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="gongwei-cuts-") as name,
        recorded(engine, Path(name), changes=changes, seed=seed) as record,
    ):
        kinds = [each.kind for each in record.events]
        say(
            f"{len(kinds)} events: {kinds.count('write')} writes, {kinds.count('sync')} syncs; "
            f"{len(record.answers)} answers, {len(record.promised(len(kinds)))} changes"
        )
        began = time.monotonic()
        points = moments(record, cuts, seed)
        for number, (point, found) in enumerate(cut_at(record, points, seed), start=1):
            if number % 20 == 0:
                say(f"{number:4d} cuts hold, the last after event {point}: {found} changes")
        say(f"{engine}: {len(points)} cuts hold in {time.monotonic() - began:.0f} s")
