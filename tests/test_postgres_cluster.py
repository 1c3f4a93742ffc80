"""The cluster the tests stand on: durable, private, fresh, and gone afterwards."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import asyncpg
import pytest

from tests.postgres import REPOSITORY, Cluster, PostgresFailed, join_cluster, start_cluster


def test_a_commit_waits_for_the_disk(postgres_cluster: Cluster) -> None:
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        assert postgres_cluster.query(f"SHOW {setting}") == [("on",)]


def test_the_server_listens_on_no_network_address(postgres_cluster: Cluster) -> None:
    assert postgres_cluster.query("SHOW listen_addresses") == [("",)]


def test_other_users_of_the_machine_cannot_reach_the_socket(postgres_cluster: Cluster) -> None:
    assert postgres_cluster.directory.stat().st_mode & 0o077 == 0


def test_the_server_does_not_run_as_root(postgres_cluster: Cluster) -> None:
    assert (postgres_cluster.directory / "data").stat().st_uid != 0


async def test_every_test_gets_an_empty_database(postgres_url: str) -> None:
    connection = await asyncpg.connect(postgres_url)
    try:
        tables = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        assert await connection.fetchval(tables) == 0
        await connection.execute("CREATE TABLE village (name text)")
        await connection.execute("INSERT INTO village VALUES ('𠮷祥村')")
        assert await connection.fetchval("SELECT name FROM village") == "𠮷祥村"
    finally:
        await connection.close()


async def test_the_next_test_does_not_see_what_the_last_one_left(postgres_url: str) -> None:
    connection = await asyncpg.connect(postgres_url)
    try:
        assert await connection.fetchval("SELECT to_regclass('village')") is None
    finally:
        await connection.close()


def test_a_database_can_be_copied_from_a_prepared_one(postgres_cluster: Cluster) -> None:
    postgres_cluster.create_database("prepared")
    postgres_cluster.query("CREATE TABLE drug (name text)", database="prepared")
    postgres_cluster.create_database("copied", template="prepared")
    assert postgres_cluster.query("SELECT count(*) FROM drug", database="copied") == [(0,)]
    postgres_cluster.drop_database("copied")
    postgres_cluster.drop_database("prepared")


def test_a_setting_that_gives_up_durability_is_refused() -> None:
    with pytest.raises(PostgresFailed, match="fsync is off"):
        start_cluster({"fsync": "off"})


def test_a_server_that_cannot_start_says_why() -> None:
    with pytest.raises(PostgresFailed, match="no_such_setting"):
        start_cluster({"no_such_setting": "1"})


def test_a_stopped_cluster_leaves_no_file_behind() -> None:
    with start_cluster() as cluster:
        assert cluster.query("SELECT 1") == [(1,)]
    assert not cluster.directory.exists()


def test_a_cluster_outlives_its_starter_while_another_process_uses_it() -> None:
    starter = _start_elsewhere()
    directory = _directory_told_by(starter)
    cluster = join_cluster(directory)
    starter.kill()
    starter.wait()
    assert cluster.query("SELECT 1") == [(1,)]
    cluster.stop()
    assert _gone_within(directory, timeout_s=120)


@pytest.mark.parametrize("blow", [signal.SIGINT, signal.SIGKILL])
def test_a_cluster_is_gone_after_its_user_was_ended(blow: signal.Signals) -> None:
    starter = _start_elsewhere()
    directory = _directory_told_by(starter)
    os.kill(starter.pid, blow)
    starter.wait()
    assert _gone_within(directory, timeout_s=120)


def _start_elsewhere() -> subprocess.Popen[str]:
    program = (
        "import signal, time\n"
        # Whoever runs the suite in the background hands on a SIGINT that is ignored.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from tests.postgres import start_cluster\n"
        "with start_cluster() as cluster:\n"
        "    print(cluster.directory, flush=True)\n"
        "    time.sleep(600)\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def _directory_told_by(starter: subprocess.Popen[str]) -> Path:
    assert starter.stdout is not None
    return Path(starter.stdout.readline().strip())


def _gone_within(directory: Path, *, timeout_s: float) -> bool:
    deadline = time.monotonic() + timeout_s
    while directory.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    return not directory.exists()
