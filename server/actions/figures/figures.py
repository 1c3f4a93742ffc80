"""The yearly figures are kept, not counted: each archive that has changed is judged again, and what
changed moves the counts.

A flag says that a resident is counted in a row of a year, at which facility and team, and whether
everything is there. Counts and weeks follow the flags in the same transaction, so they always equal
a recount (`figures_recount.check`). Facts come from open cells and from records that stand.

Lock order: the caller holds the residents' locks; rows of counts are locked here, last, in order of
their keys.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from server.actions.archives.content import Content, Page, contents
from server.actions.archives.standing import ResidentRow
from server.actions.keeping.site import Site
from server.actions.tablets.intake import civil_day
from server.records.id_number import Valid, read_id_number
from server.records.kinds import REGISTER
from server.rules import figures as rule
from server.store.tx import Row, Tx
from server.store.vault import NOBODY

FLAG: Final = "resident, year, item, facility, panel, done, done_day, last_day, lacks, village"
PUT: Final = ("facility", "panel", "done", "done_day", "last_day", "lacks", "village")
VILLAGE: Final = 12  # digits of an area code
CITIZEN: Final = "01"  # id_type of a resident identity card
REQUIRED: Final = tuple(each.name for each in REGISTER.fields if each.required)


@dataclass(frozen=True, slots=True)
class Flag:
    """One resident in one row of one year, as the table keeps it."""

    resident: bytes
    year: int
    item: str
    facility: bytes
    panel: bytes
    done: bool
    done_day: str
    last_day: str
    lacks: str
    village: str

    @property
    def key(self) -> tuple[bytes, int, str]:
        return self.resident, self.year, self.item

    def row(self, district: int) -> Row:
        return (
            district, self.resident, self.year, self.item, self.facility, self.panel, self.done,
            self.done_day, self.last_day, self.lacks, self.village,
        )  # fmt: skip


Flags = dict[tuple[bytes, int, str], Flag]


async def remake(
    tx: Tx,
    site: Site,
    rows: Mapping[bytes, ResidentRow],
    known: Mapping[bytes, Content] | None = None,
) -> None:
    """Judges these locked archives anew, for every year that is still open. `known`: what stands
    in them, when the caller has opened them already.
    """
    today = civil_day(site.clock())
    years = rule.open_years(rule.rules(), today)
    old = await flags_of(tx, site.district, rows, years)
    new = await judged(tx, site, rows, years, old, known)
    await _replace(tx, site.district, old, new)
    await tx.run(
        "UPDATE figure_year SET remade_at=? WHERE district=? AND year=?",
        site.clock(), site.district, today.year,
    )  # fmt: skip


async def flags_of(
    tx: Tx, district: int, residents: Iterable[bytes], years: Sequence[int]
) -> Flags:
    """The flags that are kept of these residents and years."""
    found = await tx.rows_in(
        f"SELECT {FLAG} FROM figure_flag WHERE district=? AND year>=? AND resident {{ids}}",
        sorted(residents), district, min(years),
    )  # fmt: skip
    flags = (_flag_of(row) for row in found)
    return {each.key: each for each in flags if each.year in years}


def _flag_of(row: Row) -> Flag:
    who, year, item, facility, panel, done, *texts = row
    return Flag(who, year, item, facility, panel, bool(done), *texts)


async def judged(
    tx: Tx,
    site: Site,
    rows: Mapping[bytes, ResidentRow],
    years: Sequence[int],
    old: Flags,
    known: Mapping[bytes, Content] | None = None,
) -> Flags:
    """What the flags of these archives should be now.

    A year that is over has its people as they were at its end: only what was done is judged again.
    """
    today = civil_day(site.clock())
    since = date(min(years) - 1, 1, 1)
    if known is None:
        known = await contents(tx, site, rows, since=since)
    facts = await _facts(tx, site, rows, known, since)
    made: Flags = {}
    for who, row in rows.items():
        theirs, village, last = facts[who]
        for year in years:
            for each in rule.rules().rows:
                before = old.get((who, year, each.id))
                if year < today.year:
                    if before is None:
                        continue
                    flag = _late(before, each, theirs, last)
                else:
                    flag = _flag(row, each, theirs, year, village, last)
                if flag is not None:
                    made[flag.key] = flag
    return made


def _flag(
    row: ResidentRow, each: rule.Row, facts: rule.Facts, year: int, village: str, last: str
) -> Flag | None:
    found = rule.standing(rule.rules(), each, facts, year)
    if isinstance(found, rule.Outside):
        return None
    done, day, lacks = _result(found)
    return Flag(
        row.resident, year, each.id, row.facility or NOBODY, row.panel or NOBODY, done, day, last,
        lacks, village,
    )  # fmt: skip


def _late(before: Flag, each: rule.Row, facts: rule.Facts, last: str) -> Flag:
    """A record of last year that came late: place and population stay."""
    theirs = replace(each, who=rule.Who())
    counted = replace(facts, status=next(iter(rule.rules().statuses)))
    done, day, lacks = _result(rule.standing(rule.rules(), theirs, counted, before.year))
    return replace(before, done=done, done_day=day, lacks=lacks, last_day=last)


def _result(found: rule.Standing) -> tuple[bool, str, str]:
    if isinstance(found, rule.Missing):
        return False, "", " ".join(lack_code(each) for each in found.lacks)
    assert isinstance(found, rule.Done)
    return True, found.on.isoformat() if found.on else "", ""


def lack_code(lack: rule.Lack) -> str:
    """As it is kept: htn_followup*2, health_check.feedback_date, archive."""
    if lack.field:
        return f"{lack.what}.{lack.field}"
    return lack.what if lack.times == 1 else f"{lack.what}*{lack.times}"


# What is known of a resident.


async def _facts(
    tx: Tx,
    site: Site,
    rows: Mapping[bytes, ResidentRow],
    known: Mapping[bytes, Content],
    since: date,
) -> dict[bytes, tuple[rule.Facts, str, str]]:
    """Facts, village and last service day of each; records from `since` on."""
    today = civil_day(site.clock())
    ids = sorted(rows)
    states = {
        row[0]: (row[1], row[2])
        for row in await tx.rows_in(
            "SELECT resident, status, archive_no FROM resident WHERE district=? "
            "AND resident {ids}",
            ids, site.district,
        )
    }  # fmt: skip
    made: dict[bytes, tuple[rule.Facts, str, str]] = {}
    for who in rows:
        status, number = states[who]
        page = known[who].open  # restricted facts decide no row
        events = tuple(
            rule.Served(each.kind, each.on, each.body)
            for each in known[who].records
            if each.on >= since
        )
        last = rule.last_served(events, today)
        facts = rule.Facts(
            status=status, birth=_day(page.text("birth_date")),
            diseases=page.sets.get("hx_disease", frozenset()),
            groups=page.sets.get("special_group", frozenset()),
            complete=bool(number) and _complete(page), served=events,
        )  # fmt: skip
        village = page.text("address_region")[:VILLAGE]
        made[who] = (facts, village, last.isoformat() if last else "")
    return made


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _complete(page: Page) -> bool:
    """A standard archive: the first page is filled in, and the document is one that can be checked
    (values were each checked when they came in).
    """
    if not page.text("id_no") or not all(page.has(name) for name in REQUIRED):
        return False
    if page.text("id_type") != CITIZEN:
        return True
    return isinstance(read_id_number(page.text("id_no")), Valid)


# Writing what changed.


async def _replace(tx: Tx, district: int, old: Flags, new: Flags) -> None:
    """Old flags become new ones; counts and weeks move by the difference."""
    fresh = [new[key].row(district) for key in sorted(new.keys() - old.keys())]
    moved = [key for key in sorted(new.keys() & old.keys()) if new[key] != old[key]]
    gone = sorted(old.keys() - new.keys())
    await tx.insert("figure_flag", fresh)
    key = ("district", "resident", "year", "item")
    await tx.update("figure_flag", key, PUT, [new[each].row(district) for each in moved])
    for who, year, item in gone:
        await tx.run(
            "DELETE FROM figure_flag WHERE district=? AND resident=? AND year=? AND item=?",
            district, who, year, item,
        )  # fmt: skip
    changed = [*gone, *moved]
    await _shift(
        tx, district,
        [old[each] for each in changed],
        [new[each] for each in (*moved, *sorted(new.keys() - old.keys()))],
    )  # fmt: skip


Place = tuple[int, bytes, bytes, str]
Week = tuple[int, str, bytes, str]


def counted(flags: Iterable[Flag]) -> tuple[Counter[Place], Counter[Place], Counter[Week]]:
    """People, done, and done by week of these flags."""
    people: Counter[Place] = Counter()
    done: Counter[Place] = Counter()
    weeks: Counter[Week] = Counter()
    for each in flags:
        place = (each.year, each.facility, each.panel, each.item)
        people[place] += 1
        if each.done:
            done[place] += 1
            if each.done_day:
                monday = rule.week_of(date.fromisoformat(each.done_day)).isoformat()
                weeks[each.year, monday, each.facility, each.item] += 1
    return people, done, weeks


async def _shift(tx: Tx, district: int, before: Iterable[Flag], after: Iterable[Flag]) -> None:
    less, more = counted(before), counted(after)
    people, done, weeks = (Counter(dict(each)) for each in more)
    for total, part in zip((people, done, weeks), less, strict=True):
        total.subtract(part)  # pyright: ignore[reportArgumentType]
    places = [each for each in sorted({*people, *done}) if people[each] or done[each]]
    await tx.insert("figure", [(district, *each, 0, 0) for each in places], ignore=True)
    for place in places:
        await tx.run(
            "UPDATE figure SET people=people+?, done=done+? WHERE district=? AND year=? AND "
            "facility=? AND panel=? AND item=?",
            people[place], done[place], district, *place,
        )  # fmt: skip
    moved = [each for each in sorted(weeks) if weeks[each]]
    await tx.insert("figure_week", [(district, *each, 0) for each in moved], ignore=True)
    for week in moved:
        await tx.run(
            "UPDATE figure_week SET n=n+? WHERE district=? AND year=? AND week=? AND facility=? "
            "AND item=?",
            weeks[week], district, *week,
        )  # fmt: skip
