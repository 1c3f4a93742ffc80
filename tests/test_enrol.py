"""A new tablet is let in: a code that never travels, six digits, and those who try without."""

import os
from typing import Any

import msgspec
import pytest

from crypto.enrolment import answer_mac, new_code, transcript_hash, typed_form
from crypto.keys import SigningKeyPair, Suite
from server.actions.keeping.keyring import BUNDLE_LABEL
from server.actions.tablets import devices, enrol, staff_keys
from server.errors import EnrolRefused, NotFound, RuleSaysNo, TooLarge
from server.store.vault import NOBODY
from sync import enrol_wire
from sync.enrol import Enrolled, Enrolment, EnrolmentExpired, NotTheServer
from sync.limits import LEASE_MS
from tests.world import (
    DISTRICT,
    QINGHE,
    SU,
    TEAM_A,
    TEAM_A2,
    XIE,
    World,
    an_id,
    enrol_by_hand,
)

HERE = "192.0.2.7"


async def offered(world: World, **more: Any) -> devices.Offer:
    return await devices.enrol_offer(
        world.site, **{"staff": SU, "panels": (TEAM_A,), "label": "一号平板", **more}
    )


def tablet(code: str, world: World, suite: Suite | None = None) -> Enrolment:
    return Enrolment(
        code, suite=suite, app="tablet/1", label="", random=os.urandom, now_ms=world.clock()
    )


async def post(world: World, raw: bytes) -> bytes:
    return await enrol.handle(world.site, raw, HERE)


async def to_digits(world: World, new: Enrolment) -> str:
    new.on_hello(await post(world, new.hello()))
    new.on_join(await post(world, new.join()))
    return new.six_digits()


async def refused(world: World, raw: bytes) -> None:
    with pytest.raises(EnrolRefused) as caught:
        await post(world, raw)
    assert str(caught.value) == "step", "whatever was wrong, it looks the same"


@pytest.mark.parametrize("suite", list(Suite))
@pytest.mark.parametrize("scanned", [True, False])
async def test_a_tablet_is_let_in_when_an_administrator_types_its_six_digits(
    world: World, suite: Suite, scanned: bool
) -> None:
    await world.store.write(
        lambda tx: tx.run("UPDATE staff SET restricted=? WHERE staff=?", True, SU)
    )
    offer = await offered(world, suite=int(suite), panels=(TEAM_A, TEAM_A2), restricted=True)
    new = tablet(offer.qr, world) if scanned else tablet(offer.code, world, suite)
    digits = await to_digits(world, new)
    assert new.on_poll(await post(world, new.poll())) is None
    device = await devices.confirm(world.site, offer.offer, f"{digits[:3]} {digits[3:]}")
    world.clock.pass_(minutes=9)
    enrolled = new.on_poll(await post(world, new.poll()))
    assert isinstance(enrolled, Enrolled)
    assert enrolled.device == device == new.device
    assert (enrolled.staff, enrolled.district, enrolled.epoch) == (SU, DISTRICT, 1)
    assert {(each.id, each.facility) for each in enrolled.panels} == {
        (TEAM_A, QINGHE),
        (TEAM_A2, QINGHE),
    }
    assert enrolled.restricted
    assert enrolled.trust == world.site.keys.trust[suite].public
    assert enrolled.keys.version == world.site.keys.version
    assert enrolled.kem.private_bytes().hex() not in repr(enrolled)
    row = await world.one(
        "SELECT status, suite, kem_key, chain_epoch, epoch_allowed, lease_until, label, app "
        "FROM device WHERE device=?",
        device,
    )
    lease = world.clock() - 9 * 60_000 + LEASE_MS
    assert row[:3] == ("enrolled", suite, new.kem.public.raw)
    assert row[3:] == (1, 1, lease, "一号平板", "tablet/1")
    key = await world.one("SELECT key, staff, public FROM device_key WHERE device=?", device)
    assert key == (new.signing.public.kid(), SU, new.signing.public.raw)
    carried = await world.rows(
        "SELECT panel, served_csn, acked_csn FROM device_panel WHERE device=?", device
    )
    assert set(carried) == {(TEAM_A, 0, 0), (TEAM_A2, 0, 0)}


async def test_a_tablets_own_words_are_kept_within_bounds(world: World) -> None:
    """No database stops at a sign that it cannot store."""
    offer = await offered(world, label="")
    new = Enrolment(
        offer.code, app="\x00a" * 99, label="平板\x00" * 99, random=os.urandom, now_ms=world.clock()
    )
    await devices.confirm(world.site, offer.offer, await to_digits(world, new))
    app, label = await world.one("SELECT app, label FROM device")
    assert 0 < len(app) <= 64
    assert 0 < len(label) <= 64
    assert "\x00" not in app + label


async def test_the_code_is_nowhere_in_the_database_nor_on_the_line(world: World) -> None:
    offer = await offered(world)
    new = tablet(offer.code, world)
    line = [new.hello()]
    line.append(await post(world, line[0]))
    new.on_hello(line[1])
    line.append(new.join())
    line.append(await post(world, line[2]))
    stored = await world.rows("SELECT * FROM enrol_offer")
    secret = new._code
    for blob in (*line, *(cell for row in stored for cell in row if isinstance(cell, bytes))):
        assert secret not in blob
        assert offer.code.encode() not in blob
    assert offer.code not in repr(offer)


async def test_an_unknown_offer_and_a_wrong_code_are_answered_alike(world: World) -> None:
    await offered(world)
    await refused(world, tablet(typed_form(new_code()), world).hello())
    await refused(world, b"{}")
    await refused(world, b"\xff" * 100)
    with pytest.raises(TooLarge):
        await post(world, b" " * 10_000)


async def test_a_server_that_does_not_know_the_code_is_noticed(world: World) -> None:
    offer = await offered(world)
    new = tablet(offer.code, world)
    answer = msgspec.json.decode(await post(world, new.hello()))
    other = tablet(typed_form(new_code()), world)
    with pytest.raises(NotTheServer):
        other.on_hello(msgspec.json.encode(answer))
    answer["answer"]["commitment"] = answer["answer"]["commitment"][:-4] + "AAA="
    with pytest.raises(NotTheServer):
        new.on_hello(msgspec.json.encode(answer))
    with pytest.raises(NotTheServer):
        new.on_hello(b"not an answer")


async def test_a_code_is_over_after_ten_minutes(world: World) -> None:
    offer = await offered(world)
    early, late = tablet(offer.code, world), tablet(offer.code, world)
    early.on_hello(await post(world, early.hello()))
    early.on_join(await post(world, early.join()))
    world.clock.pass_(minutes=10)
    await refused(world, late.hello())
    with pytest.raises(EnrolRefused):
        await devices.confirm(world.site, offer.offer, early.six_digits())
    with pytest.raises(EnrolmentExpired):
        early.on_poll(await post(world, early.poll()))
    assert await world.rows("SELECT device FROM device") == []


async def test_a_lost_answer_may_be_asked_again_and_another_tablet_may_not_join(
    world: World,
) -> None:
    offer = await offered(world)
    new = tablet(offer.code, world)
    new.on_hello(await post(world, new.hello()))
    first = await post(world, new.join())
    assert await post(world, new.join()) == first, "the same bytes get the same answer"
    second = tablet(offer.code, world)
    second.on_hello(await post(world, second.hello()))
    await refused(world, second.join())
    new.on_join(first)
    await devices.confirm(world.site, offer.offer, new.six_digits())
    await refused(world, new.join())
    await refused(world, tablet(offer.code, world).hello())
    with pytest.raises(EnrolRefused):
        await devices.confirm(world.site, offer.offer, new.six_digits())
    assert new.on_poll(await post(world, new.poll())) is not None


async def test_five_wrong_digits_end_the_offer(world: World) -> None:
    offer = await offered(world)
    new = tablet(offer.code, world)
    right = await to_digits(world, new)
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    for _ in range(5):
        with pytest.raises(EnrolRefused):
            await devices.confirm(world.site, offer.offer, wrong)
    with pytest.raises(EnrolRefused):
        await devices.confirm(world.site, offer.offer, right)
    with pytest.raises(EnrolmentExpired):
        new.on_poll(await post(world, new.poll()))
    assert await world.one("SELECT tries, status FROM enrol_offer") == (5, "expired")
    seen = await world.rows("SELECT detail FROM audit_leaf WHERE what='act'")
    assert sum(detail.startswith(b"enrol-wrong") for (detail,) in seen) == 5


async def test_five_wrong_joins_end_the_offer(world: World) -> None:
    offer = await offered(world)
    new = tablet(offer.code, world)
    new.on_hello(await post(world, new.hello()))
    good = msgspec.json.decode(new.join())
    for n in range(5):
        forged = dict(
            good, sealed=good["sealed"][: -8 - n * 4] + "AAAA" + good["sealed"][-4 - n * 4 :]
        )
        await refused(world, msgspec.json.encode(forged))
    await refused(world, new.join())


async def test_a_forged_poll_learns_nothing(world: World) -> None:
    offer = await offered(world)
    new = tablet(offer.code, world)
    await devices.confirm(world.site, offer.offer, await to_digits(world, new))
    message = msgspec.json.decode(new.poll())
    await refused(world, msgspec.json.encode({**message, "n": 7}))
    assert new.on_poll(await post(world, new.poll())) is not None


async def test_who_sits_between_with_a_stolen_code_shows_other_digits(world: World) -> None:
    """The thief has seen the code, joins with own keys, and plays the server towards the tablet."""
    offer = await offered(world)
    victim, thief = tablet(offer.code, world), tablet(offer.code, world)
    code = victim._code
    thief_digits = await to_digits(world, thief)
    hello = msgspec.json.decode(thief._sent[1], type=enrol_wire.Hello)
    own = Enrolment(
        offer.code, app="", label="", random=os.urandom, now_ms=world.clock()
    )._nonce  # a nonce of the thief's choice
    from_thief = msgspec.structs.replace(hello, commitment=enrol.commitment(own))
    victim.on_hello(reply(code, from_thief, victim.hello()))
    join = victim.join()
    joined = enrol_wire.Joined(nonce=own)
    victim.on_join(reply(code, joined, *victim._sent[:2], join))
    assert victim.six_digits() != thief_digits
    with pytest.raises(EnrolRefused):
        await devices.confirm(world.site, offer.offer, victim.six_digits())


def reply(code: bytes, body: Any, *before: bytes) -> bytes:
    answer = enrol_wire.encode(body)
    mac = answer_mac(code, transcript_hash(*before, answer))
    return enrol_wire.encode(enrol_wire.Reply(answer=msgspec.Raw(answer), mac=mac))


async def test_a_server_that_breaks_its_commitment_is_noticed(world: World) -> None:
    offer = await offered(world)
    new = tablet(offer.code, world)
    new.on_hello(await post(world, new.hello()))
    join = new.join()
    forged = reply(new._code, enrol_wire.Joined(nonce=bytes(32)), *new._sent[:2], join)
    with pytest.raises(NotTheServer):
        new.on_join(forged)


async def test_a_stolen_code_does_not_replace_the_scanned_trust_key(world: World) -> None:
    offer = await offered(world)
    new = tablet(offer.qr, world)
    hello = msgspec.json.decode(await post(world, new.hello()))["answer"]
    other = SigningKeyPair.generate(Suite.X25519_ED25519)
    raw = msgspec.json.encode(hello["bundle"]["bundle"])
    signed = enrol_wire.SignedBundle(
        bundle=msgspec.Raw(raw), signature=other.sign(enrol_wire.TRUST_LABEL + raw)
    )
    forged = enrol_wire.Hello(
        v=1, suite=1, trust=other.public.raw, bundle=signed, commitment=bytes(32)
    )
    with pytest.raises(NotTheServer):
        new.on_hello(reply(new._code, forged, new.hello()))


async def test_another_suite_than_the_offered_one_is_refused(world: World) -> None:
    offer = await offered(world, suite=3)
    await refused(world, tablet(offer.code, world, Suite.X25519_ED25519).hello())


async def test_an_address_that_is_refused_all_the_time_is_not_listened_to(world: World) -> None:
    offer = await offered(world)
    for _ in range(enrol.REFUSALS_PER_MINUTE):
        with pytest.raises(EnrolRefused):
            await enrol.handle(world.site, b"{}", "192.0.2.66")
    with pytest.raises(EnrolRefused):
        await enrol.handle(world.site, tablet(offer.code, world).hello(), "192.0.2.66")
    assert await post(world, tablet(offer.code, world).hello())
    world.clock.pass_(minutes=2)
    assert await enrol.handle(world.site, tablet(offer.code, world).hello(), "192.0.2.66")


async def test_an_offer_names_people_and_panels_that_exist(world: World) -> None:
    with pytest.raises(NotFound):
        await offered(world, staff=an_id("nobody"))
    with pytest.raises(NotFound):
        await offered(world, panels=(an_id("no panel"),))
    with pytest.raises(RuleSaysNo):
        await offered(world, suite=2)
    with pytest.raises(RuleSaysNo):
        await offered(world, panels=())


def test_both_ends_sign_the_trust_bundle_under_one_label() -> None:
    assert enrol_wire.TRUST_LABEL == BUNDLE_LABEL


async def test_a_second_person_on_a_tablet_signs_with_an_own_key(world: World) -> None:
    keys = await enrol_by_hand(world, "一号", staff=SU, panels=(TEAM_A,))
    second = SigningKeyPair.generate(Suite.X25519_ED25519)
    message = enrol_wire.staff_key_message(device=keys.device, staff=XIE, sign=second.public.raw)
    with pytest.raises(RuleSaysNo):
        await staff_keys.add_staff_key(
            world.site, keys.device, staff=SU, public=second.public.raw, proof=second.sign(message)
        )
    kid = await staff_keys.add_staff_key(
        world.site, keys.device, staff=XIE, public=second.public.raw, proof=second.sign(message)
    )
    rows = await world.rows("SELECT key, staff, until FROM device_key ORDER BY since, key")
    assert set(rows) == {(kid, XIE, None), (keys.sign.public.kid(), SU, None)}
    with pytest.raises(RuleSaysNo):  # the same key twice
        await staff_keys.add_staff_key(
            world.site, keys.device, staff=XIE, public=second.public.raw,
            proof=second.sign(message),
        )  # fmt: skip
    with pytest.raises(NotFound):
        await staff_keys.add_staff_key(
            world.site, an_id("no tablet"), staff=XIE, public=second.public.raw, proof=bytes(64)
        )


async def test_revoking_ends_the_keys_and_asks_for_the_copies(world: World) -> None:
    keys = await enrol_by_hand(world, "一号", staff=SU, panels=(TEAM_A,))
    resident = an_id("周谷雨")
    await world.store.write(
        lambda tx: tx.insert("copy", [(DISTRICT, resident, keys.device, 1, "possible", 1)])
    )
    with pytest.raises(RuleSaysNo):
        await devices.revoke(world.site, keys.device, "周谷雨's tablet")
    await devices.revoke(world.site, keys.device, "staff_left")
    assert await world.one("SELECT status, lease_until FROM device") == (
        "revoked",
        world.clock(),
    )
    assert await world.one("SELECT until FROM device_key") == world.clock()
    assert await world.one("SELECT state FROM copy") == "asked"
    with pytest.raises(RuleSaysNo, match="safe_at_in_future"):
        await devices.mark_lost(world.site, keys.device, world.clock() + 1)
    lost = await devices.mark_lost(world.site, keys.device, 0)
    assert lost.residents == (resident,)
    assert await world.one("SELECT status FROM device") == "revoked"
    assert await world.one("SELECT state FROM copy") == "unaccounted"
    with pytest.raises(NotFound):
        await devices.revoke(world.site, NOBODY, "staff_left")


async def test_a_lost_tablet_shows_whose_copies_it_may_hold(world: World) -> None:
    keys = await enrol_by_hand(world, "一号", staff=SU, panels=(TEAM_A,))
    resident, gone = an_id("周谷雨"), an_id("郑㛃")
    await world.store.write(
        lambda tx: tx.insert(
            "copy",
            [
                (DISTRICT, resident, keys.device, 1, "possible", 1),
                (DISTRICT, gone, keys.device, 1, "purged", 1),
            ],
        )
    )
    lost = await devices.mark_lost(world.site, keys.device, world.clock() - 3_600_000)
    assert lost == devices.Lost(changes=(), residents=(resident,))
    assert await world.one("SELECT status FROM device") == "lost"
    states = await world.rows("SELECT resident, state FROM copy")
    assert set(states) == {(resident, "unaccounted"), (gone, "purged")}
    assert await world.one("SELECT kind FROM task") == "lost"


async def test_an_epoch_may_be_confirmed_ahead_of_its_first_batch(world: World) -> None:
    keys = await enrol_by_hand(world, "一号", staff=SU, panels=(TEAM_A,))
    assert await devices.confirm_epoch(world.site, keys.device, staff=SU) == 0
    assert await devices.confirm_epoch(world.site, keys.device, staff=SU) == 0
    assert await world.one("SELECT chain_epoch, epoch_allowed FROM device") == (1, 2)
