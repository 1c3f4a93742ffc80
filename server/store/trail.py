"""The trail every act leaves: one audit leaf, committed with the act itself."""

from crypto.audit import leaf_hash
from server.store.ids import new_id
from server.store.tx import Row, Tx


async def audit(tx: Tx, district: int, what: str, detail: bytes, now: int) -> bytes:
    """One leaf, inserted without a number: appends never queue behind each other.

    Returns its id.
    """
    leaf = new_id(now)
    entry = what.encode() + b"\x00" + district.to_bytes(2) + now.to_bytes(8) + leaf + detail
    row: Row = (district, leaf, None, what, leaf_hash(entry), detail, now)
    await tx.insert("audit_leaf", [row])
    return leaf
