"""Forms on paper: one record, an empty form, or all of a village and month; and the way back from a
code on a sheet to the electronic record.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from server.actions.archives import paper
from server.actions.archives.folder import facilities, own_areas
from server.actions.archives.opening import AskWhy, open_for
from server.actions.archives.paper import Asked, Batch, Sheet
from server.actions.facility_work.records import read
from server.console.archive import ask_why
from server.console.door import action, page
from server.console.frame import Console, Key, Page, signed_of
from server.console.home import WORKERS, id_of
from server.console.organisations import id_of as facility_id
from server.console.paper_sheet import Drawn, blank, of_record, of_register, of_work
from server.console.words import words
from server.errors import NotYours
from server.pages import times
from server.pages.forms import EMPTY
from server.pages.qr import code_of
from server.pages.web import posted, see
from server.records.kinds import REGISTER, UnknownKind, current, everything, get
from server.records.model import AccessClass, Kind, Shape, Subject
from server.rules.accounts import FACILITY_ROLES, StaffRole
from server.rules.districts import table
from server.rules.facility_work import READS

AnyRequest = Request[Any, Any, Any]
HERE: Final = "paper"
MONTHS: Final = 13  # offered: this one and the year before
COUNTY: Final = frozenset({StaffRole.COUNTY})


def handlers(console: Console) -> list[HTTPRouteHandler]:
    return [*_one(console), *_many(console), *_paperless(console)]


def _one(console: Console) -> list[HTTPRouteHandler]:
    @page("/record/{change:str}", roles=WORKERS)
    async def record(request: AnyRequest, change: FromPath[str]) -> Response[Any]:
        """Where a sheet's code leads: to the archive, through its gate. A code of an archive that
        stays shut is answered like one of nobody's, so it does not even tell whose it is.
        """
        found = await paper.whose(console.site, id_of(change))
        await open_for(console.site, signed_of(request), found)
        return see(f"/console/archive/{found.hex()}?record={change}")

    @page("/archive/{resident:str}/paper/{change:str}", roles=WORKERS)
    async def sheet(
        request: AnyRequest, resident: FromPath[str], change: FromPath[str]
    ) -> Response[Any]:
        which = None if change == REGISTER.id else id_of(change)
        found = await paper.sheet_of(console.site, signed_of(request), id_of(resident), which)
        if isinstance(found, AskWhy):
            return await ask_why(console, request, found.resident, EMPTY, status=403)
        return await _print(
            console, request, [_drawn(console, request, found)], f"/console/archive/{resident}"
        )

    @page("/work/record/{record:str}/paper", roles=READS)
    async def work(request: AnyRequest, record: FromPath[str]) -> Response[Any]:
        found = await read(console.site, signed_of(request), id_of(record))
        place = found.standing.organisations[found.record.facility].name
        base = str(request.base_url).rstrip("/")
        back = f"/console/work/record/{record}"
        drawn = of_work(found.record, place, code_of(base + back))
        return await _print(console, request, [drawn], back)

    return [record, sheet, work]


def _many(console: Console) -> list[HTTPRouteHandler]:
    @page("/paper", roles=FACILITY_ROLES)
    async def choose(request: AnyRequest) -> Response[Any]:
        return await _choose(console, request)

    @page("/paper/blank/{kind:str}", roles=FACILITY_ROLES)
    async def empty(request: AnyRequest, kind: FromPath[str]) -> Response[Any]:
        today = times.civil(console.site.clock()).date()
        found = _kind(request, kind, today)
        drawn = blank(found, signed_of(request).facility_name)
        return await _print(console, request, [drawn], "/console/paper")

    @page("/paper/batch", roles=FACILITY_ROLES)
    async def batch(request: AnyRequest) -> Response[Any]:
        asked, part = _asked(console, request)
        found = await paper.batch(console.site, signed_of(request), asked, part)
        drawn = [_drawn(console, request, each) for each in found.sheets]
        return await _print(console, request, drawn, "/console/paper", found=found, part=part)

    return [choose, empty, batch]


def _paperless(console: Console) -> list[HTTPRouteHandler]:
    @page("/organisations/{facility:str}/paperless", roles=COUNTY)
    async def ask(request: AnyRequest, facility: FromPath[str]) -> Response[Any]:
        return await _ask_since(console, request, facility)

    @action("/organisations/{facility:str}/paperless", roles=COUNTY)
    async def said(request: AnyRequest, facility: FromPath[str]) -> Response[Any]:
        typed = ((await posted(request)).get("since") or [""])[0].strip()
        try:
            since = date.fromisoformat(typed) if typed else None
        except ValueError:
            return await _ask_since(console, request, facility, wrong=True)
        await paper.set_paperless(console.site, signed_of(request), facility_id(facility), since)
        return see(f"/console/organisations/{facility}")

    return [ask, said]


async def _ask_since(
    console: Console, request: AnyRequest, facility: str, *, wrong: bool = False
) -> Response[Any]:
    """The day from which that facility keeps no paper. Raises NotYours for one there is not."""
    w, at = words("paper"), facility_id(facility)
    name = (await facilities(console.site)).get(at.hex())
    if name is None:
        raise NotYours("facility")
    since = None if wrong else await paper.paperless_since(console.site, at)
    shown = Page("paperless.html.j2", "paper", w.paperless, "organisations",
                 (Key("Ctrl Enter", w.save),))  # fmt: skip
    return await console.page(
        request, shown, status=422 if wrong else 200, facility=facility, since=since, wrong=wrong,
        name=name,
    )  # fmt: skip


def _kinds(request: AnyRequest, today: date) -> list[Kind]:
    """The forms that are printed, in the order of the catalogue: restricted ones for who may see
    them.
    """
    restricted = signed_of(request).restricted
    names = dict.fromkeys(each.id for each in everything() if each.valid_from <= today)
    found = [current(name, on=today) for name in names]
    return [each for each in found if each.access is not AccessClass.B or restricted]


def _kind(request: AnyRequest, name: str, today: date) -> Kind:
    """Raises NotYours for a form there is not, or not for this person."""
    found = next((each for each in _kinds(request, today) if each.id == name), None)
    if found is None:
        raise NotYours("kind")
    return found


def _asked(console: Console, request: AnyRequest) -> tuple[Asked, int]:
    """What the address asks for. Raises NotYours for what no page offers."""
    query = request.query_params
    today = times.civil(console.site.clock()).date()
    kind = _kind(request, query.get("kind", ""), today)
    month, village = query.get("month", ""), query.get("village", "")
    register = kind.shape is Shape.REGISTER
    if kind.subject is not Subject.RESIDENT or (not register and month not in _months(today)):
        raise NotYours("batch")
    if not (village.isdigit() or village == paper.ANYWHERE) or len(village) > 12:
        raise NotYours("batch")
    part = query.get("part", "1")
    number = int(part) if part.isdigit() and len(part) < 5 else 1
    return Asked(kind, village, "" if register else month), max(0, number - 1)


def _months(today: date) -> Mapping[str, str]:
    """ISO month -> as people write it, this one first."""
    w, made = words("paper"), dict[str, str]()
    year, month = today.year, today.month
    for _ in range(MONTHS):
        made[f"{year}-{month:02d}"] = w.month(year=year, month=month)
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
    return made


async def _choose(console: Console, request: AnyRequest) -> Response[Any]:
    w, signed = words("paper"), signed_of(request)
    today = times.civil(console.site.clock()).date()
    kinds = _kinds(request, today)
    shown = Page("paper_choose.html.j2", "paper", w.title, HERE, (Key("Ctrl Enter", w.draw),))
    return await console.page(
        request, shown, kinds=kinds, months=_months(today),
        printed=[each for each in kinds if each.subject is Subject.RESIDENT],
        areas=await own_areas(console.site, signed),
        since=await paper.paperless_since(console.site, signed.facility),
    )  # fmt: skip


def _drawn(console: Console, request: AnyRequest, each: Sheet) -> Drawn:
    base = str(request.base_url).rstrip("/")
    found = each.folder
    if each.change is None:
        today = times.civil(console.site.clock()).date()
        address = f"{base}/console/archive/{found.opened.resident.hex()}"
        return of_register(found, code_of(address), today)
    entry = next(one for one in found.entries if one.record.change.id == each.change)
    change = entry.record.change
    try:
        kind = get(change.kind, _newest(change.kind))
    except UnknownKind:
        raise NotYours("kind") from None
    return of_record(kind, entry, found, code_of(f"{base}/console/record/{each.change.hex()}"))


def _newest(kind_id: str) -> int:
    return max((each.version for each in everything() if each.id == kind_id), default=0)


async def _print(
    console: Console, request: AnyRequest, sheets: list[Drawn], back: str,
    *, found: Batch | None = None, part: int = 0,
) -> Response[Any]:  # fmt: skip
    """Sheets to look at and to print; the frame around them stays on the screen."""
    w = words("paper")
    shown = Page("paper.html.j2", "paper", w.print_title, HERE, (Key("Escape", w.back),))
    today = times.civil(console.site.clock()).date()
    rules = table(console.site.rules.code, today.year)
    kept = {each.kind: rules.retention_years(each.kind) for each in sheets}
    query = {k: v for k, v in request.query_params.items() if k != "part"}
    return await console.page(
        request, shown, sheets=sheets, back=back, found=found, number=part, query=query,
        kept=kept,
        since=await paper.paperless_since(console.site, signed_of(request).facility),
    )  # fmt: skip
