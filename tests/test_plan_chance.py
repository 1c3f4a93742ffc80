"""Whatever is on record of a child, a mother, a patient: what holds of every plan (P26 to P54)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from itertools import groupby
from random import Random
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from server.rules.plan import children, mental, mothers, tuberculosis, vaccines
from server.rules.plan.engine import plan_of
from server.rules.plan.model import Facts, Item, Record
from server.rules.plan.table import reason_text, rules
from tests.plan_people import doing

MINE: Final = {
    **children.MAKERS, **mothers.MAKERS, **mental.MAKERS, **tuberculosis.MAKERS, **vaccines.MAKERS,
}.keys()  # fmt: skip
FIRST: Final = date(2019, 12, 1)
YEARS: Final = range(2019, 2031)

_ANSWERS: Final[dict[str, dict[str, list[Any]]]] = {
    "newborn_visit": {
        "birth_weight": [180, 250, 320], "gest_week": [35, 39], "eye": ["1"],
        "referral": ["1", "2"],
    },
    "child_check": {
        "age_slot": ["1m", "3m", "6m", "8m", "12m", "24m", "36m", "4y"], "referral": ["1", "2"],
        "hb": [1150], "hearing": ["1"], "eye_care": ["1"], "vision_l": [48], "vision_r": [48],
    },
    "child_tcm": {"month": ["6", "12", "24"]},
    "vaccination": {"vaccine": ["hepb", "bcg", "ipv", "bopv", "dtap", "dt", "mmr", "jel", "mpsva",
                                "mpsvac", "hepal", "2vhpv"]},
    "antenatal_first": {"gest_week": [7, 12], "gest_day": [0, 4]},
    "antenatal_next": {"gest_week": [17, 23, 30, 38], "kind": ["1", "2"]},
    "postpartum_visit": {"delivery_date": ["2021-02-28", "2024-02-29"]},
    "postpartum_42": {"delivery_date": ["2021-02-28", "2024-02-29"]},
    "encounter": {"icd10": [[{"code": "O03.9"}], [{"code": "O80.0"}], [{"code": "I10"}]]},
    "health_check": {},
    "smd_supplement": {"consent": ["1", "1", "1", "0"]},
    "smd_followup": {"risk": list("0124"), "class": ["1", "2", "3"], "mode": ["1", "2", "3"]},
    "tb_first": {"supervisor": ["1", "2"], "patient_type": ["1", "2"]},
    "tb_followup": {
        "month_no": [1, 2, 4], "supervisor": ["1", "2"], "adr": ["1", "2"],
        "referral_result": ["好转"],
    },
    "infectious_report": {"disease": ["2600"], "case_class": ["1", "3"]},
    "referral": {"direction": ["1", "2"], "reason_restricted": ["2"], "back_date": ["2023-05-05"]},
}  # fmt: skip
_ONCE: Final = {"stop_reason": "1", "stop_date": "2023-08-01", "due_visits": 6, "done_visits": 6,
                "due_doses": 180, "done_doses": 170}  # fmt: skip


def one_of(rng: Random, kind: str, number: int) -> Record:
    """A record with answers by chance, on one of few days so that many share one."""
    body = {
        name: rng.choice(answers)
        for name, answers in _ANSWERS[kind].items()
        if rng.random() < 0.8 or name in ("vaccine", "age_slot", "month", "delivery_date")
    }
    if kind == "tb_followup" and rng.random() < 0.1:
        body |= _ONCE
    if rng.random() < 0.1:
        body["lost_reason"] = "4"
    on = FIRST + timedelta(days=rng.choice((rng.randrange(60), rng.randrange(3000))))
    return Record(number.to_bytes(16), kind, on, body)


def somebody(seed: int, kinds: tuple[str, ...] = tuple(_ANSWERS)) -> Facts:
    rng = Random(seed)
    marks = {
        name: frozenset({code})
        for name, code in (("special_group_restricted", "5"), ("fam_mother_restricted", "10"))
        if rng.random() < 0.3
    }
    records = [one_of(rng, rng.choice(kinds), n) for n in range(1, rng.randrange(2, 45))]
    facts = Facts(
        True, rng.choice((None, FIRST, date(2020, 2, 29), date(2019, 12, 31), date(2011, 12, 1))),
        rng.choice(("1", "2", "")), rng.choice((None, date(2020, 6, 1))), marks,
    )  # fmt: skip
    for each in records:
        facts = doing(facts, each)
    return facts


def mine(facts: Facts, year: int) -> list[Item]:
    return [each for each in plan_of(facts, year).items if each.rule in MINE]


def touches(item: Item, year: int) -> bool:
    last = item.closes or item.done_on or date.max
    return item.opens <= date(year, 12, 31) and last >= date(year, 1, 1)


SEEDS: Final = st.integers(0, 2**32)
often: Callable[..., Any] = settings(max_examples=60, deadline=None)


@often
@given(SEEDS)
def test_an_item_has_a_name_of_its_own_days_in_order_and_a_reason(seed: int) -> None:
    facts = somebody(seed)
    known = {each.id: each for each in facts.records}
    for year in YEARS:
        items = mine(facts, year)
        assert len({each.key for each in items}) == len(items)
        for each in items:
            assert each.opens <= each.due <= (each.closes or date.max), each.key
            assert touches(each, year), each.key
            assert each.because == tuple(one for one in each.because if one in known)
            assert reason_text(rules()[each.rule], each.why, each.given)
            assert (each.done is None) == (each.done_on is None)
            if each.done is not None:
                assert known[each.done].kind in each.kinds or each.rule == "P46"


@often
@given(SEEDS)
def test_what_is_of_class_b_is_never_in_an_open_item(seed: int) -> None:
    facts = somebody(seed)
    for year in YEARS:
        for each in mine(facts, year):
            if rules()[each.rule].cls == "B":
                assert each.cls == "B"
            else:
                assert each.cls == "A" or each.slot == "hepb-extra"


RESTRICTED: Final = ("smd_supplement", "smd_followup", "tb_first", "tb_followup",
                     "infectious_report")  # fmt: skip


@often
@given(SEEDS)
def test_the_open_items_are_those_of_somebody_of_whom_nothing_restricted_is_known(
    seed: int,
) -> None:
    facts = somebody(seed)
    kept = (
        each
        for each in facts.records
        if each.kind not in RESTRICTED and "reason_restricted" not in each.body
    )
    bare = replace(facts, values={}, records=tuple(kept))
    for year in YEARS:
        assert [each for each in mine(facts, year) if each.cls == "A"] == mine(bare, year)


@often
@given(SEEDS, st.randoms(use_true_random=False))
def test_a_plan_does_not_hang_on_the_order_of_the_records_of_a_day(seed: int, rng: Random) -> None:
    facts = somebody(seed)
    mixed: list[Record] = []
    for _, day_of in groupby(facts.records, key=lambda each: each.on):
        records = list(day_of)
        rng.shuffle(records)
        mixed += records
    for year in YEARS:
        assert mine(facts, year) == mine(replace(facts, records=tuple(mixed)), year)


SERVICES: Final = ("child_check", "child_tcm", "newborn_visit", "vaccination", "health_check",
                   "smd_followup", "tb_followup")  # fmt: skip
"""Services; records that tell a pregnancy, a consent, a notice, an end change what is owed."""


@often
@given(SEEDS, SEEDS)
def test_a_service_more_leaves_everything_done_that_was_done(seed: int, other: int) -> None:
    facts, rng = somebody(seed), Random(other)
    more = one_of(rng, rng.choice(SERVICES), 999)
    more = replace(more, body={name: each for name, each in more.body.items() if name not in _ONCE})
    while any(each.on == more.on for each in facts.records):
        more = replace(more, on=more.on + timedelta(days=1))
    after = doing(facts, more)
    assert done_of(facts) <= done_of(after)


def done_of(facts: Facts) -> set[str]:
    return {each.key for year in YEARS for each in mine(facts, year) if each.done is not None}
