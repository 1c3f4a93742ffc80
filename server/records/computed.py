"""What follows from the answers of a form, by the definitions of its kind (Kind.computed).

One definition serves three: the form fills in what was left empty, it asks when something else was
typed, and the step after the record (rules/next_step.py) looks at the results by name.

What may be known beside a form, by name; who has less leaves it out, and what depends on it is then
not known:

| name | value |
|---|---|
| on, birth, sex | the service day, the resident's day of birth and sex (GB/T 2261.1) |
| height, waist, weight | newest measured, tenths of cm, tenths of cm, tenths of kg |
| bmi | newest body mass index, in tenths |
| lmp | the last period of the pregnancy in hand |
| selfcare_class | "1" to "4", the newest of this calendar year |
| colds_a_year, allergies_a_year | how often, as told |
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from operator import attrgetter
from typing import Any, Final

from msgspec import UNSET

from server.records.expression import Scope, Value, compiled, hangs_on, looked_at
from server.records.model import Code, Computed, Kind
from server.records.values import Fault, FaultCode, read

KNOWN: Final = frozenset(
    {
        *("on", "birth", "sex", "height", "waist", "weight", "bmi", "lmp", "selfcare_class"),
        *("colds_a_year", "allergies_a_year"),
    }
)
"""What a definition may look at beside the form and the definitions before it."""

_KEPT: Final = 4096
Run = Callable[[Scope], Value]


def computed(
    kind: Kind,
    body: Mapping[str, Any],
    known: Mapping[str, Any],
    last: Mapping[str, Any] | None = None,
    numbers: Mapping[str, int] | None = None,
) -> dict[str, Value]:
    """Every value that follows from the decoded form, by name; what is not known is left out.

    `last` is the body of the record of this kind before, `numbers` the district's.
    """
    grown = dict(known)
    scope = Scope(body, last or {}, grown, numbers or {})
    found: dict[str, Value] = {}
    for each in works_of(kind).all:
        value = each.run(scope)
        name = each.definition.name
        grown[name] = value
        if value is not None:
            found[name] = value
    return found


def filled_in(kind: Kind, body: Mapping[str, Any], values: Mapping[str, Value]) -> dict[str, Value]:
    """Of the computed values those that take the place of an answer left out, by field."""
    found: dict[str, Value] = {}
    for each in kind.computed:
        field = kind.field(each.fills) if each.fills else None
        value = values.get(each.name)
        if field is None or value is None or each.fills in body:
            continue
        if read(field, value, today=date.max)[0] is not None:
            found[each.fills] = value
    return found


@dataclass(frozen=True, slots=True)
class Work:
    """One definition, ready to run. `table`: its answers by the values it looks at, where these
    are codes, so that a score is looked up and not added up again.
    """

    definition: Computed
    run: Run
    asks: Run | None
    inputs: Callable[[Any], tuple[Any, ...]] | None
    earlier: tuple[str, ...]
    table: Callable[..., Value] | None
    needs: tuple[str, ...]
    """What must be known beside the form for anything to come of it."""


@dataclass(frozen=True, slots=True)
class Works:
    """The definitions of a kind in their order."""

    all: tuple[Work, ...]
    asked: tuple[Work, ...]
    """Those that may ask something of what was typed, and what they depend on."""

    fields: tuple[str, ...]
    """What `asked` looks at without a table."""

    values: Callable[[Any], tuple[Any, ...]]


@cache
def works_of(kind: Kind) -> Works:
    """The compiled definitions; made on first use and kept. Raises ExpressionBroken."""
    made: list[Work] = []
    tabled: set[str] = set()
    for each in kind.computed:
        work = _work(kind, each, tabled)
        if work.table is not None:
            tabled.add(each.name)
        made.append(work)
    needed = {each.name for each in kind.computed if each.place()}
    for each in reversed(kind.computed):
        if each.name in needed:
            needed |= {name for source, name in looked_at(each.expression) if source == "known"}
    asked = tuple(each for each in made if each.definition.name in needed)
    names = sorted({name for each in asked for name in _looks(kind, each)})
    return Works(tuple(made), asked, tuple(names), tuple_of(tuple(names)))


def _work(kind: Kind, each: Computed, tabled: set[str]) -> Work:
    run = compiled(each.expression)
    seen = list(looked_at(each.expression))
    fields = tuple(dict.fromkeys(name for source, name in seen if source == "field"))
    earlier = tuple(dict.fromkeys(name for source, name in seen if source == "known"))
    table = None
    if (
        all(source in ("field", "known") for source, _ in seen)
        and all(_is_code(kind, name) for name in fields)
        and set(earlier) <= tabled
    ):
        table = _table(run, fields, earlier)
    needs = tuple(hangs_on(each.expression))
    asks = None if each.asks is None or each.asks is False else compiled(each.asks)
    return Work(each, run, asks, tuple_of(fields), earlier, table, needs)


def _is_code(kind: Kind, name: str) -> bool:
    field = kind.field(name)
    return field is not None and isinstance(field.type, Code)


def _table(run: Run, fields: tuple[str, ...], earlier: tuple[str, ...]) -> Callable[..., Value]:
    @lru_cache(maxsize=_KEPT)
    def look(answers: tuple[Any, ...], values: tuple[Value, ...]) -> Value:
        scope = Scope(
            dict(zip(fields, answers, strict=True)),
            known=dict(zip(earlier, values, strict=True)),
        )
        return run(scope)

    return look


def _looks(kind: Kind, each: Work) -> list[str]:
    seen = list(looked_at(each.definition.asks))
    if each.table is None:
        seen += looked_at(each.definition.expression)
    return [name for source, name in seen if source == "field" and kind.field(name) is not None]


def tuple_of(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    """A function from a decoded record to the values of these fields."""
    if not names:
        return lambda _: ()
    if len(names) == 1:
        only = attrgetter(names[0])
        return lambda record: (only(record),)
    return attrgetter(*names)


def questions(
    works: Works, record: Any, known: dict[str, Any], numbers: Mapping[str, int]
) -> list[Fault]:
    """What was typed and does not follow from the rest. `record` is a decoded form (plan.py),
    what is not there or faulty being UNSET; `known` is added to.
    """
    fields = dict(zip(works.fields, works.values(record), strict=True))
    scope = Scope(fields, known=known, numbers=numbers)
    found: list[Fault] = []
    for each in works.asked:
        if each.table is not None:
            assert each.inputs is not None
            earlier = tuple([known[name] for name in each.earlier])
            value = each.table(each.inputs(record), earlier)
        elif each.needs and any(known.get(name) is None for name in each.needs):
            value = None
        else:
            value = each.run(scope)
        definition = each.definition
        known[definition.name] = value
        if value is None:
            continue
        if each.asks is not None:
            differs = each.asks(scope) is True
        else:
            differs = (
                bool(definition.fills)
                and definition.asks is None
                and _differs(getattr(record, definition.fills), value)
            )
        if differs and definition.place():
            said = definition.said()
            found.append(
                Fault(definition.place(), FaultCode.CONTRADICTION, said, warn=definition.warn)
            )
    return found


def _differs(typed: Any, value: Value) -> bool:
    if typed is UNSET or typed == value:
        return False
    return not isinstance(typed, date) or typed.isoformat() != value
