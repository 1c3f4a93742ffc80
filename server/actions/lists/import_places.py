"""Whose a resident of a list is: by the facility and team the line names, else by its address
(S001-art10¶1). What stays unclear waits for a person.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from server.actions.keeping.site import Site
from server.actions.places.areas import areas
from server.actions.tablets.intake import civil_day
from server.records.sheet_lines import Read
from server.records.sheet_values import narrow, normal
from server.rules.areas import Area, Found, facility_of
from server.store.tx import Tx

ELSEWHERE: Final = "责任机构不是本机构，这一行请交给县里上传"


@dataclass(frozen=True, slots=True)
class Places:
    """What a county's lists may name. Names are in normal form; one that is two is none."""

    areas: Mapping[str, Area]
    facilities: Mapping[str, bytes | None]  # by name or own code
    panels: Mapping[tuple[bytes, str], bytes | None]
    alone: Mapping[bytes, bytes]  # by facility its only team
    villages: Mapping[str, str | None]  # by name the code
    facility_of_panel: Mapping[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a resident goes; None: a person chooses. `refusal`: why the line is kept out."""

    facility: bytes | None = None
    panel: bytes | None = None
    refusal: str = ""


async def read_places(tx: Tx, site: Site) -> Places:
    today = civil_day(site.clock()).isoformat()
    district = site.district
    facilities: dict[str, bytes | None] = {}
    open_ones: set[bytes] = set()
    for facility, name, code, level, parent, closed in await tx.rows(
        "SELECT facility, name, code, level, parent, closed_on FROM facility WHERE district=?",
        district,
    ):
        if level in ("city", "county") or (closed and closed <= today):
            continue
        holder = parent if level in ("station", "room") else facility
        open_ones.add(facility)
        for word in {normal(name), normal(code)} - {""}:
            same = facilities.get(word, holder) == holder
            facilities[word] = holder if same else None
    panels: dict[tuple[bytes, str], bytes | None] = {}
    by_facility: dict[bytes, list[bytes]] = {}
    holders: dict[bytes, bytes] = {}
    for panel, facility, name in await tx.rows(
        "SELECT panel, facility, name FROM panel WHERE district=?", district
    ):
        key = (facility, normal(name))
        panels[key] = None if key in panels else panel
        by_facility.setdefault(facility, []).append(panel)
        holders[panel] = facility
    villages: dict[str, str | None] = {}
    for code, name in await tx.rows(
        "SELECT code, name FROM service_area WHERE district=?", district
    ):
        word = normal(name)
        villages[word] = None if word in villages else code
    return Places(
        areas=await areas(tx, district, today=today), facilities=facilities, panels=panels,
        alone={f: teams[0] for f, teams in by_facility.items() if len(teams) == 1},
        villages=villages, facility_of_panel=holders,
    )  # fmt: skip


def place_of_line(read: Read, places: Places, own: bytes | None) -> Place:
    """Where the resident of a line goes. `own`: the facility whose people alone may come.

    A village that the line names and the county knows becomes the code of the address.
    """
    if read.village and "address_region" not in read.basics:
        code = places.villages.get(normal(read.village))
        if code:
            read.basics["address_region"] = code
    facility: bytes | None = None
    if read.facility:
        facility = places.facilities.get(normal(read.facility))
        if facility is None:
            return Place(refusal=f"没有叫“{read.facility[:30]}”的机构")
    panel: bytes | None = None
    if read.team:
        panel = _team(read.team, facility or own, places)
        if panel is None:
            return Place(refusal=f"没有叫“{read.team[:30]}”的团队，或者不止一个")
        facility = places.facility_of_panel[panel]
    if panel is None:
        facility, panel = _by_address(read, facility, places)
    if own is not None and facility is None:
        facility = own
    if own is not None and facility != own:
        return Place(refusal=ELSEWHERE)
    if panel is None and facility is not None:
        panel = places.alone.get(facility)
    return Place(facility, panel)


def _team(name: str, facility: bytes | None, places: Places) -> bytes | None:
    if facility is not None:
        return places.panels.get((facility, normal(name)))
    found = [p for (_, word), p in places.panels.items() if word == normal(name)]
    return found[0] if len(found) == 1 else None


def _by_address(
    read: Read, facility: bytes | None, places: Places
) -> tuple[bytes | None, bytes | None]:
    found = facility_of(narrow(str(read.basics.get("address_region", ""))), places.areas)
    if not isinstance(found, Found):
        return facility, None
    if facility is None:
        return found.facility, found.panel
    return facility, found.panel if found.facility == facility else None
