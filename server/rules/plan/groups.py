"""To whom a resident belongs in a year, derived from facts and never typed in."""

from collections.abc import Mapping

from server.rules.plan.model import Facts, Group, Spell


def groups_of(facts: Facts, year: int) -> Mapping[Group, Spell]:
    """The groups somebody belongs to at some time of the year, with from and until."""
    del facts, year
    return {}
