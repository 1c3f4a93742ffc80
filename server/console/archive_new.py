"""A new archive at the desk: the archive's own page filled in once; a known document leads to the
archive that is there.
"""

from typing import Any, Final

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler

from server.actions.accounts.sessions import Signed
from server.actions.archives.archives import AlreadyThere, NewArchive
from server.actions.archives.desk_new import open_at_desk
from server.actions.archives.folder import facilities, own_areas, own_panels
from server.actions.keeping.site import Site
from server.console import desk_form
from server.console.desk import rows_changed
from server.console.desk_edit import BY_OTHERS
from server.console.desk_form import DO, SURE, Choices
from server.console.door import action, page
from server.console.frame import Console, Key, Page, signed_of
from server.console.words import words
from server.pages import times
from server.pages.forms import Filled
from server.pages.web import CSRF, posted, see
from server.records.kinds import REGISTER
from server.records.model import AccessClass, Code, Field, Ref
from server.records.values import Fault, FaultCode
from server.rules.accounts import FACILITY_ROLES

AnyRequest = Request[Any, Any, Any]
PANEL: Final = "panel"
ALIVE: Final = "0"  # archive_status of a fresh archive
NEW_FIELDS: Final = tuple(
    each
    for each in REGISTER.fields
    if each.policy not in BY_OTHERS
    and each.access is AccessClass.A
    and not isinstance(each.type, Ref)
)


def handlers(console: Console) -> list[HTTPRouteHandler]:
    @page("/archive/new", roles=FACILITY_ROLES)
    async def new(request: AnyRequest) -> Response[Any]:
        return await _draw(console, request, Filled({"id_type": ["01"]}))

    @action("/archive/new", roles=FACILITY_ROLES)
    async def opened(request: AnyRequest) -> Response[Any]:
        typed = {name: v for name, v in (await posted(request)).items() if name != CSRF}
        return await _take(console, request, desk_form.with_other_place(typed))

    return [new, opened]


async def _panel_field(site: Site, signed: Signed) -> Field:
    """The teams of the own facility; nobody is put into a team by default."""
    names = await own_panels(site, signed)
    return Field(PANEL, words("desk").new.panel, Code(names), required=False)


async def _draw(
    console: Console, request: AnyRequest, filled: Filled, *, status: int = 200,
    there: bytes | None = None,
) -> Response[Any]:  # fmt: skip
    w, signed, site = words("desk"), signed_of(request), console.site
    choices = Choices({}, await facilities(site), await own_areas(site, signed))
    drawn = desk_form.drawn(REGISTER, NEW_FIELDS, filled, {}, choices)
    keys = (Key("Ctrl Enter", w.new.save), Key("Escape", w.new.leave))
    shown = Page("archive_new.html.j2", "desk", w.new.title, "people", keys)
    return await console.page(
        request, shown, status=status, filled=filled, sections_=drawn,
        panel=await _panel_field(site, signed), wide=desk_form.wide, SURE=SURE,
        mark=desk_form.mark_of(filled.faults), there=there.hex() if there else "",
    )  # fmt: skip


async def _take(
    console: Console, request: AnyRequest, typed: dict[str, list[str]]
) -> Response[Any]:
    w, signed, site = words("desk").new, signed_of(request), console.site
    today = times.civil(site.clock()).date()
    does = (typed.get(DO) or [""])[0]
    if does:
        changed = rows_changed(console, NEW_FIELDS, typed, does)
        return await _draw(console, request, Filled(changed))
    body, kept = desk_form.body_of(NEW_FIELDS, typed)
    filled = desk_form.checked(
        REGISTER, NEW_FIELDS, {**kept, "archive_status": [ALIVE]}, on=today, today=today,
        sex=body.get("sex"), birth=None,
    )  # fmt: skip
    # The status is the server's to say; it is not on the page.
    faults = tuple(each for each in filled.faults if each.field != "archive_status")
    filled = Filled(kept, body, faults)
    panels = await own_panels(site, signed)
    panel = filled.text(PANEL)
    if panel and panel not in panels:
        filled = filled.but(Fault(PANEL, FaultCode.UNKNOWN_CODE, w.no_such_panel))
    if not desk_form.settled(filled):
        return await _draw(console, request, filled, status=422)
    new = NewArchive(
        basics={**body, "archive_status": ALIVE}, facility=signed.facility,
        panel=bytes.fromhex(panel) if panel else None, staff=signed.staff,
        since_day=today.isoformat(),
    )  # fmt: skip
    try:
        resident = await open_at_desk(site, new)
    except AlreadyThere as refusal:
        filled = filled.but(Fault("id_no", FaultCode.CONTRADICTION, w.there))
        return await _draw(console, request, filled, status=409, there=refusal.resident)
    return see(f"/console/archive/{resident.hex()}")
