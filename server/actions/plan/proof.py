"""The proof that kept plans are right: each equals the one made from nothing, and the rows of lists
equal what the plan says. Changes nothing.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from server.actions.archives.content import Content, contents
from server.actions.archives.standing import MERGED, ResidentRow, lock_residents
from server.actions.keeping.site import Site
from server.actions.plan.facts import district_numbers, facts_of
from server.actions.plan.kept import FOREVER, Place, open_due
from server.actions.plan.nightly import CHUNK, Progress
from server.actions.plan.remake import VILLAGE, Kept, kept_of, made_of
from server.actions.tablets.intake import civil_day
from server.rules.plan.calls import calls
from server.rules.plan.model import Facts, Item
from server.store.tx import Row, Tx
from server.store.vault import NOBODY


@dataclass(frozen=True, slots=True)
class Found:
    """What a check found, of residents whose changes have been taken in."""

    residents: int
    plans_wrong: int
    due_wrong: int

    @property
    def right(self) -> bool:
        return not (self.plans_wrong or self.due_wrong)


async def check(site: Site, progress: Progress | None = None) -> Found:
    """Makes every plan from nothing. An archive that waits to be remade is left out."""
    after: bytes | None = b""
    found = Found(0, 0, 0)
    while after is not None:
        after, here = await site.store.write(partial(_some, site=site, after=after))
        found = Found(
            found.residents + here.residents, found.plans_wrong + here.plans_wrong,
            found.due_wrong + here.due_wrong,
        )  # fmt: skip
        if progress is not None:
            progress(found.residents, found.residents)
    return found


async def _some(tx: Tx, site: Site, after: bytes) -> tuple[bytes | None, Found]:
    """(last resident looked at or None at the end, what was found)."""
    district = site.district
    ids = await tx.rows(
        "SELECT resident FROM resident WHERE district=? AND resident>? ORDER BY resident LIMIT ?",
        district, after, CHUNK,
    )  # fmt: skip
    rows = await lock_residents(tx, district, {row[0] for row in ids})
    waiting = await tx.rows_in(
        "SELECT resident FROM touched WHERE district=? AND resident {ids}", sorted(rows), district
    ) if rows else ()  # fmt: skip
    for row in waiting:
        rows.pop(row[0])
    found = await _compare(tx, site, rows) if rows else Found(0, 0, 0)
    return (ids[-1][0] if len(ids) == CHUNK else None), found


async def _compare(tx: Tx, site: Site, rows: Mapping[bytes, ResidentRow]) -> Found:
    known = await contents(tx, site, rows)
    facts = await facts_of(tx, site, rows, known)
    kept = await kept_of(tx, site, rows)
    due: dict[bytes, list[Row]] = {}
    for row in await tx.rows_in(
        "SELECT resident, key, cls, rule, facility, panel, village, opens, due, closes, sealed "
        "FROM plan_due WHERE district=? AND resident {ids}",
        sorted(rows),
        site.district,
    ):
        due.setdefault(row[0], []).append(row)
    plans_wrong = due_wrong = 0
    for who, row in rows.items():
        theirs, mine = kept.get(who), due.get(who, [])
        if row.status == MERGED:
            plans_wrong += theirs is not None
            due_wrong += len(mine)
            continue
        items = _fresh(site, facts[who])
        if items is None:
            plans_wrong += 1
            continue
        plans_wrong += not _equal(site, theirs, items, row, known[who])
        restricted = theirs.revs["B"] if theirs is not None else 0
        wanted = Counter(_wanted(items, _place(row, known[who])))
        stood = Counter(_stood(site, row, mine, restricted))
        due_wrong += ((wanted - stood) + (stood - wanted)).total()
    return Found(len(rows), plans_wrong, due_wrong)


def _fresh(site: Site, facts: Facts) -> tuple[Item, ...] | None:
    """None for one that cannot be made."""
    year = civil_day(site.clock()).year
    made = made_of(facts, year, district_numbers(site, year))
    return None if made is None else made.items


def _equal(
    site: Site, kept: Kept | None, items: tuple[Item, ...], row: ResidentRow, known: Content
) -> bool:
    if kept is None:
        return False
    year = civil_day(site.clock()).year
    return (kept.year, kept.items(), kept.place) == (year, items, _place(row, known))


def _place(row: ResidentRow, known: Content) -> Place:
    village = known.open.text("address_region")[:VILLAGE]
    return Place(row.facility or NOBODY, row.panel or NOBODY, village)


def _wanted(items: Sequence[Item], place: Place) -> list[tuple[object, ...]]:
    return [
        (
            each.cls, each.rule, each.slot, place, each.opens.isoformat(), each.due.isoformat(),
            FOREVER if each.closes is None else each.closes.isoformat(),
        )
        for each in calls(items)
    ]  # fmt: skip


def _stood(
    site: Site, resident: ResidentRow, rows: Sequence[Row], restricted: int
) -> list[tuple[object, ...]]:
    """Rows of `plan_due` in the same shape; those of class B opened."""
    who, key = resident.resident, site.vault.key(resident.resident, resident.key)
    made: list[tuple[object, ...]] = []
    for _, name, cls, open_rule, facility, panel, village, opens, due, closes, sealed in rows:
        named = open_rule, name.partition("/")[2]
        if sealed is not None:
            item = open_due(site, key, who, name, restricted, sealed)
            named = item.rule, item.slot
        made.append((cls, *named, Place(facility, panel, village), opens, due, closes))
    return made
