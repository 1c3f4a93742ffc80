"""Base45 (RFC 9285): bytes in the signs that a QR code packs two to eleven bits, and that survive a
scanner which types them.

One text for each bytes: what does not come out the same again is refused.
"""

from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_VALUES: Final = {sign: value for value, sign in enumerate(ALPHABET)}


class Base45Refused(ValueError):
    """Not the Base45 of any bytes."""


def encode(data: bytes) -> str:
    """Three signs for two bytes, two for a last one."""
    signs: list[str] = []
    for at in range(0, len(data) - 1, 2):
        rest, low = divmod(data[at] << 8 | data[at + 1], 45)
        high, middle = divmod(rest, 45)
        signs += ALPHABET[low], ALPHABET[middle], ALPHABET[high]
    if len(data) % 2:
        high, low = divmod(data[-1], 45)
        signs += ALPHABET[low], ALPHABET[high]
    return "".join(signs)


def decode(text: str) -> bytes:
    """The bytes of it. Raises Base45Refused."""
    try:
        values = [_VALUES[sign] for sign in text]
    except KeyError:
        raise Base45Refused("a sign outside of the alphabet") from None
    if len(values) % 3 == 1:
        raise Base45Refused("a length that no bytes have")
    out = bytearray()
    for at in range(0, len(values) - 2, 3):
        pair = values[at] + 45 * values[at + 1] + 2025 * values[at + 2]
        if pair > 0xFFFF:
            raise Base45Refused("three signs over two bytes")
        out += pair.to_bytes(2, "big")
    if len(values) % 3:
        last = values[-2] + 45 * values[-1]
        if last > 0xFF:
            raise Base45Refused("two signs over one byte")
        out.append(last)
    return bytes(out)
