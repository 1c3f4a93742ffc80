"""The list of areas as the rule reads it: codes to facilities and teams."""

from server.rules.areas import Area
from server.store.tx import Tx


async def areas(
    tx: Tx, district: int, *, today: str = "", without: bytes | None = None
) -> dict[str, Area]:
    """Every area that is served. Where the county names no team and the facility has one only, it
    is that one.

    `today`: ISO day; facilities closed by then serve nobody. `without`: a facility left out, to
    see where its residents would go.
    """
    alone = await _only_teams(tx, district)
    rows = await tx.rows(
        "SELECT a.code, a.facility, a.panel, f.closed_on FROM service_area a JOIN facility f ON "
        "f.district=a.district AND f.facility=a.facility WHERE a.district=?",
        district,
    )
    return {
        code: Area(facility, panel or alone.get(facility))
        for code, facility, panel, closed in rows
        if facility != without and not (today and closed and closed <= today)
    }


async def _only_teams(tx: Tx, district: int) -> dict[bytes, bytes]:
    """By facility the team of those that have a single one."""
    found: dict[bytes, list[bytes]] = {}
    for facility, panel in await tx.rows(
        "SELECT facility, panel FROM panel WHERE district=?", district
    ):
        found.setdefault(facility, []).append(panel)
    return {facility: teams[0] for facility, teams in found.items() if len(teams) == 1}
