"""The exported catalogue: always the same bytes, complete, and as JSON Schema true to the forms."""

import json
import subprocess
import sys
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator, FormatChecker

from server.cli.commands import gongwei
from server.cli.kinds import whole
from server.records.check import check, hard
from server.records.export import catalogue, schema, text, told
from server.records.expression import Scope, compiled
from server.records.kinds import everything, get
from server.records.model import Code, Int, Kind, Scaled, Shape
from server.records.values import FaultCode
from tests.cast_forms import LEFT_OUT, ON, TODAY, good
from tests.source import REPOSITORY

EVENTS = [kind for kind in everything() if kind.shape is Shape.EVENT]
EVERY = pytest.mark.parametrize("kind", EVENTS, ids=lambda k: f"{k.id} {k.version}")


@cache
def judge_of(kind: Kind) -> Draft202012Validator:
    return Draft202012Validator(schema(kind), format_checker=FormatChecker())


def valid(kind: Kind, body: Any) -> bool:
    return next(iter(judge_of(kind).iter_errors(body)), None) is None


@pytest.mark.parametrize("kind", everything(), ids=lambda k: f"{k.id} {k.version}")
def test_each_schema_is_one_and_takes_a_good_form(kind: Kind) -> None:
    Draft202012Validator.check_schema(schema(kind))
    assert valid(kind, good(kind.id))
    assert valid(kind, {**good(kind.id), "of_a_newer_app": {"a": [1]}})
    assert not valid(kind, [])


@EVERY
def test_a_schema_says_of_single_values_what_the_check_says(kind: Kind) -> None:
    """Each field alone: left out, of another type, and at and beyond each of its bounds."""
    body = good(kind.id)
    for each in kind.fields:
        wrong: list[Any] = [True, {"x": 1}, "\u0001", 10**9]
        if isinstance(each.type, Int | Scaled):
            low, high = each.type.low, each.type.high
            assert valid(kind, {**body, each.name: low}), each.name
            assert valid(kind, {**body, each.name: high}), each.name
            wrong += [low - 1, high + 1, str(low)]
        if isinstance(each.type, Code):
            assert all(valid(kind, {**body, each.name: code}) for code in each.type.codes)
            wrong += ["no such code", 1]
        for value in wrong:
            assert not valid(kind, {**body, each.name: value}), (each.name, value)
        if each.required:
            assert not valid(kind, good(kind.id, **{each.name: LEFT_OUT})), each.name


@EVERY
def test_what_a_schema_refuses_the_check_refuses_too(kind: Kind) -> None:
    for each in kind.fields:
        changed = good(kind.id, **{each.name: LEFT_OUT})
        if valid(kind, changed):
            continue
        found = hard(check(kind, json.dumps(changed).encode(), on=ON, today=TODAY))
        assert FaultCode.MISSING in {fault.code for fault in found}, each.name


def test_a_service_that_was_not_given_needs_no_more_than_the_form_says() -> None:
    kind = get("htn_followup", 1)
    lost = {"lost_reason": "1", "lost_date": "2026-03-01"}
    assert not valid(kind, lost)
    assert valid(kind, {**lost, "doctor": good("htn_followup")["doctor"]})


def test_days_codes_and_lists_are_judged_whole() -> None:
    kind = get("dm_followup", 1)
    for name, wrong in (
        ("next_date", "2026-02-30"), ("next_date", "2026-6-8"), ("symptoms", []),
        ("symptoms", ["2", "2"]), ("symptoms", ["1", "2"]), ("doctor", "abc"),
        ("meds", [{"dose": "5mg"}]), ("meds", [{"name": "甲"}] * 5),
    ):  # fmt: skip
        assert not valid(kind, {**good("dm_followup"), name: wrong}), (name, wrong)


def test_the_catalogue_holds_every_field_check_and_definition() -> None:
    found = {(kind["id"], kind["version"]): kind for kind in whole()["kinds"]}
    assert set(found) == {(kind.id, kind.version) for kind in everything()}
    for kind in everything():
        made = found[kind.id, kind.version]
        assert [each["name"] for each in made["fields"]] == [f.name for f in kind.fields]
        assert [each["sentence"] for each in made["checks"]] == [c.sentence_zh for c in kind.checks]
        assert [each["name"] for each in made["computed"]] == [c.name for c in kind.computed]


def test_an_exported_expression_computes_what_the_form_computes() -> None:
    made = json.loads(text(told(get("elder_selfcare", 1))))
    total = next(each for each in made["computed"] if each["name"] == "selfcare_total")
    body = good("elder_selfcare")
    assert compiled(total["expression"])(Scope(body)) == body["total"]


def test_steps_and_plan_stand_beside_the_forms() -> None:
    made = whole()
    assert {"number", "row", "value"} <= set(made["next_steps"])
    assert {each["id"] for each in made["plan"]} >= {"P05", "P13", "P21"}
    restricted = [each["label"] for each in made["plan"] if each["class"] == "B"]
    assert restricted
    assert not any(word in label for label in restricted for word in ("精神", "结核"))


def test_the_hash_names_the_content_and_nothing_else_does() -> None:
    first, second = catalogue(), catalogue()
    assert text(first) == text(second)
    content = {name: value for name, value in first.items() if name != "hash"}
    plain = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    assert first["hash"] == sha256(plain).hexdigest()[:16]
    assert catalogue({"plan": []})["hash"] != first["hash"]


def test_another_process_writes_the_same_bytes(tmp_path: Path) -> None:
    made: list[bytes] = []
    for seed in ("1", "2"):
        path = tmp_path / f"{seed}.json"
        subprocess.run(
            [sys.executable, "-m", "server", "kinds", "export", "--output", str(path)],
            check=True, capture_output=True, cwd=REPOSITORY, env={"PYTHONHASHSEED": seed},
        )  # fmt: skip
        made.append(path.read_bytes())
    assert made[0] == made[1] == text(whole()).encode()


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(gongwei, ["kinds", *words])
    return done.exit_code, done.output or str(done.exception)


def test_the_command_line_lists_shows_and_exports(tmp_path: Path) -> None:
    code, listed = run("list")
    assert code == 0
    assert "htn_followup" in listed
    assert "draft" in listed
    assert len(json.loads(run("list", "--json")[1])) == len(everything())
    code, shown = run("show", "referral", "--version", "1")
    assert code == 0
    assert "2025-12-31" not in shown
    assert "转出（上转）" in shown
    assert "接诊确认" in run("show", "referral")[1]
    made = json.loads(run("export", "--json-schema", "--kind", "htn_followup")[1])
    assert made["$id"] == "urn:gongwei:htn_followup:1"
    every = json.loads(run("export", "--json-schema")[1])
    assert set(every) == {f"{kind.id}/{kind.version}" for kind in everything()}
    path = tmp_path / "one.json"
    code, said = run("export", "--kind", "dm_followup", "--output", str(path))
    assert code == 0
    assert str(path) in said
    assert json.loads(path.read_text("utf-8"))["id"] == "dm_followup"


def test_what_is_not_there_is_told_in_one_sentence(tmp_path: Path) -> None:
    for words in (("show", "nosuch"), ("show", "referral", "--version", "9")):
        code, said = run(*words)
        assert code != 0
        assert "kinds list" in said
    code, said = run("export", "--output", str(tmp_path / "no" / "where.json"))
    assert code != 0
    assert "cannot be written" in said
