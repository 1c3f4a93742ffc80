"""The clauses of the documents: the trace as data, no citation of one that is not there, and the
page that says who serves each.
"""

import re

import pytest

from server.rules.clauses import cited_in, clauses, parts_of
from server.rules.districts import all_districts, table
from tests.clauses_page import PAGE, TRACED, page, places, unknown
from tests.source import REPOSITORY


def test_the_trace_has_every_clause_of_the_five_documents() -> None:
    every = clauses()
    assert len(every) == 195
    assert {each[:4] for each in every} == {"S000", "S001", "S002", "S003", "S004"}
    assert {each.level for each in every.values()} == {"must", "should"}
    assert sum(each.component == "records" for each in every.values()) == 25
    assert sum(each.component == "plan" for each in every.values()) == 24
    assert all(each.requirement and each.id.endswith(each.clause) for each in every.values())


def test_no_file_cites_a_clause_that_no_document_has() -> None:
    assert unknown() == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("by the day (S003-5(7)-b).", ["S003-5(7)-b"]),
        ("S000-art11¶3-a, S000-art14¶1;", ["S000-art11¶3-a", "S000-art14¶1"]),
        ("S003-6(4); S001-9-b", ["S003-6(4)", "S001-art9-b"]),
        ("(S000-11)", ["S000-art11"]),
        ("S003-5(1)-b S003-ax2.", ["S003-5(1)-b", "S003-ax2"]),
        ("no clause: S3-5, SS003-5", []),
    ],
)
def test_a_clause_is_found_in_a_sentence_as_it_is_written(text: str, found: list[str]) -> None:
    assert list(cited_in(text)) == found


def test_a_clause_that_has_parts_means_them_all_and_a_wrong_one_none() -> None:
    assert parts_of("S003-5(7)") == tuple(f"S003-5(7)-{each}" for each in "abcd")
    assert parts_of("S003-5(9)") == ("S003-5(9)",)
    assert parts_of("S000-art11") == tuple(each for each in clauses() if "S000-art11¶" in each)
    for wrong in ("S003-5(99)", "S003-", "S000-art1", "S009-1", "default", ""):
        assert parts_of(wrong) == ()


def test_the_page_is_what_the_code_says_today() -> None:
    assert PAGE.read_text("utf-8") == page(), "run: python -m tests.clauses_page"


def test_every_clause_stands_on_the_page_once() -> None:
    lines = page().splitlines()
    for each in clauses():
        assert sum(line.startswith(f"| {each} |") for line in lines) == 1


def test_a_clause_of_records_or_plan_is_served_and_held_or_said_to_be_not_yet() -> None:
    for line in page().splitlines():
        cells = [each.strip() for each in line.split(" | ")]
        named = clauses().get(cells[0].removeprefix("| "))
        if named is None or named.component not in TRACED:
            continue
        served = cells[3]
        if served.startswith("not yet"):
            assert not places().get(named.id) or not places()[named.id].code
        else:
            for each in served.partition(". Not yet: ")[0].split(", `"):
                assert (REPOSITORY / each.strip("`").partition(" ")[0]).is_file(), each


def test_a_number_in_a_table_alone_serves_nobody() -> None:
    for clause, at in places().items():
        if not at.code and clauses()[clause].component in TRACED:
            assert any(
                line.startswith(f"| {clause} |") and "| not yet" in line
                for line in page().splitlines()
            )


def test_the_parameters_that_contradictions_are_answered_with_stand_in_the_tables() -> None:
    text = page().partition("| # | contradiction | here |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| (C[0-9]+) \|", text, re.MULTILINE) == [f"C{n}" for n in range(1, 13)]
    named = set(re.findall(r"`([a-z]+\.[A-Za-z0-9_]+)`", text))
    tables = [table(code, 2026).values for code in all_districts()]
    numbers = set(all_districts()["371002"].clauses)
    assert len(named) > 6
    for name in named:
        section, _, key = name.partition(".")
        assert key in numbers or any(name in values for values in tables), (section, name)
