"""Of several values in conflict, which one to show until a human has decided.

The choice never depends on order of arrival, and it is always one of the given values.
"""

from typing import Any

from server.records.model import Safer


def prefer(*order: str) -> Safer:
    """The code that comes first in `order`; codes outside it come last, in their own order."""
    rank = {code: index for index, code in enumerate(order)}

    def choose(values: tuple[Any, ...]) -> object:
        return min(values, key=lambda value: (rank.get(str(value), len(rank)), str(value)))

    return choose


def highest(values: tuple[Any, ...]) -> object:
    """The highest code, for scales on which higher means more care."""
    return max(values, key=_weight)


def _weight(value: object) -> tuple[int, str]:
    text = str(value)
    return (int(text) if text.isascii() and text.isdigit() else -1, text)
