"""A new key-encryption key: rows stay, old ones open, the old key alone opens nothing."""

from pathlib import Path

import pytest

from crypto.columns import ColumnRefused, KekRing, load_kek_file, unwrap
from server.actions.keeping import kek
from server.actions.keeping.site import open_site
from server.actions.keeping.verify import verify_journal
from server.errors import RuleSaysNo, StartRefused
from server.store.vault import NOBODY
from tests.hand_tablet import HandTablet
from tests.world import DISTRICT, SU, TEAM_A, WU, ZHOU, World, enrol_by_hand


async def bodies(world: World) -> list[tuple[object, ...]]:
    cells = await world.rows(
        "SELECT resident, rev, sealed_cells, sealed_restricted FROM resident ORDER BY resident"
    )
    return cells + await world.rows("SELECT change, body FROM change ORDER BY change")


async def wrapped(world: World) -> dict[bytes, bytes]:
    rows = await world.rows("SELECT resident, key FROM resident")
    return {NOBODY: await world.one("SELECT key FROM district"), **dict(rows)}


def opened(ring: KekRing, keys: dict[bytes, bytes]) -> dict[bytes, bytes]:
    return {
        who: unwrap(ring, district=DISTRICT, owner=who, blob=blob).key_bytes()
        for who, blob in keys.items()
    }


async def test_every_data_key_is_wrapped_again_and_no_value_changes(world: World) -> None:
    old_ring = load_kek_file(world.kek_file)
    keys, values = await wrapped(world), await bodies(world)
    told: list[int] = []
    done = await kek.rotate(world.site, world.kek_file, progress=told.append)
    assert done == len(keys) == told[-1]
    assert await bodies(world) == values
    now = await wrapped(world)
    new_ring = load_kek_file(world.kek_file)
    assert opened(new_ring, now) == opened(old_ring, keys), "the same data keys"
    for who, blob in now.items():
        with pytest.raises(ColumnRefused):
            unwrap(old_ring, district=DISTRICT, owner=who, blob=blob)
    assert await kek.in_use(world.site, 1) == 0
    assert await kek.in_use(world.site, 2) == len(keys)


async def test_the_day_goes_on_before_and_after_a_restart(world: World) -> None:
    tablet = HandTablet(world, await enrol_by_hand(world, "一号", staff=SU, panels=(TEAM_A,)))
    await tablet.send(tablet.visit(ZHOU))
    await kek.rotate(world.site, world.kek_file)
    answer = await tablet.send(tablet.visit(WU), tablet.edit(WU, address="村东头"))
    assert answer.receipt is not None
    world.site = await open_site(
        world.store, kek_file=world.kek_file, district=DISTRICT, clock=world.clock
    )
    answer = await tablet.send(tablet.edit(WU, address="村西头"))
    assert answer.receipt is not None
    assert (await verify_journal(world.site)).faults == ()


async def test_a_rotation_that_was_stopped_goes_on_where_it_was(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kek, "CHUNK", 2)

    class StoppedError(Exception):
        pass

    def stop(done: int) -> None:
        if done >= 3:
            raise StoppedError

    with pytest.raises(StoppedError):
        await kek.rotate(world.site, world.kek_file, progress=stop)
    left = await kek.in_use(world.site, 1)
    assert left == 3
    opened(load_kek_file(world.kek_file), await wrapped(world))
    with pytest.raises(RuleSaysNo):
        await kek.retire(world.site, world.kek_file, 1)
    assert await kek.rewrap(world.site) == left
    assert await kek.rewrap(world.site) == 0


async def test_an_old_key_is_retired_only_when_nothing_needs_it(world: World) -> None:
    with pytest.raises(RuleSaysNo):
        await kek.retire(world.site, world.kek_file, 1)
    await kek.add(world.site, world.kek_file)
    with pytest.raises(RuleSaysNo):
        await kek.retire(world.site, world.kek_file, 1)
    with pytest.raises(RuleSaysNo):
        await kek.retire(world.site, world.kek_file, 9)
    await kek.rewrap(world.site)
    ring = await kek.retire(world.site, world.kek_file, 1)
    assert ring.ids() == load_kek_file(world.kek_file).ids() == (2,)
    assert world.kek_file.stat().st_mode & 0o777 == 0o600
    world.site = await open_site(
        world.store, kek_file=world.kek_file, district=DISTRICT, clock=world.clock
    )
    assert (await verify_journal(world.site)).faults == ()


async def test_a_key_file_that_others_can_read_gets_no_key(world: World, tmp_path: Path) -> None:
    world.kek_file.chmod(0o644)
    with pytest.raises(StartRefused):
        await kek.rotate(world.site, world.kek_file)
    with pytest.raises(StartRefused):
        await kek.rotate(world.site, tmp_path / "missing")
    world.kek_file.chmod(0o600)
    assert load_kek_file(world.kek_file).ids() == (1,)
