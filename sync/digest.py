"""Do server and tablet hold the same? Sums of hashes that any order of arrival brings to the same
value.

A leaf is 128 bits of SHA-256 over (entity id, class, revision), never over content: equality of
digests reveals nothing a reader of ids does not know. Sums are taken mod 2**128, so a change of
one entity is one subtraction and one addition, and a resident's sum can be moved whole from one
panel to another. Compared only at the same csn, over received state, with the snapshot complete
(PROTOCOL.md section 8).
"""

from collections.abc import Iterable
from hashlib import sha256
from typing import Final

from sync.limits import DIGEST_BUCKETS

_MODULUS: Final = 1 << 128
_LABEL: Final = b"gongwei/digest\x00"
ZERO: Final = bytes(16)


def leaf(entity: bytes, cls: str, rev: int) -> int:
    """entity 16 bytes, cls one ASCII letter, rev = epoch * 2**32 + n."""
    return int.from_bytes(sha256(_LABEL + entity + cls.encode() + rev.to_bytes(8)).digest()[:16])


def add(total: bytes, *leaves: int) -> bytes:
    moved = sum(leaves)
    return ((int.from_bytes(total) + moved) % _MODULUS).to_bytes(16) if moved else total


def subtract(total: bytes, *leaves: int) -> bytes:
    return ((int.from_bytes(total) - sum(leaves)) % _MODULUS).to_bytes(16)


def value(total: bytes) -> int:
    return int.from_bytes(total)


def sum_of(totals: Iterable[bytes]) -> bytes:
    return (sum(map(int.from_bytes, totals)) % _MODULUS).to_bytes(16)


def bucket(resident: bytes) -> int:
    """Which of the buckets a resident's sum falls into (hash, so that UUIDv7 time bits spread)."""
    return sha256(_LABEL + resident).digest()[0] % DIGEST_BUCKETS


def buckets(sums: Iterable[tuple[bytes, bytes]]) -> tuple[bytes, ...]:
    """(resident, sum) pairs -> the sum of each bucket."""
    totals = [0] * DIGEST_BUCKETS
    for resident, total in sums:
        totals[bucket(resident)] += int.from_bytes(total)
    return tuple((each % _MODULUS).to_bytes(16) for each in totals)
