"""The inbox: every notice there is, newest first; by which way the resident wants to be told."""

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
from server.actions.notices import inbox, telling
from server.actions.residents.visits import Visitor
from server.errors import NotAllowed, NotYours
from server.pages.web import AnyRequest, posted, see
from server.rules.notices import Channel

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
}


def handlers(portal: Portal) -> list[HTTPRouteHandler]:
    site = portal.site

    @page("/inbox")
    async def every(request: AnyRequest) -> Response[Any]:
        visitor, w = visitor_of(request), words("inbox")
        found = await site.store.read(
            partial(inbox.inbox, site=site, resident=visitor.resident, own=visitor.own)
        )
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
        )  # fmt: skip

    @action("/inbox/read")
    async def read(request: AnyRequest) -> Response[Any]:
        visitor, typed = visitor_of(request), await posted(request)
        ids = [id_of(each) for each in typed.get("notice", ())] or None
        await site.store.write(
            partial(inbox.mark_read, site=site, resident=visitor.resident, ids=ids, own=visitor.own)
        )
        return see("/portal/inbox")

    @action("/inbox/channel")
    async def channel(request: AnyRequest) -> Response[Any]:
        visitor, typed = visitor_of(request), await posted(request)
        if not visitor.own and visitor.tie == "helper":
            raise NotAllowed("channel")
        chosen = (typed.get("channel") or [""])[0]
        if chosen not in tuple(Channel):
            raise NotYours("channel")
        await site.store.write(
            partial(
                inbox.set_channel, site=site, resident=visitor.resident, channel=Channel(chosen),
                hand=visitor.person,
            )
        )  # fmt: skip
        return see("/portal/inbox?said=1")

    return [every, read, channel]


async def on_home(portal: Portal, visitor: Visitor) -> list[Matter | Section]:
    """How many notices wait unread."""
    n = await portal.site.store.read(
        partial(inbox.unread, site=portal.site, resident=visitor.resident, own=visitor.own)
    )
    w = words("inbox")
    return [Matter("/portal/inbox", w.unread_title(n=n), w.unread_more)] if n else []


PARTS.append(on_home)
