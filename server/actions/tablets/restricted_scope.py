"""Who may be shown class B: the named specialists of a facility, by the county's word only.

A tablet carries class B only while everybody who signs on it has the scope. So it is asked when a
tablet is offered, when it is let in and when a second person joins it; when the scope is taken
back, each tablet that person signs on is served class A only from its next exchange on, and the
comparison of sums makes it let class B go. No sum covers what is owed, and an open record may ask
for something of class B (a long cough): so each resident's list of that class is taken away by a
row of the feed. What it has not sent yet is not lost: it becomes a proposal. Locks: the row of the
member of staff, then tablets by id, then panels.
"""

from collections.abc import Sequence
from functools import partial

from server.actions.accounts.account_making import event
from server.actions.accounts.sessions import Signed
from server.actions.archives.ledger import Ledger
from server.actions.keeping.site import Site
from server.actions.plan.remake import OVER
from server.errors import NotYours, RuleSaysNo
from server.rules.accounts import FACILITY_ROLES, StaffRole
from server.store.tx import Tx, locking, one


async def has_scope(tx: Tx, district: int, staff: bytes) -> bool:
    """Whether this person may be shown class B now; locks their row until the transaction ends."""
    row = await one(
        tx, f"SELECT restricted FROM staff WHERE district=? AND staff=?{locking(tx)}",
        district, staff,
    )  # fmt: skip
    return row is not None and bool(row[0])


async def check_scope(tx: Tx, district: int, staff: bytes) -> None:
    """Raises RuleSaysNo("no_scope")."""
    if not await has_scope(tx, district, staff):
        raise RuleSaysNo("no_scope")


async def give_scope(
    site: Site, signed: Signed, facility: bytes, staff: bytes, *, given: bool
) -> int:
    """The county gives a member of staff of that facility the scope or takes it back. Returns how
    many tablets lose class B. Raises NotYours.
    """
    return await site.store.write(
        partial(_give, site=site, signed=signed, facility=facility, staff=staff, given=given)
    )


async def _give(
    tx: Tx, *, site: Site, signed: Signed, facility: bytes, staff: bytes, given: bool
) -> int:
    if signed.role is not StaffRole.COUNTY:
        raise NotYours
    district = site.district
    had = await has_scope(tx, district, staff)
    row = await one(
        tx,
        "SELECT s.role FROM staff s JOIN facility f ON f.district=s.district AND "
        "f.facility=s.facility WHERE s.district=? AND s.staff=? AND s.active=? AND "
        "(s.facility=? OR f.parent=? AND f.level IN ('station','room'))",
        district, staff, True, facility, facility,
    )  # fmt: skip
    if row is None or row[0] not in FACILITY_ROLES:
        raise NotYours
    if had == given:
        return 0
    await tx.run(
        "UPDATE staff SET restricted=? WHERE district=? AND staff=?", given, district, staff
    )
    what = "scope_given" if given else "scope_taken"
    await event(tx, site, staff=staff, actor=signed.staff, what=what)
    return 0 if given else await _take(tx, site, staff)


async def _take(tx: Tx, site: Site, staff: bytes) -> int:
    """Every tablet this person signs on, by id."""
    district = site.district
    rows = await tx.rows(
        "SELECT device FROM device d WHERE district=? AND restricted=? AND EXISTS (SELECT 1 FROM "
        "device_key k WHERE k.district=d.district AND k.device=d.device AND k.staff=? AND "
        f"k.until IS NULL) ORDER BY device{locking(tx)}",
        district, True, staff,
    )  # fmt: skip
    for (device,) in rows:
        await tx.run(
            "UPDATE device SET restricted=? WHERE district=? AND device=?", False, district, device
        )
    await _take_plans(tx, site, [row[0] for row in rows])
    return len(rows)


async def _take_plans(tx: Tx, site: Site, devices: Sequence[bytes]) -> None:
    """A row for everybody their panels answer for: one only for whom it concerns would tell who."""
    district = site.district
    epoch = await one(tx, "SELECT feed_epoch FROM district WHERE district=?", district)
    assert epoch is not None
    ledger = Ledger(district, site.vault, site.clock(), epoch[0])
    for device in devices:
        for panel, who in await tx.rows(
            "SELECT m.panel, m.resident FROM device_panel p JOIN member m ON "
            "m.district=p.district AND m.panel=p.panel WHERE p.district=? AND p.device=? AND "
            "m.ground IN ('assigned','consent_b') ORDER BY m.panel, m.resident",
            district, device,
        ):  # fmt: skip
            ledger.feed.setdefault(panel, {})[OVER, who] = who
    await ledger.place(tx)
