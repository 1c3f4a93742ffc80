"""The table of families, one test a row (portal.md 10)."""

from datetime import date, timedelta

import pytest

from server.records.model import AccessClass
from server.rules.access import (
    Actor,
    Allowed,
    Denied,
    Link,
    ResidentFacts,
    Role,
    Scope,
    Tie,
    may,
)
from server.rules.consent import Purpose
from server.rules.family import (
    Act,
    Made,
    No,
    NoLink,
    Pair,
    Proof,
    Standing,
    Wish,
    make,
    may_act,
    may_end,
    numbers,
    of_age_on,
    review_day,
)
from server.rules.reach import Reach, reach_of, shown_part, shows_cell, shows_kind, shows_rule
from tests.world import an_id

TODAY = date(2026, 11, 22)
CHILD, MOTHER = an_id("孩子"), an_id("母亲")
ACTS = set(Act)


def aged(years: int) -> date:
    return TODAY.replace(year=TODAY.year - years)


def allowed(standing: Standing) -> set[Act]:
    return {act for act in Act if may_act(standing, act) is None}


def pair(years: int, **more: object) -> Pair:
    known: dict[str, object] = {"person_birth": aged(40), "today": TODAY, **more}
    return Pair(birth=aged(years), **known)  # type: ignore[arg-type]


def reads(years: int, tie: Tie | None, cls: str, scopes: frozenset[Scope] = frozenset()) -> bool:
    """Whether the gate opens that class of the child's archive, explained and noticed."""
    links = () if tie is None else (
        Link(MOTHER, tie, TODAY, TODAY + timedelta(days=9), scopes),
    )  # fmt: skip
    facts = ResidentFacts(
        resident=CHILD, facility=None, team=None, doctor=None, birth=aged(years), today=TODAY,
        now_ms=0, noticed=True, explained=True, links=links,
    )  # fmt: skip
    who, purpose = (CHILD, Purpose.OWN) if tie is None else (MOTHER, Purpose.FAMILY)
    answer = may(Actor(Role.RESIDENT, who), facts, AccessClass(cls), purpose)
    assert isinstance(answer, Allowed | Denied)
    return isinstance(answer, Allowed)


def test_under_14_a_guardian_consents_and_acts() -> None:
    assert allowed(Standing(13, Tie.PARENT)) == ACTS - {Act.LINK}
    assert may_act(Standing(13, Tie.PARENT), Act.LINK) is No.DESK
    assert reads(13, Tie.PARENT, "A")
    assert reads(13, Tie.PARENT, "B")
    assert reach_of(Tie.PARENT, 13, frozenset()) is Reach.ALL


def test_a_newborns_mother_is_guardian_by_the_record_of_birth_others_by_a_document() -> None:
    until = of_age_on(aged(0)) - timedelta(days=1)
    assert make(Wish(Tie.PARENT, Proof.BIRTH_RECORD), pair(0)) == Made(TODAY, until)
    assert make(Wish(Tie.PARENT, Proof.DOCUMENT), pair(0)) == Made(TODAY, until)
    for proof in (Proof.OWN_WORD, Proof.BOTH_PRESENT):
        assert make(Wish(Tie.PARENT, proof), pair(0)) is NoLink.PROOF
    # A mother of 17 is her child's guardian; anybody else is grown up.
    young = {"person_birth": aged(17)}
    assert isinstance(make(Wish(Tie.PARENT, Proof.BIRTH_RECORD), pair(0, **young)), Made)
    assert make(Wish(Tie.PARENT, Proof.DOCUMENT), pair(0, **young)) is NoLink.TOO_YOUNG


@pytest.mark.parametrize(("years", "reading"), [(7, False), (8, True), (13, True)])
def test_from_8_the_child_may_read_with_help_and_do_nothing_else(years: int, reading: bool) -> None:
    assert allowed(Standing(years)) == ({Act.READ} if reading else set())
    assert reads(years, None, "A") is reading
    assert not reads(years, None, "B")


@pytest.mark.parametrize("years", [14, 17])
def test_from_14_to_17_sign_in_and_consent_are_ones_own(years: int) -> None:
    assert allowed(Standing(years)) == ACTS
    assert allowed(Standing(years, Tie.PARENT)) == {Act.READ}
    assert may_act(Standing(years, Tie.PARENT), Act.CONSENT) is No.OWN_HAND


def test_from_14_to_17_a_guardian_keeps_checkups_vaccination_and_plan() -> None:
    reach = reach_of(Tie.PARENT, 14, frozenset())
    assert reach is Reach.KEPT
    assert all(shows_kind(kind, reach) for kind in ("health_check", "vaccination", "child_check"))
    assert not any(shows_kind(kind, reach) for kind in ("encounter", "referral", "htn_followup"))
    assert shows_cell("phone", reach)
    assert shows_rule("P20", reach)
    shared = reach_of(Tie.PARENT, 17, frozenset({Scope.ARCHIVE}))
    assert shared is Reach.SHARED
    assert shows_kind("htn_followup", shared)


def test_from_14_to_17_what_is_reproductive_is_hidden_unless_it_was_shared() -> None:
    scopes = frozenset({Scope.ARCHIVE, Scope.REPRODUCTIVE})
    shared, all_of_it = reach_of(Tie.PARENT, 15, frozenset({Scope.ARCHIVE})), reach_of(
        Tie.PARENT, 15, scopes
    )  # fmt: skip
    for reach in (Reach.KEPT, shared):
        assert not shows_kind("antenatal_first", reach)
        assert not shows_cell("special_group/7", reach)
        assert shows_cell("special_group/2", reach)
        assert not shows_rule("P37", reach)
        body = {"gyn_cervix": "1", "temp": 366, "ecg_text": "另见妇科"}
        assert shown_part("health_check", 1, body, reach) == {"temp": 366}  # free words go as well
        plain = {"temp": 366, "ecg_text": "窦性心律"}
        assert shown_part("health_check", 1, plain, reach) == plain
    assert all_of_it is Reach.ALL
    only = frozenset({Scope.REPRODUCTIVE})
    assert shows_cell("special_group/7", reach_of(Tie.PARENT, 15, only), only)
    assert not shows_kind("htn_followup", reach_of(Tie.PARENT, 15, only), only)


def test_from_14_to_17_class_b_is_hidden_unless_it_was_shared() -> None:
    assert not reads(14, Tie.PARENT, "B")
    assert reads(14, Tie.PARENT, "B", frozenset({Scope.RESTRICTED}))


def test_at_18_guardianship_ends_that_day() -> None:
    assert reads(17, Tie.PARENT, "A")
    assert not reads(18, Tie.PARENT, "A")  # although the link's row stands
    assert may_act(Standing(18, Tie.PARENT), Act.READ) is No.OVER
    assert make(Wish(Tie.PARENT, Proof.DOCUMENT), pair(18)) is NoLink.NOT_A_CHILD
    assert of_age_on(date(2008, 11, 22)) == date(2026, 11, 22)
    assert of_age_on(date(2008, 2, 29)) == date(2026, 3, 1)


def test_an_adult_without_capacity_has_an_appointed_guardian_looked_at_each_year() -> None:
    made = make(Wish(Tie.APPOINTED, Proof.DOCUMENT), pair(40))
    assert isinstance(made, Made)
    of = numbers()
    assert review_day(made.until_day) == TODAY + timedelta(days=of.mandate_days)
    assert (made.until_day - review_day(made.until_day)).days == 30  # it goes on, then it is shut
    assert allowed(Standing(40, Tie.APPOINTED)) == ACTS - {Act.LINK}
    assert not reads(40, Tie.APPOINTED, "B")
    assert reads(40, Tie.APPOINTED, "B", frozenset({Scope.RESTRICTED}))
    assert make(Wish(Tie.APPOINTED, Proof.BOTH_PRESENT), pair(40)) is NoLink.PROOF
    assert make(Wish(Tie.APPOINTED, Proof.DOCUMENT), pair(17)) is NoLink.NOT_AN_ADULT
    assert not may_end(Tie.APPOINTED)
    assert may_end(Tie.APPOINTED, at_desk=True)


def test_an_elders_child_sees_what_happened_and_what_is_due_and_more_only_by_scope() -> None:
    assert not reads(78, Tie.HELPER, "A")
    assert reads(78, Tie.HELPER, "A", frozenset({Scope.ARCHIVE}))
    assert not reads(78, Tie.HELPER, "B", frozenset({Scope.ARCHIVE, Scope.RESTRICTED}))
    assert allowed(Standing(78, Tie.HELPER)) == {Act.READ}
    acts = Standing(78, Tie.HELPER, frozenset({Scope.ACT}))
    assert allowed(acts) == {Act.READ, Act.ANSWER, Act.CORRECT, Act.CHOOSE, Act.BOOK}
    for act in (Act.CONSENT, Act.TAKE, Act.LINK):
        assert may_act(acts, act) is No.NEVER


def test_a_link_has_an_end_a_year_away_where_nothing_else_is_said() -> None:
    wish = Wish(Tie.HELPER, Proof.OWN_WORD)
    assert make(wish, pair(78)) == Made(TODAY, TODAY + timedelta(days=365))
    day = TODAY + timedelta(days=30)
    assert make(Wish(Tie.HELPER, Proof.OWN_WORD, until=day), pair(78)) == Made(TODAY, day)
    for until in (TODAY - timedelta(days=1), TODAY + timedelta(days=2000)):
        assert make(Wish(Tie.HELPER, Proof.OWN_WORD, until=until), pair(78)) is NoLink.END


def test_a_resident_and_a_person_have_eight_links_each_at_most() -> None:
    wish = Wish(Tie.HELPER, Proof.OWN_WORD)
    assert isinstance(make(wish, pair(78, links_of_resident=7, links_of_person=7)), Made)
    assert make(wish, pair(78, links_of_resident=8)) is NoLink.TOO_MANY
    assert make(wish, pair(78, links_of_person=8)) is NoLink.TOO_MANY_ELSEWHERE
    assert make(wish, pair(78, same=True)) is NoLink.SELF
    assert make(wish, pair(78, linked=True)) is NoLink.THERE
    assert make(Wish(Tie.HELPER, Proof.OWN_WORD, frozenset({Scope.RESTRICTED})), pair(78)) is (
        NoLink.SCOPE
    )


def test_for_72_hours_after_a_change_of_telephone_nothing_is_shared_taken_or_done_for_others() -> (
    None
):
    fresh = Standing(40, full=False)
    assert ACTS - allowed(fresh) == {Act.CONSENT, Act.TAKE, Act.LINK}
    assert allowed(Standing(78, Tie.HELPER, frozenset({Scope.ACT}), full=False)) == set()
