"""The two engines: fresh databases, their own processes' CPU, and what can be done at best on them.

The limit is the same rows with the same durability, ready made, and nothing else: sqlite3 (WAL,
synchronous FULL) or asyncpg (COPY), a commit for every 200 changes.
"""

import asyncio
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import asyncpg

from server.store.schema import statements
from server.store.tables import SPECS
from tests.bench.meter import Reading, tree_cpu_s
from tests.postgres import Cluster, start_cluster

_TABLES: Final = ("change", "feed")
Rows = dict[str, list[tuple[Any, ...]]]


@dataclass(slots=True)
class Engine:
    """Where databases are made. `cluster` is None on SQLite."""

    name: str
    folder: Path
    cluster: Cluster | None
    made: int = 0

    def new_database(self, name: str) -> str:
        if self.cluster is None:
            return f"sqlite:///{self.folder}/{name}.sqlite3"
        return self.cluster.create_database(name)

    def database_cpu_s(self) -> float:
        """CPU of the database's own processes so far, s; 0 where it lives in the server's."""
        if self.cluster is None:
            return 0.0
        pid = (self.cluster.directory / "data" / "postmaster.pid").read_text().split()[0]
        return tree_cpu_s(int(pid))

    def written(self, url: str, most: int) -> Rows:
        """Rows of changes and feed as the server wrote them, at most so many of each."""
        queries = {
            table: f'SELECT {_columns(table)} FROM "{table}" WHERE {_only(table)} LIMIT {most}'
            for table in _TABLES
        }
        if self.cluster is None:
            with sqlite3.connect(url.removeprefix("sqlite:///")) as db:
                return {table: db.execute(sql).fetchall() for table, sql in queries.items()}
        return asyncio.run(_fetched(url, queries))

    def limit(self, rows: Rows, batch: int) -> Reading:
        """Writes the rows into a fresh database: wall and CPU of this process, s."""
        self.made += 1
        url = self.new_database(f"limit_{self.made}")
        parts = list(_parts(rows, batch))
        if self.cluster is None:
            return _bare_sqlite(Path(url.removeprefix("sqlite:///")), parts)
        return asyncio.run(_bare_postgres(url, parts, self.clock))

    def clock(self) -> Callable[[], Reading]:
        """Starts a clock; asked, it says wall, CPU of this process and of the database's, s."""
        database = self.database_cpu_s()
        began, cpu = time.perf_counter(), time.process_time()

        def reading() -> Reading:
            wall, spent = time.perf_counter() - began, time.process_time() - cpu
            return Reading(wall, spent, self.database_cpu_s() - database)

        return reading


@contextmanager
def engine(name: str, folder: Path) -> Iterator[Engine]:
    """ "sqlite" or "postgres"; a cluster of its own is started and stopped."""
    if name == "sqlite":
        yield Engine(name, folder, None)
        return
    cluster = start_cluster()
    try:
        yield Engine(name, folder, cluster)
    finally:
        # What it holds may take longer to be put away than a test would wait: its guard sees to it.
        with suppress(subprocess.TimeoutExpired):
            cluster.stop()


def _columns(table: str) -> str:
    return ",".join(f'"{name}"' for name in SPECS[table].columns)


def _only(table: str) -> str:
    return "seq > 0" if table == "change" else "op = 'event'"


def _parts(rows: Rows, batch: int) -> Iterator[Rows]:
    for start in range(0, len(rows["change"]), batch):
        yield {table: some[start : start + batch] for table, some in rows.items()}


def _bare_sqlite(path: Path, parts: list[Rows]) -> Reading:
    db = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        db.execute(f"PRAGMA {pragma}")
    for statement in statements("sqlite"):
        db.execute(statement)
    inserts = {
        table: f'INSERT INTO "{table}" VALUES ({",".join("?" * len(SPECS[table].columns))})'
        for table in _TABLES
    }
    began, cpu = time.perf_counter(), time.process_time()
    for part in parts:
        db.execute("BEGIN IMMEDIATE")
        for table, some in part.items():
            db.executemany(inserts[table], some)
        db.execute("COMMIT")
    reading = Reading(time.perf_counter() - began, time.process_time() - cpu)
    db.close()
    return reading


async def _bare_postgres(
    url: str, parts: list[Rows], clock: Callable[[], Callable[[], Reading]]
) -> Reading:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements("postgres"):
            await connection.execute(statement)
        reading = clock()
        for part in parts:
            async with connection.transaction():
                for table, some in part.items():
                    await connection.copy_records_to_table(table, records=some)
        return reading()
    finally:
        await connection.close()


async def _fetched(url: str, queries: dict[str, str]) -> Rows:
    connection = await asyncpg.connect(url)
    try:
        found = {table: await connection.fetch(sql) for table, sql in queries.items()}
        return {table: [tuple(row) for row in some] for table, some in found.items()}
    finally:
        await connection.close()
