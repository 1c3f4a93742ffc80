"""What falls due by time alone: leases, offers, raw envelopes, checkpoints. Each is safe to do
twice.
"""

import asyncio
from pathlib import Path
from typing import Final

from server.actions.archives.ledger import audit
from server.actions.keeping.audit_tree import make_checkpoint
from server.actions.keeping.site import Site, kek_ring
from server.store.tx import Tx, locking
from sync.limits import KEEP_ENVELOPE_MS, LEASE_MS

SILENT: Final = (
    "SELECT device FROM device WHERE district=? AND (status='lost' OR last_contact<? "
    "OR (status<>'revoked' AND lease_until<?)) ORDER BY device"
)
KEY_FILE_READ_S: Final = 2  # a running server has read a changed key file within this time
ENVELOPES_AT_ONCE: Final = 500  # a transaction; a writer behind it waits for no more than that


async def account_copies(site: Site) -> int:
    """Copies on a tablet that is lost or past its lease become `unaccounted`, since now.

    A tablet that comes back in touch has them again: `possible` for residents of its panels,
    `asked` for those it was to let go. Returns how many changed.
    """

    async def work(tx: Tx) -> int:
        now, district = site.clock(), site.district
        silent = await _silent(tx, district, now)
        lost = 0
        if silent:
            rows = await tx.rows_in(
                "SELECT resident, device FROM copy WHERE district=? "
                "AND state IN ('possible', 'held', 'asked') AND device {ids}",
                silent,
                district,
            )
            await tx.update(
                "copy",
                ("district", "resident", "device"),
                ("state", "changed_at"),
                [(district, who, device, "unaccounted", now) for who, device in rows],
            )
            lost = len(rows)
        found = await _found_again(tx, district, now)
        if lost or found:
            detail = b"copies" + lost.to_bytes(4) + found.to_bytes(4)
            await audit(tx, district, "act", detail, now)
        return lost + found

    return await site.store.write(work)


async def _silent(tx: Tx, district: int, now: int) -> list[bytes]:
    """Tablets that are lost or past their lease, locked.

    A revoked one, whose lease ended at once, has a lease's time to come and wipe.
    """
    rows = await tx.rows(
        SILENT + locking(tx),
        district, now - LEASE_MS, now,
    )  # fmt: skip
    return [row[0] for row in rows]


async def _found_again(tx: Tx, district: int, now: int) -> int:
    return await tx.run(
        "UPDATE copy SET changed_at=?, state=CASE WHEN EXISTS (SELECT 1 FROM member m "
        "JOIN device_panel p ON p.district=m.district AND p.panel=m.panel "
        "WHERE m.district=copy.district AND m.resident=copy.resident AND p.device=copy.device "
        "AND (m.until IS NULL OR m.until>?)) THEN 'possible' ELSE 'asked' END "
        "WHERE district=? AND state='unaccounted' AND device IN (SELECT device FROM device "
        "WHERE district=? AND status NOT IN ('lost', 'revoked') AND lease_until>=? "
        "AND last_contact>=?)",
        now, now, district, district, now, now - LEASE_MS,
    )  # fmt: skip


async def expire_offers(site: Site) -> int:
    """Enrolment codes past their time; code and nonce go with them."""

    async def work(tx: Tx) -> int:
        now = site.clock()
        gone = await tx.run(
            "UPDATE enrol_offer SET status='expired', sealed_secret=? WHERE district=? "
            "AND status IN ('open', 'joined') AND expires_at<?",
            b"", site.district, now,
        )  # fmt: skip
        if gone:
            await audit(tx, site.district, "act", b"offers" + gone.to_bytes(4), now)
        return gone

    return await site.store.write(work)


async def prune_envelopes(site: Site) -> int:
    """Raw envelopes that a verified backup has held for 30 days. What they prove stays: header,
    hash and signature of each are in the ledger of batches, its changes in their own rows.

    Left alone: envelopes of batches a person still has to look at.
    """
    gone = 0
    while some := await site.store.write(lambda tx: _prune(tx, site)):
        gone += some
    return gone


async def _prune(tx: Tx, site: Site) -> int:
    now, district = site.clock(), site.district
    return await tx.run(
        "DELETE FROM envelope WHERE district=? AND digest IN (SELECT e.digest FROM envelope e "
        "WHERE e.district=? AND e.received_at<=(SELECT MAX(taken_at) FROM backup_mark "
        "WHERE district=? AND verified_at<=?) AND NOT EXISTS (SELECT 1 FROM task t "
        "WHERE t.district=e.district AND t.closed_at IS NULL "
        "AND t.subject=substr(e.digest, 1, 16)) LIMIT ?)",
        district, district, district, now - KEEP_ENVELOPE_MS, ENVELOPES_AT_ONCE,
    )  # fmt: skip


async def read_key_file(site: Site, path: Path) -> bool:
    """Takes over keys that were added to or retired from the file; True when it changed.

    Raises StartRefused when the file cannot be used; the keys in memory stay.
    """
    ring = await asyncio.to_thread(kek_ring, path)
    if ring.ids() == site.vault.ring.ids():
        return False
    site.vault.ring = ring
    return True


async def checkpoint(site: Site) -> int:
    """Signs the tree as it stands. Returns its size, 0 when nothing is new."""
    now = site.clock()
    made = await site.store.write(lambda tx: make_checkpoint(tx, site, now))
    return made.size if made is not None else 0
