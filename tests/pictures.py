"""Pictures for tests, good and hostile, made from nothing."""

import io
import struct
import zlib
from typing import Any

from PIL import Image


def a_photo(width: int, height: int, *, form: str = "JPEG", **saved: Any) -> bytes:
    """Noise, so that its size in bytes is a photo's."""
    dots = Image.effect_noise((width, height), 80).convert("RGB")
    out = io.BytesIO()
    dots.save(out, form, **saved)
    return out.getvalue()


def png_that_claims(
    width: int, height: int, *, depth: int = 8, colour: int = 2, honest: bool = False
) -> bytes:
    """A PNG whose head says so many dots; `honest`: and all of them, black, are in it."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    line = 1 + width * (depth // 8) * {2: 3, 6: 4}[colour]
    packer = zlib.compressobj(9)
    dots = b"".join(packer.compress(bytes(line)) for _ in range(height if honest else 1))
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = dots + packer.flush()
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
