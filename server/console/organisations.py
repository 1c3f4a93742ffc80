"""Organisations: the tree that everybody may read, one of them, setting up and changing."""

import re
from functools import cache
from typing import Any, Final

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from server.actions.accounts.sessions import Signed
from server.actions.archives.paper import paperless_since
from server.actions.places import closing, counter, organisations
from server.actions.places.organisations import Details, Organisation
from server.console.door import action, page
from server.console.frame import Console, Key, Page, signed_of
from server.console.words import words
from server.errors import NotYours, RuleSaysNo
from server.pages.forms import Filled, filled_from, read_form
from server.pages.times import civil
from server.pages.web import posted, see
from server.records.model import Kind
from server.records.office_forms import CLOSING, LEVELS, organisation
from server.records.values import Faults
from server.rules.accounts import EVERYBODY, StaffRole
from server.rules.organisations import MADE_BY, Level, services

AnyRequest = Request[Any, Any, Any]
WRITERS: Final = frozenset({StaffRole.COUNTY, StaffRole.MANAGER})
COUNTY: Final = frozenset({StaffRole.COUNTY})
HERE: Final = "organisations"
_ID: Final = re.compile(r"[0-9a-f]{32}")
_OF_FACILITIES: Final = ("services", "areas")  # fields that only a facility has


def id_of(text: str) -> bytes:
    """The id in an address. Raises NotYours for what is none."""
    if not _ID.fullmatch(text):
        raise NotYours
    return bytes.fromhex(text)


def handlers(console: Console) -> list[HTTPRouteHandler]:
    return [*_reading(console), *_writing(console), *_closing(console)]


def _reading(console: Console) -> list[HTTPRouteHandler]:
    w = words("organisations")

    @page("/organisations", roles=EVERYBODY)
    async def tree(request: AnyRequest) -> Response[str]:
        signed = signed_of(request)
        lines = await organisations.tree(console.site)
        shown = [
            each for each in lines if each.organisation.level not in (Level.CITY, Level.COUNTY)
        ]
        keys = [Key("J", words("ui").keys.down), Key("Enter", words("ui").keys.open)]
        county = next((o.organisation for o in lines if o.organisation.level is Level.COUNTY), None)
        under = county if signed.role is StaffRole.COUNTY else _own(signed, lines)
        if signed.role in WRITERS:
            keys += [Key("U", w.upload), Key("N", _new_label(signed))]
        sheet = Page("organisations.html.j2", "organisations", w.title, HERE, keys)
        return await console.page(
            request, sheet, lines=lines, shown=shown, services=services(), under=under,
            new_label=_new_label(signed), writes=signed.role in WRITERS,
        )  # fmt: skip

    @page("/organisations/{facility:str}", roles=EVERYBODY)
    async def one(request: AnyRequest, facility: FromPath[str]) -> Response[str]:
        signed = signed_of(request)
        found = await organisations.details(console.site, id_of(facility))
        each = found.organisation
        changes = organisations.may_change(signed, each, found.parent)
        closes = signed.role is StaffRole.COUNTY and each.level is Level.FACILITY
        staffed = signed.role in WRITERS and (
            signed.role is StaffRole.COUNTY or signed.facility in (each.facility, each.parent)
        )
        keys = [Key("E", w.edit)] if changes else []
        sheet = Page("organisation.html.j2", "organisations", each.name, HERE, keys)
        return await console.page(
            request, sheet, found=found, each=each, services=services(), changes=changes,
            closes=closes, since=await paperless_since(console.site, each.facility),
            staffed=staffed, below=_levels_below(signed, each),
            progress=await closing.progress(console.site, each.facility) if closes else None,
            counter=await counter.counter(console.site, each.facility),
            tells=counter.may_edit(signed, each, found.parent),
        )  # fmt: skip

    return [tree, one]


def _own(signed: Signed, lines: tuple[organisations.Branch, ...]) -> Organisation | None:
    found = (b.organisation for b in lines if b.organisation.facility == signed.facility)
    return next(found, None)


def _new_label(signed: Signed) -> str:
    w = words("organisations")
    return w.new_facility if signed.role is StaffRole.COUNTY else w.new_below


def _levels_below(signed: Signed, above: Organisation) -> dict[str, str]:
    """The levels this person may set up right under that organisation, with their labels."""
    if signed.role is StaffRole.MANAGER and above.facility != signed.facility:
        return {}
    wanted = {
        Level.COUNTY: (Level.FACILITY,), Level.FACILITY: (Level.STATION, Level.ROOM),
    }.get(above.level, ())  # fmt: skip
    made = MADE_BY.get(signed.role, frozenset[Level]())
    return {each.value: LEVELS[each.value] for each in wanted if each in made}


def _form(levels: dict[str, str]) -> Kind:
    return _form_of(tuple(levels))


@cache
def _form_of(levels: tuple[str, ...]) -> Kind:
    return organisation(services(), {each: LEVELS[each] for each in levels})


def _writing(console: Console) -> list[HTTPRouteHandler]:
    @page("/organisations/{facility:str}/new", roles=WRITERS)
    async def blank(request: AnyRequest, facility: FromPath[str]) -> Response[str]:
        above, levels = await _above(console, signed_of(request), facility)
        only = next(iter(levels)) if len(levels) == 1 else ""
        start = {"level": only, "published": "1" if only == "facility" else "2",
                 "ownership": "public"}  # fmt: skip
        return await _draw(
            console, request, filled_from(_form(levels), {k: v for k, v in start.items() if v}),
            levels, above=above,
        )  # fmt: skip

    @action("/organisations/{facility:str}/new", roles=WRITERS)
    async def create(request: AnyRequest, facility: FromPath[str]) -> Response[Any]:
        signed = signed_of(request)
        above, levels = await _above(console, signed, facility)
        filled = await _filled(console, request, _form(levels))
        if not filled.hard:
            made = await organisations.save(console.site, signed, above.facility, filled.values)
            if isinstance(made, bytes):
                return see(f"/console/organisations/{made.hex()}")
            filled = filled.but(*made)
        return await _draw(console, request, filled, levels, above=above)

    @page("/organisations/{facility:str}/edit", roles=WRITERS)
    async def edit(request: AnyRequest, facility: FromPath[str]) -> Response[str]:
        found, levels = await _mine(console, signed_of(request), facility)
        return await _draw(console, request, _stands(found, levels), levels, found=found)

    @action("/organisations/{facility:str}/edit", roles=WRITERS)
    async def change(request: AnyRequest, facility: FromPath[str]) -> Response[Any]:
        signed = signed_of(request)
        found, levels = await _mine(console, signed, facility)
        filled = await _filled(console, request, _form(levels))
        if not filled.hard:
            who = found.organisation.facility
            made = await organisations.save(console.site, signed, b"", filled.values, who)
            if isinstance(made, bytes):
                return see(f"/console/organisations/{facility}")
            filled = filled.but(*made)
        return await _draw(console, request, filled, levels, found=found)

    return [blank, create, edit, change]


async def _above(
    console: Console, signed: Signed, facility: str
) -> tuple[Organisation, dict[str, str]]:
    found = await organisations.details(console.site, id_of(facility))
    levels = _levels_below(signed, found.organisation)
    if not levels or found.organisation.closed_on:
        raise NotYours
    return found.organisation, levels


async def _mine(console: Console, signed: Signed, facility: str) -> tuple[Details, dict[str, str]]:
    found = await organisations.details(console.site, id_of(facility))
    each = found.organisation
    if not organisations.may_change(signed, each, found.parent):
        raise NotYours
    return found, {each.level.value: LEVELS[each.level.value]}


def _stands(found: Details, levels: dict[str, str]) -> Filled:
    each = found.organisation
    values: dict[str, Any] = {
        "name": each.name, "code": each.code, "level": each.level.value, "licence": each.licence,
        "ownership": each.ownership, "opened_on": each.opened_on,
        "published": "1" if each.published else "2",
        "services": [service for service, _ in found.services],
        "areas": "\n".join(f"{area.code} {area.name}".strip() for area in found.areas),
    }  # fmt: skip
    return filled_from(_form(levels), {name: value for name, value in values.items() if value})


async def _filled(console: Console, request: AnyRequest, kind: Kind) -> Filled:
    today = civil(console.site.clock()).date()
    return read_form(kind, await posted(request), today=today)


async def _draw(
    console: Console, request: AnyRequest, filled: Filled, levels: dict[str, str], *,
    above: Organisation | None = None, found: Details | None = None,
) -> Response[str]:  # fmt: skip
    w = words("organisations")
    named = found.organisation if found else above
    assert named is not None
    title = (w.edit_title if found else w.new_title)(name=named.name)
    kind = _form(levels)
    rich = "facility" in levels
    fields = [each for each in kind.fields if rich or each.name not in _OF_FACILITIES]
    sheet = Page("organisation_form.html.j2", "organisations", title, HERE)
    return await console.page(
        request, sheet, status=422 if filled.hard else 200, filled=filled, fields=fields,
        back=f"/console/organisations/{named.facility.hex()}",
    )  # fmt: skip


def _closing(console: Console) -> list[HTTPRouteHandler]:
    async def draw(request: AnyRequest, facility: bytes, filled: Filled) -> Response[str]:
        signed = signed_of(request)
        seen = await closing.forecast(console.site, signed, facility)
        under_way = await closing.progress(console.site, facility)
        title = words("organisations").closing.title(name=seen.organisation.name)
        sheet = Page("organisation_close.html.j2", "organisations", title, HERE)
        return await console.page(
            request, sheet, status=422 if filled.hard else 200, seen=seen, filled=filled,
            progress=under_way, field=CLOSING.fields[0],
        )  # fmt: skip

    @page("/organisations/{facility:str}/close", roles=COUNTY)
    async def look(request: AnyRequest, facility: FromPath[str]) -> Response[str]:
        return await draw(request, id_of(facility), Filled())

    @action("/organisations/{facility:str}/close", roles=COUNTY)
    async def close(request: AnyRequest, facility: FromPath[str]) -> Response[Any]:
        signed, who = signed_of(request), id_of(facility)
        filled = await _filled(console, request, CLOSING)
        faults: Faults = filled.hard
        if not faults:
            faults = await closing.plan_closing(console.site, signed, who, filled.values["day"])
            if not faults:
                return see(f"/console/organisations/{facility}/close")
            filled = filled.but(*faults)
        return await draw(request, who, filled)

    @action("/organisations/{facility:str}/close/undo", roles=COUNTY)
    async def undo(request: AnyRequest, facility: FromPath[str]) -> Response[Any]:
        try:
            await closing.undo_closing(console.site, signed_of(request), id_of(facility))
        except RuleSaysNo:
            return see(f"/console/organisations/{facility}/close")
        return see(f"/console/organisations/{facility}")

    return [look, close, undo]
