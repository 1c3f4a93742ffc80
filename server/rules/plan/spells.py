"""Days of belonging: birthdays, and whether a day lies in a spell."""

from datetime import date
from typing import Final

from server.rules.plan.model import Spell

MAXIMUM: Final = date.max
"""The end of what has none."""


def belongs(spell: Spell | None, on: date) -> bool:
    """Whether a day lies in a spell."""
    return spell is not None and spell.since <= on < (spell.until or MAXIMUM)


def birthday(birth: date, age: int) -> date:
    """The day on which somebody is so old; born on 29 February, it is 1 March in other years."""
    try:
        return birth.replace(year=birth.year + age)
    except ValueError:
        return date(birth.year + age, 3, 1)
