"""Attacks on acts that arrive from a tablet: old words against newer ones, forged ones, many."""

from functools import partial

from server.actions.places import move
from server.actions.residents import binding, opening
from server.actions.residents.acting import Acting
from server.records import acts
from server.rules import first_notice
from sync import wire
from tests.tablet_acts import DONE, Helping, helping, number
from tests.world import QINGHE, SU, TEAM_B, WU, YANG, ZHOU, World

ASKED_SINCE = ("held", "asked_since")
OLD_PHONE = "19900005555"
NEW_PHONE = "19900006666"


def yes(there: Helping, at: int | None = None) -> wire.Change:
    return there.act(acts.AGREE, at=at, agreed="1", version=first_notice.version())


async def withdraw(world: World) -> None:
    """By the resident's own hand, in the portal."""
    me = Acting(ZHOU, ZHOU)
    await world.store.write(partial(opening.withdraw, site=world.site, acting=me))


async def agreed(world: World) -> bool:
    found = await world.store.read(partial(opening.agreed_of, site=world.site, resident=ZHOU))
    return found is not None


async def tails(world: World) -> list[str]:
    """Ends of the telephones that sign in now."""
    found = await world.store.read(partial(binding.bindings_of, site=world.site, resident=ZHOU))
    return [each.tail for each in found if each.ended_at is None]


async def bound_at_the_desk(world: World) -> None:
    new = binding.Binding(ZHOU, NEW_PHONE, binding.DESK, SU, QINGHE)
    await world.store.write(partial(binding.bind, site=world.site, new=new))


async def test_a_consent_that_was_taken_back_is_not_given_again_by_an_older_one(
    world: World,
) -> None:
    """Signed at the bedside, taken back in the portal, and only then does the tablet come home."""
    there = await helping(world)
    await there.send(yes(there))
    world.clock.pass_(days=1)
    old = yes(there)
    world.clock.pass_(days=1)
    await withdraw(world)
    world.clock.pass_(days=1)
    assert await there.done(old) == [ASKED_SINCE]
    assert not await agreed(world)
    assert await there.done(yes(there)) == [DONE], "what is signed after it counts"
    assert await agreed(world)


async def test_a_consent_given_anew_is_not_ended_by_an_older_taking_back(world: World) -> None:
    there = await helping(world)
    old = there.act(acts.AGREE, sign=False, agreed="2", seen="9", signed="3")
    world.clock.pass_(days=1)
    me = Acting(ZHOU, ZHOU)
    await world.store.write(partial(opening.agree, site=world.site, acting=me))
    assert await there.done(old) == [ASKED_SINCE]
    assert await agreed(world)


async def test_a_telephone_that_was_lost_since_is_not_bound_by_an_older_act(world: World) -> None:
    there = await helping(world)
    stolen = there.act(acts.PHONE, phone=OLD_PHONE, number=number(ZHOU))
    world.clock.pass_(days=1)
    await bound_at_the_desk(world)
    await world.store.write(partial(binding.end, site=world.site, resident=ZHOU, by=SU, why="lost"))
    world.clock.pass_(days=1)
    assert await there.done(stolen) == [ASKED_SINCE]
    assert await tails(world) == []


async def test_a_newer_telephone_is_not_put_aside_by_an_older_act(world: World) -> None:
    there = await helping(world)
    old = there.act(acts.PHONE, phone=OLD_PHONE, number=number(ZHOU))
    world.clock.pass_(days=1)
    await bound_at_the_desk(world)
    assert await there.done(old) == [ASKED_SINCE]
    assert await tails(world) == [NEW_PHONE[-4:]]
    fresh = there.act(acts.PHONE, phone=OLD_PHONE, number=number(ZHOU))
    world.clock.pass_(days=1)
    assert await there.done(fresh) == [DONE]
    assert await tails(world) == [OLD_PHONE[-4:]]


async def test_no_telephone_is_bound_without_the_number_of_the_document(world: World) -> None:
    there = await helping(world)
    acted = [
        there.act(acts.PHONE, phone=OLD_PHONE),
        there.act(acts.PHONE, phone=OLD_PHONE, number=number(WU)),
        there.act(acts.PHONE, phone=OLD_PHONE, number=number(ZHOU), seen="9"),
    ]
    told = await there.done(*acted)
    assert DONE not in told, told
    assert await tails(world) == []


async def test_of_two_telephones_of_one_batch_the_later_one_stays(world: World) -> None:
    there = await helping(world)
    first = there.act(acts.PHONE, phone=OLD_PHONE, number=number(ZHOU))
    world.clock.pass_(minutes=1)
    second = there.act(acts.PHONE, phone=NEW_PHONE, number=number(ZHOU))
    world.clock.pass_(minutes=1)
    assert await there.done(first, second) == [DONE, DONE]
    assert await tails(world) == [NEW_PHONE[-4:]]


async def test_nobody_acts_as_a_guardian_who_is_none_or_has_no_name(world: World) -> None:
    there = await helping(world)
    version = first_notice.version()
    told = await there.done(
        there.act(acts.PHONE, phone=OLD_PHONE, number=number(ZHOU), present="2", person=WU.hex()),
        there.act(acts.PHONE, phone=OLD_PHONE, number=number(ZHOU), present="2"),
        there.act(acts.AGREE, agreed="1", version=version, present="2", person=WU.hex()),
        there.act(acts.AGREE, agreed="1", version=version, present="2"),
        there.act(acts.AGREE, agreed="1", version=version, present="2", person="ee" * 16),
    )
    assert told == [("held", "helper")] * 5
    assert await tails(world) == []
    assert not await agreed(world)


async def test_a_doctor_of_long_ago_opens_no_door_to_an_archive_that_has_moved_on(
    world: World,
) -> None:
    """The old tablet knows the number of the document; what was signed before the move counts."""
    there = await helping(world)
    switch = there.act(acts.SWITCH, team=TEAM_B.hex(), ground="moved")
    assert await there.done(switch) == [DONE]
    before = there.act(acts.PHONE, phone=NEW_PHONE, number=number(ZHOU))
    world.clock.pass_(days=90)
    await move.begin_due(world.site)
    assert await world.one("SELECT panel FROM resident WHERE resident=?", ZHOU) == TEAM_B
    world.clock.pass_(days=1)
    told = await there.done(
        there.act(acts.PHONE, phone=OLD_PHONE, number=number(ZHOU)),
        there.act(acts.FAMILY, relative_number=number(YANG), relative_phone="1234"),
    )
    assert told == [("held", "not_yours")] * 2
    assert await tails(world) == []
    assert await there.done(before) == [DONE]
    assert await tails(world) == [NEW_PHONE[-4:]]


async def test_a_key_that_was_ended_and_a_tablet_that_is_suspended_act_for_nobody(
    world: World,
) -> None:
    for name, how in (
        ("一", "UPDATE device_key SET until=1"), ("二", "UPDATE device SET status='suspended'"),
    ):  # fmt: skip
        there = await helping(world, name)
        await world.store.write(lambda tx, how=how: tx.run(how))
        await there.send(there.act(acts.PHONE, phone=OLD_PHONE, number=number(ZHOU)), yes(there))
        assert there.said == {}
    assert await world.rows("SELECT 1 FROM tablet_act") == []
    assert await tails(world) == []
    assert not await agreed(world)
