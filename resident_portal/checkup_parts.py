"""What other pages say of checkup days: the first card and the open matters of the home page, and a
section of the plan.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from resident_portal import checkup_said, said
from resident_portal.checkup import HERE, Line, line_of
from resident_portal.frame import Portal
from resident_portal.home_parts import PARTS, Matter, Section
from resident_portal.words import words
from server.actions.checkup import own_booking
from server.actions.checkup.own_booking import Days
from server.actions.checkup.own_day import OwnDay
from server.actions.residents.visits import Visitor
from server.pages import times

FIRST_DAYS: Final = 7
"""So long before it a booked day is what comes next; earlier it is a matter among others."""
RESULTS_DAYS: Final = 30


@dataclass(frozen=True, slots=True)
class Ahead:
    """The first card of the home page. `href` "": whoever looks may not show the code."""

    over: str
    mark: str
    says: str
    href: str
    go: str


async def ahead(portal: Portal, visitor: Visitor) -> Ahead | None:
    """The booked day that comes next, today or soon."""
    days, today = await _days(portal, visitor), _today(portal)
    own = _next(days.own, today)
    if own is None or not _is_first(own, today):
        return None
    w = words("checkup").home
    note, time = checkup_said.note(own.route), checkup_said.time_of(own)
    says = w.says_note(place=own.place, note=note) if note else w.says(place=own.place)
    over = w.today_over if own.on == today else w.ahead_over(left=said.left(own.on, today))
    day = said.weekday(own.on, today)
    mark = w.today_mark(time=time) if own.on == today else w.mark(day=day, time=time)
    return Ahead(over, mark, says, f"{HERE}/card" if days.acts else "", w.go)


async def of_plan(portal: Portal, visitor: Visitor) -> Sequence[Line]:
    """Days ahead, booked or to be had."""
    days, today = await _days(portal, visitor), _today(portal)
    return [line_of(each, today) for each in days.open]


async def on_home(portal: Portal, visitor: Visitor) -> list[Matter | Section]:
    """A day that is booked for later, one that may be booked, results that wait to be read."""
    days, today = await _days(portal, visitor), _today(portal)
    w, made = words("checkup").home, list[Matter | Section]()
    own = _next(days.own, today)
    if own is not None and not _is_first(own, today):
        quiet = w.booked(day=said.weekday(own.on, today), time=checkup_said.time_of(own),
                         place=own.place)  # fmt: skip
        href = f"{HERE}/day/{own.day.hex()}"
        made.append(Matter(href, w.booked_title, quiet, "done", "check", w.booked_state))
    free = next((each for each in days.open if each.booked is None and each.slots), None)
    if own is None and free is not None and days.acts:
        quiet = w.invited(day=said.weekday(free.on, today), place=free.place)
        href = f"{HERE}/day/{free.day.hex()}"
        made.append(Matter(href, w.invited_title, quiet, "due", "clock", w.invited_state))
    return made + _results(days, visitor, today)


def _results(days: Days, visitor: Visitor, today: date) -> list[Matter | Section]:
    if not visitor.beside:
        return []
    w = words("checkup").home
    since = today - timedelta(days=RESULTS_DAYS)
    been = [each for each in days.own if each.arrived_at is not None and each.on >= since]
    if not been:
        return []
    own = been[-1]
    quiet = w.results(day=said.weekday(own.on, today), place=own.place)
    if not own.results:
        href = f"{HERE}/day/{own.day.hex()}"
        return [Matter(href, w.waiting_title, quiet, "wait", "clock", w.waiting_state)]
    if own.told:
        return []
    href = f"{HERE}/results/{own.day.hex()}"
    return [Matter(href, w.results_title, quiet, "done", "check", w.results_state)]


def _next(own: Sequence[OwnDay], today: date) -> OwnDay | None:
    """The next day whose code may be shown, and which somebody has not been to yet."""
    return next((x for x in own if x.shows_code(today) and x.arrived_at is None), None)


def _is_first(own: OwnDay, today: date) -> bool:
    return own.on <= today + timedelta(days=FIRST_DAYS)


async def _days(portal: Portal, visitor: Visitor) -> Days:
    return await own_booking.days(portal.site, visitor)


def _today(portal: Portal) -> date:
    return times.civil(portal.site.clock()).date()


PARTS.append(on_home)
