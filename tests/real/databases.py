"""Databases that can be filled, restarted and locked: each on a small file system of its own."""

import os
import resource
import shlex
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, Protocol

import asyncpg

from tests.commands import undisturbed
from tests.memory import DISK
from tests.postgres import Account, Cluster, start_cluster

Engine = Literal["sqlite", "postgres"]
SIZE_MB: Final = {"sqlite": 256, "postgres": 512}
SETTINGS: Final = {"max_wal_size": "64MB", "min_wal_size": "32MB", "shared_buffers": "16MB"}
PG_WITHIN_S: Final = 120
_PAGE: Final = 4096


@dataclass(slots=True)
class SmallDisk:
    """A folder; `mounted`: on a file system of its own, which can be filled to the last byte."""

    path: Path
    mounted: bool

    def fill(self, leave: int) -> None:
        """All but `leave` bytes are taken, while others write too."""
        with (self.path / "ballast").open("ab", buffering=0) as ballast:
            piece = 1 << 26
            while piece >= _PAGE:
                end = ballast.seek(0, os.SEEK_END)
                try:
                    if self._room() - piece < leave:
                        raise OSError
                    os.posix_fallocate(ballast.fileno(), end, piece)
                except OSError:
                    piece //= 2

    def free(self) -> None:
        (self.path / "ballast").unlink(missing_ok=True)

    def _room(self) -> int:
        there = os.statvfs(self.path)
        return there.f_bavail * there.f_frsize // _PAGE * _PAGE


@contextmanager
def small_disk(megabytes: int) -> Generator[SmallDisk]:
    """In memory, where mounting is allowed; else a plain folder that cannot be filled."""
    folder, mounted = None, False
    try:
        with undisturbed():
            folder = Path(tempfile.mkdtemp(prefix="gongwei-small-", dir=DISK))
            size = f"size={megabytes}m"
            mounted = os.geteuid() == 0 and _done(
                "mount", "-t", "tmpfs", "-o", size, "tmpfs", str(folder)
            )
        if mounted:
            folder.chmod(0o755)
        yield SmallDisk(folder, mounted)
    finally:
        if mounted:
            _done("umount", "--lazy", str(folder))
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


def _done(*command: str) -> bool:
    if shutil.which(command[0]) is None:
        return False
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


class Database(Protocol):
    """What a fault may do to a database."""

    @property
    def engine(self) -> Engine: ...
    @property
    def url(self) -> str: ...

    @contextmanager
    def full(self, server: int, leave: int) -> Generator[None]:
        """No room for the database of this server process until the block ends."""
        ...

    def restart(self) -> None: ...

    @contextmanager
    def locked(self) -> Generator[None]:
        """Somebody else writes, and is killed in the middle when the block ends."""
        ...


@dataclass(slots=True)
class Sqlite:
    disk: SmallDisk
    engine: Engine = "sqlite"

    @property
    def path(self) -> Path:
        return self.disk.path / "gongwei.sqlite3"

    @property
    def url(self) -> str:
        return f"sqlite:///{self.path}"

    @contextmanager
    def full(self, server: int, leave: int) -> Generator[None]:
        self._short_log()
        if self.disk.mounted:
            self.disk.fill(leave)
            try:
                yield
            finally:
                self.disk.free()
            return
        # No file of that process grows any more: another error of the engine, the same question.
        sizes = [each.stat().st_size for each in self.disk.path.glob("gongwei.sqlite3*")]
        before = resource.prlimit(server, resource.RLIMIT_FSIZE)
        resource.prlimit(server, resource.RLIMIT_FSIZE, (max(sizes) + leave, before[1]))
        try:
            yield
        finally:
            resource.prlimit(server, resource.RLIMIT_FSIZE, before)

    def _short_log(self) -> None:
        """A log that begins anew has to grow; an old one has room to turn round in."""
        other = sqlite3.connect(self.path, isolation_level=None, timeout=60)
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        other.close()

    def restart(self) -> None:
        raise AssertionError("SQLite is part of the server: kill that one")

    @contextmanager
    def locked(self) -> Generator[None]:
        other = sqlite3.connect(self.path, isolation_level=None, timeout=60)
        other.execute("BEGIN IMMEDIATE")
        try:
            other.execute("CREATE TABLE of_somebody_else (it TEXT)")
            yield
        finally:
            other.execute("ROLLBACK")
            other.close()


@dataclass(slots=True)
class Postgres:
    cluster: Cluster
    disk: SmallDisk
    name: str
    engine: Engine = "postgres"

    @property
    def url(self) -> str:
        return self.cluster.url(self.name)

    @contextmanager
    def full(self, server: int, leave: int) -> Generator[None]:
        del server
        self.disk.fill(leave)
        try:
            with suppress(OSError, asyncpg.PostgresError):
                if not leave:  # what it keeps of old logs to write into is used up sooner
                    for _ in range(4):
                        self.cluster.query("SELECT pg_switch_wal(), txid_current()")
            yield
        finally:
            self.disk.free()
            if not self._answers():  # without room for its log PostgreSQL ends itself
                self.restart()

    def restart(self) -> None:
        """Without a checkpoint: it recovers from its log."""
        self.control("restart", "-m", "immediate")

    def end(self) -> None:
        """Wherever it was: one that has ended already, or has not begun, says so to nobody."""
        with suppress(AssertionError):
            self.control("stop", "-m", "immediate")

    @contextmanager
    def locked(self) -> Generator[None]:
        raise AssertionError("a lock on all of PostgreSQL is nothing that happens")
        yield

    def _answers(self) -> bool:
        for _ in range(3):
            try:
                self.cluster.query("SELECT 1")
            except Exception:  # noqa: BLE001 (whatever it says, it does not answer)
                time.sleep(0.3)
            else:
                return True
        return False

    def command(self) -> list[str]:
        """What it was started with."""
        options = self.cluster.directory / "data" / "postmaster.opts"
        return shlex.split(options.read_text("utf-8"))

    def control(self, *words: str) -> None:
        data = self.cluster.directory / "data"
        program = Path(self.command()[0]).parent / "pg_ctl"
        account = Account.for_server()
        with undisturbed():  # a start that is broken off leaves a server nobody knows of
            done = subprocess.run(
                [str(program), *words, "-D", str(data), "-w", "-t", str(PG_WITHIN_S), "-s",
                 "-l", str(self.cluster.directory / "log")],
                cwd=self.cluster.directory, env={"PATH": os.defpath, "LC_ALL": "C"},
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                text=True, check=False, user=account.uid, group=account.gid,
                extra_groups=None if account.uid is None else [], start_new_session=True,
            )  # fmt: skip
        assert done.returncode == 0, (words, done.stderr[-2000:])


@contextmanager
def own_database(engine: Engine) -> Generator[Database]:
    """Empty, with nobody else on its disk."""
    with small_disk(SIZE_MB[engine]) as disk:
        if engine == "sqlite":
            yield Sqlite(disk)
            return
        with start_cluster(SETTINGS, parent=disk.path) as cluster:
            made = Postgres(cluster, disk, "real")
            cluster.create_database(made.name)
            try:
                yield made
            finally:
                with suppress(AssertionError):
                    made.restart()
                made.end()
