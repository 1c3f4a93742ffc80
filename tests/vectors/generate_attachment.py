"""The vectors for sealed files (GWA1); see generate_crypto."""

import hashlib
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.vectors.by_hand import fixed

CHUNK = 65_536
Part = tuple[int, int, int]  # place, whether it says it is the last, how many bytes of 0x61


def sealed(key: bytes, parts: list[Part], magic: bytes = b"GWA1") -> bytes:
    cipher = AESGCM(key)
    return magic + b"".join(
        cipher.encrypt(
            bytes(7) + index.to_bytes(4, "big") + bytes([last]), b"a" * size,
            b"gongwei/attachment\x00",
        )
        for index, last, size in parts
    )  # fmt: skip


def attachment_document() -> dict[str, Any]:
    key = fixed("attachment key")
    made: list[tuple[str, list[Part], bool]] = [
        ("one byte", [(0, 1, 1)], True),
        ("one whole chunk", [(0, 1, CHUNK)], True),
        ("a chunk and a byte", [(0, 0, CHUNK), (1, 1, 1)], True),
        ("two whole chunks", [(0, 0, CHUNK), (1, 1, CHUNK)], True),
        ("nothing in it", [(0, 1, 0)], False),
        ("no chunk", [], False),
        ("the last chunk left out", [(0, 0, CHUNK)], False),
        ("the first chunk left out", [(1, 1, 1)], False),
        ("a middle chunk left out", [(0, 0, CHUNK), (2, 1, 1)], False),
        ("two chunks changed places", [(1, 0, CHUNK), (0, 0, CHUNK), (2, 1, 1)], False),
        ("a chunk twice", [(0, 0, CHUNK), (0, 0, CHUNK), (1, 1, 1)], False),
        ("last said too early", [(0, 1, CHUNK), (1, 1, 1)], False),
        ("last never said", [(0, 0, CHUNK), (1, 0, 1)], False),
        ("a short chunk that is not the last", [(0, 0, CHUNK - 1), (1, 1, 1)], False),
        ("a chunk too long", [(0, 1, CHUNK + 1)], False),
        ("an empty chunk at the end", [(0, 0, CHUNK), (1, 1, 0)], False),
    ]
    files: list[dict[str, Any]] = []
    for name, parts, good in made:
        data = sealed(key, parts)
        files.append(
            {
                "name": name, "parts": [list(part) for part in parts],
                "id": hashlib.sha256(data).hexdigest(),
                "opens_to": sum(part[2] for part in parts) if good else None,
            }
        )  # fmt: skip
    small = sealed(key, [(0, 1, 5)])
    return {
        "key": key.hex(),
        "small": small.hex(),
        "small_opens_to": (b"a" * 5).hex(),
        "files": files,
    }
