"""Who works here in which capacity, whose accounts each may make, how sign-in is bounded.

Each level makes only the level below (S000-art3: the city oversees, the county implements, the
facility serves), so no one can make a peer or raise themselves.
"""

from collections.abc import Mapping
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
