"""Who goes next: open transactions stepped statement by statement, in an order that a seed gives.

Each task of a play is a lane. Every statement of its transactions, BEGIN and COMMIT included, waits
at a gate until it is that lane's turn, and no turn is given while anything still moves: each lane
stands at a gate, has ended, or waits for what another one holds. Whether it waits is asked of the
database (PostgreSQL) or known from the order of the queue (SQLite), never guessed from the time
that has gone by; the pauses below only say how often it is asked.
"""

import asyncio
import re
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import Enum
from random import Random
from typing import Any, Final, Literal, Protocol

from server.store.tx import Row, Tx
from tests.world import Clock

AGAIN_S: Final = 0.003
AGAIN_MOST_S: Final = 0.05
STUCK_S: Final = 300.0
DEADLOCK: Final = "40P01"
_TABLE: Final = re.compile(
    r"\b(?:INSERT\s+(?:OR\s+IGNORE\s+)?INTO|DELETE\s+FROM|FROM|UPDATE)\s+\"?(\w+)", re.IGNORECASE
)


class At(Enum):
    """Where a lane stands."""

    MOVES = "moves"  # in Python, or in a thread of it
    GATE = "gate"  # has a statement ready
    DATABASE = "database"  # its statement has been sent
    WAITS = "waits"  # ... and waits for a lock that another lane holds
    QUEUED = "queued"  # SQLite: behind the writer
    WRITTEN = "written"  # SQLite: has run, and its group is not committed yet
    DONE = "done"


class Stuck(AssertionError):
    """Nothing moves and nobody can say for what it waits."""


class Struck(Exception):
    """The database took a transaction back for another's sake; the store runs it once more."""

    sqlstate = DEADLOCK


@dataclass(slots=True, eq=False)
class Lane:
    """One task. `told`: what stood there beside each of its commits, newest last."""

    name: str
    turns: "Turns"
    at: At = At.MOVES
    what: str = ""
    pid: int = 0
    told: list[Any] = field(default_factory=list[Any])
    writing: bool = False  # SQLite: its piece of work is in the writer's hands
    strike_at: int = 0  # the how many-th statement from now is struck down; 0: none
    value: Any = None
    error: BaseException | None = None
    _go: Callable[[], object] | None = None

    async def turn(self, what: str) -> None:
        """Waits for this lane's turn, in the event loop."""
        if self.turns.free:
            return
        gate: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.arrive(what, lambda: gate.set_result(None))
        await gate

    def turn_in_thread(self, what: str) -> None:
        """The same from another thread."""
        if not self.turns.free:
            gate = threading.Event()
            self.turns.post(self.arrive, what, gate.set)
            gate.wait()

    def arrive(self, what: str, go: Callable[[], object]) -> None:
        if self.turns.free:
            go()
            return
        self.what, self._go = what, go
        self.move(At.GATE)

    def go(self) -> None:
        ahead, self._go = self._go, None
        assert ahead is not None
        self.at = At.DATABASE
        ahead()

    def move(self, at: At) -> None:
        self.at = at
        self.turns.stirred.set()

    def struck(self) -> bool:
        """Whether this very statement is the one that is struck down."""
        if not self.strike_at:
            return False
        self.strike_at -= 1
        return not self.strike_at


LANE: ContextVar[Lane | None] = ContextVar("lane", default=None)


class Watch(Protocol):
    """What can be seen from outside."""

    async def blockers(self, pids: Sequence[int]) -> dict[int, list[int]]:
        """Of each of these connections, which ones hold what it waits for."""
        ...

    async def committed(self) -> Any:
        """Facts that any reader would find now; raises where they cannot be."""
        ...


class Turns:
    """One play after another over the same lanes' database. `order`: what was done, for reports."""

    def __init__(self, rng: Random, clock: Clock, watch: Watch) -> None:
        self.rng, self.clock, self.watch = rng, clock, watch
        self.stirred = asyncio.Event()
        self.lanes: list[Lane] = []
        self.order: list[str] = []
        self.waited = self.turns = self.struck = 0
        self.deadlocks: list[str] = []
        self.writer = Lane("the writer", self, At.DONE)  # SQLite: at the gate before its COMMIT
        self.free = False  # something is wrong already: everybody runs to their end
        self._facts: Any = None
        self._loop = asyncio.get_running_loop()

    def post(self, act: Callable[..., object], *args: Any) -> None:
        self._loop.call_soon_threadsafe(act, *args)

    async def play(
        self, deeds: Iterable[tuple[str, Callable[[], Awaitable[Any]]]], *, strike: float = 0.0
    ) -> list[Lane]:
        """All of them at the same time, to their ends. `strike`: how likely a lane is struck."""
        self.lanes = []
        self._facts = await self.watch.committed()
        tasks: list[asyncio.Task[None]] = []
        for name, deed in deeds:
            lane = Lane(f"{len(self.lanes) + 1} {name}", self)
            if self.rng.random() < strike:
                lane.strike_at = self.rng.randint(1, 60)
            self.lanes.append(lane)
            tasks.append(asyncio.create_task(_run(lane, deed)))
            await self._quiet()
        try:
            while await self._next():
                pass
        except BaseException:
            self._run_out()
            raise
        finally:
            await asyncio.gather(*tasks)
        done, self.lanes = self.lanes, []
        return done

    async def _next(self) -> bool:
        """One turn; False when everybody is done."""
        await self._quiet()
        ready = [each for each in self.everybody() if each.at is At.GATE]
        if not ready:
            return False
        lane = self.rng.choice(ready)
        commits = lane.what == "COMMIT"
        if commits:
            lane.told.append(self._facts)  # nobody has committed since they were read
        self.order.append(f"{lane.name}: {lane.what}")
        self.turns += 1
        self.clock.pass_(ms=1)
        lane.go()
        if commits:
            await self._quiet()
            self._facts = await self.watch.committed()
        return True

    def everybody(self) -> list[Lane]:
        return [*self.lanes, self.writer]

    def let_go(self) -> None:
        """A transaction has ended: whoever waited for it may go on."""
        for each in self.lanes:
            if each.at is At.WAITS:
                each.at = At.DATABASE
        self.stirred.set()

    def committed(self) -> None:
        """The writer of SQLite has committed its group."""
        self.writer.at = At.DONE
        for each in self._written():
            each.at = At.MOVES
        self.stirred.set()

    def _written(self) -> list[Lane]:
        return [each for each in self.lanes if each.at is At.WRITTEN]

    def _run_out(self) -> None:
        self.free = True
        for each in self.everybody():
            if each.at is At.GATE:
                each.go()

    # ---- until nothing moves ----------------------------------------------------------------

    async def _quiet(self) -> None:
        pause, asked = AGAIN_S, 0.0
        while not self._is_quiet():
            self.stirred.clear()
            try:
                await asyncio.wait_for(self.stirred.wait(), pause)
                pause = AGAIN_S
            except TimeoutError:
                asked += pause
                pause = min(pause * 2, AGAIN_MOST_S)
                await self._ask()
            if asked > STUCK_S:
                raise Stuck(", ".join(f"{each.name} {each.at.value}" for each in self.lanes))

    def _is_quiet(self) -> bool:
        states = {each.at for each in self.lanes}
        if not states.isdisjoint((At.MOVES, At.DATABASE)) or self.writer.at is At.DATABASE:
            return False
        if states.isdisjoint((At.QUEUED, At.WRITTEN)):
            return True
        return any(each.at is At.GATE and each.writing for each in self.everybody())

    async def _ask(self) -> None:
        """Which statements wait for certain: for lanes that stand at a gate, or wait themselves."""
        sent = {each.pid: each for each in self.lanes if each.at is At.DATABASE and each.pid > 0}
        if not sent:
            return
        still = {each.pid for each in self.lanes if each.at in (At.GATE, At.WAITS)}
        found = await self.watch.blockers(list(sent))
        while True:
            certain = [
                pid for pid in sent
                if sent[pid].at is At.DATABASE and found.get(pid) and still.issuperset(found[pid])
            ]  # fmt: skip
            if not certain:
                return
            for pid in certain:
                still.add(pid)
                sent[pid].at = At.WAITS
                self.waited += 1
                holders = [each.name for each in self.lanes if each.pid in found[pid]]
                self.order.append(f"{sent[pid].name}: waits for {', '.join(holders)}")
            self.stirred.set()


async def _run(lane: Lane, deed: Callable[[], Awaitable[Any]]) -> None:
    LANE.set(lane)
    try:
        await lane.turn("starts")
        lane.move(At.MOVES)
        lane.value = await deed()
    except Exception as error:  # noqa: BLE001 (judged when all have ended)
        lane.error = error
    finally:
        lane.pid = 0
        lane.move(At.DONE)


# ---- a transaction whose statements wait for their turn ---------------------------------------


def shown(sql: str) -> str:
    """Verb and table of a statement, no values."""
    table = _TABLE.search(sql)
    tail = next((mark for mark in ("FOR UPDATE", "FOR SHARE") if sql.rstrip().endswith(mark)), "")
    return " ".join(filter(None, (sql.split(None, 1)[0], table and table[1], tail.lower())))


class SteppedTx:
    """A transaction in a lane. `threaded`: driven by a thread of SQLite's. `again`: its store runs
    it once more when it is struck down.
    """

    def __init__(self, tx: Tx, lane: Lane, *, threaded: bool = False, again: bool = False) -> None:
        self._tx, self._lane, self._threaded, self._again = tx, lane, threaded, again
        self.dialect: Literal["sqlite", "postgres"] = tx.dialect

    async def rows(self, sql: str, *args: Any) -> Sequence[Row]:
        return await self._step(shown(sql), self._tx.rows(sql, *args))

    async def rows_in(self, sql: str, ids: Iterable[bytes], *args: Any) -> Sequence[Row]:
        return await self._step(shown(sql), self._tx.rows_in(sql, ids, *args))

    async def run(self, sql: str, *args: Any) -> int:
        return await self._step(shown(sql), self._tx.run(sql, *args))

    async def insert(
        self, table: str, rows: Sequence[Row], *, ignore: bool = False, put: tuple[str, ...] = ()
    ) -> None:
        if rows:
            insert = self._tx.insert(table, rows, ignore=ignore, put=put)
            await self._step(f"INSERT {table}", insert)

    async def update(
        self, table: str, key: tuple[str, ...], put: tuple[str, ...], rows: Sequence[Row]
    ) -> None:
        if rows:
            await self._step(f"UPDATE {table}", self._tx.update(table, key, put, rows))

    async def _step(self, what: str, statement: Coroutine[Any, Any, Any]) -> Any:
        lane = self._lane
        if self._threaded:
            lane.turn_in_thread(what)
            try:
                return await statement
            finally:
                lane.turns.post(lane.move, At.MOVES)
        await lane.turn(what)
        if self._again and lane.struck():
            statement.close()
            lane.turns.order.append(f"{lane.name}: struck down")
            lane.turns.struck += 1
            lane.move(At.MOVES)
            raise Struck
        try:
            return await statement
        except Exception as error:
            state = getattr(error, "sqlstate", None)
            lane.turns.order.append(f"{lane.name}: {type(error).__name__} at {what}")
            if state == DEADLOCK:
                lane.turns.deadlocks.append(f"{lane.name} at {what}")
            raise
        finally:
            lane.move(At.MOVES)
