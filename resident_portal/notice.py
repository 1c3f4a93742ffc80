"""The first opening: what is told before an archive is shown, and the consent to it."""

from functools import partial
from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from resident_portal import said
from resident_portal.door import NOTICE, PICK, early_action, early_page
from resident_portal.frame import Page, Portal, visitor_or_none
from resident_portal.kept import next_page
from resident_portal.words import words
from server.actions.residents import opening
from server.actions.residents.visits import Visitor
from server.errors import RuleSaysNo
from server.pages.web import AnyRequest, see
from server.rules import first_notice

_DONE = frozenset({"withdrawn", "no"})


def handlers(portal: Portal) -> list[HTTPRouteHandler]:
    @early_page("/notice")
    async def show(request: AnyRequest) -> Response[Any]:
        visitor = visitor_or_none(request)
        if visitor is None:
            return see(PICK)
        return await _draw(portal, request, visitor)

    @early_action("/notice")
    async def agree(request: AnyRequest) -> Response[Any]:
        visitor = visitor_or_none(request)
        if visitor is None:
            return see(PICK)
        work = partial(opening.agree, site=portal.site, acting=visitor.acting)
        try:
            await portal.site.store.write(work)
        except RuleSaysNo:
            return await _draw(portal, request, visitor, status=409)
        return see(await next_page(portal.site, visitor.person))

    @early_action("/notice/withdraw")
    async def withdraw(request: AnyRequest) -> Response[Any]:
        visitor = visitor_or_none(request)
        if visitor is None:
            return see(PICK)
        work = partial(opening.withdraw, site=portal.site, acting=visitor.acting)
        try:
            await portal.site.store.write(work)
        except RuleSaysNo:
            return await _draw(portal, request, visitor, status=409)
        return see(f"{NOTICE}?done=withdrawn")

    return [show, agree, withdraw]


async def _draw(
    portal: Portal, request: AnyRequest, visitor: Visitor, *, status: int = 200
) -> Response[Any]:
    w, site, now = words("notice"), portal.site, portal.site.clock()
    no = await site.store.read(
        partial(
            opening.may_agree, site=site, person=visitor.person, resident=visitor.resident
        )
    )  # fmt: skip
    standing = await site.store.read(
        partial(opening.agreed_of, site=site, resident=visitor.resident)
    )
    newer = standing is not None and not visitor.noticed
    sections = first_notice.shown(
        place=visitor.place, facility=visitor.facility_name, phone=visitor.facility_phone
    )
    done = request.query_params.get("done", "")
    return portal.page(
        request, Page("notice.html.j2", "notice", w.title), status=status, sections=sections,
        why_not=w.why_not[no] if no else "", done=done if done in _DONE else "",
        agreed_on=said.day_of(standing.at, now) if standing and visitor.noticed else "",
        newer=newer, version=first_notice.version(),
    )  # fmt: skip
