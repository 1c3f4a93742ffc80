"""What follows from the records of an archive that somebody has open, and the referrals that have
not come to an end: worked out from what this person was let see and nothing else. An open answer
may let a rule suspect what is restricted (a long cough), so what follows is filtered by its own
class as well.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

import msgspec
from msgspec import UNSET

from server.access import Opened
from server.actions.archives.content import page_of
from server.actions.keeping.site import Site
from server.actions.plan.facts import day_of, district_numbers
from server.actions.tablets.intake import civil_day
from server.records.upcast import newest, upcast
from server.rules.next_step import Level, Refer, Step
from server.rules.plan.believable import believable
from server.rules.plan.groups import groups_of
from server.rules.plan.model import LOST, Facts, Group, Record, Spell
from server.rules.plan.referrals import loops
from server.rules.plan.steps import Memo, followed
from server.rules.referrals import Loop, State
from sync import wire
from sync.merge import Cell

NOTHING: Final[Mapping[bytes, str]] = {}
GRAVEST: Final = (Level.EMERGENCY, Level.TWICE, Level.ABNORMAL, Level.NOT_YET, Level.AT_GOAL)
_Key = tuple[str, date, str]
SHOWN: Final = timedelta(days=90)  # a loop that came to its end is shown for so long


@dataclass(frozen=True, slots=True)
class Followed:
    """What follows from one record. `loops`: those that it belongs to."""

    record: Record
    steps: tuple[Step, ...]
    loops: tuple[Loop, ...]


def facts_seen(opened: Opened) -> Facts:
    """The archive as the rules read it, of the classes in view."""
    classes = {each.change.id: each.cls for each in opened.records}
    return facts_of_changes(opened.cells, (each.change for each in opened.records), classes)


def facts_of_changes(
    cells: Mapping[str, Cell],
    changes: Iterable[wire.Change],
    classes: Mapping[bytes, str] = NOTHING,
) -> Facts:
    """An archive as the rules read it: its register, and the records that stand, neither taken back
    nor corrected. `classes`: of records by id, A where none is named.
    """
    page, given = page_of(cells), list(changes)
    gone = {each.amends for each in given} | {each.voids for each in given}
    found = (
        Record(each.id, each.kind, date.fromisoformat(each.on), form, classes.get(each.id, "A"))
        for each in given
        if each.id not in gone and (form := _form(each))
    )
    return Facts(
        due=True, birth=day_of(page.text("birth_date")), sex=page.text("sex"),
        values={**page.values, **page.sets},
        records=believable(sorted(found, key=lambda each: (each.on, each.id))),
    )  # fmt: skip


def _form(change: wire.Change) -> dict[str, Any]:
    """What was filled in, as the newest version of the form shows it; {} for a void."""
    if change.body is UNSET:
        return {}
    body = msgspec.json.decode(change.body, type=dict[str, Any])
    return upcast(change.kind, change.v, body, to=newest(change.kind))


@dataclass(frozen=True, slots=True)
class _Asked:
    """The facts of an archive with what the rules of a year need beside them."""

    facts: Facts
    groups: Mapping[Group, Spell]
    numbers: Mapping[str, int]
    memo: Memo

    def steps(self, record: Record) -> tuple[Step, ...]:
        """What follows from a record and the last one of its kind of an earlier day: what was
        measured twice on one day is no second visit, as in the plan.
        """
        earlier = (each for each in self.facts.of(record.kind) if each.on < record.on)
        before = max(earlier, key=lambda each: (each.on, each.id), default=None)
        return followed(self.facts, self.groups, self.numbers, self.memo, record, before)

    def loops(self, since: date) -> tuple[Loop, ...]:
        made = loops(self.facts, self.groups, since, self.numbers, self.memo)
        believed = (self._by_its_day(each) for each in made)
        return _gravest_of_days([each for each in believed if each is not None])

    def _by_its_day(self, loop: Loop) -> Loop | None:
        """A referral that nobody has made, as the plan sees it: with the step that follows from
        what was found on days before, None where nothing asks for it then; and not taken back by
        another service of the same day.
        """
        if not _is_unmade(loop):
            return loop
        (need,) = loop.needs
        asking = (each for each in self.steps(need.record) if each.refer is not Refer.NO)
        step = next((each for each in asking if each.refer_as == need.step.refer_as), None)
        if step is None:
            return None
        taken_back = any(each.on > need.record.on for each in self.facts.of(need.record.kind))
        loop = replace(loop, needs=(replace(need, step=step),))
        if loop.state is State.SUPERSEDED and not taken_back:
            loop = replace(loop, state=State.NEEDED, since=need.record.on, answer=None)
        return loop


def _is_unmade(loop: Loop) -> bool:
    return loop.sent is None and loop.state in (State.NEEDED, State.SUPERSEDED)


def _gravest_of_days(made: Sequence[Loop]) -> tuple[Loop, ...]:
    """Of several services of a form on one day that ask for a referral the gravest does, of the
    same the first (plan/visits.py); none where one of that day has got its referral.
    """
    answered = {key for each in made if not _is_unmade(each) for key in _keys(each)}
    gravest: dict[_Key, Loop] = {}
    for each in made:
        for key in _keys(each) if _is_unmade(each) else ():
            best = gravest.get(key)
            if best is None or _gravity(each) < _gravity(best):
                gravest[key] = each
    kept = [each for key, each in gravest.items() if key not in answered]
    return tuple(each for each in made if not _is_unmade(each) or each in kept)


def _gravity(loop: Loop) -> int:
    return min(GRAVEST.index(need.step.level) for need in loop.needs)


def _keys(loop: Loop) -> set[_Key]:
    """The services that ask for it: form, day, restricted reason."""
    return {(need.record.kind, need.record.on, need.restricted) for need in loop.needs}


def _asked(facts: Facts, year: int, numbers: Mapping[str, int]) -> _Asked:
    return _Asked(facts, groups_of(facts, year, district=numbers), numbers, {})


def following(site: Site, opened: Opened, change: bytes) -> Followed | None:
    """What follows from a record in view; None for one that does not stand or was no service."""
    facts = facts_seen(opened)
    record = next((each for each in facts.records if each.id == change), None)
    if record is None:
        return None
    return after(facts, record, district_numbers(site, record.on.year), opened.classes)


def after(
    facts: Facts, record: Record, numbers: Mapping[str, int], classes: Collection[str]
) -> Followed | None:
    """What follows from one of the records, as far as somebody who sees these classes may be told;
    None where no service was given.
    """
    if LOST in record.body:
        return None
    asked = _asked(facts, record.on.year, numbers)
    steps, made = asked.steps(record), asked.loops(record.on)
    return Followed(
        record,
        tuple(each for each in steps if each.cls in classes),
        tuple(each for each in made if each.cls in classes and _touches(each, record)),
    )


def _touches(loop: Loop, record: Record) -> bool:
    told = (loop.sent, loop.answer, *(need.record for need in loop.needs))
    return any(each is not None and each.id == record.id for each in told)


def loops_seen(site: Site, opened: Opened) -> tuple[Loop, ...]:
    """The referrals of the archive that wait for something, and those that ended of late."""
    today = civil_day(site.clock())
    numbers = district_numbers(site, today.year)
    made = _asked(facts_seen(opened), today.year, numbers).loops(today - SHOWN)
    return tuple(
        each
        for each in made
        if each.cls in opened.classes and (each.is_open(today) or _ended_of_late(each, today))
    )


def _ended_of_late(loop: Loop, today: date) -> bool:
    known = loop.state in (State.BACK, State.ENDED)
    return known and loop.since >= today - SHOWN
