"""Where a demo lives: its folder, its port, the server as a process of its own, the command line.

Everything runs as a user would run it: `python -m server serve` and the other commands are started
with their settings in the environment, by way of `env`, so that a printed command can be typed.
"""

import fcntl
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import IO, Final

from server.demo.lan import Lan
from server.errors import StartRefused
from server.settings import Settings

HOST: Final = "127.0.0.1"
MARK: Final = ".gongwei-demo"  # only a folder that carries it is ever emptied
READY_WITHIN_S: Final = 180.0
ENDS_WITHIN_S: Final = 60.0
PORTS_TRIED: Final = 50
_HERE: Final = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Stage:
    """The folder and port of one demo."""

    folder: Path
    port: int
    lan: Lan | None = None  # on the local network, over TLS

    @property
    def database(self) -> Path:
        return self.folder / "gongwei.sqlite3"

    @property
    def kek_file(self) -> Path:
        return self.folder / "kek"

    @property
    def tablets(self) -> Path:
        return self.folder / "tablets"

    @property
    def backups(self) -> Path:
        return self.folder / "backup"

    @property
    def page(self) -> Path:
        return self.folder / "report.html"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    @property
    def address(self) -> str:
        if self.lan is not None:
            return f"https://{self.lan.address}:{self.port}"
        return f"http://{HOST}:{self.port}"

    def settings(self) -> Settings:
        return Settings(
            database_url=f"sqlite:///{self.database}", kek_file=self.kek_file,
            backup_dir=self.backups, host=HOST, port=self.port, demo=self.page,
        )  # fmt: skip

    def variables(self) -> tuple[str, ...]:
        """The settings as NAME=value."""
        return (
            f"DATABASE_URL=sqlite:///{self.database}",
            f"GONGWEI_KEK_FILE={self.kek_file}",
            f"GONGWEI_BACKUP_DIR={self.backups}",
            f"GONGWEI_DEMO={self.page}",
            f"GONGWEI_PORT={self.port}",
        )

    def command(self, *words: str) -> list[str]:
        return ["env", *self.variables(), sys.executable, "-m", "server", *words]

    def run(self, *words: str) -> str:
        """One command of the command line; what it printed. Raises StartRefused."""
        done = subprocess.run(  # noqa: S603 (our own program, words of our own)
            self.command(*words), cwd=_HERE, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            said = done.stderr.strip() or done.stdout.strip()
            raise StartRefused(f"`python -m server {words[0]}` did not do it: {said}")
        return done.stdout.strip()


def prepare(folder: Path) -> None:
    """An empty folder of ours. Raises StartRefused when it is somebody else's, or in use."""
    folder = folder.absolute()
    if folder.exists() and any(folder.iterdir()):
        if not (folder / MARK).exists():
            raise StartRefused(
                f"{folder} holds something that no demo made: choose another with --data."
            )
        refuse_running(folder)
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    (folder / MARK).write_text("A demo of Gongwei. It is emptied when the next one begins.\n")


def refuse_running(folder: Path) -> None:
    """Raises StartRefused when a server works on the folder's database."""
    lock = Path(f"{Stage(folder, 0).database}.lock")
    if not lock.exists():
        return
    with lock.open("a") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StartRefused(
                f"A server runs on {folder}: stop it, or choose another folder with --data."
            ) from None


def free_port(wanted: int, host: str = HOST) -> int:
    """`wanted`, or the next port there that nobody listens on."""
    for port in range(wanted, min(wanted + PORTS_TRIED, 65_536)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port
    raise StartRefused(f"No port from {wanted} on is free: choose another with --port.")


@contextmanager
def served(stage: Stage) -> Generator[subprocess.Popen[bytes]]:
    """The server as a process; ready when this yields, ended when it returns."""
    with stage.log.open("ab") as log:
        process = _start(stage, log)
        try:
            _wait_ready(stage, process)
            yield process
        finally:
            process.terminate()
            try:
                process.wait(ENDS_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _start(stage: Stage, log: IO[bytes]) -> subprocess.Popen[bytes]:
    words = stage.command("serve", "--host", HOST, "--port", str(stage.port))
    if stage.lan is not None:
        at, files = stage.lan, (str(stage.lan.certificate), str(stage.lan.key))
        words = stage.command(
            "serve", "--host", at.listen, "--port", str(stage.port), "--certificate", files[0],
            "--key", files[1],
        )  # fmt: skip
    # A session of its own: Ctrl-C is for the demo, which then ends the server in order.
    return subprocess.Popen(  # noqa: S603 (our own program)
        words, cwd=_HERE, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
    )


def _wait_ready(stage: Stage, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < until:
        if process.poll() is not None:
            raise StartRefused(f"The server did not start: {_last_line(stage.log)}")
        if _is_ready(stage):
            return
        time.sleep(0.05)
    raise StartRefused(f"The server was not ready within {READY_WITHIN_S:.0f} s; see {stage.log}.")


def _is_ready(stage: Stage) -> bool:
    line = HTTPConnection(HOST, stage.port, timeout=2)
    if stage.lan is not None:
        trusting = stage.lan.trusting()
        line = HTTPSConnection(stage.lan.address, stage.port, timeout=2, context=trusting)
    try:
        line.request("GET", "/health/ready")
        return line.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        line.close()


def _last_line(log: Path) -> str:
    lines = log.read_text("utf-8", "replace").splitlines()
    return lines[-1] if lines else "it said nothing."
