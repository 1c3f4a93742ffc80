"""What follows from a record: at goal, not yet, twice in a row, emergency; when to come again, and
whether to refer.

The decision table is data (next_steps.toml) in the language of server/records/expression.py: the
rows of a kind are asked in order, the first whose `when` is true answers. The tablet's app gets the
same rows with the exported catalogue, so advice on the tablet and on the server is one rule.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any


class Level(StrEnum):
    """What a record says about how things stand."""

    AT_GOAL = "at_goal"
    NOT_YET = "not_yet"
    TWICE = "twice"
    EMERGENCY = "emergency"


class Refer(StrEnum):
    """Whether to refer."""

    NO = "no"
    ADVISE = "advise"
    NOW = "now"


@dataclass(frozen=True, slots=True)
class Step:
    """What follows from one record. `rule`: the row of the plan (P08). `due`: the day by which the
    next service should be given, None where the form's own plan decides. `reasons`: sentences a
    doctor reads. `cls`: B when the advice itself tells a restricted fact.
    """

    kind: str
    level: Level
    refer: Refer
    due: date | None
    reasons: tuple[str, ...]
    clause: str
    rule: str
    cls: str = "A"


def step_after(
    kind: str,
    body: Mapping[str, Any],
    on: date,
    *,
    last: Mapping[str, Any] | None = None,
    known: Mapping[str, Any] | None = None,
    numbers: Mapping[str, int] | None = None,
) -> Step | None:
    """What follows from this record; None for a kind that has no next step.

    `body` as the newest form shows it; `last`: the record of the same kind before it, by service
    day; `known`: birth, sex ... beside the form; `numbers`: the district's, by name.
    """
    del kind, body, on, last, known, numbers
    return None
