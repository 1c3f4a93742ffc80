"""A connection that is kept, for what is asked again and again of a cluster: a process that makes
and drops a database for each of a thousand tests needs no new one each time.
"""

import asyncio
import threading
from typing import Any

import asyncpg


class Session:
    """From any thread, loop or none: the connection has a loop of its own. Opened when it is first
    wanted, and again when the server has gone meanwhile.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._connection: Any = None
        self._turn = threading.Lock()

    def run(self, sql: str) -> None:
        """One statement by itself."""
        with self._turn:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
                self._thread.start()
            asyncio.run_coroutine_threadsafe(self._run(sql), self._loop).result()

    def close(self) -> None:
        with self._turn:
            if self._loop is None or self._thread is None:
                return
            asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()
            self._loop = self._thread = None

    async def _run(self, sql: str) -> None:
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(self._url, timeout=60)
        await self._connection.execute(sql)

    async def _end(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None
            await asyncio.sleep(0)  # the transport has a turn to close
