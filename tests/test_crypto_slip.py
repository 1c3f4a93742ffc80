"""A slip is good for its own key, call, file and piece (SPEC 9.2)."""

import pytest

from crypto.keys import SigningKeyPair, SigningPublicKey, Suite
from crypto.primitives import sha256
from crypto.slip import (
    SLIP_SIZE,
    Slip,
    SlipRefused,
    Verb,
    head_slip,
    parse_slip,
    put_slip,
    verify_slip,
)

DEVICE, FILE = bytes(range(16)), bytes(range(32))


def taken(raw: bytes, public: SigningPublicKey) -> Slip:
    slip = parse_slip(raw)
    verify_slip(raw, public)
    return slip


@pytest.mark.parametrize("suite", [Suite.X25519_ED25519, Suite.P256_ES256])
def test_a_slip_says_what_was_signed_and_every_changed_byte_is_refused(suite: Suite) -> None:
    pair = SigningKeyPair.from_private(suite, bytes(31) + b"\x07")
    raw = put_slip(DEVICE, FILE, 131_072, b"piece", signer=pair)
    slip = taken(raw, pair.public)
    assert (slip.verb, slip.device, slip.file, slip.at) == (Verb.PUT, DEVICE, FILE, 131_072)
    assert slip.covers(b"piece")
    assert not slip.covers(b"Piece")
    for at in range(0, SLIP_SIZE, 7):
        changed = bytearray(raw)
        changed[at] ^= 1
        with pytest.raises(SlipRefused):
            taken(bytes(changed), pair.public)


def test_another_key_and_another_length_are_refused() -> None:
    mine, other = (
        SigningKeyPair.from_private(Suite.X25519_ED25519, bytes([n]) * 32) for n in (1, 2)
    )
    raw = head_slip(DEVICE, FILE, signer=mine)
    assert parse_slip(raw).digest == sha256(b"")
    with pytest.raises(SlipRefused):
        verify_slip(raw, other.public)
    for wrong in (raw[:-1], raw + b"\x00", b"", b"GWP2" + raw[4:], raw[:4] + b"\x03" + raw[5:]):
        with pytest.raises(SlipRefused):
            parse_slip(wrong)
