"""Days, moments and numbers as residents read them: 12月3日 周四上午, 11月20日 10:42, 还有 10 天.

The year stands there only where it is not this one, or in proofs (`dated`).
"""

from datetime import date, timedelta

from resident_portal.words import words
from server.pages import times


def day(of: str | date, today: date) -> str:
    """12月3日, with its year when that is not this one."""
    found = date.fromisoformat(of) if isinstance(of, str) else of
    w = words("ui")
    text = w.day(month=found.month, day=found.day)
    return text if found.year == today.year else w.with_year(year=found.year, day=text)


def weekday(of: str | date, today: date) -> str:
    """12月3日 周四."""
    found = date.fromisoformat(of) if isinstance(of, str) else of
    return f"{day(found, today)} {words('ui').weekdays[str(found.weekday())]}"


def dated(of: str | date) -> str:
    """A day in a proof: 2026年11月30日 周一."""
    found = date.fromisoformat(of) if isinstance(of, str) else of
    w = words("ui")
    text = w.with_year(year=found.year, day=w.day(month=found.month, day=found.day))
    return f"{text} {w.weekdays[str(found.weekday())]}"


def moment(at_ms: int, now_ms: int) -> str:
    """11月20日 10:42, with its year when that is not this one."""
    then = times.civil(at_ms)
    return f"{day(then.date(), times.civil(now_ms).date())} {then:%H:%M}"


def day_of(at_ms: int, now_ms: int) -> str:
    """The civil day of a moment."""
    return day(times.civil(at_ms).date(), times.civil(now_ms).date())


def left(until: str | date, today: date) -> str:
    """还有 10 天, 今天, 过了 3 天."""
    found = date.fromisoformat(until) if isinstance(until, str) else until
    days, w = (found - today) // timedelta(days=1), words("ui")
    if days == 0:
        return w.is_today
    return w.days_left(n=days) if days > 0 else w.days_past(n=-days)
