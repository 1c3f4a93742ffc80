"""How who works with a tablet is called there: as the server says, whatever somebody types."""

import asyncio
from typing import Any

import pytest

from server.actions.tablets import devices, staff_keys
from tests.copies import Copies
from tests.engine_tablet import ANSWERS_WITHIN_S, Engine, app, faulty
from tests.test_tablet_engine_chain import device_of
from tests.world import SU, XIE, World

__all__ = ["app"]
HERS = "白云深处有人家呀"


@pytest.fixture
def database_url(tmp_path: Any, copies: Copies) -> str:
    return copies.sqlite(tmp_path)


async def called(app: Engine, **names: str) -> bool:
    """Whether they are called so, soon: the names are written after what they came with."""
    wanted = set(names.values())
    for _ in range(50 * ANSWERS_WITHIN_S):
        if {each["name"] for each in (await app.status())["staff"]} == wanted:
            return True
        await asyncio.sleep(0.02)
    return False


async def test_the_servers_name_goes_before_the_one_typed_at_enrolment(app: Engine) -> None:
    await app.enrol(name="谢芒种")  # it is 苏清明 who was given the tablet
    assert await called(app, su="谢芒种"), "nobody has told it better yet"
    await app.call("sync")
    assert await called(app, su="苏清明")
    await app.restart()
    assert await called(app, su="苏清明"), "on the lock screen, too"


async def test_a_colleague_is_called_as_the_server_says_and_keeps_her_tries(
    world: World, app: Engine
) -> None:
    await app.enrol()
    await app.call("sync")
    offer = await staff_keys.staff_offer(world.site, await device_of(app), staff=XIE)
    told = await app.call("addStaff", offer.qr)
    await devices.confirm(world.site, offer.offer, told["digits"])
    assert await app.call("staffAdded") == "confirmed"
    await app.call("finishStaff", "苏清明", HERS)
    assert await called(app, su="苏清明", xie="谢芒种")
    await app.restart()
    with faulty("wrong_passphrase"):
        await app.unlock(passphrase="不是这一句话啊啊")
    await app.unlock(XIE, HERS)
    await app.call("sync")
    left = {each["id"]: each["tries_left"] for each in (await app.status())["staff"]}
    assert left == {SU.hex(): 9, XIE.hex(): 10}
