"""One's own account: password, signed-in browsers, what happened to it."""

from typing import Any

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler

from server.actions.accounts import accounts
from server.actions.places.first_steps import first_steps
from server.console.door import action, check_csrf, page
from server.console.frame import Console, Page, signed_of
from server.console.invite import password_fault
from server.console.sign_in import with_session
from server.console.words import words
from server.pages import forms
from server.pages.forms import Filled
from server.pages.web import CSRF, posted, see
from server.records.values import Fault, FaultCode
from server.rules.accounts import EVERYBODY
from server.rules.passwords import PasswordFault

PATH = "/console/account"
_DONE = frozenset({"ready", "password", "ended"})

AnyRequest = Request[Any, Any, Any]


def handlers(console: Console) -> list[HTTPRouteHandler]:
    w = words("account")
    sheet = Page("account.html.j2", "account", w.title)

    async def draw(request: AnyRequest, filled: Filled = forms.EMPTY) -> Response[str]:
        done = request.query_params.get("done", "") if request.method == "GET" else ""
        signed = signed_of(request)
        return await console.page(
            request, sheet, status=422 if filled.faults else 200, filled=filled,
            account=await accounts.own_account(console.site, signed_of(request)),
            done=done if done in _DONE else "", invite=words("invite"),
            makes=accounts.makes_any(signed),
            begin=await first_steps(console.site, signed) if done == "ready" else (),
        )  # fmt: skip

    @page("/account", roles=EVERYBODY)
    async def own(request: AnyRequest) -> Response[str]:
        return await draw(request)

    # Its token is checked here: no form with a password in it is ever kept for later.
    @action("/account/password", roles=EVERYBODY, own_csrf=True)
    async def password(request: AnyRequest) -> Response[Any]:
        typed = await posted(request)
        old, new, repeated, token = (
            (typed.get(name) or [""])[0] for name in ("old", "new", "repeat", CSRF)
        )
        check_csrf(request, token)
        if new != repeated:
            fault = Fault("repeat", FaultCode.CONTRADICTION, words("invite").not_the_same)
            return await draw(request, forms.EMPTY.but(fault))
        answer = await accounts.change_password(console.site, signed_of(request), old, new)
        if isinstance(answer, PasswordFault):
            return await draw(request, forms.EMPTY.but(password_fault(answer)))
        if not answer:
            fault = Fault("old", FaultCode.OUT_OF_RANGE, w.wrong_old)
            return await draw(request, forms.EMPTY.but(fault))
        return with_session(request, answer, f"{PATH}?done=password")

    @action("/account/browsers", roles=EVERYBODY)
    async def end_browsers(request: AnyRequest) -> Response[Any]:
        named = ((await posted(request)).get("session") or [""])[0]
        session = bytes.fromhex(named) if _is_hex(named) else None
        await accounts.end_others(console.site, signed_of(request), session)
        return see(f"{PATH}?done=ended")

    return [own, password, end_browsers]


def _is_hex(text: str) -> bool:
    return len(text) == 64 and not set(text) - set("0123456789abcdef")
