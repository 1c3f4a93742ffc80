"""The day report of a checkup day: its tables once, as text, for the page, the PDF and the CSV."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from server.pages import times
from server.pages.pdf import Cell, Paper
from server.pages.words import Words, words
from server.rules.checkup import groups, stations
from server.rules.checkup_report import HALF_HOUR_MS, OfGroup, Report

PT: Final = 11
_FIRST_MM: Final = 52.0
_FIRST_OF_MANY_MM: Final = 38.0
_MANY: Final = 6  # columns


@dataclass(frozen=True, slots=True)
class Table:
    """One table: what it is called, its head, its rows; the first column is text."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the report is about. `made_at`: ms UTC of the sum; `years`: group -> (done, target)."""

    on: date
    place: str
    facility: str
    lead: str
    made_at: int
    years: dict[str, tuple[int, int | None]]
    results: int
    told: int
    open: int


def _n(value: int) -> str:
    return f"{value:,}"


def tables(report: Report, facts: Facts) -> tuple[Table, ...]:
    """Everything the report says, in the order in which it is read."""
    w = words("checkup_report")
    return (
        _groups(report, facts, w), _stations(report, w), _ages(report, w), _times(report, w),
        _hours(report, w), _counted(report, facts, w), _findings(report, w),
    )  # fmt: skip


def _groups(report: Report, facts: Facts, w: Words) -> Table:
    head = (
        w.group, w.invited, w.came, w.percent, w.finished, w.came_beside, w.year, w.target,
    )  # fmt: skip
    rows = [_group(each, facts, w) for each in report.groups]
    rows.append(_group(report.whole, facts, w, whole=True))
    return Table(w.groups, head, tuple(rows), w.groups_note)


def _group(each: OfGroup, facts: Facts, w: Words, *, whole: bool = False) -> tuple[str, ...]:
    label = w.whole if whole else groups()[each.group].label if each.group in groups() else (
        each.group
    )  # fmt: skip
    percent = w.none if each.percent is None else f"{each.percent}%"
    done, target = facts.years.get(each.group, (0, None))
    known = each.group in facts.years
    return (
        label, _n(each.invited), _n(each.came), percent, _n(each.finished), _n(each.beside),
        _n(done) if known else w.none, _n(target) if target is not None else w.none,
    )  # fmt: skip


def _stations(report: Report, w: Words) -> Table:
    rows = [
        (
            stations()[each.station].label if each.station in stations() else each.station,
            _n(each.wanted), _n(each.done), _n(each.not_done), _n(each.missing),
        )
        for each in report.stations
    ]  # fmt: skip
    return Table(w.stations, (w.station, w.wanted, w.done, w.not_done, w.missing), tuple(rows))


def _ages(report: Report, w: Words) -> Table:
    rows: list[tuple[str, ...]] = []
    for (first, last), sexes in report.ages.items():
        if not sum(sexes.values()):
            continue
        label = w.years_old(first=first, last=last) if last < 200 else w.years_above(first=first)
        counts = (sexes["1"], sexes["2"], sexes[""])
        rows.append((label, *(_n(each) for each in counts), _n(sum(counts))))
    note = w.unknown_age(n=report.unknown_age) if report.unknown_age else ""
    return Table(w.ages, (w.age, w.man, w.woman, w.unknown, w.whole), tuple(rows), note)


def _times(report: Report, w: Words) -> Table:
    rows: list[tuple[str, ...]] = []
    if report.first_at is not None and report.last_at is not None:
        rows += [(w.first, _clock(report.first_at)), (w.last, _clock(report.last_at))]
    if report.middle_minutes is not None and report.longest_minutes is not None:
        rows.append((w.middle, w.minutes(n=report.middle_minutes)))
        rows.append((w.longest, w.minutes(n=report.longest_minutes)))
    return Table(w.times, (w.what, w.value), tuple(rows))


def _hours(report: Report, w: Words) -> Table:
    rows = tuple(
        (w.half_hour(at=_clock(at), until=_clock(at + HALF_HOUR_MS)), _n(n))
        for at, n in report.hours
    )
    return Table(w.hours, (w.span, w.n), rows)


def _clock(at_ms: int) -> str:
    return times.civil(at_ms).strftime("%H:%M")


def _counted(report: Report, facts: Facts, w: Words) -> Table:
    rows = (
        (w.doubled, _n(report.doubled)), (w.guests, _n(report.guests)),
        (w.alarms, _n(report.alarms)), (w.alarms_open, _n(report.alarms_open)),
        (w.results, _n(facts.results)), (w.told, _n(facts.told)),
    )  # fmt: skip
    return Table(w.counted, (w.what, w.n), rows)


def _findings(report: Report, w: Words) -> Table:
    rows = tuple((label, _n(n)) for label, n in report.findings.items())
    return Table(w.findings, (w.finding, w.n), rows, "" if rows else w.no_findings)


def rows_of(given: Sequence[Table], facts: Facts) -> list[list[str]]:
    """The same as one sheet: what it is about, then each table below its name."""
    w = words("checkup_report")
    when = times.moment_text(facts.made_at, now_ms=facts.made_at)
    made = [
        [w.head, facts.on.isoformat(), facts.place, facts.facility, facts.lead],
        [w.made(when=times.long_date(times.civil(facts.made_at).date()), clock=when[-5:])],
    ]  # fmt: skip
    for each in given:
        made += [[], [each.title], list(each.head), *(list(row) for row in each.rows)]
    return made


def pdf_of(given: Sequence[Table], facts: Facts, *, font: str = "") -> bytes:
    """A4, a table after the other."""
    w, made = words("checkup_report"), times.civil(facts.made_at)
    said = w.made(when=times.long_date(made.date()), clock=made.strftime("%H:%M"))
    paper = Paper(
        w.head, made, font=font,
        foot=lambda n: w.foot(facility=facts.facility, n=n),
    )  # fmt: skip
    paper.page()
    paper.flow(w.head, pt=20, bold=True, after=1)
    paper.flow(
        w.facts(
            day=times.long_date(facts.on), place=facts.place, facility=facts.facility,
            lead=facts.lead,
        ),
        pt=12, after=0,
    )  # fmt: skip
    paper.flow(said, pt=10.5, after=4)
    for each in given:
        if each.rows or each.note:
            _draw(paper, each)
    return paper.done()


def _draw(paper: Paper, table: Table) -> None:
    paper.keep(28)
    paper.flow(table.title, pt=14, bold=True, after=1)
    if table.rows:
        others = len(table.head) - 1
        first = _FIRST_OF_MANY_MM if others >= _MANY else _FIRST_MM
        wide = (paper.column - first) / max(others, 4)
        widths = [first, *(wide for _ in range(others))]
        rows = [_cells(table.head, bold=True), *(_cells(row) for row in table.rows)]
        paper.table(rows, widths, pt=PT)
    if table.note:
        paper.y += 1.5
        paper.flow(table.note, pt=10.5, after=0)
    paper.y += 6


def _cells(row: Sequence[str], *, bold: bool = False) -> list[str | Cell]:
    first = Cell(row[0], bold=bold)
    return [first, *(Cell(each, bold=bold, align="right") for each in row[1:])]
