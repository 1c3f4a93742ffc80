"""Tablets as a manager or the county sees them: what each told last, what it holds, who signs on
it, and what may be done with it (letting one in: enrol_desk.py). A manager has the own facility's,
the county all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from server.actions.accounts.sessions import Signed
from server.actions.archives.cards import Card, cards_of
from server.actions.archives.told import facility_names, staff_names, team_names
from server.actions.keeping.site import Site
from server.actions.tablets import devices, suspension
from server.errors import NotYours
from server.rules.accounts import StaffRole
from server.store.tx import Row, Tx, one

KEEPERS: Final = frozenset({StaffRole.MANAGER, StaffRole.COUNTY})
SHOWN: Final = 100
_COLUMNS: Final = (
    "d.device, d.label, d.facility, d.status, d.last_contact, d.pending, d.oldest, d.lease_until, "
    "d.chain_epoch>d.epoch_allowed, d.safe_until, d.app, d.restricted, d.first_contact, d.suite"
)


@dataclass(frozen=True, slots=True)
class Tablet:
    """One tablet. `pending`, `oldest` as it told at its last contact; instants in ms UTC.

    `leaving`: it is asked back and brings its uploads first.
    """

    device: bytes
    label: str
    facility: bytes
    status: str
    last_contact: int
    pending: int
    oldest: int | None
    lease_until: int
    epoch_waiting: bool
    safe_until: int | None
    app: str
    restricted: bool
    first_contact: int
    suite: int
    facility_name: str
    people: tuple[str, ...]
    leaving: bool


@dataclass(frozen=True, slots=True)
class Held:
    """An archive that may be readable on a tablet. state: possible | asked | unaccounted."""

    card: Card | None  # None: now another facility's
    state: str
    since: int


@dataclass(frozen=True, slots=True)
class Since:
    """A change that arrived after the tablet was last seen safe."""

    card: Card | None
    kind: str | None
    cls: str
    shape: str
    day: str
    recorded_at: int
    received_at: int
    state: str


@dataclass(frozen=True, slots=True)
class Detail:
    tablet: Tablet
    teams: tuple[str, ...]
    copies: dict[str, int]
    held: tuple[Held, ...]
    waiting: dict[str, int]  # open tasks about it, by kind
    quarantined: int
    since: tuple[Since, ...]


def within(signed: Signed) -> tuple[str, tuple[object, ...]]:
    if signed.role not in KEEPERS:
        raise NotYours
    if signed.role is StaffRole.COUNTY:
        return "", ()
    return " AND d.facility=?", (signed.facility,)


async def tablets(site: Site, signed: Signed) -> Sequence[Tablet]:
    """Everybody's in this place: lost first, then the longest silent. Raises NotYours."""

    async def read(tx: Tx) -> Sequence[Tablet]:
        where, args = within(signed)
        rows = await tx.rows(
            f"SELECT {_COLUMNS} FROM device d WHERE d.district=?{where} ORDER BY "
            "CASE d.status WHEN 'lost' THEN 0 WHEN 'suspended' THEN 1 WHEN 'enrolled' THEN 2 "
            "ELSE 3 END, d.last_contact, d.device",
            site.district, *args,
        )  # fmt: skip
        return await _tablets(tx, site, rows)

    return await site.store.read(read)


async def _tablets(tx: Tx, site: Site, rows: Sequence[Row]) -> Sequence[Tablet]:
    ids = [row[0] for row in rows]
    keys = (
        await tx.rows_in(
            "SELECT device, staff, until FROM device_key WHERE district=? AND device {ids} "
            "ORDER BY since",
            ids,
            site.district,
        )
        if ids
        else ()
    )
    names = await staff_names(tx, site, {row[1] for row in keys})
    places = await facility_names(tx, site)
    leaving = {
        row[0]
        for row in await tx.rows(
            "SELECT device FROM tablet_return WHERE district=? AND done_at IS NULL", site.district
        )
    }
    people: dict[bytes, list[str]] = {}
    in_use = {row[0] for row in rows if row[3] == "enrolled"}
    for device, staff, until in keys:
        name = names.get(staff, "")
        # Of one that is ended all who signed on it; their keys ended with it.
        if (until is None or device not in in_use) and name not in people.setdefault(device, []):
            people[device].append(name)
    return [
        Tablet(
            *row, facility_name=places.get(row[2], ""), people=tuple(people.get(row[0], ())),
            leaving=row[0] in leaving and row[3] == "enrolled",
        )
        for row in rows
    ]  # fmt: skip


async def ours(tx: Tx, site: Site, signed: Signed, device: bytes) -> Tablet:
    """One tablet of this place. Raises NotYours."""
    where, args = within(signed)
    rows = await tx.rows(
        f"SELECT {_COLUMNS} FROM device d WHERE d.district=? AND d.device=?{where}",
        site.district, device, *args,
    )  # fmt: skip
    if not rows:
        raise NotYours
    return (await _tablets(tx, site, rows))[0]


async def tablet(site: Site, signed: Signed, device: bytes) -> Detail:
    """Everything of one tablet. Raises NotYours."""
    return await site.store.read(partial(_detail, site=site, signed=signed, device=device))


async def _detail(tx: Tx, site: Site, signed: Signed, device: bytes) -> Detail:
    found, district = await ours(tx, site, signed, device), site.district
    panels = await tx.rows(
        "SELECT panel FROM device_panel WHERE district=? AND device=?", district, device
    )
    teams = await team_names(tx, site, [row[0] for row in panels])
    copies = await tx.rows(
        "SELECT state, COUNT(*) FROM copy WHERE district=? AND device=? GROUP BY state",
        district, device,
    )  # fmt: skip
    held = await tx.rows(
        "SELECT resident, state, since FROM copy WHERE district=? AND device=? AND state IN "
        "('possible','asked','unaccounted') ORDER BY resident LIMIT ?",
        district, device, SHOWN,
    )  # fmt: skip
    since = (
        await tx.rows(
            "SELECT resident, kind, cls, shape, day, recorded_at, received_at, state FROM change "
            "WHERE district=? AND device=? AND received_at>? ORDER BY received_at, seq, idx "
            "LIMIT ?",
            district, device, found.safe_until, SHOWN,
        )
        if found.safe_until is not None
        else ()
    )  # fmt: skip
    waiting = await tx.rows(
        "SELECT kind FROM task WHERE district=? AND subject=? AND closed_at IS NULL",
        district, device,
    )  # fmt: skip
    quarantined = await one(
        tx,
        "SELECT COUNT(*) FROM change c JOIN task t ON t.district=c.district AND "
        "t.subject=c.change AND t.kind='quarantine' AND t.closed_at IS NULL "
        "WHERE c.district=? AND c.device=?",
        district, device,
    )  # fmt: skip
    cards = await cards_of(tx, site, {row[0] for row in (*held, *since)})
    mine = {
        who: card for who, card in cards.items()
        if signed.oversees or card.facility == signed.facility
    }  # fmt: skip
    return Detail(
        tablet=found, teams=tuple(teams.values()), copies={r[0]: r[1] for r in copies},
        held=tuple(Held(mine.get(row[0]), *row[1:]) for row in held),
        waiting={row[0]: 1 for row in waiting}, quarantined=quarantined[0] if quarantined else 0,
        since=tuple(Since(mine.get(row[0]), *row[1:]) for row in since),
    )  # fmt: skip


# What may be done with one. Each asks inside its own transaction whose tablet it is.


def _keeper(site: Site, signed: Signed, device: bytes) -> devices.Guard:
    return partial(ours, site=site, signed=signed, device=device)


async def revoke(site: Site, signed: Signed, device: bytes, reason: str) -> None:
    """Raises NotYours, RuleSaysNo."""
    await devices.revoke(site, device, reason, allowed=_keeper(site, signed, device))


async def lose(site: Site, signed: Signed, device: bytes, safe_at: int) -> None:
    """Lost or stolen; last seen safe at that instant. Raises NotYours, RuleSaysNo."""
    await devices.mark_lost(site, device, safe_at, allowed=_keeper(site, signed, device))


async def allow_epoch(site: Site, signed: Signed, device: bytes) -> int:
    """The next chain is this tablet's own; how many changes were read. Raises NotYours."""
    guard = _keeper(site, signed, device)
    return await devices.confirm_epoch(site, device, staff=signed.staff, allowed=guard)


async def reinstate(site: Site, signed: Signed, device: bytes) -> None:
    """It was suspended and goes on working. Raises NotYours, RuleSaysNo."""
    guard = _keeper(site, signed, device)
    await suspension.reinstate(site, device, staff=signed.staff, allowed=guard)
