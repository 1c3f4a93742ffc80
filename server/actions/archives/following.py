"""What follows from the records of an archive that somebody has open, and the referrals that have
not come to an end: worked out from what this person was let see and nothing else. An open answer
may let a rule suspect what is restricted (a long cough), so what follows is filtered by its own
class as well.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from server.access import Opened
from server.actions.archives.content import page_of
from server.actions.keeping.site import Site
from server.actions.plan.facts import day_of, district_numbers
from server.actions.tablets.intake import civil_day
from server.rules.next_step import Step
from server.rules.plan.groups import groups_of
from server.rules.plan.model import LOST, Facts, Group, Record, Spell
from server.rules.plan.referrals import loops
from server.rules.plan.steps import Memo, followed
from server.rules.referrals import Loop, State

SHOWN: Final = timedelta(days=90)  # a loop that came to its end is shown for so long


@dataclass(frozen=True, slots=True)
class Followed:
    """What follows from one record. `loops`: those that it belongs to."""

    record: Record
    steps: tuple[Step, ...]
    loops: tuple[Loop, ...]


def facts_seen(opened: Opened) -> Facts:
    """The archive as the rules read it, of the classes in view."""
    page = page_of(opened.cells)
    return Facts(
        due=True, birth=day_of(page.text("birth_date")), sex=page.text("sex"),
        values={**page.values, **page.sets}, records=_records(opened),
    )  # fmt: skip


def _records(opened: Opened) -> tuple[Record, ...]:
    """Those that stand: neither taken back nor corrected."""
    gone = {each.change.amends for each in opened.records}
    gone |= {each.change.voids for each in opened.records}
    found = (
        Record(each.change.id, each.change.kind, date.fromisoformat(each.change.on), form, each.cls)
        for each in opened.records
        if each.change.id not in gone and (form := each.form())
    )
    return tuple(sorted(found, key=lambda each: (each.on, each.id)))


@dataclass(frozen=True, slots=True)
class _Asked:
    """The facts of an archive with what the rules of a year need beside them."""

    facts: Facts
    groups: Mapping[Group, Spell]
    numbers: Mapping[str, int]
    memo: Memo

    def loops(self, since: date) -> tuple[Loop, ...]:
        return loops(self.facts, self.groups, since, self.numbers, self.memo)


def _asked(site: Site, opened: Opened, year: int) -> _Asked:
    facts, numbers = facts_seen(opened), district_numbers(site, year)
    return _Asked(facts, groups_of(facts, year, district=numbers), numbers, {})


def following(site: Site, opened: Opened, change: bytes) -> Followed | None:
    """What follows from a record in view; None for one that does not stand or was no service."""
    record = next((each for each in _records(opened) if each.id == change), None)
    if record is None or LOST in record.body:
        return None
    asked = _asked(site, opened, record.on.year)
    before = None
    for each in asked.facts.of(record.kind):
        if (each.on, each.id) < (record.on, record.id):
            before = each
    steps = followed(asked.facts, asked.groups, asked.numbers, asked.memo, record, before)
    made = asked.loops(record.on)
    return Followed(
        record,
        tuple(each for each in steps if each.cls in opened.classes),
        tuple(each for each in made if each.cls in opened.classes and _touches(each, record)),
    )


def _touches(loop: Loop, record: Record) -> bool:
    told = (loop.sent, loop.answer, *(need.record for need in loop.needs))
    return any(each is not None and each.id == record.id for each in told)


def loops_seen(site: Site, opened: Opened) -> tuple[Loop, ...]:
    """The referrals of the archive that wait for something, and those that ended of late."""
    today = civil_day(site.clock())
    made = _asked(site, opened, today.year).loops(today - SHOWN)
    return tuple(
        each
        for each in made
        if each.cls in opened.classes and (each.is_open(today) or _ended_of_late(each, today))
    )


def _ended_of_late(loop: Loop, today: date) -> bool:
    known = loop.state in (State.BACK, State.ENDED)
    return known and loop.since >= today - SHOWN
