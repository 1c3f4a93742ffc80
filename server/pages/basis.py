"""The paper that a rule or a step rests on, by the name people here know it."""

from functools import lru_cache
from typing import Final

from server.pages.words import words
from server.rules.districts import table

DEFAULT: Final = "default"
DOCUMENT: Final = 4  # S003 of S003-5(7)-b


@lru_cache(maxsize=16)
def documents_of(code: str, year: int) -> frozenset[str]:
    """The documents that a district's table of that year cites: its own."""
    found = table(code, year)
    clauses = [each.clause for each in (*found.values.values(), *found.kinds.values())]
    return frozenset(each[:DOCUMENT] for each in clauses if each and each != DEFAULT)


def cited(clause: str, own: frozenset[str]) -> tuple[str, str] | None:
    """The name of the district's document and the paragraph (环翠区 2024 年 53 号文, 5(7)).

    None for a national rule, and where another district's paper says what the nation asks anyhow:
    nobody here has that paper.
    """
    document, _, paragraph = clause.partition("-")
    if clause == DEFAULT or document not in own:
        return None
    return words("basis").documents.get(document, document), paragraph.partition("-")[0]
