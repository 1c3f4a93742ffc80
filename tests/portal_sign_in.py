"""Signing in to the portal in a test, as somebody with a telephone in hand does."""

import re

import httpx
import msgspec

from server.actions.keeping.site import district_key_blob
from server.actions.notices.telling import Content
from server.actions.residents.binding import Binding
from server.actions.residents.binding import bind as bind_now
from server.store.tx import Tx
from server.store.vault import NOBODY, T_NOTICE
from tests.portal import Phone
from tests.world import DISTRICT, PHONES, QINGHE, SU, World, id_number

SIGN_IN = "/portal/sign-in"
CODE = f"{SIGN_IN}/code"


async def bound(world: World, resident: bytes, phone: str = "") -> bytes:
    """Bound at a desk today, by the action that the desk uses; the notice is not read yet."""
    new = Binding(resident, phone or PHONES[resident], "desk", SU, QINGHE)
    return await world.store.write(lambda tx: bind_now(tx, world.site, new))


async def told(world: World, template: str) -> list[Content]:
    """What is in the outbox of a template, the oldest first."""

    async def read(tx: Tx) -> list[Content]:
        rows = await tx.rows(
            "SELECT n.notice, n.resident, n.sealed, r.key FROM notice n LEFT JOIN resident r ON "
            "r.district=n.district AND r.resident=n.resident WHERE n.template=? AND n.state<>"
            "'expired' ORDER BY n.notice",
            template,
        )
        district = await district_key_blob(tx, DISTRICT)
        made: list[Content] = []
        for notice, resident, sealed, wrapped in rows:
            owner, key = resident or NOBODY, wrapped or district
            place = world.site.vault.at(T_NOTICE, notice, owner)
            plain = world.site.vault.key(owner, key).open(place, sealed)
            made.append(msgspec.json.decode(plain, type=Content))
        return made

    return await world.store.write(read)


async def code_for(world: World, phone: str) -> str:
    """The newest code that is on its way to a telephone."""
    return [each for each in await told(world, "sign_in_code") if each.phone == phone][-1].values[
        "code"
    ]


def token_in(page: httpx.Response, name: str = "csrf") -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found, name
    return found[1]


async def ask(at: Phone, number: str, **more: str) -> httpx.Response:
    """Opens the page of sign-in and sends a number."""
    page = await at.get(SIGN_IN)
    return await at.client.post(
        SIGN_IN, data={"csrf": token_in(page), "number": number, "by": "sms", **more}
    )


async def read_back(at: Phone, code: str) -> httpx.Response:
    page = await at.get(CODE)
    return await at.client.post(CODE, data={"csrf": token_in(page), "code": code})


async def come_in(at: Phone, world: World, who: bytes, phone: str = "") -> httpx.Response:
    """The whole way; the answer to the code."""
    asked = await ask(at, id_number(who))
    assert asked.status_code == 303, asked.text
    return await read_back(at, await code_for(world, phone or PHONES[who]))
