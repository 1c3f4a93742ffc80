"""Envelopes that lie, break or come from the wrong hand: refused alike before a signature, kept
and answered after it.

What is refused leaves nothing behind; what is signed by a known tablet is never refused, whatever
is inside.
"""

import random
import resource
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest

from crypto.envelope import DownHeader, parse_down, parse_up, seal_down, seal_up
from crypto.keys import KemKeyPair, SigningKeyPair, Suite
from server.actions.keeping.keyring import renew_kem
from server.actions.keeping.site import district_key_blob
from server.actions.tablets.exchange import exchange
from server.actions.tablets.release import release
from server.errors import NotAnEnvelope, TooLarge
from server.store.tx import Tx
from server.store.vault import NOBODY
from sync import wire
from sync.limits import ANSWER_BYTES, ENVELOPE_BYTES
from sync.tablet_state import NotTheServer
from tests.cast_forms import good
from tests.forge import DAY, Forger, counts, everything, forger
from tests.world import HE, SU, TEAM_A, TEAM_B, WU, XIE, ZHENG, ZHOU, World, field

VISIT = {"next_date": "2027-02-18"}


async def refused(world: World, raw: bytes) -> str:
    """Sends bytes that must be refused without a trace; the kind, which only the log may know."""
    before = await counts(world)
    with pytest.raises(NotAnEnvelope) as caught:
        await exchange(world.site, raw)
    assert (caught.value.code, caught.value.status) == ("not_an_envelope", 400)
    assert await counts(world) == before
    return caught.value.detail


# ---- before a valid signature: one answer, no trace ---------------------------------------------


async def test_an_envelope_over_the_limit_is_refused_before_it_is_parsed(world: World) -> None:
    liar = await forger(world)
    raw = liar.envelope(liar.visit(ZHOU))
    before = await counts(world)
    with pytest.raises(TooLarge) as caught:
        await exchange(world.site, raw + bytes(ENVELOPE_BYTES + 1 - len(raw)))
    assert (caught.value.code, caught.value.status) == ("too_large", 413)
    assert await counts(world) == before
    assert (await liar.post(raw)).state() == ("applied", "")


async def test_an_envelope_cut_short_anywhere_is_refused(world: World) -> None:
    liar = await forger(world)
    raw = liar.envelope(liar.visit(ZHOU))
    cuts = {*range(40), *range(40, len(raw), 61), *range(len(raw) - 66, len(raw))}
    kinds = {await refused(world, raw[:cut]) for cut in sorted(cuts)}
    assert kinds <= {"truncated", "bad_magic", "bad_header", "bad_signature"}
    assert (await liar.post(raw)).state() == ("applied", "")


async def test_a_bit_flipped_anywhere_in_an_envelope_is_refused(world: World) -> None:
    liar = await forger(world)
    raw = liar.envelope(liar.visit(ZHOU), liar.visit(WU))
    header_end = 8 + int.from_bytes(raw[4:8])
    places = {*range(header_end), *range(header_end, len(raw), 23), *range(len(raw) - 64, len(raw))}
    bits = random.Random(2)
    for place in sorted(places):
        broken = bytearray(raw)
        broken[place] ^= 1 << bits.randrange(8)
        await refused(world, bytes(broken))
    assert (await liar.post(raw)).n == 2


async def test_bytes_after_the_end_of_an_envelope_are_refused(world: World) -> None:
    liar = await forger(world)
    raw = liar.envelope(liar.visit(ZHOU))
    for tail in (b"\x00", b"\n", bytes(64), raw):
        assert await refused(world, raw + tail) in ("bad_signature", "truncated")


async def test_an_envelope_signed_again_by_another_enrolled_tablet_is_refused(world: World) -> None:
    su, xie = await forger(world, "07"), await forger(world, "11", staff=XIE)
    raw = su.envelope(su.visit(ZHOU))
    header_bytes = raw[8 : 8 + int.from_bytes(raw[4:8])]
    signed = parse_up(raw, ENVELOPE_BYTES)
    message = b"gongwei/GWB1/signature\x00" + raw[4 : 8 + len(header_bytes)] + signed.body_hash
    assert await refused(world, raw[:-64] + xie.keys.sign.sign(message)) == "bad_signature"
    # With the header rewritten to the second tablet the content no longer opens: it is bound to
    # its header.
    stolen = xie.header(signed.header.root)
    forged = seal_up(
        stolen, b"", recipient=world.site.keys.newest_kem[Suite(1)].public, signer=xie.keys.sign
    )
    other_header = forged[: 8 + int.from_bytes(forged[4:8])]
    body = raw[8 + len(header_bytes) : -64]
    hashed = sha256(body).digest()
    message = b"gongwei/GWB1/signature\x00" + other_header[4:] + hashed
    reply = await xie.post(other_header + body + xie.keys.sign.sign(message))
    assert (reply.n, reply.whole) == (0, "cannot_open")
    assert await world.one("SELECT COUNT(*) FROM change WHERE device=?", xie.keys.device) == 0
    assert (await su.post(raw)).state() == ("applied", "")


async def test_a_tablet_that_was_never_enrolled_is_refused(world: World) -> None:
    known = await forger(world)
    kem, sign = KemKeyPair.generate(Suite(1)), SigningKeyPair.generate(Suite(1))
    for device in (known.keys.device, bytes(16)):
        keys = type(known.keys)(device, SU, (TEAM_A,), kem, sign)
        stranger = Forger(world, keys)
        assert await refused(world, stranger.envelope(stranger.visit(ZHOU))) == "unknown_signer"


async def test_a_known_key_under_another_tablets_name_is_refused(world: World) -> None:
    su, xie = await forger(world, "07"), await forger(world, "11", staff=XIE)
    keys = type(su.keys)(xie.keys.device, SU, (TEAM_A,), su.keys.kem, su.keys.sign)
    mixed = Forger(world, keys)
    assert await refused(world, mixed.envelope(mixed.visit(ZHOU))) == "unknown_signer"


async def test_a_suite_nobody_agreed_on_is_refused(world: World) -> None:
    liar = await forger(world)
    raw = liar.envelope(liar.visit(ZHOU))
    for suite, kind in ((b"2", "unknown_suite"), (b"21248", "unknown_suite"), (b"3", "truncated")):
        spoilt = raw[8 : 8 + int.from_bytes(raw[4:8])].replace(b'"s":1', b'"s":' + suite)
        envelope = raw[:4] + len(spoilt).to_bytes(4) + spoilt + raw[8 + int.from_bytes(raw[4:8]) :]
        assert await refused(world, envelope) == kind


async def test_a_header_with_a_name_twice_or_one_too_many_is_refused(world: World) -> None:
    liar = await forger(world)
    raw = liar.envelope(liar.visit(ZHOU))
    end = 8 + int.from_bytes(raw[4:8])
    header = raw[8:end]
    for spoilt in (
        header[:-1] + b',"e":2}', header[:-1] + b',"z":1}', header.replace(b'"e":1', b'"e":01'),
        header.replace(b"{", b"{ "), header.replace(b'"q":1', b'"q":1,"c":1'), b"{}", b"",
        header.replace(b'"e":1', b'"e":9007199254740993'),
    ):  # fmt: skip
        assert (
            await refused(world, raw[:4] + len(spoilt).to_bytes(4) + spoilt + raw[end:])
            == "bad_header"
        )


# ---- after a valid signature: kept and answered -------------------------------------------------


async def test_an_envelope_that_opens_to_a_bomb_is_kept_whole_in_bounded_memory(
    world: World,
) -> None:
    liar = await forger(world)
    plain = b'{"v":1,"app":"' + b"a" * 60_000_000 + b'"}'
    raw = liar.seal(plain, liar.header(bytes(32)))
    assert len(raw) < ENVELOPE_BYTES  # sixty megabytes in less than a hundred kilobytes
    del plain
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    reply = await liar.post(raw)
    grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert reply.whole == "too_large_inflated"
    assert grown_kib < 24 * 1024
    assert await world.one("SELECT COUNT(*) FROM envelope WHERE device=?", liar.keys.device) == 1
    assert (await liar.send(liar.visit(ZHOU))).state() == ("applied", "")


async def test_a_batch_of_a_million_tiny_changes_is_kept_whole_and_makes_no_rows(
    world: World,
) -> None:
    liar = await forger(world)
    raw = liar.envelope(liar.visit(ZHOU), spoil=lambda plain: plain.replace(
        b'"changes":[', b'"changes":[' + b"1," * 1_500_000))  # fmt: skip
    assert len(raw) < ENVELOPE_BYTES
    before = await counts(world)
    reply = await liar.post(raw)
    assert (reply.n, reply.whole) == (0, "too_many_changes")
    after = await counts(world)
    grown = {name: after[name] - before[name] for name in before if after[name] != before[name]}
    assert grown == {"batch": 1, "envelope": 1, "task": 1, "audit_leaf": 1}


@pytest.mark.parametrize(
    ("plain", "why"),
    [
        (b"", "malformed"),
        (b"[]", "malformed"),
        (b"{", "malformed"),
        (b'{"v":1}', "malformed"),
        (b"\xff\xfe", "malformed"),
        (b"[" * 100_000, "malformed"),
    ],
)
async def test_a_batch_that_cannot_be_read_is_quarantined_whole_and_the_next_goes_on(
    world: World, plain: bytes, why: str
) -> None:
    liar = await forger(world)
    reply = await liar.post(liar.seal(plain, liar.header(bytes(32))))
    assert (reply.n, reply.whole) == (0, why)
    assert await world.one("SELECT COUNT(*) FROM task WHERE kind='quarantine'") == 1
    assert (await liar.send(liar.visit(ZHOU))).state() == ("applied", "")


async def test_a_batch_whose_root_is_not_over_its_changes_is_quarantined_whole(
    world: World,
) -> None:
    liar = await forger(world)
    batch = wire.encode(liar.batch(liar.visit(ZHOU)))
    reply = await liar.post(liar.seal(batch, liar.header(bytes(31) + b"\x01")))
    assert reply.whole == "wrong_commitment"
    other = wire.encode(liar.batch(liar.visit(WU), staff=XIE))
    assert (await liar.post(liar.seal(other, liar.header(bytes(32))))).whole == "staff_not_signer"
    assert await world.one("SELECT COUNT(*) FROM change WHERE device=?", liar.keys.device) == 0
    assert await world.one("SELECT COUNT(*) FROM envelope WHERE device=?", liar.keys.device) == 2


async def test_changes_outside_the_chain_are_not_taken(world: World) -> None:
    liar = await forger(world)
    batch = liar.batch(liar.visit(ZHOU))
    raw = liar.seal(wire.encode(batch), liar.header(bytes(32), counter=1))
    before = await counts(world)
    reply = await liar.post(raw)
    assert reply.answer.receipt is None
    assert await counts(world) == before


async def test_a_batch_sent_twice_gets_the_stored_receipt_byte_for_byte(world: World) -> None:
    liar = await forger(world)
    raw = liar.envelope(liar.visit(ZHOU), liar.visit(WU, sbp=999))
    first = await liar.post(raw)
    before = await counts(world)
    world.clock.pass_(hours=3)
    again = await liar.post(raw)
    assert first.answer.receipt == again.answer.receipt
    assert await counts(world) == before


async def test_batches_out_of_order_wait_for_the_gap_to_be_filled(world: World) -> None:
    liar = await forger(world)
    raws: list[bytes] = []
    for _ in range(3):
        raws.append(liar.envelope(liar.visit(ZHOU)))
        liar.seq, liar.prev = liar.seq + 1, sha256(raws[-1]).digest()
    before = await counts(world)
    for raw in (raws[2], raws[1]):
        reply = await liar.post(raw)
        assert (reply.answer.refused, reply.answer.receipt) == ("gap", None)
        assert reply.answer.head is not None
        assert (reply.answer.head.epoch, reply.answer.head.seq) == (1, 0)
        assert await counts(world) == before
    for raw in raws:
        assert (await liar.post(raw)).state() == ("applied", "")
    assert await world.one("SELECT COUNT(*) FROM change WHERE device=?", liar.keys.device) == 3


async def test_a_second_batch_for_a_place_that_is_taken_is_a_fork_and_is_kept(world: World) -> None:
    liar = await forger(world)
    twin = Forger(world, liar.keys)
    await liar.send(liar.visit(ZHOU))
    reply = await twin.send(twin.visit(WU))
    assert reply.state() == ("quarantined", "fork")
    assert await world.one("SELECT COUNT(*) FROM task WHERE kind='fork'") == 1
    assert (await liar.send(liar.visit(ZHENG))).state() == ("applied", "")


async def test_an_unknown_server_key_is_told_and_the_batch_is_sealed_again(world: World) -> None:
    su = await field(world, "07")
    await su.settle()
    visit = su.tablet.save_event(ZHOU, "htn_followup", DAY, good("htn_followup", **VISIT))
    su.tablet.seal()
    forgotten = set(world.site.keys.kem)

    async def renew_and_forget(tx: Tx) -> None:
        vault = world.site.vault
        key = vault.key(NOBODY, await district_key_blob(tx, world.site.district))
        await renew_kem(tx, vault, key, world.clock())
        await tx.run("DELETE FROM server_key WHERE purpose='kem' AND epoch=1")

    await world.store.write(renew_and_forget)
    await world.site.reload_keys()
    assert not forgotten & set(world.site.keys.kem)
    first = await su.go()
    assert first.refused == "unknown_key"
    await su.settle()
    assert su.tablet.fate(visit) == ("applied", "")
    assert await world.one("SELECT COUNT(*) FROM change WHERE change=?", visit) == 1


@pytest.mark.parametrize("status", ["lost", "revoked"])
async def test_a_lost_tablet_gets_receipts_and_wipe_and_never_a_page(
    world: World, status: str
) -> None:
    liar = await forger(world)
    assert (await liar.post(liar.empty(cursors=everything()))).answer.pages
    await world.store.write(
        lambda tx: tx.run("UPDATE device SET status=? WHERE device=?", status, liar.keys.device)
    )
    before = await counts(world)
    visit = liar.visit(ZHOU)
    reply = await liar.send(visit, liar.edit(ZHOU, {"phone": "13900000000"}), cursors=everything())
    assert [reply.state(n) for n in (0, 1)] == [("quarantined", "device_not_trusted")] * 2
    assert reply.commands == ["wipe"]
    assert (reply.answer.pages, reply.answer.outcomes) == ((), ())
    empty = await liar.post(liar.empty(cursors=everything()))
    assert (empty.commands, empty.answer.pages) == (["wipe"], ())
    after = await counts(world)
    assert (after["copy"], after["feed"]) == (before["copy"], before["feed"])
    assert await release(world.site, wire.change(visit).id, staff=XIE) == "applied"
    other = await field(world, "11", staff=XIE)
    await other.settle()
    assert wire.change(visit).id in {
        wire.change(e.change).id for e in other.tablet.archive.events(ZHOU)
    }


async def test_a_tablet_with_p256_keys_works_end_to_end(world: World) -> None:
    p256 = await field(world, "21", suite=Suite.P256_ES256)
    plain = await field(world, "11", staff=XIE)
    await p256.settle()
    visit = p256.tablet.save_event(ZHOU, "htn_followup", DAY, good("htn_followup", **VISIT))
    results = await p256.settle()
    assert p256.tablet.fate(visit) == ("applied", "")
    assert results[-1].agrees is True
    await plain.settle()
    assert len(plain.tablet.archive.events(ZHOU)) == 2
    liar = await forger(world, "22", suite=Suite.P256_ES256)
    raw = liar.envelope(liar.visit(ZHOU))
    for place in range(0, len(raw), 37):
        await refused(world, raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :])
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    mirrored = raw[:-32] + (order - int.from_bytes(raw[-32:])).to_bytes(32)
    assert await refused(world, mirrored) == "bad_signature"  # else a second digest of one batch
    assert (await liar.post(raw)).state() == ("applied", "")


# ---- forged answers -----------------------------------------------------------------------------


async def test_a_forged_answer_changes_nothing_on_the_tablet(world: World) -> None:
    su, he = await field(world, "07"), await field(world, "31", staff=HE, panels=(TEAM_B,))
    await su.settle()
    visit = su.tablet.save_event(ZHOU, "htn_followup", DAY, good("htn_followup", **VISIT))
    old_request = su.tablet.request()
    assert old_request is not None
    answer = (await exchange(world.site, old_request)).answer
    disk = (su.tablet.disk.rows("SELECT * FROM entity"), su.tablet.disk.rows("SELECT * FROM batch"))

    def untouched() -> bool:
        now = (
            su.tablet.disk.rows("SELECT * FROM entity"),
            su.tablet.disk.rows("SELECT * FROM batch"),
        )
        return now == disk and su.tablet.fate(visit) == ("", "")

    for place in [
        *range(0, 300, 7),
        *range(300, len(answer), 97),
        *range(len(answer) - 64, len(answer)),
    ]:
        broken = answer[:place] + bytes([answer[place] ^ 4]) + answer[place + 1 :]
        with pytest.raises(NotTheServer):
            su.tablet.take(old_request, broken)
    for cut in (0, 3, 8, 100, len(answer) - 1):
        with pytest.raises(NotTheServer):
            su.tablet.take(old_request, answer[:cut])
    theirs = he.tablet.request()
    assert theirs is not None
    with pytest.raises(NotTheServer):
        su.tablet.take(old_request, (await exchange(world.site, theirs)).answer)
    with pytest.raises(NotTheServer):
        su.tablet.take(theirs, answer)
    header = parse_down(answer, ANSWER_BYTES).header
    wipe = wire.encode(wire.Answer(v=1, now=world.clock(), commands=(wire.Command(do="wipe"),)))
    for spoilt in (
        {"feed_epoch": 0}, {"trust": 0}, {"request": bytes(32)}, {"device": he.keys.device},
    ):  # fmt: skip
        facts: dict[str, Any] = {
            "suite": 1, "kid": header.kid, "signer": header.signer, "device": header.device,
            "request": header.request, "feed_epoch": header.feed_epoch, "trust": header.trust,
            **spoilt,
        }  # fmt: skip
        raw = seal_down(
            DownHeader(**facts), wipe,
            recipient=su.keys.kem.public, signer=world.site.keys.sign[Suite(1)],
        )  # fmt: skip
        with pytest.raises(NotTheServer):
            su.tablet.take(old_request, raw)
    impostor = SigningKeyPair.generate(Suite(1))
    raw = seal_down(
        replace(header, signer=impostor.public.kid()), wipe,
        recipient=su.keys.kem.public, signer=impostor,
    )  # fmt: skip
    with pytest.raises(NotTheServer):
        su.tablet.take(old_request, raw)
    assert untouched()
    assert su.tablet.take(old_request, answer).receipts == 1
