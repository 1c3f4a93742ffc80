"""The tamper-evident log: the hash tree of RFC 6962 / RFC 9162, proofs and signed checkpoints.

A complete node covers 2**level leaves and never changes again, so a store keeps each under
(level, index) once it is known; level 0 holds the leaf hashes. Roots and proofs of any tree size
are computed from complete nodes alone. Leaves are commitments, never content. It is the evidence
when records are abused or leaked (S001-art24, S000-art30).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from crypto.keys import SigningKeyPair, SigningPublicKey
from crypto.primitives import sha256

EMPTY_ROOT: Final = sha256(b"")
_CHECKPOINT_LABEL: Final = b"gongwei/checkpoint\x00"

GetNode = Callable[[int, int], bytes]
"""(level, index) -> hash of the complete node over leaves index << level and on."""


@dataclass(frozen=True, slots=True)
class Node:
    """A complete node to store."""

    level: int
    index: int
    hash: bytes


def leaf_hash(entry: bytes) -> bytes:
    """SHA-256(0x00 || entry): the prefix keeps a leaf from passing as a node (RFC 9162 2.1.1)."""
    return sha256(b"\x00" + entry)


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right) (RFC 9162 2.1.1)."""
    return sha256(b"\x01" + left + right)


class Frontier:
    """The right edge of a growing tree: the roots of its complete subtrees, largest first.

    Appending costs O(log n) and memory is 32 bytes for each bit set in the size.
    """

    __slots__ = ("_peaks", "_size")

    def __init__(self) -> None:
        self._size = 0
        self._peaks: list[bytes] = []

    @property
    def size(self) -> int:
        """How many leaves the tree has."""
        return self._size

    def append(self, leaf: bytes) -> list[Node]:
        """Add one leaf hash (32 bytes); the nodes this completes, the leaf first."""
        if len(leaf) != 32:
            raise ValueError("a leaf hash has 32 bytes")
        level, index, current = 0, self._size, leaf
        completed = [Node(level, index, current)]
        while index & 1:
            current = node_hash(self._peaks.pop(), current)
            level, index = level + 1, index >> 1
            completed.append(Node(level, index, current))
        self._peaks.append(current)
        self._size += 1
        return completed

    def root(self) -> bytes:
        """The root over all leaves so far; SHA-256 of nothing for none."""
        if not self._peaks:
            return EMPTY_ROOT
        root = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            root = node_hash(peak, root)
        return root

    def serialise(self) -> bytes:
        """u64be size | the peaks, 32 bytes each, largest first."""
        return self._size.to_bytes(8, "big") + b"".join(self._peaks)

    @classmethod
    def parse(cls, data: bytes) -> "Frontier":
        """The frontier of its serialised form; ValueError when size and length disagree."""
        size = int.from_bytes(data[:8], "big")
        if len(data) != 8 + 32 * size.bit_count():
            raise ValueError("not a frontier")
        frontier = cls()
        frontier._size = size
        frontier._peaks = [data[start : start + 32] for start in range(8, len(data), 32)]
        return frontier


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes, level by level; SHA-256 of nothing for none."""
    if not leaves:
        return EMPTY_ROOT
    row = list(leaves)
    while len(row) > 1:
        row = _parents(row)
    return row[0]


def path_of(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """The inclusion path of one of these leaf hashes, lowest sibling first."""
    if not 0 <= index < len(leaves):
        raise IndexError("no such leaf")
    row, path = list(leaves), list[bytes]()
    while len(row) > 1:
        sibling = index ^ 1
        if sibling < len(row):
            path.append(row[sibling])
        row, index = _parents(row), index >> 1
    return tuple(path)


def paths_of(leaves: Sequence[bytes]) -> list[tuple[bytes, ...]]:
    """The inclusion paths of all these leaf hashes, hashing each node once."""
    rows = [list(leaves)]
    while len(rows[-1]) > 1:
        rows.append(_parents(rows[-1]))
    paths: list[tuple[bytes, ...]] = []
    for index in range(len(leaves)):
        siblings = [(row, (index >> level) ^ 1) for level, row in enumerate(rows[:-1])]
        paths.append(tuple(row[at] for row, at in siblings if at < len(row)))
    return paths


def _parents(row: list[bytes]) -> list[bytes]:
    parents = [node_hash(row[i], row[i + 1]) for i in range(0, len(row) - 1, 2)]
    if len(row) & 1:
        parents.append(row[-1])
    return parents


# ---- proofs from stored nodes --------------------------------------------------------------------


def root_at(size: int, get_node: GetNode) -> bytes:
    """The root the tree had with `size` leaves."""
    if size == 0:
        return EMPTY_ROOT
    return _range_hash(0, size, get_node)


def inclusion_path(index: int, size: int, get_node: GetNode) -> Iterator[bytes]:
    """Siblings from leaf `index` to the root of the tree of `size`, lowest first (2.1.3.1)."""
    if not 0 <= index < size:
        raise IndexError("no such leaf in a tree of this size")
    yield from _inclusion(index, 0, size, get_node)


def consistency_path(old_size: int, new_size: int, get_node: GetNode) -> Iterator[bytes]:
    """Proof that the tree of `new_size` starts with that of `old_size` (2.1.4.1).

    Empty when either is the whole story: sizes equal, or nothing before.
    """
    if not 0 <= old_size <= new_size:
        raise IndexError("a tree does not shrink")
    if 0 < old_size < new_size:
        yield from _subproof(old_size, 0, new_size, True, get_node)


def nodes_of(walk: Callable[[GetNode], Iterator[bytes]]) -> list[tuple[int, int]]:
    """Which nodes a proof will ask for, to fetch them with one query before it is made."""
    asked: list[tuple[int, int]] = []

    def note(level: int, index: int) -> bytes:
        asked.append((level, index))
        return EMPTY_ROOT

    for _ in walk(note):
        pass
    return asked


def _split_point(count: int) -> int:
    """The largest power of two below `count` (count >= 2)."""
    return 1 << ((count - 1).bit_length() - 1)


def _range_hash(start: int, stop: int, get_node: GetNode) -> bytes:
    count = stop - start
    if count & (count - 1) == 0:
        level = count.bit_length() - 1
        return get_node(level, start >> level)
    middle = start + _split_point(count)
    return node_hash(_range_hash(start, middle, get_node), _range_hash(middle, stop, get_node))


def _inclusion(index: int, start: int, stop: int, get_node: GetNode) -> Iterator[bytes]:
    if stop - start == 1:
        return
    middle = start + _split_point(stop - start)
    if index < middle:
        yield from _inclusion(index, start, middle, get_node)
        yield _range_hash(middle, stop, get_node)
    else:
        yield from _inclusion(index, middle, stop, get_node)
        yield _range_hash(start, middle, get_node)


def _subproof(old: int, start: int, stop: int, known: bool, get_node: GetNode) -> Iterator[bytes]:
    """SUBPROOF of RFC 9162 2.1.4.1; `old` counts from `start`, `known`: the verifier has it."""
    count = stop - start
    if old == count:
        if not known:
            yield _range_hash(start, stop, get_node)
        return
    split = _split_point(count)
    middle = start + split
    if old <= split:
        yield from _subproof(old, start, middle, known, get_node)
        yield _range_hash(middle, stop, get_node)
    else:
        yield from _subproof(old - split, middle, stop, False, get_node)
        yield _range_hash(start, middle, get_node)


# ---- verification --------------------------------------------------------------------------------


def verify_inclusion(
    leaf: bytes, *, index: int, size: int, path: Sequence[bytes], root: bytes
) -> bool:
    """RFC 9162 2.1.3.2: whether the leaf hash is at `index` of the tree of `size` with `root`."""
    if not 0 <= index < size:
        return False
    position, last, current = index, size - 1, leaf
    for sibling in path:
        if last == 0 or len(sibling) != 32:
            return False
        if position & 1 or position == last:
            current = node_hash(sibling, current)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            current = node_hash(current, sibling)
        position, last = position >> 1, last >> 1
    return last == 0 and current == root


def verify_consistency(
    *, old_size: int, new_size: int, old_root: bytes, new_root: bytes, path: Sequence[bytes]
) -> bool:
    """RFC 9162 2.1.4.2: whether the new tree starts with the old one."""
    if not 0 <= old_size <= new_size:
        return False
    if old_size == new_size:
        return not path and old_root == new_root
    if old_size == 0:
        return not path and old_root == EMPTY_ROOT
    if any(len(sibling) != 32 for sibling in path):
        return False
    steps = list(path) if old_size & (old_size - 1) else [old_root, *path]
    if not steps:
        return False
    position, last = old_size - 1, new_size - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    old = new = steps[0]
    for sibling in steps[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        position, last = position >> 1, last >> 1
    return last == 0 and old == old_root and new == new_root


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A statement about the log at one instant (`at_ms`, UTC), signed by a key of its own."""

    origin: str
    size: int
    root: bytes
    at_ms: int

    def signed_bytes(self) -> bytes:
        """label | u8 n | origin (n bytes UTF-8) | u64be size | root 32 | u64be at_ms."""
        origin = self.origin.encode()
        if not 1 <= len(origin) <= 255 or len(self.root) != 32:
            raise ValueError("not a checkpoint")
        numbers = self.size.to_bytes(8, "big") + self.root + self.at_ms.to_bytes(8, "big")
        return _CHECKPOINT_LABEL + bytes([len(origin)]) + origin + numbers

    def sign(self, key: SigningKeyPair) -> bytes:
        """The 64-byte signature of the log's own key."""
        return key.sign(self.signed_bytes())

    def verify(self, key: SigningPublicKey, signature: bytes) -> bool:
        """Whether that key signed exactly this statement."""
        return key.verify(self.signed_bytes(), signature)
