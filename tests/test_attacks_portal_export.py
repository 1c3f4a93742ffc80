"""Attacks on archives that are taken along: through a desk, after a right ended, with a telephone
that was changed from afar.
"""

import io
import re
import zipfile
from html import unescape

import msgspec
import pytest

from server.actions.plan import nightly
from server.actions.residents import exporting, presence
from server.actions.residents.acting import Acting
from server.errors import NotYours, RuleSaysNo
from tests.console import Desk, desk, hire, offices, session_of
from tests.lists import signed
from tests.portal import bind, phone
from tests.test_portal_archive import link
from tests.test_portal_restricted import explain
from tests.test_restricted_leaks import written
from tests.world import QIN, QINGHE, WU, XIE, ZHENG, World

SELF = Acting(ZHENG, ZHENG)
DESK = f"/console/archives/{ZHENG.hex()}/for"


@pytest.fixture
async def here(world: World) -> World:
    """ZHENG has restricted records, and they were explained to her."""
    await offices(world)
    await hire(world, QIN, "秦小满", role="desk", facility=QINGHE)
    await bind(world, ZHENG)
    await bind(world, WU)
    await written(world)
    await explain(world)
    await nightly.keep(world.site)
    return world


def classes(raw: bytes) -> set[str]:
    """Classes that a ZIP file says it holds, and those of its records."""
    with zipfile.ZipFile(io.BytesIO(raw)) as packing:
        document = msgspec.json.decode(packing.read("archive.json"))
    return {*document["classes"], *(each["class"] for each in document["records"])}


async def packed(world: World, acting: Acting = SELF) -> bytes:
    """The id of a packing that was asked for and made."""
    name = await exporting.ask(world.site, acting)
    await exporting.run(world.site)
    return name


async def offered(at: Desk) -> list[str]:
    page = await at.get(f"{DESK}/export")
    return [unescape(each) for each in re.findall(r'href="([^"]*/export/[^"]*)"', page.text)]


async def test_a_desk_takes_along_no_more_than_its_staff_may_see(here: World) -> None:
    """The same desk asks for her; what she packed herself in the portal is not the desk's."""
    own = await packed(here)
    assert classes(await exporting.fetch(here.site, SELF, own)) == {"A", "B"}
    await presence.confirm(here.site, await signed(here, QIN), ZHENG, "本人在场")
    async with desk(here, QIN) as at:
        assert await offered(at) == []
        assert (await at.get(f"{DESK}/export/{own.hex()}")).status_code == 403
        await at.post(f"{DESK}/more/export", person=ZHENG.hex())
        await exporting.run(here.site)
        (address,) = await offered(at)
        raw = (await at.get(address)).content
        assert classes(raw) == {"A"}
        here.clock.pass_(minutes=31)
        at.token = await session_of(here, QIN)
        assert (await at.get(address)).status_code >= 400  # nobody says that she is there
    async with phone(here, ZHENG) as zheng:
        page = await zheng.get("/portal/export")
        assert page.text.count("/portal/export/") == 2  # hers, and the one of the desk


async def test_who_may_see_class_b_takes_it_along_for_her(here: World) -> None:
    await presence.confirm(here.site, await signed(here, XIE), ZHENG, "本人在场")
    async with desk(here, XIE) as at:
        await at.post(f"{DESK}/more/export", person=ZHENG.hex())
        await exporting.run(here.site)
        (address,) = await offered(at)
        assert classes((await at.get(address)).content) == {"A", "B"}
    await presence.confirm(here.site, await signed(here, QIN), ZHENG, "本人在场")
    async with desk(here, QIN) as other:
        assert await offered(other) == []
        assert (await other.get(address)).status_code == 403


async def test_what_was_packed_is_shut_with_the_right_to_it(here: World) -> None:
    """A class that was explained to the wrong person, a frozen link, a fresh telephone."""
    own = await packed(here)
    with pytest.raises(RuleSaysNo, match="fresh_phone"):
        await exporting.fetch(here.site, SELF, own, full=False)
    await here.store.write(lambda tx: tx.run("DELETE FROM explained"))
    with pytest.raises(NotYours):
        await exporting.fetch(here.site, SELF, own)
    await link(here, ZHENG, WU, "appointed", "")
    guardian = Acting(WU, ZHENG)
    theirs = await packed(here, guardian)
    assert classes(await exporting.fetch(here.site, guardian, theirs)) == {"A"}
    await here.store.write(lambda tx: tx.run("UPDATE family_link SET frozen_at=1"))
    with pytest.raises(RuleSaysNo):
        await exporting.fetch(here.site, guardian, theirs)
