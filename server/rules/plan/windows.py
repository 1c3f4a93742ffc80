"""Days of an item, and the record that fills it.

Of several records that would do, the earliest fills an item, of those of one day the one with the
smaller id: so a plan does not hang on the order in which records of a day were read, and a record
more never takes from an item what filled it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from server.records.ages import months_later
from server.rules.plan.model import Asked, Facts, Item, Record

DAY: Final = timedelta(days=1)


months_on: Final = lru_cache(maxsize=1024)(months_later)
"""months_later; several rules of one plan ask for the same ages of one birth."""


@dataclass(frozen=True, slots=True)
class Window:
    """From when an item may be done, by when it should be, after when it is missed."""

    opens: date
    due: date
    closes: date | None

    def __contains__(self, on: date) -> bool:
        return self.opens <= on and (self.closes is None or on <= self.closes)

    def touches(self, asked: Asked) -> bool:
        """Whether it may be of the year that is asked for."""
        closes = self.closes or date.max
        return self.opens <= asked.last and closes >= asked.first


def until(opens: date, closes: date) -> Window:
    """To be done until its last day."""
    return Window(opens, closes, closes)


def settled(window: Window, done: Record | None) -> Window:
    """Done, it is no longer in the plans of all the years in which it could have been."""
    if done is None:
        return window
    return Window(window.opens, window.due, max(window.due, done.on))


def ordered(facts: Facts, *kinds: str) -> list[Record]:
    """The records of these kinds in which a service was given, by day, then by id."""
    return sorted(facts.of(*kinds), key=lambda each: (each.on, each.id))


def first_in(window: Window, records: Iterable[Record]) -> Record | None:
    """The earliest of the records that lies in the window."""
    inside = (each for each in records if each.on in window)
    return min(inside, key=lambda each: (each.on, each.id), default=None)


def owed(
    asked: Asked,
    slot: str,
    window: Window,
    done: Record | None,
    why: str,
    *,
    given: Mapping[str, str | int] | None = None,
    because: tuple[bytes, ...] = (),
    done_on: date | None = None,
    cls: str = "",
) -> Iterator[Item]:
    """The item, if its days touch the year that is asked for; still owed, it is in every year.

    What was over before the archive was opened here, nobody here owes. `done_on`: when it was done,
    where that is not the record's service day; `cls`: where it is not the rule's.
    """
    on = done_on or (done.on if done else None)
    last = window.closes or on or date.max
    if window.opens > asked.last or max(last, window.opens) < asked.first:
        return
    since = asked.facts.since
    if done is None and since is not None and last < since:
        return
    yield Item(
        asked.rule.id, slot, window.opens, window.due, window.closes, asked.rule.kinds, why,
        given or {}, because, done.id if done else None, on, cls or asked.rule.cls,
    )  # fmt: skip
