"""The tablets witness the audit tree: it only grows, and a rewritten past is noticed by them."""

from server.actions.keeping.audit_tree import make_checkpoint, number_leaves, verify_checkpoints
from tests.cast_forms import good
from tests.world import ZHOU, World, field


async def numbered(world: World) -> None:
    await world.store.write(lambda tx: number_leaves(tx, 1))
    await world.store.write(lambda tx: make_checkpoint(tx, world.site, world.clock()))


async def test_a_tablet_takes_each_checkpoint_with_the_proof_that_the_tree_only_grew(
    world: World,
) -> None:
    su = await field(world, "07")
    for day in range(11, 20):
        su.tablet.save_event(
            ZHOU, "htn_followup", f"2026-11-{day}", good("htn_followup", next_date="2027-02-18")
        )
        await su.settle()
        await numbered(world)
        world.clock.pass_(minutes=1)
        result = await su.go()
        assert result.audit_holds is True
    size = await world.one("SELECT MAX(number)+1 FROM audit_leaf")
    assert su.tablet.state.checkpoint == size
    assert await world.store.write(lambda tx: verify_checkpoints(tx, world.site)) == (9, size)


async def test_a_rewritten_leaf_is_noticed_by_a_tablet_that_saw_the_old_root(world: World) -> None:
    su = await field(world, "07")
    await su.settle()
    await numbered(world)
    await su.go()
    held = su.tablet.state.checkpoint
    # Who owns the database changes an old leaf, builds the nodes anew and signs as the server.
    await world.store.write(lambda tx: tx.run("UPDATE audit_leaf SET hash=?", bytes(32)))
    await world.store.write(lambda tx: tx.run("DELETE FROM audit_node"))
    await world.store.write(lambda tx: tx.run("DELETE FROM audit_checkpoint"))
    await world.store.write(lambda tx: tx.run("UPDATE audit_leaf SET number=NULL"))
    su.tablet.save_event(
        ZHOU, "htn_followup", "2026-11-20", good("htn_followup", next_date="2027-02-18")
    )
    await su.settle()
    await numbered(world)
    result = await su.go()
    assert result.audit_holds is False
    assert su.tablet.state.checkpoint == held
