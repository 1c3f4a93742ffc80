"""Who serves a resident, and who wrote what stands in the archive: read beside an opening, for the
pages of the portal. No findings are read here.
"""

from collections.abc import Collection
from dataclasses import dataclass
from functools import partial

from server.actions.archives.told import facility_names, staff_names, team_names
from server.actions.keeping.site import Site
from server.store.tx import Tx, one


@dataclass(frozen=True, slots=True)
class Serving:
    """Names; "" where there is none. `phone`: of the facility's counter."""

    facility: str
    phone: str
    team: str
    doctor: str


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote a record, where the service was given, when it reached the server (ms UTC).

    `how`: tablet | desk | import | server. `positioned`: the tablet said where it was.
    """

    name: str
    facility: str
    received_at: int
    how: str
    positioned: bool


async def serving(site: Site, resident: bytes) -> Serving:
    """Who answers for a resident today."""
    return await site.store.read(partial(_serving, site=site, resident=resident))


async def _serving(tx: Tx, site: Site, resident: bytes) -> Serving:
    row = await one(
        tx,
        "SELECT f.name, c.phone, r.panel FROM resident r LEFT JOIN facility f ON "
        "f.district=r.district AND f.facility=r.facility LEFT JOIN counter c ON "
        "c.district=r.district AND c.facility=r.facility WHERE r.district=? AND r.resident=?",
        site.district, resident,
    )  # fmt: skip
    if row is None or row[0] is None:
        return Serving("", "", "", "")
    name, phone, panel = row
    doctor = await one(
        tx,
        "SELECT staff FROM staff WHERE district=? AND panel=? AND role='doctor' AND active=? "
        "ORDER BY staff LIMIT 1",
        site.district, panel, True,
    )  # fmt: skip
    teams = await team_names(tx, site, [panel])
    names = await staff_names(tx, site, [doctor[0]] if doctor else [])
    return Serving(
        name, phone or "", teams.get(panel, ""), names.get(doctor[0], "") if doctor else ""
    )


async def names_of(site: Site, staff: Collection[bytes]) -> dict[bytes, str]:
    """Names of these members of staff, of those who left as well."""
    return await site.store.read(lambda tx: staff_names(tx, site, staff))


async def authors(site: Site, resident: bytes, records: Collection[bytes]) -> dict[bytes, Author]:
    """Who wrote these records of a resident, by record; the caller has opened the archive."""
    return await site.store.read(
        partial(_authors, site=site, resident=resident, records=sorted(set(records)))
    )


async def _authors(
    tx: Tx, site: Site, resident: bytes, records: Collection[bytes]
) -> dict[bytes, Author]:
    if not records:
        return {}
    rows = await tx.rows_in(
        "SELECT c.change, c.staff, c.author, c.device, c.credit_facility, c.flags, c.received_at, "
        "d.performing, p.change FROM change c LEFT JOIN desk_change d ON d.district=c.district AND "
        "d.change=c.change LEFT JOIN change_position p ON p.district=c.district AND "
        "p.change=c.change WHERE c.district=? AND c.resident=? AND c.change {ids}",
        records,
        site.district,
        resident,
    )
    names = await staff_names(tx, site, {row[1] for row in rows})
    places = await facility_names(tx, site)
    return {
        change: Author(
            names.get(staff, ""), places.get(performing or credited, ""), received,
            "import" if author == "import" else "desk" if "desk" in flags.split(",")
            else "tablet" if device else "server", position is not None,
        )
        for change, staff, author, device, credited, flags, received, performing, position in rows
    }  # fmt: skip
