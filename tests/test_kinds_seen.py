"""Who sees a record of each kind: the class it is given on arrival, asked at the one gate."""

from dataclasses import replace
from datetime import date

import pytest
from msgspec import Raw

from server.actions.tablets.intake import checked_again
from server.records.kinds import everything
from server.records.model import AccessClass, Kind, Shape, Subject
from server.rules.access import Actor, Allowed, Link, ResidentFacts, Role, Tie, may
from server.rules.consent import Purpose
from sync import wire
from sync.reconcile import Reason
from tests.cast_forms import ON, good, good_bytes
from tests.world import an_id

WHO, CHILD, DOCTOR, NURSE = b"r" * 16, b"k" * 16, b"d" * 16, b"n" * 16
HOME, AWAY, TEAM = b"h" * 16, b"a" * 16, b"t" * 16
FACTS = ResidentFacts(
    resident=WHO, facility=HOME, team=TEAM, doctor=DOCTOR, birth=date(1949, 12, 31), today=ON,
    now_ms=1_773_100_000_000, noticed=True,
)  # fmt: skip
DAUGHTER = replace(
    FACTS, links=(Link(CHILD, Tie.HELPER, date(2026, 1, 1), date(2026, 12, 31), frozenset()),)
)
INFANT = replace(
    FACTS,
    birth=date(2025, 3, 10),
    links=(Link(CHILD, Tie.PARENT, date(2026, 1, 1), date(2026, 12, 31), frozenset()),),
)
ONESELF, FAMILY = Actor(Role.RESIDENT, WHO), Actor(Role.RESIDENT, CHILD)
PANEL = Actor(Role.TEAM, DOCTOR, HOME, frozenset({TEAM}))
COLLEAGUE = Actor(Role.TEAM, NURSE, HOME, frozenset({TEAM}))
ELSEWHERE = Actor(Role.TEAM, NURSE, AWAY, frozenset({b"u" * 16}))
RECORDS = [k for k in everything() if k.shape is Shape.EVENT and k.subject is Subject.RESIDENT]
INTERNAL = [k for k in everything() if k.subject is Subject.FACILITY]
REGISTERS = [k for k in everything() if k.shape is Shape.REGISTER]
ASKED = [k for k in everything() if k.shape in (Shape.ACT, Shape.STEP)]  # in no archive


def test_every_form_of_the_catalogue_is_asked_about_here() -> None:
    asked = {(k.id, k.version) for k in (*RECORDS, *INTERNAL, *REGISTERS, *ASKED)}
    assert asked == {(k.id, k.version) for k in everything()}
    assert len({name for name, _ in asked}) == 43


def class_on_arrival(kind: Kind) -> AccessClass:
    change = wire.Change(
        id=an_id("record"), resident=WHO, kind=kind.id, v=kind.version, on=str(ON),
        at=FACTS.now_ms, mono=0, body=Raw(good_bytes(kind.id)),
    )  # fmt: skip
    arrived = checked_again(wire.encode(change), bytes(16), change, ON)
    assert arrived.fault is Reason.NONE
    return AccessClass(arrived.cls)


def sees(actor: Actor, facts: ResidentFacts, access: AccessClass, purpose: Purpose) -> bool:
    return isinstance(may(actor, facts, access, purpose, reason="随访"), Allowed)


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: f"{kind.id} {kind.version}")
def test_each_kind_is_seen_by_those_its_class_allows(kind: Kind) -> None:
    access = class_on_arrival(kind)
    assert access is kind.access
    seen_by_class(access)


def seen_by_class(access: AccessClass) -> None:
    """Resident, daughter, father of an infant, responsible doctor, colleague, another facility."""
    open_ = access is AccessClass.A
    assert sees(ONESELF, FACTS, access, Purpose.DUE_AND_DONE) is open_
    told = replace(FACTS, explained=True)
    assert sees(ONESELF, told, access, Purpose.DUE_AND_DONE)
    before = replace(told, noticed=False)
    assert not sees(ONESELF, before, access, Purpose.DUE_AND_DONE)
    assert not sees(FAMILY, replace(INFANT, noticed=False), access, Purpose.FAMILY)
    assert sees(FAMILY, DAUGHTER, access, Purpose.DUE_AND_DONE) is open_
    assert not sees(FAMILY, DAUGHTER, access, Purpose.FAMILY)
    assert sees(FAMILY, INFANT, access, Purpose.FAMILY) is open_
    assert sees(PANEL, FACTS, access, Purpose.SERVICE)
    assert sees(COLLEAGUE, FACTS, access, Purpose.SERVICE) is open_
    assert not sees(ELSEWHERE, FACTS, access, Purpose.SERVICE)


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: f"{kind.id} {kind.version}")
def test_a_restricted_answer_closes_the_record_it_stands_in(kind: Kind) -> None:
    """A record is of the class of its strictest answer, on arrival and at the gate."""
    for each in kind.fields:
        filled = frozenset({*good(kind.id), each.name})
        strictest = max(kind.access_given(filled).values())
        assert strictest is max(kind.access, each.access), each.name
        seen_by_class(strictest)


@pytest.mark.parametrize("kind", REGISTERS, ids=lambda kind: kind.id)
def test_each_cell_of_the_archive_s_page_is_seen_by_those_its_class_allows(kind: Kind) -> None:
    classes = {each.name: kind.access_of(each.name) for each in kind.fields}
    assert {AccessClass.A, AccessClass.B} == set(classes.values())
    for access in set(classes.values()):
        seen_by_class(access)
    restricted = {name for name, access in classes.items() if access is AccessClass.B}
    assert {name for name in restricted if not name.endswith("_restricted")} <= {"disability_cert"}


@pytest.mark.parametrize("kind", INTERNAL, ids=lambda kind: kind.id)
def test_the_work_of_a_facility_is_nobody_s_archive(kind: Kind) -> None:
    assert kind.access is AccessClass.C
    told = replace(FACTS, explained=True)
    family = ((ONESELF, FACTS), (ONESELF, told), (FAMILY, DAUGHTER), (FAMILY, INFANT))
    everybody = (*family, (PANEL, FACTS), (COLLEAGUE, FACTS), (ELSEWHERE, FACTS))
    for actor, facts in everybody:
        for purpose in Purpose:
            seen = sees(actor, facts, AccessClass.C, purpose)
            inside = actor.facility == HOME and purpose is Purpose.SUPERVISION
            assert seen is inside, (actor, purpose)
    change = wire.Change(
        id=an_id("record"), resident=WHO, kind=kind.id, v=1, on=str(ON),
        at=FACTS.now_ms, mono=0, body=Raw(good_bytes(kind.id)),
    )  # fmt: skip
    arrived = checked_again(wire.encode(change), bytes(16), change, ON)
    assert (arrived.cls, arrived.fault) == ("B", Reason.MALFORMED)
