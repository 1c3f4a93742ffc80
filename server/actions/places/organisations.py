"""The tree of organisations as it stands, and setting up or changing one of them (S000-art3,
S001-art23, S000-art4).

Reading is for everybody: the county publishes the list. Writing asks the rule for role and place;
an organisation beside the own place is answered like one that does not exist.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from server.actions.accounts.sessions import Signed
from server.actions.keeping.site import Site
from server.actions.tablets.intake import civil_day
from server.errors import NotYours
from server.records.values import Fault, FaultCode, Faults
from server.rules.areas import is_area
from server.rules.organisations import ABOVE, Level, may_set_up
from server.store.ids import new_id
from server.store.trail import audit
from server.store.tx import Row, Tx, locking, one

AREA_NAME_MAX: Final = 40
_COLUMNS: Final = (
    "f.facility, f.name, f.level, f.parent, f.code, f.licence, f.ownership, f.opened_on, "
    "f.closed_on, f.published"
)


@dataclass(frozen=True, slots=True)
class Organisation:
    """One of the tree. Days are ISO text; `opened_on` is "" when nobody knows."""

    facility: bytes
    name: str
    level: Level
    parent: bytes | None
    code: str
    licence: str
    ownership: str
    opened_on: str
    closed_on: str | None
    published: bool


@dataclass(frozen=True, slots=True)
class Branch:
    """A line of the tree as drawn: depth 0 at the top."""

    organisation: Organisation
    depth: int
    areas: int
    teams: int
    services: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AreaLine:
    code: str
    name: str
    panel: bytes | None
    team: str


@dataclass(frozen=True, slots=True)
class Details:
    """One organisation with what it serves and gives."""

    organisation: Organisation
    parent: Organisation | None
    areas: tuple[AreaLine, ...]
    services: tuple[tuple[str, str], ...]
    """(code, from which day) of the services it may give today."""


async def tree(site: Site) -> tuple[Branch, ...]:
    """Every organisation, each below its parent, in order of code and name."""
    return await site.store.read(partial(_tree, site=site))


async def _tree(tx: Tx, site: Site) -> tuple[Branch, ...]:
    every = await organisations(tx, site.district)
    counted = {
        table: await _counted(tx, site.district, table) for table in ("service_area", "panel")
    }
    given: dict[bytes, list[str]] = {}
    for facility, service in await _given(tx, site):
        given.setdefault(facility, []).append(service)
    below: dict[bytes | None, list[Organisation]] = {}
    for each in every.values():
        known = each.parent if each.parent in every else None
        below.setdefault(known, []).append(each)
    lines: list[Branch] = []

    def walk(parent: bytes | None, depth: int) -> None:
        for each in sorted(below.get(parent, ()), key=lambda o: (o.level, o.code, o.name)):
            who = each.facility
            lines.append(
                Branch(
                    each, depth, counted["service_area"].get(who, 0), counted["panel"].get(who, 0),
                    tuple(given.get(who, ())),
                )
            )  # fmt: skip
            walk(who, depth + 1)

    walk(None, 0)
    return tuple(lines)


async def lock_tree(tx: Tx, district: int) -> None:
    """One at a time changes the tree: codes and areas stay unique in it."""
    await tx.rows(f"SELECT 1 FROM district WHERE district=?{locking(tx)}", district)


async def organisations(tx: Tx, district: int) -> dict[bytes, Organisation]:
    """Every organisation by id. A district holds one county: a facility that names none is its."""
    rows = await tx.rows(f"SELECT {_COLUMNS} FROM facility f WHERE f.district=?", district)
    every = {row[0]: _organisation(row) for row in rows}
    county = next((who for who, each in every.items() if each.level is Level.COUNTY), None)
    return {
        who: replace(each, parent=county)
        if each.level is Level.FACILITY and each.parent is None
        else each
        for who, each in every.items()
    }


def _organisation(row: Row) -> Organisation:
    facility, name, level, parent, code, licence, ownership, opened, closed, published = row
    return Organisation(
        facility, name, Level(level), parent, code, licence, ownership, opened, closed,
        bool(published),
    )  # fmt: skip


async def _counted(tx: Tx, district: int, table: str) -> dict[bytes, int]:
    rows = await tx.rows(
        f"SELECT facility, COUNT(*) FROM {table} WHERE district=? GROUP BY facility", district
    )
    return dict(rows)


async def _given(tx: Tx, site: Site) -> Sequence[Row]:
    """(facility, service) of every service that may be given today."""
    today = civil_day(site.clock()).isoformat()
    return await tx.rows(
        "SELECT facility, service FROM facility_service WHERE district=? AND from_day<=? AND "
        "(until_day IS NULL OR until_day>?) ORDER BY facility, service",
        site.district, today, today,
    )  # fmt: skip


async def details(site: Site, facility: bytes) -> Details:
    """Raises NotYours for an id that is nobody's."""
    return await site.store.read(partial(_details, site=site, facility=facility))


async def _details(tx: Tx, site: Site, facility: bytes) -> Details:
    every = await organisations(tx, site.district)
    found = every.get(facility)
    if found is None:
        raise NotYours
    areas = await tx.rows(
        "SELECT a.code, a.name, a.panel, p.name FROM service_area a LEFT JOIN panel p ON "
        "p.district=a.district AND p.panel=a.panel WHERE a.district=? AND a.facility=? "
        "ORDER BY a.code",
        site.district, facility,
    )  # fmt: skip
    today = civil_day(site.clock()).isoformat()
    given = await tx.rows(
        "SELECT service, from_day FROM facility_service WHERE district=? AND facility=? AND "
        "from_day<=? AND (until_day IS NULL OR until_day>?) ORDER BY service",
        site.district, facility, today, today,
    )  # fmt: skip
    return Details(
        found, every.get(found.parent) if found.parent else None,
        tuple(AreaLine(code, name, panel, team or "") for code, name, panel, team in areas),
        tuple((service, since) for service, since in given),
    )  # fmt: skip


def may_change(signed: Signed, each: Organisation, parent: Organisation | None) -> bool:
    """Whether this person sets up or changes that organisation."""
    above = parent.parent if parent else None
    return may_set_up(
        signed.role, each.level, own=signed.facility, parent=each.parent, grandparent=above
    )


# ---- writing ------------------------------------------------------------------------------------


async def save(
    site: Site, signed: Signed, parent: bytes, values: Mapping[str, Any],
    facility: bytes | None = None,
) -> bytes | Faults:  # fmt: skip
    """Sets up an organisation under `parent`, or changes `facility`. `values`: the form
    `organisation` of server/records/office_forms.py. Its id, or what is wrong. Raises NotYours.
    """
    work = partial(_save, site=site, signed=signed, parent=parent, values=values, facility=facility)
    return await site.store.write(work)


async def _save(
    tx: Tx, site: Site, signed: Signed, parent: bytes, values: Mapping[str, Any],
    facility: bytes | None,
) -> bytes | Faults:  # fmt: skip
    district, now = site.district, site.clock()
    await lock_tree(tx, district)
    every = await organisations(tx, district)
    present = every.get(facility) if facility else None
    if facility and present is None:
        raise NotYours
    above = every.get(present.parent or b"" if present else parent)
    level = present.level if present else Level(values["level"])
    if above is None or ABOVE[level] is not above.level:
        raise NotYours
    grandparent = above.parent
    if not may_set_up(
        signed.role, level, own=signed.facility, parent=above.facility, grandparent=grandparent
    ):
        raise NotYours
    areas, faults = read_areas(values.get("areas", "")) if level is Level.FACILITY else ({}, ())
    who = facility or new_id(now)
    faults += await _taken(tx, district, who, values["code"], areas, every)
    if faults:
        return faults
    published = values["published"] == "1" and (present is None or present.closed_on is None)
    row: Row = (
        district, who, values["name"], published, level.value, above.facility, values["code"],
        values.get("licence", ""), values["ownership"], values.get("opened_on", ""),
        present.closed_on if present else None,
    )  # fmt: skip
    if present is None:
        await tx.insert("facility", [row])
    else:
        put = ("name", "published", "code", "licence", "ownership", "opened_on")
        changed = (row[2], row[3], row[6], row[7], row[8], row[9])
        await tx.update("facility", ("district", "facility"), put, [(district, who, *changed)])
    if level is Level.FACILITY:
        await put_areas(tx, district, who, areas)
        await put_services(tx, site, who, values.get("services", ()))
    await audit(tx, district, "act", b"organisation" + who + signed.staff, now)
    return who


def read_areas(text: str) -> tuple[dict[str, str], Faults]:
    """{code: name} of a text with one area a line: its code, a space, its name."""
    found: dict[str, str] = {}
    faults: list[Fault] = []
    for n, line in enumerate(text.splitlines(), start=1):
        code, _, name = line.strip().partition(" ")
        if not code:
            continue
        if not is_area(code):
            faults.append(
                _fault("areas", f"第 {n} 行：区划代码是 9 位或 12 位数字，现在是 {code[:20]}")
            )
        elif code in found:
            faults.append(_fault("areas", f"第 {n} 行：{code} 写了两次"))
        found[code] = name.strip()[:AREA_NAME_MAX]
    return found, tuple(faults)


async def _taken(
    tx: Tx, district: int, who: bytes, code: str, areas: Mapping[str, str],
    every: Mapping[bytes, Organisation],
) -> Faults:  # fmt: skip
    faults: list[Fault] = []
    if any(each.code == code and each.facility != who for each in every.values()):
        faults.append(_fault("code", f"机构代码 {code} 已经有别的机构在用"))
    if areas:
        rows = await tx.rows("SELECT code, facility FROM service_area WHERE district=?", district)
        for area, facility in rows:
            if area in areas and facility != who:
                name = every[facility].name if facility in every else ""
                faults.append(_fault("areas", f"{area} 已经由 {name} 服务"))
    return tuple(faults)


def _fault(field: str, say: str) -> Fault:
    return Fault(field, FaultCode.CONTRADICTION, say)


async def put_areas(tx: Tx, district: int, facility: bytes, areas: Mapping[str, str]) -> None:
    """The areas of a facility are these; the team of one that stays is kept."""
    rows = await tx.rows(
        "SELECT code, panel FROM service_area WHERE district=? AND facility=?", district, facility
    )
    teams: dict[str, bytes | None] = dict(rows)
    await tx.run("DELETE FROM service_area WHERE district=? AND facility=?", district, facility)
    await tx.insert(
        "service_area",
        [(district, code, name, facility, teams.get(code)) for code, name in areas.items()],
    )


async def put_services(tx: Tx, site: Site, facility: bytes, wanted: Sequence[str]) -> None:
    """The services of a facility are these from today on; one that is not among them ends today."""
    district, today = site.district, civil_day(site.clock()).isoformat()
    rows = await tx.rows(
        "SELECT service, from_day FROM facility_service WHERE district=? AND facility=? AND "
        "until_day IS NULL",
        district, facility,
    )  # fmt: skip
    present: dict[str, str] = dict(rows)
    for service, since in present.items():
        if service not in wanted:
            await tx.run(
                "UPDATE facility_service SET until_day=? WHERE district=? AND facility=? AND "
                "service=? AND from_day=?",
                max(today, since), district, facility, service, since,
            )  # fmt: skip
    for service in wanted:
        if service in present:
            continue
        again = await one(
            tx,
            "SELECT 1 FROM facility_service WHERE district=? AND facility=? AND service=? AND "
            "from_day=?",
            district, facility, service, today,
        )  # fmt: skip
        if again is None:
            await tx.insert("facility_service", [(district, facility, service, today, None)])
        else:  # ended and begun again on one day
            await tx.run(
                "UPDATE facility_service SET until_day=NULL WHERE district=? AND facility=? AND "
                "service=? AND from_day=?",
                district, facility, service, today,
            )  # fmt: skip
