"""Days and instants as staff read them: 11-23, 11-23 07:50, 还有 3 天, 过期 1 天."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from server.errors import RuleSaysNo
from server.pages.words import words
from server.settings import CIVIL


def instant(text: str) -> int:
    """ms UTC of a day and time in Asia/Shanghai as a page sends it (2026-11-20T08:00); 0 for none.

    Raises RuleSaysNo for a text that is neither.
    """
    if not text.strip():
        return 0
    try:
        return int(datetime.fromisoformat(text.strip()).replace(tzinfo=CIVIL).timestamp() * 1000)
    except ValueError:
        raise RuleSaysNo("moment") from None


def civil(at_ms: int) -> datetime:
    """The moment in Asia/Shanghai."""
    return datetime.fromtimestamp(at_ms / 1000, CIVIL)


def day_text(day: str | date, *, today: date | None = None) -> str:
    """A day in a list: 11-23, with its year when that is not this one."""
    found = date.fromisoformat(day) if isinstance(day, str) else day
    same = today is not None and found.year == today.year
    return found.strftime("%m-%d") if same else found.isoformat()


def moment_text(at_ms: int, *, now_ms: int) -> str:
    """A moment in a list: 11-23 07:50, with its year when that is not this one."""
    then, now = civil(at_ms), civil(now_ms)
    return then.strftime("%m-%d %H:%M" if then.year == now.year else "%Y-%m-%d %H:%M")


def long_day(day: date) -> str:
    """A day in a sentence: 11月26日 周四, with its year in proofs only."""
    w = words("ui")
    return w.long_day(month=day.month, day=day.day, weekday=w.weekdays[str(day.weekday())])


def long_date(day: date) -> str:
    """A day in a proof: 2026年9月4日."""
    return words("ui").long_date(year=day.year, month=day.month, day=day.day)


@dataclass(frozen=True, slots=True)
class Left:
    """What is left until a task is due. `tone`: alarm (over), due (four days or fewer), wait."""

    days: int
    tone: str
    text: str


SOON_DAYS = 4


def left(due_ms: int, now_ms: int) -> Left:
    """Whole civil days until the due day; due today is 0."""
    days = (civil(due_ms).date() - civil(now_ms).date()) // timedelta(days=1)
    w = words("ui")
    if days < 0:
        return Left(days, "alarm", w.days_over(n=-days))
    if days == 0:
        return Left(days, "due", w.due_today)
    return Left(days, "due" if days <= SOON_DAYS else "wait", w.days_left(n=days))
