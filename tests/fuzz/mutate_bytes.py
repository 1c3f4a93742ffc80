"""Bytes changed as lines, disks and liars change them."""

from collections.abc import Sequence
from random import Random
from typing import Final

BYTES: Final = (0x00, 0x01, 0x0A, 0x0D, 0x20, 0x22, 0x2C, 0x7F, 0x80, 0xFE, 0xFF)
PIECES: Final = (
    b"\x00", b"\x00" * 40, b"\xff" * 9, b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xed\xa0\x80",
    b"\xf0\x9f\x98\x80", b"\xc0\x80", b"\x81\x30\x81\x30", b'"', b"'", b",", b"\r\n", b"\n\n",
    b"=1", b"<!DOCTYPE a>", b"&#0;", b"\\u0000", b"%00", b"PK\x03\x04", b"\x1f\x8b", b"9" * 400,
    b"[" * 3000, b'{"a":' * 2000, b"1e999", b"-0", b"NaN", b"\xe2\x80\xae", b"A" * 5000,
)  # fmt: skip
NUMBERS: Final = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


def changed(data: bytes, chance: Random, others: Sequence[bytes] = ()) -> bytes:
    """One to three changes; never the same bytes, nor those of another sample."""
    now = data
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        now = chance.choice(_CHANGES)(now, chance, others or (data,))
    while now == data or now in others:
        now = _flipped(now, chance, others) or b"\x00"
    return now


def _flipped(data: bytes, chance: Random, _: Sequence[bytes]) -> bytes:
    if not data:
        return b""
    out = bytearray(data)
    out[chance.randrange(len(out))] ^= 1 << chance.randrange(8)
    return bytes(out)


def _set(data: bytes, chance: Random, _: Sequence[bytes]) -> bytes:
    if not data:
        return b""
    out = bytearray(data)
    out[chance.randrange(len(out))] = chance.choice(BYTES)
    return bytes(out)


def _cut(data: bytes, chance: Random, _: Sequence[bytes]) -> bytes:
    return data[: chance.randrange(len(data) + 1)]


def _without(data: bytes, chance: Random, _: Sequence[bytes]) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + data[at + chance.choice((1, 1, 2, 4, 16, 64)) :]


def _with(data: bytes, chance: Random, _: Sequence[bytes]) -> bytes:
    at = chance.randrange(len(data) + 1)
    piece = (
        chance.choice(PIECES) if chance.random() < 0.7 else chance.randbytes(chance.randint(1, 32))
    )
    return data[:at] + piece + data[at:]


def _twice(data: bytes, chance: Random, _: Sequence[bytes]) -> bytes:
    at = chance.randrange(len(data) + 1)
    end = at + chance.choice((1, 4, 16, 200))
    return data[:end] + data[at:]


def _spliced(data: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
    other = chance.choice(others)
    return data[: chance.randrange(len(data) + 1)] + other[chance.randrange(len(other) + 1) :]


def _number(data: bytes, chance: Random, _: Sequence[bytes]) -> bytes:
    """A length or a number somewhere, in either order of bytes, at an end of its range."""
    size = chance.choice((1, 2, 4, 4, 8))
    if len(data) < size:
        return data
    at = chance.choice((4, chance.randrange(len(data) - size + 1)))
    value = chance.choice((*NUMBERS, len(data), len(data) - at)) % (1 << 8 * size)
    order = chance.choice(("big", "little"))
    return data[:at] + value.to_bytes(size, order) + data[at + size :]


_CHANGES: Final = (_flipped, _flipped, _set, _cut, _without, _with, _twice, _spliced, _number)
