"""Headers of GWB2 and GWD2: the fields of crypto/headers.py in as few bytes as they need.

A visit sent alone is mostly what is around it. Here an id is its bytes and a number is as long as
it is large; each meaning has one form, so a header is still signed as the bytes that came. Which
dictionary the body was deflated with stands in it, and so under signature and seal.
"""

from typing import Final

from crypto.headers import (
    HEADER_MAX,
    REPLACES_MAX,
    DownHeader,
    EnvelopeRefused,
    Refusal,
    UpHeader,
)
from crypto.keys import Suite

VERSION: Final = 2
NO_DICTIONARY: Final = 0
DICTIONARY_1: Final = 1
_DICTIONARIES: Final = (NO_DICTIONARY, DICTIONARY_1)

_ZEROS: Final = bytes(32)
# Bits of the fourth byte of a header that goes up.
_CHAIN, _PREV, _ROOT, _REPLACES = 1, 2, 4, 8
_NUMBER_MAX: Final = 8  # bytes of seven bits: the largest number is below 2^53


def write_packed_up(header: UpHeader, dictionary: int) -> bytes:
    """The header bytes of a GWB2 envelope."""
    marks = (
        _CHAIN * (header.seq is not None)
        | _PREV * (header.prev != _ZEROS)
        | _ROOT * (header.root != _ZEROS)
        | _REPLACES * bool(header.replaces)
    )
    place = header.counter if header.seq is None else header.seq
    assert place is not None
    parts = [bytes((VERSION, header.suite, dictionary, marks))]
    parts += [header.kid, header.device, header.signer, _number(header.epoch), _number(place)]
    parts += [each for each in (header.prev, header.root) if each != _ZEROS]
    if header.replaces:
        parts += [_number(each) for each in (len(header.replaces), *header.replaces)]
    return b"".join(parts)


def write_packed_down(header: DownHeader, dictionary: int) -> bytes:
    """The header bytes of a GWD2 envelope."""
    parts = [bytes((VERSION, header.suite, dictionary)), header.kid, header.signer, header.device]
    parts += [header.request, _number(header.feed_epoch), _number(header.trust)]
    return b"".join(parts)


def read_packed_up(header_bytes: bytes) -> UpHeader:
    """Parse strictly; raises EnvelopeRefused (bad_header, unknown_suite)."""
    reader = _Reader(header_bytes)
    try:
        suite = reader.front()
        marks = reader.take(1)[0]
        kid, device, signer = reader.take(8), reader.take(16), reader.take(8)
        epoch, place = reader.number(), reader.number()
        header = UpHeader(
            suite=suite, kid=kid, device=device, signer=signer, epoch=epoch,
            seq=place if marks & _CHAIN else None,
            counter=None if marks & _CHAIN else place,
            prev=reader.hash() if marks & _PREV else _ZEROS,
            root=reader.hash() if marks & _ROOT else _ZEROS,
            replaces=reader.numbers() if marks & _REPLACES else (),
        )  # fmt: skip
        reader.end()
    except EnvelopeRefused:
        raise
    except ValueError:
        raise EnvelopeRefused(Refusal.BAD_HEADER) from None
    if marks >= 2 * _REPLACES:
        raise EnvelopeRefused(Refusal.BAD_HEADER)
    return header


def read_packed_down(header_bytes: bytes) -> DownHeader:
    """Parse strictly; raises EnvelopeRefused (bad_header, unknown_suite)."""
    reader = _Reader(header_bytes)
    try:
        header = DownHeader(
            suite=reader.front(), kid=reader.take(8), signer=reader.take(8),
            device=reader.take(16), request=reader.take(32), feed_epoch=reader.number(),
            trust=reader.number(),
        )  # fmt: skip
        reader.end()
    except EnvelopeRefused:
        raise
    except ValueError:
        raise EnvelopeRefused(Refusal.BAD_HEADER) from None
    return header


def _number(value: int) -> bytes:
    """Seven bits a byte, lowest first; the high bit says that more follow."""
    made = bytearray()
    while value > 0x7F:
        made.append(0x80 | value & 0x7F)
        value >>= 7
    return bytes((*made, value))


class _Malformed(ValueError):
    """Not written as one writes it: the caller says bad_header."""


class _Reader:
    """Takes a header apart from its front; what does not fit raises ValueError."""

    def __init__(self, data: bytes) -> None:
        if len(data) > HEADER_MAX:
            raise EnvelopeRefused(Refusal.BAD_HEADER)
        self._data = data
        self._at = 0

    def take(self, size: int) -> bytes:
        found = self._data[self._at : self._at + size]
        if len(found) != size:
            raise _Malformed
        self._at += size
        return found

    def front(self) -> int:
        """Version and dictionary that we know; the suite."""
        version, suite, dictionary = self.take(3)
        if version != VERSION or dictionary not in _DICTIONARIES:
            raise _Malformed
        if suite not in set(Suite):
            raise EnvelopeRefused(Refusal.UNKNOWN_SUITE)
        return Suite(suite)

    def number(self) -> int:
        """One number has one form: no byte that adds nothing. Its range is the header's matter."""
        value = 0
        for place in range(_NUMBER_MAX):
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << 7 * place
            if byte < 0x80:
                if place and not byte:
                    break
                return value
        raise _Malformed

    def numbers(self) -> tuple[int, ...]:
        count = self.number()
        if not 1 <= count <= REPLACES_MAX:
            raise _Malformed
        return tuple(self.number() for _ in range(count))

    def hash(self) -> bytes:
        """32 bytes; zeros have one form, which is absence."""
        found = self.take(32)
        if found == _ZEROS:
            raise _Malformed
        return found

    def end(self) -> None:
        if self._at != len(self._data):
            raise _Malformed
