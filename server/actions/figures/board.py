"""What the board shows: kept counts beside targets, for the county by facility, for a facility by
team.

Nothing is counted here. A page reads a few rows of counts, weeks and targets, and how far they can
be trusted; it never looks at residents or records.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Final

from server.actions.accounts.sessions import Signed
from server.actions.figures import targets
from server.actions.figures.figures_recount import MADE
from server.actions.keeping.site import Site
from server.actions.tablets.intake import civil_day
from server.errors import NotFound, NotYours
from server.rules import figures as rule
from server.store.tx import Tx, one
from server.store.vault import NOBODY
from sync.limits import DAY_MS

WEEKS: Final = 4
TRUSTED: Final = ("enrolled", "suspended")  # tablets that are expected to come in touch


@dataclass(frozen=True, slots=True)
class Cell:
    """One row of the annex at one place. `target` None: nobody has set one.

    `gap`: missing for the target, of a sum the sum of the gaps: a surplus here pays no debt there.
    `low`: calls for help.
    """

    people: int = 0
    done: int = 0
    target: int | None = None
    gap: int = 0
    low: bool = False

    @property
    def lacking(self) -> int:
        """People of the row who are not done: the length of the list."""
        return self.people - self.done


@dataclass(frozen=True, slots=True)
class Line:
    """One facility, or one team. `own`: of whoever looks."""

    id: bytes
    name: str
    cells: Mapping[str, Cell]
    own: bool = False

    @property
    def gap(self) -> int:
        return sum(each.gap for each in self.cells.values())

    @property
    def aimed(self) -> bool:
        """Whether there is any target here."""
        return any(each.target is not None for each in self.cells.values())


@dataclass(frozen=True, slots=True)
class Doubts:
    """What the figures do not hold yet."""

    tablets: int
    """Not in touch for the days of the rule."""
    pending: int
    """Records on them, as they told at their last contact."""
    conflicts: int
    waiting: int
    """Records held or quarantined: not counted as done."""


@dataclass(frozen=True, slots=True)
class Board:
    """`teams`: the lines are the teams of one facility. `making`: (reached, total) while a year is
    being made. `fresh_ms`: the figures hold everything up to then.
    """

    year: int
    years: tuple[int, ...]
    today: date
    mark: rule.Mark
    teams: bool
    facility: bytes | None
    name: str
    lines: tuple[Line, ...]
    total: Line
    paces: Mapping[str, rule.Pace]
    doubts: Doubts
    making: tuple[int, int] | None
    fresh_ms: int
    without_target: int
    """Facilities of which a target is missing."""

    @property
    def this_year(self) -> bool:
        return self.year == self.today.year

    @property
    def known(self) -> bool:
        """Whether figures of the year have ever been made."""
        return self.year in self.years

    @property
    def has_targets(self) -> bool:
        return self.total.aimed


Counts = dict[tuple[bytes, str], tuple[int, int]]


async def board(site: Site, signed: Signed, year: int, facility: bytes | None = None) -> Board:
    """The county's board, or one facility's by team. Raises NotYours, NotFound."""
    if not signed.oversees:
        if facility is not None and facility != signed.facility:
            raise NotYours
        facility = signed.facility
    work = partial(_board, site=site, signed=signed, year=year, facility=facility)
    return await site.store.read(work)


async def _board(tx: Tx, site: Site, signed: Signed, year: int, facility: bytes | None) -> Board:
    district, today = site.district, civil_day(site.clock())
    mark = rule.mark_of(year, today)
    there = await targets.facilities(tx, district)
    aims = await targets.in_force(tx, district, year)
    if facility is None:
        lines = await _by_facility(tx, district, year, there, aims, mark)
        total = _sum(lines, await targets.names_of(tx, site, signed))
    else:
        name = dict(there).get(facility)
        if name is None and signed.oversees:
            raise NotFound("facility")
        lines, total = await _by_team(
            tx, site, signed, (year, facility, name or signed.facility_name), aims, mark
        )
    making, fresh = await _freshness(tx, site, year)
    paces = await _paces(tx, district, year, facility, total, today) if year == today.year else {}
    without = sum(any((each, row.id) not in aims for row in rule.rules().rows) for each, _ in there)
    return Board(
        year=year, years=await _years(tx, district, today.year), today=today, mark=mark,
        teams=facility is not None, facility=facility, name=total.name, lines=tuple(lines),
        total=total, paces=paces, doubts=await _doubts(tx, site, facility), making=making,
        fresh_ms=fresh, without_target=without,
    )  # fmt: skip


def _cell(people: int, done: int, target: int | None, mark: rule.Mark) -> Cell:
    if target is None:
        return Cell(people, done)
    low = rule.is_low(rule.rules(), done, target, mark)
    return Cell(people, done, target, rule.missing(done, target), low)


async def _by_facility(
    tx: Tx, district: int, year: int, there: Sequence[tuple[bytes, str]],
    aims: Mapping[targets.Place, targets.Target], mark: rule.Mark,
) -> list[Line]:  # fmt: skip
    rows = await tx.rows(
        "SELECT facility, item, SUM(people), SUM(done) FROM figure WHERE district=? AND year=? "
        "GROUP BY facility, item",
        district, year,
    )  # fmt: skip
    counts: Counts = {(f, item): (int(people), int(done)) for f, item, people, done in rows}
    known = list(there)
    if any(counts[each][0] for each in counts if each[0] == NOBODY):
        known.append((NOBODY, ""))
    return [
        Line(
            each, name,
            {
                row.id: _cell(
                    *counts.get((each, row.id), (0, 0)), _aim(aims, each, row.id), mark
                )
                for row in rule.rules().rows
            },
        )
        for each, name in known
    ]  # fmt: skip


def _aim(aims: Mapping[targets.Place, targets.Target], facility: bytes, item: str) -> int | None:
    found = aims.get((facility, item))
    return found.number if found else None


def _sum(lines: Iterable[Line], name: str) -> Line:
    cells: dict[str, Cell] = {}
    every = list(lines)
    for row in rule.rules().rows:
        parts = [each.cells[row.id] for each in every]
        aims = [each.target for each in parts if each.target is not None]
        cells[row.id] = Cell(
            sum(each.people for each in parts), sum(each.done for each in parts),
            sum(aims) if aims else None, sum(each.gap for each in parts),
        )  # fmt: skip
    return Line(NOBODY, name, cells)


async def _by_team(
    tx: Tx, site: Site, signed: Signed, at: tuple[int, bytes, str],
    aims: Mapping[targets.Place, targets.Target], mark: rule.Mark,
) -> tuple[list[Line], Line]:  # fmt: skip
    """Teams share the facility's target by the people they have in the row, rounded up."""
    year, facility, name = at
    names = await tx.rows(
        "SELECT panel, name FROM panel WHERE district=? AND facility=? ORDER BY name, panel",
        site.district, facility,
    )  # fmt: skip
    rows = await tx.rows(
        "SELECT panel, item, people, done FROM figure WHERE district=? AND year=? AND facility=?",
        site.district, year, facility,
    )  # fmt: skip
    counts: Counts = {(panel, item): (people, done) for panel, item, people, done in rows}
    whole = _sums(counts)
    known = [(row[0], row[1]) for row in names]
    others = {panel for panel, _ in counts} - {panel for panel, _ in known}
    known += [
        (each, "")
        for each in sorted(others)
        if any(people for (panel, _), (people, _) in counts.items() if panel == each)
    ]
    lines: list[Line] = []
    for panel, team in known:
        cells: dict[str, Cell] = {}
        for row in rule.rules().rows:
            people, done = counts.get((panel, row.id), (0, 0))
            aim, among = _aim(aims, facility, row.id), whole.get(row.id, (0, 0))[0]
            target = None if aim is None else rule.share(aim, people, among)
            cells[row.id] = _cell(people, done, target, mark)
        lines.append(Line(panel, team, cells, own=panel in signed.panels))
    total = {
        row.id: _cell(*whole.get(row.id, (0, 0)), _aim(aims, facility, row.id), mark)
        for row in rule.rules().rows
    }
    return lines, Line(facility, name, total)


def _sums(counts: Counts) -> dict[str, tuple[int, int]]:
    whole: dict[str, tuple[int, int]] = {}
    for (_, item), (people, done) in counts.items():
        before = whole.get(item, (0, 0))
        whole[item] = before[0] + people, before[1] + done
    return whole


async def _paces(
    tx: Tx, district: int, year: int, facility: bytes | None, total: Line, today: date
) -> dict[str, rule.Pace]:
    """Of each row that has a target: the last whole weeks against what is left of the year."""
    monday = rule.week_of(today)
    since = max(monday - timedelta(weeks=WEEKS), rule.week_of(date(year, 1, 1)))
    weeks = max(1, (monday - since).days // 7)
    where, args = ("", ()) if facility is None else (" AND facility=?", (facility,))
    rows = await tx.rows(
        "SELECT item, SUM(n) FROM figure_week WHERE district=? AND year=? AND week>=? AND week<?"
        f"{where} GROUP BY item",
        district, year, since.isoformat(), monday.isoformat(), *args,
    )  # fmt: skip
    recent = {item: int(n) for item, n in rows}
    left = rule.mark_of(year, today).left
    return {
        item: rule.pace(rule.rules(), each.gap, recent.get(item, 0), weeks, left)
        for item, each in total.cells.items()
        if each.target is not None
    }


async def _doubts(tx: Tx, site: Site, facility: bytes | None) -> Doubts:
    where, args = ("", ()) if facility is None else (" AND facility=?", (facility,))
    silent = site.clock() - rule.rules().silent_days * DAY_MS
    tablets = await one(
        tx,
        "SELECT COUNT(*), COALESCE(SUM(pending), 0) FROM device WHERE district=? "
        f"AND status IN {TRUSTED} AND last_contact<?{where}",
        site.district, silent, *args,
    )  # fmt: skip
    rows = await tx.rows(
        "SELECT kind, COUNT(*) FROM task WHERE district=? AND closed_at IS NULL AND kind IN "
        f"('conflict', 'held', 'quarantine'){where} GROUP BY kind",
        site.district, *args,
    )  # fmt: skip
    tasks = dict(rows)
    assert tablets is not None
    return Doubts(
        int(tablets[0]), int(tablets[1]), tasks.get("conflict", 0),
        tasks.get("held", 0) + tasks.get("quarantine", 0),
    )  # fmt: skip


async def _freshness(tx: Tx, site: Site, year: int) -> tuple[tuple[int, int] | None, int]:
    """(how far a year in the making has come, until when everything is in the figures)."""
    row = await one(
        tx,
        "SELECT state, reached, total, remade_at FROM figure_year WHERE district=? AND year=?",
        site.district, year,
    )  # fmt: skip
    waits = await one(tx, "SELECT 1 FROM touched WHERE district=? LIMIT 1", site.district)
    now = site.clock()
    if row is None:
        return ((0, 0) if year == civil_day(now).year else None), now
    state, reached, total, remade_at = row
    making = None if state == MADE else (reached, max(total, reached))
    return making, (remade_at or now) if waits else now


async def _years(tx: Tx, district: int, this: int) -> tuple[int, ...]:
    rows = await tx.rows("SELECT year FROM figure_year WHERE district=?", district)
    return tuple(sorted({this, *(row[0] for row in rows)}, reverse=True))
