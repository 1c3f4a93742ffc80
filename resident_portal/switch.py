"""换机构: when one may switch, which facilities and teams there are, check answers, receipt, undo.

Every step is a page and works without a script. The form carries the id its switch will have, so
that pressing twice is one switch. Special cases: switch_special.py.
"""

from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Any, Final

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from resident_portal import said, switch_clock
from resident_portal.door import action, page
from resident_portal.frame import Page, Portal, visitor_of
from resident_portal.home_parts import PARTS, Matter
from resident_portal.ids import id_of
from resident_portal.words import words
from server.actions.archives.desk import fresh_id
from server.actions.places.switching import Team, grounds
from server.actions.residents import facility_choice
from server.actions.residents.facility_choice import Choice, Place, Wish
from server.actions.residents.visits import Visitor
from server.actions.residents.whose import refusal
from server.errors import NotYours, RuleSaysNo
from server.pages import times, values
from server.pages.forms import EMPTY, Filled, Posted, read_form
from server.pages.web import AnyRequest, posted, see
from server.records.model import Code, Day, Field, Kind, Shape
from server.records.values import Fault, FaultCode
from server.rules import switch as rule
from server.rules.family import Act

HOME: Final = "/portal/switch"
FIRST: Final = date(2026, 1, 1)
SEARCH_FROM: Final = 8  # so many facilities, and a box to search in them


def handlers(portal: Portal) -> list[HTTPRouteHandler]:
    return [*_choosing(portal), *_doing(portal)]


def _choosing(portal: Portal) -> list[HTTPRouteHandler]:
    @page("/switch")
    async def start(request: AnyRequest) -> Response[Any]:
        visitor, w = visitor_of(request), words("switch")
        found = await facility_choice.choice(portal.site, visitor.acting)
        asked = request.query_params.get("q", "").strip()[:40]
        plain, marked = sentence(found, visitor, _today(portal))
        return portal.page(
            request, Page("switch.html.j2", "switch", w.title, back="/portal/"), found=found,
            plain=plain, marked=marked, clock=switch_clock.of(found.standing, _today(portal)),
            places=[each for each in found.places if asked in each.name], asked=asked,
            searchable=len(found.places) >= SEARCH_FROM, place_line=_place_line,
            waiting=[each for each in found.cases if each.state == "asked"],
        )  # fmt: skip

    @page("/switch/to/{facility:str}")
    async def form(request: AnyRequest, facility: FromPath[str]) -> Response[Any]:
        found = await chosen(portal, request, facility)
        return _form(portal, request, found, _blank(portal, found))

    @action("/switch/to/{facility:str}/check")
    async def check(request: AnyRequest, facility: FromPath[str]) -> Response[Any]:
        found, typed = await chosen(portal, request, facility), await posted(request)
        filled = _read(portal, found, typed)
        if filled.hard or "change" in typed:
            return _form(portal, request, found, filled)
        return _check(portal, request, found, filled, (typed.get("id") or [""])[0])

    return [start, form, check]


def _doing(portal: Portal) -> list[HTTPRouteHandler]:
    @action("/switch/to/{facility:str}")
    async def do(request: AnyRequest, facility: FromPath[str]) -> Response[Any]:
        visitor, typed = visitor_of(request), await posted(request)
        name = id_of((typed.get("id") or [""])[0])
        if await facility_choice.sent_before(portal.site, visitor.resident, name):
            return see(f"{HOME}/receipt/{name.hex()}")
        found = await chosen(portal, request, facility)
        filled = _read(portal, found, typed)
        if filled.hard or "change" in typed:
            return _form(portal, request, found, filled)
        day = date.fromisoformat(filled.values["day"])
        wish = Wish(id_of(filled.values["panel"]), filled.values["ground"], day, name)
        try:
            outcome = await facility_choice.choose(portal.site, visitor.acting, wish)
        except RuleSaysNo as no:
            return _form(portal, request, found, filled.but(_fault("panel", why_not(no))))
        if not isinstance(outcome, rule.Granted):
            return _form(portal, request, found, filled.but(_outcome_fault(outcome)))
        return see(f"{HOME}/receipt/{name.hex()}")

    @page("/switch/receipt/{name:str}")
    async def receipt(request: AnyRequest, name: FromPath[str]) -> Response[Any]:
        return await _receipt(portal, request, name, "")

    @action("/switch/receipt/{name:str}/undo")
    async def undo(request: AnyRequest, name: FromPath[str]) -> Response[Any]:
        try:
            await facility_choice.undo(portal.site, visitor_of(request).acting, id_of(name))
        except RuleSaysNo as no:
            return await _receipt(portal, request, name, why_not(no))
        return see(f"{HOME}/receipt/{name}")

    return [receipt, do, undo]


def _today(portal: Portal) -> date:
    return times.civil(portal.site.clock()).date()


def sentence(found: Choice, visitor: Visitor, today: date) -> tuple[str, str]:
    """The computed sentence: what is plain, what is marked."""
    w, standing = words("switch"), found.standing
    who = w.you if visitor.own else visitor.card.name
    if standing.scheduled is not None:
        to = standing.scheduled
        return w.will(facility=to.facility), w.will_from(day=said.weekday(to.from_day, today))
    if not standing.facility:
        return w.nowhere, w.nowhere_mark
    if standing.free_from is not None:
        return who, w.free_from(day=said.dated(standing.free_from))
    return who, w.free


def _place_line(place: Place) -> str:
    """What stands under the name of a facility."""
    w = words("switch")
    near = {2: w.near_village, 1: w.near_township}.get(place.near, "")
    teams = w.teams(n=place.teams) if place.teams else w.no_team
    return w.dot.join(each for each in (near, place.address, teams) if each)


async def chosen(portal: Portal, request: AnyRequest, facility: str) -> Choice:
    """What is known with this facility chosen. Raises NotYours for one that cannot be chosen."""
    who = id_of(facility)
    found = await facility_choice.choice(portal.site, visitor_of(request).acting, who)
    if all(each.id != who for each in found.places):
        raise NotYours
    return found


def place_of(found: Choice) -> Place:
    return next(each for each in found.places if each.id == found.standing.chosen)


def team_label(found: Choice, team: Team) -> str:
    w = words("switch")
    doctor = found.doctors.get(team.panel, "")
    name = w.team_doctor(team=team.name, doctor=doctor) if doctor else team.name
    return w.team_full(team=name, n=values.count(team.residents)) if team.full else name


def team_codes(found: Choice) -> dict[str, str]:
    return {each.panel.hex(): team_label(found, each) for each in found.standing.teams}


def _kind(portal: Portal, found: Choice) -> Kind:
    w = words("switch").form
    return Kind(
        id="switch", label=words("switch").title, version=1, valid_from=FIRST, shape=Shape.EVENT,
        fields=(
            Field("panel", w.panel, Code(team_codes(found)), required=True),
            Field("ground", w.ground, Code(dict(grounds(portal.site))), required=True),
            Field("day", w.day, Day(), required=True),
        ),
    )  # fmt: skip


def _first_day(portal: Portal, found: Choice) -> date:
    """The day that is offered: as the district says, or the first free one where that is later."""
    usual = _today(portal) + timedelta(days=portal.site.rules.effect_days)
    return max(usual, found.standing.free_from or usual)


def _blank(portal: Portal, found: Choice) -> Filled:
    typed = {"day": [_first_day(portal, found).isoformat()]}
    if len(found.standing.teams) == 1:
        typed["panel"] = [found.standing.teams[0].panel.hex()]
    return replace(EMPTY, typed=typed)


def _read(portal: Portal, found: Choice, typed: Posted) -> Filled:
    today = _today(portal)
    filled = read_form(_kind(portal, found), typed, today=today + timedelta(days=3_660))
    day = filled.values.get("day")
    if filled.fault("day") or day is None:
        return filled
    w, asked = words("switch").no, date.fromisoformat(day)
    free = found.standing.free_from
    if asked < today:
        return filled.but(_fault("day", w.day_over))
    if asked > today + timedelta(days=rule.LATEST_DAYS):
        last = today + timedelta(days=rule.LATEST_DAYS)
        return filled.but(_fault("day", w.TooFar(day=said.dated(last))))
    if free is not None and asked < free:
        return filled.but(_fault("day", w.TooSoon(day=said.dated(free))))
    return filled


def _fault(name: str, sentence_zh: str) -> Fault:
    return Fault(name, FaultCode.CONTRADICTION, sentence_zh)


_FIELD: Final = {"TooSoon": "day", "TooFar": "day", "NeedsSpecialCase": "ground"}


def _outcome_fault(outcome: rule.Outcome) -> Fault:
    w, name = words("switch").no, type(outcome).__name__
    text = w.get(name, w.otherwise)
    if isinstance(outcome, rule.TooSoon):
        text = w.TooSoon(day=said.dated(outcome.next_day))
    if isinstance(outcome, rule.TooFar):
        text = w.TooFar(day=said.dated(outcome.last_day))
    return _fault(_FIELD.get(name, "panel"), text)


def why_not(no: RuleSaysNo) -> str:
    w = words("switch").no
    return w.get(no.detail, w.otherwise)


def _form(portal: Portal, request: AnyRequest, found: Choice, filled: Filled) -> Response[Any]:
    place, w = place_of(found), words("switch")
    return portal.page(
        request, Page("switch_form.html.j2", "switch", w.choose_team, back=HOME),
        status=422 if filled.hard else 200, found=found, place=place, filled=filled,
        kind=_kind(portal, found), id=filled.text("id") or fresh_id(portal.site).hex(),
        day_hint=w.day_hint(n=portal.site.rules.effect_days),
        free=found.standing.free_from,
    )  # fmt: skip


def _check(
    portal: Portal, request: AnyRequest, found: Choice, filled: Filled, name: str
) -> Response[Any]:
    w, today, visitor = words("switch"), _today(portal), visitor_of(request)
    labels = {each.panel.hex(): team_label(found, each) for each in found.standing.teams}
    plain, marked = sentence(found, visitor, today)
    return portal.page(
        request, Page("switch_check.html.j2", "switch", w.check), found=found,
        place=place_of(found), filled=filled, team=labels[filled.values["panel"]],
        ground=dict(grounds(portal.site))[filled.values["ground"]],
        day=said.dated(filled.values["day"]), id=id_of(name).hex(), plain=plain, marked=marked,
        clock=switch_clock.of(found.standing, today), undo_days=portal.site.rules.undo_days,
    )  # fmt: skip


async def _receipt(portal: Portal, request: AnyRequest, name: str, no: str) -> Response[Any]:
    w, visitor = words("switch"), visitor_of(request)
    found = await facility_choice.receipt(portal.site, visitor.resident, id_of(name))
    today, site = _today(portal), portal.site
    may = (
        await site.store.read(partial(refusal, site=site, acting=visitor.acting, act=Act.CHOOSE))
        is None
    )
    return portal.page(
        request, Page("switch_receipt.html.j2", "switch", w.receipt.title, back=HOME),
        status=409 if no else 200, found=found, no=no, number=number_of(found.id),
        may=may,
        day=said.dated(found.from_day), asked=said.moment(found.asked_at, portal.site.clock()),
        undo_day=said.weekday(found.undo_until, today),
        gone=sum(each == "purged" for each in found.tablets),
        handover_days=portal.site.rules.handover_days,
    )  # fmt: skip


def number_of(name: bytes) -> str:
    """The number on a receipt: the last eight digits of the id, in two groups."""
    tail = name.hex()[-8:].upper()
    return f"{tail[:4]} {tail[4:]}"


async def on_home(portal: Portal, visitor: Visitor) -> list[Matter]:
    """A switch that is to come, and special cases that wait."""
    if not visitor.beside:
        return []
    w = words("switch")
    found = await facility_choice.ahead(portal.site, visitor.acting)
    today, parts = _today(portal), list[Matter]()
    to, newest = found.standing.scheduled, found.standing.newest
    if to is not None and newest is not None:
        state = said.left(to.from_day, today)
        title = w.home_title(facility=to.facility)
        day = said.weekday(to.from_day, today)
        parts.append(Matter(f"{HOME}/receipt/{newest.hex()}", title, day, "due", "swap", state))
    for each in found.cases:
        if each.state == "asked":
            due = said.day_of(each.due_at, portal.site.clock())
            parts.append(
                Matter(f"{HOME}/case/{each.id.hex()}", w.home_case, w.case_due(day=due), "wait")
            )
    return parts


PARTS.append(on_home)
