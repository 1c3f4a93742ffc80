"""The only way into the console: who may open which page, and what every form must carry.

Each handler is made with `page` or `action`, which say the roles that may use it; a handler made
otherwise is shut for everybody (`guard` finds no roles and refuses). Place in the tree is asked of
the actions: an id of another facility is answered like one that does not exist.

Forms carry the session's token (CSRF), cookies are SameSite=Strict. A form that is sent after the
session ran out is kept sealed and offered again after sign-in, so nothing typed is lost.
"""

from collections.abc import Callable, Collection
from typing import Any, Final, cast

from litestar import Response, Router, get, post
from litestar.connection import ASGIConnection
from litestar.exceptions import HTTPException
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler

from crypto.primitives import same
from server.actions.accounts import drafts, sessions
from server.actions.accounts.sessions import RanOut, Signed
from server.console.frame import SIGNED, Console, Page, signed_or_none
from server.console.rail import rail_uncounted
from server.console.words import words
from server.errors import NotYours, Refusal
from server.logs import note_of
from server.pages.pictures import BODY_MOST, sent_of
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
from server.rules.accounts import StaffRole

COOKIE: Final = "gongwei_console"
ROLES: Final = "roles"  # key of a handler's opt: who may use it; OPEN for everybody
OPEN: Final = "open"
OWN_CSRF: Final = "own_csrf"  # the handler reads a large body itself and checks the token first
LOOKS: Final = "looks"  # a page that is only looked at: see sessions.looking
PICTURES: Final = "pictures"  # the form may carry pictures; the handler gets it with `sent_of`
RAN_OUT: Final = "gongwei_ran_out"
SIGN_IN: Final = "/console/sign-in"

Connection = ASGIConnection[Any, Any, Any, Any]


def page(path: str, *, roles: Collection[StaffRole]) -> Callable[..., HTTPRouteHandler]:
    """GET of a page that these roles may open."""
    return get(f"/console{path}", opt={ROLES: frozenset(roles)})


def look(path: str, *, roles: Collection[StaffRole]) -> Callable[..., HTTPRouteHandler]:
    """GET of what a page that hangs in a hall asks for by itself."""
    return get(f"/console{path}", opt={ROLES: frozenset(roles), LOOKS: True})


def action(
    path: str, *, roles: Collection[StaffRole], most: int = FORM_BYTES, own_csrf: bool = False,
    pictures: bool = False,
) -> Callable[..., HTTPRouteHandler]:  # fmt: skip
    """POST of a form that these roles may send. Done, it leads on with `see`."""
    return post(
        f"/console{path}", status_code=200,
        request_max_body_size=BODY_MOST if pictures else most,
        opt={ROLES: frozenset(roles), OWN_CSRF: own_csrf, PICTURES: pictures},
    )  # fmt: skip


async def _texts(request: AnyRequest) -> dict[str, list[str]]:
    """What was typed into a form, with pictures or without."""
    if request.route_handler.opt.get(PICTURES):
        return dict((await sent_of(request)).texts)
    return await posted(request)


def open_page(path: str) -> Callable[..., HTTPRouteHandler]:
    """GET of a page for people who are not signed in: sign-in and its like, nothing else."""
    return get(f"/console{path}", opt={ROLES: OPEN})


def open_action(path: str) -> Callable[..., HTTPRouteHandler]:
    """POST of such a page; there is no session whose token it could carry."""
    return post(f"/console{path}", status_code=200, request_max_body_size=FORM_BYTES,
                opt={ROLES: OPEN})  # fmt: skip


def router(console: Console, handlers: Collection[HTTPRouteHandler]) -> Router:
    """All pages behind the guard."""

    async def guard(connection: Connection, handler: BaseRouteHandler) -> None:
        roles = handler.opt.get(ROLES)
        if roles == OPEN:
            return
        find = sessions.looking if handler.opt.get(LOOKS) else sessions.signed_in
        found = await find(console.site, connection.cookies.get(COOKIE, ""))
        scope: dict[str, Any] = cast("Any", connection.scope)
        if isinstance(found, RanOut) and scope["method"] == "POST":
            scope[RAN_OUT] = found
            return  # `before` keeps what was typed; the handler is never reached
        if not isinstance(found, Signed):
            raise NotSignedIn("idle" if isinstance(found, RanOut) else "first")
        scope[SIGNED] = found  # the page of a refusal is drawn for them too
        if not roles or found.role not in roles:
            raise NotYours

    async def before(request: AnyRequest) -> Response[Any] | None:
        if request.method != "POST" or request.route_handler.opt.get(ROLES) == OPEN:
            return None
        ran_out: RanOut | None = request.scope.get(RAN_OUT)  # type: ignore[assignment]
        if ran_out is not None:
            return await _keep(console, request, ran_out)
        if not request.route_handler.opt.get(OWN_CSRF):
            typed = await _texts(request)
            check_csrf(request, (typed.get(CSRF) or [""])[0])
        return None

    def refused(request: AnyRequest, refusal: Refusal) -> Response[Any]:
        return on_refusal(console, request, refusal)

    def turned_away(request: AnyRequest, error: HTTPException) -> Response[Any]:
        return on_http_error(console, request, error)

    def broke(request: AnyRequest, error: Exception) -> Response[Any]:
        return on_fault(console, request, error)

    return Router(
        path="/", route_handlers=list(handlers), guards=[guard], before_request=before,
        exception_handlers={Refusal: refused, HTTPException: turned_away, Exception: broke},
    )  # fmt: skip


def check_csrf(request: AnyRequest, token: str) -> None:
    """Raises FormNotOurs unless the form carries this session's token."""
    signed = signed_or_none(request)
    if signed is None or not same(token.encode(), signed.csrf.encode()):
        raise FormNotOurs


async def _keep(console: Console, request: AnyRequest, ran_out: RanOut) -> Response[Any]:
    """What somebody sent after the session had run out: kept for them, then sign-in. A form that
    this session would not have been allowed to send is kept for nobody.
    """
    kept, opt = False, request.route_handler.opt
    if not opt.get(OWN_CSRF) and ran_out.role in (opt.get(ROLES) or ()):
        typed = await _texts(request)
        token = (typed.pop(CSRF, None) or [""])[0]
        wanted = sessions.csrf_of(request.cookies.get(COOKIE, ""))
        if same(token.encode(), wanted.encode()):
            kept = await drafts.keep(console.site, ran_out.staff, request.url.path, typed)
    return see(f"{SIGN_IN}?why={'kept' if kept else 'ran_out'}")


# What people see when it does not work.


def on_refusal(console: Console, request: AnyRequest, refusal: Refusal) -> Response[Any]:
    note_of(request.scope).verdict = refusal.code
    if isinstance(refusal, NotSignedIn) and request.method == "GET":
        plain = request.url.path == "/console/" and refusal.detail != "idle"
        return see(SIGN_IN if plain else f"{SIGN_IN}?why={refusal.detail}")
    return _sorry(console, request, refusal.say, refusal.code, refusal.status)


def on_http_error(console: Console, request: AnyRequest, error: HTTPException) -> Response[Any]:
    if error.status_code >= 500:
        return on_fault(console, request, error)
    w = words("ui")
    named = http_code(error)
    note_of(request.scope).verdict = named
    return _sorry(console, request, w.sorry[named], named, error.status_code)


def on_fault(console: Console, request: AnyRequest, error: Exception) -> Response[Any]:
    note_broken(request, error)
    return _sorry(console, request, words("ui").sorry.broken, "broken", 500)


def _sorry(
    console: Console, request: AnyRequest, say: str, code: str, status: int
) -> Response[Any]:
    """A page that says what happened and what to do next; the code and the request's id are for
    whoever is called.
    """
    shown, signed = Page("sorry.html.j2", "ui", say), signed_or_none(request)
    return console.draw(
        shown, status=status, signed=signed, say=say, code=code,
        sections=rail_uncounted(signed) if signed else (), request_id=note_of(request.scope).id,
    )  # fmt: skip


def session_cookie(request: AnyRequest, token: str) -> dict[str, str]:
    """The header that gives the browser its session: for this site only, unseen by scripts, gone
    when the browser closes; over HTTPS it never travels without.
    """
    return cookie(request, COOKIE, token, path="/console")
