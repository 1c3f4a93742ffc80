"""An expression written out as Python, so that a form is judged at the speed of the server's push.

Every operation of operations.py is a call; what forms do most (looking at an answer, comparing,
deciding) is written in place, with the same meaning: one file of vectors holds for both.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Final, cast

from server.records.operations import (
    DAYS,
    LARGEST,
    OPERATIONS,
    Made,
    answers_of,
    some_of,
    total_of,
    value,
)

Expression = Any
"""JSON: a literal, or a list of the table in expression.py."""

DEEPEST: Final = 40
_PLACES: Final = {"field": "fields", "last": "last", "known": "known", "number": "numbers"}
_COMPARED: Final = {"<": "<", "<=": "<=", ">": ">", ">=": ">=", "=": "==", "!=": "!="}
_FOLDED: Final = frozenset({"+", "-", "*"})
_OF_A_LIST: Final = {"each": "answers_of", "total": "total_of"}
_INDENT: Final = "    "


class ExpressionBroken(ValueError):
    """An expression is no expression; the message says where in it."""


Handed = Mapping[tuple[str, str], str]
"""The parameter that holds what is looked at: ("field", "sbp") -> "v_0"."""


def written(expression: Expression, handed: Handed | None = None) -> "Written":
    """The expression as lines of Python. Raises ExpressionBroken."""
    text = Written(handed)
    text.result = text.put(expression, "", 0)
    return text


class Written:
    """Lines of one function; each part of the expression ends in a name that holds its value."""

    def __init__(self, handed: Handed | None = None) -> None:
        self.result = "None"
        self._handed = handed
        self._lines: list[str] = []
        self._depth = 1
        self._names = 0
        self._held: dict[str, Any] = {
            "date": date,
            "value": value,
            "answers_of": answers_of,
            "total_of": total_of,
            "some_of": some_of,
        }
        for op, (_, _, run) in OPERATIONS.items():
            self._held[_called(op)] = run

    def made(self) -> Made:
        """The function."""
        return cast("Made", self.function("scope", self.result))

    def function(self, parameters: str, result: str) -> Callable[..., Any]:
        """The lines as a function of these parameters."""
        lines = [f"def run({parameters}):", *self._lines, f"{_INDENT}return {result}"]
        held = dict(self._held)
        # Every name and literal in these lines was made or quoted here.
        exec(compile("\n".join(lines), "<expression>", "exec"), held)  # noqa: S102
        return cast("Callable[..., Any]", held["run"])

    def put(self, expression: Expression, at: str, depth: int, *, day: bool = False) -> str:
        """Writes the lines of a part; the name or literal of its value. `day`: it is read as a
        day, in whatever way it is kept.
        """
        if depth > DEEPEST:
            raise ExpressionBroken(f"{at}: deeper than {DEEPEST}")
        if expression is None or isinstance(expression, str | bool):
            return repr(expression)
        if isinstance(expression, int):
            if abs(expression) > LARGEST:
                raise ExpressionBroken(f"{at}: {expression} is too large")
            return repr(expression)
        if not isinstance(expression, list) or not expression:
            raise ExpressionBroken(f"{at}: {expression!r} is no expression")
        op, *rest = cast("list[Any]", expression)
        here = f"{at}/{op}"
        if not isinstance(op, str):
            raise ExpressionBroken(f"{here}: there is no such operation")
        if op in _PLACES:
            return self._source(op, rest, here, day=day)
        if op in _OF_A_LIST:
            return self._of_a_list(op, rest, here)
        if op == "some":
            return self._some(rest, here)
        if op == "look":
            return self._look(rest, here, depth)
        if op == "if":
            return self._if(rest, here, depth)
        return self._operation(op, rest, here, depth)

    def _operation(self, op: str, rest: Sequence[Any], here: str, depth: int) -> str:
        if op not in OPERATIONS:
            raise ExpressionBroken(f"{here}: there is no such operation")
        least, most, _ = OPERATIONS[op]
        if not least <= len(rest) <= most:
            raise ExpressionBroken(f"{here}: takes {least} to {most} values, not {len(rest)}")
        names = [
            self.put(each, f"{here}[{n}]", depth + 1, day=op in DAYS) for n, each in enumerate(rest)
        ]
        if op in _COMPARED:
            return self._compare(op, *names)
        if op in _FOLDED and len(names) == 2:
            return self._fold(op, *names)
        if op in ("and", "or"):
            return self._decide(op, [self._named(each) for each in names])
        if op in ("in", "has") and all(each[0] in "\"'" for each in names[1:]):
            return self._among(op, self._named(names[0]), names[1:])
        if op == "given":
            return self._line(f"{self._named(names[0])} is not None")
        return self._line(f"{_called(op)}({', '.join(names)})")

    def _source(self, op: str, rest: Sequence[Any], here: str, *, day: bool) -> str:
        if len(rest) != 1 or not isinstance(rest[0], str):
            raise ExpressionBroken(f"{here}: names one thing")
        found = self._line(self._looked(op, rest[0], here))
        if not day:
            self._add(f"kind = {found}.__class__")
            self._add("if kind is int:")
            self._add(f"    if not -{LARGEST} <= {found} <= {LARGEST}: {found} = None")
            self._add(f"elif kind is date: {found} = {found}.isoformat()")
            # What is handed in was decoded: a list is one of answers.
            other = "is not str" if self._handed is None else "is not str and kind is not list"
            self._add(f"elif kind {other}: {found} = value({found})")
        return found

    def _looked(self, op: str, name: str, here: str) -> str:
        if self._handed is None:
            return f"scope.{_PLACES[op]}.get({name!r})"
        if (op, name) not in self._handed:
            raise ExpressionBroken(f"{here}: {name} is not handed in")
        return self._handed[op, name]

    def _of_a_list(self, op: str, rest: Sequence[Any], here: str) -> str:
        if len(rest) != 2 or not all(isinstance(each, str) for each in rest):
            raise ExpressionBroken(f"{here}: names a list and a key of its objects")
        return self._line(f"{_OF_A_LIST[op]}({self._looked('field', rest[0], here)}, {rest[1]!r})")

    def _some(self, rest: Sequence[Any], here: str) -> str:
        if len(rest) != 2 or not isinstance(rest[0], str):
            raise ExpressionBroken(f"{here}: names a list and asks of its objects")
        run = self._hold(written(rest[1]).made())
        return self._line(f"some_of({self._looked('field', rest[0], here)}, {run})")

    def _look(self, rest: Sequence[Any], here: str, depth: int) -> str:
        if len(rest) != 2 or not isinstance(rest[1], dict):
            raise ExpressionBroken(f"{here}: takes a value and an object")
        asked = self.put(rest[0], f"{here}[0]", depth + 1)
        table = self._hold(cast("dict[str, Any]", rest[1]))
        kind = f"{asked}.__class__" if asked.isidentifier() else f"({asked}).__class__"
        found = self._line("None")
        self._add(f"if {kind} is str: {found} = {table}.get({asked})")
        self._add(f"elif {kind} is int: {found} = {table}.get(str({asked}))")
        return found

    def _if(self, rest: Sequence[Any], here: str, depth: int) -> str:
        if len(rest) < 2:
            raise ExpressionBroken(f"{here}: takes 2 values or more, not {len(rest)}")
        found = self._line("None")
        before = self._depth
        for n in range(0, len(rest) - 1, 2):
            when = self._named(self.put(rest[n], f"{here}[{n}]", depth + 1))
            self._add(f"if {when} is True:")
            self._branch(found, rest[n + 1], f"{here}[{n + 1}]", depth)
            self._add("else:")
            self._depth += 1
        otherwise = rest[-1] if len(rest) % 2 else None
        self._depth -= 1
        self._branch(found, otherwise, f"{here}[{len(rest) - 1}]", depth)
        self._depth = before
        return found

    def _branch(self, found: str, expression: Expression, here: str, depth: int) -> None:
        self._depth += 1
        self._add(f"{found} = {self.put(expression, here, depth + 1)}")
        self._depth -= 1

    def _compare(self, op: str, a: str, b: str) -> str:
        called = f"{_called(op)}({a}, {b})"
        kind = _kind_of(a, b)
        if not kind:
            return self._line(called)
        same = " and ".join(f"{each}.__class__ is {kind}" for each in (a, b) if each[0] == "v")
        return self._line(f"{a} {_COMPARED[op]} {b} if {same or True} else {called}")

    def _decide(self, op: str, names: Sequence[str]) -> str:
        """Three-valued: one `or` is true by one that is, and false only when all are."""
        ends, stays = ("False", "True") if op == "and" else ("True", "False")
        one = " or ".join(f"{each} is {ends}" for each in names)
        every = " and ".join(f"{each} is {stays}" for each in names)
        return self._line(f"{ends} if {one} else {stays} if {every} else None")

    def _among(self, op: str, asked: str, others: Sequence[str]) -> str:
        called = f"{_called(op)}({asked}, {', '.join(others)})"
        if op == "in":
            return self._line(
                f"{asked} in ({', '.join(others)},) if {asked}.__class__ is str else {called}"
            )
        said = " or ".join(f"{each} in {asked}" for each in others)
        return self._line(f"({said}) if {asked}.__class__ is list else {called}")

    def _fold(self, op: str, a: str, b: str) -> str:
        found = self._line("None")
        same = " and ".join(f"{each}.__class__ is int" for each in (a, b) if each[0] == "v")
        if any(each[0] != "v" and not each.lstrip("-").isdecimal() for each in (a, b)):
            return found
        self._add(f"if {same or True}:")
        self._add(f"    {found} = {a} {op} {b}")
        self._add(f"    if not -{LARGEST} <= {found} <= {LARGEST}: {found} = None")
        return found

    def _named(self, said: str) -> str:
        """The same with a name of its own, which a literal has not."""
        return said if said[0] == "v" else self._line(said)

    def _line(self, said: str) -> str:
        self._names += 1
        name = f"v{self._names}"
        self._add(f"{name} = {said}")
        return name

    def _hold(self, table: object) -> str:
        name = f"table{len(self._held)}"
        self._held[name] = table
        return name

    def _add(self, line: str) -> None:
        self._lines.append(f"{_INDENT * self._depth}{line}")


_SIGNS: Final[tuple[str, ...]] = ("+", "-", "*", "<", "<=", ">", ">=", "=", "!=")
_NAMED: Final[dict[str, str]] = dict(
    zip(_SIGNS, ("plus", "minus", "times", "lt", "le", "gt", "ge", "eq", "ne"), strict=True)
)


def _called(op: str) -> str:
    return f"op_{_NAMED.get(op, op)}"


def _kind_of(a: str, b: str) -> str:
    """The class two values most likely share, by the literal among them; "" when none can be told:
    a literal that is neither text nor number, or a text beside a number.
    """
    kinds: set[str] = set()
    for each in (a, b):
        if each[0] == "v":
            continue
        text = each[0] in "\"'"
        kinds.add("str" if text else "int" if each.lstrip("-").isdecimal() else "")
    if not kinds:
        return "int"
    return kinds.pop() if len(kinds) == 1 else ""
