"""The one policy of access: everything is refused but what stands in these tables."""

from dataclasses import replace
from datetime import date
from itertools import product

import pytest

from server.records.model import AccessClass
from server.rules.access import (
    Actor,
    Allowed,
    Answer,
    Denial,
    Denied,
    Ground,
    Link,
    ResidentFacts,
    Role,
    Scope,
    Tie,
    age_years,
    may,
)
from server.rules.consent import Grant, Manner, Purpose

A, B, C = AccessClass.A, AccessClass.B, AccessClass.C
RESIDENT, CHILD, STRANGER = b"r" * 16, b"k" * 16, b"s" * 16
DOCTOR, NURSE, EXPERT = b"d" * 16, b"n" * 16, b"e" * 16
HOME, AWAY = b"h" * 16, b"a" * 16
TEAM, OTHER_TEAM = b"t" * 16, b"u" * 16
NOW = 1_773_100_000_000
FACTS = ResidentFacts(
    resident=RESIDENT,
    facility=HOME,
    team=TEAM,
    doctor=DOCTOR,
    birth=date(1949, 12, 31),
    today=date(2026, 3, 10),
    now_ms=NOW,
    noticed=True,
)
SELF = Actor(Role.RESIDENT, RESIDENT)
FAMILY = Actor(Role.RESIDENT, CHILD)
OWN_DOCTOR = Actor(Role.TEAM, DOCTOR, HOME, frozenset({TEAM}))
OWN_NURSE = Actor(Role.TEAM, NURSE, HOME, frozenset({TEAM}))
OTHER_PANEL = Actor(Role.TEAM, NURSE, HOME, frozenset({OTHER_TEAM}))
SPECIALIST = Actor(Role.SPECIALIST, EXPERT, HOME)
CLERK = Actor(Role.STAFF, NURSE, HOME)
GUEST_DOCTOR = Actor(Role.TEAM, NURSE, AWAY, frozenset({TEAM}))
COUNTY = Actor(Role.COUNTY, NURSE)
CDC = Actor(Role.DISEASE_CONTROL, NURSE)
EVERYBODY = (
    Actor(Role.RESIDENT, STRANGER),
    GUEST_DOCTOR,
    Actor(Role.SPECIALIST, EXPERT, AWAY, frozenset({TEAM})),
    Actor(Role.STAFF, NURSE, AWAY),
    Actor(Role.TEAM, DOCTOR, None, frozenset({TEAM})),
    Actor(Role.STAFF, DOCTOR, None),
)


def born(years: int) -> ResidentFacts:
    return replace(FACTS, birth=date(2026 - years, 3, 10))


def link(tie: Tie, *scopes: Scope) -> Link:
    return Link(CHILD, tie, date(2026, 1, 1), date(2026, 12, 31), frozenset(scopes))


def is_allowed(answer: Answer) -> bool:
    return isinstance(answer, Allowed)


@pytest.mark.parametrize("actor", EVERYBODY, ids=lambda actor: actor.role.value)
@pytest.mark.parametrize("access", AccessClass)
def test_a_stranger_sees_nothing_for_whatever_purpose(actor: Actor, access: AccessClass) -> None:
    for purpose in Purpose:
        allowed = is_allowed(may(actor, FACTS, access, purpose, reason="想看"))
        emergency = purpose is Purpose.EMERGENCY and access is A and actor.facility == AWAY
        assert allowed is emergency


# role, class -> the purposes that are allowed with a reason; nothing else is.
MATRIX: dict[tuple[str, AccessClass], frozenset[Purpose]] = {
    ("self", A): frozenset(Purpose),
    ("own_doctor", A): frozenset(
        {Purpose.SERVICE, Purpose.CHECKUP_DAY, Purpose.EMERGENCY, Purpose.REPORTING}
    ),
    ("own_doctor", B): frozenset(
        {Purpose.SERVICE, Purpose.CHECKUP_DAY, Purpose.EMERGENCY, Purpose.REPORTING}
    ),
    ("own_doctor", C): frozenset({Purpose.SUPERVISION}),
    ("own_nurse", A): frozenset(
        {Purpose.SERVICE, Purpose.CHECKUP_DAY, Purpose.EMERGENCY, Purpose.REPORTING}
    ),
    ("own_nurse", C): frozenset({Purpose.SUPERVISION}),
    ("specialist", A): frozenset(
        {Purpose.SERVICE, Purpose.CHECKUP_DAY, Purpose.EMERGENCY, Purpose.REPORTING}
    ),
    ("specialist", B): frozenset(
        {Purpose.SERVICE, Purpose.CHECKUP_DAY, Purpose.EMERGENCY, Purpose.REPORTING}
    ),
    ("specialist", C): frozenset({Purpose.SUPERVISION}),
    ("county", A): frozenset({Purpose.REVIEW}),
    ("county", C): frozenset({Purpose.SUPERVISION}),
    ("cdc", A): frozenset({Purpose.REPORTING}),
    ("cdc", B): frozenset({Purpose.REPORTING}),
}
ACTORS = {
    "self": SELF,
    "own_doctor": OWN_DOCTOR,
    "own_nurse": OWN_NURSE,
    "specialist": SPECIALIST,
    "county": COUNTY,
    "cdc": CDC,
}


@pytest.mark.parametrize(("name", "access"), list(product(ACTORS, AccessClass)))
def test_what_the_matrix_does_not_name_is_refused(name: str, access: AccessClass) -> None:
    allowed = {
        purpose
        for purpose in Purpose
        if is_allowed(may(ACTORS[name], FACTS, access, purpose, reason="有事由"))
    }
    assert allowed == MATRIX.get((name, access), frozenset())


def test_class_b_is_opened_to_the_resident_after_an_explanation() -> None:
    assert may(SELF, FACTS, B, Purpose.SERVICE) == Denied(Denial.NOT_EXPLAINED)
    explained = replace(FACTS, explained=True)
    assert may(SELF, explained, B, Purpose.SERVICE) == Allowed(Ground.OWN)
    assert may(SELF, explained, C, Purpose.SERVICE) == Denied(Denial.CLASS)


@pytest.mark.parametrize(
    ("years", "answer_a", "answer_b"),
    [
        (7, Denied(Denial.AGE), Denied(Denial.AGE)),
        (8, Allowed(Ground.OWN_WITH_HELP), Denied(Denial.AGE)),
        (13, Allowed(Ground.OWN_WITH_HELP), Denied(Denial.AGE)),
        (14, Allowed(Ground.OWN), Allowed(Ground.OWN)),
        (18, Allowed(Ground.OWN), Allowed(Ground.OWN)),
    ],
)
def test_a_child_sees_by_age(years: int, answer_a: Answer, answer_b: Answer) -> None:
    facts = replace(born(years), explained=True)
    assert may(SELF, facts, A, Purpose.SERVICE) == answer_a
    assert may(SELF, facts, B, Purpose.SERVICE) == answer_b


def test_guardianship_of_a_child_ends_on_the_eighteenth_birthday() -> None:
    parent = link(Tie.PARENT)
    for years, sees_a, sees_b in ((0, True, True), (13, True, True), (14, True, False)):
        facts = replace(born(years), links=(parent,), explained=True)
        assert is_allowed(may(FAMILY, facts, A, Purpose.FAMILY)) is sees_a
        assert is_allowed(may(FAMILY, facts, B, Purpose.FAMILY)) is sees_b
    day_before = replace(born(18), birth=date(2008, 3, 11), links=(parent,))
    assert is_allowed(may(FAMILY, day_before, A, Purpose.FAMILY))
    grown = replace(born(18), links=(parent,))
    assert may(FAMILY, grown, A, Purpose.FAMILY) == Denied(Denial.LINK)


def test_a_parent_sees_class_b_of_a_young_person_only_when_it_was_shared() -> None:
    facts = replace(born(15), links=(link(Tie.PARENT),), explained=True)
    assert may(FAMILY, facts, B, Purpose.FAMILY) == Denied(Denial.CLASS)
    shared = replace(facts, links=(link(Tie.PARENT, Scope.RESTRICTED),))
    assert may(FAMILY, shared, B, Purpose.FAMILY) == Allowed(Ground.GUARDIAN)


def test_an_appointed_guardian_needs_a_mandate_for_class_b() -> None:
    facts = replace(FACTS, links=(link(Tie.APPOINTED),), explained=True)
    assert may(FAMILY, facts, A, Purpose.FAMILY) == Allowed(Ground.GUARDIAN)
    assert may(FAMILY, facts, B, Purpose.FAMILY) == Denied(Denial.CLASS)
    mandate = replace(facts, links=(link(Tie.APPOINTED, Scope.RESTRICTED),))
    assert may(FAMILY, mandate, B, Purpose.FAMILY) == Allowed(Ground.GUARDIAN)
    unexplained = replace(mandate, explained=False)
    assert may(FAMILY, unexplained, B, Purpose.FAMILY) == Denied(Denial.NOT_EXPLAINED)


def test_a_helper_sees_whether_visits_happened_and_more_only_by_scope() -> None:
    facts = replace(FACTS, links=(link(Tie.HELPER),))
    assert may(FAMILY, facts, A, Purpose.DUE_AND_DONE) == Allowed(Ground.HELPER)
    assert may(FAMILY, facts, A, Purpose.FAMILY) == Denied(Denial.LINK)
    wider = replace(FACTS, links=(link(Tie.HELPER, Scope.ARCHIVE, Scope.RESTRICTED),))
    assert may(FAMILY, wider, A, Purpose.FAMILY) == Allowed(Ground.HELPER)
    assert may(FAMILY, wider, B, Purpose.FAMILY) == Denied(Denial.CLASS)


@pytest.mark.parametrize("tie", Tie)
def test_a_family_link_that_ended_or_is_frozen_opens_nothing(tie: Tie) -> None:
    good = link(tie, Scope.ARCHIVE)
    facts = replace(born(5) if tie is Tie.PARENT else FACTS, links=(good,))
    assert is_allowed(may(FAMILY, facts, A, Purpose.FAMILY))
    assert may(FAMILY, facts, A, Purpose.SERVICE) == Denied(Denial.PURPOSE)
    for bad in (
        replace(good, frozen=True),
        replace(good, until_day=date(2026, 3, 9)),
        replace(good, from_day=date(2026, 3, 11)),
    ):
        shut = replace(facts, links=(bad,))
        assert may(FAMILY, shut, A, Purpose.FAMILY) == Denied(Denial.LINK)
    for day in ({"until_day": date(2026, 3, 10)}, {"from_day": date(2026, 3, 10)}):
        edge = replace(facts, links=(replace(good, **day),))
        assert is_allowed(may(FAMILY, edge, A, Purpose.FAMILY))


def test_outside_the_own_panel_a_reason_must_be_given() -> None:
    for actor in (OTHER_PANEL, CLERK):
        assert may(actor, FACTS, A, Purpose.SERVICE) == Denied(Denial.REASON_MISSING)
        assert may(actor, FACTS, A, Purpose.SERVICE, reason=" ") == Denied(Denial.REASON_MISSING)
        assert may(actor, FACTS, A, Purpose.SERVICE, reason="代班") == Allowed(Ground.DUTY)
        assert may(actor, FACTS, B, Purpose.SERVICE, reason="代班") == Denied(Denial.CLASS)
    assert may(OWN_NURSE, FACTS, A, Purpose.SERVICE) == Allowed(Ground.PANEL)


def test_class_b_is_for_the_responsible_doctor_and_the_specialist_of_the_facility() -> None:
    assert may(OWN_DOCTOR, FACTS, B, Purpose.SERVICE) == Allowed(Ground.PANEL)
    assert may(SPECIALIST, FACTS, B, Purpose.SERVICE) == Allowed(Ground.SPECIALIST)
    assert may(OWN_NURSE, FACTS, B, Purpose.SERVICE) == Denied(Denial.CLASS)
    moved = replace(FACTS, facility=AWAY)
    assert not is_allowed(may(OWN_DOCTOR, moved, B, Purpose.SERVICE))
    assert not is_allowed(may(SPECIALIST, moved, B, Purpose.SERVICE))


def test_after_a_switch_the_old_doctor_sees_nothing() -> None:
    moved = replace(FACTS, facility=AWAY, team=OTHER_TEAM, doctor=NURSE)
    for access in AccessClass:
        assert not is_allowed(may(OWN_DOCTOR, moved, access, Purpose.SERVICE, reason="原签约"))


def test_a_guest_is_served_where_the_resident_is_present() -> None:
    here = replace(FACTS, present_at=frozenset({AWAY}))
    for purpose in (Purpose.SERVICE, Purpose.CHECKUP_DAY):
        assert may(GUEST_DOCTOR, here, A, purpose) == Allowed(Ground.GUEST)
        assert may(GUEST_DOCTOR, here, B, purpose) == Denied(Denial.CLASS)
        assert may(GUEST_DOCTOR, FACTS, A, purpose) == Denied(Denial.NO_GROUND)


def test_in_an_emergency_class_a_is_opened_with_a_reason() -> None:
    assert may(GUEST_DOCTOR, FACTS, A, Purpose.EMERGENCY) == Denied(Denial.REASON_MISSING)
    answer = may(GUEST_DOCTOR, FACTS, A, Purpose.EMERGENCY, reason="昏迷")
    assert answer == Allowed(Ground.EMERGENCY)
    assert may(GUEST_DOCTOR, FACTS, B, Purpose.EMERGENCY, reason="昏迷") == Denied(Denial.CLASS)


def test_another_facility_sees_with_consent_what_the_consent_names() -> None:
    grant = Grant(
        b"g", AWAY, Purpose.SERVICE, frozenset({A}), Manner.VIEW, NOW - 1, NOW + 1, frozenset()
    )
    facts = replace(FACTS, consents=(grant,))
    assert may(GUEST_DOCTOR, facts, A, Purpose.SERVICE) == Allowed(Ground.CONSENT)
    assert may(GUEST_DOCTOR, facts, B, Purpose.SERVICE) == Denied(Denial.CLASS)
    both = replace(facts, consents=(replace(grant, classes=frozenset({A, B})),))
    assert may(GUEST_DOCTOR, both, B, Purpose.SERVICE) == Allowed(Ground.CONSENT)
    ended = replace(facts, now_ms=NOW + 1)
    assert may(GUEST_DOCTOR, ended, A, Purpose.SERVICE) == Denied(Denial.NO_GROUND)


def test_research_is_by_consent_even_at_home() -> None:
    assert may(OWN_DOCTOR, FACTS, A, Purpose.RESEARCH, reason="课题") == Denied(Denial.NO_GROUND)
    grant = Grant(
        b"g", HOME, Purpose.RESEARCH, frozenset({A}), Manner.VIEW, NOW - 1, NOW + 1, frozenset()
    )
    facts = replace(FACTS, consents=(grant,))
    assert may(OWN_DOCTOR, facts, A, Purpose.RESEARCH) == Allowed(Ground.CONSENT)


def test_the_county_looks_with_a_case_and_disease_control_as_the_law_says() -> None:
    assert may(COUNTY, FACTS, A, Purpose.REVIEW) == Denied(Denial.REASON_MISSING)
    assert may(COUNTY, FACTS, A, Purpose.REVIEW, reason="12 号") == Allowed(Ground.COUNTY_CASE)
    assert may(COUNTY, FACTS, B, Purpose.REVIEW, reason="12 号") == Denied(Denial.CLASS)
    assert may(CDC, FACTS, B, Purpose.REPORTING) == Denied(Denial.REASON_MISSING)
    assert may(CDC, FACTS, B, Purpose.REPORTING, reason="传染病报告卡 7") == Allowed(Ground.LAW)


def test_age_is_completed_on_the_birthday() -> None:
    assert age_years(date(2008, 3, 10), date(2026, 3, 9)) == 17
    assert age_years(date(2008, 3, 10), date(2026, 3, 10)) == 18
    assert age_years(date(2008, 2, 29), date(2026, 2, 28)) == 17
    assert age_years(date(2008, 2, 29), date(2026, 3, 1)) == 18
