"""我的登录: the bound telephone, its change, last sign-ins, leaving everywhere, the consent."""

from datetime import date
from functools import partial
from typing import Any, Final

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from resident_portal import checkup_card, said
from resident_portal.before import give
from resident_portal.door import COOKIE, SIGN_IN, action, page
from resident_portal.frame import Page, Portal, visitor_of
from resident_portal.words import words
from server.actions.residents import account, changing, opening
from server.actions.residents.changing import TooManyCodes
from server.actions.residents.codes import Over, Sent, WrongDigits
from server.errors import RuleSaysNo
from server.pages.forms import EMPTY, Filled, Posted
from server.pages.web import AnyRequest, posted, see
from server.records.model import Field, Kind, Shape, Text
from server.records.values import Fault, FaultCode
from server.rules import sign_in as rule

HERE: Final = "/portal/account"
CHANGE: Final = f"{HERE}/phone"
EVER: Final = date(2026, 1, 1)


def handlers(portal: Portal) -> list[HTTPRouteHandler]:
    return [*_reading(portal), *_old(portal), *_new(portal)]


def _reading(portal: Portal) -> list[HTTPRouteHandler]:
    w = words("account")

    @page("/account")
    async def show(request: AnyRequest) -> Response[Any]:
        visitor, now = visitor_of(request), portal.site.clock()
        found = await account.account_of(portal.site, visitor)
        no = await portal.site.store.read(
            partial(
                opening.may_agree, site=portal.site, person=visitor.person,
                resident=visitor.resident,
            )
        )  # fmt: skip
        full = "" if found.bound is None or visitor.full else said.moment(found.bound.full_at, now)
        return portal.page(
            request, Page("account.html.j2", "account", w.title, back="/portal/"), found=found,
            agrees=not no,
            whole=request.query_params.get("show") == "phone", full=full,
            bound_on=said.day_of(found.bound.at, now) if found.bound else "",
        )  # fmt: skip

    @action("/account/out")
    async def out(request: AnyRequest) -> Response[Any]:
        await account.out_everywhere(portal.site, visitor_of(request))
        answer = see(f"{SIGN_IN}?why=everywhere")
        give(request, answer, COOKIE, "")
        checkup_card.forget(request, answer)
        return answer

    return [show, out]


def kind() -> Kind:
    """The fields of a change."""
    w = words("account").fields
    fields = (
        Field("code", w.old_code, Text(1, 12), required=True),
        Field("phone", w.phone, Text(1, 20), required=True),
        Field("new_code", w.new_code, Text(1, 12), required=True),
    )
    return Kind("phone", words("account").change_title, 1, EVER, Shape.EVENT, fields)


def _sheet(
    portal: Portal, request: AnyRequest, step: str, filled: Filled, token: str = "",
    status: int = 200,
) -> Response[Any]:  # fmt: skip
    """One step of a change; `token` says which code is meant."""
    w = words("account")
    shown = Page("account_phone.html.j2", "account", w.change_title, back=HERE)
    return portal.page(
        request, shown, status=status, step=step, filled=filled, token=token,
        fields={each.name: each for each in kind().fields}, minutes=rule.CODE_MINUTES,
    )  # fmt: skip


def _old(portal: Portal) -> list[HTTPRouteHandler]:
    w = words("account")

    @page("/account/phone")
    async def begin(request: AnyRequest) -> Response[Any]:
        return _sheet(portal, request, "old", EMPTY)

    @action("/account/phone/old")
    async def to_old(request: AnyRequest) -> Response[Any]:
        try:
            sent = await changing.to_old(portal.site, visitor_of(request).person)
        except RuleSaysNo:
            return see(HERE)
        if isinstance(sent, Sent):
            return _sheet(portal, request, "new", EMPTY, sent.token)
        return _sheet(portal, request, "old", _wrong("form", w.too_many), status=429)

    return [begin, to_old]


def _new(portal: Portal) -> list[HTTPRouteHandler]:
    w = words("account")

    @action("/account/phone/new")
    async def to_new(request: AnyRequest) -> Response[Any]:
        typed = await posted(request)
        code, phone, token = (_one(typed, name) for name in ("code", "phone", "token"))
        number, filled = rule.phone(phone), Filled({"phone": [phone[:20]]})
        if not code.strip():
            filled = filled.but(_fault("code", w.needs_code))
        if isinstance(number, rule.Wrong):
            told = w.phone_fault[number](n=len("".join(phone.split())))
            filled = filled.but(_fault("phone", told))
        if filled.faults or isinstance(number, rule.Wrong):
            return _sheet(portal, request, "new", filled, token, 422)
        person = visitor_of(request).person
        sent = await changing.to_new(portal.site, person, token, _plain(code), number.text)
        if isinstance(sent, Sent):
            return _sheet(portal, request, "last", EMPTY, sent.token)
        if isinstance(sent, WrongDigits):
            filled = filled.but(_fault("code", w.wrong(n=sent.left)))
            return _sheet(portal, request, "new", filled, token, 422)
        told = w.too_many if isinstance(sent, TooManyCodes) else w.over
        return _sheet(portal, request, "old", _wrong("form", told), status=422)

    @action("/account/phone/last")
    async def last(request: AnyRequest) -> Response[Any]:
        typed, person = await posted(request), visitor_of(request).person
        token, code = _one(typed, "token"), _one(typed, "new_code")
        try:
            done = await changing.change(portal.site, person, token, _plain(code))
        except RuleSaysNo as no:
            told = _wrong("form", w.no.get(no.detail, no.say))
            return _sheet(portal, request, "old", told, status=409)
        if isinstance(done, WrongDigits):
            told = _wrong("new_code", w.wrong(n=done.left))
            return _sheet(portal, request, "last", told, token, 422)
        if isinstance(done, Over):
            return _sheet(portal, request, "old", _wrong("form", w.over), status=422)
        answer = see(f"{SIGN_IN}?why=phone")
        give(request, answer, COOKIE, "")
        return answer

    return [to_new, last]


def _one(typed: Posted, name: str) -> str:
    return (typed.get(name) or [""])[0][:128]


def _wrong(name: str, sentence: str) -> Filled:
    return EMPTY.but(_fault(name, sentence))


def _plain(digits: str) -> str:
    return "".join(digits.split())[:12]


def _fault(name: str, sentence: str) -> Fault:
    return Fault(name, FaultCode.MISSING, sentence)
