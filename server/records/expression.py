"""The language in which what a form computes is written down: JSON, so that two programs read one.

An expression is a number, a string, true, false, null, or a list whose first element names what is
done with the others. The server evaluates it here, the tablet's app evaluates the same exported
text, and one file of vectors (tests/vectors/expressions.json) holds both to the same answers.

Values are whole numbers (up to 2**53, as every JavaScript engine holds them exactly), strings,
booleans, lists of strings, and null for what is not known. A day is the string "YYYY-MM-DD". There
are no fractions: a measured decimal is already an integer times a power of ten (model.Scaled).
Texts are compared sign by sign; what is compared here is ASCII (days, codes).

What is not known makes unknown what depends on it, but `and`, `or` and `given` may still answer, as
in three-valued logic: `false and null` is false. A value of the wrong type is not known either, so
that a form that is being filled in never breaks its own computing.

| expression | value |
|---|---|
| ["field", name] | the answer of this form |
| ["each", name, key] | of a list of objects in this form, the answers to `key` that are there |
| ["total", name, key] | of a list of objects in this form, the sum of a number |
| ["some", name, a] | whether `a` is true of an object of a list; its ["field", key] are theirs |
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
| ["year", day] | its year |
| ["minutes", from, to] | between two times of a day, "HH:MM" |
| ["begins", text, text ...] | whether a text begins with one of the others |
| ["id_holder", text] ["id_birth", text] ["id_sex", text] | what an ID number says of its holder |
| ["add_days", day, n] ["add_months", day, n] | a day; the last of a shorter month |
| ["count", a ...] | how many of them are true |
| ["list", when, code, when, code ...] | the codes whose `when` is true |
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, cast

from server.records.expression_code import Expression, ExpressionBroken, written
from server.records.operations import Made, Scope, Value

__all__ = [
    "Expression",
    "ExpressionBroken",
    "Scope",
    "Value",
    "compiled",
    "handed",
    "hangs_on",
    "looked_at",
    "parsed",
]

_STRICT: Final = frozenset(
    {
        *("+", "-", "*", "div", "floor", "rest", "abs", "<", "<=", ">", ">=", "=", "!=", "not"),
        *("days", "months", "years", "add_days", "add_months", "year", "minutes", "begins"),
        *("id_holder", "id_birth", "id_sex"),
    }
)
SOURCES: Final = frozenset({"field", "last", "known", "number"})


def compiled(expression: Expression) -> Made:
    """The expression as a function of what it looks at. Raises ExpressionBroken."""
    return written(expression).made()


def handed(expression: Expression, looked: Sequence[tuple[str, str]]) -> Callable[..., bool]:
    """Whether the expression is true, as a function of what it looks at, in this order: for whoever
    has the values at hand and makes no scope of them. Raises ExpressionBroken.
    """
    names = {each: f"p{number}" for number, each in enumerate(looked)}
    text = written(expression, names)
    return text.function(", ".join(names.values()), f"{text.result} is True")


def parsed(expression: Expression) -> None:
    """Only whether it is an expression. Raises ExpressionBroken."""
    written(expression)


def hangs_on(expression: Expression) -> frozenset[str]:
    """Names of ["known", name] without any of which an expression is surely not known: who judges
    many forms need not begin.
    """
    if not isinstance(expression, list) or not expression:
        return frozenset()
    op, *rest = cast("list[Any]", expression)
    if op == "known" and isinstance(rest[0], str):
        return frozenset(rest)
    if op == "if" and len(rest) % 2 == 0:
        return frozenset[str].intersection(*(_true_by(when) for when in rest[::2]))
    if op == "look":
        return hangs_on(rest[0])
    return frozenset[str]().union(*map(hangs_on, rest)) if op in _STRICT else frozenset()


def _true_by(when: Expression) -> frozenset[str]:
    """Names without any of which a condition is never true."""
    if isinstance(when, list) and when and when[0] in ("given", "and"):
        return frozenset[str]().union(*map(_true_by, cast("list[Any]", when[1:])))
    return hangs_on(when)


def looked_at(expression: Expression) -> Iterator[tuple[str, str]]:
    """(where, name) of everything an expression looks at: ("field", "sbp")."""
    if not isinstance(expression, list) or not expression:
        return
    op, *rest = cast("list[Any]", expression)
    if op in SOURCES and len(rest) == 1 and isinstance(rest[0], str):
        yield op, rest[0]
        return
    if op in ("each", "total", "some") and isinstance(rest[0], str):
        yield "field", rest[0]
        return
    for each in rest:
        yield from looked_at(each)
