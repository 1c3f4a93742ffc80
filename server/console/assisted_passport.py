"""At the desk: the 健康护照 of a resident who is there, printed for whoever has no telephone."""

from functools import partial
from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from server.actions.residents import presence
from server.actions.residents.passport_sheet import sheet_of
from server.actions.residents.served import served_by
from server.console.door import page
from server.console.frame import Console, Key, Page, signed_of
from server.console.home import id_of
from server.console.words import words
from server.errors import NotYours
from server.pages import times, values
from server.pages.web import AnyRequest, see
from server.rules.accounts import FACILITY_ROLES
from server.rules.family import Act


def handlers(console: Console) -> list[HTTPRouteHandler]:
    site = console.site

    @page("/archives/{resident:str}/for/passport", roles=FACILITY_ROLES)
    async def passport(request: AnyRequest, resident: FromPath[str]) -> Response[Any]:
        """Read as the resident, or as whoever may take the archive along for them."""
        signed, who = signed_of(request), id_of(resident)
        card = await presence.card(site, signed, who)
        if card is None:
            return see(f"/console/archives/{resident}/for")
        there = [each.person for each in await presence.people(site, who, Act.TAKE)]
        if not there:
            raise NotYours
        person = who if who in there else there[0]
        acting = await site.store.read(
            partial(presence.acting_in, site=site, signed=signed, resident=who, person=person)
        )
        served = await site.store.read(partial(served_by, site=site, facility=card.facility))
        sheet = await sheet_of(site, acting, card, served)
        w, today = words("assisted_passport"), times.civil(site.clock()).date()
        return await console.page(
            request,
            Page("assisted_passport.html.j2", "assisted_passport", w.title, "people",
                 (Key("Escape", w.back),)),
            id=resident, card=card, person=values.person_line(card, today), left=None, due="",
            allergy_text="", sheet=sheet,
        )  # fmt: skip

    return [passport]
