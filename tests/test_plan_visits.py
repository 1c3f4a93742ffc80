"""What a visit asks for next, first readings and risks, several diseases in one person (P03, P04,
P07 to P12, P16 to P20, P52).
"""

import random
from datetime import date, timedelta
from typing import Any

import pytest

from server.rules import next_step
from server.rules.plan import referrals
from server.rules.plan.engine import plan_of
from server.rules.plan.model import Facts, Item, Record, Stage, stage
from server.rules.plan.table import rules
from server.rules.referrals import State
from tests.plan_patients import CRISIS, HIGH, SWEET, dm, full, htn, patient, said
from tests.plan_people import around, day, days_of, doing, owed, person, rec

DAY = timedelta(days=1)


# After a visit.


def test_the_days_after_a_visit_are_those_of_the_table_of_next_steps() -> None:
    steps = next_step.numbers()
    for rule, name in (("P07", "P07.days"), ("P08", "P08.days"), ("P09", "P09.days")):
        assert rules()[rule].numbers["days"] == steps[name].value
    assert rules()["P03"].numbers["days"] == steps["P03.days"].value


def test_at_goal_with_the_year_s_visits_done_the_next_is_within_three_months() -> None:
    done = [htn(f"2026-{month}-10") for month in ("02", "04", "06", "08")]
    (item,) = owed(patient(*done), 2026, "P07").values()
    assert days_of(item) == ("2026-08-11", "2026-11-08", "2027-08-10")
    assert stage(item, day("2026-08-10")) is Stage.LATER
    assert around(item)[1:3] == [Stage.OPEN, Stage.OPEN]
    assert stage(item, day("2026-11-09")) is Stage.OVERDUE
    assert item.because == (done[-1].id,)


@pytest.mark.parametrize(
    ("rule", "diseases", "make", "off"),
    [("P08", "2", htn, HIGH), ("P17", "3", dm, SWEET)],
)
@pytest.mark.parametrize("on", ["2026-02-20", "2024-02-20", "2026-12-25", "2026-04-17"])
def test_not_at_goal_for_the_first_time_is_seen_again_in_two_weeks(
    rule: str, diseases: str, make: Any, off: dict[str, Any], on: str
) -> None:
    visit = make(on, **off, **{"class": "2"})
    known = patient(visit, diseases=diseases)
    (item,) = owed(known, day(on).year, rule).values()
    due = day(on) + timedelta(days=14)
    closes = (day(on) + timedelta(days=365)).isoformat()
    assert days_of(item) == ((day(on) + DAY).isoformat(), due.isoformat(), closes)
    assert [stage(item, each) for each in (day(on), day(on) + DAY, due, due + DAY)] == [
        Stage.LATER, Stage.OPEN, Stage.OPEN, Stage.OVERDUE
    ]  # fmt: skip
    assert item.because == (visit.id,)
    later = make(due, mode="1")
    (item,) = owed(doing(known, later), day(on).year, rule).values()
    assert (item.done, item.done_on) == (later.id, due)
    phoned = make(due, mode="3")
    (item,) = owed(doing(known, phoned), day(on).year, rule).values()
    assert item.done is None, "a telephone call is no visit"


def test_what_was_asked_for_in_december_is_still_owed_in_january() -> None:
    known = patient(htn("2026-12-25", **HIGH))
    for year in (2026, 2027):
        assert set(owed(known, year, "P08")) == {"2026-12-25"}
    assert owed(known, 2028, "P08") == {}, "after a year nobody asks for it any more"
    late = doing(known, htn("2027-12-26"))
    assert owed(late, 2027, "P08")["2026-12-25"].done is None
    answered = doing(known, htn("2027-01-05"))
    assert set(owed(answered, 2027, "P08")) == {"2026-12-25"}
    assert owed(answered, 2028, "P08") == {}


@pytest.mark.parametrize(
    ("rule", "diseases", "make", "off"),
    [("P09", "2", htn, HIGH), ("P18", "3", dm, SWEET)],
)
def test_twice_in_a_row_is_referred_and_the_result_followed(
    rule: str, diseases: str, make: Any, off: dict[str, Any]
) -> None:
    first, second = make("2026-02-20", **off), make("2026-03-04", **off)
    known = patient(first, second, diseases=diseases)
    found = owed(known, 2026, rule)
    assert days_of(found["2026-03-04/refer"]) == ("2026-03-04", "2026-03-07", "2026-03-18")
    assert days_of(found["2026-03-04"]) == ("2026-03-05", "2026-03-18", "2027-03-04")
    assert around(found["2026-03-04/refer"])[4] is Stage.MISSED
    sent = full("referral", "2026-03-06", direction="1", reason="1")
    found = owed(doing(known, sent), 2026, rule)
    assert found["2026-03-04/refer"].done == sent.id
    assert found["2026-03-04/sent"].due == day("2026-03-20"), "two weeks after the referral"
    assert owed(doing(known, sent), 2026, "P61") == {}, "one result is asked for once"
    assert referrals.state_of(rule, "2026-03-04/sent") is State.SENT
    taken = full("referral", "2026-03-08", direction="3", answers=sent.id.hex())
    assert "2026-03-04/received" in owed(doing(doing(known, sent), taken), 2026, rule)
    assert referrals.state_of(rule, "2026-03-04/received") is State.RECEIVED
    assert referrals.state_of(rule, "2026-03-04/refer") is State.NEEDED
    assert referrals.state_of(rule, "2026-03-04") is None
    seen = make("2026-03-19", mode="2")
    assert owed(doing(known, seen), 2026, rule)["2026-03-04"].done == seen.id


def test_a_visit_that_names_the_referral_has_made_it() -> None:
    first = htn("2026-02-20", **HIGH)
    second = htn("2026-03-04", **HIGH, referral_reason="1", referral_org="区人民医院")
    found = owed(patient(first, second), 2026, "P09")
    assert found["2026-03-04/refer"].done == second.id


def test_a_referral_that_names_another_record_is_not_for_this_visit() -> None:
    first, second = htn("2026-02-20", **HIGH), htn("2026-03-04", **HIGH)
    known = patient(first, second)
    other = full("referral", "2026-03-05", direction="1", reason="6", answers="ab" * 16)
    assert owed(doing(known, other), 2026, "P09")["2026-03-04/refer"].done is None
    named = full("referral", "2026-03-06", direction="1", reason="1", answers=second.id.hex())
    known = doing(known, named)
    assert owed(known, 2026, "P09")["2026-03-04/refer"].done == named.id
    back = full("referral", "2026-03-16", direction="2", reason="1", answers=named.id.hex())
    known = doing(known, back)
    assert owed(known, 2026, "P09")["2026-03-04/sent"].done == back.id
    (told,) = owed(known, 2026, "P61").values()
    assert (told.done, told.why) == (back.id, "back"), "what came back is on the list of results"


@pytest.mark.parametrize(
    ("rule", "diseases", "make", "crisis"),
    [("P10", "2", htn, CRISIS), ("P19", "3", dm, {"fpg": 170}), ("P19", "3", dm, {"fpg": 39})],
)
def test_an_emergency_is_referred_on_the_day_itself(
    rule: str, diseases: str, make: Any, crisis: dict[str, Any]
) -> None:
    visit = make("2026-02-28", **crisis)
    found = owed(patient(visit, diseases=diseases), 2026, rule)
    assert days_of(found["2026-02-28/refer"]) == ("2026-02-28", "2026-02-28", "2026-05-29")
    assert days_of(found["2026-02-28"]) == ("2026-03-01", "2026-03-14", "2027-02-28")
    assert stage(found["2026-02-28/refer"], day("2026-03-01")) is Stage.OVERDUE
    assert stage(found["2026-02-28/refer"], day("2026-05-29")) is Stage.OVERDUE
    assert stage(found["2026-02-28/refer"], day("2026-05-30")) is Stage.MISSED


def test_one_pressure_at_two_visits_of_a_day_is_one_emergency() -> None:
    both = (htn("2026-03-05", **CRISIS), dm("2026-03-05", **CRISIS))
    known = patient(*both, diseases="23")
    assert "2026-03-05/refer" in owed(known, 2026, "P10")
    assert owed(known, 2026, "P19") == {}
    alone = patient(dm("2026-03-05", **CRISIS), diseases="23")
    assert "2026-03-05/refer" in owed(alone, 2026, "P19")
    sweet = patient(both[0], dm("2026-03-05", **CRISIS, fpg=170), diseases="23")
    assert "2026-03-05/refer" in owed(sweet, 2026, "P19")


@pytest.mark.parametrize(
    ("born", "sbp", "rule"),
    [
        ("1961-03-10", 149, "P07"), ("1961-03-11", 149, "P08"), ("1961-03-10", 150, "P08"),
        ("1970-01-01", 139, "P07"), ("1970-01-01", 140, "P08"),
    ],
)  # fmt: skip
def test_the_goal_is_wider_from_the_65th_birthday_on(born: str, sbp: int, rule: str) -> None:
    done = [htn(f"2026-{month}-10", **{"class": "1"}) for month in ("01", "02")]
    last = [htn("2026-03-09"), htn("2026-03-10", sbp=sbp, dbp=80)]
    known = patient(*done, *last, born=born)
    assert "2026-03-10" in owed(known, 2026, rule)
    assert owed(known, 2026, "P11") == {}


def test_a_mark_or_a_lost_pregnancy_makes_no_emergency_of_a_pressure() -> None:
    raised = htn("2026-06-01", sbp=145, **{"class": "2"})
    mark = frozenset({"7"})
    booked = rec("antenatal_first", "2026-02-20", lmp="2026-01-01")
    lost = rec("encounter", "2026-04-01", icd10=[{"code": "O03.9", "name": ""}])
    for known, emergency in (
        (patient(raised, sex="2", born="1988-01-01", special_group=mark), False),
        (patient(raised, booked, lost, sex="2", born="1988-01-01"), False),
        (patient(raised, booked, sex="2", born="1988-01-01"), True),
    ):
        assert bool(owed(known, 2026, "P10")) is emergency
        assert bool(owed(known, 2026, "P08")) is not emergency


# Raised for the first time, and at risk.


def raised(*records: Record, born: str = "1980-01-01") -> dict[str, Item]:
    return owed(person(*records, born=born, since="2020-01-01"), 2026, "P03")


@pytest.mark.parametrize(
    ("sbp", "dbp", "is_raised"),
    [(139, 89, False), (140, 89, True), (139, 90, True), (150, 95, True)],
)
def test_a_first_reading_of_140_or_90_is_repeated_within_two_weeks(
    sbp: int, dbp: int, is_raised: bool
) -> None:
    first = rec("encounter", "2026-02-20", sbp=sbp, dbp=dbp)
    found = raised(first)
    assert bool(found) is is_raised
    for item in found.values():
        assert days_of(item) == ("2026-02-20", "2026-03-06", "2027-02-20")
        assert item.because == (first.id,)
        assert f"{sbp}/{dbp}" in said(item)


def test_readings_on_three_different_days_settle_it_and_so_does_a_referral_s_result() -> None:
    first = rec("encounter", "2026-02-20", sbp=150, dbp=95)
    same, second = (rec("encounter", on, sbp=130, dbp=80) for on in ("2026-02-20", "2026-02-24"))
    third = rec("encounter", "2026-03-01", sbp=132, dbp=80)
    assert raised(first, same, second)["2026-02-20"].done is None
    assert raised(first, same, second, third)["2026-02-20"].done == third.id
    sent = full("referral", "2026-02-21", direction="1", reason="6", back_date="2026-02-25")
    assert raised(first, sent)["2026-02-20"].done == sent.id


def test_after_a_year_a_raised_reading_is_a_first_one_again() -> None:
    first, same = (rec("encounter", on, sbp=150, dbp=95) for on in ("2025-03-10", "2026-03-10"))
    assert set(raised(first, same)) == {"2025-03-10"}
    again = rec("encounter", "2026-03-11", sbp=150, dbp=95)
    found = raised(first, again)
    assert set(found) == {"2025-03-10", "2026-03-11"}
    assert stage(found["2025-03-10"], day("2026-03-11")) is Stage.MISSED
    more = [rec("encounter", on, sbp=150, dbp=95) for on in ("2026-03-12", "2026-03-13")]
    found = raised(first, again, *more)
    assert found["2025-03-10"].done is None, "what was read after it closed settles the other"
    assert found["2026-03-11"].done == more[1].id


def test_an_emergency_or_an_expecting_mother_s_reading_is_no_first_one() -> None:
    assert raised(rec("encounter", "2026-02-20", sbp=182, dbp=95)) == {}
    check = full("health_check", "2026-02-20", bp_l_sys=185)
    assert raised(check) == {}
    mother = rec("antenatal_next", "2026-02-20", sbp=150, dbp=95, gest_week=18)
    known = person(mother, born="1988-01-01", sex="2", since="2020-01-01")
    assert owed(known, 2026, "P03") == {}
    later = rec("encounter", "2026-02-25", sbp=150, dbp=95)
    crisis = rec("encounter", "2026-02-20", sbp=182, dbp=95)
    assert set(raised(crisis, later)) == {"2026-02-25"}


def test_a_patient_or_somebody_below_35_has_no_first_reading() -> None:
    first = rec("encounter", "2026-02-20", sbp=150, dbp=95)
    assert owed(patient(first), 2026, "P03") == {}
    assert raised(first, born="1991-02-21") == {}
    assert set(raised(first, born="1991-02-20")) == {"2026-02-20"}


def test_whoever_is_at_risk_is_measured_every_half_year_when_they_come() -> None:
    measured = rec("encounter", "2026-03-01", sbp=134, dbp=80)
    known = person(measured, born="1980-01-01", since="2020-01-01")
    found = owed(known, 2026, "P04")
    assert [each.done for each in found.values()] == [measured.id, None]
    assert days_of(found["2026-2"]) == ("2026-07-01", "2026-08-31", "2026-12-31")
    assert (found["2026-2"].due - measured.on).days == 183
    assert "134/80" in said(found["2026-2"])
    assert not rules()["P04"].listed


def test_fasting_glucose_of_whoever_is_at_risk_is_measured_once_a_year() -> None:
    known = person(born="1980-01-01", since="2020-01-01", fam_mother=frozenset({"3"}))
    (item,) = owed(known, 2026, "P12").values()
    assert (days_of(item), item.done) == (("2026-01-01", "2026-12-31", "2026-12-31"), None)
    check = full("health_check", "2026-12-31", fpg=500)
    (item,) = owed(doing(known, check), 2026, "P12").values()
    assert item.done == check.id


# Several diseases in one person.


def test_one_visit_for_two_diseases_is_due_by_the_earlier_of_their_days() -> None:
    seen = [htn("2026-01-10", next_date="2026-02-20"), dm("2026-01-10", next_date="2026-03-01")]
    found = owed(patient(*seen, diseases="23"), 2026, "P20")
    assert (found["2026-1"].done, found["2026-1"].done_on) == (seen[0].id, day("2026-01-10"))
    assert found["2026-2"].due == day("2026-02-20")
    assert "高血压、糖尿病" in said(found["2026-2"])
    assert owed(patient(*seen, diseases="2"), 2026, "P20") == {}
    assert not rules()["P20"].listed


def test_places_that_were_filled_on_different_days_are_not_combined_any_more() -> None:
    apart = patient(htn("2026-01-10"), dm("2026-01-20"), htn("2026-02-10"), diseases="23")
    assert set(owed(apart, 2026, "P20")) == {"2026-3", "2026-4"}


def test_a_combined_visit_is_paid_once_where_the_district_says_so() -> None:
    both = patient(diseases="23")
    assert owed(both, 2026, "P20")["2026-1"].why == "together"
    assert owed(both, 2026, "P20", {"P20.paid_once": 1})["2026-1"].why == "paid_once"


def test_copd_is_a_draft_and_asks_again_after_an_exacerbation() -> None:
    rule = rules()["P52"]
    assert (rule.draft, rule.confidence) == (True, "low")
    ill = full("copd_followup", "2026-02-20", level="3", referral_reason="4", referral_org="医院")
    found = owed(patient(ill, diseases="5"), 2026, "P52")
    assert found["2026-02-20"].because == (ill.id,)
    assert found["2026-02-20"].opens == day("2026-02-21")
    assert owed(patient(diseases="5"), 2024, "P52")
    assert owed(patient(diseases="5"), 2023, "P52") == {}, "before there were such services"


# All of it.


def test_every_reason_can_be_read() -> None:
    shuffler = random.Random(7)
    for _ in range(60):
        records = [
            full(kind, date(2025, 1, 1) + timedelta(days=shuffler.randrange(700)), **changes)
            for kind, changes in shuffler.choices(
                [
                    ("htn_followup", HIGH), ("htn_followup", CRISIS), ("htn_followup", {}),
                    ("dm_followup", SWEET), ("dm_followup", {}), ("health_check", {}),
                    ("copd_followup", {}), ("htn_followup", {"mode": "3"}),
                ],
                k=12,
            )
        ]  # fmt: skip
        known = patient(*records, diseases=shuffler.choice(["2", "3", "235", "25", "1"]))
        plan = plan_of(known, 2026)
        assert len({each.key for each in plan.items}) == len(plan.items), "keys are unique"
        for each in plan.items:
            assert "{" not in said(each)
            assert each.opens <= each.due
            assert each.closes is None or each.due <= each.closes
        mixed = Facts(True, known.birth, "1", known.since, known.values, _mixed(known, shuffler))
        assert plan_of(mixed, 2026) == plan


def _mixed(known: Facts, shuffler: random.Random) -> tuple[Record, ...]:
    """The same records, those of one day in another order."""
    return tuple(sorted(known.records, key=lambda each: (each.on, shuffler.random())))
