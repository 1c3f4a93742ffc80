"""Entering and leaving a panel: the member row, the feed rows and the digest, in the caller's
transaction.

The caller holds the resident's lock and flushes the ledger afterwards (panels are locked there,
last). A resident who enters is a feed row an entity, so the new panel's tablets receive the whole
archive by the ordinary pages; one who leaves is a single `leave`, and every tablet that may hold
a copy is asked to purge it.
"""

from server.actions.archives.ledger import WHOLE, Ledger
from server.actions.archives.standing import ResidentRow
from server.store.tx import Tx, one
from sync import digest


async def enter(
    tx: Tx, ledger: Ledger, row: ResidentRow, panel: bytes, *, ground: str, until: int | None
) -> None:
    """The resident is in `panel` from now on. ground: assigned | consent | consent_b.

    By plain consent the panel receives class A only, and its digest counts class A only.
    """
    district = ledger.district
    await tx.insert("member", [(district, panel, row.resident, ground, 0, until)])
    feed = ledger.feed.setdefault(panel, {})
    feed[("resident", row.resident)] = row.resident
    events = await tx.rows(
        "SELECT change FROM change WHERE district=? AND resident=? AND shape='event' "
        "AND state IN ('applied','applied_guest') ORDER BY day, change",
        district,
        row.resident,
    )
    for (change,) in events:
        feed[("event", change)] = row.resident
    restricted = digest.value(row.sum_restricted) if ground in WHOLE else 0
    ledger.shift(panel, digest.value(row.sum_open), restricted)


async def leave(tx: Tx, ledger: Ledger, row: ResidentRow, panel: bytes) -> None:
    """The resident is no longer in `panel`; tablets of it are asked to let the copy go."""
    district, who = ledger.district, row.resident
    member = await one(
        tx,
        "SELECT ground FROM member WHERE district=? AND panel=? AND resident=?",
        district, panel, who,
    )  # fmt: skip
    if member is None:
        return
    await tx.run(
        "DELETE FROM member WHERE district=? AND panel=? AND resident=?", district, panel, who
    )
    ledger.feed.setdefault(panel, {})[("leave", who)] = who
    restricted = digest.value(row.sum_restricted) if member[0] in WHOLE else 0
    ledger.shift(panel, -digest.value(row.sum_open), -restricted)
    ledger.let_go.append((who, panel))
