"""The one-time link: a password, a second factor, and the account is alive."""

from typing import Any

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from server.actions.accounts import account_link
from server.actions.accounts.account_link import Invited, LinkOver, Prepared
from server.console.door import COOKIE, open_action, open_page
from server.console.frame import Console, Page
from server.console.sign_in import from_here, with_session
from server.console.words import words
from server.pages import forms
from server.pages.forms import Filled
from server.pages.qr import code_of
from server.pages.web import posted
from server.records.values import Fault, FaultCode
from server.rules.passwords import LEAST, MOST, PasswordFault

READY = "/console/account?done=ready"
TOKEN_MAX = 128

AnyRequest = Request[Any, Any, Any]


def handlers(console: Console) -> list[HTTPRouteHandler]:
    w = words("invite")
    first = Page("invite.html.j2", "invite", w.title)
    second = Page("invite_code.html.j2", "invite", w.title)

    async def whose(token: str) -> Invited:
        if len(token) > TOKEN_MAX:
            raise LinkOver
        return await account_link.invited(console.site, token)

    def choose(token: str, who: Invited, filled: Filled = forms.EMPTY) -> Response[str]:
        status = 422 if filled.faults else 200
        return console.draw(first, status=status, token=token, who=who, filled=filled)

    def confirm(token: str, who: Invited, step: Prepared, *, wrong: bool) -> Response[str]:
        filled = forms.EMPTY
        if wrong:
            filled = filled.but(Fault("code", FaultCode.OUT_OF_RANGE, w.wrong_code))
        return console.draw(
            second, status=422 if wrong else 200, token=token, who=who, filled=filled,
            step=step, code=code_of(step.uri), secret=_in_fours(step.secret),
        )  # fmt: skip

    @open_page("/invite/{token:str}")
    async def opened(token: FromPath[str]) -> Response[str]:
        return choose(token, await whose(token))

    @open_action("/invite/{token:str}")
    async def password(request: AnyRequest, token: FromPath[str]) -> Response[str]:
        from_here(request)
        who = await whose(token)
        typed = await posted(request)
        new, repeated = ((typed.get(name) or [""])[0] for name in ("new", "repeat"))
        if new != repeated:
            fault = Fault("repeat", FaultCode.CONTRADICTION, w.not_the_same)
            return choose(token, who, forms.EMPTY.but(fault))
        step = await account_link.prepare(console.site, token, new)
        if isinstance(step, PasswordFault):
            return choose(token, who, forms.EMPTY.but(password_fault(step)))
        return confirm(token, who, step, wrong=False)

    @open_action("/invite/{token:str}/code")
    async def code(request: AnyRequest, token: FromPath[str]) -> Response[str]:
        from_here(request)
        who = await whose(token)
        typed = await posted(request)
        carried, digits = ((typed.get(name) or [""])[0] for name in ("carried", "code"))
        session = await account_link.finish(
            console.site, token, carried, digits, request.cookies.get(COOKIE, "")
        )
        if session is None:
            step = await account_link.again(console.site, token, carried)
            return confirm(token, who, step, wrong=True)
        return with_session(request, session, READY)

    return [opened, password, code]


def password_fault(fault: PasswordFault) -> Fault:
    """A password that is not taken, with what to do instead."""
    sentence = words("invite").password[fault.value](least=LEAST, most=MOST)
    return Fault("new", FaultCode.OUT_OF_RANGE, sentence)


def _in_fours(secret: str) -> str:
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
