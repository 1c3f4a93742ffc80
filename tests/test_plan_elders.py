"""The yearly check of people of 65 and over, its parts, what becomes of a finding (P21 to P25)."""

import random
from datetime import date, timedelta
from typing import Any

import pytest

from server.records.kinds import KINDS
from server.rules import figures
from server.rules.plan.elders import lab_fields
from server.rules.plan.engine import plan_of
from server.rules.plan.model import Facts, Record, Stage, stage
from server.rules.plan.table import rules
from tests.cast_forms import LEFT_OUT
from tests.plan_patients import dm, full, htn, said
from tests.plan_people import around, day, days_of, doing, owed, person, rec

DAY = timedelta(days=1)
WELL: dict[str, Any] = {"assessment": "1", "abnormals": LEFT_OUT, "guidance": LEFT_OUT}


def elder(*records: Record, born: str = "1955-06-15", since: str | None = "2020-01-01") -> Facts:
    return person(*records, born=born, since=since)


def check(on: str | date, **changes: Any) -> Record:
    return full("health_check", on, **{**WELL, **changes})


# The check of the year.


@pytest.mark.parametrize("rule", ["P21", "P23"])
@pytest.mark.parametrize(
    ("born", "year", "is_owed"),
    [
        ("1961-12-31", 2026, True), ("1961-12-31", 2025, False), ("1962-01-01", 2026, False),
        ("1961-01-01", 2026, True), ("1960-02-29", 2025, True), ("1960-02-29", 2024, False),
        ("1930-01-01", 2026, True),
    ],
)  # fmt: skip
def test_the_check_is_owed_to_whoever_reaches_65_in_the_calendar_year(
    rule: str, born: str, year: int, is_owed: bool
) -> None:
    found = owed(elder(born=born), year, rule)
    assert bool(found) is is_owed
    for item in found.values():
        assert days_of(item) == (f"{year}-01-01", f"{year}-12-31", f"{year}-12-31")
        assert around(item) == [Stage.LATER, Stage.OPEN, Stage.OPEN, Stage.OPEN, Stage.MISSED]


@pytest.mark.parametrize("born", ["1961-06-15", "1961-12-31", "1961-01-01"])
def test_a_district_may_call_nobody_before_the_65th_birthday(born: str) -> None:
    turns = day(born).replace(year=2026)
    (item,) = owed(elder(born=born), 2026, "P21", {"P21.from_birthday": 1}).values()
    assert item.opens == turns
    assert around(item)[:2] == [Stage.LATER, Stage.OPEN]
    early = check("2026-01-01")
    known = doing(elder(born=born), early)
    (item,) = owed(known, 2026, "P21", {"P21.from_birthday": 1}).values()
    assert item.done == early.id, "it counts, as in the figures"


@pytest.mark.parametrize(
    ("on", "counts"),
    [("2025-12-31", False), ("2026-01-01", True), ("2026-12-31", True), ("2027-01-01", False)],
)
def test_a_check_counts_for_the_calendar_year_of_its_day(on: str, counts: bool) -> None:
    made = check(on)
    assert (owed(elder(made), 2026, "P21")["2026"].done == made.id) is counts
    tcm = full("elder_tcm", on)
    assert (owed(elder(tcm), 2026, "P23")["2026"].done == tcm.id) is counts


def test_an_archive_opened_in_the_year_owes_the_check_from_that_day_on() -> None:
    item = owed(elder(since="2026-12-20"), 2026, "P21")["2026"]
    assert days_of(item) == ("2026-12-20", "2026-12-31", "2026-12-31")


def test_a_check_is_done_with_self_care_and_its_results_told() -> None:
    untold = check("2026-03-10", feedback_date=LEFT_OUT)
    item = owed(elder(untold), 2026, "P21")["2026"]
    assert (item.done, item.why, item.because) == (None, "feedback", (untold.id,))
    assert "2026-03-10" in said(item)
    alone = check("2026-03-10", elder_selfcare=LEFT_OUT)
    item = owed(elder(alone), 2026, "P21")["2026"]
    assert (item.done, item.why) == (None, "selfcare")
    assessed = full("elder_selfcare", "2026-04-01")
    assert owed(elder(alone, assessed), 2026, "P21")["2026"].done == alone.id
    again = check("2026-05-01")
    assert owed(elder(untold, again), 2026, "P21")["2026"].done == again.id
    half = check("2026-03-10", temp=LEFT_OUT)
    assert owed(elder(half), 2026, "P21")["2026"].done is None


def test_the_reason_tells_the_age_and_the_last_check() -> None:
    item = owed(elder(check("2025-04-02")), 2026, "P21")["2026"]
    assert "71 岁" in said(item)
    assert "2025-04-02" in said(item)


def test_what_is_done_is_what_the_figures_count() -> None:
    row = figures.rules().row("elder")
    assert row is not None
    bodies: list[dict[str, Any]] = [
        {}, {"feedback_date": LEFT_OUT}, {"elder_selfcare": LEFT_OUT},
        {"lost_reason": "1", "lost_date": "2026-01-01"},
    ]  # fmt: skip
    for changes in bodies:
        for on in ("2025-12-31", "2026-01-01", "2026-12-31", "2027-01-01"):
            made = check(on, **changes)
            known = figures.Facts(
                "usual", day("1955-06-15"), frozenset(), frozenset(), complete=True,
                served=(figures.Served(made.kind, made.on, made.body),),
            )  # fmt: skip
            standing = figures.standing(figures.rules(), row, known, 2026)
            done = owed(elder(made), 2026, "P21")["2026"].done is not None
            assert done is isinstance(standing, figures.Done), (changes, on)


# Its parts.


def test_the_laboratory_set_is_that_of_the_year() -> None:
    assert set(lab_fields(2025)) - set(lab_fields(2024)) == {"chest_x", "hba1c"}
    assert lab_fields(2016) == ()
    names = {each.name for each in KINDS["health_check", 1].fields}
    assert set(lab_fields(2026)) <= names


def test_results_that_are_missing_are_named_a_month_after_the_check() -> None:
    assert owed(elder(), 2026, "P22") == {}, "before the check, the check is what is owed"
    made = check("2026-01-31", hba1c=LEFT_OUT, chest_x=LEFT_OUT)
    (item,) = owed(elder(made), 2026, "P22").values()
    assert days_of(item) == ("2026-01-31", "2026-03-02", "2026-12-31")
    assert around(item) == [Stage.LATER, Stage.OPEN, Stage.OPEN, Stage.OVERDUE, Stage.MISSED]
    assert "糖化血红蛋白" in said(item)
    assert "胸部 X 线" in said(item)
    late = check("2026-12-20", ecg=LEFT_OUT)
    (item,) = owed(elder(late), 2026, "P22").values()
    assert item.due == day("2026-12-31")
    (item,) = owed(elder(check("2024-01-31", hba1c=LEFT_OUT)), 2024, "P22").values()
    assert item.done is not None, "it was not in the set of that year"


def test_a_second_check_may_complete_the_set_of_the_first() -> None:
    first, second = check("2026-01-31", hba1c=LEFT_OUT), check("2026-03-31", ecg=LEFT_OUT)
    (item,) = owed(elder(first, second), 2026, "P22").values()
    assert item.done == second.id


def test_constitution_needs_its_33_answers_and_advice() -> None:
    half = full("elder_tcm", "2026-03-10", q33=LEFT_OUT)
    assert owed(elder(half), 2026, "P23")["2026"].done is None
    whole = full("elder_tcm", "2026-03-10")
    bare = {name: value for name, value in whole.body.items() if not name.startswith("advice_")}
    unadvised = rec("elder_tcm", "2026-03-10", **bare)
    item = owed(elder(unadvised), 2026, "P23")["2026"]
    assert (item.done, item.why, item.because) == (None, "advice", (unadvised.id,))


def test_cognition_is_screened_with_the_check_and_a_positive_one_is_referred() -> None:
    assert owed(elder(), 2026, "P24") == {}
    unscreened = check("2026-03-10", elder_cognition=LEFT_OUT)
    item = owed(elder(unscreened), 2026, "P24")["2026"]
    assert (item.done, days_of(item)) == (None, ("2026-03-10", "2026-12-31", "2026-12-31"))
    positive = check("2026-03-10", elder_cognition="2", elder_cognition_score=18)
    found = owed(elder(positive), 2026, "P24")
    assert found["2026"].done == positive.id
    refer = found["2026-03-10/refer"]
    assert days_of(refer) == ("2026-03-10", "2026-03-24", "2027-03-10")
    assert around(refer) == [Stage.LATER, Stage.OPEN, Stage.OPEN, Stage.OVERDUE, Stage.MISSED]
    sent = full("referral", "2026-03-10", direction="1", reason="6")
    assert owed(elder(positive, sent), 2026, "P24")["2026-03-10/refer"].done == sent.id
    assert set(owed(elder(check("2026-03-10")), 2026, "P24")) == {"2026"}


# Findings.


def abnormal(on: str, *guidance: str) -> Record:
    found = [{"text": "心电图异常"}]
    given = list(guidance) or LEFT_OUT
    return check(on, assessment="2", abnormals=found, guidance=given)


@pytest.mark.parametrize(
    ("guidance", "why", "due"),
    [
        (("3",), "refer", 14), (("2", "3"), "refer", 14), (("2",), "repeat", 90),
        ((), "abnormal", 14),
    ],
)  # fmt: skip
@pytest.mark.parametrize("on", ["2026-02-20", "2024-02-20", "2026-12-25"])
def test_a_finding_is_referred_or_measured_again(
    guidance: tuple[str, ...], why: str, due: int, on: str
) -> None:
    made = abnormal(on, *guidance)
    item = owed(elder(made), day(on).year, "P25")[on]
    assert (item.why, item.because) == (why, (made.id,))
    assert item.due == day(on) + timedelta(days=due)
    assert item.opens == day(on)
    steps = [stage(item, each) for each in (day(on) - DAY, day(on), item.due, item.due + DAY)]
    assert steps == [Stage.LATER, Stage.OPEN, Stage.OPEN, Stage.OVERDUE]
    assert item.closes is not None
    assert stage(item, item.closes + DAY) is Stage.MISSED


def test_a_referral_that_is_advised_is_not_made_by_another_visit() -> None:
    advised = elder(abnormal("2026-03-10", "3"))
    seen, sent = htn("2026-03-15"), full("referral", "2026-03-20", direction="1", reason="6")
    assert owed(doing(advised, seen), 2026, "P25")["2026-03-10"].done is None
    assert owed(doing(advised, sent), 2026, "P25")["2026-03-10"].done == sent.id
    repeat = elder(abnormal("2026-03-10", "2"))
    assert owed(doing(repeat, seen), 2026, "P25")["2026-03-10"].done == seen.id
    same_day = doing(repeat, htn("2026-03-10"))
    assert owed(same_day, 2026, "P25")["2026-03-10"].done is None


def test_a_finding_that_is_managed_as_a_known_disease_asks_for_nothing_here() -> None:
    assert owed(elder(abnormal("2026-03-10", "1")), 2026, "P25") == {}
    assert set(owed(elder(abnormal("2026-03-10", "1", "2")), 2026, "P25")) == {"2026-03-10"}


def test_a_finding_without_advice_is_not_answered_by_measuring_the_pressure() -> None:
    known = elder(abnormal("2026-03-10"))
    cold = [{"code": "J06.9", "name": "上呼吸道感染"}]
    for seen, answers in (
        (htn("2026-03-15"), False), (rec("encounter", "2026-03-15", sbp=130, dbp=80), False),
        (rec("encounter", "2026-03-15", icd10=cold), True), (check("2026-03-15"), True),
        (full("referral", "2026-03-15", direction="1", reason="6"), True),
    ):  # fmt: skip
        done = owed(doing(known, seen), 2026, "P25")["2026-03-10"].done
        assert (done == seen.id) is answers


@pytest.mark.parametrize("assessment", ["1", "2"])
def test_an_emergency_at_an_elder_s_check_is_sent_the_same_day(assessment: str) -> None:
    found: dict[str, Any] = {"abnormals": [{"text": "血压高"}], "guidance": ["3"]}
    kept = found if assessment == "2" else {}
    crisis = check("2026-03-10", assessment=assessment, bp_l_sys=190, elder_cognition="2", **kept)
    known = elder(crisis)
    (item,) = owed(known, 2026, "P61").values()
    assert (item.due, item.because) == (day("2026-03-10"), (crisis.id,))
    assert "190" in said(item)
    assert owed(known, 2026, "P25") == {}
    assert set(owed(known, 2026, "P24")) == {"2026"}
    later = doing(known, htn("2026-03-20"))
    assert [each.done for each in owed(later, 2026, "P61").values()] == [None]


def test_a_check_without_findings_and_somebody_younger_are_not_followed_here() -> None:
    assert owed(elder(check("2026-03-10")), 2026, "P25") == {}
    assert owed(elder(abnormal("2026-03-10", "3"), born="1970-01-01"), 2026, "P25") == {}


def test_a_finding_of_december_is_still_owed_in_the_next_year() -> None:
    known = elder(abnormal("2025-12-20", "3"))
    assert set(owed(known, 2026, "P25")) == {"2025-12-20"}
    assert owed(known, 2027, "P25") == {}


# All of it.


def test_every_reason_can_be_read_whatever_the_order_of_records_of_one_day() -> None:
    shuffler = random.Random(8)
    for _ in range(40):
        records = [
            made(date(2025, 6, 1) + timedelta(days=shuffler.randrange(500)))
            for made in shuffler.choices([check, _bare, htn, dm, _selfcare], k=8)
        ]
        records += [check("2026-05-05", ecg=LEFT_OUT), check("2026-05-05", hb=LEFT_OUT)]
        known = elder(*records)
        plan = plan_of(known, 2026)
        assert len({each.key for each in plan.items}) == len(plan.items)
        for each in plan.items:
            assert "{" not in said(each)
            assert each.opens <= each.due
        mixed = tuple(sorted(known.records, key=lambda each: (each.on, shuffler.random())))
        again = Facts(True, known.birth, "1", known.since, known.values, mixed)
        assert plan_of(again, 2026) == plan


def _bare(on: date) -> Record:
    return check(on, feedback_date=LEFT_OUT, elder_cognition="2", fpg=LEFT_OUT, assessment="2")


def _selfcare(on: date) -> Record:
    return full("elder_selfcare", on)


def test_each_rule_of_the_elders_stands_with_its_clause() -> None:
    assert {name: rules()[name].clause for name in ("P21", "P23", "P24", "P25")} == {
        "P21": "S003-5(6)-a", "P23": "S003-5(10)", "P24": "S003-6(3)-a", "P25": "S003-5(6)-b",
    }  # fmt: skip


def test_an_elder_who_was_not_seen_has_two_lines_of_a_list_one_for_each_visit() -> None:
    plan = plan_of(elder(), 2026)
    lines = [each.rule for each in plan.items if rules()[each.rule].listed]
    assert [each for each in lines if each in ("P21", "P22", "P23", "P24", "P25")] == ["P21", "P23"]
