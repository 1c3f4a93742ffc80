"""特殊情形: a switch before the year is over, put before the county with what proves it; its page
shows where it stands and the county's own words. The facility that would be left has no part in it.
"""

from dataclasses import replace
from datetime import date
from typing import Any, Final

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from resident_portal import said
from resident_portal.door import action, page
from resident_portal.frame import Page, Portal, visitor_of
from resident_portal.ids import id_of
from resident_portal.switch import HOME, chosen, place_of, team_codes, why_not
from resident_portal.words import words
from server.actions.archives.desk import fresh_id
from server.actions.places.cases import CaseShown, Claim, special_grounds
from server.actions.residents import facility_choice
from server.actions.residents.facility_choice import Choice
from server.errors import NotYours, RuleSaysNo
from server.pages import times
from server.pages.forms import EMPTY, Filled, read_form
from server.pages.web import AnyRequest, posted, see
from server.records.model import Code, Field, Kind, Shape, Text
from server.records.values import Fault, FaultCode

FIRST: Final = date(2026, 1, 1)
EVIDENCE: Final = Text(4, 500)


def handlers(portal: Portal) -> list[HTTPRouteHandler]:
    @page("/switch/to/{facility:str}/special")
    async def form(request: AnyRequest, facility: FromPath[str]) -> Response[Any]:
        found = await chosen(portal, request, facility)
        return _draw(portal, request, found, EMPTY)

    @action("/switch/to/{facility:str}/special")
    async def ask(request: AnyRequest, facility: FromPath[str]) -> Response[Any]:
        visitor, typed = visitor_of(request), await posted(request)
        name = id_of((typed.get("id") or [""])[0])
        if await facility_choice.sent_before(portal.site, visitor.resident, name):
            return see(f"{HOME}/case/{name.hex()}")
        found = await chosen(portal, request, facility)
        today = times.civil(portal.site.clock()).date()
        filled = read_form(_kind(portal, found), typed, today=today)
        if filled.hard:
            return _draw(portal, request, found, filled)
        claim = Claim(
            visitor.resident, id_of(filled.values["panel"]), filled.values["code"],
            filled.values["evidence"], id=name,
        )  # fmt: skip
        try:
            await facility_choice.ask_case(portal.site, visitor.acting, claim)
        except RuleSaysNo as no:
            fault = Fault("code", FaultCode.CONTRADICTION, why_not(no))
            return _draw(portal, request, found, filled.but(fault))
        return see(f"{HOME}/case/{name.hex()}")

    @page("/switch/case/{name:str}")
    async def case(request: AnyRequest, name: FromPath[str]) -> Response[Any]:
        return await _case(portal, request, name, "")

    @action("/switch/case/{name:str}/withdraw")
    async def withdraw(request: AnyRequest, name: FromPath[str]) -> Response[Any]:
        try:
            await facility_choice.withdraw_case(
                portal.site, visitor_of(request).acting, id_of(name)
            )
        except RuleSaysNo as no:
            return await _case(portal, request, name, why_not(no))
        return see(f"{HOME}/case/{name}")

    return [form, ask, case, withdraw]


def _kind(portal: Portal, found: Choice) -> Kind:
    w = words("switch").form
    return Kind(
        id="special_case", label=words("switch").special.title, version=1, valid_from=FIRST,
        shape=Shape.EVENT,
        fields=(
            Field("panel", w.panel, Code(team_codes(found)), required=True),
            Field("code", w.code, Code(dict(special_grounds(portal.site))), required=True),
            Field("evidence", w.evidence, EVIDENCE, required=True),
        ),
    )  # fmt: skip


def _draw(portal: Portal, request: AnyRequest, found: Choice, filled: Filled) -> Response[Any]:
    w, place = words("switch"), place_of(found)
    if not filled.typed and len(found.standing.teams) == 1:
        filled = replace(filled, typed={"panel": [found.standing.teams[0].panel.hex()]})
    back = f"{HOME}/to/{place.id.hex()}"
    return portal.page(
        request, Page("switch_special.html.j2", "switch", w.special.title, back=back),
        status=422 if filled.hard else 200, found=found, place=place, filled=filled,
        kind=_kind(portal, found), id=filled.text("id") or fresh_id(portal.site).hex(),
        days=portal.site.rules.special_case_due_days,
    )  # fmt: skip


async def _case(portal: Portal, request: AnyRequest, name: str, no: str) -> Response[Any]:
    w, visitor, now = words("switch"), visitor_of(request), portal.site.clock()
    found = await facility_choice.choice(portal.site, visitor.acting)
    one = next((each for each in found.cases if each.id == id_of(name)), None)
    if one is None:
        raise NotYours
    return portal.page(
        request, Page("switch_case.html.j2", "switch", w.special.title, back=HOME),
        status=409 if no else 200, case=one, no=no, found=found, marks=_marks(one, now),
        asked=said.day_of(one.asked_at, now),
        decided=said.day_of(one.decided_at, now) if one.decided_at else "",
        free=found.standing.free_from,
    )  # fmt: skip


def _marks(case: CaseShown, now: int) -> tuple[str, str]:
    """The sentence of where it stands: plain, marked."""
    w = words("switch").special
    return {
        "asked": (w.sent, w.sent_mark(day=said.day_of(case.due_at, now))),
        "allowed": (w.allowed, w.allowed_mark), "refused": (w.refused, w.refused_mark),
        "withdrawn": (w.withdrawn, w.withdrawn_mark), "undone": (w.undone, w.undone_mark),
    }[case.state]  # fmt: skip
