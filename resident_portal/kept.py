"""What somebody had typed when the session ran out, offered again after sign-in."""

import re
from typing import Any, Final

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from resident_portal.door import action, page
from resident_portal.frame import Page, Portal, visitor_of
from resident_portal.typed import recognised
from resident_portal.words import words
from server.actions.keeping.site import Site
from server.actions.residents import drafts
from server.actions.residents.visits import Visitor
from server.errors import NotFound
from server.pages.web import HEADERS, AnyRequest, see

HOME: Final = "/portal/"
KEPT: Final = "/portal/kept"
_OURS: Final = re.compile(r"/portal/[a-z0-9/_-]+")


async def next_page(site: Site, person: bytes) -> str:
    """Where somebody goes who has just signed in, or has just agreed to the notice."""
    return KEPT if await _mine(site, person, person) is not None else HOME


async def _mine(
    site: Site, person: bytes, resident: bytes
) -> tuple[bytes, str, drafts.Typed] | None:
    found = await drafts.newest(site, person, resident)
    return found if found is not None and _OURS.fullmatch(found[1]) else None


def handlers(portal: Portal) -> list[HTTPRouteHandler]:
    w = words("kept")

    async def mine(visitor: Visitor, draft: str) -> tuple[bytes, str]:
        found = await _mine(portal.site, visitor.person, visitor.resident)
        if found is None or found[0].hex() != draft:
            raise NotFound("draft")
        await drafts.drop(portal.site, visitor.person, found[0])
        return found[0], found[1]

    @page("/kept")
    async def offer(request: AnyRequest) -> Response[Any]:
        visitor = visitor_of(request)
        found = await _mine(portal.site, visitor.person, visitor.resident)
        if found is None:
            return see(HOME)
        draft, _, typed = found
        shown = Page("kept.html.j2", "kept", w.title)
        return portal.page(
            request, shown, draft=draft.hex(), typed=typed, recognised=recognised(typed)
        )

    @action("/kept/{draft:str}/send")
    async def send(request: AnyRequest, draft: FromPath[str]) -> Response[Any]:
        """The browser sends the same form on (307) with this session's token in it."""
        _, path = await mine(visitor_of(request), draft)
        return Response("", status_code=307, headers={**HEADERS, "location": path})

    @action("/kept/{draft:str}/drop")
    async def drop(request: AnyRequest, draft: FromPath[str]) -> Response[Any]:
        await mine(visitor_of(request), draft)
        return see(HOME)

    return [offer, send, drop]
