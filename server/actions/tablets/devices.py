"""The life of a tablet: a code, six digits, a second user, revoked, lost, restored.

Each act is one transaction with its audit leaf. A tablet that is lost or revoked may go on
delivering: what it sends is kept and quarantined, a person releases what is genuine, and it is told
to wipe.
"""

import re
from dataclasses import dataclass
from functools import partial
from typing import Final

from crypto.keys import KemPublicKey, SigningPublicKey, Suite
from crypto.primitives import same
from server.actions.accounts.sessions import PLACE
from server.actions.archives.ledger import TASK_DAYS, Ledger, audit
from server.actions.checkup import hall_tablets
from server.actions.keeping.site import Site
from server.actions.tablets import staff_keys
from server.actions.tablets.guards import Guard, anybody, guarded
from server.actions.tablets.offers import (
    TRIES,
    Offer,
    OfferRow,
    Wanted,
    check_people,
    count_try,
    lock_offer,
    make_offer,
)
from server.actions.tablets.release import admit
from server.actions.tablets.restricted_scope import check_scope, has_scope
from server.errors import EnrolRefused, NotFound, RuleSaysNo, WrongDigits
from server.store.tables import SPECS
from server.store.tx import Row, Tx, one
from sync.limits import DAY_MS, ENROL_CODE_MS, LEASE_MS, PANELS_PER_DEVICE
from sync.reconcile import Reason, State

_REASON: Final = re.compile(r"[a-z_]{1,32}")
RELEASED_AT_ONCE: Final = 1_000  # changes read in one step when an epoch is confirmed


@dataclass(frozen=True, slots=True, kw_only=True)
class LostChange:
    """One change that arrived after the tablet was last seen safe. No content."""

    change: bytes
    resident: bytes
    day: str
    recorded_at: int
    received_at: int
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    changes: tuple[LostChange, ...]
    residents: tuple[bytes, ...]  # whose readable copies may be on it


async def enrol_offer(
    site: Site,
    *,
    staff: bytes,
    panels: tuple[bytes, ...],
    label: str,
    suite: int = 1,
    restricted: bool = False,
    allowed: Guard = anybody,
) -> Offer:
    """A code for one tablet of this staff member. Raises NotFound, RuleSaysNo."""
    if suite not in tuple(Suite):
        raise RuleSaysNo("unknown_suite")
    if not 0 < len(set(panels)) <= PANELS_PER_DEVICE:
        raise RuleSaysNo("panels")

    async def asked(tx: Tx) -> Wanted:
        await allowed(tx)
        await check_people(tx, site.district, staff, panels)
        if restricted:
            await check_scope(tx, site.district, staff)
        return Wanted(
            staff=staff, panels=panels, label=label, suite=Suite(suite), restricted=restricted
        )

    return await make_offer(site, asked)


async def confirm(site: Site, offer: bytes, digits: str, *, allowed: Guard = anybody) -> bytes:
    """An administrator typed the digits of the tablet's screen: the device exists. Returns its id.

    Raises WrongDigits (counted as a try), or EnrolRefused when nothing waits under that offer.
    """
    done = await site.store.write(
        partial(_confirm, site=site, name=offer, digits=digits, allowed=allowed)
    )
    if isinstance(done, EnrolRefused):
        raise done
    return done


async def _confirm(
    tx: Tx, site: Site, name: bytes, digits: str, allowed: Guard
) -> bytes | EnrolRefused:
    """A refusal is returned and not raised: the try is counted, and that is committed."""
    now = site.clock()
    offer = await lock_offer(tx, site, name)
    await allowed(tx)
    if offer is None:
        return EnrolRefused("confirm")
    if offer.status != "joined" or not offer.alive(now):
        return EnrolRefused("not_joined" if offer.alive(now) else "over")
    typed = "".join(sign for sign in digits if not sign.isspace() and sign != "-")
    if not same(typed.encode(), offer.digits.encode()):
        await count_try(tx, site, offer, now)
        return WrongDigits(max(0, TRIES - offer.tries))
    if offer.further:
        try:
            await staff_keys.confirm_key(tx, site, offer, now)
        except (NotFound, RuleSaysNo):  # tablet or person ended meanwhile; nothing was written
            return EnrolRefused("over")
    else:
        await _make_device(tx, site, offer, now)
    # The tablet has as long again to fetch its answer.
    await tx.run(
        "UPDATE enrol_offer SET status='confirmed', expires_at=? WHERE district=? AND offer=?",
        now + ENROL_CODE_MS, site.district, name,
    )  # fmt: skip
    await audit(tx, site.district, "act", b"enrol-confirm" + name + offer.device, now)
    return offer.device


async def _make_device(tx: Tx, site: Site, offer: OfferRow, now: int) -> None:
    assert offer.kem_key is not None
    assert offer.sign_key is not None
    district, device = site.district, offer.device
    kem = KemPublicKey(offer.suite, offer.kem_key)
    sign = SigningPublicKey(offer.suite, offer.sign_key)
    home = await one(
        tx,
        f"SELECT {PLACE} FROM staff s JOIN facility f ON f.district=s.district AND "
        "f.facility=s.facility WHERE s.district=? AND s.staff=?",
        district, offer.staff,
    )  # fmt: skip
    assert home is not None
    restricted = offer.secret.restricted and await has_scope(tx, district, offer.staff)
    values: dict[str, object] = {
        "district": district, "device": device, "facility": home[0], "label": offer.label,
        "status": "enrolled", "suite": int(offer.suite), "kem_key": kem.raw,
        "restricted": restricted, "chain_epoch": 1, "epoch_allowed": 1, "head_seq": 0,
        "head_digest": bytes(32), "counter": 0, "backed_epoch": 0, "backed_seq": 0, "outcome_n": 0,
        "app": offer.secret.app, "schema": 0, "pending": 0, "oldest": None, "first_contact": 0,
        "last_contact": now, "lease_until": now + LEASE_MS, "safe_until": None, "trust": 0,
        "checkpoint": 0, "strangers_day": "", "strangers": 0, "digest_misses": 0,
    }  # fmt: skip
    await tx.insert("device", [tuple(values[name] for name in SPECS["device"].columns)])
    await tx.insert(
        "device_key", [(district, sign.kid(), device, offer.staff, sign.raw, now, None)]
    )
    await tx.insert(
        "device_panel", [(district, device, panel, 0, 0, 0, 0, 0) for panel in offer.panels]
    )
    await hall_tablets.join(tx, site, device, home[0])


async def revoke(site: Site, device: bytes, reason: str, *, allowed: Guard = anybody) -> None:
    """Nothing of it is applied any more; it is told to wipe. `reason`: a word, as staff_left."""
    if not _REASON.fullmatch(reason):
        raise RuleSaysNo("reason")
    await site.store.write(
        partial(_end, site=site, device=device, status="revoked", copies="asked", safe=None,
                note=reason, allowed=allowed)
    )  # fmt: skip


async def mark_lost(
    site: Site, device: bytes, safe_at_ms: int, *, allowed: Guard = anybody
) -> Lost:
    """Lost or stolen, last seen safe then: what arrived since, and whose copies it may hold.

    A tablet that is revoked already stays revoked. Raises NotFound; RuleSaysNo when that moment is
    still to come.
    """
    if safe_at_ms > site.clock():
        raise RuleSaysNo("safe_at_in_future")
    return await site.store.write(
        partial(_end, site=site, device=device, status="lost", copies="unaccounted",
                safe=safe_at_ms, note="", allowed=allowed)
    )  # fmt: skip


async def _end(
    tx: Tx, site: Site, device: bytes, status: str, copies: str, safe: int | None, note: str,
    allowed: Guard,
) -> Lost:  # fmt: skip
    now, district = site.clock(), site.district
    row = await guarded(tx, district, device, allowed)
    residents = await tx.rows(
        "SELECT resident FROM copy WHERE district=? AND device=? AND state<>'purged' "
        "ORDER BY resident",
        district,
        device,
    )
    await tx.run(
        "UPDATE device SET status=?, lease_until=?, safe_until=? WHERE district=? AND device=?",
        "revoked" if row.status == "revoked" else status, min(row.lease_until, now), safe,
        district, device,
    )  # fmt: skip
    await tx.run(
        "UPDATE device_key SET until=? WHERE district=? AND device=? AND until IS NULL",
        now, district, device,
    )  # fmt: skip
    await tx.run(
        "UPDATE copy SET state=?, changed_at=? WHERE district=? AND device=? "
        "AND state IN ('possible', 'asked')",
        copies, now, district, device,
    )  # fmt: skip
    await _task(tx, site, status, device, facility=row.facility, now=now)
    word = f"device-{status}".encode() + device + note.encode()
    await audit(tx, district, "act", word, now)
    since = () if safe is None else await _since(tx, district, device, safe)
    return Lost(changes=tuple(since), residents=tuple(who for (who,) in residents))


async def _task(tx: Tx, site: Site, kind: str, device: bytes, *, facility: bytes, now: int) -> None:
    due = now + TASK_DAYS.get(kind, 7) * DAY_MS
    await tx.insert(
        "task",
        [(site.district, kind, device, None, facility, now, due, None, None, "")],
        ignore=True,
    )


async def _since(tx: Tx, district: int, device: bytes, safe: int) -> list[LostChange]:
    rows = await tx.rows(
        "SELECT change, resident, day, recorded_at, received_at, state FROM change "
        "WHERE district=? AND device=? AND received_at>? ORDER BY received_at, seq, idx",
        district,
        device,
        safe,
    )
    return [
        LostChange(
            change=change, resident=who, day=day, recorded_at=at, received_at=received, state=state
        )
        for change, who, day, at, received, state in rows
    ]


async def confirm_epoch(
    site: Site, device: bytes, *, staff: bytes, allowed: Guard = anybody
) -> int:
    """The next chain epoch of a tablet is genuine, says a person: what waited for it is released.

    Confirmed ahead of its first batch, it is allowed. Returns how many changes were released.
    """

    async def allow(tx: Tx) -> int:
        now = site.clock()
        row = await guarded(tx, site.district, device, allowed)
        if row.status != "enrolled":
            raise RuleSaysNo("device_not_enrolled")
        waiting = row.chain_epoch > row.epoch_allowed
        epoch = row.chain_epoch if waiting else row.chain_epoch + 1
        await tx.run(
            "UPDATE device SET epoch_allowed=? WHERE district=? AND device=?",
            epoch, site.district, device,
        )  # fmt: skip
        await tx.run(
            "UPDATE task SET closed_at=?, closed_by=?, result='confirmed' WHERE district=? "
            "AND kind='epoch' AND subject=? AND closed_at IS NULL",
            now, staff, site.district, device,
        )  # fmt: skip
        await audit(tx, site.district, "act", b"epoch" + device + epoch.to_bytes(8), now)
        return epoch

    epoch, released = await site.store.write(allow), 0
    while rows := await site.store.write(partial(_unconfirmed, site, device, epoch)):
        for change, resident in rows:
            if await _released(site, change, resident, staff):
                released += 1
    return released


async def _unconfirmed(site: Site, device: bytes, allowed: int, tx: Tx) -> list[Row]:
    rows = await tx.rows(
        "SELECT change, resident FROM change WHERE district=? AND device=? AND epoch=? "
        "AND state=? AND reason=? ORDER BY epoch, seq, idx LIMIT ?",
        site.district, device, allowed, State.QUARANTINED.value, Reason.EPOCH.value,
        RELEASED_AT_ONCE,
    )  # fmt: skip
    return list(rows)


async def _released(site: Site, change: bytes, resident: bytes, staff: bytes) -> bool:
    """False when it stays in quarantine for another reason: nobody knows the resident."""
    try:
        await admit(site, change, staff=staff)
    except (NotFound, RuleSaysNo):
        await site.store.write(partial(_stays, site, change, resident))
        return False
    return True


async def _stays(site: Site, change: bytes, resident: bytes, tx: Tx) -> None:
    """In quarantine for another reason than before, and its tablet is told."""
    await tx.run(
        "UPDATE change SET reason=? WHERE district=? AND resident=? AND change=?",
        Reason.STRANGER.value, site.district, resident, change,
    )  # fmt: skip
    row = await one(
        tx, "SELECT device FROM change WHERE district=? AND change=?", site.district, change
    )
    ledger = Ledger(site.district, site.vault, site.clock(), 1)
    ledger.outcome(row[0] if row else None, change, State.QUARANTINED.value, Reason.STRANGER.value)
    await ledger.flush(tx, "act", b"stays" + change)
