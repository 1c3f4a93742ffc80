"""Who and what a district is made of, for the people who run it: facilities, panels, staff."""

from dataclasses import dataclass

from server.actions.keeping.site import Site, district_key_blob
from server.store.tx import Tx
from server.store.vault import NOBODY, T_STAFF


@dataclass(frozen=True, slots=True)
class PanelLine:
    """One family-doctor team with the number of its residents and tablets."""

    panel: bytes
    name: str
    facility: bytes
    facility_name: str
    residents: int
    tablets: int


@dataclass(frozen=True, slots=True)
class StaffLine:
    staff: bytes
    name: str
    role: str
    facility_name: str
    panel: bytes | None
    panel_name: str
    restricted: bool
    active: bool


async def panels(site: Site) -> tuple[PanelLine, ...]:
    """In order of facility and name."""
    rows = await site.store.write(
        lambda tx: tx.rows(
            "SELECT p.panel, p.name, p.facility, f.name, (SELECT COUNT(*) FROM member m "
            "WHERE m.district=p.district AND m.panel=p.panel), (SELECT COUNT(*) FROM "
            "device_panel d WHERE d.district=p.district AND d.panel=p.panel) FROM panel p "
            "JOIN facility f ON f.district=p.district AND f.facility=p.facility "
            "WHERE p.district=? ORDER BY f.name, p.name",
            site.district,
        )
    )
    return tuple(PanelLine(*row) for row in rows)


async def staff(site: Site) -> tuple[StaffLine, ...]:
    """Names are opened here; they are sealed in the database."""
    return await site.store.write(lambda tx: _staff(tx, site))


async def _staff(tx: Tx, site: Site) -> tuple[StaffLine, ...]:
    key = site.vault.key(NOBODY, await district_key_blob(tx, site.district))
    rows = await tx.rows(
        "SELECT s.staff, s.sealed_name, s.role, f.name, s.panel, p.name, s.restricted, s.active "
        "FROM staff s JOIN facility f ON f.district=s.district AND f.facility=s.facility "
        "LEFT JOIN panel p ON p.district=s.district AND p.panel=s.panel "
        "WHERE s.district=? ORDER BY f.name, p.name, s.role, s.staff",
        site.district,
    )
    return tuple(
        StaffLine(
            staff=who,
            name=key.open(site.vault.at(T_STAFF, who), sealed).decode(),
            role=role,
            facility_name=facility,
            panel=panel,
            panel_name=team or "",
            restricted=bool(restricted),
            active=bool(active),
        )
        for who, sealed, role, facility, panel, team, restricted, active in rows
    )
