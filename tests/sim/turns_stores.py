"""Stores whose transactions go step by step, and what is seen of them from outside."""

import sqlite3
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol, Self, TypeVar

import asyncpg

from server.store.store import Store
from server.store.tx import Row, Tx
from tests.sim.turns_order import LANE, At, Lane, SteppedTx, Turns

T = TypeVar("T")
Action = Callable[[Tx], Coroutine[Any, Any, T]]


class SteppedPostgres(Store):
    """One server process on PostgreSQL."""

    async def _once(self, action: Action[T]) -> T:
        lane = LANE.get()
        if lane is None:
            return await super()._once(action)
        await lane.turn("BEGIN")

        async def stepped(tx: Tx) -> T:
            begun(lane, tx)
            try:
                value = await action(SteppedTx(tx, lane, again=True))
            except Exception:
                await lane.turn("ROLLBACK")
                raise
            await lane.turn("COMMIT")
            return value

        try:
            return await super()._once(stepped)
        finally:
            over(lane)

    async def read(self, action: Action[T]) -> T:
        lane = LANE.get()
        if lane is None:
            return await super().read(action)
        await lane.turn("BEGIN to read")

        async def stepped(tx: Tx) -> T:
            begun(lane, tx)
            return await action(SteppedTx(tx, lane))

        try:
            return await super().read(stepped)
        finally:
            over(lane)


def begun(lane: Lane, tx: Any) -> None:
    lane.pid = tx._connection.get_server_pid()
    lane.move(At.MOVES)


def over(lane: Lane) -> None:
    """Its locks are gone."""
    lane.move(At.MOVES)
    lane.turns.let_go()


class SteppedSqlite(Store):
    """The one server process on SQLite: pieces of work are queued in seeded order, the writer
    stops at each of their statements, and readers step beside it.
    """

    def step(self, turns: Turns) -> None:
        """From now on."""
        assert self._writer is not None
        inner = self._writer._connection
        self._writer._connection = WriterConnection(inner, turns)  # type: ignore[assignment]

    async def write(self, action: Action[T]) -> T:
        lane = LANE.get()
        if lane is None:
            return await super().write(action)
        await lane.turn("is queued")
        lane.move(At.QUEUED)
        post = lane.turns.post

        async def stepped(tx: Tx) -> T:
            lane.writing = True
            try:
                value = await action(SteppedTx(tx, lane, threaded=True))
                # Of the pieces that share a commit each sees what those before it have written.
                lane.told.append(facts_of(await tx.rows(MEMBERS), await tx.rows(DEVICES)))
                return value
            finally:
                lane.writing = False
                post(lane.move, At.WRITTEN)

        return await super().write(stepped)

    async def read(self, action: Action[T]) -> T:
        lane = LANE.get()
        if lane is None:
            return await super().read(action)
        return await super().read(lambda tx: action(SteppedTx(tx, lane, threaded=True)))


class WriterConnection:
    """The writer's connection, which stops before its COMMIT while tasks are being played."""

    def __init__(self, inner: sqlite3.Connection, turns: Turns) -> None:
        self._inner, self._turns = inner, turns

    @property
    def in_transaction(self) -> bool:
        return self._inner.in_transaction

    def execute(self, sql: str, args: Sequence[Any] = ()) -> sqlite3.Cursor:
        if sql != "COMMIT" or not self._turns.lanes:
            return self._inner.execute(sql, args)
        writer = self._turns.writer
        writer.writing = True
        writer.turn_in_thread("COMMIT")
        try:
            return self._inner.execute(sql, args)
        finally:
            self._turns.post(self._turns.committed)

    def executemany(self, sql: str, rows: Sequence[Sequence[Any]]) -> sqlite3.Cursor:
        return self._inner.executemany(sql, rows)

    def close(self) -> None:
        self._inner.close()


# ---- seen from outside -----------------------------------------------------------------------


class Rows(Protocol):
    """A connection of its own that sees what is committed."""

    async def rows(self, sql: str) -> list[tuple[Any, ...]]: ...
    async def blockers(self, pids: Sequence[int]) -> dict[int, list[int]]: ...
    async def close(self) -> None: ...


class PostgresRows:
    def __init__(self, connection: Any) -> None:
        self._connection = connection

    @classmethod
    async def open(cls, url: str) -> Self:
        return cls(await asyncpg.connect(url))

    async def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in await self._connection.fetch(sql)]

    async def blockers(self, pids: Sequence[int]) -> dict[int, list[int]]:
        sql = "SELECT pid, pg_blocking_pids(pid) FROM unnest($1::int[]) AS t(pid)"
        return dict(await self._connection.fetch(sql, list(pids)))

    async def close(self) -> None:
        await self._connection.close()


class SqliteRows:
    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, timeout=60)

    async def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql).fetchall()

    async def blockers(self, pids: Sequence[int]) -> dict[int, list[int]]:
        return {pid: [] for pid in pids}

    async def close(self) -> None:
        self._connection.close()


@dataclass(slots=True)
class Facts:
    """What any reader would find at one moment."""

    members: dict[bytes, set[bytes]] = field(default_factory=dict[bytes, set[bytes]])
    devices: dict[bytes, str] = field(default_factory=dict[bytes, str])


MEMBERS: Final = "SELECT panel, resident FROM member"
DEVICES: Final = "SELECT device, status FROM device"


def facts_of(members: Sequence[Row], devices: Sequence[Row]) -> Facts:
    facts = Facts(devices=dict(tuple(row) for row in devices))
    for panel, who in members:
        facts.members.setdefault(panel, set()).add(who)
    return facts


class Passed(AssertionError):
    """A reader of a feed would have passed over a row."""


class Outside:
    """Looks at each commit: feeds grow at their ends only, and never by a number twice."""

    FEEDS = (
        ("panel", "SELECT panel, csn FROM feed"),
        ("day", "SELECT day, csn FROM checkup_person WHERE csn>0"),
    )

    def __init__(self, there: Rows) -> None:
        self.there = there
        self._seen: dict[tuple[str, bytes], set[int]] = {}

    async def blockers(self, pids: Sequence[int]) -> dict[int, list[int]]:
        return await self.there.blockers(pids)

    async def committed(self) -> Facts:
        for what, sql in self.FEEDS:
            found: dict[bytes, list[int]] = {}
            for name, csn in await self.there.rows(sql):
                found.setdefault(name, []).append(csn)
            for name, numbers in found.items():
                self._grown(what, name, numbers)
        return facts_of(await self.there.rows(MEMBERS), await self.there.rows(DEVICES))

    def _grown(self, what: str, name: bytes, numbers: list[int]) -> None:
        now = set(numbers)
        if len(now) != len(numbers):
            raise Passed(f"a {what} has a csn twice")
        before = self._seen.get((what, name), set())
        end = max(before, default=0)
        if any(each <= end for each in now - before):
            raise Passed(f"a row of a {what} was committed behind {end}, which could be read")
        self._seen[what, name] = now
