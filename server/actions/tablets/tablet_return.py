"""Tablets that are taken back after their uploads, and panels a tablet no longer gets.

A tablet that is asked back may still deliver and is given no page. When it has said, after that
moment, that nothing waits on it any more, it is revoked and told to wipe. What comes later still is
kept in quarantine as of any revoked tablet.
"""

from collections.abc import Collection
from functools import partial

from server.actions.accounts.sessions import panels_of
from server.actions.keeping.site import Site
from server.actions.tablets import devices
from server.actions.tablets.intake import civil_day
from server.store.trail import audit
from server.store.tx import Row, Tx, one


async def ask_back(tx: Tx, site: Site, asked: Collection[bytes], reason: str, now: int) -> None:
    """These tablets are to come back. `reason`: the word of the revocation, as staff_left."""
    rows: list[Row] = [(site.district, device, reason, now, None) for device in sorted(asked)]
    await tx.insert("tablet_return", rows, ignore=True)


async def carried(tx: Tx, site: Site, device: bytes, now: int) -> list[bytes]:
    """The panels a tablet is given pages of: none when it is asked back; not that of a locum whose
    days are over, unless somebody else on the tablet serves it.
    """
    back = await one(
        tx, "SELECT 1 FROM tablet_return WHERE district=? AND device=?", site.district, device
    )
    return [] if back is not None else await panels_now(tx, site, device, now)


async def panels_now(tx: Tx, site: Site, device: bytes, now: int) -> list[bytes]:
    """The same of a tablet that nobody has asked back."""
    rows = await tx.rows(
        "SELECT p.panel, EXISTS (SELECT 1 FROM device_key k JOIN team_member t ON "
        "t.district=k.district AND t.staff=k.staff AND t.ground='locum' AND t.until_day<=? "
        "WHERE k.district=p.district AND k.device=p.device AND t.panel=p.panel) "
        "FROM device_panel p WHERE p.district=? AND p.device=?",
        civil_day(now).isoformat(), site.district, device,
    )  # fmt: skip
    panels = [row[0] for row in rows]
    over = {panel for panel, is_over in rows if is_over}
    if not over:
        return panels
    served = await _served(tx, site, device)
    return [each for each in panels if each not in over or each in served]


async def _served(tx: Tx, site: Site, device: bytes) -> set[bytes]:
    """Every panel that somebody who signs on this tablet serves today."""
    people = await tx.rows(
        "SELECT s.staff, s.panel FROM device_key k JOIN staff s ON s.district=k.district AND "
        "s.staff=k.staff AND s.active=? WHERE k.district=? AND k.device=? AND k.until IS NULL",
        True, site.district, device,
    )  # fmt: skip
    served: set[bytes] = set()
    for staff, own in people:
        served |= await panels_of(tx, site, staff, own)
    return served


async def end_locums(site: Site) -> int:
    """Tablets on which nobody serves any of their panels since a locum's days are over are asked
    back. Returns how many.
    """
    return await site.store.write(partial(_end_locums, site=site))


async def _end_locums(tx: Tx, site: Site) -> int:
    now = site.clock()
    rows = await tx.rows(
        "SELECT DISTINCT k.device FROM team_member t JOIN device_key k ON k.district=t.district "
        "AND k.staff=t.staff AND k.until IS NULL JOIN device v ON v.district=k.district AND "
        "v.device=k.device AND v.status='enrolled' WHERE t.district=? AND t.ground='locum' AND "
        "t.until_day<=? AND NOT EXISTS (SELECT 1 FROM tablet_return r WHERE "
        "r.district=k.district AND r.device=k.device)",
        site.district, civil_day(now).isoformat(),
    )  # fmt: skip
    over = [row[0] for row in rows if not await carried(tx, site, row[0], now)]
    await ask_back(tx, site, over, "locum_over", now)
    return len(over)


async def take_back(site: Site) -> int:
    """Revokes tablets that were asked back and have delivered everything. Returns how many."""
    ready = await site.store.read(
        lambda tx: tx.rows(
            "SELECT r.device, r.reason, v.status FROM tablet_return r JOIN device v ON "
            "v.district=r.district AND v.device=r.device WHERE r.district=? AND r.done_at IS NULL "
            "AND (v.status<>'enrolled' OR (v.last_contact>r.since AND v.pending=0))",
            site.district,
        )
    )
    for device, reason, status in ready:
        if status == "enrolled":
            await devices.revoke(site, device, reason)
        await site.store.write(
            lambda tx, which=device: tx.run(
                "UPDATE tablet_return SET done_at=? WHERE district=? AND device=?",
                site.clock(), site.district, which,
            )
        )  # fmt: skip
    return len(ready)


async def end_keys(site: Site) -> int:
    """On a tablet that others go on using, the key of somebody who left ends when the tablet has
    said since that nothing waits on it. Returns how many.
    """
    return await site.store.write(partial(_end_keys, site=site))


async def _end_keys(tx: Tx, site: Site) -> int:
    now = site.clock()
    rows = await tx.rows(
        "SELECT k.key, k.device, l.day, v.last_contact FROM leaving l JOIN device_key k ON "
        "k.district=l.district AND k.staff=l.staff AND k.until IS NULL JOIN device v ON "
        "v.district=k.district AND v.device=k.device AND v.pending=0 JOIN device_key o ON "
        "o.district=k.district AND o.device=k.device AND o.staff<>k.staff AND o.until IS NULL "
        "WHERE l.district=? AND l.state='done'",
        site.district,
    )
    over = {key: device for key, device, day, seen in rows if civil_day(seen).isoformat() > day}
    for key in over:
        await tx.run(
            "UPDATE device_key SET until=? WHERE district=? AND key=?", now, site.district, key
        )
    if over:
        await audit(tx, site.district, "act", b"keys-end" + b"".join(sorted(over)), now)
    return len(over)


async def tidy(site: Site) -> int:
    """One step of the timed work: locums whose days are over, tablets that are empty, keys of
    people who left.
    """
    return await end_locums(site) + await take_back(site) + await end_keys(site)
