"""Who is looking at a board, and one reader for all of them.

A process asks the database once a moment whether anything has moved on the days that somebody looks
at, and makes a board anew only then (or when a quarter of a minute has passed, since what is said
in minutes grows older by itself). However many look, it is one question and one board. Nobody is
sent every step in between: who is slow is sent the newest board when they come for it.

A board that is looked at is no act: it keeps no session alive. It stays for as long as the session
could last (a screen in a hall is not touched for hours) and ends with a sign-out, with the account,
with the rights of its role, at once.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from server.actions.accounts import sessions
from server.actions.accounts.sessions import Signed
from server.actions.checkup.board import Board, Held, Moved, moved, read_board
from server.actions.keeping.site import Site
from server.logs import log
from server.rules.accounts import StaffRole
from server.store.tx import Tx

ASK_S: Final = 0.4
"""Between two questions whether anything has moved."""

AGES_S: Final = 15.0
"""A board is made anew after so long although nothing has moved: minutes have passed."""

BEAT_S: Final = 15.0
"""A listener hears something at least so often, or knows that the line is dead."""

SESSIONS_S: Final = 2.0
"""Between two looks at whether the listeners may still listen."""

STARTS_WITHIN_S: Final = 30.0
LISTENERS_MOST: Final = 200
"""Of one process. Who comes after them is told so, and asks every half minute instead."""


OF_A_SESSION: Final = 50
"""Of those; a room full of screens is one session, and one session takes no other's places."""


class Ended(StrEnum):
    """Why a listener hears no more."""

    SESSION = "session"
    GONE = "gone"
    """The day is nobody's any more."""

    CLOSING = "closing"
    """The server ends; another one, or the same, will take the listener again."""


@dataclass(eq=False, slots=True)
class Listener:
    """One open page, and whose it is."""

    day: bytes
    signed: Signed
    joined: float
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    ended: Ended | None = None
    started: bool = False


@dataclass(slots=True)
class Room:
    """Everybody who looks at one day, and what they see. `heard`: until when that was so."""

    listeners: set[Listener] = field(default_factory=set[Listener])
    held: Held = field(default_factory=Held)
    board: Board | None = None
    moved: Moved | None = None
    made: float = 0.0
    heard: float = field(default_factory=time.monotonic)


@dataclass(slots=True)
class Watch:
    """The boards that this process shows."""

    site: Site
    most: int = LISTENERS_MOST
    boards_made: int = 0  # how often one was made: what tests count
    _rooms: dict[bytes, Room] = field(default_factory=dict[bytes, Room])
    _reader: asyncio.Task[None] | None = None
    _looked: float = 0.0

    @property
    def listening(self) -> int:
        return sum(len(room.listeners) for room in self._rooms.values())

    def join(self, day: bytes, signed: Signed) -> Listener | None:
        """A place among the listeners; None when there is none left."""
        every = [each for room in self._rooms.values() for each in room.listeners]
        own = sum(each.signed.session == signed.session for each in every)
        if len(every) >= self.most or own >= OF_A_SESSION:
            return None
        listener = Listener(day, signed, time.monotonic())
        self._rooms.setdefault(day, Room()).listeners.add(listener)
        if self._reader is None or self._reader.done():
            self._reader = asyncio.get_running_loop().create_task(self._read())
        return listener

    def leave(self, listener: Listener) -> None:
        room = self._rooms.get(listener.day)
        if room is None:
            return
        room.listeners.discard(listener)
        if not room.listeners:
            del self._rooms[listener.day]  # and with it what was read of the people

    async def turns(self, listener: Listener) -> AsyncGenerator[Board | Ended | None]:
        """Each new board; None when nothing was new for a while; Ended as the last."""
        listener.started = True
        seen: Board | None = None
        try:
            while listener.ended is None:
                room = self._rooms.get(listener.day)
                board = room.board if room is not None else None
                if board is not None and board is not seen:
                    seen = board
                    yield board
                    continue
                listener.wake.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(BEAT_S):
                        await listener.wake.wait()
                    continue
                if room is not None and time.monotonic() - room.heard < BEAT_S:
                    yield None  # otherwise silence says that nothing is known
            yield listener.ended
        finally:
            self.leave(listener)

    def close(self) -> None:
        """The server ends: every listener is told, so that no line is waited for."""
        self._end(Ended.CLOSING, [each for room in self._rooms.values() for each in room.listeners])
        if self._reader is not None:
            self._reader.cancel()

    def _end(self, why: Ended, listeners: Collection[Listener]) -> None:
        for each in listeners:
            each.ended = each.ended or why
            each.wake.set()

    async def _read(self) -> None:
        """As long as anybody looks."""
        while self._rooms:
            try:
                await self._once()
            except Exception as error:  # noqa: BLE001 (the next moment asks again)
                log.fault("board_not_read", error)
                await asyncio.sleep(ASK_S * 5)
            self._reap()
            await asyncio.sleep(ASK_S)

    async def _once(self) -> None:
        now = time.monotonic()
        if now - self._looked >= SESSIONS_S:
            self._looked = now
            every = [each for room in self._rooms.values() for each in room.listeners]
            asked = {each.signed.session for each in every}
            found = await sessions.still_looking(self.site, asked)
            self._end(Ended.SESSION, [each for each in every if not _same(each, found)])
        days = sorted(self._rooms)
        stand = await self.site.store.read(lambda tx: moved(tx, self.site, days))
        for day in days:
            room = self._rooms.get(day)
            if room is None:
                continue
            if day not in stand:
                self._end(Ended.GONE, room.listeners)
                continue
            if stand[day] != room.moved or now - room.made >= AGES_S:
                try:
                    await self._make(day, room, stand[day])
                except Exception as error:  # noqa: BLE001 (the other days go on)
                    log.fault("board_not_read", error)
                    room.moved, room.made = stand[day], now  # again when it moves, or ages
                    continue
            room.heard = now

    async def _make(self, day: bytes, room: Room, at: Moved) -> None:
        async def read(tx: Tx) -> Board:
            return await read_board(tx, self.site, day, room.held)

        room.board = await self.site.store.read(read)
        room.moved, room.made = at, time.monotonic()
        self.boards_made += 1
        for each in room.listeners:
            each.wake.set()

    def _reap(self) -> None:
        """A listener whose answer was never begun: its browser went away in between."""
        now = time.monotonic()
        for day in list(self._rooms):
            for each in list(self._rooms[day].listeners if day in self._rooms else ()):
                if not each.started and now - each.joined > STARTS_WITHIN_S:
                    self.leave(each)


def _same(listener: Listener, found: Mapping[bytes, tuple[StaffRole, bytes]]) -> bool:
    """Whether somebody may still look, in the place and capacity in which they began to."""
    signed = listener.signed
    return found.get(signed.session) == (signed.role, signed.facility)
