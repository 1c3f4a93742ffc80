"""The tablets' door for pictures in a test: calls carried to the real application, cut at will."""

from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from sync import attachment_wire, wire
from sync.tablet import Tablet
from sync.tablet_photos import Call, Reply
from tests.cast_forms import good
from tests.console import app_of
from tests.world import Field, World


class Cut(Exception):
    """The network went away in the middle."""


class Door:
    """`cut_after`: calls that still get through."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.made: list[str] = []

    async def call(self, call: Call) -> httpx.Response:
        slip = urlsafe_b64encode(call.slip).rstrip(b"=").decode()
        return await self.client.request(
            call.verb, f"/sync/v1/attachments/{call.file.hex()}", content=call.piece or None,
            headers={
                "authorization": f"GWP1 {slip}", "content-type": "application/octet-stream",
            },
        )  # fmt: skip

    async def deliver(self, tablet: Tablet, *, cut_after: int | None = None) -> int:
        """As `Photos.deliver`, over this client. Raises Cut: the last call was made, its answer
        is lost.
        """
        calls = tablet.photos.delivery()
        try:
            call = next(calls)
            while True:
                got = await self.call(call)
                self.made.append(call.verb)
                if cut_after is not None and len(self.made) >= cut_after:
                    calls.close()
                    raise Cut
                arrived = int(got.headers.get(attachment_wire.ARRIVED_HEADER, 0))
                call = calls.send(Reply(got.status_code, got.content, arrived))
        except StopIteration as end:
            return end.value


@asynccontextmanager
async def door(world: World) -> AsyncIterator[Door]:
    transport = httpx.ASGITransport(app=app_of(world), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://tablets.test") as client:
        yield Door(client)


def visit_with(
    su: Field, resident: bytes, *pictures: bytes, kind: str = "htn_followup", **more: Any
) -> tuple[bytes, list[wire.Attach]]:
    """A visit that names these pictures; (its change, what it names)."""
    named = [su.tablet.photos.make(each) for each in pictures]
    body = good(kind, **{"next_date": "2027-02-18", **more})
    change = su.tablet.save_event(resident, kind, "2026-11-20", body, attach=tuple(named))
    return change, named
