"""Who reads and who writes the records of a facility's own work (class C).

Whoever works at a facility, or at a station or village room under it, reads what is written there
(S000-art3: the facility serves); the county implements and oversees, so it reads all of them, and
so does its auditor. The city sees the figures of its counties and no records. At the centre one
writes for every place under it as well; at a station or village room for that place only. A record
is corrected or taken back by whoever wrote it, or by the facility's manager. Default: no.
"""

from typing import Final

from server.rules.accounts import FACILITY_ROLES, Place, StaffRole
from server.rules.organisations import Level

OVERSEES: Final = frozenset({StaffRole.COUNTY, StaffRole.AUDITOR})
READS: Final = FACILITY_ROLES | OVERSEES
WRITES: Final = FACILITY_ROLES
WORKING: Final = frozenset({Level.FACILITY, Level.STATION, Level.ROOM})
"""Levels that serve residents, and so have work of their own to write down."""


def centre_of(place: Place) -> bytes:
    """The facility to which a place belongs: itself, or the one above a station or room."""
    below = place.level in (Level.STATION, Level.ROOM)
    return place.above[0] if below and place.above else place.facility


def may_read(role: StaffRole, own: Place, at: Place) -> bool:
    """Whether somebody of `own` reads the work of that place."""
    if at.level not in WORKING:
        return False
    if role in OVERSEES:
        return True
    return role in FACILITY_ROLES and centre_of(own) == centre_of(at)


def may_write(role: StaffRole, own: Place, at: Place) -> bool:
    """Whether somebody of `own` writes down work of that place."""
    if role not in WRITES or not may_read(role, own, at):
        return False
    return own.level == Level.FACILITY or own.facility == at.facility


def may_change(role: StaffRole, own: Place, at: Place, *, author: bool) -> bool:
    """Whether somebody of `own` corrects or takes back a record of that place; `author`: who wrote
    it.
    """
    return may_write(role, own, at) and (author or role is StaffRole.MANAGER)
