"""Where the databases of a seed come from, and the store that a process can die in.

A database is a copy of one that was made once a run. On PostgreSQL the copies are used again: a
connection that knows its statements is worth more than a new database, so a copy is emptied and
filled as it was at first. TRUNCATE gives every table new files, so the rows lie as in a new copy.
"""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Protocol, Self, TypeVar, cast

from asyncpg.exceptions import DiskFullError

from server.store.migrate import migrate
from server.store.reader import SqliteReader
from server.store.store import Store
from server.store.tables import TABLES
from server.store.tx import Tx
from server.store.writer import SqliteWriter, _Work, connect
from tests.postgres import Cluster
from tests.world import copy_of, new_world

T = TypeVar("T")
SETTINGS = {"autovacuum": "off", "max_wal_size": "256MB"}
"""Nothing happens in the cluster but what a seed does, so a seed does the same again."""

TIMES = 60
"""So many seeds use a copy: what TRUNCATE leaves behind in the catalogue slows the next ones."""

KEEP = (
    "CREATE SCHEMA kept",
    """DO $$ DECLARE each text; there boolean;
BEGIN
  FOR each IN SELECT tablename FROM pg_tables WHERE schemaname='public' LOOP
    EXECUTE format('SELECT EXISTS (SELECT 1 FROM public.%I)', each) INTO there;
    IF there THEN EXECUTE format('CREATE TABLE kept.%I AS TABLE public.%I', each, each); END IF;
  END LOOP;
END $$""",
    """CREATE FUNCTION kept.again() RETURNS void LANGUAGE plpgsql AS $$
DECLARE each text; there boolean; full_ones text[] := '{}';
BEGIN
  FOR each IN SELECT tablename FROM pg_tables WHERE schemaname='public' ORDER BY 1 LOOP
    EXECUTE format('SELECT EXISTS (SELECT 1 FROM public.%I)', each) INTO there;
    IF there THEN full_ones := full_ones || format('public.%I', each); END IF;
  END LOOP;
  IF full_ones <> '{}' THEN
    EXECUTE 'TRUNCATE ' || array_to_string(full_ones, ',') || ' RESTART IDENTITY CASCADE';
  END IF;
  FOR each IN SELECT tablename FROM pg_tables WHERE schemaname='kept' ORDER BY 1 LOOP
    EXECUTE format('INSERT INTO public.%I SELECT * FROM kept.%I', each, each);
  END LOOP;
END $$""",
)


class ServerDied(Exception):
    """The process ended at this line."""


class _HereWriter(SqliteWriter):
    """The writer without its thread: each piece of work is committed where it is asked for."""

    def __init__(self, path: Path) -> None:
        self._connection = connect(path)

    async def write(self, run: Callable[[Tx], Coroutine[Any, Any, T]]) -> T:
        work = _Work(run, Future())
        self._commit([work])
        return work.done.result()

    def close(self) -> None:
        self._connection.close()


class MortalStore(Store):
    """A store whose process can be ended in a chosen transaction, before or after its commit, and
    whose disk can be full.
    """

    fuse: tuple[int, bool] | None = None
    """How many transactions from now, and whether the commit still happens."""

    spare: int | None = None
    """What the disk still takes: pages on SQLite, statements that write on PostgreSQL."""

    async def __aenter__(self) -> Self:
        if self.path is None:
            return await super().__aenter__()
        self._writer = _HereWriter(self.path)
        self._reader = SqliteReader(self.path)
        return self

    async def write(self, action: Callable[[Tx], Coroutine[Any, Any, T]]) -> T:
        if self.fuse is None:
            return await self._write(action)
        left, committed = self.fuse
        if left > 0:
            self.fuse = (left - 1, committed)
            return await self._write(action)
        self.fuse = None
        if committed:
            await self._write(action)
            raise ServerDied

        async def dies(tx: Tx) -> T:
            await action(tx)
            raise ServerDied

        return await self._write(dies)

    async def _write(self, action: Callable[[Tx], Coroutine[Any, Any, T]]) -> T:
        spare = self.spare
        if spare is None:
            return await super().write(action)
        if self.path is not None:
            return await super().write(partial(_on_few_pages, action=action, spare=spare))

        async def cramped(tx: Tx) -> T:
            return await action(cast("Tx", _Cramped(tx, spare)))

        return await super().write(cramped)


async def _on_few_pages(tx: Tx, action: Callable[[Tx], Coroutine[Any, Any, T]], spare: int) -> T:
    """SQLite itself says that the disk is full."""
    ((pages,),) = await tx.rows("PRAGMA page_count")
    await tx.rows(f"PRAGMA max_page_count={pages + spare}")
    try:
        return await action(tx)
    finally:
        await tx.rows(f"PRAGMA max_page_count={1 << 30}")


class _Cramped:
    """A transaction in which one statement finds no room, with the error of the engine."""

    def __init__(self, tx: Tx, spare: int) -> None:
        self._tx, self._spare = tx, spare

    def __getattr__(self, name: str) -> Any:
        if name in ("run", "insert", "update"):
            self._spare -= 1
            if self._spare < 0:
                raise DiskFullError("could not extend file: No space left on device")
        return getattr(self._tx, name)


class Databases(Protocol):
    """Fresh databases: loaded with the cast, or empty and migrated."""

    async def make(self) -> None: ...
    async def fresh(self, folder: Path, *, loaded: bool) -> str: ...
    async def opened(self, url: str) -> MortalStore: ...
    async def left(self, store: MortalStore) -> None: ...
    async def drop(self, url: str) -> None: ...
    async def close(self) -> None: ...
    def remove(self) -> None: ...


async def make_templates(loaded_url: str, empty_url: str, folder: Path) -> None:
    """A database with the cast and one that is only migrated."""
    async with new_world(loaded_url, folder):
        pass
    async with Store(empty_url) as store:
        await migrate(store)


class SqliteFiles:
    """Copies of two files made once a run."""

    def __init__(self, templates: Path) -> None:
        self.templates = templates
        self._made = 0

    async def make(self) -> None:
        loaded, empty = (self.templates / f"{name}.sqlite3" for name in ("loaded", "empty"))
        await make_templates(f"sqlite:///{loaded}", f"sqlite:///{empty}", self.templates)

    async def fresh(self, folder: Path, *, loaded: bool) -> str:
        self._made += 1
        target = folder / f"server-{self._made}.sqlite3"
        copy_of(self.templates / ("loaded.sqlite3" if loaded else "empty.sqlite3"), target)
        return f"sqlite:///{target}"

    async def opened(self, url: str) -> MortalStore:
        return await MortalStore(url).__aenter__()

    async def left(self, store: MortalStore) -> None:
        await store.__aexit__(None, None, None)

    async def drop(self, url: str) -> None:
        Path(url.removeprefix("sqlite:///")).unlink()  # noqa: ASYNC240 (all is one thread here)

    async def close(self) -> None:
        pass

    def remove(self) -> None:
        """They lie in the folder of the run, and go with it."""


@dataclass(slots=True)
class _Copy:
    """One database with the line to it."""

    url: str
    loaded: bool
    store: MortalStore
    used: int = 0


@dataclass(slots=True)
class PostgresDatabases:
    """Databases copied from two templates inside one cluster, and used again."""

    cluster: Cluster
    prefix: str
    folder: Path
    made: int = 0
    free: list[_Copy] = field(default_factory=list[_Copy])
    taken: dict[str, _Copy] = field(default_factory=dict[str, _Copy])

    async def make(self) -> None:
        loaded, empty = (self._create(name, "template1") for name in ("loaded", "empty"))
        await make_templates(loaded, empty, self.folder)
        for name in ("loaded", "empty"):
            for statement in KEEP:
                self.cluster.query(statement, database=f"{self.prefix}_{name}")

    def _create(self, name: str, template: str) -> str:
        return self.cluster.create_database(f"{self.prefix}_{name}", template=template)

    async def fresh(self, folder: Path, *, loaded: bool) -> str:
        del folder
        copy = next((each for each in self.free if each.loaded == loaded), None)
        if copy is not None:
            self.free.remove(copy)
        else:
            self.made += 1
            template = f"{self.prefix}_{'loaded' if loaded else 'empty'}"
            url = self._create(str(self.made), template)
            copy = _Copy(url, loaded, await MortalStore(url).__aenter__())
        copy.used += 1
        self.taken[copy.url] = copy
        return copy.url

    async def opened(self, url: str) -> MortalStore:
        """As a process that begins: whatever it read before is forgotten by the site, not here."""
        store = self.taken[url].store
        store.fuse = store.spare = None
        for table in TABLES:
            table._meta.db = store.engine
        return store

    async def left(self, store: MortalStore) -> None:
        await asyncio.gather(*store._working, return_exceptions=True)

    async def drop(self, url: str) -> None:
        copy = self.taken.pop(url)
        if copy.used >= TIMES:
            await self._end(copy)
            return
        await copy.store.write(lambda tx: tx.rows("SELECT kept.again()"))
        self.free.append(copy)

    async def _end(self, copy: _Copy) -> None:
        await copy.store.__aexit__(None, None, None)
        self.cluster.drop_database(copy.url.rpartition("/")[2].partition("?")[0])

    async def close(self) -> None:
        for copy in (*self.free, *self.taken.values()):
            await self._end(copy)
        self.free.clear()
        self.taken.clear()

    def remove(self) -> None:
        """The two templates, and whatever is left after a run that was stopped."""
        for copy in (*self.free, *self.taken.values()):
            self.cluster.drop_database(copy.url.rpartition("/")[2].partition("?")[0])
        for name in ("loaded", "empty"):
            self.cluster.drop_database(f"{self.prefix}_{name}")
