"""A slot booked by the resident or the family on their own telephone: what a page needs of it, and
booking with the limits of something that anybody may press again and again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from server.actions.checkup import booking, own_code
from server.actions.checkup.booking import OpenDay
from server.actions.checkup.own_day import OwnDay, day_of, days_of
from server.actions.keeping.site import Site
from server.actions.residents.rights import require
from server.actions.residents.visits import Visitor
from server.actions.residents.whose import refusal
from server.errors import NotYours, RuleSaysNo
from server.rules.family import Act
from server.store.tx import Tx, one
from sync.limits import DAY_MS

A_DAY: Final = 10  # times that somebody books or moves within a day, each of which tells them so
TOO_MANY: Final = "too_many"


@dataclass(frozen=True, slots=True)
class Days:
    """Of the open archive. `own`: lists it stands on, past ones too; `open`: where a slot may be
    had or is held, and they have not been yet. `acts`: whether whoever looks may book.
    """

    own: Sequence[OwnDay]
    open: Sequence[OpenDay]
    acts: bool

    def ahead(self, day: bytes) -> OpenDay | None:
        return next((each for each in self.open if each.day == day), None)


async def days(site: Site, visitor: Visitor) -> Days:
    """The caller has opened the archive (reading.py)."""

    async def read(tx: Tx) -> Days:
        no = await refusal(tx, site, visitor.acting, Act.BOOK, full=visitor.full)
        own = await days_of(tx, site, visitor.resident)
        found = await booking.open_slots(tx, site, visitor.resident)
        return Days(own, [each for each in found if not each.arrived], no is None)

    return await site.store.read(read)


async def book(
    site: Site, visitor: Visitor, day: bytes, slot: int, token: str
) -> tuple[str, OwnDay]:
    """A slot, or another one than before, and the pass that this browser shows the code with: the
    token it has from now on. Raises RuleSaysNo with a value of NoBooking or TOO_MANY, FamilyMayNot,
    PhoneTooFresh, NotYours for a day of nobody.
    """
    await site.store.read(lambda tx: _may(tx, site, visitor))
    await booking.change(site, visitor.resident, day, slot, by=visitor.acting)

    async def write(tx: Tx) -> tuple[str, OwnDay]:
        own = await day_of(tx, site, visitor.resident, day)
        if own is None:  # taken off the list in between
            raise NotYours("day")
        return await own_code.leave(tx, site, visitor, token, own), own

    return await site.store.write(write)


async def cancel(site: Site, visitor: Visitor, day: bytes) -> None:
    """Raises as `book`."""

    async def read(tx: Tx) -> None:
        await require(tx, site, visitor.acting, Act.BOOK, full=visitor.full)

    await site.store.read(read)
    await booking.cancel(site, visitor.resident, day, by=visitor.acting)


async def _may(tx: Tx, site: Site, visitor: Visitor) -> None:
    await require(tx, site, visitor.acting, Act.BOOK, full=visitor.full)
    lately = await one(
        tx,
        "SELECT COUNT(*) FROM notice WHERE district=? AND resident=? AND template=? AND made_at>?",
        site.district, visitor.resident, "checkup_booked", site.clock() - DAY_MS,
    )  # fmt: skip
    assert lately is not None
    if lately[0] >= A_DAY:
        raise RuleSaysNo(TOO_MANY)
