"""Who signs on a tablet besides its first user: a code for one more, their key, its end.

Each act is one transaction with its audit leaf.
"""

from crypto.keys import BadKey, SigningPublicKey, Suite
from server.actions.archives.ledger import audit
from server.actions.archives.standing import DeviceRow, lock_device
from server.actions.keeping.site import Site
from server.actions.tablets.guards import Guard, anybody, guarded
from server.actions.tablets.offers import Offer, OfferRow, Wanted, check_people, make_offer
from server.actions.tablets.restricted_scope import has_scope
from server.errors import NotFound, RuleSaysNo
from server.store.tx import Tx, one
from sync.enrol_wire import staff_key_message


async def staff_offer(
    site: Site, device: bytes, *, staff: bytes, allowed: Guard = anybody
) -> Offer:
    """A code with which this tablet brings a key of that member of staff (PROTOCOL 3.2).

    Raises NotFound; RuleSaysNo: device_not_enrolled, or no_scope where class B comes down to it.
    """

    async def asked(tx: Tx) -> Wanted:
        scope = await has_scope(tx, site.district, staff)
        row = await guarded(tx, site.district, device, allowed)
        await _may(tx, site, row, staff, scope=scope)
        return Wanted(staff=staff, suite=Suite(row.suite), device=device)

    return await make_offer(site, asked)


async def _may(tx: Tx, site: Site, row: DeviceRow, staff: bytes, *, scope: bool) -> None:
    """`scope` was asked before the tablet was locked: the row of a person comes first."""
    if row.status != "enrolled":
        raise RuleSaysNo("device_not_enrolled")
    if row.restricted and not scope:
        raise RuleSaysNo("no_scope")
    await check_people(tx, site.district, staff, ())


async def confirm_key(tx: Tx, site: Site, offer: OfferRow, now: int) -> None:
    """The key that came under this offer counts from now on. Raises NotFound, RuleSaysNo."""
    assert offer.sign_key is not None
    scope = await has_scope(tx, site.district, offer.staff)
    row = await lock_device(tx, site.district, offer.device)
    assert row is not None
    await _may(tx, site, row, offer.staff, scope=scope)
    key = SigningPublicKey(offer.suite, offer.sign_key)
    await _put_key(tx, site, offer.device, offer.staff, key, now)


async def add_staff_key(
    site: Site, device: bytes, *, staff: bytes, public: bytes, proof: bytes
) -> bytes:
    """A second staff member's signing key on a tablet; `proof` is that key's own signature.

    Returns its kid. Raises NotFound; RuleSaysNo for a bad key or proof, or a tablet not in use.
    """

    async def write(tx: Tx) -> bytes:
        now, scope = site.clock(), await has_scope(tx, site.district, staff)
        row = await lock_device(tx, site.district, device)
        if row is None:
            raise NotFound("device")
        await _may(tx, site, row, staff, scope=scope)
        try:
            key = SigningPublicKey(Suite(row.suite), public)
        except BadKey:
            raise RuleSaysNo("bad_key") from None
        message = staff_key_message(device=device, staff=staff, sign=public)
        if not key.verify(message, proof):
            raise RuleSaysNo("bad_key")
        await _put_key(tx, site, device, staff, key, now)
        return key.kid()

    return await site.store.write(write)


async def _put_key(
    tx: Tx, site: Site, device: bytes, staff: bytes, key: SigningPublicKey, now: int
) -> None:
    taken = await one(
        tx, "SELECT 1 FROM device_key WHERE district=? AND key=?", site.district, key.kid()
    )
    if taken is not None:
        raise RuleSaysNo("bad_key")
    # One key a person and tablet: a new one ends the old one.
    await _end(tx, site, device, staff, now)
    await tx.insert("device_key", [(site.district, key.kid(), device, staff, key.raw, now, None)])
    await audit(tx, site.district, "act", b"staff-key" + device + staff + key.kid(), now)


async def end_staff_key(
    site: Site, device: bytes, *, staff: bytes, allowed: Guard = anybody
) -> None:
    """What this person signs on that tablet is quarantined from now on; the others go on.

    Raises NotFound, also where nothing of theirs counts there; RuleSaysNo("last_key"): a tablet on
    which nobody signs any more is revoked, or lost, and then told to wipe.
    """

    async def write(tx: Tx) -> None:
        now = site.clock()
        row = await guarded(tx, site.district, device, allowed)
        if row.status != "enrolled":
            raise RuleSaysNo("device_not_enrolled")
        others = await one(
            tx,
            "SELECT COUNT(*) FROM device_key WHERE district=? AND device=? AND staff<>? AND "
            "until IS NULL",
            site.district, device, staff,
        )  # fmt: skip
        if not others or not others[0]:
            raise RuleSaysNo("last_key")
        if not await _end(tx, site, device, staff, now):
            raise NotFound("key")
        await audit(tx, site.district, "act", b"staff-key-end" + device + staff, now)

    await site.store.write(write)


async def _end(tx: Tx, site: Site, device: bytes, staff: bytes, now: int) -> int:
    return await tx.run(
        "UPDATE device_key SET until=? WHERE district=? AND device=? AND staff=? AND until IS NULL",
        now, site.district, device, staff,
    )  # fmt: skip
