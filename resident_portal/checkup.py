"""Checkup days of the open archive: which there are, a time booked, moved or given back, and what
comes after. The code itself: checkup_card.py; what was found: checkup_results.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from resident_portal import checkup_card, checkup_said, said
from resident_portal.checkup_said import Lead
from resident_portal.door import action, page
from resident_portal.frame import Page, Portal, visitor_of
from resident_portal.ids import id_of
from resident_portal.words import words
from server.actions.checkup import own_booking
from server.actions.checkup.booking import OpenDay
from server.actions.checkup.own_booking import Days
from server.actions.checkup.own_day import OwnDay
from server.actions.residents.reading import read
from server.errors import NotYours, RuleSaysNo
from server.pages import times
from server.pages.forms import EMPTY
from server.pages.web import AnyRequest, posted, see
from server.records.values import Fault, FaultCode
from server.rules.checkup_days import BOOKABLE, DayState

HERE: Final = "/portal/checkup"
SLOT: Final = "slot"


@dataclass(frozen=True, slots=True)
class Line:
    """A day in the list."""

    href: str
    title: str
    quiet: str
    tone: str = ""
    sign: str = "clock"
    state: str = ""


@dataclass(frozen=True, slots=True)
class Slot:
    """A time as it is offered. `left`: in words."""

    slot: int
    text: str
    left: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Banner:
    tone: str
    sign: str
    title: str
    text: str = ""


def handlers(portal: Portal) -> list[HTTPRouteHandler]:
    @page("/checkup")
    async def every(request: AnyRequest) -> Response[Any]:
        days = await days_for(portal, request)
        return _list(portal, request, days)

    @page("/checkup/day/{day:str}")
    async def one(request: AnyRequest, day: FromPath[str]) -> Response[Any]:
        return await _one(portal, request, id_of(day))

    @action("/checkup/day/{day:str}")
    async def book(request: AnyRequest, day: FromPath[str]) -> Response[Any]:
        return await _book(portal, request, id_of(day))

    @action("/checkup/day/{day:str}/cancel")
    async def cancel(request: AnyRequest, day: FromPath[str]) -> Response[Any]:
        try:
            await own_booking.cancel(portal.site, visitor_of(request), id_of(day))
        except RuleSaysNo as no:
            return await _one(portal, request, id_of(day), no=why_not(no), status=409)
        return see(f"{HERE}/day/{day}?done=cancelled")

    return [every, one, book, cancel]


async def days_for(portal: Portal, request: AnyRequest) -> Days:
    """The days of the open archive, opened for it like the plan."""
    visitor = visitor_of(request)
    await read(portal.site, visitor.acting)
    return await own_booking.days(portal.site, visitor)


def why_not(no: RuleSaysNo) -> str:
    """The outcome of a rule as residents read it."""
    w = words("checkup").no
    return w.get(no.detail, w.otherwise)


async def _book(portal: Portal, request: AnyRequest, day: bytes) -> Response[Any]:
    visitor, typed = visitor_of(request), await posted(request)
    chosen = (typed.get(SLOT) or [""])[0]
    if not (chosen.isascii() and chosen.isdigit() and len(chosen) < 6):
        return await _one(portal, request, day, no=words("checkup").no.no_such_slot)
    token, now = request.cookies.get(checkup_card.COOKIE, ""), portal.site.clock()
    try:
        kept, own = await own_booking.book(portal.site, visitor, day, int(chosen), token)
    except RuleSaysNo as no:
        return await _one(portal, request, day, no=why_not(no), status=409)
    answer = see(checkup_card.path_of(day))
    checkup_card.give(request, answer, kept, now, own.ends_ms)
    return answer


# The list.


def _list(portal: Portal, request: AnyRequest, days: Days) -> Response[Any]:
    w, today = words("checkup"), times.civil(portal.site.clock()).date()
    booked = [each for each in days.open if each.booked is not None]
    free = [each for each in days.open if each.booked is None]
    past = [each for each in days.own if days.ahead(each.day) is None]
    groups = [
        (w.mine, [line_of(each, today) for each in booked]),
        (w.offered, [line_of(each, today) for each in free]),
        (w.past, [_past(each, today) for each in reversed(past)]),
    ]
    return portal.page(
        request, Page("checkup.html.j2", "checkup", w.title, back="/portal/plan"),
        groups=[each for each in groups if each[1]], lead=_lead(booked, free, today),
    )  # fmt: skip


def _lead(booked: Sequence[OpenDay], free: Sequence[OpenDay], today: date) -> Lead:
    w = words("checkup")
    if booked:
        return Lead(w.lead_booked, said.weekday(booked[0].on, today), w.lead_end)
    open_ = sum(bool(each.slots) for each in free)
    return Lead(w.lead_offered, w.lead_offered_mark(n=open_), w.lead_end) if open_ else NO_LEAD


NO_LEAD: Final = Lead("", "", "")


def line_of(each: OpenDay, today: date) -> Line:
    """A day ahead: the time that is booked, or how many places there are."""
    w, href = words("checkup"), f"{HERE}/day/{each.day.hex()}"
    title, own = said.weekday(each.on, today), each.booked
    if own is not None:
        time = checkup_said.span(own.start, own.end)
        quiet = w.row_booked(time=time, place=each.place)
        return Line(href, title, quiet, "done", "check", w.chip_booked)
    hours = {"opens": checkup_said.clock(each.opens), "closes": checkup_said.clock(each.closes)}
    left = sum(slot.left for slot in each.slots)
    state = w.chip_free(n=left) if left else w.chip_full
    return Line(href, title, w.row_place(**hours, place=each.place), "", "clock", state)


def _past(own: OwnDay, today: date) -> Line:
    w = words("checkup")
    chip = ("done", "check", w.chip_done)
    if own.state is DayState.CANCELLED:
        chip = ("wait", "cross", w.chip_cancelled)
    elif own.arrived_at is None:
        chip = ("due", "cross", w.chip_missed)
    elif own.results:
        chip = ("done", "check", w.chip_results)
    return Line(f"{HERE}/day/{own.day.hex()}", said.weekday(own.on, today), own.place, *chip)


# One day.


async def _one(
    portal: Portal, request: AnyRequest, day: bytes, *, no: str = "", status: int = 422
) -> Response[Any]:
    days = await days_for(portal, request)
    own = next((each for each in days.own if each.day == day), None)
    ahead = days.ahead(day)
    if ahead is not None:
        return _ahead(portal, request, days, ahead, no=no, status=status)
    if own is None:
        raise NotYours("day")
    return _over(portal, request, own, status if no else 200)


def _ahead(
    portal: Portal, request: AnyRequest, days: Days, day: OpenDay, *, no: str, status: int
) -> Response[Any]:
    w, visitor = words("checkup"), visitor_of(request)
    today = times.civil(portal.site.clock()).date()
    fault = Fault(SLOT, FaultCode.CONTRADICTION, no)
    route, note = checkup_said.route(day.route), checkup_said.note(day.route)
    mark = w.what_mark(note=note) if note else ""
    serves = next((each for each in days.own if each.day == day.day), None)
    slots = _slots(day) if days.acts else []
    return portal.page(
        request,
        Page("checkup_day.html.j2", "checkup", w.title, back=HERE),
        status=status if no else 200, id=day.day.hex(),
        head=w.day_title(day=said.day(day.on, today)),
        filled=EMPTY.but(fault) if no else EMPTY, banner=_banner(request, day),
        booked=day.booked is not None and days.acts, code=checkup_card.path_of(day.day),
        lead=Lead((w.what if mark else w.what_plain)(n=len(route)), mark, w.what_end),
        day=said.weekday(day.on, today),
        hours=checkup_said.span(day.opens, day.closes), place=day.place,
        facility=serves.facility_name if serves else visitor.facility_name,
        phone=serves.facility_phone if serves else visitor.facility_phone, slots=slots,
        open=days.acts, cancels=day.booked is not None and days.acts, stations=route,
        not_yours="" if days.acts else w.not_yours(name=visitor.card.name),
    )  # fmt: skip


def _slots(day: OpenDay) -> list[Slot]:
    """Times with room, in order, and the own one, whether it has room or not."""
    w, made = words("checkup"), dict[int, Slot]()
    for each in day.slots:
        text = checkup_said.span(each.start, each.end)
        made[each.slot] = Slot(each.slot, text, w.slot_free(n=each.left), chosen=False)
    own = day.booked
    if own is not None:
        text = checkup_said.span(own.start, own.end)
        made[own.slot] = Slot(own.slot, text, w.slot_own, chosen=True)
    return sorted(made.values(), key=lambda each: each.text.rjust(len("08:00–08:30")))


def _banner(request: AnyRequest, day: OpenDay) -> Banner | None:
    w = words("checkup")
    if day.booked is not None:
        title = w.booked_banner(time=checkup_said.span(day.booked.start, day.booked.end))
        ticket = checkup_said.ticket(day.booked.ticket)
        return Banner("pine", "check", title, w.booked_ticket(ticket=ticket) if ticket else "")
    if request.query_params.get("done") == "cancelled":
        return Banner("", "cross", w.cancelled_banner, w.cancelled_next)
    return None


def _over(portal: Portal, request: AnyRequest, own: OwnDay, status: int) -> Response[Any]:
    """Somebody has come, or the day is over or was called off."""
    w, today = words("checkup"), times.civil(portal.site.clock()).date()
    day, results = said.day(own.on, today), False
    if own.state is DayState.CANCELLED:
        head, lead = w.over_called_off(day=day), Lead("", "", w.called_off_next)
    elif own.arrived_at is None:
        head, lead = w.over_missed(day=day), Lead("", "", w.missed_next)
    else:
        results = own.results
        head = w.over_went(day=day)
        lead = Lead("", w.ready, "") if results else Lead(w.waiting, w.waiting_mark, w.waiting_next)
    if own.state in BOOKABLE and own.on == today and own.arrived_at is not None:
        head = w.card.today_in_plain
    return portal.page(
        request, Page("checkup_over.html.j2", "checkup", w.title, back=HERE), status=status,
        own=own, head=head, lead=lead, results=results, phone=own.facility_phone,
    )  # fmt: skip
