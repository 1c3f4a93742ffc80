"""The vectors of what is found with a form; the tablet's app is held to the same file."""

import json
from datetime import date
from typing import Any

import pytest

from server.records.check import check
from server.records.kinds import get
from tests.vectors.generate_checks import FILE, KINDS, text

VECTORS: dict[str, Any] = json.loads(FILE.read_text("utf-8"))
FORMS = sorted(VECTORS["good"])


def body_of(case: dict[str, Any]) -> bytes:
    whole = {**VECTORS["good"][f"{case['kind']}/{case['version']}"], **case.get("set", {})}
    gone = case.get("without", ())
    return json.dumps({name: value for name, value in whole.items() if name not in gone}).encode()


def day_of(case: dict[str, Any], name: str) -> date | None:
    return date.fromisoformat(case[name]) if name in case else None


@pytest.mark.parametrize("form", FORMS)
def test_what_is_found_with_a_form_is_what_the_vectors_say(form: str) -> None:
    on, today = date.fromisoformat(VECTORS["on"]), date.fromisoformat(VECTORS["today"])
    for case in VECTORS["cases"]:
        if form != f"{case['kind']}/{case['version']}":
            continue
        found = check(
            get(case["kind"], case["version"]), body_of(case), on=on, today=today,
            sex=case.get("sex"), birth=day_of(case, "birth"), died=day_of(case, "died"),
        )  # fmt: skip
        told = [[each.field, each.code.value, each.sentence_zh, each.warn] for each in found]
        assert told == case["faults"], case


def test_every_check_between_fields_is_broken_by_a_vector() -> None:
    told = {
        (case["kind"], case["version"], place, sentence)
        for case in VECTORS["cases"]
        for place, _, sentence, _ in case["faults"]
    }
    for kind in KINDS:
        for each in kind.checks:
            assert (kind.id, kind.version, each.place(), each.sentence_zh) in told, each.name


def test_the_good_body_of_every_form_has_no_fault() -> None:
    plain = [case for case in VECTORS["cases"] if case.keys() == {"kind", "version", "faults"}]
    assert [case for case in plain if case["faults"]] == []
    assert len(plain) == len(KINDS)


def test_the_vectors_are_those_of_the_catalogue() -> None:
    assert FILE.read_text("utf-8") == text(), "python -m tests.vectors.generate_checks"
