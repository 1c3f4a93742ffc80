"""Sign-in: the number of a document, then a code that was sent to the bound telephone. The pages
are the same whoever the number belongs to.
"""

from datetime import date
from typing import Any, Final

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from resident_portal import checkup_card, said
from resident_portal.before import TRYING, browser_of, draw, give, is_ours, let_in
from resident_portal.door import COOKIE, PICK, SIGN_IN, early_action, open_action, open_page
from resident_portal.frame import Page, Portal, visitor_or_none
from resident_portal.kept import next_page
from resident_portal.words import words
from server.actions.residents import sign_in, visits
from server.actions.residents.codes import WrongDigits
from server.actions.residents.sign_in import In, Later
from server.pages.forms import EMPTY, Filled
from server.pages.web import AnyRequest, posted, see
from server.records.model import Field, Kind, Shape, Text
from server.records.values import Fault, FaultCode
from server.rules import sign_in as rule

CODE: Final = f"{SIGN_IN}/code"
EVER: Final = date(2026, 1, 1)
_WHY: Final = frozenset({
    "first", "left", "everywhere", "ran_out", "kept", "kept_left", "idle", "phone", "over",
    "put_away",
})  # fmt: skip


def handlers(portal: Portal) -> list[HTTPRouteHandler]:
    return [*_number(portal), *_code(portal), *_out(portal)]


def kind() -> Kind:
    """The two fields of sign-in."""
    w = words("sign_in").fields
    fields = (
        Field("number", w.number, Text(1, 40), required=True),
        Field("code", w.code, Text(1, 12), required=True),
    )
    return Kind("sign_in", words("sign_in").title, 1, EVER, Shape.EVENT, fields)


def _number(portal: Portal) -> list[HTTPRouteHandler]:
    w = words("sign_in")

    def page(
        request: AnyRequest, filled: Filled, why: str = "", status: int = 200
    ) -> Response[bytes]:
        shown = Page("sign_in.html.j2", "sign_in", w.title)
        return draw(
            portal, request, shown, status=status, filled=filled, why=why, each=kind().fields[0]
        )

    @open_page("/sign-in")
    async def form(request: AnyRequest) -> Response[Any]:
        why = request.query_params.get("why", "")
        if visitor_or_none(request) is not None:
            return see("/portal/")
        return page(request, EMPTY, why if why in _WHY else "")

    @open_action("/sign-in")
    async def ask(request: AnyRequest) -> Response[Any]:
        typed = await posted(request)
        filled = Filled({"number": [(typed.get("number") or [""])[0][:40]]})
        if not is_ours(request, typed):
            return page(request, filled.but(_fault("number", w.again)), status=422)
        number = rule.document(filled.text("number"))
        if isinstance(number, rule.Wrong):
            return page(request, filled.but(_fault("number", _not_one(filled, number))), status=422)
        return await _send(portal, request, number.text, typed.get("by") == ["voice"], page, filled)

    @open_action("/sign-in/again")
    async def again(request: AnyRequest) -> Response[Any]:
        """Another code for the number that was typed before."""
        typed = await posted(request)
        number = await sign_in.asked_for(portal.site, browser_of(request))
        if number is None or not is_ours(request, typed):
            return see(f"{SIGN_IN}?why=over")
        return await _send(portal, request, number, typed.get("by") == ["voice"], page, EMPTY)

    return [form, ask, again]


async def _send(
    portal: Portal, request: AnyRequest, number: str, spoken: bool, page: Any, filled: Filled
) -> Response[Any]:
    done = await sign_in.ask(portal.site, browser_of(request), number, spoken=spoken)
    if isinstance(done, Later):
        said_ = _later(portal, done)
        return page(request, filled.but(_fault("number", said_)), status=429)
    answer = see(f"{CODE}?by=voice" if spoken else CODE)
    give(request, answer, TRYING, done.token)
    return answer


def _code(portal: Portal) -> list[HTTPRouteHandler]:
    w = words("sign_in")

    async def page(request: AnyRequest, fault: str = "", status: int = 200) -> Response[Any]:
        number = await sign_in.asked_for(portal.site, browser_of(request))
        if number is None:
            return see(f"{SIGN_IN}?why=over")
        shown = Page("sign_in_code.html.j2", "sign_in", w.code_title, back=SIGN_IN)
        filled = EMPTY.but(_fault("code", fault)) if fault else EMPTY
        return draw(
            portal, request, shown, status=status, filled=filled, each=kind().fields[1],
            tail=number[-4:], voice=request.query_params.get("by") == "voice",
            minutes=rule.CODE_MINUTES, hour=rule.STRANGER_CODES_HOUR,
        )  # fmt: skip

    @open_page("/sign-in/code")
    async def form(request: AnyRequest) -> Response[Any]:
        return await page(request)

    @open_action("/sign-in/code")
    async def come_in(request: AnyRequest) -> Response[Any]:
        typed = await posted(request)
        digits = "".join((typed.get("code") or [""])[0].split())[:12]
        if not is_ours(request, typed):
            return await page(request, w.again, 422)
        if not digits:
            return await page(request, w.needs_code, 422)
        done = await sign_in.come_in(portal.site, browser_of(request), digits)
        if isinstance(done, In):
            to = PICK if done.person is None else await next_page(portal.site, done.person)
            return let_in(request, done, to)
        if isinstance(done, Later):
            return await page(request, _later(portal, done), 429)
        if isinstance(done, WrongDigits):
            return await page(request, w.wrong(n=done.left), 422)
        return await page(request, w.code_over, 422)

    return [form, come_in]


def _out(portal: Portal) -> list[HTTPRouteHandler]:
    @early_action("/sign-out")
    async def out(request: AnyRequest) -> Response[Any]:
        await visits.end(portal.site, visits.name_of(request.cookies.get(COOKIE, "")))
        answer = see(f"{SIGN_IN}?why=left")
        give(request, answer, COOKIE, "")
        checkup_card.forget(request, answer)
        return answer

    return [out]


def _not_one(filled: Filled, why: rule.Wrong) -> str:
    """What is wrong with the number, without saying anything about anybody."""
    w = words("sign_in").number
    typed = filled.text("number").strip()
    return w[why](n=len("".join(typed.split()))) if why is rule.Wrong.LENGTH else w[why]


def _later(portal: Portal, done: Later) -> str:
    w = words("sign_in")
    when = said.moment(done.until, portal.site.clock())
    return (w.later_here if done.whole else w.later)(when=when)


def _fault(name: str, sentence: str) -> Fault:
    return Fault(name, FaultCode.MISSING, sentence)
