"""Kinds that are first written in a compulsory system outside this one (S003-5(8), S004-3(7)-a).

Which they are is the district's table to say, a year at a time. Such a kind comes here by a list
that the other system gave out; nobody fills it in here, and nothing here claims that anything was
reported there. What is due is computed all the same.
"""

from collections.abc import Mapping
from datetime import date
from functools import cache
from types import MappingProxyType

from server.records.kinds import everything
from server.records.sheet_columns import REGISTERED
from server.rules.district_year import Where
from server.rules.districts import table


@cache
def elsewhere(code: str, year: int) -> Mapping[str, str]:
    """{kind: name of the system it is first written in} of a district for services of a year."""
    found = table(code, year)
    return MappingProxyType(
        {
            kind.id: found.written(kind.id).system
            for kind in everything()
            if found.written(kind.id).where is Where.ELSEWHERE
        }
    )


def system_of(code: str, what: str, on: date) -> str:
    """The other system that a kind, or a list of who is registered, belongs to; "" for none."""
    kind = REGISTERED.get(what, (what,))[0]
    return table(code, on.year).written(kind).system


def needs_source(code: str, what: str, on: date) -> bool:
    """Whether a list must say where it comes from and when it was given out."""
    return what in REGISTERED or what in elsewhere(code, on.year)
