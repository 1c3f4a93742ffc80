"""What members of staff did for a resident who was present (代办), for desk and resident.

Whether something can still be taken back is asked where it is done; here stands what was written
down (acting.py).
"""

from dataclasses import dataclass
from functools import partial
from typing import Final

from server.actions.archives.told import facility_names, staff_names
from server.actions.keeping.site import Site
from server.store.tx import Tx

LINES: Final = 100


@dataclass(frozen=True, slots=True)
class Help:
    """One act. Instants in ms UTC; `undo_until` None: no day was set."""

    id: bytes
    what: str
    subject: bytes
    staff: str
    facility: str
    at: int
    undo_until: int | None
    undone_at: int | None


async def helped(site: Site, resident: bytes) -> tuple[Help, ...]:
    """Newest first."""
    return await site.store.read(partial(_helped, site=site, resident=resident))


async def _helped(tx: Tx, site: Site, resident: bytes) -> tuple[Help, ...]:
    rows = await tx.rows(
        "SELECT act, what, subject, staff, facility, at, undo_until, undone_at FROM assisted "
        "WHERE district=? AND resident=? ORDER BY at DESC, act DESC LIMIT ?",
        site.district, resident, LINES,
    )  # fmt: skip
    names = await staff_names(tx, site, {row[3] for row in rows})
    places = await facility_names(tx, site)
    return tuple(
        Help(act, what, subject, names.get(staff, ""), places.get(home, ""), at, until, undone)
        for act, what, subject, staff, home, at, until, undone in rows
    )
