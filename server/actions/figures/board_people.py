"""Who is behind a number of the board: the people of a row in whom something is still missing.

The facility's own people see them as in any of their lists. The county sees them only with a
reason, and each of them can read so in the access log; city and auditor see numbers. A list to call
from holds whole telephone numbers: making one is an opening of every archive on it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from server.actions.accounts.sessions import Signed
from server.actions.archives.cards import Card, cards_of
from server.actions.archives.opening import REASON_MAX
from server.actions.archives.to_call import LIST_MAX, open_each, phones_of
from server.actions.keeping.site import Site
from server.errors import NotFound, NotYours
from server.rules import figures as rule
from server.rules.accounts import FACILITY_ROLES, StaffRole
from server.rules.consent import Purpose
from server.store.tx import Row, Tx, one
from server.store.vault import NOBODY, T_REASON

PAGE: Final = 100
CALLS_MAX: Final = LIST_MAX
TO_CALL: Final = "list to call from"


@dataclass(frozen=True, slots=True)
class Which:
    """Which number was opened. `panel` None: the whole facility."""

    year: int
    item: str
    facility: bytes
    panel: bytes | None = None
    page: int = 1


@dataclass(frozen=True, slots=True)
class Person:
    """One of the list. `lacks`: codes as in figure_flag. Days are ISO text, "" for never."""

    card: Card
    village: str
    lacks: tuple[str, ...]
    last_day: str
    phone: str = ""
    contact: str = ""
    contact_phone: str = ""


@dataclass(frozen=True, slots=True)
class Team:
    panel: bytes
    name: str
    lacking: int


@dataclass(frozen=True, slots=True)
class People:
    """A page of the list. `named` False: this role sees numbers, and `people` is empty."""

    which: Which
    facility_name: str
    team_name: str
    counted: int
    done: int
    teams: tuple[Team, ...]
    pages: int
    named: bool
    people: tuple[Person, ...]

    @property
    def lacking(self) -> int:
        return self.counted - self.done


async def people(site: Site, signed: Signed, which: Which) -> People:
    """The list for whoever may see it, numbers for the others. Raises NotYours, NotFound."""
    _check(signed, which)
    named = signed.role in FACILITY_ROLES
    work = partial(_people, site=site, signed=signed, which=which, named=named)
    return await site.store.read(work)


async def reviewed(site: Site, signed: Signed, which: Which, reason: str) -> People:
    """The county looks at the people behind a number, with a reason: logged for each of them."""
    _check(signed, which)
    if signed.role is not StaffRole.COUNTY or not reason.strip():
        raise NotYours

    async def work(tx: Tx) -> People:
        found = await _people(tx, site, signed, which, named=True)
        seen = await open_each(tx, site, signed, _cards(found), Purpose.REVIEW, reason)
        await _keep(tx, site, signed, seen, reason)
        return _only(found, seen)

    return await site.store.write(work)


async def to_call(site: Site, signed: Signed, which: Which) -> People:
    """Everybody of the list with telephone numbers, up to CALLS_MAX; logged for each of them."""
    _check(signed, which)
    if signed.role not in FACILITY_ROLES:
        raise NotYours

    async def work(tx: Tx) -> People:
        found = await _people(tx, site, signed, which, named=True, most=CALLS_MAX)
        seen = await open_each(tx, site, signed, _cards(found), Purpose.SERVICE, TO_CALL)
        allowed = _only(found, seen)
        return await _with_phones(tx, site, allowed)

    return await site.store.write(work)


def _check(signed: Signed, which: Which) -> None:
    if rule.rules().row(which.item) is None:
        raise NotFound("figure")
    if not signed.oversees and which.facility != signed.facility:
        raise NotYours


def _cards(found: People) -> list[Card]:
    return [each.card for each in found.people]


def _only(found: People, seen: Mapping[bytes, bytes]) -> People:
    shown = tuple(each for each in found.people if each.card.resident in seen)
    return _copy(found, shown)


def _copy(found: People, shown: tuple[Person, ...]) -> People:
    return People(
        found.which, found.facility_name, found.team_name, found.counted, found.done, found.teams,
        found.pages, True, shown,
    )  # fmt: skip


async def _people(
    tx: Tx, site: Site, signed: Signed, which: Which, *, named: bool, most: int = 0
) -> People:
    """A page of it, or the first `most`."""
    district = site.district
    facility, teams = await _place(tx, district, which, signed)
    counts = await tx.rows(
        "SELECT panel, people, done FROM figure WHERE district=? AND year=? AND facility=? "
        "AND item=?",
        district, which.year, which.facility, which.item,
    )  # fmt: skip
    mine = [row for row in counts if which.panel is None or row[0] == which.panel]
    counted, done = sum(row[1] for row in mine), sum(row[2] for row in mine)
    shown = await _page(tx, site, which, most) if named else ()
    by_team = tuple(Team(panel, teams.get(panel, ""), n - d) for panel, n, d in counts if n > d)
    team = teams.get(which.panel, "") if which.panel is not None else ""
    return People(
        which, facility, team, counted, done, by_team, max(1, -(-(counted - done) // PAGE)), named,
        tuple(shown),
    )  # fmt: skip


async def _place(
    tx: Tx, district: int, which: Which, signed: Signed
) -> tuple[str, dict[bytes, str]]:
    """Name of the facility and of its teams. An id of elsewhere is nobody's."""
    rows = await tx.rows(
        "SELECT panel, name FROM panel WHERE district=? AND facility=?", district, which.facility
    )
    teams = {row[0]: row[1] for row in rows}
    if which.panel not in (None, NOBODY) and which.panel not in teams:
        raise NotYours
    name = await one(
        tx, "SELECT name FROM facility WHERE district=? AND facility=?", district, which.facility
    )
    if name is None and which.facility != NOBODY:
        raise NotYours if not signed.oversees else NotFound("facility")
    return (name[0] if name else ""), teams


async def _page(tx: Tx, site: Site, which: Which, most: int) -> Sequence[Person]:
    column, place = "facility", which.facility
    also, args = "", tuple[bytes, ...]()
    if which.panel == NOBODY:
        also, args = " AND panel=?", (NOBODY,)
    elif which.panel is not None:
        column, place = "panel", which.panel
    limit, offset = (most, 0) if most else (PAGE, (which.page - 1) * PAGE)
    # Answered by an index alone, however many people stand before the page.
    ids = await tx.rows(
        f"SELECT resident, village FROM figure_flag WHERE district=? AND {column}=? AND year=? "
        f"AND item=? AND done=?{also} ORDER BY village, resident LIMIT ? OFFSET ?",
        site.district, place, which.year, which.item, False, *args, limit, offset,
    )  # fmt: skip
    if not ids:
        return ()
    found = await tx.rows_in(
        "SELECT resident, village, lacks, last_day FROM figure_flag WHERE district=? AND year=? "
        "AND item=? AND resident {ids}",
        [row[0] for row in ids], site.district, which.year, which.item,
    )  # fmt: skip
    rows = sorted(found, key=lambda row: (row[1], row[0]))
    cards = await cards_of(tx, site, [row[0] for row in rows])
    villages = await villages_of(tx, site.district, {row[1] for row in rows})
    return [
        Person(cards[who], villages.get(village, village), tuple(lacks.split()), last_day)
        for who, village, lacks, last_day in rows
        if who in cards
    ]


async def villages_of(tx: Tx, district: int, codes: Iterable[str]) -> Mapping[str, str]:
    """Names of these areas, where the county has named them."""
    wanted = sorted(set(codes) - {""})
    if not wanted:
        return {}
    rows = await tx.rows(
        "SELECT code, name FROM service_area WHERE district=? AND code>=? AND code<=?",
        district, wanted[0], wanted[-1],
    )  # fmt: skip
    return {row[0]: row[1] for row in rows if row[1]}


async def _keep(
    tx: Tx, site: Site, signed: Signed, seen: Mapping[bytes, bytes], reason: str
) -> None:
    """The reason beside each entry, sealed under the resident's own key, as for one opening."""
    keys = await tx.rows_in(
        "SELECT resident, key FROM resident WHERE district=? AND resident {ids}",
        sorted(seen), site.district,
    ) if seen else ()  # fmt: skip
    said, rows = reason[:REASON_MAX].encode(), list[Row]()
    for who, wrapped in keys:
        entry = seen[who]
        sealed = site.vault.key(who, wrapped).seal(site.vault.at(T_REASON, entry, who), said)
        rows.append(
            (
                site.district, entry, who, signed.staff, site.clock(), Purpose.REVIEW.value,
                False, sealed,
            )
        )  # fmt: skip
    await tx.insert("opening_reason", rows)


async def _with_phones(tx: Tx, site: Site, found: People) -> People:
    phones = await phones_of(tx, site, {each.card.resident for each in found.people})
    shown = tuple(
        Person(
            each.card, each.village, each.lacks, each.last_day,
            *phones.get(each.card.resident, ("", "", "")),
        )
        for each in found.people
    )  # fmt: skip
    return _copy(found, shown)
