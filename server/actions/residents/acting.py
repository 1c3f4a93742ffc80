"""Who acts for whose archive: the resident, a relative, or a member of staff at whose desk the
resident is (代办). One action serves portal and desk; what it writes says who held the pen, and
what a relative did is told to the resident and to every other guardian (代).
"""

from dataclasses import dataclass

from server.actions.keeping.site import Site
from server.actions.notices.telling import tell
from server.actions.tablets.intake import civil_day
from server.rules import notices
from server.store.ids import new_id
from server.store.trail import audit
from server.store.tx import Row, Tx


@dataclass(frozen=True, slots=True)
class Helper:
    """A member of staff who acts for somebody present; the facility at whose desk it happens."""

    staff: bytes
    facility: bytes


@dataclass(frozen=True, slots=True)
class Acting:
    """`person`: who wants it (the resident, a guardian, a helper); `resident`: whose archive.

    `helper`: who carries it out for them at a desk; None in the portal.
    """

    person: bytes
    resident: bytes
    helper: Helper | None = None

    @property
    def own(self) -> bool:
        return self.person == self.resident

    @property
    def hand(self) -> bytes:
        """Whose hand wrote it."""
        return self.person if self.helper is None else self.helper.staff


async def assisted(
    tx: Tx, site: Site, acting: Acting, what: str, subject: bytes, *, undo_until: int | None = None
) -> None:
    """Writes down that somebody else held the pen or wanted it, and tells the resident; nothing
    where the resident did it alone. Every act for a resident calls it.

    `what`: code of the act. `undo_until`: ms UTC until when the resident may take it back.
    """
    if not acting.own:
        await _by_family(tx, site, acting, what, subject)
    if acting.helper is None:
        return
    now = site.clock()
    act = new_id(now)
    row: Row = (
        site.district, acting.resident, act, acting.helper.staff, acting.helper.facility, what,
        subject, now, undo_until, None,
    )  # fmt: skip
    await tx.insert("assisted", [row])
    await audit(tx, site.district, "act", b"assisted" + acting.resident + act, now)
    await tell(
        tx, site, acting.resident, "assisted_act", about=act, act=_said(what),
        facility=acting.helper.facility, staff=acting.helper.staff, day=civil_day(now),
    )  # fmt: skip


async def taken_back(tx: Tx, site: Site, resident: bytes, subject: bytes) -> None:
    """What staff had done for the resident was undone, by whomever: their list says so."""
    await tx.run(
        "UPDATE assisted SET undone_at=? WHERE district=? AND resident=? AND subject=? AND "
        "undone_at IS NULL",
        site.clock(), site.district, resident, subject,
    )  # fmt: skip


OTHER = "other"
_GUARDIANS = ("parent", "appointed")


async def _by_family(tx: Tx, site: Site, acting: Acting, what: str, subject: bytes) -> None:
    """One row, and a notice to the resident and to all other guardians with an archive here."""
    now, district = site.clock(), site.district
    act = new_id(now)
    hand = acting.helper.staff if acting.helper is not None else None
    row: Row = (district, acting.resident, act, acting.person, hand, what, subject, now)
    await tx.insert("family_act", [row])
    await audit(tx, district, "act", b"family-act" + acting.resident + act + acting.person, now)
    others = await tx.rows(
        "SELECT DISTINCT l.person FROM family_link l JOIN resident r ON r.district=l.district AND "
        "r.resident=l.person WHERE l.district=? AND l.resident=? AND l.state='standing' AND "
        "l.frozen_at IS NULL AND l.until_day>=? AND l.person<>? AND l.tie IN (?,?) "
        "ORDER BY l.person",
        district, acting.resident, civil_day(now).isoformat(), acting.person, *_GUARDIANS,
    )  # fmt: skip
    for who in (acting.resident, *(row[0] for row in others)):
        await tell(tx, site, who, "family_act", about=act, act=_said(what), day=civil_day(now))


def _said(what: str) -> str:
    """The code of the act as a notice has words for it."""
    return what if what in notices.rules().acts else OTHER
