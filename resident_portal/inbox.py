"""The inbox: every notice there is, newest first; by which way the resident wants to be told."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from resident_portal import said
from resident_portal.door import action, page
from resident_portal.frame import Page, Portal, visitor_of
from resident_portal.home_parts import PARTS, Matter, Section
from resident_portal.ids import id_of
from resident_portal.words import words
from server.actions.confirmations import answers
from server.actions.notices import inbox, telling
from server.actions.residents.rights import FamilyMayNot
from server.actions.residents.visits import Visitor
from server.actions.residents.whose import refusal
from server.errors import NotYours
from server.pages.web import AnyRequest, posted, see
from server.rules.family import Act
from server.rules.notices import Channel

SERVICES = "confirmations"
# Page of a template -> address.
PLACES = {
    "confirmations": "/portal/confirmations",
    "corrections": "/portal/correct",
    "switch": "/portal/switch",
    "consent": "/portal/consent",
    "access": "/portal/looked",
    "family": "/portal/family",
    "phone": "/portal/account",
    "export": "/portal/export",
    "assisted": "/portal/helped",
    "checkup": "/portal/checkup",
}


def handlers(portal: Portal) -> list[HTTPRouteHandler]:
    site = portal.site

    @page("/inbox")
    async def every(request: AnyRequest) -> Response[Any]:
        visitor, w = visitor_of(request), words("inbox")
        found = await lines_of(portal, visitor)
        chosen = await site.store.read(
            partial(telling.channel_of, site=site, resident=visitor.resident)
        )
        now = site.clock()
        lines = [
            {
                "line": each, "when": said.moment(each.made_at, now), "new": each.read_at is None,
                "href": PLACES.get(each.page, ""), "left": w.left.get(each.left),
            }
            for each in found
        ]  # fmt: skip
        return portal.page(
            request, Page("inbox.html.j2", "inbox", w.title, back="/portal/"), lines=lines,
            unread=sum(1 for each in found if each.read_at is None), chosen=chosen.value,
            acts=await _acts(portal, visitor),
        )  # fmt: skip

    @action("/inbox/read")
    async def read(request: AnyRequest) -> Response[Any]:
        visitor, typed = visitor_of(request), await posted(request)
        if not await _acts(portal, visitor):
            raise FamilyMayNot("inbox")
        ids = [id_of(each) for each in typed.get("notice", ())] or None
        await site.store.write(
            partial(inbox.mark_read, site=site, resident=visitor.resident, ids=ids, own=visitor.own)
        )
        return see("/portal/inbox")

    @action("/inbox/channel")
    async def channel(request: AnyRequest) -> Response[Any]:
        visitor, typed = visitor_of(request), await posted(request)
        if not await _acts(portal, visitor):
            raise FamilyMayNot("channel")
        chosen = (typed.get("channel") or [""])[0]
        if chosen not in tuple(Channel):
            raise NotYours("channel")
        await inbox.choose(site, visitor.acting, Channel(chosen))
        return see("/portal/inbox?said=1")

    return [every, read, channel]


async def _acts(portal: Portal, visitor: Visitor) -> bool:
    """Whether notices are this person's to put away: the resident's, or a guardian's who consents
    for them. Whoever helps must not hide what the resident is told about it.
    """
    asked = partial(refusal, site=portal.site, acting=visitor.acting, act=Act.CONSENT)
    return visitor.own or await portal.site.store.read(asked) is None


async def lines_of(portal: Portal, visitor: Visitor) -> Sequence[inbox.Line]:
    """The notices that this person may see: of the family, about services that they may know of,
    and the rest only where they act for the resident or were given the archive.
    """
    site = portal.site
    found = await site.store.read(
        partial(inbox.inbox, site=site, resident=visitor.resident, own=visitor.own)
    )
    if visitor.own:
        return found
    seen = {each.id for each in await answers.seen_by(site, visitor.acting)}
    return [
        each for each in found if (each.about in seen if each.page == SERVICES else visitor.beside)
    ]


async def on_home(portal: Portal, visitor: Visitor) -> list[Matter | Section]:
    """How many notices wait unread."""
    if visitor.own:
        n = await portal.site.store.read(
            partial(inbox.unread, site=portal.site, resident=visitor.resident)
        )
    else:
        n = sum(each.read_at is None for each in await lines_of(portal, visitor))
    w = words("inbox")
    return [Matter("/portal/inbox", w.unread_title(n=n), w.unread_more)] if n else []


PARTS.append(on_home)
