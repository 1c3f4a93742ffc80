"""What somebody has only to look at: a tablet, a whole batch, a late visit, a look-alike."""

from functools import partial
from typing import Final

from server.actions.archives.ledger import Ledger
from server.actions.keeping.site import Site
from server.errors import RuleSaysNo
from server.store.tx import Tx, one

# Tasks that ask somebody to look and leave nothing to decide about a change.
LOOKED_AT: Final = (
    "possible_duplicate", "late_visit", "fork", "suspended", "digest", "lost", "revoked",
    "restored", "photo",
)  # fmt: skip


async def close(site: Site, subject: bytes, *, staff: bytes) -> int:
    """A person has dealt with what was to be looked at: a tablet, a whole batch, a late visit or a
    look-alike. Changes nothing else. What waits for a decision is not closed by this.

    Returns how many tasks were closed. Raises RuleSaysNo when there is none to close.
    """
    return await site.store.write(partial(_close, site=site, subject=subject, staff=staff))


async def _close(tx: Tx, site: Site, subject: bytes, staff: bytes) -> int:
    now, district = site.clock(), site.district
    change = await one(tx, "SELECT 1 FROM change WHERE district=? AND change=?", district, subject)
    kinds = LOOKED_AT if change is not None else (*LOOKED_AT, "quarantine")
    closed = await tx.run(
        "UPDATE task SET closed_at=?, closed_by=?, result='closed' WHERE district=? AND subject=? "
        f"AND closed_at IS NULL AND kind IN ({', '.join('?' * len(kinds))})",
        now, staff, district, subject, *kinds,
    )  # fmt: skip
    if not closed:
        raise RuleSaysNo("nothing_to_close")
    ledger = Ledger(district, site.vault, now, 1)
    await ledger.flush(tx, "act", b"closed" + subject)
    return closed
