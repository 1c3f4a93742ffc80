"""What follows from a record, by the table and by the vectors that the tablet's app passes too."""

import json
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from server.records.model import AccessClass
from server.rules.clauses import clauses
from server.rules.next_step import Level, Refer, Step, kinds, numbers, rows, step_after, steps_after
from server.rules.next_step_model import StepsBroken
from server.rules.next_step_table import parse, table
from tests.cast_forms import good

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "vectors" / "next_steps.json").read_text("utf-8")
)


def steps_of(case: Mapping[str, Any]) -> tuple[Step, ...]:
    return steps_after(
        case["kind"], case["body"], date.fromisoformat(case["on"]), last=case.get("last"),
        known=case.get("known"), numbers=case.get("numbers"),
    )  # fmt: skip


def said(step: Step) -> dict[str, Any]:
    return {
        "row": step.row, "level": step.level.value, "refer": step.refer.value,
        "due": step.due.isoformat() if step.due else None, "rule": step.rule,
        "clause": step.clause, "class": step.cls, "reasons": list(step.reasons),
    }  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[each["name"] for each in CASES])
def test_the_vectors_hold(case: dict[str, Any]) -> None:
    assert [said(each) for each in steps_of(case)] == case["steps"]


def test_every_row_is_hit_by_a_vector() -> None:
    hit = {step["row"] for case in CASES for step in case["steps"]}
    assert {each["id"] for each in rows()["row"]} - hit == set()


def test_every_reason_and_every_note_is_said_by_a_vector() -> None:
    told = "\n".join(text for case in CASES for step in case["steps"] for text in step["reasons"])
    sentences = [each["text"] for row in rows()["row"] for each in row["reasons"]]
    sentences += [each["text"] for each in rows()["note"]]
    unsaid = [text for text in sentences if longest_fixed_part(text) not in told]
    assert unsaid == []


def longest_fixed_part(text: str) -> str:
    parts = [piece.split("}")[-1] for piece in text.split("{")]
    return max(parts, key=len)


def test_every_step_gives_a_reason_a_rule_and_a_clause() -> None:
    for case in CASES:
        for step in steps_of(case):
            assert step.reasons
            assert step.basis
            assert step.rule.startswith("P")
            assert step.clause == "default" or step.clause in clauses()


def test_every_good_form_of_a_followed_kind_has_a_next_step() -> None:
    for kind in kinds() - {"restricted_part", "encounter"}:
        assert step_after(kind, good(kind), date(2026, 3, 10)) is not None, kind


def test_a_kind_without_a_table_has_none() -> None:
    assert step_after("elder_tcm", good("elder_tcm"), date(2026, 3, 10)) is None


def test_of_several_things_the_gravest_is_the_step() -> None:
    body = good("health_check", symptoms=["7"], bp_l_sys=190)
    found = steps_after("health_check", body, date(2026, 3, 10))
    assert [each.row for each in found] == ["check_crisis_pressure", "check_cough"]
    step = step_after("health_check", body, date(2026, 3, 10))
    assert step is not None
    assert step.level is Level.EMERGENCY


def test_advice_that_tells_a_restricted_fact_is_of_class_b() -> None:
    for kind, page in table().pages.items():
        for row in page.rows:
            restricted = page.kind.access is AccessClass.B
            tells = row.refer_as is not None and row.refer_as[0] == "reason_restricted"
            assert row.cls == ("B" if restricted or tells else "A"), (kind, row.id)


def test_who_is_referred_is_referred_for_a_reason_the_referral_knows() -> None:
    for page in table().pages.values():
        for row in page.rows:
            assert (row.refer is Refer.NO) == (row.refer_as is None)


def test_the_numbers_of_the_table_can_be_the_districts() -> None:
    at_goal = good("htn_followup", sbp=138, dbp=84)
    step = step_after("htn_followup", at_goal, date(2026, 3, 10), numbers={"P07.days": 60})
    assert step is not None
    assert step.due == date(2026, 5, 9)
    assert numbers()["P07.days"].value == 90


def test_answers_that_are_missing_break_nothing() -> None:
    for kind in kinds():
        for name in good(kind):
            body = {key: value for key, value in good(kind).items() if key != name}
            for step in steps_after(kind, body, date(2026, 3, 10), last=body, known={}):
                assert all("None" not in text for text in step.reasons)


# A table that cannot be used is named with file and line.

ROW = """
[basis]
htn_followup = "a source"

[[row]]
kinds = ["htn_followup"]
id = "one"
when = [">=", ["field", "sbp"], 180]
level = "emergency"
refer = "now"
refer_as = { reason = "5" }
rule = "P10"
clause = "default"
reasons = [{ text = "{sbp}" }]
"""


def test_a_small_table_is_fine() -> None:
    assert [row.id for row in parse({"a.toml": ROW}).pages["htn_followup"].rows] == ["one"]


@pytest.mark.parametrize(
    ("of", "to", "why"),
    [
        ('kinds = ["htn_followup"]', 'kinds = ["htn"]', "a.toml:5: one: there is no form htn"),
        ('kinds = ["htn_followup"]', "kinds = []", "a.toml:5: one: names no kind"),
        (
            'kinds = ["htn_followup"]',
            'kinds = ["basic_info"]',
            "a.toml:5: one: basic_info is no record of a resident",
        ),
        (
            '["field", "sbp"]',
            '["field", "spb"]',
            'a.toml:5: one: ["field", "spb"]: htn_followup knows nothing of that name',
        ),
        (
            '["field", "sbp"]',
            '["number", "P99.x"]',
            'a.toml:5: one: ["number", "P99.x"]: htn_followup knows nothing of that name',
        ),
        (
            '["field", "sbp"]',
            '["known", "worked"]',
            'a.toml:5: one: ["known", "worked"]: htn_followup knows nothing of that name',
        ),
        (
            '{ text = "{sbp}" }',
            '{ text = "{spb}" }',
            'a.toml:5: one: ["field", "spb"]: htn_followup knows nothing of that name',
        ),
        ('{ text = "{sbp}" }', '{ text = "{sbp" }', "a.toml:5: one: a brace without its other"),
        ('[{ text = "{sbp}" }]', "[]", "a.toml:5: one: gives no reason"),
        ('">="', '"=>"', "a.toml:5: one: /=>: there is no such operation"),
        ('"emergency"', '"soon"', "a.toml:5: one: 'soon' is not a valid Level"),
        ('"now"', '"later"', "a.toml:5: one: 'later' is not a valid Refer"),
        ('"now"', '"no"', "a.toml:5: one: refer_as is given where somebody is referred"),
        ('reason = "5"', 'reason = "77"', "a.toml:5: one: the referral has no answer 77 to reason"),
        (
            'reason = "5"',
            'reason_restricted = "2"',
            "a.toml:5: one: a restricted reason is for a row of class B",
        ),
        ('"default"', '"somewhere"', "a.toml:5: one: write a clause id"),
        ('"P10"', '"10"', "a.toml:5: one: a rule is P and two digits"),
        ('rule = "P10"\n', "", "a.toml:5: one: 'rule' is missing"),
        ('rule = "P10"', 'rule = "P10"\ncolour = "red"', "a.toml:5: one: colour is not known here"),
        ('rule = "P10"', 'rule = "P10"\ndue_days = 0', "a.toml:5: one: a span is a whole number"),
        ('htn_followup = "a source"', "", "a.toml:1: htn_followup has rows and no basis"),
        ("[basis]", "[basics]", "a.toml:1: basics is not known here"),
        ("[basis]", "[basis", "a.toml: is no TOML"),
    ],
)
def test_a_broken_table_is_named_with_its_line(of: str, to: str, why: str) -> None:
    assert of in ROW
    with pytest.raises(StepsBroken, match=f"^{re.escape(why)}"):
        parse({"a.toml": ROW.replace(of, to, 1)})


def test_a_row_or_a_number_is_there_once() -> None:
    with pytest.raises(StepsBroken, match=r"a.toml:15: one: is there twice"):
        parse({"a.toml": ROW + ROW[ROW.index("[[row]]") :]})
    number = '[number."P01.x"]\nvalue = 1\nlabel = "x"\nclause = "default"\n'
    with pytest.raises(StepsBroken, match=r"b.toml:1: the number P01.x is there twice"):
        parse({"a.toml": number + ROW, "b.toml": number})
