"""New ids: UUIDv7 (RFC 9562) as 16 bytes, made from the site's clock."""

import secrets
from threading import Lock
from typing import Final

_lock: Final = Lock()
_last: Final = [0, 0, 0]  # millisecond, counter within it, random bits of the last id
_BITS: Final = (1 << 62) - 1


def new_id(now_ms: int) -> bytes:
    """48 bits of milliseconds, version 7, a 12-bit counter, variant 10, 62 random bits.

    The counter (RFC 9562 section 6.2, method 1) keeps the order of what one process makes in one
    millisecond, and past its last number the random bits rise (method 2); the order of ids made
    elsewhere is never trusted.
    """
    random = int.from_bytes(secrets.token_bytes(10))
    with _lock:
        if now_ms != _last[0]:
            _last[:] = now_ms, random >> 69 & 0x07FF, random & _BITS
        elif _last[1] < 0x0FFF:
            _last[1:] = _last[1] + 1, random & _BITS
        else:
            _last[2] = _last[2] + 1 + (random & 0x3FFF_FFFF) & _BITS
        _, counter, bits = _last
    high = (now_ms & 0xFFFF_FFFF_FFFF) << 16 | 0x7000 | counter
    low = 0b10 << 62 | bits
    return (high << 64 | low).to_bytes(16)
