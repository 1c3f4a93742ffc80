"""Days and ages as forms count them."""

from calendar import monthrange
from datetime import date


def months_later(day: date, months: int) -> date:
    """The same day so many months on; the last of a shorter month (31 January -> 28 February)."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def full_years(birth: date, on: date) -> int:
    """The age on a day; somebody born on 29 February has a birthday on 1 March of other years."""
    return on.year - birth.year - ((on.month, on.day) < (birth.month, birth.day))
