"""Ports of one's own, on loopback, while others look for theirs."""

import socket
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def kept_port() -> Generator[int]:
    """A port that nobody else is given while this lasts, however often its server is stopped and
    started: a socket that never listens holds it, and beside that one a server may still bind that
    takes addresses over, as all of ours do.
    """
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        yield int(held.getsockname()[1])
