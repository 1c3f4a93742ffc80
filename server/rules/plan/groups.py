"""To whom a resident belongs, derived from facts and never typed in.

A spell begins on `since` and is over on `until`, the first day outside. It is in the groups of a
year when it touches the year; so a plan knows before a birthday what that birthday brings.
Restricted groups, and what only a restricted cell tells, have spells of class B.
"""

import tomllib
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from server.records.referral import SENT
from server.rules.plan import risks
from server.rules.plan.courses import Course, courses_of
from server.rules.plan.model import Facts, Group, Record, Spell
from server.rules.plan.pregnancies import day_of
from server.rules.plan.spells import MAXIMUM, belongs, birthday
from server.rules.plan.table import numbers_of, rules
from server.rules.plan.windows import ordered
from server.rules.referrals import is_answer

TABLE: Final = Path(__file__).with_suffix(".toml")
_SET: Final[Mapping[str, Any]] = tomllib.loads(TABLE.read_text("utf-8"))
__all__ = ["belongs", "birthday", "contract_span", "groups_of", "until"]

NOTHING: Final[Mapping[str, int]] = MappingProxyType({})
_RISKS: Final = (
    (Group.HYPERTENSION_RISK, "P04", risks.hypertension),
    (Group.DIABETES_RISK, "P12", risks.diabetes),
)
_DISEASE_OF: Final = {
    Group.HYPERTENSION_RISK: "hypertension",
    Group.DIABETES_RISK: "diabetes",
}
_MOTHER_MARK: Final = "7"
_FEMALE: Final = "2"
_DISABLED_MARK: Final = "9"
_NOT_DISABLED: Final = "1"
_MENTAL: Final = ("8", "5")  # hx_disease_restricted, special_group_restricted
_TUBERCULOSIS_MARK: Final = "6"
_SUSPECTED: Final = "2"  # reason_restricted of a referral
_SIGNED: Final = frozenset({"1", "3"})
_ENDED: Final = "2"


def groups_of(
    facts: Facts, year: int, *, district: Mapping[str, int] = NOTHING
) -> Mapping[Group, Spell]:
    """The groups somebody belongs to at some time of the year, with from and until.

    Where somebody belongs twice (two pregnancies), the later spell stands. `district`: its numbers
    by "P04.age".
    """
    first, last = date(year, 1, 1), date(year, 12, 31)
    found = chain(
        *(spells_of(facts, first) for spells_of in _FINDERS), _at_risk(facts, year, district)
    )
    return {
        group: spell
        for group, spell in found
        if spell.since <= last and (spell.until or MAXIMUM) > max(first, spell.since)
    }


def until(facts: Facts, after: date, *, district: Mapping[str, int] = NOTHING) -> date:
    """The first day after this one on which the groups differ, or the next 1 January: the day the
    nightly work has to look at this resident again.
    """
    days = [date(after.year + 1, 1, 1)]
    for spell in groups_of(facts, after.year, district=district).values():
        days += [spell.since, spell.until or MAXIMUM]
    return min(day for day in days if day > after)


_Found = Iterable[tuple[Group, Spell]]


def _by_age(facts: Facts, first: date) -> _Found:
    del first
    birth = facts.birth
    if birth is None:
        return
    yield Group.CHILD, Spell(birth, birthday(birth, _SET["child"]["until_age"]))
    yield Group.ADULT_35, Spell(birthday(birth, _SET["adult_35"]["from_age"]))
    yield Group.ELDER, Spell(birthday(birth, _SET["elder"]["from_age"]))


def _chronic(facts: Facts, first: date) -> _Found:
    """Patients of the registered diseases from 35 on. Without a birth date nobody is of an age."""
    if facts.birth is None:
        return
    diseases, marks = facts.codes("hx_disease"), facts.codes("special_group")
    for name, table in _SET["chronic"].items():
        records = tuple(ordered(facts, *table["kinds"])) if table["kinds"] else ()
        marked = not diseases.isdisjoint(table["diseases"]) or not marks.isdisjoint(table["marks"])
        if marked or records:
            of_age = birthday(facts.birth, table["from_age"])
            known = _known_since(facts, records, first)
            yield Group(name), Spell(max(of_age, known), None, _ids(records))


def _at_risk(facts: Facts, year: int, district: Mapping[str, int]) -> _Found:
    """At high risk of a disease somebody is not registered with, from the age of it on."""
    diseases, marks = facts.codes("hx_disease"), facts.codes("special_group")
    newest: risks.Newest | None = None
    for group, rule, find in _RISKS:
        table = _SET["chronic"][_DISEASE_OF[group]]
        if not (diseases.isdisjoint(table["diseases"]) and marks.isdisjoint(table["marks"])):
            continue
        newest = risks.newest_of(facts, year) if newest is None else newest
        numbers = numbers_of(rules()[rule], district)
        found = find(facts, year, numbers.values, newest)
        if found and facts.birth is not None:
            because = dict.fromkeys(each.record for each in found if each.record is not None)
            since = min(each.since for each in found)
            of_age = birthday(facts.birth, numbers["from_age"])
            yield group, Spell(max(since, of_age), None, tuple(because))


def _mothers(facts: Facts, first: date) -> _Found:
    longest = timedelta(days=_SET["pregnancy"]["longest_days"])
    after = timedelta(days=_SET["postpartum"]["days"])
    found = tuple(courses_of(facts))
    for each in found:
        told = each.told
        born = each.born or told.expected
        over = each.over or max(told.began + longest, born + timedelta(days=1))
        yield Group.PREGNANT, Spell(told.began, over, each.because)
        if not each.lost:
            yield Group.POSTPARTUM, Spell(born, born + after, each.because)
    if _MOTHER_MARK in facts.codes("special_group") and not _any_lately(found, first):
        yield from _marked(facts, first)


def _any_lately(found: Iterable[Course], first: date) -> bool:
    """Whether the mark can mean one of these: as the figures, which look at two years."""
    before = date(first.year - 1, 1, 1)
    return any((each.born or each.told.expected) >= before for each in found)


def _marked(facts: Facts, first: date) -> _Found:
    """A mark says no day: some time of the year, for who is of an age to bear (groups.toml)."""
    if facts.sex != _FEMALE or facts.birth is None:
        return
    ages = _SET["mark"]
    since = max(first, birthday(facts.birth, ages["from_age"]))
    over = min(date(first.year + 1, 1, 1), birthday(facts.birth, ages["until_age"]))
    yield Group.PREGNANT, Spell(since, over)


def _mental(facts: Facts, first: date) -> _Found:
    records = tuple(ordered(facts, "smd_supplement", "smd_followup"))
    hx, mark = _MENTAL
    marked = hx in facts.codes("hx_disease_restricted") or mark in facts.codes(
        "special_group_restricted"
    )
    pages = tuple(each for each in ordered(facts, "restricted_part") if "1" in _group_page(each))
    if marked or records or pages:
        since = _known_since(facts, (*records, *pages), first)
        yield Group.MENTAL, Spell(since, None, _ids((*records, *pages)), "B")


def _tuberculosis(facts: Facts, first: date) -> _Found:
    """Treated now: a history of the disease is none. The latest course stands."""
    course: list[Record] = []
    stopped: date | None = None
    for each in ordered(facts, "tb_first", "tb_followup"):
        if stopped is not None and each.kind == "tb_first":
            course, stopped = [], None
        course.append(each)
        stopped = day_of(each, "stop_date") or stopped
    if course:
        since = day_of(course[0], "notified_on") or course[0].on
        over = stopped + timedelta(days=1) if stopped else None
        yield Group.TUBERCULOSIS, Spell(since, over, _ids(course), "B")
    elif _TUBERCULOSIS_MARK in facts.codes("special_group_restricted"):
        yield Group.TUBERCULOSIS, Spell(_known_since(facts, (), first), None, (), "B")


def _suspected(facts: Facts, first: date) -> _Found:
    """Referred on suspicion, until the result is back or treatment has begun."""
    del first
    for each in ordered(facts, "referral"):
        body = each.body
        if body.get("reason_restricted") != _SUSPECTED or body.get("direction", SENT) != SENT:
            continue
        answer = _answered(facts, each)
        over = answer + timedelta(days=1) if answer else None
        yield Group.TUBERCULOSIS_SUSPECT, Spell(each.on, over, (each.id,), "B")


def _answered(facts: Facts, sent: Record) -> date | None:
    back = day_of(sent, "back_date")
    if back is not None:
        return back
    later = (
        each.on
        for each in ordered(facts, "referral", "tb_first")
        if each.on >= sent.on
        and each.id != sent.id
        and (each.kind == "tb_first" or is_answer(each, sent))
    )
    return next(later, None)


def _disabled(facts: Facts, first: date) -> _Found:
    """A disability, or its certificate. What only a restricted cell tells is restricted: on an
    open page it would say which disability is left.
    """
    checks = tuple(ordered(facts, "disabled_check"))
    open_facts = (
        bool(checks)
        or _DISABLED_MARK in facts.codes("special_group")
        or bool(facts.codes("disability") - {_NOT_DISABLED})
    )
    restricted = bool(facts.codes("disability_restricted") or facts.values.get("disability_cert"))
    if open_facts or restricted:
        since = _known_since(facts, checks, first)
        yield Group.DISABLED, Spell(since, None, _ids(checks), "A" if open_facts else "B")


def _contract(facts: Facts, first: date) -> _Found:
    """Contracts that follow each other without a gap are one spell."""
    del first
    spell: Spell | None = None
    for each in sorted(facts.of("fd_contract"), key=_begins):
        begin, over = contract_span(each)
        if begin is None or over is None:
            continue
        if spell is not None and spell.since <= begin <= (spell.until or MAXIMUM):
            kept = over if each.body.get("state") == _ENDED else max(over, spell.until or over)
            spell = Spell(spell.since, kept, (*spell.because, each.id))
        else:
            if spell is not None:
                yield Group.CONTRACT, spell
            spell = Spell(begin, over, (each.id,))
    if spell is not None:
        yield Group.CONTRACT, spell


def contract_span(each: Record) -> tuple[date | None, date | None]:
    """From when until when an agreement holds, None for one that waits to be signed. An agreement
    that was ended holds until that day.
    """
    begin, end, state = day_of(each, "begin"), day_of(each, "end"), each.body.get("state")
    if begin is None or end is None:
        return None, None
    over = end + timedelta(days=1)
    if state == _ENDED:
        return begin, min(over, day_of(each, "stop_date") or each.on)
    return (begin, over) if state in _SIGNED else (None, None)


def _begins(each: Record) -> tuple[date, date, bytes]:
    return day_of(each, "begin") or each.on, each.on, each.id


def _group_page(each: Record) -> list[str]:
    codes = each.body.get("contract_group", ())
    return list(codes) if isinstance(codes, list | tuple) else []  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


def _known_since(facts: Facts, records: Iterable[Record], first: date) -> date:
    """A mark has no day: known since the archive was opened, or a record, if that is earlier; with
    no day known, since the year began.
    """
    return min(facts.since or first, *(each.on for each in records), date.max)


def _ids(records: Iterable[Record]) -> tuple[bytes, ...]:
    return tuple(each.id for each in records)


_FINDERS: Final[tuple[Callable[[Facts, date], _Found], ...]] = (
    _by_age,
    _chronic,
    _mothers,
    _mental,
    _tuberculosis,
    _suspected,
    _disabled,
    _contract,
)
