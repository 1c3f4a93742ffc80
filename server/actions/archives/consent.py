"""Consent: another facility or team may look, until a day; taken back, or over, nothing opens any
more and the archive leaves that team's tablets again.

Grant, revocation and end each are one transaction: the resident's row, then the panel's. The gate
reads the ledger at every opening. A copy (manner "copy", for service) is a membership, and
membership is what packing joins, so from the commit on no page to that team's tablets holds a
word of the archive. A consent to view makes no membership. Class B travels only where the
resident named it. What nobody agreed to is not disclosed (S000-art15-b).
"""

from dataclasses import dataclass
from functools import partial
from typing import Final

from server.actions.archives.consented import settle
from server.actions.archives.ledger import Archive, Ledger
from server.actions.archives.standing import MERGED, ResidentRow, lock_residents
from server.actions.keeping.site import Site
from server.errors import NotFound, RuleSaysNo
from server.rules import consent as rule
from server.rules.consent import Manner
from server.store.ids import new_id
from server.store.tx import Row, Tx, one

AT_ONCE: Final = 500  # ended consents looked at in one run


@dataclass(frozen=True, slots=True)
class Terms:
    """What was agreed to. `panel` None: the whole facility. `id`: made with the form, so that a
    form sent twice is one consent. `person`: who gave it; None where an operator wrote it down.
    """

    resident: bytes
    facility: bytes
    panel: bytes | None
    purpose: str
    classes: str
    manner: Manner
    until: int
    text_version: str
    id: bytes | None = None
    person: bytes | None = None


async def grant(
    site: Site,
    resident: bytes,
    *,
    panel: bytes,
    purpose: str,
    classes: str,
    until: int,
    text_version: str,
    manner: str = Manner.COPY,
) -> bytes:
    """What an operator writes down of a consent on paper; its id. Raises NotFound, RuleSaysNo."""

    async def work(tx: Tx) -> bytes:
        where = await one(
            tx, "SELECT facility FROM panel WHERE district=? AND panel=?", site.district, panel
        )
        if where is None:
            raise NotFound("panel")
        terms = Terms(
            resident, where[0], panel, purpose, classes, Manner(manner), until, text_version
        )
        return await grant_in(tx, site, terms)

    return await site.store.write(work)


async def grant_in(tx: Tx, site: Site, terms: Terms, *, asked: bool = False) -> bytes:
    """`grant` in the caller's transaction. `asked`: the resident chose the recipient on a page, so
    it must be one the county has published and not the responsible facility.
    """
    now, district = site.clock(), site.district
    row, ledger = await _locked(tx, site, terms.resident, now)
    if row.status == MERGED:
        raise RuleSaysNo("merged")
    consent = terms.id or new_id(now)
    if await one(
        tx, "SELECT 1 FROM consent WHERE district=? AND resident=? AND consent=?",
        district, terms.resident, consent,
    ):  # fmt: skip
        return consent
    no = rule.refused(await _wish(tx, site, terms, row, asked=asked), now)
    if no is not None:
        raise RuleSaysNo(no)
    new: Row = (
        district, terms.resident, consent, terms.facility, terms.panel or b"", terms.purpose,
        terms.classes, terms.text_version[:32], now, terms.until, None, terms.manner.value,
        terms.person, None,
    )  # fmt: skip
    await tx.insert("consent", [new])
    if terms.manner is Manner.COPY and terms.panel is not None:
        await settle(tx, ledger, row, terms.panel)
    await ledger.flush(tx, "act", b"consent" + consent)
    return consent


async def _wish(tx: Tx, site: Site, terms: Terms, row: ResidentRow, *, asked: bool) -> rule.Wish:
    explained = await one(
        tx, "SELECT 1 FROM explained WHERE district=? AND resident=? LIMIT 1",
        site.district, terms.resident,
    )  # fmt: skip
    listed = await one(
        tx,
        "SELECT 1 FROM facility WHERE district=? AND facility=? AND published=? AND closed_on IS "
        "NULL",
        site.district, terms.facility, True,
    )  # fmt: skip
    return rule.Wish(
        purpose=terms.purpose, classes=terms.classes, manner=terms.manner,
        team=terms.panel is not None, until_ms=terms.until, explained=explained is not None,
        responsible=asked and row.facility == terms.facility,
        published=not asked or listed is not None,
    )  # fmt: skip


async def revoke(site: Site, consent: bytes) -> None:
    """Takes it back. A second time changes nothing. Raises NotFound."""

    async def work(tx: Tx) -> None:
        found = await one(
            tx, "SELECT resident FROM consent WHERE district=? AND consent=?",
            site.district, consent,
        )  # fmt: skip
        if found is None:
            raise NotFound("consent")
        await revoke_in(tx, site, found[0], consent, None)

    await site.store.write(work)


async def revoke_in(tx: Tx, site: Site, resident: bytes, consent: bytes, by: bytes | None) -> bool:
    """`revoke` in the caller's transaction; whether this ended it. Raises NotFound for a consent
    of somebody else, RuleSaysNo where it has just gone to another archive.
    """
    now = site.clock()
    row, ledger = await _locked(tx, site, resident, now)
    found = await one(
        tx, "SELECT resident, panel FROM consent WHERE district=? AND consent=?",
        site.district, consent,
    )  # fmt: skip
    if found is None:
        raise NotFound("consent")
    if found[0] != resident:
        raise RuleSaysNo("merged_meanwhile")
    changed = await tx.run(
        "UPDATE consent SET revoked_at=?, revoked_by=? WHERE district=? AND resident=? AND "
        "consent=? AND revoked_at IS NULL",
        now, by, site.district, resident, consent,
    )  # fmt: skip
    if not changed:
        return False
    if found[1]:
        await settle(tx, ledger, row, found[1])
    await ledger.flush(tx, "act", b"consent-revoked" + consent)
    return True


async def end_with(tx: Tx, site: Site, resident: bytes, facility: bytes) -> int:
    """Ends what the resident had given to a facility that was left; how many."""
    rows = await tx.rows(
        "SELECT consent FROM consent WHERE district=? AND resident=? AND facility=? AND "
        "revoked_at IS NULL AND until>? ORDER BY consent",
        site.district, resident, facility, site.clock(),
    )  # fmt: skip
    for (consent,) in rows:
        await revoke_in(tx, site, resident, consent, None)
    return len(rows)


async def end_due(site: Site) -> int:
    """Consents whose time is over: the residents leave those panels, or stay with what another
    consent still gives. Returns how many were looked at.
    """
    now = site.clock()
    over = await site.store.write(
        lambda tx: tx.rows(
            "SELECT resident, panel FROM member WHERE district=? AND until<=? LIMIT ?",
            site.district, now, AT_ONCE,
        )
    )  # fmt: skip
    for resident, panel in over:
        await site.store.write(partial(_end, site=site, resident=resident, panel=panel))
    return len(over)


async def _end(tx: Tx, site: Site, resident: bytes, panel: bytes) -> None:
    row, ledger = await _locked(tx, site, resident, site.clock())
    await settle(tx, ledger, row, panel)
    await ledger.flush(tx, "act", b"consent-ended" + resident + panel)


async def _locked(tx: Tx, site: Site, resident: bytes, now: int) -> tuple[ResidentRow, Ledger]:
    rows = await lock_residents(tx, site.district, {resident})
    if resident not in rows:
        raise NotFound("resident")
    epoch = await one(tx, "SELECT feed_epoch FROM district WHERE district=?", site.district)
    assert epoch is not None
    ledger = Ledger(site.district, site.vault, now, epoch[0])
    ledger.archives[resident] = Archive(rows[resident], [])
    return rows[resident], ledger
