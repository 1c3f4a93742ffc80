"""What the pages before sign-in share: cookies, the address, and forms that came from here.

There is no session whose token a form could carry, so a cookie of its own is sent twice: as a
cookie and, unreadable, in the form. Browsers that say where a form comes from are believed first.
"""

import re
import secrets
from typing import Any, Final

from litestar import Response

from resident_portal.door import COOKIE
from resident_portal.frame import Page, Portal
from server.actions.residents.sign_in import Browser, In
from server.actions.residents.visits import form_token, is_form_token
from server.pages.forms import Posted
from server.pages.web import CSRF, AnyRequest, FormNotOurs, see

FORM: Final = "gongwei_portal_form"
TRYING: Final = "gongwei_portal_code"
KNOWN: Final = "gongwei_portal_known"
KNOWN_DAYS: Final = 90
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{20,128}")
_DAY_S: Final = 86_400


def browser_of(request: AnyRequest) -> Browser:
    """Who asks. Behind a proxy the address is what it says only where FORWARDED_ALLOW_IPS names
    the proxy; else it is the proxy's own.
    """
    said = request.cookies
    return Browser(
        request.client.host if request.client is not None else "?", said.get(COOKIE, "")[:128],
        said.get(TRYING, "")[:128], said.get(KNOWN, "")[:128],
    )  # fmt: skip


def give(
    request: AnyRequest, answer: Response[Any], name: str, value: str, *, path: str = "/portal",
    days: int | None = None,
) -> None:  # fmt: skip
    """A cookie unseen by scripts, gone with the browser unless `days`; "" takes it away."""
    over = 0 if not value else None
    answer.set_cookie(
        name, value, path=path, httponly=True, samesite="lax",
        secure=request.url.scheme == "https",
        max_age=days * _DAY_S if days is not None and value else over,
    )  # fmt: skip


def draw(
    portal: Portal, request: AnyRequest, page: Page, *, status: int = 200, **context: Any
) -> Response[bytes]:
    """A page of somebody who is not signed in, with the token for its forms."""
    held = request.cookies.get(FORM, "")
    token = held if _TOKEN.fullmatch(held) else secrets.token_urlsafe(32)
    answer = portal.page(
        request, page, status=status, csrf_token=form_token(token), visitor=None, **context
    )
    if token != held:
        give(request, answer, FORM, token)
    return answer


def is_ours(request: AnyRequest, typed: Posted) -> bool:
    """Whether the form came from our page in this browser; false also where the browser has lost
    or never kept the cookie. Raises FormNotOurs where it says that another site sent it.
    """
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise FormNotOurs
    held = request.cookies.get(FORM, "")
    carried = (typed.get(CSRF) or [""])[0]
    return _TOKEN.fullmatch(held) is not None and is_form_token(held, carried)


def let_in(request: AnyRequest, done: In, to: str) -> Response[Any]:
    """On with a fresh session (303); what the sign-in needed is over."""
    answer = see(to)
    give(request, answer, COOKIE, done.token)
    for name in (TRYING, FORM):
        give(request, answer, name, "")
    if done.person is not None:
        give(request, answer, KNOWN, done.known, path="/portal/sign-in", days=KNOWN_DAYS)
    return answer
