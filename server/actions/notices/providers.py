"""By whom messages leave: one interface, and the outbox from which nothing leaves.

A provider answers with what became of a message, never with an exception: whether it was taken is
what decides between sending again and asking a person.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Final, Protocol

from server.rules.notices import Channel


@dataclass(frozen=True, slots=True)
class Message:
    """One message on its way. `id`: of the notice; the same one when it is sent again, so that a
    gateway that keeps ids sends it once. The number and the words are in no repr.
    """

    id: bytes
    channel: Channel
    template: str
    expires_at: int
    to: str = field(repr=False)
    text: str = field(repr=False)
    values: dict[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Taken:
    """The gateway has it."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The gateway will never take this message."""

    error: str


@dataclass(frozen=True, slots=True)
class NotNow:
    """It was certainly not taken. `wait_ms`: the gateway asked for that long, of everybody."""

    error: str
    wait_ms: int = 0


@dataclass(frozen=True, slots=True)
class InDoubt:
    """It may have been taken or not: no answer, or none that can be read."""

    error: str


Result = Taken | Refused | NotNow | InDoubt
Sender = Callable[[Message], Awaitable[Result]]


class Provider(Protocol):
    """A way out. `keeps`: nothing leaves, people read the messages here; they cost nothing."""

    @property
    def name(self) -> str: ...
    @property
    def keeps(self) -> bool: ...
    def opened(self) -> AbstractAsyncContextManager[Sender]:
        """A sender for some messages."""
        ...


@dataclass(frozen=True, slots=True)
class Outbox:
    """The embedded one: each message stays in the database, for the county to read."""

    name: str = "outbox"
    keeps: bool = True

    @asynccontextmanager
    async def opened(self) -> AsyncGenerator[Sender]:
        async def keep(_: Message) -> Result:
            return Taken()

        yield keep


OUTBOX: Final = Outbox()
