"""The open archive: a sentence, what changes, records by group, the basic information."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from resident_portal import basics, plain, said
from resident_portal.disputes import marks_of
from resident_portal.door import action, page
from resident_portal.frame import Page, Portal, visitor_of
from resident_portal.limited import only_due
from resident_portal.trends import number
from resident_portal.words import words
from server.actions.plan.facts import district_numbers
from server.actions.residents.reading import Entry, Reading, read
from server.errors import NotFound
from server.pages import times
from server.pages.web import AnyRequest
from server.records.model import AccessClass, Code
from server.rules.goals import Measure, series

FIRST: Final = 2  # records of a group on the archive's page
PAGE: Final = 20
NUMBERS: Final = "numbers"


@dataclass(frozen=True, slots=True)
class Row:
    """One record in a list. `state`: tone, sign and words of a chip, or None."""

    id: str
    title: str
    quiet: str
    state: tuple[str, str, str] | None


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    title: str
    count: int
    rows: tuple[Row, ...]


def handlers(portal: Portal) -> list[HTTPRouteHandler]:
    @page("/archive")
    async def archive(request: AnyRequest) -> Response[Any]:
        reading = await read(portal.site, visitor_of(request).acting)
        return await _draw(portal, request, reading, shown=False)

    @action("/archive/show")
    async def show(request: AnyRequest) -> Response[Any]:
        """Asked for and written down as an act of its own; the address keeps nothing of it."""
        reading = await read(portal.site, visitor_of(request).acting, again=NUMBERS)
        return await _draw(portal, request, reading, shown=True)

    @page("/archive/group/{name:str}")
    async def group(request: AnyRequest, name: FromPath[str]) -> Response[Any]:
        reading = await read(portal.site, visitor_of(request).acting)
        if not reading.whole:
            return only_due(portal, request)
        may = name in plain.GROUPS and (name != plain.RESTRICTED or reading.restricted)
        if not may:
            raise NotFound("group")
        return await _group(portal, request, reading, name)

    return [archive, show, group]


async def _draw(
    portal: Portal, request: AnyRequest, reading: Reading, *, shown: bool
) -> Response[Any]:
    if not reading.whole:
        return only_due(portal, request)
    w, visitor = words("archive"), visitor_of(request)
    today = times.civil(portal.site.clock()).date()
    marks = await marks_of(portal, visitor)
    title = w.title if visitor.own else w.title_other(name=visitor.card.name)
    newest = next((each for each in reading.entries if each.stands), None)
    mark = ""
    if newest is not None:
        what = plain.form_name(newest.kind, newest.record.cls)
        mark = w.lead_mark(day=said.day(newest.on, today), what=what)
    return portal.page(
        request, Page("archive.html.j2", "archive", title, back="/portal/"),
        count=len(reading.entries), mark=mark, measures=_measures(portal, reading, today),
        checkups=sum(each.kind in plain.GROUPS["checkup"] for each in reading.entries),
        groups=groups_of(reading, today), parts=basics.parts_of(reading, marks, shown=shown),
        shown=shown,
    )  # fmt: skip


async def _group(portal: Portal, request: AnyRequest, reading: Reading, name: str) -> Response[Any]:
    w = words("archive")
    today = times.civil(portal.site.clock()).date()
    found = [each for each in reading.entries if _group_of(each) == name]
    pages = max(1, -(-len(found) // PAGE))
    asked = request.query_params.get("page", "1")
    at = min(max(int(asked), 1), pages) if asked.isascii() and asked.isdigit() else 1
    some = found[(at - 1) * PAGE : at * PAGE]
    title = words("plain").groups[name]
    marks = await marks_of(portal, visitor_of(request))
    restricted = name == plain.RESTRICTED
    return portal.page(
        request, Page("group.html.j2", "archive", title, back="/portal/archive"),
        name=name, count=len(found), rows=rows_of(some, today), at=at, pages=pages,
        parts=basics.parts_of(reading, marks, shown=False, restricted=True) if restricted else (),
        restricted=restricted, heading=w.group_title(group=title, n=len(found)),
    )  # fmt: skip


def _group_of(each: Entry) -> str:
    return plain.group_of(each.kind, each.record.cls)


def groups_of(reading: Reading, today: date) -> list[Group]:
    """The groups that have something to show; the restricted one where the gate has opened it."""
    by_group: dict[str, list[Entry]] = {}
    for each in reading.entries:
        by_group.setdefault(_group_of(each), []).append(each)
    if reading.restricted and _has_restricted(reading):
        by_group.setdefault(plain.RESTRICTED, [])
    titles = words("plain").groups
    return [
        Group(name, titles[name], len(found), tuple(rows_of(_shown(name, found), today)))
        for name in plain.GROUPS
        if (found := by_group.get(name)) is not None
    ]


def _shown(name: str, found: Sequence[Entry]) -> Sequence[Entry]:
    """Of the restricted group its name alone: the page behind it is opened on purpose."""
    return () if name == plain.RESTRICTED else found[:FIRST]


def _has_restricted(reading: Reading) -> bool:
    return bool(basics.parts_of(reading, {}, shown=False, restricted=True))


def rows_of(entries: Sequence[Entry], today: date) -> list[Row]:
    """Records as rows of a list."""
    w = words("archive")
    made: list[Row] = []
    for each in entries:
        state = None
        if each.voided is not None:
            state = ("alarm", "cross", w.voided)
        elif each.instead is not None:
            state = ("wait", "pen", w.amended)
        name = plain.form_name(each.kind, each.record.cls)
        when, told = said.day(each.on, today), summary(each)
        quiet = words("values").comma.join(text for text in (when, told) if text)
        made.append(Row(each.id.hex(), name, quiet, state))
    return made


def summary(each: Entry) -> str:
    """The figures people look for first; of a restricted record nothing."""
    w, form = words("archive"), each.form
    if each.record.cls != AccessClass.A:
        return ""
    if "lost_reason" in form:
        return w.lost
    kind = plain.kind_of(each.kind)
    parts: list[str] = []
    for high, low in (("sbp", "dbp"), ("bp_l_sys", "bp_l_dia"), ("bp_r_sys", "bp_r_dia")):
        if high in form and low in form and not parts:
            parts.append(w.summary_pressure(high=form[high], low=form[low]))
    glucose = kind.field("fpg") if kind else None
    if glucose is not None and "fpg" in form:
        parts.append(w.summary_glucose(value=plain.text(glucose, form["fpg"])))
    vaccine = kind.field("vaccine") if kind else None
    if vaccine is not None and isinstance(vaccine.type, Code) and "dose_no" in form:
        name = form.get("vaccine_name") or plain.text(vaccine, form.get("vaccine"))
        parts.append(w.summary_vaccine(name=name, n=form["dose_no"]))
    return words("values").comma.join(parts)


def _measures(portal: Portal, reading: Reading, today: date) -> list[tuple[str, str, str]]:
    """(address, name, newest value) of each trend."""
    w, t = words("archive"), words("trends")
    facts, numbers = reading.facts(), district_numbers(portal.site, today.year)
    made: list[tuple[str, str, str]] = []
    for measure in Measure:
        found = series(measure, facts, today, numbers)
        text = w.never
        if found.records:
            value = "/".join(number(line, line.points[-1][1]) for line in found.lines)
            day = said.day(found.records[-1].on, today)
            text = w.pressure(value=value, unit=t.units[found.lines[0].name], day=day)
        made.append((f"/portal/archive/trend/{measure}", t.what[measure], text))
    return made
