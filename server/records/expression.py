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
| ["each", name, key] | of a list of objects in this form, the answers to `key` that are there |
| ["last", name] | the answer of the record of the same kind before this one |
| ["known", name] | what is known beside the form: on, birth, sex, height ... |
| ["number", name] | a number of the district or of the rule, in the field's unit |
| ["+", a, b ...] ["-", a, b] ["*", a, b ...] | as usual |
| ["div", a, b] | a / b, halves rounded away from zero; null when b is 0 |
| ["floor", a, b] ["rest", a, b] | whole times b goes into a, what is left; null unless b > 0 |
| ["abs", a] | a without its sign |
| ["min", a ...] ["max", a ...] | of those that are known; null when none is |
| ["<", a, b] and <=, >, >=, =, != | numbers, strings (days, codes) or booleans; never mixed |
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

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, Final, cast

from server.records.operations import LARGEST, OPERATIONS, Made, Scope, Value

__all__ = ["Expression", "ExpressionBroken", "Scope", "Value", "compiled", "looked_at"]

Expression = Any
"""JSON: a literal, or a list of the table above."""

DEEPEST: Final = 40
_SOURCES: Final = frozenset({"field", "last", "known", "number"})


class ExpressionBroken(ValueError):
    """An expression is no expression; the message says where in it."""


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
    if op == "each" and isinstance(rest[0], str):
        yield "field", rest[0]
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
    if op == "each":
        return _each(rest, here)
    if op == "look":
        return _look(rest, here, depth)
    if op not in OPERATIONS:
        raise ExpressionBroken(f"{here}: there is no such operation")
    least, most, make = OPERATIONS[op]
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
    if found is None or isinstance(found, str | bool):
        return found
    if isinstance(found, int):
        return found if abs(found) <= LARGEST else None
    if not isinstance(found, list):
        return None
    answers = cast("list[Any]", found)
    return answers if all(isinstance(each, str) for each in answers) else None


def _each(rest: Sequence[Any], here: str) -> Made:
    if len(rest) != 2 or not all(isinstance(each, str) for each in rest):
        raise ExpressionBroken(f"{here}: names a list and a key of its objects")
    name, key = cast("tuple[str, str]", tuple(rest))

    def run(scope: Scope) -> Value:
        items = scope.fields.get(name)
        if not isinstance(items, list):
            return None
        objects = [cast("dict[str, Any]", i) for i in cast("list[Any]", items) if _is_object(i)]
        answers = [each.get(key) for each in objects]
        return [each for each in answers if isinstance(each, str)]

    return run


def _is_object(item: object) -> bool:
    return isinstance(item, dict)


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
