"""Of several values in conflict, which one to show until a human has decided.

The choice never depends on order of arrival. It may be none of the given values: in doubt about a
blood group, "not known" is safer than either.
"""

from typing import Any

from server.records.model import Safer


def prefer(*order: str) -> Safer:
    """The code that comes first in `order`; codes outside it come last, in their own order."""
    rank = {code: index for index, code in enumerate(order)}

    def choose(values: tuple[Any, ...]) -> object:
        return min(values, key=lambda value: (rank.get(str(value), len(rank)), str(value)))

    return choose


def known_only_if_agreed(unknown: str) -> Safer:
    """The value all give; `unknown` as soon as two differ."""

    def choose(values: tuple[Any, ...]) -> object:
        return values[0] if len({str(value) for value in values}) == 1 else unknown

    return choose


def highest(values: tuple[Any, ...]) -> object:
    """The highest code, for scales on which higher means more care."""
    return max(values, key=_weight)


def _weight(value: object) -> tuple[int, str]:
    text = str(value)
    return (int(text) if text.isascii() and text.isdigit() else -1, text)
