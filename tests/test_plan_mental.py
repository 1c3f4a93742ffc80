"""Severe mental disorder: consent, four visits a year, by class, the yearly check (P41 to P45)."""

import pytest

from server.rules import next_step
from server.rules.plan.engine import open_groups, plan_of
from server.rules.plan.model import Facts, Group, Record, Stage
from server.rules.plan.table import reason_text, rules
from tests.plan_patients import full
from tests.plan_people import around, day, days_of, doing, owed, person, rec

RULES = ("P41", "P42", "P43", "P44", "P45")
STABLE = {"risk": "0", "insight": "1", "class": "3", "social": "1", "adr": "1", "effect": "2"}


def agreed(on: str = "2025-06-10", consent: str = "1") -> Record:
    return rec("smd_supplement", on, consent=consent)


def seen(on: str, **body: str) -> Record:
    return rec("smd_followup", on, **{"mode": "2", **STABLE, **body})


def patient(*records: Record, **values: object) -> Facts:
    return person(*records, born="1988-08-08", **values)  # pyright: ignore[reportArgumentType]


MARK = {"special_group_restricted": frozenset({"5"})}


# Consent.


def test_who_is_registered_and_was_not_asked_owes_to_be_asked_and_nothing_else() -> None:
    who = patient(since="2026-03-01", **MARK)
    found = [each for each in plan_of(who, 2026).items if each.rule in RULES]
    (item,) = found
    assert (item.slot, item.kinds) == ("consent", ("smd_supplement",))
    assert days_of(item) == ("2026-03-01", "2026-03-31", "")
    assert around(item) == [Stage.LATER, Stage.OPEN, Stage.OPEN, Stage.OPEN, Stage.OVERDUE]
    answer = agreed("2026-04-02")
    assert owed(doing(who, answer), 2026, "P41")["consent"].done == answer.id


def test_who_does_not_consent_owes_no_management() -> None:
    who = patient(agreed(consent="0"), seen("2026-02-01"))
    for rule in RULES:
        assert owed(who, 2026, rule) == {}


def test_nothing_more_is_owed_after_consent_was_withdrawn_and_what_was_done_stays() -> None:
    first = seen("2026-02-10")
    who = patient(agreed(), first, agreed("2026-05-20", consent="0"))
    found = owed(who, 2026, "P41")
    assert {slot: each.done for slot, each in found.items()} == {"2026-1": first.id}
    assert owed(who, 2026, "P44") == {}
    assert owed(who, 2026, "P45") == {}
    assert owed(who, 2027, "P41") == {}


def test_who_consents_again_is_managed_again() -> None:
    who = patient(agreed(), agreed("2026-02-01", consent="0"), agreed("2026-04-02"))
    assert "2026-4" in owed(who, 2026, "P41")
    assert "2026" in owed(who, 2026, "P45")


# Four a year.


def test_a_patient_is_followed_up_four_times_a_year_one_a_quarter() -> None:
    found = owed(patient(agreed("2025-12-20"), seen("2025-12-30")), 2026, "P41")
    assert [days_of(each) for each in found.values()] == [
        ("2026-01-01", "2026-03-31", "2026-12-31"),
        ("2026-04-01", "2026-06-30", "2026-12-31"),
        ("2026-07-01", "2026-09-30", "2026-12-31"),
        ("2026-10-01", "2026-12-31", "2026-12-31"),
    ]
    assert around(found["2026-2"]) == [
        Stage.LATER, Stage.OPEN, Stage.OPEN, Stage.OVERDUE, Stage.MISSED,
    ]  # fmt: skip


def test_in_the_first_year_the_quarter_of_consent_and_those_after_it_are_owed() -> None:
    found = owed(patient(agreed("2026-08-20")), 2026, "P41")
    assert [slot for slot in found if slot != "consent"] == ["2026-3", "2026-4"]
    assert days_of(found["2026-3"])[0] == "2026-08-20"


def test_visits_fill_the_quarters_in_their_order_and_two_of_a_day_are_one() -> None:
    visits = [seen("2026-02-10"), seen("2026-02-10"), seen("2026-05-10", mode="1")]
    found = owed(patient(agreed(), *visits), 2026, "P41")
    assert [found[f"2026-{n}"].done for n in (1, 2, 3)] == [visits[0].id, visits[2].id, None]


@pytest.mark.parametrize(("counts", "filled"), [(1, True), (0, False)])
def test_whether_a_telephone_call_fills_a_place_is_the_districts_to_say(
    counts: int, filled: bool
) -> None:
    call = seen("2026-02-10", mode="3")
    found = owed(patient(agreed(), call), 2026, "P41", {"P41.phone_counts": counts})
    assert (found["2026-1"].done == call.id) is filled


def test_a_visit_where_nobody_was_met_or_no_risk_assessed_fills_nothing() -> None:
    lost = seen("2026-02-10", lost_reason="4")
    empty = rec("smd_followup", "2026-02-12", mode="2")
    assert owed(patient(agreed(), lost, empty), 2026, "P41")["2026-1"].done is None


# By class.


@pytest.mark.parametrize(
    ("found", "rule", "due"),
    [
        ({"class": "1"}, "P42", "2026-02-14"),
        ({"risk": "3"}, "P42", "2026-02-14"),
        ({"insight": "3"}, "P42", "2026-02-14"),
        ({"class": "2"}, "P43", "2026-02-14"),
        ({"risk": "1"}, "P43", "2026-02-14"),
        ({}, "P44", "2026-04-30"),
    ],
)
def test_the_class_of_a_visit_says_when_to_come_again(
    found: dict[str, str], rule: str, due: str
) -> None:
    visit = seen("2026-01-31", **found)
    who = patient(agreed(), visit)
    (item,) = owed(who, 2026, rule).values()
    assert (item.because, days_of(item)) == ((visit.id,), ("2026-02-01", due, "2027-01-31"))
    assert around(item) == [Stage.LATER, Stage.OPEN, Stage.OPEN, Stage.OVERDUE, Stage.MISSED]
    for other in {"P42", "P43", "P44"} - {rule}:
        assert owed(who, 2026, other) == {}
    again = seen("2026-03-20")
    item = owed(doing(who, again), 2026, rule)["2026-01-31"]
    assert (item.done, item.done_on) == (again.id, day("2026-03-20"))


def test_who_is_nearly_stable_twice_comes_again_after_a_month() -> None:
    who = patient(agreed(), seen("2026-01-31", risk="1"), seen("2026-02-14", risk="1"))
    found = owed(who, 2026, "P43")
    assert days_of(found["2026-01-31"])[1] == "2026-02-14"
    assert days_of(found["2026-02-14"])[1] == "2026-03-14"


def test_an_earlier_day_that_the_doctor_wrote_is_kept_to() -> None:
    (item,) = owed(
        patient(agreed(), seen("2026-01-31", next_date="2026-03-01")), 2026, "P44"
    ).values()
    assert days_of(item)[1] == "2026-03-01"


def test_a_visit_of_december_is_followed_in_the_next_year() -> None:
    who = patient(agreed(), seen("2025-12-28", **{"class": "1"}))
    (item,) = owed(who, 2026, "P42").values()
    assert days_of(item)[:2] == ("2025-12-29", "2026-01-11")


def test_the_days_between_visits_are_those_of_the_advice_after_a_visit() -> None:
    names = next_step.numbers().keys()
    assert {"P42.days", "P43.days", "P43.months", "P44.months"} <= names


# The yearly check.


def test_with_consent_a_health_check_is_owed_each_calendar_year() -> None:
    who = patient(agreed("2025-06-10"))
    item = owed(who, 2026, "P45")["2026"]
    assert days_of(item) == ("2026-01-01", "2026-12-31", "2026-12-31")
    assert around(item) == [Stage.LATER, Stage.OPEN, Stage.OPEN, Stage.OPEN, Stage.MISSED]
    check = full("health_check", "2026-12-31")
    last_year = full("health_check", "2025-12-31")
    half = rec("health_check", "2026-03-10", assessment="1")
    assert owed(doing(who, half), 2026, "P45")["2026"].done is None
    assert owed(doing(who, last_year), 2026, "P45")["2026"].done is None
    assert owed(doing(who, check), 2026, "P45")["2026"].done == check.id


# Restricted.


def test_everything_of_it_is_of_class_b_and_called_by_a_neutral_name() -> None:
    records = (agreed(), seen("2026-01-31", risk="4"), seen("2026-03-01", risk="1"))
    who = patient(*records, rec("health_check", "2026-05-01"), **MARK)
    items = [each for each in plan_of(who, 2026).items if each.rule in RULES]
    assert {each.rule for each in items} >= {"P41", "P42", "P43", "P45"}
    assert {each.cls for each in items} == {"B"}
    for each in items:
        rule = rules()[each.rule]
        assert rule.cls == "B"
        assert rule.neutral in ("随访服务", "健康体检")
        assert reason_text(rule, each.why, each.given)
    plan = plan_of(who, 2026)
    assert Group.MENTAL in plan.groups
    assert Group.MENTAL not in open_groups(plan.groups)


def test_the_open_items_are_those_of_somebody_without_the_disorder() -> None:
    check = rec("health_check", "2026-05-01")
    ill = plan_of(patient(agreed(), seen("2026-01-31", risk="4"), check, **MARK), 2026).items
    well = plan_of(patient(check), 2026).items
    assert [each.key for each in ill if each.cls == "A"] == [each.key for each in well]
