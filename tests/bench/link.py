"""HTTP as a tablet speaks it: one kept connection, POST, lengths stated; every byte counted."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Final

_PATH: Final = "/sync/v1/exchange"
_LENGTH: Final = b"content-length:"
_RETRY: Final = b"retry-after:"


class Refused(RuntimeError):
    """Any status but 200."""

    def __init__(self, lines: bytes, body: bytes) -> None:
        super().__init__(f"{lines[:60]!r} {body[:300]!r}")
        self.status = int(lines.split(b" ", 2)[1])
        self.retry_after_s = _number(lines, _RETRY) or 0


@dataclass(slots=True)
class Link:
    """One connection. `up` and `down` count every byte on it, headers included."""

    port: int
    up: int = 0
    down: int = 0
    waited_s: list[float] = field(default_factory=list[float])
    _reader: asyncio.StreamReader | None = None
    _writer: asyncio.StreamWriter | None = None

    async def open(self) -> None:
        self._reader, self._writer = await asyncio.open_connection(
            "127.0.0.1", self.port, limit=1 << 20
        )

    @property
    def is_open(self) -> bool:
        return self._writer is not None

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._reader = self._writer = None

    async def post(self, envelope: bytes) -> bytes:
        """The answer's envelope. Raises Refused on any status but 200."""
        assert self._reader is not None
        assert self._writer is not None
        head = (
            f"POST {_PATH} HTTP/1.1\r\nhost: 127.0.0.1:{self.port}\r\n"
            f"content-type: application/octet-stream\r\ncontent-length: {len(envelope)}\r\n\r\n"
        ).encode()
        began = time.perf_counter()
        self._writer.write(head + envelope)
        lines = await self._reader.readuntil(b"\r\n\r\n")
        length = _number(lines, _LENGTH)
        if length is None:
            raise RuntimeError("an answer without content-length")
        body = await self._reader.readexactly(length)
        self.waited_s.append(time.perf_counter() - began)
        self.up += len(head) + len(envelope)
        self.down += len(lines) + length
        if not lines.startswith(b"HTTP/1.1 200"):
            raise Refused(lines, body)
        return body


def _number(lines: bytes, name: bytes) -> int | None:
    for line in lines.lower().split(b"\r\n"):
        if line.startswith(name):
            return int(line.removeprefix(name))
    return None
