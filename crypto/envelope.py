"""Envelopes: one sealed, signed message up (GWB1) and one down (GWD1).

    magic(4) | u32be header length | header | enc | ciphertext and tag | signature(64)

The opener works from cheap to dear: size, magic, header, then the signature, then the key
agreement, then a bounded inflate. Junk is refused before any key agreement, and the signature
covers the ciphertext, so a refused or a received envelope is evidence without being opened. The
header goes into the HPKE info, so bytes stripped of their signature and signed by another device do
not open. SPEC.md states the layout for other languages.
"""

import base64
import binascii
import re
import zlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Generic, TypeVar

from crypto.keys import KemKeyPair, KemPublicKey, SigningKeyPair, SigningPublicKey, Suite
from crypto.primitives import SIGNATURE_SIZE, TAG_SIZE, CannotOpen, sha256

UP_MAGIC: Final = b"GWB1"
DOWN_MAGIC: Final = b"GWD1"
HEADER_MAX: Final = 1024
REPLACES_MAX: Final = 32
WHOLE_MAX: Final = 2**53 - 1
"""The largest whole number a browser holds exactly."""
PADDING_STEP_MIN: Final = 32

_ZEROS: Final = bytes(32)
_NUMBER: Final = r"(?:0|[1-9][0-9]{0,15})"
_TEXT: Final = r'"[A-Za-z0-9_-]{1,64}"'
_PAIR: Final = rf'"([a-z])":({_TEXT}|{_NUMBER}|\[{_NUMBER}(?:,{_NUMBER})*\])'
_HEADER: Final = re.compile(rf"\{{{_PAIR}(?:,{_PAIR})*\}}".encode())
_PAIRS: Final = re.compile(_PAIR.encode())


class Refusal(StrEnum):
    """Why an envelope was refused: for the log, never for an answer before a valid signature."""

    TOO_LARGE = "too_large"
    TRUNCATED = "truncated"
    BAD_MAGIC = "bad_magic"
    BAD_HEADER = "bad_header"
    UNKNOWN_SUITE = "unknown_suite"
    BAD_SIGNATURE = "bad_signature"
    CANNOT_OPEN = "cannot_open"
    BAD_PADDING = "bad_padding"
    BAD_DEFLATE = "bad_deflate"
    TOO_LARGE_INFLATED = "too_large_inflated"


class EnvelopeRefused(ValueError):  # noqa: N818 (house names: what happened)
    """The bytes are no envelope we take; `kind` says which check failed, no content is kept."""

    def __init__(self, kind: Refusal) -> None:
        super().__init__(f"envelope refused: {kind.value}")
        self.kind: Final = kind

    def __reduce__(self) -> tuple[type["EnvelopeRefused"], tuple[Refusal]]:
        return EnvelopeRefused, (self.kind,)


@dataclass(frozen=True, slots=True, kw_only=True)
class UpHeader:
    """Clear header of a batch; exactly one of `seq` (in the chain) and `counter` (outside it).

    `kid` names the server's KEM key, `signer` the signing key. `prev` is the SHA-256 of the
    previous envelope of the chain (zeros for the first), `root` commits to the changes, `replaces`
    names the re-cut batches in rising order.
    """

    suite: int
    kid: bytes
    device: bytes
    signer: bytes
    epoch: int
    seq: int | None = None
    counter: int | None = None
    prev: bytes = _ZEROS
    root: bytes = _ZEROS
    replaces: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        _check_sizes((self.kid, 8), (self.signer, 8), (self.device, 16))
        _check_sizes((self.prev, 32), (self.root, 32))
        _check_whole(self.epoch, 1)
        if (self.seq is None) == (self.counter is None):
            raise ValueError("a header has either seq or counter")
        if self.seq is not None:
            _check_whole(self.seq, 1)
        if self.counter is not None:
            _check_whole(self.counter, 0)
            if self.prev != _ZEROS or self.root != _ZEROS or self.replaces:
                raise ValueError("an empty exchange stands outside the chain")
        if len(self.replaces) > REPLACES_MAX:
            raise ValueError("too many replaced batches")
        for number in self.replaces:
            _check_whole(number, 1)
        if list(self.replaces) != sorted(set(self.replaces)):
            raise ValueError("replaced batches are named once, in rising order")


@dataclass(frozen=True, slots=True, kw_only=True)
class DownHeader:
    """Clear header of an answer: `kid` is the device's KEM key, `request` the digest it answers."""

    suite: int
    kid: bytes
    signer: bytes
    device: bytes
    request: bytes
    feed_epoch: int
    trust: int

    def __post_init__(self) -> None:
        _check_sizes((self.kid, 8), (self.signer, 8), (self.device, 16), (self.request, 32))
        _check_whole(self.feed_epoch, 0)
        _check_whole(self.trust, 0)


H = TypeVar("H", UpHeader, DownHeader)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed(Generic[H]):
    """An envelope taken apart, nothing verified yet.

    `digest` is the SHA-256 of all bytes, `body_hash` that of enc || ciphertext. Magic, header
    bytes, body hash and signature together stay verifiable when the rest is deleted.
    """

    magic: bytes
    header: H
    header_bytes: bytes
    enc: bytes
    ciphertext: bytes
    signature: bytes
    digest: bytes
    body_hash: bytes


def seal_up(
    header: UpHeader, body: bytes, *, recipient: KemPublicKey, signer: SigningKeyPair
) -> bytes:
    """A GWB1 envelope; ValueError when the header names other keys than those given."""
    return _seal(UP_MAGIC, header, _up_pairs(header), body, recipient, signer)


def seal_down(
    header: DownHeader, body: bytes, *, recipient: KemPublicKey, signer: SigningKeyPair
) -> bytes:
    """A GWD1 envelope; ValueError when the header names other keys than those given."""
    return _seal(DOWN_MAGIC, header, _down_pairs(header), body, recipient, signer)


def parse_up(data: bytes, max_bytes: int) -> Sealed[UpHeader]:
    """Take a GWB1 envelope apart strictly, no cryptography; raises EnvelopeRefused."""
    header_bytes, pairs = _frame(data, max_bytes, UP_MAGIC)
    try:
        header = _read_up(pairs)
    except (KeyError, ValueError):
        raise EnvelopeRefused(Refusal.BAD_HEADER) from None
    return _split(data, header, header_bytes)


def parse_down(data: bytes, max_bytes: int) -> Sealed[DownHeader]:
    """Take a GWD1 envelope apart strictly, no cryptography; raises EnvelopeRefused."""
    header_bytes, pairs = _frame(data, max_bytes, DOWN_MAGIC)
    try:
        header = _read_down(pairs)
    except (KeyError, ValueError):
        raise EnvelopeRefused(Refusal.BAD_HEADER) from None
    return _split(data, header, header_bytes)


def verify(sealed: Sealed[H], public: SigningPublicKey) -> None:
    """Raise EnvelopeRefused(BAD_SIGNATURE) unless this key, named by the header, signed it."""
    named = sealed.header.signer == public.kid() and sealed.header.suite == public.suite
    message = signed_message(sealed.magic, sealed.header_bytes, sealed.body_hash)
    if not named or not public.verify(message, sealed.signature):
        raise EnvelopeRefused(Refusal.BAD_SIGNATURE)


def open_body(sealed: Sealed[H], private: KemKeyPair, max_inflated: int) -> bytes:
    """The body, at most `max_inflated` bytes; raises EnvelopeRefused. Call `verify` first."""
    if sealed.header.kid != private.public.kid() or sealed.header.suite != private.suite:
        raise EnvelopeRefused(Refusal.CANNOT_OPEN)
    try:
        info = sealed.magic + sealed.header_bytes
        padded = private.open(sealed.enc, sealed.ciphertext, info=info)
    except CannotOpen:
        raise EnvelopeRefused(Refusal.CANNOT_OPEN) from None
    return _inflate(_unpad(padded), max_inflated)


def signed_message(magic: bytes, header_bytes: bytes, body_hash: bytes) -> bytes:
    """What the signature covers; header and body hash are enough to check it for ever."""
    length = len(header_bytes).to_bytes(4, "big")
    return b"gongwei/" + magic + b"/signature\x00" + length + header_bytes + body_hash


def padded_size(length: int) -> int:
    """Size of the padded plaintext for `length` deflated bytes: steps of 1/16 to 1/32, >= 32."""
    used = length + 4
    step = max(PADDING_STEP_MIN, 1 << max(0, used.bit_length() - 1 - 4))
    return -(-used // step) * step


# ---- sealing ------------------------------------------------------------------------------------


def _seal(
    magic: bytes,
    header: UpHeader | DownHeader,
    pairs: list[tuple[str, str]],
    body: bytes,
    recipient: KemPublicKey,
    signer: SigningKeyPair,
) -> bytes:
    if not header.suite == recipient.suite == signer.suite:
        raise ValueError("header, recipient and signer have one suite")
    if header.kid != recipient.kid() or header.signer != signer.public.kid():
        raise ValueError("the header names another key")
    header_bytes = ("{" + ",".join(f'"{key}":{value}' for key, value in pairs) + "}").encode()
    if len(header_bytes) > HEADER_MAX:
        raise ValueError("the header is too long")
    enc, ciphertext = recipient.seal(_pad(_deflate(body)), info=magic + header_bytes)
    message = signed_message(magic, header_bytes, sha256(enc + ciphertext))
    length = len(header_bytes).to_bytes(4, "big")
    return b"".join((magic, length, header_bytes, enc, ciphertext, signer.sign(message)))


def _deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    return packer.compress(body) + packer.flush()


def _pad(deflated: bytes) -> bytes:
    filled = len(deflated).to_bytes(4, "big") + deflated
    return filled.ljust(padded_size(len(deflated)), b"\x00")


def _up_pairs(header: UpHeader) -> list[tuple[str, str]]:
    pairs = [("v", "1"), ("s", str(int(header.suite))), ("k", _text(header.kid))]
    pairs += [("d", _text(header.device)), ("a", _text(header.signer)), ("e", str(header.epoch))]
    if header.seq is not None:
        pairs.append(("q", str(header.seq)))
    else:
        pairs.append(("c", str(header.counter)))
    if header.prev != _ZEROS:
        pairs.append(("p", _text(header.prev)))
    if header.root != _ZEROS:
        pairs.append(("r", _text(header.root)))
    if header.replaces:
        pairs.append(("x", "[" + ",".join(map(str, header.replaces)) + "]"))
    return pairs


def _down_pairs(header: DownHeader) -> list[tuple[str, str]]:
    pairs = [("v", "1"), ("s", str(int(header.suite))), ("k", _text(header.kid))]
    pairs += [("a", _text(header.signer)), ("d", _text(header.device))]
    pairs.append(("q", _text(header.request)))
    pairs += [("f", str(header.feed_epoch)), ("t", str(header.trust))]
    return pairs


def _text(value: bytes) -> str:
    return '"' + base64.urlsafe_b64encode(value).rstrip(b"=").decode() + '"'


# ---- parsing ------------------------------------------------------------------------------------


def _frame(data: bytes, max_bytes: int, magic: bytes) -> tuple[bytes, dict[str, bytes]]:
    """Check size, magic and the grammar of the header; the header and its pairs."""
    if len(data) > max_bytes:
        raise EnvelopeRefused(Refusal.TOO_LARGE)
    if len(data) < 8:
        raise EnvelopeRefused(Refusal.TRUNCATED)
    if data[:4] != magic:
        raise EnvelopeRefused(Refusal.BAD_MAGIC)
    length = int.from_bytes(data[4:8], "big")
    if length > HEADER_MAX:
        raise EnvelopeRefused(Refusal.BAD_HEADER)
    if len(data) < 8 + length:
        raise EnvelopeRefused(Refusal.TRUNCATED)
    header_bytes = data[8 : 8 + length]
    # One regular expression is the whole grammar: no white space, no escapes, no fractions, no
    # nesting, so two parsers cannot read two meanings out of one signed header.
    if _HEADER.fullmatch(header_bytes) is None:
        raise EnvelopeRefused(Refusal.BAD_HEADER)
    found = [(key.decode(), value) for key, value in _PAIRS.findall(header_bytes)]
    pairs = dict(found)
    if len(pairs) != len(found) or pairs.get("v") != b"1":
        raise EnvelopeRefused(Refusal.BAD_HEADER)
    if pairs.get("s", b"").isdigit() and int(pairs["s"]) not in set(Suite):
        raise EnvelopeRefused(Refusal.UNKNOWN_SUITE)
    return header_bytes, pairs


def _read_up(pairs: dict[str, bytes]) -> UpHeader:
    if not pairs.keys() <= set("vskdaeqcprx"):
        raise KeyError
    header = UpHeader(
        suite=Suite(_whole(pairs["s"])),
        kid=_binary(pairs["k"], 8),
        device=_binary(pairs["d"], 16),
        signer=_binary(pairs["a"], 8),
        epoch=_whole(pairs["e"]),
        seq=_whole(pairs["q"]) if "q" in pairs else None,
        counter=_whole(pairs["c"]) if "c" in pairs else None,
        prev=_binary(pairs["p"], 32) if "p" in pairs else _ZEROS,
        root=_binary(pairs["r"], 32) if "r" in pairs else _ZEROS,
        replaces=_wholes(pairs["x"]) if "x" in pairs else (),
    )
    # Zeros have one form, absence: one meaning never has two encodings.
    if ("p" in pairs and header.prev == _ZEROS) or ("r" in pairs and header.root == _ZEROS):
        raise ValueError
    return header


def _read_down(pairs: dict[str, bytes]) -> DownHeader:
    if pairs.keys() != set("vskadqft"):
        raise KeyError
    return DownHeader(
        suite=Suite(_whole(pairs["s"])),
        kid=_binary(pairs["k"], 8),
        signer=_binary(pairs["a"], 8),
        device=_binary(pairs["d"], 16),
        request=_binary(pairs["q"], 32),
        feed_epoch=_whole(pairs["f"]),
        trust=_whole(pairs["t"]),
    )


def _split(data: bytes, header: H, header_bytes: bytes) -> Sealed[H]:
    start = 8 + len(header_bytes)
    body = start + Suite(header.suite).enc_size
    end = len(data) - SIGNATURE_SIZE
    padded = end - body - TAG_SIZE
    # A sealed plaintext is whole steps of 32 bytes, so most cuts show before any signature check.
    if padded < PADDING_STEP_MIN or padded % PADDING_STEP_MIN:
        raise EnvelopeRefused(Refusal.TRUNCATED)
    return Sealed(
        magic=data[:4],
        header=header,
        header_bytes=header_bytes,
        enc=data[start:body],
        ciphertext=data[body:end],
        signature=data[end:],
        digest=sha256(data),
        body_hash=sha256(data[start:end]),
    )


def _unpad(padded: bytes) -> bytes:
    length = int.from_bytes(padded[:4], "big")
    end = 4 + length
    if end > len(padded) or padded_size(length) != len(padded):
        raise EnvelopeRefused(Refusal.BAD_PADDING)
    if padded.count(0, end) != len(padded) - end:
        raise EnvelopeRefused(Refusal.BAD_PADDING)
    return padded[4:end]


def _inflate(deflated: bytes, max_inflated: int) -> bytes:
    unpacker = zlib.decompressobj(-15)
    try:
        # One byte more than allowed is asked for: getting it proves the body too large, and no
        # more memory than that is ever taken.
        body = unpacker.decompress(deflated, max_inflated + 1)
    except zlib.error:
        raise EnvelopeRefused(Refusal.BAD_DEFLATE) from None
    if len(body) > max_inflated:
        raise EnvelopeRefused(Refusal.TOO_LARGE_INFLATED)
    if not unpacker.eof or unpacker.unused_data:
        raise EnvelopeRefused(Refusal.BAD_DEFLATE)
    return body


def _whole(value: bytes) -> int:
    number = int(value)
    _check_whole(number, 0)
    return number


def _wholes(value: bytes) -> tuple[int, ...]:
    if not value.startswith(b"["):
        raise ValueError
    return tuple(int(part) for part in value[1:-1].split(b","))


def _binary(value: bytes, size: int) -> bytes:
    """Unpadded base64url of exactly `size` bytes; unused low bits must be zero."""
    if not value.startswith(b'"'):
        raise ValueError
    text = value[1:-1]
    try:
        raw = base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))
    except binascii.Error:
        raise ValueError from None
    if len(raw) != size or base64.urlsafe_b64encode(raw).rstrip(b"=") != text:
        raise ValueError
    return raw


def _check_sizes(*pairs: tuple[bytes, int]) -> None:
    for value, size in pairs:
        if len(value) != size:
            raise ValueError(f"a header value of {size} bytes has {len(value)}")


def _check_whole(number: int, least: int) -> None:
    if not least <= number <= WHOLE_MAX:
        raise ValueError("a header number is out of range")
