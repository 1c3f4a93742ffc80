"""A special case before the county: history, ground, evidence; allow it or refuse it with a
reason. The facility that is left has no say.
"""

from typing import Any

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from server.actions.archives.decision_notes import MOST
from server.actions.places import cases
from server.console.door import action, page
from server.console.frame import Console, Key, Page, signed_of
from server.console.home import id_of
from server.console.switching import history_rows
from server.console.words import words
from server.errors import RuleSaysNo
from server.pages import times, values
from server.pages.forms import EMPTY, Filled
from server.pages.web import posted, see
from server.records.values import Fault, FaultCode
from server.rules.accounts import StaffRole

AnyRequest = Request[Any, Any, Any]


def handlers(console: Console) -> list[HTTPRouteHandler]:
    @page("/case/{case:str}", roles={StaffRole.COUNTY})
    async def show(request: AnyRequest, case: FromPath[str]) -> Response[Any]:
        return await _draw(console, request, case, EMPTY)

    @action("/case/{case:str}", roles={StaffRole.COUNTY})
    async def decide(request: AnyRequest, case: FromPath[str]) -> Response[Any]:
        typed, w = await posted(request), words("case")
        text = "\n".join(typed.get("text", ())).replace("\r\n", "\n").strip()
        allow = (typed.get("way") or [""])[0] == "allow"
        fault = None
        if not allow and not text:
            fault = Fault("text", FaultCode.MISSING, w.reason_missing)
        elif len(text) > MOST:
            fault = Fault("text", FaultCode.OUT_OF_RANGE, w.text_long(most=MOST))
        else:
            try:
                await cases.decide(
                    console.site, signed_of(request), id_of(case), allow=allow, text=text
                )
            except RuleSaysNo as no:
                said = w.no.get(no.detail, w.no.otherwise)
                fault = Fault("text", FaultCode.CONTRADICTION, said)
        if fault is not None:
            return await _draw(console, request, case, Filled(typed, {}, (fault,)))
        return see(f"/console/case/{case}")

    return [show, decide]


async def _draw(console: Console, request: AnyRequest, case: str, filled: Filled) -> Response[Any]:
    w = words("case")
    found = await cases.case(console.site, signed_of(request), id_of(case), w.reason)
    now, card = console.site.clock(), found.standing.card
    today, ui = times.civil(now).date(), words("ui")["keys"]
    open_ = found.state == "asked"
    keys = (Key("A", w.allow), Key("D", w.refuse), Key("Esc", ui.back)) if open_ else ()
    place = words("switch").place(facility=found.facility, team=found.team)
    return await console.page(
        request, Page("case.html.j2", "case", w.title, here="special", keys=keys),
        status=422 if filled.faults else 200, found=found, case=case, card=card, open=open_,
        person=values.person_line(card, today), filled=filled, place=place,
        left=times.left(found.due_at, now) if open_ else None, allergy_text="",
        due=times.long_day(times.civil(found.due_at).date()),
        history=history_rows(found.standing),
        free=times.long_date(found.standing.free_from) if found.standing.free_from else "",
        asked=times.moment_text(found.asked_at, now_ms=now),
        decided=times.moment_text(found.decided_at, now_ms=now) if found.decided_at else "",
    )  # fmt: skip
