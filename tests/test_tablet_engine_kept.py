"""The app's engine is kept from pages: it says why, keeps what it has, and goes on delivering."""

from pathlib import Path

import pytest

from server.actions.tablets.tablet_return import ask_back
from tests.copies import Copies
from tests.engine_tablet import Engine, app
from tests.test_plan_due import lists_made
from tests.test_tablet_engine_chain import device_of
from tests.world import HE, NAMES, SU, ZHOU, World

__all__ = ["app"]


@pytest.fixture
def database_url(tmp_path: Path, copies: Copies) -> str:
    return copies.sqlite(tmp_path)


WHY = {
    "epoch_unconfirmed": "UPDATE device SET epoch_allowed=0",
    "key_ended": "UPDATE device_key SET until=1",
}


@pytest.mark.parametrize("word", [*WHY, "return"])
async def test_why_pages_are_kept_back_is_said_until_they_come_again(
    world: World, app: Engine, word: str
) -> None:
    await app.enrol()
    await app.call("sync")
    device = await device_of(app)
    if word == "return":
        await world.store.write(
            lambda tx: ask_back(tx, world.site, [device], "staff_left", world.clock())
        )
    else:
        await world.store.write(lambda tx: tx.run(WHY[word]))
    await app.visit(ZHOU, "2026-11-18")
    await app.call("sync")
    await app.call("sync")
    status = await app.status()
    assert status["sync"]["fault"]["code"] == word
    assert status["sync"]["waiting"] == 0, "what it sends is taken all the same"
    archive = await app.call("open", ZHOU.hex(), "service")
    assert archive["line"]["name"] == NAMES[ZHOU]
    for sql in (
        "UPDATE device SET epoch_allowed=1", "UPDATE device_key SET until=NULL",
        "DELETE FROM tablet_return",
    ):  # fmt: skip
        await world.store.write(lambda tx, sql=sql: tx.run(sql))
    await app.call("sync")
    assert (await app.status())["sync"]["fault"] is None


async def test_a_suspended_tablet_says_so_and_not_that_its_lease_has_merely_ended(
    world: World, app: Engine
) -> None:
    await app.enrol()
    await app.call("sync")
    await world.store.write(lambda tx: tx.run("UPDATE device SET status='suspended'"))
    await app.call("sync")
    status = await app.status()
    assert status["sync"]["suspended"]
    assert status["lease_over"]


async def test_names_and_reasons_come_with_the_first_copy(world: World, app: Engine) -> None:
    await lists_made(world)
    await app.enrol()
    await app.call("sync")
    names = await app.call("names")
    assert (names[SU.hex()], names[HE.hex()]) == ("苏清明", "何小满")
    archive = await app.call("open", ZHOU.hex(), "service")
    assert any("高血压" in each["reason"] for each in archive["due"])
    assert {each["by"] for each in archive["records"]} == {"苏清明 · 青禾镇卫生院"}
