"""My code for the checkup day: one page and its picture, signed in or by the pass that booking left
in this browser. The page works without a script, the picture is for keeping.

The pass travels in a cookie of its own, to the pages of checkup days only, and opens this page
alone. Whoever is not signed in sees a masked name.
"""

import asyncio
from datetime import date
from typing import Any, Final

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from resident_portal import checkup_said, said
from resident_portal.before import draw, is_ours
from resident_portal.door import SIGN_IN, NotNoticed, open_action, open_page
from resident_portal.frame import Page, Portal, visitor_or_none
from resident_portal.ids import id_of
from resident_portal.words import words
from server.actions.checkup import own_code
from server.actions.checkup.own_code import OwnCode
from server.actions.checkup.own_day import OwnDay
from server.actions.residents.visits import Visitor
from server.errors import NotFound
from server.pages import day_card, times
from server.pages.qr import card_code, grouped
from server.pages.values import name_masked
from server.pages.web import HEADERS, AnyRequest, NotSignedIn, posted, see

HERE: Final = "/portal/checkup/card"
DAY: Final = "day"  # which day's code; without it the next one's
COOKIE: Final = "gongwei_day"
COOKIE_PATH: Final = "/portal/checkup"


def handlers(portal: Portal) -> list[HTTPRouteHandler]:
    return [*_pages(portal), *_picture(portal), *_leaving(portal)]


def _pages(portal: Portal) -> list[HTTPRouteHandler]:
    @open_page("/checkup/card")
    async def mine(request: AnyRequest) -> Response[Any]:
        visitor, token = visitor_or_none(request), request.cookies.get(COOKIE, "")
        named = request.query_params.get(DAY, "")
        day = id_of(named) if named else None
        if visitor is None:
            found = await own_code.of_browser(portal.site, token, day=day)
            if found is None:
                raise NotSignedIn("first")
            return await _draw(portal, request, found, token)
        if not visitor.noticed:
            raise NotNoticed
        found, kept = await own_code.of_visitor(portal.site, visitor, token, day)
        if found is None:
            return see("/portal/checkup")
        return await _draw(portal, request, found, kept, visitor)

    @open_page("/checkup/card/{name:str}")
    async def one(request: AnyRequest, name: FromPath[str]) -> Response[Any]:
        found, token = await _named(portal, request, name), request.cookies.get(COOKIE, "")
        visitor = visitor_or_none(request)
        own = visitor is not None and visitor.resident == found.card.resident
        return await _draw(portal, request, found, token, visitor if own else None)

    return [mine, one]


def _picture(portal: Portal) -> list[HTTPRouteHandler]:
    @open_page("/checkup/card/{name:str}/picture.png")
    async def picture(request: AnyRequest, name: FromPath[str]) -> Response[Any]:
        found = await _named(portal, request, name)
        today = times.civil(portal.site.clock()).date()
        raw = await asyncio.to_thread(
            day_card.png_of, sheet_of(found, today), font=portal.settings.font
        )
        return Response(raw, media_type="image/png", headers=HEADERS)

    return [picture]


def _leaving(portal: Portal) -> list[HTTPRouteHandler]:
    @open_action("/checkup/card/leave")
    async def leave(request: AnyRequest) -> Response[Any]:
        if not is_ours(request, await posted(request)):
            return see(HERE)
        await own_code.put_away(portal.site, request.cookies.get(COOKIE, ""))
        answer = see(f"{SIGN_IN}?why=put_away")
        forget(request, answer)
        return answer

    return [leave]


async def _named(portal: Portal, request: AnyRequest, name: str) -> OwnCode:
    """The code of a pass of this browser, or of the open archive. Raises NotFound."""
    token, visitor = request.cookies.get(COOKIE, ""), visitor_or_none(request)
    found = await own_code.of_browser(portal.site, token, id_of(name))
    if found is None and visitor is not None and visitor.noticed:
        found = await own_code.of_name(portal.site, visitor, id_of(name))
    if found is None:
        raise NotFound("pass")
    return found


def path_of(day: bytes) -> str:
    """Where the code of that day is."""
    return f"{HERE}?{DAY}={day.hex()}"


def give(request: AnyRequest, answer: Response[Any], token: str, now: int, until: int) -> None:
    """The pass into this browser, until the day is over; for these pages only."""
    answer.set_cookie(
        COOKIE, token, path=COOKIE_PATH, httponly=True, samesite="strict",
        secure=request.url.scheme == "https", max_age=max(0, (until - now) // 1000),
    )  # fmt: skip


def forget(request: AnyRequest, answer: Response[Any]) -> None:
    """Out of this browser, wherever in the portal it is said."""
    answer.set_cookie(
        COOKIE, "", path=COOKIE_PATH, httponly=True, samesite="strict",
        secure=request.url.scheme == "https", max_age=0,
    )  # fmt: skip


async def _draw(
    portal: Portal, request: AnyRequest, found: OwnCode, token: str, visitor: Visitor | None = None
) -> Response[bytes]:
    w, own, today = words("checkup").card, found.day, times.civil(portal.site.clock()).date()
    held = await own_code.held_by(portal.site, token)
    others = [
        (
            f"{HERE}/{each.pass_.name.hex()}",
            w.other(name=name_masked(each.card.name), day=checkup_said.when(each.day, today)),
            "",
        )
        for each in held
        if each.pass_.name != found.name
    ]
    short = said.day(own.on, today)
    context: dict[str, Any] = {
        "own": own, "code": card_code(found.text), "digits": grouped(found.digits),
        "head": _head(own, today), "valid": _valid(own, today), "short_day": short,
        "today_is": own.on == today, "day": said.weekday(own.on, today),
        "time": checkup_said.time_of(own), "ticket": checkup_said.ticket(own.ticket),
        "stations": checkup_said.route(own.route), "others": others, "name": found.name.hex(),
        "signed": visitor is not None,
    }  # fmt: skip
    page = Page("checkup_card.html.j2", "checkup", w.title, back="/portal/" if visitor else "")
    if visitor is not None:
        answer = portal.page(request, page, **context)
    else:
        name = name_masked(found.card.name)
        answer = draw(portal, request, page, masked=name, **context)
    if held:  # every look says anew how long: a day may have been moved, another one booked
        last = max(each.day.ends_ms for each in held)
        give(request, answer, token, portal.site.clock(), last)
    return answer


def _head(own: OwnDay, today: date) -> str:
    w = words("checkup").card
    if own.on != today:
        return w.ahead(day=said.day(own.on, today))
    if own.arrived_at is None:
        return w.today
    return w.today_in(ticket=checkup_said.ticket(own.ticket)) if own.ticket else w.today_in_plain


def _valid(own: OwnDay, today: date) -> str:
    w = words("checkup").card
    return w.only_today if own.on == today else w.only_day(day=said.day(own.on, today))


def sheet_of(found: OwnCode, today: date) -> day_card.DayCard:
    """What the picture says."""
    w, own = words("checkup").picture, found.day
    seat, note = checkup_said.ticket(own.ticket), checkup_said.note(own.route)
    return day_card.DayCard(
        title=w.title, name=name_masked(found.card.name), code=card_code(found.text),
        digits=grouped(found.digits), only=w.only(day=said.day(own.on, today)),
        seat=w.seat if seat else "", ticket=seat, when=checkup_said.when(own, today),
        place=own.place, note=w.note(note=note) if note else w.note_none,
        keep=w.keep,
    )  # fmt: skip
