"""One database, opened: `write` runs an action in one transaction, `read` one that only reads; on
either engine.

DATABASE_URL chooses: `sqlite:///path/to/file` (one server process) or `postgresql://...` (several),
which may name a primary and its standbys, or a pooler (docs/OPERATIONS.md, "Past one machine").
"""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit

from piccolo.engine.postgres import PostgresEngine
from piccolo.engine.sqlite import SQLiteEngine

from server.errors import NoRoom
from server.store.reader import SqliteReader
from server.store.tables import TABLES
from server.store.tx import PostgresTx, Tx
from server.store.writer import SqliteWriter

T = TypeVar("T")
POOL = 10
TRIES = 4
PASSING = frozenset({"23505", "40001", "40P01"})  # unique, serialisation, deadlock
DISK_FULL = "53100"
STATEMENTS = "statement_cache_size"


class BadDatabaseUrl(ValueError):
    """DATABASE_URL is neither sqlite:///FILE nor postgresql://USER@HOST/NAME."""


class _Postgres(PostgresEngine):
    """Piccolo's, which would open two connections beside the pool before it is there: to look at
    the version, and to install an extension that nothing here uses (and needs a right for it).
    """

    async def check_version(self) -> None:
        pass

    async def prep_database(self) -> None:
        pass


class Store:
    """Use as `async with Store.open(url) as store:`; Piccolo's tables are bound to it meanwhile."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.path: Path | None = None
        self._writer: SqliteWriter | None = None
        self._reader: SqliteReader | None = None
        self._working: set[asyncio.Task[Any]] = set()
        self.engine: PostgresEngine | SQLiteEngine
        if url.startswith("sqlite:///"):
            self.path = Path(url.removeprefix("sqlite:///"))
            self.engine = SQLiteEngine(path=str(self.path), timeout=60)
        elif urlsplit(url).scheme in ("postgresql", "postgres"):
            self.engine = _Postgres(config=_connecting(url))
        else:
            raise BadDatabaseUrl("DATABASE_URL must be sqlite:///FILE or postgresql://...")
        for table in TABLES:
            table._meta.db = self.engine  # pyright: ignore[reportPrivateUsage]

    @property
    def dialect(self) -> str:
        return "sqlite" if self.path is not None else "postgres"

    async def __aenter__(self) -> Self:
        if isinstance(self.engine, PostgresEngine):
            from server.store.pooled import Pooled

            await self.engine.start_connection_pool(  # pyright: ignore[reportUnknownMemberType]
                min_size=1, max_size=POOL, connection_class=Pooled
            )
        elif self.path is not None:
            self._writer = await asyncio.to_thread(SqliteWriter, self.path)
            self._reader = SqliteReader(self.path)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(self.engine, PostgresEngine):
            await asyncio.gather(*self._working, return_exceptions=True)
            await self.engine.close_connection_pool()
        elif self._writer is not None and self._reader is not None:
            await asyncio.to_thread(self._reader.close)
            await asyncio.to_thread(self._writer.close)

    async def write(self, action: Callable[[Tx], Coroutine[Any, Any, T]]) -> T:
        """Runs `action` in one transaction; returns after the commit is durable, or raises and
        nothing happened.
        """
        if self._writer is not None:
            return await self._writer.write(action)
        # A task of its own: as on SQLite, work that has begun comes to its end whoever has gone.
        work = asyncio.get_running_loop().create_task(self._transaction(action))
        self._working.add(work)
        work.add_done_callback(self._working.discard)
        return await asyncio.shield(work)

    async def read(self, action: Callable[[Tx], Coroutine[Any, Any, T]]) -> T:
        """Runs `action` on one moment of what is committed, beside the writers; the database
        refuses whatever it tries to write.
        """
        if self._reader is not None:
            return await self._reader.read(action)
        assert isinstance(self.engine, PostgresEngine)
        pool: Any = self.engine.pool
        async with (
            pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            return await action(PostgresTx(connection))

    async def _transaction(self, action: Callable[[Tx], Coroutine[Any, Any, T]]) -> T:
        """Once more when another transaction was quicker: then its rows are there to be read."""
        for _ in range(TRIES - 1):
            try:
                return await self._once(action)
            except Exception as error:
                if getattr(error, "sqlstate", None) not in PASSING:
                    raise
        return await self._once(action)

    async def _once(self, action: Callable[[Tx], Coroutine[Any, Any, T]]) -> T:
        """The connection goes back to the pool whatever breaks, BEGIN and ROLLBACK included. (A
        transaction of Piccolo keeps it then: ten of them, when the database was started again, and
        everybody waits for ever.)
        """
        assert isinstance(self.engine, PostgresEngine)
        pool: Any = self.engine.pool
        try:
            async with pool.acquire() as connection, connection.transaction():
                return await action(PostgresTx(connection))  # committed before it leaves the block
        except Exception as error:
            if getattr(error, "sqlstate", None) == DISK_FULL:
                raise NoRoom from error
            raise


def _connecting(url: str) -> dict[str, Any]:
    """What asyncpg is told. All of the address is its own but STATEMENTS=n: how many statements a
    connection keeps prepared, 0 behind a pooler that gives it another session each transaction.

    Nothing is compiled (jit): that pays for reports over millions of rows, and took 0.8 of the
    1.7 seconds of a statement that the planner thought dear.
    """
    base, _, query = url.partition("?")
    told = dict(parse_qsl(query, keep_blank_values=True))
    if STATEMENTS not in told:
        return {"dsn": url, "server_settings": {"jit": "off"}}
    kept = told.pop(STATEMENTS)
    if not kept.isdigit():
        raise BadDatabaseUrl(f"{STATEMENTS} in DATABASE_URL is a number, 0 for none")
    return {"dsn": f"{base}?{urlencode(told)}", STATEMENTS: int(kept)}
