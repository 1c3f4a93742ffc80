"""Lets go of feed rows that can change nothing any more (sync/PROTOCOL.md, 8.12), so that a feed
stays as large as what its panel holds, not as what was ever done there.

What is superseded stays so, because newer rows only ever come: those are looked for without a lock
and deleted in small transactions. The compaction mark moves under the panel's lock, before the rows
below it go: a page is packed under a share of that lock, so it sees either the rows or the mark.
"""

from functools import partial
from typing import Final

from server.actions.keeping.site import Site
from server.store.tx import Tx, locking, one
from sync.limits import LEASE_MS

SWEEP_AFTER: Final = 500  # rows a panel's feed has grown by since it was last gone through
AT_ONCE: Final = 2000  # rows a transaction; a writer behind it waits for no more than that
SUPERSEDED: Final = (
    "SELECT csn FROM (SELECT csn, MAX(csn) OVER (PARTITION BY op, entity) AS newest, "
    "MAX(CASE WHEN op='leave' THEN csn END) OVER (PARTITION BY resident) AS gone "
    "FROM feed WHERE district=? AND panel=?) AS f WHERE csn<newest OR csn<gone"
)
"""A newer mention of the same entity, or a later leave of its resident."""


async def compact(site: Site, after: int = SWEEP_AFTER) -> int:
    """Every panel whose feed has grown by `after` rows; how many rows went."""
    grown = await site.store.read(
        lambda tx: tx.rows(
            "SELECT panel, csn FROM panel WHERE district=? AND csn>=feed_swept+? ORDER BY panel",
            site.district, after,
        )
    )  # fmt: skip
    return sum([await _sweep(site, panel, csn) for panel, csn in grown])


async def _sweep(site: Site, panel: bytes, csn: int) -> int:
    """One panel. Cut short it is gone through again the next time: `feed_swept` is set last."""
    mark = await site.store.write(partial(_move_mark, site=site, panel=panel))
    gone = 0
    while most := await site.store.write(partial(_behind, site=site, panel=panel, mark=mark)):
        gone += most
    found = await site.store.read(lambda tx: tx.rows(SUPERSEDED, site.district, panel))
    for start in range(0, len(found), AT_ONCE):
        numbers = ",".join(str(row[0]) for row in found[start : start + AT_ONCE])
        gone += await site.store.write(
            lambda tx, numbers=numbers: tx.run(
                f"DELETE FROM feed WHERE district=? AND panel=? AND csn IN ({numbers})",
                site.district, panel,
            )
        )  # fmt: skip
    await site.store.write(
        lambda tx: tx.run(
            "UPDATE panel SET feed_swept=? WHERE district=? AND panel=?", csn, site.district, panel
        )
    )
    return gone


async def _move_mark(tx: Tx, site: Site, panel: bytes) -> int:
    """The mark now: what every tablet has signed for that was served in this feed epoch. (One that
    was not gets a snapshot whatever the mark; what it signed for before says nothing here.)
    """
    head = await one(
        tx, f"SELECT csn, feed_from FROM panel WHERE district=? AND panel=?{locking(tx)}",
        site.district, panel,
    )  # fmt: skip
    assert head is not None
    csn, mark = head
    held = await one(
        tx,
        "SELECT MIN(CASE WHEN p.acked_csn<=p.served_csn THEN p.acked_csn ELSE 0 END) "
        "FROM device_panel p JOIN device t ON t.district=p.district AND t.device=p.device "
        "JOIN district d ON d.district=p.district AND d.feed_epoch=p.served_epoch "
        "WHERE p.district=? AND p.panel=? AND t.status IN ('enrolled', 'suspended') "
        "AND t.last_contact>=?",
        site.district, panel, site.clock() - LEASE_MS,
    )  # fmt: skip
    lowest = csn if held is None or held[0] is None else min(csn, held[0])
    if lowest <= mark:
        return mark
    await tx.run(
        "UPDATE panel SET feed_from=? WHERE district=? AND panel=?", lowest, site.district, panel
    )
    return lowest


async def _behind(tx: Tx, site: Site, panel: bytes, mark: int) -> int:
    rows = await tx.rows(
        "SELECT csn FROM feed WHERE district=? AND panel=? AND csn<=? ORDER BY csn LIMIT ?",
        site.district, panel, mark, AT_ONCE,
    )  # fmt: skip
    if not rows:
        return 0
    return await tx.run(
        "DELETE FROM feed WHERE district=? AND panel=? AND csn<=?",
        site.district, panel, rows[-1][0],
    )  # fmt: skip
