"""`serve`: checks first, each with its one sentence; then one process, or several on PostgreSQL.

SQLite means one server process: a lock file beside the database is held as long as it runs. The
port is bound before the first worker starts, so a busy port is said once and at once.
"""

import asyncio
import ctypes
import fcntl
import gc
import multiprocessing
import os
import signal
import socket
import ssl
import sys
import tempfile
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from types import FrameType
from typing import Any, Final

import click
import uvicorn

from server.actions.notices.gateway import provider_of
from server.cli.connections import REST_S, BoundedProtocol, Keeper, room_for_connections
from server.cli.session import check_kek, opened_site, opened_store, refuse_pending, run, settings
from server.cli.show import Whole
from server.errors import StartRefused
from server.logs import configure, log
from server.settings import Settings, share_metrics
from server.store.store import Store

BACKLOG: Final = 512
GRACE_S: Final = 10  # for requests in hand when the server is told to end
WORKERS_MAX: Final = 64
M_ARENA_MAX: Final = -8  # malloc.h of the GNU C library
RESTART_AFTER_S: Final = 1.0  # a worker that died is started again, not in a tight loop


@click.command()
@click.option("--host", help="Address to listen on; GONGWEI_HOST otherwise.")
@click.option("--port", type=Whole(1, 65535), help="GONGWEI_PORT otherwise.")
@click.option(
    "--workers", type=Whole(1, WORKERS_MAX), default=1, show_default=True,
    help="Server processes; more than one on PostgreSQL only.",
)  # fmt: skip
@click.option("--no-jobs", is_flag=True, help="Leave timed work to other processes.")
@click.option(
    "--certificate", type=click.Path(path_type=Path),
    help="Serve TLS with this certificate (PEM), where no proxy does it; needs --key.",
)  # fmt: skip
@click.option("--key", type=click.Path(path_type=Path), help="Its private key (PEM).")
def serve(
    host: str | None, port: int | None, workers: int, no_jobs: bool, certificate: Path | None,
    key: Path | None,
) -> None:  # fmt: skip
    """Serve tablets until told to stop (Ctrl+C or SIGTERM).

    \b
    Example:
      python -m server serve --port 8470
      DATABASE_URL=postgresql://gongwei@db/gongwei python -m server serve --workers 4
    """
    current = settings()
    current = replace(
        current, host=host or current.host, port=port or current.port, certificate=certificate,
        private_key=key,
    )  # fmt: skip
    configure(current.log_level)
    one_heap()
    path = Store(current.database_url).path
    if path is not None and workers > 1:
        raise StartRefused(
            "SQLite takes one server process: leave --workers out, or use PostgreSQL."
        )
    _check_certificate(current)
    with only_server(path):
        run(_ready(current))
        with bound(current.host, current.port) as listener:
            _announce(current, workers)
            if workers == 1:
                serve_here(current, listener, jobs=not no_jobs)
            else:
                Supervisor(current, listener, workers, jobs=not no_jobs).run()


def _announce(current: Settings, workers: int) -> None:
    shown = f"[{current.host}]" if ":" in current.host else current.host
    scheme = "http" if current.certificate is None else "https"
    address = f"{scheme}://{shown}:{current.port}"
    click.echo(f"Gongwei listens on {address} (Ctrl+C stops it)")
    click.echo(f"Residents: {address}/portal/  Staff: {address}/console/")
    log.say("started", host=current.host, port=current.port, workers=workers, pid=os.getpid())


async def _ready(current: Settings) -> None:
    """Everything that may keep the server from starting, before the port is bound."""
    await check_kek(current)
    provider_of(current)  # the key of the message gateway
    async with opened_store(current) as store:
        await refuse_pending(store)
    async with opened_site(current):
        pass


def _check_certificate(current: Settings) -> None:
    """Raises StartRefused unless there is neither a certificate nor a key, or both and they fit."""
    if current.certificate is None and current.private_key is None:
        return
    if current.certificate is None or current.private_key is None:
        raise StartRefused("TLS takes both: --certificate and --key.")
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(current.certificate, current.private_key)
    except (OSError, ssl.SSLError):
        raise StartRefused(
            f"{current.certificate} and {current.private_key} are not a certificate and its key."
        ) from None


def one_heap() -> None:
    """All threads take memory from one place, before the first of them begins. Each with its own,
    as the GNU C library has it, keeps what its largest batch needed: 6 to 9 MB after a push, and no
    less CPU. Other C libraries have no such option.
    """
    choose = getattr(ctypes.CDLL(None), "mallopt", None)
    if choose is not None:
        choose(M_ARENA_MAX, 1)


@contextmanager
def only_server(database: Path | None) -> Generator[None]:
    """Holds the lock beside a SQLite database. Raises StartRefused when another process has it."""
    if database is None or not database.parent.is_dir():
        yield
        return
    with Path(f"{database}.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StartRefused(
                f"Another server already runs on {database}: SQLite takes one process; "
                "stop that one, or use PostgreSQL."
            ) from None
        yield


@contextmanager
def bound(host: str, port: int) -> Generator[socket.socket]:
    """A listening socket. Raises StartRefused with the reason in one sentence."""
    try:
        family, kind, proto, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror:
        raise StartRefused(f"{host} is not an address of this machine.") from None
    listener = socket.socket(family, kind, proto)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
        listener.set_inheritable(True)
    except OSError as error:
        listener.close()
        raise StartRefused(
            f"Cannot listen on {host} port {port} ({error.strerror}): "
            "stop what listens there, or choose another with --port or GONGWEI_PORT."
        ) from None
    with listener:
        yield listener


class _Protocol(BoundedProtocol):
    """Bytes that are no HTTP are answered like every other refusal."""

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 (may quote the request)
        from server.api import malformed_response

        self.transport.write(malformed_response())
        self.transport.close()


class _Server(uvicorn.Server):
    """Ends by itself on a signal: lines that are open are told so, the database is closed in order,
    the exit code is 0.
    """

    def __init__(self, config: uvicorn.Config, closing: Sequence[Callable[[], None]]) -> None:
        super().__init__(config)
        self._closing = closing

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for tell in self._closing:
            tell()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)


def serve_here(
    current: Settings, listener: socket.socket, *, jobs: bool, shared: Path | None = None
) -> None:
    """One process, until a signal."""

    async def work() -> None:
        async with opened_site(current) as site:
            # Here and not above: the pages are most of what an import takes, and every other
            # command does without them.
            from server.app import create_app

            app: Any = create_app(site, current, jobs=jobs, shared=shared)
            speaks: Any = partial(_Protocol, Keeper(room_for_connections()))
            config = uvicorn.Config(
                app, http=speaks, ws="none", lifespan="on",
                log_config=None, access_log=False, server_header=False,
                timeout_keep_alive=REST_S, timeout_graceful_shutdown=GRACE_S, backlog=BACKLOG,
                ssl_certfile=current.certificate, ssl_keyfile=current.private_key,
            )  # fmt: skip
            # What the modules hold stays as long as the process: a collection that walked all of
            # it would keep every answer waiting for a tenth of a second.
            gc.collect()
            gc.freeze()
            await _Server(config, site.closing).serve(sockets=[listener])

    # Without log_config=None a Config would set up loggers that print tracebacks.
    loop_factory = uvicorn.Config(app="", log_config=None).get_loop_factory()
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(work())


class Supervisor:
    """Several processes on one socket; one that dies is replaced, a signal ends them all."""

    def __init__(
        self, current: Settings, listener: socket.socket, workers: int, *, jobs: bool
    ) -> None:
        self._current = current
        self._listener = listener
        self._workers = workers
        self._jobs = jobs
        self._stop = threading.Event()

    def run(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._told)
        with tempfile.TemporaryDirectory(prefix="gongwei-metrics-") as folder:
            share_metrics(Path(folder))
            running = [self._start(Path(folder)) for _ in range(self._workers)]
            while not self._stop.is_set():
                wait([each.sentinel for each in running], timeout=RESTART_AFTER_S)
                if self._stop.is_set():
                    break
                for place, each in enumerate(running):
                    if not each.is_alive():
                        log.warning("worker_died", pid=each.pid, status=each.exitcode)
                        self._stop.wait(RESTART_AFTER_S)
                        running[place] = self._start(Path(folder))
            for each in running:
                each.terminate()
            for each in running:
                each.join(GRACE_S + 5)

    def _told(self, _number: int, _frame: FrameType | None) -> None:
        self._stop.set()

    def _start(self, folder: Path) -> SpawnProcess:
        process = multiprocessing.get_context("spawn").Process(
            target=_worker,
            args=(self._current, self._listener, self._jobs, folder),
            daemon=True,
        )
        process.start()
        return process


def _worker(current: Settings, listener: socket.socket, jobs: bool, folder: Path) -> None:
    configure(current.log_level)
    one_heap()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    serve_here(current, listener, jobs=jobs, shared=folder)


def _end_with_parent() -> None:
    """A worker does not outlive the supervisor that would have restarted it."""
    parent: Any = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)
        sys.stderr.flush()
