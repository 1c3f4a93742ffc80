"""The clock of the switch as a drawing: the last switch, the anniversary, today. Two numbers decide
it, so it is drawn at true proportions inside a fixed width.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

from resident_portal.words import words
from server.actions.places.switching import Standing
from server.rules import switch as rule

LEFT: Final = 8
FULL: Final = 214  # where the anniversary stands
AFTER: Final = 262  # today, once the anniversary is over


@dataclass(frozen=True, slots=True)
class Clock:
    """`today_x`: where today stands, of 311. `over`: the anniversary is behind."""

    last: str
    full: str
    today_x: int
    over: bool
    title: str


def of(standing: Standing, today: date) -> Clock | None:
    """None where no switch of the resident's own began a year."""
    if standing.began is None or standing.scheduled is not None:
        return None
    began, w = standing.began, words("switch").clock
    full = standing.free_from or rule.anniversary(began, 1)
    over = full <= today
    share = (today - began).days / max(1, (full - began).days)
    at = AFTER if over else LEFT + round((FULL - LEFT) * min(max(share, 0.0), 0.94))
    short = [w.day(year=d.year % 100, month=d.month, day=d.day) for d in (began, full)]
    title = w.title(last=short[0], full=short[1], today=w.month(month=today.month, day=today.day))
    return Clock(short[0], short[1], at, over, title)
