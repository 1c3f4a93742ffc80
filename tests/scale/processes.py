"""Four server processes on one PostgreSQL behind nginx, tablets at work, one process killed in the
middle: nothing acknowledged is lost or there twice, and the others go on.
"""

import asyncio
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import httpx

from server.settings import CIVIL
from tests.commands import undisturbed
from tests.ports import kept_port
from tests.postgres import REPOSITORY, start_cluster
from tests.scale.county import Size
from tests.scale.filling import Order, fill
from tests.scale.load import Carrier, carriers, proved, site_of
from tests.scale.standby import switched
from tests.server_process import Installation

SIZE: Final = Size(residents=800, changes=5, panel=100)
CONFIGURATION: Final = REPOSITORY / "docs" / "nginx.conf"
PATIENCE_S: Final = 120.0
_MAIN: Final = """
daemon off;
worker_processes 1;
error_log {folder}/error.log;
pid {folder}/nginx.pid;
events {{}}
http {{
    log_format upstream '$status $upstream_addr $upstream_status';
    access_log {folder}/access.log upstream;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/gongwei.conf;
}}
"""


@dataclass(frozen=True, slots=True)
class Told:
    """What a run came to. `served`: exchanges each process answered, the killed one first."""

    acknowledged_before: int
    came_through: int
    unanswered: int
    tried_again_by_nginx: int
    served: tuple[int, ...]

    def __str__(self) -> str:
        killed, *others = map(str, self.served)
        return (
            f"{self.acknowledged_before} changes had their receipt when a process was killed; "
            f"{self.came_through} came through in all, each once; nginx sent "
            f"{self.tried_again_by_nginx} exchanges on, {self.unanswered} broke off and were tried "
            f"again; the killed process answered {killed}, the others {', '.join(others)}"
        )


@dataclass(slots=True)
class Server:
    process: subprocess.Popen[bytes]
    port: int


def run(
    folder: Path, *, processes: int = 4, tablets: int = 8, before: int = 60, after: int = 10
) -> Told:
    """So many receipts before the kill, so many changes of each tablet after it."""
    with ExitStack() as stack:
        cluster = stack.enter_context(start_cluster())
        url, today = cluster.create_database("county"), datetime.now(CIVIL).date()
        order = Order(url, folder, SIZE, today)
        fill(order, processes=1, say=_quiet)
        servers = [stack.enter_context(serving(order)) for _ in range(processes)]
        front = stack.enter_context(nginx(folder / "nginx", [each.port for each in servers]))
        return asyncio.run(_run(order, front, servers, tablets, before, after))


async def _run(
    order: Order, front: int, servers: list[Server], tablets: int, before: int, after: int
) -> Told:
    async with site_of(order) as site, httpx.AsyncClient(timeout=60, trust_env=False) as client:

        async def post(request: bytes) -> bytes:
            answer = await client.post(
                f"http://127.0.0.1:{front}/sync/v1/exchange", content=request,
                headers={"content-type": "application/octet-stream"},
            )  # fmt: skip
            return answer.raise_for_status().content

        async def switch() -> None:
            os.kill(servers[0].process.pid, signal.SIGKILL)

        for each in servers:
            await _ready(client, each)
        made: list[Carrier] = await carriers(site, order, tablets, post)
        held = await switched(made, switch, before, after)
        came = await proved(site, made)
        lines = (order.folder / "nginx" / "access.log").read_text().splitlines()
        unanswered = sum(each.unanswered for each in made)
        return Told(held, came, unanswered, sum("," in line for line in lines), tuple(
            sum(f"127.0.0.1:{each.port} 200" in line or line.endswith(f":{each.port} 200")
                for line in lines) for each in servers
        ))  # fmt: skip


async def _ready(client: httpx.AsyncClient, server: Server) -> None:
    until = asyncio.get_running_loop().time() + PATIENCE_S
    while asyncio.get_running_loop().time() < until:
        try:
            answer = await client.get(f"http://127.0.0.1:{server.port}/health/ready")
            if answer.status_code == 200:
                return
        except httpx.TransportError:
            pass
        await asyncio.sleep(0.1)
    raise RuntimeError("a server did not start")


@contextmanager
def serving(order: Order) -> Iterator[Server]:
    """`serve` as a process that may be killed."""
    with kept_port() as port, (order.folder / f"server-{port}.log").open("wb") as log:
        command = [sys.executable, "-m", "server", "serve", "--port", str(port)]
        where = Installation(order.folder, order.url).environment()
        with ExitStack() as stack:
            with undisturbed():
                process = stack.enter_context(
                    _ended(subprocess.Popen(
                        command, cwd=REPOSITORY, env=where, stdout=log, stderr=log))
                )  # fmt: skip
            yield Server(process, port)


@contextmanager
def _ended(process: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """When the block ends, at the latest."""
    try:
        yield process
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


@contextmanager
def nginx(folder: Path, ports: list[int]) -> Iterator[int]:
    """The file of the handbook with these processes behind it, without TLS; its port."""
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    assert Path(program).exists(), "this needs nginx (Debian: apt install nginx-light)"
    folder.mkdir()
    with kept_port() as port:
        (folder / "gongwei.conf").write_text(_here(CONFIGURATION.read_text("utf-8"), port, ports))
        (folder / "nginx.conf").write_text(_MAIN.format(folder=folder))
        command = [program, "-p", str(folder), "-c", str(folder / "nginx.conf")]
        with ExitStack() as stack:
            with undisturbed():
                stack.enter_context(_ended(subprocess.Popen(command)))
            yield port


def _here(text: str, port: int, ports: list[int]) -> str:
    """Its own lines but for addresses and TLS."""
    one = re.compile(r"^ +server 127\.0\.0\.1:\d+( .*)$", re.MULTILINE)
    options = one.findall(text)[0]
    lines = "\n".join(f"    server 127.0.0.1:{each}{options}" for each in ports)
    text = one.sub("@", text, count=1)
    text = one.sub("", text).replace("@", lines)
    text = re.sub(r"listen 443 ssl http2;", f"listen 127.0.0.1:{port} reuseport;", text)
    return re.sub(r"^ +ssl_.*$", "", text, flags=re.MULTILINE)


def _quiet(_: str) -> None:
    """Progress is for people."""
