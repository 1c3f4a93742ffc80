"""A server that can be killed: the cast in a database, enrolled tablets on disk, `serve` beside."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx

from server.actions.keeping.verify import verify_journal
from server.settings import now_ms
from tests.commands import undisturbed
from tests.ports import kept_port
from tests.source import REPOSITORY
from tests.world import HE, SU, TEAM_A, TEAM_B, WU, XIE, YANG, ZHENG, ZHOU, Clock, new_world
from tests.world import field as in_the_field

STARTS_WITHIN_S: Final = 120.0
DONE_WITHIN_S: Final = 600.0
PASSPHRASE: Final = "青山绿水"
TABLETS: Final = {
    "07": (SU, TEAM_A, (ZHOU, WU, ZHENG)),
    "11": (XIE, TEAM_A, (ZHOU, WU, ZHENG)),
    "31": (HE, TEAM_B, (YANG,)),
}


def waits_for(what: Callable[[], object], why: str, *, within_s: float = DONE_WITHIN_S) -> None:
    """Looks again until it is so. What is waited for comes, or never does."""
    until = time.monotonic() + within_s
    while not what():
        assert time.monotonic() < until, why
        time.sleep(0.01)


@dataclass(slots=True)
class Installation:
    """`folder`: keys, tablets and the server's own words; the database is where `url` says."""

    folder: Path
    url: str
    port: int
    begun: list[subprocess.Popen[bytes]] = field(default_factory=list[subprocess.Popen[bytes]])

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    def environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("GONGWEI", "DATABASE"))}
        return {
            **kept, "DATABASE_URL": self.url, "GONGWEI_KEK_FILE": str(self.folder / "kek"),
            "GONGWEI_BACKUP_DIR": str(self.folder / "backup"),
        }  # fmt: skip

    def begin(self, *before: str, words: Sequence[str] = ("--no-jobs",)) -> subprocess.Popen[bytes]:
        """`serve`, behind the words of a tracer when there are any."""
        command = [*before, sys.executable, "-m", "server", "serve", "--port", str(self.port)]
        with self.log.open("ab") as log, undisturbed():
            process = subprocess.Popen(
                [*command, *words], cwd=REPOSITORY, env=self.environment(), stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
            self.begun.append(process)
        return process

    def end(self) -> None:
        """No process that was begun here outlives the command, wherever it was stopped."""
        for process in self.begun:
            if process.poll() is None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def start(self, *before: str, words: Sequence[str] = ("--no-jobs",)) -> subprocess.Popen[bytes]:
        """Returns when it answers."""
        process = self.begin(*before, words=words)
        until = time.monotonic() + STARTS_WITHIN_S
        while time.monotonic() < until:
            assert process.poll() is None, self.log.read_text("utf-8")[-2000:]
            if self.answers():
                return process
            time.sleep(0.03)
        raise AssertionError("the server did not answer in time")

    def answers(self, path: str = "/health/live") -> bool:
        try:
            told = httpx.get(f"{self.address}{path}", timeout=30, trust_env=False)
        except httpx.TransportError:
            return False
        return told.status_code == 200

    def journal_faults(self) -> tuple[object, ...]:
        """What `journal verify` finds."""

        async def verify() -> tuple[object, ...]:
            async with new_world(self.url, self.folder, clock=Clock(now_ms())) as world:
                return (await verify_journal(world.site)).faults

        return asyncio.run(verify())


@contextmanager
def group_of(process: subprocess.Popen[bytes]) -> Generator[subprocess.Popen[bytes]]:
    """Whatever happens, the server that was started here does not outlive its test."""
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextmanager
def prepared(url: str, folder: Path) -> Generator[Installation]:
    """The cast in a database, three enrolled tablets on disk."""

    async def prepare() -> None:
        async with new_world(url, folder, clock=Clock(now_ms())) as world:
            for name, (staff, panel, _) in TABLETS.items():
                made = await in_the_field(world, name, staff=staff, panels=(panel,))
                made.tablet.close()

    asyncio.run(prepare())
    with kept_port() as port:
        here = Installation(folder, url, port)
        try:
            yield here
        finally:
            here.end()
