"""A second member of staff comes to a tablet that is there: a code, a witness, six digits."""

import dataclasses
import os

import msgspec
import pytest

from crypto.enrolment import parse_typed, seal_request
from crypto.keys import SigningKeyPair, Suite
from server.actions.tablets import devices, enrol, staff_keys
from server.errors import EnrolRefused, NotFound, RuleSaysNo, WrongDigits
from sync import enrol_wire, wire
from sync.enrol import Enrolment, EnrolmentExpired, NotTheServer, OtherCode
from sync.enrol_staff import FurtherStaff
from sync.enrol_wire import StaffWelcome
from tests.hand_tablet import HandTablet
from tests.world import HE, SU, TEAM_A, XIE, ZHOU, Keys, World, an_id, enrol_by_hand

HERE = "192.0.2.7"


async def post(world: World, raw: bytes) -> bytes:
    return await enrol.handle(world.site, raw, HERE)


def further(world: World, keys: Keys, code: str) -> FurtherStaff:
    return FurtherStaff(
        code, device=keys.device, kem=keys.kem, by=keys.sign,
        trust=world.site.keys.trust[keys.kem.suite].public, version=world.site.keys.version,
        random=os.urandom,
    )  # fmt: skip


async def to_digits(world: World, new: FurtherStaff) -> str:
    new.on_hello(await post(world, new.hello()))
    new.on_join(await post(world, new.join()))
    return new.six_digits()


async def refused(world: World, raw: bytes) -> None:
    with pytest.raises(EnrolRefused) as caught:
        await post(world, raw)
    assert str(caught.value) == "step", "whatever was wrong, it looks the same"


async def brought(world: World, keys: Keys, staff: bytes = XIE) -> Keys:
    """That member of staff signs on the tablet too, by the steps of the wire."""
    offer = await staff_keys.staff_offer(world.site, keys.device, staff=staff)
    new = further(world, keys, offer.code)
    await devices.confirm(world.site, offer.offer, await to_digits(world, new))
    assert new.on_poll(await post(world, new.poll())) is not None
    return dataclasses.replace(keys, staff=staff, sign=new.signing)


@pytest.mark.parametrize("suite", list(Suite))
@pytest.mark.parametrize("scanned", [True, False])
async def test_a_second_person_comes_by_code_and_six_digits(
    world: World, suite: Suite, scanned: bool
) -> None:
    keys = await enrol_by_hand(world, "07", staff=SU, panels=(TEAM_A,), suite=suite)
    offer = await staff_keys.staff_offer(world.site, keys.device, staff=XIE)
    new = further(world, keys, offer.qr if scanned else offer.code)
    digits = await to_digits(world, new)
    assert new.on_poll(await post(world, new.poll())) is None
    with pytest.raises(WrongDigits):
        await devices.confirm(world.site, offer.offer, "000000" if digits != "000000" else "1")
    assert await devices.confirm(world.site, offer.offer, digits) == keys.device
    welcome = new.on_poll(await post(world, new.poll()))
    assert isinstance(welcome, StaffWelcome)
    assert (welcome.device, welcome.staff, welcome.name) == (keys.device, XIE, "谢芒种")
    again = new.on_poll(await post(world, new.poll()))
    assert again == welcome, "an answer that was lost is asked for again"
    rows = await world.rows("SELECT staff, key FROM device_key WHERE until IS NULL")
    assert set(rows) == {(SU, keys.sign.public.kid()), (XIE, new.signing.public.kid())}


async def test_both_sign_one_chain_and_ending_one_leaves_the_other(world: World) -> None:
    keys = await enrol_by_hand(world, "07", staff=SU, panels=(TEAM_A,))
    su = HandTablet(world, keys)
    xie_keys = await brought(world, keys)
    await su.send(su.visit(ZHOU))
    xie = HandTablet(world, xie_keys, seq=su.seq, prev=su.prev)
    await xie.send(xie.visit(ZHOU))
    await staff_keys.end_staff_key(world.site, keys.device, staff=SU)
    late = HandTablet(world, keys, seq=xie.seq, prev=xie.prev)
    answer = await late.send(late.visit(ZHOU))
    assert answer.receipt is not None
    states = wire.receipt(answer.receipt.receipt).states
    assert [tuple(row[1:3]) for row in states] == [("quarantined", "device_not_trusted")]
    assert answer.pages == ()
    after = HandTablet(world, xie_keys, seq=late.seq, prev=late.prev)
    answer = await after.send(after.visit(ZHOU))
    assert answer.receipt is not None
    assert wire.receipt(answer.receipt.receipt).states == ()
    assert answer.pages
    rows = await world.rows("SELECT staff, state FROM change WHERE device=?", keys.device)
    assert sorted(rows) == sorted(
        [(SU, "applied"), (SU, "quarantined"), (XIE, "applied"), (XIE, "applied")]
    )


async def test_the_last_key_is_not_ended_alone(world: World) -> None:
    keys = await enrol_by_hand(world, "07", staff=SU, panels=(TEAM_A,))
    with pytest.raises(RuleSaysNo, match="last_key"):
        await staff_keys.end_staff_key(world.site, keys.device, staff=SU)
    await brought(world, keys)
    with pytest.raises(NotFound):
        await staff_keys.end_staff_key(world.site, keys.device, staff=HE)


async def test_a_tablet_whose_user_left_is_given_to_the_next(world: World) -> None:
    """An ended key still says which tablet this is."""
    keys = await enrol_by_hand(world, "07", staff=SU, panels=(TEAM_A,))
    await world.store.write(lambda tx: tx.run("UPDATE device_key SET until=?", world.clock()))
    await brought(world, keys)
    assert await world.one("SELECT staff FROM device_key WHERE until IS NULL") == XIE


async def test_a_new_key_of_the_same_person_ends_the_old_one(world: World) -> None:
    keys = await enrol_by_hand(world, "07", staff=SU, panels=(TEAM_A,))
    first = await brought(world, keys)
    second = await brought(world, keys)
    alive = {key for (key,) in await world.rows("SELECT key FROM device_key WHERE until IS NULL")}
    assert alive == {keys.sign.public.kid(), second.sign.public.kid()}
    assert first.sign.public.kid() not in alive


async def test_a_key_without_a_witness_of_this_tablet_is_refused(world: World) -> None:
    """Who saw the code and has another tablet, or none, brings nothing."""
    keys = await enrol_by_hand(world, "07", staff=SU, panels=(TEAM_A,))
    other = await enrol_by_hand(world, "08", staff=HE, panels=(TEAM_A,))
    offer = await staff_keys.staff_offer(world.site, keys.device, staff=XIE)
    thief = further(world, dataclasses.replace(keys, sign=other.sign), offer.code)
    thief.on_hello(await post(world, thief.hello()))
    await refused(world, thief.join())
    nobody = SigningKeyPair.generate(Suite.X25519_ED25519)
    thief = further(world, dataclasses.replace(keys, sign=nobody), offer.code)
    thief.on_hello(await post(world, thief.hello()))
    await refused(world, thief.join())
    assert await world.one("SELECT tries FROM enrol_offer") == 2


@pytest.mark.parametrize("member", ["device", "staff", "nonce", "proof", "witness", "sign"])
async def test_every_member_of_what_it_brings_is_held_to_the_rest(
    world: World, member: str
) -> None:
    keys = await enrol_by_hand(world, "07", staff=SU, panels=(TEAM_A,))
    offer = await staff_keys.staff_offer(world.site, keys.device, staff=XIE)
    new = further(world, keys, offer.code)
    new.on_hello(await post(world, new.hello()))
    mine = SigningKeyPair.generate(Suite.X25519_ED25519)
    hello, nonce = new.hello(), os.urandom(32)
    body = enrol_wire.StaffJoining(
        v=1, device=keys.device, staff=XIE, sign=mine.public.raw, nonce=nonce, hello=hello,
        proof=mine.sign(
            enrol_wire.staff_key_message(device=keys.device, staff=XIE, sign=mine.public.raw)
        ),
        by=keys.sign.public.kid(),
        witness=keys.sign.sign(
            enrol_wire.staff_device_message(
                hello=hello, device=keys.device, staff=XIE, sign=mine.public.raw, nonce=nonce
            )
        ),
    )  # fmt: skip
    wrong = SigningKeyPair.generate(Suite.X25519_ED25519).public.raw
    other = {
        "device": an_id("another"), "staff": HE, "nonce": bytes(32), "proof": bytes(64),
        "witness": bytes(64), "sign": wrong,
    }  # fmt: skip
    for each, good in ((msgspec.structs.replace(body, **{member: other[member]}), False),
                       (body, True)):  # fmt: skip
        sealed = seal_request(
            enrol_wire.encode(each), code=parse_typed(offer.code),
            recipient=world.site.keys.newest_kem[keys.kem.suite].public,
        )  # fmt: skip
        raw = enrol_wire.encode(enrol_wire.StaffStep(v=1, offer=offer.offer, sealed=sealed))
        if good:
            assert await post(world, raw)
        else:
            await refused(world, raw)


async def test_the_kind_of_a_code_is_told_and_neither_does_for_the_other(world: World) -> None:
    keys = await enrol_by_hand(world, "07", staff=SU, panels=(TEAM_A,))
    for_staff = await staff_keys.staff_offer(world.site, keys.device, staff=XIE)
    for_tablet = await devices.enrol_offer(
        world.site, staff=XIE, panels=(TEAM_A,), label="八号平板"
    )
    fresh = Enrolment(for_staff.code, app="t/1", label="", random=os.urandom, now_ms=world.clock())
    with pytest.raises(OtherCode):
        fresh.on_hello(await post(world, fresh.hello()))
    mine = further(world, keys, for_tablet.code)
    with pytest.raises(OtherCode):
        mine.on_hello(await post(world, mine.hello()))
    # Posted in spite of it, the step of the other kind is refused and counted.
    fresh = Enrolment(for_tablet.code, app="t/1", label="", random=os.urandom, now_ms=world.clock())
    fresh.on_hello(await post(world, fresh.hello()))
    join = msgspec.json.decode(fresh.join()) | {"step": "staff"}
    await refused(world, msgspec.json.encode(join))
    new = further(world, keys, for_staff.code)
    new.on_hello(await post(world, new.hello()))
    step = msgspec.json.decode(new.join()) | {"step": "join"}
    await refused(world, msgspec.json.encode(step))
    assert await world.rows("SELECT tries FROM enrol_offer") == [(1,), (1,)]


async def test_another_tablets_code_and_another_server_are_noticed(world: World) -> None:
    keys = await enrol_by_hand(world, "07", staff=SU, panels=(TEAM_A,))
    other = await enrol_by_hand(world, "08", staff=HE, panels=(TEAM_A,))
    offer = await staff_keys.staff_offer(world.site, other.device, staff=XIE)
    new = further(world, keys, offer.code)
    with pytest.raises(OtherCode):
        new.on_hello(await post(world, new.hello()))
    foreign = SigningKeyPair.generate(Suite.X25519_ED25519).public
    new = FurtherStaff(
        offer.code, device=other.device, kem=other.kem, by=other.sign, trust=foreign,
        random=os.urandom,
    )  # fmt: skip
    with pytest.raises(NotTheServer):
        new.on_hello(await post(world, new.hello()))


async def test_an_offer_needs_a_tablet_in_use_and_somebody_who_works_here(world: World) -> None:
    keys = await enrol_by_hand(world, "07", staff=SU, panels=(TEAM_A,))
    with pytest.raises(NotFound):
        await staff_keys.staff_offer(world.site, an_id("no tablet"), staff=XIE)
    with pytest.raises(NotFound):
        await staff_keys.staff_offer(world.site, keys.device, staff=an_id("nobody"))
    open_one = await staff_keys.staff_offer(world.site, keys.device, staff=XIE)
    new = further(world, keys, open_one.code)
    digits = await to_digits(world, new)
    await devices.revoke(world.site, keys.device, "test")
    with pytest.raises(RuleSaysNo, match="device_not_enrolled"):
        await staff_keys.staff_offer(world.site, keys.device, staff=XIE)
    with pytest.raises(EnrolRefused):
        await devices.confirm(world.site, open_one.offer, digits)
    world.clock.pass_(minutes=11)
    with pytest.raises(EnrolmentExpired):
        new.on_poll(await post(world, new.poll()))


async def test_class_b_needs_the_scope_of_everybody_on_the_tablet(world: World) -> None:
    keys = await enrol_by_hand(world, "07", staff=SU, panels=(TEAM_A,), restricted=True)
    with pytest.raises(RuleSaysNo, match="no_scope"):
        await staff_keys.staff_offer(world.site, keys.device, staff=XIE)
    await world.store.write(
        lambda tx: tx.run("UPDATE staff SET restricted=? WHERE staff=?", True, XIE)
    )
    await brought(world, keys)


async def test_a_visit_of_the_second_person_is_theirs(world: World) -> None:
    keys = await enrol_by_hand(world, "07", staff=SU, panels=(TEAM_A,))
    xie = HandTablet(world, await brought(world, keys))
    visit = xie.visit(ZHOU)
    await xie.send(visit)
    assert await world.one("SELECT staff FROM change WHERE change=?", visit.id) == XIE
    forged = HandTablet(world, dataclasses.replace(xie.keys, staff=SU), seq=xie.seq, prev=xie.prev)
    answer = await forged.send(forged.visit(ZHOU))
    assert answer.receipt is not None
    assert wire.receipt(answer.receipt.receipt).whole == "staff_not_signer"
