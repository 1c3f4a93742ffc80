"""Who opened which archive, and what happened to accounts: read by the county and its auditors.

Reading is an act of its own: it is written down before anything is shown, so whoever watches the
watchers finds it in the same list.
"""

from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Final

from server.actions.accounts.account_making import event
from server.actions.accounts.sessions import Signed
from server.actions.archives.cards import cards_of
from server.actions.keeping.site import Site, district_key_blob
from server.errors import NotYours
from server.rules.accounts import StaffRole
from server.settings import CIVIL
from server.store.tx import Tx
from server.store.vault import NOBODY, T_STAFF

NEWEST: Final = 200
BACK_DAYS: Final = 31  # how far a search for a person or facility reaches without a day
READERS: Final = frozenset({StaffRole.COUNTY, StaffRole.AUDITOR})
_DAY_MS: Final = 24 * 60 * 60_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to show; None: all."""

    staff: bytes | None = None
    facility: bytes | None = None
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Opening:
    """One opening of an archive, or a try the gate refused (`ground` begins with "refused:").
    mode: online | offline | automatic. `resident_name` is "" for an archive without a card.
    """

    at: int
    logged_at: int
    staff_name: str
    facility_name: str
    resident: bytes
    resident_name: str
    id_tail: str
    purpose: str
    ground: str
    classes: str
    mode: str


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that happened to an account. `actor_name` is "" for the command line and for
    unknown hands.
    """

    at: int
    what: str
    staff_name: str
    facility_name: str
    actor_name: str
    own: bool


@dataclass(frozen=True, slots=True)
class Seen:
    openings: tuple[Opening, ...]
    deeds: tuple[Deed, ...]
    since: int | None  # the search went back to here only; None: all of it


@dataclass(frozen=True, slots=True)
class Choices:
    """Whom and what one may ask for: (id, name)."""

    staff: tuple[tuple[bytes, str], ...]
    facilities: tuple[tuple[bytes, str], ...]


async def read_audit(site: Site, signed: Signed, wanted: Wanted) -> tuple[Seen, Choices]:
    """The newest lines that are wanted. Raises NotYours for other roles."""
    if signed.role not in READERS:
        raise NotYours
    await site.store.write(
        partial(event, site=site, staff=signed.staff, actor=signed.staff, what="audit_read")
    )

    async def read(tx: Tx) -> tuple[Seen, Choices]:
        names = await _names(tx, site)
        places = dict(
            await tx.rows("SELECT facility, name FROM facility WHERE district=?", site.district)
        )
        where, args, since = _bounds(site, wanted)
        openings = await _openings(tx, site, where, args, names, places)
        deeds = await _deeds(tx, site, where.replace("l.facility", "w.facility"), args, names)
        choices = Choices(
            tuple(sorted(names.items(), key=lambda each: each[1])),
            tuple(sorted(places.items(), key=lambda each: each[1])),
        )
        return Seen(openings, deeds, since), choices

    return await site.store.read(read)


def _bounds(site: Site, wanted: Wanted) -> tuple[str, tuple[object, ...], int | None]:
    """The condition over a log `l` with `at` and `staff`."""
    parts: list[str] = []
    args: list[object] = []
    since = None
    for column, value in (("staff", wanted.staff), ("facility", wanted.facility)):
        if value is not None:
            parts.append(f" AND l.{column}=?")
            args.append(value)
    if wanted.day is not None:
        begin = int(datetime.combine(wanted.day, datetime.min.time(), CIVIL).timestamp() * 1000)
        parts.append(" AND l.at>=? AND l.at<?")
        args += [begin, begin + _DAY_MS]
    elif parts:
        since = site.clock() - BACK_DAYS * _DAY_MS
        parts.append(" AND l.at>=?")
        args.append(since)
    return "".join(parts), tuple(args), since


async def _names(tx: Tx, site: Site) -> dict[bytes, str]:
    rows = await tx.rows("SELECT staff, sealed_name FROM staff WHERE district=?", site.district)
    key = site.vault.key(NOBODY, await district_key_blob(tx, site.district))
    return {who: key.open(site.vault.at(T_STAFF, who), sealed).decode() for who, sealed in rows}


async def _openings(
    tx: Tx, site: Site, where: str, args: tuple[object, ...], names: dict[bytes, str],
    places: dict[bytes, str],
) -> tuple[Opening, ...]:  # fmt: skip
    rows = await tx.rows(
        "SELECT l.at, l.logged_at, l.staff, l.facility, l.resident, l.purpose, l.ground, "
        f"l.classes, l.mode FROM access_log l WHERE l.district=?{where} "
        "ORDER BY l.at DESC LIMIT ?",
        site.district, *args, NEWEST,
    )  # fmt: skip
    cards = await cards_of(tx, site, {row[4] for row in rows})
    return tuple(
        Opening(
            at, logged, names.get(staff, ""), places.get(facility, ""), resident,
            card.name if (card := cards.get(resident)) else "", card.id_tail if card else "",
            purpose, ground, classes, mode,
        )
        for at, logged, staff, facility, resident, purpose, ground, classes, mode in rows
    )  # fmt: skip


async def _deeds(
    tx: Tx, site: Site, where: str, args: tuple[object, ...], names: dict[bytes, str]
) -> tuple[Deed, ...]:
    rows = await tx.rows(
        "SELECT l.at, l.what, l.staff, l.actor, f.name FROM account_event l "
        "LEFT JOIN staff w ON w.district=l.district AND w.staff=l.staff "
        "LEFT JOIN facility f ON f.district=w.district AND f.facility=w.facility "
        f"WHERE l.district=?{where} ORDER BY l.at DESC, l.event DESC LIMIT ?",
        site.district, *args, NEWEST,
    )  # fmt: skip
    return tuple(
        Deed(at, what, names.get(staff, ""), place or "", names.get(actor, ""), staff == actor)
        for at, what, staff, actor, place in rows
    )
