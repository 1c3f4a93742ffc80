"""Who works here in which capacity, whose accounts each may make, how sign-in is bounded.

Each level makes only the level below (S000-art3: the city oversees, the county implements, the
facility serves), so no one can make a peer or raise themselves, and only inside the own place in
the tree.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class StaffRole(StrEnum):
    """In which capacity a member of staff works."""

    CITY = "city"
    """Sees the figures of its counties."""

    COUNTY = "county"
    """Sets up facilities, decides special cases, sees every queue."""

    AUDITOR = "auditor"
    """Reads who opened what; changes nothing."""

    MANAGER = "manager"
    """Runs one facility: its staff, teams, tablets and queues."""

    DESK = "desk"
    """Works at a facility's desk: archives, queues, registration."""

    DOCTOR = "doctor"
    """Serves a panel."""


MAKES: Final[Mapping[StaffRole, frozenset[StaffRole]]] = {
    StaffRole.CITY: frozenset({StaffRole.COUNTY}),
    StaffRole.COUNTY: frozenset({StaffRole.MANAGER, StaffRole.AUDITOR}),
    StaffRole.AUDITOR: frozenset(),
    StaffRole.MANAGER: frozenset({StaffRole.DESK, StaffRole.DOCTOR}),
    StaffRole.DESK: frozenset(),
    StaffRole.DOCTOR: frozenset(),
}
EVERYBODY: Final = frozenset(StaffRole)
FACILITY_ROLES: Final = frozenset({StaffRole.MANAGER, StaffRole.DESK, StaffRole.DOCTOR})

IDLE_MINUTES: Final = 15
"""A browser nobody uses is signed out."""

SESSION_HOURS: Final = 12
"""And one that is used all day as well."""


def may_make(maker: StaffRole, role: StaffRole) -> bool:
    """Whether this role makes, resets and ends accounts of that role."""
    return role in MAKES[maker]


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the tree of organisations. `above`: its parents, nearest first."""

    facility: bytes
    level: str  # city | county | facility | station | room
    above: tuple[bytes, ...] = ()


LEVEL_OF: Final[Mapping[StaffRole, frozenset[str]]] = {
    StaffRole.CITY: frozenset({"city"}),
    StaffRole.COUNTY: frozenset({"county"}),
    StaffRole.AUDITOR: frozenset({"county"}),
    StaffRole.MANAGER: frozenset({"facility"}),
    StaffRole.DESK: frozenset({"facility", "station", "room"}),
    StaffRole.DOCTOR: frozenset({"facility", "station", "room"}),
}
"""At which level of the tree each role works (S000-art3, S001-art23)."""


def may_make_at(maker: StaffRole, own: Place, role: StaffRole, at: Place) -> bool:
    """Whether somebody of `own` makes, resets and ends accounts of that role at that place.

    A district holds one county, so its facilities are all the county's; a facility's manager
    answers for the facility and for the stations and village rooms under it, for nothing beside.
    """
    if not may_make(maker, role) or at.level not in LEVEL_OF[role]:
        return False
    if role in (StaffRole.DESK, StaffRole.DOCTOR, StaffRole.AUDITOR):
        return own.facility in (at.facility, *at.above)
    return True


LOGIN: Final = re.compile(r"[a-z][a-z0-9._-]{2,31}")
"""A login begins with a letter: an ID number or a phone number is none, nor is a name."""

INVITE_HOURS: Final = 72
"""How long a one-time link may wait for its person."""

TRIES: Final = 5
FIRST_LOCK_MINUTES: Final = 15
LONGEST_LOCK_MINUTES: Final = 24 * 60
QUIET_MINUTES: Final = 24 * 60
"""After a day without a wrong try the count begins anew: nobody is kept out for longer and longer
by slips that are weeks apart.
"""


def lock_minutes(tries: int) -> int:
    """For how long an account is shut after so many wrong tries in a row; 0: not at all.

    Each fifth one shuts it, twice as long as the time before, a day at most.
    """
    if tries < TRIES or tries % TRIES:
        return 0
    return int(min(FIRST_LOCK_MINUTES * 2 ** (tries // TRIES - 1), LONGEST_LOCK_MINUTES))


def tries_left_standing(tries: int, quiet_minutes: int) -> int:
    """How many wrong tries still count after so many quiet minutes; those of a lock are none."""
    return 0 if quiet_minutes >= QUIET_MINUTES else tries
