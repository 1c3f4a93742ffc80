"""The audit log under `journal verify`: entries, numbers, nodes, checkpoints, what it says."""

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

from crypto.audit import Checkpoint, Frontier, leaf_hash
from crypto.keys import SigningPublicKey, Suite
from server.actions.attachments.sealed import GONE, KEPT
from server.actions.keeping.audit_tree import origin_of
from server.actions.keeping.site import Site
from server.actions.keeping.verify_report import Code, Tally, every
from server.store.dump import Snapshot
from server.store.tx import Row

REVISION_BYTES: Final = 16 + 1 + 8 + 16
_BATCH_BYTES: Final = 32 + 32
_DECISION: Final = b"decision"
_FACILITY_RECORD: Final = b"facility-record"
_PICTURE: Final = 32 + 16  # its id and the tablet it came from


@dataclass(slots=True)
class Told:
    """What the audit log says is there."""

    batches: set[bytes] = field(default_factory=set[bytes])
    decisions: set[bytes] = field(default_factory=set[bytes])
    # (resident, class) -> newest revision and half a hash of its sealed bytes
    revisions: dict[tuple[bytes, str], tuple[int, bytes]] = field(
        default_factory=dict[tuple[bytes, str], tuple[int, bytes]]
    )
    # record of a facility's own work -> half a hash of its sealed bytes
    facility_records: dict[bytes, bytes] = field(default_factory=dict[bytes, bytes])
    # picture (id and tablet) -> id of the stored file
    pictures: dict[bytes, bytes] = field(default_factory=dict[bytes, bytes])

    def take(self, what: str, detail: bytes, residents: set[bytes]) -> None:
        if what == "batch":
            self.batches.add(detail[:32])
            for at in range(_BATCH_BYTES, len(detail) - REVISION_BYTES + 1, REVISION_BYTES):
                self._revision(detail[at : at + REVISION_BYTES])
            return
        if what != "act":
            return
        if detail.startswith((KEPT, GONE)):
            kept = detail.startswith(KEPT)
            rest = detail[len(KEPT if kept else GONE) :]
            self.pictures[rest[:_PICTURE]] = rest[_PICTURE:]  # b"": taken away, on purpose
            return
        if detail.startswith(_DECISION):
            self.decisions.add(detail[len(_DECISION) : len(_DECISION) + 16])
        if detail.startswith(_FACILITY_RECORD):
            at = len(_FACILITY_RECORD)
            self.facility_records[detail[at : at + 16]] = detail[at + 16 :]
            return
        # An act ends in the revisions it made; words and ids of many kinds stand before them.
        end = len(detail)
        while end >= REVISION_BYTES and detail[end - 41 : end - 25] in residents:
            self._revision(detail[end - REVISION_BYTES : end])
            end -= REVISION_BYTES

    def _revision(self, entry: bytes) -> None:
        place = entry[:16], entry[16:17].decode("latin-1")
        revision = int.from_bytes(entry[17:25])
        if revision > self.revisions.get(place, (0, b""))[0]:
            self.revisions[place] = revision, entry[25:]


class _Levels:
    """One running hash a tree level: its nodes come in order of index on both sides."""

    def __init__(self) -> None:
        self.by_level: dict[int, tuple[int, Any]] = {}

    def add(self, level: int, node: bytes) -> None:
        count, running = self.by_level.get(level, (0, sha256()))
        running.update(node)
        self.by_level[level] = count + 1, running

    def sums(self) -> dict[int, tuple[int, bytes]]:
        return {level: (n, running.digest()) for level, (n, running) in self.by_level.items()}


async def verify_tree(snap: Snapshot, site: Site, tally: Tally, residents: set[bytes]) -> Told:
    """Every entry hashed again, the tree built again, each checkpoint held to it."""
    told, frontier, built = Told(), Frontier(), _Levels()
    checkpoints = await _checkpoints(snap, site, tally)
    async for row in every(
        snap,
        "SELECT number, leaf, what, hash, detail, at FROM audit_leaf WHERE district=? "
        "AND number IS NOT NULL ORDER BY number",
        site.district,
    ):
        number = row[0]
        if number != frontier.size:
            tally.fault(Code.LEAF_NUMBER, frontier.size)
            return await _unnumbered(snap, site, tally, residents, told)
        hashed = _leaf(site, tally, row, residents, told)
        for node in frontier.append(hashed):
            built.add(node.level, node.hash)
        _hold(tally, checkpoints, frontier)
        if frontier.size % 10_000 == 0:
            tally.say("audit_leaf", frontier.size)
    for size in checkpoints:
        tally.fault(Code.CHECKPOINT_ROOT, size)
    await _nodes(snap, site, tally, built)
    return await _unnumbered(snap, site, tally, residents, told)


def _leaf(site: Site, tally: Tally, row: Row, residents: set[bytes], told: Told) -> bytes:
    """The stored hash, after it was held to what it is over; the entry is taken at its word."""
    _, leaf, what, stored, detail, at = row
    entry = what.encode() + b"\x00" + site.district.to_bytes(2) + at.to_bytes(8) + leaf + detail
    tally.leaves += 1
    if leaf_hash(entry) != stored:
        tally.fault(Code.LEAF_HASH, leaf)
    else:
        told.take(what, detail, residents)
    return stored


async def _unnumbered(
    snap: Snapshot, site: Site, tally: Tally, residents: set[bytes], told: Told
) -> Told:
    async for row in every(
        snap,
        "SELECT number, leaf, what, hash, detail, at FROM audit_leaf WHERE district=? "
        "AND number IS NULL ORDER BY leaf",
        site.district,
    ):
        _leaf(site, tally, row, residents, told)
    return told


async def _checkpoints(snap: Snapshot, site: Site, tally: Tally) -> dict[int, bytes]:
    """Size -> root of every checkpoint whose signature holds."""
    keys = [
        SigningPublicKey(Suite(suite), public)
        async for suite, public in every(
            snap,
            "SELECT suite, public FROM server_key WHERE district=? AND purpose='audit'",
            site.district,
        )
    ]
    found: dict[int, bytes] = {}
    async for size, root, at, signature in every(
        snap,
        "SELECT size, root, at, signature FROM audit_checkpoint WHERE district=? ORDER BY size",
        site.district,
    ):
        tally.checkpoints += 1
        checkpoint = Checkpoint(origin=origin_of(site.district), size=size, root=root, at_ms=at)
        if not any(checkpoint.verify(key, signature) for key in keys):
            tally.fault(Code.CHECKPOINT_SIGNATURE, size)
        else:
            found[size] = root
    return found


def _hold(tally: Tally, checkpoints: dict[int, bytes], frontier: Frontier) -> None:
    root = checkpoints.pop(frontier.size, None)
    if root is not None and root != frontier.root():
        tally.fault(Code.CHECKPOINT_ROOT, frontier.size)


async def _nodes(snap: Snapshot, site: Site, tally: Tally, built: _Levels) -> None:
    stored = _Levels()
    async for level, node in every(
        snap,
        "SELECT level, hash FROM audit_node WHERE district=? ORDER BY level, idx",
        site.district,
    ):
        stored.add(level, node)
    ours, theirs = built.sums(), stored.sums()
    for level in sorted({*ours, *theirs}):
        if ours.get(level) != theirs.get(level):
            tally.fault(Code.TREE_NODE, level)
