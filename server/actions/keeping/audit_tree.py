"""The audit tree: leaves are committed without a number, one sequencer numbers them and extends
the tree.

So appends never wait for each other; a proof exists a moment after the commit. A leaf removed
before it was numbered is not noticed: that window (2 s as a rule, an alarm at 60 s) is the honest
limit of this design.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

from crypto.audit import Checkpoint, Frontier, Node, nodes_of, root_at
from crypto.keys import SigningPublicKey, Suite
from server.actions.keeping.site import Site
from server.store.tx import Row, Tx, locking, one

ORIGIN: Final = "gongwei/audit"
BATCH: Final = 2_000  # leaves numbered in one transaction

GetNode = Callable[[int, int], bytes]


def origin_of(district: int) -> str:
    return f"{ORIGIN}/{district}"


async def number_leaves(tx: Tx, district: int) -> int:
    """Gives committed leaves their place. The district row is the sequencer's lock."""
    await tx.rows(
        f"SELECT district FROM district WHERE district=?{locking(tx)}",
        district,
    )
    fresh = await tx.rows(
        "SELECT leaf, hash FROM audit_leaf WHERE district=? AND number IS NULL "
        "ORDER BY leaf LIMIT ?",
        district,
        BATCH,
    )
    if not fresh:
        return 0
    size = await tree_size(tx, district)
    frontier = await _frontier(tx, district, size)
    nodes: list[Node] = []
    numbered: list[Row] = []
    for place, (leaf, leaf_hash) in enumerate(fresh, start=size):
        nodes += frontier.append(leaf_hash)
        numbered.append((district, leaf, place))
    await tx.update("audit_leaf", ("district", "leaf"), ("number",), numbered)
    await tx.insert("audit_node", [(district, node.level, node.index, node.hash) for node in nodes])
    return len(fresh)


async def tree_size(tx: Tx, district: int) -> int:
    row = await one(
        tx,
        "SELECT COALESCE(MAX(number) + 1, 0) FROM audit_leaf WHERE district=?",
        district,
    )
    return row[0] if row is not None else 0


async def _frontier(tx: Tx, district: int, size: int) -> Frontier:
    """The right edge of the tree: one stored complete node for each set bit of the size."""
    peaks = b""
    start = 0
    for level in range(size.bit_length() - 1, -1, -1):
        if size >> level & 1:
            row = await one(
                tx,
                "SELECT hash FROM audit_node WHERE district=? AND level=? AND idx=?",
                district, level, start >> level,
            )  # fmt: skip
            assert row is not None, "a complete node of the audit tree is missing"
            peaks += row[0]
            start += 1 << level
    return Frontier.parse(size.to_bytes(8) + peaks)


async def node_reader(
    tx: Tx, district: int, walk: Callable[..., Iterator[bytes]], *args: int
) -> tuple[bytes, ...]:
    """Runs a proof generator of crypto.audit over the stored nodes."""
    wanted = nodes_of(lambda get: walk(*args, get))
    held: dict[tuple[int, int], bytes] = {}
    for level, index in wanted:
        row = await one(
            tx,
            "SELECT hash FROM audit_node WHERE district=? AND level=? AND idx=?",
            district, level, index,
        )  # fmt: skip
        assert row is not None, "a complete node of the audit tree is missing"
        held[level, index] = row[0]

    def get(level: int, index: int) -> bytes:
        return held[level, index]

    return tuple(walk(*args, get))


def _root(size: int, get: GetNode) -> Iterator[bytes]:
    yield root_at(size, get)


async def make_checkpoint(tx: Tx, site: Site, now: int) -> Checkpoint | None:
    """Signs the present size and root; None when nothing is new."""
    size = await tree_size(tx, site.district)
    newest = await newest_checkpoint(tx, site.district)
    if size == 0 or (newest is not None and newest.size >= size):
        return None
    (root,) = await node_reader(tx, site.district, _root, size)
    checkpoint = Checkpoint(origin=origin_of(site.district), size=size, root=root, at_ms=now)
    signature = checkpoint.sign(site.keys.audit[Suite.X25519_ED25519])
    row: tuple[Any, ...] = (site.district, size, root, now, signature)
    await tx.insert("audit_checkpoint", [row], ignore=True)
    return checkpoint


async def newest_checkpoint(tx: Tx, district: int) -> Checkpoint | None:
    row = await one(
        tx,
        "SELECT size, root, at FROM audit_checkpoint WHERE district=? ORDER BY size DESC LIMIT 1",
        district,
    )
    if row is None:
        return None
    return Checkpoint(origin=origin_of(district), size=row[0], root=row[1], at_ms=row[2])


async def verify_checkpoints(tx: Tx, site: Site) -> tuple[int, int]:
    """(checkpoints checked, tree size): each root recomputed from the stored nodes and its
    signature checked.
    """
    rows = await tx.rows(
        "SELECT size, root, at, signature FROM audit_checkpoint WHERE district=? ORDER BY size",
        site.district,
    )
    public: SigningPublicKey = site.keys.audit[Suite.X25519_ED25519].public
    for size, root, at, signature in rows:
        checkpoint = Checkpoint(origin=origin_of(site.district), size=size, root=root, at_ms=at)
        (recomputed,) = await node_reader(tx, site.district, _root, size)
        if recomputed != root or not checkpoint.verify(public, signature):
            raise AssertionError(f"checkpoint of size {size} does not hold")
    return len(rows), await tree_size(tx, site.district)
