"""The plan of one resident: every rule in force asked once, the answers in one order."""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from server.rules.plan import (
    children,
    chronic,
    elders,
    mental,
    mothers,
    people,
    promises,
    referrals,
    tuberculosis,
    vaccines,
)
from server.rules.plan.groups import NOTHING, groups_of
from server.rules.plan.model import (
    RESTRICTED_GROUPS,
    Asked,
    Facts,
    Group,
    Item,
    Maker,
    Plan,
    Rule,
    Spell,
)
from server.rules.plan.table import RulesBroken, numbers_of, rules

FAMILIES: Final[tuple[Mapping[str, Maker], ...]] = (
    people.MAKERS,
    promises.MAKERS,
    referrals.MAKERS,
    chronic.MAKERS,
    elders.MAKERS,
    children.MAKERS,
    mothers.MAKERS,
    mental.MAKERS,
    tuberculosis.MAKERS,
    vaccines.MAKERS,
)
"""Of each family the function of each of its rules."""


def plan_of(facts: Facts, year: int, *, district: Mapping[str, int] = NOTHING) -> Plan:
    """What is owed in a calendar year. `district`: its numbers by "P52.times".

    An item belongs to the year when the days from `opens` to `closes` touch it; one that is still
    owed from earlier years is in every plan until it is done.
    """
    groups = groups_of(facts, year, district=district)
    if not facts.due:
        return Plan(year, (), groups)
    items: list[Item] = []
    shared: dict[str, Any] = {}
    for rule, make in _makers():
        if rule.group is not None and rule.group not in groups:
            continue
        if not _in_force(rule, year):
            continue
        asked = Asked(facts, year, rule, numbers_of(rule, district), groups, district, shared)
        items.extend(make(asked))
    items.sort(key=lambda each: (each.due, each.rule, each.slot))
    return Plan(year, tuple(items), groups)


def open_groups(groups: Mapping[Group, Spell]) -> frozenset[Group]:
    """The groups that everybody who sees the archive may know of."""
    told = (group for group, spell in groups.items() if spell.cls == "A")
    return frozenset(told) - RESTRICTED_GROUPS


def _in_force(rule: Rule, year: int) -> bool:
    """Whether a rule is in force on some day of a year."""
    begin, end = rule.valid_from, rule.valid_until
    return begin.year <= year and (end is None or end.year >= year)


@cache
def _makers() -> tuple[tuple[Rule, Maker], ...]:
    """Rules about residents with their functions. Raises RulesBroken when one has no other."""
    known: dict[str, Maker] = {}
    for family in FAMILIES:
        known.update(family)
    wanted = {name: each for name, each in rules().items() if each.subject == "resident"}
    if known.keys() != wanted.keys():
        odd = sorted(known.keys() ^ wanted.keys())
        raise RulesBroken(f"rules and functions of the plan differ: {', '.join(odd)}")
    return tuple((rule, known[name]) for name, rule in wanted.items())
