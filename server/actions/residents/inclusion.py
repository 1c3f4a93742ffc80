"""The proof that a row of 谁看过我的档案 stands in the audit tree: nobody takes it away unseen.

A row's leaf was committed with it; the tree's size and root are signed each hour and witnessed by
the tablets. The proof is the leaf's bytes, its number, the hashes beside it up to the root, and the
signed checkpoint (crypto/SPEC.md, the audit tree; RFC 9162 section 2.1.3). It is checked here
before it is shown, and anybody can check it again without us.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from crypto.audit import Checkpoint, inclusion_path, leaf_hash, verify_inclusion
from crypto.keys import Suite
from server.actions.keeping.audit_tree import node_reader, origin_of
from server.actions.keeping.site import Site
from server.actions.residents.acting import Acting
from server.actions.residents.looked import Look, look
from server.errors import NotFound
from server.store.tx import Row, Tx, one

_REST: Final = 10  # a UUIDv7 begins with 6 bytes of milliseconds, then 10 others


@dataclass(frozen=True, slots=True)
class Proof:
    """What proves one row. Bytes are as the tree hashes them; `path`: lowest sibling first."""

    entry: bytes
    number: int
    size: int
    root: bytes
    path: tuple[bytes, ...]
    checkpoint: Checkpoint
    signature: bytes
    public: bytes

    def as_json(self) -> dict[str, Any]:
        """For somebody who checks it without us: hex throughout, instants in ms UTC."""
        return {
            "what": "inclusion of one row of an access log in an audit tree (RFC 9162, 2.1.3)",
            "hash": "SHA-256; leaf = H(00 || entry), node = H(01 || left || right)",
            "entry": self.entry.hex(),
            "number": self.number,
            "path": [each.hex() for each in self.path],
            "checkpoint": {
                "origin": self.checkpoint.origin, "size": self.size, "root": self.root.hex(),
                "at_ms": self.checkpoint.at_ms, "signed": self.checkpoint.signed_bytes().hex(),
                "signature": self.signature.hex(), "ed25519": self.public.hex(),
            },
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Waits:
    """The row is committed; the tree has not been signed since. Within the hour it is."""


async def proof(site: Site, acting: Acting, entry: bytes) -> tuple[Look, Proof | Waits]:
    """Raises NotFound for a row of another archive, FamilyMayNot."""
    return await site.store.read(partial(_proof, site=site, acting=acting, entry=entry))


async def _proof(tx: Tx, site: Site, acting: Acting, entry: bytes) -> tuple[Look, Proof | Waits]:
    found = await look(tx, site, acting, entry)
    if found is None:
        raise NotFound("entry")
    shown, (_, logged_at, _, _) = found
    leaf = await _leaf(tx, site, entry, logged_at)
    if leaf is None or leaf[1] is None:
        return shown, Waits()
    name, number, what, at, detail = leaf
    signed = await one(
        tx,
        "SELECT size, root, at, signature FROM audit_checkpoint WHERE district=? AND size>? "
        "ORDER BY size LIMIT 1",
        site.district, number,
    )  # fmt: skip
    if signed is None:
        return shown, Waits()
    size, root, signed_at, signature = signed
    raw = what.encode() + b"\x00" + site.district.to_bytes(2) + at.to_bytes(8) + name + detail
    path = await node_reader(tx, site.district, inclusion_path, number, size)
    checkpoint = Checkpoint(origin=origin_of(site.district), size=size, root=root, at_ms=signed_at)
    public = site.keys.audit[Suite.X25519_ED25519].public
    holds = verify_inclusion(
        leaf_hash(raw), index=number, size=size, path=path, root=root
    ) and checkpoint.verify(public, signature)
    if not holds:
        raise AssertionError("a row of the access log is not in the tree that was signed")
    return shown, Proof(raw, number, size, root, path, checkpoint, signature, public.raw)


async def _leaf(tx: Tx, site: Site, entry: bytes, logged_at: int) -> Row | None:
    """The leaf that was committed with the row and names it, alone or with others of one list or
    one batch: ids of leaves begin with their millisecond.
    """
    rows: Sequence[Row] = await tx.rows(
        "SELECT leaf, number, what, at, detail FROM audit_leaf WHERE district=? AND leaf>=? AND "
        "leaf<? ORDER BY leaf",
        site.district, logged_at.to_bytes(6) + bytes(_REST),
        (logged_at + 1).to_bytes(6) + bytes(_REST),
    )  # fmt: skip
    return next((row for row in rows if entry in row[4]), None)
