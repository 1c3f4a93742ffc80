"""Abnormal findings of a checkup (异常发现): what was found, what doctor and resident are told,
and whether a referral or another look is owed.

Rules are data (checkup_findings.toml). What a record asks for by itself stands in next_steps and
only there: an entry names its row. References of the laboratory are those of the comparison over
years (changes.toml), so the letter never calls high what the portal calls normal. Pure.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Final

from server.records.expression import compiled, looked_at
from server.records.operations import Made, Scope
from server.rules import next_step
from server.rules.access import age_years
from server.rules.changes import CHECKUPS, Item, goal_of, items
from server.rules.next_step_table import table as steps_table

_CONDITIONS: Final = ("step", "items", "when")
_KEYS: Final = frozenset(
    {
        *_CONDITIONS,
        *("id", "topic", "label", "plain", "side", "times", "fields", "from", "doctor", "resident"),
        *("action", "urgency", "days", "clause"),
    }
)
_SIDES: Final = {"high": 1, "low": -1}
_WHOLE: Final = 100  # per cent
_ADULT: Final = 18


class FindingsBroken(ValueError):
    """checkup_findings.toml cannot be used."""


class Action(StrEnum):
    """What becomes of a finding."""

    REFER = "refer"
    FOLLOW_UP = "follow_up"
    ADVISE = "advise"


OWED: Final = frozenset({Action.REFER, Action.FOLLOW_UP})
"""Findings that stay open until somebody has seen to them."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One answer that a finding rests on. `side`: 1 above its reference, -1 below, 0 neither."""

    field: str
    value: Any
    side: int = 0


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found, as doctors call it and as residents do. `days`: by when, None for
    advice.
    """

    id: str
    label: str
    plain: str
    shown: tuple[Shown, ...]
    doctor: str
    resident: str
    action: Action
    urgent: bool
    days: int | None
    clause: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the table."""

    id: str
    topic: str
    label: str
    plain: str
    steps: tuple[str, ...]
    items: tuple[Item, ...]
    side: int
    times: int
    when: Made | None
    fields: tuple[str, ...]
    least_age: int
    doctor: str
    resident: str
    action: Action
    urgent: bool
    days: int | None
    clause: str


@dataclass(frozen=True, slots=True)
class Person:
    """Whom a checkup is of. `known`: hypertension, diabetes ... as in next_step_model.KNOWN."""

    birth: date | None
    sex: str
    known: Mapping[str, Any]
    numbers: Mapping[str, int]


@cache
def table() -> tuple[Entry, ...]:
    """Every entry in the order of the file. Raises FindingsBroken."""
    raw = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
    made = tuple(_entry(each) for each in raw["finding"])
    if len({each.id for each in made}) != len(made):
        raise FindingsBroken("an id is there twice")
    return made


def findings(kind: str, body: Mapping[str, Any], on: date, person: Person) -> tuple[Finding, ...]:
    """What one checkup found, the gravest first; of each topic the first entry that fits."""
    if kind not in CHECKUPS:
        return ()
    known: dict[str, Any] = dict(person.known)
    if person.birth is not None:
        known["birth"] = person.birth
    if person.sex:
        known["sex"] = person.sex
    asked = _Asked(
        body, age_years(person.birth, on) if person.birth else _ADULT, person,
        next_step.scope_of(kind, body, on, known=known, numbers=person.numbers),
        {
            each.row: each.reasons
            for each in next_step.steps_after(
                kind, body, on, known=known, numbers=person.numbers
            )
            if each.cls == "A"
        },
    )  # fmt: skip
    told: dict[str, Finding] = {}
    for entry in table():
        if entry.topic not in told and (found := asked.found(entry)) is not None:
            told[entry.topic] = found
    return tuple(sorted(told.values(), key=_gravity))


def named(finding: str) -> Entry | None:
    """The entry of this id as it is today."""
    return next((each for each in table() if each.id == finding), None)


def _gravity(found: Finding) -> tuple[bool, int]:
    return not found.urgent, list(Action).index(found.action)


@dataclass(frozen=True, slots=True)
class _Asked:
    """One checkup before the table. `steps`: row of next_steps -> its reasons."""

    body: Mapping[str, Any]
    age: int
    person: Person
    scope: Scope
    steps: Mapping[str, tuple[str, ...]]

    def found(self, entry: Entry) -> Finding | None:
        if self.age < entry.least_age:
            return None
        shown, doctor = self._given(entry.fields), entry.doctor
        if entry.steps:
            row = next((each for each in entry.steps if each in self.steps), None)
            if row is None:
                return None
            doctor = doctor or "；".join(self.steps[row])
        elif entry.items:
            shown = tuple(self._out(entry))
            if not shown:
                return None
        elif entry.when is None or entry.when(self.scope) is not True:
            return None
        return Finding(
            entry.id, entry.label, entry.plain, shown, doctor, entry.resident, entry.action,
            entry.urgent, entry.days, entry.clause,
        )  # fmt: skip

    def _given(self, names: Iterable[str]) -> tuple[Shown, ...]:
        return tuple(
            Shown(name, self.body[name], self._side(name)) for name in names if name in self.body
        )

    def _side(self, name: str) -> int:
        item, value = _items().get(name), self.body.get(name)
        return self._goal(item).side(value) if item and isinstance(value, int) else 0

    def _goal(self, item: Item) -> Any:
        return goal_of(item, sex=self.person.sex, age=self.age, numbers=self.person.numbers)

    def _out(self, entry: Entry) -> Iterable[Shown]:
        """The items that are out of their reference, all of them where one is far enough out."""
        out: list[Shown] = []
        far = False
        for item in entry.items:
            value = self.body.get(item.field.name)
            if not isinstance(value, int):
                continue
            goal = self._goal(item)
            if goal.side(value) != entry.side:
                continue
            out.append(Shown(item.field.name, value, entry.side))
            far = far or value * _WHOLE >= (goal.below or 0) * entry.times or entry.side < 0
        return out if far else ()


@cache
def _items() -> Mapping[str, Item]:
    return {each.field.name: each for each in items()}


# Reading the table.


def _entry(raw: Mapping[str, Any]) -> Entry:
    name = raw.get("id", "an entry")
    unknown = raw.keys() - _KEYS
    if unknown:
        raise FindingsBroken(f"{name}: {min(unknown)} is not known here")
    if sum(each in raw for each in _CONDITIONS) != 1:
        raise FindingsBroken(f"{name}: one of {', '.join(_CONDITIONS)}")
    try:
        return _made(raw)
    except KeyError as missing:
        raise FindingsBroken(f"{name}: {missing} is missing or not known") from None


def _made(raw: Mapping[str, Any]) -> Entry:
    action = Action(raw["action"])
    if (action in OWED) != ("days" in raw) or (action is Action.REFER) != ("urgency" in raw):
        raise FindingsBroken(f"{raw['id']}: days where something is owed, urgency of a referral")
    steps = raw.get("step", ())
    rows = (steps,) if isinstance(steps, str) else tuple(steps)
    if set(rows) - _rows():
        raise FindingsBroken(f"{raw['id']}: next_steps has no such row of a checkup")
    if not rows and "doctor" not in raw:
        raise FindingsBroken(f"{raw['id']}: what is the doctor told?")
    return Entry(
        id=raw["id"], topic=raw["topic"], label=raw["label"], plain=raw["plain"],
        steps=rows,
        items=tuple(_items()[each] for each in raw.get("items", ())),
        side=_SIDES[raw["side"]] if "items" in raw else 0, times=raw.get("times", _WHOLE),
        when=_when(raw), fields=tuple(raw.get("fields", ())), least_age=raw.get("from", 0),
        doctor=raw.get("doctor", ""), resident=raw["resident"], action=action,
        urgent=raw.get("urgency") == "now", days=raw.get("days"), clause=raw["clause"],
    )  # fmt: skip


def _when(raw: Mapping[str, Any]) -> Made | None:
    if "when" not in raw:
        return None
    kind = steps_table().pages["health_check"]
    names = {each.name for each in kind.values} | next_step.KNOWN
    for source, name in looked_at(raw["when"]):
        there = {
            "field": lambda name=name: kind.kind.field(name) is not None,
            "number": lambda name=name: name in next_step.numbers(),
            "known": lambda name=name: name in names,
        }
        if source not in there or not there[source]():
            raise FindingsBroken(f'{raw["id"]}: ["{source}", "{name}"] is not known')
    return compiled(raw["when"])


def _rows() -> frozenset[str]:
    """The open rows that may follow from a checkup."""
    pages = (steps_table().pages[each] for each in CHECKUPS)
    return frozenset(row.id for page in pages for row in page.rows if row.cls == "A")
