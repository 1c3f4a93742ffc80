"""代办: what a member of staff can do for a resident who stands at the desk, and what was done.

Each tile leads to a page of its own, which calls the same action as the portal does; the resident
is told at once and may take it back.
"""

from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from server.actions.archives.cards import Card
from server.actions.residents import helped, presence
from server.console.assisted_tiles import TILES
from server.console.door import action, page
from server.console.frame import Console, Key, Page, signed_of
from server.console.home import id_of
from server.console.words import words
from server.pages import times, values
from server.pages.web import AnyRequest, see
from server.rules.accounts import FACILITY_ROLES


def handlers(console: Console) -> list[HTTPRouteHandler]:
    @page("/archives/{resident:str}/for", roles=FACILITY_ROLES)
    async def tiles(request: AnyRequest, resident: FromPath[str]) -> Response[Any]:
        return await _draw(console, request, resident)

    @action("/archives/{resident:str}/for", roles=FACILITY_ROLES)
    async def present(request: AnyRequest, resident: FromPath[str]) -> Response[Any]:
        reason = words("assisted").reason
        await presence.confirm(console.site, signed_of(request), id_of(resident), reason)
        return see(f"/console/archives/{resident}/for")

    return [tiles, present]


async def _draw(console: Console, request: AnyRequest, resident: str) -> Response[Any]:
    w, signed, who = words("assisted"), signed_of(request), id_of(resident)
    now, today = console.site.clock(), times.civil(console.site.clock()).date()
    until = await presence.until(console.site, signed, who)
    card: Card | None = await presence.card(console.site, signed, who)
    done = await helped.helped(console.site, who) if until else ()
    lines = [
        {
            "what": w.acts.get(each.what, w.acts.other), "staff": each.staff,
            "facility": each.facility, "when": times.moment_text(each.at, now_ms=now),
            "undone": times.moment_text(each.undone_at, now_ms=now) if each.undone_at else "",
        }
        for each in done
    ]  # fmt: skip
    return await console.page(
        request,
        Page("assisted.html.j2", "assisted", w.title, "people", (Key("Escape", w.back),)),
        id=resident, card=card, person=values.person_line(card, today) if card else "",
        until=f"{times.civil(until):%H:%M}" if until else "", lines=lines, left=None, due="",
        allergy_text="", tiles=[(each, each.path.format(id=resident)) for each in TILES],
    )  # fmt: skip
