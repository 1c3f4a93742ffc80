"""docs/FORMS.md is what strangers build forms from: it is held to the forms of the code."""

import re

import pytest

from server.records.kinds import KINDS
from server.records.model import Kind, ListOf
from sync.policy import Policy
from tests.forms_page import PAGE, page, rule_of, type_of

EVERY = pytest.mark.parametrize("kind", KINDS.values(), ids=lambda each: each.id)


def part(kind: Kind) -> str:
    """The page's part about one kind and version."""
    after = page().partition(f"## `{kind.id}` version {kind.version}: ")[2]
    return after.partition("\n## ")[0]


def test_the_page_is_what_the_forms_say_today() -> None:
    assert PAGE.read_text("utf-8") == page(), "run: python -m tests.forms_page"


@EVERY
def test_every_field_has_its_row_with_label_and_type(kind: Kind) -> None:
    text = part(kind)
    for each in kind.fields:
        assert f"| `{each.name}` | {each.label} | {type_of(each.type)} |" in text


@EVERY
def test_every_check_has_a_rule_and_its_sentence(kind: Kind) -> None:
    text = part(kind)
    for each in kind.checks:
        assert rule_of(kind, each)
        assert re.search(
            rf"^\| `{each.name}` \| .* \| {re.escape(each.sentence_zh)} \|$", text, re.MULTILINE
        )


def test_every_set_says_how_its_cells_are_named_and_what_they_hold() -> None:
    for kind in KINDS.values():
        for each in kind.fields:
            if each.policy is Policy.SET:
                key = each.type.key if isinstance(each.type, ListOf) else "code"
                assert f"| `{each.name}/{key}`: " in part(kind)


def test_a_scaled_value_is_shown_as_it_travels_and_as_people_say_it() -> None:
    weight = KINDS["htn_followup", 1].field("weight")
    assert weight is not None
    assert type_of(weight.type).startswith("scaled by 10, 200..2500 (20.0..250.0 kg)")


@EVERY
def test_no_row_of_a_table_has_a_cell_too_many(kind: Kind) -> None:
    for table in re.findall(r"(?:^\|.*\n?)+", part(kind), re.MULTILINE):
        counts = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
        assert len(counts) == 1
