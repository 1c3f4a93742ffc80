"""Envelopes under attack: every cut, bombs, other people's signatures. Random ones: tests/fuzz."""

import os
import tracemalloc
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto import envelope
from crypto.envelope import (
    DownHeader,
    EnvelopeRefused,
    Refusal,
    UpHeader,
    open_body,
    padded_size,
    parse_down,
    parse_up,
    seal_down,
    seal_up,
    signed_message,
    verify,
    verify_kept,
)
from crypto.keys import KemKeyPair, SigningKeyPair, Suite
from crypto.primitives import sha256

MAX_BYTES = 1 << 20
MAX_INFLATED = 1 << 20
BODY = '{"changes":[{"血压":"128/84"}]}'.encode() * 9


@dataclass(frozen=True)
class Cast:
    """One server and one tablet that know each other."""

    suite: Suite
    server_kem: KemKeyPair
    server_sign: SigningKeyPair
    device_kem: KemKeyPair
    device_sign: SigningKeyPair
    device: bytes

    def header(self) -> UpHeader:
        return UpHeader(
            suite=self.suite,
            kid=self.server_kem.public.kid(),
            device=self.device,
            signer=self.device_sign.public.kid(),
            epoch=2,
            seq=9,
            prev=sha256(b"previous"),
            root=sha256(b"root"),
            replaces=(8,),
        )

    def up(self, body: bytes = BODY) -> bytes:
        header, key = self.header(), self.server_kem.public
        return seal_up(header, body, recipient=key, signer=self.device_sign)

    def down(self, body: bytes = BODY) -> bytes:
        header = DownHeader(
            suite=self.suite,
            kid=self.device_kem.public.kid(),
            signer=self.server_sign.public.kid(),
            device=self.device,
            request=sha256(b"request"),
            feed_epoch=1,
            trust=4,
        )
        return seal_down(header, body, recipient=self.device_kem.public, signer=self.server_sign)

    def take(self, data: bytes, max_inflated: int = MAX_INFLATED) -> bytes:
        sealed = parse_up(data, MAX_BYTES)
        verify(sealed, self.device_sign.public)
        return open_body(sealed, self.server_kem, max_inflated)


def make(suite: Suite) -> Cast:
    return Cast(
        suite=suite,
        server_kem=KemKeyPair.generate(suite),
        server_sign=SigningKeyPair.generate(suite),
        device_kem=KemKeyPair.generate(suite),
        device_sign=SigningKeyPair.generate(suite),
        device=os.urandom(16),
    )


CASTS = [make(suite) for suite in Suite]
both_suites = pytest.mark.parametrize("cast", CASTS, ids=lambda cast: cast.suite.name)


def flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << (bit % 8)
    return bytes(changed)


def refusal_of(cast: Cast, data: bytes) -> Refusal:
    with pytest.raises(EnvelopeRefused) as caught:
        cast.take(data)
    return caught.value.kind


@both_suites
def test_a_batch_travels_up_and_an_answer_down(cast: Cast) -> None:
    data = cast.up()
    batch = parse_up(data, MAX_BYTES)
    assert batch.header == cast.header()
    assert batch.digest == sha256(data)
    assert cast.take(data) == BODY
    answer = parse_down(cast.down(), MAX_BYTES)
    verify(answer, cast.server_sign.public)
    assert answer.header.trust == 4
    assert open_body(answer, cast.device_kem, MAX_INFLATED) == BODY


@both_suites
def test_every_single_flipped_bit_outside_the_ciphertext_is_refused(cast: Cast) -> None:
    data = cast.up()
    batch = parse_up(data, MAX_BYTES)
    front = 8 + len(batch.header_bytes) + len(batch.enc)
    allowed = {Refusal.BAD_MAGIC, Refusal.TRUNCATED, Refusal.BAD_HEADER}
    allowed |= {Refusal.UNKNOWN_SUITE, Refusal.BAD_SIGNATURE}
    for bit in [*range(front * 8), *range((len(data) - 64) * 8, len(data) * 8)]:
        assert refusal_of(cast, flipped(data, bit)) in allowed, bit


@both_suites
def test_flipped_bits_of_the_ciphertext_are_refused_as_bad_signature(cast: Cast) -> None:
    data = cast.up(os.urandom(3000))
    batch = parse_up(data, MAX_BYTES)
    start = len(data) - 64 - len(batch.ciphertext)
    bits = range(start * 8, (len(data) - 64) * 8)
    for bit in [*bits[::37], *bits[-16 * 8 :]]:
        assert refusal_of(cast, flipped(data, bit)) is Refusal.BAD_SIGNATURE, bit


@both_suites
def test_an_envelope_cut_at_any_length_is_refused(cast: Cast) -> None:
    data = cast.up()
    kinds = {refusal_of(cast, data[:size]) for size in range(len(data))}
    assert kinds == {Refusal.TRUNCATED, Refusal.BAD_SIGNATURE}


@both_suites
def test_bytes_appended_are_refused(cast: Cast) -> None:
    data = cast.up()
    for count in range(1, 70):
        assert refusal_of(cast, data + bytes(count)) in {Refusal.TRUNCATED, Refusal.BAD_SIGNATURE}


@both_suites
def test_an_envelope_resigned_as_another_device_does_not_open(cast: Cast) -> None:
    thief, batch = SigningKeyPair.generate(cast.suite), parse_up(cast.up(), MAX_BYTES)
    own = replace(cast.header(), device=os.urandom(16), signer=thief.public.kid())
    shell = parse_up(seal_up(own, b"", recipient=cast.server_kem.public, signer=thief), MAX_BYTES)
    message = signed_message(b"GWB1", shell.header_bytes, batch.body_hash)
    length = len(shell.header_bytes).to_bytes(4, "big")
    stolen = b"GWB1" + length + shell.header_bytes + batch.enc + batch.ciphertext
    sealed = parse_up(stolen + thief.sign(message), MAX_BYTES)
    verify(sealed, thief.public)  # the signature is good, it is the thief's own
    with pytest.raises(EnvelopeRefused) as caught:
        open_body(sealed, cast.server_kem, MAX_INFLATED)
    assert caught.value.kind is Refusal.CANNOT_OPEN


@both_suites
def test_a_bomb_is_refused_before_it_fills_the_memory(cast: Cast) -> None:
    bomb = cast.up(bytes(200 << 20))
    assert len(bomb) < 300_000
    sealed = parse_up(bomb, MAX_BYTES)
    tracemalloc.start()
    with pytest.raises(EnvelopeRefused) as caught:
        open_body(sealed, cast.server_kem, MAX_INFLATED)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert caught.value.kind is Refusal.TOO_LARGE_INFLATED
    assert peak_bytes < 6 * MAX_INFLATED


def test_the_limit_of_inflation_is_exact() -> None:
    cast = CASTS[0]
    for size in (0, 1, 1000, 40_000):
        data = cast.up(bytes(size))
        assert cast.take(data, size) == bytes(size)
        if size:
            with pytest.raises(EnvelopeRefused, match="too_large_inflated"):
                cast.take(data, size - 1)


def test_another_suites_key_neither_verifies_nor_opens() -> None:
    one, three = CASTS
    sealed = parse_up(one.up(), MAX_BYTES)
    with pytest.raises(EnvelopeRefused, match="bad_signature"):
        verify(sealed, three.device_sign.public)
    with pytest.raises(EnvelopeRefused, match="cannot_open"):
        open_body(sealed, three.server_kem, MAX_INFLATED)


def test_what_the_journal_keeps_still_proves_the_signature() -> None:
    cast = CASTS[0]
    batch = parse_up(cast.up(), MAX_BYTES)
    kept = (batch.magic, batch.header_bytes, batch.body_hash, batch.signature)
    assert verify_kept(*kept, cast.device_sign.public)
    assert not verify_kept(*kept, cast.server_sign.public)
    assert not verify_kept(b"GWD1", *kept[1:], cast.device_sign.public)
    assert not verify_kept(*kept[:2], sha256(b"other body"), kept[3], cast.device_sign.public)


def test_a_sender_cannot_name_keys_it_does_not_use() -> None:
    cast, other = CASTS[0], make(Suite.X25519_ED25519)
    with pytest.raises(ValueError, match="another key"):
        seal_up(cast.header(), b"", recipient=other.server_kem.public, signer=cast.device_sign)
    with pytest.raises(ValueError, match="another key"):
        seal_up(cast.header(), b"", recipient=cast.server_kem.public, signer=other.device_sign)
    with pytest.raises(ValueError, match="one suite"):
        seal_up(cast.header(), b"", recipient=CASTS[1].server_kem.public, signer=cast.device_sign)


@pytest.mark.parametrize(
    "wrong",
    [
        {"seq": None},
        {"counter": 1},
        {"seq": 0},
        {"epoch": 0},
        {"epoch": 2**53},
        {"kid": bytes(7)},
        {"device": bytes(15)},
        {"prev": bytes(31)},
        {"replaces": (2, 1)},
        {"replaces": (1, 1)},
        {"replaces": tuple(range(1, 40))},
        {"seq": None, "counter": 1},
    ],
    ids=str,
)
def test_a_header_that_no_opener_takes_cannot_be_made(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"header|batches|outside"):
        replace(CASTS[0].header(), **wrong)


def test_the_longest_header_fits() -> None:
    numbers = tuple(range(2**53 - 32, 2**53))
    longest = replace(CASTS[0].header(), epoch=2**53 - 1, seq=2**53 - 1, replaces=numbers)
    cast = CASTS[0]
    data = seal_up(longest, b"", recipient=cast.server_kem.public, signer=cast.device_sign)
    assert parse_up(data, MAX_BYTES).header == longest


def test_two_bodies_of_nearly_one_size_travel_as_one_size() -> None:
    cast = CASTS[0]
    sizes = {len(cast.up(os.urandom(5000 + extra))) for extra in range(0, 100, 20)}
    assert len(sizes) <= 2


@given(st.integers(0, 1 << 22))
def test_padding_is_whole_steps_and_costs_at_most_a_sixteenth(length: int) -> None:
    size = padded_size(length)
    assert size % 32 == 0
    assert 0 <= size - (length + 4) < max(32, (length + 4) // 16 + 1)


def test_a_refusal_tells_its_kind_and_nothing_else() -> None:
    cast = CASTS[0]
    with pytest.raises(EnvelopeRefused) as caught:
        cast.take(cast.up(b"secret words" * 100), 10)
    assert str(caught.value) == "envelope refused: too_large_inflated"
    assert caught.value.__context__ is None or "secret" not in str(caught.value.__context__)


def test_threads_may_share_keys() -> None:
    cast = CASTS[0]
    with ThreadPoolExecutor(4) as pool:
        bodies = [os.urandom(200) for _ in range(60)]
        assert list(pool.map(lambda body: cast.take(cast.up(body)), bodies)) == bodies


def test_a_body_is_deflated_raw() -> None:
    deflated = envelope._deflate(BODY)
    assert zlib.decompress(deflated, wbits=-15) == BODY
