"""Fixtures that every test may use: databases on both engines, the standing world, a disk."""

import fcntl
import itertools
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.memory import DISK, settle
from tests.postgres import Cluster, join_cluster, start_cluster
from tests.world import World, new_world

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
SMALL = {"max_wal_size": "256MB"}  # the log of a cluster that may be in memory
_numbers = itertools.count(1)


def pytest_configure() -> None:
    settle()


@pytest.fixture(scope="session")
def postgres_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """The one server of this test run, started when the first test asks for it."""
    if WORKER == "main":
        with start_cluster(SMALL) as cluster:
            yield cluster
        return
    cluster = _shared_cluster(tmp_path_factory.getbasetemp().parent)
    yield cluster
    cluster.leave()


def _shared_cluster(run_directory: Path) -> Cluster:
    """The workers of one run share a cluster: the first to come starts it, the last ends it."""
    note = run_directory / "postgres-directory"
    with (run_directory / "postgres-lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if note.exists():
            try:
                return join_cluster(Path(note.read_text()))
            except OSError:
                note.unlink()  # its last user has gone and so has the cluster
        cluster = start_cluster(SMALL)
        note.write_text(str(cluster.directory))
        return cluster


@pytest.fixture
def postgres_url(postgres_cluster: Cluster) -> Iterator[str]:
    """A fresh, empty database for one test."""
    name = f"test_{WORKER}_{next(_numbers)}"
    yield postgres_cluster.create_database(name)
    postgres_cluster.drop_database(name)


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database: every test that takes it runs on both engines."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/gongwei.sqlite3"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
async def world(database_url: str, tmp_path: Path) -> AsyncIterator[World]:
    """The standing cast in a fresh county."""
    async with new_world(database_url, tmp_path) as made:
        yield made


@pytest.fixture
def disk_path() -> Iterator[Path]:
    """A folder on a real disk, for what is said about disks."""
    with tempfile.TemporaryDirectory(prefix="gongwei-disk-", dir=DISK) as name:
        yield Path(name)


@pytest.fixture
def disk_cluster() -> Iterator[Cluster]:
    """A PostgreSQL of the test's own on a real disk."""
    with start_cluster(parent=DISK) as cluster:
        yield cluster
