"""After saving: what happened, what follows, under which number, who receives it; and taking a
record back.
"""

from typing import Any

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from server.actions.archives import desk, opening
from server.actions.archives.folder import card_of
from server.actions.archives.opening import AskWhy
from server.console.archive import ask_why, can_write
from server.console.door import action, page
from server.console.following import advice_on
from server.console.frame import Console, Key, Page, signed_of
from server.console.home import id_of
from server.console.words import words
from server.errors import NotYours
from server.pages import times, values
from server.pages.forms import EMPTY
from server.pages.web import posted, see
from server.rules.accounts import FACILITY_ROLES
from sync import wire

AnyRequest = Request[Any, Any, Any]
REASON_MAX = 100


def handlers(console: Console) -> list[HTTPRouteHandler]:
    @page("/archive/{resident:str}/saved/{change:str}", roles=FACILITY_ROLES)
    async def saved(
        request: AnyRequest, resident: FromPath[str], change: FromPath[str]
    ) -> Response[Any]:
        return await _receipt(console, request, id_of(resident), id_of(change))

    @action("/archive/{resident:str}/void/{change:str}", roles=FACILITY_ROLES)
    async def void(
        request: AnyRequest, resident: FromPath[str], change: FromPath[str]
    ) -> Response[Any]:
        reason = ((await posted(request)).get("reason") or [""])[0].strip()
        return await _void(console, request, id_of(resident), id_of(change), reason)

    return [saved, void]


async def _receipt(
    console: Console, request: AnyRequest, resident: bytes, change: bytes
) -> Response[Any]:
    w, site = words("desk"), console.site
    found = await desk.receipt(site, signed_of(request), resident, change)
    card = await card_of(site, resident)
    today = times.civil(site.clock()).date()
    fw = words("following")
    opened = await opening.open_for(site, signed_of(request), resident)
    advice = () if isinstance(opened, AskWhy) else advice_on(
        site, opened, found.change, may_write=can_write(opened)
    )  # fmt: skip
    number = " ".join(found.change.hex()[n : n + 8] for n in range(0, 32, 8))
    keys = [Key("r", way.label) for each in advice for way in each.ways[:1]][:1]
    shown = Page("desk_saved.html.j2", "desk", w.saved.title, "people",
                 (*keys, Key("Enter", w.saved.back)))  # fmt: skip
    return await console.page(
        request, shown, found=found, card=card, person=values.person_line(card, today),
        number=number, allergy_text="", left=None, due="", id=resident.hex(), advice=advice,
        fw=fw,
        label=values.form_label(found.kind) if found.kind else w.saved.restricted,
    )  # fmt: skip


async def _void(
    console: Console, request: AnyRequest, resident: bytes, change: bytes, reason: str
) -> Response[Any]:
    """Takes an own record back. The id of the void follows from the record: pressed twice it is
    one.
    """
    signed, site = signed_of(request), console.site
    opened = await opening.open_for(site, signed, resident)
    if isinstance(opened, AskWhy):
        return await ask_why(console, request, resident, EMPTY, status=403)
    target = next((each for each in opened.records if each.change.id == change), None)
    if target is None or not reason:
        raise NotYours("record")
    void = wire.Change(
        id=desk.void_id(change, signed.staff), resident=resident, kind=target.change.kind,
        v=target.change.v, on=target.change.on, at=site.clock(), voids=change,
        reason=reason[:REASON_MAX],
    )  # fmt: skip
    try:
        done = await desk.save(site, signed, opened, void)
    except desk.SavedOtherwise as refusal:
        return see(f"/console/archive/{resident.hex()}/saved/{refusal.change.hex()}")
    return see(f"/console/archive/{done.resident.hex()}/saved/{done.change.hex()}")
