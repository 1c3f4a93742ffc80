"""带走档案: ask for it, wait a moment, fetch it; signed, so that it can be checked later."""

from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from resident_portal import said
from resident_portal.door import action, page
from resident_portal.frame import Page, Portal, visitor_of
from resident_portal.ids import id_of
from resident_portal.words import words
from server.actions.residents import exporting
from server.actions.residents.exporting import Packing
from server.actions.residents.visits import Visitor
from server.errors import NotAllowed, RuleSaysNo
from server.pages.web import HEADERS, AnyRequest, see

MEGA = 1024 * 1024


def handlers(portal: Portal) -> list[HTTPRouteHandler]:
    site = portal.site

    @page("/export")
    async def show(request: AnyRequest) -> Response[Any]:
        return await _show(portal, request)

    @action("/export")
    async def ask(request: AnyRequest) -> Response[Any]:
        visitor = visitor_of(request)
        _may(visitor)
        try:
            await exporting.ask(site, visitor.acting, full=visitor.full)
        except RuleSaysNo as no:
            w = words("export")
            return await _show(portal, request, fault=w.no.get(no.detail, w.no.otherwise))
        return see("/portal/export")

    @page("/export/{name:str}")
    async def fetch(request: AnyRequest, name: FromPath[str]) -> Response[Any]:
        visitor = visitor_of(request)
        _may(visitor)
        raw = await exporting.fetch(site, visitor.acting, id_of(name), full=visitor.full)
        headers = {**HEADERS, "content-disposition": 'attachment; filename="archive.zip"'}
        return Response(raw, media_type="application/zip", headers=headers)

    return [show, ask, fetch]


def _may(visitor: Visitor) -> None:
    """A helper looks after visits; the archive itself is not theirs to take. Raises NotAllowed."""
    if visitor.tie == "helper":
        raise NotAllowed("export")


async def _show(portal: Portal, request: AnyRequest, *, fault: str = "") -> Response[Any]:
    visitor, w, now = visitor_of(request), words("export"), portal.site.clock()
    found = await exporting.packings(portal.site, visitor.acting)
    return portal.page(
        request, Page("export.html.j2", "export", w.title, back="/portal/"),
        status=422 if fault else 200, fault=fault, may=visitor.tie != "helper",
        waiting=any(each.state == "waiting" for each in found),
        packings=[_line(each, now) for each in found],
    )  # fmt: skip


def _line(each: Packing, now: int) -> dict[str, Any]:
    w = words("export")
    size = w.size(n=f"{max(0.1, each.size / MEGA):.1f}") if each.size else ""
    return {
        "href": f"/portal/export/{each.id.hex()}" if each.state == "ready" else "",
        "state": w.states[each.state], "asked": said.moment(each.asked_at, now), "size": size,
        "until": said.day_of(each.until, now) if each.until else "",
    }  # fmt: skip
