"""GW1: the code on a printed card or a phone that says who came to a checkup day (体检卡, 当日码).

It names a random id and nothing of the person, and it identifies without proving: it opens no
archive, and whoever scans it compares a masked name with who stands there. What it must prove is
that this district made it, with no network: a signature, an end, the keys and the revoked ids of
a signed list (SPEC 11).
"""

import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final

from crypto import base45, damm
from crypto.keys import SigningKeyPair, SigningPublicKey, Suite
from crypto.primitives import SIGNATURE_SIZE, sha256

PREFIX: Final = "GW1:"
VERSION: Final = 1
ID_SIZE: Final = 16
DIGITS: Final = 12
_SIGNED: Final = 1 + 1 + 4 + ID_SIZE + 4
CARD_SIZE: Final = _SIGNED + SIGNATURE_SIZE
TEXT_SIZE: Final = len(PREFIX) + CARD_SIZE // 2 * 3
LAST_END_S: Final = 2**32 - 1
_KEY_ID_BITS: Final = 2**31 - 1  # fits a signed column of four bytes
_LABEL: Final = b"gongwei/GW1/signature\x00"
_DIGITS_LABEL: Final = b"gongwei/GW1/digits\x00"
# What a Chinese input method makes of signs that a scanner types.
_TYPED: Final = str.maketrans({"。": ".", "、": "/", "￥": "$", "¥": "$", "—": "-"})


class CardRefused(ValueError):
    """Not a code of ours."""


class CardType(IntEnum):
    """3 is reserved for a code that changes by itself."""

    CARD = 1
    DAY = 2


class Outcome(StrEnum):
    """What a scanned text is. Only `valid` checks anybody in."""

    VALID = "valid"
    NOT_A_CODE = "not_a_code"
    UNKNOWN_KEY = "unknown_key"  # of another district, or of a key this tablet was not told of
    FORGED = "forged"
    REVOKED = "revoked"
    WRONG_DAY = "wrong_day"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Card:
    """`key_id`: which key signs. `ends_s`: seconds since 1970, UTC; of a day code the end of its
    day.
    """

    type: CardType
    key_id: int
    id: bytes
    ends_s: int


@dataclass(frozen=True, slots=True)
class Trust:
    """The keys and the revoked ids of the newest signed list."""

    keys: Mapping[int, SigningPublicKey]
    revoked: Collection[bytes]


def key_id_of(public: SigningPublicKey) -> int:
    """The name of a key in a code: the first 4 bytes of its kid but for the highest bit."""
    return int.from_bytes(public.kid()[:4], "big") & _KEY_ID_BITS


def seal_card(kind: CardType, id_: bytes, ends_s: int, *, signer: SigningKeyPair) -> bytes:
    """90 bytes; `signer` is a key for codes, of suite 1."""
    assert signer.suite is Suite.X25519_ED25519
    assert len(id_) == ID_SIZE
    assert 0 <= ends_s <= LAST_END_S
    plain = b"".join(
        (
            bytes([VERSION, kind]), key_id_of(signer.public).to_bytes(4, "big"), id_,
            ends_s.to_bytes(4, "big"),
        )
    )  # fmt: skip
    return plain + signer.sign(_LABEL + plain)


def parse_card(raw: bytes) -> Card:
    """What it says, still unproved. Raises CardRefused."""
    if len(raw) != CARD_SIZE or raw[0] != VERSION or raw[1] not in (CardType.CARD, CardType.DAY):
        raise CardRefused("not a code")
    return Card(
        type=CardType(raw[1]), key_id=int.from_bytes(raw[2:6], "big"), id=raw[6:22],
        ends_s=int.from_bytes(raw[22:26], "big"),
    )  # fmt: skip


def signed_by(raw: bytes, public: SigningPublicKey) -> bool:
    """Whether that key signed it and it names that key."""
    plain, signature = raw[:_SIGNED], raw[_SIGNED:]
    named = int.from_bytes(plain[2:6], "big") == key_id_of(public)
    return named and public.verify(_LABEL + plain, signature)


def text_of(raw: bytes) -> str:
    """As it stands in the QR: 139 signs of its alphanumeric alphabet."""
    return PREFIX + base45.encode(raw)


def bytes_of(text: str) -> bytes:
    """Raises CardRefused for all but the one way to write it."""
    if len(text) != TEXT_SIZE or not text.startswith(PREFIX):
        raise CardRefused("not a code")
    try:
        return base45.decode(text[len(PREFIX) :])
    except base45.Base45Refused:
        raise CardRefused("not a code") from None


def as_typed(text: str) -> str:
    """What a scanner meant that types: case, width and the signs of an input method are put right.

    A space may be the last sign of a code, so one that a field cut off is put back.
    """
    plain = unicodedata.normalize("NFKC", text.translate(_TYPED)).strip().upper()
    return plain.ljust(TEXT_SIZE) if plain.startswith(PREFIX) else plain


def check(
    text: str, trust: Trust, *, now_s: int, day_ends_s: int | None = None
) -> tuple[Outcome, Card | None]:
    """What this text is at that moment; `day_ends_s`: the end of the checkup day it is shown on.

    In this order, so that a forged code is never called anything better. The code itself comes
    along wherever its signature held.
    """
    try:
        raw = bytes_of(text)
        card = parse_card(raw)
    except CardRefused:
        return Outcome.NOT_A_CODE, None
    key = trust.keys.get(card.key_id)
    if key is None:
        return Outcome.UNKNOWN_KEY, None
    if not signed_by(raw, key):
        return Outcome.FORGED, None
    if card.id in trust.revoked:
        return Outcome.REVOKED, card
    if card.type is CardType.DAY and day_ends_s is not None and card.ends_s != day_ends_s:
        return Outcome.WRONG_DAY, card
    if now_s >= card.ends_s:
        return Outcome.EXPIRED, card
    return Outcome.VALID, card


def digits_of(id_: bytes) -> str:
    """Twelve digits below the code, for eyes and fingers; the last one checks the others."""
    eleven = int.from_bytes(sha256(_DIGITS_LABEL + id_)[:8], "big") % 10 ** (DIGITS - 1)
    plain = f"{eleven:0{DIGITS - 1}d}"
    return plain + damm.check_digit(plain)


def is_digits(text: str) -> bool:
    """Whether it can stand below a code: a slip of the finger is told before anybody looks."""
    return len(text) == DIGITS and damm.fits(text)
