"""Who serves a resident, as pages and sheets name it."""

from dataclasses import dataclass

from server.actions.keeping.site import Site
from server.store.tx import Tx, one


@dataclass(frozen=True, slots=True)
class Served:
    """`place`: name of the district. `facility` and `phone` of its counter: "" where none."""

    place: str
    facility: str
    phone: str


async def served_by(tx: Tx, site: Site, facility: bytes | None) -> Served:
    row = await one(
        tx,
        "SELECT d.name, f.name, c.phone FROM district d LEFT JOIN facility f ON "
        "f.district=d.district AND f.facility=? LEFT JOIN counter c ON c.district=d.district AND "
        "c.facility=f.facility WHERE d.district=?",
        facility, site.district,
    )  # fmt: skip
    assert row is not None
    return Served(row[0], row[1] or "", row[2] or "")
