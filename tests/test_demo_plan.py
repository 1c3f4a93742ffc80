"""What is owed in the demo district on its day, as a doctor who knows the rules reads it."""

from collections import Counter, defaultdict
from datetime import date
from typing import Any

import pytest

from server.demo import archive
from server.demo.district import DEFAULT_DAY, generate
from server.demo.model import PastRecord, Resident
from server.records.kinds import REGISTER, get
from server.records.model import Codes, ListOf
from server.rules.plan.engine import plan_of
from server.rules.plan.model import Facts, Item, Record, Stage, stage
from server.rules.plan.table import reason_text, rules

SHOWN = {
    "P02", "P03", "P04", "P05", "P06", "P07", "P08", "P09", "P12", "P13", "P14", "P15",
    "P16", "P17", "P20", "P21", "P22", "P23", "P24", "P25", "P26", "P28", "P29", "P30",
    "P31", "P32", "P33", "P34", "P36", "P37", "P38", "P39", "P40", "P41", "P44", "P45",
    "P47", "P49", "P52", "P53", "P54", "P60", "P61", "P62",
}  # fmt: skip
"""Rules of which somebody in the demo has an item; the others need a finding or a fault."""


def values_of(person: Resident) -> dict[str, Any]:
    """The register as rules are shown it: the elements of a set as a frozenset."""
    found: dict[str, Any] = {}
    for name, value in archive.basic_info(person, today=DEFAULT_DAY).items():
        each = REGISTER.field(name)
        assert each is not None
        if isinstance(each.type, Codes):
            found[name] = frozenset(value)
        elif isinstance(each.type, ListOf):
            found[name] = frozenset(str(item[each.type.key]) for item in value)
        else:
            found[name] = value
    return found


@pytest.fixture(scope="module")
def owed() -> list[Item]:
    people: dict[bytes, Resident] = {}
    records: defaultdict[bytes, list[Record]] = defaultdict(list)
    for item in generate(100, 2024):
        if isinstance(item, Resident) and item.has_archive:
            people[item.id] = item
        elif isinstance(item, PastRecord):
            cls = get(item.kind, item.version).access.value
            records[item.resident].append(Record(item.id, item.kind, item.on, item.body, cls))
    found: list[Item] = []
    for who, person in people.items():
        past = tuple(sorted(records[who], key=lambda each: (each.on, each.id)))
        facts = Facts(
            True, person.birth_date, person.sex, date(2024, 1, 1), values_of(person), past
        )
        found += plan_of(facts, DEFAULT_DAY.year).items
    return found


def share(items: list[Item], rule: str, *stages: Stage) -> float:
    """Of what was owed of a rule by the day, the part in one of these stages."""
    due = [each for each in items if each.rule == rule and stage(each, DEFAULT_DAY) != Stage.LATER]
    return sum(stage(each, DEFAULT_DAY) in stages for each in due) / len(due)


def test_somebody_is_owed_something_by_every_rule_that_needs_no_finding(owed: list[Item]) -> None:
    assert {each.rule for each in owed} >= SHOWN


def test_most_is_done_some_is_open_and_little_is_missed(owed: list[Item]) -> None:
    assert share(owed, "P53", Stage.DONE) > 0.85
    assert share(owed, "P53", Stage.MISSED, Stage.OVERDUE) < 0.06
    assert share(owed, "P29", Stage.DONE) > 0.7
    assert 0.2 < share(owed, "P21", Stage.DONE) < 0.9
    assert share(owed, "P08", Stage.DONE) > 0.6
    emergencies = sum(each.rule in ("P10", "P19") for each in owed)
    assert emergencies < 0.02 * sum(each.rule == "P05" for each in owed)


def test_what_reveals_a_restricted_condition_is_marked_so_and_nothing_else(
    owed: list[Item],
) -> None:
    restricted = Counter(each.rule for each in owed if each.cls == "B")
    assert set(restricted) == {"P41", "P42", "P43", "P44", "P45", "P47", "P49", "P51"}
    assert all(rules()[rule].neutral for rule in restricted)


def test_every_reason_reads_as_a_sentence(owed: list[Item]) -> None:
    for each in owed:
        said = reason_text(rules()[each.rule], each.why, each.given)
        assert said
        assert "{" not in said, (each.rule, said)
        assert "None" not in said, (each.rule, said)
