"""Consent: another team may look, until a day; taken back, or over, the archive leaves that team's
tablets again.

Grant, revocation and end each are one transaction: the resident's row, then the panel's. Membership
is what packing joins, so from the commit on no page to that team's tablets holds a word of the
archive. What nobody agreed to is not disclosed (S000-art15-b).
"""

from typing import Final

from server.actions.archives.ledger import Archive, Ledger
from server.actions.archives.membership import enter, leave
from server.actions.archives.standing import MERGED, ResidentRow, lock_residents
from server.actions.keeping.site import Site
from server.errors import NotFound, RuleSaysNo
from server.rules.consent import Purpose
from server.store.ids import new_id
from server.store.tx import Tx, one

CLASSES: Final = frozenset({"A", "AB"})
AT_ONCE: Final = 500  # ended consents looked at in one run


async def grant(
    site: Site,
    resident: bytes,
    *,
    panel: bytes,
    purpose: str,
    classes: str,
    until: int,
    text_version: str,
) -> bytes:
    """Records what the resident agreed to; its id. Raises NotFound, RuleSaysNo."""
    now = site.clock()
    if classes not in CLASSES:
        raise RuleSaysNo("classes")
    if purpose not in tuple(Purpose):
        raise RuleSaysNo("purpose")
    if until <= now:
        raise RuleSaysNo("ends_before_it_begins")

    async def work(tx: Tx) -> bytes:
        row, ledger = await _locked(tx, site, resident, now)
        if row.status == MERGED:
            raise RuleSaysNo("merged")
        where = await one(
            tx,
            "SELECT facility FROM panel WHERE district=? AND panel=?",
            site.district,
            panel,
        )
        if where is None:
            raise NotFound("panel")
        consent = new_id(now)
        await tx.insert(
            "consent",
            [
                (
                    site.district, resident, consent, where[0], panel, purpose, classes,
                    text_version[:32], now, until, None,
                )
            ],
        )  # fmt: skip
        member = await one(
            tx,
            "SELECT ground, until FROM member WHERE district=? AND panel=? AND resident=?",
            site.district, panel, resident,
        )  # fmt: skip
        if member is None:
            await enter(tx, ledger, row, panel, ground="consent", until=until)
        elif member[0] == "consent" and (member[1] or 0) < until:
            await _lasts(tx, site.district, panel, resident, until)
        await ledger.flush(tx, "act", b"consent" + consent)
        return consent

    return await site.store.write(work)


async def revoke(site: Site, consent: bytes) -> None:
    """Takes it back. A second time changes nothing. Raises NotFound."""

    async def work(tx: Tx) -> None:
        now = site.clock()
        found = await one(
            tx,
            "SELECT resident, panel FROM consent WHERE district=? AND consent=?",
            site.district,
            consent,
        )
        if found is None:
            raise NotFound("consent")
        resident, panel = found
        row, ledger = await _locked(tx, site, resident, now)
        changed = await tx.run(
            "UPDATE consent SET revoked_at=? WHERE district=? AND resident=? AND consent=? "
            "AND revoked_at IS NULL",
            now, site.district, resident, consent,
        )  # fmt: skip
        if changed:
            await _settle(tx, site, ledger, row, panel, now)
            await ledger.flush(tx, "act", b"consent-revoked" + consent)
            return
        there = "SELECT resident FROM consent WHERE district=? AND consent=?"
        now_of = await one(tx, there, site.district, consent)
        if now_of is None or now_of[0] != resident:
            raise RuleSaysNo("merged_meanwhile")  # it has gone to another archive: once more

    await site.store.write(work)


async def end_due(site: Site) -> int:
    """Consents whose time is over: the residents leave those panels. Returns how many left."""
    now = site.clock()
    over = await site.store.write(
        lambda tx: tx.rows(
            "SELECT resident, panel FROM member WHERE district=? AND ground='consent' "
            "AND until<=? LIMIT ?",
            site.district, now, AT_ONCE,
        )
    )  # fmt: skip
    for resident, panel in over:

        async def work(tx: Tx, resident: bytes = resident, panel: bytes = panel) -> None:
            row, ledger = await _locked(tx, site, resident, now)
            await _settle(tx, site, ledger, row, panel, now)
            await ledger.flush(tx, "act", b"consent-ended" + resident + panel)

        await site.store.write(work)
    return len(over)


async def _locked(tx: Tx, site: Site, resident: bytes, now: int) -> tuple[ResidentRow, Ledger]:
    rows = await lock_residents(tx, site.district, {resident})
    if resident not in rows:
        raise NotFound("resident")
    epoch = await one(tx, "SELECT feed_epoch FROM district WHERE district=?", site.district)
    assert epoch is not None
    ledger = Ledger(site.district, site.vault, now, epoch[0])
    ledger.archives[resident] = Archive(rows[resident], [])
    return rows[resident], ledger


async def _settle(
    tx: Tx, site: Site, ledger: Ledger, row: ResidentRow, panel: bytes, now: int
) -> None:
    """Membership by consent lasts as long as the longest consent that still stands."""
    member = await one(
        tx,
        "SELECT ground FROM member WHERE district=? AND panel=? AND resident=?",
        site.district, panel, row.resident,
    )  # fmt: skip
    if member is None or member[0] != "consent":
        return
    longest = await one(
        tx,
        "SELECT MAX(until) FROM consent WHERE district=? AND resident=? AND panel=? "
        "AND revoked_at IS NULL AND until>?",
        site.district, row.resident, panel, now,
    )  # fmt: skip
    if longest is None or longest[0] is None:
        await leave(tx, ledger, row, panel)
    else:
        await _lasts(tx, site.district, panel, row.resident, longest[0])


async def _lasts(tx: Tx, district: int, panel: bytes, resident: bytes, until: int) -> None:
    await tx.run(
        "UPDATE member SET until=? WHERE district=? AND panel=? AND resident=?",
        until, district, panel, resident,
    )  # fmt: skip
