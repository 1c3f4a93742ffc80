"""What a tablet says about itself: how far it has applied the feed, what it purged, who was read
offline.
"""

from hashlib import sha256
from typing import Final

from server.actions.archives.standing import DeviceRow
from server.actions.keeping.site import Site
from server.rules.consent import Purpose
from server.store.trail import audit
from server.store.tx import Row, Tx
from sync import wire
from sync.limits import BATCH_PURGED, BATCH_READS, PANELS_PER_DEVICE

_PURPOSES: Final = frozenset(str(each) for each in Purpose)
READS: Final = b"reads"  # how the leaf of a batch's offline openings begins
_OTHER: Final = "other"  # what somebody typed is not kept: it would stand in the clear


def shown(text: str, most: int) -> str:
    """A tablet's own words about itself, fit for a database and a terminal: no control signs."""
    return "".join(sign for sign in text[:most] if sign.isprintable())


async def take_reports(
    tx: Tx,
    site: Site,
    device: DeviceRow,
    batch: wire.Batch,
    feed_epoch: int,
    now: int,
) -> None:
    """Signed claims, kept as evidence; each is bounded by what the server itself knows."""
    for cursor in batch.cursors[:PANELS_PER_DEVICE]:
        if cursor.epoch == feed_epoch:
            # Never above what was served: a claim cannot make the server believe more than it
            # answered.
            await tx.run(
                "UPDATE device_panel SET acked_csn=?, acked_at=? WHERE district=? AND device=? "
                "AND panel=? AND acked_csn<? AND served_csn>=? AND served_epoch=?",
                cursor.csn, now, site.district, device.device, cursor.panel, cursor.csn,
                cursor.csn, feed_epoch,
            )  # fmt: skip
    await _purged(tx, site, device, batch.purged[:BATCH_PURGED], now)
    await _reads(tx, site, device, batch, now)


async def _purged(
    tx: Tx, site: Site, device: DeviceRow, purged: tuple[wire.Purged, ...], now: int
) -> None:
    """Bodies and keys are gone there. Only for residents the tablet was asked to let go, which are
    all of them once it is lost: a wrong word about somebody it goes on serving changes nothing.
    """
    if not purged:
        return
    gone = [
        (site.district, each.resident, device.device, "purged", now)
        for each in purged
        if len(each.resident) == 16
    ]
    still = await tx.rows_in(
        "SELECT m.resident FROM member m JOIN device_panel p ON p.district=m.district "
        "AND p.panel=m.panel WHERE p.district=? AND p.device=? "
        "AND (m.until IS NULL OR m.until > ?) AND m.resident {ids}",
        sorted({row[1] for row in gone}),
        site.district,
        device.device,
        now,
    )
    kept = {row[0] for row in still} if device.status == "enrolled" else set[bytes]()
    await tx.update(
        "copy",
        ("district", "resident", "device"),
        ("state", "changed_at"),
        [row for row in gone if row[1] not in kept],
    )


async def _reads(tx: Tx, site: Site, device: DeviceRow, batch: wire.Batch, now: int) -> None:
    """Offline openings enter the access log with both times: when, and when it was told.

    An entry's id comes from what it says, so however often it is told there is one row. The new
    ones of a batch share one leaf, which names them all.
    """
    reads = [each for each in batch.reads[:BATCH_READS] if len(each.resident) == 16]
    given = await tx.rows_in(
        "SELECT resident FROM copy WHERE district=? AND device=? AND resident {ids}",
        sorted({each.resident for each in reads}),
        site.district,
        device.device,
    )
    held = {row[0] for row in given}  # nobody is read on a tablet that was never given the archive
    reads = [each for each in reads if each.resident in held]
    if not reads:
        return
    rows: dict[tuple[bytes, bytes], Row] = {}
    for each in reads:
        entry = _entry(device.device, each)
        rows[each.resident, entry] = (
            site.district, each.resident, entry, min(each.at, now), now, batch.staff,
            device.facility, device.device,
            each.purpose if each.purpose in _PURPOSES else _OTHER, "panel", "A", "offline",
        )  # fmt: skip
    for known in await tx.rows_in(
        "SELECT resident, entry FROM access_log WHERE district=? AND device=? AND resident {ids}",
        sorted({who for who, _ in rows}), site.district, device.device,
    ):  # fmt: skip
        rows.pop((known[0], known[1]), None)
    if rows:
        await tx.insert("access_log", list(rows.values()))
        said = b"".join(entry for _, entry in sorted(rows))
        await audit(tx, site.district, "opening", READS + device.device + said, now)


def _entry(device: bytes, read: wire.Read) -> bytes:
    told = read.at.to_bytes(8, signed=True) + read.purpose.encode()
    return sha256(b"gongwei/read\x00" + device + read.resident + told).digest()[:16]
