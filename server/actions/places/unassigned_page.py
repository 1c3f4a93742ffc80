"""What the page of one resident without a team shows: card, teams to choose from, how many of the
same village wait.
"""

from dataclasses import dataclass
from functools import partial

from server.actions.accounts.sessions import Signed
from server.actions.archives.cards import Card, cards_of
from server.actions.keeping.site import Site
from server.actions.places.unassigned import KIND, may_assign
from server.actions.queues.queues import open_task
from server.errors import NotYours
from server.rules.accounts import StaffRole
from server.store.tx import Tx


@dataclass(frozen=True, slots=True)
class Waits:
    """`teams`: (panel, facility, team, residents). `village`: code, its name, how many wait with
    an address there at most among the first 500.
    """

    card: Card
    due_at: int
    teams: tuple[tuple[bytes, str, str, int], ...]
    village: str
    village_name: str


async def waiting(site: Site, signed: Signed, resident: bytes) -> Waits:
    """Raises NotYours: for a resident who does not wait, too."""
    if not may_assign(signed):
        raise NotYours
    return await site.store.read(partial(_read, site=site, signed=signed, resident=resident))


async def _read(tx: Tx, site: Site, signed: Signed, resident: bytes) -> Waits:
    task = await open_task(tx, site, signed, KIND, resident)
    card = (await cards_of(tx, site, [resident])).get(resident)
    if card is None:
        raise NotYours
    mine = signed.role is not StaffRole.COUNTY
    rows = await tx.rows(
        "SELECT p.panel, f.name, p.name, (SELECT COUNT(*) FROM member m WHERE "
        "m.district=p.district AND m.panel=p.panel AND m.ground='assigned') FROM panel p "
        "JOIN facility f ON f.district=p.district AND f.facility=p.facility WHERE p.district=? "
        f"AND f.closed_on IS NULL{' AND p.facility=?' if mine else ''} ORDER BY f.name, p.name",
        site.district, *((signed.facility,) if mine else ()),
    )  # fmt: skip
    named = await tx.rows(
        "SELECT name FROM service_area WHERE district=? AND code=?", site.district, card.village
    )
    return Waits(
        card, task.due_at, tuple((row[0], row[1], row[2], row[3]) for row in rows), card.village,
        named[0][0] if named else "",
    )  # fmt: skip
