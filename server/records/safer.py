"""Of several values in conflict, which one to show until a human has decided.

The choice never depends on order of arrival. It may be none of the given values: in doubt about a
blood group, "not known" is safer than either. Each is told in the catalogue as data, since the
tablet's app makes the same choice (sync/PROTOCOL.md, 7.2).
"""

from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Prefer:
    """The code that comes first in `order`; codes outside it come last, in their own order."""

    order: tuple[str, ...]

    def __call__(self, values: tuple[Any, ...]) -> Any:
        rank = {code: index for index, code in enumerate(self.order)}
        return min(values, key=lambda value: (rank.get(str(value), len(rank)), str(value)))

    def told(self) -> dict[str, Any]:
        return {"is": "prefer", "order": list(self.order)}


@dataclass(frozen=True, slots=True)
class Agreed:
    """The value all give; `unknown` as soon as two differ."""

    unknown: str

    def __call__(self, values: tuple[Any, ...]) -> Any:
        return values[0] if len({str(value) for value in values}) == 1 else self.unknown

    def told(self) -> dict[str, Any]:
        return {"is": "agreed", "else": self.unknown}


@dataclass(frozen=True, slots=True)
class Highest:
    """The highest code, for scales on which higher means more care."""

    def __call__(self, values: tuple[Any, ...]) -> Any:
        return max(values, key=_weight)

    def told(self) -> dict[str, Any]:
        return {"is": "highest"}


Safer = Prefer | Agreed | Highest
highest: Final = Highest()


def prefer(*order: str) -> Prefer:
    return Prefer(order)


def known_only_if_agreed(unknown: str) -> Agreed:
    return Agreed(unknown)


def _weight(value: object) -> tuple[int, str]:
    text = str(value)
    return (int(text) if text.isascii() and text.isdigit() else -1, text)
