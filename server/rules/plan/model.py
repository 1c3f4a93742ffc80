"""The words of the plan: facts in, items out."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Final

LOST: Final = "lost_reason"
"""Filled in, this field says that the visit did not take place: such a record fills nothing."""


class Group(StrEnum):
    """To whom services are owed. Values are ids for code; labels stand in rules.toml."""

    CHILD = "child"
    PREGNANT = "pregnant"
    POSTPARTUM = "postpartum"
    ELDER = "elder"
    ADULT_35 = "adult_35"
    HYPERTENSION = "hypertension"
    HYPERTENSION_RISK = "hypertension_risk"
    DIABETES = "diabetes"
    DIABETES_RISK = "diabetes_risk"
    COPD = "copd"
    MENTAL = "mental"
    TUBERCULOSIS = "tuberculosis"
    TUBERCULOSIS_SUSPECT = "tuberculosis_suspect"
    DISABLED = "disabled"
    CONTRACT = "contract"


RESTRICTED_GROUPS: Final = frozenset({Group.MENTAL, Group.TUBERCULOSIS, Group.TUBERCULOSIS_SUSPECT})
"""Groups whose very name is a class B fact."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record that stands: not voided, not amended. `body` as the newest form shows it.

    `cls`: A or B. `performed_by`: the facility that gave the service, None where unknown.
    """

    id: bytes
    kind: str
    on: date
    body: Mapping[str, Any]
    cls: str = "A"
    performed_by: bytes | None = None

    def __repr__(self) -> str:
        return f"Record({self.kind if self.cls == 'A' else 'restricted'}, {self.id.hex()})"


@dataclass(frozen=True, slots=True)
class Promise:
    """A service that was agreed on, with its day: `rule` P64 or P65 (promises.py)."""

    id: bytes
    rule: str
    made: date
    due: date


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one resident. `due`: items fall due in the state of the archive.

    `sex`: GB/T 2261.1, "" for unknown. `since`: the day the archive was opened here (pro rata in
    the first year), None where unknown. `values`: register cells as readers are shown them; the
    elements of a set are a frozenset under the field's name; restricted cells are among them.
    `records`: oldest service day first, then by id. `promises`: those that stand.
    """

    due: bool
    birth: date | None
    sex: str = ""
    since: date | None = None
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])
    records: tuple[Record, ...] = ()
    promises: tuple[Promise, ...] = ()

    def of(self, *kinds: str) -> Iterator[Record]:
        """The records of these kinds in which a service was given, oldest first."""
        for each in self.records:
            if each.kind in kinds and LOST not in each.body:
                yield each

    def codes(self, name: str) -> frozenset[str]:
        """The elements of a set of the register."""
        found = self.values.get(name)
        return found if isinstance(found, frozenset) else frozenset()  # pyright: ignore[reportUnknownVariableType]


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that is owed. `rule` and `slot` name it for this resident, whenever it is made.

    It may be done from `opens` on, should be by `due`, and is missed after `closes` (None: it stays
    owed until it is done). `done`: the record that did it, `done_on` its service day. `why` is a
    key of the rule's reasons, filled in with `given`; `because`: the records the reason rests on.
    """

    rule: str
    slot: str
    opens: date
    due: date
    closes: date | None
    kinds: tuple[str, ...]
    why: str
    given: Mapping[str, str | int] = field(default_factory=dict[str, "str | int"])
    because: tuple[bytes, ...] = ()
    done: bytes | None = None
    done_on: date | None = None
    cls: str = "A"

    @property
    def key(self) -> str:
        return f"{self.rule}/{self.slot}"


class Stage(StrEnum):
    """Where an item stands on a day."""

    DONE = "done"
    LATER = "later"
    OPEN = "open"
    OVERDUE = "overdue"
    MISSED = "missed"


def stage(item: Item, on: date) -> Stage:
    """Where an item stands on a day."""
    if item.done is not None:
        return Stage.DONE
    if on < item.opens:
        return Stage.LATER
    if item.closes is not None and on > item.closes:
        return Stage.MISSED
    return Stage.OVERDUE if on > item.due else Stage.OPEN


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers of one rule, in force in a district and year: name -> value."""

    values: Mapping[str, int]

    def __getitem__(self, name: str) -> int:
        return self.values[name]


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the plan. `reasons`: key -> sentence with {names}. `neutral`: what lists call it.

    `listed`: stands on lists of people to call; a rule that waits for the next encounter does not.
    """

    id: str
    label: str
    clause: str
    source: str
    confidence: str
    group: Group | None
    kinds: tuple[str, ...]
    valid_from: date
    reasons: Mapping[str, str]
    numbers: Mapping[str, int]
    valid_until: date | None = None
    subject: str = "resident"
    cls: str = "A"
    neutral: str = ""
    listed: bool = True
    draft: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """What a family's function is given: the facts, the year, its rule with its numbers.

    `district`: the numbers of the district, by "P52.times". `shared`: what several rules of one
    plan work out once; never anything that depends on a single rule.
    """

    facts: Facts
    year: int
    rule: Rule
    numbers: Numbers
    groups: "Mapping[Group, Spell]"
    district: Mapping[str, int] = field(default_factory=dict[str, int])
    shared: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def first(self) -> date:
        return date(self.year, 1, 1)

    @property
    def last(self) -> date:
        return date(self.year, 12, 31)


@dataclass(frozen=True, slots=True)
class Spell:
    """From when until when somebody belongs to a group, and by which records that is known.

    `until`: the first day outside. `cls`: B when only a restricted fact tells of it.
    """

    since: date
    until: date | None = None
    because: tuple[bytes, ...] = ()
    cls: str = "A"


Maker = Callable[[Asked], Sequence[Item]]
"""A family's function for one rule."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is owed to one resident in a year, ordered by due day, rule and slot.

    `groups`: whom the resident belongs to at some time of the year, with from and until.
    """

    year: int
    items: tuple[Item, ...]
    groups: Mapping[Group, Spell]
