"""A server as operators run it: a process on loopback, and commands as processes beside it."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.command_forks import forks
from tests.ports import kept_port
from tests.source import REPOSITORY

# Patience with a machine that has other work: what is waited for either comes or never does.
STARTS_WITHIN_S = 120.0
ENDS_WITHIN_S = 120.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(slots=True)
class Installation:
    """One folder with keys and, on SQLite, the database."""

    folder: Path
    database_url: str
    extra: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def kek(self) -> Path:
        return self.folder / "kek"

    def environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("GONGWEI", "DATABASE"))}
        return {
            **kept,
            "DATABASE_URL": self.database_url,
            "GONGWEI_KEK_FILE": str(self.kek),
            "GONGWEI_BACKUP_DIR": str(self.folder / "backup"),
            **self.extra,
        }

    def run(self, *words: str, code: int | None = 0) -> subprocess.CompletedProcess[str]:
        """One command to its end; fails when it ends with another code."""
        done = forks().run(words, self.environment())
        assert code is None or done.returncode == code, (words, done.returncode, done.stderr)
        return done

    def begin(self, scale: int = 3000) -> None:
        """Keys, database, a small demo district."""
        self.run("keys", "init")
        self.run("migrate")
        self.run("district", "load", "--demo", "--scale", str(scale))


@dataclass(slots=True)
class Running:
    """A server that answers."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path
    client: httpx.Client

    def lines(self) -> list[str]:
        return self.log.read_text("utf-8").splitlines()

    def line(self, holds: str) -> dict[str, Any]:
        """The first whole line that holds this text; it is written just after the answer left."""
        until = time.monotonic() + STARTS_WITHIN_S
        while time.monotonic() < until:
            for each in self.log.read_text("utf-8").splitlines(keepends=True):
                if holds in each and each.endswith("\n"):
                    return json.loads(each)
            time.sleep(0.02)
        raise AssertionError(f"no line holds {holds}")


@contextmanager
def served(here: Installation, *words: str) -> Generator[Running]:
    """`serve` until the block ends. A server that does not end by itself in time is a failure."""
    with kept_port() as port:
        yield from _served(here, port, words)


def _served(here: Installation, port: int, words: tuple[str, ...]) -> Generator[Running]:
    log = here.folder / f"server-{port}.log"
    command = [sys.executable, "-m", "server", "serve", "--port", str(port), *words]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=REPOSITORY, env=here.environment(), stdout=subprocess.DEVNULL,
            stderr=output,
        )  # fmt: skip
    try:
        address = f"http://127.0.0.1:{port}"
        with httpx.Client(base_url=address, timeout=120, trust_env=False) as http:
            running = Running(process, port, log, http)
            _wait(running)
            yield running
        process.terminate()
        assert process.wait(ENDS_WITHIN_S) == 0, log.read_text("utf-8")[-2000:]
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def _wait(running: Running) -> None:
    until = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < until:
        assert running.process.poll() is None, running.log.read_text("utf-8")
        try:
            if running.client.get("/health/live").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError("the server did not answer in time")
