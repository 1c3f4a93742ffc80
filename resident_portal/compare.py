"""Checkups of up to three years side by side, with what changed marked in words.

What a change means is a rule (server/rules/changes.py); of several checkups in a year the newest
stands for it, and the page says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from resident_portal import due, plain, said
from resident_portal.door import page
from resident_portal.frame import Page, Portal, visitor_of
from resident_portal.limited import only_due
from resident_portal.words import words
from server.actions.plan.explain import Explained
from server.actions.plan.facts import district_numbers
from server.actions.residents.reading import Reading, read
from server.pages import times
from server.pages.web import AnyRequest
from server.records.model import Int, Scaled
from server.rules.changes import CHECKUPS, PRESSURE, Compared, Mark, compare
from server.rules.goals import Goal, Measure, Why, series
from server.rules.plan.model import Record

MOST: Final = 3
_OUT: Final = frozenset({Mark.HIGH, Mark.LOW, Mark.LESS_HIGH, Mark.LESS_LOW})
_WARN: Final = _OUT
_QUIET: Final = frozenset({Mark.SAME, Mark.FIRST, Mark.NONE})
_ASIDE: Final = frozenset({"P24"})  # a question on the form of the checkup, no checkup
_KINDS: Final = frozenset({"htn_followup", "dm_followup", "copd_followup", "health_check"})


@dataclass(frozen=True, slots=True)
class Row:
    """One item. `cells`: (text, out) of each year; `mark`: words beside the newest."""

    label: str
    unit: str
    cells: tuple[tuple[str, bool], ...]
    mark: str
    warn: bool
    limits: str
    told: bool
    """Changed or out of the reference: in the first table."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The checkups that are compared, oldest first, and all years there are, newest first."""

    checkups: tuple[Record, ...]
    years: tuple[int, ...]
    counts: dict[int, int]

    @property
    def taken(self) -> tuple[int, ...]:
        return tuple(each.on.year for each in self.checkups)


def handlers(portal: Portal) -> list[HTTPRouteHandler]:
    @page("/archive/years")
    async def years(request: AnyRequest) -> Response[bytes]:
        reading = await read(portal.site, visitor_of(request).acting)
        if not reading.whole:
            return only_due(portal, request)
        asked = request.query_params.getall("y", [])
        wanted = {int(each) for each in asked if each.isascii() and each.isdigit()}
        return await _draw(portal, request, reading, chosen_of(reading.records(), wanted))

    return [years]


def chosen_of(records: Sequence[Record], wanted: set[int]) -> Chosen:
    """The newest checkup of each year; of the years wanted the newest three, else of all."""
    newest: dict[int, Record] = {}
    counts: dict[int, int] = {}
    for each in records:
        if each.kind in CHECKUPS:
            newest[each.on.year] = each
            counts[each.on.year] = counts.get(each.on.year, 0) + 1
    years = tuple(sorted(newest, reverse=True))
    taken = sorted([each for each in years if each in wanted] or years, reverse=True)[:MOST]
    return Chosen(tuple(newest[each] for each in sorted(taken)), years, counts)


async def _draw(
    portal: Portal, request: AnyRequest, reading: Reading, chosen: Chosen
) -> Response[bytes]:
    w, site = words("years"), portal.site
    today = times.civil(site.clock()).date()
    numbers = district_numbers(site, today.year)
    measured = series(Measure.PRESSURE, reading.facts(), today, numbers)
    high, low = (line.goal for line in measured.lines)
    found = compare(
        chosen.checkups, sex=reading.sex, birth=reading.birth, pressure_goal=(high, low),
        numbers=numbers,
    )  # fmt: skip
    whose = {"sbp", "dbp"} if measured.why is Why.GOAL else set[str]()
    rows = [_row(each, whose) for each in found]
    shown = Page("years.html.j2", "years", w.title, back="/portal/archive")
    taken = chosen.taken
    return portal.page(
        request, shown, rows=rows, first=[each for each in rows if each.told] or rows,
        rest=_rest(rows), years=taken,
        every=chosen.years, lead=_lead(found, taken), runs=await _runs(portal, reading, found),
        caption=w.caption(years=_span(taken)) if taken else "",
        several=[
            w.several(year=each.on.year, n=n, day=said.day(each.on, today))
            for each in reversed(chosen.checkups)
            if (n := chosen.counts[each.on.year]) > 1
        ],
        records=[(each.on.year, each.id.hex()) for each in reversed(chosen.checkups)],
        most=MOST,
    )  # fmt: skip


def _rest(rows: Sequence[Row]) -> list[Row]:
    """What is folded below the first table: nothing, where that holds everything."""
    told = [each for each in rows if each.told]
    return [each for each in rows if not each.told] if told else []


def _span(taken: Sequence[int]) -> str:
    return str(taken[0]) if len(taken) == 1 else f"{taken[0]}–{taken[-1]}"


def _row(each: Compared, goals: set[str]) -> Row:
    w, item = words("years"), each.item
    judged = each.goal != Goal(None)
    mark = w.marks[each.mark]
    if each.mark is Mark.FIRST and not judged:
        mark = w.marks.unjudged
    unit = item.field.type.unit if isinstance(item.field.type, Int | Scaled) else ""
    limits = _limits(each.goal, item.places) if judged else ""
    if limits:
        limits = (w.goal if item.field.name in goals else w.normal)(goal=limits)
    cells = tuple(
        ("" if value is None else plain.number(value, item.places), side != 0)
        for value, side in zip(each.values, each.sides, strict=True)
    )
    return Row(
        plain.label(item.field), plain.unit(unit), cells, mark, each.mark in _WARN, limits,
        each.mark not in _QUIET,
    )  # fmt: skip


def _limits(goal: Goal, places: int) -> str:
    """低于 6.10, 3.90 到 6.10."""
    w = words("trends")
    if goal.below is None:
        return w.least(value=plain.number(goal.least or 0, places))
    if goal.least is None:
        return w.below(value=plain.number(goal.below, places))
    return w.between(least=plain.number(goal.least, places), below=plain.number(goal.below, places))


def _lead(found: Sequence[Compared], taken: Sequence[int]) -> tuple[str, str, str]:
    """What changed in one sentence: before the mark, the marked fact, after it."""
    w = words("years")
    out = sum(each.mark in _OUT for each in found)
    better = sum(each.mark in (Mark.BETTER, Mark.LESS_HIGH, Mark.LESS_LOW) for each in found)
    if not taken:
        return ("", "", "")
    if len(taken) == 1:
        fact = w.lead_one_high(n=out) if out else w.lead_one_good
        return ("", fact, w.lead_end + w.one)
    facts = [w.lead_high(n=out)] if out else []
    facts += [w.lead_better(n=better)] if better else []
    return (
        w.lead(year=taken[-2]), w.comma.join(facts) if facts else w.lead_same, w.lead_end
    )  # fmt: skip


async def _runs(portal: Portal, reading: Reading, found: Sequence[Compared]) -> str:
    """What rose or fell two years in a row and is out of the reference or on the way there, each
    with the next service that measures it; where none does, nothing is promised.
    """
    w, told = words("years"), dict[str, str]()
    plan = due.owed(await due.plan_of(portal.site, reading))
    today: date = times.civil(portal.site.clock()).date()
    for each in found:
        side = each.sides[-1]
        if not each.run or (side != each.run and (side or each.mark not in (Mark.UP, Mark.DOWN))):
            continue
        name, key = each.item.field.name, "run_up" if each.run > 0 else "run_down"
        after, then = next_measuring(plan, name), ""
        if after is not None and after.item.due >= today:
            day = said.day(after.item.due, today)
            then = w.run_next_plan(day=day, what=due.name(after))
        run = w[key](what=plain.label(each.item.field))
        told[then] = told.get(then, "") + run
    return "".join(runs + then for then, runs in told.items())


def next_measuring(plan: Sequence[Explained], name: str) -> Explained | None:
    """The next service whose own form has the value."""
    kinds = measuring(name)
    return next(
        (
            each
            for each in plan
            if each.item.cls == "A" and each.rule.id not in _ASIDE and each.item.kinds
            and each.item.kinds[0] in kinds
        ),
        None,
    )  # fmt: skip


def measuring(name: str) -> frozenset[str]:
    """The forms at which a value of the checkup is measured again; blood pressure at each."""
    return frozenset(
        each
        for each in _KINDS
        if name in PRESSURE or ((kind := plain.kind_of(each)) and kind.field(name) is not None)
    )
