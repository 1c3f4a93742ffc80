"""The tree of organisations: what may stand under what, who may set up what, which services are
given.

The city oversees, the county implements, facilities serve (S000-art3¶1); stations and village rooms
work under their facility (S001-art23). The county designates facilities and the services each may
give, and publishes the list (S000-art4). Default: no.
"""

import tomllib
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Final

from server.rules.accounts import StaffRole

CLAUSES: Final = {"tree": "S000-art3¶1", "below": "S001-art23", "services": "S000-art4"}
_SERVICES: Final = Path(__file__).with_name("services.toml")


class Level(StrEnum):
    """What an organisation is."""

    CITY = "city"
    COUNTY = "county"
    FACILITY = "facility"
    """Township or community centre: holds teams and their residents."""

    STATION = "station"
    ROOM = "room"
    """Village room."""


class Ownership(StrEnum):
    """Whose the organisation is."""

    PUBLIC = "public"
    COLLECTIVE = "collective"
    PRIVATE = "private"


ABOVE: Final[Mapping[Level, Level | None]] = {
    Level.CITY: None,
    Level.COUNTY: Level.CITY,
    Level.FACILITY: Level.COUNTY,
    Level.STATION: Level.FACILITY,
    Level.ROOM: Level.FACILITY,
}
MADE_BY: Final[Mapping[StaffRole, frozenset[Level]]] = {
    StaffRole.CITY: frozenset({Level.COUNTY}),
    StaffRole.COUNTY: frozenset({Level.FACILITY, Level.STATION, Level.ROOM}),
    StaffRole.MANAGER: frozenset({Level.STATION, Level.ROOM}),
}


def may_stand_under(level: Level, above: Level | None) -> bool:
    """Whether an organisation of `level` may have a parent of level `above`."""
    return ABOVE[level] is above


def may_set_up(
    role: StaffRole, level: Level, *, own: bytes, parent: bytes | None, grandparent: bytes | None
) -> bool:
    """Whether somebody of `role` at `own` sets up or changes an organisation of this level there.

    `parent` and `grandparent` are those of the organisation: nobody reaches beside the own place.
    """
    return level in MADE_BY.get(role, frozenset()) and own in (parent, grandparent)


@cache
def services() -> Mapping[str, str]:
    """{code: what people read} of every service that may be given."""
    table: dict[str, Any] = tomllib.loads(_SERVICES.read_text("utf-8"))
    return {each["code"]: each["label"] for each in table["service"]}


def is_open(opened_on: str, closed_on: str | None, today: str) -> bool:
    """Whether it serves on that day; ISO days, "" for an opening nobody knows."""
    return opened_on <= today and (closed_on is None or today < closed_on)
