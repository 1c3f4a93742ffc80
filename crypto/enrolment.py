"""Letting a new tablet in with a one-time code that never travels.

The console shows 128 random bits, as a QR symbol or to be typed. Both sides derive from them the
pre-shared key of the sealed request (HPKE PSK mode), a public name of the offer and the key of the
answer's MAC, so who sits on the line and does not know the code can neither read nor forge. Six
digits on both screens then show a person that the two ends talk to each other: the server commits
to its nonce before it sees the tablet's, so neither side can search for a wanted number.
"""

import unicodedata
from dataclasses import dataclass
from typing import Final

from crypto.headers import EnvelopeRefused, Refusal
from crypto.keys import KemKeyPair, KemPublicKey, Suite
from crypto.primitives import (
    TAG_SIZE,
    CannotOpen,
    hkdf_sha256,
    hmac_sha256,
    random_bytes,
    same,
    sha256,
)

CODE_SIZE: Final = 16
NONCE_SIZE: Final = 32
REQUEST_MAGIC: Final = b"GWE1"

_SALT: Final = b"gongwei/enrolment\x00"
_CHECK_LABEL: Final = b"gongwei/enrolment/check\x00"
_NONCE_LABEL: Final = b"gongwei/enrolment/nonce\x00"
_DIGITS_LABEL: Final = b"gongwei/enrolment/digits\x00"
_TRANSCRIPT_LABEL: Final = b"gongwei/enrolment/transcript\x00"
_SIGNS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOKALIKES: Final = str.maketrans({"O": "0", "I": "1", "L": "1"})
_HEAD_SIZE: Final = 4 + 2 + 8 + 8


class CodeRefused(ValueError):
    """The typed code has a wrong length, a wrong sign, or its check signs do not fit."""


# ---- the code -----------------------------------------------------------------------------------


def new_code() -> bytes:
    """16 random bytes, used once."""
    return random_bytes(CODE_SIZE)


def typed_form(code: bytes) -> str:
    """26 Crockford Base32 signs and 2 check signs, in seven groups of four."""
    signs = _base32(int.from_bytes(_whole_code(code), "big"), 26) + _check_signs(code)
    return "-".join(signs[start : start + 4] for start in range(0, 28, 4))


def parse_typed(text: str) -> bytes:
    """The code, whatever case, spaces and dashes; O is 0, I and L are 1. Raises CodeRefused."""
    plain = unicodedata.normalize("NFKC", text).upper().translate(_LOOKALIKES)
    signs = [
        sign
        for sign in plain
        if not sign.isspace() and unicodedata.category(sign) not in ("Pd", "Cf")
    ]
    if len(signs) != 28 or any(sign not in _SIGNS for sign in signs):
        raise CodeRefused("the code has 28 signs")
    value = 0
    for sign in signs[:26]:
        value = value * 32 + _SIGNS.index(sign)
    if value >> (8 * CODE_SIZE):
        raise CodeRefused("the code is mistyped")
    code = value.to_bytes(CODE_SIZE, "big")
    if "".join(signs[26:]) != _check_signs(code):
        raise CodeRefused("the code is mistyped")
    return code


def offer_id(code: bytes) -> bytes:
    """8 bytes that name the offer on the wire and tell nothing of the code."""
    return _derived(code, b"offer-id", 8)


def psk_of(code: bytes) -> tuple[bytes, bytes]:
    """(psk_id, psk) for HPKE PSK mode: the offer id and 32 bytes."""
    return offer_id(code), _derived(code, b"psk", 32)


# ---- the request --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedRequest:
    """A request taken apart: `offer` finds the code, `kid` the server key, `digest` names it."""

    suite: Suite
    offer: bytes
    kid: bytes
    head: bytes
    enc: bytes
    ciphertext: bytes
    digest: bytes


def seal_request(body: bytes, *, code: bytes, recipient: KemPublicKey) -> bytes:
    """GWE1 | u16be suite | offer id 8 | kid 8 | enc | ciphertext and tag; info: all before enc."""
    suite = int(recipient.suite).to_bytes(2, "big")
    head = REQUEST_MAGIC + suite + offer_id(code) + recipient.kid()
    enc, ciphertext = recipient.seal(body, info=head, psk=psk_of(code))
    return head + enc + ciphertext


def parse_request(data: bytes, max_bytes: int) -> SealedRequest:
    """Take a request apart, no cryptography; raises EnvelopeRefused."""
    if len(data) > max_bytes:
        raise EnvelopeRefused(Refusal.TOO_LARGE)
    if len(data) < _HEAD_SIZE:
        raise EnvelopeRefused(Refusal.TRUNCATED)
    if data[:4] != REQUEST_MAGIC:
        raise EnvelopeRefused(Refusal.BAD_MAGIC)
    try:
        suite = Suite(int.from_bytes(data[4:6], "big"))
    except ValueError:
        raise EnvelopeRefused(Refusal.UNKNOWN_SUITE) from None
    body = _HEAD_SIZE + suite.enc_size
    if len(data) < body + TAG_SIZE:
        raise EnvelopeRefused(Refusal.TRUNCATED)
    return SealedRequest(
        suite=suite,
        offer=data[6:14],
        kid=data[14:22],
        head=data[:_HEAD_SIZE],
        enc=data[_HEAD_SIZE:body],
        ciphertext=data[body:],
        digest=sha256(data),
    )


def open_request(sealed: SealedRequest, *, code: bytes, private: KemKeyPair) -> bytes:
    """The request's body; raises EnvelopeRefused(CANNOT_OPEN) for any other code or key."""
    named = sealed.kid == private.public.kid() and sealed.suite == private.suite
    if not named or not same(sealed.offer, offer_id(code)):
        raise EnvelopeRefused(Refusal.CANNOT_OPEN)
    try:
        return private.open(sealed.enc, sealed.ciphertext, info=sealed.head, psk=psk_of(code))
    except CannotOpen:
        raise EnvelopeRefused(Refusal.CANNOT_OPEN) from None


# ---- the answer and the six digits --------------------------------------------------------------


def transcript_hash(*messages: bytes) -> bytes:
    """SHA-256 over label and each message with its u32be length, in the order they travelled."""
    framed = b"".join(len(message).to_bytes(4, "big") + message for message in messages)
    return sha256(_TRANSCRIPT_LABEL + framed)


def answer_mac(code: bytes, transcript: bytes) -> bytes:
    """32 bytes that prove the answer comes from who showed the code."""
    return hmac_sha256(_derived(code, b"answer-mac", 32), transcript)


def verify_answer_mac(code: bytes, transcript: bytes, mac: bytes) -> bool:
    """Whether the MAC is right, in constant time."""
    return same(answer_mac(code, transcript), mac)


def new_nonce() -> bytes:
    """32 random bytes for the six digits."""
    return random_bytes(NONCE_SIZE)


def commitment(nonce: bytes) -> bytes:
    """SHA-256 over label and nonce: sent before the other side's nonce is known."""
    if len(nonce) != NONCE_SIZE:
        raise ValueError("a nonce has 32 bytes")
    return sha256(_NONCE_LABEL + nonce)


def six_digits(server_nonce: bytes, tablet_nonce: bytes, transcript: bytes) -> str:
    """What both screens show, such as "042913"; `transcript` is a transcript_hash (32 bytes)."""
    if not len(server_nonce) == len(tablet_nonce) == len(transcript) == 32:
        raise ValueError("nonces and transcript hash have 32 bytes")
    digest = sha256(_DIGITS_LABEL + server_nonce + tablet_nonce + transcript)
    return f"{int.from_bytes(digest[:8], 'big') % 1_000_000:06d}"


def _derived(code: bytes, purpose: bytes, length: int) -> bytes:
    return hkdf_sha256(_whole_code(code), salt=_SALT, info=purpose, length=length)


def _whole_code(code: bytes) -> bytes:
    if len(code) != CODE_SIZE:
        raise ValueError("a code has 16 bytes")
    return code


def _base32(value: int, count: int) -> str:
    return "".join(_SIGNS[value >> (5 * place) & 31] for place in reversed(range(count)))


def _check_signs(code: bytes) -> str:
    """The first 10 bits of SHA-256 over label and code: 1 typing error in 1024 slips through."""
    return _base32(int.from_bytes(sha256(_CHECK_LABEL + code)[:2], "big") >> 6, 2)
