"""The portal in a test: residents who are signed in, without a browser or with a real one."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from resident_portal.door import COOKIE
from server.actions.residents import visits
from server.store.ids import new_id
from server.store.tx import Tx
from server.store.vault import T_PORTAL
from tests.console import app_of
from tests.world import DISTRICT, PHONES, SU, World

NOTICE_VERSION = "1"


async def bind(world: World, resident: bytes, phone: str = "") -> None:
    """The telephone of the cast, bound at a desk last week; the notice was agreed to."""
    site, now = world.site, world.clock() - 7 * 86_400_000
    number = phone or PHONES[resident]

    async def write(tx: Tx) -> None:
        wrapped = (await tx.rows("SELECT key FROM resident WHERE resident=?", resident))[0][0]
        bound, opening = new_id(now), new_id(now)
        place = site.vault.at(T_PORTAL, bound, resident)
        sealed = site.vault.key(resident, wrapped).seal(place, number.encode())
        index = site.index.of_phone(number)
        row = (DISTRICT, resident, bound, index, sealed, "desk", now, SU, now, None, "")
        await tx.insert("bound_phone", [row])
        await tx.run("UPDATE resident SET phone_index=? WHERE resident=?", index, resident)
        opened = (DISTRICT, resident, opening, NOTICE_VERSION, resident, None, now, None)
        await tx.insert("first_opening", [opened])

    await world.store.write(write)


async def visit_of(world: World, person: bytes, resident: bytes | None = None) -> str:
    """A session begun as sign-in begins it; with `resident` somebody else's archive is open."""

    async def write(tx: Tx) -> str:
        token = await visits.begin(tx, world.site, person, how="code")
        if resident is not None:
            await tx.run(
                "UPDATE portal_session SET resident=? WHERE session=?",
                resident, visits.name_of(token),
            )  # fmt: skip
        return token

    return await world.store.write(write)


class Phone:
    """One person's telephone at the portal, without a browser."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    @property
    def token(self) -> str:
        return next((c.value or "" for c in self.client.cookies.jar if c.name == COOKIE), "")

    @token.setter
    def token(self, token: str) -> None:
        self.client.cookies.clear()
        self.client.cookies.set(COOKIE, token, domain="portal.test", path="/portal")

    async def get(self, path: str) -> httpx.Response:
        return await self.client.get(path)

    async def post(self, path: str, data: Any = None, **fields: Any) -> httpx.Response:
        """Sends a form as the page would, with a token of the session."""
        token = visits.form_token(self.token)
        return await self.client.post(path, data={"csrf": token, **(data or {}), **fields})


@asynccontextmanager
async def phone(
    world: World, person: bytes | None = None, resident: bytes | None = None
) -> AsyncIterator[Phone]:
    """The portal as this person sees it; None: not signed in."""
    transport = httpx.ASGITransport(app=app_of(world), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://portal.test") as client:
        made = Phone(client)
        if person is not None:
            made.token = await visit_of(world, person, resident)
        yield made


def text_of(page: httpx.Response) -> str:
    """What a reader sees of the page's middle: no markup, single spaces."""
    main = page.text.partition("<main")[2].partition("</main>")[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main.partition(">")[2])).strip()
