"""The only way into the portal: who may open which page, and what every form must carry.

Each handler is made with `page` or `action` (somebody is signed in and has agreed to the notice),
`early_page` or `early_action` (signed in, notice not yet read or archive not yet picked), or
`open_page` and `open_action` (nobody need be signed in); a handler made otherwise is shut. Whose
archive is open stands in the session and never in an address: an id in an address or a form is
looked up under that archive, and one of somebody else is answered like one of nobody.

Cookies are SameSite=Lax, so that a link in a message finds the session; forms carry its token. A
form sent after the session ran out is kept sealed and offered again after sign-in; what nobody
known sends is stored nowhere, and shown once more so that it can be copied.
"""

from collections.abc import Callable, Collection
from typing import Any, Final, cast

from litestar import Response, Router, get, post
from litestar.connection import ASGIConnection
from litestar.exceptions import HTTPException
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler

from resident_portal.frame import VISITOR, Page, Portal, visitor_or_none
from resident_portal.typed import recognised
from resident_portal.words import words
from server.actions.residents import drafts, visits
from server.actions.residents.rights import FamilyMayNot
from server.actions.residents.visits import RanOut, Unpicked, Visitor
from server.errors import NotAllowed, NotFound, NotYours, Refusal
from server.logs import note_of
from server.pages.pictures import sent_of
from server.pages.web import (
    CSRF,
    FORM_BYTES,
    AnyRequest,
    FormNotOurs,
    NotSignedIn,
    cookie,
    http_code,
    note_broken,
    posted,
    see,
)

COOKIE: Final = "gongwei_portal"
WHO: Final = "who"  # key of a handler's opt
SIGNED, EARLY, OPEN = "signed", "early", "open"
OWN_CSRF: Final = "own_csrf"  # the handler reads an upload itself and checks the token first
RAN_OUT: Final = "gongwei_portal_ran_out"
NOBODY: Final = "gongwei_portal_nobody"
UNPICKED: Final = "gongwei_portal_unpicked"
SIGN_IN: Final = "/portal/sign-in"
PICK: Final = "/portal/pick"
NOTICE: Final = "/portal/notice"

Connection = ASGIConnection[Any, Any, Any, Any]
Made = Callable[..., HTTPRouteHandler]


class NotNoticed(Refusal):
    """The notice comes first; nothing is shown before it was agreed to."""

    code = "not_noticed"
    status = 403
    say = "请先看一遍使用说明，同意以后再看档案。"
    hint = "GET /portal/notice, then POST it."


SAID: Final = frozenset({
    "not_noticed", "not_signed_in", "form_not_ours", "form_too_large", "family_may_not",
    "phone_too_fresh", "archive_shut", "bad_picture", "too_many_tries",
})  # fmt: skip
"""Refusals whose own sentence is for residents; of the others the portal has words of its own."""

PERSONAL: Final = frozenset({"consent", "switch", "helped", "looked"})
"""Page groups that are about the person and not the archive: of the family only for whoever acts
for the resident or was given the archive, whatever page of them is asked for.
"""
BESIDE: Final = "beside"


def _signed(path: str) -> dict[str, Any]:
    return {WHO: SIGNED, BESIDE: path.split("/")[1] in PERSONAL}


def page(path: str) -> Made:
    """GET of a page for somebody signed in."""
    return get(f"/portal{path}", opt=_signed(path))


def action(path: str, *, most: int = FORM_BYTES, own_csrf: bool = False) -> Made:
    """POST of a form by somebody signed in. Done, it leads on with `see`."""
    return post(
        f"/portal{path}", status_code=200, request_max_body_size=most,
        opt={**_signed(path), OWN_CSRF: own_csrf},
    )  # fmt: skip


def early_page(path: str) -> Made:
    """GET of what comes between sign-in and the archive: picking, the notice, signing out."""
    return get(f"/portal{path}", opt={WHO: EARLY})


def early_action(path: str) -> Made:
    return post(f"/portal{path}", status_code=200, request_max_body_size=FORM_BYTES,
                opt={WHO: EARLY})  # fmt: skip


def open_page(path: str) -> Made:
    """GET of a page for people who are not signed in."""
    return get(f"/portal{path}", opt={WHO: OPEN})


def open_action(path: str) -> Made:
    return post(f"/portal{path}", status_code=200, request_max_body_size=FORM_BYTES,
                opt={WHO: OPEN})  # fmt: skip


def router(portal: Portal, handlers: Collection[HTTPRouteHandler]) -> Router:
    """All pages behind the guard."""

    async def guard(connection: Connection, handler: BaseRouteHandler) -> None:
        who = handler.opt.get(WHO)
        if who not in (SIGNED, EARLY, OPEN):
            raise NotAllowed("handler")
        scope: dict[str, Any] = cast("Any", connection.scope)
        found = await visits.found(portal.site, connection.cookies.get(COOKIE, ""))
        if isinstance(found, Visitor):
            scope[VISITOR] = found
        if isinstance(found, Unpicked):
            scope[UNPICKED] = found
        if who != OPEN:
            _may_enter(found, who, scope)
        if isinstance(found, Visitor) and handler.opt.get(BESIDE) and not found.beside:
            raise FamilyMayNot("beside")

    async def before(request: AnyRequest) -> Response[Any] | None:
        opt = request.route_handler.opt
        if request.method != "POST" or opt.get(WHO) == OPEN:
            return None
        ran_out: RanOut | None = request.scope.get(RAN_OUT)  # type: ignore[assignment]
        if ran_out is not None:
            return await _keep(portal, request, ran_out)
        if NOBODY in request.scope:
            return await _nobody(portal, request)
        if not opt.get(OWN_CSRF):
            typed = await posted(request)
            check_csrf(request, (typed.get(CSRF) or [""])[0])
        return None

    def refused(request: AnyRequest, refusal: Refusal) -> Response[Any]:
        return on_refusal(portal, request, refusal)

    def turned_away(request: AnyRequest, error: HTTPException) -> Response[Any]:
        return on_http_error(portal, request, error)

    def broke(request: AnyRequest, error: Exception) -> Response[Any]:
        return on_fault(portal, request, error)

    return Router(
        path="/", route_handlers=list(handlers), guards=[guard], before_request=before,
        exception_handlers={Refusal: refused, HTTPException: turned_away, Exception: broke},
    )  # fmt: skip


def _may_enter(found: visits.Found, who: str, scope: dict[str, Any]) -> None:
    """Raises NotSignedIn or NotNoticed; a late form is left for `before` to keep, and one of nobody
    to show.
    """
    if isinstance(found, RanOut) and scope["method"] == "POST":
        scope[RAN_OUT] = found
    elif isinstance(found, Unpicked):
        if who != EARLY:
            raise NotSignedIn("pick")
    elif found is None and scope["method"] == "POST":
        scope[NOBODY] = True
    elif not isinstance(found, Visitor):
        ran_out = isinstance(found, RanOut) and not found.left
        raise NotSignedIn("idle" if ran_out else "first")
    elif who == SIGNED and not found.noticed:
        raise NotNoticed


def unpicked_of(request: AnyRequest) -> Unpicked | None:
    """Somebody whose telephone serves several archives and who has not picked one yet."""
    found: Unpicked | None = request.scope.get(UNPICKED)  # type: ignore[assignment]
    return found


def check_csrf(request: AnyRequest, token: str) -> None:
    """Raises FormNotOurs unless the form carries a token of this session."""
    visitor, unpicked = visitor_or_none(request), unpicked_of(request)
    signed = visitor or unpicked
    if signed is None or not visits.is_form_token(signed.token, token):
        raise FormNotOurs


async def _keep(portal: Portal, request: AnyRequest, ran_out: RanOut) -> Response[Any]:
    """What somebody sent after the session had run out: kept for them, then sign-in. A button
    alone, with nothing typed or chosen, is no loss: signing out late ends in signing in.
    """
    why = "ran_out"
    typed = await _texts(request)
    token = (typed.pop(CSRF, None) or [""])[0]
    if not typed:
        return see(f"{SIGN_IN}?why={'first' if ran_out.left else 'idle'}")
    if visits.is_form_token(request.cookies.get(COOKIE, ""), token):
        who, whose, path = ran_out.person, ran_out.resident, request.url.path
        if await drafts.keep(portal.site, who, whose, path, typed):
            why = "kept_left" if ran_out.left else "kept"
    return see(f"{SIGN_IN}?why={why}")


async def _texts(request: AnyRequest) -> dict[str, list[str]]:
    """What was typed into a form, with pictures or without; the pictures are not kept."""
    if request.route_handler.opt.get(OWN_CSRF):
        return dict((await sent_of(request)).texts)
    return await posted(request)


async def _nobody(portal: Portal, request: AnyRequest) -> Response[Any]:
    """A form without a session: the way to sign-in, and the words that were in it. Nothing is
    stored, and nothing is shown that another site sent.
    """
    note_of(request.scope).verdict = NotSignedIn.code
    ours = request.headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")
    typed = await _texts(request) if ours else {}
    typed.pop(CSRF, None)
    w = words("kept")
    shown = Page("typed.html.j2", "kept", w.nobody_title)
    return portal.page(request, shown, status=NotSignedIn.status, typed=recognised(typed))


# What people see when it does not work.


def on_refusal(portal: Portal, request: AnyRequest, refusal: Refusal) -> Response[Any]:
    note_of(request.scope).verdict = refusal.code
    if isinstance(refusal, NotSignedIn) and request.method == "GET":
        if refusal.detail == "pick":
            return see(PICK)
        plain = request.url.path == "/portal/" and refusal.detail != "idle"
        return see(SIGN_IN if plain else f"{SIGN_IN}?why={refusal.detail}")
    if isinstance(refusal, NotNoticed) and request.method == "GET":
        return see(NOTICE)
    if isinstance(refusal, (NotYours, NotFound)):  # of somebody else, or of nobody: one answer
        return _sorry(portal, request, words("ui").sorry.no_such_page, "no_such_page", 404)
    say = refusal.say if refusal.code in SAID else words("ui").sorry.otherwise
    say = words("ui").sorry.get(refusal.code) or say
    return _sorry(portal, request, say, refusal.code, refusal.status)


def on_http_error(portal: Portal, request: AnyRequest, error: HTTPException) -> Response[Any]:
    if error.status_code >= 500:
        return on_fault(portal, request, error)
    named = http_code(error)
    note_of(request.scope).verdict = named
    return _sorry(portal, request, words("ui").sorry[named], named, error.status_code)


def on_fault(portal: Portal, request: AnyRequest, error: Exception) -> Response[Any]:
    note_broken(request, error)
    return _sorry(portal, request, words("ui").sorry.broken, "broken", 500)


def _sorry(portal: Portal, request: AnyRequest, say: str, code: str, status: int) -> Response[Any]:
    """A page that says what happened and what to do next."""
    shown = Page("sorry.html.j2", "ui", say)
    return portal.page(
        request, shown, status=status, say=say, code=code, request_id=note_of(request.scope).id
    )


def session_cookie(request: AnyRequest, token: str) -> dict[str, str]:
    """The header that gives the browser its session; "" takes it away."""
    return cookie(request, COOKIE, token, path="/portal", same_site="Lax")
