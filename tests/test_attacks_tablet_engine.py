"""Attacks on the app's engine: clocks, sleep, leases, forged rescue files, calls that are none."""

import pytest

from server.actions.tablets import staff_keys
from sync.limits import LEASE_MS
from tests.copies import Copies
from tests.engine_tablet import Engine, app, faulty
from tests.test_tablet_engine_people import HERS, device_of, with_xie
from tests.world import SU, XIE, ZHOU, World

__all__ = ["app"]
MINUTE = 60_000


@pytest.fixture
def database_url(tmp_path: object, copies: Copies) -> str:
    """What a server stores is tested elsewhere, on both engines."""
    return copies.sqlite(tmp_path)  # type: ignore[arg-type]


async def test_a_tablet_that_slept_past_its_time_is_locked_by_whoever_wakes_it(
    world: World, app: Engine
) -> None:
    """A machine that sleeps stops one of its clocks, and a thief's first touch came before the
    next look at it.
    """
    await app.enrol()
    await app.call("sync")
    world.clock.pass_(hours=3)
    await app.do("set", now=world.clock(), slept=3 * 60 * MINUTE)
    await app.call("touch")
    assert (await app.status())["stage"] == "locked"
    with faulty("locked"):
        await app.call("home")


async def test_who_touches_it_now_and_then_stays_in(world: World, app: Engine) -> None:
    await app.enrol()
    for _ in range(4):
        world.clock.pass_(minutes=6)
        await app.do("set", now=world.clock())
        await app.call("touch")
        await app.call("idle")
    assert (await app.status())["stage"] == "open"
    await app.do("set", now=world.clock() - 60 * MINUTE)  # set back: the other clock goes on
    await app.call("idle")
    assert (await app.status())["stage"] == "open"


async def test_nothing_is_shown_while_an_ended_lease_is_asked_for_anew(
    world: World, app: Engine
) -> None:
    """On a line that swallows everything, that would be half a minute at every unlocking."""
    await app.enrol()
    await app.call("sync")
    world.clock.pass_(ms=LEASE_MS + MINUTE)
    await app.do("set", now=world.clock(), online=False)
    await app.call("idle")
    await app.do("said")
    with faulty("lease_over"):
        await app.unlock()
    said = [each["status"]["stage"] for each in await app.do("said") if each["event"] == "status"]
    assert "open" not in said
    assert said
    await app.do("set", online=True)
    await app.unlock()
    assert (await app.status())["stage"] == "open"
    assert (await app.call("home"))["residents"] > 0


async def test_a_locked_tablet_answers_only_with_numbers_and_sealed_bytes(
    app: Engine,
) -> None:
    await app.enrol()
    await app.call("sync")
    await app.visit(ZHOU, "2026-11-18")
    await app.call("lock")
    who = ZHOU.hex()
    for method, args in (
        ("home", ()), ("search", ("周",)), ("open", (who, "x")), ("again", (who,)), ("mine", ()),
        ("names", ()), ("drafts", ()), ("draft", ("x",)), ("picture", (who,)),
        ("alike", ({"name": "周谷雨", "birth": "", "sex": "", "id_no": ""},)),
        ("addStaff", ("x",)), ("changePassphrase", ("x", "yyyyyyyyy")),
        ("keepDraft", ({"key": "k", "resident": None, "kind": "x", "v": 1, "on": "", "body": {}},)),
    ):  # fmt: skip
        with faulty("locked"):
            await app.call(method, *args)
    said = str(await app.status()) + str((await app.call("rescueFile"))["name"])
    assert "周" not in said
    assert who not in said
    assert SU.hex() in said, "who works with it is no secret"


async def test_whose_key_was_ended_is_out_of_the_shared_tablet_and_the_others_go_on(
    world: World, app: Engine
) -> None:
    """She left last month and still knows her passphrase; the tablet lies in the surgery."""
    await app.enrol()
    await app.call("sync")
    await with_xie(world, app)
    await app.unlock(XIE, HERS)
    hers = await app.visit(ZHOU, "2026-11-18")
    await staff_keys.end_staff_key(world.site, await device_of(app), staff=XIE)
    await app.call("sync")
    status = await app.status()
    assert status["stage"] == "locked"
    states = {each["id"]: each["state"] for each in status["staff"]}
    assert states == {SU.hex(): "active", XIE.hex(): "ended"}
    with faulty("key_ended"):
        await app.unlock(XIE, HERS)
    await app.unlock()
    await app.call("sync")
    assert (await app.status())["stage"] == "open"
    assert await app.fate(hers) == ("quarantined", "device_not_trusted")
    assert len((await app.archive(ZHOU))["records"]) >= 1
    await with_xie(world, app)  # and comes back when the district says so
    await app.unlock(XIE, HERS)
    assert (await app.status())["stage"] == "open"
