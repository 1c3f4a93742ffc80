"""Vaccination by the national programme (P53), and the check of the certificate at the beginning
of kindergarten and school (P54). The programme is data: series.py, vaccines_2026.toml.

Of each series the next dose is owed and no further one, because a dose can only be given when the
one before was: after a late dose the following ones keep their distance by themselves. Nobody
writes down that a certificate was looked at; so it counts as in order when the doses that belong to
that age are on record (design).
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Final

from server.records.ages import full_years
from server.records.vaccines import VACCINES
from server.rules.plan.groups import birthday
from server.rules.plan.model import Asked, Item, Maker, Record
from server.rules.plan.quota import shared
from server.rules.plan.series import Given, Series, followed, programme
from server.rules.plan.windows import DAY, Window, first_in, months_on, ordered, owed

_MOTHER: Final = "fam_mother_restricted"
_HEPATITIS: Final = "10"
_HEPB: Final = "hepb"


def _doses(asked: Asked) -> Sequence[Record]:
    return shared(asked, "vaccinations", lambda: ordered(asked.facts, "vaccination"))


def _all_given(asked: Asked, birth: date) -> Sequence[Given]:
    return shared(asked, "vaccines", lambda: tuple(followed(birth, asked.facts.sex, _doses(asked))))


def _owed(asked: Asked) -> Iterator[Item]:
    birth = asked.facts.birth
    if birth is None or months_on(birth, programme().oldest_months) < asked.first:
        return
    for given in _all_given(asked, birth):
        for number, record in given.counted.items():
            yield from _item(asked, given, birth, number, record)
        if given.reached < len(given.series.doses):
            yield from _item(asked, given, birth, given.reached + 1, None)
        yield from _caught_up(asked, given, birth)
        if given.series.id == _HEPB:
            yield from _of_a_mother_with_hepatitis(asked, birth, given)


def _item(
    asked: Asked, given: Given, birth: date, number: int, record: Record | None
) -> Iterator[Item]:
    if record is not None:
        # Nobody is owed, in a year, what was given and due long before it.
        latest = months_on(record.on, programme().longest_months) + DAY
        if latest < asked.first:
            return
    dose = given.series.doses[number - 1]
    last = given.last(record.on - DAY if record is not None else date.max)
    window, late = _window(birth, given.series, number, last)
    vaccine = dose.vaccine
    if record is not None:
        # Done: no longer in the plans of all the years in which it could have been.
        opens = min(window.opens, record.on)
        window = Window(opens, window.due, max(window.due, record.on))
        vaccine = record.body["vaccine"]
    elif window.closes is not None and window.opens > window.closes:
        return
    yield from owed(
        asked, f"{given.series.id}-{number}", window, record, "late" if late else dose.why,
        given={"vaccine": VACCINES[vaccine], "dose": number},
        because=(last.id,) if last is not None else (),
    )  # fmt: skip


def _window(birth: date, series: Series, number: int, last: Record | None) -> tuple[Window, bool]:
    """The days of a dose, and whether it can only come after its time."""
    dose = series.doses[number - 1]
    opens = max(dose.from_day(birth, last), series.began)
    closes = months_on(birth, dose.until) - DAY
    late = False
    if not dose.before:
        due = opens + timedelta(days=dose.due_days or programme().dose_days)
    else:
        due = months_on(birth, dose.before) - DAY
        late = opens > due
        if dose.within_months and last is not None:
            # Counted from the dose before: late only where that one was.
            before = series.doses[number - 2].before
            late = last.on >= months_on(birth, before)
            due = months_on(last.on, dose.within_months)
        elif late:
            due = opens + timedelta(days=programme().late_days)
    return Window(opens, max(opens, min(due, closes)), closes), late


def _caught_up(asked: Asked, given: Given, birth: date) -> Iterator[Item]:
    """The other vaccine that an older child gets for what is missing."""
    late, last = given.series.catch_up, given.last()
    if late is None or given.reached >= late.doses:
        return
    opens = late.from_day(birth, given.reached, last)
    closes = months_on(birth, late.until) - DAY
    if opens > closes:
        return
    window = Window(opens, min(opens + timedelta(days=programme().late_days), closes), closes)
    number = given.reached + 1
    yield from owed(
        asked, f"{late.vaccine}-{number}", window, None, "catch_up",
        given={"vaccine": VACCINES[late.vaccine], "dose": number},
        because=(last.id,) if last is not None else (),
    )  # fmt: skip


def _of_a_mother_with_hepatitis(asked: Asked, birth: date, given: Given) -> Iterator[Item]:
    """One dose more for a light newborn. What tells it is a restricted fact: so is the item.

    The other doses are those of every child, so the open plan tells nothing.
    """
    if _HEPATITIS not in asked.facts.codes(_MOTHER) or 2 not in given.counted:
        return
    numbers, second = asked.numbers, given.counted[2]
    weights = (each.body.get("birth_weight") for each in ordered(asked.facts, "newborn_visit"))
    weight = next((each for each in weights if isinstance(each, int)), None)
    if weight is None or weight >= numbers["light"]:
        return
    opens = max(
        months_on(birth, numbers["extra_months"]),
        second.on + timedelta(days=numbers["extra_gap_days"]),
    )
    closes = months_on(birth, numbers["extra_until_months"]) - DAY
    if opens > closes:
        return
    window = Window(opens, min(opens + timedelta(days=numbers["extra_days"]), closes), closes)
    more = (each for each in _doses(asked) if each.body.get("vaccine") == _HEPB)
    done = first_in(window, (each for each in more if each not in given.counted.values()))
    yield from owed(asked, "hepb-extra", window, done, "mother", because=(second.id,), cls="B")


# The certificate.


def _certificates(asked: Asked) -> Iterator[Item]:
    birth, numbers = asked.facts.birth, asked.numbers
    if birth is None:
        return
    for place in ("kindergarten", "school"):
        age = numbers[f"{place}_age"]
        year = birthday(birth, age).year
        begins = date(year, numbers["month"], 1)
        if full_years(birth, begins - DAY) < age:
            begins = date(year + 1, numbers["month"], 1)
        if begins.year != asked.year:
            continue
        closes = months_on(date(begins.year, numbers["last_month"], 1), 1) - DAY
        window = Window(begins, begins + timedelta(days=numbers["days"]), closes)
        missing, last = _missing(asked, birth, months=12 * age, by=closes)
        given = {"place": asked.rule.reasons[place], "missing": missing}
        done = None if missing else last
        why = "complete" if done else "missing"
        yield from owed(asked, place, window, done, why, given=given)


def _missing(asked: Asked, birth: date, *, months: int, by: date) -> tuple[int, Record | None]:
    """How many series lack a dose that should be complete before an age; the last dose given."""
    missing, last = 0, None
    for given in _all_given(asked, birth):
        wanted = [
            number
            for number, dose in enumerate(given.series.doses, start=1)
            if 0 < (dose.before or dose.months + 1) <= months
        ]
        if not wanted:
            continue
        enough = [
            record
            for number, record in given.counted.items()
            if number >= wanted[-1] and record.on <= by
        ]
        if not enough:
            missing += 1
            continue
        if last is None or (enough[0].on, enough[0].id) > (last.on, last.id):
            last = enough[0]
    return missing, last


MAKERS: Final[Mapping[str, Maker]] = {
    "P53": lambda asked: tuple(_owed(asked)),
    "P54": lambda asked: tuple(_certificates(asked)),
}
