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
from datetime import date, datetime
from typing import Any, Final

import msgspec

from server.actions.archives.standing import ResidentRow
from server.actions.keeping.site import Site
from server.actions.tablets.intake import civil_day
from server.records.id_number import Valid, read_id_number
from server.records.kinds import REGISTER
from server.records.upcast import newest, upcast
from server.rules import figures as rule
from server.settings import CIVIL
from server.store.tx import Row, Tx
from server.store.vault import NOBODY, T_CELLS, T_CHANGE
from sync import wire
from sync.merge import Cell, choose, decode_cells

FLAG: Final = "resident, year, item, facility, panel, done, done_day, last_day, lacks, village"
PUT: Final = ("facility", "panel", "done", "done_day", "last_day", "lacks", "village")
VILLAGE: Final = 12  # digits of an area code
CITIZEN: Final = "01"  # id_type of a resident identity card
REQUIRED: Final = tuple(each.name for each in REGISTER.fields if each.required)
ASKED: Final = frozenset(REQUIRED) | {
    "id_no", "birth_date", "address_region", "hx_disease", "special_group"
}  # fmt: skip


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


async def remake(tx: Tx, site: Site, rows: Mapping[bytes, ResidentRow]) -> None:
    """Judges these locked archives anew, for every year that is still open."""
    today = civil_day(site.clock())
    years = rule.open_years(rule.rules(), today)
    old = await flags_of(tx, site.district, rows, years)
    new = await judged(tx, site, rows, years, old)
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
    tx: Tx, site: Site, rows: Mapping[bytes, ResidentRow], years: Sequence[int], old: Flags
) -> Flags:
    """What the flags of these archives should be now.

    A year that is over has its people as they were at its end: only what was done is judged again.
    """
    today = civil_day(site.clock())
    facts = await _facts(tx, site, rows, years, today)
    made: Flags = {}
    for who, row in rows.items():
        known, village, last = facts[who]
        for year in years:
            for each in rule.rules().rows:
                before = old.get((who, year, each.id))
                if year < today.year:
                    if before is None:
                        continue
                    flag = _late(before, each, known, last)
                else:
                    flag = _flag(row, each, known, year, village, last)
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
    tx: Tx, site: Site, rows: Mapping[bytes, ResidentRow], years: Sequence[int], today: date
) -> dict[bytes, tuple[rule.Facts, str, str]]:
    """Facts, village and last service day of each."""
    ids = sorted(rows)
    states = {
        row[0]: (row[1], row[2])
        for row in await tx.rows_in(
            "SELECT resident, status, archive_no FROM resident WHERE district=? "
            "AND resident {ids}",
            ids, site.district,
        )
    }  # fmt: skip
    served = await _served(tx, site, rows, min(years))
    made: dict[bytes, tuple[rule.Facts, str, str]] = {}
    for who, row in rows.items():
        status, number = states[who]
        page = _first_page(site, row)
        events = served.get(who, ())
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


@dataclass(frozen=True, slots=True)
class _FirstPage:
    """What the rules ask of an archive's own page: plain values, and the elements of sets."""

    values: Mapping[str, Any]
    sets: Mapping[str, frozenset[str]]

    def text(self, name: str) -> str:
        value = self.values.get(name)
        return value if isinstance(value, str) else ""

    def has(self, name: str) -> bool:
        return name in self.values or name in self.sets


def _first_page(site: Site, row: ResidentRow) -> _FirstPage:
    """The open page of the archive as readers see it; restricted cells are never opened here."""
    key, who = site.vault.key(row.resident, row.key), row.resident
    cells = decode_cells(key.open(site.vault.at(T_CELLS, who, who, row.rev), row.sealed_cells))
    values: dict[str, Any] = {}
    sets: dict[str, set[str]] = {}
    for name, cell in cells.items():
        field, slash, element = name.partition("/")
        if field not in ASKED:
            continue
        value = _shown(name, cell)
        if value is None or (slash and value is False):
            continue
        if slash:
            sets.setdefault(field, set()).add(element)
        else:
            values[field] = value
    return _FirstPage(values, {name: frozenset(each) for name, each in sets.items()})


def _shown(name: str, cell: Cell) -> Any:
    """Most cells have one value; only where there are more a choice is made."""
    if len(cell.heads) == 1:
        return cell.heads[0].value
    return choose(cell, REGISTER.policy_of(name), REGISTER.safer_of(name)).value


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _complete(page: _FirstPage) -> bool:
    """A standard archive: the first page is filled in, and the document is one that can be checked
    (values were each checked when they came in).
    """
    if not page.text("id_no") or not all(page.has(name) for name in REQUIRED):
        return False
    if page.text("id_type") != CITIZEN:
        return True
    return isinstance(read_id_number(page.text("id_no")), Valid)


async def _served(
    tx: Tx, site: Site, rows: Mapping[bytes, ResidentRow], first_year: int
) -> dict[bytes, tuple[rule.Served, ...]]:
    """Records that stand, from the year before the first open one on. One that voids or amends
    another arrived after it, so it is among them.
    """
    since = date(first_year - 1, 1, 1)
    since_ms = int(datetime(since.year, 1, 1, tzinfo=CIVIL).timestamp() * 1000)
    found = await tx.rows_in(
        "SELECT resident, change, body FROM change WHERE district=? AND shape='event' "
        "AND state IN ('applied', 'applied_guest') AND under='resident' "
        "AND (day>=? OR received_at>=?) AND resident {ids}",
        sorted(rows), site.district, since.isoformat(), since_ms,
    )  # fmt: skip
    changes: dict[bytes, list[wire.Change]] = {}
    for who, change, body in found:
        key = site.vault.key(who, rows[who].key)
        raw = key.open(site.vault.at(T_CHANGE, change, who), body)[16:]
        changes.setdefault(who, []).append(wire.change(raw))
    return {who: _standing(each) for who, each in changes.items()}


def _standing(changes: Sequence[wire.Change]) -> tuple[rule.Served, ...]:
    gone = {name for each in changes for name in (each.amends, each.voids) if name is not None}
    return tuple(
        rule.Served(each.kind, date.fromisoformat(each.on), _form(each))
        for each in changes
        if each.id not in gone and each.body is not msgspec.UNSET
    )


def _form(change: wire.Change) -> Mapping[str, object]:
    assert change.body is not msgspec.UNSET
    body = msgspec.json.decode(change.body, type=dict[str, Any])
    return upcast(change.kind, change.v, body, to=newest(change.kind) or change.v)


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
