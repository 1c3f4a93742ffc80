"""Whatever is on record of an adult: what holds of every plan (P01 to P25, P52, P60, P62)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from itertools import groupby
from random import Random
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from server.rules.plan import chronic, elders, people
from server.rules.plan.engine import plan_of
from server.rules.plan.groups import groups_of, until
from server.rules.plan.model import Facts, Item, Record
from server.rules.plan.table import reason_text, rules
from tests.cast_forms import LEFT_OUT, good
from tests.plan_people import doing, person

MINE: Final = {**people.MAKERS, **chronic.MAKERS, **elders.MAKERS}.keys()
FIRST: Final = date(2024, 1, 1)
YEARS: Final = range(2023, 2030)
DAY: Final = timedelta(days=1)
_PRESSURE: Final[dict[str, list[Any]]] = {
    "sbp": [118, 134, 146, 152, 168, 184], "dbp": [76, 86, 92, 112], "mode": ["1", "2", "3"],
    "class": ["1", "2", "3", "4"], "adr": ["1", "2"], "referral_org": [LEFT_OUT, "区医院"],
    "next_date": ["2024-03-01", "2025-01-15", "2026-02-28"],
}  # fmt: skip
_ANSWERS: Final[dict[str, dict[str, list[Any]]]] = {
    "htn_followup": _PRESSURE,
    "dm_followup": {**_PRESSURE, "fpg": [38, 61, 75, 168], "dorsalis": ["1", LEFT_OUT]},
    "copd_followup": {"level": ["1", "2", "3"], "mode": ["1", "3"], "spo2": [86, 97]},
    "health_check": {
        "assessment": ["1", "2"], "guidance": [["1"], ["2"], ["3"], LEFT_OUT],
        "elder_cognition": ["1", "2", LEFT_OUT], "feedback_date": ["2024-05-05", LEFT_OUT],
        "hba1c": [58, LEFT_OUT], "bp_l_sys": [128, 150], "temp": [365, LEFT_OUT],
    },
    "elder_tcm": {"q5": ["1", LEFT_OUT]},
    "elder_selfcare": {},
    "disabled_check": {"cmp_3y": ["1", LEFT_OUT]},
    "referral": {
        "direction": ["1", "2"], "reason": ["1", "6"], "back_date": [LEFT_OUT, "2025-03-03"],
        "reason_restricted": [LEFT_OUT, "2"],
    },
    "encounter": {"sbp": [128, 144], "dbp": [78, 94]},
    "fd_contract": {
        "begin": ["2024-02-29", "2025-03-01"], "end": ["2025-02-28", "2026-02-28", "2027-12-31"],
        "state": ["1", "2", "3", "4"], "agreement_no": ["A", "B", "C"],
    },
    "smd_followup": {"diet": ["1", "3"]},
}  # fmt: skip
_RESTRICTED: Final = ("smd_followup",)


def one_of(rng: Random, number: int) -> Record:
    """A record with answers by chance, on one of few days so that many share one."""
    kind = rng.choice(list(_ANSWERS))
    changes = {name: rng.choice(answers) for name, answers in _ANSWERS[kind].items()}
    if rng.random() < 0.1:
        changes["lost_reason"] = "4"
    on = FIRST + timedelta(days=rng.choice((rng.randrange(30), rng.randrange(1400))))
    body = good(kind, **changes)
    hidden = kind == "encounter" and rng.random() < 0.3
    cls = "B" if kind in _RESTRICTED or hidden or "reason_restricted" in body else "A"
    return Record(number.to_bytes(16), kind, on, body, cls)


def somebody(seed: int) -> Facts:
    rng = Random(seed)
    born = rng.choice(("1950-02-28", "1960-02-29", "1960-12-31", "1990-06-30", "1970-01-01"))
    values: dict[str, Any] = {
        "hx_disease": frozenset(rng.sample("12345", rng.randrange(4))),
        "special_group": frozenset(rng.sample(["2", "3", "4", "9"], rng.randrange(3))),
    }
    if rng.random() < 0.2:
        values["disability_cert"] = "37100219700101001162"
    since = rng.choice((None, "2020-01-01", "2024-08-31", "2026-02-28"))
    facts = person(born=born, sex=rng.choice("12"), since=since, **values)
    for number in range(1, rng.randrange(2, 30)):
        facts = doing(facts, one_of(rng, number))
    return facts


def mine(facts: Facts, year: int) -> list[Item]:
    return [each for each in plan_of(facts, year).items if each.rule in MINE]


SEEDS: Final = st.integers(0, 2**32)
often: Callable[..., Any] = settings(max_examples=80, deadline=None)


@often
@given(SEEDS)
def test_an_item_has_a_name_of_its_own_days_in_order_and_a_reason(seed: int) -> None:
    facts = somebody(seed)
    known = {each.id: each for each in facts.records}
    for year in YEARS:
        items = mine(facts, year)
        assert len({each.key for each in items}) == len(items)
        for each in items:
            last = each.closes or each.done_on or date.max
            assert each.opens <= each.due <= (each.closes or date.max), each.key
            assert each.opens <= date(year, 12, 31), each.key
            assert max(last, each.opens) >= date(year, 1, 1), each.key
            assert "{" not in reason_text(rules()[each.rule], each.why, each.given)
            assert (each.done is None) == (each.done_on is None)
            assert each.done is None or known[each.done].on == each.done_on


@often
@given(SEEDS)
def test_an_open_item_rests_on_open_records_alone(seed: int) -> None:
    facts = somebody(seed)
    restricted = {each.id for each in facts.records if each.cls == "B"}
    for year in YEARS:
        for each in mine(facts, year):
            if each.cls == "A":
                assert restricted.isdisjoint(each.because), each.key
                assert each.done not in restricted, each.key


@often
@given(SEEDS)
def test_an_item_that_two_years_know_is_the_same_in_both(seed: int) -> None:
    facts = somebody(seed)
    seen: dict[str, Item] = {}
    for year in YEARS:
        for each in mine(facts, year):
            if each.rule != "P01":  # an archive of an unknown day is as old as the year
                assert seen.setdefault(each.key, each) == each


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
        assert plan_of(facts, year) == plan_of(replace(facts, records=tuple(mixed)), year)


@often
@given(SEEDS)
def test_nothing_changes_between_two_days_on_which_somebody_has_to_look(seed: int) -> None:
    facts = somebody(seed)
    on = date(2026, 1, 1)
    while on.year == 2026:
        change = until(facts, on)
        assert on < change <= date(2027, 1, 1)
        spells = groups_of(facts, 2026).values()
        edges = {each.since for each in spells} | {each.until for each in spells if each.until}
        assert not any(on < edge < change for edge in edges)
        on = change
