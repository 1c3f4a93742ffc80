"""The words of the decision tables: how things stand, whether to refer, a row and its sentences."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from server.records.model import Kind
from server.records.operations import Made


class Level(StrEnum):
    """What a record says about how things stand."""

    AT_GOAL = "at_goal"
    """At goal, or nothing abnormal."""

    NOT_YET = "not_yet"
    """Not at goal: come again soon."""

    TWICE = "twice"
    """Not at goal twice in a row."""

    ABNORMAL = "abnormal"
    """Something was found that somebody has to look into."""

    EMERGENCY = "emergency"
    """Treat and refer at once."""


class Refer(StrEnum):
    """Whether to refer."""

    NO = "no"
    ADVISE = "advise"
    NOW = "now"


KNOWN: Final = frozenset(
    {
        "on", "birth", "sex", "last_on", "hypertension", "diabetes", "copd", "pregnant",
        "lactating", "retreated",
    }
)  # fmt: skip
"""What may be known beside a form: two days, who it is, and whether (true or false) somebody is
known to have the disease, expects a child or nurses one, is treated for tuberculosis once more.
What is not handed in is not known."""


class StepsBroken(ValueError):
    """A decision table cannot be used: `file:line: why`."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number of the table: its value times 10**places, in `unit`."""

    name: str
    value: int
    label: str
    clause: str
    places: int = 0
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of a sentence: a fixed text, or where a value comes from and its name."""

    source: str
    name: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """One reason: when it is said, and its pieces."""

    when: Made | None
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Worked:
    """Something worked out before the rows are asked."""

    name: str
    made: Made
    last: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One row for one kind. `due`: (days, months), each a number or the name of one."""

    id: str
    track: str
    when: Made
    level: Level
    refer: Refer
    refer_as: tuple[str, str] | None
    due_days: int | str | None
    due_months: int | str | None
    rule: str
    clause: str
    cls: str
    reasons: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """All that is asked of one kind."""

    kind: Kind
    basis: str
    values: tuple[Worked, ...]
    rows: tuple[Row, ...]
    notes: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """All families. `raw`: the blocks as written, for the exported catalogue."""

    pages: Mapping[str, Page]
    numbers: Mapping[str, Number]
    raw: Mapping[str, Any]
