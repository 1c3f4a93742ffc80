"""健康护照: one sheet to print (A5) and the same as a picture to keep."""

import asyncio
from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from resident_portal.door import page
from resident_portal.frame import Page, Portal, visitor_of
from resident_portal.words import words
from server.actions.residents.passport_sheet import sheet_of
from server.actions.residents.served import Served
from server.actions.residents.visits import Visitor
from server.pages.passport import Passport, png_of
from server.pages.web import HEADERS, AnyRequest


def handlers(portal: Portal) -> list[HTTPRouteHandler]:
    @page("/passport")
    async def show(request: AnyRequest) -> Response[Any]:
        sheet = await _sheet(portal, visitor_of(request))
        return portal.page(
            request,
            Page("passport.html.j2", "passport", words("passport").title, back="/portal/export"),
            sheet=sheet,
        )

    @page("/passport.png")
    async def picture(request: AnyRequest) -> Response[Any]:
        sheet = await _sheet(portal, visitor_of(request))
        raw = await asyncio.to_thread(png_of, sheet, font=portal.settings.font)
        return Response(raw, media_type="image/png", headers=HEADERS)

    return [show, picture]


async def _sheet(portal: Portal, visitor: Visitor) -> Passport:
    served = Served(visitor.place, visitor.facility_name, visitor.facility_phone)
    return await sheet_of(portal.site, visitor.acting, visitor.card, served)
