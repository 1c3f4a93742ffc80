"""The standing world for targets that need a server: one loop, one log that is listened to."""

import asyncio
import io
import logging
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack, contextmanager, redirect_stderr
from dataclasses import dataclass, field
from typing import Any, TypeVar

import structlog

from server import logs
from tests.console import Desk, desk, hire, offices
from tests.fuzz.case import Broken, Place, discreet
from tests.portal import Phone, bind, phone
from tests.world import HOMES, QINGHE, SU, TEAM_A, ZHOU, World, new_world
from tests.world import field as tablet_in_field

T = TypeVar("T")


@dataclass(slots=True)
class Walked:
    """A world, and the loop in which everything about it runs."""

    world: World
    runner: asyncio.Runner
    stack: AsyncExitStack
    said: io.StringIO = field(default_factory=io.StringIO)
    looked: int = 0  # how often everything that was taken has been looked at

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """What the server logs meanwhile tells of nobody."""
        with redirect_stderr(self.said):
            found = self.runner.run(work)
        self.listen()
        return found

    def listen(self) -> None:
        text = self.said.getvalue()
        self.said.seek(0)
        self.said.truncate()
        if text:
            discreet(text, "the log")

    def look_around(self) -> None:
        """Whatever was taken can be read: by an honest tablet, at the desk and by the resident."""
        self.run(self._look_around())

    async def _look_around(self) -> None:
        self.looked += 1
        name = f"honest {self.looked}"
        honest = await tablet_in_field(self.world, name, staff=SU, panels=(TEAM_A,))
        await honest.settle()
        await offices(self.world)
        await hire(self.world, SU, "苏清明", role="doctor", facility=QINGHE)
        if self.looked == 1:
            await bind(self.world, ZHOU)
        async with desk(self.world, SU) as su, phone(self.world, ZHOU) as own:
            await _opens(su, own)


async def _opens(su: Desk, own: Phone) -> None:
    pages = [(su, f"/console/archive/{who.hex()}") for who in HOMES]
    pages += [(su, "/console/"), (su, "/console/queues")]
    for at, path in pages:
        _is_drawn(path, (await at.get(path)).status_code)
    for path in ("/portal/", "/portal/archive", "/portal/plan"):
        _is_drawn(path, (await own.get(path)).status_code)


def _is_drawn(path: str, status: int) -> None:
    if status >= 500:
        raise Broken(f"{path} answers {status} about what was taken")


@contextmanager
def listened() -> Iterator[None]:
    """The log is as the server writes it; afterwards as it was."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    logs.configure("info")
    try:
        yield
    finally:
        root.handlers[:], root.level = before, level
        structlog.reset_defaults()


@contextmanager
def walked(place: Place) -> Iterator[Walked]:
    """The world of the place."""
    with listened(), asyncio.Runner() as runner:
        stack = AsyncExitStack()
        world = runner.run(stack.enter_async_context(new_world(place.url, place.folder)))
        try:
            yield Walked(world, runner, stack)
        finally:
            runner.run(stack.aclose())
