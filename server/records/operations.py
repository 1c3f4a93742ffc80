"""What the operations of expression.py do with values."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from operator import add, eq, ge, gt, le, lt, mul, ne, sub
from typing import Any, Final, cast

from server.records.ages import full_years, months_later
from server.records.id_number import Valid, read_id_number

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
_Fold = Callable[[int, int], int]
_Holds = Callable[[Any, Any], bool]


# What is looked at.


def value(found: object) -> Value:
    """What stands in a form as a value of the language; None for what it has no value for."""
    if isinstance(found, date):
        return found.isoformat()
    if found is None or isinstance(found, str | bool):
        return found
    if isinstance(found, int):
        return _bounded(found)
    if not isinstance(found, list):
        return None
    answers = cast("list[Any]", found)
    return answers if all(isinstance(each, str) for each in answers) else None


def answers_of(items: object, key: str) -> Value:
    """Of a list of objects the answers to one question."""
    if not isinstance(items, list):
        return None
    found = [_answer(item, key) for item in cast("list[Any]", items)]
    return [each for each in found if isinstance(each, str)]


def total_of(items: object, key: str) -> Value:
    """Of a list of objects the sum of one number; an object without it adds nothing."""
    if not isinstance(items, list):
        return None
    found = [_answer(item, key) for item in cast("list[Any]", items)]
    return _bounded(sum(n for each in found if (n := number(cast("Value", each))) is not None))


def some_of(items: object, run: "Made") -> Value:
    """Whether an expression is true of an object of a list, which it sees as a form of its own."""
    if not isinstance(items, list):
        return None
    return any(
        isinstance(each, dict) and run(Scope(cast("dict[str, Any]", each))) is True
        for each in cast("list[object]", items)
    )


def _answer(item: object, key: str) -> object:
    return cast("dict[str, object]", item).get(key) if isinstance(item, dict) else None


# Numbers.


def number(found: Value) -> int | None:
    """A number, None for anything else; true and false are no numbers."""
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def _bounded(found: int) -> int | None:
    return found if abs(found) <= LARGEST else None


def _arithmetic(fold: _Fold) -> Callable[..., Value]:
    def run(*values: Value) -> Value:
        total: int | None = None
        for each in values:
            found = number(each)
            if found is None:
                return None
            total = found if total is None else _bounded(fold(total, found))
            if total is None:
                return None
        return total

    return run


def _div(above: Value, below: Value) -> Value:
    a, b = number(above), number(below)
    if a is None or not b:
        return None
    whole = (2 * abs(a) + abs(b)) // (2 * abs(b))
    return whole if (a < 0) == (b < 0) else -whole


def _floor(above: Value, below: Value) -> Value:
    a, b = number(above), number(below)
    return a // b if a is not None and b is not None and b > 0 else None


def _rest(above: Value, below: Value) -> Value:
    a, b = number(above), number(below)
    return a % b if a is not None and b is not None and b > 0 else None


def _abs(found: Value) -> Value:
    known = number(found)
    return abs(known) if known is not None else None


def _extreme(choose: Callable[[list[int]], int]) -> Callable[..., Value]:
    def run(*values: Value) -> Value:
        known = [n for each in values if (n := number(each)) is not None]
        return choose(known) if known else None

    return run


# Comparing and deciding.


def _compare(holds: _Holds) -> Callable[..., Value]:
    def run(a: Value, b: Value) -> Value:
        if isinstance(a, str) and isinstance(b, str):
            return holds(a, b)
        if isinstance(a, bool) and isinstance(b, bool):
            return holds(a, b)
        one, other = number(a), number(b)
        return holds(one, other) if one is not None and other is not None else None

    return run


def _and(*values: Value) -> Value:
    if False in _truths(values):
        return False
    return True if all(each is True for each in values) else None


def _or(*values: Value) -> Value:
    if True in _truths(values):
        return True
    return False if all(each is False for each in values) else None


def _truths(values: tuple[Value, ...]) -> list[bool]:
    return [each for each in values if isinstance(each, bool)]


def _not(found: Value) -> Value:
    return not found if isinstance(found, bool) else None


def _given(found: Value) -> Value:
    return found is not None


def _in(asked: Value, *others: Value) -> Value:
    if asked is None:
        return None
    # True and 1 are equal in Python and nowhere else.
    return any(asked == each and type(asked) is type(each) for each in others)


# Lists of answers.


def _has(found: Value, *codes: Value) -> Value:
    if not isinstance(found, list):
        return None
    return any(code in found for code in codes if isinstance(code, str))


def _size(found: Value) -> Value:
    return len(found) if isinstance(found, list) else None


def _count(*values: Value) -> Value:
    return sum(each is True for each in values)


def _list(*values: Value) -> Value:
    pairs = zip(values[::2], values[1::2], strict=False)
    return [then for when, then in pairs if when is True and isinstance(then, str)]


# Days.


def day(found: object) -> date | None:
    """A day of a form, as text or already read."""
    if isinstance(found, date):
        return found
    # The week days of ISO 8601 ("2026-W11-2") are as long, and are no days of a form.
    if not isinstance(found, str) or len(found) != 10 or found[4] != "-" or found[7] != "-":
        return None
    try:
        return date.fromisoformat(found)
    except ValueError:
        return None


def _between(count: Callable[[date, date], int]) -> Callable[..., Value]:
    def run(first: object, second: object) -> Value:
        begin, end = day(first), day(second)
        return count(begin, end) if begin is not None and end is not None else None

    return run


def _full_months(begin: date, end: date) -> int:
    if end < begin:
        return -_full_months(end, begin)
    months = (end.year - begin.year) * 12 + end.month - begin.month
    return months if months_later(begin, months) <= end else months - 1


def _later(move: Callable[[date, int], date]) -> Callable[..., Value]:
    def run(first: object, second: Value) -> Value:
        begin, n = day(first), number(second)
        if begin is None or n is None:
            return None
        try:
            return move(begin, n).isoformat()
        except (ValueError, OverflowError):
            return None

    return run


def _year(found: object) -> Value:
    known = day(found)
    return known.year if known is not None else None


_CLOCK: Final = re.compile("([01][0-9]|2[0-3]):([0-5][0-9])")


def _minutes(first: Value, second: Value) -> Value:
    begin, end = _minute(first), _minute(second)
    return end - begin if begin is not None and end is not None else None


def _minute(found: Value) -> int | None:
    time = _CLOCK.fullmatch(found) if isinstance(found, str) else None
    return int(time[1]) * 60 + int(time[2]) if time else None


# Texts that say more than their letters.


def _begins(found: Value, *others: Value) -> Value:
    if not isinstance(found, str):
        return None
    return any(found.startswith(each) for each in others if isinstance(each, str))


def _of_id(part: Callable[[Valid], str]) -> Callable[[Value], Value]:
    def run(found: Value) -> Value:
        said = read_id_number(found) if isinstance(found, str) else None
        return part(said) if isinstance(said, Valid) else None

    return run


_MANY: Final = 200
Operation = tuple[int, int, Callable[..., Value]]
"""How many values it takes, at least and at most, and what it makes of them."""

OPERATIONS: Final[Mapping[str, Operation]] = {
    "+": (1, _MANY, _arithmetic(add)),
    "-": (2, 2, _arithmetic(sub)),
    "*": (2, _MANY, _arithmetic(mul)),
    "div": (2, 2, _div),
    "floor": (2, 2, _floor),
    "rest": (2, 2, _rest),
    "abs": (1, 1, _abs),
    "min": (1, _MANY, _extreme(min)),
    "max": (1, _MANY, _extreme(max)),
    "<": (2, 2, _compare(lt)),
    "<=": (2, 2, _compare(le)),
    ">": (2, 2, _compare(gt)),
    ">=": (2, 2, _compare(ge)),
    "=": (2, 2, _compare(eq)),
    "!=": (2, 2, _compare(ne)),
    "and": (1, _MANY, _and),
    "or": (1, _MANY, _or),
    "not": (1, 1, _not),
    "given": (1, 1, _given),
    "in": (2, _MANY, _in),
    "has": (2, _MANY, _has),
    "size": (1, 1, _size),
    "days": (2, 2, _between(lambda a, b: (b - a).days)),
    "months": (2, 2, _between(_full_months)),
    "years": (2, 2, _between(full_years)),
    "add_days": (2, 2, _later(lambda begin, n: begin + timedelta(days=n))),
    "add_months": (2, 2, _later(months_later)),
    "year": (1, 1, _year),
    "minutes": (2, 2, _minutes),
    "begins": (2, _MANY, _begins),
    "id_holder": (1, 1, _of_id(lambda said: said.holder.value)),
    "id_birth": (1, 1, _of_id(lambda said: said.birth.isoformat())),
    "id_sex": (1, 1, _of_id(lambda said: said.sex)),
    "count": (1, _MANY, _count),
    "list": (2, _MANY, _list),
}
DAYS: Final = frozenset({"days", "months", "years", "add_days", "add_months", "year"})
"""Operations that read a day as it is, so that it need not be written out first."""
