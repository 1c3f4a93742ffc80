"""A checkup day in words, as every page that mentions it says it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from resident_portal import said
from resident_portal.words import words
from server.actions.checkup.own_day import OwnDay
from server.rules.checkup import Station, stations


@dataclass(frozen=True, slots=True)
class Lead:
    """The sentence of a page, with the fact that is marked."""

    before: str
    mark: str
    after: str


def clock(text: str) -> str:
    """8:00 of 08:00."""
    return text.removeprefix("0")


def span(starts: str, ends: str) -> str:
    """8:00–8:30."""
    return words("checkup").slot(start=clock(starts), end=clock(ends))


def time_of(own: OwnDay) -> str:
    """The booked time, else the hours of the day."""
    return span(own.starts, own.ends) if own.booked else span(own.opens, own.closes)


def when(own: OwnDay, today: date) -> str:
    """12月3日 周四 8:00–8:30."""
    return f"{said.weekday(own.on, today)} {time_of(own)}"


def ticket(text: str) -> str:
    """A 036 of A036."""
    letters = text.rstrip("0123456789")
    return f"{letters} {text[len(letters) :]}" if letters and letters != text else text


def route(names: Sequence[str]) -> list[Station]:
    """What is done, in walking order; a station this version does not know is left out."""
    return [stations()[each] for each in names if each in stations()]


def note(names: Sequence[str]) -> str:
    """What must be known before coming: 请空腹. "" for nothing."""
    return next((each.note for each in route(names) if each.note), "")
