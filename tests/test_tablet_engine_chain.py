"""The app's batches on a bad line, before a renewed key, behind a copy, after a restore: made anew
when they may be, never a fork by itself, and nothing twice.
"""

from typing import Any

import pytest

from server.actions.keeping.keyring import renew_kem
from server.actions.keeping.site import district_key_blob
from server.actions.tablets import devices
from server.actions.tablets.release import release
from server.store.tx import Tx
from server.store.vault import NOBODY
from sync.reconcile import State
from tests.copies import Copies
from tests.engine_tablet import Engine, app, faulty
from tests.test_audit_witness import numbered
from tests.test_chain_schedules import restore_to
from tests.world import QIN, WU, ZHENG, ZHOU, World

__all__ = ["app"]


@pytest.fixture
def database_url(tmp_path: Any, copies: Copies) -> str:
    return copies.sqlite(tmp_path)


async def device_of(app: Engine) -> bytes:
    return bytes.fromhex((await app.status())["device"])


class Held:
    """Stands where test_chain_schedules has a tablet of its own."""

    def __init__(self, device: bytes) -> None:
        self.keys = self
        self.device = device


async def chain(world: World, device: bytes) -> tuple[int, int, bytes]:
    return await world.one(
        "SELECT chain_epoch, head_seq, head_digest FROM device WHERE device=?", device
    )


async def no_alarm(world: World) -> None:
    assert await world.one("SELECT COUNT(*) FROM task WHERE kind='fork'") == 0


async def forget_the_key(world: World) -> None:
    async def write(tx: Tx) -> None:
        vault = world.site.vault
        key = vault.key(NOBODY, await district_key_blob(tx, world.site.district))
        await renew_kem(tx, vault, key, world.clock())
        await tx.run("DELETE FROM server_key WHERE purpose='kem' AND epoch=1")

    await world.store.write(write)
    await world.site.reload_keys()


async def test_what_is_too_large_for_the_line_is_made_anew_in_halves(
    world: World, app: Engine
) -> None:
    await app.enrol()
    await app.call("sync")
    visits = [await app.visit(ZHOU, "2026-11-18", sbp=100 + n) for n in range(8)]
    assert (await app.status())["sync"]["ready_batches"] == 1
    await app.do("sent")
    await app.do("set", instead=[413])
    await app.call("sync")
    sizes = [each["size"] for each in await app.do("sent") if "exchange" in each["path"]]
    assert len(sizes) >= 4  # a small question, two halves, and the end
    assert [await app.fate(each) for each in visits] == [("applied", "")] * 8
    await no_alarm(world)


async def test_after_two_time_outs_a_batch_is_made_smaller_only_when_the_server_has_not_got_it(
    world: World, app: Engine
) -> None:
    await app.enrol()
    await app.call("sync")
    visits = [await app.visit(ZHOU, "2026-11-18", sbp=100 + n) for n in range(6)]
    await app.do("set", lose=2, late=True)
    for _ in range(2):
        with faulty("timeout"):
            await app.call("sync")
    await app.call("sync")  # it had arrived: nothing is made anew
    count = "SELECT COUNT(*) FROM batch"
    assert await world.one(count) == 1
    assert [await app.fate(each) for each in visits] == [("applied", "")] * 6
    await no_alarm(world)


async def test_a_batch_for_a_key_that_the_server_has_lost_is_sealed_for_the_new_one(
    world: World, app: Engine
) -> None:
    await app.enrol()
    await app.call("sync")
    first = await app.visit(ZHOU, "2026-11-18")
    await app.do("set", online=False)
    with faulty("no_connection"):
        await app.call("sync")  # given out, as far as the app can know
    second = await app.visit(WU, "2026-11-19")
    await forget_the_key(world)
    await app.do("set", online=True)
    await app.call("sync")
    assert [await app.fate(each) for each in (first, second)] == [("applied", "")] * 2
    await no_alarm(world)


async def test_a_copy_of_the_tablet_goes_on_in_a_new_chain_that_waits_for_a_person(
    world: World, app: Engine
) -> None:
    await app.enrol()
    await app.call("sync")
    await app.visit(ZHOU, "2026-11-17")
    await app.call("sync")
    await app.do("keep")  # somebody copies the profile folder
    await app.visit(ZHOU, "2026-11-18")
    await app.call("sync")
    await app.do("go_back")
    await app.restart()
    await app.unlock()
    mine = await app.visit(WU, "2026-11-19")
    await app.call("sync")
    assert await app.waiting() == 0
    # The batch that both sealed for one place is a fork; what came after it is in a new chain.
    assert (await app.fate(mine))[0] == "quarantined"
    later = await app.visit(ZHENG, "2026-11-19")
    await app.call("sync")
    assert await app.fate(later) == ("quarantined", "epoch_unconfirmed")
    await devices.confirm_epoch(world.site, await device_of(app), staff=QIN)
    await app.call("sync")
    assert await app.fate(later) == ("applied", "")


async def test_a_restored_server_gets_again_what_it_had_given_receipts_for(
    world: World, app: Engine
) -> None:
    await app.enrol()
    await app.call("sync")
    await app.visit(ZHOU, "2026-11-16")
    await app.call("sync")
    device = await device_of(app)
    head = await chain(world, device)
    since = world.clock.pass_(hours=1)
    await app.do("set", now=world.clock())
    later = await app.visit(WU, "2026-11-17")
    await app.call("sync")
    world.clock.pass_(hours=1)
    await restore_to(world, Held(device), head, since)  # type: ignore[arg-type]
    await app.do("set", now=world.clock())
    await app.call("sync")
    assert await app.fate(later) == ("applied", "")
    assert await world.one("SELECT state FROM change WHERE change=?", bytes.fromhex(later))
    assert await app.waiting() == 0
    await no_alarm(world)


async def test_a_server_restored_from_further_back_than_its_mark_promised_still_settles(
    world: World, app: Engine
) -> None:
    await app.enrol()
    await app.call("sync")
    await app.visit(ZHOU, "2026-11-16")
    await app.call("sync")
    device = await device_of(app)
    head = await chain(world, device)
    since = world.clock.pass_(hours=1)
    await app.do("set", now=world.clock())
    await app.visit(ZHOU, "2026-11-17")
    await app.call("sync")
    mark = (1, (await chain(world, device))[1])
    await world.store.write(
        lambda tx: tx.run("UPDATE device SET backed_epoch=?, backed_seq=?", *mark)
    )
    await app.call("sync")
    last = await app.visit(ZHOU, "2026-11-18")
    await app.call("sync")
    await restore_to(world, Held(device), head, since)  # type: ignore[arg-type]
    world.clock.pass_(hours=1)
    await app.do("set", now=world.clock())
    later = await app.visit(ZHENG, "2026-11-19")
    await app.call("sync")
    assert await app.waiting() == 0
    assert await app.fate(later) == ("applied", "")
    # What stood behind the batch that is gone everywhere cannot follow: a person lets it in.
    assert await app.fate(last) == ("quarantined", "fork")
    assert await release(world.site, bytes.fromhex(last), staff=QIN) is State.APPLIED


async def test_batches_go_when_a_verified_backup_holds_them_and_not_before(
    world: World, app: Engine
) -> None:
    await app.enrol()
    await app.call("sync")
    await app.visit(ZHOU, "2026-11-16")
    await app.call("sync")
    assert len(await app.do("keys", store="batch")) == 2
    await world.store.write(lambda tx: tx.run("UPDATE device SET backed_epoch=1, backed_seq=1"))
    await app.call("sync")
    assert await app.do("keys", store="batch") == []


@pytest.mark.parametrize("suite", [1, 3])
async def test_the_app_witnesses_that_the_audit_log_only_grows(
    world: World, app: Engine, suite: int
) -> None:
    await app.enrol(suite=suite)
    for day in ("2026-11-17", "2026-11-18"):
        await app.visit(ZHOU, day)
        await app.call("sync")
        await numbered(world)
        await app.call("sync")
        assert not (await app.status())["sync"]["audit_alarm"]
    held = dict(await app.do("rows", store="meta"))["state"]["checkpoint"]
    assert held == await world.one("SELECT MAX(number)+1 FROM audit_leaf")
    # Who owns the database changes an old leaf, builds the nodes anew and signs as the server.
    for said in (
        "UPDATE audit_leaf SET hash=zeroblob(32)", "DELETE FROM audit_node",
        "DELETE FROM audit_checkpoint", "UPDATE audit_leaf SET number=NULL",
    ):  # fmt: skip
        await world.store.write(lambda tx, said=said: tx.run(said))
    await app.visit(ZHOU, "2026-11-19")
    await app.call("sync")
    await numbered(world)
    await app.call("sync")
    assert (await app.status())["sync"]["audit_alarm"]
    assert dict(await app.do("rows", store="meta"))["state"]["checkpoint"] == held
    assert await app.waiting() == 0
