"""Opening one archive through the gate, for whoever works at a desk."""

from dataclasses import dataclass

from server.access import Asking, Opened, actor_of, open_archive
from server.actions.accounts.sessions import PLACE, panels_of
from server.actions.keeping.site import Site
from server.errors import NotAllowed, NotFound
from server.rules.access import Actor
from server.rules.consent import Purpose
from server.store.tx import Tx, one


@dataclass(frozen=True, slots=True)
class Looked:
    """One row of 谁看过我的档案."""

    at: int
    staff: bytes
    facility: bytes | None
    device: bytes | None
    purpose: str
    ground: str
    classes: str
    mode: str


async def read_archive(
    site: Site, resident: bytes, *, staff: bytes, purpose: Purpose, reason: str = ""
) -> Opened:
    """Raises NotAllowed (logged), NotFound."""
    now = site.clock()

    async def work(tx: Tx) -> Opened | NotAllowed:
        actor = await staff_actor(tx, site, staff)
        if actor is None:
            raise NotFound("staff")
        asking = Asking(actor, purpose, reason)
        return await open_archive(tx, site.vault, resident, asking, now)

    opened = await site.store.write(work)
    if isinstance(opened, NotAllowed):
        raise opened
    return opened


async def staff_actor(tx: Tx, site: Site, staff: bytes) -> Actor | None:
    """A member of staff as the gate's rule knows them; None for nobody, or who has left."""
    row = await one(
        tx,
        f"SELECT s.role, {PLACE}, s.panel, s.restricted FROM staff s JOIN facility f ON "
        "f.district=s.district AND f.facility=s.facility WHERE s.district=? AND s.staff=? AND "
        "s.active=?",
        site.district, staff, True,
    )  # fmt: skip
    if row is None:
        return None
    role, facility, panel, restricted = row
    return actor_of(
        role=role, staff=staff, facility=facility,
        panels=await panels_of(tx, site, staff, panel), restricted=bool(restricted),
    )  # fmt: skip


async def who_looked(site: Site, resident: bytes) -> tuple[Looked, ...]:
    """Every opening of an archive, and of those merged into it, newest first; offline ones with
    the time they happened.
    """
    rows = await site.store.write(
        lambda tx: tx.rows(
            "SELECT at, staff, facility, device, purpose, ground, classes, mode FROM access_log "
            "WHERE district=? AND (resident=? OR resident IN (SELECT gone FROM merged WHERE "
            "district=? AND kept=?)) ORDER BY at DESC",
            site.district, resident, site.district, resident,
        )
    )  # fmt: skip
    return tuple(Looked(*row) for row in rows)
