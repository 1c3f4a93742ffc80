"""The calendar of a facility as drawn: a row a line of what is owed, twelve months, the year.

A cell says in a sign and a word what stands in its window. Lines that ask once a year show how many
records each month brought, and in the last column how far the year has come and where an even
spread would be today.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from server.actions.facility_work.calendar import Calendar
from server.console.words import Words, words
from server.rules.plan.facility import (
    INCIDENTS,
    MONTHS,
    ORDINARY,
    URGENT,
    FacilityItem,
    Line,
    behind,
    lines,
    reason_of,
    stage_of,
)
from server.rules.plan.model import Stage
from server.rules.plan.table import rules

BAR: Final = 104  # width of a bar, in its own units
REPORTS: Final = (URGENT, ORDINARY)
NO_CELL: Final = ("", "")
SIGNS: Final[Mapping[Stage, tuple[str, str]]] = {
    Stage.DONE: ("done", "check"), Stage.OPEN: ("due", "clock"), Stage.OVERDUE: ("due", "clock"),
    Stage.MISSED: ("alarm", "warn"), Stage.LATER: NO_CELL,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cell:
    """`span` months. `tone`: "" | done | due | alarm; `href` leads to the records or to a form."""

    span: int
    tone: str = ""
    sign: str = ""
    text: str = ""
    why: str = ""
    href: str = ""
    now: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """`asks`: how much in which time. `total`: of the year; `bar` of BAR, "" without one; `at`:
    where an even spread stands today; `tone`, `tail`: how it stands.
    """

    label: str
    asks: str
    cells: tuple[Cell, ...]
    total: str = ""
    bar: str = ""
    at: str = ""
    tone: str = ""
    tail: str = ""
    clause: str = ""
    starts_group: bool = False


@dataclass(frozen=True, slots=True)
class Tally:
    """How many items stand how: to be done in a window of less than a year, over, slow."""

    open: int
    missed: int
    slow: int


def tally(items: Sequence[FacilityItem], on: date) -> Tally:
    """Of the lines; reports are told by themselves."""
    some = [each for each in items if each.rule not in (*REPORTS, INCIDENTS)]
    stages = [(each, stage_of(each, on)) for each in some]
    return Tally(
        open=sum(1 for each, s in stages if s is Stage.OPEN and _span(each) < MONTHS),
        missed=sum(1 for _, stage in stages if stage is Stage.MISSED),
        slow=sum(1 for each, s in stages if s is Stage.OPEN and behind(each, on)),
    )


def rows(found: Calendar, on: date, *, may_write: bool) -> list[Row]:
    """Every line that is owed here, then the reports, in the order of the page."""
    made: list[Row] = []
    before = ""
    for line in lines():
        items = [each for each in found.items if each.line == line.slot]
        if items:
            row = _row(found, line, items, on, may_write=may_write, first=line.rule != before)
            made.append(row)
            before = line.rule
    for number, rule in enumerate(REPORTS):
        items = [each for each in found.items if each.rule == rule]
        made.append(_report_row(rule, items, on, found.year, first=not number))
    return made if found.items and found.items[-1].elsewhere else made[: -len(REPORTS)]


def elsewhere(found: Calendar) -> FacilityItem | None:
    """What is owed and written down in another system."""
    return next((each for each in found.items if each.elsewhere), None)


def _span(item: FacilityItem) -> int:
    return item.due.month - item.opens.month + 1


def _row(
    found: Calendar, line: Line, items: Sequence[FacilityItem], on: date, *, may_write: bool,
    first: bool,
) -> Row:  # fmt: skip
    w = words("facility_work")
    yearly = _span(items[0]) == MONTHS
    draw = _year_cells if yearly else _window_cells
    cells = draw(found, line, items, on, may_write=may_write)
    unit = w.units[line.counts.value]
    if yearly:
        item = items[0]
        total = w.total(got=item.got, needed=item.needed, unit=unit)
        bar, at = _bar(item.got, item.needed), _mark(item, on)
        tone, tail = _year_tail(item, on, unit, w)
    else:
        done = sum(1 for each in items if stage_of(each, on) is Stage.DONE)
        total = w.total(got=done, needed=len(items), unit=w.units.windows)
        bar, at, (tone, tail) = _bar(done, len(items)), "", _window_tail(items, on, w)
    return Row(
        line.label, _asks(items, unit, w), cells, total, bar, at, tone, tail,
        rules()[line.rule].clause, first,
    )  # fmt: skip


def _asks(items: Sequence[FacilityItem], unit: str, w: Words) -> str:
    """The most that a window asks for: one that is cut short by an opening asks for less."""
    span, needed = _span(items[0]), max(each.needed for each in items)
    said = w.asks.year if span == MONTHS else w.asks.month if span == 1 else w.asks.months
    return said(n=needed, unit=unit, months=span)


def _window_cells(
    found: Calendar, line: Line, items: Sequence[FacilityItem], on: date, *, may_write: bool
) -> tuple[Cell, ...]:
    """A cell a window, and empty ones where nothing is owed yet."""
    cells: list[Cell] = []
    month = 1
    span = _span(items[0])
    by_month = {each.opens.month: each for each in items}
    while month <= MONTHS:
        item = by_month.get(month)
        cells.append(
            Cell(span) if item is None else _window(found, line, item, on, may_write=may_write)
        )
        month += span
    return tuple(cells)


def _window(found: Calendar, line: Line, item: FacilityItem, on: date, *, may_write: bool) -> Cell:
    w, stage = words("facility_work"), stage_of(item, on)
    assert stage is not None
    tone, sign = SIGNS[stage]
    now = item.opens <= on <= item.due
    if stage is Stage.LATER and not item.got:
        return Cell(_span(item), why=reason_of(item), now=now)
    lacking = item.needed - item.got
    unit = w.units[line.counts.value]
    said = {
        Stage.DONE: w.cell.done(n=item.got, unit=unit),
        Stage.MISSED: w.cell.missed(n=lacking, unit=unit),
        Stage.OPEN: w.cell.open(n=lacking, unit=unit),
    }.get(stage, w.cell.done(n=item.got, unit=unit))
    href = _records(found, item.opens.month, _span(item)) if item.got else ""
    if stage is Stage.OPEN and may_write:
        href = _form(found, line)
    return Cell(_span(item), tone, sign, said, reason_of(item), href, now)


def _year_cells(
    found: Calendar, line: Line, items: Sequence[FacilityItem], on: date, *, may_write: bool
) -> tuple[Cell, ...]:
    """How many records each month brought."""
    counted = frozenset(items[0].done_by)
    days = [each.on for each in (*found.records, *found.under) if each.id in counted]
    cells: list[Cell] = []
    for month in range(1, MONTHS + 1):
        n = sum(1 for day in days if day.month == month)
        now = (found.year, month) == (on.year, on.month)
        href = _records(found, month, 1) if n else ""
        if now and may_write and items[0].got < items[0].needed and not n:
            href = _form(found, line)
        text = words("facility_work").cell.records(n=n) if n else ""
        if href and not n:
            text = words("facility_work").cell.write
        cells.append(Cell(1, text=text, href=href, now=now))
    return tuple(cells)


def _records(found: Calendar, month: int, span: int) -> str:
    last = month + span - 1
    place = found.organisation.facility.hex()
    return f"/console/work/of/{place}?year={found.year}&first={month}&last={last}#records"


def _form(found: Calendar, line: Line) -> str:
    kind = rules()[line.rule].kinds[0]
    place = found.organisation.facility.hex()
    return f"/console/work/of/{place}/new/{kind}?{line.field}={line.answer}"


def _year_tail(item: FacilityItem, on: date, unit: str, w: Words) -> tuple[str, str]:
    stage = stage_of(item, on)
    if stage is Stage.DONE:
        return "done", w.tail.done
    if stage is Stage.MISSED:
        return "alarm", w.tail.missed(n=item.needed - item.got, unit=unit)
    short = behind(item, on)
    return ("due", w.tail.slow(n=short, unit=unit)) if short else ("", "")


def _window_tail(items: Sequence[FacilityItem], on: date, w: Words) -> tuple[str, str]:
    stages = [stage_of(each, on) for each in items]
    missed = stages.count(Stage.MISSED)
    if missed:
        return "alarm", w.tail.windows_missed(n=missed)
    return ("done", w.tail.done) if stages.count(Stage.DONE) == len(items) else ("", "")


def _bar(done: int, of: int) -> str:
    return f"{BAR * min(1.0, done / of):.1f}" if of else ""


def _mark(item: FacilityItem, on: date) -> str:
    if not item.opens <= on <= item.due:
        return ""
    days = (item.due - item.opens).days + 1
    return f"{BAR * ((on - item.opens).days + 1) / days:.1f}"


def _report_row(
    rule: str, items: Sequence[FacilityItem], on: date, year: int, *, first: bool
) -> Row:
    """Cards by month of diagnosis: how many of how many within the hours."""
    w = words("facility_work")
    by_month = {each.opens.month: each for each in items}
    cells: list[Cell] = []
    for month in range(1, MONTHS + 1):
        item, now = by_month.get(month), (year, month) == (on.year, on.month)
        if item is None:
            cells.append(Cell(1, now=now))
            continue
        stage = stage_of(item, on)
        assert stage is not None
        tone, sign = SIGNS[stage]
        said = w.cell.reports(got=item.got, n=item.needed)
        cells.append(Cell(1, tone, sign, said, reason_of(item), now=now))
    got, needed = sum(each.got for each in items), sum(each.needed for each in items)
    late = sum(int(each.given["late"]) for each in items)
    unknown = sum(int(each.given["open"]) for each in items)
    tone, tail = ("alarm", w.tail.late(n=late)) if late else ("", "")
    if not late and unknown:
        tone, tail = "due", w.tail.no_receipt(n=unknown)
    # Whole per cent, never 100 while one is late or unknown (S003-5(11) asks for 95).
    total = w.total_cards(got=got, n=needed, percent=got * 100 // needed) if items else w.no_cards
    return Row(
        rules()[rule].neutral, w.asks[rule], tuple(cells), total, _bar(got, needed), "", tone,
        tail, rules()[rule].clause, first,
    )  # fmt: skip
