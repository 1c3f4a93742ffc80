"""Sign-in with two factors, and what somebody had typed when the last session ran out."""

import re
from collections.abc import Sequence
from typing import Any, Final

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from server.actions.accounts import account_sign_in, drafts
from server.actions.accounts.account_sign_in import In, Shut
from server.actions.accounts.sessions import Signed
from server.console.door import COOKIE, action, open_action, open_page, page, session_cookie
from server.console.frame import Console, Page, signed_of
from server.console.words import words
from server.errors import NotFound
from server.pages import forms, times
from server.pages.forms import Filled
from server.pages.web import HEADERS, FormNotOurs, posted, see
from server.records.values import Fault, FaultCode
from server.rules.accounts import EVERYBODY

HOME: Final = "/console/"
KEPT: Final = "/console/kept"
_WHY: Final = frozenset({"first", "left", "ran_out", "kept", "idle"})
_NEEDED: Final = ("login", "password", "code")
_LONGEST: Final = {"login": 64, "password": 512, "code": 16}
_SHOWN: Final = 12  # of what was typed, on the page that offers it again
_TELLING: Final = 4  # shorter values are codes of answers

AnyRequest = Request[Any, Any, Any]


def handlers(console: Console) -> list[HTTPRouteHandler]:
    w = words("sign_in")
    sheet = Page("sign_in.html.j2", "sign_in", w.title)

    def draw(filled: Filled, why: str = "", *, status: int = 200) -> Response[str]:
        return console.draw(sheet, status=status, filled=filled, why=why)

    @open_page("/sign-in")
    async def form(request: AnyRequest) -> Response[str]:
        why = request.query_params.get("why", "")
        return draw(forms.EMPTY, why if why in _WHY else "")

    @open_action("/sign-in")
    async def come_in(request: AnyRequest) -> Response[Any]:
        from_here(request)
        typed = await posted(request)
        values = {name: (typed.get(name) or [""])[0] for name in _NEEDED}
        again = Filled({"login": [values["login"][:64]]})
        missing = [name for name in _NEEDED if not values[name].strip()]
        if missing:
            faults = [_fault(name, w.needs(what=w[name])) for name in missing]
            return draw(again.but(*faults), status=422)
        if any(len(values[name]) > most for name, most in _LONGEST.items()):
            return draw(again.but(_fault("", w.wrong)), status=422)
        answer = await account_sign_in.sign_in(
            console.site, **values, address=address_of(request),
            old=request.cookies.get(COOKIE, ""),
        )  # fmt: skip
        if isinstance(answer, In):
            return await _let_in(console, request, answer)
        if isinstance(answer, Shut):
            until = times.moment_text(answer.until, now_ms=console.site.clock())
            return draw(again.but(_fault("", w.shut(until=until))), status=422)
        return draw(again.but(_fault("", w.wrong)), status=422)

    return [form, come_in, *_kept(console)]


async def _let_in(console: Console, request: AnyRequest, done: In) -> Response[str]:
    waiting = await drafts.newest(console.site, done.staff)
    to = KEPT if waiting is not None and ours(waiting[1]) else HOME
    return with_session(request, done.token, to)


def with_session(request: AnyRequest, token: str, to: str) -> Response[str]:
    """On to a page (303) with a fresh session in the cookie."""
    lead = {"location": to, **session_cookie(request, token)}
    return Response("", status_code=303, headers={**HEADERS, **lead})


def address_of(request: AnyRequest) -> str:
    """Who asks, for the pace of wrong tries; behind a proxy as it says (FORWARDED_ALLOW_IPS)."""
    return request.client.host if request.client is not None else "?"


def from_here(request: AnyRequest) -> None:
    """Raises FormNotOurs for a form that another site's page sent: before sign-in there is no
    session whose token it could carry. Browsers say so themselves (Fetch Metadata).
    """
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise FormNotOurs


def _fault(name: str, sentence: str) -> Fault:
    return Fault(name, FaultCode.MISSING, sentence)


# What was typed when the session ran out.


def ours(path: str) -> bool:
    """Whether a kept form goes to a page of the console and nowhere else."""
    return re.fullmatch(r"/console/[a-z0-9/_-]+", path) is not None


def shown_of(typed: drafts.Typed) -> Sequence[str]:
    """What of a kept form its writer recognises."""
    every = [text for texts in typed.values() for text in texts]
    return [text for text in every if len(text) >= _TELLING or not text.isascii()][:_SHOWN]


def _kept(console: Console) -> list[HTTPRouteHandler]:
    w = words("sign_in")
    sheet = Page("kept.html.j2", "sign_in", w.kept.title)

    async def mine(signed: Signed) -> tuple[bytes, str, drafts.Typed] | None:
        found = await drafts.newest(console.site, signed.staff)
        return found if found is not None and ours(found[1]) else None

    @page("/kept", roles=EVERYBODY)
    async def offer(request: AnyRequest) -> Response[Any]:
        signed = signed_of(request)
        found = await mine(signed)
        if found is None:
            return see(HOME)
        draft, _, typed = found
        return await console.page(
            request, sheet, draft=draft.hex(), typed=typed, shown=shown_of(typed)
        )

    @action("/kept/{draft:str}/send", roles=EVERYBODY)
    async def send(request: AnyRequest, draft: FromPath[str]) -> Response[Any]:
        """The browser sends the same form on (307) with this session's token in it."""
        signed = signed_of(request)
        found = await mine(signed)
        if found is None or found[0].hex() != draft:
            raise NotFound("draft")
        await drafts.drop(console.site, signed.staff, found[0])
        return Response("", status_code=307, headers={**HEADERS, "location": found[1]})

    @action("/kept/{draft:str}/drop", roles=EVERYBODY)
    async def drop(request: AnyRequest, draft: FromPath[str]) -> Response[Any]:
        signed = signed_of(request)
        found = await mine(signed)
        if found is None or found[0].hex() != draft:
            raise NotFound("draft")
        await drafts.drop(console.site, signed.staff, found[0])
        return see(HOME)

    return [offer, send, drop]
