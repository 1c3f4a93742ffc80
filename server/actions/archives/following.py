"""What follows from the records of an archive that somebody has open, and the referrals that have
not come to an end: worked out from what this person was let see and nothing else. An open answer
may let a rule suspect what is restricted (a long cough), so what follows is filtered by its own
class as well.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
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
from server.rules.next_step import Step
from server.rules.plan.believable import believable
from server.rules.plan.groups import groups_of
from server.rules.plan.model import LOST, Facts, Group, Record, Spell
from server.rules.plan.referrals import loops
from server.rules.plan.steps import Memo, followed
from server.rules.referrals import Loop, State
from sync import wire
from sync.merge import Cell

NOTHING: Final[Mapping[bytes, str]] = {}
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

    def loops(self, since: date) -> tuple[Loop, ...]:
        return loops(self.facts, self.groups, since, self.numbers, self.memo)


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
    asked, before = _asked(facts, record.on.year, numbers), None
    for each in asked.facts.of(record.kind):
        if (each.on, each.id) < (record.on, record.id):
            before = each
    steps = followed(asked.facts, asked.groups, asked.numbers, asked.memo, record, before)
    made = asked.loops(record.on)
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
