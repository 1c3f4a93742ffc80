"""A tablet that gets no page is told why, and keeps what it has; what it sends is still taken."""

import pytest

from server.actions.tablets.tablet_return import ask_back
from tests.console import offices
from tests.forge import Forger, Reply, everything, forger
from tests.test_enrol_staff import brought
from tests.world import SU, ZHOU, World, field


async def asked(tablet: Forger) -> Reply:
    return await tablet.post(tablet.empty(cursors=everything()))


async def test_a_tablet_in_use_gets_pages_and_no_such_word(world: World) -> None:
    reply = await asked(await forger(world))
    assert reply.commands == []
    assert reply.answer.pages


WHY = {
    "suspended": "UPDATE device SET status='suspended'",
    "epoch_unconfirmed": "UPDATE device SET chain_epoch=2, head_seq=0",
    "key_ended": "UPDATE device_key SET until=1",
}


@pytest.mark.parametrize("word", WHY)
async def test_who_is_kept_from_pages_is_told_why_and_still_delivers(
    world: World, word: str
) -> None:
    su = await forger(world)
    await asked(su)
    await world.store.write(lambda tx: tx.run(WHY[word]))
    reply = await asked(su)
    assert reply.commands == [word]
    assert reply.answer.pages == ()
    assert (reply.answer.lease <= world.clock()) == (word == "suspended")
    if word == "epoch_unconfirmed":
        su.epoch = 2
    sent = await su.send(su.visit(ZHOU))
    assert (sent.n, sent.commands) == (1, [word])


async def test_a_tablet_that_is_asked_back_is_told_so(world: World) -> None:
    su = await forger(world)
    await world.store.write(
        lambda tx: ask_back(tx, world.site, [su.keys.device], "staff_left", world.clock())
    )
    reply = await asked(su)
    assert (reply.commands, reply.answer.pages) == (["return"], ())


async def test_of_two_people_only_the_one_whose_key_ended_is_told(world: World) -> None:
    await offices(world)
    su = await forger(world)
    second = Forger(world, await brought(world, su.keys), counter=100)
    await world.store.write(lambda tx: tx.run("UPDATE device_key SET until=1 WHERE staff=?", SU))
    assert (await asked(su)).commands == ["key_ended"]
    assert (await asked(second)).answer.pages


async def test_the_reference_tablet_keeps_what_it_has_when_it_is_told(world: World) -> None:
    made = await field(world, "07")
    await made.settle()
    await world.store.write(lambda tx: tx.run("UPDATE device_key SET until=1"))
    await made.go()
    assert made.tablet.archive.cells(ZHOU)
