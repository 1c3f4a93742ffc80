"""Trends of the open archive: one measure, a sentence first, then the chart and its table twin.

What is in target is one rule (server/rules/goals.py); what follows next is the plan's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from resident_portal import charts, due, plain, said
from resident_portal.door import page
from resident_portal.frame import Page, Portal, is_elder, visitor_of
from resident_portal.limited import only_due
from resident_portal.words import words
from server.actions.plan.facts import district_numbers
from server.actions.residents.reading import Reading, read
from server.actions.residents.visits import Visitor
from server.errors import NotFound
from server.pages import times
from server.pages.web import AnyRequest
from server.rules.goals import Goal, Line, Measure, Series, Why, series
from server.rules.next_step import numbers as step_numbers
from server.rules.plan.model import Record

RANGES: Final = ("1", "3", "0")  # years; 0 for all
ENOUGH: Final = 3  # points that make a range worth showing first
_ELDER_TEXT, _TEXT = 20, 14
_STEPS: Final = {"sbp": 10, "dbp": 10, "fpg": 100, "weight": 20}
_FAR: Final = {"sbp": 20, "dbp": 10, "fpg": 200, "weight": 100}  # from here on it is far off
_CRISIS: Final = {"sbp": "P10.sbp", "dbp": "P10.dbp", "fpg": "P19.fpg_high"}
_MODES: Final = {"1": "clinic", "2": "home", "3": "phone"}
_CHECKUPS: Final = frozenset({"health_check", "disabled_check"})
_KINDS: Final = {
    Measure.PRESSURE: frozenset({"htn_followup", "dm_followup", "health_check", "encounter"}),
    Measure.GLUCOSE: frozenset({"dm_followup", "health_check"}),
    Measure.WEIGHT: frozenset({"htn_followup", "dm_followup", "health_check", "child_check"}),
}


def handlers(portal: Portal) -> list[HTTPRouteHandler]:
    @page("/archive/trend/{name:str}")
    async def trend(request: AnyRequest, name: FromPath[str]) -> Response[Any]:
        if name not in tuple(Measure):
            raise NotFound("measure")
        visitor = visitor_of(request)
        reading = await read(portal.site, visitor.acting)
        if not reading.whole:
            return only_due(portal, request)
        chosen = request.query_params.get("years", "")
        return await _draw(portal, request, reading, Measure(name), chosen)

    return [trend]


async def _draw(
    portal: Portal, request: AnyRequest, reading: Reading, measure: Measure, chosen: str
) -> Response[Any]:
    w, site = words("trends"), portal.site
    today = times.civil(site.clock()).date()
    numbers = district_numbers(site, today.year)
    whole = series(measure, reading.facts(), today, numbers)
    years = chosen if chosen in RANGES else _first_range(whole, today)
    seen = within(whole, today, int(years))
    name = w.what[measure]
    shown = Page("trend.html.j2", "trends", name, back="/portal/archive")
    newest = whole.records[-1] if whole.records else None
    after = await due.next_of(site, reading, _KINDS[measure]) if newest else None
    size = _ELDER_TEXT if is_elder(request) else _TEXT
    context: dict[str, Any] = {"drawing": None, "head": None, "table": ()}
    if newest is not None:
        context["head"] = head(whole, newest, visitor_of(request), numbers, today)
    if seen.records:
        context["drawing"] = charts.draw(_rows(seen), _days(seen, today), size=size)
        context["title"] = w.chart_title(what=name, range=w[f"years_{years}"], n=len(seen.records))
        context["desc"] = describe(seen)
        context["table"] = table(seen)
    return portal.page(
        request, shown, measure=measure.value, name=name, series=whole, years=years,
        ranges=RANGES, after=due.follows(after, today) if after else "",
        heads=[w.lines[line.name] for line in whole.lines],
        units=[w.units[line.name] for line in whole.lines], **context,
    )  # fmt: skip


# Which points.


def _first_range(whole: Series, today: date) -> str:
    """The shortest that has something to compare."""
    for years in RANGES[:-1]:
        if len(within(whole, today, int(years)).records) >= ENOUGH:
            return years
    return RANGES[-1]


def within(whole: Series, today: date, years: int) -> Series:
    """The same with the points of the last so many years; 0 for all."""
    if not years:
        return whole
    since = today - timedelta(days=round(365.25 * years))
    lines = tuple(
        Line(
            each.name, each.places, each.goal,
            tuple(point for point in each.points if point[0].on >= since),
        )
        for each in whole.lines
    )  # fmt: skip
    return Series(whole.measure, whole.why, lines)


# The sentence.


@dataclass(frozen=True, slots=True)
class Head:
    """`value`: 156/88; `chip`: tone, sign, words; `before`, `mark`, `after`: the sentence."""

    value: str
    unit: str
    chip: tuple[str, str, str] | None
    measured: str
    before: str
    mark: str
    after: str


def head(whole: Series, newest: Record, visitor: Visitor, numbers: Any, today: date) -> Head:
    """The newest value against the target."""
    w = words("trends")
    last = [(line, line.points[-1][1]) for line in whole.lines]
    measured = w.measured(day=said.day(newest.on, today), how=w.how[_how(newest)])
    value = "/".join(number(line, value) for line, value in last)
    unit = w.units[whole.lines[0].name]
    if all(line.goal == Goal(None) for line, _ in last):
        return Head(value, unit, None, measured, w.no_goal, "", "")
    sides = [line.goal.side(value) for line, value in last]
    where = "healthy" if whole.why is Why.HEALTHY else "goal"
    whose = w.whose_own if visitor.own else w.whose(name=visitor.card.name)
    side = next((each for each in sides if each), 0)
    if not side:
        chip = ("done", "check", w.chips[where])
        mark = limits(whole.lines)
        return Head(
            value, unit, chip, measured, w[f"in_{where}"](whose=whose), mark,
            w[f"in_{where}_end"],
        )  # fmt: skip
    way = "above" if side > 0 else "below"
    far = max(_far(line, value, numbers) for line, value in last if line.goal.side(value) == side)
    mark = "/".join(bound(line, _limit(line.goal, side)) for line, _ in last)
    return Head(
        value, unit, (_tone(far), "up" if side > 0 else "down", _chip(last, sides)), measured,
        w[f"{way}_{where}"](whose=whose), mark, w[f"{way}_{far}"],
    )  # fmt: skip


def _tone(far: int) -> str:
    return "alarm" if far else "due"


def _chip(last: Sequence[tuple[Line, int]], sides: Sequence[int]) -> str:
    chips = words("trends").chips
    out = [line.name for (line, _), side in zip(last, sides, strict=True) if side]
    if len(out) > 1:
        return chips.both_high
    side = next(each for each in sides if each)
    return chips[f"{out[0]}_{'high' if side > 0 else 'low'}"]


def _said(goal: Goal, limit: int) -> int:
    """A limit as people say it."""
    return goal.upper if limit == goal.below and goal.upper is not None else limit


def _limit(goal: Goal, side: int) -> int:
    limit = goal.upper if side > 0 else goal.least
    return limit or 0


def _far(line: Line, value: int, numbers: Any) -> int:
    """0 a little off, 1 far off, 2 an emergency by the numbers of the follow-up."""
    side = line.goal.side(value)
    crisis = _CRISIS.get(line.name) if side > 0 else "P19.fpg_low" if line.name == "fpg" else None
    if crisis is not None:
        national = step_numbers()[crisis]
        limit = numbers.get(crisis, national.value) * 10 ** (line.places - national.places)
        if (value - limit) * side >= 0:
            return 2
    return int(abs(value - _limit(line.goal, side)) >= _FAR[line.name])


def _how(record: Record) -> str:
    if record.kind in _CHECKUPS:
        return "checkup"
    if record.kind == "encounter":
        return "visit"
    mode = record.body.get("mode")
    return _MODES.get(mode, "other") if isinstance(mode, str) else "other"


def number(line: Line, value: int) -> str:
    """A value as every page writes it."""
    return plain.number(value, line.places)


def bound(line: Line, value: int) -> str:
    """A limit as people say it: of glucose with one place."""
    if line.places > 1:
        return plain.number(round(value / 10 ** (line.places - 1)), 1)
    return plain.number(value, line.places)


def limits(lines: Sequence[Line]) -> str:
    """低于 150/90, 3.9 到 7.0."""
    w, goal = words("trends"), lines[0].goal
    below = "/".join(bound(each, each.goal.upper or 0) for each in lines)
    if goal.below is None:
        return w.least(value=bound(lines[0], goal.least or 0))
    if goal.least is None:
        return w.below(value=below)
    return w.between(least=bound(lines[0], goal.least), below=below)


# The chart and its twin.


def _rows(seen: Series) -> list[charts.Row]:
    w = words("trends")
    where = "healthy" if seen.why is Why.HEALTHY else "goal"
    made: list[charts.Row] = []
    for line in seen.lines:
        goal = line.goal
        bounds = [each for each in (goal.below, goal.least) if each is not None]
        text = ""
        if bounds:
            key = f"band_{where}" if len(seen.lines) > 1 else f"band_{where}_only"
            text = w[key](what=w.lines[line.name], goal=limits([line]))
        ticks = {each: bound(line, _said(goal, each)) for each in bounds}
        made.append(
            charts.Row(
                tuple(
                    charts.Point(record.on, value, goal.side(value), number(line, value))
                    for record, value in line.points
                ),
                goal.below, goal.least, text, ticks, _STEPS[line.name], line.places,
            )
        )  # fmt: skip
    return made


def _days(seen: Series, today: date) -> list[tuple[date, str]]:
    """The first, one or two between, the last."""
    w, days = words("trends"), [each.on for each in seen.records]
    first, last = days[0], days[-1]
    if first == last:
        return [(last, said.day(last, today))]
    start = (
        w.month(month=first.month)
        if first.year == last.year
        else w.year_month(year=f"{first.year % 100:02}", month=first.month)
    )
    middle = days[1:-1]
    between = [middle[len(middle) // 2]] if middle else []
    end = said.day(last, today)
    if last.year != today.year:
        end = w.year_month(year=f"{last.year % 100:02}", month=last.month)
    named = [
        (
            each,
            w.month(month=each.month)
            if each.year == last.year
            else w.year_month(year=f"{each.year % 100:02}", month=each.month),
        )
        for each in between
    ]
    return [(first, start), *named, (last, end)]


def describe(seen: Series) -> str:
    """What the chart shows, as a sentence for who does not see it."""
    w = words("trends")
    made: list[str] = []
    for line in seen.lines:
        values = [value for _, value in line.points]
        out = sum(line.goal.side(value) != 0 for value in values)
        goal = w.chart_no_goal
        if line.goal != Goal(None):
            key = "chart_healthy" if seen.why is Why.HEALTHY else "chart_goal"
            goal = w[key](goal=limits([line]))
        made.append(
            w.chart_line(
                what=w.lines[line.name], least=number(line, min(values)),
                most=number(line, max(values)), unit=" " + w.units[line.name], goal=goal,
                out=w.chart_out(n=out) if out else w.chart_in,
            )
        )  # fmt: skip
    return "".join(made)


@dataclass(frozen=True, slots=True)
class TableRow:
    """One day: its record, each line's number and side."""

    day: str
    record: str
    cells: tuple[tuple[str, int], ...]


def table(seen: Series) -> list[TableRow]:
    """The same values, newest first."""
    rows: list[TableRow] = []
    for n in reversed(range(len(seen.records))):
        record = seen.records[n]
        cells = tuple(
            (number(line, line.points[n][1]), line.goal.side(line.points[n][1]))
            for line in seen.lines
        )
        rows.append(TableRow(times.long_date(record.on), record.id.hex(), cells))
    return rows
