"""What the operations of expression.py do; each is made from the values it works on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final, cast

from server.records.ages import full_years, months_later

Value = int | str | bool | list[str] | None
LARGEST: Final = 2**53
_EMPTY: Final[Mapping[str, Any]] = {}


@dataclass(frozen=True, slots=True)
class Scope:
    """What an expression may look at: decoded JSON values by name."""

    fields: Mapping[str, Any]
    last: Mapping[str, Any] = field(default_factory=lambda: _EMPTY)
    known: Mapping[str, Any] = field(default_factory=lambda: _EMPTY)
    numbers: Mapping[str, int] = field(default_factory=lambda: cast("Mapping[str, int]", _EMPTY))


Made = Callable[[Scope], Value]


# Numbers.


def _number(value: Value) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _bounded(value: int) -> int | None:
    return value if abs(value) <= LARGEST else None


def _arithmetic(fold: Callable[[int, int], int]) -> Callable[[list[Made]], Made]:
    def make(values: list[Made]) -> Made:
        def run(scope: Scope) -> Value:
            total: int | None = None
            for each in values:
                number = _number(each(scope))
                if number is None:
                    return None
                total = number if total is None else _bounded(fold(total, number))
                if total is None:
                    return None
            return total

        return run

    return make


def _div(values: list[Made]) -> Made:
    above, below = values

    def run(scope: Scope) -> Value:
        a, b = _number(above(scope)), _number(below(scope))
        if a is None or not b:
            return None
        whole = (2 * abs(a) + abs(b)) // (2 * abs(b))
        return whole if (a < 0) == (b < 0) else -whole

    return run


def _floor(values: list[Made]) -> Made:
    above, below = values

    def run(scope: Scope) -> Value:
        a, b = _number(above(scope)), _number(below(scope))
        return a // b if a is not None and b is not None and b > 0 else None

    return run


def _rest(values: list[Made]) -> Made:
    above, below = values

    def run(scope: Scope) -> Value:
        a, b = _number(above(scope)), _number(below(scope))
        return a % b if a is not None and b is not None and b > 0 else None

    return run


def _abs(values: list[Made]) -> Made:
    def run(scope: Scope) -> Value:
        found = _number(values[0](scope))
        return abs(found) if found is not None else None

    return run


def _extreme(choose: Callable[[list[int]], int]) -> Callable[[list[Made]], Made]:
    def make(values: list[Made]) -> Made:
        def run(scope: Scope) -> Value:
            known = [n for each in values if (n := _number(each(scope))) is not None]
            return choose(known) if known else None

        return run

    return make


# Comparing and deciding.


def _compare(holds: Callable[[Any, Any], bool]) -> Callable[[list[Made]], Made]:
    def make(values: list[Made]) -> Made:
        left, right = values

        def run(scope: Scope) -> Value:
            a, b = left(scope), right(scope)
            if isinstance(a, str) and isinstance(b, str):
                return holds(a, b)
            if isinstance(a, bool) and isinstance(b, bool):
                return holds(a, b)
            one, other = _number(a), _number(b)
            return holds(one, other) if one is not None and other is not None else None

        return run

    return make


def _and(values: list[Made]) -> Made:
    return _until(values, stop=False)


def _or(values: list[Made]) -> Made:
    return _until(values, stop=True)


def _until(values: list[Made], *, stop: bool) -> Made:
    """The first that is `stop` decides; without one, unknown when anything is."""

    def run(scope: Scope) -> Value:
        unknown = False
        for each in values:
            found = each(scope)
            if found is stop:
                return stop
            unknown = unknown or not isinstance(found, bool)
        return None if unknown else not stop

    return run


def _not(values: list[Made]) -> Made:
    def run(scope: Scope) -> Value:
        found = values[0](scope)
        return not found if isinstance(found, bool) else None

    return run


def _given(values: list[Made]) -> Made:
    return lambda scope: values[0](scope) is not None


def _if(values: list[Made]) -> Made:
    pairs = list(zip(values[::2], values[1::2], strict=False))
    otherwise = values[-1] if len(values) % 2 else None

    def run(scope: Scope) -> Value:
        for when, then in pairs:
            if when(scope) is True:
                return then(scope)
        return otherwise(scope) if otherwise is not None else None

    return run


def _in(values: list[Made]) -> Made:
    asked, *others = values

    def run(scope: Scope) -> Value:
        found = asked(scope)
        if found is None:
            return None
        # True and 1 are equal in Python and nowhere else.
        return any(found == it and type(found) is type(it) for it in (e(scope) for e in others))

    return run


# Lists of answers.


def _has(values: list[Made]) -> Made:
    asked, *codes = values

    def run(scope: Scope) -> Value:
        found = asked(scope)
        if not isinstance(found, list):
            return None
        return any(each(scope) in found for each in codes)

    return run


def _size(values: list[Made]) -> Made:
    def run(scope: Scope) -> Value:
        found = values[0](scope)
        return len(found) if isinstance(found, list) else None

    return run


def _count(values: list[Made]) -> Made:
    return lambda scope: sum(each(scope) is True for each in values)


def _list(values: list[Made]) -> Made:
    pairs = list(zip(values[::2], values[1::2], strict=False))

    def run(scope: Scope) -> Value:
        found = [then(scope) for when, then in pairs if when(scope) is True]
        return [each for each in found if isinstance(each, str)]

    return run


# Days.


def _day(value: Value) -> date | None:
    # The week days of ISO 8601 ("2026-W11-2") are as long, and are no days of a form.
    if not isinstance(value, str) or len(value) != 10 or value[4] != "-" or value[7] != "-":
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def _between(count: Callable[[date, date], int]) -> Callable[[list[Made]], Made]:
    def make(values: list[Made]) -> Made:
        first, second = values

        def run(scope: Scope) -> Value:
            begin, end = _day(first(scope)), _day(second(scope))
            return count(begin, end) if begin is not None and end is not None else None

        return run

    return make


def _full_months(begin: date, end: date) -> int:
    if end < begin:
        return -_full_months(end, begin)
    months = (end.year - begin.year) * 12 + end.month - begin.month
    return months if months_later(begin, months) <= end else months - 1


def _later(move: Callable[[date, int], date]) -> Callable[[list[Made]], Made]:
    def make(values: list[Made]) -> Made:
        first, second = values

        def run(scope: Scope) -> Value:
            day, n = _day(first(scope)), _number(second(scope))
            if day is None or n is None:
                return None
            try:
                return move(day, n).isoformat()
            except (ValueError, OverflowError):
                return None

        return run

    return make


_MANY: Final = 200
Operation = tuple[int, int, Callable[[list[Made]], Made]]
OPERATIONS: Final[Mapping[str, Operation]] = {
    "+": (1, _MANY, _arithmetic(lambda a, b: a + b)),
    "-": (2, 2, _arithmetic(lambda a, b: a - b)),
    "*": (2, _MANY, _arithmetic(lambda a, b: a * b)),
    "div": (2, 2, _div),
    "floor": (2, 2, _floor),
    "rest": (2, 2, _rest),
    "abs": (1, 1, _abs),
    "min": (1, _MANY, _extreme(min)),
    "max": (1, _MANY, _extreme(max)),
    "<": (2, 2, _compare(lambda a, b: a < b)),
    "<=": (2, 2, _compare(lambda a, b: a <= b)),
    ">": (2, 2, _compare(lambda a, b: a > b)),
    ">=": (2, 2, _compare(lambda a, b: a >= b)),
    "=": (2, 2, _compare(lambda a, b: a == b)),
    "!=": (2, 2, _compare(lambda a, b: a != b)),
    "and": (1, _MANY, _and),
    "or": (1, _MANY, _or),
    "not": (1, 1, _not),
    "given": (1, 1, _given),
    "if": (2, _MANY, _if),
    "in": (2, _MANY, _in),
    "has": (2, _MANY, _has),
    "size": (1, 1, _size),
    "days": (2, 2, _between(lambda a, b: (b - a).days)),
    "months": (2, 2, _between(_full_months)),
    "years": (2, 2, _between(full_years)),
    "add_days": (2, 2, _later(lambda day, n: day + timedelta(days=n))),
    "add_months": (2, 2, _later(months_later)),
    "count": (1, _MANY, _count),
    "list": (2, _MANY, _list),
}
