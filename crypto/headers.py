"""The clear headers of envelopes: their fields, their one grammar, why bytes are refused.

A header is signed as the bytes that came, never as a re-encoding. Its grammar is narrower than
JSON (one regular expression), so that two parsers cannot read two meanings out of one signature.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from crypto.keys import Suite

HEADER_MAX: Final = 1024
REPLACES_MAX: Final = 32
WHOLE_MAX: Final = 2**53 - 1
"""The largest whole number a browser holds exactly."""

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


class EnvelopeRefused(ValueError):
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


def write_up(header: UpHeader) -> bytes:
    """The header bytes of a GWB1 envelope; ValueError beyond HEADER_MAX."""
    return _joined(_up_pairs(header))


def write_down(header: DownHeader) -> bytes:
    """The header bytes of a GWD1 envelope."""
    return _joined(_down_pairs(header))


def read_up(header_bytes: bytes) -> UpHeader:
    """Parse strictly; raises EnvelopeRefused (bad_header, unknown_suite)."""
    pairs = _pairs(header_bytes)
    try:
        return _up_of(pairs)
    except (KeyError, ValueError):
        raise EnvelopeRefused(Refusal.BAD_HEADER) from None


def read_down(header_bytes: bytes) -> DownHeader:
    """Parse strictly; raises EnvelopeRefused (bad_header, unknown_suite)."""
    pairs = _pairs(header_bytes)
    try:
        return _down_of(pairs)
    except (KeyError, ValueError):
        raise EnvelopeRefused(Refusal.BAD_HEADER) from None


# ---- writing ------------------------------------------------------------------------------------


def _joined(pairs: list[tuple[str, str]]) -> bytes:
    header_bytes = ("{" + ",".join(f'"{key}":{value}' for key, value in pairs) + "}").encode()
    if len(header_bytes) > HEADER_MAX:
        raise ValueError("the header is too long")
    return header_bytes


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


# ---- reading ------------------------------------------------------------------------------------


def _pairs(header_bytes: bytes) -> dict[str, bytes]:
    if len(header_bytes) > HEADER_MAX or _HEADER.fullmatch(header_bytes) is None:
        raise EnvelopeRefused(Refusal.BAD_HEADER)
    found = [(key.decode(), value) for key, value in _PAIRS.findall(header_bytes)]
    pairs = dict(found)
    if len(pairs) != len(found) or pairs.get("v") != b"1":
        raise EnvelopeRefused(Refusal.BAD_HEADER)
    if pairs.get("s", b"").isdigit() and int(pairs["s"]) not in set(Suite):
        raise EnvelopeRefused(Refusal.UNKNOWN_SUITE)
    return pairs


def _up_of(pairs: dict[str, bytes]) -> UpHeader:
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


def _down_of(pairs: dict[str, bytes]) -> DownHeader:
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
