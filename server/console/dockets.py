"""换机构凭条 at a desk: the paper of a switch that was signed on a tablet is read, and where the
tablet has not come the switch is made from it, counted from its signing.
"""

from datetime import date
from typing import Any, Final

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from server.actions.residents import dockets
from server.actions.residents.dockets import Told
from server.console.door import action, page
from server.console.frame import Console, Page, signed_of
from server.console.words import words
from server.errors import Refusal, RuleSaysNo
from server.pages import times
from server.pages.forms import EMPTY, Filled
from server.pages.web import AnyRequest, posted
from server.records.model import Field, Text
from server.records.values import Fault, FaultCode
from server.rules import switch
from server.rules.accounts import FACILITY_ROLES, StaffRole

HERE: Final = "docket"
READERS: Final = FACILITY_ROLES | {StaffRole.COUNTY}
LONGEST: Final = 400


def handlers(console: Console) -> list[HTTPRouteHandler]:
    @page("/docket", roles=READERS)
    async def show(request: AnyRequest) -> Response[Any]:
        return await _draw(console, request, EMPTY)

    @action("/docket", roles=READERS)
    async def look(request: AnyRequest) -> Response[Any]:
        filled = Filled(await posted(request))
        try:
            told = await dockets.look(console.site, filled.text("docket")[:LONGEST])
        except RuleSaysNo as no:
            return await _draw(console, request, _fault(filled, no))
        return await _draw(console, request, filled, told)

    @action("/docket/made", roles=FACILITY_ROLES)
    async def make(request: AnyRequest) -> Response[Any]:
        filled = Filled(await posted(request))
        text = filled.text("docket")[:LONGEST]
        try:
            outcome = await dockets.make(console.site, signed_of(request), text)
        except Refusal as no:
            return await _draw(console, request, _fault(filled, no))
        told = await dockets.look(console.site, text)
        if isinstance(outcome, switch.Granted):
            return await _draw(console, request, filled, told, done=outcome.from_day)
        said = words("dockets").outcomes[type(outcome).__name__]
        fault = Fault("docket", FaultCode.CONTRADICTION, said)
        return await _draw(console, request, filled.but(fault), told)

    return [show, look, make]


def _fault(filled: Filled, no: Refusal) -> Filled:
    w = words("dockets")
    said = w.no.get(no.detail) or w.no.get(no.code) or no.say
    return filled.but(Fault("docket", FaultCode.CONTRADICTION, said))


async def _draw(
    console: Console, request: AnyRequest, filled: Filled, told: Told | None = None,
    *, done: date | None = None,
) -> Response[Any]:  # fmt: skip
    w, now = words("dockets"), console.site.clock()
    signed = signed_of(request)
    makes = (
        told is not None and told.docket is not None and not told.made
        and signed.role in FACILITY_ROLES
    )  # fmt: skip
    state = ""
    if told is not None:
        state = w.made.get(told.made) or w.states[told.state or "none"]
    return await console.page(
        request, Page("dockets.html.j2", "dockets", w.title, HERE), filled=filled,
        status=422 if filled.hard else 200, told=told, makes=makes and done is None, state=state,
        entry=Field("docket", w.entry, Text(1, LONGEST), required=True),
        signed_at=times.moment_text(told.signed_at, now_ms=now) if told else "",
        done=w.done(day=times.long_day(done)) if done else "",
    )  # fmt: skip
