"""The one writer of a SQLite database: who is told when, and whom a failure takes along."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from server.store.tx import Tx
from server.store.writer import SqliteWriter

WITHIN_S = 60


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[SqliteWriter]:
    made = SqliteWriter(tmp_path / "one.sqlite3")
    made.submit(tables).result(WITHIN_S)
    yield made
    made.close()


async def tables(tx: Tx) -> None:
    await tx.run("CREATE TABLE place (id INTEGER PRIMARY KEY)")
    # Looked at by COMMIT and not before: the one way to see a commit fail.
    await tx.run(
        "CREATE TABLE visit (at INTEGER REFERENCES place (id) DEFERRABLE INITIALLY DEFERRED)"
    )


async def visit_nowhere(tx: Tx) -> str:
    await tx.run("INSERT INTO visit VALUES (7)")
    return "done"


async def a_place(tx: Tx) -> str:
    await tx.run("INSERT INTO place VALUES (1)")
    return "done"


async def a_place_twice(tx: Tx) -> None:
    await tx.run("INSERT INTO place VALUES (2)")
    await tx.run("INSERT INTO place VALUES (2)")


async def places(tx: Tx) -> list[int]:
    return [row[0] for row in await tx.rows("SELECT id FROM place ORDER BY id")]


def test_nobody_is_told_before_the_commit_has_returned(writer: SqliteWriter) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        writer.submit(visit_nowhere).result(WITHIN_S)
    assert writer.submit(places).result(WITHIN_S) == []


def test_what_fails_takes_nobody_with_it(writer: SqliteWriter) -> None:
    first, go = Event(), Event()

    async def waits(_: Tx) -> None:
        first.set()
        go.wait(WITHIN_S)

    begun = writer.submit(waits)
    assert first.wait(WITHIN_S)
    # All three wait together now, so they share one commit.
    good, bad, look = writer.submit(a_place), writer.submit(a_place_twice), writer.submit(places)
    go.set()
    begun.result(WITHIN_S)
    assert good.result(WITHIN_S) == "done"
    with pytest.raises(sqlite3.IntegrityError):
        bad.result(WITHIN_S)
    assert look.result(WITHIN_S) == [1]
    assert writer.submit(places).result(WITHIN_S) == [1]
