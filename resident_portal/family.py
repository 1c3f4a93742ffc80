"""家人: who may act for the open archive, for whom this person may act, naming somebody."""

from datetime import date
from functools import partial
from typing import Any, Final

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from resident_portal.door import PICK, action, early_action, page
from resident_portal.frame import Page, Portal, visitor_of, visitor_or_none
from resident_portal.ids import id_of
from resident_portal.words import words
from server.actions.residents import family_page, links, offers, visits
from server.actions.residents.acting import Acting
from server.actions.residents.links import Link
from server.actions.residents.rights import PhoneTooFresh, require
from server.errors import RuleSaysNo
from server.pages import times
from server.pages.forms import EMPTY, Filled, read_form
from server.pages.web import AnyRequest, posted, see
from server.records.model import Codes, Day, Field, Kind, Shape, Text
from server.records.values import Fault, FaultCode
from server.rules import family as rule
from server.rules import sign_in
from server.rules.access import Scope, Tie

HERE: Final = "/portal/family"
EVER: Final = date(2026, 1, 1)
TAIL: Final = 4


def handlers(portal: Portal) -> list[HTTPRouteHandler]:
    return [*_reading(portal), *_naming(portal), *_links(portal), *_offers(portal)]


def _reading(portal: Portal) -> list[HTTPRouteHandler]:
    w = words("family")

    @page("/family")
    async def show(request: AnyRequest) -> Response[Any]:
        visitor = visitor_of(request)
        found = await family_page.family(portal.site, visitor.acting, full=visitor.full)
        shown = Page("family.html.j2", "family", w.title, back="/portal/")
        return portal.page(request, shown, found=found, most=rule.numbers().links_of_resident)

    @action("/family/open")
    async def open_theirs(request: AnyRequest) -> Response[Any]:
        visitor, typed = visitor_of(request), await posted(request)
        link = await family_page.link_by(
            portal.site, visitor.person, id_of((typed.get("link") or [""])[0])
        )
        if not visitor.full:
            raise PhoneTooFresh
        opened = await visits.go_to(portal.site, visitor, link.resident)
        return see("/portal/" if opened else HERE)

    @early_action("/family/back")
    async def back(request: AnyRequest) -> Response[Any]:
        """Also from the notice of an archive that was not agreed to yet."""
        visitor = visitor_or_none(request)
        if visitor is None:
            return see(PICK)
        await visits.go_to(portal.site, visitor, visitor.person)
        return see("/portal/")

    return [show, open_theirs, back]


def naming_kind() -> Kind:
    """The fields by which a resident names a relative."""
    w = words("family")
    return Kind(
        "family_offer", w.add_title, 1, EVER, Shape.EVENT,
        (
            Field("number", w.fields.number, Text(1, 40), required=True),
            Field("tail", w.fields.tail, Text(TAIL, TAIL, "[0-9]{4}"), required=True),
            *_scope_fields(Tie.HELPER),
        ),
    )  # fmt: skip


def _scope_fields(tie: Tie) -> tuple[Field, ...]:
    """What may be added to a link of this tie; of a helper's also the last day."""
    w = words("family")
    known = {each.value: w.scopes[each.value] for each in Scope if each in rule.scopes_of(tie)}
    more = Field("scopes", w.fields.scopes, Codes(known))
    until = Field("until", w.fields.until, Day())
    return (more, until) if tie is Tie.HELPER else (more,)


def _scopes(filled: Filled) -> frozenset[Scope]:
    return frozenset(Scope(each) for each in filled.values.get("scopes", ()))


def _until(filled: Filled) -> date | None:
    text = filled.values.get("until", "")
    return date.fromisoformat(text) if text else None


def _naming(portal: Portal) -> list[HTTPRouteHandler]:
    w = words("family")

    def sheet(request: AnyRequest, filled: Filled) -> Response[Any]:
        shown = Page("family_add.html.j2", "family", w.add_title, back=HERE)
        return portal.page(
            request, shown, status=422 if filled.faults else 200, kind=naming_kind(),
            filled=filled,
        )  # fmt: skip

    @page("/family/add")
    async def ask(request: AnyRequest) -> Response[Any]:
        await _may_link(portal, request)
        return sheet(request, EMPTY)

    @action("/family/add")
    async def name(request: AnyRequest) -> Response[Any]:
        await _may_link(portal, request)
        today = times.civil(portal.site.clock()).date()
        filled = read_form(naming_kind(), await posted(request), today=today)
        number = sign_in.document(filled.text("number"))
        if isinstance(number, sign_in.Wrong) and filled.fault("number") is None:
            filled = filled.but(_fault("number", w.number_wrong))
        if filled.faults or isinstance(number, sign_in.Wrong):
            return sheet(request, filled)
        named = offers.Named(number.text, filled.values["tail"], _scopes(filled), _until(filled))
        try:
            await offers.name(portal.site, visitor_of(request).acting, named)
        except RuleSaysNo as no:
            where = "until" if no.detail == rule.NoLink.END else "form"
            return sheet(request, filled.but(_fault(where, w.no.get(no.detail, no.say))))
        return see(f"{HERE}/asked")

    @page("/family/asked")
    async def asked(request: AnyRequest) -> Response[Any]:
        shown = Page("family_asked.html.j2", "family", w.asked_title, back=HERE)
        return portal.page(request, shown, days=rule.numbers().offer_days)

    return [ask, name, asked]


async def _may_link(portal: Portal, request: AnyRequest) -> None:
    visitor, site = visitor_of(request), portal.site
    await site.store.read(
        partial(require, site=site, acting=visitor.acting, act=rule.Act.LINK, full=visitor.full)
    )


def _links(portal: Portal) -> list[HTTPRouteHandler]:
    w = words("family")

    def sheet(request: AnyRequest, link: Link, filled: Filled) -> Response[Any]:
        shown = Page("family_link.html.j2", "family", w.link_title(name=link.other.name), back=HERE)
        return portal.page(
            request, shown, status=422 if filled.faults else 200, link=link, filled=filled,
            fields=_scope_fields(link.tie), may_end=rule.may_end(link.tie),
        )  # fmt: skip

    @page("/family/{link:str}")
    async def show(request: AnyRequest, link: FromPath[str]) -> Response[Any]:
        await _may_link(portal, request)
        found = await family_page.link_of(portal.site, visitor_of(request).acting, id_of(link))
        typed = {"scopes": [each.value for each in found.scopes]}
        if found.tie is Tie.HELPER:
            typed["until"] = [found.until_day.isoformat()]
        return sheet(request, found, Filled(typed))

    @action("/family/{link:str}/share")
    async def share(request: AnyRequest, link: FromPath[str]) -> Response[Any]:
        await _may_link(portal, request)
        acting, site = visitor_of(request).acting, portal.site
        found = await family_page.link_of(site, acting, id_of(link))
        today = times.civil(site.clock()).date()
        kind = Kind("share", w.title, 1, EVER, Shape.EVENT, _scope_fields(found.tie))
        filled = read_form(kind, await posted(request), today=today)
        if filled.faults:
            return sheet(request, found, filled)
        try:
            await site.store.write(
                partial(
                    links.share, site=site, acting=acting, link=found.id, scopes=_scopes(filled),
                    until=_until(filled),
                )
            )  # fmt: skip
        except RuleSaysNo as no:
            return sheet(request, found, filled.but(_fault("until", w.no.get(no.detail, no.say))))
        return see(HERE)

    @action("/family/{link:str}/end")
    async def end(request: AnyRequest, link: FromPath[str]) -> Response[Any]:
        visitor, site, name = visitor_of(request), portal.site, id_of(link)
        typed = await posted(request)
        acting = visitor.acting
        if (typed.get("as") or [""])[0] == "helper":
            theirs = await family_page.link_by(site, visitor.person, name)
            acting = Acting(visitor.person, theirs.resident)
        else:
            await _may_link(portal, request)
        await site.store.write(partial(links.end, site=site, acting=acting, link=name))
        return see(HERE)

    return [show, share, end]


def _offers(portal: Portal) -> list[HTTPRouteHandler]:
    w = words("family")

    @action("/family/offer/{offer:str}/withdraw")
    async def withdraw(request: AnyRequest, offer: FromPath[str]) -> Response[Any]:
        await offers.withdraw(portal.site, visitor_of(request).acting, id_of(offer))
        return see(HERE)

    @action("/family/offer/{offer:str}/answer")
    async def answer(request: AnyRequest, offer: FromPath[str]) -> Response[Any]:
        visitor, typed = visitor_of(request), await posted(request)
        accept = (typed.get("way") or [""])[0] == "accept"
        if accept and not visitor.full:
            raise PhoneTooFresh
        no = await offers.answer(portal.site, visitor.person, id_of(offer), accept=accept)
        if no is None:
            return see(HERE)
        shown = Page("family_no.html.j2", "family", w.title, back=HERE)
        return portal.page(request, shown, status=409, say=w.no.get(no.value, w.no.otherwise))

    return [withdraw, answer]


def _fault(name: str, sentence: str) -> Fault:
    return Fault(name, FaultCode.CONTRADICTION, sentence)
