"""The plan of the open archive: what is due, when and why, what was done and missed this year."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from resident_portal import checkup_parts, due, plain, said
from resident_portal.checkup import Line as Checkup
from resident_portal.door import page
from resident_portal.frame import Page, Portal, visitor_of
from resident_portal.words import words
from server.actions.plan.explain import Explained
from server.actions.residents.reading import Reading, read
from server.actions.residents.surroundings import serving
from server.pages import times
from server.pages.web import AnyRequest
from server.records.kinds import REGISTER
from server.rules.plan.model import LOST, Stage
from server.rules.plan.table import rules


@dataclass(frozen=True, slots=True)
class Line:
    """One service that is owed or was missed, as drawn. `chip`: tone, sign, words."""

    label: str
    when: str
    reason: str
    clause: str
    chip: tuple[str, str, str] | None
    draft: bool


@dataclass(frozen=True, slots=True)
class Lead:
    """The sentence of the page, with the fact that is marked."""

    before: str
    mark: str
    after: str


def handlers(portal: Portal) -> list[HTTPRouteHandler]:
    @page("/plan")
    async def plan(request: AnyRequest) -> Response[Any]:
        visitor = visitor_of(request)
        reading = await read(portal.site, visitor.acting)
        checkups = await checkup_parts.of_plan(portal, visitor)
        return await _draw(portal, request, reading, checkups)

    return [plan]


async def _draw(
    portal: Portal, request: AnyRequest, reading: Reading, checkups: Sequence[Checkup]
) -> Response[Any]:
    w, site = words("plan"), portal.site
    today = times.civil(site.clock()).date()
    found = await due.plan_of(site, reading)
    owed = due.owed(found)
    this_year = [each for each in found if _day(each).year == today.year]
    done = [each for each in this_year if each.stage is Stage.DONE]
    missed = due.missed(found, today)
    seen = {each.id for each in reading.entries}
    groups = [
        (w.now, [each for each in owed if each.stage in (Stage.OVERDUE, Stage.OPEN)]),
        (w.later, [each for each in owed if each.stage is Stage.LATER]),
        (w.missed, missed),
    ]
    shown = Page("plan.html.j2", "plan", w.title, back="/portal/")
    return portal.page(
        request, shown, lead=lead(found, owed, reading, today), owed=bool(owed),
        groups=[
            (title, [_line(portal, each, reading, today) for each in some])
            for title, some in groups
            if some
        ],
        done=_done(done, reading, seen, today),
        happened=[
            w.happened_row(label=each.label, day=said.weekday(each.on, today))
            for each in reading.happened[:50]
        ],
        checkups=checkups, whole=reading.whole, serves=await serving(site, reading.resident),
    )  # fmt: skip


def _day(each: Explained) -> date:
    return each.item.done_on or each.item.due


def label(each: Explained, reading: Reading) -> str:
    """Named in the own archive, neutral for whoever may see no findings."""
    return due.name(each) if reading.whole else due.neutral(each)


def lead(
    found: tuple[Explained, ...], owed: tuple[Explained, ...], reading: Reading, today: date
) -> Lead:
    """What comes next; that all is done; that nothing is owed."""
    w = words("plan")
    if owed:
        first = owed[0]
        before = w.lead_next(what=label(first, reading))
        day = said.day(first.item.due, today)
        if first.stage is Stage.OVERDUE:
            late = w.lead_late_mark(n=(today - first.item.due).days)
            return Lead(before + w.lead_late(day=day), late, w.lead_late_end)
        return Lead(before, w.lead_by(day=said.weekday(first.item.due, today)), w.lead_end)
    missed, done = due.missed(found, today), sum(each.stage is Stage.DONE for each in found)
    if missed:
        return Lead(w.lead_missed, w.lead_missed_mark(n=len(missed)), w.lead_missed_end)
    if done:
        return Lead(w.lead_all_done, w.lead_all_done_mark(n=done), w.lead_end)
    return Lead(w.lead_none, "", w.lead_none_next)


def _line(portal: Portal, each: Explained, reading: Reading, today: date) -> Line:
    why, clause = "", ""
    if reading.whole:
        why, clause = due.reason(each, today), due.clause(each, portal.site, today)
    return Line(
        label(each, reading), _when(each, today), why, clause, _chip(each, today),
        each.rule.draft and each.item.cls == "A" and reading.whole,
    )  # fmt: skip


def _done(
    done: list[Explained], reading: Reading, seen: set[bytes], today: date
) -> list[tuple[str, str, str]]:
    """(what, day, id of the record that may be opened) of each visit, newest first: one visit does
    several things that were owed, and counts as well where it did none of them.
    """
    visits: dict[bytes, tuple[date, list[str]]] = {
        each.id: (date.fromisoformat(each.on), [])
        for each in reading.entries
        if each.stands and LOST not in each.form and each.kind in _services()
    }
    for each in done:
        assert each.item.done is not None
        visits.setdefault(each.item.done, (_day(each), []))[1].append(label(each, reading))
    made = {record: visit for record, visit in visits.items() if visit[0].year == today.year}
    kinds = {each.id: plain.form_name(each.kind, each.record.cls) for each in reading.entries}
    comma = words("plan").joined
    return [
        (
            comma.join(dict.fromkeys(names)) or kinds[record], said.weekday(on, today),
            record.hex() if record in seen else "",
        )
        for record, (on, names) in sorted(
            made.items(), key=lambda one: (one[1][0], one[0]), reverse=True
        )
    ]  # fmt: skip


@cache
def _services() -> frozenset[str]:
    """Forms of services that a plan may ask for."""
    asked = {kind for each in rules().values() if each.subject == "resident" for kind in each.kinds}
    return frozenset(asked) - {REGISTER.id}


def _when(each: Explained, today: date) -> str:
    item, w = each.item, words("plan")
    opens, last = said.day(item.opens, today), said.day(item.due, today)
    text = w.from_to(opens=opens, due=last) if item.opens > today else w.by(due=last)
    if each.stage is not Stage.OVERDUE and item.closes is not None and item.closes > item.due:
        text += words("values").comma + w.until(closes=said.day(item.closes, today))
    return text


def _chip(each: Explained, today: date) -> tuple[str, str, str] | None:
    w = words("plan")
    match each.stage:
        case Stage.OVERDUE:
            return ("due", "clock", w.overdue(n=(today - each.item.due).days))
        case Stage.OPEN:
            return ("wait", "check", w.open)
        case Stage.MISSED:
            return ("due", "cross", w.missed_chip)
        case _:
            return None
