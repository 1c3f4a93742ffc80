"""How people, organisations and places are called, for tablets without a network (PROTOCOL 8.10).

The same for every tablet of the district, so it is put together once and looked at again after a
while, never at each exchange: an empty exchange costs the same however many people work here.
"""

from typing import Final

import msgspec

from crypto.primitives import sha256
from server.actions.archives.told import facility_names, staff_names
from server.actions.keeping.site import Site
from server.store.tx import Tx
from sync import wire

KEPT_MS: Final = 60_000  # who came a minute ago may still be somebody unknown


async def newer(tx: Tx, site: Site, held: bytes) -> wire.Directory | None:
    """The directory, when the tablet holds another version of it."""
    now, kept = site.clock(), site.directory
    if kept is None or not kept[0] <= now < kept[0] + KEPT_MS:
        kept = site.directory = (now, await read(tx, site))
    return None if held == kept[1].version else kept[1]


async def read(tx: Tx, site: Site) -> wire.Directory:
    """Of now. Equal names give an equal version, in every process."""
    places = sorted((await facility_names(tx, site)).items())
    at = {facility: place for place, (facility, _) in enumerate(places)}
    people = await tx.rows(
        "SELECT staff, facility FROM staff WHERE district=? AND role IN "
        "('doctor','desk','manager','county') ORDER BY staff",
        site.district,
    )
    names = await staff_names(tx, site, {row[0] for row in people})
    regions = await tx.rows(
        "SELECT code, name FROM service_area WHERE district=? AND name<>'' ORDER BY code",
        site.district,
    )
    plain = wire.Directory(
        version=b"", facilities=tuple(places),
        staff=tuple((who, names[who], at[facility]) for who, facility in people),
        regions=tuple((code, name) for code, name in regions), teams=await _teams(tx, site, at),
        grounds=tuple((each.code, each.label) for each in site.rules.grounds),
    )  # fmt: skip
    return msgspec.structs.replace(plain, version=sha256(wire.encode(plain))[:8])


async def _teams(tx: Tx, site: Site, at: dict[bytes, int]) -> tuple[tuple[bytes, str, int], ...]:
    """Of the facilities on the county's list: what somebody without a phone may choose."""
    rows = await tx.rows(
        "SELECT p.panel, p.name, p.facility FROM panel p JOIN facility f ON f.district=p.district "
        "AND f.facility=p.facility WHERE p.district=? AND f.published=? AND f.closed_on IS NULL "
        "ORDER BY p.panel",
        site.district, True,
    )  # fmt: skip
    return tuple((panel, name, at[facility]) for panel, name, facility in rows)
