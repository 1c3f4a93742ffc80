"""What follows from a record: at goal, not yet, twice in a row, emergency; when to come again, and
whether to refer.

The decision table is data (next_steps/*.toml, read by next_step_table.py) in the language of
server/records/expression.py: the rows of a kind are asked in order, the first whose `when` is true
answers. The tablet's app gets the same rows with the exported catalogue, so advice on the tablet
and on the server is one rule.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any, Final

from server.records.ages import months_later
from server.records.computed import computed
from server.records.model import Code, Codes, FieldType, Kind, Scaled, decimal_text
from server.records.operations import Scope
from server.rules.next_step_model import KNOWN, Level, Number, Page, Part, Refer, Row, Sentence
from server.rules.next_step_table import table

__all__ = [
    "KNOWN", "Level", "Refer", "Step", "kinds", "numbers", "rows", "scope_of", "step_after",
    "steps_after",
]  # fmt: skip

LOST: Final = "lost_reason"
"""Filled in, this field says that the visit did not take place: nothing follows from it here."""

_HARDEST: Final = (Level.EMERGENCY, Level.TWICE, Level.ABNORMAL, Level.NOT_YET, Level.AT_GOAL)


@dataclass(frozen=True, slots=True)
class Step:
    """What follows from one record. `rule`: the row of the plan (P08). `due`: the day by which the
    next service should be given, None where the form's own plan decides. `reasons`: sentences a
    doctor reads. `cls`: B when the advice itself tells a restricted fact. `row`: the row of the
    table; `refer_as`: the referral's field and code that say why; `basis`: the text it rests on.
    """

    kind: str
    level: Level
    refer: Refer
    due: date | None
    reasons: tuple[str, ...]
    clause: str
    rule: str
    cls: str = "A"
    row: str = ""
    refer_as: tuple[str, str] | None = None
    basis: str = ""


def step_after(
    kind: str,
    body: Mapping[str, Any],
    on: date,
    *,
    last: Mapping[str, Any] | None = None,
    known: Mapping[str, Any] | None = None,
    numbers: Mapping[str, int] | None = None,
) -> Step | None:
    """What follows from this record; None for a kind that has no next step, and for a visit that
    did not take place.

    `body` as the newest form shows it; `last`: the record of the same kind before it, by service
    day, in which a service was given; `known`: names of next_step_model.KNOWN, `last_on` the day of
    `last`; `numbers`: the district's, by name. Where several things follow, the gravest.
    """
    found = steps_after(kind, body, on, last=last, known=known, numbers=numbers)
    return min(found, key=lambda step: _HARDEST.index(step.level), default=None)


def steps_after(
    kind: str,
    body: Mapping[str, Any],
    on: date,
    *,
    last: Mapping[str, Any] | None = None,
    known: Mapping[str, Any] | None = None,
    numbers: Mapping[str, int] | None = None,
) -> tuple[Step, ...]:
    """All that follows from this record, one answer a track: beside what a health check found, a
    suspicion that another service has to follow.
    """
    page = table().pages.get(kind)
    if page is None or LOST in body:
        return ()
    asked = _Asked(page, _scope(page, body, on, last or {}, known or {}, numbers or {}), on)
    made: dict[str, Step] = {}
    for row in page.rows:
        if row.track not in made and row.when(asked.scope) is True:
            made[row.track] = asked.step(row)
    return tuple(made.values())


def scope_of(
    kind: str,
    body: Mapping[str, Any],
    on: date,
    *,
    known: Mapping[str, Any] | None = None,
    numbers: Mapping[str, int] | None = None,
) -> Scope:
    """What the rows of a kind look at, its worked-out values among them, for another table that
    asks about the same record. Raises KeyError for a kind that nothing follows from.
    """
    return _scope(table().pages[kind], body, on, {}, known or {}, numbers or {})


def kinds() -> frozenset[str]:
    """The forms that something follows from."""
    return frozenset(table().pages)


def rows() -> Mapping[str, Any]:
    """The whole table as JSON: number, value, row, note, basis. For the exported catalogue."""
    return table().raw


def numbers() -> Mapping[str, Number]:
    """The numbers of the table with their national values, by name."""
    return table().numbers


# Asking.


def _scope(
    page: Page,
    body: Mapping[str, Any],
    on: date,
    last: Mapping[str, Any],
    known: Mapping[str, Any],
    district: Mapping[str, int],
) -> Scope:
    """What the rows look at: answers, the record before, what is known or was worked out."""
    given = {name: _plain(value) for name, value in known.items() if name in KNOWN}
    given["on"] = on.isoformat()
    values = _values(district)
    then: dict[str, Any] = {**given, "on": given.get("last_on", given["on"])}
    given |= computed(page.kind, body, given, last, values)
    scope = Scope(body, last, given, values)
    if last:
        then |= computed(page.kind, last, then, None, values)
    before = Scope(last, {}, then, values)
    for each in page.values:
        given[each.name] = each.made(scope)
        if each.last and last:
            then[each.name] = given[f"last_{each.name}"] = each.made(before)
    return scope


def _values(district: Mapping[str, int]) -> Mapping[str, int]:
    """The numbers in force: the district's before the national ones."""
    national = _national()
    if district.keys().isdisjoint(national):
        return national
    return {name: district.get(name, value) for name, value in national.items()}


@cache
def _national() -> Mapping[str, int]:
    return {name: each.value for name, each in table().numbers.items()}


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value


@dataclass(frozen=True, slots=True)
class _Asked:
    page: Page
    scope: Scope
    on: date

    def step(self, row: Row) -> Step:
        due = self._due(row)
        said = [*self._said(row.reasons, due), *self._said(self.page.notes, due)]
        return Step(
            kind=self.page.kind.id, level=row.level, refer=row.refer, due=due,
            reasons=tuple(dict.fromkeys(said)), clause=row.clause, rule=row.rule, cls=row.cls,
            row=row.id, refer_as=row.refer_as, basis=self.page.basis,
        )  # fmt: skip

    def _due(self, row: Row) -> date | None:
        if row.due_days is not None:
            return self.on + timedelta(days=self._span(row.due_days))
        if row.due_months is not None:
            return months_later(self.on, self._span(row.due_months))
        return None

    def _span(self, span: int | str) -> int:
        return span if isinstance(span, int) else self.scope.numbers[span]

    def _said(self, sentences: Iterable[Sentence], due: date | None) -> Iterable[str]:
        for each in sentences:
            if each.when is not None and each.when(self.scope) is not True:
                continue
            texts = [self._text(part, due) for part in each.parts]
            if None not in texts:
                yield "".join(text for text in texts if text is not None)

    def _worked(self, name: str, value: object) -> str:
        """A computed value as its type says; what the table worked out is a plain number."""
        for each in self.page.kind.computed:
            if each.name == name:
                return _as_written(each.type, value) or ""
        return str(value)

    def _text(self, part: Part, due: date | None) -> str | None:
        match part.source:
            case "":
                return part.name
            case "special":
                return due.isoformat() if due else None
            case "number":
                number = table().numbers[part.name]
                return decimal_text(self.scope.numbers[part.name], number.places)
            case "value":
                value = self.scope.known.get(part.name)
                return None if value is None else self._worked(part.name, value)
            case "last":
                return _written(self.page.kind, part.name, self.scope.last.get(part.name))
            case _:
                return _written(self.page.kind, part.name, self.scope.fields.get(part.name))


def _written(kind: Kind, name: str, value: Any) -> str | None:
    """An answer as people write it; None where there is none."""
    field = kind.field(name)
    return None if value is None or field is None else _as_written(field.type, value)


def _as_written(kind: FieldType, value: Any) -> str | None:
    match kind:
        case Scaled(places=places) if isinstance(value, int):
            return decimal_text(value, places)
        case Code(codes):
            return codes.get(str(value))
        case Codes(codes) if isinstance(value, list):
            return "、".join(codes[each] for each in value if each in codes)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        case _:
            return str(value)
