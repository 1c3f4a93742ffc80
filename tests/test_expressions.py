"""The vectors of what forms compute, worked out by hand; the tablet's app is held to the same file.

Each operation is asked twice, with its values written in the expression and with the same values
known beside it: what is known while a form is made and what only later must come to the same.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec import UNSET

from server.records import expression as language
from server.records.computed import KNOWN, computed, questions
from server.records.expression import ExpressionBroken, Scope, compiled, looked_at
from server.records.kinds import KindBroken, everything, get, register
from server.records.model import Code, Codes, Computed, Day, Field, Int, Kind, Scaled, Shape, Text
from server.records.operations import OPERATIONS
from server.records.plan import plan_of
from tests.cast_forms import ON

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parent / "vectors" / "expressions.json").read_text("utf-8")
)
SOURCES = {"field", "last", "known", "number"}
OF_A_LIST = {"each", "total", "some"}


def asked(case: dict[str, Any], expression: Any, beside: dict[str, Any]) -> Any:
    scope = Scope(
        case.get("fields", {}),
        case.get("last", {}),
        {**case.get("known", {}), **beside},
        case.get("numbers", {}),
    )
    return compiled(expression)(scope)


def same(found: Any, value: Any) -> bool:
    return found == value and type(found) is type(value)


@pytest.mark.parametrize("case", VECTORS["operations"], ids=lambda case: json.dumps(case)[:90])
def test_an_operation_comes_to_what_was_worked_out_by_hand(case: dict[str, Any]) -> None:
    assert same(asked(case, case["expression"], {}), case["value"])
    beside: dict[str, Any] = {}
    assert same(asked(case, _beside(case["expression"], beside), beside), case["value"])


def _beside(expression: Any, known: dict[str, Any]) -> Any:
    """The same with every literal known beside the form instead."""
    if not isinstance(expression, list):
        known[f"it{len(known)}"] = expression
        return ["known", f"it{len(known) - 1}"]
    op, *rest = expression
    if op in SOURCES or op in OF_A_LIST:
        return expression
    if op == "look":
        return [op, _beside(rest[0], known), rest[1]]
    return [op, *(_beside(each, known) for each in rest)]


@pytest.mark.parametrize("expression", VECTORS["broken"], ids=lambda e: json.dumps(e)[:60])
def test_what_is_no_expression_is_named(expression: Any) -> None:
    with pytest.raises(ExpressionBroken):
        compiled(expression)


def test_every_operation_has_vectors_and_stands_in_the_table() -> None:
    used = {op for case in VECTORS["operations"] for op in _operations(case["expression"])}
    named = {*OPERATIONS, *SOURCES, *OF_A_LIST, "look", "if"}
    assert used == named
    table = language.__doc__ or ""
    assert all(f'["{op}"' in table or f"{op}," in table or f"{op} |" in table for op in named)


def _operations(expression: Any) -> set[str]:
    if not isinstance(expression, list) or not expression:
        return set()
    found = {expression[0]} if isinstance(expression[0], str) else set()
    return found.union(*map(_operations, expression[1:]))


@pytest.mark.parametrize("case", VECTORS["computed"], ids=lambda c: json.dumps(c)[:90])
def test_a_form_computes_what_was_worked_out_by_hand(case: dict[str, Any]) -> None:
    kind = get(case["kind"], case["version"])
    known, last, numbers = (case.get(name, {}) for name in ("known", "last", "numbers"))
    found = computed(kind, case["body"], known, last, numbers)
    for name, value in case["values"].items():
        assert same(found.get(name), value), name


@pytest.mark.parametrize("case", VECTORS["computed"], ids=lambda c: json.dumps(c)[:90])
def test_judging_a_form_comes_to_the_same_as_computing_it(case: dict[str, Any]) -> None:
    """Who judges many forms looks answers up and leaves out what is surely not known."""
    kind = get(case["kind"], case["version"])
    plan = plan_of(kind)
    if plan.works is None:
        return
    given, numbers = case["body"], case.get("numbers", {})
    record = plan.struct(**{each.name: given.get(each.name, UNSET) for each in kind.fields})
    known = {"on": None, "birth": None, "sex": None, **case.get("known", {})}
    found = computed(kind, given, dict(known), numbers=numbers)
    questions(plan.works, record, known, numbers)
    for each in plan.works.asked:
        assert same(known[each.definition.name], found.get(each.definition.name))


def test_every_definition_of_the_catalogue_has_a_vector() -> None:
    told = {
        (case["kind"], name)
        for case in VECTORS["computed"]
        for name, value in case["values"].items()
        if value is not None
    }
    defined = {(kind.id, each.name) for kind in everything() for each in kind.computed}
    # What is one definition in several forms needs one vector.
    alike = {name for _, name in told}
    assert {pair for pair in defined if pair not in told and pair[1] not in alike} == set()


@pytest.mark.parametrize("kind", [k for k in everything() if k.computed], ids=lambda k: k.id)
def test_a_definition_comes_to_a_value_of_its_type(kind: Kind) -> None:
    for case in VECTORS["computed"]:
        if case["kind"] != kind.id:
            continue
        values = computed(kind, case["body"], case.get("known", {}))
        for each in kind.computed:
            if each.name in values:
                assert _fits(each, values[each.name]), each.name


def _fits(each: Computed, value: Any) -> bool:
    match each.type:
        case Int() | Scaled():
            return type(value) is int and each.type.low <= value <= each.type.high
        case Code(codes):
            return value in codes
        case Codes(codes):
            return isinstance(value, list) and set(value) <= set(codes)
        case Day():
            return isinstance(value, str) and len(value) == 10
        case _:
            return False


def test_what_a_definition_looks_at_is_there() -> None:
    for kind in everything():
        before = set(KNOWN)
        for each in kind.computed:
            for source, name in looked_at(each.expression):
                if source == "known":
                    assert name in before, f"{kind.id}.{each.name}"
            before.add(each.name)


def _toy(**changes: Any) -> Kind:
    made = {"type": Int(0, 9), "expression": ["field", "a"], "source": "here", **changes}
    definition = Computed("b", "乙", **made)
    fields = (Field("a", "甲", Int(0, 9)), Field("t", "文", Text()))
    return Kind("toy", "样", 1, ON, Shape.EVENT, fields, computed=(definition,))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"expression": ["field", "zz"]}, "looks at zz"),
        ({"expression": ["known", "zz"]}, "looks at zz"),
        ({"expression": ["known", "b"]}, "looks at b"),
        ({"expression": ["last", "zz"]}, "looks at zz"),
        ({"expression": ["nosuch", 1]}, "no such operation"),
        ({"asks": ["=", ["field", "zz"], 1]}, "looks at zz"),
        ({"fills": "zz"}, "zz, which is no field"),
        ({"field": "zz"}, "zz, which is no field"),
    ],
)
def test_a_definition_that_looks_at_nothing_stops_the_start(
    changes: dict[str, Any], said: str
) -> None:
    register([_toy()])
    with pytest.raises(KindBroken, match=said):
        register([_toy(**changes)])
