"""An account that somebody looks after: its state, its history, a new one-time link."""

import re
from typing import Any

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from server.actions.accounts import accounts
from server.actions.accounts.account_making import Link, make_account, reset_account
from server.actions.accounts.accounts import NoAccount
from server.console.door import action, page
from server.console.frame import Console, Page, signed_of
from server.console.words import words
from server.errors import NotYours, RuleSaysNo
from server.pages import forms
from server.pages.forms import Filled
from server.pages.web import posted, see
from server.records.values import Fault, FaultCode
from server.rules.accounts import MAKES

MAKERS = frozenset(role for role, made in MAKES.items() if made)
_ID = re.compile(r"[0-9a-f]{32}")

AnyRequest = Request[Any, Any, Any]


def handlers(console: Console) -> list[HTTPRouteHandler]:
    w = words("account")
    sheet = Page("account_of.html.j2", "account", w.of_title, here="staff")
    empty = Page("account_none.html.j2", "account", w.of_title, here="staff")

    listing = Page("account_list.html.j2", "account", w.list_title, here="staff")

    @page("/accounts", roles=MAKERS)
    async def everybody(request: AnyRequest) -> Response[str]:
        signed = signed_of(request)
        found = await accounts.accounts_of(console.site, signed)
        lines = [each for each in found.values() if each.role in MAKES[signed.role]]
        return await console.page(request, listing, lines=lines)

    @page("/accounts/{staff:str}", roles=MAKERS)
    async def look(request: AnyRequest, staff: FromPath[str]) -> Response[str]:
        found = await accounts.account_of(console.site, signed_of(request), staff_of(staff))
        if isinstance(found, NoAccount):
            return await console.page(request, empty, who=found, filled=forms.EMPTY)
        return await console.page(request, sheet, account=found, filled=forms.EMPTY)

    @action("/accounts/{staff:str}/make", roles=MAKERS)
    async def make(request: AnyRequest, staff: FromPath[str]) -> Response[Any]:
        signed, typed = signed_of(request), Filled(await posted(request))
        found = await accounts.account_of(console.site, signed, staff_of(staff))
        if not isinstance(found, NoAccount):
            return see(f"/console/accounts/{staff}")
        login = typed.text("login").strip().casefold()
        try:
            link = await make_account(console.site, signed, found.staff, login)
        except RuleSaysNo as refused:
            fault = login_fault(refused)
            if fault is None:
                raise
            filled = typed.but(fault)
            return await console.page(request, empty, status=422, who=found, filled=filled)
        return await draw_link(console, request, link, found.name)

    @action("/accounts/{staff:str}/reset", roles=MAKERS)
    async def reset(request: AnyRequest, staff: FromPath[str]) -> Response[Any]:
        signed, who = signed_of(request), staff_of(staff)
        found = await accounts.account_of(console.site, signed, who)
        if isinstance(found, NoAccount):
            return see(f"/console/accounts/{staff}")
        typed = Filled(await posted(request))
        if found.line.state == "active" and not typed.chosen("sure", "1"):
            filled = typed.but(Fault("sure", FaultCode.MISSING, w.not_sure))
            return await console.page(request, sheet, status=422, account=found, filled=filled)
        link = await reset_account(console.site, signed, who)
        return await draw_link(console, request, link, found.line.name)

    return [everybody, look, make, reset]


def login_fault(refused: RuleSaysNo) -> Fault | None:
    """What is wrong with a login, beside its field; None when it is about something else."""
    sentence = words("account").logins.get(refused.detail)
    return Fault("login", FaultCode.OUT_OF_RANGE, sentence) if sentence else None


def staff_of(text: str) -> bytes:
    """The id in an address. Raises NotYours for what is none."""
    if not _ID.fullmatch(text):
        raise NotYours
    return bytes.fromhex(text)


async def draw_link(console: Console, request: AnyRequest, link: Link, name: str) -> Response[str]:
    """The page that shows a new one-time link, once: it is in no address and nowhere to be asked
    for again. The answer to the form that made it, so not after a redirect.
    """
    w = words("account")
    base = f"{request.url.scheme}://{request.url.netloc}"
    return await console.page(
        request, Page("account_link.html.j2", "account", w.link_title, here="staff"),
        link=link, name=name, url=f"{base}/console/invite/{link.token}",
    )  # fmt: skip
