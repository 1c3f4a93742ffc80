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
from tests.cast_forms import ON, good_bytes
from tests.world import an_id

WHO, CHILD, DOCTOR, NURSE = b"r" * 16, b"k" * 16, b"d" * 16, b"n" * 16
HOME, AWAY, TEAM = b"h" * 16, b"a" * 16, b"t" * 16
FACTS = ResidentFacts(
    resident=WHO, facility=HOME, team=TEAM, doctor=DOCTOR, birth=date(1949, 12, 31), today=ON,
    now_ms=1_773_100_000_000,
)  # fmt: skip
DAUGHTER = replace(
    FACTS, links=(Link(CHILD, Tie.HELPER, date(2026, 1, 1), date(2026, 12, 31), frozenset()),)
)
INFANT = replace(
    FACTS,
    birth=date(2025, 3, 10),
    links=(Link(CHILD, Tie.PARENT, date(2026, 1, 1), date(2026, 12, 31), frozenset()),),
)
RECORDS = [k for k in everything() if k.shape is Shape.EVENT and k.subject is Subject.RESIDENT]


def class_on_arrival(kind: Kind) -> AccessClass:
    change = wire.Change(
        id=an_id("record"), resident=WHO, kind=kind.id, v=1, on=str(ON),
        at=FACTS.now_ms, mono=0, body=Raw(good_bytes(kind.id)),
    )  # fmt: skip
    arrived = checked_again(wire.encode(change), bytes(16), change, ON)
    assert arrived.fault is Reason.NONE
    return AccessClass(arrived.cls)


def sees(actor: Actor, facts: ResidentFacts, access: AccessClass, purpose: Purpose) -> bool:
    return isinstance(may(actor, facts, access, purpose, reason="随访"), Allowed)


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.id)
def test_each_kind_is_seen_by_those_its_class_allows(kind: Kind) -> None:
    access = class_on_arrival(kind)
    assert access is kind.access
    open_ = access is AccessClass.A
    oneself, family = Actor(Role.RESIDENT, WHO), Actor(Role.RESIDENT, CHILD)
    doctor = Actor(Role.TEAM, DOCTOR, HOME, frozenset({TEAM}))
    nurse = Actor(Role.TEAM, NURSE, HOME, frozenset({TEAM}))
    elsewhere = Actor(Role.TEAM, NURSE, AWAY, frozenset({b"u" * 16}))
    assert sees(oneself, FACTS, access, Purpose.DUE_AND_DONE) is open_
    told = replace(FACTS, explained=True)
    assert sees(oneself, told, access, Purpose.DUE_AND_DONE)
    assert sees(family, DAUGHTER, access, Purpose.DUE_AND_DONE) is open_
    assert not sees(family, DAUGHTER, access, Purpose.FAMILY)
    assert sees(family, INFANT, access, Purpose.FAMILY) is open_
    assert sees(doctor, FACTS, access, Purpose.SERVICE)
    assert sees(nurse, FACTS, access, Purpose.SERVICE) is open_
    assert not sees(elsewhere, FACTS, access, Purpose.SERVICE)
