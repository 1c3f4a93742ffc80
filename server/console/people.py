"""Finding residents, and whoever comes from elsewhere by the whole number with a purpose.

What is searched for travels in the body of the form, never in an address. Each search and each row
shown is written down (server/actions/archives/search.py), and the page says so.
"""

from datetime import date
from typing import Any, Final

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler

from server.actions.accounts.sessions import Signed
from server.actions.archives import opening
from server.actions.archives.opening import REASON_MAX, Given
from server.actions.archives.search import SHOWN_MAX, Found, Lookup, how_of
from server.console.door import action, page
from server.console.frame import Console, Key, Page, signed_of
from server.console.home import WORKERS
from server.console.words import words
from server.errors import NotAllowed, NotFound
from server.pages import values
from server.pages.forms import EMPTY, Filled, Posted, read_form
from server.pages.times import civil
from server.pages.web import posted, see
from server.records.model import Code, Codes, Field, Kind, Shape, Text
from server.records.values import Fault, FaultCode
from server.rules.accounts import StaffRole
from server.rules.consent import Purpose

AnyRequest = Request[Any, Any, Any]
_EVER: Final = date(2017, 1, 1)


def handlers(console: Console) -> list[HTTPRouteHandler]:
    lookup = Lookup(console.site)

    @page("/people", roles=WORKERS)
    async def people(request: AnyRequest) -> Response[Any]:
        return await _draw(console, request, "", None)

    @action("/people", roles=WORKERS)
    async def find(request: AnyRequest) -> Response[Any]:
        query = ((await posted(request)).get("q") or [""])[0].strip()
        if not query:
            return see("/console/people")
        found = await lookup.find(signed_of(request), query)
        only = found.cards[0] if len(found.cards) == 1 and found.how != "words" else None
        if only is not None:
            return see(f"/console/archive/{only.resident.hex()}")
        return await _draw(console, request, query, found)

    @page("/guest", roles=WORKERS)
    async def guest(request: AnyRequest) -> Response[Any]:
        return await _ask(console, request, EMPTY)

    @action("/guest", roles=WORKERS)
    async def guest_asked(request: AnyRequest) -> Response[Any]:
        return await _open_guest(console, request, await posted(request))

    return [people, find, guest, guest_asked]


async def _draw(
    console: Console, request: AnyRequest, query: str, found: Found | None
) -> Response[Any]:
    w, signed = words("people"), signed_of(request)
    today = civil(console.site.clock()).date()
    rows = [] if found is None else [
        (
            each, values.person_line(each, today), w.status.get(each.status),
            w.mine if each.panel in signed.panels else found.teams.get(each.panel or b"", ""),
        )
        for each in found.cards
    ]  # fmt: skip
    keys = (Key("j", w.keys.down), Key("k", w.keys.up), Key("Enter", w.keys.open))
    shown = Page("people.html.j2", "people", w.title, "people", keys if rows else ())
    return await console.page(
        request, shown, query=query, found=found, rows=rows, most=SHOWN_MAX, may_open=signed.role,
        elsewhere=found is not None and found.elsewhere,
        purposes=purposes_of(signed),
    )  # fmt: skip


# Somebody of another facility.


def purposes_of(signed: Signed) -> dict[str, str]:
    """What somebody may state as a purpose, in words."""
    w = words("people").purposes
    known = (
        (Purpose.REVIEW,)
        if signed.role is StaffRole.COUNTY
        else (Purpose.SERVICE, Purpose.EMERGENCY, Purpose.REPORTING)
    )
    return {each.value: w[each.value] for each in known}


def why_fields(signed: Signed) -> tuple[Field, ...]:
    """Purpose and reason, as every page asks for them."""
    w = words("people").fields
    return (
        Field("purpose", w.purpose, Code(purposes_of(signed)), required=True),
        Field("reason", w.reason, Text(2, REASON_MAX), required=True),
    )


def why_kind(signed: Signed, *, number: bool) -> Kind:
    w = words("people").fields
    fields = why_fields(signed)
    if number:
        seen = Field("present", w.present, Codes({"1": w.present_yes}))
        fields = (Field("number", w.number, Text(15, 40), required=True), *fields, seen)
    return Kind("why", w.purpose, 1, _EVER, Shape.EVENT, fields)


def given_of(values_: dict[str, Any]) -> Given:
    return Given(
        Purpose(values_["purpose"]), str(values_["reason"]), values_.get("present") == ["1"]
    )


async def _ask(
    console: Console, request: AnyRequest, filled: Filled, *, status: int = 200
) -> Response[Any]:
    signed = signed_of(request)
    w = words("people")
    shown = Page("guest.html.j2", "people", w.guest_title, "people")
    kind = why_kind(signed, number=True)
    return await console.page(
        request, shown, status=status, filled=filled, kind=kind,
        county=signed.role is StaffRole.COUNTY,
    )  # fmt: skip


async def _open_guest(console: Console, request: AnyRequest, typed: Posted) -> Response[Any]:
    signed = signed_of(request)
    w = words("people")
    today = civil(console.site.clock()).date()
    filled = read_form(why_kind(signed, number=True), typed, today=today)
    number = filled.text("number")
    if "reason" not in typed:  # from the search: the number is taken along, nothing else yet
        return await _ask(console, request, Filled(typed))
    if number and how_of(number) not in ("number", "archive"):
        fault = Fault("number", FaultCode.WRONG_TYPE, w.faults.number)
        filled = filled.but(fault)
    if filled.hard:
        return await _ask(console, request, filled, status=422)
    given = given_of(filled.values)
    try:
        opened = await opening.open_by_number(console.site, signed, number, given)
    except NotFound:
        filled = filled.but(Fault("number", FaultCode.CONTRADICTION, w.faults.nobody))
    except NotAllowed:
        where = "present" if given.purpose is Purpose.SERVICE else "purpose"
        filled = filled.but(Fault(where, FaultCode.CONTRADICTION, w.faults.shut))
    else:
        return see(f"/console/archive/{opened.resident.hex()}")
    return await _ask(console, request, filled, status=422)
