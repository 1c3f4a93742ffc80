"""Schedules of the chain that a fresh reader of the protocol found, each with its end."""

from contextlib import suppress
from dataclasses import replace

import pytest
from msgspec import structs

from crypto.envelope import UpHeader, seal_up
from crypto.keys import KemKeyPair, Suite
from server.actions.tablets.devices import confirm_epoch
from server.actions.tablets.exchange import exchange
from server.actions.tablets.release import release
from server.store.ids import new_id
from sync import wire
from sync.reconcile import State
from sync.tablet import Tablet
from tests.cast_forms import good
from tests.world import QIN, ZHENG, ZHOU, Field, World, copy_of, field


def visit(su: Field, day: str, resident: bytes = ZHOU) -> bytes:
    body = good("htn_followup", next_date="2027-02-18")
    return su.tablet.save_event(resident, "htn_followup", day, body)


async def chain_of(world: World, su: Field) -> tuple[int, int, bytes]:
    return await world.one(
        "SELECT chain_epoch, head_seq, head_digest FROM device WHERE device=?", su.keys.device
    )


async def restore_to(world: World, su: Field, head: tuple[int, int, bytes], since: int) -> None:
    """What a restored older backup leaves: fewer batches, fewer changes, a higher feed epoch."""
    device = su.keys.device

    async def write(tx: object) -> None:
        run = tx.run  # type: ignore[attr-defined]
        await run("DELETE FROM batch WHERE device=? AND received_at>=?", device, since)
        await run("DELETE FROM envelope WHERE device=? AND received_at>=?", device, since)
        await run("DELETE FROM change WHERE device=? AND received_at>=?", device, since)
        await run(
            "UPDATE device SET chain_epoch=?, head_seq=?, head_digest=? WHERE device=?",
            *head, device,
        )  # fmt: skip
        await run("UPDATE district SET feed_epoch=feed_epoch+1")

    await world.store.write(write)


async def test_a_server_restored_from_further_back_than_its_mark_promised_still_settles(
    world: World,
) -> None:
    su = await field(world, "07")
    visit(su, "2026-11-16")
    await su.settle()
    head = await chain_of(world, su)
    since = world.clock.pass_(hours=1)
    visit(su, "2026-11-17")
    await su.settle()
    mark = (1, (await chain_of(world, su))[1])
    await world.store.write(
        lambda tx: tx.run("UPDATE device SET backed_epoch=?, backed_seq=?", *mark)
    )
    await su.settle()  # the second batch is dropped: a backup is said to hold it
    last = visit(su, "2026-11-18")
    await su.settle()
    await restore_to(world, su, head, since)
    world.clock.pass_(hours=1)
    later = visit(su, "2026-11-19", ZHENG)
    await su.settle()
    assert su.tablet.waiting == 0
    assert su.tablet.fate(later) == ("applied", "")
    # What stood behind the batch that is gone everywhere cannot follow: a person lets it in.
    assert su.tablet.fate(last) == ("quarantined", "fork")
    assert await release(world.site, last, staff=QIN) is State.APPLIED


async def test_sealed_bytes_alone_follow_in_a_new_chain_when_nothing_else_waits(
    world: World,
) -> None:
    su = await field(world, "07")
    visit(su, "2026-11-16")
    await su.settle()
    head = await chain_of(world, su)
    since = world.clock.pass_(hours=1)
    visit(su, "2026-11-17")
    await su.settle()
    mark = (1, (await chain_of(world, su))[1])
    await world.store.write(
        lambda tx: tx.run("UPDATE device SET backed_epoch=?, backed_seq=?", *mark)
    )
    await su.settle()
    last = visit(su, "2026-11-18")
    await su.settle()
    await restore_to(world, su, head, since)
    await su.settle()
    assert su.tablet.state.behind
    su.tablet.outbox.start_epoch()
    await su.settle()
    assert await world.one("SELECT state FROM change WHERE change=?", last) == "quarantined"


async def test_what_lies_sealed_alone_stays_when_what_shares_its_place_is_made_anew(
    world: World,
) -> None:
    su = await field(world, "07")
    visit(su, "2026-11-16")
    await su.settle()
    head = await chain_of(world, su)
    since = world.clock.pass_(hours=1)
    visit(su, "2026-11-17")
    await su.settle()
    mark = (1, (await chain_of(world, su))[1])
    await world.store.write(
        lambda tx: tx.run("UPDATE device SET backed_epoch=?, backed_seq=?", *mark)
    )
    await su.settle()  # the second place is empty here, and soon there
    sealed_only: list[bytes] = []
    for day in ("2026-11-18", "2026-11-19"):
        sealed_only.append(visit(su, day))
        await su.settle()
    await restore_to(world, su, head, since)
    world.clock.pass_(hours=1)
    new = [visit(su, "2026-11-20", ZHENG) for _ in range(3)]
    su.tablet.seal()
    while (await su.go()).refused != "gap":
        pass
    for _ in range(2):  # the line takes small envelopes only, and is cut in between
        assert su.tablet.outbox.recut(1) == 3
    await su.settle()
    there = {row[0] for row in await world.rows("SELECT change FROM change")}
    assert (su.tablet.waiting, there >= {*sealed_only, *new}) == (0, True)


async def test_what_was_taken_beside_the_chain_after_the_backup_is_sent_again(
    world: World,
) -> None:
    su = await field(world, "07")
    await su.settle()
    first = visit(su, "2026-11-16")
    su.tablet.seal()
    lost = su.tablet.request()
    assert lost is not None
    second = visit(su, "2026-11-17")
    su.tablet.outbox.recut()
    world.clock.pass_(hours=1)
    await exchange(world.site, lost)
    head = await chain_of(world, su)
    since = world.clock.pass_(hours=1)
    await su.settle()
    assert su.tablet.fate(second) == ("applied", "")
    await restore_to(world, su, head, since)
    world.clock.pass_(hours=1)
    await su.settle()
    kept = await world.rows("SELECT change FROM change WHERE change IN (?, ?)", first, second)
    assert {row[0] for row in kept} == {first, second}


async def test_a_batch_sealed_behind_a_re_cut_is_no_fork_when_the_original_comes_first(
    world: World,
) -> None:
    su = await field(world, "07")
    await su.settle()
    visit(su, "2026-11-16")
    su.tablet.seal()
    lost = su.tablet.request()
    assert lost is not None
    su.tablet.outbox.recut()
    behind = visit(su, "2026-11-17")
    su.tablet.seal()
    await exchange(world.site, lost)
    results = await su.settle()
    assert su.tablet.fate(behind) == ("applied", "")
    assert results[-1].agrees is True
    assert await world.one("SELECT COUNT(*) FROM task WHERE kind='fork'") == 0


async def test_a_new_chain_begins_again_when_a_copy_went_on_before_it_arrived(
    world: World,
) -> None:
    su = await field(world, "07")
    visit(su, "2026-11-16")
    await su.settle()
    path = copy_of(world.folder / "07.tablet", world.folder / "copy.tablet")
    copy = Field(
        world, Tablet.open(path, "青山绿水", clock=world.clock, new_id=new_id), su.keys
    )  # fmt: skip
    visit(copy, "2026-11-17")
    await copy.settle()
    await su.settle()
    assert su.tablet.state.behind
    su.tablet.outbox.start_epoch()
    first = visit(su, "2026-11-18")
    visit(copy, "2026-11-18", ZHENG)
    await copy.settle()  # the head that the new chain begins behind is not the head any more
    await su.settle()
    later = visit(su, "2026-11-19")
    await su.settle()
    assert (su.tablet.waiting, su.tablet.fate(first)) == (0, ("quarantined", "fork"))
    await confirm_epoch(world.site, su.keys.device, staff=QIN)
    await su.settle()
    assert su.tablet.fate(later) == ("applied", "")
    copy.tablet.close()


async def test_a_step_that_found_no_room_is_undone_in_memory_too(world: World) -> None:
    su = await field(world, "07")
    await su.settle()
    before = wire.encode(su.tablet.state)
    with suppress(OSError), su.tablet.disk.step():
        su.tablet.state.cursors.clear()
        su.tablet.state.seq += 1
        su.tablet.state.store(su.tablet.disk)
        raise OSError("no room")
    assert wire.encode(su.tablet.state) == before


def cannot_be_read(su: Field, fault: str) -> None:
    """The next batch of this tablet, by a fault of its app or of the server's keys."""
    outbox = su.tablet.outbox
    seal, other = outbox._sealed, KemKeyPair.generate(Suite.X25519_ED25519).public

    def sealed(header: UpHeader, batch: wire.Batch) -> bytes:
        if header.seq is None:
            return seal(header, batch)
        outbox._sealed = seal
        if fault == "no_commitment":
            return seal(header, structs.replace(batch, secret=b""))
        header, keys = replace(header, kid=other.kid()), outbox._keys
        assert keys is not None
        return seal_up(header, wire.encode(batch), recipient=other, signer=keys.sign)

    outbox._sealed = sealed


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("fault", ["no_commitment", "unknown_key"])
async def test_a_new_chain_goes_on_when_its_first_batch_cannot_be_read(
    world: World, fault: str, count: int
) -> None:
    su = await field(world, "07")
    path = copy_of(world.folder / "07.tablet", world.folder / "copy.tablet")
    copy = Field(
        world, Tablet.open(path, "青山绿水", clock=world.clock, new_id=new_id), su.keys
    )  # fmt: skip
    visit(copy, "2026-11-17")
    await copy.settle()
    copy.tablet.close()
    await su.settle()
    su.tablet.outbox.start_epoch()
    first = [visit(su, "2026-11-18") for _ in range(count)]
    cannot_be_read(su, fault)
    await su.settle()
    await confirm_epoch(world.site, su.keys.device, staff=QIN)
    later = visit(su, "2026-11-19", ZHENG)
    await su.settle()
    assert (su.tablet.waiting, su.tablet.state.behind) == (0, False)
    assert su.tablet.fate(later) == ("applied", "")
    alone = count == 1 and fault == "no_commitment"  # kept here, with the only readable copy
    fate = ("quarantined", "unread") if alone else ("applied", "")
    assert [su.tablet.fate(each) for each in first] == [fate] * count
