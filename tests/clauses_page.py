"""docs/CLAUSES.md: which clause of the five documents is served where, made from the code.

A place serves a clause when the clause's id stands in it: in a docstring, a comment, or beside the
rule or the row in a table. `python -m tests.clauses_page` writes the page again;
tests/test_clauses.py holds it to the code.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

from server.rules.clauses import Clause, cited_in, clauses, parts_of
from tests.clauses_contradictions import CONTRADICTIONS
from tests.source import REPOSITORY

PAGE: Final = REPOSITORY / "docs" / "CLAUSES.md"
CODE: Final = ("crypto", "sync", "server", "resident_portal")
TABLES: Final = "server/rules/districts/"
"""A number that stands in a district's table serves nobody yet: it is listed apart."""

TRACED: Final = ("records", "plan")
NOT_PLACES: Final = frozenset(
    {
        "server/rules/clauses.py", "server/rules/clauses.csv", "server/rules/plan/table.py",
        "tests/clauses_page.py", "tests/test_clauses.py",
    }
)  # fmt: skip
"""They speak of clauses as such, or show how one is cited."""

TESTS: Final = ("tests/test_plan", "tests/test_next_step")
PARTLY: Final = {
    "S000-art12(1)": "what residents fill in waits for the resident portal",
    "S001-art8": "of the contract as a way to serve only its renewal is owed so far",
    "S001-art9-b": "the check before paying belongs to the settlement",
    "S003-5(1)-a": "residents' own entries wait for the resident portal",
    "S003-5(8)": "the share managed is not counted",
    "S003-5(9)": "its two rates are not counted",
    "S003-5(10)": "its two rates are not counted",
    "S003-5(11)": "the share reported is not counted",
    "S002-ax2-lead-2": "a community's own plan of work is not kept here",
    "S003-2(2)": "the bodies that run these projects have systems of their own",
    "S003-8(6)": "a team answers, and within it nobody is named for an item",
    "S003-6(1)": "there is no supplement form",
    "S004-3(2)": "films are not kept, pictures are",
    "S004-3(6)-a": "teams of both diseases are no more than teams",
    "S004-3(10)": "triage and the duty of the first doctor are not asked",
}
"""What of a clause is still missing, where it is served in part or nobody serves it."""

_RULE_ID: Final = re.compile(r"\bP[0-9]{2}\b")
_RULE: Final = re.compile(r'^id = "(P[0-9]{2})"$', re.MULTILINE)
_FIGURE: Final = re.compile(r"\.(py|toml|j2|md|css|js)$")

_ABOVE: Final = """# The clauses and who serves them

The project answers to five policy documents; server/rules/clauses.csv has what each clause asks, in
our own words. Made from the code by `python -m tests.clauses_page`, never by hand: a clause is
served where its id stands, in a docstring, a comment or beside a rule, and held by the tests that
name it, or that ask for the plan's rules it stands beside. *Not yet* is meant as it is said. A
number in a district's table is listed apart: it stands there with its clause, and serves nobody by
itself.

## Records and the service plan
"""
_BETWEEN: Final = """
## Where the documents contradict each other, or themselves

Each needed a number or a decision; it stands where a county can change it.

| # | contradiction | here |
|---|---|---|"""
_OTHERS: Final = """
## The other components

Shorter: which files name the clause, and which clauses stand only as a number in a district's
table. A dash says that no place in the code names it: most of that is work still ahead.
"""


@dataclass(slots=True)
class Places:
    """Where a clause is cited: files of the repository, in order."""

    code: list[str] = field(default_factory=list[str])
    tables: list[str] = field(default_factory=list[str])
    tests: list[str] = field(default_factory=list[str])
    rules: dict[str, list[str]] = field(default_factory=dict[str, list[str]])

    def served(self) -> list[str]:
        """The files, each with the rules of the plan that stand beside the clause."""
        return [
            f"{name} ({', '.join(self.rules[name])})" if name in self.rules else name
            for name in self.code
        ]


def sources() -> Iterator[Path]:
    """Every file that may serve a clause or hold it to a test."""
    for room in (*CODE, "tests"):
        for path in sorted((REPOSITORY / room).rglob("*")):
            if not _FIGURE.search(path.name) or not path.is_file():
                continue
            if path.relative_to(REPOSITORY).as_posix() not in NOT_PLACES:
                yield path


@cache
def places() -> Mapping[str, Places]:
    """Each clause that is cited by its own id; one cited with all its parts serves none alone."""
    found: dict[str, Places] = defaultdict(Places)
    asked: dict[str, list[str]] = defaultdict(list)
    for path in sources():
        name = path.relative_to(REPOSITORY).as_posix()
        text = path.read_text("utf-8")
        if name.startswith(TESTS):
            for rule in set(_RULE_ID.findall(text)):
                asked[rule].append(name)
        for clause in sorted({each for each in cited_in(text) if parts_of(each) == (each,)}):
            place = found[clause]
            if name.startswith(TABLES):
                place.tables.append(name)
            elif name.startswith("tests/"):
                place.tests.append(name)
            else:
                place.code.append(name)
                for rule in _rules_beside(clause, name, text):
                    place.rules.setdefault(name, []).append(rule)
    for place in found.values():
        rules = {each for names in place.rules.values() for each in names}
        by_rule = {name for rule in rules for name in asked[rule]}
        place.tests = sorted({*place.tests, *by_rule})
    return found


def _rules_beside(clause: str, name: str, text: str) -> list[str]:
    """Of a table of the plan: the rules beside which the clause stands."""
    if not (name.startswith("server/rules/plan/") and name.endswith(".toml")):
        return []
    found: list[str] = []
    for block in text.split("[[rule]]\n")[1:]:
        named = _RULE.search(block)
        if named and clause in set(cited_in(block.partition("[[line]]")[0])):
            found.append(named[1])
    return found


def unknown() -> list[str]:
    """Citations of clauses that no document has, each with its file."""
    return [
        f"{path.relative_to(REPOSITORY)}: {cited}"
        for path in sources()
        for cited in cited_in(path.read_text("utf-8"))
        if not parts_of(cited)
    ]


def page() -> str:
    """All of docs/CLAUSES.md."""
    return "\n".join([_ABOVE, *_traced(), _BETWEEN, *_contradictions(), _OTHERS, *_others(), ""])


def _contradictions() -> Iterator[str]:
    yield from (f"| {' | '.join(each)} |" for each in CONTRADICTIONS)


def _traced() -> Iterator[str]:
    mine = [each for each in clauses().values() if each.component in TRACED]
    served = sum(bool(places().get(each.id, Places()).code) for each in mine)
    yield f"{served} of {len(mine)} are served.\n"
    yield "| clause | asks | component | served by | held by | numbers in |"
    yield "|---|---|---|---|---|---|"
    for each in mine:
        at = places().get(each.id, Places())
        served_by = _files(at.served()) or "not yet"
        if each.id in PARTLY:
            served_by += f"{'. Not yet' if at.code else ''}: {PARTLY[each.id]}"
        yield (
            f"| {each.id} | {_cell(each)} | {each.component}, {each.level} | {served_by} "
            f"| {_files(at.tests) or '-'} | {_files(at.tables) or '-'} |"
        )


def _others() -> Iterator[str]:
    yield "| clause | asks | component | where |"
    yield "|---|---|---|---|"
    for each in clauses().values():
        if each.component in TRACED:
            continue
        at = places().get(each.id, Places())
        where = _files(at.served())
        if not where:
            where = f"its number in {_files(at.tables)}" if at.tables else "-"
        yield f"| {each.id} | {_cell(each)} | {each.component}, {each.level} | {where} |"


def _cell(each: Clause) -> str:
    return each.requirement.replace("|", "\\|")


def _files(names: Iterable[str]) -> str:
    short = [
        each.replace(TABLES, "").replace(".toml", "") if each.startswith(TABLES) else each
        for each in names
    ]
    return ", ".join(f"`{each}`" for each in short)


def write(path: Path = PAGE) -> None:
    """The page as the code is now."""
    path.write_text(page(), "utf-8")


if __name__ == "__main__":
    write()
