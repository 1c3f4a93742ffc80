"""The yearly figures of annex 2 (S003-ax2, S001-art14): who is counted, and what is missing.

The rows are data with their clauses (figures.toml). A record counts by the day of the service, for
the year of that day, whoever performed it; one that says the service could not be given does not.
Restricted facts decide nothing here: populations come from open cells only.
"""

import math
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Final

TABLE: Final = Path(__file__).with_suffix(".toml")
ARCHIVE: Final = "archive"
"""What is lacking where the archive itself is not complete."""
LOST: Final = "lost_reason"
"""Filled in, this field says that the visit did not take place."""
PRODUCT: Final = re.compile(r"(\d{1,9})[x*×](\d{1,3})(?:\.(\d))?%")


@dataclass(frozen=True, slots=True)
class Who:
    """Who is counted: age reached in the calendar year, and one of the marks if there are any."""

    from_age: int = 0
    until_age: int = 200
    diseases: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Need:
    """What has to be there: `times` records of one of the kinds, or the archive complete.

    `filled`: fields that must be filled in. `answers`: {field: codes that count}.
    """

    kinds: tuple[str, ...]
    clause: str
    times: int = 1
    archive: bool = False
    filled: tuple[str, ...] = ()
    answers: tuple[tuple[str, frozenset[str]], ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the annex. `heads`: names of its column in lists of targets.

    `indicator`: by this name the district's table of a year gives the rate ("targets.I08").
    """

    id: str
    label: str
    indicator: str
    clause: str
    heads: tuple[str, ...]
    who: Who
    needs: tuple[Need, ...]
    years: int


@dataclass(frozen=True, slots=True)
class Rules:
    """All of it. `clauses`: of each number, by its name."""

    rows: tuple[Row, ...]
    statuses: frozenset[str]
    low_percent: int
    tight_percent: int
    late_days: int
    silent_days: int
    clauses: Mapping[str, str]

    def row(self, name: str) -> Row | None:
        return next((each for each in self.rows if each.id == name), None)


@dataclass(frozen=True, slots=True)
class Served:
    """One record that stands (not voided, not amended). `body` as the newest form shows it."""

    kind: str
    on: date
    body: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one resident from open cells and the records of the years in question."""

    status: str
    birth: date | None
    diseases: frozenset[str]
    groups: frozenset[str]
    complete: bool
    served: tuple[Served, ...]


@dataclass(frozen=True, slots=True)
class Lack:
    """So many are missing of a kind (the first of the need), or a field of it, or the archive."""

    what: str
    times: int = 1
    field: str = ""


@dataclass(frozen=True, slots=True)
class Outside:
    """Not counted in the row."""


@dataclass(frozen=True, slots=True)
class Done:
    """Everything is there since this service day; None where no day can be said."""

    on: date | None


@dataclass(frozen=True, slots=True)
class Missing:
    """Counted, and this is still lacking."""

    lacks: tuple[Lack, ...]


Standing = Outside | Done | Missing


def standing(rules: Rules, row: Row, facts: Facts, year: int) -> Standing:
    """Where one resident stands in one row of one year."""
    if facts.status not in rules.statuses or not _belongs(row.who, facts, year):
        return Outside()
    first = date(year - row.years + 1, 1, 1)
    span = [each for each in facts.served if first <= each.on <= date(year, 12, 31)]
    days: list[date] = []
    lacks: list[Lack] = []
    for need in row.needs:
        if need.archive:
            lacks += () if facts.complete else (Lack(ARCHIVE),)
            continue
        found = sorted(each.on for each in span if _counts(need, each))
        if len(found) >= need.times:
            days.append(found[need.times - 1])
        else:
            lacks.append(_lack(need, span, len(found)))
    return Missing(tuple(lacks)) if lacks else Done(max(days, default=None))


def _belongs(who: Who, facts: Facts, year: int) -> bool:
    marked = who.diseases & facts.diseases or who.groups & facts.groups
    if (who.diseases or who.groups) and not marked:
        return False
    if who.from_age == 0 and who.until_age >= 200:
        return True
    if facts.birth is None:
        return False
    return who.from_age <= year - facts.birth.year <= who.until_age


def _counts(need: Need, each: Served) -> bool:
    if each.kind not in need.kinds or LOST in each.body:
        return False
    if any(name not in each.body for name in need.filled):
        return False
    return all(each.body.get(name) in codes for name, codes in need.answers)


def _lack(need: Need, span: Sequence[Served], found: int) -> Lack:
    """The record is there and a field of it is not: then that field is what is missing."""
    for each in span:
        if need.times == 1 and each.kind in need.kinds and LOST not in each.body:
            absent = next((name for name in need.filled if name not in each.body), "")
            if absent:
                return Lack(need.kinds[0], 1, absent)
    return Lack(need.kinds[0], need.times - found)


def last_served(served: Iterable[Served], today: date) -> date | None:
    """The newest service day that is not in the future."""
    return max((each.on for each in served if each.on <= today), default=None)


def open_years(rules: Rules, today: date) -> tuple[int, ...]:
    """The years whose figures still move, this one first."""
    late = (today - date(today.year, 1, 1)).days < rules.late_days
    return (today.year, today.year - 1) if late else (today.year,)


# Targets and speed.


def target_of(text: str) -> int | None:
    """A target as typed: a number, or base times rate (10396×64%), rounded up so that meeting the
    count means meeting the rate. None for anything else.
    """
    plain = text.replace(",", "").replace("，", "").replace(" ", "")
    if re.fullmatch(r"\d{1,9}", plain):
        return int(plain)
    found = PRODUCT.fullmatch(plain)
    if found is None:
        return None
    per_mille = int(found[2]) * 10 + int(found[3] or "0")
    return -(-int(found[1]) * per_mille // 1000) if per_mille <= 1000 else None


def share(target: int, part: int, whole: int) -> int:
    """A team's share of its facility's target by people, rounded up."""
    return -(-target * part // whole) if whole else 0


def missing(done: int, target: int) -> int:
    return max(0, target - done)


@dataclass(frozen=True, slots=True)
class Mark:
    """How much of a year is over."""

    passed: int
    days: int
    left: int

    @property
    def part(self) -> float:
        return self.passed / self.days


def mark_of(year: int, today: date) -> Mark:
    """Whole days of the year that are over; a year to come has none, a year gone has all."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    days = (last - first).days + 1
    passed = min(days, max(0, (today - first).days))
    return Mark(passed, days, max(0, (last - today).days))


def is_low(rules: Rules, done: int, target: int, mark: Mark) -> bool:
    """Behind today's mark, and below the share of the target that calls for help."""
    behind = done * mark.days < target * mark.passed
    return behind and done * 100 < target * rules.low_percent


class Speed(StrEnum):
    """Whether the present speed is enough until the end of the year."""

    SHORT = "short"
    TIGHT = "tight"
    ENOUGH = "enough"


@dataclass(frozen=True, slots=True)
class Pace:
    """People done a week over the last weeks, people needed a week until the year's end."""

    speed: Speed
    per_week: int
    needed: int


def pace(rules: Rules, gap: int, recent: int, weeks: int, days_left: int) -> Pace:
    """`recent` people became done in the last `weeks` weeks, `gap` are missing."""
    left = max(1.0, days_left / 7)
    per_week, needed = recent / max(1, weeks), gap / left
    if needed * 100 <= per_week * rules.tight_percent:
        speed = Speed.ENOUGH
    else:
        speed = Speed.TIGHT if needed <= per_week else Speed.SHORT
    return Pace(speed, round(per_week), math.ceil(needed))


def week_of(day: date) -> date:
    """The Monday of its week."""
    return day - timedelta(days=day.weekday())


# Reading the table.


@cache
def rules() -> Rules:
    """The rows in force. Raises ValueError naming what is wrong with the table."""
    return parse(TABLE.read_text("utf-8"))


def parse(text: str) -> Rules:
    """Rules from the text of a table. Raises ValueError."""
    raw = tomllib.loads(text)
    numbers = ("low_percent", "tight_percent", "late_days", "silent_days")
    try:
        made = Rules(
            rows=tuple(_row(each) for each in raw["row"]),
            statuses=frozenset(raw["statuses"]["value"]),
            **{name: int(raw[name]["value"]) for name in numbers},
            clauses={name: raw[name]["clause"] for name in ("statuses", *numbers)},
        )
    except KeyError as missing_key:
        raise ValueError(f"the table of figures lacks {missing_key}") from None
    if len({each.id for each in made.rows}) != len(made.rows):
        raise ValueError("the table of figures has a row twice")
    return made


def _row(raw: Mapping[str, Any]) -> Row:
    who = raw["who"]
    return Row(
        id=raw["id"], label=raw["label"], indicator=raw["indicator"], clause=raw["clause"],
        heads=tuple(raw["heads"]), years=raw.get("years", 1),
        who=Who(
            who.get("from", 0), who.get("until", 200),
            frozenset(who.get("diseases", ())), frozenset(who.get("groups", ())),
        ),
        needs=tuple(_need(each) for each in raw["need"]),
    )  # fmt: skip


def _need(raw: Mapping[str, Any]) -> Need:
    return Need(
        kinds=tuple(raw.get("kinds", ())), clause=raw["clause"], times=raw.get("times", 1),
        archive=raw.get("archive", False), filled=tuple(raw.get("filled", ())),
        answers=tuple((name, frozenset(codes)) for name, codes in raw.get("answers", {}).items()),
    )  # fmt: skip
