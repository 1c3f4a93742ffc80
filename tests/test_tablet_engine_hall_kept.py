"""What a hall leaves on a tablet through everything: a guest's signature, another enrolment, an app
that has not come whole.
"""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from sync.hall import Phase
from tests.console import serving
from tests.copies import Copies
from tests.engine_tablet import Engine, engine, faulty
from tests.halls import a_day, seen
from tests.pictures import a_photo
from tests.test_tablet_engine_chain import device_of
from tests.test_tablet_engine_hall import arrive, carry, closed, hall, phases
from tests.world import WU, ZHOU, World

MORE = ("basic", "blood", "review")
GUEST = {
    "number": "", "id_type": "", "name": "田小暑", "sex": "2", "birth_date": "1950-01-01",
    "agreed": "1",
}  # fmt: skip


@pytest.fixture
def database_url(tmp_path: Path, copies: Copies) -> str:
    return copies.sqlite(tmp_path)


@pytest.fixture
async def app(world: World) -> AsyncIterator[Engine]:
    async with serving(world) as url, engine(world, url) as made:
        await made.enrol()
        yield made


async def signed_guest(app: Engine, day: bytes) -> tuple[str, str]:
    """Somebody nobody knows, with a signature; who, and the picture."""
    who = await app.call("freshId")
    picture = await app.call("addPicture", who, a_photo(300, 200), "image/jpeg")
    guest = {**GUEST, "who": who, "pictures": [picture]}
    await hall(app, "CheckIn", day, {"guest": guest}, "6")
    return who, picture


async def test_a_guests_signature_comes_with_the_check_in_and_is_unreadable_after_the_day(
    world: World, app: Engine
) -> None:
    day = await a_day(world, (ZHOU,), stations=MORE)
    await carry(world, day, app)
    await app.do("set", online=False)
    who, picture = await signed_guest(app, day)
    assert (await app.call("picture", picture))["type"] == "image/jpeg"
    person = await hall(app, "Person", day, who)
    assert (person["status"], person["phase"], person["groups"]) == (
        "guest", "registered", ["elder"],
    )  # fmt: skip
    await app.do("set", online=True)
    await app.call("sync")
    assert await world.one("SELECT state FROM attachment") == "taken"
    assert (await app.status())["sync"]["held"] == 0, "nobody here has anything to look after"
    assert await app.call("mine") == []
    there = (await seen(world, day))[bytes.fromhex(who)]
    assert (there.name, there.progress.phase) == ("田小暑", Phase.REGISTERED)
    assert (await hall(app, "Person", day, who))["status"] == "guest"
    await closed(world, day)
    await app.call("sync")
    assert await app.call("picture", picture) is None
    assert "田小暑" not in str(await app.call("mine"))


async def test_steps_without_a_receipt_are_brought_along_into_another_enrolment(
    world: World, app: Engine
) -> None:
    day = await a_day(world, (ZHOU, WU), stations=MORE)
    await carry(world, day, app)
    device = await device_of(app)
    await app.do("set", online=False)
    await arrive(app, day, ZHOU)
    await app.do("set", online=True)

    async def forget(tx: Any) -> None:
        for table in ("checkup_tablet", "device_key", "device_panel", "device"):
            await tx.run(f"DELETE FROM {table} WHERE device=?", device)

    await world.store.write(forget)
    with faulty("not_an_envelope"):
        await app.call("sync")
    await app.enrol()
    assert await app.call("hallDays") == [], "the day is another tablet's until this one is told"
    assert await app.do("keys", store="hall") == []
    await app.call("sync")
    await app.call("sync")
    assert (await phases(world, day))[ZHOU] is Phase.REGISTERED
    await carry(world, day, app)
    assert (await hall(app, "Person", day, ZHOU.hex()))["phase"] == "registered"
    assert (await arrive(app, day, WU))["ticket"] == "C001", "in a series of its own"
    assert await app.waiting() == 2


async def test_a_call_that_does_not_exist_and_a_day_that_was_never_here_are_refused(
    world: World, app: Engine
) -> None:
    await app.call("sync")
    with faulty("no_such_call"):
        await app.call("hallNothing")
    with faulty("no_such_call"):
        await app.call("hall_days")
    with faulty("no_such_day"):
        await app.call("hall", WU.hex())
    with faulty("no_such_day"):
        await app.call("hallCheckIn", WU.hex(), {"who": ZHOU.hex()}, "4")
    day = await a_day(world, (), stations=MORE)
    await carry(world, day, app)
    with faulty("no_such_person"):
        await hall(app, "CheckIn", day, {"who": "ab" * 16}, "4")
    assert await app.waiting() == 0
