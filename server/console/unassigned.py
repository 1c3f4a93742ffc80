"""Residents whom no address has brought to a team: a person says whose they are, one by one or a
village at a time.
"""

from typing import Any

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from server.actions.places import unassigned_page
from server.actions.places.unassigned import assign, assign_village
from server.console.door import action, page
from server.console.frame import Console, Key, Page, signed_of
from server.console.home import id_of
from server.console.words import words
from server.pages import times, values
from server.pages.web import posted, see
from server.rules.accounts import StaffRole

AnyRequest = Request[Any, Any, Any]
ROLES = frozenset({StaffRole.COUNTY, StaffRole.MANAGER})


def handlers(console: Console) -> list[HTTPRouteHandler]:
    @page("/unassigned/{resident:str}", roles=ROLES)
    async def show(request: AnyRequest, resident: FromPath[str]) -> Response[Any]:
        return await _draw(console, request, resident, missing=False)

    @action("/unassigned/{resident:str}", roles=ROLES)
    async def give(request: AnyRequest, resident: FromPath[str]) -> Response[Any]:
        typed = await posted(request)
        panel, village = (typed.get("panel") or [""])[0], (typed.get("village") or [""])[0]
        if not panel:
            return await _draw(console, request, resident, missing=True)
        signed = signed_of(request)
        if village:
            await assign_village(console.site, signed, village, id_of(panel))
        else:
            await assign(console.site, signed, id_of(resident), id_of(panel))
        return see("/console/queue/unassigned")

    return [show, give]


async def _draw(
    console: Console, request: AnyRequest, resident: str, *, missing: bool
) -> Response[Any]:
    found = await unassigned_page.waiting(console.site, signed_of(request), id_of(resident))
    w, now = words("unassigned"), console.site.clock()
    return await console.page(
        request,
        Page("unassigned.html.j2", "unassigned", w.title, here="unassigned",
             keys=(Key("Ctrl Enter", w.give), Key("Esc", words("ui")["keys"].back))),
        status=422 if missing else 200, found=found, card=found.card, resident=resident,
        person=values.person_line(found.card, times.civil(now).date()), missing=missing,
        left=times.left(found.due_at, now), allergy_text="",
        due=times.long_day(times.civil(found.due_at).date()),
    )  # fmt: skip
