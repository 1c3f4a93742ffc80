"""谁看过我的档案: every opening of an archive, as the resident reads it.

The log is the gate's (server/access.py) and the tablets' (offline reads, told later). A search or a
due list opens no archive: it shows a card, and stands apart, counted and not as a reading. What a
tablet that is lost or silent showed meanwhile is not known, and that is said.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Final

from server.actions.archives.standing import names_of
from server.actions.archives.told import facility_names, staff_names, tablet_labels
from server.actions.keeping.site import Site
from server.actions.residents.acting import Acting
from server.actions.residents.people import key_of, people_of
from server.actions.residents.rights import FamilyMayNot, standing_of
from server.actions.residents.sight import is_beside, sight_of
from server.rules import family as rule
from server.rules.access import Ground
from server.store.tx import Row, Tx
from server.store.vault import T_REASON
from sync.limits import DAY_MS

PAGE: Final = 30
DAYS: Final = 30
FAMILY_GROUNDS: Final = (Ground.OWN, Ground.OWN_WITH_HELP, Ground.GUARDIAN, Ground.HELPER)
REFUSED: Final = "refused:"


class Whose(StrEnum):
    """The tabs of the page."""

    PEOPLE = "people"
    FAMILY = "family"
    AUTOMATIC = "automatic"
    LISTS = "lists"


@dataclass(frozen=True, slots=True)
class Look:
    """One row. `at`: when it was read, `logged_at`: when that was told. `role`: of staff, "" for
    family. `reason`: in the reader's own words. `report`: state of a report about it, "" for none.
    """

    entry: bytes
    at: int
    logged_at: int
    name: str
    own: bool
    role: str
    facility: str
    tablet: str
    purpose: str
    ground: str
    classes: str
    mode: str
    reason: str
    report: str

    @property
    def refused(self) -> bool:
        """Somebody tried and the gate stayed shut."""
        return self.ground.startswith(REFUSED)

    @property
    def offline(self) -> bool:
        return self.mode == "offline"


@dataclass(frozen=True, slots=True)
class Gap:
    """A tablet that may have shown the archive and has not told: silent since `since`. `over`: its
    lease has run out, or it was lost.
    """

    label: str
    since: int
    over: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """A list or a search in which the name stood: the card, not the archive."""

    at: int
    name: str
    facility: str
    how: str


@dataclass(frozen=True, slots=True)
class Sums:
    """Of the last 30 days. `people`, `looks`: granted readings by staff, and by how many; `tries`:
    attempts that the gate refused. A tab counts readings, as `looks` does.
    """

    people: int
    looks: int
    tries: int
    tabs: Mapping[Whose, int]


@dataclass(frozen=True, slots=True)
class Looks:
    """A page of a tab. `before`: where the next page begins; None on the last."""

    sums: Sums
    rows: Sequence[Look]
    shown: Sequence[Shown]
    gaps: Sequence[Gap]
    before: int | None


_WHICH: Final[Mapping[Whose, str]] = {
    Whose.PEOPLE: "mode<>'automatic' AND ground NOT IN ('own','own_with_help','guardian','helper')",
    Whose.FAMILY: "ground IN ('own','own_with_help','guardian','helper')",
    Whose.AUTOMATIC: "mode='automatic'",
}


async def looks(site: Site, acting: Acting, whose: Whose, before: int | None) -> Looks:
    """One page of the log. Raises FamilyMayNot for a helper who was not given the archive."""
    return await site.store.read(
        partial(_looks, site=site, acting=acting, whose=whose, before=before)
    )


async def newest(site: Site, acting: Acting) -> Look | None:
    """The last granted reading by staff; None where there is none, or where it is not theirs to
    know.
    """
    return await site.store.read(partial(_newest, site=site, acting=acting))


async def _newest(tx: Tx, site: Site, acting: Acting) -> Look | None:
    try:
        await may_see(tx, site, acting)
    except FamilyMayNot:
        return None
    rows = await tx.rows_in(
        "SELECT entry, at, logged_at, staff, facility, device, purpose, ground, classes, mode, "
        f"resident FROM access_log WHERE district=? AND {_WHICH[Whose.PEOPLE]} AND "
        "ground NOT LIKE 'refused%' AND resident {ids} ORDER BY at DESC, entry DESC LIMIT 1",
        await names_of(tx, site.district, acting.resident), site.district,
    )  # fmt: skip
    whole = "B" in (await sight_of(tx, site, acting)).classes
    found = await _told(tx, site, rows, acting.resident, whole=whole)
    return found[0] if found else None


async def may_see(tx: Tx, site: Site, acting: Acting) -> None:
    """The log says where somebody was treated: it is for whoever may read the archive."""
    who = await standing_of(tx, site, acting, full=True)
    beside = await is_beside(tx, site, acting)
    if not beside or rule.may_act(who, rule.Act.READ) is not None:
        raise FamilyMayNot("scope")


async def _looks(tx: Tx, site: Site, acting: Acting, whose: Whose, before: int | None) -> Looks:
    await may_see(tx, site, acting)
    ids = await names_of(tx, site.district, acting.resident)
    sums = await _sums(tx, site, ids)
    gaps = await _gaps(tx, site, acting.resident) if before is None else ()
    if whose is Whose.LISTS:
        shown = await _lists(tx, site, ids, before)
        more = shown[PAGE - 1].at if len(shown) > PAGE else None
        return Looks(sums, (), shown[:PAGE], gaps, more)
    rows = await tx.rows_in(
        "SELECT entry, at, logged_at, staff, facility, device, purpose, ground, classes, mode, "
        f"resident FROM access_log WHERE district=? AND {_WHICH[whose]} AND at<? AND "
        f"resident {{ids}} ORDER BY at DESC, entry DESC LIMIT {PAGE + 1}",
        ids, site.district, before or site.clock() + DAY_MS,
    )  # fmt: skip
    whole = "B" in (await sight_of(tx, site, acting)).classes
    found = await _told(tx, site, rows[:PAGE], acting.resident, whole=whole)
    return Looks(sums, found, (), gaps, rows[PAGE - 1][1] if len(rows) > PAGE else None)


async def look(tx: Tx, site: Site, acting: Acting, entry: bytes) -> tuple[Look, Row] | None:
    """One row and its place (resident, logged_at, ground, facility); None for one of another
    archive.
    """
    await may_see(tx, site, acting)
    ids = await names_of(tx, site.district, acting.resident)
    rows = await tx.rows_in(
        "SELECT entry, at, logged_at, staff, facility, device, purpose, ground, classes, mode, "
        "resident FROM access_log WHERE district=? AND entry=? AND resident {ids}",
        ids, site.district, entry,
    )  # fmt: skip
    if not rows:
        return None
    row = rows[0]
    whole = "B" in (await sight_of(tx, site, acting)).classes
    found = await _told(tx, site, rows[:1], acting.resident, whole=whole)
    return found[0], (row[10], row[2], row[7], row[4])


async def told_row(tx: Tx, site: Site, resident: bytes, entry: bytes) -> Look:
    """The row that a report is about, for whoever answers it."""
    ids = await names_of(tx, site.district, resident)
    rows = await tx.rows_in(
        "SELECT entry, at, logged_at, staff, facility, device, purpose, ground, classes, mode, "
        "resident FROM access_log WHERE district=? AND entry=? AND resident {ids}",
        ids, site.district, entry,
    )  # fmt: skip
    return (await _told(tx, site, rows[:1], resident))[0]


async def _told(
    tx: Tx, site: Site, rows: Sequence[Row], resident: bytes, *, whole: bool = True
) -> tuple[Look, ...]:
    """`whole`: class B is the reader's to see."""
    names = await staff_names(tx, site, {row[3] for row in rows})
    roles = dict(
        await tx.rows_in(
            "SELECT staff, role FROM staff WHERE district=? AND staff {ids}",
            sorted({row[3] for row in rows}), site.district,
        )
        if rows else ()
    )  # fmt: skip
    people = await people_of(tx, site, {row[3] for row in rows if row[7] in FAMILY_GROUNDS})
    places = await facility_names(tx, site)
    labels = await tablet_labels(tx, site, [row[5] for row in rows])
    # In the reader's own words, which may name what class B keeps shut to those of the family.
    reasons = await _reasons(tx, site, [each for each in rows if "B" not in each[8] or whole])
    reports = dict(
        await tx.rows(
            "SELECT entry, state FROM access_report WHERE district=? AND resident=?",
            site.district, resident,
        )
    )  # fmt: skip
    made: list[Look] = []
    for entry, at, logged, staff, facility, device, purpose, ground, classes, mode, _ in rows:
        person = people.get(staff)
        made.append(
            Look(
                entry, at, logged, person.name if person else names.get(staff, ""),
                staff == resident, roles.get(staff, ""), places.get(facility, ""),
                labels.get(device, "") if device else "", purpose, ground, classes, mode,
                reasons.get(entry, ""), reports.get(entry, ""),
            )
        )  # fmt: skip
    return tuple(made)


async def _reasons(tx: Tx, site: Site, rows: Sequence[Row]) -> dict[bytes, str]:
    """What readers wrote down, each under the key of the archive it was about."""
    if not rows:
        return {}
    found = await tx.rows_in(
        "SELECT entry, resident, sealed FROM opening_reason WHERE district=? AND entry {ids}",
        [row[0] for row in rows], site.district,
    )  # fmt: skip
    made: dict[bytes, str] = {}
    for entry, who, sealed in found:
        key = await key_of(tx, site, who)
        if key is not None:
            made[entry] = key.open(site.vault.at(T_REASON, entry, who), sealed).decode()
    return made


async def _sums(tx: Tx, site: Site, ids: Sequence[bytes]) -> Sums:
    since = site.clock() - DAYS * DAY_MS
    tabs: dict[Whose, int] = {}
    for whose, where in _WHICH.items():
        rows = await tx.rows_in(
            f"SELECT COUNT(*) FROM access_log WHERE district=? AND {where} AND "
            "ground NOT LIKE 'refused:%' AND at>? AND resident {ids}",
            ids, site.district, since,
        )  # fmt: skip
        tabs[whose] = rows[0][0]
    rows = await tx.rows_in(
        "SELECT ground LIKE 'refused:%', COUNT(*), COUNT(DISTINCT staff) FROM access_log WHERE "
        f"district=? AND {_WHICH[Whose.PEOPLE]} AND at>? AND resident {{ids}} GROUP BY 1",
        ids, site.district, since,
    )  # fmt: skip
    counted = {bool(row[0]): (row[1], row[2]) for row in rows}
    (_, people), (tries, _) = counted.get(False, (0, 0)), counted.get(True, (0, 0))
    listed = await tx.rows_in(
        "SELECT COUNT(*) FROM search_shown x JOIN search s ON s.district=x.district AND "
        "s.search=x.search WHERE x.district=? AND s.at>? AND x.resident {ids}",
        ids, site.district, since,
    )  # fmt: skip
    tabs[Whose.LISTS] = listed[0][0]
    return Sums(people, tabs[Whose.PEOPLE], tries, tabs)


async def _lists(tx: Tx, site: Site, ids: Sequence[bytes], before: int | None) -> tuple[Shown, ...]:
    rows = await tx.rows_in(
        "SELECT s.at, s.staff, s.facility, s.how FROM search_shown x JOIN search s ON "
        "s.district=x.district AND s.search=x.search WHERE x.district=? AND s.at<? AND "
        f"x.resident {{ids}} ORDER BY s.at DESC LIMIT {PAGE + 1}",
        ids, site.district, before or site.clock() + DAY_MS,
    )  # fmt: skip
    names = await staff_names(tx, site, {row[1] for row in rows})
    places = await facility_names(tx, site)
    return tuple(
        Shown(at, names.get(staff, ""), places.get(facility, ""), how)
        for at, staff, facility, how in rows
    )


async def _gaps(tx: Tx, site: Site, resident: bytes) -> tuple[Gap, ...]:
    """Tablets with a copy that have not told for more than a day what was read there."""
    now = site.clock()
    rows = await tx.rows(
        "SELECT d.label, d.last_contact, d.lease_until, d.status FROM copy c JOIN device d ON "
        "d.district=c.district AND d.device=c.device WHERE c.district=? AND c.resident=? AND "
        "c.state<>'purged' AND d.last_contact<? ORDER BY d.last_contact",
        site.district, resident, now - DAY_MS,
    )  # fmt: skip
    return tuple(
        Gap(label, last, over=lease < now or status != "enrolled")
        for label, last, lease, status in rows
    )
