"""Reading a SQLite database beside its writer: a few threads, each with a connection that cannot
write.

A page of the console reads what has been committed and never waits behind a batch (WAL). Work runs
as an action in one read transaction, so what it sees is of one moment.
"""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, TypeVar

from server.store.tx import SqliteTx, Tx
from server.store.writer import BUSY_TIMEOUT_S, drive

T = TypeVar("T")
THREADS: Final = 4


class SqliteReader:
    """`read` from any task; `close` when nobody reads any more."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        self._open: list[sqlite3.Connection] = []
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="gongwei-reader")

    async def read(self, run: Callable[[Tx], Coroutine[Any, Any, T]]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._once, run)

    def close(self) -> None:
        self._pool.shutdown(wait=True)
        for each in self._open:
            each.close()

    def _once(self, run: Callable[[Tx], Coroutine[Any, Any, T]]) -> T:
        connection = self._connection()
        connection.execute("BEGIN")
        try:
            return drive(run(SqliteTx(connection)))
        finally:
            connection.execute("ROLLBACK")

    def _connection(self) -> sqlite3.Connection:
        found: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if found is None:
            found = sqlite3.connect(
                self._path, isolation_level=None, timeout=BUSY_TIMEOUT_S, check_same_thread=False,
                cached_statements=256,
            )  # fmt: skip
            found.execute("PRAGMA query_only=ON")
            found.execute("PRAGMA temp_store=MEMORY")
            self._local.connection = found
            self._open.append(found)
        return found
