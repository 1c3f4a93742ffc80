"""这次不该看: what residents report of a look. The facility explains, the county decides; and the
desk's twin, for a resident who stands there.
"""

from functools import partial
from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from server.actions.residents import looked, presence, reports
from server.actions.residents.looked import Whose
from server.actions.residents.reports import IMPROPER, PROPER
from server.console.door import action, page
from server.console.frame import Console, Key, Page, signed_of
from server.console.home import id_of
from server.console.life import person
from server.console.words import words
from server.errors import NotFound, NotYours, RuleSaysNo
from server.pages import times
from server.pages.forms import EMPTY, Filled
from server.pages.web import AnyRequest, posted, see
from server.records.values import Fault, FaultCode
from server.rules.accounts import FACILITY_ROLES, StaffRole

ANSWERS = frozenset({StaffRole.MANAGER, StaffRole.COUNTY})


def handlers(console: Console) -> list[HTTPRouteHandler]:
    return [*_answers(console), *_twin(console)]


def _answers(console: Console) -> list[HTTPRouteHandler]:
    w = words("report")

    async def draw(request: AnyRequest, name: str, filled: Filled) -> Response[Any]:
        signed, now = signed_of(request), console.site.clock()
        found = await reports.report_for(console.site, signed, id_of(name))
        county = signed.role is StaffRole.COUNTY
        own = county and found.reader == signed.staff
        mine = found.state == "open" and not own and (county or not found.explained)
        due = found.due_at if county else found.explain_by
        keys = (Key("A", w.proper), Key("D", w.improper)) if county else (Key("A", w.explain),)
        return await console.page(
            request,
            Page("report.html.j2", "report", w.title, "reviews" if county else "reports",
                 keys if mine else ()),
            status=422 if filled.faults else 200, found=found, report=name, county=county,
            mine=mine, own=own, filled=filled, left=times.left(due, now),
            when=partial(times.moment_text, now_ms=now),
        )  # fmt: skip

    @page("/report/{report:str}", roles=ANSWERS)
    async def show(request: AnyRequest, report: FromPath[str]) -> Response[Any]:
        return await draw(request, report, EMPTY)

    @action("/report/{report:str}", roles=ANSWERS)
    async def answer(request: AnyRequest, report: FromPath[str]) -> Response[Any]:
        signed, typed, name = signed_of(request), await posted(request), id_of(report)
        text, way = (typed.get("text") or [""])[0], (typed.get("way") or [""])[0]
        try:
            if signed.role is StaffRole.COUNTY:
                if way not in (PROPER, IMPROPER):
                    raise NotYours
                await reports.decide(console.site, signed, name, text, proper=way == PROPER)
            else:
                await reports.explain(console.site, signed, name, text)
        except RuleSaysNo as no:
            say = w.words_missing if no.detail == "words" else w.no[no.detail]
            missing = Fault("text", FaultCode.MISSING, say)
            return await draw(request, report, Filled(typed, {}, (missing,)))
        return see(f"/console/report/{report}")

    return [show, answer]


def _twin(console: Console) -> list[HTTPRouteHandler]:
    w = words("report")

    async def draw(request: AnyRequest, resident: str, filled: Filled) -> Response[Any]:
        signed, who, site = signed_of(request), id_of(resident), console.site
        try:
            acting = await site.store.read(
                partial(presence.acting_in, site=site, signed=signed, resident=who, person=who)
            )
        except RuleSaysNo:
            return see(f"/console/archives/{resident}/for")
        found = await looked.looks(site, acting, Whose.PEOPLE, None)
        return await console.page(
            request, Page("report_for.html.j2", "report", w.for_title, "people"),
            status=422 if filled.faults else 200, found=found, id=resident, filled=filled,
            when=partial(times.moment_text, now_ms=site.clock()), **await person(console, who),
        )  # fmt: skip

    @page("/archives/{resident:str}/for/looked", roles=FACILITY_ROLES)
    async def show(request: AnyRequest, resident: FromPath[str]) -> Response[Any]:
        return await draw(request, resident, EMPTY)

    @action("/archives/{resident:str}/for/looked", roles=FACILITY_ROLES)
    async def send(request: AnyRequest, resident: FromPath[str]) -> Response[Any]:
        signed, who, site = signed_of(request), id_of(resident), console.site
        typed = await posted(request)
        entry, text = ((typed.get(each) or [""])[0] for each in ("entry", "text"))
        try:
            acting = await site.store.read(
                partial(presence.acting_in, site=site, signed=signed, resident=who, person=who)
            )
            await reports.report(site, acting, id_of(entry), text)
        except NotFound:
            raise NotYours from None
        except RuleSaysNo as no:
            said = Fault("text", FaultCode.MISSING, w.no.get(no.detail, w.words_missing))
            return await draw(request, resident, Filled(typed, {}, (said,)))
        return see(f"/console/archives/{resident}/for/looked")

    return [show, send]
