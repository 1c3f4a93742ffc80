"""What clients draw out has an end: heads, bodies, answers, rests, and their number.

A server of the real kind on loopback, its patience made short; what is asserted is that something
ends, or that somebody is answered, never how soon.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
import uvicorn

from server.cli.connections import BoundedProtocol, Keeper, Patience

ENDS_WITHIN_S = 120.0
SHORT = 0.2
LONG = Patience(
    head_s=3600, body_s=3600, leaves_s=3600, rest_s=3600, linger_s=3600, head_bytes=65_536
)
GET = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\n"
MANY = 64 << 20


async def counting(_: Any, receive: Callable[[], Awaitable[Any]], send: Any) -> None:
    """Answers with the length of the body."""
    length = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        length += len(message["body"])
        if not message["more_body"]:
            break
    said = str(length).encode()
    headers = [(b"content-length", str(len(said)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": said})


async def deaf(_: Any, receive: Any, send: Any) -> None:
    """Answers before it has read a byte of the body."""
    del receive
    headers = [(b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


async def talkative(_: Any, receive: Any, send: Any) -> None:
    """More than any buffer on the way holds, piece by piece."""
    del receive
    headers = [(b"content-length", str(MANY).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    for _ in range(MANY >> 16):
        await send({"type": "http.response.body", "body": bytes(1 << 16), "more_body": True})
    await send({"type": "http.response.body", "body": b""})


@asynccontextmanager
async def serving(app: Any, keeper: Keeper) -> AsyncIterator[int]:
    speaks: Any = partial(BoundedProtocol, keeper)
    server = uvicorn.Server(
        uvicorn.Config(
            app, http=speaks, ws="none", lifespan="off", log_config=None, access_log=False,
            host="127.0.0.1", port=0, timeout_keep_alive=3600, timeout_graceful_shutdown=1,
        )
    )  # fmt: skip
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 (uvicorn tells by a flag)
        await asyncio.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await task


class Line:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def to(cls, port: int) -> "Line":
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def ended(self) -> bytes:
        """Everything that was said until the server ended the connection."""
        try:
            return await asyncio.wait_for(self.reader.read(), ENDS_WITHIN_S)
        except ConnectionError:
            return b""

    async def asks(self, request: bytes) -> bytes:
        self.writer.write(request)
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), ENDS_WITHIN_S)
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0])
        return await asyncio.wait_for(self.reader.readexactly(length), ENDS_WITHIN_S)

    async def drips(self, piece: bytes) -> None:
        """One piece after another for as long as somebody takes them."""
        try:
            while not self.reader.at_eof():
                self.writer.write(piece)
                await self.writer.drain()
                await asyncio.sleep(0.01)
        except ConnectionError:
            pass


@pytest.mark.parametrize(
    ("first", "piece", "short"),
    [
        (b"", b"", {"head_s": SHORT}),  # silence
        (b"GET / HTTP/1.1\r\n", b"a: b\r\n", {"head_s": SHORT}),
        (GET, b"\r\n", {"head_s": SHORT}),  # empty lines after an answer
        (GET, b"G", {"head_s": SHORT}),
        (GET, b"", {"rest_s": SHORT}),
        (POST, b"x", {"body_s": SHORT}),
        (POST, b"", {"body_s": SHORT}),
        (GET + POST, b"x", {"body_s": SHORT}),  # one behind the other
    ],
)
async def test_a_request_that_is_drawn_out_is_given_up(
    first: bytes, piece: bytes, short: dict[str, float]
) -> None:
    keeper = Keeper(8, replace(LONG, **short))
    async with serving(counting, keeper) as port:
        line = await Line.to(port)
        line.writer.write(first)
        dripping = asyncio.create_task(line.drips(piece) if piece else asyncio.sleep(0))
        await line.ended()
        await dripping
        await nobody_left(keeper)


async def nobody_left(keeper: Keeper) -> None:
    async with asyncio.timeout(ENDS_WITHIN_S):
        while keeper.open:  # noqa: ASYNC110 (there is nothing else to wait for)
            await asyncio.sleep(0.01)


async def test_a_body_that_is_answered_already_is_not_listened_to_for_ever() -> None:
    keeper = Keeper(8, replace(LONG, linger_s=SHORT))
    async with serving(deaf, keeper) as port:
        line = await Line.to(port)
        assert await line.asks(POST) == b""
        dripping = asyncio.create_task(line.drips(b"x" if keeper.open else b""))
        await line.ended()
        await dripping
        await nobody_left(keeper)


async def test_an_answer_that_nobody_takes_is_given_up() -> None:
    keeper = Keeper(8, replace(LONG, leaves_s=SHORT))
    async with serving(talkative, keeper) as port:
        line = await Line.to(port)
        line.writer.write(GET)
        await line.reader.readexactly(1)
        line.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await nobody_left(keeper)


@pytest.mark.parametrize(
    ("first", "piece"),
    [
        (b"GET / HTTP/1.1\r\na: ", b"x" * 1000),
        (b"GET / HTTP/1.1\r\n", b"a: bcdefghijkl\r\n" * 100),
        (b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n", b"a: b\r\n" * 100),
        (b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n1;", b"x" * 1000),
    ],
    ids=["one header", "many headers", "many trailers", "one chunk's extension"],
)
async def test_what_frames_a_request_has_a_size(first: bytes, piece: bytes) -> None:
    keeper = Keeper(8, LONG)
    async with serving(counting, keeper) as port:
        line = await Line.to(port)
        line.writer.write(first)
        dripping = asyncio.create_task(line.drips(piece))
        await line.ended()
        await dripping
        await nobody_left(keeper)


async def test_who_sends_at_once_is_answered_however_many_others_drip() -> None:
    keeper = Keeper(20, LONG)
    async with serving(counting, keeper) as port:
        drips = [await Line.to(port) for _ in range(100)]
        for number, each in enumerate(drips):
            each.writer.write((b"", b"GET / HTTP/1.1\r\nx", POST)[number % 3])
        for _ in range(30):
            prompt = await Line.to(port)
            assert await prompt.asks(GET) == b"0"
            assert await prompt.asks(POST + bytes(1000)) == b"1000"
            prompt.writer.close()
            assert keeper.open <= 21
        for each in drips[:70]:
            await each.ended()


async def test_the_one_that_has_waited_longest_makes_room() -> None:
    keeper = Keeper(3, LONG)
    async with serving(counting, keeper) as port:
        first, second, third = [await Line.to(port) for _ in range(3)]
        for each in (first, second, third):
            assert await each.asks(GET) == b"0"
        assert await first.asks(GET) == b"0"  # now the second has rested longest
        fourth = await Line.to(port)
        assert await fourth.asks(GET) == b"0"
        await second.ended()
        assert await first.asks(GET) == b"0"
        assert await third.asks(GET) == b"0"


async def test_a_body_that_keeps_its_pace_arrives_whole() -> None:
    keeper = Keeper(8, replace(LONG, body_s=0.05, body_bytes=0))  # a span after the other
    async with serving(counting, keeper) as port:
        line = await Line.to(port)
        line.writer.write(POST)
        for _ in range(20):
            line.writer.write(bytes(50))
            await asyncio.sleep(0.02)
        assert (await line.reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
        assert await line.reader.readexactly(4) == b"1000"
