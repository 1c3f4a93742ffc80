"""The second version of the envelope: the same guarantees in fewer bytes."""

import os
import zlib
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto import envelope
from crypto.envelope import EnvelopeRefused, Refusal, dictionary_1, kept_up, parse_up, verify_kept
from crypto.headers import UpHeader
from crypto.packed_headers import read_packed_up, write_packed_up
from tests.fuzz.sealed import HANDS, Hands
from tests.vectors import generate_dictionary

SPEC = Path(__file__).parent.parent / "crypto" / "SPEC.md"
both_suites = pytest.mark.parametrize("hands", HANDS, ids=lambda each: each.suite.name)
numbers = st.integers(min_value=1, max_value=2**53 - 1)
hashes = st.just(bytes(32)) | st.binary(min_size=32, max_size=32)


@both_suites
def test_a_packed_batch_travels_up_and_a_packed_answer_down(hands: Hands) -> None:
    for body in (b"", b"{}", os.urandom(5000), dictionary_1() * 9):
        assert hands.take(hands.up(body, packed=True)) == body
        assert hands.take_answer(hands.down(body, packed=True)) == body


@both_suites
def test_every_flipped_bit_before_the_seal_is_refused(hands: Hands) -> None:
    data = hands.up(b"{}", packed=True)
    for bit in range(8 * (8 + len(parse_up(data, 4096).header_bytes))):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(EnvelopeRefused):
            hands.take(bytes(changed))


@both_suites
def test_a_batch_signed_as_one_version_is_not_read_as_the_other(hands: Hands) -> None:
    for packed, magic in ((False, b"GWB2"), (True, b"GWB1")):
        data = hands.up(b"{}", packed=packed)
        with pytest.raises(EnvelopeRefused) as caught:
            hands.take(magic + data[4:])
        assert caught.value.kind is Refusal.BAD_HEADER


@both_suites
def test_a_kept_header_tells_under_which_version_it_was_signed(hands: Hands) -> None:
    for packed in (False, True):
        sealed = parse_up(hands.up(b"{}", packed=packed), 4096)
        magic, header = kept_up(sealed.header_bytes)
        assert (magic, header) == (sealed.magic, sealed.header)
        kept = (magic, sealed.header_bytes, sealed.body_hash, sealed.signature)
        assert verify_kept(*kept, hands.device_sign.public)


def test_a_bomb_behind_the_dictionary_is_refused_at_the_limit() -> None:
    bomb = envelope._deflate(bytes(1 << 20), dictionary=dictionary_1())
    for most, kind in ((1 << 20, None), ((1 << 20) - 1, Refusal.TOO_LARGE_INFLATED)):
        if kind is None:
            assert envelope._inflate(bomb, most, dictionary_1()) == bytes(1 << 20)
            continue
        with pytest.raises(EnvelopeRefused) as caught:
            envelope._inflate(bomb, most, dictionary_1())
        assert caught.value.kind is kind


def test_the_dictionary_is_the_one_of_the_format_and_of_the_app() -> None:
    assert sha256(dictionary_1()).hexdigest() in SPEC.read_text("utf-8")
    assert generate_dictionary.TARGET.read_text("utf-8") == generate_dictionary.module()


def test_a_stored_block_before_the_stream_does_what_a_dictionary_does() -> None:
    body = dictionary_1()[:900] + b"128/84"
    size = len(dictionary_1()).to_bytes(2, "little")
    block = b"\0" + size + bytes(each ^ 255 for each in size) + dictionary_1()
    deflated = envelope._deflate(body, dictionary=dictionary_1())
    assert zlib.decompress(block + deflated, -15) == dictionary_1() + body


@settings(max_examples=200)
@given(numbers, numbers, hashes, hashes, st.sets(numbers, max_size=32))
def test_a_packed_header_has_one_form(
    epoch: int, seq: int, prev: bytes, root: bytes, replaces: set[int]
) -> None:
    header = UpHeader(
        suite=1, kid=b"k" * 8, device=b"d" * 16, signer=b"a" * 8, epoch=epoch, seq=seq, prev=prev,
        root=root, replaces=tuple(sorted(replaces)),
    )  # fmt: skip
    written = write_packed_up(header, 1)
    assert read_packed_up(written) == header
    with pytest.raises(EnvelopeRefused):
        read_packed_up(written + b"\0")
    with pytest.raises(EnvelopeRefused):
        read_packed_up(written[:-1])
