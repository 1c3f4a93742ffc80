"""The one writer of a SQLite database: its own thread, group commit, a savepoint for each piece
of work.

Work is answered only after COMMIT has returned, and COMMIT returns only after the log is synced
(WAL with synchronous=FULL). Pieces that wait together share one sync; one that fails rolls back
to its own savepoint and takes nobody with it.
"""

import asyncio
import os
import queue
import sqlite3
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from server.errors import NoRoom
from server.store.tx import SqliteTx, Tx

T = TypeVar("T")
GROUP: Final = 32  # pieces of work that share one commit at most
BUSY_TIMEOUT_S: Final = 60.0


def connect(path: Path) -> sqlite3.Connection:
    """A connection with the durability the receipts promise. A new file is its owner's alone, and
    SQLite gives the log beside it the same mode.
    """
    if path.parent.is_dir():
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    connection = sqlite3.connect(
        path,
        isolation_level=None,
        timeout=BUSY_TIMEOUT_S,
        check_same_thread=False,
        cached_statements=512,
    )
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "temp_store=MEMORY",
        "cache_size=-8192",  # KiB; eight times as much was no quicker, neither pushing nor pulling
        "wal_autocheckpoint=4000",
        "secure_delete=ON",  # a deleted row is not left readable in a free page
    ):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def drive(action: Coroutine[Any, Any, T]) -> T:
    """Runs an action to its end on this thread. It must wait for nothing but its transaction."""
    try:
        action.send(None)
    except StopIteration as done:
        return done.value
    action.close()
    raise AssertionError("an action waited for something other than its transaction")


def _named(error: BaseException) -> BaseException:
    """A full disk by its own name, everything else as it is."""
    if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
        told = NoRoom()
        told.__cause__ = error
        return told
    return error


@dataclass(slots=True)
class _Work:
    run: Callable[[Tx], Coroutine[Any, Any, Any]]
    done: "Future[Any]"


class SqliteWriter:
    """Start once; `submit` from any thread; `close` waits for what is queued."""

    def __init__(self, path: Path) -> None:
        self._queue: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
        self._connection = connect(path)
        self._thread = threading.Thread(target=self._loop, name="gongwei-writer", daemon=True)
        self._thread.start()

    def submit(self, run: Callable[[Tx], Coroutine[Any, Any, T]]) -> "Future[T]":
        done: Future[T] = Future()
        self._queue.put(_Work(run, done))
        return done

    async def write(self, run: Callable[[Tx], Coroutine[Any, Any, T]]) -> T:
        return await asyncio.wrap_future(self.submit(run))

    def close(self) -> None:
        self._queue.put(None)
        self._thread.join()
        self._connection.close()

    def _loop(self) -> None:
        while (work := self._queue.get()) is not None:
            group, last = [work], False
            while len(group) < GROUP:
                try:
                    more = self._queue.get_nowait()
                except queue.Empty:
                    break
                if more is None:
                    last = True
                    break
                group.append(more)
            self._commit(group)
            if last:
                return

    def _commit(self, group: list[_Work]) -> None:
        """One BEGIN IMMEDIATE ... COMMIT for all; nobody is told before the log is synced."""
        # Who gave up waiting before the work began has nothing done; from here on it is too late,
        # so no future is cancelled under the hands of the writer.
        group = [work for work in group if work.done.set_running_or_notify_cancel()]
        answers: list[tuple[_Work, Any, BaseException | None]] = []
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            answers.extend(self._run_one(work) for work in group)
            self._connection.execute("COMMIT")
        except BaseException as error:  # noqa: BLE001 (whoever waits must be told)
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            for work in group:
                work.done.set_exception(_named(error))
            return
        for work, value, error in answers:
            if error is None:
                work.done.set_result(value)
            else:
                work.done.set_exception(error)

    def _run_one(self, work: _Work) -> tuple[_Work, Any, BaseException | None]:
        self._connection.execute("SAVEPOINT work")
        try:
            value = drive(work.run(SqliteTx(self._connection)))
        except Exception as error:
            if not self._connection.in_transaction:
                raise  # SQLite has taken the whole group back, as it does on a full disk
            self._connection.execute("ROLLBACK TO work")
            self._connection.execute("RELEASE work")
            return work, None, _named(error)
        self._connection.execute("RELEASE work")
        return work, value, None
