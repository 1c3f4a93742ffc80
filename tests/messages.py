"""The outbox in a test: a gateway that is held in the hand, and what tests of notices do again and
again.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date
from typing import Any

from server.actions.notices import inbox, telling
from server.actions.notices.providers import Message, Result, Sender, Taken
from tests.world import QINGHE, ZHOU, World

TODAY = date(2026, 11, 20)


class Gateway:
    """A way out that is held in the hand: it keeps what it was given, and answers as it is told."""

    name = "hand"
    keeps = False

    def __init__(self, *answers: Result) -> None:
        self.answers: Sequence[Result] = answers
        self.messages: list[Message] = []
        self.dies = False

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Sender]:
        yield self._send

    async def _send(self, message: Message) -> Result:
        self.messages.append(message)
        await asyncio.sleep(0)
        if self.dies:
            raise asyncio.CancelledError
        if not self.answers:
            return Taken()
        first, *self.answers = self.answers
        return first

    @property
    def told(self) -> list[str]:
        return [each.template for each in self.messages]


async def tell(world: World, who: bytes, template: str, **more: Any) -> bytes:
    return await world.store.write(lambda tx: telling.tell(tx, world.site, who, template, **more))


async def answered(world: World, who: bytes = ZHOU, **more: Any) -> bytes:
    return await tell(world, who, "correction_answered", facility=QINGHE, day=TODAY, **more)


async def code(world: World, phone: str | None, digits: str = "402173", **more: Any) -> object:
    return await world.store.write(
        lambda tx: telling.send_code(tx, world.site, phone, digits, 5, **more)
    )


async def sum_holds(world: World) -> bool:
    """Whether the outbox's own sum of the month is that of its rows."""
    return await world.one(
        "SELECT b.spent_fen=(SELECT COALESCE(SUM(cost_fen), 0) FROM notice n WHERE "
        "n.month=b.month) FROM notice_box b"
    )


async def state(world: World, id_: bytes) -> tuple[Any, ...]:
    rows = await world.rows(
        "SELECT state, why, error, tries, cost_fen FROM notice WHERE notice=?", id_
    )
    return rows[0]


async def lines(world: World, who: bytes = ZHOU, **more: Any) -> list[inbox.Line]:
    found = await world.store.read(lambda tx: inbox.inbox(tx, world.site, who, **more))
    return list(found)
