"""Whole tables, out of one consistent moment and into an empty database, in bounded memory.

Reading happens beside the writers: on SQLite a read transaction on a connection of its own (WAL
keeps the moment), on PostgreSQL a REPEATABLE READ, read-only transaction. Loading is one
transaction of the store. Values are the same on either engine, so what one wrote the other loads.
"""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, Protocol

from piccolo.engine.postgres import PostgresEngine

from server.store.store import Store
from server.store.tables import SPECS
from server.store.tx import Row, Tx

CHUNK_ROWS: Final = 500
CHUNK_BYTES: Final = 4 * 1024 * 1024  # a chunk of large rows is cut further

# On both engines the moment is fixed by the first read of the transaction.
_FIRST_READ: Final = "SELECT COUNT(*) FROM district"


class Snapshot(Protocol):
    """One moment of the database; nothing that commits later is seen."""

    def stream(self, sql: str, *args: Any) -> AsyncIterator[Sequence[Row]]:
        """Rows of a statement with `?`, some at a time."""
        ...


@asynccontextmanager
async def snapshot(store: Store) -> AsyncGenerator[Snapshot]:
    """A consistent view for reading as long as the block lasts."""
    if store.path is not None:
        reader = await asyncio.to_thread(_sqlite_reader, store.path)
        try:
            yield _SqliteSnapshot(reader)
        finally:
            await asyncio.to_thread(reader.close)
        return
    assert isinstance(store.engine, PostgresEngine)
    connection: Any = await store.engine.get_new_connection()
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            await connection.fetch(_FIRST_READ)
            yield _PostgresSnapshot(connection)
    finally:
        await connection.close()


def _sqlite_reader(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=60,
        check_same_thread=False,
    )  # fmt: skip
    connection.execute("BEGIN")
    connection.execute(_FIRST_READ).fetchall()
    return connection


class _SqliteSnapshot:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def stream(self, sql: str, *args: Any) -> AsyncIterator[Sequence[Row]]:
        cursor = await asyncio.to_thread(self._connection.execute, sql, args)
        while rows := await asyncio.to_thread(cursor.fetchmany, CHUNK_ROWS):
            yield rows


class _PostgresSnapshot:
    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def stream(self, sql: str, *args: Any) -> AsyncIterator[Sequence[Row]]:
        parts = sql.split("?")
        numbered = parts[0] + "".join(f"${n}{part}" for n, part in enumerate(parts[1:], start=1))
        cursor = await self._connection.cursor(numbered, *args)
        while rows := await cursor.fetch(CHUNK_ROWS):
            yield rows


def table_order(name: str) -> tuple[str, ...]:
    """The columns whose order a whole-table read follows: its key."""
    return SPECS[name].key


async def read_table(snap: Snapshot, name: str) -> AsyncIterator[list[list[Any]]]:
    """All rows of a table in order of its key, in bounded chunks, values as both engines know."""
    spec = SPECS[name]
    columns = ",".join(f'"{column}"' for column in spec.columns)
    order = ",".join(f'"{column}"' for column in spec.key)
    flags = [n for n, column in enumerate(spec.columns) if spec.types[column] == "boolean"]
    async for rows in snap.stream(f'SELECT {columns} FROM "{name}" ORDER BY {order}'):
        for part in _cut([_same_on_both(row, flags) for row in rows]):
            yield part


def _same_on_both(row: Row, flags: list[int]) -> list[Any]:
    values = list(row)
    for n in flags:
        if values[n] is not None:
            values[n] = bool(values[n])
    return values


def _cut(rows: list[list[Any]]) -> Iterator[list[list[Any]]]:
    """Parts of at most CHUNK_BYTES (a single larger row is a part of its own)."""
    part: list[list[Any]] = []
    size = 0
    for row in rows:
        here = sum(len(value) if isinstance(value, bytes | str) else 9 for value in row)
        if part and size + here > CHUNK_BYTES:
            yield part
            part, size = [], 0
        part.append(row)
        size += here
    if part:
        yield part


async def is_empty(tx: Tx) -> bool:
    """Whether no table holds a row."""
    for name in SPECS:
        if await tx.rows(f'SELECT 1 FROM "{name}" LIMIT 1'):
            return False
    return True


async def load_rows(tx: Tx, name: str, rows: Sequence[Sequence[Any]]) -> None:
    """Rows of `read_table` into the same table of this database."""
    await tx.insert(name, [tuple(row) for row in rows])
