"""A fixed piece of work of this machine, done beside every part of the bench.

What a figure took is divided by what the yardstick took at the same moment, so a committed figure
says how much work something is, not how fast a machine was or how busy. The piece is of what the
server does all day: JSON written and read, hashes, deflate, AES-GCM, small objects.
"""

import hashlib
import json
import zlib
from statistics import median
from time import process_time
from typing import Final

from crypto.columns import new_data_key

_ROUNDS: Final = 7
_PIECES: Final = 120
_BODY: Final = {
    f"field_{n}": value
    for n, value in enumerate((*range(12), "窦性心律，大致正常", "1", "2026-11-20", [1, 2, 3]))
}


def yardstick_ms() -> float:
    """CPU time of the piece, ms: the median of some rounds."""
    return median(_round() for _ in range(_ROUNDS))


def _round() -> float:
    key = new_data_key()
    began = process_time()
    seen: dict[bytes, int] = {}
    for number in range(_PIECES):
        text = json.dumps({**_BODY, "n": number}, ensure_ascii=False).encode()
        seen[hashlib.sha256(text).digest()] = len(json.loads(text))
        zlib.compress(text, 6)
        key.open(b"place", key.seal(b"place", text))
    return (process_time() - began) * 1000
