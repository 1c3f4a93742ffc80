"""One change of a batch, provable alone.

The signed header of a batch carries `root`, the tree hash (RFC 6962) over one keyed leaf a change.
Whoever is shown one change, its key and its path can check it against the signature and learns
nothing of the others. The leaves are keyed, because an unkeyed hash of guessable content ("blood
pressure 128/84, controlled") would confirm a guess to anyone who steals the stored hashes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from crypto.audit import leaf_hash, path_of, paths_of, root_of, verify_inclusion
from crypto.primitives import hmac_sha256

# What a change's own key has is enough; 32 in batches of before.
SECRET_SIZES: Final = (16, 32)
CHANGE_KEY_SIZE: Final = 16
_LABEL: Final = b"gongwei/change"


@dataclass(frozen=True, slots=True)
class Commitment:
    """What one batch commits to: `root` goes into the header, keys and paths into the journal."""

    root: bytes
    leaves: tuple[bytes, ...]
    keys: tuple[bytes, ...]

    def __repr__(self) -> str:
        return f"Commitment(root={self.root.hex()}, {len(self.leaves)} changes)"


def change_key(secret: bytes, index: int) -> bytes:
    """The 16-byte key of change `index` from the batch secret (16 or 32 bytes, in the sealed body).

    HMAC-SHA-256(secret, "gongwei/change" || u32be index), first 16 bytes: one key tells nothing of
    the secret or of its neighbours.
    """
    return hmac_sha256(secret, _LABEL + index.to_bytes(4, "big"))[:CHANGE_KEY_SIZE]


def leaf_of(key: bytes, change: bytes) -> bytes:
    """The leaf of one change: HMAC-SHA-256 under its key over its exact bytes."""
    return hmac_sha256(key, change)


def commit(secret: bytes, items: Sequence[bytes]) -> Commitment:
    """Commit to the exact bytes of the changes, in batch order."""
    if len(secret) not in SECRET_SIZES:
        raise ValueError("a batch secret has 16 or 32 bytes")
    keys = tuple(change_key(secret, index) for index in range(len(items)))
    leaves = tuple(map(leaf_of, keys, items))
    return Commitment(root_of([leaf_hash(leaf) for leaf in leaves]), leaves, keys)


def prove(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """The path of change `index`, lowest sibling first, 32 bytes each; IndexError beyond."""
    return path_of([leaf_hash(leaf) for leaf in leaves], index)


def prove_all(leaves: Sequence[bytes]) -> list[tuple[bytes, ...]]:
    """The paths of all changes, as `prove` gives them, for a journal that keeps each."""
    return paths_of([leaf_hash(leaf) for leaf in leaves])


def verify(
    root: bytes, count: int, index: int, key: bytes, change: bytes, path: Sequence[bytes]
) -> bool:
    """Whether these bytes are change `index` of the `count` changes under `root`."""
    if len(key) != CHANGE_KEY_SIZE:
        return False
    leaf = leaf_hash(leaf_of(key, change))
    return verify_inclusion(leaf, index=index, size=count, path=path, root=root)
