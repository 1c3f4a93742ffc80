"""When tablet and server differ: found, mended, and a person told if it will not mend."""

from server.actions.tablets.exchange import exchange
from tests.cast_forms import good
from tests.world import TEAM_A, XIE, ZHENG, ZHOU, Field, World, field


def known_keys(su: Field) -> tuple[tuple[int, int, bytes], ...]:
    """Server keys the tablet may seal for: suite, epoch, public key."""
    assert su.tablet._keys is not None
    return su.tablet._keys.server.kem


async def test_a_tablet_that_lost_rows_of_its_copy_is_mended_bucket_by_bucket(world: World) -> None:
    su = await field(world, "07")
    su.tablet.save_event(
        ZHOU, "htn_followup", "2026-11-20", good("htn_followup", next_date="2027-02-18")
    )
    await su.settle()
    with su.tablet.disk.step():
        su.tablet.disk.run("DELETE FROM entity WHERE resident=?", ZHOU)
        su.tablet.disk.run("DELETE FROM member WHERE resident=?", ZHENG)
    su.tablet._archive = type(su.tablet.archive)(su.tablet.disk)
    su.tablet.outbox._reports._archive = su.tablet._archive
    assert (await su.go()).agrees is False
    results = await su.settle()
    assert results[-1].agrees is True
    assert len(su.tablet.archive.events(ZHOU)) == 2
    assert ZHENG in su.tablet.archive.members(TEAM_A)
    assert await world.one("SELECT COUNT(*) FROM task WHERE kind='digest'") == 0


async def test_a_difference_that_will_not_mend_becomes_a_task_and_not_a_loop(world: World) -> None:
    su = await field(world, "07")
    await su.settle()
    await world.store.write(lambda tx: tx.run("UPDATE panel SET root_open=?", bytes(15) + b"\x07"))
    results = await su.settle()
    assert results[-1].agrees is False
    assert len(results) < 100
    assert await world.one("SELECT COUNT(*) FROM task WHERE kind='digest'") == 1


async def test_a_batch_cut_anew_and_the_old_one_late_still_settle(world: World) -> None:
    """5 is lost on the way and cut anew as 5' 6'; then 5 arrives after all, then 5' 6' 7."""
    su = await field(world, "07")
    await su.settle()
    for day in ("2026-11-18", "2026-11-19"):
        su.tablet.save_event(
            ZHOU, "htn_followup", day, good("htn_followup", next_date="2027-02-18")
        )
    su.tablet.seal()
    lost = su.tablet.request()
    assert lost is not None
    su.tablet.outbox.recut(most=1)
    su.tablet.save_event(
        ZHENG, "htn_followup", "2026-11-20", good("htn_followup", next_date="2027-02-18")
    )
    su.tablet.seal()
    await exchange(world.site, lost)
    results = await su.settle()
    assert su.tablet.waiting == 0
    assert results[-1].agrees is True
    assert await world.one("SELECT COUNT(*) FROM change WHERE device IS NOT NULL") == 3
    assert await world.one("SELECT COUNT(*) FROM task WHERE kind='fork'") == 0


async def test_the_key_of_the_server_is_renewed_while_batches_wait(world: World) -> None:
    from server.actions.keeping.keyring import renew_kem
    from server.actions.keeping.site import district_key_blob
    from server.store.vault import NOBODY

    su, xie = await field(world, "07"), await field(world, "11", staff=XIE)
    await su.settle()
    visit = su.tablet.save_event(
        ZHOU, "htn_followup", "2026-11-20", good("htn_followup", next_date="2027-02-18")
    )
    su.tablet.seal()
    wrapped = await world.store.write(lambda tx: district_key_blob(tx, 1))
    key = world.site.vault.key(NOBODY, wrapped)
    await world.store.write(lambda tx: renew_kem(tx, world.site.vault, key, world.clock()))
    await world.site.reload_keys()
    await su.settle()
    assert su.tablet.fate(visit) == ("applied", "")
    assert max(epoch for _, epoch, _ in known_keys(su)) == 1  # no backup holds it yet
    world.clock.pass_(minutes=1)
    mark = (1, world.clock(), world.clock(), bytes(32), 1)
    await world.store.write(lambda tx: tx.insert("backup_mark", [mark]))
    await world.site.reload_keys()
    await su.settle()
    assert max(epoch for _, epoch, _ in known_keys(su)) == 2
    later = su.tablet.save_event(
        ZHENG, "htn_followup", "2026-11-20", good("htn_followup", next_date="2027-02-18")
    )
    # The old key goes when every tablet has moved on; one that has not is told and closes anew.
    xie.tablet.save_edit(ZHOU, {"remarks": "睡得不好"}, "2026-11-20")
    xie.tablet.seal()
    await world.store.write(
        lambda tx: tx.run("UPDATE server_key SET retired_at=1 WHERE purpose='kem' AND epoch=1")
    )
    await world.site.reload_keys()
    await su.settle()
    results = await xie.settle()
    assert su.tablet.fate(later) == ("applied", "")
    assert xie.tablet.waiting == 0
    assert results[0].refused == "unknown_key"
    assert results[-1].agrees is True


async def test_a_wiped_tablet_says_farewell_with_who_was_read_and_that_its_copies_are_gone(
    world: World,
) -> None:
    su = await field(world, "07")
    await su.settle()
    su.tablet.note_reading(ZHENG, "service")
    visit = su.tablet.save_event(
        ZHOU, "htn_followup", "2026-11-20", good("htn_followup", next_date="2027-02-18")
    )
    su.tablet.seal()
    await world.store.write(lambda tx: tx.run("UPDATE device SET status='lost'"))
    assert (await su.go()).wiped
    while (request := su.tablet.request()) is not None:
        await exchange(world.site, request)
    assert await world.one("SELECT state FROM change WHERE change=?", visit) == "quarantined"
    states = await world.rows("SELECT DISTINCT state FROM copy WHERE device=?", su.keys.device)
    assert states == [("purged",)]
    read = await world.rows("SELECT resident, mode FROM access_log")
    assert read == [(ZHENG, "offline")]
