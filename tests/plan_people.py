"""People for tests of the service plan: facts written in a line, items picked out of a plan."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from itertools import count
from typing import Any, Final

from server.rules.plan.engine import plan_of
from server.rules.plan.groups import belongs, groups_of
from server.rules.plan.model import Facts, Group, Item, Record, Stage, stage

_NUMBERS: Final = count(1)
_RESTRICTED: Final = ("smd_supplement", "smd_followup", "tb_first", "tb_followup")


def day(text: str) -> date:
    return date.fromisoformat(text)


def rec(kind: str, on: str | date, /, **body: Any) -> Record:
    """A record with an id of its own; later ones have larger ids."""
    when = on if isinstance(on, date) else day(on)
    cls = "B" if kind in _RESTRICTED else "A"
    return Record(next(_NUMBERS).to_bytes(16), kind, when, body, cls)


def person(
    *records: Record, born: str | None, sex: str = "1", since: str | None = None, **values: Any
) -> Facts:
    """Facts of somebody whose records are these, in any order."""
    return Facts(
        True, day(born) if born else None, sex, day(since) if since else None, values,
        tuple(sorted(records, key=lambda each: (each.on, each.id))),
    )  # fmt: skip


def owed(
    facts: Facts, year: int, rule: str, district: Mapping[str, int] | None = None
) -> dict[str, Item]:
    """The items of one rule by slot."""
    plan = plan_of(facts, year, district=district or {})
    return {each.slot: each for each in plan.items if each.rule == rule}


def days_of(item: Item) -> tuple[str, str, str]:
    """Opens, due, closes."""
    return (
        item.opens.isoformat(),
        item.due.isoformat(),
        item.closes.isoformat() if item.closes else "",
    )


def groups_on(facts: Facts, on: str) -> set[Group]:
    """The groups somebody belongs to on a day."""
    when = day(on)
    return {name for name, each in groups_of(facts, when.year).items() if belongs(each, when)}


def around(item: Item) -> list[Stage]:
    """Its stage the day before it opens, then, when due, when it closes, the day after."""
    step = timedelta(days=1)
    closes = item.closes or item.due
    days = (item.opens - step, item.opens, item.due, closes, closes + step)
    return [stage(item, each) for each in days]


def doing(facts: Facts, record: Record) -> Facts:
    """The same person with a record more."""
    records = (*facts.records, record)
    ordered = tuple(sorted(records, key=lambda each: (each.on, each.id)))
    return Facts(facts.due, facts.birth, facts.sex, facts.since, facts.values, ordered)


def all_items(facts: Facts, years: range) -> Iterator[Item]:
    for year in years:
        yield from plan_of(facts, year).items
