"""The language in which what a form computes is written down: JSON, so that two programs read one.

An expression is a number, a string, true, false, null, or a list whose first element names what is
done with the others. The server evaluates it here, the tablet's app evaluates the same exported
text, and one file of vectors (tests/vectors/expressions.json) holds both to the same answers.

Values are whole numbers (up to 2**53, as every JavaScript engine holds them exactly), strings,
booleans, lists of strings, and null for what is not known. A day is the string "YYYY-MM-DD". There
are no fractions: a measured decimal is already an integer times a power of ten (model.Scaled).

What is not known makes unknown what depends on it, but `and`, `or` and `given` may still answer, as
in three-valued logic: `false and null` is false. A value of the wrong type is not known either, so
that a form that is being filled in never breaks its own computing.

| expression | value |
|---|---|
| ["field", name] | the answer of this form |
| ["last", name] | the answer of the record of the same kind before this one |
| ["known", name] | what is known beside the form: on, birth, sex, height ... |
| ["number", name] | a number of the district or of the rule, in the field's unit |
| ["+", a, b ...] ["-", a, b] ["*", a, b ...] | as usual |
| ["div", a, b] | a / b, halves rounded away from zero; null when b is 0 |
| ["min", a ...] ["max", a ...] | of those that are known; null when none is |
| ["<", a, b] and <=, >, >=, =, != | numbers or strings, days among them; never mixed |
| ["and", ...] ["or", ...] ["not", a] | three-valued |
| ["given", a] | whether a is known |
| ["if", when, then, when, then ..., else] | the first whose `when` is true; `else` may be absent |
| ["in", a, b ...] | whether a is one of the others |
| ["has", list, code ...] | whether a list of answers holds one of the codes |
| ["size", list] | how many answers |
| ["look", a, {key: value}] | the value beside a (a number is looked up as its digits) |
| ["days", from, to] ["months", from, to] ["years", from, to] | whole ones between two days |
| ["add_days", day, n] ["add_months", day, n] | a day; the last of a shorter month |
| ["count", a ...] | how many of them are true |
| ["list", when, code, when, code ...] | the codes whose `when` is true |
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final, cast

from server.records.ages import full_years, months_later

Value = int | str | bool | list[str] | None
Expression = Any
"""JSON: a literal, or a list of the table above."""

LARGEST: Final = 2**53
DEEPEST: Final = 40
_EMPTY: Final[Mapping[str, Any]] = {}


class ExpressionBroken(ValueError):
    """An expression is no expression; the message says where in it."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What an expression may look at: decoded JSON values by name."""

    fields: Mapping[str, Any]
    last: Mapping[str, Any] = field(default_factory=lambda: _EMPTY)
    known: Mapping[str, Any] = field(default_factory=lambda: _EMPTY)
    numbers: Mapping[str, int] = field(default_factory=lambda: cast("Mapping[str, int]", _EMPTY))


Made = Callable[[Scope], Value]


def compiled(expression: Expression) -> Made:
    """The expression as a function of what it looks at. Raises ExpressionBroken."""
    return _compile(expression, "", 0)


def looked_at(expression: Expression) -> Iterator[tuple[str, str]]:
    """(where, name) of everything an expression looks at: ("field", "sbp")."""
    if not isinstance(expression, list) or not expression:
        return
    op, *rest = cast("list[Any]", expression)
    if op in _SOURCES and len(rest) == 1 and isinstance(rest[0], str):
        yield op, rest[0]
        return
    for each in rest:
        yield from looked_at(each)


def _compile(expression: Expression, at: str, depth: int) -> Made:
    if depth > DEEPEST:
        raise ExpressionBroken(f"{at}: deeper than {DEEPEST}")
    if expression is None or isinstance(expression, str | bool):
        return lambda _: expression
    if isinstance(expression, int):
        if abs(expression) > LARGEST:
            raise ExpressionBroken(f"{at}: {expression} is too large")
        return lambda _: expression
    if not isinstance(expression, list) or not expression:
        raise ExpressionBroken(f"{at}: {expression!r} is no expression")
    op, *rest = cast("list[Any]", expression)
    here = f"{at}/{op}"
    if op in _SOURCES:
        return _source(op, rest, here)
    if op == "look":
        return _look(rest, here, depth)
    if op not in _OPERATIONS:
        raise ExpressionBroken(f"{here}: there is no such operation")
    least, most, make = _OPERATIONS[op]
    if not least <= len(rest) <= most:
        raise ExpressionBroken(f"{here}: takes {least} to {most} values, not {len(rest)}")
    return make([_compile(each, f"{here}[{n}]", depth + 1) for n, each in enumerate(rest)])


# Looking at things.


def _source(op: str, rest: Sequence[Any], here: str) -> Made:
    if len(rest) != 1 or not isinstance(rest[0], str):
        raise ExpressionBroken(f"{here}: names one thing")
    name = rest[0]
    match op:
        case "field":
            return lambda scope: _value(scope.fields.get(name))
        case "last":
            return lambda scope: _value(scope.last.get(name))
        case "known":
            return lambda scope: _value(scope.known.get(name))
        case _:
            return lambda scope: _value(scope.numbers.get(name))


def _value(found: object) -> Value:
    if isinstance(found, date):
        return found.isoformat()
    if found is None or isinstance(found, str | bool | int):
        return found
    return cast("list[str]", found) if isinstance(found, list) else None


def _look(rest: Sequence[Any], here: str, depth: int) -> Made:
    if len(rest) != 2 or not isinstance(rest[1], dict):
        raise ExpressionBroken(f"{here}: takes a value and an object")
    table = cast("dict[str, Value]", rest[1])
    asked = _compile(rest[0], f"{here}[0]", depth + 1)

    def look(scope: Scope) -> Value:
        found = asked(scope)
        if isinstance(found, bool) or not isinstance(found, int | str):
            return None
        return table.get(str(found))

    return look


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
        return any(found == each(scope) for each in others)

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
    if not isinstance(value, str) or len(value) != 10:
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
_SOURCES: Final = frozenset({"field", "last", "known", "number"})
_Operation = tuple[int, int, Callable[[list[Made]], Made]]
_OPERATIONS: Final[Mapping[str, _Operation]] = {
    "+": (1, _MANY, _arithmetic(lambda a, b: a + b)),
    "-": (2, 2, _arithmetic(lambda a, b: a - b)),
    "*": (2, _MANY, _arithmetic(lambda a, b: a * b)),
    "div": (2, 2, _div),
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
