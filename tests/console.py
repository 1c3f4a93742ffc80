"""The console in a test: a client without a browser, a real server with a real browser, and members
of staff who are signed in.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import uvicorn

from server.actions.accounts import sessions
from server.actions.keeping.site import district_key_blob
from server.console.door import COOKIE
from server.settings import Settings
from server.store.tx import Tx
from server.store.vault import NOBODY, T_STAFF
from tests.one_app import OneApp
from tests.ports import kept_port
from tests.world import DISTRICT, QINGHE, World, an_id

COUNTY_OFFICE = an_id("云栖县卫生健康局")
CITY_OFFICE = an_id("海滨市卫生健康委员会")
CHEN, MA, TIAN, LU = (an_id(each) for each in ("陈立冬", "马大雪", "田立秋", "鲁小寒"))
"""County, auditor, manager of Qinghe, city."""


async def hire(
    world: World, staff: bytes, name: str, *, role: str, facility: bytes, panel: bytes | None = None
) -> None:
    """A member of staff with an account; `sign_in` does the rest."""

    async def write(tx: Tx) -> None:
        key = world.site.vault.key(NOBODY, await district_key_blob(tx, DISTRICT))
        sealed = key.seal(world.site.vault.at(T_STAFF, staff), name.encode())
        row = (DISTRICT, staff, facility, panel, role, False, True, sealed)
        await tx.insert("staff", [row], ignore=True)

    await world.store.write(write)


async def offices(world: World) -> None:
    """The county office with its people, the city above it, a manager at Qinghe."""

    async def write(tx: Tx) -> None:
        rows = [
            (DISTRICT, CITY_OFFICE, "海滨市卫生健康委员会", False, "city", None),
            (DISTRICT, COUNTY_OFFICE, "云栖县卫生健康局", False, "county", CITY_OFFICE),
        ]
        tail = ("", "", "public", "", None)
        await tx.insert("facility", [(*row, *tail) for row in rows], ignore=True)

    await world.store.write(write)
    await hire(world, LU, "鲁小寒", role="city", facility=CITY_OFFICE)
    await hire(world, CHEN, "陈立冬", role="county", facility=COUNTY_OFFICE)
    await hire(world, MA, "马大雪", role="auditor", facility=COUNTY_OFFICE)
    await hire(world, TIAN, "田立秋", role="manager", facility=QINGHE)


async def session_of(world: World, staff: bytes) -> str:
    """A session begun as sign-in begins it, for a member of staff with an active account."""

    async def write(tx: Tx) -> str:
        login = staff.hex()[-12:]
        row = (DISTRICT, staff, login, "active", b"", b"", 0, 0, 0, staff, world.clock())
        await tx.insert("account", [row], ignore=True)
        return await sessions.begin(tx, world.site, staff)

    return await world.store.write(write)


def settings_of(world: World) -> Settings:
    return Settings(
        database_url=world.url, kek_file=world.kek_file, backup_dir=world.folder / "backup",
        district=DISTRICT, clock=world.clock,
    )  # fmt: skip


def app_of(world: World) -> OneApp:
    return OneApp(world.site, settings_of(world))


class Desk:
    """One member of staff at a console without a browser."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    @property
    def token(self) -> str:
        return next((c.value or "" for c in self.client.cookies.jar if c.name == COOKIE), "")

    @token.setter
    def token(self, token: str) -> None:
        self.client.cookies.clear()
        self.client.cookies.set(COOKIE, token, domain="console.test", path="/console")

    async def get(self, path: str) -> httpx.Response:
        return await self.client.get(path)

    async def post(self, path: str, data: Any = None, **fields: Any) -> httpx.Response:
        """Sends a form as the page would, with the session's token."""
        token = sessions.csrf_of(self.token)
        return await self.client.post(path, data={"csrf": token, **(data or {}), **fields})


@asynccontextmanager
async def desk(world: World, staff: bytes | None = None) -> AsyncIterator[Desk]:
    """The console as this member of staff sees it; None: not signed in."""
    transport = httpx.ASGITransport(app=app_of(world), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://console.test") as client:
        made = Desk(client)
        if staff is not None:
            made.token = await session_of(world, staff)
        yield made


@asynccontextmanager
async def serving(world: World) -> AsyncIterator[str]:
    """A real server on loopback with this world's database; its address."""
    with kept_port() as port:
        app: Any = app_of(world)
        config = uvicorn.Config(
            app, host="127.0.0.1", port=port, lifespan="off", log_config=None, access_log=False
        )
        server = uvicorn.Server(config)
        task = asyncio.get_running_loop().create_task(server.serve())
        while not server.started:
            assert not task.done(), "the server did not start"
            await asyncio.sleep(0.02)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            for tell in world.site.closing:
                tell()
            server.should_exit = True
            await task


def text_of(page: httpx.Response) -> str:
    """What a reader sees of a page: no markup, single spaces."""
    main = page.text.partition("<main")[2].partition("</main>")[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main)).strip()
