"""The clauses of the five documents that this project answers to, and how they are cited.

clauses.csv beside this module has a row for each: id, document, clause, what it asks in our own
words, the component that answers, must or should. Whoever writes a number or a rule cites one.
"""

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

TABLE: Final = Path(__file__).with_name("clauses.csv")
_CITED: Final = re.compile(r"\bS[0-9]{3}-[\w()¶-]*[\w)]")
_BARE_ARTICLE: Final = re.compile(r"(S00[01])-([0-9])")
_PARTS: Final = frozenset("-¶(")


@dataclass(frozen=True, slots=True)
class Clause:
    """One thing that a document asks for. `level`: must or should."""

    id: str
    document: str
    clause: str
    requirement: str
    component: str
    level: str


@cache
def clauses() -> Mapping[str, Clause]:
    """Every clause by id, in the order of the documents. Raises ValueError on a row twice."""
    found: dict[str, Clause] = {}
    with TABLE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["id"] in found:
                raise ValueError(f"{TABLE.name}: {row['id']} is there twice")
            found[row["id"]] = Clause(**row)
    return MappingProxyType(found)


def parts_of(cited: str) -> tuple[str, ...]:
    """The clauses meant: the one of that id, else all that are parts of it (S003-5(7): its a to d).

    Empty for what is no clause.
    """
    if cited in clauses():
        return (cited,)
    return tuple(
        each
        for each in clauses()
        if each.startswith(cited) and each[len(cited)] in _PARTS and len(cited) > len("S000-")
    )


def cited_in(text: str) -> Iterator[str]:
    """The ids that stand in a text, as they are written in the table, known or not.

    An article may stand without its word (S000-11), and a bracket of the sentence behind it.
    """
    for found in _CITED.finditer(text):
        cited = found[0]
        while cited.endswith(")") and cited.count(")") > cited.count("("):
            cited = cited[:-1]
        yield _BARE_ARTICLE.sub(r"\1-art\2", cited)
