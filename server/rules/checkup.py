"""Checkup days as data: stations, who goes where, and which values alarm (checkup.toml).

Elders are checked once a year, at checkup days with QR check-in (S003-5(6)-a). How a hall is laid
out no document says, so it is the project's "default" there, and a day may leave stations out.
Pure.
"""

import tomllib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from server.records.checkup_steps import URGENT
from server.records.expression import compiled
from server.records.kinds import get
from server.records.model import Kind, Scaled
from server.records.operations import Scope
from server.rules.clauses import parts_of
from server.rules.next_step import numbers as step_numbers
from sync.hall import Critical

TABLE: Final = Path(__file__).with_name("checkup.toml")
DEFAULT: Final = "default"
OTHER: Final = "other"
"""The group of somebody whom no other one fits."""


@dataclass(frozen=True, slots=True)
class Tube:
    """A container that is labelled. `digit` stands in its specimen number."""

    id: str
    label: str
    digit: int
    clause: str


@dataclass(frozen=True, slots=True)
class Form:
    """What a station fills in of a form; no fields: all of it."""

    kind: str
    fields: tuple[str, ...]

    @property
    def form(self) -> Kind:
        return get(self.kind, 1)


@dataclass(frozen=True, slots=True)
class Station:
    """One place in the hall. `urgent`: what an operator may find critical there."""

    id: str
    label: str
    short: str
    minutes: int
    forms: tuple[Form, ...]
    tubes: tuple[str, ...]
    urgent: tuple[tuple[str, str], ...]
    note: str
    clause: str


@dataclass(frozen=True, slots=True)
class Group:
    """People who are checked for one reason; `route`: their stations in order."""

    id: str
    label: str
    route: tuple[str, ...]
    clause: str


@dataclass(frozen=True, slots=True)
class Bound:
    """A value of `field` is critical from (or down to) a number; all in the field's own unit."""

    name: str
    form: str
    field: str
    number: str
    at_least: bool
    sentence: str


def _raw() -> dict[str, Any]:
    return tomllib.loads(TABLE.read_text("utf-8"))


@cache
def tubes() -> Mapping[str, Tube]:
    return {each["id"]: Tube(**each) for each in _raw()["tube"]}


@cache
def stations() -> Mapping[str, Station]:
    """Every station by id, in the order in which people walk."""
    found: dict[str, Station] = {}
    for each in _raw()["station"]:
        forms = tuple(Form(form["kind"], tuple(form["fields"])) for form in each["form"])
        found[each["id"]] = Station(
            id=each["id"], label=each["label"], short=each["short"], minutes=each["minutes"],
            forms=forms, tubes=tuple(each.get("tubes", ())),
            urgent=tuple((code, URGENT[code]) for code in each.get("urgent", ())),
            note=each.get("note", ""), clause=each["clause"],
        )  # fmt: skip
    return found


@cache
def groups() -> Mapping[str, Group]:
    return {
        each["id"]: Group(each["id"], each["label"], tuple(each["route"]), each["clause"])
        for each in _raw()["group"]
    }


@cache
def bounds() -> tuple[Bound, ...]:
    return tuple(
        Bound(
            each["name"], each["form"], field, each.get("from") or each["to"], "from" in each,
            each["sentence"],
        )
        for each in _raw()["critical"]
        for field in each["fields"]
    )  # fmt: skip


@cache
def _own_numbers() -> Mapping[str, tuple[int, int]]:
    """Number -> (value, places) of those that stand in checkup.toml."""
    return {each["name"]: (each["value"], each.get("places", 0)) for each in _raw()["number"]}


def faults() -> list[str]:
    """What is wrong with the table: one sentence each. A test holds this empty."""
    cited = (*tubes().values(), *stations().values(), *groups().values())
    found = [
        f"{each.id}: {each.clause} is no clause"
        for each in cited
        if each.clause != DEFAULT and not parts_of(each.clause)
    ]
    for place in stations().values():
        found += [f"{place.id}: no tube {tube}" for tube in place.tubes if tube not in tubes()]
        for form in place.forms:
            absent = (name for name in form.fields if form.form.field(name) is None)
            found += [f"{place.id}: no field {name}" for name in absent]
    for group in groups().values():
        absent = (name for name in group.route if name not in stations())
        found += [f"{group.id}: no station {name}" for name in absent]
    known = {*_own_numbers(), *step_numbers()}
    for each in bounds():
        if each.number not in known or get(each.form, 1).field(each.field) is None:
            found.append(f"{each.name}: no number {each.number}, or no field {each.field}")
    return found


def route_of(who: Iterable[str], offered: Collection[str]) -> tuple[str, ...]:
    """The stations of somebody in these groups, of those that a day offers, in walking order."""
    known = [groups()[each] for each in who if each in groups()] or [groups()[OTHER]]
    wanted = {name for group in known for name in group.route}
    return tuple(name for name in stations() if name in wanted and name in offered)


def tubes_of(route: Sequence[str]) -> tuple[str, ...]:
    """The tubes that are labelled for somebody with this route."""
    return tuple(tube for name in route for tube in stations()[name].tubes)


def _bound(each: Bound, district: Mapping[str, int]) -> int:
    """The number in the unit of the field; a district's own goes before the national one."""
    if each.number in _own_numbers():
        value, places = _own_numbers()[each.number]
    else:
        national = step_numbers()[each.number]
        value, places = district.get(each.number, national.value), national.places
    field = get(each.form, 1).field(each.field)
    assert field is not None
    fine = field.type.places if isinstance(field.type, Scaled) else 0
    return value * 10 ** (fine - places)


@dataclass(frozen=True, slots=True)
class Rule:
    """A bound as an expression over the form: what tablets evaluate too."""

    name: str
    form: str
    field: str
    when: list[Any]
    sentence: str


def rules(district: Mapping[str, int]) -> tuple[Rule, ...]:
    """The critical values of a district. `district`: its numbers by name (DistrictYear)."""
    return tuple(
        Rule(
            each.name, each.form, each.field,
            [">=" if each.at_least else "<=", ["field", each.field], _bound(each, district)],
            each.sentence,
        )
        for each in bounds()
    )  # fmt: skip


def critical(district: Mapping[str, int]) -> Critical:
    """(form, values) -> its critical values, each field once."""
    looks = [(each.form, each.field, compiled(each.when)) for each in rules(district)]

    def look(form: str, values: Mapping[str, Any]) -> list[tuple[str, Any]]:
        scope = Scope(values, {}, {}, {})
        found = {
            field: values[field]
            for kind, field, made in looks
            if kind == form and values.get(field) is not None and made(scope) is True
        }
        return list(found.items())

    return look


def sentence_of(field: str, value: Any, district: Mapping[str, int]) -> str:
    """What people read of an alarm: of a value, or of what an operator found."""
    if ":" in field:
        return URGENT.get(field.partition(":")[2], field)
    for each in rules(district):
        if each.field == field and compiled(each.when)(Scope({field: value}, {}, {}, {})) is True:
            return each.sentence
    return field
