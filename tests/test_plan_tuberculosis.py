"""Tuberculosis: suspicion, first visit, who supervises, reactions, the end (P46 to P51)."""

from typing import Any

import pytest

from server.rules.plan.engine import open_groups, plan_of
from server.rules.plan.model import Facts, Group, Record, Stage
from server.rules.plan.table import reason_text, rules
from tests.plan_people import around, day, days_of, doing, owed, person, rec

RULES = ("P46", "P47", "P48", "P49", "P50", "P51")
STAFF, FAMILY, ALONE = "1", "2", "3"
OPEN = [Stage.LATER, Stage.OPEN, Stage.OPEN, Stage.OPEN, Stage.OVERDUE]
"""The day before, the first day, the due day, the day after: it stays owed."""


def patient(*records: Record) -> Facts:
    return person(*records, born="1970-02-28")


def first(on: str, supervisor: str = FAMILY, **body: str) -> Record:
    return rec("tb_first", on, supervisor=supervisor, patient_type=body.pop("type", "1"), **body)


def visit(on: str, month: int, supervisor: str = FAMILY, **body: Any) -> Record:
    made = {"month_no": month, "supervisor": supervisor, "mode": "2", "adr": "1", "comorbid": "1"}
    return rec("tb_followup", on, **{**made, **body})


def closing(on: str, done: int = 178, due: int = 180, **body: Any) -> Record:
    told = {"due_visits": 12, "done_visits": 12, "due_doses": due, "done_doses": done}
    return visit(on, 6, stop_date=on, stop_reason="1", **{**told, **body})


# Suspected.


def test_who_was_sent_on_suspicion_is_asked_within_seven_days_whether_he_went() -> None:
    sent = rec("referral", "2026-03-30", direction="1", reason_restricted="2")
    who = patient(sent)
    (item,) = owed(who, 2026, "P46").values()
    assert days_of(item) == ("2026-03-30", "2026-04-06", "")
    assert around(item) == OPEN
    for answer in (
        rec("referral", "2026-04-05", direction="2", answers=sent.id.hex()),
        first("2026-04-05"),
    ):
        (item,) = owed(doing(who, answer), 2026, "P46").values()
        assert (item.done, item.done_on) == (answer.id, day("2026-04-05"))


def test_a_result_on_the_sheet_itself_is_known_on_its_own_day() -> None:
    sent = rec(
        "referral", "2026-03-30", direction="1", reason_restricted="2", back_date="2026-04-03"
    )
    (item,) = owed(patient(sent), 2026, "P46").values()
    assert (item.done, item.done_on) == (sent.id, day("2026-04-03"))


def test_another_referral_suspects_nothing() -> None:
    assert (
        owed(patient(rec("referral", "2026-03-30", direction="1", reason="1")), 2026, "P46") == {}
    )


# Notified.


def report(on: str, disease: str = "2600", case_class: str = "2") -> Record:
    return rec("infectious_report", on, disease=disease, case_class=case_class)


def test_a_patient_is_visited_within_72_hours_of_the_notice() -> None:
    told = report("2026-02-27")
    who = patient(told)
    (item,) = owed(who, 2026, "P47").values()
    assert (days_of(item), item.because) == (("2026-02-27", "2026-03-02", ""), (told.id,))
    assert around(item) == OPEN
    seen = first("2026-03-02")
    (item,) = owed(doing(who, seen), 2026, "P47").values()
    assert (item.done, item.done_on) == (seen.id, day("2026-03-02"))


def test_a_notice_that_only_the_visit_tells_of_counts_from_its_day() -> None:
    seen = first("2026-03-06", notified_on="2026-03-02")
    (item,) = owed(patient(seen), 2026, "P47").values()
    assert days_of(item)[:2] == ("2026-03-02", "2026-03-05")
    assert item.done_on == day("2026-03-06")


def test_two_visits_that_met_nobody_are_to_be_reported() -> None:
    told = report("2026-02-27")
    missed = [first(on, lost_reason="1") for on in ("2026-02-28", "2026-03-01")]
    (item,) = owed(patient(told, missed[0]), 2026, "P47").values()
    assert item.why == "visit"
    (item,) = owed(patient(told, *missed), 2026, "P47").values()
    assert (item.why, item.given["times"], item.done) == ("missed", 2, None)
    assert {each.id for each in missed} <= set(item.because)
    (item,) = owed(patient(told, *missed, first("2026-03-02")), 2026, "P47").values()
    assert item.why == "visit"


def test_a_suspected_case_or_another_disease_is_no_notice() -> None:
    for other in (report("2026-02-27", case_class="3"), report("2026-02-27", disease="0300")):
        assert owed(patient(other), 2026, "P47") == {}


def test_a_corrected_report_during_treatment_is_no_second_notice() -> None:
    who = patient(report("2026-02-27"), first("2026-03-01"), report("2026-03-20"))
    assert len(owed(who, 2026, "P47")) == 1


def test_a_report_after_the_end_of_treatment_is_a_notice_again() -> None:
    who = patient(first("2026-01-10"), closing("2026-07-10"), report("2026-11-02"))
    assert owed(who, 2026, "P47").keys() == {"2026-01-10", "2026-11-02"}


# In treatment.


@pytest.mark.parametrize(
    ("supervisor", "rule", "due"),
    [(STAFF, "P48", "2026-02-28"), (FAMILY, "P49", "2026-02-10"), (ALONE, "P49", "2026-02-10")],
)
def test_who_supervises_says_when_to_come_after_the_first_visit(
    supervisor: str, rule: str, due: str
) -> None:
    who = patient(first("2026-01-31", supervisor))
    (item,) = owed(who, 2026, rule).values()
    assert days_of(item) == ("2026-02-01", due, "2026-08-30"), "the end of the course and 30 days"
    assert around(item)[:3] == OPEN[:3]
    assert around(item)[4] is Stage.MISSED
    assert owed(who, 2026, "P49" if rule == "P48" else "P48") == {}
    next_one = visit("2026-02-09", 1, supervisor)
    found = owed(doing(who, next_one), 2026, rule)
    assert found["tb_first:2026-01-31"].done == next_one.id


@pytest.mark.parametrize(
    ("month", "supervisor", "rule", "due"),
    [
        (1, FAMILY, "P49", "2026-04-10"),
        (2, FAMILY, "P49", "2026-04-10"),
        (3, FAMILY, "P49", "2026-04-30"),
        (1, STAFF, "P48", "2026-04-30"),
        (5, STAFF, "P48", "2026-04-30"),
    ],
)
def test_a_family_is_visited_every_ten_days_in_the_first_phase_and_monthly_after_it(
    month: int, supervisor: str, rule: str, due: str
) -> None:
    who = patient(first("2026-02-01"), visit("2026-03-31", month, supervisor))
    assert days_of(owed(who, 2026, rule)["tb_followup:2026-03-31"])[1] == due


@pytest.mark.parametrize(("kind", "due"), [("1", "2026-05-30"), ("2", "2026-05-10")])
def test_who_is_treated_again_has_three_months_of_the_first_phase(kind: str, due: str) -> None:
    who = patient(first("2026-02-01", type=kind), visit("2026-04-30", 3))
    assert days_of(owed(who, 2026, "P49")["tb_followup:2026-04-30"])[1] == due


def test_a_visit_that_nobody_made_is_asked_for_until_the_course_is_closed() -> None:
    who = patient(first("2023-02-02"))
    assert owed(who, 2026, "P49") == {}
    long = visit("2026-12-20", 11, supervisor=STAFF, next_date="2027-01-05")
    item = owed(patient(first("2026-02-02"), long), 2027, "P48")["tb_followup:2026-12-20"]
    assert days_of(item) == ("2026-12-21", "2027-01-05", "2027-01-05")


def test_a_change_of_the_supervisor_changes_the_rule() -> None:
    who = patient(first("2026-02-01", FAMILY), visit("2026-02-10", 1, STAFF))
    assert owed(who, 2026, "P49").keys() == {"tb_first:2026-02-01"}
    assert owed(who, 2026, "P48").keys() == {"tb_followup:2026-02-10"}


def test_a_visit_that_met_nobody_leaves_the_next_one_owed() -> None:
    lost = visit("2026-02-10", 1, lost_reason="1")
    item = owed(patient(first("2026-02-01"), lost), 2026, "P49")["tb_first:2026-02-01"]
    assert item.done is None


def test_treatment_across_new_year_goes_on_in_the_next_plan() -> None:
    who = patient(first("2025-11-20"), visit("2025-12-28", 2))
    assert owed(who, 2025, "P49").keys() == {"tb_first:2025-11-20", "tb_followup:2025-12-28"}
    assert owed(who, 2026, "P49").keys() == {"tb_followup:2025-12-28"}


# Reactions.


@pytest.mark.parametrize("found", [{"adr": "2"}, {"comorbid": "2"}])
def test_after_a_reaction_or_a_complication_the_referral_is_followed_within_14_days(
    found: dict[str, str],
) -> None:
    reaction = visit("2026-02-20", 1, **found)
    who = patient(first("2026-02-01"), reaction)
    (item,) = owed(who, 2026, "P50").values()
    days = ("2026-02-21", "2026-03-06", "2026-08-31")
    assert (days_of(item), item.because) == (days, (reaction.id,))
    next_one = owed(who, 2026, "P49")["tb_followup:2026-02-20"]
    assert days_of(next_one)[:2] == ("2026-02-21", "2026-03-02"), "the visits go on beside it"
    after = visit("2026-03-01", 1)
    (item,) = owed(doing(who, after), 2026, "P50").values()
    assert item.done == after.id


def test_the_two_week_result_on_the_form_itself_is_enough() -> None:
    reaction = visit("2026-02-20", 1, adr="2", referral_result="停药观察后好转")
    (item,) = owed(patient(first("2026-02-01"), reaction), 2026, "P50").values()
    assert item.done == reaction.id


# The end.


@pytest.mark.parametrize(
    ("kind", "opens", "due"), [("1", "2026-07-31", "2026-08-30"), ("2", "2026-09-30", "2026-10-30")]
)
def test_at_the_end_of_a_course_its_closing_is_owed(kind: str, opens: str, due: str) -> None:
    item = owed(patient(first("2026-01-31", type=kind)), 2026, "P51")["course-1"]
    assert (item.why, days_of(item)) == ("course", (opens, due, ""))
    assert around(item) == OPEN


@pytest.mark.parametrize(
    ("done", "due", "why", "share"),
    [(162, 180, "regular", 90), (161, 180, "irregular", 89), (180, 180, "regular", 100)],
)
def test_a_closing_says_whether_nine_doses_in_ten_were_taken(
    done: int, due: int, why: str, share: int
) -> None:
    end = closing("2026-08-02", done, due)
    item = owed(patient(first("2026-01-31"), end), 2026, "P51")["course-1"]
    assert (item.done, item.why, item.given["share"]) == (end.id, why, share)


def test_a_closing_that_lacks_its_counts_is_still_owed() -> None:
    half = visit("2026-05-02", 4, stop_date="2026-05-01", stop_reason="4", due_doses=90)
    item = owed(patient(first("2026-01-31"), half), 2026, "P51")["course-1"]
    assert (item.done, item.why, days_of(item)) == (
        None, "incomplete", ("2026-05-01", "2026-05-31", ""),
    )  # fmt: skip


def test_no_visit_is_owed_after_the_end_of_treatment() -> None:
    who = patient(first("2026-01-31", STAFF), visit("2026-06-30", 5, STAFF), closing("2026-07-30"))
    undone = [each for each in plan_of(who, 2026).items if each.done is None]
    assert [each.rule for each in undone if each.rule in RULES] == []
    assert not [each for each in plan_of(who, 2027).items if each.rule in RULES]


def test_a_second_treatment_is_a_course_of_its_own() -> None:
    who = patient(first("2025-01-10"), closing("2025-07-10"), first("2026-03-01", type="2"))
    assert owed(who, 2026, "P51").keys() == {"course-2"}
    assert owed(who, 2025, "P51").keys() == {"course-1"}


# Restricted.


def test_everything_of_it_is_of_class_b_and_called_by_a_neutral_name() -> None:
    sent = rec("referral", "2026-01-05", direction="1", reason_restricted="2")
    reaction = visit("2026-02-10", 1, adr="2")
    who = patient(sent, report("2026-01-20"), first("2026-01-22"), reaction, closing("2026-07-25"))
    plan = plan_of(who, 2026)
    items = [each for each in plan.items if each.rule in RULES]
    assert {each.rule for each in items} == {"P46", "P47", "P49", "P50", "P51"}
    assert {each.cls for each in items} == {"B"}
    for each in items:
        assert rules()[each.rule].neutral == "随访服务"
        assert reason_text(rules()[each.rule], each.why, each.given)
    assert open_groups(plan.groups).isdisjoint({Group.TUBERCULOSIS, Group.TUBERCULOSIS_SUSPECT})
    open_keys = [each.key for each in plan.items if each.cls == "A"]
    assert open_keys == [each.key for each in plan_of(patient(), 2026).items]
