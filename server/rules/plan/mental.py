"""Severe mental disorder (P41 to P45; national specification, third edition), class B as a whole.

Management needs consent: the newest supplement says whether it stands (S003-5(8)). Who is
registered without one owes a single thing, to be asked. After a withdrawal nothing more is owed;
what was done stays done. A visit in which the person was not met fills nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from server.rules.plan.model import Asked, Item, Maker, Record
from server.rules.plan.quota import (
    BY_PHONE,
    all_filled,
    first_of_year,
    known_since,
    one_a_day,
    places,
    yearly,
)
from server.rules.plan.visits import visits
from server.rules.plan.windows import DAY, Window, ordered, owed, settled

SUPPLEMENT: Final = "smd_supplement"
FOLLOWUP: Final = "smd_followup"
_AGREED: Final = "1"
_RISKS: Final = frozenset("012345")


@dataclass(frozen=True, slots=True)
class _Consent:
    """From when until when consent stood; `until`: the day it was withdrawn."""

    since: date
    until: date | None
    record: bytes

    def covers(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day < self.until)


def _consents(asked: Asked) -> list[_Consent]:
    found: list[_Consent] = []
    for each in ordered(asked.facts, SUPPLEMENT):
        agreed = each.body.get("consent") == _AGREED
        stands = bool(found) and found[-1].until is None
        if agreed and not stands:
            found.append(_Consent(each.on, None, each.id))
        elif not agreed and stands:
            found[-1] = _Consent(found[-1].since, each.on, found[-1].record)
    return found


def _consent_on(asked: Asked, day: date) -> _Consent | None:
    return next((each for each in _consents(asked) if each.covers(day)), None)


def _met(asked: Asked) -> Sequence[Record]:
    """Follow-ups that count: the risk was assessed, one a day, oldest first."""
    return one_a_day(each for each in asked.facts.of(FOLLOWUP) if each.body.get("risk") in _RISKS)


# So many a year.


def _quarters(asked: Asked) -> Iterator[Item]:
    numbers, times = asked.numbers, asked.numbers["times"]
    stood = [
        each
        for each in _consents(asked)
        if each.since <= asked.last and (each.until or asked.first) >= asked.first
    ]
    if not stood:
        return
    withdrawn = stood[-1].until
    counting = [
        visit
        for visit in _met(asked)
        if (visit.body.get("mode") != BY_PHONE or numbers["phone_counts"])
        and any(each.covers(visit.on) for each in stood)
    ]
    for place in places(
        asked, counting, stood[0].since, times=times,
        gap_days=numbers["gap_days"], first_days=numbers["first_days"],
    ):  # fmt: skip
        if place.done is None and withdrawn is not None and withdrawn <= place.window.due:
            continue
        yield from owed(
            asked, f"{asked.year}-{place.number}", place.window, place.done, "quarter",
            given={"number": place.number, "times": times}, because=(stood[-1].record,),
        )  # fmt: skip


def _to_be_asked(asked: Asked) -> Iterator[Item]:
    """Registered, and nobody has written down whether they consent."""
    asked_for = next(iter(ordered(asked.facts, SUPPLEMENT)), None)
    since = known_since(asked)
    opens = min(since, asked_for.on) if asked_for else since
    window = Window(opens, opens + timedelta(days=asked.numbers["consent_days"]), None)
    for each in owed(asked, "consent", window, asked_for, "consent"):
        yield replace(each, kinds=(SUPPLEMENT,))


# By what the last visit found.


def _again(asked: Asked) -> Iterator[Item]:
    """The next visit after each whose class asks for it by this rule."""
    for each in visits(asked, FOLLOWUP):
        if each.step.rule != asked.rule.id:
            continue
        on = each.record.on
        consent = _consent_on(asked, on)
        if consent is None:
            continue
        closes = max(each.due, on + timedelta(days=asked.numbers["keep_days"]))
        done = next((one for one in _met(asked) if on < one.on <= closes), None)
        if done is None and consent.until is not None:
            continue
        given = {"on": on.isoformat(), "said": each.said}
        window = settled(Window(on + DAY, each.due, closes), done)
        yield from owed(
            asked, on.isoformat(), window, done, "again", given=given, because=(each.record.id,)
        )


# The yearly check.


def _check(asked: Asked) -> Iterator[Item]:
    consent = _consent_on(asked, asked.last)
    done = first_of_year(asked, filter(all_filled, asked.facts.of("health_check")))
    if consent is None and done is not None:
        consent = _consent_on(asked, done.on)
    if consent is None:
        return
    window = yearly(asked, consent.since)
    yield from owed(asked, str(asked.year), window, done, "yearly", because=(consent.record,))


MAKERS: Final[Mapping[str, Maker]] = {
    "P41": lambda asked: (*_to_be_asked(asked), *_quarters(asked)),
    "P42": lambda asked: tuple(_again(asked)),
    "P43": lambda asked: tuple(_again(asked)),
    "P44": lambda asked: tuple(_again(asked)),
    "P45": lambda asked: tuple(_check(asked)),
}
