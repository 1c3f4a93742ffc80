"""谁看过我的档案: the log by day, who could look now, which tablets hold a copy, a row's proof, and
saying that a look was not proper.
"""

import json
from collections.abc import Sequence
from itertools import groupby
from typing import Any, Final

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from resident_portal import said
from resident_portal.door import action, page
from resident_portal.frame import Page, Portal, visitor_of
from resident_portal.home_parts import PARTS, Place, Section
from resident_portal.ids import id_of
from resident_portal.words import words
from server.actions.residents import could, inclusion, looked, reports
from server.actions.residents.inclusion import Proof
from server.actions.residents.looked import Look, Shown, Whose
from server.actions.residents.visits import Visitor
from server.errors import NotYours, RuleSaysNo
from server.pages import times
from server.pages.forms import EMPTY, Filled
from server.pages.web import HEADERS, AnyRequest, posted, see
from server.records.values import Fault, FaultCode

HERE: Final = "/portal/looked"
TABS: Final = (Whose.PEOPLE, Whose.AUTOMATIC, Whose.FAMILY, Whose.LISTS)


def handlers(portal: Portal) -> list[HTTPRouteHandler]:
    return [*_reading(portal), *_reporting(portal)]


def _reading(portal: Portal) -> list[HTTPRouteHandler]:
    w = words("looked")

    @page("/looked")
    async def show(request: AnyRequest) -> Response[Any]:
        asked = request.query_params
        whose = _whose(asked.get("who", ""))
        before = _number(asked.get("before", ""))
        found = await looked.looks(portal.site, visitor_of(request).acting, whose, before)
        now = portal.site.clock()
        return portal.page(
            request, Page("looked.html.j2", "looked", w.title, back="/portal/"), found=found,
            whose=whose, tabs=TABS, days=_by_day(found.rows, now), shown=_by_day(found.shown, now),
            first=before is None,
        )  # fmt: skip

    @page("/looked/could")
    async def could_see(request: AnyRequest) -> Response[Any]:
        visitor = visitor_of(request)
        found = await could.could(portal.site, visitor.acting)
        shown = Page("looked_could.html.j2", "looked", w.could_title, back=HERE)
        return portal.page(request, shown, found=found)

    @page("/looked/copies")
    async def copies(request: AnyRequest) -> Response[Any]:
        found = await could.copies(portal.site, visitor_of(request).acting)
        held = [each for each in found if each.state != "purged"]
        shown = Page("looked_copies.html.j2", "looked", w.copies_title, back=HERE)
        return portal.page(request, shown, copies=found, held=held)

    @page("/looked/{entry:str}/proof")
    async def proof(request: AnyRequest, entry: FromPath[str]) -> Response[Any]:
        look, found = await inclusion.proof(portal.site, visitor_of(request).acting, id_of(entry))
        shown = Page("looked_proof.html.j2", "looked", w.proof_title, back=HERE)
        ready = found if isinstance(found, Proof) else None
        return portal.page(request, shown, look=look, proof=ready, entry=entry)

    @page("/looked/{entry:str}/proof.json")
    async def proof_file(request: AnyRequest, entry: FromPath[str]) -> Response[Any]:
        _, found = await inclusion.proof(portal.site, visitor_of(request).acting, id_of(entry))
        if not isinstance(found, Proof):
            raise NotYours
        raw = json.dumps(found.as_json(), indent=1).encode()
        name = f'attachment; filename="proof-{found.number}.json"'
        headers = {**HEADERS, "content-disposition": name}
        return Response(raw, media_type="application/json", headers=headers)

    return [show, could_see, copies, proof, proof_file]


def _reporting(portal: Portal) -> list[HTTPRouteHandler]:
    w = words("looked")

    async def sheet(request: AnyRequest, entry: str, filled: Filled) -> Response[Any]:
        acting, name = visitor_of(request).acting, id_of(entry)
        there = await reports.about(portal.site, acting, name)
        found = await portal.site.store.read(lambda tx: looked.look(tx, portal.site, acting, name))
        if found is None:
            raise NotYours
        shown = Page("looked_report.html.j2", "looked", w.report_title, back=HERE)
        return portal.page(
            request, shown, status=422 if filled.faults else 200, look=found[0], report=there,
            filled=filled, entry=entry,
        )  # fmt: skip

    @page("/looked/{entry:str}/report")
    async def ask(request: AnyRequest, entry: FromPath[str]) -> Response[Any]:
        return await sheet(request, entry, EMPTY)

    @action("/looked/{entry:str}/report")
    async def send(request: AnyRequest, entry: FromPath[str]) -> Response[Any]:
        typed = await posted(request)
        text = (typed.get("words") or [""])[0].replace("\r\n", "\n").strip()
        fault = ""
        if len(text) > reports.WORDS_MAX:
            fault = w.words_long(most=reports.WORDS_MAX)
        else:
            try:
                await reports.report(portal.site, visitor_of(request).acting, id_of(entry), text)
            except RuleSaysNo as no:
                fault = w.no.get(no.detail, no.say)
        if fault:
            wrong = Fault("words", FaultCode.MISSING, fault)
            return await sheet(request, entry, Filled(typed, {}, (wrong,)))
        return see(f"{HERE}/{entry}/report")

    return [ask, send]


def _whose(text: str) -> Whose:
    try:
        return Whose(text)
    except ValueError:
        return Whose.PEOPLE


def _number(text: str) -> int | None:
    """An instant out of an address; None for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 15 else None


def _by_day(
    rows: Sequence[Look] | Sequence[Shown], now: int
) -> list[tuple[str, list[Look | Shown]]]:
    """Rows under the day on which they happened, newest first."""
    today = times.civil(now).date()
    return [
        (said.weekday(day, today), list(some))
        for day, some in groupby(rows, key=lambda each: times.civil(each.at).date())
    ]


async def on_home(portal: Portal, visitor: Visitor) -> Sequence[Section]:
    """最近谁看过我的档案: the newest row, and the way to all of them."""
    found = await looked.newest(portal.site, visitor.acting)
    return (
        [Section(Place.LATER, "looked_newest.html.j2", "looked", found)]
        if found is not None
        else []
    )


PARTS.append(on_home)
