"""What everybody is owed, the disabled and the contracted (P01, P02, P60, P62, P63)."""

import random
from datetime import timedelta
from itertools import count
from typing import Any, Final

import pytest

from server.records.kinds import REGISTER
from server.records.model import Codes, ListOf
from server.rules import switch
from server.rules.plan.engine import plan_of
from server.rules.plan.groups import birthday
from server.rules.plan.model import Facts, Group, Record, Stage, stage
from server.rules.plan.people import alarm
from server.rules.plan.table import reason_text, rules
from tests.cast_forms import LEFT_OUT, good
from tests.plan_people import around, day, days_of, owed, person, rec

DAY = timedelta(days=1)
_AGREEMENTS: Final = count(1)


def full(kind: str, on: str, **changes: Any) -> Record:
    return rec(kind, on, **good(kind, **changes))


def page(**changes: Any) -> dict[str, Any]:
    """The cells of a complete first page; sets as frozensets, as facts hold them."""
    values: dict[str, Any] = {}
    for name, value in good("basic_info", **changes).items():
        field = REGISTER.field(name)
        assert field is not None
        if isinstance(field.type, Codes):
            values[name] = frozenset(value)
        elif isinstance(field.type, ListOf):
            values[name] = frozenset(each[field.type.key] for each in value)
        else:
            values[name] = value
    return values


def resident(*records: Record, since: str | None = "2020-01-01", **changes: Any) -> Facts:
    values = page(**changes)
    born, sex = values.pop("birth_date"), values.pop("sex", "")
    return person(*records, born=born, sex=sex, since=since, **values)


def said(facts: Facts, year: int, rule: str) -> list[str]:
    made = [each for each in plan_of(facts, year).items if each.rule == rule]
    return [reason_text(rules()[rule], each.why, each.given) for each in made]


# The archive.


def test_a_complete_archive_with_a_verified_document_owes_nothing() -> None:
    assert owed(resident(), 2026, "P01") == {}


def test_what_is_missing_on_the_first_page_is_named_until_it_is_there() -> None:
    partly = resident(since="2026-02-01", ethnic=LEFT_OUT, blood_rh=LEFT_OUT)
    (item,) = owed(partly, 2026, "P01").values()
    assert days_of(item)[::2] == ("2026-02-01", "")
    assert item.given["count"] == 2
    (sentence,) = said(partly, 2026, "P01")
    assert "民族" in sentence
    assert "RH" in sentence
    assert owed(partly, 2025, "P01") == {}
    assert list(owed(partly, 2029, "P01")) == ["once"], "owed until it is done"


def test_a_page_is_due_a_month_after_opening_and_when_somebody_is_a_usual_resident() -> None:
    newcomer = resident(since="2026-08-31", residence_since="2026-08-31", ethnic=LEFT_OUT)
    (item,) = owed(newcomer, 2026, "P01").values()
    assert item.due == day("2027-02-28"), "half a year of living here; February is short"
    settled = resident(since="2026-08-31", residence_since="2020-01-01", ethnic=LEFT_OUT)
    (item,) = owed(settled, 2026, "P01").values()
    assert item.due == day("2026-09-30")
    assert [stage(item, item.due + step) for step in (-DAY, 0 * DAY, DAY)] == [
        Stage.OPEN, Stage.OPEN, Stage.OVERDUE
    ]  # fmt: skip
    assert stage(item, day("2026-08-30")) is Stage.LATER


@pytest.mark.parametrize(
    "change", [{"id_no": LEFT_OUT}, {"sex": "9"}, {"birth_date": "1950-01-01"}]
)
def test_a_document_that_does_not_fit_is_to_be_looked_at(change: dict[str, Any]) -> None:
    (item,) = owed(resident(**change), 2026, "P01").values()
    assert item.why == "unverified"


# First-visit blood pressure.


@pytest.mark.parametrize("born", ["1991-06-15", "1988-02-29"])
def test_pressure_is_measured_once_a_year_from_the_35th_birthday_on(born: str) -> None:
    turns = birthday(day(born), 35)
    someone = person(born=born)
    assert owed(someone, turns.year - 1, "P02") == {}
    (item,) = owed(someone, turns.year, "P02").values()
    assert (item.opens, item.due) == (turns, item.due.replace(month=12, day=31))
    assert around(item) == [Stage.LATER, Stage.OPEN, Stage.OPEN, Stage.OPEN, Stage.MISSED]
    (item,) = owed(someone, turns.year + 1, "P02").values()
    assert item.opens.isoformat().endswith("-01-01")


@pytest.mark.parametrize(
    ("on", "counts"),
    [("2025-12-31", False), ("2026-01-01", True), ("2026-12-31", True), ("2027-01-01", False)],
)
def test_a_pressure_counts_for_the_calendar_year_of_its_day(on: str, counts: bool) -> None:
    visit = full("htn_followup", on)
    (item,) = owed(person(visit, born="1970-01-01"), 2026, "P02").values()
    assert (item.done == visit.id) is counts


def test_any_form_with_a_pressure_will_do_and_one_without_will_not() -> None:
    for kind in ("health_check", "dm_followup", "copd_followup", "htn_followup"):
        (item,) = owed(person(full(kind, "2026-03-10"), born="1970-01-01"), 2026, "P02").values()
        assert item.done is not None
    spoken = full("encounter", "2026-03-10")
    (item,) = owed(person(spoken, born="1970-01-01"), 2026, "P02").values()
    assert item.done is None


def test_a_pressure_in_a_restricted_record_is_not_pointed_to() -> None:
    hidden = Record(b"r" * 16, "encounter", day("2026-03-10"), {"sbp": 150, "dbp": 95}, "B")
    someone = person(hidden, born="1970-01-01")
    (item,) = owed(someone, 2026, "P02").values()
    assert item.done is None
    assert owed(someone, 2026, "P03") == {}


def test_nobody_is_called_for_a_first_visit_pressure() -> None:
    assert not rules()["P02"].listed


# The disabled.

MARKED: dict[str, Any] = {"special_group": frozenset({"9"})}


@pytest.mark.parametrize(
    ("on", "counts"),
    [("2025-12-31", False), ("2026-01-01", True), ("2026-12-31", True), ("2027-01-01", False)],
)
def test_a_disabled_resident_has_a_check_a_calendar_year(on: str, counts: bool) -> None:
    check = full("disabled_check", on)
    (item,) = owed(person(check, born="1970-01-01", **MARKED), 2026, "P60").values()
    assert days_of(item) == ("2026-01-01", "2026-12-31", "2026-12-31")
    assert (item.done == check.id) is counts
    if not counts:
        assert around(item) == [Stage.LATER, Stage.OPEN, Stage.OPEN, Stage.OPEN, Stage.MISSED]


def test_the_check_is_compared_with_those_of_three_years() -> None:
    before = full("disabled_check", "2025-04-01")
    (item,) = owed(person(before, born="1970-01-01", **MARKED), 2026, "P60").values()
    assert (item.why, item.given["last"], item.because) == ("again", "2025-04-01", (before.id,))
    bare = full("disabled_check", "2026-04-01", cmp_3y=LEFT_OUT)
    (item,) = owed(person(bare, born="1970-01-01", **MARKED), 2026, "P60").values()
    assert (item.why, item.done, item.because) == ("compare", None, (bare.id,))


def test_without_a_certificate_the_check_is_not_owed() -> None:
    assert owed(person(born="1970-01-01", disability=frozenset({"5"})), 2026, "P60") == {}


def test_a_check_known_only_from_a_restricted_cell_is_restricted_and_has_a_neutral_name() -> None:
    hidden = person(born="1970-01-01", disability_cert="37100219700101001162")
    (item,) = owed(hidden, 2026, "P60").values()
    assert item.cls == "B"
    assert rules()["P60"].neutral
    (item,) = owed(person(born="1970-01-01", **MARKED), 2026, "P60").values()
    assert item.cls == "A"


# Contracts.


def contract(on: str, begin: str, end: str, **changes: Any) -> Record:
    number = f"HC-{next(_AGREEMENTS)}"
    told = {"agreement_no": number, "sign_date": on, "begin": begin, "end": end, **changes}
    return full("fd_contract", on, **{"state": "1", **told})


@pytest.mark.parametrize("end", ["2026-02-28", "2028-02-29", "2026-04-30", "2026-12-31"])
def test_a_contract_is_called_to_mind_60_30_and_7_days_before_it_ends(end: str) -> None:
    last = day(end)
    begin = last.replace(year=last.year - 1, day=1) + DAY
    bound = person(contract("2024-01-01", begin.isoformat(), end), born="1950-01-01")
    (item,) = owed(bound, last.year, "P62").values()
    assert (last - item.opens).days == 60
    assert (item.slot, item.due, item.closes) == (end, last, last + timedelta(days=90))
    alarms = {left: alarm(item, last - timedelta(days=left)) for left in (61, 60, 31, 30, 8, 7, 0)}
    assert alarms == {61: None, 60: 60, 31: 60, 30: 30, 8: 30, 7: 7, 0: 7}
    assert alarm(item, last + DAY) is None
    assert around(item) == [Stage.LATER, Stage.OPEN, Stage.OPEN, Stage.OVERDUE, Stage.MISSED]


def test_a_contract_that_lapsed_in_december_is_still_called_for_in_january() -> None:
    lapsed = person(contract("2025-01-01", "2025-01-01", "2025-12-31"), born="1950-01-01")
    assert set(owed(lapsed, 2026, "P62")) == {"2025-12-31"}
    early = person(contract("2025-01-01", "2025-01-02", "2026-01-20"), born="1950-01-01")
    assert set(owed(early, 2025, "P62")) == {"2026-01-20"}, "the first alarm is in November"


@pytest.mark.parametrize("state", ["1", "3"])
def test_a_renewed_contract_needs_no_more_calls(state: str) -> None:
    first = contract("2025-03-01", "2025-03-01", "2026-02-28")
    second = contract("2026-02-20", "2026-03-01", "2027-02-28", state=state)
    found = owed(person(first, second, born="1950-01-01"), 2026, "P62")
    assert found["2026-02-28"].done == second.id
    assert found["2027-02-28"].done is None


def test_a_contract_that_waits_renews_nothing_and_one_that_was_ended_asks_for_nothing() -> None:
    first = contract("2025-03-01", "2025-03-01", "2026-02-28", agreement_no="A")
    waiting = contract("2026-02-20", "2026-03-01", "2027-02-28", state="4")
    found = owed(person(first, waiting, born="1950-01-01"), 2026, "P62")
    assert (list(found), found["2026-02-28"].done) == (["2026-02-28"], None)
    stopped = contract(
        "2026-01-05", "2025-03-01", "2026-02-28", agreement_no="A", state="2",
        stop_date="2026-01-05", stop_reason="04",
    )  # fmt: skip
    assert owed(person(first, stopped, born="1950-01-01"), 2026, "P62") == {}


# A move.


def test_a_move_makes_nothing_fall_due_and_no_facility_can_refuse_it() -> None:
    rule = rules()["P63"]
    assert (rule.subject, rule.listed, rule.kinds) == ("resident", False, ())
    assert owed(resident(), 2026, "P63") == {}
    outcomes = {name.lower() for name in dir(switch)}
    assert not {each for each in outcomes if "refused" in each or "rejected" in each}


# All of it.


def test_every_reason_can_be_read_and_names_its_days() -> None:
    first = contract("2025-03-01", "2025-03-01", "2026-02-28")
    everybody = [
        resident(ethnic=LEFT_OUT), resident(id_no=LEFT_OUT),
        person(first, full("disabled_check", "2025-03-03"), born="1950-01-01", **MARKED),
    ]  # fmt: skip
    for someone in everybody:
        for each in plan_of(someone, 2026).items:
            sentence = reason_text(rules()[each.rule], each.why, each.given)
            assert "{" not in sentence
            assert rules()[each.rule].clause


def test_the_plan_does_not_depend_on_the_order_of_records_of_one_day() -> None:
    shuffler = random.Random(5)
    records = [
        full("disabled_check", "2026-03-03"), full("disabled_check", "2026-03-03"),
        full("health_check", "2026-03-03"), full("htn_followup", "2026-03-03", sbp=150),
        contract("2026-03-03", "2026-03-03", "2027-03-02"),
        contract("2026-03-03", "2026-03-03", "2027-03-02"),
    ]  # fmt: skip
    someone = person(*records, born="1950-01-01", **MARKED)
    wanted = plan_of(someone, 2026)
    assert Group.DISABLED in wanted.groups
    for _ in range(10):
        shuffler.shuffle(records)
        mixed = Facts(True, someone.birth, "1", None, MARKED, tuple(records))
        assert plan_of(mixed, 2026) == wanted
