"""Records on paper: which records of a village and month there are, opened one by one through the
gate; whose record a code on a sheet leads to; since when a facility keeps no paper (S004-3(1)-a).

What is printed was opened, so every archive in a batch has its row in the access log.
"""

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Final

from server.access import Opened
from server.actions.accounts.sessions import Signed
from server.actions.archives.cards import cards_of
from server.actions.archives.folder import Folder, folder
from server.actions.archives.ledger import audit
from server.actions.archives.opening import AskWhy, open_for
from server.actions.keeping.site import Site
from server.errors import NotYours
from server.records.model import AccessClass, Kind, Shape
from server.rules.accounts import StaffRole
from server.store.tx import Row, Tx, one

BATCH: Final = 40  # archives a batch: about as many sheets as a drawer holds and a page draws fast
ANYWHERE: Final = ""
_SHOWN: Final = "c.state IN ('applied', 'applied_guest') AND c.shape='event'"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a batch is: a form, a village (code, "" for all), a month (ISO, "" for the register)."""

    kind: Kind
    village: str
    month: str

    def days(self) -> tuple[str, str]:
        """First and last day of the month, ISO."""
        year, month = int(self.month[:4]), int(self.month[5:7])
        last = calendar.monthrange(year, month)[1]
        return date(year, month, 1).isoformat(), date(year, month, last).isoformat()


@dataclass(frozen=True, slots=True)
class Sheet:
    """One thing to print: a record of an archive, or its register page (`change` None)."""

    folder: Folder
    change: bytes | None


@dataclass(frozen=True, slots=True)
class Batch:
    """`people`: how many archives there are in all; `sheets`: those of this part of it."""

    people: int
    parts: int
    sheets: tuple[Sheet, ...]


async def whose(site: Site, change: bytes) -> bytes:
    """The resident in whose archive a record stands now. Raises NotYours for no record."""
    row = await site.store.read(
        lambda tx: one(
            tx,
            "SELECT resident FROM change WHERE district=? AND change=? AND shape='event'",
            site.district,
            change,
        )
    )
    if row is None or row[0] is None:
        raise NotYours("record")
    return row[0]


async def sheet_of(
    site: Site, signed: Signed, resident: bytes, change: bytes | None
) -> Sheet | AskWhy:
    """One record, or the register page, of an archive that is opened for it."""
    opened = await open_for(site, signed, resident)
    if isinstance(opened, AskWhy):
        return opened
    if change is not None and not _holds(opened, change):
        raise NotYours("record")
    return Sheet(await folder(site, signed, opened), change)


async def batch(site: Site, signed: Signed, asked: Asked, part: int) -> Batch:
    """The `part`th part (from 0) of what a batch prints, in the order of the villages and names.

    Archives that ask for a reason are left out: a batch has none. Raises NotYours for a form whose
    class is not shown to this person.
    """
    if asked.kind.access is not AccessClass.A and not signed.restricted:
        raise NotYours("kind")
    people = await site.store.read(partial(_people, site=site, signed=signed, asked=asked))
    parts = max(1, -(-len(people) // BATCH))
    sheets: list[Sheet] = []
    for who in people[part * BATCH : (part + 1) * BATCH]:
        opened = await open_for(site, signed, who)
        if isinstance(opened, Opened):
            found = await folder(site, signed, opened)
            sheets += [Sheet(found, each) for each in _wanted(opened, asked)]
    return Batch(len(people), parts, tuple(sheets))


def _holds(opened: Opened, change: bytes) -> bool:
    return any(each.change.id == change and each.form() for each in opened.records)


def _wanted(opened: Opened, asked: Asked) -> list[bytes | None]:
    """The records of one archive that belong to the batch; corrected and voided ones do not."""
    if asked.kind.shape is Shape.REGISTER:
        return [None]
    first, last = asked.days()
    gone = {each.change.amends for each in opened.records}
    gone |= {each.change.voids for each in opened.records}
    return [
        each.change.id
        for each in opened.records
        if each.change.kind == asked.kind.id
        and first <= each.change.on <= last
        and each.change.id not in gone
        and each.form()
    ]


async def _people(tx: Tx, *, site: Site, signed: Signed, asked: Asked) -> Sequence[bytes]:
    rows = await _candidates(tx, site, signed, asked)
    cards = await cards_of(tx, site, {row[0] for row in rows})
    # Of the own panels only: of others each would be asked why, and the residents would read of an
    # attempt that nobody made.
    kept = [
        each
        for each in cards.values()
        if each.panel in signed.panels and each.village.startswith(asked.village)
    ]
    kept.sort(key=lambda each: (each.village, each.initials, each.name, each.resident))
    return [each.resident for each in kept]


async def _candidates(tx: Tx, site: Site, signed: Signed, asked: Asked) -> Sequence[Row]:
    if asked.kind.shape is Shape.REGISTER:
        return await tx.rows(
            "SELECT resident FROM resident_card WHERE district=? AND facility=?",
            site.district, signed.facility,
        )  # fmt: skip
    # The kind of a class B record is in no column: such archives are opened to look.
    kind = asked.kind.id if asked.kind.access is AccessClass.A else None
    named = "c.kind=?" if kind else "c.cls='B'"
    return await tx.rows(
        "SELECT DISTINCT c.resident FROM resident r JOIN change c ON c.district=r.district AND "
        f"c.resident=r.resident WHERE r.district=? AND r.facility=? AND {_SHOWN} AND "
        f"c.day>=? AND c.day<=? AND {named}",
        site.district, signed.facility, *asked.days(), *((kind,) if kind else ()),
    )  # fmt: skip


# Facilities without paper.


async def paperless_since(site: Site, facility: bytes) -> date | None:
    """Since when the electronic record is the record of service there; None: paper is kept too."""
    row = await site.store.read(
        lambda tx: one(
            tx,
            "SELECT since FROM paperless WHERE district=? AND facility=?",
            site.district,
            facility,
        )
    )
    return date.fromisoformat(row[0]) if row is not None else None


async def set_paperless(site: Site, signed: Signed, facility: bytes, since: date | None) -> None:
    """The county's word after its evaluation (S004-3(1)-a). Raises NotYours for anybody else."""
    if signed.role is not StaffRole.COUNTY:
        raise NotYours("paperless")
    await site.store.write(partial(_set, site=site, signed=signed, facility=facility, since=since))


async def _set(tx: Tx, *, site: Site, signed: Signed, facility: bytes, since: date | None) -> None:
    known = await one(
        tx, "SELECT level FROM facility WHERE district=? AND facility=?", site.district, facility
    )
    if known is None:
        raise NotYours("facility")
    now = site.clock()
    await tx.run("DELETE FROM paperless WHERE district=? AND facility=?", site.district, facility)
    said = since.isoformat() if since else ""
    if since is not None:
        await tx.insert("paperless", [(site.district, facility, said, signed.staff, now)])
    await audit(tx, site.district, "act", b"paperless" + facility + said.encode(), now)
