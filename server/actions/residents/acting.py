"""Who acts for whose archive: the resident, a relative, or a member of staff at whose desk the
resident is (代办). One action serves portal and desk; what it writes says who held the pen.
"""

from dataclasses import dataclass

from server.actions.keeping.site import Site
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
    """Writes down that somebody else held the pen; nothing where the resident did it alone.

    `what`: code of the act. `undo_until`: ms UTC until when the resident may take it back.
    """
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
