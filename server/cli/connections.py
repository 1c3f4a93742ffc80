"""Connections that take their time: how long a request may take to arrive, and an answer to leave.

Whoever connects costs a socket until something is whole, and nothing costs less than a byte a
second. So a head has a time and a size, a body has a pace, an answer has to move, and where there
is no room for one more, the connection that has waited longest for its client makes room. Who
sends at once is not in its way: that request is whole before its turn comes.

    head -> body -> (answered) -> rest -> head ...      each with a moment at which it is given up
"""

import asyncio
import resource
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

CONNECTIONS: Final = 2048  # of one process, at most
REST_S: Final = 75  # between two requests
FILES_BESIDE: Final = 128  # open files that are no connections: the database, its log, the pages


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds and bytes. A line of 1 kB/s is inside all of them."""

    head_s: float = 20.0  # from the first byte, or from the connection
    head_bytes: int = 65_536  # what frames a request: its head, what stands around its pieces
    body_s: float = 20.0  # in each such span of a body ...
    body_bytes: int = 10_000  # ... so much of it has to come, or its end
    leaves_s: float = 60.0  # an answer of which nothing leaves
    rest_s: float = REST_S
    linger_s: float = 5.0  # for the rest of a body that is answered already


class Phase(Enum):
    HEAD = 0
    BODY = 1
    ANSWERED = 2  # whole, in the hands of the application
    REST = 3
    LINGER = 4  # answered before its body was whole


class Keeper:
    """All connections of one process; those that wait for their client, in order of waiting."""

    def __init__(self, most: int, patience: Patience | None = None) -> None:
        self.most = most
        self.patience = patience or Patience()
        self._open = 0
        self._waiting: dict[BoundedProtocol, None] = {}

    @property
    def open(self) -> int:
        return self._open

    def came(self) -> None:
        """One more; it waits already."""
        self._open += 1
        while self._open > self.most and self._waiting:
            longest = next(iter(self._waiting))
            del self._waiting[longest]
            self._open -= 1  # counted here, since its end is told a turn of the loop later
            longest.give_up()

    def waits(self, who: "BoundedProtocol") -> None:
        """For its client, from now on: the last to make room."""
        self._waiting.pop(who, None)
        self._waiting[who] = None

    def works(self, who: "BoundedProtocol") -> None:
        self._waiting.pop(who, None)

    def went(self, who: "BoundedProtocol", *, made_room: bool) -> None:
        self._waiting.pop(who, None)
        if not made_room:
            self._open -= 1


class BoundedProtocol(HttpToolsProtocol):
    """HTTP/1.1 with a limit on everything that a client may draw out."""

    def __init__(self, keeper: Keeper, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._keeper = keeper
        self._patience = keeper.patience
        self._phase = Phase.REST
        self._due = 0.0
        self._frame = 0  # bytes since the last piece of a body
        self._came = 0  # bytes of the body in this span
        self._in_head = self._in_body = False  # of the request that arrives now
        self._given_up = False
        self._timer: asyncio.TimerHandle | None = None

    # ---- the life of a connection -----------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._enter(Phase.HEAD, self._patience.head_s)
        self._timer = self.loop.call_at(self._due, self._look)
        self._keeper.came()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._keeper.went(self, made_room=self._given_up)
        super().connection_lost(exc)

    def give_up(self) -> None:
        """The keeper needs the room."""
        self._given_up = True
        self.transport.abort()

    def _enter(self, phase: Phase, seconds: float) -> None:
        if phase is Phase.ANSWERED:
            self._keeper.works(self)
        elif phase is not Phase.BODY or self._phase is Phase.ANSWERED:
            self._keeper.waits(self)
        self._phase, self._came = phase, 0
        self._look_after(seconds)

    def _look_after(self, seconds: float) -> None:
        """One timer a connection: a moment that is moved on is looked at when the timer is over."""
        self._due = self.loop.time() + seconds
        if self._timer is not None and self._due < self._timer.when():
            self._timer.cancel()
            self._timer = self.loop.call_at(self._due, self._look)

    def _look(self) -> None:
        """Whether the moment has come, or has been moved."""
        now, patience = self.loop.time(), self._patience
        if self._phase is Phase.ANSWERED and not self.flow.write_paused:
            self._due = now + patience.leaves_s  # the application works, or says little at a time
        elif now < self._due:
            pass  # it has been moved
        elif self._phase is Phase.BODY and (
            self._came >= patience.body_bytes or self.flow.read_paused  # it is we who do not read
        ):
            self._enter(Phase.BODY, patience.body_s)
        else:
            self.transport.abort()
            return
        self._timer = self.loop.call_at(self._due, self._look)

    # ---- what arrives -----------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        if self._phase is Phase.REST:
            self._enter(Phase.HEAD, self._patience.head_s)
        self._frame += len(data)
        super().data_received(data)
        if self._in_head or self._in_body or self._phase is Phase.HEAD:
            if self._frame > self._patience.head_bytes and not self.transport.is_closing():
                self.send_400_response("")
        else:
            self._frame = 0

    def on_message_begin(self) -> None:
        self._in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head, self._in_body, self._frame = False, True, 0
        super().on_headers_complete()
        if self._phase is Phase.HEAD:
            self._enter(Phase.BODY, self._patience.body_s)

    def on_body(self, body: bytes) -> None:
        self._frame = 0
        self._came += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._in_body, self._frame = False, 0
        super().on_message_complete()
        if self._phase is Phase.LINGER:
            self._enter(Phase.REST, self._patience.rest_s)
        elif self._phase is Phase.BODY:
            self._enter(Phase.ANSWERED, self._patience.leaves_s)

    # ---- what leaves ------------------------------------------------------------------------

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._phase is Phase.ANSWERED:
            self._look_after(self._patience.leaves_s)
            self._keeper.waits(self)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._phase is Phase.ANSWERED:
            self._keeper.works(self)

    def on_response_complete(self) -> None:
        super().on_response_complete()  # which begins the next request, when one has come already
        patience = self._patience
        if self.transport.is_closing():
            self._enter(Phase.REST, patience.leaves_s)  # for what is left to leave
        elif not self.cycle.response_complete:
            phase = Phase.BODY if self._in_body else Phase.ANSWERED
            self._enter(phase, patience.body_s)
        elif self._in_head:
            self._enter(Phase.HEAD, patience.head_s)
        elif self._in_body:
            self._enter(Phase.LINGER, patience.linger_s)
        else:
            self._enter(Phase.REST, patience.rest_s)


def room_for_connections() -> int:
    """How many this process may hold. Raises its own limit on open files as far as it may go."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS + FILES_BESIDE
    may = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < may:
        resource.setrlimit(resource.RLIMIT_NOFILE, (may, hard))
    return max(8, may - FILES_BESIDE)
