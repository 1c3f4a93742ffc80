"""A saved mapping laid on the headings of a list."""

from collections.abc import Mapping, Sequence

from server.records.sheet_values import normal


def apply_names(headings: Sequence[str], saved: Mapping[str, str]) -> dict[int, str]:
    """{column from 0: what it is} of the headings that the mapping {heading: column} knows; each
    column once.
    """
    by_word = {normal(heading): column for heading, column in saved.items()}
    found: dict[int, str] = {}
    for at, heading in enumerate(headings):
        column = by_word.get(normal(heading))
        if column is not None and column not in found.values():
            found[at] = column
    return found
