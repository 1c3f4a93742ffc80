"""Lists of organisations, villages and staff from a file: sent in, looked at, taken over whole or
not at all.

What was sent lies sealed until it is taken over or a day has passed. Taking over reads it again in
the one transaction that writes, so what was looked at and what is written cannot differ unseen.
"""

from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from server.actions.accounts.account_making import Link, make_account_in
from server.actions.accounts.sessions import Signed
from server.actions.keeping.site import Site, district_key_blob
from server.actions.lists.sheets import read_sheets
from server.actions.lists.sheets_turn import in_turn
from server.actions.places.office_lists import Entries, LineFault, read_lists
from server.actions.places.office_plan import Maker, Plan, Present, plan
from server.actions.places.organisations import lock_tree, organisations, put_services
from server.actions.places.teams import names_of
from server.actions.tablets.intake import civil_day
from server.errors import NotYours, Refusal
from server.rules.accounts import StaffRole, may_make
from server.rules.organisations import Level
from server.store.ids import new_id
from server.store.trail import audit
from server.store.tx import Row, Tx, one
from server.store.vault import NOBODY, T_IMPORT, T_STAFF
from sync import digest

BYTES_MAX: Final = 4 * 1024 * 1024
KEEP_MS: Final = 24 * 60 * 60_000
MAY_SEND: Final = frozenset({StaffRole.COUNTY, StaffRole.MANAGER})


class ListTooLarge(Refusal):
    """A list of organisations and staff is small; residents have an upload of their own."""

    code = "list_too_large"
    status = 413
    say = f"机构和人员名单最大 {BYTES_MAX // 1024 // 1024} MB。居民名单请从「导入」上传。"
    hint = "See server/actions/places/office_import.py."


@dataclass(frozen=True, slots=True)
class Taken:
    """How many were written."""

    created: int
    changed: int
    teams: int
    areas: int
    people: int
    unchanged: int
    links: tuple[tuple[str, Link], ...] = ()
    """(name, one-time link) of every account that was made with it; shown once."""


def counts_of(found: Plan) -> Taken:
    """What a plan would write."""
    changed = len(set(found.organisations) | set(found.services)) - len(found.created)
    return Taken(
        len(found.created), changed, len(found.teams), len(found.areas), len(found.people),
        found.unchanged,
    )  # fmt: skip


async def send(site: Site, signed: Signed, data: bytes) -> bytes:
    """Keeps a file to be looked at; its id. Raises NotYours, ListTooLarge, SheetRefused."""
    if signed.role not in MAY_SEND:
        raise NotYours
    if len(data) > BYTES_MAX:
        raise ListTooLarge
    await in_turn(_read, data)  # refused whole before it is kept
    now = site.clock()
    name = new_id(now)

    async def write(tx: Tx) -> None:
        key = site.vault.key(NOBODY, await district_key_blob(tx, site.district))
        sealed = key.seal(site.vault.at(T_IMPORT, name), data)
        await tx.run(
            "DELETE FROM upload WHERE district=? AND (staff=? OR at<?)",
            site.district, signed.staff, now - KEEP_MS,
        )  # fmt: skip
        row: Row = (site.district, name, signed.staff, now, sealed)
        await tx.insert("upload", [row])

    await site.store.write(write)
    return name


def _read(data: bytes) -> Entries:
    return read_lists(read_sheets(data))


async def look(site: Site, signed: Signed, upload: bytes) -> Plan:
    """What taking this file over would write, and every fault. Raises NotYours when it is not
    there or another person's.
    """
    entries = await in_turn(_read, await _kept(site, signed, upload))

    async def read(tx: Tx) -> Plan:
        return await _plan(tx, site, signed, entries)

    return await site.store.read(read)


async def take_over(site: Site, signed: Signed, upload: bytes) -> Taken | tuple[LineFault, ...]:
    """Writes everything of the file, or nothing and what is wrong. Raises NotYours."""
    entries = await in_turn(_read, await _kept(site, signed, upload))
    work = partial(_take_over, site=site, signed=signed, upload=upload, entries=entries)
    return await site.store.write(work)


async def drop(site: Site, signed: Signed, upload: bytes) -> None:
    """The file is not wanted."""
    await site.store.write(
        lambda tx: tx.run(
            "DELETE FROM upload WHERE district=? AND upload=? AND staff=?",
            site.district, upload, signed.staff,
        )
    )  # fmt: skip


async def _kept(site: Site, signed: Signed, upload: bytes) -> bytes:
    async def read(tx: Tx) -> bytes | None:
        row = await one(
            tx, "SELECT sealed FROM upload WHERE district=? AND upload=? AND staff=?",
            site.district, upload, signed.staff,
        )  # fmt: skip
        if row is None:
            return None
        key = site.vault.key(NOBODY, await district_key_blob(tx, site.district))
        return key.open(site.vault.at(T_IMPORT, upload), row[0])

    found = await site.store.read(read)
    if found is None:
        raise NotYours
    return found


async def _plan(tx: Tx, site: Site, signed: Signed, entries: Entries) -> Plan:
    if signed.role not in MAY_SEND:
        raise NotYours
    now = site.clock()
    present = await _present(tx, site)
    return plan(entries, present, Maker(signed.role, signed.facility), lambda: new_id(now))


async def _present(tx: Tx, site: Site) -> Present:
    district = site.district
    every = await organisations(tx, district)
    county = next((o.facility for o in every.values() if o.level is Level.COUNTY), b"")
    teams = await tx.rows("SELECT facility, name, panel FROM panel WHERE district=?", district)
    areas = await tx.rows(
        "SELECT code, facility, name, panel FROM service_area WHERE district=?", district
    )
    staff = await tx.rows(
        "SELECT staff, sealed_name, role, facility FROM staff WHERE district=? AND active=?",
        district, True,
    )  # fmt: skip
    names = await names_of(tx, site, {row[0]: row[1] for row in staff})
    logins = await tx.rows("SELECT login FROM account WHERE district=?", district)
    today = civil_day(site.clock()).isoformat()
    given: dict[bytes, set[str]] = {}
    for facility, service in await tx.rows(
        "SELECT facility, service FROM facility_service WHERE district=? AND from_day<=? AND "
        "(until_day IS NULL OR until_day>?)",
        district, today, today,
    ):  # fmt: skip
        given.setdefault(facility, set()).add(service)
    return Present(
        every=every, county=county,
        teams={(facility, name): panel for facility, name, panel in teams},
        areas={code: (facility, name, panel) for code, facility, name, panel in areas},
        people={(names[who], role, facility) for who, _, role, facility in staff},
        logins={row[0] for row in logins}, services=given,
    )  # fmt: skip


async def _take_over(
    tx: Tx, site: Site, signed: Signed, upload: bytes, entries: Entries
) -> Taken | tuple[LineFault, ...]:
    await lock_tree(tx, site.district)
    gone = await tx.run(
        "DELETE FROM upload WHERE district=? AND upload=? AND staff=?",
        site.district, upload, signed.staff,
    )  # fmt: skip
    if not gone:
        raise NotYours  # taken over already, by a second press of the button
    found = await _plan(tx, site, signed, entries)
    if found.faults:
        return tuple(found.faults)
    await _write_tree(tx, site, found)
    await _write_people(tx, site, found)
    links: list[tuple[str, Link]] = []
    for staff, who in found.people.items():
        if who.login and may_make(signed.role, who.role):
            links.append((who.name, await make_account_in(tx, site, signed, staff, who.login)))
    counted = replace(counts_of(found), links=tuple(links))
    detail = b"office-list" + upload + signed.staff
    await audit(tx, site.district, "act", detail + b"".join(sorted(found.organisations)),
                site.clock())  # fmt: skip
    return counted


async def _write_tree(tx: Tx, site: Site, found: Plan) -> None:
    district = site.district
    rows: list[Row] = [
        (district, who, o.name, o.published, o.level.value, o.parent, o.code, o.licence,
         o.ownership, o.opened_on, o.closed_on)
        for who, o in found.organisations.items()
    ]  # fmt: skip
    await tx.insert("facility", [row for row in rows if row[1] in found.created])
    put = ("name", "published", "licence", "ownership", "opened_on")
    changed = [
        (row[0], row[1], row[2], row[3], row[7], row[8], row[9])
        for row in rows
        if row[1] not in found.created
    ]
    await tx.update("facility", ("district", "facility"), put, changed)
    for who, services in found.services.items():
        await put_services(tx, site, who, services)
    await tx.insert(
        "panel",
        [
            (district, panel, facility, name, 0, digest.ZERO, digest.ZERO, 0, 0)
            for panel, (facility, name) in found.teams.items()
        ],
    )
    for code in found.areas:
        await tx.run("DELETE FROM service_area WHERE district=? AND code=?", district, code)
    await tx.insert(
        "service_area",
        [(district, code, name, who, panel) for code, (who, name, panel) in found.areas.items()],
    )


async def _write_people(tx: Tx, site: Site, found: Plan) -> None:
    key = site.vault.key(NOBODY, await district_key_blob(tx, site.district))
    await tx.insert(
        "staff",
        [
            (
                site.district, staff, who.facility, who.panel, who.role.value, False, True,
                key.seal(site.vault.at(T_STAFF, staff), who.name.encode()),
            )
            for staff, who in found.people.items()
        ],
    )  # fmt: skip
