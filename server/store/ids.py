"""New ids: UUIDv7 (RFC 9562) as 16 bytes, made from the site's clock."""

import secrets


def new_id(now_ms: int) -> bytes:
    """48 bits of milliseconds, version 7, variant 10, 74 random bits.

    Its order is never trusted.
    """
    random = int.from_bytes(secrets.token_bytes(10))
    high = (now_ms & 0xFFFF_FFFF_FFFF) << 16 | 0x7000 | random >> 68 & 0x0FFF
    low = 0b10 << 62 | random & (1 << 62) - 1
    return (high << 64 | low).to_bytes(16)
