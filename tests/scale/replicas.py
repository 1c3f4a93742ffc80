"""A second PostgreSQL that follows the first, synchronously: made by pg_basebackup, promoted when
the first was killed.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.commands import undisturbed
from tests.postgres import SUPERUSER, Account, Cluster, find_or_install

NAME: Final = "standby1"
PATIENCE_S: Final = 120.0
# A standby that allows fewer connections than its primary does not start.
_LIKE_IT: Final = {"listen_addresses": "", "max_connections": "200", "max_wal_senders": "4"}
PRIMARY: Final = {"wal_level": "replica", "max_wal_senders": "4", "hot_standby": "on"}


@dataclass(frozen=True, slots=True)
class Standby:
    """The following server; its socket lies in `folder`."""

    folder: Path

    def promote(self) -> None:
        """Makes it the one that writes; returns when it does."""
        assert Cluster(self.folder).query("SELECT pg_promote(true, 60)") == [(True,)]


def both(primary: Cluster, standby: Standby, database: str) -> str:
    """A DATABASE_URL that names both: whichever of them may be written to is taken."""
    hosts = f"{primary.directory},{standby.folder}"
    return f"postgresql://{SUPERUSER}@/{database}?host={hosts}&target_session_attrs=primary"


@contextmanager
def standby_of(primary: Cluster) -> Iterator[Standby]:
    """Copies the primary, follows it, and has every commit of the primary wait for this one."""
    binaries, account = find_or_install(), Account.for_server()
    folder = Path(tempfile.mkdtemp(prefix="gongwei-standby-", dir=primary.directory.parent))
    process = None
    try:
        if account.uid is not None and account.gid is not None:
            os.chown(folder, account.uid, account.gid)
        who = {"user": account.uid, "group": account.gid, "extra_groups": []} if account.uid else {}
        line = f"host={primary.directory} user={SUPERUSER} application_name={NAME}"
        subprocess.run(
            [str(binaries / "pg_basebackup"), "-D", str(folder / "data"), "-d", line, "-X",
             "stream", "-R", "-c", "fast", "--no-sync"],
            cwd=folder, check=True, capture_output=True, **who,
        )  # fmt: skip
        with (folder / "log").open("wb") as log, undisturbed():
            process = subprocess.Popen(
                [str(binaries / "postgres"), "-D", str(folder / "data"), "-k", str(folder),
                 *(word for name, value in _LIKE_IT.items() for word in ("-c", f"{name}={value}"))],
                cwd=folder, stdout=log, stderr=log, start_new_session=True, **who,
            )  # fmt: skip
        _follow(primary)
        yield Standby(folder)
    finally:
        if process is not None:
            process.send_signal(signal.SIGINT)
            process.wait(PATIENCE_S)
        shutil.rmtree(folder, ignore_errors=True)


def _follow(primary: Cluster) -> None:
    """From now on a commit is one when both have it on disk."""
    primary.query(f"ALTER SYSTEM SET synchronous_standby_names = '{NAME}'")
    primary.query("SELECT pg_reload_conf()")
    until = time.monotonic() + PATIENCE_S
    while primary.query("SELECT sync_state FROM pg_stat_replication") != [("sync",)]:
        assert time.monotonic() < until, "the standby does not follow"
        time.sleep(0.05)


def kill(primary: Cluster) -> None:
    """kill -9 of the whole server at once: no backend has time for anything."""
    master = int((primary.directory / "data" / "postmaster.pid").read_text().split()[0])
    children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    for pid in (master, *map(int, children)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
