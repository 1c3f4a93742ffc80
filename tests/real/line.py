"""A doctor's line to the server: whole, slow to give up or quick, or cut in the middle."""

import random
import socket
import struct
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

import httpx

EXCHANGE: Final = "/sync/v1/exchange"
OCTETS: Final = "application/octet-stream"
PATIENT_S: Final = 120.0
_RESET: Final = struct.pack("ii", 1, 0)  # SO_LINGER: what is closed now is cut, not finished


class Cut(Exception):
    """No answer came; whether the request arrived, nobody here knows."""


@dataclass(slots=True)
class Answer:
    status: int
    body: bytes
    id: str  # of the request, as in the server's log


@dataclass(slots=True)
class Line:
    """Not thread-safe but for the two settings, which a fault changes while a doctor pushes."""

    address: str
    chance: random.Random
    cutting: float = 0.0  # how likely it is that an exchange is cut
    patience_s: float = PATIENT_S
    cuts_up: int = 0
    cuts_down: int = 0
    _client: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self._client = httpx.Client(base_url=self.address, trust_env=False)

    def close(self) -> None:
        self._client.close()

    def post(self, request: bytes) -> Answer:
        """Raises Cut."""
        if self.chance.random() < self.cutting:
            self._cut(request)
        try:
            told = self._client.post(
                EXCHANGE, content=request, headers={"content-type": OCTETS, "x-request-id": "-"},
                timeout=self.patience_s,
            )  # fmt: skip
        except httpx.TransportError as error:
            raise Cut(type(error).__name__) from None
        return Answer(told.status_code, told.content, told.headers.get("x-request-id", ""))

    def _cut(self, request: bytes) -> None:
        """In the middle of the request, or of its answer; ended in order, or reset."""
        where = urlsplit(self.address)
        assert where.hostname is not None
        assert where.port is not None
        head = (
            f"POST {EXCHANGE} HTTP/1.1\r\nhost: {where.netloc}\r\ncontent-type: {OCTETS}\r\n"
            f"content-length: {len(request)}\r\n\r\n"
        ).encode()
        whole = head + request
        up = self.chance.random() < 0.5
        length = self.chance.randrange(1, len(whole)) if up else len(whole)
        down = self.chance.choice((0, 1, 12, 300, 900))
        abrupt = self.chance.random() < 0.5
        try:
            with socket.create_connection((where.hostname, where.port), 10) as plain:
                plain.settimeout(10)
                plain.sendall(whole[:length])
                if not up and down:
                    plain.recv(down)
                if abrupt:
                    plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        except OSError:
            raise Cut("never there") from None
        if up:
            self.cuts_up += 1
        else:
            self.cuts_down += 1
        raise Cut("cut")
