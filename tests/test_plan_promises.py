"""What was agreed on after a checkup day is owed on the agreed day, until a service keeps it."""

from datetime import date

from server.rules.plan.engine import plan_of
from server.rules.plan.model import Facts, Item, Promise, Record
from server.rules.plan.promises import LOOK, VISIT
from tests.cast_forms import good

MADE, DUE = date(2026, 11, 22), date(2026, 12, 6)


def owed(*records: Record, rule: str = LOOK, due: date = DUE, year: int = 2026) -> list[Item]:
    facts = Facts(
        due=True, birth=date(1950, 1, 1), sex="2", records=records,
        promises=(Promise(bytes(15) + b"\x01", rule, MADE, due),),
    )  # fmt: skip
    return [each for each in plan_of(facts, year).items if each.rule == rule]


def visit(kind: str, on: date) -> Record:
    return Record(on.toordinal().to_bytes(16), kind, on, good(kind))


def test_another_look_is_due_on_the_day_that_was_agreed_on() -> None:
    (item,) = owed()
    assert (item.opens, item.due, item.done) == (MADE, DUE, None)
    assert item.cls == "A"


def test_a_service_of_a_later_day_keeps_it_and_the_checkup_itself_does_not() -> None:
    assert owed(visit("health_check", MADE))[0].done is None
    (item,) = owed(visit("encounter", date(2026, 12, 3)))
    assert item.done_on == date(2026, 12, 3)


def test_a_referral_of_the_same_day_keeps_it() -> None:
    assert owed(visit("referral", MADE))[0].done_on == MADE


def test_who_did_not_come_is_visited_and_the_item_ends_some_time_after() -> None:
    assert owed(rule=VISIT, due=date(2026, 11, 29))[0].due == date(2026, 11, 29)
    assert owed(rule=VISIT, year=2027) == owed(rule=VISIT)
    assert owed(rule=VISIT, year=2028) == []


def test_over_new_year_it_stands_in_both_plans() -> None:
    assert owed(due=date(2027, 1, 10))
    assert owed(due=date(2027, 1, 10), year=2027)
