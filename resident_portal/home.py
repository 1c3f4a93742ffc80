"""The home page: the next service, what is asked and open, the newest look, what one can do, who
serves. What other page groups add comes through home_parts.py.
"""

from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, Final

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from resident_portal import checkup_parts, due, said
from resident_portal.door import page
from resident_portal.frame import Page, Portal, visitor_of
from resident_portal.home_parts import PARTS, Matter, Place, Section
from resident_portal.words import words
from server.actions.plan.explain import Explained
from server.actions.residents.reading import Reading, read
from server.actions.residents.surroundings import Serving, serving
from server.actions.residents.visits import Visitor
from server.actions.residents.whose import refusal
from server.pages import times
from server.pages.web import AnyRequest
from server.rules.family import Act
from server.rules.plan.model import Stage

TILES: Final = (
    ("archive", "file"), ("correct", "pen"), ("plan", "cal"), ("confirmations", "check"),
    ("switch", "swap"), ("consent", "key"), ("looked", "eye"), ("family", "people"),
    ("export", "box"), ("inbox", "bell"),
)  # fmt: skip
LIMITED: Final = frozenset({"plan", "confirmations", "family", "inbox"})
"""What a helper finds who may only see whether the visits happened and what is due."""


@dataclass(frozen=True, slots=True)
class Next:
    """The first card: a line above, the marked fact, the sentence; where its button leads, if not
    to the telephone.
    """

    over: str
    mark: str
    says: str
    calls: bool
    href: str = ""
    go: str = ""


def handlers(portal: Portal) -> list[HTTPRouteHandler]:
    @page("/")
    async def home(request: AnyRequest) -> Response[Any]:
        visitor = visitor_of(request)
        reading = await read(portal.site, visitor.acting)
        return await _draw(portal, request, visitor, reading)

    return [home]


async def _draw(
    portal: Portal, request: AnyRequest, visitor: Visitor, reading: Reading
) -> Response[Any]:
    w, site = words("home"), portal.site
    today = times.civil(site.clock()).date()
    plan = await due.plan_of(site, reading)
    serves = await serving(site, reading.resident)
    booked = await checkup_parts.ahead(portal, visitor)
    first = _next(portal, plan, serves, visitor, today)
    if booked is not None:
        first = Next(booked.over, booked.mark, booked.says, False, booked.href, booked.go)
    added = [part for each in PARTS for part in await each(portal, visitor)]
    tiles = [each for each in TILES if reading.whole or each[0] in LIMITED]
    return portal.page(
        request, Page("home.html.j2", "home", w.title),
        next=first, serves=serves, tiles=tiles,
        matters=[each for each in added if isinstance(each, Matter)],
        questions=_sections(added, Place.QUESTION), later=_sections(added, Place.LATER),
        words=words, chooses=await _chooses(portal, visitor),
    )  # fmt: skip


async def _chooses(portal: Portal, visitor: Visitor) -> bool:
    """Whether the facility is this person's to choose."""
    asked = partial(refusal, site=portal.site, acting=visitor.acting, act=Act.CHOOSE)
    return visitor.own or await portal.site.store.read(asked) is None


def _sections(added: list[Matter | Section], place: Place) -> list[Section]:
    return [each for each in added if isinstance(each, Section) and each.place is place]


def _next(
    portal: Portal, plan: tuple[Explained, ...], serves: Serving, visitor: Visitor, today: date
) -> Next:
    """The next service by its neutral name: this page is seen over shoulders."""
    w, owed = words("home"), due.owed(plan)
    if not serves.facility:
        return Next("", w.no_facility, w.no_facility_next, calls=False)
    missed = _missed(plan, today)
    if not owed and missed:
        return Next(w.missed_over, missed, w.missed_next, calls=True)
    if not owed:
        done = sum(each.stage is Stage.DONE for each in plan)
        mark = w.none if visitor.own else w.none_other(name=visitor.card.name)
        return Next(w.next, mark, w.none_done(n=done) if done else w.none_next, calls=False)
    first = owed[0]
    what = due.neutral(first)
    if first.stage is Stage.OVERDUE:
        mark = w.late_mark(n=(today - first.item.due).days)
        says = missed + w.late_says(what=what, day=said.day(first.item.due, today))
        return Next(w.late, mark, says + _turn(portal, first, today), calls=True)
    says = w.says_doctor(what=what, doctor=serves.doctor) if serves.doctor else w.says(what=what)
    return Next(
        w.next_left(left=said.left(first.item.due, today)),
        w.by(day=said.weekday(first.item.due, today)), missed + says + _turn(portal, first, today),
        calls=True,
    )  # fmt: skip


def _missed(plan: tuple[Explained, ...], today: date) -> str:
    """今年错过了 2 次：儿童保健服务。"""
    found = due.missed(plan, today)
    if not found:
        return ""
    names = words("plan").joined.join(dict.fromkeys(due.neutral(each) for each in found))
    return words("home").missed(n=len(found), what=names)


def _turn(portal: Portal, each: Explained, today: date) -> str:
    """今年要做 4 次，这是最后一次。"""
    w, found = words("plan"), due.turn(each, portal.site, today.year)
    if found is None or found.times < 2:
        return ""
    last = w.turn_last(times=found.times)
    return last if found.number == found.times else w.turn(times=found.times, number=found.number)
