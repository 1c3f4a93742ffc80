"""Tuberculosis of the lungs (P46 to P51; national specification, 3rd edition), class B as a whole.

A course of treatment begins with the first visit at home and ends with the record that says why
treatment stopped; a first visit after that is another course. A visit in which nobody was met fills
nothing, but two of them after a notice are to be reported.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from server.records.ages import months_later
from server.rules.plan.model import LOST, Asked, Facts, Item, Maker, Numbers, Record
from server.rules.plan.pregnancies import day_of
from server.rules.plan.quota import shared
from server.rules.plan.steps import RETREATED
from server.rules.plan.table import numbers_of, rules
from server.rules.plan.visits import Visit, earliest, every
from server.rules.plan.windows import DAY, Window, ordered, owed, settled
from server.rules.referrals import is_answer

FIRST: Final = "tb_first"
FOLLOWUP: Final = "tb_followup"
_NOTICE: Final[Mapping[str, Any]] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text("utf-8")
)["notice"]
_SUSPECTED: Final = "2"
_SENT: Final = "1"
_CLOSING: Final = ("stop_date", "due_visits", "done_visits", "due_doses", "done_doses")


@dataclass(frozen=True, slots=True)
class _Course:
    """One treatment, its records by day then id. `first`: the visit at home, if there was one."""

    records: tuple[Record, ...]

    @property
    def first(self) -> Record | None:
        return next((each for each in self.records if each.kind == FIRST), None)

    @property
    def began(self) -> date:
        opening = self.records[0]
        month = opening.body.get("month_no")
        if opening.kind == FOLLOWUP and isinstance(month, int):
            return months_later(opening.on, 1 - month)
        return opening.on

    @property
    def stopped(self) -> Record | None:
        return next((each for each in self.records if "stop_reason" in each.body), None)


def _courses(asked: Asked) -> Sequence[_Course]:
    return shared(asked, "tuberculosis courses", lambda: tuple(_told(asked.facts)))


def _told(facts: Facts) -> Iterator[_Course]:
    course: list[Record] = []
    stopped = False
    for each in ordered(facts, FIRST, FOLLOWUP):
        if stopped and each.kind == FIRST:
            yield _Course(tuple(course))
            course, stopped = [], False
        course.append(each)
        stopped = stopped or "stop_reason" in each.body
    if course:
        yield _Course(tuple(course))


# Suspected.


def _suspected(asked: Asked) -> Iterator[Item]:
    days = asked.numbers["days"]
    for each in ordered(asked.facts, "referral"):
        body = each.body
        if body.get("reason_restricted") != _SUSPECTED or body.get("direction") != _SENT:
            continue
        done, on = _answer(asked, each)
        window = Window(each.on, each.on + timedelta(days=days), None)
        yield from owed(
            asked, each.id.hex(), window, done, "result",
            given={"days": days}, because=(each.id,), done_on=on,
        )  # fmt: skip


def _answer(asked: Asked, sent: Record) -> tuple[Record | None, date | None]:
    """What tells the result of a referral: its own return, one that came back, or treatment."""
    back = day_of(sent, "back_date")
    if back is not None:
        return sent, max(back, sent.on)
    later = (
        each
        for each in asked.facts.of("referral", FIRST)
        if each.on >= sent.on and (each.kind == FIRST or is_answer(each, sent))
    )
    found = earliest(*later)
    return found, None


# Notified.


def _first_visit(asked: Asked) -> Iterator[Item]:
    numbers = asked.numbers
    for notice, told, first in _notices(asked):
        window = Window(notice, notice + timedelta(days=numbers["days"]), None)
        missed = [
            each
            for each in asked.facts.records
            if each.kind == FIRST and LOST in each.body and each.on in window
        ]
        reported = first is None and len(missed) >= numbers["misses"]
        because = (*told, *sorted(each.id for each in missed))
        yield from owed(
            asked, notice.isoformat(), window, first, "missed" if reported else "visit",
            given={"times": len(missed)} if reported else {}, because=because,
        )  # fmt: skip


def _notices(asked: Asked) -> Iterator[tuple[date, tuple[bytes, ...], Record | None]]:
    """The day of each notice, the report it was known by, and the first visit that answered it."""
    reports = [
        each
        for each in ordered(asked.facts, "infectious_report")
        if each.body.get("disease") == _NOTICE["disease"]
        and each.body.get("case_class") in _NOTICE["confirmed"]
    ]
    covered = date.min
    for course in _courses(asked):
        first, over = course.first, course.stopped
        if first is not None:
            before = [each for each in reports if covered < each.on <= first.on]
            told = day_of(first, "notified_on")
            known = before[0].on if before else first.on
            yield min(told or known, first.on), tuple(each.id for each in before), first
        covered = (day_of(over, "stop_date") or over.on) if over else date.max
    for each in [each for each in reports if each.on > covered][:1]:
        yield each.on, (each.id,), None


# In treatment.


def _again(asked: Asked) -> Iterator[Item]:
    """The next visit after each whose step is of the rule: by who supervises, by the phase."""
    following = ordered(asked.facts, FOLLOWUP)
    for kind in (FIRST, FOLLOWUP):
        for each in every(asked, kind):
            if each.step.rule != asked.rule.id:
                continue
            on, closes = each.record.on, _closes(asked, each)
            done = next((one for one in following if on < one.on <= closes), None)
            given = {"on": on.isoformat(), "said": each.said}
            window = settled(Window(on + DAY, each.due, closes), done)
            yield from owed(
                asked, f"{kind}:{on}", window, done, "again",
                given=given, because=(each.record.id,),
            )  # fmt: skip


def _closes(asked: Asked, each: Visit) -> date:
    """Until when the next visit may be made: the end of the course, and the days to close it."""
    course = next(one for one in _courses(asked) if each.record in one.records)
    numbers = numbers_of(rules()["P51"], asked.district)
    full, stop = _ends(course, numbers)
    return max(each.due, (stop or full) + timedelta(days=numbers["days"]))


def _reaction(asked: Asked) -> Iterator[Item]:
    """An adverse reaction or a complication: the result of the referral, on the form or later."""
    for each in every(asked, FOLLOWUP):
        if each.step.rule != asked.rule.id:
            continue
        on, record, closes = each.record.on, each.record, _closes(asked, each)
        known = "referral_result" in record.body
        later = (one for one in ordered(asked.facts, FOLLOWUP) if on < one.on <= closes)
        done = record if known else next(later, None)
        opens = on if known else on + DAY
        yield from owed(
            asked, on.isoformat(), settled(Window(opens, each.due, closes), done), done, "again",
            given={"on": on.isoformat(), "said": each.said}, because=(record.id,),
        )  # fmt: skip


# At the end.


def _closing(asked: Asked) -> Iterator[Item]:
    numbers = asked.numbers
    for number, course in enumerate(_courses(asked), start=1):
        stopped = course.stopped
        full, stop = _ends(course, numbers)
        opens = min(full, stop) if stop else full
        closed = next((each for each in course.records if _is_closing(each)), None)
        opens = min(opens, closed.on) if closed else opens
        window = Window(opens, (stop or full) + timedelta(days=numbers["days"]), None)
        given: dict[str, str | int] = {}
        why = "course" if stopped is None else "incomplete"
        if closed is not None:
            share = 100 * closed.body["done_doses"] // closed.body["due_doses"]
            why = "regular" if share >= numbers["percent"] else "irregular"
            given = {"share": share, "percent": numbers["percent"]}
        yield from owed(
            asked, f"course-{number}", window, closed, why,
            given=given, because=(stopped.id,) if stopped else (course.records[0].id,),
        )  # fmt: skip


def _ends(course: _Course, numbers: Numbers) -> tuple[date, date | None]:
    """The last day of a full course, and the day on which treatment was stopped."""
    again = course.first is not None and course.first.body.get("patient_type") == RETREATED
    full = months_later(course.began, numbers["months_again" if again else "months"])
    stopped = course.stopped
    return full, (day_of(stopped, "stop_date") or stopped.on) if stopped else None


def _is_closing(each: Record) -> bool:
    return all(name in each.body for name in _CLOSING) and each.body["due_doses"] > 0


MAKERS: Final[Mapping[str, Maker]] = {
    "P46": lambda asked: tuple(_suspected(asked)),
    "P47": lambda asked: tuple(_first_visit(asked)),
    "P48": lambda asked: tuple(_again(asked)),
    "P49": lambda asked: tuple(_again(asked)),
    "P50": lambda asked: tuple(_reaction(asked)),
    "P51": lambda asked: tuple(_closing(asked)),
}
