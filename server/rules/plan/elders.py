"""The yearly check of people of 65 and over, its parts, and what becomes of a finding (P21 to P25).

The calendar year counts: whoever reaches 65 in it, a check on any of its days. What is done is what
the figures count as done (server/rules/figures.toml, row elder).
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from server.records.health_check_fields import FIELDS
from server.rules.plan.model import Asked, Group, Item, Maker, Record
from server.rules.plan.quota import all_filled, first_of_year, shared, yearly
from server.rules.plan.readings import OPEN
from server.rules.plan.steps import is_emergency
from server.rules.plan.visits import names, referrals
from server.rules.plan.windows import Window, ordered, owed

CHECK: Final = "health_check"
SELFCARE: Final = "elder_selfcare"
"""A form of its own, and an answer of the check: either tells it."""

_TABLE: Final[Mapping[str, Any]] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text("utf-8")
)
_LABELS: Final = {each.name: each.label for each in FIELDS}
_POSITIVE: Final = "2"
_ABNORMAL: Final = "2"
_ENROLLED, _REPEAT, _REFER = "1", "2", "3"  # guidance
_LATER: Final = (
    CHECK, "disabled_check", "encounter", "htn_followup", "dm_followup", "copd_followup"
)  # fmt: skip
"""Services at which an elder's finding is looked at again, where the doctor asked for that."""
_CHECKS: Final = (CHECK, "disabled_check")
"""Services that look at whatever was found, where nobody said what is to become of it."""


def lab_fields(year: int) -> tuple[str, ...]:
    """The fields of the check that make the laboratory set of a year."""
    sets = [each for each in _TABLE["lab"] if each["from"] <= year]
    return tuple(max(sets, key=lambda each: each["from"])["fields"]) if sets else ()


def _window(asked: Asked) -> Window:
    """The days of the year's check."""
    birthday = asked.groups[Group.ELDER].since
    reached = birthday if asked.numbers["from_birthday"] else date(birthday.year, 1, 1)
    return yearly(asked, max(reached, asked.facts.since or reached))


def _checks(asked: Asked) -> list[Record]:
    """Complete checks, oldest first."""
    return shared(
        asked,
        "elder checks",
        lambda: [each for each in ordered(asked.facts, CHECK) if all_filled(each)],
    )


def _of_year(asked: Asked) -> list[Record]:
    return [each for each in _checks(asked) if each.on.year == asked.year]


def _yearly(asked: Asked) -> Iterator[Item]:
    """P21: the check with self-care, and its results told."""
    window, checks = _window(asked), _of_year(asked)
    assessed = first_of_year(asked, asked.facts.of(SELFCARE)) is not None
    whole = [each for each in checks if assessed or SELFCARE in each.body]
    done = next((each for each in whole if "feedback_date" in each.body), None)
    given: dict[str, str | int] = {"due": window.due.isoformat(), "year": asked.year}
    before = next((each for each in reversed(_checks(asked)) if each.on < asked.first), None)
    if done is None and checks:
        why, told = ("feedback", whole[0]) if whole else ("selfcare", checks[0])
        given["on"] = told.on.isoformat()
    else:
        why, told = ("again", before) if before is not None else ("yearly", None)
        given["age"] = asked.year - asked.facts.birth.year if asked.facts.birth else 65
        given |= {"last": before.on.isoformat()} if before is not None else {}
    because = (told.id,) if told is not None else ()
    yield from owed(asked, str(asked.year), window, done, why, given=given, because=because)


def _laboratory(asked: Asked) -> Iterator[Item]:
    """P22: the set complete, in one check of the year or in several."""
    checks = _of_year(asked)
    if not checks:
        return
    missing, done = set(lab_fields(asked.year)), None
    for each in checks:
        missing -= each.body.keys()
        if not missing:
            done = each
            break
    first, shown = checks[0], asked.numbers["shown"]
    due = min(first.on + timedelta(days=asked.numbers["days"]), asked.last)
    named = [_LABELS[name] for name in lab_fields(asked.year) if name in missing]
    given: dict[str, str | int] = {
        "on": first.on.isoformat(), "due": due.isoformat(), "count": len(named),
        "missing": "、".join(named[:shown]) + ("等" if len(named) > shown else ""),
    }  # fmt: skip
    window = Window(first.on, due, asked.last)
    why = "missing" if done is None else "complete"
    yield from owed(asked, str(asked.year), window, done, why, given=given, because=(first.id,))


def _constitution(asked: Asked) -> Iterator[Item]:
    """P23: the 33 answers, and advice."""
    birthday = asked.groups[Group.ELDER].since
    window = yearly(asked, max(date(birthday.year, 1, 1), asked.facts.since or asked.first))
    made = [
        each
        for each in ordered(asked.facts, "elder_tcm")
        if each.on.year == asked.year and all_filled(each)
    ]
    done = next((each for each in made if _is_advised(each)), None)
    given, because = {"due": window.due.isoformat()}, ()
    why = "yearly"
    if done is None and made:
        why, given["on"], because = "advice", made[0].on.isoformat(), (made[0].id,)
    yield from owed(asked, str(asked.year), window, done, why, given=given, because=because)


def _is_advised(record: Record) -> bool:
    return any(name.startswith("advice_") for name in record.body)


def _cognition(asked: Asked) -> Iterator[Item]:
    """P24: screened with the check; who is found positive is referred."""
    checks = _of_year(asked)
    if checks:
        done = next((each for each in checks if "elder_cognition" in each.body), None)
        why, on = ("screened", done.on) if done else ("screen", checks[0].on)
        given = {"on": on.isoformat(), "due": asked.last.isoformat()}
        window, because = Window(checks[0].on, asked.last, asked.last), (checks[0].id,)
        yield from owed(asked, str(asked.year), window, done, why, given=given, because=because)
    for each in _lately(asked):
        if each.body.get("elder_cognition") == _POSITIVE:
            yield from _tracked(asked, each, "refer", "days", referrals(asked), slot="/refer")


def _found(asked: Asked) -> Iterator[Item]:
    """P25: something was found: refer or measure again, and follow what comes of it."""
    for each in _lately(asked):
        guidance = each.body.get("guidance", ())
        if _REFER in guidance:
            yield from _tracked(asked, each, "refer", "days", referrals(asked))
        elif _REPEAT in guidance:
            seen = (one for one in asked.facts.of(*_LATER) if one.cls == OPEN)
            again = [*referrals(asked), *seen]
            yield from _tracked(asked, each, "repeat", "repeat_days", again)
        elif each.body.get("assessment") == _ABNORMAL and _ENROLLED not in guidance:
            seen = (one for one in asked.facts.of(*_CHECKS, "encounter") if _looks(one))
            yield from _tracked(asked, each, "abnormal", "days", [*referrals(asked), *seen])


def _looks(each: Record) -> bool:
    """Whether a service looked at a finding: a check, an ordinary visit that came to a diagnosis;
    not a pressure that was measured.
    """
    return each.cls == OPEN and (each.kind in _CHECKS or "icd10" in each.body)


def _lately(asked: Asked) -> Iterator[Record]:
    """One check a day of this year and the last, whose findings may still be owed. Who is to be
    sent at once has the item of P61, due the same day.
    """
    days: dict[date, Record] = {}
    for each in _checks(asked):
        lately = asked.year - 1 <= each.on.year <= asked.year
        if lately and each.on not in days and not is_emergency(asked, each):
            days[each.on] = each
    yield from days.values()


def _tracked(
    asked: Asked,
    check: Record,
    why: str,
    days: str,
    answers: Iterable[Record],
    *,
    slot: str = "",
) -> Iterator[Item]:
    """A finding, until one of the answers to it."""
    on = check.on
    due = on + timedelta(days=asked.numbers[days])
    window = Window(on, due, on + timedelta(days=asked.numbers["keep_days"]))
    later = (each for each in answers if _answers(each, check))
    done = min(later, key=lambda each: (each.on, each.id), default=None)
    given = {"on": on.isoformat(), "due": due.isoformat()}
    name = f"{on.isoformat()}{slot}"
    yield from owed(asked, name, window, done, why, given=given, because=(check.id,))


def _answers(each: Record, check: Record) -> bool:
    """Whether a record answers a finding: a referral of the day or later, a service after it."""
    if each.kind == "referral":
        return each.on >= check.on and names(each, check)
    return each.on > check.on


MAKERS: Final[Mapping[str, Maker]] = {
    "P21": lambda asked: tuple(_yearly(asked)),
    "P22": lambda asked: tuple(_laboratory(asked)),
    "P23": lambda asked: tuple(_constitution(asked)),
    "P24": lambda asked: tuple(_cognition(asked)),
    "P25": lambda asked: tuple(_found(asked)),
}
