"""Fixtures that every test may use: databases on both engines, the standing world, a disk."""

import fcntl
import gc
import itertools
import os
import re
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, settings

from tests.browser import Driver, one_for_the_run
from tests.copies import Copies
from tests.memory import DISK, settle
from tests.postgres import Cluster, join_cluster, start_cluster
from tests.small_font import small_font
from tests.world import World, new_world

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
BROWSERS = re.compile("test_(browser|tablet_(app|floors)|attacks_tablet_(app|line)|portal_look)")
LONG = re.compile("test_(bench|fuzz|real_|sim[.]|sim_turns|demo_field_day|scale|planted|api[.])")
SMALL = {"max_wal_size": "256MB"}  # the log of a cluster that may be in memory
_numbers = itertools.count(1)


# No stopwatch: how long an example takes to be made or tried says how busy the machine is.
settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")


def pytest_configure() -> None:
    settle()
    gc.disable()  # what is collected stays: looking through it again and again finds nothing


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where a browser is driven on a busy machine, a test that fails is run once more, and the end
    of the report names it: one name there is worth a look, the same twice is a fault. They run on
    the loop of the session, where the Chromium lives that they share, but for those whose world is
    of a loop of their own.

    Workers take whole files in this order: what takes longest first, then what has most tests, so
    that all of them come to their end together.
    """
    tests = Counter(item.path.name for item in items)
    for item in items:
        if BROWSERS.match(item.path.name):
            item.add_marker(pytest.mark.flaky(reruns=1))
            if isinstance(item, pytest.Function) and "database_url" not in item.fixturenames:
                item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
                item.fixturenames.insert(0, "one_driver")
    items.sort(key=lambda item: _turn(item.path.name, tests[item.path.name]))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def one_driver() -> AsyncIterator[Driver]:
    """Started for the first test that drives a browser."""
    async with one_for_the_run() as made:
        yield made


def _turn(name: str, tests: int) -> tuple[int, int, str]:
    """LONG, browsers, all others; nothing of a file is between the tests of another."""
    long = LONG.match(name)
    return 0 if long else 1 if BROWSERS.match(name) else 2, -tests, name


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


@pytest.fixture(scope="session")
def copies(tmp_path_factory: pytest.TempPathFactory) -> Copies:
    kept = os.environ.get("GONGWEI_STANDING_WORLD")
    return Copies(tmp_path_factory.mktemp("standing"), WORKER, Path(kept) if kept else None)


@pytest.fixture
def postgres_name(postgres_cluster: Cluster) -> Iterator[str]:
    """A name for a database, which is dropped after the test."""
    name = f"test_{WORKER}_{next(_numbers)}"
    yield name
    postgres_cluster.drop_database(name)


@pytest.fixture
def postgres_url(postgres_cluster: Cluster, postgres_name: str) -> str:
    """A fresh, empty database for one test."""
    return postgres_cluster.create_database(postgres_name)


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path, copies: Copies) -> str:
    """A database of the test's own on either engine: empty, or a copy of the standing world for
    a test that also takes `world`.
    """
    standing = "world" in request.fixturenames
    if request.param == "sqlite":
        return copies.sqlite(tmp_path) if standing else f"sqlite:///{tmp_path}/gongwei.sqlite3"
    if not standing:
        return str(request.getfixturevalue("postgres_url"))
    cluster, name = map(request.getfixturevalue, ("postgres_cluster", "postgres_name"))
    return copies.postgres(cluster, name, tmp_path)


@pytest.fixture(scope="session")
def letters(pytestconfig: pytest.Config) -> str:
    """The font to draw with, kept from run to run; the whole one where pytest keeps nothing."""
    if not pytestconfig.pluginmanager.hasplugin("cacheprovider"):
        return ""
    return small_font(pytestconfig.cache.mkdir("small-font"))


@pytest.fixture
async def world(database_url: str, tmp_path: Path, letters: str) -> AsyncIterator[World]:
    """The standing cast in a county of the test's own."""
    async with new_world(database_url, tmp_path) as made:
        made.site.font = letters
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
