"""The switch of the responsible facility: the clock, the grounds, and nobody's veto."""

from dataclasses import fields, replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.rules import switch
from server.rules.districts import all_districts
from server.rules.switch import (
    Assignment,
    CaseState,
    Cause,
    Granted,
    Need,
    NeedsSpecialCase,
    Request,
    SameFacility,
    SpecialCase,
    TooFar,
    TooSoon,
    Unpublished,
    anniversary,
    decide,
    free_from,
    may_undo,
    responsible,
    undo_until,
)

HUANCUI = all_districts()["371002"]
TAIYUAN = all_districts()["140100"]
OLD, NOW, NEW = b"o" * 16, b"n" * 16, b"w" * 16
SWITCHED = date(2025, 3, 10)
HISTORY = (
    Assignment(OLD, date(2020, 1, 1), Cause.FIRST),
    Assignment(NOW, SWITCHED, Cause.CHOICE),
)
ASK = Request(NEW, "moved", at_new_desk=True)


@pytest.mark.parametrize(
    ("on", "outcome"),
    [
        (date(2025, 3, 11), TooSoon(date(2026, 3, 10))),
        (date(2026, 3, 9), TooSoon(date(2026, 3, 10))),
        (date(2026, 3, 10), Granted(date(2026, 3, 10), Cause.CHOICE)),
        (date(2026, 3, 11), Granted(date(2026, 3, 11), Cause.CHOICE)),
    ],
)
def test_the_year_ends_on_its_anniversary(on: date, outcome: object) -> None:
    assert decide(HUANCUI, HISTORY, ASK, on) == outcome


def test_the_anniversary_of_29_february_is_28_february() -> None:
    history = (HISTORY[0], Assignment(NOW, date(2024, 2, 29), Cause.CHOICE))
    assert decide(HUANCUI, history, ASK, date(2025, 2, 27)) == TooSoon(date(2025, 2, 28))
    assert decide(HUANCUI, history, ASK, date(2025, 2, 28)) == Granted(
        date(2025, 2, 28), Cause.CHOICE
    )
    assert anniversary(date(2024, 2, 29), 4) == date(2028, 2, 29)
    assert anniversary(date(2023, 2, 28), 1) == date(2024, 2, 28)


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)))
def test_a_year_has_365_or_366_days_and_keeps_its_day(day: date) -> None:
    later = anniversary(day, 1)
    assert timedelta(days=365) <= later - day <= timedelta(days=366)
    assert (later.month, later.day) == (day.month, day.day) or day.day == 29


def test_a_request_may_choose_a_day_after_the_anniversary() -> None:
    early = date(2026, 2, 1)
    chosen = replace(ASK, from_day=date(2026, 3, 10), at_new_desk=False)
    assert decide(HUANCUI, HISTORY, chosen, early) == Granted(date(2026, 3, 10), Cause.CHOICE)
    day_before = replace(chosen, from_day=date(2026, 3, 9))
    assert decide(HUANCUI, HISTORY, day_before, early) == TooSoon(date(2026, 3, 10))


def test_without_a_day_it_is_today_at_the_desk_and_in_7_days_elsewhere() -> None:
    on = date(2026, 5, 1)
    assert decide(HUANCUI, HISTORY, ASK, on) == Granted(on, Cause.CHOICE)
    portal = replace(ASK, at_new_desk=False)
    assert decide(HUANCUI, HISTORY, portal, on) == Granted(date(2026, 5, 8), Cause.CHOICE)


def test_nobody_becomes_responsible_for_the_past() -> None:
    on = date(2026, 5, 1)
    past = replace(ASK, from_day=date(2026, 4, 1))
    assert decide(HUANCUI, HISTORY, past, on) == Granted(on, Cause.CHOICE)


@pytest.mark.parametrize(
    "cause", [Cause.FIRST, Cause.DEFAULT, Cause.CLOSING, Cause.MERGE, Cause.ERROR]
)
def test_what_the_resident_did_not_choose_never_starts_the_clock(cause: Cause) -> None:
    history = (HISTORY[0], Assignment(NOW, SWITCHED, cause))
    assert free_from(HUANCUI, history) is None
    assert decide(HUANCUI, history, ASK, SWITCHED) == Granted(SWITCHED, Cause.CHOICE)


@pytest.mark.parametrize("cause", [Cause.CHOICE, Cause.SPECIAL])
def test_what_the_resident_chose_starts_the_clock(cause: Cause) -> None:
    history = (HISTORY[0], Assignment(NOW, SWITCHED, cause))
    assert free_from(HUANCUI, history) == date(2026, 3, 10)


def test_a_merger_or_a_correction_does_not_stop_a_clock_that_runs() -> None:
    for cause in (Cause.MERGE, Cause.ERROR, Cause.DEFAULT):
        history = (*HISTORY, Assignment(OLD, date(2025, 6, 1), cause))
        assert decide(HUANCUI, history, ASK, date(2025, 7, 1)) == TooSoon(date(2026, 3, 10))


def test_who_lost_the_chosen_facility_chooses_anew_at_once() -> None:
    history = (*HISTORY, Assignment(OLD, date(2025, 6, 1), Cause.CLOSING))
    on = date(2025, 6, 2)
    assert decide(HUANCUI, history, ASK, on) == Granted(on, Cause.CHOICE)
    chosen = (*history, Assignment(NEW, on, Cause.CHOICE))
    assert free_from(HUANCUI, chosen) == date(2026, 6, 2)


def test_a_switch_undone_in_time_does_not_use_up_the_year() -> None:
    undone = (HISTORY[0], replace(HISTORY[1], undone_on=date(2025, 3, 15)))
    on = date(2025, 4, 1)
    assert responsible(undone, on) == OLD
    assert decide(HUANCUI, undone, ASK, on) == Granted(on, Cause.CHOICE)


def test_a_switch_can_be_undone_until_the_seventh_day() -> None:
    assert undo_until(HUANCUI, HISTORY[1]) == date(2025, 3, 17)
    assert may_undo(HUANCUI, HISTORY, date(2025, 3, 1))
    assert may_undo(HUANCUI, HISTORY, date(2025, 3, 17))
    assert not may_undo(HUANCUI, HISTORY, date(2025, 3, 18))


def test_only_an_own_switch_can_be_undone() -> None:
    on = date(2025, 3, 11)
    for cause in (Cause.FIRST, Cause.DEFAULT, Cause.CLOSING, Cause.MERGE, Cause.ERROR):
        assert not may_undo(HUANCUI, (HISTORY[0], Assignment(NOW, SWITCHED, cause)), on)
    undone = (HISTORY[0], replace(HISTORY[1], undone_on=on))
    assert not may_undo(HUANCUI, undone, on)
    assert undo_until(HUANCUI, undone[1]) is None
    assert not may_undo(HUANCUI, (), on)
    assert not may_undo(HUANCUI, HISTORY[1:], on)


@pytest.mark.parametrize("on", [SWITCHED, date(2025, 9, 1)])
def test_within_the_year_a_special_case_needs_evidence_and_the_county(on: date) -> None:
    case = SpecialCase("pregnancy", has_evidence=False)
    both = NeedsSpecialCase((Need.EVIDENCE, Need.COUNTY_DECISION))
    assert decide(HUANCUI, HISTORY, replace(ASK, special_case=case), on) == both
    case = replace(case, has_evidence=True)
    pending = NeedsSpecialCase((Need.COUNTY_DECISION,))
    assert decide(HUANCUI, HISTORY, replace(ASK, special_case=case), on) == pending
    refused = replace(ASK, special_case=replace(case, state=CaseState.REFUSED))
    assert decide(HUANCUI, HISTORY, refused, on) == NeedsSpecialCase((Need.CASE_REFUSED,))
    allowed = replace(ASK, special_case=replace(case, state=CaseState.ALLOWED))
    assert decide(HUANCUI, HISTORY, allowed, on) == Granted(on, Cause.SPECIAL)


def test_a_special_case_that_the_district_does_not_know_is_none() -> None:
    case = SpecialCase("dislike", has_evidence=True, state=CaseState.ALLOWED)
    outcome = decide(HUANCUI, HISTORY, replace(ASK, special_case=case), date(2025, 9, 1))
    assert outcome == NeedsSpecialCase((Need.UNKNOWN_CASE,))


def test_after_the_year_a_special_case_is_not_needed() -> None:
    case = SpecialCase("pregnancy", has_evidence=False)
    on = date(2026, 3, 10)
    outcome = decide(HUANCUI, HISTORY, replace(ASK, special_case=case), on)
    assert outcome == Granted(on, Cause.CHOICE)


def test_free_choice_is_an_ordinary_ground_only_where_the_table_says_so() -> None:
    on = date(2026, 5, 1)
    choice = replace(ASK, ground="choice")
    assert decide(HUANCUI, HISTORY, choice, on) == Granted(on, Cause.CHOICE)
    assert decide(TAIYUAN, HISTORY, choice, on) == NeedsSpecialCase((Need.GROUND_NOT_ORDINARY,))
    assert decide(TAIYUAN, HISTORY, ASK, on) == Granted(on, Cause.CHOICE)


def test_the_same_facility_is_no_switch_and_an_unlisted_one_no_choice() -> None:
    on = date(2026, 5, 1)
    assert decide(HUANCUI, HISTORY, replace(ASK, facility=NOW), on) == SameFacility()
    assert decide(HUANCUI, HISTORY, replace(ASK, published=False), on) == Unpublished()


def test_a_switch_that_has_not_begun_yet_already_counts() -> None:
    history = (HISTORY[0], Assignment(NOW, date(2025, 3, 10), Cause.CHOICE))
    on = date(2025, 3, 5)
    assert responsible(history, on) == OLD
    portal = replace(ASK, at_new_desk=False)
    assert decide(HUANCUI, history, portal, on) == TooSoon(date(2026, 3, 10))


def test_a_district_without_an_interval_never_says_too_soon() -> None:
    free = replace(HUANCUI, interval_years=0)
    assert decide(free, HISTORY, ASK, SWITCHED) == Granted(SWITCHED, Cause.CHOICE)


def test_a_first_facility_can_be_chosen_at_once() -> None:
    on = date(2026, 5, 1)
    assert decide(HUANCUI, (), ASK, on) == Granted(on, Cause.CHOICE)
    assert responsible((), on) is None


def test_there_is_no_word_for_a_refusal_by_the_old_facility() -> None:
    named = {each.value for each in [*Need, *Cause, *CaseState]}
    named |= {each.name for each in (*fields(Request), *fields(Assignment))}
    assert not any("old" in name or "veto" in name or "agree" in name for name in named)
    assert switch.Outcome.__args__ == (
        Granted,
        TooSoon,
        NeedsSpecialCase,
        SameFacility,
        Unpublished,
        TooFar,
    )


def test_a_day_that_nobody_can_plan_for_is_not_taken() -> None:
    on = date(2026, 3, 10)
    last = on + timedelta(days=switch.LATEST_DAYS)
    assert decide(HUANCUI, HISTORY, replace(ASK, from_day=last), on) == Granted(last, Cause.CHOICE)
    later = replace(ASK, from_day=last + timedelta(days=1))
    assert decide(HUANCUI, HISTORY, later, on) == TooFar(last)


HISTORIES = st.lists(
    st.builds(
        Assignment,
        facility=st.sampled_from([OLD, NOW, NEW]),
        from_day=st.dates(date(2020, 1, 1), date(2026, 1, 1)),
        cause=st.sampled_from(Cause),
        undone_on=st.none() | st.just(date(2020, 1, 1)),
    ),
    max_size=6,
).map(lambda rows: tuple(sorted(rows, key=lambda row: row.from_day)))


@given(HISTORIES, st.dates(date(2020, 1, 1), date(2027, 12, 31)))
def test_too_soon_always_names_a_day_on_which_it_is_granted(
    history: tuple[Assignment, ...], on: date
) -> None:
    outcome = decide(HUANCUI, history, ASK, on)
    if isinstance(outcome, TooSoon):
        assert outcome.next_day > on
        later = decide(HUANCUI, history, ASK, outcome.next_day)
        assert isinstance(later, Granted | SameFacility)
        day_before = decide(HUANCUI, history, ASK, outcome.next_day - timedelta(days=1))
        assert isinstance(day_before, TooSoon | SameFacility)
