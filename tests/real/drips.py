"""Connections that say a byte now and then: slow-loris, in all its shapes."""

import random
import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, Self

_FORM: Final = "application/x-www-form-urlencoded"


def _post(path: str, kind: str, length: str) -> bytes:
    return f"POST {path} HTTP/1.1\r\nhost: a\r\ncontent-type: {kind}\r\n{length}\r\n\r\n".encode()


OPENINGS: Final = (
    b"",
    b"G",
    b"GET /portal/ HTTP/1.1\r\nhost: a\r\nx: ",
    _post("/sync/v1/exchange", "application/octet-stream", "content-length: 60000"),
    _post("/portal/sign-in", _FORM, "content-length: 9000"),
    _post("/console/sign-in", _FORM, "transfer-encoding: chunked"),
    b"GET /tablet/ HTTP/1.1\r\nhost: a\r\n\r\n" * 30,  # answers that it does not take
)
EVERY_S: Final = 0.5


@dataclass(slots=True)
class Drips(threading.Thread):
    """So many at a time; one that the server ends is opened anew."""

    port: int
    most: int
    chance: random.Random
    ended: int = 0  # by the server
    enough: threading.Event = field(default_factory=threading.Event)
    _lines: list[socket.socket] = field(default_factory=list[socket.socket])

    def __post_init__(self) -> None:
        threading.Thread.__init__(self, name="drips", daemon=True)

    __hash__ = threading.Thread.__hash__

    @property
    def open(self) -> int:
        return len(self._lines)

    def run(self) -> None:
        while not self.enough.is_set():
            while len(self._lines) < self.most and not self.enough.is_set():
                if not self._one_more():
                    break
            self._lines = [each for each in self._lines if self._drips(each)]
            self.enough.wait(EVERY_S)
        for each in self._lines:
            each.close()

    def _one_more(self) -> bool:
        try:
            line = socket.socket()
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            line.settimeout(5)
            line.connect(("127.0.0.1", self.port))
            line.setblocking(False)
            with suppress(BlockingIOError):
                line.send(self.chance.choice(OPENINGS))
        except OSError:
            time.sleep(0.1)
            return False
        self._lines.append(line)
        return True

    def _drips(self, line: socket.socket) -> bool:
        """Whether it is still there."""
        try:
            with suppress(BlockingIOError):
                line.send(b"a")
            with suppress(BlockingIOError):
                if line.recv(1) == b"":
                    raise ConnectionResetError
        except OSError:
            line.close()
            self.ended += 1
            return False
        return True

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.enough.set()
        self.join()
