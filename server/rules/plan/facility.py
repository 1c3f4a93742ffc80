"""What a facility owes in a year, whoever its residents are: health education, patrols, reports.

P55 to P59 have subject facility: their items stand in a calendar of the facility and in nobody's
archive. A year is cut into windows of so many months (a month, two months, half a year, the year);
each asks for a number of things, and the records of its days count. Numbers, lines and sentences
are in facility.toml; what holds at a centre and what below it (station, village room) is told
apart by level.

Reports of notifiable diseases are made in national systems. What is computed here is the time from
diagnosis to the receipt as somebody wrote it on the card (P55, P56); nothing here says that a card
was reported, and P57 has no form here at all, so its item says that it is kept elsewhere. Whether
a case belongs to an outbreak is on no card: of P55 the diseases are counted, not outbreaks.

Like a resident's plan it is a function of facts and year, never of today.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any, Final

from server.records.infectious_diseases import HOURS
from server.rules.organisations import Level
from server.rules.plan.model import Numbers, Rule, Stage
from server.rules.plan.table import FOLDER, RulesBroken, numbers_of, reason_text, rules

SUBJECT: Final = "facility"
URGENT, ORDINARY, INCIDENTS = "P55", "P56", "P57"
MONTHS: Final = 12
_FIRST_REPORT: Final = "1"  # answer of 报卡类别; a corrected card is no second diagnosis
_BELOW: Final = "_below"


@dataclass(frozen=True, slots=True)
class Work:
    """One record of class C that stands. `place`: the organisation whose work it was."""

    id: bytes
    kind: str
    on: date
    place: bytes
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Report:
    """One card of a notifiable disease: civil times of diagnosis and of the receipt, where one is
    written. `urgent`: of the diseases with two hours. Neither person nor disease.
    """

    urgent: bool
    diagnosed: datetime
    receipt: datetime | None


@dataclass(frozen=True, slots=True)
class FacilityFacts:
    """What the calendar of one organisation is made from.

    `since`, `until`: first day of service, and first day on which it serves nobody; None where
    unknown or not over. `records`: its own, and for a centre those of the places below as well.
    """

    place: bytes
    level: Level
    since: date | None = None
    until: date | None = None
    records: tuple[Work, ...] = ()
    reports: tuple[Report, ...] = ()


@dataclass(frozen=True, slots=True)
class FacilityItem:
    """One thing owed in one window: from `opens` until the end of `due`, `got` of `needed`.

    `line`: of the calendar; `slot` names the item within its rule. `done_by`: the records that
    count, oldest first; `done_on`: the day on which the last needed one was there. `elsewhere`:
    written down in another system; nothing is known of it here.
    """

    rule: str
    line: str
    slot: str
    opens: date
    due: date
    needed: int
    got: int
    why: str
    given: Mapping[str, str | int] = field(default_factory=dict[str, "str | int"])
    done_by: tuple[bytes, ...] = ()
    done_on: date | None = None
    elsewhere: bool = False

    @property
    def key(self) -> str:
        return f"{self.rule}/{self.slot}"


class Counts(StrEnum):
    """What is counted of the records of a window."""

    RECORDS = "records"
    KINDS = "kinds"
    PLACES = "places"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the calendar. `needed`, `months`: names of the rule's numbers."""

    rule: str
    slot: str
    label: str
    field: str
    answer: str
    counts: Counts
    needed: str
    months: str
    below: bool = False


@dataclass(frozen=True, slots=True)
class Window:
    """Whole months of a year, first and last counted from 1."""

    year: int
    first: int
    last: int

    @property
    def opens(self) -> date:
        return date(self.year, self.first, 1)

    @property
    def ends(self) -> date:
        """The last day: 28 to 31, as the month has it."""
        return _month_after(self.year, self.last) - timedelta(days=1)


def facility_plan(
    facts: FacilityFacts, year: int, district: Mapping[str, int] | None = None
) -> tuple[FacilityItem, ...]:
    """What the organisation owes in the year, in the order of the calendar's lines, then by day.

    `district`: numbers of its table ("P59.talks" -> 2) before the national ones.
    """
    numbers = {
        each.id: numbers_of(each, district or {})
        for each in rules().values()
        if each.subject == SUBJECT and _in_force(each, year)
    }
    items: list[FacilityItem] = []
    for line in lines():
        if line.rule in numbers:
            items += _line_items(facts, year, line, numbers[line.rule])
    if facts.level is Level.FACILITY:
        for rule in (URGENT, ORDINARY):
            if rule in numbers:
                items += _report_items(facts, year, rule, numbers[rule])
        if INCIDENTS in numbers:
            items.append(_kept_elsewhere(year, numbers[INCIDENTS]))
    return tuple(items)


def stage_of(item: FacilityItem, on: date) -> Stage | None:
    """Where an item stands on a day; None for what is kept elsewhere.

    Reports: missed is one that came late, overdue one without a receipt written down.
    """
    if item.elsewhere:
        return None
    if item.got >= item.needed:
        return Stage.DONE
    if on < item.opens:
        return Stage.LATER
    if item.rule in (URGENT, ORDINARY):
        return Stage.MISSED if item.given["late"] else Stage.OVERDUE
    return Stage.MISSED if on > item.due else Stage.OPEN


def behind(item: FacilityItem, on: date) -> int:
    """By how many an item of more than one stands behind an even spread over its days; 0 while it
    keeps up. An even spread is arithmetic, no rule: only the end of the window is owed.
    """
    if item.elsewhere or item.needed < 2 or not item.opens <= on <= item.due:
        return 0
    days = (item.due - item.opens).days + 1
    return max(0, item.needed * (on - item.opens).days // days - item.got)


def reason_of(item: FacilityItem) -> str:
    """Why, in a sentence."""
    return reason_text(rules()[item.rule], item.why, item.given)


def report_of(body: Mapping[str, Any]) -> Report | None:
    """The times of a card of the form infectious_report; None for a corrected card, and for one
    whose times cannot be read.
    """
    if body.get("kind") != _FIRST_REPORT:
        return None
    diagnosed = _moment(body.get("diagnosed_on"), body.get("diagnosed_time"))
    if diagnosed is None:
        return None
    receipt = _moment(body.get("receipt_date"), body.get("receipt_time"))
    if receipt is not None and receipt < diagnosed:
        receipt = None  # a slip of the pen proves nothing
    return Report(HOURS.get(str(body.get("disease"))) == min(HOURS.values()), diagnosed, receipt)


def windows(year: int, months: int) -> list[Window]:
    """The year in windows of so many months. Raises RulesBroken unless they divide it."""
    if months < 1 or MONTHS % months:
        raise RulesBroken(f"facility.toml: a year has no windows of {months} months")
    return [Window(year, first, first + months - 1) for first in range(1, MONTHS + 1, months)]


@cache
def lines() -> tuple[Line, ...]:
    """The lines of the calendar. Raises RulesBroken."""
    known = rules()
    made: list[Line] = []
    for raw in _file()["line"]:
        values: dict[str, Any] = {**raw, "counts": Counts(raw["counts"])}
        line = Line(**values)
        rule = known.get(line.rule)
        if rule is None or rule.subject != SUBJECT:
            raise RulesBroken(f"facility.toml: line {line.slot}: {line.rule} is no facility rule")
        if {line.needed, line.months} - rule.numbers.keys() or line.counts not in rule.reasons:
            raise RulesBroken(f"facility.toml: line {line.slot}: {line.rule} lacks what it names")
        made.append(line)
    return tuple(made)


@cache
def _file() -> Mapping[str, Any]:
    return tomllib.loads((FOLDER / "facility.toml").read_text("utf-8"))


def _in_force(rule: Rule, year: int) -> bool:
    last = rule.valid_until
    return rule.valid_from.year <= year and (last is None or last >= date(year, 1, 1))


def _number(numbers: Numbers, name: str, level: Level) -> int:
    """The number at this level."""
    lower = f"{name}{_BELOW}"
    if level is not Level.FACILITY and lower in numbers.values:
        return numbers[lower]
    return numbers[name]


def _line_items(
    facts: FacilityFacts, year: int, line: Line, numbers: Numbers
) -> Iterator[FacilityItem]:
    full = _number(numbers, line.needed, facts.level)
    months = _number(numbers, line.months, facts.level)
    if not full:
        return
    mine = [each for each in facts.records if _counts(facts, line, each)]
    for window in windows(year, months):
        open_months = _open_months(facts, window)
        if not open_months:
            continue
        needed = -(-full * open_months // months)  # pro rata where it opened or closed in between
        found = [each for each in mine if window.opens <= each.on <= window.ends]
        amounts = _amounts(line.counts, sorted(found, key=lambda each: (each.on, each.id)))
        got = sum(amount for _, amount in amounts)
        yield FacilityItem(
            rule=line.rule, line=line.slot, slot=f"{line.slot}/{window.first:02}",
            opens=window.opens, due=window.ends, needed=needed, got=got, why=line.counts,
            given={"when": _when(window), "needed": needed, "got": got},
            done_by=tuple(each.id for each, _ in amounts), done_on=_done_on(amounts, needed),
        )  # fmt: skip


def _counts(facts: FacilityFacts, line: Line, each: Work) -> bool:
    """Whether a record counts on this line."""
    near = each.place == facts.place or (line.below and facts.level is Level.FACILITY)
    return (
        near
        and each.kind in rules()[line.rule].kinds
        and each.body.get(line.field) == (line.answer)
    )


def _open_months(facts: FacilityFacts, window: Window) -> int:
    """Months of the window in which the organisation serves for at least a day."""
    return sum(
        1
        for month in range(window.first, window.last + 1)
        if (facts.since is None or facts.since < _month_after(window.year, month))
        and (facts.until is None or facts.until > date(window.year, month, 1))
    )


def _amounts(counts: Counts, found: Sequence[Work]) -> list[tuple[Work, int]]:
    """Each record with what it adds; one that adds nothing counts with 0 and is named all the
    same. Kinds of material: the most of any record of a topic, since the same sheets are handed
    out again.
    """
    most: dict[str, int] = {}
    made: list[tuple[Work, int]] = []
    for each in found:
        if counts is Counts.RECORDS:
            made.append((each, 1))
            continue
        kinds = counts is Counts.KINDS
        name = "".join(str(each.body.get("topic" if kinds else "place", "")).split())
        amount = int(each.body.get("material_kinds", 1)) if kinds else 1
        made.append((each, max(0, amount - most.get(name, 0))))
        most[name] = max(amount, most.get(name, 0))
    return made


def _done_on(amounts: Sequence[tuple[Work, int]], needed: int) -> date | None:
    total = 0
    for each, amount in amounts:
        total += amount
        if total >= needed:
            return each.on
    return None


def _when(window: Window) -> str:
    said = _file()["when"]
    if window.last - window.first + 1 == MONTHS:
        return said["year"]
    name = "month" if window.first == window.last else "months"
    return said[name].format(first=window.first, last=window.last)


def _report_items(
    facts: FacilityFacts, year: int, rule: str, numbers: Numbers
) -> Iterator[FacilityItem]:
    """One item a month with a diagnosis in it: how many, how many within the hours."""
    hours = numbers["hours"]
    for window in windows(year, 1):
        found = [
            each
            for each in facts.reports
            if each.urgent is (rule == URGENT)
            and window.opens <= each.diagnosed.date() <= window.ends
        ]
        if not found:
            continue
        times = [each.receipt - each.diagnosed for each in found if each.receipt is not None]
        got = sum(1 for each in times if each <= timedelta(hours=hours))
        given = {
            "first": window.first, "needed": len(found), "got": got, "late": len(times) - got,
            "open": len(found) - len(times), "hours": hours,
        }  # fmt: skip
        yield FacilityItem(
            rule=rule, line=rule, slot=f"{rule}/{window.first:02}", opens=window.opens,
            due=window.ends, needed=len(found), got=got, why="reports", given=given,
        )  # fmt: skip


def _kept_elsewhere(year: int, numbers: Numbers) -> FacilityItem:
    whole = Window(year, 1, MONTHS)
    return FacilityItem(
        rule=INCIDENTS, line=INCIDENTS, slot="year", opens=whole.opens, due=whole.ends, needed=0,
        got=0, why="elsewhere", given={"hours": numbers["hours"]}, elsewhere=True,
    )  # fmt: skip


def _month_after(year: int, month: int) -> date:
    return date(year + month // MONTHS, month % MONTHS + 1, 1)


def _moment(day: Any, time: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(f"{day}T{time}")
    except ValueError:
        return None
