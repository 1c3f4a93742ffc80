"""Consent: granting, taking back, ending, and who wins when both happen at once."""

from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.pages import consent_form
from server.records.model import AccessClass
from server.rules.consent import (
    Consent,
    Duration,
    Grant,
    Manner,
    Purpose,
    Revoke,
    effective,
    lasting,
    until_ms,
)

A, B, C = AccessClass.A, AccessClass.B, AccessClass.C
CLINIC, OTHER = b"c" * 16, b"o" * 16
NOW = 1_773_100_000_000
DAY = 86_400_000
GRANT = Grant(
    id=b"g1",
    recipient=CLINIC,
    purpose=Purpose.SERVICE,
    classes=frozenset({A}),
    manner=Manner.VIEW,
    from_ms=NOW - DAY,
    until_ms=NOW + DAY,
)
REVOKE = Revoke(b"r1", CLINIC, Purpose.SERVICE)


def stands(
    *consents: Consent,
    facility: bytes = CLINIC,
    access: AccessClass = A,
    purpose: Purpose = Purpose.SERVICE,
    now_ms: int = NOW,
) -> bool:
    return effective(consents, facility, access, purpose, now_ms) is not None


def test_a_grant_holds_for_its_recipient_purpose_and_classes_and_nothing_else() -> None:
    assert stands(GRANT)
    assert not stands()
    assert not stands(GRANT, facility=OTHER)
    assert not stands(GRANT, access=B)
    assert not stands(GRANT, purpose=Purpose.RESEARCH)
    assert stands(replace(GRANT, classes=frozenset({A, B})), access=B)


def test_class_c_is_nobody_s_to_give() -> None:
    assert not stands(replace(GRANT, classes=frozenset({A, B, C})), access=C)


def test_an_end_is_an_end_to_the_millisecond() -> None:
    assert stands(GRANT, now_ms=GRANT.until_ms - 1)
    assert not stands(GRANT, now_ms=GRANT.until_ms)
    assert stands(GRANT, now_ms=GRANT.from_ms)
    assert not stands(GRANT, now_ms=GRANT.from_ms - 1)


def test_a_revocation_ends_what_was_granted_before_it_at_once() -> None:
    assert not stands(GRANT, REVOKE)
    assert not stands(GRANT, replace(REVOKE, purpose=None))


def test_a_revocation_for_another_purpose_or_recipient_ends_nothing() -> None:
    assert stands(GRANT, replace(REVOKE, purpose=Purpose.RESEARCH))
    assert stands(GRANT, replace(REVOKE, recipient=OTHER))


def test_a_revocation_beats_a_concurrent_grant_whatever_the_clocks_say() -> None:
    concurrent = replace(GRANT, id=b"g2", from_ms=NOW - 1)
    for order in permutations([GRANT, concurrent, REVOKE]):
        assert not stands(*order)


def test_a_grant_that_saw_the_revocation_stands() -> None:
    again = replace(GRANT, id=b"g2", saw=frozenset({REVOKE.id}))
    for order in permutations([GRANT, REVOKE, again]):
        assert effective(order, CLINIC, A, Purpose.SERVICE, NOW) == again
    later = Revoke(b"r2", CLINIC, Purpose.SERVICE)
    assert not stands(GRANT, REVOKE, again, later)


def test_of_several_grants_the_longest_counts() -> None:
    longer = replace(GRANT, id=b"g2", until_ms=GRANT.until_ms + DAY)
    copy = replace(longer, id=b"g0", manner=Manner.COPY)
    for order in permutations([GRANT, longer, copy]):
        assert effective(order, CLINIC, A, Purpose.SERVICE, NOW) == copy


def test_who_could_see_me_now_lists_what_gives_something_now() -> None:
    ended = replace(GRANT, id=b"g0", until_ms=NOW)
    other = replace(GRANT, id=b"g9", recipient=OTHER)
    assert lasting([other, ended, GRANT], NOW) == (GRANT, other)
    assert lasting([other, ended, GRANT, REVOKE], NOW) == (other,)


def test_the_choices_of_length() -> None:
    assert until_ms(Duration.ONCE, NOW) == NOW + DAY
    assert until_ms(Duration.MONTH, NOW) == NOW + 30 * DAY
    assert until_ms(Duration.YEAR, NOW) == NOW + 365 * DAY
    assert until_ms(Duration.OWN, NOW, own_ms=NOW + 1) == NOW + 1
    for own in (None, NOW, NOW - 1):
        with pytest.raises(ValueError, match="later end"):
            until_ms(Duration.OWN, NOW, own_ms=own)


IDS = st.sampled_from([b"1", b"2", b"3"])
PURPOSES = st.sampled_from([Purpose.SERVICE, Purpose.RESEARCH])
LEDGERS = st.lists(
    st.builds(
        Grant,
        id=IDS,
        recipient=st.sampled_from([CLINIC, OTHER]),
        purpose=PURPOSES,
        classes=st.frozensets(st.sampled_from(AccessClass)),
        manner=st.sampled_from(Manner),
        from_ms=st.integers(0, 5),
        until_ms=st.integers(0, 9),
        saw=st.frozensets(IDS),
    )
    | st.builds(Revoke, IDS, st.sampled_from([CLINIC, OTHER]), st.none() | PURPOSES),
    max_size=6,
)


@given(LEDGERS, st.integers(0, 9))
def test_the_order_of_the_ledger_never_matters(ledger: list[Consent], now_ms: int) -> None:
    shuffled = sorted(ledger, key=repr)
    for access in AccessClass:
        one = effective(ledger, CLINIC, access, Purpose.SERVICE, now_ms)
        other = effective(shuffled, CLINIC, access, Purpose.SERVICE, now_ms)
        assert (one is None) == (other is None)


@given(LEDGERS, st.integers(0, 9))
def test_one_more_revocation_never_opens_anything(ledger: list[Consent], now_ms: int) -> None:
    revoked = [*ledger, Revoke(b"new", CLINIC)]
    assert effective(revoked, CLINIC, A, Purpose.SERVICE, now_ms) is None
    before = set(map(repr, lasting(ledger, now_ms)))
    assert set(map(repr, lasting(revoked, now_ms))) <= before


def test_every_fault_of_a_consent_is_said_at_once() -> None:
    to = consent_form.To("柳湾社区中心", ((OTHER, "一队"),), ours=False, explained=False)
    typed = {
        "team": ["facility"], "purpose": ["service"], "classes": ["A"], "manner": ["copy"],
        "duration": ["own"], "own": ["2026-11-01"],
    }  # fmt: skip
    now = 1_795_312_800_000  # November 2026
    faults = consent_form.read(to, typed, now).faults
    assert sorted(each.field for each in faults) == ["own", "team"]
    without = {name: told for name, told in typed.items() if name != "purpose"}
    faults = consent_form.read(to, without, now).faults
    assert sorted(each.field for each in faults) == ["own", "purpose", "team"]
    missing = consent_form.read(to, typed | {"own": [""]}, now).faults
    assert sorted(each.field for each in missing) == ["own", "team"]
    good_ = typed | {"team": [OTHER.hex()], "own": ["2026-12-01"]}
    assert consent_form.read(to, good_, now).faults == ()
