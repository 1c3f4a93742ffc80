"""What was written when a task was ended: for the resident as it stands, or for the writer of a
change that was not taken. Sealed; the portal and the page of the ended task show it.
"""

from dataclasses import dataclass
from typing import Final

from server.actions.keeping.site import Site, district_key_blob
from server.store.ids import new_id
from server.store.tx import Row, Tx, one
from server.store.vault import NOBODY, T_NOTE

FOR_RESIDENT: Final = "resident"
FOR_WRITER: Final = "writer"
MOST: Final = 500


@dataclass(frozen=True, slots=True)
class Note:
    """One note as its reader sees it."""

    kind: str
    audience: str
    staff: bytes
    at: int
    made: bytes | None
    text: str


async def keep(
    tx: Tx,
    site: Site,
    *,
    subject: bytes,
    kind: str,
    audience: str,
    resident: bytes | None,
    staff: bytes,
    made: bytes | None,
    text: str,
) -> None:
    """Keeps what was written, in the transaction of the decision. Text may be empty."""
    now = site.clock()
    name = new_id(now)
    key = site.vault.key(*await _owner(tx, site, resident))
    sealed = key.seal(site.vault.at(T_NOTE, name, resident or NOBODY), text[:MOST].encode())
    row: Row = (
        site.district, subject, name, kind, audience, resident, staff, now, made, sealed,
    )  # fmt: skip
    await tx.insert("decision_note", [row])


async def _owner(tx: Tx, site: Site, resident: bytes | None) -> tuple[bytes, bytes]:
    """(owner, wrapped key) of what seals: the resident's, or the district's for nobody's."""
    if resident is not None:
        row = await one(
            tx, "SELECT key FROM resident WHERE district=? AND resident=?", site.district, resident
        )
        if row is not None:
            return resident, row[0]
    return NOBODY, await district_key_blob(tx, site.district)


async def notes_of(tx: Tx, site: Site, subject: bytes) -> tuple[Note, ...]:
    """Notes about one task's subject, oldest first."""
    rows = await tx.rows(
        "SELECT note, kind, audience, resident, staff, at, made, sealed FROM decision_note "
        "WHERE district=? AND subject=? ORDER BY note",
        site.district,
        subject,
    )
    found: list[Note] = []
    for name, kind, audience, resident, staff, at, made, sealed in rows:
        key = site.vault.key(*await _owner(tx, site, resident))
        text = key.open(site.vault.at(T_NOTE, name, resident or NOBODY), sealed).decode()
        found.append(Note(kind, audience, staff, at, made, text))
    return tuple(found)
