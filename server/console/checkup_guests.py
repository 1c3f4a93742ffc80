"""Guests of a checkup day whom no document has named: the facility says which archive is theirs."""

from dataclasses import dataclass
from typing import Any

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from server.actions.archives.cards import Card
from server.actions.checkup import guest_matching
from server.actions.checkup.guest_matching import Waiting
from server.console.door import action, page
from server.console.frame import Console, Key, Page, signed_of
from server.console.home import id_of
from server.console.words import words
from server.errors import RuleSaysNo
from server.pages.web import posted, see
from server.rules.checkup_days import PREPARES

AnyRequest = Request[Any, Any, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is drawn besides the list: whose archive was looked for, what was found."""

    guest: str = ""
    typed: str = ""
    card: Card | None = None
    fault: str = ""
    done: bool = False


def handlers(console: Console) -> list[HTTPRouteHandler]:
    @page("/checkup/{day:str}/guests", roles=PREPARES)
    async def listed(request: AnyRequest, day: FromPath[str]) -> Response[Any]:
        asked = Asked(done=request.query_params.get("done") == "1")
        return await _draw(console, request, day, asked)

    @action("/checkup/{day:str}/guests/{guest:str}/find", roles=PREPARES)
    async def find(request: AnyRequest, day: FromPath[str], guest: FromPath[str]) -> Response[Any]:
        """Posted: what was typed is a number, and an address is written down by others."""
        typed = (await posted(request)).get("number", [""])[0].strip()[:40]
        card = await guest_matching.look_up(console.site, signed_of(request), id_of(day), typed)
        fault = "" if card is not None else words("checkup_guests").no_such
        asked = Asked(guest, typed, card, fault)
        return await _draw(console, request, day, asked, status=422 if fault else 200)

    @action("/checkup/{day:str}/guests/{guest:str}/match", roles=PREPARES)
    async def match(request: AnyRequest, day: FromPath[str], guest: FromPath[str]) -> Response[Any]:
        who = id_of((await posted(request)).get("resident", [""])[0])
        signed = signed_of(request)
        try:
            await guest_matching.match(console.site, signed, id_of(day), id_of(guest), who)
        except RuleSaysNo:
            asked = Asked(guest, fault=words("checkup_guests").matched_before)
            return await _draw(console, request, day, asked, status=409)
        return see(f"/console/checkup/{day}/guests?done=1")

    return [listed, find, match]


async def _draw(
    console: Console, request: AnyRequest, day: str, asked: Asked, *, status: int = 200
) -> Response[Any]:
    w = words("checkup_guests")
    found: list[Waiting] = await guest_matching.waiting(
        console.site, signed_of(request), id_of(day)
    )
    here = Page(
        "checkup_guests.html.j2", "checkup_guests", w.title, "checkup",
        (Key("Escape", w["keys"].back),),
    )  # fmt: skip
    return await console.page(
        request, here, status=status, found=found, day=day, asked=asked, sexes=w["sexes"]
    )
