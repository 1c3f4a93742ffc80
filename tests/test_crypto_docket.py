"""A docket proves what was signed and when, without the tablet that signed it (SPEC 9.4)."""

from dataclasses import replace

import pytest

from crypto.docket import (
    Docket,
    DocketRefused,
    bytes_of,
    is_number,
    number_of,
    parse_docket,
    seal_docket,
    text_of,
    verify_docket,
)
from crypto.keys import SigningKeyPair, Suite

KEY = SigningKeyPair.from_private(Suite.X25519_ED25519, bytes([0x22]) * 32)
DOCKET = Docket(
    act=bytes(range(16)), resident=bytes([7]) * 16, team=bytes([8]) * 16, at=1_795_132_800_000,
    device=bytes([9]) * 16, signer=KEY.public.kid(), ground="moved",
)  # fmt: skip


@pytest.mark.parametrize("suite", [Suite.X25519_ED25519, Suite.P256_ES256])
def test_it_says_what_was_signed(suite: Suite) -> None:
    key = SigningKeyPair.generate(suite)
    said = replace(DOCKET, signer=key.public.kid())
    raw = bytes_of(text_of(seal_docket(said, signer=key)))
    assert parse_docket(raw) == said
    verify_docket(raw, key.public)
    with pytest.raises(DocketRefused):
        verify_docket(raw, KEY.public)


def proved(raw: bytes) -> bool:
    try:
        parse_docket(raw)
        verify_docket(raw, KEY.public)
    except DocketRefused:
        return False
    return True


def test_one_changed_bit_proves_nothing() -> None:
    raw = bytearray(seal_docket(DOCKET, signer=KEY))
    assert proved(bytes(raw))
    for at in range(len(raw)):
        raw[at] ^= 1
        assert not proved(bytes(raw))
        raw[at] ^= 1


@pytest.mark.parametrize("text", ["", "GWC1:", "GWP1:AAAA", "GWC1:不是", "GWC1:AA==", "A" * 900])
def test_what_is_no_docket_is_told_so(text: str) -> None:
    with pytest.raises(DocketRefused):
        parse_docket(bytes_of(text))


def test_a_number_that_was_misheard_is_noticed() -> None:
    number = number_of(DOCKET.act)
    assert number == "676662925676"
    assert is_number(number)
    wrong = [number[:at] + str((int(number[at]) + 1) % 10) + number[at + 1 :] for at in range(12)]
    assert not any(map(is_number, wrong))
    assert not is_number("12")
