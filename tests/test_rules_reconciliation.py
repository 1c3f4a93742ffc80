"""S003-5(8), S004-3(7)-a: one person in two systems, what that means and what comes next."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest

from server.records.sheet_columns import REGISTERED
from server.records.sheet_registered import Standing, read_registered
from server.rules.reconciliation import (
    Finding,
    Registration,
    Step,
    Unlike,
    compare,
    per_mille,
    registered_here,
)

QINGHE, LIUWAN = b"q" * 16, b"l" * 16
ACTIVE = Registration(Standing.ACTIVE, QINGHE)


@dataclass(frozen=True, slots=True)
class Entry:
    kind: str
    on: date
    body: Mapping[str, Any] = field(default_factory=dict[str, Any])


def test_who_is_in_both_and_said_alike_needs_nothing() -> None:
    found = compare(Registration(Standing.ACTIVE), ACTIVE, has_archive=True)
    assert (found.finding, found.step) == (Finding.BOTH, Step.NOTHING)


@pytest.mark.parametrize(("has_archive", "step"), [(True, Step.WRITE_HERE), (False, Step.FIND)])
def test_who_is_only_there_is_registered_here_or_looked_for(has_archive: bool, step: Step) -> None:
    found = compare(Registration(Standing.ACTIVE), None, has_archive=has_archive)
    assert (found.finding, found.step) == (Finding.ONLY_THERE, step)


@pytest.mark.parametrize("standing", [Standing.DEAD, Standing.MOVED, Standing.CLOSED])
def test_what_has_ended_in_its_only_system_needs_nothing(standing: Standing) -> None:
    there = compare(Registration(standing), None, has_archive=False)
    here = compare(None, Registration(standing), has_archive=True)
    assert (there.step, here.step) == (Step.NOTHING, Step.NOTHING)


def test_who_is_only_here_is_registered_there() -> None:
    found = compare(None, ACTIVE, has_archive=True)
    assert (found.finding, found.step) == (Finding.ONLY_HERE, Step.REGISTER_THERE)


@pytest.mark.parametrize(
    ("there", "unlike", "step"),
    [
        (Registration(Standing.DEAD), {Unlike.STANDING}, Step.END_HERE),
        (Registration(Standing.LOST), {Unlike.STANDING}, Step.ASK),
        (Registration(Standing.ACTIVE, LIUWAN), {Unlike.FACILITY}, Step.ASK),
        (Registration(Standing.MOVED, LIUWAN), set(Unlike), Step.END_HERE),
    ],
)
def test_what_differs_is_named(there: Registration, unlike: set[Unlike], step: Step) -> None:
    found = compare(there, ACTIVE, has_archive=True)
    assert (found.finding, found.step, set(found.unlike)) == (Finding.DIFFERS, step, unlike)


@pytest.mark.parametrize(
    ("what", "kind", "body", "standing"),
    [
        ("registered_smd", "smd_followup", {}, Standing.ACTIVE),
        ("registered_smd", "smd_followup", {"lost_reason": "9"}, Standing.DEAD),
        ("registered_smd", "smd_followup", {"lost_reason": "2"}, Standing.MOVED),
        ("registered_smd", "smd_followup", {"lost_reason": "6"}, Standing.LOST),
        ("registered_tb", "tb_followup", {"stop_reason": "1"}, Standing.CLOSED),
        ("registered_tb", "tb_followup", {"stop_reason": "2"}, Standing.DEAD),
        ("registered_tb", "tb_followup", {"lost_reason": "3"}, Standing.MOVED),
        ("registered_vaccination", "vaccination", {}, Standing.ACTIVE),
        ("registered_infectious", "infectious_report", {}, Standing.ACTIVE),
    ],
)
def test_the_last_record_says_how_somebody_stands_here(
    what: str, kind: str, body: dict[str, str], standing: Standing
) -> None:
    first = Entry(REGISTERED[what][0], date(2024, 3, 1))
    last = Entry(kind, date(2026, 1, 2), body)
    found = registered_here(what, [last, first], {}, life="usual", facility=QINGHE)
    assert found == Registration(standing, QINGHE, "2024-03-01")


@pytest.mark.parametrize(
    ("life", "standing"), [("dead", Standing.DEAD), ("moved_out", Standing.MOVED)]
)
def test_the_life_of_the_archive_outweighs_the_last_record(life: str, standing: Standing) -> None:
    visit = Entry("smd_followup", date(2026, 1, 2))
    found = registered_here("registered_smd", [visit], {}, life=life, facility=None)
    assert found is not None
    assert found.standing is standing


def test_a_mark_on_the_archives_own_page_registers_and_another_condition_does_not() -> None:
    marked = {"special_group_restricted": frozenset({"5"})}
    visit = Entry("tb_first", date(2026, 1, 2))
    smd = registered_here("registered_smd", [visit], marked, life="usual", facility=None)
    assert smd == Registration(Standing.ACTIVE)
    assert registered_here("registered_smd", [visit], {}, life="usual", facility=None) is None


@pytest.mark.parametrize(
    ("word", "standing"),
    [
        ("在管", Standing.ACTIVE), ("", Standing.ACTIVE), ("已死亡", Standing.DEAD),
        ("失 访", Standing.LOST), ("迁出", Standing.MOVED), ("已结案", Standing.CLOSED),
    ],
)  # fmt: skip
def test_how_a_registration_stands_is_read_by_its_words(word: str, standing: Standing) -> None:
    columns = {0: "@name", 1: "@id_no", 2: "@state"}
    cells = ("周谷雨", "371002195503120021", word)
    read, found = read_registered(cells, {}, columns, today=date(2026, 11, 20))
    assert (read.refusals, found) == ([], standing)


def test_the_share_of_a_thousand_is_exact_and_none_without_people() -> None:
    assert per_mille(2_010, 478_600) == 419
    assert per_mille(2_011, 478_600) == 420
    assert per_mille(0, 0) is None
