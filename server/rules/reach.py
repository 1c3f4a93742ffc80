"""What of an open archive a guardian of somebody of 14 to 17 is handed (portal.md 10). Pure.

The classes are asked of access.py; within them a guardian goes on seeing basics, checkups,
vaccination and the plan, and nothing that is about sexual organs or having children, unless the
young person shared it. The lists stand in family.toml with their reasons; one place applies them:
the gate (server/access.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

import msgspec

from server.records.kinds import UnknownKind, get
from server.records.model import ListOf, Text
from server.rules.access import Scope, Tie
from server.rules.family import numbers, table
from sync import wire


@dataclass(frozen=True, slots=True)
class Hidden:
    """`kept`: forms a guardian of 14 to 17 goes on seeing. `reproductive`: form -> its fields, ()
    for the whole form. `plan`: rules of the service plan.
    """

    kept: frozenset[str]
    reproductive: Mapping[str, frozenset[str]]
    plan: frozenset[str]


@cache
def hidden() -> Hidden:
    found = table()
    return Hidden(
        frozenset(found["kept"]),
        {each["kind"]: frozenset(each["fields"]) for each in found["reproductive"]},
        frozenset(found["plan"]["reproductive"]),
    )


class Reach(StrEnum):
    """How far an opening goes within the classes that are allowed."""

    ALL = "all"
    SHARED = "shared"
    """A guardian of 14 to 17 with whom the archive was shared: all but what is reproductive."""

    KEPT = "kept"
    """A guardian of 14 to 17: basics, checkups, vaccination, without what is reproductive."""


def reach_of(tie: Tie | None, age: int, scopes: frozenset[Scope]) -> Reach:
    """`tie` None: the resident."""
    of_age = numbers()
    if tie is not Tie.PARENT or age < of_age.own_hand_years or age >= of_age.of_age_years:
        return Reach.ALL
    if Scope.REPRODUCTIVE in scopes:
        return Reach.ALL if Scope.ARCHIVE in scopes else Reach.KEPT
    return Reach.SHARED if Scope.ARCHIVE in scopes else Reach.KEPT


def shows_cell(cell: str, reach: Reach, scopes: frozenset[Scope] = frozenset()) -> bool:
    """Whether a register cell ("phone", "special_group/7") is handed over."""
    if reach is Reach.ALL or Scope.REPRODUCTIVE in scopes:
        return True
    gone = hidden().reproductive["basic_info"]
    return cell not in gone and cell.partition("/")[0] not in gone


def shows_kind(kind: str, reach: Reach, scopes: frozenset[Scope] = frozenset()) -> bool:
    """Whether anything of a form is."""
    if reach is Reach.ALL:
        return True
    if reach is Reach.KEPT and kind not in hidden().kept:
        return False
    whole = hidden().reproductive.get(kind) == frozenset()
    return not whole or Scope.REPRODUCTIVE in scopes


def shows_rule(rule: str, reach: Reach, scopes: frozenset[Scope] = frozenset()) -> bool:
    """Whether an item of the service plan is."""
    return reach is Reach.ALL or Scope.REPRODUCTIVE in scopes or rule not in hidden().plan


def shown_part(
    kind: str, version: int, body: Mapping[str, Any], reach: Reach,
    scopes: frozenset[Scope] = frozenset(),
) -> dict[str, Any]:  # fmt: skip
    """A record's answers as they are handed over; `shows_kind` was asked first."""
    gone = hidden().reproductive.get(kind, frozenset())
    if reach is Reach.ALL or Scope.REPRODUCTIVE in scopes or not gone & body.keys():
        return dict(body)
    free = _free_words(kind, version)
    return {name: value for name, value in body.items() if name not in gone and name not in free}


def _free_words(kind: str, version: int) -> frozenset[str]:
    try:
        fields = get(kind, version).fields
    except UnknownKind:
        return frozenset()
    return frozenset(each.name for each in fields if isinstance(each.type, Text | ListOf))


def part_of(change: wire.Change, reach: Reach, scopes: frozenset[Scope]) -> wire.Change:
    """A record's change as it is handed over; `shows_kind` was asked first."""
    if change.body is msgspec.UNSET:
        return change
    body = msgspec.json.decode(change.body, type=dict[str, Any])
    shown = shown_part(change.kind, change.v, body, reach, scopes)
    if shown == body:
        return change
    return msgspec.structs.replace(change, body=msgspec.Raw(msgspec.json.encode(shown)))
