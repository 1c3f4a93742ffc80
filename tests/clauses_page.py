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

_RULE: Final = re.compile(r'^id = "(P[0-9]{2})"$', re.MULTILINE)
_FIGURE: Final = re.compile(r"\.(py|toml|j2|md|css|js)$")

_ABOVE: Final = """# The clauses and who serves them

The project answers to five policy documents; server/rules/clauses.csv has what each clause asks, in
our own words. Made from the code by `python -m tests.clauses_page`, never by hand: a clause is
served where its id stands, in a docstring, a comment or beside a rule. *Not yet* is meant as it is
said. A number in a district's table is listed apart: it stands there with its clause, and serves
nobody by itself.

## Records and the service plan
"""
_OTHERS: Final = """
## The other components

Shorter: what stands in the code, what only stands as a number in a district's table, and what is
not there yet. Most of it belongs to work still ahead.
"""


@dataclass(slots=True)
class Places:
    """Where a clause is cited: files of the repository, in order."""

    code: list[str] = field(default_factory=list[str])
    tables: list[str] = field(default_factory=list[str])
    tests: list[str] = field(default_factory=list[str])


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
    for path in sources():
        name = path.relative_to(REPOSITORY).as_posix()
        text = path.read_text("utf-8")
        for clause, shown in sorted(_shown(name, text).items()):
            place = found[clause]
            if name.startswith(TABLES):
                place.tables.append(shown)
            elif name.startswith("tests/"):
                place.tests.append(shown)
            else:
                place.code.append(shown)
    return found


def _shown(name: str, text: str) -> dict[str, str]:
    """{clause: how the place is written}; of a table of the plan the rules are named too."""
    rules: dict[str, list[str]] = defaultdict(list)
    if name.startswith("server/rules/plan/") and name.endswith(".toml"):
        for block in text.split("[[rule]]")[1:]:
            named = _RULE.search(block)
            for cited in set(cited_in(block.partition("[[line]]")[0])):
                rules[cited].append(named[1] if named else "")
    return {
        cited: f"{name} ({', '.join(rules[cited])})" if rules[cited] else name
        for cited in set(cited_in(text))
        if parts_of(cited) == (cited,)
    }


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
    return "\n".join([_ABOVE, *_traced(), _OTHERS, *_others(), ""])


def _traced() -> Iterator[str]:
    mine = [each for each in clauses().values() if each.component in TRACED]
    served = sum(bool(places().get(each.id, Places()).code) for each in mine)
    yield f"{served} of {len(mine)} are served.\n"
    yield "| clause | asks | component | served by | held by | numbers in |"
    yield "|---|---|---|---|---|---|"
    for each in mine:
        at = places().get(each.id, Places())
        served_by = _files(at.code) or "not yet"
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
        where = _files(at.code)
        if not where:
            where = f"not yet; its number in {_files(at.tables)}" if at.tables else "not yet"
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
