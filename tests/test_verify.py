"""`journal verify` says nothing about an honest database and finds each way of bending one."""

from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from server.actions.archives.decisions import decide_cells
from server.actions.keeping.audit_tree import make_checkpoint, number_leaves
from server.actions.keeping.verify import verify_journal
from server.actions.keeping.verify_report import every
from server.store.dump import snapshot
from server.store.tx import Tx
from tests.hand_tablet import HandTablet
from tests.world import (
    DISTRICT,
    HE,
    SU,
    TEAM_A,
    TEAM_B,
    WU,
    YANG,
    ZHENG,
    ZHOU,
    World,
    enrol_by_hand,
    new_world,
)


@pytest.fixture
async def world(database_url: str, tmp_path: Path) -> AsyncIterator[World]:
    async with new_world(database_url, tmp_path) as made:
        await a_day(made)
        yield made


async def a_day(world: World) -> None:
    """Two tablets, a stranger's record, a repeat inside the chain, a decision, a checkpoint."""
    one = HandTablet(world, await enrol_by_hand(world, "一号", staff=SU, panels=(TEAM_A,)))
    two = HandTablet(world, await enrol_by_hand(world, "二号", staff=HE, panels=(TEAM_B,)))
    visit = one.visit(ZHOU)
    await one.send(visit, one.visit(WU), one.edit(WU, address="村东头"))
    world.clock.pass_(minutes=5)
    await one.send(one.edit(WU, address="村西头"), visit)
    await two.send(two.visit(YANG), two.visit(ZHENG))
    await one.send()
    await decide_cells(world.site, WU, {"address": "村南头"}, staff=SU)
    await world.store.write(lambda tx: number_leaves(tx, DISTRICT))
    await world.store.write(lambda tx: make_checkpoint(tx, world.site, world.clock()))
    await one.send(one.visit(ZHENG))
    world.extra["one"] = one


async def codes(world: World) -> set[str]:
    report = await verify_journal(world.site)
    again = await verify_journal(world.site)
    assert again == report, "the same database, the same words"
    return {fault.code for fault in report.faults}


async def test_an_honest_journal_holds(world: World) -> None:
    told: list[tuple[str, int]] = []
    report = await verify_journal(world.site, lambda what, count: told.append((what, count)))
    assert report.faults == ()
    assert report.holds
    counted = (report.batches, report.changes, report.residents, report.checkpoints)
    changes = await world.one("SELECT COUNT(*) FROM change")
    assert counted == (5, changes, 5, 1)
    assert report.leaves == await world.one("SELECT COUNT(*) FROM audit_leaf")


async def test_a_resident_row_put_back_whole_is_found(world: World) -> None:
    one: HandTablet = world.extra["one"]
    before = await world.rows("SELECT * FROM resident WHERE resident=?", WU)
    await one.send(one.edit(WU, address="村北头"))
    assert await codes(world) == set()

    async def put_back(tx: Tx) -> None:
        await tx.run("DELETE FROM resident WHERE resident=?", WU)
        await tx.insert("resident", before)

    await world.store.write(put_back)
    found = await codes(world)
    assert "revision_rolled_back" in found
    assert "panel_root" in found


async def swapped(tx: Tx, table: str, column: str, key: str, a: bytes, b: bytes) -> None:
    rows = await tx.rows(f"SELECT {key}, {column} FROM {table} WHERE {key} IN (?, ?)", a, b)
    (first, one), (second, two) = rows
    for who, value in ((first, two), (second, one)):
        await tx.run(f"UPDATE {table} SET {column}=? WHERE {key}=?", value, who)


async def a_visit(tx: Tx, who: bytes) -> bytes:
    rows = await tx.rows(
        "SELECT change FROM change WHERE resident=? AND shape='event' AND device IS NOT NULL", who
    )
    return rows[0][0]


async def delete_change(tx: Tx) -> None:
    await tx.run("DELETE FROM change WHERE change=?", await a_visit(tx, WU))


async def delete_loaded_record(tx: Tx) -> None:
    await tx.run("DELETE FROM change WHERE device IS NULL AND shape='event'")


async def delete_decision(tx: Tx) -> None:
    await tx.run("DELETE FROM change WHERE device IS NULL AND staff=?", SU)


async def hold_an_applied_visit(tx: Tx) -> None:
    await tx.run("UPDATE change SET state='held' WHERE change=?", await a_visit(tx, ZHOU))


async def swap_bodies(tx: Tx) -> None:
    a, b = await a_visit(tx, ZHOU), await a_visit(tx, WU)
    await swapped(tx, "change", "body", "change", a, b)


async def swap_cells(tx: Tx) -> None:
    await swapped(tx, "resident", "sealed_cells", "resident", ZHOU, ZHENG)


async def swap_keys(tx: Tx) -> None:
    await swapped(tx, "resident", "key", "resident", ZHOU, ZHENG)


async def bend_root(tx: Tx) -> None:
    await tx.run("UPDATE panel SET root_open=? WHERE panel=?", bytes(16), TEAM_A)


async def bend_sum(tx: Tx) -> None:
    await tx.run("UPDATE resident SET sum_open=? WHERE resident=?", bytes(16), ZHOU)


async def drop_member(tx: Tx) -> None:
    await tx.run("DELETE FROM member WHERE resident=?", ZHOU)


async def bend_signature(tx: Tx) -> None:
    await tx.run("UPDATE batch SET signature=? WHERE seq=1", bytes(64))


async def bend_leaves(tx: Tx) -> None:
    await tx.run("UPDATE batch SET leaves=? WHERE n=2", bytes(64))


async def bend_receipt(tx: Tx) -> None:
    rows = await tx.rows("SELECT receipt FROM batch WHERE n=3")
    receipt = rows[0][0].replace(b'"n":3', b'"n":2')
    assert receipt != rows[0][0]
    await tx.run("UPDATE batch SET receipt=? WHERE n=3", receipt)


async def delete_batch(tx: Tx) -> None:
    await tx.run("DELETE FROM batch WHERE seq=2")


async def cut_chain(tx: Tx) -> None:
    """The newest batch goes, its changes too, and the tablet's row is put back before it."""
    rows = await tx.rows("SELECT device, digest FROM batch WHERE seq=3")
    await tx.run("DELETE FROM batch WHERE seq>=3")
    await tx.run("DELETE FROM change WHERE seq>=3")
    head = await tx.rows("SELECT digest FROM batch WHERE seq=2")
    await tx.run(
        "UPDATE device SET head_seq=2, head_digest=? WHERE device=?", head[0][0], rows[0][0]
    )


async def other_head(tx: Tx) -> None:
    await tx.run("UPDATE device SET head_seq=2 WHERE head_seq=4")


async def bend_envelope(tx: Tx) -> None:
    rows = await tx.rows("SELECT digest, content FROM envelope ORDER BY received_at, digest")
    raw = rows[0][1][:-1] + bytes([rows[0][1][-1] ^ 1])
    await tx.run("UPDATE envelope SET content=? WHERE digest=?", raw, rows[0][0])


async def bend_entry(tx: Tx) -> None:
    await tx.run("UPDATE audit_leaf SET at=at+1 WHERE number=2")


async def delete_entry(tx: Tx) -> None:
    await tx.run("DELETE FROM audit_leaf WHERE number=2")


async def bend_node(tx: Tx) -> None:
    await tx.run("UPDATE audit_node SET hash=? WHERE level=1 AND idx=0", bytes(32))


async def bend_checkpoint(tx: Tx) -> None:
    await tx.run("UPDATE audit_checkpoint SET root=?", bytes(32))


async def shorten_log(tx: Tx) -> None:
    """The last numbered entry goes with its node: the signed checkpoint remembers."""
    rows = await tx.rows("SELECT MAX(number) FROM audit_leaf")
    await tx.run("DELETE FROM audit_leaf WHERE number=?", rows[0][0])


Tamper = Callable[[Tx], Coroutine[Any, Any, None]]
FOUND: dict[Tamper, set[str]] = {
    delete_change: {"change_missing", "resident_sum"},
    delete_loaded_record: {"resident_sum"},
    delete_decision: {"decision_missing"},
    hold_an_applied_visit: {"resident_sum"},
    swap_bodies: {"change_sealed"},
    swap_cells: {"cells_sealed"},
    swap_keys: {"resident_key", "change_sealed"},
    bend_root: {"panel_root"},
    bend_sum: {"resident_sum", "panel_root"},
    drop_member: {"panel_root"},
    bend_signature: {"batch_signature", "envelope"},
    bend_leaves: {"batch_leaves", "change_other"},
    bend_receipt: {"receipt_signature", "receipt"},
    delete_batch: {"chain", "batch_missing", "change_extra"},
    cut_chain: {"batch_missing", "resident_sum"},
    other_head: {"chain_head"},
    bend_envelope: {"envelope"},
    bend_entry: {"leaf_hash"},
    delete_entry: {"leaf_number"},
    bend_node: {"tree_node"},
    bend_checkpoint: {"checkpoint_signature"},
    shorten_log: {"checkpoint_root"},
}


@pytest.mark.parametrize("tamper", FOUND, ids=lambda each: each.__name__)
async def test_what_an_administrator_bends_is_found(world: World, tamper: Tamper) -> None:
    assert await codes(world) == set()
    await world.store.write(tamper)
    found = await codes(world)
    assert FOUND[tamper] <= found


async def test_faults_show_ids_and_nothing_else(world: World) -> None:
    await world.store.write(delete_change)
    report = await verify_journal(world.site)
    for fault in report.faults:
        assert set(fault.where) <= set("0123456789abcdef/AB")


async def test_verifying_does_not_stop_the_work(world: World) -> None:
    one: HandTablet = world.extra["one"]
    async with snapshot(world.store) as snap:
        await one.send(one.visit(ZHOU))
        seen = [row async for row in every(snap, "SELECT digest FROM batch")]
    assert len(seen) == 5
    assert await world.one("SELECT COUNT(*) FROM batch") == 6
